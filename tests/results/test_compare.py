"""The comparison as a whole, and the cautions that come with it."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
import xarray as xr

from results.compare import ScenarioInfo, compare
from results.errors import ResultsError
from results.tidy import COLUMNS, only, pick

INFO = ScenarioInfo("a-tariff")


def test_one_long_frame(comparison):
    frame = comparison.to_frame()
    assert list(frame.columns) == COLUMNS
    assert len(frame) == sum(len(t) for t in comparison.tables.values())
    key = ["region", "sector", "partner", "indicator"]
    assert not frame.duplicated(key).any()
    assert (frame.unit.str.len() > 0).all()
    np.testing.assert_allclose(frame.baseline + frame.change, frame.counterfactual, rtol=1e-9, atol=1e-6)
    assert np.isfinite(frame[["baseline", "counterfactual", "change"]]).all(axis=None)


def test_percent_is_of_the_baseline(comparison):
    frame = comparison.to_frame().dropna(subset="percent")
    np.testing.assert_allclose(frame.percent, 100 * frame.change / frame.baseline.abs(), rtol=1e-12)


def test_it_is_frozen(comparison):
    with pytest.raises(FrozenInstanceError):
        comparison.warnings = ()
    with pytest.raises(TypeError):
        comparison.tables["indicators"] = None


def test_output_is_what_the_model_says(comparison, new, world):
    row = only(comparison.tables["output"], region="CHN", sector="C26")
    made = float((world.H0 + world.X0.sum("d").rename(o="r")).sel(r="CHN", i="C26"))
    assert row.baseline == pytest.approx(made)
    assert row.percent == pytest.approx(100 * (float(new.values.y.sel(r="CHN", i="C26")) - 1))


def test_a_failed_solve_gives_no_numbers(base, new):
    failed = replace(new, certificate=replace(new.certificate, converged=False))
    with pytest.raises(ResultsError, match="not a solution"):
        compare(base, failed, scenario_info=INFO)


def test_a_focus_that_is_no_region(base, new):
    with pytest.raises(ResultsError, match="focus 'FRA' is not a region"):
        compare(base, new, scenario_info=replace(INFO, focus="FRA"))


def test_no_supplier_table_without_that_supplier(base, new):
    assert "dependence" not in compare(base, new, scenario_info=replace(INFO, supplier="TWN")).tables


def test_inputs_are_not_changed(base, new):
    before = new.values.copy(deep=True), new.benchmark.copy(deep=True)
    compare(base, new, scenario_info=INFO)
    xr.testing.assert_identical(before[0], new.values)
    xr.testing.assert_identical(before[1], new.benchmark)


def test_label_order_changes_no_table(base, new, comparison):
    def mixed(s):
        order = {
            "r": [2, 0, 1],
            "o": [1, 2, 0],
            "d": [2, 1, 0],
            "i": [1, 2, 0],
            "j": [2, 0, 1],
            "f": [1, 2, 0],
        }
        return replace(s, values=s.values.isel(order), benchmark=s.benchmark.isel(r=[1, 0, 2], j=[1, 2, 0]))

    key = ["region", "sector", "partner", "indicator"]
    one = comparison.to_frame().set_index(key).sort_index()
    for b, n in ((mixed(base), new), (base, mixed(new))):
        two = compare(b, n, scenario_info=INFO).to_frame().set_index(key).sort_index()
        assert (one.index == two.index).all()
        np.testing.assert_allclose(two.change, one.change, rtol=1e-8, atol=1e-7)


def test_caution_on_china(comparison):
    (text,) = [w for w in comparison.warnings if "USA and CHN" in w]
    total = pick(comparison.tables["indicators"], region="VNM", indicator="welfare_ev").change.sum()
    assert f"USD {total:,.0f} million" in text
    assert "Losing here" not in text


def test_caution_on_a_large_unilateral_cut(world, base, solution_of):
    tm = world.tm0.where(world.d != "USA", world.tm0 * 0.2)
    found = compare(base, solution_of(world, tm=tm), scenario_info=INFO)
    percent = found.row("USA", "welfare_ev").percent
    assert any(w.startswith("USA cuts tariffs alone") and f"{percent:+.2f} %" in w for w in found.warnings)


def test_caution_on_preference_erosion(world, base, solution_of):
    tm = world.tm0.copy()
    tm.loc[{"o": "USA", "d": "VNM"}] = 0
    tm.loc[{"o": "VNM", "d": "USA"}] = 0
    found = compare(base, solution_of(world, tm=tm), scenario_info=INFO)
    (text,) = [w for w in found.warnings if w.startswith("Preference erosion")]
    assert "CHN (-" in text
    assert "VNM" not in text.split("Losing here")[1]


def test_no_caution_without_cause(base):
    found = compare(base, base, scenario_info=INFO)
    assert [w for w in found.warnings if "saving" not in w] == []
