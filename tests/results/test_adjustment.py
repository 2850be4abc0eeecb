"""The adjustment account against its formula worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from results.adjustment import NAMES, SETS, Parameters, adjustment, assumptions, parameter_sets
from results.adjustment_scaling import NO_SCALING
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


def test_cost_by_hand(world, base, work, found):
    got = adjustment(base, work, found, _sets(PLAIN), NO_SCALING)
    lost = np.clip(work.data.base - work.data.new, 0, None)
    wage = world.V0.sel(f="labour") / world.jobs0  # thousand USD a person
    expected = (lost * wage).sum("j") * PLAIN.years_of_earnings
    np.testing.assert_allclose(got.data.cost_central, expected, rtol=1e-11)
    np.testing.assert_allclose(got.data.gross, lost)
    ev = found.row("USA", "welfare_ev").change
    assert float(got.data.gain_central.sel(r="USA")) == pytest.approx(ev * PLAIN.annuity)
    gone = work.data.new - work.data.base
    np.testing.assert_allclose(gone.sum("j"), 0, atol=1e-8)  # what is displaced is hired elsewhere


def test_attrition_comes_off_each_sector(base, work, found):
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


def test_what_welfare_counts_already_is_subtracted(world, base, new, found):
    """Employment falls (wage curve): who is out of work there is in EV for good; the others are not."""
    v = new.values
    rate = v.u0 + 1e-4
    labour = v.xf.sel(f="labour") * (1 - rate) / (1 - v.u0)
    xf = xr.concat([labour, v.xf.sel(f="capital"), v.xf.sel(f="natural")], "f").transpose("r", "f", "j")
    idle = replace(new, values=v.assign(xf=xf, u=rate))
    work = jobs(base, idle)
    fewer = found.table.copy()
    fewer.loc[fewer.indicator == "employment", "change"] = [
        *((work.data.new - work.data.base).sum("j").values), float((work.data.new - work.data.base).sum())
    ]  # fmt: skip
    got = adjustment(base, work, replace(found, table=fewer), _sets(PLAIN), NO_SCALING).data
    lost = np.clip(work.data.base - work.data.new, 0, None)
    payroll = (lost * world.V0.sel(f="labour") / world.jobs0).sum("j")
    gone, out = (work.data.base - work.data.new).sum("j"), lost.sum("j")
    assert (0 < gone).all() and (gone < out).all()
    others = 1 - gone / out
    np.testing.assert_allclose(got.cost_central, others * payroll * PLAIN.years_of_earnings, rtol=1e-9)
    for part in ("time_out", "wage_loss"):
        years = getattr(PLAIN, f"years_of_earnings_{'out' if part == 'time_out' else 'lower'}")
        np.testing.assert_allclose(got[f"{part}_central"], others * payroll * years, rtol=1e-9)
    np.testing.assert_allclose(got.full_central, payroll * PLAIN.years_of_earnings, rtol=1e-9)


def test_all_out_of_work_leaves_no_cost_on_top(base, work, found):
    """Employment falls by more than sectors cut: nobody is left whose loss is not in welfare."""
    fewer = found.table.copy()
    falls = fewer.indicator == "employment"
    fewer.loc[falls, "change"] = -0.5 * fewer.loc[falls, "baseline"]
    got = adjustment(base, work, replace(found, table=fewer), _sets(PLAIN)).data
    assert (abs(got.cost_gross_central) == 0).all() and (got.full_central > 0).all()
    np.testing.assert_allclose(got.counted_gross_central, got.full_central)


def test_the_table_names_every_set(base, work, found):
    table = adjustment(base, work, found).table()
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


def _with_gain(base, work, found, ev: dict[str, float], p: Parameters):
    """The account with chosen welfare changes, USD million a year."""
    table = found.table.copy()
    for region, value in ev.items():
        table.loc[(table.indicator == "welfare_ev") & (table.region == region), "change"] = value
    return adjustment(base, work, replace(found, table=table), _sets(p))


def test_the_parts_add_up_to_the_cost(base, work, found):
    got = adjustment(base, work, found).data
    for s in SETS:
        for which in ("", "gross_"):
            parts = got[f"time_out_{which}{s}"] + got[f"wage_loss_{which}{s}"]
            np.testing.assert_allclose(parts, got[f"cost_{which}{s}"])
            assert (got[f"time_out_{which}{s}"] >= 0).all()
        full = got[f"full_{s}"]
        np.testing.assert_allclose(full, got[f"cost_gross_{s}"] + got[f"counted_gross_{s}"])
        payroll = (got.gross * got.wage).sum("j")
        np.testing.assert_allclose(full, payroll * got[f"years_{s}"], rtol=1e-12)


def test_compensation_a_year_is_worth_the_whole_over_the_horizon(base, work, found):
    got = adjustment(base, work, found).data
    for s, p in parameter_sets().items():
        worth = sum(got[f"full_a_year_{s}"] / (1 + p.discount_rate) ** t for t in range(1, 11))
        np.testing.assert_allclose(worth, got[f"full_{s}"])


def test_the_gain_over_the_payback_years_is_the_cost(base, work, found):
    """At a gain of which the cost is four years, the discounted stream crosses the cost between two years."""
    cost = adjustment(base, work, found, _sets(PLAIN)).data.cost_gross_central
    each = float(cost.sel(r="USA")) / 4
    got = _with_gain(base, work, found, {"USA": each}, PLAIN).data
    years = float(got.payback_central.sel(r="USA"))
    assert each * (1 - 1.05**-years) / 0.05 == pytest.approx(float(cost.sel(r="USA")), rel=1e-12)
    covered = [sum(each * 1.05**-t for t in range(1, n + 1)) for n in (int(years), int(years) + 1)]
    assert covered[0] < 4 * each < covered[1] and years > 4
    whole = _with_gain(base, work, found, {"USA": each}, replace(PLAIN, discount_rate=0.0)).data
    undiscounted = whole.cost_gross_central.sel(r="USA") / each
    assert float(whole.payback_central.sel(r="USA")) == pytest.approx(float(undiscounted))


def test_a_gain_too_small_never_pays_back_and_a_loss_has_no_share(base, work, found):
    """At five percent a gain for ever is worth twenty years of it: a cost of 21 is never covered."""
    cost = adjustment(base, work, found, _sets(PLAIN)).data.cost_gross_central
    gains = {
        "USA": float(cost.sel(r="USA")) / 21,
        "CHN": float(cost.sel(r="CHN")) / 19,
        "VNM": -1.0,
    }
    table = _with_gain(base, work, found, gains, PLAIN).table()

    def rows(name: str) -> dict[str, float]:
        mine = table[table.indicator == f"{name}_central"]
        return dict(zip(mine.region.to_list(), mine.change.to_list(), strict=True))

    payback, share = rows("payback_years"), rows("compensation_share_of_gain")
    assert set(payback) == {"CHN"} and payback["CHN"] > 60
    assert set(share) == {"USA", "CHN"}, "never paid back, and yet a share"
    assert share["CHN"] == pytest.approx(100 * 19 / PLAIN.annuity)


def test_at_a_share_of_one_hundred_nothing_of_the_gain_is_left(base, work, found):
    """Also where part of the workers' loss is in welfare already: it is added to what can be shared."""
    fewer = found.table.copy()
    falls = fewer.indicator == "employment"
    fewer.loc[falls, "change"] = -1e-4 * fewer.loc[falls, "baseline"]
    got = adjustment(base, work, replace(found, table=fewer), _sets(PLAIN)).data
    assert (got.counted_gross_central > 0).all()
    gain = got.cost_gross_central / PLAIN.annuity
    fewer.loc[fewer.indicator == "welfare_ev", "change"] = [*gain.values, float(gain.sum())]
    exact = adjustment(base, work, replace(found, table=fewer), _sets(PLAIN)).data
    np.testing.assert_allclose(exact.share_central, 100)
    np.testing.assert_allclose(exact.payback_central, PLAIN.horizon_years)


def test_no_shock_needs_no_compensation(base):
    table = adjustment(base, jobs(base, base), indicators(base, base)).table()
    money = table[table.indicator.str.startswith(("full_compensation", "cost_", "adjustment_cost"))]
    assert (money.change == 0).all() and len(money) > 0
