"""Subsidies, taxes at home, productivity and endowments in the model: who pays, who gains, what adds up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from calibration.accounts import output
from cge.app import api
from cge.solution import Solution
from results import decomposition
from results.compare import Comparison
from results.decomposition import Decomposition
from results.errors import ResultsError
from results.levels import gdp_gap, levels
from scenarios.problems import ScenarioError
from scenarios.reader import parse_scenario
from scenarios.schema import Scenario

SHOCKS = {
    "subsidy": "{production_subsidy: {add: 5 points}, regions: USA, sectors: [C26, C27, C28]}",
    "tax": "{production_tax: {add: 1 points}, regions: USA, sectors: services}",
    "consumption": "{consumption_tax: {add: 2 points}, regions: USA}",
    "productivity": "{productivity: {change: 1%}, regions: USA, sectors: all}",
    "endowment": "{endowment: {factor: all, change: 1%}, regions: USA}",
    "labour": "{endowment: {factor: labour, change: 1%}, regions: USA}",
}
CLOSURES = {
    "default": "",
    "wages": "closure: {labour: wage_curve, capital: sector_specific, government: fixed_real}\n",
    "supply": "closure: {labour: labour_supply, capital: sluggish, external: fixed_share_of_gdp}\n",
}


@dataclass(frozen=True)
class Run:
    """A solved case with its results and its decomposition."""

    case: api.Case
    result: Comparison

    @cached_property
    def parts(self) -> Decomposition:
        """Where welfare comes from; a few seconds."""
        return decomposition.decompose(self.case.model, self.result.base, self.result.new)

    def change(self, indicator: str, column: str = "percent") -> float:
        """Of the United States."""
        return float(self.result.row("USA", indicator)[column])

    def at(self, name: str, **where: str) -> tuple[float, float]:
        """Baseline and counterfactual level of a variable."""
        return tuple(float(s.values[name].sel(where)) for s in (self.result.base, self.result.new))  # pyright: ignore


def asked(shocks: str, head: str = "") -> Scenario:
    text = f"title: t\nbaseline: benchmark-2022\naggregation: small\n{head}shocks:\n  - {shocks}\n"
    return parse_scenario(text, file="t.yaml")


def case(shocks: str, head: str = "") -> api.Case:
    return api.prepare(asked(shocks, head))


def results(ready: api.Case, base: Solution) -> Run:
    new = ready.model.solve(api.policy_changes(ready, base), start=base)
    return Run(ready, api.comparison(ready, base, new))


@pytest.fixture(scope="module")
def solved():
    """Runs by shock and closure, on one compiled model a closure."""
    models: dict[str, tuple[api.Case, Solution]] = {}
    found: dict[tuple[str, str], Run] = {}

    def run(shock: str, closure: str = "default") -> Run:
        head = CLOSURES[closure]
        if closure not in models:
            ready = case(SHOCKS["subsidy"], head)
            models[closure] = ready, ready.model.solve(ready.baseline)
        if (closure, shock) not in found:
            ready, base = models[closure]
            same_model = api.with_policy(ready, asked(SHOCKS.get(shock, shock), head))
            found[closure, shock] = results(same_model, base)
        return found[closure, shock]

    return run


@pytest.mark.parametrize(
    ("shock", "closure"),
    [*((shock, "default") for shock in SHOCKS), ("subsidy", "wages"), ("endowment", "wages"),
     ("consumption", "supply"), ("labour", "supply")],
)  # fmt: skip
def test_accounts_close_and_terms_sum_to_welfare(shock: str, closure: str, solved) -> None:
    """Three GDPs, Walras, the government's budget, and the decomposition, for each of them."""
    run = solved(shock, closure)
    for solution in (run.result.base, run.result.new):
        assert solution.certificate.max_residual < 1e-9 and abs(solution.certificate.walras) < 1e-9
        assert gdp_gap(levels(solution))[0] < 1e-9
    assert run.parts.relative_gap < 1e-6
    moved = float(abs(run.parts.gap).max())
    assert moved < 1e-6 * abs(run.change("welfare_ev", "change")) + 1e-3
    if closure == "wages":  # where the government has an account of its own
        values = run.result.new.values
        assert float(abs(values.budget_gap).max()) < 1e-9
        np.testing.assert_allclose(values.qg, 1, atol=1e-9)


def test_a_subsidy_moves_output_exports_jobs_and_price(solved) -> None:
    run = solved("subsidy")
    start, end = run.at("y", r="USA", i="ELM")
    assert end > 1.02 * start, "output"
    start, end = run.at("py", r="USA", i="ELM")
    assert end < 0.98 * start, "price"
    abroad = [v for v in run.case.accounts.regions if v != "USA"]
    flows = [s.values.x.sel(o="USA", d=abroad, i="ELM") for s in (run.result.base, run.result.new)]
    assert bool((flows[1] > flows[0]).all()), "exports to everybody"
    jobs = run.result.tables["jobs"]
    mine = jobs[(jobs.region == "USA") & (jobs.sector == "ELM")].change.item()
    everyone = jobs[jobs.region == "USA"].change.sum()
    assert mine > 0 and abs(everyone) < 1e-6, "jobs move, at full employment none is made"


