"""Statistics of sweeps: right where the answer is known, honest where points failed or numbers lack."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from scipy.stats import qmc
from sweep_numbers import BASE, ROWS, Numbers, changes, design, hypercube_points, row, shown, stroud, sweep

from results.errors import ResultsError
from results.uncertainty import Uncertainty, analyse
from results.uncertainty.moments import moments, quantiles
from results.uncertainty.screen import render
from results.uncertainty.words import sign

SD = 0.2


@pytest.fixture(scope="module")
def hypercube() -> np.ndarray:
    return hypercube_points()


@pytest.fixture(scope="module")
def sample(hypercube: np.ndarray) -> Uncertainty:
    return sweep(design("lhs", hypercube))


def test_a_quadrature_has_the_exact_moments_of_a_linear_result_and_the_exact_mean_of_a_square() -> None:
    found = sweep(design("stroud", stroud(3, SD))).summary
    welfare = row(found, measure="change")
    assert welfare["mean"] == pytest.approx(2, rel=1e-12) and welfare["central"] == 2
    assert welfare["sd"] == pytest.approx(SD * np.sqrt(4**2 + 2**2), rel=1e-12)
    gdp = row(found, "real_gdp", measure="change")
    assert gdp["mean"] == pytest.approx(1 + SD**2, rel=1e-12), "E x^2 = 1 + variance: the curvature"
    assert np.isnan([welfare[k] for k in ("q05", "q50", "share_up", "share_down")]).all()
    assert "no quantiles" in welfare["note"]


def test_chebyshev_and_cantelli_hold_for_what_the_result_really_is() -> None:
    u = sweep(design("stroud", stroud(3, SD)))
    rng = np.random.default_rng(3)
    for draw in (rng.normal(1, SD, (4000, 3)), 1 + SD * np.sqrt(3) * rng.uniform(-1, 1, (4000, 3))):
        y = changes(draw)[:, 0]
        band = row(u.bands, unit="USD million at base prices")
        assert np.mean((band["low"] <= y) & (y <= band["high"])) >= 0.95
        assert np.mean(y > 0) >= band["sign_at_least"] > 0.5
        assert band["kind"] == "Chebyshev 95 %"


def test_quantiles_and_shares_of_a_sample_are_those_of_its_points(
    sample: Uncertainty, hypercube: np.ndarray
) -> None:
    y = changes(hypercube)
    for name, place in (("welfare_ev", 0), ("real_gdp", 1)):
        s = row(sample.summary, name, measure="change")
        for level, column in ((5, "q05"), (25, "q25"), (50, "q50"), (75, "q75"), (95, "q95")):
            assert s[column] == pytest.approx(np.percentile(y[:, place], level), rel=1e-9)
        assert s["mean"] == pytest.approx(y[:, place].mean())
        assert s["sd"] == pytest.approx(y[:, place].std(ddof=1))
        assert s["share_up"] == pytest.approx(np.mean(y[:, place] > 0))
        assert s["share_up"] + s["share_down"] + s["share_same"] == pytest.approx(1)
    percent = row(sample.summary, measure="percent")
    assert percent["unit"] == "percent" and percent["mean"] == pytest.approx(100 * y[:, 0].mean() / BASE[0])
    band = row(sample.bands, unit="percent")
    assert (band["low"], band["high"]) == (percent["q05"], percent["q95"])


def test_weights_count_as_points_that_stand_twice() -> None:
    x = np.array([[0.8, 1.0], [1.2, 1.0], [1.1, 0.7]])
    once = sweep(design("monte_carlo", x, weights=[0.5, 0.25, 0.25])).summary
    twice = sweep(design("monte_carlo", np.concatenate([x[:1], x]))).summary
    a, b = row(once, measure="change"), row(twice, measure="change")
    for name in ("central", "mean", "share_up", "share_down", "min", "max"):
        assert a[name] == pytest.approx(b[name]), name
    y = np.array([[1.0], [2.0], [3.0]])
    middle = quantiles(y, np.array([0.8, 0.1, 0.1]), (0.0, 0.5, 1.0))[:, 0]
    assert middle[0] == 1 and middle[2] == 3 and middle[1] < 2, "most of the weight is on the smallest"


def test_a_result_that_bends_has_its_closed_form_and_a_low_fit() -> None:
    """Ishigami's function; Ishigami and Homma (1990) give mean and variance."""
    a, b = 7.0, 0.1
    x = np.pi * (2 * np.asarray(qmc.Sobol(d=3, scramble=True, rng=2).random(1024)) - 1)

    def ishigami(v: np.ndarray) -> np.ndarray:
        y = np.sin(v[:, 0]) + a * np.sin(v[:, 1]) ** 2 + b * v[:, 2] ** 4 * np.sin(v[:, 0])
        return np.repeat(y[:, None], len(ROWS), axis=1)

    u = sweep(design("sobol", x), of=ishigami, centre=0.0)
    s = row(u.summary, measure="change")
    variance = a**2 / 8 + b * np.pi**4 / 5 + b**2 * np.pi**8 / 18 + 0.5
    assert s["mean"] == pytest.approx(a / 2, rel=0.02) and s["sd"] == pytest.approx(
        np.sqrt(variance), rel=0.03
    )
    top = row(u.effects)
    assert top["target"] == "trade[C26]" and top["rank"] == 1 and top["r2"] < 0.4, (
        "a line does not explain it"
    )
    assert s["central"] == 0 and "Mean and central value differ" in shown(u)


