"""Compensation paid inside the model: the levy raises what is due, and what it costs is what it must be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from compensation_runs import (
    ANNUITY,
    SHOCK,
    SOURCES,
    TAXES,
    Runner,
    asked,
    labour_income,
    levied,
    prepared,
    runner,
    shown,
    terms,
)  # fmt: skip
from rich.console import Console

from cge.app import api, compensating
from cge.model import SolveError
from cge.solution import Solution
from results.adjustment import parameter_sets
from results.compensation import due
from results.errors import ResultsError
from results.levels import gdp_gap, levels
from results.screen import render
from scenarios.problems import ScenarioError


@pytest.fixture(scope="module")
def model() -> tuple[api.Case, Solution]:
    return prepared()


@pytest.fixture(scope="module")
def pay(model: tuple[api.Case, Solution]) -> Runner:
    return runner(*model)


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


def test_where_the_real_wage_is_fixed_losses_stay_in_the_account() -> None:
    """Labour in use follows demand there: fewer effective hours would move nothing."""
    case = api.prepare(asked(terms("lump_sum"), more="closure: {labour: fixed_real_wage}\n"))
    base = case.model.benchmark()
    displaced = replace(base, values=base.values.assign(xf=_one_sector_less(base)))
    with pytest.raises(ScenarioError, match=r"t.yaml:5: compensation.losses: .*write losses: account"):
        api.settle(case, base, displaced)
