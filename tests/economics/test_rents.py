"""Benchmark rents in the model: they are wedges like taxes, and cutting them moves money, not resources."""

from __future__ import annotations

from functools import lru_cache

import household_world
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import solve as oracle_solve
from worlds import elasticities, more_tariffs, parameters, permuted, random_accounts, rents_as_taxes

from calibration.accounts import Accounts, exporter_rents, output
from calibration.aggregate import aggregate, load_aggregation
from calibration.labels import goods
from calibration.parameters import calibrate
from calibration.rents import carve_rents
from cge.app import api
from cge.closure import ClosureChoice
from cge.controls import Control
from cge.formulation import Formulation
from cge.market_structure import Firms, with_firms
from cge.model import Model
from cge.solution import Solution
from results.decomposition import Decomposition, decompose
from results.first_order import first_order_welfare
from results.indicators import indicators
from results.levels import levels
from results.tidy import pick

REAL = ("y", "qa", "qc", "qg", "qi", "xf", "x", "c")
PRICES = ("py", "pa", "pc", "pg", "pi", "pb", "pm", "N", "gdp", "export_volume", "real_gdp")
QUOTAS = Formulation(controls="quotas")
FLOW, CELL = "R0,R1,S1", (0, 1, 1)
ONES = np.ones((3, 3, 4))


def gap(a: Solution, b: Solution, names: tuple[str, ...] = REAL + PRICES) -> float:
    """Largest absolute difference by label, where the benchmark has a flow."""
    found = []
    for name in (n for n in names if n in a.values):
        left, right = a.values[name], b.values[name].reindex_like(a.values[name])
        flow = {"x": "X0", "pb": "X0", "pm": "X0", "xf": "V0"}.get(name)
        difference = abs(left - right)
        found.append(float((difference.where(a.benchmark[flow] > 0, 0) if flow else difference).max()))
    return max(found)


@lru_cache(maxsize=1)
def world() -> xr.Dataset:
    return random_accounts(rents=0.15)


@lru_cache(maxsize=1)
def model() -> Model:
    return Model(parameters(world()))


@lru_cache(maxsize=1)
def as_taxes() -> Model:
    return Model(parameters(rents_as_taxes(world())))


def halved(data: xr.Dataset) -> dict[str, xr.DataArray]:
    """Both rents cut: exporters' by half, importers' by a third on what the second region buys."""
    return {"rx": data["rx0"] / 2, "rm": data["rm0"] * xr.where(data["d"] == "R1", 2 / 3, 1.0)}


def taxed(data: xr.Dataset, rates: dict[str, xr.DataArray]) -> dict[str, xr.DataArray]:
    """The same as taxes of the owners' governments."""
    te = (1 + data["te0"]) * (1 + rates["rx"]) - 1
    return {"te": te.transpose("o", "d", "i"), "tm": (data["tm0"] + rates["rm"]).transpose("o", "d", "i")}


@given(seed=st.integers(0, 10_000), regions=st.integers(2, 4), empty=st.booleans(), rents=st.floats(0, 0.5))
@settings(max_examples=15, deadline=None)
def test_benchmark_replicates_without_solving(seed: int, regions: int, empty: bool, rents: float) -> None:
    data = random_accounts(regions, 4, seed, empty=empty, rents=rents)
    certificate = Model(parameters(data)).benchmark().certificate
    assert certificate.max_residual < 1e-10
    assert certificate.gdp_gap < 1e-10


def test_zero_shock_changes_nothing_and_a_cut_undone_returns() -> None:
    m, data = model(), world()
    assert gap(m.solve({"rx": data["rx0"], "rm": data["rm0"]}), m.benchmark()) < 1e-11
    cut = m.solve(halved(data))
    assert gap(cut, m.benchmark(), ("y",)) > 1e-3
    assert gap(m.solve({}, start=cut), m.benchmark()) < 1e-10


def test_numeraire_scales_values_and_no_quantity() -> None:
    one, two = (model().solve({**halved(world()), "pwf": np.array(k)}) for k in (1.0, 2.0))
    assert gap(one, two, REAL) < 1e-9
    for name in ("py", "pa", "N", "rent_x", "rent_m"):
        np.testing.assert_allclose(two.values[name], 2 * one.values[name], atol=1e-8)


