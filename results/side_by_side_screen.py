"""Scenarios side by side on a terminal of 80 columns, as Markdown and as JSON.

Many columns are shown in blocks. The best and the worst of a row carry a sign (▲ ▼) and a colour that every
common form of colour blindness tells apart; nothing depends on colour.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from results.markdown import escaped, table_lines
from results.screen import EDGES, GAIN, GAP, LOSS, WIDTH, number
from results.side_by_side import BEST, WORST, SideBySide
from results.side_by_side_figures import Figure
from results.store import plain
from results.tidy import WORLD, pick

MARKS = {BEST: "▲", WORST: "▼", "": " "}
PLAIN_MARKS = {BEST: "^", WORST: "v", "": " "}
"""For terminals without these signs."""
REGION = 6
"""Width of the column of regions."""
SHARE = 8
"""Least width of a number in the table of shares."""
NARROWEST, WIDEST = 13, 24
"""Widths of a scenario's column."""
SUMMARY = ("welfare_ev", "real_gdp%", "jobs:manufacturing", "jobs:industrial", "adjustment_cost")
"""Figures of the table of packages, as far as they were asked for."""


def render(s: SideBySide, *, ascii_only: bool = False) -> Group:
    """The whole comparison; print it on a console at least 80 columns wide."""
    marks = PLAIN_MARKS if ascii_only else MARKS
    parts: list[RenderableType] = [_head(s)]
    for f in s.figures:
        for labels in blocks(s.labels):
            parts.append(_figure(s, f, labels, marks))
    parts.append(_share(s))
    parts += [_packages(s, str(name)) for name in _with_packages(s)]
    parts += [Text(f"Note: {n}", style="bold") for n in s.notes]
    legend = f"{marks[BEST]} best and {marks[WORST]} worst of a row, for figures of which more (or less) is "
    parts.append(Text(legend + "better; jobs, trade and dependence take no side. Changes from the baseline.",
                      style="dim"))  # fmt: skip
    return Group(*parts)


def _with_packages(s: SideBySide) -> tuple[str, ...]:
    return () if s.packages.empty else tuple(dict.fromkeys(map(str, s.packages["scenario"])))


