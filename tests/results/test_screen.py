"""What is printed: fits 80 columns, has units and signs, and equals the tables."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from rich.console import Console
from rich.table import Table

from results.adjustment import SETS
from results.adjustment_screen import adjustment_table
from results.compare import compare
from results.errors import ResultsError
from results.screen import GAIN, LOSS, coloured, number, partner_sums, render
from results.tidy import pick


def printed(comparison, focus=None) -> str:
    console = Console(width=80, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    with console.file:
        console.print(render(comparison, focus))
        return console.export_text()


@pytest.fixture(scope="module")
def text(wide_comparison) -> str:
    return printed(wide_comparison)


def test_it_fits_80_columns(text):
    assert max(len(line) for line in text.splitlines()) <= 80


def test_no_number_is_cut_short(text):
    assert not re.search(r"\d…|…\d", text)


def test_no_negative_zero(text):
    assert not re.search(r"[-+]0(\.0+)?\b(?!\.?\d)", text)


def test_a_zero_shock_prints_zeros(base, scenario_of):
    out = printed(compare(base, base, scenario_info=scenario_of()))
    assert "no sector gains jobs" in out
    assert "no sector loses jobs" in out
    assert not re.search(r"[-+]0\.00", out)


def test_what_must_be_there(text):
    for needed in (
        "GDP %", "Welfare %", "Exports %", "USD m", "WORLD", "thousand persons", "imports by supplier",
        "exports by market", "benchmark prices", "USA: sectors that gain most jobs", "beyond attrition",
        "What this model cannot answer", "Certificate: largest residual 3e-13",
        "agreements in force (2026-01-01)", "compensation (medium)", "lower bound",
    ):  # fmt: skip
        assert needed in text.replace("\n", " "), needed


def test_the_main_table_is_the_tables_numbers(text, wide_comparison):
    for region in ("USA", "CHN", "VNM", "WORLD"):
        row = next(line for line in text.splitlines() if line.strip().startswith(region))
        cells = row.split()
        expected = []
        for indicator in ("real_gdp", "welfare_ev", "exports_volume"):
            r = wide_comparison.row(region, indicator)
            expected += [number(r.percent), number(r.change, 0)]
        assert cells[1:] == expected


def test_gains_and_losses_are_the_right_sectors(text, wide_comparison):
    jobs = wide_comparison.tables["jobs"]
    jobs = jobs[jobs.region == "USA"].sort_values("change")
    lines = text.splitlines()
    lose = next(k for k, line in enumerate(lines) if "that lose most jobs" in line)
    gain = next(k for k, line in enumerate(lines) if "that gain most jobs" in line)
    assert lines[lose + 4].split()[0] == jobs.sector.iloc[0]
    assert lines[gain + 4].split()[0] == jobs.sector.iloc[-1]
    assert number(jobs.change.iloc[0]) in lines[lose + 4]


def test_another_focus(wide_comparison):
    out = printed(wide_comparison, "VNM")
    assert "VNM: sectors that gain most jobs" in out
    with pytest.raises(ResultsError, match="choose from CHN"):
        render(wide_comparison, "XXX")


def test_partner_sums_add_up(wide_comparison):
    ledger = wide_comparison.tables["ledger"]
    buys = partner_sums(ledger, "USA", "importer")
    assert buys.diversion.sum() == pytest.approx(0, abs=1e-6)
    sells = partner_sums(ledger, "USA", "exporter")
    row = wide_comparison.row("USA", "exports_volume")
    assert (sells.creation + sells.diversion).sum() == pytest.approx(row.change, rel=1e-9)
    assert "USA" not in buys.index
    with pytest.raises(ResultsError, match="side"):
        partner_sums(ledger, "USA", "both")


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (-0.0, 2, "0.00"), (-0.004, 2, "0.00"), (0.004, 2, "0.00"), (-0.006, 2, "-0.01"),
        (1234.5, 1, "+1,234.5"), (-0.4, 0, "0"), (float("nan"), 2, "n/a"),
    ],
)  # fmt: skip
def test_numbers(value, decimals, expected):
    assert number(value, decimals) == expected


def test_colours_follow_the_printed_sign():
    assert (coloured(0.1).style, coloured(-0.1).style, coloured(-0.001).style) == (GAIN, LOSS, "")


def test_wide_numbers_stay_whole(wide_comparison):
    """A shock of trillions is printed in billions, whole."""
    t = wide_comparison.tables["indicators"].copy()
    t[["change", "percent"]] *= 1000.0 / t.percent.abs().max()
    t.loc[t.indicator == "welfare_ev", "change"] = -12_345_678.0
    big = replace(wide_comparison, tables={**wide_comparison.tables, "indicators": t})
    out = printed(big)
    assert "-12,345.7" in out
    assert "USD bn" in out
    assert max(len(line) for line in out.splitlines()) <= 80
    assert "…" not in out.split("USA: sectors", maxsplit=1)[0]


def test_names_and_notes_of_the_scenario(base, new, scenario_of):
    names = {"USA": "United States", "CHN": "China", "VNM": "Viet Nam of a name too long to fit"}
    notes = tuple(f"note {k}" for k in range(12))
    out = printed(compare(base, new, scenario_info=scenario_of(region_names=names, notes=notes)))
    assert "CHN China" in out
    assert "Scenario: note 7" in out
    assert "note 8" not in out
    assert "4 more notes" in out
    assert max(len(line) for line in out.splitlines()) <= 80


def _adjustment_lines(c, focus: str | None = None) -> dict[str, list[str]]:
    """Words of each line of the adjustment table -> what is printed under low, central and high."""
    table = adjustment_table(c, focus).renderables[0]
    assert isinstance(table, Table)
    cells = [list(column.cells) for column in table.columns]
    return {str(w).strip(): [str(x) for x in row] for w, *row in zip(*cells, strict=True)}


def test_the_adjustment_account_prints_the_tables_numbers(comparison):
    """Every printed number of the account against its row, to the printed digit."""
    lines, table = _adjustment_lines(comparison), comparison.tables["adjustment"]
    for words, name, digits in (
        ("Import-displaced (thousand persons)", "displaced_imports_direct", 2),
        ("with the inputs of what is displaced", "displaced_imports_with_inputs", 2),
    ):
        total = pick(table, region="USA", indicator=name).change.sum()
        assert lines[words] == [number(total, digits, sign=False)] * 3
    for words, name in (
        ("of which time out of work", "cost_time_out"),
        ("of which lower wages", "cost_wage_loss"),
        ("Full compensation (USD m, once)", "full_compensation"),
        ("a year over the horizon (USD m)", "full_compensation_a_year"),
    ):
        rows = [pick(table, region="USA", indicator=f"{name}_{s}").change.item() for s in SETS]
        assert lines[words] == [number(x, 0, sign=False) for x in rows]
    assert len(lines) <= 16


def test_never_and_not_available_are_told_apart(comparison):
    """Who loses has no gain to pay from. With a gain of a dollar the cost is never paid back."""
    loser = _adjustment_lines(comparison, "CHN")
    assert loser["Payback (years, if the gain lasts)"] == loser["in % of a welfare gain"] == ["n/a"] * 3
    table = comparison.tables["adjustment"].copy()
    mine = (table.region == "CHN") & table.indicator.str.contains("present_value_of_gain")
    table.loc[mine, "change"] = 1.0
    poor = replace(comparison, tables={**comparison.tables, "adjustment": table})
    assert _adjustment_lines(poor, "CHN")["Payback (years, if the gain lasts)"] == ["never"] * 3


def test_the_words_say_that_thirds_are_no_skills(comparison):
    text = " ".join(str(x) for x in adjustment_table(comparison, "CHN").renderables[1:])
    low = pick(comparison.tables["adjustment"], region="CHN", indicator="displaced_low_wage").change.item()
    assert number(low, 2, sign=False) in text and "the data have no skills" in text
    assert "Time out of work here" in text, "CHN's unemployment differs from the USA's"