def test_failed_points_of_a_sample_are_left_out_and_counted(hypercube: np.ndarray) -> None:
    lost = [0, 7]
    u = sweep(design("lhs", hypercube), failed=lost)
    y = np.delete(changes(hypercube)[:, 0], lost)
    s = row(u.summary, measure="change")
    assert s["mean"] == pytest.approx(y.mean()) and s["q05"] == pytest.approx(np.percentile(y, 5))
    assert (s["points"], s["numbers"], s["failed"], s["share_failed"]) == (200, 198, 2, 0.01)
    assert set(u.bands["share_failed"]) == {0.01}
    assert (
        u.points["reason"].tolist()[0] == "the homotopy stops at 0.4" and u.points["reason"].tolist()[1] == ""
    )
    said = shown(u)
    assert "2 failed (1.0 %)" in said and "the homotopy stops at 0.4" in said


def test_a_quadrature_that_lost_a_point_says_that_it_is_biased() -> None:
    whole, cut = (sweep(design("stroud", stroud(3, SD)), failed=f) for f in ((), (0,)))
    s = row(cut.summary, measure="change")
    assert s["mean"] < row(whole.summary, measure="change")["mean"], "the highest point is gone"
    assert "re-weighted, biased" in s["note"] and "biased" in row(cut.bands)["kind"]
    assert "biased" not in row(whole.bands)["kind"] and "biased" not in shown(whole)
    assert "mean and sd are biased" in " ".join(shown(cut).split())


def test_a_grid_that_lost_points_has_the_range_of_the_others() -> None:
    x = np.array([[a, b] for a in (0.5, 1.0, 1.5) for b in (0.8, 1.2)])
    u = sweep(design("grid", x), failed=[5])
    band = row(u.bands, "real_gdp", unit="USD million at base prices")
    assert (band["low"], band["high"], band["kind"]) == (0.25, 2.25, "range of the points")
    assert np.isnan([band["share_up"], band["sign_at_least"]]).all()
    assert any("not over the same other values" in n for n in u.notes)
    along = u.spread.loc[
        ((u.spread["target"] == "trade[C26]") & (u.spread["indicator"] == "real_gdp")).to_numpy()
    ]
    assert along["value"].tolist() == [0.5, 1.0, 1.5]
    assert along["middle"].to_numpy() == pytest.approx(100 * np.array([0.25, 1, 2.25]) / BASE[1])


@pytest.mark.parametrize("kind", ["lhs", "stroud", "grid", "tornado"])
def test_without_any_solution_there_are_no_numbers_and_it_says_so(kind: str) -> None:
    u = sweep(design(kind, stroud(2, SD)), failed=range(4))
    assert u.bands.empty and u.effects.empty and u.spread.empty
    statistics = u.summary[["mean", "sd", "min", "max", "q50", "share_up", "low95", "sign_at_least"]]
    assert bool(statistics.isna().to_numpy().all())
    said = " ".join(shown(u).split())
    assert "4 failed (100.0 %)" in said and "No band: 0 of 4 points have a solution." in said
    assert "no point has a solution" in said


@pytest.mark.parametrize("kind", ["lhs", "stroud", "grid"])
def test_one_point_has_no_band(kind: str) -> None:
    u = sweep(design(kind, np.array([[1.1, 0.9]])))
    assert u.bands.empty and u.effects.empty
    assert np.isnan(row(u.summary, measure="change")["sd"])
    assert "one number alone" in row(u.summary, measure="change")["note"]