def test_walras_numeraire_and_labels() -> None:
    found = model().solve(halved(world()))
    assert found.certificate.gdp_gap < 1e-9
    for drop in world()["r"].to_numpy():
        other = Model(parameters(world(), drop=str(drop))).solve(halved(world()))
        assert abs(other.certificate.walras) < 1e-9
        assert gap(other, found) < 1e-9
    other = Model(parameters(world()), closure=ClosureChoice(numeraire="pc[R1]")).solve(halved(world()))
    assert gap(other, found, REAL) < 1e-9
    mixed = Model(calibrate(permuted(world()), elasticities(world()))).solve(halved(world()))
    assert gap(found, mixed) < 1e-10


@pytest.mark.parametrize("seed", [0, 3])
def test_against_the_oracle_that_knows_no_rents(seed: int) -> None:
    data = random_accounts(3, 4, seed, rents=0.2)
    twin, rates, e = rents_as_taxes(data), halved(data), elasticities(data)
    sigma = [e[n].to_numpy() for n in ("sigma_m", "sigma_d", "sigma_va")]
    expected = oracle_solve(twin, *sigma, **taxed(data, rates))
    found = Model(parameters(data)).solve(rates).values
    made = output(data)  # an index without a flow behind it means nothing
    for name in ("py", "pa", "y", "qa", "qc", "N", "S", "x"):
        flow = {"x": data["X0"] > 0, "py": made > 0, "y": made > 0}.get(name)
        difference = abs(expected.values[name] - found[name])
        assert float((difference if flow is None else difference.where(flow, 0)).max()) < 1e-8, name
    rent = (found["rent_x"] + found["rent_m"] + found["rev_tm"] + found["rev_te"]).sum("i")
    revenue = (expected.values["rev_tm"] + expected.values["rev_te"]).sum("i")
    np.testing.assert_allclose(rent, revenue, atol=1e-9)


FIRMS = {"S1": Firms("krugman", 5.0), "S2": Firms("melitz", 4.0, shape=4.5)}


def test_firms_see_a_rent_as_they_see_a_tax() -> None:
    """Krugman and Melitz: firms earn the price before rents; fixed costs and shares are those of a tax."""
    closure = ClosureChoice(capital="sector_specific")
    data = world()
    rents, taxes = (
        Model(with_firms(parameters(d), FIRMS), closure=closure) for d in (data, rents_as_taxes(data))
    )
    assert rents.benchmark().certificate.max_residual < 1e-10
    found, expected = rents.solve(halved(data)), taxes.solve(taxed(data, halved(data)))
    assert gap(found, expected, (*REAL, *PRICES, "n", "market", "firms_home")) < 1e-9
    assert float(abs(found.values["n"] - 1).max()) > 1e-3


@pytest.mark.parametrize("production", ["leontief", "ces"])
def test_full_and_reduced_space_agree(production: str) -> None:
    m = Model(parameters(world()), Formulation(production=production))
    reduced, full = m.solve(halved(world())), m.solve(halved(world()), space="full")
    assert full.certificate.space == "full"
    assert gap(reduced, full) < 1e-9


# what a rent is: money


def balanced_free_world(rent: float) -> xr.Dataset:
    """No taxes, no inputs, balanced trade; one household a region; both rents on every flow at one rate.

    A rent is paid out of capital income, so that each region's exports and imports stay as they are.
    """
    rng = np.random.default_rng(7)
    flows = rng.uniform(5, 15, (3, 3, 2))
    flows = flows + flows.transpose(1, 0, 2) + 60 * np.eye(3)[:, :, None]
    shares = rng.dirichlet([5, 5], size=(3, 2)).transpose(0, 2, 1)
    shares = np.concatenate([shares, np.zeros((3, 1, 2))], axis=1)
    data = household_world.accounts(flows, shares, ("S0", "S1"))
    use = data["C0"] + data["G0"] + data["I0"]
    data = data.assign(C0=0.7 * use, G0=0.15 * use, I0=0.15 * use)
    value = rent / (1 + rent) * data["X0"]
    lost = value.sum("d").rename(o="r", i="j") * xr.where(data["f"] == "capital", 1.0, 0.0)
    return data.assign(
        X0=data["X0"] - value, rx0=rent * (data["X0"] > 0), V0=(data["V0"] - lost).transpose("r", "f", "j")
    )


def free_model(rent: float) -> Model:
    data = balanced_free_world(rent)
    sigma = xr.DataArray([4.0, 3.0], coords={"i": data["i"]}, dims="i")
    e = {"sigma_m": sigma, "sigma_d": sigma / 2, "sigma_va": sigma.rename(i="j") / 5}
    return Model(calibrate(data, e))


