"""Free entry and selection in worlds with inputs and taxes: what any structure must pass, and what is
refused."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from household_world import STRUCTURES, published_case, welfare
from worlds import more_tariffs, parameters, permuted, random_accounts

from calibration.parameters import calibrate
from cge.app import api
from cge.closure import ClosureChoice, ClosureError
from cge.jacobian import Derivatives
from cge.market_structure import Firms, at_trade_elasticity, with_firms
from cge.model import Model
from cge.parameters import ParameterError
from cge.solution import Solution
from cge.stability import entry_stability
from cge.structure import check_structure
from scenarios import schema
from scenarios.reader import read_scenario
from scenarios.schema import Scenario

# what any structure must pass, in a world with inputs, taxes, tariffs, empty cells

FIRMS = {
    "krugman": {"S1": Firms("krugman", 5.0), "S2": Firms("krugman", 6.0)},
    "melitz": {"S1": Firms("melitz", 4.0, shape=4.5), "S2": Firms("melitz", 3.5, shape=5.0)},
    "mixed": {
        "S1": Firms("krugman", 5.0),
        "S2": Firms("melitz", 3.5, shape=4.2),
        "S3": Firms("armington", 4.0),
    },
}
REAL = ("y", "qa", "qc", "qg", "qi", "n", "market", "cutoff_home", "firms_home")
PRICES = ("py", "pa", "pc", "pg", "pi", "pwf", "N", "gdp")
SPECIFIC = ClosureChoice(capital="sector_specific")


@pytest.fixture(scope="module")
def data() -> xr.Dataset:
    return random_accounts()


@pytest.fixture(scope="module", params=FIRMS)
def world(request: pytest.FixtureRequest, data: xr.Dataset) -> tuple[Model, Solution]:
    m = Model(with_firms(parameters(data), FIRMS[request.param]), closure=SPECIFIC)
    return m, m.solve({"tm": more_tariffs(data)})


def gap(a: Solution, b: Solution, names: tuple[str, ...]) -> float:
    return max(float(np.abs(a.values[n] - b.values[n].reindex_like(a.values[n])).max()) for n in names)


def test_benchmark_replicates(world: tuple[Model, Solution]) -> None:
    certificate = world[0].benchmark().certificate
    assert certificate.max_residual < 1e-10
    assert certificate.gdp_gap < 1e-10


def test_square_and_regular(world: tuple[Model, Solution]) -> None:
    report = check_structure(world[0])
    assert report.equations == report.free_cells
    assert report.sound
    assert report.smallest_singular > 1e-4


@pytest.mark.slow
def test_colouring_holds(world: tuple[Model, Solution]) -> None:
    m, s = world
    state = {n: np.asarray(a, dtype=float) for n, a in m.parameters.arrays.items()}
    state |= {n: s.values[n].to_numpy() for n in m.system.names("variable") + m.system.names("instrument")}
    derivatives = Derivatives(m.system, m.parameters.sets, frozenset(m.reduced.derivatives.wrt))
    derivatives.verify(state, derivatives(state))


def test_zero_shock_and_return(world: tuple[Model, Solution], data: xr.Dataset) -> None:
    m, shocked = world
    assert gap(m.solve({"tm": data["tm0"]}), m.benchmark(), REAL + PRICES) < 1e-10
    assert gap(shocked, m.benchmark(), ("n",)) > 1e-3
    assert gap(m.solve({}, start=shocked), m.benchmark(), REAL + PRICES) < 1e-9


def test_walras_and_three_gdps(world: tuple[Model, Solution]) -> None:
    assert abs(world[1].certificate.walras) < 1e-9
    assert world[1].certificate.gdp_gap < 1e-9


def test_numeraire_scales_values_and_no_quantity(world: tuple[Model, Solution], data: xr.Dataset) -> None:
    m, shocked = world
    doubled = m.solve({"tm": more_tariffs(data), "pwf": np.array(2.0)})
    assert gap(doubled, shocked, REAL) < 1e-8
    for name in PRICES:
        np.testing.assert_allclose(doubled.values[name], 2 * shocked.values[name], rtol=1e-8, atol=1e-8)


def test_the_full_space_agrees(world: tuple[Model, Solution], data: xr.Dataset) -> None:
    m, shocked = world
    full = m.solve({"tm": more_tariffs(data)}, space="full")
    assert gap(full, shocked, REAL + PRICES) < 1e-9


def test_order_of_labels_changes_nothing(data: xr.Dataset) -> None:
    found: list[Solution] = []
    for accounts_ in (data, permuted(data)):
        sigma = {n: xr.DataArray(parameters(data).arrays[n], coords={"i": data["i"]}, dims="i")
                 for n in ("sigma_m", "sigma_d")}  # fmt: skip
        va = xr.DataArray(parameters(data).arrays["sigma_va"], coords={"j": data["j"]}, dims="j")
        p = with_firms(calibrate(accounts_, {**sigma, "sigma_va": va}), FIRMS["mixed"])
        found.append(Model(p, closure=SPECIFIC).solve({"tm": more_tariffs(data)}))
    assert gap(found[0], found[1], REAL + PRICES) < 1e-9


def test_firms_are_a_closure_of_the_one_system(world: tuple[Model, Solution], data: xr.Dataset) -> None:
    """Given the entrants and markets that were found, the Armington closure has the same equilibrium."""
    m, shocked = world
    p = m.parameters.with_arrays(entry=np.zeros(4), pareto=np.zeros(4))
    held = Model(p, closure=SPECIFIC).solve(
        {"tm": more_tariffs(data), "n": shocked.values["n"], "market": shocked.values["market"]}
    )
    assert gap(held, shocked, ("y", "qa", "qc", *PRICES)) < 1e-9


def test_a_sector_that_cannot_pay_its_fixed_costs_closes() -> None:
    """Free entry with mobile factors may end at a corner: no entrants, and less revenue than fixed costs."""
    data = random_accounts(3, 4, empty=False)
    case = Model(with_firms(parameters(data), {"S2": Firms("krugman", 9.0)}))
    k = xr.ones_like(data["X0"])
    productivity = np.ones((3, 4))
    productivity[1, 2] = 0.6
    v = case.solve({"k": k, "productivity": productivity}).values.sel(r="R1", i="S2")
    assert 0 < float(v["n"]) < 1e-6
    assert float(v["sales"]) < float(v["n"]) * 0.99


def test_entry_is_stable_at_the_benchmark_of_every_case(world: tuple[Model, Solution]) -> None:
    for m in (world[0], published_case(STRUCTURES["melitz"]), published_case(STRUCTURES["krugman"])):
        found = entry_stability(m.reduced, m.reduced.jacobian(m.benchmark_levels))
        assert found is not None
        assert found.stable


def test_no_firms_no_question_of_stability(data: xr.Dataset) -> None:
    m = Model(parameters(data))
    assert entry_stability(m.reduced, m.reduced.jacobian(m.benchmark_levels)) is None


# the world data


def with_structure(structure: object, **closure: str) -> Scenario:
    plain = read_scenario("us-joins-cptpp")
    chosen = {"formulation": schema.Formulation.model_validate({"structure": structure}),
              "closure": schema.Closure.model_validate(closure)}  # fmt: skip
    changed = plain.model_copy(update=chosen)
    changed._origin, changed._policy = plain._origin, plain._policy
    return changed


@pytest.mark.parametrize("structure", ["krugman", "melitz"])
def test_small_world_with_firms(structure: str) -> None:
    case = api.prepare(with_structure(structure, capital="sector_specific"), aggregation="small")
    assert set(case.firms) == {"TEX", "OMF", "CHM", "ELM", "MVH"}
    assert any(
        "sector AGF is manufacturing only in part and stays Armington" in n for n in case.expanded.notes
    )
    base, new = api.solve(case)
    welfare_change = welfare(new.values) / welfare(base.values) - 1
    assert base.certificate.max_residual < 1e-9
    assert 0 < welfare_change[list(base.values["r"].values).index("JPN")] < 0.01
    entrants = new.values["n"].sel(i=list(case.firms))
    assert 0.5 < float(entrants.min()) < 1 < float(entrants.max()) < 1.5
    outside = new.values["n"].sel(i=[s for s in new.values["i"].values if s not in case.firms])
    assert bool((outside == 1).all())


def test_mobile_capital_makes_entry_unstable_and_is_refused() -> None:
    case = api.prepare(with_structure("krugman"), aggregation="small")
    with pytest.raises(ClosureError, match=r"not a stable equilibrium.*n\[CPA,TEX\].*sector_specific"):
        api.solve(case)


@pytest.mark.slow
@pytest.mark.parametrize("structure", ["krugman", "melitz"])
def test_default_world_with_firms(structure: str) -> None:
    case = api.prepare(with_structure(structure, capital="sector_specific"))
    assert case.model.reduced.size < 1800
    base, new = api.solve(case)
    change = dict(zip(base.values["r"].values, welfare(new.values) / welfare(base.values) - 1, strict=True))
    assert max(base.certificate.max_residual, new.certificate.max_residual) < 1e-9
    assert change["VNM"] > change["NZL"] > change["JPN"] > 0 > change["USA"] > -0.001


# what is refused


@pytest.mark.parametrize(
    ("firms", "message"),
    [
        (Firms("krugman", 2.4), r"krugman of S1: .* 2.4 is below 2.5"),
        (Firms("melitz", 3.8, shape=2.8), r"Pareto shape 2.8 does not exceed sigma - 1 = 2.8"),
        (Firms("melitz", 3.8), "a Pareto shape goes with melitz"),
        (Firms("krugman", 3.8, shape=4.6), "a Pareto shape goes with melitz"),
        (Firms("krugman", 3.8, fixed_abroad=0.5), "fixed costs paid abroad 0.5"),
        (Firms("krugman", 3.8, home_entrants=0.5), "entrants that sell at home 0.5"),
        (Firms("cournot", 3.8), "'cournot' is not one of armington, krugman, melitz"),
        (Firms("melitz", 3.8, shape=4.6, fixed_abroad=1), "need balanced trade .* net imports of"),
    ],
)
def test_what_cannot_be_is_refused(firms: Firms, message: str, data: xr.Dataset) -> None:
    with pytest.raises(ParameterError, match=message):
        with_firms(parameters(data), {"S1": firms})


def test_unknown_sector_is_refused(data: xr.Dataset) -> None:
    with pytest.raises(ParameterError, match="'S9': no such sector"):
        with_firms(parameters(data), {"S9": Firms("krugman", 4.0)})


def test_structures_share_a_trade_elasticity() -> None:
    assert at_trade_elasticity("krugman", 5.6, 4.6 / 2.8) == Firms("krugman", 5.6)
    melitz = at_trade_elasticity("melitz", 5.6, 4.6 / 2.8)
    assert melitz.shape == pytest.approx(4.6)
    assert melitz.sigma == pytest.approx(3.8)
    assert melitz.price_elasticity == pytest.approx(4.6 * 3.8 / 2.8)