def test_numbers_that_do_not_exist_everywhere_are_counted(sample: Uncertainty, hypercube: np.ndarray) -> None:
    there = hypercube[:, 0] > 0.9
    s = row(sample.summary, "payback_years_central", measure="change")
    assert (s["numbers"], s["absent"]) == (there.sum(), (~there).sum())
    assert s["mean"] == pytest.approx(np.mean(1 / hypercube[there, 0]))
    assert f"does not exist in {(~there).sum()} of 200 solved points" in s["note"]
    assert row(sample.summary, measure="change")["absent"] == 0
    assert row(sample.bands, "payback_years_central")["kind"] == "quantiles 5-95, where the number exists"
    assert row(sample.bands)["kind"] == "quantiles 5-95"


def test_the_order_of_points_changes_no_byte(hypercube: np.ndarray) -> None:
    order = np.random.default_rng(5).permutation(len(hypercube))
    weights = np.linspace(1, 2, len(hypercube))
    weights /= weights.sum()
    one = sweep(design("lhs", hypercube, weights=weights), failed=[3])
    other = sweep(
        design("lhs", hypercube[order], weights=weights[order]), failed=[int(np.argmax(order == 3))]
    )
    for name in ("summary", "bands", "effects", "spread"):
        first, second = (io.BytesIO() for _ in range(2))
        getattr(one, name).to_parquet(first)
        getattr(other, name).to_parquet(second)
        assert first.getvalue() == second.getvalue(), name


def test_points_that_are_not_done_are_no_failures_but_count_as_lost() -> None:
    d = design("stroud", stroud(2, SD))
    base = np.tile(BASE, (4, 1))
    new = base + 1
    base[3] = new[3] = np.nan
    u = analyse(ROWS, base, new, Numbers(BASE, BASE + 1), d, ["solved"] * 3 + ["missing"], focus="USA")
    assert u.counts == {"points": 4, "solved": 3, "failed": 0, "missing": 1}
    assert any("not done" in n and "start the same sweep again" in n for n in u.notes)
    assert row(u.bands)["share_failed"] == 0.25


def test_a_central_value_outside_its_band_is_said(hypercube: np.ndarray) -> None:
    u = sweep(design("lhs", hypercube), centre=3.0)
    assert not row(u.bands)["inside"]
    assert any("outside its own band for Welfare (equivalent variation), Real GDP" in n for n in u.notes)


def test_what_does_not_belong_together_is_refused() -> None:
    d = design("lhs", stroud(2, SD))
    base = np.tile(BASE, (4, 1))
    centre = Numbers(BASE, BASE)

    def tried(match: str, *, rows: pd.DataFrame = ROWS, a: Any = base, b: Any = base, at: Any = centre,
              statuses: Any = ("solved",) * 4, focus: str = "USA", **more: Any) -> None:  # fmt: skip
        with pytest.raises(ResultsError, match=match):
            analyse(rows, a, b, at, d, statuses, focus=focus, **more)

    tried("point 2 has no solution and yet a baseline", statuses=("solved", "failed", "solved", "solved"))
    tried("not \\(points, rows\\)", a=base[:3])
    tried("status done", statuses=("done",) * 4)
    tried("two rows", rows=pd.concat([ROWS.iloc[:5], ROWS.iloc[:1]]))
    tried("central point", at=Numbers(np.empty(0), np.empty(0)))
    tried("is infinite", b=np.full_like(base, np.inf))
    tried("choose from CHN, USA", focus="MARS")
    tried("3 reasons for 4 points", reasons=["", "", ""])
    with pytest.raises(ResultsError, match="weights"):
        sweep(design("lhs", stroud(2, SD), weights=[1.0, -0.5, 0.25, 0.25]))


def test_the_screen_fits_eighty_columns_and_names_what_it_hangs_on(sample: Uncertainty) -> None:
    said = shown(sample)
    assert max(map(len, said.splitlines())) <= 80
    for words in ("0 failed (0.0 %)", "Welfare, %", "Real GDP, %", "up in 100 %", "Trade elasticities: C26",
                  "nine tenths", "C29", "PRCC"):  # fmt: skip
        assert words in said, words
    assert "welfare of USA" in repr(sample)
    assert "<table" in sample._repr_html_() and "Trade elasticities: C26" in sample._repr_html_()


