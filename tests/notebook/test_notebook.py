"""The worked notebook runs cell by cell, and each cell shows what the tables hold."""

from __future__ import annotations

import ast
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import cge
from cge.notebook import table, view
from results.errors import ResultsError
from results.tidy import WORLD, only, pick

SCRIPT = Path(__file__).with_name("five_lines.py")
VOID = ("br", "hr", "img")


class Page(HTMLParser):
    """Tables (caption, rows of cells), all text and all tags of a piece of HTML; every tag must be closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: list[tuple[str, list[list[str]]]] = []
        self.text = ""
        self.tags: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, f"not closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self._open += [] if tag in VOID else [tag]
        if tag == "table":
            self.tables.append(("", []))
        elif tag == "tr":
            self.tables[-1][1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._open and self._open[-1] in ("td", "th"):
            self.tables[-1][1][-1][-1] += data
        elif self._open and self._open[-1] == "caption":
            self.tables[-1] = (self.tables[-1][0] + data, self.tables[-1][1])


def cells() -> list[tuple[str, str]]:
    """Title and code of each cell."""
    parts = re.split(r"^# %% ?(.*)\n", SCRIPT.read_text(encoding="utf-8"), flags=re.M)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def run_cell(code: str, names: dict[str, Any]) -> Any:
    """Run a cell; the value of its last line if that is an expression, as a notebook has it."""
    tree = ast.parse(code)
    last = tree.body[-1]
    shown = isinstance(last, ast.Expr)
    exec(compile(ast.Module(tree.body[:-1] if shown else tree.body, []), SCRIPT.name, "exec"), names)
    return eval(compile(ast.Expression(last.value), SCRIPT.name, "eval"), names) if shown else None


def same(text: str, exact: Any, digits: int) -> bool:
    """Whether a printed number is the exact one to these digits; n/a where there is none."""
    value = float(exact)
    return text == "n/a" if value != value else float(text.replace(",", "")) == round(value, digits)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Any, Page]]:
    """Every cell's value and what a notebook shows of it, by the kind of the value."""
    names: dict[str, Any] = {}
    out = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("notebook"))
        patch.setenv("CGE_RUN_STORE", "runs")
        for _, code in cells():
            value = run_cell(code, names)
            if value is not None:
                out[type(value).__name__] = (value, Page(value._repr_html_()))
        assert all(path.exists() for path in names["files"]) and len(names["files"]) == 4
        with pytest.raises(ResultsError, match="force=True"):
            cge.write(names["result"], "cptpp.xlsx")
    return out


def test_the_first_result_takes_five_lines_or_fewer():
    lines = [line for line in cells()[0][1].splitlines() if line.strip()]
    assert len(lines) <= 5 and all(title for title, _ in cells())


@pytest.mark.slow
def test_every_cell_shows_tables_without_scripts_or_colours(shown: dict[str, tuple[Any, Page]]):
    kinds = {"Comparison", "SideBySide", "Case", "Policy", "Solution", "Attribution", "DataFrame"}
    assert set(shown) == kinds
    for name, (value, page) in shown.items():
        assert page.tables, name
        if name == "DataFrame":  # as pandas shows it
            continue
        assert not {"script", "style", "iframe", "link"} & set(page.tags), name
        assert "color:" not in value._repr_html_().replace("border-color:", ""), name
        assert "\x07" not in page.text and "nan" not in page.text.lower().split()
        for caption, rows in page.tables:
            assert len(rows) <= 22, (name, caption)
            assert caption, name


@pytest.mark.slow
def test_a_comparison_shows_the_numbers_of_its_tables(shown: dict[str, tuple[Any, Page]]):
    result, page = shown["Comparison"]
    caption, (head, *rows) = page.tables[0]
    assert "USD million" in caption and "%" in head[1]
    assert rows[0][0].startswith("USA") and rows[-1][0] == WORLD
    for row in rows:
        for k, indicator in enumerate(("real_gdp", "welfare_ev", "exports_volume")):
            found = only(result.tables["indicators"], region=row[0].split()[0], indicator=indicator)
            assert same(row[1 + 2 * k], found["percent"], 2)
            assert same(row[2 + 2 * k], found["change"], 0)
    for sector, before, change, percent in page.tables[1][1][1:]:
        found = only(result.tables["jobs"], region="USA", sector=sector.split()[0])
        assert same(before, found["baseline"], 1)
        assert same(change, found["change"], 2) and same(percent, found["percent"], 2)


@pytest.mark.slow
def test_scenarios_side_by_side_show_the_numbers_of_their_table(shown: dict[str, tuple[Any, Page]]):
    side, page = shown["SideBySide"]
    _, (head, *rows) = page.tables[0]
    assert tuple(head[1:]) == side.labels
    by_title = {f"{f.title}, {f.unit}": f for f in side.figures}
    assert len(rows) >= 10
    for title, *found in rows:
        for label, text in zip(side.labels, found, strict=True):
            exact = pick(side.table, indicator=by_title[title].name, region=side.focus, scenario=label)[
                "value"
            ]
            assert same(text.split()[0], exact.iloc[0], by_title[title].decimals)


@pytest.mark.slow
def test_contributions_shown_are_those_of_the_table_and_of_the_total(shown: dict[str, tuple[Any, Page]]):
    found, page = shown["Attribution"]
    caption, (_, *rows) = page.tables[0]
    indicator, region = (str(found.table[c].iloc[0]) for c in ("indicator", "region"))
    for player, value, *_ in rows:
        assert same(value, found.contribution(player, indicator, region), 0)
    assert f"{found.totals[f'{indicator}|{region}']:+,.0f}" in caption


@pytest.mark.slow
def test_the_certificate_and_the_policy_are_told(shown: dict[str, tuple[Any, Page]]):
    solution, page = shown["Solution"]
    facts = {row[0]: row[1] for row in page.tables[0][1]}
    assert facts["solves the model"] == "yes"
    assert float(facts["largest residual"]) == pytest.approx(solution.certificate.max_residual, rel=0.06)
    policy, page = shown["Policy"]
    assert f"{len(policy.table):,} values change" in page.text
    first = policy.table.iloc[0]
    assert page.tables[0][1][1][:3] == [first["region"], first["partner"], first["sector"]]
    assert "452 values change" in shown["Case"][1].text


def test_long_tables_say_what_they_leave_out():
    page = Page(table("Many", ("A", "B"), [(str(k), "1") for k in range(30)], most=5, more=".table"))
    assert len(page.tables[0][1]) == 7 and "25 more rows: .table" in page.text


def test_texts_of_a_scenario_stay_texts():
    """A title may hold anything: in a notebook it is words, never a tag."""
    hostile = "<script>alert('x')</script> & \"<b>\"\x07"
    page = Page(view(hostile, table(hostile, (hostile,), [(hostile,)])))
    assert not {"script", "b"} & set(page.tags)
    assert page.text.count("<script>alert('x')</script> & \"<b>\"") == 4 and "\x07" not in page.text