def welfare(base: Solution, new: Solution) -> xr.DataArray:
    """Equivalent variation (r), USD million."""
    table = pick(indicators(base, new).table, indicator="welfare_ev").set_index("region")["change"]
    return xr.DataArray([table[r] for r in base.values["r"].values], {"r": base.values["r"].values})


def test_without_other_distortions_a_small_rent_is_a_transfer() -> None:
    """World welfare moves in the second order: half the rent, a quarter of the loss."""
    m = free_model(0.0)
    base, data = m.benchmark(), balanced_free_world(0.0)
    assert base.certificate.max_residual < 1e-10
    sums = {}
    for rate in (0.01, 0.005):
        one = rate * (data["X0"] > 0) * (data["o"] == "R1")
        ev = welfare(base, m.solve({"rx": one.transpose("o", "d", "i")}))
        assert float(ev.sel(r="R1")) > 0
        assert float(ev.drop_sel(r="R1").max()) < 0
        assert abs(float(ev.sum())) < 0.05 * float(ev.sel(r="R1"))
        sums[rate] = float(ev.sum())
    assert sums[0.01] < 0
    assert sums[0.01] / sums[0.005] == pytest.approx(4, rel=0.05)


def test_the_owner_loses_what_importers_gain_and_the_world_gains_the_wedge() -> None:
    """A cut of existing rents: the world's gain is the wedge times the trade it frees, to first order."""
    rent, cut = 0.08, 0.0008
    m, data = free_model(rent), balanced_free_world(rent)
    base = m.benchmark()
    rx = data["rx0"] - cut * (data["X0"] > 0) * (data["o"] == "R1")
    new = m.solve({"rx": rx.transpose("o", "d", "i")})
    ev = welfare(base, new)
    assert float(ev.sel(r="R1")) < 0
    assert float(ev.drop_sel(r="R1").min()) > 0
    more = (data["rx0"] * data["X0"] * (new.values["x"] - 1)).sum()
    assert float(more) > 0
    assert float(ev.sum()) == pytest.approx(float(more), rel=0.02)
    given_up = cut * float(data["X0"].sel(o="R1").sum())
    assert float(ev.sum()) < 0.5 * given_up
    first = first_order_welfare(base, new).sum("p")
    expected = (first["tot"] + first["vot"]) * base.values["gdp0"]
    np.testing.assert_allclose(expected, ev, rtol=0.02)


def sums(found: Decomposition) -> dict[tuple[str, str, str], float]:
    """Sums by (region, term, sub-term)."""
    out: dict[tuple[str, str, str], float] = {}
    columns = ("region", "term", "sub_term", "change")
    for *key, change in zip(*(found.table[c].to_list() for c in columns), strict=True):
        region, term, sub = map(str, key)
        out[region, term, sub] = out.get((region, term, sub), 0.0) + float(change)
    return out


def test_the_decomposition_books_rents_as_it_would_book_taxes() -> None:
    """Exact sums with rents moving and k moving, and the same terms as in the world of taxes."""
    data, rates = world(), halved(world())
    k = xr.ones_like(data["X0"])
    k.loc[{"o": "R0", "d": "R2"}] = 0.95
    one = decompose(model(), model().benchmark(), model().solve({**rates, "k": k}))
    m = as_taxes()
    two = decompose(m, m.benchmark(), m.solve({**taxed(data, rates), "k": k}))
    assert one.relative_gap < 1e-6
    np.testing.assert_allclose(one.ev, two.ev, rtol=1e-8)
    terms = [sums(found) for found in (one, two)]
    for region in data["r"].to_numpy():
        for sub, rents in (("import tariffs", "importers"), ("export taxes", "exporters")):
            together = terms[0][region, "allocative efficiency", sub] + terms[0][region, "rents", rents]
            expected = terms[1][region, "allocative efficiency", sub]
            # paths in rates differ a little: a product of two linear paths is not linear
            assert together == pytest.approx(expected, rel=2e-3, abs=1e-6)
            assert abs(terms[0][region, "rents", rents]) > 1e-6 or region == "R0"
        for term in (("terms of trade", "export prices"), ("technology", "iceberg costs")):
            assert terms[0][region, *term] == pytest.approx(terms[1][region, *term], rel=2e-3, abs=1e-6)


def test_reports_count_rents_at_the_benchmark() -> None:
    data, base = world(), model().benchmark()
    found = levels(base)
    rents = exporter_rents(data).sum("i").rename(o="r")
    assert float(found["rents"].sum()) > float(rents.sum()) > 0
    border = data["X0"] * (1 + data["te0"]) * (1 + data["rx0"])
    np.testing.assert_allclose(found["border"].transpose(*border.dims), border, rtol=1e-12)
    spent = found["gdp_expenditure"] - found["exports"] + found["imports"]
    np.testing.assert_allclose(spent, found["consumption"] + found["government"] + found["investment"])
    Accounts(data).check(1e-9)


