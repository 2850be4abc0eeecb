"""Compensation paid inside the model: the levy raises what is due, and what it costs is what it must be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from rich.console import Console

from cge.app import api, compensating
from cge.app.compensating import Settled
from cge.app.family import Wanted, families, solve_families
from cge.model import SolveError
from cge.solution import Solution
from results.adjustment import parameter_sets
from results.compare import Comparison
from results.compensation import due
from results.compensation import table as compensation
from results.compensation_screen import compensation_table
from results.errors import ResultsError
from results.levels import gdp_gap, levels
from results.screen import render
from results.tidy import pick
from scenarios.problems import ScenarioError
from scenarios.reader import parse_scenario
from scenarios.schema import Scenario

SHOCK = "{tariff: {to: 0%}, between: [USA, CHN], sectors: goods}"
ANNUITY = parameter_sets()["central"].annuity
TAXES = ("consumption_tax", "production_tax")
SOURCES = (*TAXES, "lump_sum")


def asked(compensation: str, *, shock: str = SHOCK, more: str = "") -> Scenario:
    pays = f"compensation: {compensation}\n" if compensation else ""
    head = f"title: t\nbaseline: benchmark-2022\naggregation: small\n{more}"
    return parse_scenario(f"{head}{pays}shocks:\n  - {shock}\n", file="t.yaml")


def terms(source: str = "consumption_tax", **others: str) -> str:
    entries = {"regions": "USA", "financed_by": source, **others}
    return "{" + ", ".join(f"{k}: {v}" for k, v in entries.items()) + "}"


@dataclass(frozen=True)
class Run:
    """The policy without compensation and with it, on one baseline."""

    base: Solution
    plain: Solution
    settled: Settled

    @cached_property
    def result(self) -> Comparison:
        """Every table."""
        return api.comparison(self.settled.case, self.base, self.settled.new, paid=self.settled.paid)

    @cached_property
    def table(self) -> pd.DataFrame:
        """The table of the compensation."""
        assert self.settled.paid is not None
        return compensation(self.settled.paid)

    def of(self, indicator: str, column: str = "change", region: str = "USA") -> float:
        """One figure of the compensation."""
        return float(pick(self.table, region=region, indicator=indicator)[column].to_numpy().item())

    def indicator(self, name: str) -> float:
        """One of the indicators, of the United States."""
        found = pick(self.result.tables["indicators"], region="USA", indicator=name)
        return float(found["change"].to_numpy().item())

    def account(self, indicator: str) -> float:
        """One figure of the adjustment account, of the United States."""
        found = pick(self.result.tables["adjustment"], region="USA", indicator=indicator)
        return float(found["change"].to_numpy().sum())


Runner = Callable[..., Run]


@pytest.fixture(scope="module")
def model() -> tuple[api.Case, Solution]:
    case = api.prepare(asked(""))
    return case, case.model.solve(case.baseline)


@pytest.fixture(scope="module")
def pay(model: tuple[api.Case, Solution]) -> Runner:
    """Runs by what the compensation says, all on one compiled model."""
    ready, base = model
    found: dict[str, Run] = {}

    def run(compensation: str, *, shock: str = SHOCK, more: str = "") -> Run:
        key = compensation + shock + more
        if key not in found:
            found[key] = results(api.with_policy(ready, asked(compensation, shock=shock, more=more)), base)
        return found[key]

    return run


def shown(run: Run) -> str:
    """The compensation on a terminal."""
    console = Console(width=80, force_terminal=False)
    with console.capture() as captured:
        console.print(compensation_table(run.result))
    return captured.get()


def results(case: api.Case, base: Solution) -> Run:
    plain = case.model.solve(api.policy_changes(case, base), start=base)
    return Run(base, plain, api.settle(case, base, plain))


def labour_income(solution: Solution) -> float:
    v, b = solution.values, solution.benchmark
    return float((b.V0 * v.pf * v.wedge * v.xf).sel(r="USA", f="labour").sum())


def levied(run: Run, source: str) -> float:
    """What the rise of the tax brings in, from the flows it falls on, in consumer prices of the baseline."""
    new, old = run.settled.new, run.plain
    value = levels(new)
    if source == "consumption_tax":
        rise = float((new.values.tc - old.values.tc).sel(r="USA"))
        raised = rise / float(1 + new.values.tc.sel(r="USA")) * float(value["consumption"].sel(r="USA"))
    else:
        rises = (new.values.to - old.values.to).sel(r="USA").rename(j="i")
        assert float(rises.max() - rises.min()) < 1e-15, "uniform over sectors"
        raised = float((rises * value["output"].sel(r="USA")).sum())
    return raised / float((new.values.pc / run.base.values.pc).sel(r="USA"))


@pytest.mark.parametrize("source", TAXES)
def test_the_levy_raises_what_the_displaced_lose(source: str, pay: Runner) -> None:
    run = pay(terms(source))
    wanted = run.account("full_compensation_a_year_central")
    assert wanted > 1000, "USD million: the shock displaces"
    assert levied(run, source) == pytest.approx(wanted, abs=3e-3)
    assert run.of("compensation_levy_revenue") == pytest.approx(wanted, abs=3e-3)
    assert run.of("compensation_amount") == pytest.approx(run.account("full_compensation_central"))
    for name in ("tc", "to", "tz", "tg", "ti", "tm", "te"):
        new, old = (s.values[name] for s in (run.settled.new, run.plain))
        others = [r for r in new[new.dims[0]].values if r != "USA"]
        xr.testing.assert_identical(new.sel({new.dims[0]: others}), old.sel({old.dims[0]: others}))


@pytest.mark.parametrize("source", SOURCES)
def test_the_paid_equilibrium_closes(source: str, pay: Runner) -> None:
    run = pay(terms(source))
    certificate = run.settled.new.certificate
    assert certificate.max_residual < 1e-9 and abs(certificate.walras) < 1e-9
    assert gdp_gap(levels(run.settled.new))[0] < 1e-9
    parts = run.of("compensation_real_losses") + run.of("compensation_excess_burden")
    assert run.of("gain_gross") - parts == pytest.approx(run.of("gain_net"), abs=1e-4)
    assert run.of("gain_net") == pytest.approx(run.indicator("welfare_ev"), abs=1e-4)
    paid = run.settled.paid
    assert paid is not None and paid.residual < compensating.TOLERANCE and paid.rounds <= 8


def test_a_transfer_by_lump_sum_moves_nothing(pay: Runner) -> None:
    """One household in a region: what one part pays another changes no price."""
    run = pay(terms("lump_sum", losses="account"))
    for name in ("y", "N", "pc", "x"):
        np.testing.assert_allclose(run.settled.new.values[name], run.plain.values[name], rtol=0, atol=1e-11)
    assert run.of("gain_net") == pytest.approx(run.of("gain_gross"), abs=1e-3)
    assert run.of("compensation_amount_a_year") > 1000
    assert run.of("effective_labour") == 0


def test_nobody_displaced_is_nobody_paid(pay: Runner) -> None:
    """A small cut stays within attrition: the policy's own solution is handed back."""
    run = pay(terms(displaced="beyond_attrition"), shock=SHOCK.replace("to: 0%", "cut: 1%"))
    assert run.of("compensation_workers") == 0
    assert run.settled.new is run.plain
    assert run.settled.paid is not None
    words = run.settled.paid.words()
    assert "In USA nobody is due anything, so nothing is levied" in words and "burden" not in words
    assert "beyond attrition of 2.5 % a year over 5 years" in words
    assert "compensation_cost_of_funds" not in set(run.table.indicator)


