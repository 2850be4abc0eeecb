"""Figures: what is drawn is what the tables say, words agree with numbers, odd results break nothing."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import pytest
from figure_columns import MEMBERS, bars, column, row, values, with_table

from results import figures
from results.compare import Comparison, compare
from results.errors import ResultsError
from results.figures.drawing import Drawing, bar_style, colour, symbol, theme
from results.figures.gdp_welfare import scale_end
from results.figures.labels import Labels
from results.side_by_side import Column
from results.terminal import GAIN, LOSS, number
from results.tidy import WORLD, pick


def test_every_table_of_a_result_has_its_figure(drawn: dict[str, Drawing]) -> None:
    assert set(drawn) == {
        "welfare-map", "gdp-welfare-bars", "trade-flows", "sector-jobs", "displaced-workers",
        "adjustment-against-gains", "dependence-change", "leverage-balance",
    }  # fmt: skip
    for d in drawn.values():
        assert d.alt.endswith(".")
        assert d.source
        assert set(d.decimals) <= set(d.table.columns)
        json.loads(str(d.figure.to_json()))


def test_bars_and_table_of_gdp_and_welfare_are_the_tidy_rows(
    drawn: dict[str, Drawing], tariff_columns: tuple[Column, ...]
) -> None:
    d = drawn["gdp-welfare-bars"]
    for c in tariff_columns:
        assert len(values(d.table, "Welfare, %", Package=c.label)) == len(MEMBERS) + 1
        for region, words in (("USA", "USA United States"), ("CHN", "CHN"), (WORLD, "World")):
            for name, title, axis in (("real_gdp", "Real GDP", "x"), ("welfare_ev", "Welfare", "x2")):
                tidy = row(c.tables["indicators"], region=region, indicator=name)
                mine = {"Region": words, "Package": c.label}
                assert values(d.table, f"{title}, %", **mine) == [tidy["percent"]]
                assert values(d.table, f"{title}, USD million", **mine) == [tidy["change"]]
                label = c.label.replace("<", "&lt;").replace(">", "&gt;")
                assert bars(d, axis)[label][region] == tidy["percent"]
    first = values(d.table, "Welfare, %", Package="tariff")[1:-1]
    assert first == sorted(first, reverse=True)


def test_jobs_drawn_are_the_jobs_of_the_table_and_noise_is_none(
    tariff_columns: tuple[Column, ...], drawn: dict[str, Drawing]
) -> None:
    d = drawn["sector-jobs"]
    jobs = pick(tariff_columns[0].tables["jobs"], region="USA").set_index("sector")
    assert bars(d)["tariff"] == pytest.approx(jobs["change"].to_dict())
    both = values(d.table, "Change, thousand persons")
    assert sum(both) == pytest.approx(1.5 * sum(jobs["change"].tolist()), abs=1e-6)
    table = tariff_columns[0].tables["jobs"]
    tiny = with_table(tariff_columns[0], "jobs", table.assign(change=1e-12 * table["baseline"]))
    assert figures.sector_jobs([tiny], "USA") is None


def test_small_sectors_are_summed_and_nothing_is_lost(tariff_columns: tuple[Column, ...]) -> None:
    from results.figures.sector_jobs import MOST

    n = MOST + 7
    table = pd.DataFrame(
        {"region": "USA", "sector": [f"S{k}" for k in range(n)], "partner": "", "indicator": "jobs",
         "baseline": 100.0, "change": [(-1) ** k * (k + 1.0) for k in range(n)]}
    )  # fmt: skip
    table["percent"] = table["change"]
    d = figures.sector_jobs([with_table(tariff_columns[0], "jobs", table)], "USA")
    assert d is not None
    assert sum(values(d.table, "Change, thousand persons")) == pytest.approx(sum(table["change"]))
    last = d.table.iloc[-1]
    assert last["Sector"] == "7 other sectors"
    assert last["Change, thousand persons"] == pytest.approx(table["change"][:7].sum())


def test_creation_and_diversion_add_up_to_the_change_of_imports(
    drawn: dict[str, Drawing], tariff_columns: tuple[Column, ...]
) -> None:
    t = drawn["trade-flows"].table
    created, diverted, change = (f"{w}, USD million" for w in ("Created", "Diverted", "Change"))
    sums = [c + v for c, v in zip(values(t, created), values(t, diverted), strict=True)]
    assert sums == pytest.approx(values(t, change))
    imports = sum(values(tariff_columns[0].tables["ledger"], "change", region="USA", indicator="imports"))
    mine = {"Trade": "Imports by supplier", "Package": "tariff"}
    assert values(t, change, Partner="All partners", **mine) == pytest.approx([imports])
    assert values(t, diverted, Partner="All partners", **mine) == pytest.approx([0], abs=1e-6)
    assert values(t, diverted, Partner="CHN", **mine)[0] < 0, "the tariff is on China"


@pytest.mark.parametrize("focus", ["USA", "CHN", "VNM"])
def test_words_have_the_sign_of_the_numbers(tariff_columns: tuple[Column, ...], focus: str) -> None:
    """The focus's welfare is said as in the table, by the map and by the bars."""
    for d in (figures.welfare_map(tariff_columns, focus), figures.gdp_welfare_bars(tariff_columns, focus)):
        assert d is not None
        for c in tariff_columns:
            welfare = row(c.tables["indicators"], region=focus, indicator="welfare_ev")["percent"]
            sentence = d.alt.partition(f"{c.label}: ")[2]
            assert f"{number(welfare, 2)} %" in sentence


