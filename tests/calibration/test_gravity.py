"""Poisson gravity on invented panels: known coefficients, zeros, labels, missing terms."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from gravity_worlds import BETA, gravity_panel

from calibration.gravity.blocs import bloc_excess, slope, tidy
from calibration.gravity.errors import GravityError
from calibration.gravity.estimate import CROSS_SECTION, PAIR, estimate
from calibration.gravity.importers import border_effects

pytest.importorskip("pyfixest")


@pytest.fixture(scope="module")
def panel() -> xr.Dataset:
    return gravity_panel()


@pytest.fixture(scope="module")
def cross(panel):
    return estimate(panel, "A", CROSS_SECTION)


def test_the_cross_section_recovers_known_coefficients(cross):
    for term, true in BETA.items():
        value, se = cross.terms.loc[term]
        assert abs(value - true) < 4 * se, (term, value, se)
        assert abs(value - true) < 0.35 * max(1.0, abs(true)), term


def test_pair_effects_recover_policy(panel):
    found = estimate(panel, "A", PAIR)
    for term in ("tariff", "shallow", "deep"):
        value, se = found.terms.loc[term]
        assert abs(value - BETA[term]) < 4 * se, (term, value, se)
    assert list(found.terms.index) == ["tariff", "shallow", "deep", "single_market", "trade_war"]


def test_an_imposed_tariff_response_leaves_the_agreements_to_be_estimated(panel):
    found = estimate(panel, "A", CROSS_SECTION, sigma=-BETA["tariff"])
    assert tuple(found.terms.loc["tariff"]) == (BETA["tariff"], 0.0)
    for term in ("shallow", "deep"):
        value, se = found.terms.loc[term]
        assert abs(value - BETA[term]) < 4 * se, (term, value, se)
    # tariffs fall with depth: a response imposed at nil hands their effect to the agreements
    nil = estimate(panel, "A", CROSS_SECTION, sigma=0.0)
    assert nil.terms.at["deep", "estimate"] > found.terms.at["deep", "estimate"]


def test_without_noise_and_zeros_the_coefficients_are_exact():
    found = estimate(gravity_panel(noise=0, zeros=0), "A", CROSS_SECTION)
    for term, true in BETA.items():
        assert found.terms.at[term, "estimate"] == pytest.approx(true, abs=1e-5)


def test_zero_flows_are_kept_and_move_the_estimate(panel, cross):
    assert cross.observations == panel["x"].size
    assert cross.separated == 0
    assert float((panel["x"] == 0).sum()) > 50


def test_pairs_that_never_trade_leave_the_pair_specification(panel):
    dead = panel.copy(deep=True)
    dead["x"].loc[{"o": "E01", "d": "E02"}] = 0.0
    found = estimate(dead, "A", PAIR)
    assert found.separated == panel.sizes["y"]
    assert found.observations == panel["x"].size - panel.sizes["y"]


def test_a_term_without_variation_is_missing_and_not_silent(panel):
    flat = panel.assign(t=0 * panel["t"])
    found = estimate(flat, "A", CROSS_SECTION)
    assert "tariff" in found.missing
    assert np.isnan(found.terms.at["tariff", "estimate"])


def test_order_and_names_of_economies_do_not_matter(panel, cross):
    order = list(np.random.default_rng(3).permutation(panel["o"].values))
    shuffled = panel.sel(o=order, d=order[::-1], y=panel["y"].values[::-1])
    pd.testing.assert_frame_equal(estimate(shuffled, "A", CROSS_SECTION).terms, cross.terms, rtol=0, atol=0)
    names = [f"Z{99 - int(n[1:])}" for n in panel["o"].values]
    renamed = panel.assign_coords(o=names, d=names)
    found = estimate(renamed, "A", CROSS_SECTION).terms
    pd.testing.assert_frame_equal(found, cross.terms, rtol=1e-7)


def test_units_of_trade_do_not_matter(panel, cross):
    found = estimate(panel.assign(x=1e4 * panel["x"]), "A", CROSS_SECTION).terms
    pd.testing.assert_frame_equal(found, cross.terms, rtol=1e-9)


def test_two_runs_agree_bit_for_bit(panel, cross):
    again = estimate(panel, "A", CROSS_SECTION).terms
    assert (again.to_numpy()[:8] == cross.terms.to_numpy()[:8]).all()


SCRIPT = """
from gravity_worlds import gravity_panel
from calibration.gravity.estimate import PAIR, estimate
found = estimate(gravity_panel(n=8, years=4), "A", PAIR).terms
print([v.hex() for row in found.to_numpy() for v in row])
"""


def test_two_processes_agree_bit_for_bit():
    """Their hash seeds differ, and with them the order in which sets of names are walked through."""
    path = os.pathsep.join(p for p in sys.path if p)
    outputs = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True,
            env=os.environ | {"PYTHONPATH": path, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2", "3")
    ]  # fmt: skip
    assert len(set(outputs)) == 1
    assert "0x" in outputs[0]


def test_no_trade_at_all_is_refused(panel):
    with pytest.raises(GravityError, match="no flow is above zero"):
        estimate(panel.assign(x=0 * panel["x"]), "A", CROSS_SECTION)


def test_a_closed_importer_shows_a_higher_border(panel):
    closed = panel.copy(deep=True)
    closed["x"].loc[{"o": "E03", "d": "E03"}] *= np.exp(1.0)
    before, after = border_effects(panel, "A"), border_effects(closed, "A")
    gap = after - before
    assert gap["E03"] == pytest.approx(1.0, abs=1e-6)
    assert abs(gap.drop("E03")).max() < 1e-6
    assert before.median() == pytest.approx(-BETA["border"], abs=0.6)


def test_an_importer_without_home_sales_has_no_rank(panel):
    empty = panel.copy(deep=True)
    empty["x"].loc[{"o": "E03", "d": "E03"}] = 0.0
    found = border_effects(empty, "A")
    assert np.isnan(found["E03"])
    assert found.drop("E03").notna().all()


def test_blocs_find_a_known_excess_and_trend():
    inside = tuple(f"E{k:02d}" for k in range(5))
    beta = BETA | {"tariff": 0.0, "shallow": 0.0, "deep": 0.0}
    made = gravity_panel(n=18, years=8, noise=0.2, zeros=0.05, beta=beta, inside=inside, excess=(0.4, 0.05))
    found = bloc_excess(made, "five", inside, "A")
    assert found.trend == pytest.approx(0.05, abs=3 * found.trend_se)
    assert found.t > 2
    assert found.years["log_points"].to_numpy().mean() == pytest.approx(0.4, abs=0.15)
    none = bloc_excess(made, "others", ("E10", "E11", "E12", "E13"), "A")
    assert abs(none.trend) < 3 * none.trend_se
    assert len(tidy([found, none])) == 16


def test_the_trend_is_the_slope_and_its_error_follows_the_covariance():
    years = list(range(2011, 2015))
    value, se = slope(years, np.array([1.0, 1.1, 1.2, 1.3]), 0.04 * np.eye(4))
    assert value == pytest.approx(0.1)
    assert se == pytest.approx(0.2 / np.sqrt(5.0))
    _, common = slope(years, np.zeros(4), np.ones((4, 4)))
    assert common == pytest.approx(0.0, abs=1e-12)  # what is common to all years cannot blur the trend


@pytest.mark.parametrize(
    ("members", "message"), [(("E01",), "at least two"), (("E01", "XXX"), "at least two")]
)
def test_blocs_without_two_members_are_refused(panel, members, message):
    with pytest.raises(GravityError, match=message):
        bloc_excess(panel, "few", members, "A")
    with pytest.raises(GravityError, match="choose one of A"):
        bloc_excess(panel, "two", ("E01", "E02"), "B")