def test_welfare_falls_by_the_income_that_is_lost(pay: Runner) -> None:
    run = pay(terms("lump_sum"))
    missing = run.account("adjustment_cost_gross_central") / ANNUITY
    assert -run.of("effective_labour", "percent") == pytest.approx(
        100 * missing / labour_income(run.base), rel=1e-6
    )
    # what an hour adds at market prices is its pay and the taxes on what it makes
    assert 1.0 < run.of("compensation_real_losses") / missing < 1.1


def test_work_lost_is_no_job_lost(pay: Runner) -> None:
    """Persons between jobs are not displaced a second time, and full employment stays full."""
    run, without = pay(terms("lump_sum")), pay(terms("lump_sum", losses="account"))
    people = run.of("compensation_workers")
    assert people == pytest.approx(run.account("displaced_gross"))
    assert people == pytest.approx(without.of("compensation_workers"), rel=0.01)
    assert run.indicator("employment") == pytest.approx(0, abs=1e-6)


def test_the_account_sees_the_gain_before_the_losses_it_adds_up(pay: Runner) -> None:
    run = pay(terms())
    before = run.of("gain_net") + run.of("compensation_real_losses")
    assert run.account("adjustment_present_value_of_gain_central") == pytest.approx(
        ANNUITY * before, rel=1e-9
    )


