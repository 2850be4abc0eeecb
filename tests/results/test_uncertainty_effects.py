"""What a sweep's results hang on: effects are results at the values that they name, shares add up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sweep_numbers import BASE, ROWS, Numbers, changes, design, hypercube_points, row, shown, stroud, sweep

from cge.designs.design import Design
from results.uncertainty import Uncertainty, analyse

SD = 0.2


@pytest.fixture(scope="module")
def hypercube() -> np.ndarray:
    return hypercube_points()


@pytest.fixture(scope="module")
def sample(hypercube: np.ndarray) -> Uncertainty:
    return sweep(design("lhs", hypercube))


def test_effects_are_ranked_and_signed_and_add_up_to_the_fit(sample: Uncertainty) -> None:
    mine = sample.effects.loc[
        ((sample.effects["indicator"] == "welfare_ev") & (sample.effects["region"] == "USA")).to_numpy()
    ].set_index("target")
    assert list(mine.index) == ["trade[C26]", "trade[C27]", "trade[C28]"]
    assert mine["prcc"].to_dict()["trade[C26]"] > 0.99 and mine["prcc"].to_dict()["trade[C27]"] < -0.9
    assert abs(mine["prcc"].to_dict()["trade[C28]"]) < 0.2, "it does not matter"
    assert mine["share_of_variance"].sum() == pytest.approx(mine["r2"].iloc[0]) == pytest.approx(1)
    assert mine["share_of_variance"].to_dict()["trade[C26]"] == pytest.approx(0.8, abs=0.05)
    assert mine["effect"].to_dict()["trade[C27]"] < 0 < mine["effect"].to_dict()["trade[C26]"]


def test_effects_of_a_quadrature_are_the_slopes_times_two_standard_deviations() -> None:
    mine = sweep(design("stroud", stroud(3, SD))).effects
    first = row(mine)
    assert first["effect"] == pytest.approx(100 * 2 * 4 * SD / BASE[0]) and first["unit"] == "percent"
    assert first["share_of_variance"] == pytest.approx(0.8) and np.isnan(first["prcc"])
    assert (first["at_low"], first["at_high"]) == ("0.8", "1.2")


OFF_CENTRE = {"trade[C26]": 1.0, "trade[C27]": 1.5, "trade[C28]": 1.0}
"""What the scenario has, against ranges around 1."""


def linear(x: np.ndarray) -> np.ndarray:
    """Every number is a straight line in the first two targets."""
    return np.repeat((4 * x[:, :1] + 10 * x[:, 1:2]), len(ROWS), axis=1)


def around_in_use(d: Design, of: Any, in_use: dict[str, float] | None = None, **more: Any) -> Uncertainty:
    """A sweep of targets with points around 1, whose central point is at the values in use."""
    x = np.array([[float(v) for v in p] for p in d.points])
    at = np.array([[OFF_CENTRE[t] for t in d.targets]])
    base = np.tile(BASE, (len(d), 1))
    return analyse(ROWS, base, base + of(x), Numbers(BASE, BASE + of(at)[0]), d, ["solved"] * len(d),
                   focus="USA", in_use=OFF_CENTRE if in_use is None else in_use, **more)  # fmt: skip


@pytest.mark.parametrize("kind", ["stroud", "lhs"])
def test_an_effect_is_the_result_at_the_values_that_it_names(kind: str, hypercube: np.ndarray) -> None:
    """The value in use of the second target lies beyond its range: no value in it gives as much."""
    u = around_in_use(design(kind, stroud(3, SD) if kind == "stroud" else hypercube), linear)
    for k, target in enumerate(list(OFF_CENTRE)[:2]):
        e = row(u.effects, target=target)
        for end in ("low", "high"):
            x = np.array([list(OFF_CENTRE.values())])
            x[0, k] = float(e[f"at_{end}"])
            assert e[end] == pytest.approx(100 * linear(x)[0, 0] / BASE[0], rel=1e-5), (target, end)
        assert (e["below"], e["above"]) == pytest.approx((e["low"] - e["central"], e["high"] - e["central"]))
        assert "the others at their values in use" in e["method"]
    second = row(u.effects, target="trade[C27]")
    assert second["below"] < second["above"] < 0, "both ends lie below the central result"


def test_without_the_values_in_use_effects_are_around_the_mean_of_the_results() -> None:
    e = row(around_in_use(design("stroud", stroud(3, SD)), linear, {}).effects, target="trade[C27]")
    middle = 100 * linear(np.ones((1, 3)))[0, 0] / BASE[0]
    assert (e["low"] + e["high"]) / 2 == pytest.approx(middle) and "the others at their means" in e["method"]


def test_ranges_off_their_centre_and_bends_are_told_apart() -> None:
    def bent(x: np.ndarray) -> np.ndarray:
        return linear(x) + 60 * (x[:, :1] - 1) ** 2

    def said(of: Any, in_use: dict[str, float] | None = None) -> str:
        return " ".join(shown(around_in_use(design("stroud", stroud(3, SD)), of, in_use)).split())

    off = "1 range is not centred on the value in use: trade[C27] (mean 1, in use 1.5)"
    differ = "Mean and central value differ, because "
    line = said(linear)
    assert off in line and f"{differ}the ranges are not centred on the values in use: " in line
    assert "bend besides" not in line and "the results bend" not in line
    both = said(bent)
    assert off in both and f"{differ}the ranges are not centred on the values in use, and the results" in both
    unknown = said(linear, {})
    assert off not in unknown and f"{differ}the results bend, or the ranges" in unknown
    centred = " ".join(shown(sweep(design("stroud", stroud(3, 0.5)), in_use=dict.fromkeys(OFF_CENTRE, 1.0)))
                       .split())  # fmt: skip
    assert f"{differ}the results bend in what is varied: Real GDP" in centred and "not centred" not in centred


def test_points_of_a_grid_stand_for_no_distribution_so_nothing_is_said_of_their_mean() -> None:
    x = np.array([[a, b, 1.0] for a in (0.5, 1.0, 1.5) for b in (0.8, 1.2)])
    said = shown(around_in_use(design("grid", x), linear))
    assert "Mean and central" not in said and "not centred" not in said


def test_one_target_at_a_time_gives_the_two_ends_and_a_lost_end_is_the_centre() -> None:
    x = 1 + 0.5 * np.concatenate([np.eye(2), -np.eye(2)])
    whole = row(sweep(design("tornado", x)).effects, "real_gdp")
    assert (whole["low"], whole["high"]) == pytest.approx((100 * 0.25 / BASE[1], 100 * 2.25 / BASE[1]))
    assert (whole["at_low"], whole["at_high"], whole["central"]) == ("0.5", "1.5", 100 / BASE[1])
    cut = sweep(design("tornado", x), failed=[2])
    lost = row(cut.effects, "real_gdp")
    assert (lost["low"], lost["at_low"]) == (100 / BASE[1], "central") and lost["high"] == whole["high"]
    assert np.isnan(row(cut.summary, measure="change")["mean"]), "no probabilities go with single moves"
    assert "1 failed (25.0 %)" in shown(cut)


def test_a_target_that_is_left_as_the_scenario_has_it_is_not_moved() -> None:
    points = ((0.5, None), (1.5, None), (None, 0.5), (None, 1.5))
    d = Design("tornado", ("trade", "sigma_va"), points, np.full(4, 0.25), False)
    x = np.array([[1.0 if v is None else v for v in p] for p in points])
    new = BASE + changes(x)
    new[0] = np.nan
    base = np.where(np.isnan(new), np.nan, BASE)
    centre = Numbers(BASE, BASE + changes(np.ones((1, 2)))[0])
    u = analyse(ROWS, base, new, centre, d, ["failed", *["solved"] * 3], focus="USA")
    gdp = row(u.effects, "real_gdp")
    assert (gdp["target"], gdp["at_low"], gdp["at_high"]) == ("trade", "central", "1.5")
    assert (gdp["below"], gdp["above"]) == (0.0, pytest.approx(100 * 1.25 / BASE[1]))
    assert row(u.effects, "welfare_ev", target="sigma_va")["at_low"] == "0.5"
    assert np.isnan(u.points["sigma_va"].to_numpy()[:2]).all()


def test_a_target_of_words_has_its_effect() -> None:
    words = ("full", "fixed", "curve")
    points = tuple((w, float(v)) for w in words for v in (0.5, 1.0, 1.5, 0.7))
    d = Design("list", ("closure.labour", "trade"), points, np.full(12, 1 / 12), False)
    base = np.tile(BASE, (12, 1))
    move = np.array([{"full": 0.0, "fixed": 1.0, "curve": 6.0}[str(w)] + float(v) for w, v in points])
    u = analyse(ROWS, base, base + move[:, None], Numbers(BASE, BASE + 1), d, ["solved"] * 12, focus="USA")
    top = row(u.effects)
    assert top["target"] == "closure.labour" and top["effect"] == pytest.approx(100 * 6 / BASE[0])
    assert u.points["closure.labour"].tolist()[:2] == ["full", "full"]
