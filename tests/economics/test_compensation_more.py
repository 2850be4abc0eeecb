"""Compensation under other closures, parameters, orders and ways of solving; the longer runs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from compensation_runs import (
    ANNUITY,
    TAXES,
    Runner,
    asked,
    labour_income,
    prepared,
    results,
    runner,
    shown,
    terms,
)  # fmt: skip

from cge.app import api
from cge.app.family import Wanted, families, solve_families
from cge.solution import Solution
from results.tidy import pick
from scenarios.reader import parse_scenario


@pytest.fixture(scope="module")
def model() -> tuple[api.Case, Solution]:
    return prepared()


@pytest.fixture(scope="module")
def pay(model: tuple[api.Case, Solution]) -> Runner:
    return runner(*model)


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


@pytest.mark.slow
def test_several_regions_pay_at_once(pay: Runner) -> None:
    run, alone = pay(terms(regions="[USA, CHN]")), pay(terms())
    for region in ("USA", "CHN"):
        due_, raised = (run.of(f"compensation_{n}", region=region) for n in ("amount_a_year", "levy_revenue"))
        assert due_ > 100 and raised == pytest.approx(due_, abs=1e-2)
    assert "compensation_cost_of_funds" not in set(run.table.indicator)
    assert run.of("compensation_amount") == pytest.approx(alone.of("compensation_amount"), rel=0.05)
    assert run.settled.paid is not None and "Several regions pay at once" in run.settled.paid.words()


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