def blocks(labels: Sequence[str]) -> list[tuple[str, ...]]:
    """The scenarios in groups that fit the width, of about equal size."""
    most = (WIDTH - EDGES - REGION) // (NARROWEST + GAP)
    count = -(-len(labels) // most)
    size = -(-len(labels) // count)
    return [tuple(labels[k : k + size]) for k in range(0, len(labels), size)]


def _head(s: SideBySide) -> Group:
    lines = [Text("Scenarios side by side", style="bold underline")]
    for label in s.labels:
        lines.append(Text(f"{label} ({s.status[label]}): {s.titles[label]}"))
    return Group(*lines)


def _figure(s: SideBySide, f: Figure, labels: Sequence[str], marks: dict[str, str]) -> Table:
    rows = pick(s.table, indicator=f.name)
    cells = {(r["region"], r["scenario"]): r for r in rows.to_dict("records")}
    table = _table(f"{f.title}: {f.unit}", labels)
    for region in s.regions:
        if not any((region, label) in cells for label in labels):
            continue
        if region == WORLD and len(s.regions) > 1:
            table.add_section()
        bold = "bold" if region in (s.focus, WORLD) else ""
        shown = [_cell(cells.get((region, label)), f, marks) for label in labels]
        table.add_row(Text(region, style=bold), *shown)
    return table


def _cell(row: Any, f: Figure, marks: dict[str, str]) -> Text:
    if row is None:
        return Text("")
    style = {BEST: GAIN, WORST: LOSS}.get(row["mark"], "")
    return Text(f"{number(row['value'], f.decimals)} {marks[row['mark']]}", style=style)


def _table(title: str, labels: Sequence[str], first: str = "Region", width: int = REGION) -> Table:
    """A table with one column a scenario; long names are folded, numbers never are."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, no_wrap=True, width=width)
    room = (WIDTH - EDGES - width) // len(labels) - GAP
    for label in labels:
        own = max(NARROWEST, min(WIDEST, room, len(label)))
        table.add_column(Text(folded(label, own)), justify="right", width=own, overflow="fold")
    return table


def folded(label: str, width: int) -> str:
    """A long name on several lines, broken at blanks and after hyphens; a longer word is abbreviated."""
    lines = textwrap.wrap(label, width, break_long_words=False)
    return "\n".join(_abbreviated(line, width) for line in lines)


def _abbreviated(word: str, width: int) -> str:
    if len(word) <= width:
        return word
    end = ".-" if word.endswith("-") else "."
    return word[: width - len(end)] + end


def no_share(s: SideBySide) -> str:
    """Why there is no table of shares; "" where there is one."""
    if bool(s.share["share_of_gain"].notna().to_numpy().any()):
        return ""
    return f"{s.reference} brings {s.focus} no gain, so there are no shares of its gain."


def _losses_said(s: SideBySide) -> str:
    """What a cost that is n/a means, where there is one."""
    if not s.share["adjustment_cost"].isna().to_numpy().any():
        return ""
    return "\nn/a: a gain after the cost, and no share of one before it"


def _share(s: SideBySide) -> RenderableType:
    if no_share(s):
        return Text(no_share(s))
    title = (
        f"{s.focus}: share of the welfare gain of {s.reference}, and of its cost of\n"
        "adjustment (gain: USD million a year; cost: USD million, once)"
        f"{_losses_said(s)}"
    )
    headers = ("gain", "share, %", "cost", "share, %", "cost, % of gain")
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    body = [
        [
            number(row["welfare_gain"], 0),
            number(row["share_of_gain"], 1, sign=False),
            number(row["adjustment_cost"], 0),
            number(row["share_of_cost"], 1, sign=False),
            number(row["cost_in_percent_of_gain"], 1, sign=False),
        ]
        for row in s.share.to_dict("records")
    ]
    # The names get what the numbers leave, so that rich has nothing to break.
    widths = [max(SHARE, *map(len, column)) for column in zip(*body, strict=True)]
    width = WIDTH - EDGES - sum(w + GAP for w in widths)
    table.add_column("Scenario", no_wrap=True, width=width)
    for header, own in zip(headers, widths, strict=True):
        table.add_column(header, justify="right", width=own)
    for label, cells in zip(s.share["scenario"], body, strict=True):
        table.add_row(Text(folded(str(label), width)), *cells)
    return table


def _packages(s: SideBySide, scenario: str) -> Table:
    """What each package adds, in the order of the file; the last line is their sum, the whole scenario."""
    mine = pick(s.packages, scenario=scenario, region=s.focus)
    known = set(mine["indicator"])
    shown = [f for f in s.figures if f.name in SUMMARY and f.name in known][:4]
    title = f"{s.focus}, {scenario}: what each package adds, in the order of the file"
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Package", no_wrap=True, max_width=20)
    for f in shown:
        unit = f.unit.removeprefix("change, ").replace(" at base prices", "")
        words = f"{f.name.replace('_', ' ')}, {unit}".replace("jobs:", "jobs in ")
        table.add_column(words, justify="right", overflow="fold", max_width=14)
    for package in dict.fromkeys(mine["package"]):
        row = [_one(mine, package, f.name) for f in shown]
        table.add_row(
            Text(folded(str(package), 20)), *(number(v, f.decimals) for v, f in zip(row, shown, strict=True))
        )
    table.add_section()
    sums = [float(pick(mine, indicator=f.name)["marginal"].to_numpy().sum()) for f in shown]
    table.add_row(Text("all", style="bold"),
                  *(number(v, f.decimals) for v, f in zip(sums, shown, strict=True)))  # fmt: skip
    return table


def _one(rows: pd.DataFrame, package: str, indicator: str) -> float:
    return float(pick(rows, package=package, indicator=indicator)["marginal"].to_numpy().sum())


def text(s: SideBySide, *, ascii_only: bool = False) -> str:
    """What the screen shows, as plain text of 80 columns."""
    console = Console(width=WIDTH, file=io.StringIO(), record=True, color_system=None)
    console.print(render(s, ascii_only=ascii_only))
    return console.export_text()


def markdown(s: SideBySide) -> str:
    """The same as Markdown tables, all scenarios in one table a figure."""
    out = ["# Scenarios side by side", ""]
    out += [f"- {escaped(n)} ({s.status[n]}): {escaped(s.titles[n])}" for n in s.labels]
    for f in s.figures:
        rows = pick(s.table, indicator=f.name)
        cells = {(r["region"], r["scenario"]): r for r in rows.to_dict("records")}
        out += ["", f"## {escaped(f.title)}: {escaped(f.unit)}", ""]
        body = [
            [region, *(_plain(cells.get((region, n)), f) for n in s.labels)]
            for region in s.regions
            if any((region, n) in cells for n in s.labels)
        ]
        out += table_lines(["Region", *s.labels], body)
    out += ["", *(_share_markdown(s) if not no_share(s) else [escaped(no_share(s))])]
    for name in _with_packages(s):
        mine = pick(s.packages, scenario=str(name), region=s.focus)
        out += [
            "",
            f"## {s.focus}, {escaped(str(name))}: what each package adds, in the order of the file",
            "",
        ]
        shown = [f for f in s.figures if f.name in set(mine["indicator"])]
        body = [[f.title, f.unit, *(number(_one(mine, p, f.name), f.decimals)
                for p in dict.fromkeys(mine["package"]))] for f in shown]  # fmt: skip
        out += table_lines(["Figure", "Unit", *map(str, dict.fromkeys(mine["package"]))], body)
    if s.notes:
        out += ["", "## Notes", "", *(f"- {escaped(n)}" for n in s.notes)]
    out += ["", "▲ best and ▼ worst of a row, for figures of which more (or less) is better. All numbers are "
            "changes from the baseline."]  # fmt: skip
    return "\n".join(out) + "\n"


def _share_markdown(s: SideBySide) -> list[str]:
    headers = ["Scenario", "welfare gain, USD million", "share, %", "cost of adjustment, USD million, once",
               "share, %", "cost in % of the gain"]  # fmt: skip
    names = ("welfare_gain", "share_of_gain", "adjustment_cost", "share_of_cost", "cost_in_percent_of_gain")
    digits = (0, 1, 0, 1, 1)
    body = [[str(r["scenario"]), *(number(r[n], d, sign=n in ("welfare_gain", "adjustment_cost"))
            for n, d in zip(names, digits, strict=True))] for r in s.share.to_dict("records")]  # fmt: skip
    title = f"## {s.focus}: share of the gain of {escaped(s.reference)}"
    return [title, "", *table_lines(headers, body)]


def _plain(row: Any, f: Figure) -> str:
    if row is None:
        return ""
    return f"{number(row['value'], f.decimals)} {MARKS[row['mark']]}".strip()


def as_json(s: SideBySide) -> dict[str, Any]:
    """JSON-ready content: everything of the object, tables as lists of rows; no number is the text "nan"
    where a number does not exist.
    """
    return plain(
        {
            "scenarios": [
                {"label": n, "status": s.status[n], "title": s.titles[n]} for n in s.labels
            ],
            "focus": s.focus,
            "reference": s.reference,
            "figures": [{"name": f.name, "title": f.title, "unit": f.unit, "better": f.better}
                        for f in s.figures],
            "table": s.table.to_dict("records"),
            "share_of_reference": s.share.to_dict("records"),
            "packages": s.packages.to_dict("records"),
            "notes": list(s.notes),
        }
    )  # fmt: skip