@pytest.mark.slow
def test_a_tax_costs_more_than_it_raises_and_twice_the_share_more_than_half(pay: Runner) -> None:
    whole, half = (pay(terms(share=s, losses="account")) for s in ("100%", "50%"))
    burden = [r.of("compensation_excess_burden") for r in (whole, half)]
    assert burden[0] > burden[1] > 0
    assert half.of("compensation_levy_revenue") == pytest.approx(
        whole.of("compensation_levy_revenue") / 2, rel=0.01
    )
    funds = whole.of("compensation_cost_of_funds")
    assert funds == pytest.approx(1 + burden[0] / whole.of("compensation_levy_revenue"))


def test_retraining_takes_trainers_from_other_work(pay: Runner) -> None:
    programme = "retraining: {regions: USA, uptake: 50%, cost_per_worker: 20000}\n"
    run = pay(terms("lump_sum", pays="both"), more=programme)
    names = ("retraining_cost", "retraining_resource_cost", "full_compensation")
    whole, spent, lost = (run.account(f"{n}_central") for n in names)
    assert 100 < spent < whole, "income support is paid once, as compensation"
    assert run.of("compensation_amount_programme") == pytest.approx(spent)
    assert run.of("compensation_participants") == pytest.approx(run.of("compensation_workers") / 2)
    assert run.of("compensation_amount_income") == pytest.approx(lost)
    missing = (lost + spent) / ANNUITY / labour_income(run.base)
    assert -run.of("effective_labour") == pytest.approx(100 * missing, rel=1e-6)
    notes = " ".join(run.result.manifest["scenario"]["notes"])
    assert "a compensation pays for it inside the model" in notes
    screen = shown(run)
    assert "…" not in screen
    assert f"{run.of('compensation_workers'):,.2f} thousand displaced" in screen
    assert f"and to train {run.of('compensation_participants'):,.2f} thousand" in screen


@pytest.mark.slow
def test_retraining_alone_pays_no_income(pay: Runner) -> None:
    run, income = pay(terms(pays="retraining")), pay(terms(), more="retraining: {regions: USA}\n")
    assert run.of("compensation_amount_income") == 0
    participants = run.account("retraining_participants_central")
    assert run.of("compensation_workers") == pytest.approx(participants)
    assert f"for {participants:,.2f} thousand participants" in shown(run)
    cost, training, lost = (run.account(f"{n}_central") for n in (
        "retraining_cost", "retraining_resource_cost", "adjustment_cost_gross"))  # fmt: skip
    missing = (lost + training) / ANNUITY / labour_income(run.base)
    assert cost > training and -run.of("effective_labour") == pytest.approx(100 * missing, rel=1e-6)
    assert run.of("compensation_levy_revenue") == pytest.approx(
        run.account("retraining_cost_central") / ANNUITY, abs=3e-3
    )
    assert "it is not financed inside the model" in " ".join(income.result.manifest["scenario"]["notes"])


@pytest.mark.slow
def test_who_counts_and_which_parameters(pay: Runner) -> None:
    low, high = (pay(terms("lump_sum", parameters=s)) for s in ("low", "high"))
    assert low.of("compensation_amount") < high.of("compensation_amount")
    assert low.of("gain_net") > high.of("gain_net")
    beyond = pay(terms("lump_sum", displaced="beyond_attrition"))
    assert beyond.of("compensation_workers") < low.of("compensation_workers")


@pytest.mark.slow
def test_twice_the_numeraire_is_the_same_world(model: tuple[api.Case, Solution], pay: Runner) -> None:
    ready, _ = model
    case = api.with_policy(ready, asked(terms("production_tax")))
    twice = {"pwf": xr.DataArray(2.0)}
    case = replace(case, baseline={**case.baseline, **twice}, policy={**case.policy, **twice})
    run, same = results(case, case.model.solve(case.baseline)), pay(terms("production_tax"))
    for name in ("compensation_levy_rate", "effective_labour", "compensation_cost_of_funds"):
        assert run.of(name) == pytest.approx(same.of(name), rel=1e-5)
    assert run.of("gain_net", "percent") == pytest.approx(same.of("gain_net", "percent"), rel=1e-5)
    assert run.of("compensation_amount") == pytest.approx(2 * same.of("compensation_amount"), rel=1e-6)


