"""What each closure promises, checked on solved levels: what is fixed stays, budgets balance, limits hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr
from worlds import more_tariffs, parameters, random_accounts

from cge.closure import ClosureChoice, ClosureError, FixFree, implied_supply_elasticity
from cge.model import Model, SolveError
from cge.parameters import Parameters

ACCOUNTS = random_accounts(3, 3)
SHOCK = {"tm": more_tariffs(ACCOUNTS, 0.3)}


@pytest.fixture(scope="module")
def p() -> Parameters:
    return parameters(ACCOUNTS)


def solved(p: Parameters, shock: dict[str, Any] | None = None, **options: Any) -> xr.Dataset:
    return Model(p, closure=ClosureChoice(**options)).solve(SHOCK if shock is None else shock).values


def test_fixed_real_wage_moves_employment(p: Parameters) -> None:
    v = solved(p, labour="fixed_real_wage")
    np.testing.assert_allclose(v["rw"], 1, atol=1e-10)
    used = (v["xf"].sel(f="labour") * p.arrays["fac_use"][:, 0]).sum("j")
    np.testing.assert_allclose(used, (1 - v["u"]) / (1 - p.arrays["u0"]), atol=1e-10)
    assert float(v["u"][1]) > p.arrays["u0"][1], "a tariff on inputs costs jobs at a fixed real wage"


def test_a_fixed_real_wage_that_wants_more_labour_than_there_is_fails(p: Parameters) -> None:
    with pytest.raises(SolveError, match="more labour is wanted in R"):
        solved(p, {"tfp": np.full(3, 1.3)}, labour="fixed_real_wage")


def test_labour_supply_follows_the_real_wage(p: Parameters) -> None:
    v = solved(p, labour="labour_supply")
    np.testing.assert_allclose(np.log(v["endow"].sel(f="labour")), 0.2 * np.log(v["rw"]), atol=1e-10)
    none = p.with_arrays(labour_supply_elasticity=np.zeros(3))
    np.testing.assert_allclose(solved(none, labour="labour_supply")["y"], solved(p)["y"], atol=1e-9)


def test_the_cap_on_the_implied_supply_elasticity(p: Parameters) -> None:
    implied = implied_supply_elasticity(p)
    u = p.arrays["u0"]
    np.testing.assert_allclose(list(implied.values()), u / (0.1 * (1 - u)))
    cap = 0.5 * (min(implied.values()) + max(implied.values()))
    capped = ClosureChoice(labour="wage_curve", supply_elasticity_cap=cap).adjusted(p)
    assert max(implied_supply_elasticity(capped).values()) == pytest.approx(cap)
    assert min(implied_supply_elasticity(capped).values()) == min(implied.values())


def test_sluggish_capital_is_conserved_and_has_both_limits(p: Parameters) -> None:
    v = solved(p, capital="sluggish")
    used = p.arrays["V0"][:, 1] > 0
    share = p.arrays["fac_use"][:, 1]
    np.testing.assert_allclose((v["xf"].sel(f="capital") * share).sum("j"), 1, atol=1e-10)
    np.testing.assert_allclose(
        v["xf"].sel(f="capital").to_numpy()[used], v["wedge"].sel(f="capital").to_numpy()[used], atol=1e-10
    )
    fixed, free = (p.with_arrays(mobility=np.array([0, eta, 0.0])) for eta in (1e-4, 1e3))
    specific, mobile = solved(p, capital="sector_specific"), solved(p)
    np.testing.assert_allclose(solved(fixed, capital="sluggish")["y"], specific["y"], atol=1e-4)
    np.testing.assert_allclose(solved(free, capital="sluggish")["y"], mobile["y"], atol=1e-4)


@pytest.mark.parametrize("replacement", ["lump_sum", "consumption_tax"])
def test_fixed_real_government_balances_its_budget(p: Parameters, replacement: str) -> None:
    v, a = solved(p, government="fixed_real", replacement=replacement), p.arrays
    np.testing.assert_allclose(v["qg"], 1, atol=1e-10)
    spending = a["g_level"] * v["pg"] * v["qg"]
    taxes = v["rev_tm"].sum("i") + v["rev_te"].sum("i") + v["rev_user"] + v["rev_output"]
    transfers = (a["taxes0"] - a["g_level"]) * v["pc"]
    np.testing.assert_allclose(taxes + v["lump_sum"], spending + transfers, atol=1e-10)
    left = (a["c_level"] * v["pc"] * v["qc"]) / (v["N"] - spending)
    np.testing.assert_allclose(left, a["c_level"] / (1 - a["g_level"]), atol=1e-10)
    moved = v["lump_sum"] if replacement == "lump_sum" else v["tc"] - a["tc0"]
    assert float(moved[1]) < -1e-3, "tariff revenue goes back to households"
    assert float(abs(v["lump_sum"]).max()) == 0 or replacement == "lump_sum"


def test_fixed_real_investment_is_paid_by_consumption(p: Parameters) -> None:
    v, free = solved(p, investment="fixed_real_investment"), solved(p)
    np.testing.assert_allclose(v["qi"], 1, atol=1e-10)
    np.testing.assert_array_equal(np.sign(v["qc"] - free["qc"]), np.sign(free["qi"] - 1))
    spent = p.arrays["c_level"] * v["pc"] * v["qc"] + p.arrays["g_level"] * v["pg"] * v["qg"]
    np.testing.assert_allclose(spent + p.arrays["i_level"] * v["pi"], v["N"] + v["S"], atol=1e-10)


def test_one_region_absorbs_the_world_imbalance(p: Parameters) -> None:
    v, s0 = solved(p, external="fixed_share_of_gdp", imbalance_to="R0"), p.arrays["s0"]
    off = v["S"] - s0 * v["gdp"]
    np.testing.assert_allclose(off[1:], 0, atol=1e-12)
    assert float(off[0]) == pytest.approx(-float(v["imbalance"]) / p.arrays["world_share"][0])
    assert abs(float(v["world_saving"])) < 1e-12


def test_world_bank_equalises_expected_returns(p: Parameters) -> None:
    v, a = solved(p, external="world_bank"), p.arrays
    rental = (v["pf"].sel(f="capital") * v["wedge"].sel(f="capital") * v["xf"].sel(f="capital")
              * a["fac_use"][:, 1]).sum("j")  # fmt: skip
    delta, gross, rate = (a[n] for n in ("depreciation", "gross_return", "investment_rate"))
    net = (gross * rental / v["pi"] - delta) / (gross - delta)
    grown = (1 - delta + rate * v["qi"]) / (1 - delta + rate)
    np.testing.assert_allclose(net * grown**-10, float(v["world_return"]), atol=1e-9)
    rigid = p.with_arrays(return_flexibility=np.array(1e3))
    kend = solved(rigid, external="world_bank")["kend"]
    assert float(kend.max() - kend.min()) < 1e-4 < float(v["kend"].max() - v["kend"].min()), (
        "inflexible returns: capital grows alike everywhere"
    )


def test_real_gdp_is_the_laspeyres_volume(p: Parameters) -> None:
    v, b = solved(p), ACCOUNTS
    final = sum(
        (b[f"{use}0"] * (1 + b[f"t{use.lower()}0"]) * quantity).sum("i")
        for use, quantity in (("C", v["c"]), ("G", v["g"]), ("I", v["inv"]))
    )
    border = b["X0"] * (1 + b["te0"]) * v["x"]
    net = border.sum(("d", "i")).rename(o="r") - border.sum(("o", "i")).rename(d="r")
    np.testing.assert_allclose((final + net) / v["gdp0"], v["real_gdp"], atol=1e-12)


def test_real_gdp_swapped_for_productivity_and_back(p: Parameters) -> None:
    plain = solved(p)
    swap = ClosureChoice(swaps=(FixFree("real_gdp[R0]", "productivity[R0]"),))
    model = Model(p, closure=swap)
    fixed = model.solve(SHOCK).values
    np.testing.assert_allclose(fixed["real_gdp"][0], 1, atol=1e-10)
    assert float(fixed["tfp"][0]) > 1
    back = model.solve({**SHOCK, "real_gdp": plain["real_gdp"]}).values
    np.testing.assert_allclose(back["tfp"], 1, atol=1e-10)
    np.testing.assert_allclose(back["y"], plain["y"], atol=1e-9)
    undone = ClosureChoice(swaps=(*swap.swaps, FixFree("tfp[R0]", "real_gdp[R0]")))
    np.testing.assert_allclose(Model(p, closure=undone).solve(SHOCK).values["y"], plain["y"], atol=1e-9)


@pytest.mark.slow
def test_swaps_that_do_not_close_the_model_are_named_before_solving(p: Parameters) -> None:
    def build(*pairs: tuple[str, str]) -> Model:
        return Model(p, closure=ClosureChoice(swaps=tuple(FixFree(*pair) for pair in pairs)))

    with pytest.raises(ClosureError, match=r"nothing determines lump_sum\[R0\], so real_gdp\[R0\] is one"):
        build(("real_gdp[R0]", "lump_sum[R0]")).solve()
    with pytest.raises(ClosureError, match=r"nothing determines real_saving\[R2\], so S\[R1\] is one"):
        build(("S[R1]", "real_saving[R2]")).solve()
    with pytest.raises(ClosureError, match=r"holds 1 cells of real_gdp but frees 3 .* one cell: tfp\[region"):
        build(("real_gdp[R0]", "productivity[R0,*]"))
    with pytest.raises(ClosureError, match="'rgdp\\[R0\\]' is not a variable or an instrument"):
        build(("rgdp[R0]", "productivity[R0]"))
    with pytest.raises(ClosureError, match="cell\\(s\\) of tm are held already"):
        build(("tm[R0,R1,S1]", "te[R0,R1,S1]"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"investment": "fixed_real_investment", "external": "world_bank"}, "world bank decides"),
        ({"replacement": "consumption_tax"}, "no revenue to replace"),
        ({"imbalance_to": "R0"}, "no effect with external fixed_balance"),
        ({"supply_elasticity_cap": 1.0}, "no effect with labour full_employment"),
        ({"labour": "wage_curve", "minimum_wage": ("R0",)}, "already says how wages are set"),
    ],
)
def test_contradictions_are_refused_with_the_reason(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ClosureError, match=message):
        ClosureChoice(**options)


def test_endowments_and_real_quantities_scale_under_every_closure(p: Parameters) -> None:
    """Every real quantity that is exogenous doubled: quantities double and no price moves."""
    double = {n: 2 * p.arrays[n] for n in ("endow", "real_saving")} | {"xf": np.full((3, 3, 3), 2.0)}
    # transfers are real as well, and no instrument doubles them: a world without
    plain = p.with_arrays(taxes0=p.arrays["g_level"].copy(), lump_sum=0 * p.arrays["g_level"])
    fixed: dict[str, Any] = {
        "government": "fixed_real",
        "investment": "fixed_real_investment",
        "labour": "wage_curve",
    }
    both = {n: np.full(3, 2.0) for n in ("qg", "qi")}
    moving = {n: double[n] for n in ("endow", "xf")}
    free: dict[str, Any] = {
        "labour": "fixed_real_wage", "capital": "sluggish", "external": "world_bank",
    }  # fmt: skip
    for world, options, change in ((plain, fixed, {**double, **both}), (p, free, moving)):
        v = Model(world, closure=ClosureChoice(**options)).solve(change).values
        np.testing.assert_allclose(v["y"], 2, atol=1e-8)
        np.testing.assert_allclose(v["py"], 1, atol=1e-8)