# caps on flows that earn rents without a cap


def capped(kind: str, owner: str) -> Model:
    return Model(parameters(world()), QUOTAS, ClosureChoice(controls=(Control(kind, (FLOW,), owner),)))


@pytest.mark.parametrize("owner", ["exporter", "importer"])
def test_a_slack_cap_leaves_the_rent_where_it_is(owner: str) -> None:
    shock = {"tm": more_tariffs(world(), 0.3)}
    free, slack = model().solve(shock), capped("quota", owner).solve(shock)
    assert gap(free, slack) < 1e-8
    np.testing.assert_allclose(slack.values["rx"], world()["rx0"], atol=1e-8)
    np.testing.assert_allclose(slack.values["rm"], world()["rm0"], atol=1e-8)


@pytest.mark.parametrize("owner", ["exporter", "importer"])
def test_a_binding_cap_adds_to_the_rent(owner: str) -> None:
    name = {"exporter": "rx", "importer": "rm"}[owner]
    found = capped("quota", owner).solve({"quota": 0.7 * ONES})
    assert float(found.values["x"][CELL]) == pytest.approx(0.7, abs=1e-8)
    assert float(found.values[name][CELL]) > float(world()[f"{name}0"][CELL]) + 0.05
    by_hand = model().solve({name: found.values[name]})
    assert gap(by_hand, found) < 1e-8


def test_a_cap_knows_of_a_cut_of_the_rent_beneath_it() -> None:
    rates = {n: a.transpose("o", "d", "i") for n, a in halved(world()).items()}
    told = {**rates, "rent_uncapped": rates["rx"] + rates["rm"]}
    assert gap(capped("quota", "exporter").solve(told), model().solve(rates)) < 1e-8


def test_a_tariff_rate_quota_adds_its_premium_to_the_rent() -> None:
    found = capped("trq", "importer").solve({"quota": 0.7 * ONES, "quota_premium": 0.1 * ONES}).values
    assert float(found["rm"][CELL]) == pytest.approx(float(world()["rm0"][CELL]) + 0.1, abs=1e-8)
    assert float(found["x"][CELL]) > 0.7


# the real world


@lru_cache(maxsize=4)
def real(aggregation: str) -> Model:
    """Rents of the size that tariff equivalents of 10 % (goods) and 40 % (services) lead to."""
    case = api.prepare("us-joins-cptpp", aggregation=aggregation)
    data = case.world.data
    ave = xr.where(data["i"].isin(list(goods())), 0.1, 0.4)
    rate = (0.125 * ave * xr.ones_like(data["X0"])).transpose("o", "d", "i")
    accounts = aggregate(carve_rents(case.world, rate, rate).accounts, load_aggregation(aggregation))
    regional = case.regional
    found, formulation = api.parameters_of(case.scenario, accounts, case.elasticities, regional, {})
    return Model(found, formulation)


@pytest.mark.parametrize("aggregation", ["small", "default"])
def test_the_real_world_with_rents_replicates(aggregation: str) -> None:
    certificate = real(aggregation).benchmark().certificate
    assert certificate.max_residual < 1e-10
    assert certificate.gdp_gap < 1e-10


def test_a_rent_cut_gains_the_world_less_than_a_cost_cut_of_the_same_size() -> None:
    m = real("small")
    data, base = m.parameters.benchmark, m.benchmark()
    mine = data["d"] == "USA"
    cut = xr.where(mine, 0.5, 0.0) * data["rm0"]
    landed = 1 + data["tm0"] + data["rm0"]
    rent = m.solve({"rm": (data["rm0"] - cut).transpose("o", "d", "i")})
    cost = m.solve({"k": ((landed - cut) / landed).transpose("o", "d", "i")})
    world_gain = [float(welfare(base, s).sum()) for s in (rent, cost)]
    assert 0 < world_gain[0] < 0.5 * world_gain[1]


@pytest.mark.slow
def test_both_spaces_agree_on_the_real_world_with_rents() -> None:
    m = real("small")
    data = m.parameters.benchmark
    cut = {"rx": 0.5 * data["rx0"], "rm": 0.5 * data["rm0"]}
    reduced, full = m.solve(cut), m.solve(cut, space="full")
    assert gap(reduced, full) < 1e-9
