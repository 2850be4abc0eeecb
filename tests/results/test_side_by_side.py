"""Figures of scenarios side by side, from tables made by hand."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from results import side_by_side_screen
from results.screen import number
from results.side_by_side import BEST, WORST, Column, SideBySide, _marks, _rows, share_of_gain
from results.side_by_side_figures import Context, Figure, figure
from results.side_by_side_screen import folded
from results.tidy import WORLD


def tables(gain: float, *, income: float = 20_000_000.0, cost: float = 50_000.0) -> dict[str, pd.DataFrame]:
    """One region, USA, with a gain and a cost of adjustment, USD million."""
    rows = [
        ("USA", "real_gdp", income, gain), (WORLD, "real_gdp", income, gain),
        ("USA", "welfare_ev", income, gain), (WORLD, "welfare_ev", income, gain),
    ]  # fmt: skip
    indicators = pd.DataFrame(rows, columns=["region", "indicator", "baseline", "change"])
    adjustment = pd.DataFrame(
        [
            ("USA", "adjustment_cost_gross_central", cost),
            ("USA", "adjustment_present_value_of_gain_central", gain),
        ],
        columns=["region", "indicator", "change"],
    )  # fmt: skip
    return {"indicators": indicators.assign(unit="USD million"), "adjustment": adjustment}


@pytest.mark.parametrize(("gain", "none"), [(19.0, True), (21.0, False), (-100.0, True)])
def test_nothing_is_a_share_of_a_gain_below_a_millionth_of_income(gain: float, none: bool) -> None:
    """19 of 20 million is no gain: the cost would be 263,158 % of it."""
    found = tables(gain)
    ratio = figure("adjustment_ratio", found, Context({}, "CHN")).of(found)
    assert ratio.isna().to_dict() == {"USA": none, WORLD: none}
    share = share_of_gain([Column("a", found, {}, "solved")], "a", "USA")
    for name in ("cost_in_percent_of_gain", "share_of_gain"):
        assert bool(share[name].isna().to_numpy().all()) is none
    small = tables(gain, income=1000.0)
    assert figure("adjustment_ratio", small, Context({}, "CHN")).of(small).isna().any() == (gain < 0)


def beside(gains: dict[str, float]) -> SideBySide:
    """Scenarios by label with their gains; the share of the gain of the best."""
    columns = [Column(n, tables(g), {}, "solved") for n, g in gains.items()]
    share = share_of_gain(columns, max(gains, key=lambda n: gains[n]), "USA")
    empty = pd.DataFrame(columns=["indicator"])
    return SideBySide(
        tuple(gains), dict.fromkeys(gains, "solved"), dict.fromkeys(gains, "t"), "USA", ("USA",), (), empty,
        share, max(gains, key=lambda n: gains[n]), pd.DataFrame(), (),
    )  # fmt: skip


def test_there_are_no_shares_of_a_loss() -> None:
    lost = beside({"a": -500.0, "b": -900.0})
    for words in (side_by_side_screen.text(lost), side_by_side_screen.markdown(lost)):
        assert "a brings USA no gain, so there are no shares" in words
        assert "n/a" not in words and "share, %" not in words
    gained = beside({"a": 500.0, "b": -900.0})
    for words in (side_by_side_screen.text(gained), side_by_side_screen.markdown(gained)):
        assert "no gain" not in words and "100.0" in words


@pytest.mark.parametrize(
    ("one", "other", "marks"),
    [(2.675, 2.67, ["", ""]), (2.671, 2.674, ["", ""]), (2.68, 2.67, [BEST, WORST])],
)
def test_what_prints_the_same_is_not_marked(one: float, other: float, marks: list[str]) -> None:
    """2.675 prints as 2.67 (its nearest double is below), though numpy rounds it to 2.68."""
    f = Figure("f", "f", "%", 1, 2, lambda t: pd.Series())
    found = _marks(pd.DataFrame({"a": [one], "b": [other]}, index=["USA"]), f)
    assert found.loc["USA"].to_list() == marks
    assert (number(one, 2) == number(other, 2)) == (marks[0] == "")


def test_names_are_never_broken_inside_a_word() -> None:
    names = ["semiconductors-minilateral", "semiconductors-minilateral +deep-services", "a"]
    words = side_by_side_screen.text(beside({n: 100_000.0 - k for k, n in enumerate(names)}))
    assert max(map(len, words.splitlines())) <= 80
    shown = [line.split()[0] for line in words.splitlines() if line.startswith(" ") and line.split()]
    assert "-12,345,678" in side_by_side_screen.text(beside({names[1]: 1e7, "b": -12_345_678.0}))
    assert "semiconductors-" in shown and "minilateral" in shown and "l" not in shown
    assert folded("semiconductors-minilateral", 24) == "semiconductors-\nminilateral"
    assert folded("semiconductors-minilateral", 13) == "semiconduct.-\nminilateral"
    assert folded("ab cd", 3) == "ab\ncd"


def paying(gain: float, cost: float, lost: float) -> dict[str, pd.DataFrame]:
    """As `tables`, with compensation in the United States and this share of labour lost inside the model."""
    rows = [("USA", "effective_labour", 100.0, -lost)]
    paid = pd.DataFrame(rows, columns=["region", "indicator", "baseline", "change"])
    return {**tables(gain, cost=cost), "compensation": paid}


@pytest.mark.parametrize("lost", [0.0, 0.5])
def test_a_cost_inside_the_gain_stands_nowhere_beside_it(lost: float) -> None:
    """With lost work in the model welfare is after it: no cost, no ratio, no share, no better or worse."""
    columns = [
        Column("plain", tables(900.0, cost=400.0), {}, "solved"),
        Column("pays", paying(500.0, 300.0, lost), {}, "solved"),
    ]
    inside = lost > 0
    share = share_of_gain(columns, "plain", "USA").set_index("scenario")
    for name in ("adjustment_cost", "share_of_cost", "cost_in_percent_of_gain", "share_of_gain"):
        assert share[name].isna().to_dict() == {"plain": False, "pays": inside}
    context = Context({}, "CHN")
    for name in ("adjustment_cost", "adjustment_ratio"):
        f = figure(name, columns[1].tables, context)
        assert f.of(columns[1].tables).isna().to_dict() == {"USA": inside, WORLD: inside}
    marks = _rows(figure("welfare_ev", columns[0].tables, context), columns, ["USA"])["mark"]
    assert set(marks) == ({""} if inside else {BEST, WORST})


def test_markdown_shows_hostile_texts_as_they_are() -> None:
    found = replace(beside({"a|b": 900.0, "c\n<i>": 500.0}), notes=("x | <script>\n# y",))
    text = side_by_side_screen.markdown(found)
    assert "| a\\|b |" in text and "| c \\<i\\> |" in text
    assert "- x \\| \\<script\\> \\# y\n" in text