def test_a_scenario_that_changes_nothing_has_no_figure(tariff_result: Comparison) -> None:
    same = compare(tariff_result.base, tariff_result.base, scenario_info=tariff_result.scenario)
    assert figures.drawings([column("nothing", same)], "USA") == ()


def test_one_scale_for_gdp_and_welfare_and_the_focus_first(
    drawn: dict[str, Drawing], tariff_columns: tuple[Column, ...]
) -> None:
    layout = drawn["gdp-welfare-bars"].figure.to_plotly_json()["layout"]
    assert layout["xaxis"]["range"] == layout["xaxis2"]["range"]
    other = figures.gdp_welfare_bars(tariff_columns, "VNM")
    assert other is not None
    assert other.figure.to_plotly_json()["layout"]["yaxis"]["ticktext"][0] == "<b>▶ VNM</b>"
    assert layout["yaxis"]["ticktext"][0] == "<b>▶ United States</b>"


def test_a_bar_far_longer_than_all_others_is_cut_and_says_its_number(
    tariff_columns: tuple[Column, ...],
) -> None:
    table = tariff_columns[0].tables["indicators"].copy()
    chosen = (table["region"] == "VNM") & (table["indicator"] == "welfare_ev")
    table.loc[chosen, "percent"] = 1234.5
    d = figures.gdp_welfare_bars([with_table(tariff_columns[0], "indicators", table)], "USA")
    assert d is not None
    welfare = d.figure.data[1]
    said = {r: (t, x) for r, t, x in zip(welfare.y, welfare.text, welfare.x, strict=True) if t}
    assert list(said) == ["VNM"]
    assert said["VNM"][0] == "+1,234.50"
    assert said["VNM"][1] < 100
    assert values(d.table, "Welfare, %", Region="VNM") == [1234.5]
    assert "are cut" in d.note


def test_two_long_bars_of_one_place_are_not_both_cut() -> None:
    small = {("welfare", f"R{k}", "a"): 0.1 for k in range(9)}
    assert scale_end({**small, ("welfare", "X", "a"): -1.0}) == pytest.approx(0.11)
    assert scale_end({**small, ("welfare", "X", "a"): -1.0, ("welfare", "X", "b"): 0.9}) == float("inf")
    assert scale_end(small) == float("inf")


def test_names_stand_at_axes_where_they_fit_else_codes_with_a_key() -> None:
    names = Labels({"XSE": "Rest of South-East Asia", "USA": "United States",
                    "XAF": "Central and southern Africa without oil"})  # fmt: skip
    assert [names.short(c) for c in ("XSE", "USA", "XAF", "KOR")] == [
        "Rest of SE Asia", "United States", "XAF", "KOR",
    ]  # fmt: skip
    assert names.key(["XSE", "XAF", "KOR"]) == " XAF: Central and southern Africa without oil."


def test_packages_bear_neither_the_colour_of_a_gain_nor_of_a_loss() -> None:
    assert not {GAIN, LOSS} & {colour(n) for n in range(24)}


def test_without_its_table_there_is_no_figure(tariff_columns: tuple[Column, ...]) -> None:
    bare = [
        replace(
            c, tables={"indicators": c.tables["indicators"]}, manifest={"scenario": tariff_columns[0].info}
        )
        for c in tariff_columns
    ]
    assert [d.id for d in figures.drawings(bare, "USA")] == ["gdp-welfare-bars"]


def test_what_is_asked_wrongly_is_refused(tariff_columns: tuple[Column, ...]) -> None:
    for one in figures.FIGURES:
        with pytest.raises(ResultsError, match="'ROW' is not a region; choose from CHN, EU27"):
            one(tariff_columns, "ROW")
        with pytest.raises(ResultsError, match="at least one"):
            one([], "USA")
        with pytest.raises(ResultsError, match="different names"):
            one([tariff_columns[0], tariff_columns[0]], "USA")


def test_themes_reach_every_axis_and_fix_no_colour_of_their_own(drawn: dict[str, Drawing]) -> None:
    for d in drawn.values():
        light, dark = theme(d.figure, dark=False), theme(d.figure, dark=True)
        assert light.keys() == dark.keys()
        json.dumps([light, dark])
        assert light["font.color"] != dark["font.color"]
        layout = d.figure.layout.to_plotly_json()
        axes = {name for name in layout if name.startswith(("xaxis", "yaxis"))}
        assert {f"{a}.gridcolor" for a in axes} <= set(light)
        assert "color" not in layout["font"]
        assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == "rgba(0,0,0,0)"
        assert all(t.type in ("bar", "scatter", "waterfall") for t in d.figure.data), "maps would be fetched"


def test_names_with_signs_of_html_are_drawn_as_they_are(drawn: dict[str, Drawing]) -> None:
    for d in drawn.values():
        shown = json.dumps(json.loads(str(d.figure.to_json())))
        assert "half of <it>" not in shown, d.id


def test_two_dozen_packages_are_told_apart() -> None:
    looks = {(colour(n), symbol(n), json.dumps(bar_style(n))) for n in range(24)}
    assert len({(c, s) for c, s, _ in looks}) == len({b for _, _, b in looks}) == 24