def test_a_subsidy_costs_what_is_paid_on_output(solved) -> None:
    """The budget bears the points times the value of output, and income pays."""
    run = solved("subsidy")
    rate = run.case.policy["to"].sel(r="USA", j="ELM") - run.case.accounts.data["to0"].sel(r="USA", j="ELM")
    start, end = (levels(s) for s in (run.result.base, run.result.new))
    before, after = (float(s["output_taxes"].sel(r="USA")) for s in (start, end))
    paid = float(rate) * float(end["output"].sel(r="USA", i="ELM"))
    assert paid < 0 and before - after == pytest.approx(-paid, rel=0.1)
    # all other taxes are at their old rates
    for name in ("tm", "te", "tc", "tz", "tg", "ti"):
        xr.testing.assert_identical(run.result.base.values[name], run.result.new.values[name])


def test_the_welfare_effect_of_a_subsidy_is_second_best(solved) -> None:
    """Small, and told by the taxes that were there and by the terms of trade."""
    run = solved("subsidy")
    assert abs(run.change("welfare_ev")) < 0.2
    efficiency = run.parts.term("USA", "allocative efficiency")
    prices = run.parts.term("USA", "terms of trade")
    saving = run.parts.term("USA", "foreign saving")
    assert efficiency + prices + saving == pytest.approx(run.change("welfare_ev", "change"), rel=1e-6)
    # the sector grows beyond what its subsidised price is worth: production taxes lose
    assert run.parts.term("USA", "allocative efficiency", "production taxes") < 0


def test_a_small_subsidy_follows_harberger(solved) -> None:
    """To first order the efficiency effect of a production tax is the benchmark rate times the new output."""
    run = solved("{production_subsidy: {add: 0.01 points}, regions: USA, sectors: [C26, C27, C28]}")
    b = run.case.accounts.data
    value = output(b).sel(r="USA").rename(i="j") * b["to0"].sel(r="USA")
    start, end = (s.values.y.sel(r="USA").rename(i="j") for s in (run.result.base, run.result.new))
    found = run.parts.term("USA", "allocative efficiency", "production taxes")
    assert found == pytest.approx(float((value * (end - start)).sum()), rel=0.02)


def test_productivity_raises_welfare_by_more_than_itself(solved) -> None:
    """One per cent more from all inputs, intermediate ones too: GDP by one over the share of value added."""
    run = solved("productivity")
    d = run.case.accounts.data
    weight = float(output(d).sel(r="USA").sum()) / float(run.case.model.benchmark().values.gdp0.sel(r="USA"))
    assert run.change("real_gdp") == pytest.approx(weight, rel=0.06) and run.change("welfare_ev") > 1
    assert run.parts.term("USA", "technology", "productivity") == pytest.approx(
        0.01 * float((output(d).sel(r="USA").rename(i="j") * (1 - d["to0"].sel(r="USA"))).sum()), rel=0.03
    )


def test_the_jobs_of_productivity_in_one_sector_for_scale(solved) -> None:
    """Faster productivity in manufacturing sets workers free there: more output, fewer jobs, no country loses
    employment at full employment.
    """
    run = solved("{productivity: {change: 5%}, regions: USA, sectors: manufacturing}")
    jobs = run.result.tables["jobs"]
    mine = jobs[jobs.region == "USA"].set_index("sector").change
    made = run.result.tables["output"].query("region == 'USA'").set_index("sector").change
    assert made["ELM"] > 0 and made["MVH"] > 0
    assert abs(float(mine.sum())) < 1e-6
    productive = run.case.policy["productivity"].sel(r="USA", j="ELM")
    per_job = (made["ELM"], mine["ELM"])
    assert float(productive) == pytest.approx(1.05) and np.isfinite(per_job).all()
    y0, y1 = run.at("y", r="USA", i="ELM")
    x0, x1 = run.at("xf", r="USA", f="labour", j="ELM")
    assert y1 / y0 > 1.03 * x1 / x0, "output per worker"


def test_a_consumption_tax_returned_in_a_lump_sum_hardly_matters(solved) -> None:
    """It distorts only between consumption and saving, and trade: under a tenth of the revenue is lost."""
    run = solved("consumption")
    revenue = 0.02 * float(run.case.accounts.data["C0"].sel(r="USA").sum())
    assert abs(run.change("welfare_ev", "change")) < 0.1 * revenue
    # who works less when a wage buys less does lose
    assert solved("consumption", "supply").change("welfare_ev") < run.change("welfare_ev") < 0


def test_more_of_every_factor_raises_gdp_as_much(solved) -> None:
    for closure in CLOSURES:
        run = solved("endowment", closure)
        assert run.change("real_gdp") == pytest.approx(1, abs=0.03), closure
    terms = [solved("endowment").parts.term("USA", "endowment", f) for f in ("labour", "capital", "natural")]
    assert min(terms) > 0
    run = solved("labour")
    d = run.case.accounts.data["V0"].sel(r="USA").sum("j")
    assert run.change("employment") == pytest.approx(1, rel=1e-6)
    earned = 0.01 * float(d.sel(f="labour"))
    assert run.parts.term("USA", "endowment", "labour") == pytest.approx(earned, rel=0.03)