def test_what_was_done_to_points_is_counted() -> None:
    cut = "elasticities above the ceiling were cut to it: sigma_m B06: 22.04 -> 20"
    moved = "moved away from 1, where there is no CES form: sigma_d C29: 1 -> 1.001"
    notes: list[tuple[str, ...]] = [(), (cut,), (cut, moved, moved), (cut,)]
    u = sweep(design("lhs", stroud(2, SD)), failed=[3], notes=notes, run_notes=["a worker was lost"])
    said = " ".join(u.notes)
    assert "2 of 3 points with a solution: elasticities above the ceiling" in said
    assert "(the first, point 2: sigma_m B06: 22.04 -> 20), and their ratio" in said
    assert "1 of 3 points with a solution: moved away from 1" in said and "a worker was lost" in u.notes


def of_shares(up: float, down: float, same: float) -> dict[str, object]:
    nothing = float("nan")
    return {"share_up": up, "share_down": down, "share_same": same, "sign_at_least": nothing,
            "mean": nothing, "low": -1.0, "high": 1.0, "central": 0.0}  # fmt: skip


@pytest.mark.parametrize(
    ("row_", "said"),
    [
        (of_shares(0.03, 0.0, 0.97), "same in 97 %"), (of_shares(0.0, 0.0, 1.0), "does not move"),
        (of_shares(0.9, 0.1, 0.0), "up in 90 %"), (of_shares(0.4, 0.6, 0.0), "down in 60 %"),
        (of_shares(0.5, 0.5, 0.0), "open"),
    ],
)  # fmt: skip
def test_what_stays_as_it_is_neither_rises_nor_falls(row_: dict[str, object], said: str) -> None:
    assert sign(row_) == said


def test_a_bound_below_one_half_says_nothing_of_the_sign() -> None:
    weak = sweep(design("stroud", stroud(2, SD)), of=lambda x: np.repeat(x[:, :1] - 0.95, len(ROWS), axis=1))
    band = row(weak.bands)
    assert 0 < band["sign_at_least"] < 0.5 and sign(band) == "open"
    still = sweep(design("stroud", stroud(2, SD)), of=lambda x: np.zeros((len(x), len(ROWS))))
    assert sign(row(still.bands)) == "does not move"


def test_rows_that_no_point_gives_are_no_numbers_and_no_warning(hypercube: np.ndarray) -> None:
    def of(x: np.ndarray) -> np.ndarray:
        y = changes(x)
        y[:, 3] = np.nan
        return y

    u = sweep(design("lhs", hypercube), of=of)
    s = row(u.summary, "payback_years_central", measure="change")
    assert np.isnan([s["mean"], s["share_up"], s["q50"]]).all() and s["note"] == "no point gives this number"
    assert "payback_years_central" not in set(u.bands["indicator"])


def test_shares_below_zero_of_correlated_targets_are_no_shares() -> None:
    rng = np.random.default_rng(8)
    first = rng.normal(1, 0.2, 200)
    x = np.column_stack([first, first + rng.normal(0, 0.1, 200), rng.normal(1, 0.2, 200)])
    u = sweep(design("monte_carlo", x), of=lambda v: np.repeat(4 * v[:, :1] - v[:, 1:2], len(ROWS), axis=1))
    assert row(u.effects, target="trade[C27]")["share_of_variance"] < 0
    assert any("below zero" in n and "correlated" in n for n in u.notes)
    assert "< 0" in shown(u) and "< 0" in u._repr_html_().replace("&lt;", "<")


def test_a_command_that_says_itself_why_points_fail_does_not_say_it_twice() -> None:
    u = sweep(design("stroud", stroud(2, SD)), failed=[0])
    console = Console(width=80, file=io.StringIO(), record=True)
    console.print(render(u, reasons=False))
    assert "the homotopy stops" in shown(u) and "the homotopy stops" not in console.export_text()


def test_one_point_is_one_point() -> None:
    said = shown(sweep(design("lhs", np.array([[1.1, 0.9]]))))
    assert "1 point:" in said and "1 points" not in said and "1 targets" not in said
    alone = " ".join(sweep(design("stroud", stroud(2, SD)), failed=[1, 2, 3]).notes)
    assert "re-weighted" not in alone and "fitted" not in alone and "no statistics are left" in alone


def test_moments_of_nothing_are_not_numbers() -> None:
    m = moments(np.array([[np.nan, 1.0], [np.nan, 3.0]]), np.array([0.5, 0.5]), sample=True)
    assert np.isnan([m.mean[0], m.sd[0], m.low[0], m.high[0]]).all() and m.count.tolist() == [0, 2]
    assert (m.mean[1], m.sd[1]) == (2, pytest.approx(np.sqrt(2)))
