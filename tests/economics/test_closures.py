"""Closures and formulations: limits, swaps, and a square, regular model for every admissible combination."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
from worlds import more_tariffs, parameters, random_accounts

from cge.closure import CLOSURES, Cells, Closure, ClosureChoice, ClosureError, Swap, apply, refusal
from cge.formulation import PRODUCTION, Formulation
from cge.model import Model
from cge.structure import check_structure

SLOTS = {
    "production": tuple(PRODUCTION),
    "consumption": ("cobb_douglas", "les"),  # the one-household and CES forms have tests of their own
    **{market: tuple(options) for market, options in CLOSURES.items() if len(options) > 1},
}


def admissible(row: dict[str, str]) -> bool:
    return not refusal({market: row[market] for market in CLOSURES if market in row})


def covering_rows(seed: int = 0) -> list[tuple[str, ...]]:
    """Admissible combinations that contain every admissible pair of options, and a few more."""
    rng = np.random.default_rng(seed)
    every = [row for row in product(*SLOTS.values()) if admissible(dict(zip(SLOTS, row, strict=True)))]
    pairs = {row: set(combinations(enumerate(row), 2)) for row in every}
    missing = set().union(*pairs.values())
    rows = [tuple(options[0] for options in SLOTS.values())]
    while missing:
        rows.append(max(every, key=lambda row: len(pairs[row] & missing)))
        missing -= pairs[rows[-1]]
    return list(dict.fromkeys(rows + [every[k] for k in rng.integers(len(every), size=4)]))


@pytest.fixture(scope="module")
def accounts():
    return random_accounts(3, 3)


ROWS = covering_rows()
AT_ONCE = 5
"""Rows of the default run: the first cover most pairs; the others run with the slow tests."""


@pytest.mark.parametrize(
    "names",
    [*ROWS[:AT_ONCE], *(pytest.param(row, marks=pytest.mark.slow) for row in ROWS[AT_ONCE:])],
    ids="-".join,
)
def test_every_combination_is_square_and_regular(names: tuple[str, ...], accounts) -> None:
    chosen: dict[str, Any] = dict(zip(SLOTS, names, strict=True))
    forms = Formulation(production=chosen.pop("production"), consumption=chosen.pop("consumption"))
    choice = ClosureChoice(**chosen)  # pyright: ignore[reportArgumentType]
    model = Model(parameters(accounts), forms, choice)
    assert model.benchmark().certificate.max_residual < 1e-10
    report = check_structure(model)
    assert report.equations == report.free_cells
    assert not report.surplus
    assert not report.undetermined
    assert report.smallest_singular > 1e-4


def test_a_missing_numeraire_is_seen_by_the_singular_value_and_named(accounts) -> None:
    p = parameters(accounts)
    system = Formulation().system()
    swaps = [s for s in ClosureChoice().closure(p, system).swaps if s.free.name != "walras"]
    report = check_structure(Model(p, closure=apply(swaps, p, system)))
    assert not report.surplus, "the structure alone cannot see it"
    assert not report.sound
    assert any(name.startswith("pf[") for name in report.floating)


def test_a_cell_without_equation_is_named(accounts) -> None:
    p, system = parameters(accounts), Formulation().system()
    base = ClosureChoice().closure(p, system)
    free = {n: m.copy() for n, m in base.free.items()}
    free["u"] = free["u"].copy()
    free["u"][1] = True
    with pytest.raises(ClosureError, match=r"unknowns .*u.* against"):
        Model(p, closure=Closure(free, base.swaps))


def test_swaps_of_unequal_size_and_double_swaps_are_refused(accounts) -> None:
    p, system = parameters(accounts), Formulation().system()
    one, three = Cells("wage_gap", np.array([True, False, False])), Cells("u", np.ones(3, dtype=bool))
    with pytest.raises(ClosureError, match="holds 1 cells of wage_gap but frees 3 of u"):
        apply([Swap(one, three, "test")], p, system)
    both = Swap(Cells("wage_gap", np.ones(3, dtype=bool)), three, "test")
    with pytest.raises(ClosureError, match="held already"):
        apply([both, both], p, system)


def test_names_that_do_not_exist_are_refused(accounts) -> None:
    with pytest.raises(ClosureError, match="labour: 'rigid' is not one of"):
        ClosureChoice(labour="rigid")
    with pytest.raises(ClosureError, match="'XXX' is not among R0, R1, R2"):
        Model(parameters(accounts), closure=ClosureChoice(numeraire="pc[XXX]"))
    with pytest.raises(ClosureError, match="must be one cell of a price"):
        Model(parameters(accounts), closure=ClosureChoice(numeraire="pc[*]"))


def test_wage_curve_limits(accounts) -> None:
    """Elasticity toward zero fixes the real wage; toward infinity it fixes unemployment."""
    shock, choice = {"tm": more_tariffs(accounts, 0.3)}, ClosureChoice(labour="wage_curve")
    p = parameters(accounts)

    def solved(elasticity: float):
        return (
            Model(p.with_arrays(wage_elasticity=np.full(3, elasticity)), closure=choice).solve(shock).values
        )

    flexible = Model(p).solve(shock).values
    np.testing.assert_allclose(solved(1e-7)["rw"], 1, atol=1e-6)
    np.testing.assert_allclose(solved(1e7)["u"], p.arrays["u0"], rtol=1e-5)
    np.testing.assert_allclose(solved(1e7)["rw"], flexible["rw"], rtol=1e-6)
    curve = solved(0.1)
    np.testing.assert_allclose(np.log(curve["rw"]), -0.1 * np.log(curve["u"] / p.arrays["u0"]), atol=1e-10)


def test_specific_capital_stays_and_mobile_capital_earns_one_return(accounts) -> None:
    shock, p = {"tm": more_tariffs(accounts, 0.3)}, parameters(accounts)
    used = p.arrays["V0"][:, 1] > 0
    specific = Model(p, closure=ClosureChoice(capital="sector_specific")).solve(shock).values
    np.testing.assert_allclose(specific["xf"].sel(f="capital").to_numpy()[used], 1, atol=1e-10)
    assert float(specific["wedge"].sel(f="capital").std()) > 1e-4
    mobile = Model(p).solve(shock).values
    assert float(np.abs(mobile["wedge"].sel(f="capital") - 1).max()) == 0


def test_fixed_share_of_gdp_keeps_shares_up_to_the_world_imbalance(accounts) -> None:
    p = parameters(accounts)
    v = (
        Model(p, closure=ClosureChoice(external="fixed_share_of_gdp"))
        .solve({"tm": more_tariffs(accounts, 0.3)})
        .values
    )
    expected = p.arrays["s0"] * v["gdp"] - p.arrays["saving_weight"] * float(v["imbalance"])
    np.testing.assert_allclose(v["S"], expected, atol=1e-12)
    assert abs(float(v["world_saving"])) < 1e-12


def test_swap_and_unswap_return_to_the_same_solution(accounts) -> None:
    """Holding what a solution found, and freeing what it was given, gives the same levels back."""
    p, shock = parameters(accounts), {"tm": more_tariffs(accounts, 0.3)}
    flexible = Model(p).solve(shock)
    curve = Model(p, closure=ClosureChoice(labour="wage_curve"))
    swapped = curve.solve({**shock, "wage_gap": flexible.values["wage_gap"]})
    np.testing.assert_allclose(swapped.values["u"], p.arrays["u0"], rtol=1e-9)
    np.testing.assert_allclose(swapped.values["y"], flexible.values["y"], atol=1e-9)
