"""The workbook: every number of the tables, text that stays text, a file that a spreadsheet reads well."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from results import workbook, workbook_sheets
from results.compare import Comparison, compare
from results.dictionary import label
from results.errors import ResultsError
from results.side_by_side import Column, side_by_side
from results.side_by_side_figures import DEFAULT, Context, figure
from results.tidy import COLUMNS
from results.workbook_book import titles

HOSTILE = "=cmd|' /C calc'!A0"


def column_of(c: Comparison, label: str = "a tariff") -> Column:
    return Column.of(label, c, "solved")


def read(path: Path) -> dict[str, list[list[Any]]]:
    """Every sheet from its header row on."""
    book = openpyxl.load_workbook(path)
    out = {}
    for ws in book:
        first = int("".join(x for x in ws.auto_filter.ref.split(":")[0] if x.isdigit()))
        out[ws.title] = [[c.value for c in row] for row in ws.iter_rows(min_row=first)]
    return out


@pytest.fixture(scope="module")
def written(wide_comparison, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("book") / "x.xlsx"
    workbook.write(column_of(wide_comparison), path, text="title: A tariff\n=1+1\n")
    return path


def test_every_number_of_every_table_is_in_the_workbook_with_all_its_digits(wide_comparison, written) -> None:
    """Each row of each table is found again by its places, under its indicator and unit."""
    book = openpyxl.load_workbook(written)
    found: dict[tuple[Any, ...], Any] = {}
    for ws in book:
        head = int("".join(x for x in ws.auto_filter.ref.split(":")[0] if x.isdigit()))
        names = [c.value for c in ws[head]]
        groups = list(np.array([c.value or "" for c in ws[head - 1]], dtype=object)) if head > 1 else []
        for k in range(1, len(groups)):
            if not groups[k] and names[k] in ("Counterfactual", "Change", "Change, %", "Scaling"):
                groups[k] = groups[k - 1]
            elif not groups[k] and str(names[k]).endswith(")"):
                groups[k], names[k] = names[k], "Change"  # one number is enough: it starts from nothing
        if names[0] != "Region":
            continue
        for row in ws.iter_rows(min_row=head + 1, values_only=True):
            place = dict(zip(names, row, strict=True))
            key = tuple(place.get(p) or "" for p in ("Region", "Sector", "Partner"))
            for group, name, value in zip(groups, names, row, strict=True):
                if group and value is not None:
                    found[(*key, group, name)] = value
    count = 0
    for name, table in wide_comparison.tables.items():
        for r in table.to_dict("records"):
            group = f"{label(name, str(r['indicator']))} ({r['unit']})"
            for column, words in (("change", "Change"), ("percent", "Change, %"), ("baseline", "Baseline")):
                key = (r["region"], r["sector"], r["partner"], group, words)
                if key not in found:
                    assert column != "change", key
                    assert column == "percent" or r["baseline"] == 0 or "trade_" in str(r["indicator"]), key
                    continue
                if math.isnan(r[column]):
                    assert found[key] == "n/a"
                else:
                    assert found[key] == r[column], key
                    count += 1
    assert count > 1000


def test_sums_of_the_decomposition_are_the_sums_of_its_rows(comparison, tmp_path) -> None:
    term = "welfare from terms of trade: export prices"
    rows = [("USA", "C26", 0.1), ("USA", "C29", 0.2), ("CHN", "C26", -0.3)]
    table = pd.DataFrame(
        [dict(zip(COLUMNS, (r, s, "", term, "USD million at base prices", 0.0, v, v, np.nan), strict=True))
         | {"term": "terms of trade", "sub_term": "export prices", "unscaled": v, "percent_of_income": v / 7}
         for r, s, v in rows]
    )  # fmt: skip
    with_it = replace(comparison, tables={**comparison.tables, "decomposition": table})
    workbook.write(column_of(with_it), tmp_path / "x.xlsx")
    sheet = read(tmp_path / "x.xlsx")["Decomposition"]
    assert {row[0]: row[1] for row in sheet[1:]} == {"USA": 0.1 + 0.2, "CHN": -0.3}


def test_text_never_becomes_a_formula(comparison, tmp_path) -> None:
    names = {"C26": HOSTILE, "C29": "+1", "G": "@SUM(A1)"}
    info = replace(
        comparison.scenario, title=HOSTILE, description="a\x00b", sector_names=names, notes=("-1+2",),
        policy={"changes": 1, "lines": [HOSTILE]}, command="=1",
        assumptions=({"table": "t", "assumption": "=a", "value": "+1", "unit": "", "source": "-s",
                      "confidence": "@c", "changed": "\t=x"},),
    )  # fmt: skip
    hostile = compare(comparison.base, comparison.new, scenario_info=info)
    workbook.write(column_of(hostile, HOSTILE), tmp_path / "x.xlsx", text=HOSTILE + "\n" + "x" * 40_000)
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    seen = set()
    for ws in book:
        for row in ws.iter_rows():
            for cell in row:
                assert cell.data_type != "f", f"{ws.title} {cell.coordinate}"
                if isinstance(cell.value, str):
                    seen.add(cell.value)
                    if cell.value.startswith(("=", "+", "@", "-")):
                        assert cell.quotePrefix, f"{ws.title} {cell.coordinate}"
    assert {HOSTILE, "+1", "@SUM(A1)", "-1+2", "=a", "@c"} <= seen
    assert "a\N{REPLACEMENT CHARACTER}b" in seen


def test_numbers_are_numbers_and_heads_have_units(written) -> None:
    book = openpyxl.load_workbook(written)
    ws = book["Jobs"]
    head = int("".join(x for x in ws.auto_filter.ref.split(":")[0] if x.isdigit()))
    names = [c.value for c in ws[head]]
    assert "Jobs (thousand persons)" in [c.value for c in ws[head - 1]]
    cell = ws.cell(head + 1, names.index("Change") + 1)
    assert isinstance(cell.value, float)
    assert cell.number_format == "+#,##0.0;-#,##0.0;#,##0.0"
    assert {"Method", "Confidence", "Scaling"} <= set(names)
    assert ws.freeze_panes == f"D{head + 1}"
    assert ws.page_setup.orientation == "landscape"
    setup = ws.sheet_properties.pageSetUpPr
    assert setup is not None and setup.fitToPage
    assert ws.print_title_rows


def test_the_notes_say_where_it_comes_from_and_what_it_cannot_answer(comparison, written) -> None:
    text = " ".join(str(x) for row in read(written)["Notes"] for x in row)
    for words in ("agreements in force", "2026-01-01", "cannot", "largest residual", "n/a"):
        assert words in text
    sheets = read(written)
    assert "=1+1" in [row[1] for row in sheets["Scenario"]]
    assert any("displaced_gross" in row for row in sheets["Dictionary"])


def test_the_same_result_gives_the_same_bytes(comparison, tmp_path) -> None:
    for name in ("a", "b"):
        workbook.write(column_of(comparison), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_long_table_is_cut_and_says_where_the_rest_is(wide_comparison, monkeypatch) -> None:
    monkeypatch.setattr(workbook_sheets, "MOST_ROWS", 300)
    names = workbook_sheets.Names({}, {}, "USA")
    ledger = wide_comparison.tables["ledger"]
    (sheet,) = workbook_sheets.sheets({"ledger": ledger}, names)
    assert len(sheet.rows) == 300
    assert "ledger.parquet" in sheet.about[-1]
    own = ledger.loc[(ledger.region == "USA") | (ledger.partner == "USA"), ["region", "sector", "partner"]]
    there = {tuple(row[:3]) for row in sheet.rows}
    assert {tuple(row) for row in own.drop_duplicates().to_numpy().tolist()} <= there
    change = (
        ledger.loc[ledger.indicator == "imports"].set_index(["region", "sector", "partner"])["change"].abs()
    )
    others = [k for k in there if "USA" not in (k[0], k[2])]
    left = [k for k in change.index if k not in there]
    assert max(change[k] for k in left) <= max(change[k] for k in others)


def test_an_unknown_table_and_its_columns_find_a_place(comparison) -> None:
    bands = (
        comparison.tables["indicators"]
        .head(3)
        .drop(columns=["baseline", "counterfactual", "change", "percent"])
    )
    bands = bands.assign(central=1.0, low=0.5, high=2.0, kind="quantiles 5-95")
    (sheet,) = workbook_sheets.sheets({"bands": bands}, workbook_sheets.Names({}, {}, "USA"))
    assert [h.name for h in sheet.headers][1:4] == ["Central", "Low", "High"]
    assert sheet.rows[0][1:4] == [1.0, 0.5, 2.0]
    assert "quantiles 5-95" in sheet.rows[0]


def test_names_of_sheets_are_ones_that_excel_takes() -> None:
    made = titles(["a" * 40, "A" * 40, "x/y:z[1]", "", "'quoted'"])
    assert all(0 < len(t) <= 31 for t in made)
    assert len({t.lower() for t in made}) == 5
    assert made[2] == "x y z 1"


def test_side_by_side_has_a_sheet_a_figure_with_marks(comparison, base, tmp_path) -> None:
    nothing = compare(base, base, scenario_info=replace(comparison.scenario, name="nothing"))
    columns = [column_of(comparison, "tariff"), column_of(nothing, "nothing")]
    found = side_by_side(
        columns, context=Context({}, "CHN"), indicators=["welfare_ev", "welfare_ev%"], focus="USA"
    )
    workbook.write_side(found, columns, tmp_path / "s.xlsx")
    sheets = read(tmp_path / "s.xlsx")
    assert {"Summary", "Notes", "Policy", "Assumptions", "Dictionary"} <= set(sheets)
    sheet = sheets["Welfare (equivalent variation)"]
    for row in sheet[1:]:
        assert row[2] == found.value("welfare_ev", row[0], "tariff")
        assert row[4] == found.value("welfare_ev", row[0], "nothing") == 0.0
        assert {row[3], row[5]} in ({"best", "worst"}, {None})
    assert "Welfare %" in sheets


def test_without_openpyxl_it_says_what_to_install(comparison, tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(ResultsError, match="pip install openpyxl"):
        workbook.write(column_of(comparison), tmp_path / "x.xlsx")
    assert not (tmp_path / "x.xlsx").exists()


def test_no_supplier_is_said_to_be_traced_where_none_is(comparison, base, new, tmp_path) -> None:
    info = replace(comparison.scenario, supplier="TWN")
    for name, one in (("with", comparison), ("without", compare(base, new, scenario_info=info))):
        path = tmp_path / f"{name}.xlsx"
        workbook.write(column_of(one), path)
        notes = {str(row[0]): str(row[1]) for row in read(path)["Notes"]}
        assert ("Supplier traced" in notes) == (name == "with")
    assert "TWN is no region" in notes["Note"]


def test_sheets_of_figures_are_told_apart_by_their_names(comparison) -> None:
    context = Context({"manufacturing": ("C26",), "agrifood": ("C29",)}, "EU27")
    wanted = [*DEFAULT, "displaced:manufacturing", "displaced:agrifood", "jobs:agrifood", "leverage:CHN",
              "leverage:USA", "income_in_access:CHN", "jobs_in_access:CHN", "embodied_from:CHN"]  # fmt: skip
    figures = [figure(n, comparison.tables, context) for n in wanted]
    tabs = [f.tab or f.title for f in figures]
    assert titles(tabs) == [t.replace(":", " ") for t in tabs]
    names = workbook_sheets.Names({}, {}, "USA")
    tall = [s.tab or s.title for s in workbook_sheets.sheets(comparison.tables, names)]
    assert titles(tall) == tall
