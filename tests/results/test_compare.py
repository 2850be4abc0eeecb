"""The comparison as a whole, and the cautions that come with it."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
import xarray as xr

from results.cautions import sign_warnings
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


def test_one_line_says_what_it_is(comparison):
    text = repr(comparison)
    gain = comparison.row("USA", "welfare_ev")
    assert text.startswith("Comparison(") and "\n" not in text and len(text) < 200
    assert f"{gain['percent']:+.3f} %" in text


def test_no_supplier_table_without_that_supplier(base, new):
    found = compare(base, new, scenario_info=replace(INFO, supplier="TWN"))
    assert "dependence" not in found.tables
    assert "TWN is no region of this aggregation" in found.scenario.notes[0]
    assert list(found.manifest["scenario"]["notes"]) == list(found.scenario.notes)


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


def test_cautions_where_a_subsidy_moves_name_no_pure_erosion(world, base, solution_of):
    """Outsiders lose by a rival's subsidy too: the loss is not put on access alone."""
    tm = world.tm0.copy()
    tm.loc[{"o": "USA", "d": "VNM"}] = 0
    tm.loc[{"o": "VNM", "d": "USA"}] = 0
    new = solution_of(world, tm=tm)
    plain = sign_warnings(base, new, compare(base, new, scenario_info=INFO).tables["indicators"])
    assert any(w.startswith("Preference erosion:") for w in plain)
    paid = base.values.tm.sum(("o", "d")).rename(i="j").expand_dims(r=base.values.r.values) * 0.0
    less = paid.where(~((paid.r == "USA") & (paid.j == "C26")), -0.05)
    both = [replace(s, values=s.values.assign(to=to)) for s, to in ((base, paid), (new, less))]
    table = compare(base, new, scenario_info=INFO).tables["indicators"]
    said = sign_warnings(both[0], both[1], table, {"USA": "United States"})
    assert not any(w.startswith("Preference erosion") for w in said)
    (text,) = [w for w in said if w.startswith("A subsidy moves")]
    assert "United States in C26" in text
    assert "part of it is preference erosion" in text
    assert "CHN (-" in text


def test_cautions_name_members_that_lose_and_signs_that_differ(world, base, solution_of):
    tm = world.tm0.copy()
    tm.loc[{"o": "USA", "d": "VNM"}] = 0
    tm.loc[{"o": "VNM", "d": "USA"}] = 0
    new = solution_of(world, tm=tm)
    table = compare(base, new, scenario_info=INFO).tables["indicators"].copy()

    def change(region, indicator, percent):
        table.loc[(table.region == region) & (table.indicator == indicator), "percent"] = percent

    change("VNM", "welfare_ev", -0.3)
    change("VNM", "real_gdp", 0.2)
    change("VNM", "terms_of_trade", -0.4)
    said = sign_warnings(base, new, table)
    assert len(said) <= 3
    assert any("Losing with it: VNM (-0.30 %): its terms of trade fall." in w for w in said)
    assert any("VNM (GDP +0.20 %, welfare -0.30 %)" in w and "which move with welfare" in w for w in said)
