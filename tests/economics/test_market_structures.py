"""Krugman and Melitz: published cases, theorems, and what any structure must pass."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from household_world import (
    ARMINGTON,
    GOODS,
    KRUGMAN,
    MELITZ,
    REGIONS,
    STRUCTURES,
    accounts,
    model,
    published,
    published_case,
    welfare,
)
from worlds import more_tariffs, parameters, permuted, random_accounts

from calibration.parameters import calibrate
from cge.app import api
from cge.closure import ClosureChoice, ClosureError
from cge.formulation import Formulation
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

CASES = {**STRUCTURES, "mixed": dict(zip(GOODS, (ARMINGTON, KRUGMAN, MELITZ), strict=True))}
TOLERANCE = {"armington": 1e-6, "krugman": 1e-9, "melitz": 1e-6, "mixed": 1e-6}
ASYMMETRIC = {
    # 10 % on good G1 only; the second set of figures of the case, to 1e-9
    "armington": (1.003406078328, 0.997456247889, 0.997433446835),
    "krugman": (1.002994591036, 0.997426467521, 0.997419248864),
}


def tariff_of_r1(goods: tuple[int, ...]) -> np.ndarray:
    tm = np.zeros((3, 3, 3))
    for good in goods:
        tm[1:, 0, good] = 0.1
    return tm


@pytest.fixture(scope="module", params=CASES)
def solved(request: pytest.FixtureRequest) -> tuple[str, Solution]:
    case = published_case(CASES[request.param])
    assert case.benchmark().certificate.max_residual < 1e-10
    return request.param, case.solve({"tm": tariff_of_r1((0, 1, 2))})


def levels(values: xr.Dataset, variable: str, good: str, origin: str, market: str) -> float:
    """A number of the published table: benchmark levels are those of the case."""
    to = {"r": origin} if market in ("-", origin) else {"o": origin, "d": market}
    at = {**to, "i": good} if good in GOODS else to
    home = "_home" if market == origin else ""
    benchmark = {"U": 1, "E": 1, "RA": 15, "P": 1, "Y": 5, "c": 1, "M": 10, "NK": 10, "N": 9 if home else 1}
    if variable == "w":
        factor = {"L1": "labour", "L2": "capital", "L3": "natural"}[good]
        return float(values["pf"].sel(r=origin, f=factor))
    if variable == "U":
        return float((values["N"] / values["pc"]).sel(r=origin))
    if variable == "PHI":
        return published()["melitz", "bench", "PHI", "G1", origin, market] * float(
            values["cutoff" + home].sel(at)
        )
    name = {"E": "pc", "RA": "N", "P": "pa", "Y": "y", "c": "py", "M": "n", "NK": "n", "N": "firms" + home}
    return benchmark[variable] * float(values[name[variable]].sel(at))


def test_published_case_with_a_tariff_on_everything(solved: tuple[str, Solution]) -> None:
    """Every number of the case: welfare, prices, incomes, wages, firms by market, average productivity."""
    name, solution = solved
    gaps = {
        key[2:]: abs(levels(solution.values, *key[2:]) / value - 1)
        for key, value in published().items()
        if key[:2] == (name, "tariff10_R1") and key[2] != "status"
    }
    assert len(gaps) > 30
    worst = max(gaps, key=lambda k: gaps[k])
    assert gaps[worst] < TOLERANCE[name], (worst, gaps[worst])


def test_every_entrant_of_the_protected_country_sells_at_home(solved: tuple[str, Solution]) -> None:
    """Nine of ten at the benchmark; the tariff makes it all, and the last one earns more than its fixed cost."""
    name, solution = solved
    if name not in ("melitz", "mixed"):
        pytest.skip("a limit of Melitz sectors")
    v = solution.values.sel(i="G3")
    share = 0.9 * v["firms_home"] / v["n"]
    np.testing.assert_allclose(share.sel(r="R1"), 1, atol=1e-9)
    assert float(v["hurdle"].sel(r="R1")) > 1 + 1e-4
    assert float(share.sel(r=["R2", "R3"]).max()) < 1 - 1e-3
    np.testing.assert_allclose(v["hurdle"].sel(r=["R2", "R3"]), 1, atol=1e-9)


@pytest.mark.parametrize("name", ASYMMETRIC)
def test_published_case_with_a_tariff_on_one_good(name: str) -> None:
    found = welfare(published_case(CASES[name]).solve({"tm": tariff_of_r1((0,))}).values)
    np.testing.assert_allclose(found, ASYMMETRIC[name], rtol=0, atol=1e-9)


# one sector, one factor, no inputs, no tariffs, balanced trade -----------------------------------------------

THETA = 4.6
FLOWS = np.array([[40.0, 6.0, 3.0], [6.0, 20.0, 5.0], [3.0, 5.0, 9.0]])[:, :, None]
# fixed shares of factors that have no other use are one factor
ONE_FACTOR = np.broadcast_to(np.array([0.5, 0.25, 0.25])[None, :, None], (3, 3, 1))
ICEBERG = np.array([[1.0, 1.15, 0.9], [1.05, 1.0, 1.3], [1.0, 0.8, 1.0]])[:, :, None]
ONE_SECTOR = {
    "armington": Firms("armington", 1 + THETA),
    "krugman": Firms("krugman", 1 + THETA),
    "melitz, costs in the destination": Firms("melitz", 3.8, shape=THETA, fixed_abroad=1.0),
    "melitz, costs in both": Firms("melitz", 3.8, shape=THETA, fixed_abroad=0.4),
    "melitz, costs at the origin": Firms("melitz", 3.8, shape=THETA),
}


def one_sector(firms: Firms) -> xr.Dataset:
    case = model(accounts(FLOWS, ONE_FACTOR, ("S",)), {"S": firms})
    assert case.benchmark().certificate.max_residual < 1e-10
    return case.solve({"k": ICEBERG}).values


@pytest.fixture(scope="module")
def one_sector_worlds() -> dict[str, xr.Dataset]:
    return {name: one_sector(firms) for name, firms in ONE_SECTOR.items()}


def home_share_change(values: xr.Dataset) -> np.ndarray:
    spending = (values["pa"] * values["qa"]).sel(i="S")
    return ((values["py"] * values["xh"]).sel(i="S") / spending).to_numpy()


@pytest.mark.parametrize("name", ONE_SECTOR)
def test_gains_follow_the_home_share(one_sector_worlds: dict[str, xr.Dataset], name: str) -> None:
    """W = lambda_jj^(-1/theta), each structure with its own lambda: Arkolakis, Costinot, Rodriguez-Clare (2012)."""
    values = one_sector_worlds[name]
    expected = home_share_change(values) ** (-1 / THETA)
    np.testing.assert_allclose(welfare(values), expected, rtol=1e-9)
    assert np.ptp(expected) > 0.01


@pytest.mark.parametrize("name", ["krugman", "melitz, costs in the destination"])
def test_three_structures_agree_on_iceberg_shocks(
    one_sector_worlds: dict[str, xr.Dataset], name: str
) -> None:
    """Same trade elasticity, export costs paid in the destination: same welfare."""
    expected = welfare(one_sector_worlds["armington"])
    np.testing.assert_allclose(welfare(one_sector_worlds[name]), expected, rtol=1e-9)


def test_costs_at_the_origin_change_the_answer(one_sector_worlds: dict[str, xr.Dataset]) -> None:
    gap = welfare(one_sector_worlds["melitz, costs at the origin"]) - welfare(one_sector_worlds["armington"])
    assert np.abs(gap).max() > 1e-4


@pytest.mark.parametrize(
    "name", ["krugman", "melitz, costs in the destination", "melitz, costs at the origin"]
)
def test_entrants_do_not_move_in_one_sector(one_sector_worlds: dict[str, xr.Dataset], name: str) -> None:
    np.testing.assert_allclose(one_sector_worlds[name]["n"], 1, atol=1e-9)


def test_cutoffs_rise_where_exporting_gets_dearer(one_sector_worlds: dict[str, xr.Dataset]) -> None:
    v = one_sector_worlds["melitz, costs at the origin"].sel(i="S")
    assert float(v["cutoff"].sel(o="R2", d="R3")) > 1 > float(v["cutoff"].sel(o="R3", d="R2"))
    np.testing.assert_allclose(v["firms"], v["n"].rename(r="o") * v["cutoff"] ** -THETA, rtol=1e-12)
    np.testing.assert_allclose(v["firms_home"], v["n"] * v["cutoff_home"] ** -THETA, rtol=1e-12)


def test_a_tariff_separates_the_structures() -> None:
    tm = np.zeros((3, 3, 1))
    tm[1:, 0] = 0.2
    data = accounts(FLOWS, ONE_FACTOR, ("S",))
    found = [welfare(model(data, {"S": f}).solve({"tm": tm}).values) for f in ONE_SECTOR.values()]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-9)
    assert np.abs(found[2] - found[0]).max() > 1e-5


# what any structure must pass, in a world with inputs, taxes, tariffs, empty cells ----------------------------

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
    found = []
    for accounts_ in (data, permuted(data)):
        p = with_firms(parameters(accounts_), {})
        sigma = {n: xr.DataArray(parameters(data).arrays[n], coords={"i": data["i"]}, dims="i")
                 for n in ("sigma_m", "sigma_d")}  # fmt: skip
        va = xr.DataArray(parameters(data).arrays["sigma_va"], coords={"j": data["j"]}, dims="j")
        p = with_firms(calibrate(accounts_, {**sigma, "sigma_va": va}), FIRMS["mixed"])
        found.append(Model(p, closure=SPECIFIC).solve({"tm": more_tariffs(data)}))
    assert gap(*found, REAL + PRICES) < 1e-9


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
    for m in (world[0], published_case(CASES["melitz"]), published_case(CASES["krugman"])):
        found = entry_stability(m.reduced, m.reduced.jacobian(m.benchmark_levels))
        assert found is not None
        assert found.stable


def test_no_firms_no_question_of_stability(data: xr.Dataset) -> None:
    m = Model(parameters(data))
    assert entry_stability(m.reduced, m.reduced.jacobian(m.benchmark_levels)) is None


# the world data ----------------------------------------------------------------------------------------------


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


# what is refused -------------------------------------------------------------------------------------------


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


def test_published_structures_are_the_regions_of_the_case() -> None:
    assert REGIONS == ("R1", "R2", "R3")
    assert Formulation(consumption="ces").system().names("parameter").count("sigma_c") == 1
