"""Figures of the account: decomposition, adjustment, dependence, leverage, bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import pytest
from figure_columns import row, values, with_table

from results import figures
from results.errors import ResultsError
from results.figures.drawing import Drawing
from results.side_by_side import Column


def decomposed(c: Column, miss: float = 0.0) -> Column:
    """A decomposition made by hand that adds up to the focus's welfare change (and ``miss``)."""
    total = row(c.tables["indicators"], region="USA", indicator="welfare_ev")["change"]
    terms = [("terms of trade", 100.0), ("allocative efficiency", total - 160.0 + miss), ("rents", 60.0)]
    table = pd.DataFrame([{"region": "USA", "term": t, "change": x} for t, x in terms])
    return with_table(c, "decomposition", table)


def test_the_waterfall_ends_at_welfare_and_leaves_out_what_is_nothing(
    tariff_columns: tuple[Column, ...],
) -> None:
    d = figures.welfare_waterfall([decomposed(tariff_columns[0]), tariff_columns[1]], "USA")
    assert d is not None
    change = row(tariff_columns[0].tables["indicators"], region="USA", indicator="welfare_ev")["change"]
    assert d.table["Term"].tolist() == ["Terms of trade", "Allocative efficiency", "Rents", "Welfare"]
    *terms, total = values(d.table, "USD million a year")
    assert total == pytest.approx(change)
    assert sum(terms) == pytest.approx(change)
    assert "Not decomposed: half of <it>." in d.note
    with pytest.raises(ResultsError, match="not of one result"):
        figures.welfare_waterfall([decomposed(tariff_columns[0], miss=1e5)], "USA")


def account(c: Column, gain: float, payback: float | None) -> Column:
    rows = [
        (f"adjustment_cost_gross_{s}", x) for s, x in zip(("low", "central", "high"), (1, 2, 4), strict=True)
    ]
    rows += [(f"adjustment_present_value_of_gain_{s}", gain) for s in ("low", "central", "high")]
    rows += [("payback_years_central", payback)] if payback is not None else []
    table = pd.DataFrame([{"region": "USA", "sector": "", "indicator": n, "change": x} for n, x in rows])
    other = pd.DataFrame(
        [{"region": "CHN", "sector": "", "indicator": "payback_years_central", "change": 1.0}]
    )
    return with_table(c, "adjustment", pd.concat([table, other], ignore_index=True))


def test_costs_have_their_range_and_payback_is_said_or_denied(tariff_columns: tuple[Column, ...]) -> None:
    one, two = (replace(tariff_columns[0], label=x) for x in "ab")
    found = [account(one, 30.0, 7.25), account(two, 1.0, None), account(tariff_columns[1], -5.0, None)]
    d = figures.adjustment_against_gains(found, "USA")
    assert d is not None
    assert dict(zip(d.table["Package"], d.table["Payback"], strict=True)) == {
        "a": "paid back in 7.2 years", "b": "never paid back", "half of <it>": "no gain",
    }  # fmt: skip
    cost = next(t for t in d.figure.data if "Cost" in t.name)
    assert list(cost.x) == [2, 2, 2]
    assert list(cost.error_x.array) == [2, 2, 2]
    assert list(cost.error_x.arrayminus) == [1, 1, 1]
    assert "gain -5 USD million" in d.alt


def test_displaced_workers_are_summed_over_sectors(
    drawn: dict[str, Drawing], tariff_columns: tuple[Column, ...]
) -> None:
    t = drawn["displaced-workers"].table
    tidy = values(tariff_columns[0].tables["adjustment"], "change", region="USA", indicator="displaced_gross")
    mine = {"Package": "tariff", "Definition": "Net fall of each sector's jobs"}
    assert sum(tidy) > 0
    assert values(t, "Central, thousand persons", **mine) == pytest.approx([sum(tidy)])


def test_dependence_is_that_on_the_traced_supplier_alone(
    drawn: dict[str, Drawing], tariff_columns: tuple[Column, ...]
) -> None:
    d = drawn["dependence-change"]
    tidy = row(tariff_columns[0].tables["dependence"], region="USA", partner="CHN", sector="",
               indicator="supplier_share_embodied_total")  # fmt: skip
    mine = row(d.table, Region="USA United States", Package="tariff")
    assert mine["With inputs before, %"] == pytest.approx(100 * tidy["baseline"])
    assert mine["With inputs, change in points"] == pytest.approx(100 * tidy["change"])
    assert mine["With inputs, change in points"] < 0, "the tariff is on China"
    assert "CHN" not in set(d.table["Region"])


def test_leverage_is_the_difference_of_both_sides(drawn: dict[str, Drawing]) -> None:
    t = drawn["leverage-balance"].table
    gap = t["USA on partner before, % of GDP"] - t["Partner on USA before, % of GDP"]
    assert gap.to_numpy() == pytest.approx(t["Balance before, points"].to_numpy())


def band(low: float, high: float, region: str = "USA", name: str = "welfare_ev") -> dict[str, object]:
    return {"region": region, "sector": "", "partner": "", "indicator": name, "unit": "percent",
            "central": (low + high) / 2, "low": low, "high": high, "kind": "quantiles 5-95",
            "share_failed": 0.004}  # fmt: skip


def test_bands_say_whether_the_sign_is_sure(tariff_columns: tuple[Column, ...]) -> None:
    rows: Sequence[dict[str, object]] = [band(0.1, 0.3), band(-0.2, 0.1, name="real_gdp"), band(5, 6, "CHN")]
    sure = with_table(tariff_columns[0], "bands", pd.DataFrame(rows))
    d = figures.bands([sure, tariff_columns[1]], "USA")
    assert d is not None
    assert d.table["Result"].tolist() == ["Welfare, percent", "Real GDP, percent"]
    assert [x.split(":")[0] for x in d.table["Sign"]] == ["sign the same in the whole band", "sign open"]
    assert d.table["Failed, % of points"].tolist() == pytest.approx([0.4, 0.4])
    assert "Without bands: half of <it>" in d.note
    point = d.figure.to_plotly_json()["data"][0]
    assert point["x"][0] + point["error_x"]["array"][0] == pytest.approx(0.3)
    assert figures.bands(tariff_columns, "USA") is None
    with pytest.raises(ResultsError, match="ends below where it begins"):
        figures.bands([with_table(tariff_columns[0], "bands", pd.DataFrame([band(0.3, 0.1)]))], "USA")
    with pytest.raises(ResultsError, match="lacks share_failed"):
        cut = pd.DataFrame([band(0.1, 0.3)]).drop(columns="share_failed")
        figures.bands([with_table(tariff_columns[0], "bands", cut)], "USA")


def test_baselines_that_differ_are_said_in_good_grammar(tariff_columns: tuple[Column, ...]) -> None:
    table = tariff_columns[0].tables["dependence"]
    moved = with_table(tariff_columns[1], "dependence", table.assign(baseline=table["baseline"] + 0.01))
    d = figures.dependence_change([tariff_columns[0], moved], "USA")
    assert d is not None
    assert d.note.endswith("half of <it> starts from others.")
    three = figures.dependence_change([tariff_columns[0], moved, replace(moved, label="c")], "USA")
    assert three is not None
    assert three.note.endswith("half of <it> and c start from others.")