def test_the_order_of_labels_does_not_matter(pay: Runner) -> None:
    run = pay(terms())
    paid = run.settled.paid
    assert paid is not None
    backwards = {d: run.plain.values[d].values[::-1] for d in ("r", "o", "d", "i", "j", "f")}
    turned = replace(
        run.settled.new,
        values=run.settled.new.values.sel(backwards),
        benchmark=run.settled.new.benchmark.sel(backwards),
    )
    found = due(run.base, turned, paid.terms).data
    xr.testing.assert_allclose(found.sel(r=paid.due.data.r), paid.due.data, rtol=1e-12)


@pytest.mark.slow
def test_members_of_a_family_are_paid_on_the_shared_model(
    model: tuple[api.Case, Solution], pay: Runner
) -> None:
    wanted = [Wanted("none", asked("")), *(Wanted(s, asked(terms(s))) for s in TAXES)]
    assert len(families(wanted)) == 1
    found = {s.label: s for s in solve_families(wanted)}
    assert len({id(s.case.model) for s in found.values()}) == 1 and found["none"].paid is None
    for source in TAXES:
        own = pay(terms(source)).settled.new
        for name in ("y", "N", "to", "tc"):
            np.testing.assert_allclose(found[source].new.values[name], own.values[name], rtol=0, atol=1e-9)


