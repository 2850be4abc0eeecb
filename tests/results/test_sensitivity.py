"""Tables and screens of what a result hangs on, from slopes that are made up."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from results.sensitivity import (
    CELLS,
    PLACE,
    Moved,
    Sensitivity,
    account_table,
    number_table,
    target_table,
)
from results.sensitivity_files import document, write
from results.sensitivity_screen import markdown, render, value

UNIT = "USD million at base prices"
PLACES = pd.DataFrame([["USA", "", "welfare_ev", UNIT], ["USA", "", "real_gdp", UNIT]], columns=PLACE)


def moved(target: str, slope: list[float], sd: float, **more: object) -> Moved:
    found = np.array(slope)
    given = {
        "kind": "elasticity", "unit": "elasticity", "value": 5.0, "left": found, "right": found,
        "kinked": np.zeros(2, dtype=bool), "wide": found, "around": "one standard deviation", "mean": 5.0,
        "source": "s", "confidence": "derived",
    }  # fmt: skip
    return Moved(target=target, derivative=found, sd=sd, **(given | more))  # type: ignore[arg-type]


@pytest.fixture
def made() -> Sensitivity:
    every = [
        moved("sigma_va[SRV]", [1.0, -10.0], 0.1),
        moved("trade[C29]", [-30.0, 40.0], 1.0),
        moved("assumptions.rent_share", [-40.0, 0.0], 1.0, kind="assumption", unit="share of it", value=0.5,
              mean=0.25, wide=np.array([-20.0, 0.0])),
        moved("shocks[0].tariff.to", [500.0, 0.0], np.nan, kind="shock", unit="share", value=0.0, mean=np.nan,
              left=np.array([100.0, 0.0]), right=np.array([900.0, 0.0]), kinked=np.array([True, False])),
    ]  # fmt: skip
    numbers = number_table(PLACES, np.array([1e6, 2e6]), np.array([1e6 + 100, 2e6 - 5]), every)
    cells = pd.DataFrame(
        [["USA", "", "welfare_ev", UNIT, "tm", "JPN", "USA", "C29", "", -0.1, 60.0],
         ["USA", "", "welfare_ev", UNIT, "k", "USA", "JPN", "C26", "", -0.1, 30.0]], columns=CELLS,
    )  # fmt: skip
    counts = {"solves": 2, "factorisations": 2, "numbers": 2, "targets": 4, "parameters": 1000, "cases": 8}
    return Sensitivity(
        "t", "A title", numbers, target_table(PLACES, every), cells, account_table(numbers, cells), counts,
        ("one note",), {"C29": "Motor vehicles"},
    )  # fmt: skip


def test_the_interval_is_the_delta_method(made: Sensitivity) -> None:
    """Mean: change plus slope times (mean of the range less value); variance: sum of (slope x sd) squared."""
    row = made.numbers.iloc[0]
    assert row["change"] == 100
    assert row["mean"] == pytest.approx(100 - 20 * (0.25 - 0.5))
    assert row["sd"] == pytest.approx(np.sqrt(0.1**2 + 30**2 + 20**2))
    assert row["high"] - row["low"] == pytest.approx(2 * 1.96 * row["sd"])


def test_slopes_taken_off_the_centre_of_a_range_are_said(made: Sensitivity) -> None:
    said = " ".join(markdown(made).replace("\\", "").split())
    assert "values in use, which for assumptions.rent_share (50 %, centre 25 %) are not the centre of" in said
    assert "trade[C29] (5" not in said, "its range is centred"


def test_targets_are_ranked_by_the_spread_they_bring_and_shares_sum_to_one(made: Sensitivity) -> None:
    first = made.ranking(dict(PLACES.iloc[0]))
    assert list(first.target)[:3] == ["trade[C29]", "assumptions.rent_share", "sigma_va[SRV]"]
    assert first.share_of_variance.sum() == pytest.approx(1.0)
    assert np.isnan(first.share_of_variance.iloc[-1]), "what nobody is unsure of has no share"
    second = made.ranking(dict(PLACES.iloc[1]))
    assert second.target.iloc[0] == "trade[C29]"


def test_near_thresholds_the_spread_is_by_the_average_slope_and_the_derivative_stays(
    made: Sensitivity,
) -> None:
    """A cap that binds a little away makes the derivative no measure of what a whole range does."""
    first = made.ranking(dict(PLACES.iloc[0])).set_index("target")
    rents, trade = first.loc["assumptions.rent_share"], first.loc["trade[C29]"]
    assert (rents.derivative, rents.sd_effect, rents.slope_used) == (-40.0, -20.0, "wide")
    assert (trade.derivative, trade.sd_effect, trade.slope_used) == (-30.0, -30.0, "derivative")
    assert first.slope_used["shocks[0].tariff.to"] == "", "no spread, no slope behind it"
    row = made.numbers.iloc[0]
    assert (row["targets"], row["near"]) == (3, 1)
    assert row["near_share"] == pytest.approx(400 / (0.01 + 900 + 400))
    assert (made.numbers.near.iloc[1], made.numbers.near_share.iloc[1]) == (0, 0.0)
    assert "1 of 3 with 30.8 % of the variance" in " ".join(markdown(made).split())


def test_a_target_that_is_flat_here_and_steep_nearby_is_ranked_and_shown() -> None:
    flat = moved("trade[SRV]", [0.0, 0.0], 1.0, wide=np.array([50.0, 0.0]))
    table = target_table(PLACES, [moved("trade[C29]", [-30.0, 40.0], 1.0), flat])
    assert list(table.target[table.indicator == "welfare_ev"]) == ["trade[SRV]", "trade[C29]"]
    numbers = number_table(PLACES, np.zeros(2), np.ones(2), [flat])
    found = Sensitivity(
        "t", "t", numbers, table, pd.DataFrame(columns=CELLS), pd.DataFrame(),
        {"solves": 2, "factorisations": 2, "numbers": 2, "targets": 2, "parameters": 1, "cases": 8}, (), {},
    )  # fmt: skip
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(render(found))
    assert "trade[SRV]" in console.export_text()


def test_numbers_that_are_no_shares_are_plain_and_moved_by_a_tenth() -> None:
    cost = moved("retraining.cost_per_worker", [1e-3, 0.0], np.nan, unit="number", value=12000.0)
    rows = target_table(PLACES, [cost]).iloc[0]
    assert (rows.step, rows.effect) == ("+10 %", pytest.approx(1.2))
    assert value(dict(rows)) == "12,000"
    assert moved("shocks[0].year", [1.0, 0.0], np.nan, unit="number", value=0.0).step == ("+1", 1.0)


def test_effects_are_of_ten_percent_or_of_one_point(made: Sensitivity) -> None:
    first = made.ranking(dict(PLACES.iloc[0])).set_index("target")
    assert first.effect["trade[C29]"] == pytest.approx(-30 * 0.5)
    assert first.effect["assumptions.rent_share"] == pytest.approx(-0.4)


def test_thresholds_are_named(made: Sensitivity) -> None:
    notes = made.ranking(dict(PLACES.iloc[0])).set_index("target").note
    assert "threshold at this value" in notes["shocks[0].tariff.to"]
    assert "+1 (" in notes["shocks[0].tariff.to"] and "+9 above" in notes["shocks[0].tariff.to"]
    assert "thresholds near" in notes["assumptions.rent_share"]
    assert notes["trade[C29]"] == ""


def test_the_remainder_of_the_account_is_told(made: Sensitivity) -> None:
    total = made.account[(made.account.instrument == "") & (made.account.indicator == "welfare_ev")].iloc[0]
    assert (total.first_order, total.exact, total.remainder) == (90.0, 100.0, 10.0)


def test_the_screen_fits_80_columns_and_names_what_is_local(made: Sensitivity) -> None:
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(render(made))
    text = console.export_text()
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80
    for words in ("trade[C29] Motor vehicles", "local", "Remainder", "costs of trade", "2 factorisations"):
        assert words in text, words
    assert "-0.0" not in text.replace("-0.0x", ""), "no negative zero"


def test_files_hold_everything_and_no_nan(made: Sensitivity, tmp_path: Path) -> None:
    written = json.loads(write(made, tmp_path / "a.json").read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(document(made), allow_nan=False))
    assert next(r for r in written["targets"] if r["kind"] == "shock")["target_sd"] is None
    table = pd.read_csv(write(made, tmp_path / "a.csv"))
    assert len(table) == 8
    assert markdown(made).strip() == write(made, tmp_path / "a.md").read_text(encoding="utf-8").strip()
    book = pytest.importorskip("openpyxl").load_workbook(write(made, tmp_path / "a.xlsx"))
    assert book.sheetnames == ["Numbers", "Hangs on", "Account", "Cells", "Notes"]