def test_specific_factors_grow_where_they_are(solved) -> None:
    run = solved("endowment", "wages")
    used = run.result.new.values.xf.sel(r="USA", f="capital")
    np.testing.assert_allclose(used, 1.01, rtol=1e-9)
    np.testing.assert_allclose(run.result.new.values.xf.sel(r="CHN", f="capital"), 1, rtol=1e-9)


def test_endowments_that_the_closure_determines_everywhere() -> None:
    """Labour by its supply curve, capital and land activity by activity: no endowment is held, each grows."""
    ready = case(SHOCKS["endowment"], "closure: {labour: labour_supply, capital: sector_specific}\n")
    base, new = api.solve(ready)
    assert set(ready.policy) == {"xf", "supply_gap"}
    grown = (new.values.endow / base.values.endow).sel(r="USA")
    np.testing.assert_allclose(grown.sel(f=["capital", "natural"]), 1.01, rtol=1e-9)
    assert 1.005 < float(grown.sel(f="labour")) < 1.015


def test_a_supply_curve_shifts_by_the_endowment(solved) -> None:
    """At the same real wage one per cent more people work."""
    run = solved("labour", "supply")
    start, end = run.at("supply_gap", r="USA")
    assert end - start == pytest.approx(np.log(1.01), rel=1e-9)
    wage = run.at("rw", r="USA")
    assert wage[1] < wage[0] and 0.5 < run.change("employment") < 1


def test_a_measure_that_the_closure_determines_is_refused() -> None:
    head = "closure: {swap: {fix: 'real_gdp[USA]', free: 'tc[USA]'}}\n"
    with pytest.raises(ScenarioError, match=r"t.yaml:4: closure: it determines tc\[USA\]"):
        case("{consumption_tax: {add: 1 points}, regions: USA}", head)
    elsewhere = case("{consumption_tax: {add: 1 points}, regions: CHN}", head)
    assert float(elsewhere.policy["tc"].sel(r="USA")) == float(elsewhere.accounts.data["tc0"].sel(r="USA"))


def test_parts_of_a_region_count_with_their_weight() -> None:
    """A subsidy in one economy of a region, a tax in one: output and consumption weigh."""
    ready = case("{production_subsidy: {add: 10 points}, regions: DEU, sectors: C26}")
    world, region = ready.world.data, ready.aggregation.regions["DEU"]
    members = [c for c, r in ready.aggregation.regions.items() if r == region]
    inside = [i for i, s in ready.aggregation.sectors.items() if s == "ELM"]
    made = output(world)
    share = float(made.sel(r="DEU", i="C26") / made.sel(r=members, i=inside).sum())
    change = ready.policy["to"] - ready.accounts.data["to0"]
    assert float(change.sel(r=region, j="ELM")) == pytest.approx(-0.10 * share, rel=1e-9)
    assert int((change != 0).sum()) == 1
    tax = case("{consumption_tax: {add: 2 points}, regions: DEU}")
    spent = world["C0"].sum("i")
    weight = float(spent.sel(r="DEU") / spent.sel(r=members).sum())
    found = (tax.policy["tc"] - tax.accounts.data["tc0"]).sel(r=region)
    assert float(found) == pytest.approx(0.02 * weight, rel=1e-9)


def test_with_a_quota_and_under_another_policy() -> None:
    """Instruments at home work beside caps, and on a compiled model."""
    ready = case("{quota: {volume: -30%}, importers: USA, exporters: CHN, sectors: [C26, C27, C28]}")
    both = parse_scenario(
        "title: t\nbaseline: benchmark-2022\naggregation: small\nshocks:\n"
        "  - {quota: {volume: -30%}, importers: USA, exporters: CHN, sectors: [C26, C27, C28]}\n"
        "  - {production_subsidy: {add: 5 points}, regions: USA, sectors: [C26, C27, C28]}\n"
    )
    base, new = api.solve(ready)
    other = api.with_policy(ready, both)
    assert other.model is ready.model
    more = other.model.solve(api.policy_changes(other, base), start=base)
    cell = {"r": "USA", "i": "ELM"}
    assert float(more.values.y.sel(cell)) > float(new.values.y.sel(cell))
    rents = [float(s.values.rm.sel(o="CHN", d="USA", i="ELM")) for s in (new, more)]
    assert 0 < rents[1] < rents[0], "who makes more at home pays less for a licence"


def test_contributions_refuse_what_is_none_of_them(solved) -> None:
    run = solved("subsidy")
    from cge.app.contributions import active, contributions

    assert active(run.case) == frozenset()
    with pytest.raises(ResultsError, match="the scenario also moves to"):
        contributions(run.case, run.result, pd.DataFrame())
