"""Parameters of the United States carried to other economies: by hand, within bounds, nothing at home."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from results.adjustment import SETS, adjustment, parameter_sets
from results.adjustment_scaling import NAMES, NO_SCALING, assumptions, factors, rules
from results.errors import ResultsError

TABLE = assumptions().set_index("name")


def _regions(**values: float) -> xr.DataArray:
    return xr.DataArray(list(values.values()), {"r": list(values)}, ("r",))


def _scale(u: xr.DataArray, w: xr.DataArray | None = None) -> dict[str, list[float]]:
    """Region -> time-out factors low, central, high, or of retraining where incomes are given."""
    name = "time_out" if w is None else "retraining"
    found = factors(u, xr.ones_like(u) if w is None else w)
    return {str(r): [float(found[f"{name}_{s}"].sel(r=r)) for s in SETS] for r in u.r.values}


def test_every_row_has_a_source_a_unit_and_a_tag():
    table = assumptions()
    assert sorted(table.name) == sorted(NAMES)
    assert table.confidence.str.startswith(("repo-file", "derived", "assumption")).all()
    assert (table.source.str.len() > 30).all() and (table.unit.str.len() > 2).all()


def test_the_usa_is_as_measured():
    u, w = _regions(USA=0.0364, BRA=0.0925), _regions(USA=87.0, BRA=9.0)
    assert _scale(u)["USA"] == [1, 1, 1] and _scale(u, w)["USA"] == [1, 1, 1]


def test_time_out_of_work_follows_unemployment_within_bounds():
    found = _scale(_regions(USA=0.04, A=0.05, B=0.036, ZAF=0.33, QAT=0.001, NIL=0.0, GAP=np.nan))
    assert found["A"] == pytest.approx([1.25**0.5, 1.25, 1.25**1.5])
    assert found["B"] == pytest.approx([0.9**1.5, 0.9, 1.0]), "low and high are by what they make of the cost"
    ceiling, floor = ([float(TABLE.loc[f"time_out_{k}", s]) for s in SETS] for k in ("ceiling", "floor"))
    assert found["ZAF"] == ceiling and found["QAT"] == floor
    assert found["NIL"] == found["GAP"] == [1, 1, 1], "not measured is not found at once"


def test_retraining_follows_labour_income():
    w = _regions(USA=80.0, HALF=40.0, CHE=100.0, EMPTY=0.0)
    found = _scale(xr.ones_like(w), w)
    assert found["HALF"] == pytest.approx([0.5**1.25, 0.5, 0.5**0.75])
    assert found["CHE"] == pytest.approx([1.25**0.75, 1.25, 1.25**1.25])
    assert found["EMPTY"] == [1, 1, 1]


def test_without_a_region_of_its_own_the_usa_is_that_of_the_packaged_data():
    """An aggregation that merges the USA: the others keep, near enough, the factors they had."""
    from calibration.world import load_world

    world = load_world().data
    pay = world.V0.sel(f="labour").sum("j") / world.jobs0.sum("j")
    usa = {"reference_unemployment": world.u0, "reference_labour_income": pay}
    for name, value in usa.items():
        assert float(value.sel(r="USA")) == pytest.approx(float(TABLE.loc[name, "central"]), rel=1e-3)
    with_usa, without = _regions(USA=0.03642, FRA=0.07), _regions(NAFTA=0.04, FRA=0.07)
    assert _scale(with_usa)["FRA"] == pytest.approx(_scale(without)["FRA"], rel=1e-9)
    assert _scale(without)["NAFTA"][1] == pytest.approx(0.04 / 0.03642)


def test_order_of_regions_decides_nothing():
    u = _regions(USA=0.04, A=0.07, B=0.02)
    assert _scale(u) == _scale(u.isel(r=[2, 0, 1]))


def test_in_the_account(base, work, found):
    """Only time out of work is scaled; the home of the sources keeps the numbers it had without rules."""
    own, plain = adjustment(base, work, found).data, adjustment(base, work, found, rules=NO_SCALING).data
    scale = own.scale_central
    assert float(scale.sel(r="USA")) == 1 and (scale.drop_sel(r="USA") > 1).all()
    for name in ("cost_gross", "full", "years", "payback", "retraining"):
        for s in SETS:
            mine, theirs = own[f"{name}_{s}"].sel(r="USA"), plain[f"{name}_{s}"].sel(r="USA")
            np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_allclose(own.wage_loss_gross_central, plain.wage_loss_gross_central)
    np.testing.assert_allclose(own.time_out_gross_central, scale * plain.time_out_gross_central)
    for name in ("cost_gross", "years", "scale", "full"):
        low, central, high = (own[f"{name}_{s}"] for s in SETS)
        assert (low <= central).all() and (central <= high).all()


def test_no_time_out_is_lengthened_beyond_the_horizon():
    p = replace(parameter_sets()["central"], years_out_others=6.0, horizon_years=10.0)
    short = replace(p, horizon_years=4.0)
    two = _regions(A=1.0, B=2.0)
    rho = p.rho
    np.testing.assert_allclose(p.years_out(two), [0.4 * rho + 6 * (1 - rho), 0.8 * rho + 10 * (1 - rho)])
    np.testing.assert_allclose(short.years_out(two)[0], p.years_of_earnings_out)  # as given, not cut


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda t: t[t.name != "time_out_floor"], "time_out_floor"),
        (lambda t: pd.concat([t, t.iloc[:1]]), "duplicates"),
        (lambda t: t.assign(low=9.0), "not rising"),
        (lambda t: t.assign(low=-1.0), "not rising"),
        (lambda t: t.assign(high=t.high.where(t.name != "time_out_floor", 1.1)), "floor must be at most 1"),
        (lambda t: t.assign(low=t.low.where(t.name != "reference_unemployment", 0.0)), "above 0"),
    ],
)
def test_bad_rules_are_refused(edit, message):
    with pytest.raises(ResultsError, match=message):
        rules(edit(assumptions().copy()))
