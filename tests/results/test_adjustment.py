"""The adjustment account against its formula worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from results.adjustment import NAMES, SETS, Parameters, adjustment, assumptions, parameter_sets
from results.errors import ResultsError
from results.indicators import indicators
from results.jobs import jobs

PLAIN = Parameters(
    attrition_rate=0.0, phase_in_years=0.0, reemployed_share=0.6, normal_exit_share=0.1,
    years_out_reemployed=0.5, earnings_loss=0.2, years_out_others=2.0, discount_rate=0.05, horizon_years=10.0,
)  # fmt: skip


def _sets(p: Parameters) -> dict[str, Parameters]:
    return {s: p for s in SETS}  # noqa: C420 (pyright infers the value type from here)


def test_every_shipped_parameter_has_a_source_and_a_tag():
    table = assumptions()
    assert sorted(table.name) == sorted(NAMES)
    tags = ("verified-page", "derived", "recall-", "assumption")
    assert table.confidence.str.startswith(tags).all()
    assert (table.source.str.len() > 10).all()
    assert (table.unit.str.len() > 2).all()


def test_low_central_and_high_are_ordered():
    sets = parameter_sets()
    years = [sets[s].years_of_earnings for s in SETS]
    assert years == sorted(years)
    ignored = [sets[s].attrition_rate * sets[s].phase_in_years for s in SETS]
    assert ignored == sorted(ignored, reverse=True)


def test_the_central_reemployment_rate_is_the_survey():
    """BLS Displaced Workers Survey, January 2024: 65.7 % re-employed, 74.5 % at age 25 to 54."""
    row = assumptions().set_index("name").loc["reemployed_share"]
    assert (row.low, row.central, row.high) == (0.745, 0.657, 0.49)


def test_annuity_and_rho_by_hand():
    assert PLAIN.annuity == pytest.approx(sum(1.05**-t for t in range(1, 11)))
    assert PLAIN.rho == pytest.approx(2 / 3)
    assert PLAIN.years_of_earnings == pytest.approx(2 / 3 * (0.5 + 0.2 * PLAIN.annuity) + 1 / 3 * 2)
    assert replace(PLAIN, discount_rate=0.0).annuity == 10


def test_cost_by_hand(world, base, new):
    work, found = jobs(base, new), indicators(base, new)
    got = adjustment(base, work, found, _sets(PLAIN))
    lost = np.clip(work.data.base - work.data.new, 0, None)
    wage = world.V0.sel(f="labour") / world.jobs0  # thousand USD a person
    expected = (lost * wage).sum("j") * PLAIN.years_of_earnings
    np.testing.assert_allclose(got.data.cost_central, expected, rtol=1e-11)
    np.testing.assert_allclose(got.data.gross, lost)
    ev = found.row("USA", "welfare_ev").change
    assert float(got.data.gain_central.sel(r="USA")) == pytest.approx(ev * PLAIN.annuity)
    gone = work.data.new - work.data.base
    np.testing.assert_allclose(gone.sum("j"), 0, atol=1e-8)  # what is displaced is hired elsewhere


def test_attrition_comes_off_each_sector(base, new):
    work, found = jobs(base, new), indicators(base, new)
    p = replace(PLAIN, attrition_rate=0.0004, phase_in_years=2.0)
    got = adjustment(base, work, found, _sets(p)).data
    expected = np.clip(work.data.base - work.data.new - 0.0008 * work.data.base, 0, None)
    np.testing.assert_allclose(got.beyond_central, expected)
    assert float(got.beyond_central.sum()) < float(got.gross.sum())
    assert float(got.beyond_central.sum()) > 0
    assert (got.cost_central <= got.cost_gross_central).all()


def test_no_shock_costs_nothing(base):
    got = adjustment(base, jobs(base, base), indicators(base, base)).data
    for s in SETS:
        assert float(abs(got[f"cost_{s}"]).max()) == 0


def test_what_welfare_counts_already_is_subtracted(world, base, new):
    """Employment falls (wage curve): the lost labour income is in EV, only the time out of work comes off."""
    v = new.values
    rate = v.u0 + 1e-4
    labour = v.xf.sel(f="labour") * (1 - rate) / (1 - v.u0)
    xf = xr.concat([labour, v.xf.sel(f="capital"), v.xf.sel(f="natural")], "f").transpose("r", "f", "j")
    idle = replace(new, values=v.assign(xf=xf, u=rate))
    work = jobs(base, idle)
    found = indicators(base, new)
    fewer = found.table.copy()
    fewer.loc[fewer.indicator == "employment", "change"] = [
        *((work.data.new - work.data.base).sum("j").values), float((work.data.new - work.data.base).sum())
    ]  # fmt: skip
    got = adjustment(base, work, replace(found, table=fewer), _sets(PLAIN)).data
    lost = np.clip(work.data.base - work.data.new, 0, None)
    payroll = (lost * world.V0.sel(f="labour") / world.jobs0).sum("j")
    mean_wage = world.V0.sel(f="labour").sum("j") / world.jobs0.sum("j")
    idle_income = (work.data.base - work.data.new).sum("j") * mean_wage * PLAIN.annuity
    already = np.minimum(idle_income, payroll * PLAIN.years_of_earnings_out)
    assert (already > 0).all()
    np.testing.assert_allclose(got.cost_central, payroll * PLAIN.years_of_earnings - already, rtol=1e-9)
    assert (got.cost_central > 0).all()


def test_the_table_names_every_set(base, new):
    table = adjustment(base, jobs(base, new), indicators(base, new)).table()
    for s in SETS:
        assert {
            f"adjustment_cost_{s}",
            f"adjustment_cost_gross_{s}",
            f"displaced_beyond_attrition_{s}",
        } <= set(table.indicator)
    assert (table.baseline == 0).all()


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda t: t[t.name != "discount_rate"], "discount_rate"),
        (lambda t: pd.concat([t, t.iloc[:1]]), "duplicates"),
        (lambda t: t.assign(central=-0.1), "not in"),
        (lambda t: t.assign(high=t.high.where(t.name != "normal_exit_share", 0.9)), "more than one"),
    ],
)
def test_bad_parameters_are_refused(edit, message):
    with pytest.raises(ResultsError, match=message):
        parameter_sets(edit(assumptions().copy()))