def test_what_cannot_be_found_is_not_invented(
    model: tuple[api.Case, Solution], pay: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    dear = "retraining: {regions: USA, uptake: 100%, cost_per_worker: 1000000000}\n"
    with pytest.raises(SolveError, match=r"compensation: \d+ % of labour would be lost in USA"):
        pay(terms("lump_sum", pays="retraining"), more=dear)
    monkeypatch.setattr(compensating, "ROUNDS", 1)
    with pytest.raises(SolveError, match="after 1 solutions what the levy raises and what is due are still"):
        pay(terms("production_tax", share="77%"))


def test_a_comparison_that_was_not_settled_is_refused(model: tuple[api.Case, Solution]) -> None:
    ready, base = model
    case = api.with_policy(ready, asked(terms()))
    with pytest.raises(ResultsError, match="settle it first"):
        api.comparison(case, base, base)


def test_a_closure_that_determines_the_tax_is_refused() -> None:
    swap = "closure: {swaps: [{fix: 'qg[USA]', free: 'tc[USA]'}]}\n"
    case = api.prepare(asked(terms(), more=swap))
    new = case.model.benchmark()
    with pytest.raises(ScenarioError, match=r"t.yaml:5: compensation.financed_by: the closure determines tc"):
        api.settle(case, new, replace(new, values=new.values.assign(xf=_one_sector_less(new))))


def _one_sector_less(solution: Solution) -> xr.DataArray:
    """Labour moved from one activity to another: somebody is displaced, in no equilibrium."""
    v, b = solution.values, solution.benchmark
    paid = b.V0.sel(r="USA", f="labour")
    first, second = paid.j.values[:2]
    here = (v.r == "USA") & (v.f == "labour")
    less = 0.1 * (here & (v.j == first))
    more = 0.1 * (here & (v.j == second)) * float(paid.sel(j=first) / paid.sel(j=second))
    return (v.xf - less + more).transpose(*v.xf.dims)


def test_regions_are_whole_regions_of_the_model() -> None:
    with pytest.raises(ScenarioError, match=r"compensation.regions\[0\]: DEU is only part of"):
        api.prepare(asked("{regions: [DEU], financed_by: lump_sum}"))


@pytest.mark.parametrize("source", SOURCES)
def test_the_screen_says_it_on_one_screen_and_cuts_nothing(source: str, pay: Runner) -> None:
    lines = shown(pay(terms(source))).rstrip("\n").split("\n")
    assert len(lines) <= 17 and max(map(len, lines)) <= 80
    assert "…" not in "".join(lines)


def test_the_screen_says_what_is_left(pay: Runner) -> None:
    run = pay(terms())
    console = Console(width=80, record=True, file=None, force_terminal=False)
    text = shown(run)
    for value in (run.of("gain_gross"), run.of("gain_net"), -run.of("compensation_excess_burden")):
        assert f"{value:+,.1f}" in text
    with console.capture() as captured:
        console.print(render(run.result))
    said = " ".join(captured.get().split())
    assert "Transfers are not a social cost" in said and "over the first 10 years (the horizon)" in said
    assert "Welfare before lost work (USD m, PV)" in said and "Welfare change (USD m" not in said
    elsewhere = ~run.table.region.isin(["USA", "WORLD"])
    spilled = run.table.indicator.isin(["compensation_real_losses", "compensation_excess_burden"])
    costs = pd.DataFrame(run.table[elsewhere & spilled])
    assert f"Welfare elsewhere {-costs['change'].to_numpy().sum():+,.1f}" in said
    assert run.result.manifest["compensation"]["financed_by"] == "consumption_tax"


def test_the_note_says_who_counts_and_by_which_numbers(pay: Runner) -> None:
    run = pay(terms())
    assert run.settled.paid is not None
    words = run.settled.paid.words()
    people = f"{run.of('compensation_workers'):,.2f} thousand displaced"
    for part in ("every job that a sector cuts (gross)", people, "central set: 69.2 % find work again",
                 "after 0.4 years at 13 % less", "out of work for 3 years; 10 years at 3 %",
                 "over the first 10 years", "where labour is fixed"):  # fmt: skip
        assert part in words, part


def test_in_the_long_run_more_of_a_lasting_gain_is_left(pay: Runner) -> None:
    """Present values by hand: the gain for ever, what compensation takes off it for ten years."""
    run = pay(terms())
    gross, net = run.of("gain_gross"), run.of("gain_net")
    rate = parameter_sets()["central"].discount_rate
    years = range(1, 2001)
    left = sum((net if t <= 10 else gross) / (1 + rate) ** t for t in years)
    whole = sum(gross / (1 + rate) ** t for t in years)
    long, short = (run.of(f"compensation_net_share_{n}") for n in ("long_run", "of_gain"))
    assert long == pytest.approx(100 * left / whole, rel=1e-9) and short < long < 100


@pytest.mark.slow
def test_several_regions_pay_at_once(pay: Runner) -> None:
    run, alone = pay(terms(regions="[USA, CHN]")), pay(terms())
    for region in ("USA", "CHN"):
        due_, raised = (run.of(f"compensation_{n}", region=region) for n in ("amount_a_year", "levy_revenue"))
        assert due_ > 100 and raised == pytest.approx(due_, abs=1e-2)
    assert "compensation_cost_of_funds" not in set(run.table.indicator)
    assert run.of("compensation_amount") == pytest.approx(alone.of("compensation_amount"), rel=0.05)
    assert run.settled.paid is not None and "Several regions pay at once" in run.settled.paid.words()


def test_explain_says_who_pays_whom() -> None:
    from cge.app import explaining

    lines = explaining.headlines("t", explaining.expanded(asked(terms(share="50%", losses="account"))))
    assert any(
        "50 % of what the displaced lose in USA" in str(line) and "a consumption tax" in str(line)
        for line in lines
    )


def test_a_tax_that_costs_less_than_it_raises_is_explained(pay: Runner) -> None:
    paid = pay(terms()).settled.paid
    assert paid is not None and "costs less than it raises" not in paid.words()
    cheap = replace(paid, ev={**paid.ev, "net": paid.ev["lump_sum"] + 10.0})
    assert "In USA the tax costs less than it raises" in cheap.words()


@pytest.mark.slow
def test_access_is_judged_with_the_levy_in_place() -> None:
    """Who adopts and who does not are compared under the same tax and the same lost work."""
    shock = (
        "access: {tariff: -50%}\n    if: {standard: technology, adopts: [JPN]}\n"
        "    importers: USA\n    sectors: manufacturing"
    )
    text = f"title: t\naggregation: small\ncompensation: {terms()}\nshocks:\n  - {shock}\n"
    with_levy = api.run(parse_scenario(text, file="t.yaml"))
    found = with_levy.tables["adoption"]
    own = pick(found, country="JPN", region="JPN", indicator="adoption_welfare")
    net = pick(with_levy.tables["compensation"], region="JPN", indicator="gain_net")["change"].to_numpy()
    np.testing.assert_allclose(own["counterfactual"].to_numpy(), net, atol=1e-3)
    abroad = pick(found, country="JPN", role="granter", region="USA", indicator="adoption_welfare")
    without = parse_scenario(text.replace(f"compensation: {terms()}\n", ""), file="t.yaml")
    plain = pick(api.run(without).tables["adoption"], country="JPN", role="granter", region="USA",
                 indicator="adoption_welfare")  # fmt: skip
    one, other = (t["change"].to_numpy().item() for t in (abroad, plain))
    assert one == pytest.approx(other, rel=0.05), "the levy on both sides leaves the gain as it was"


@pytest.mark.slow
def test_a_tax_on_consumption_falls_on_work_where_people_choose_it(pay: Runner) -> None:
    supply = "closure: {labour: labour_supply}\n"
    case = api.prepare(asked(terms(), more=supply))
    run = results(case, case.model.solve(case.baseline))
    assert run.of("compensation_cost_of_funds") > pay(terms()).of("compensation_cost_of_funds") + 0.01


def test_where_the_real_wage_is_fixed_losses_stay_in_the_account() -> None:
    """Labour in use follows demand there: fewer effective hours would move nothing."""
    case = api.prepare(asked(terms("lump_sum"), more="closure: {labour: fixed_real_wage}\n"))
    base = case.model.benchmark()
    displaced = replace(base, values=base.values.assign(xf=_one_sector_less(base)))
    with pytest.raises(ScenarioError, match=r"t.yaml:5: compensation.losses: .*write losses: account"):
        api.settle(case, base, displaced)


@pytest.mark.slow
def test_who_is_out_of_work_in_the_equilibrium_is_not_counted_again() -> None:
    """With a wage curve some of the displaced are unemployed there; the others lose what they always do."""
    shock = "{tariff: {add: 10 points}, importers: USA, exporters: CHN, sectors: goods}"
    account: dict[str, pd.DataFrame] = {}
    for labour in ("full_employment", "wage_curve"):
        found = api.run(asked("", shock=shock, more=f"closure: {{labour: {labour}}}\n"))
        account[labour] = pick(
            pd.concat([found.tables["adjustment"], found.tables["indicators"]]), region="USA"
        )

    def total(labour: str, indicator: str) -> float:
        return float(pick(account[labour], indicator=indicator)["change"].to_numpy().sum())

    displaced = total("wage_curve", "displaced_gross")
    idle = -total("wage_curve", "employment")
    assert 0 < idle < displaced, "thousand persons"
    for s in ("low", "central", "high"):
        full, curve = (total(k, f"adjustment_cost_gross_{s}") / total(k, "displaced_gross") for k in account)
        assert (1 - idle / displaced) * full * 0.97 < curve < full, "the mix of sectors differs a little"
        whole = total("wage_curve", f"full_compensation_{s}")
        counted = total("wage_curve", f"cost_counted_in_gain_{s}")
        assert counted / whole == pytest.approx(idle / displaced, rel=1e-9)


@pytest.mark.slow
def test_income_that_unemployment_has_lost_already_is_not_lost_twice() -> None:
    case = api.prepare(asked(terms("lump_sum"), more="closure: {labour: wage_curve}\n"))
    run = results(case, case.model.solve(case.baseline))
    counted = run.account("cost_counted_in_gain_central")
    whole = run.account("full_compensation_central")
    assert run.of("compensation_amount") == pytest.approx(whole)
    missing = (whole - counted) / ANNUITY / labour_income(run.base)
    assert -run.of("effective_labour") == pytest.approx(100 * missing, rel=1e-6)


@pytest.mark.slow
def test_the_full_space_and_a_second_opinion_agree() -> None:
    scenario = asked(terms("production_tax"))
    result = api.run(scenario, verify=True, decompose=True)
    assert "compensation" in result.tables and "decomposition" in result.tables
    full = api.run(scenario, space="full")
    for name in ("compensation_levy_rate", "gain_net"):
        one, other = (
            pick(r.tables["compensation"], region="USA", indicator=name)["change"].to_numpy().item()
            for r in (result, full)
        )
        assert one == pytest.approx(other, rel=1e-6)
