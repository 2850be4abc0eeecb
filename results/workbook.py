"""Results as an Excel workbook: a sheet a group of indicators, and what must be known to read them.

One result (`write`): summary, every table with its units in the headers, notes, policy, assumptions, scenario
and dictionary. Several side by side (`write_side`): a sheet a figure with scenarios in columns and the best
and worst marked. Numbers are full-precision numbers, text is never a formula.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from results import dictionary
from results.cautions import CANNOT_ANSWER
from results.side_by_side import Column, SideBySide
from results.tidy import pick
from results.workbook_book import Header, Sheet, Value, save
from results.workbook_sheets import Names, number_format, sheets, summary

READING = (
    "The baseline is the policy without the scenario; changes are from it. USD million are of the benchmark "
    "year. n/a: the number does not exist (a percentage of zero, a share of nothing). Blank: there is no "
    "such row. Numbers have all their digits; the display rounds them. Blue is above zero, orange below; "
    "neither says good or bad."
)


def write(column: Column, path: Path, *, text: str = "") -> None:
    """One result as a workbook at ``path``, which is overwritten; ``text``: the scenario file.

    Raises ResultsError when openpyxl is not installed.
    """
    info, labels = column.info, column.manifest["labels"]
    names = Names(labels["regions"], labels["sectors"], str(info["focus"]))
    title = str(info["title"] or info["name"])
    baseline = f"{info['baseline'] or 'of the benchmark'} ({info['baseline_date']})"
    about = (title, f"Changes from the baseline {baseline}. How to read them: see Notes.")
    book = [
        summary(column.tables, names, about),
        _notes([column]),
        *sheets(column.tables, names),
        _policy([column]),
        _assumptions([column]),
        *_scenario(text),
        _dictionary([*column.tables]),
    ]
    save(book, path, title=title)


def write_side(s: SideBySide, columns: Sequence[Column], path: Path) -> None:
    """Scenarios side by side as a workbook at ``path``, which is overwritten.

    Raises ResultsError when openpyxl is not installed.
    """
    labels = columns[0].manifest["labels"]
    names = Names(labels["regions"], labels["sectors"], s.focus)
    book = [
        _share(s),
        _notes(columns, s.notes),
        *(_figure(s, k, names) for k in range(len(s.figures))),
        *_packages(s, names),
        _policy(columns),
        _assumptions(columns),
        _dictionary(["comparison", "share_of_gain", "packages"]),
    ]
    save(book, path, title=", ".join(s.labels))


def _share(s: SideBySide) -> Sheet:
    """What each scenario brings of the reference's gain."""
    heads = (
        ("Welfare gain (USD million at base prices)", "welfare_gain", "USD million", True),
        (f"Share of the gain of {s.reference} (%)", "share_of_gain", "percent", False),
        (
            "Cost of adjustment, gross displacement (USD million, once)",
            "adjustment_cost",
            "USD million",
            False,
        ),
        (f"Share of the cost of {s.reference} (%)", "share_of_cost", "percent", False),
        ("Cost in % of the present value of the gain", "cost_in_percent_of_gain", "percent", False),
    )
    numbers = [Header("", words, number_format(unit, signed), signed) for words, _, unit, signed in heads]
    headers = (Header("", "Scenario"), Header("", "Title"), *numbers)
    rows: list[list[Value]] = [
        [str(r["scenario"]), s.titles[str(r["scenario"])], *(_number(r[name]) for _, name, _, _ in heads)]
        for r in s.share.to_dict("records")
    ]
    about = (
        f"Scenarios side by side; {s.focus}: what each brings of the gain of {s.reference}.",
        "Changes from the baseline. How to read: Notes.",
    )
    return Sheet("Summary", about, headers, rows)


def _figure(s: SideBySide, which: int, names: Names) -> Sheet:
    """One figure: regions in rows; for each scenario the value and its mark."""
    f = s.figures[which]
    mine = pick(s.table, indicator=f.name)
    headers = [Header("", "Region"), Header("", "Region, name")]
    for label in s.labels:
        headers += [Header(label, f.unit, number_format(f.unit, f.better != 0), f.better != 0),
                    Header(label, "mark")]  # fmt: skip
    known = {(r["region"], r["scenario"]): r for r in mine.to_dict("records")}
    regions = list(dict.fromkeys(mine["region"]))
    order = [*(r for r in s.regions if r in regions), *(r for r in regions if r not in s.regions)]
    rows: list[list[Value]] = []
    for region in order:
        row: list[Value] = [str(region), names.of("region", str(region))]
        for label in s.labels:
            found = known.get((region, label))
            row += [None, ""] if found is None else [_number(found["value"]), str(found["mark"])]
        rows.append(row)
    better = {1: "More is better.", -1: "Less is better.", 0: "No side is taken."}[f.better]
    about = (f"{f.title} ({f.unit}); figure {f.name}. {better}",)
    return Sheet(f.title, about, tuple(headers), rows, 2, tab=f.tab)


def _packages(s: SideBySide, names: Names) -> list[Sheet]:
    """What each package adds, if any scenario has several."""
    if s.packages.empty:
        return []
    form = number_format("percent", True)
    headers = tuple(
        Header("", w) for w in ("Scenario", "Package", "Region", "Region, name", "Figure", "Unit")
    )
    headers += (Header("", "Marginal", form, True), Header("", "Cumulative", form, True))
    rows: list[list[Value]] = [
        [str(r["scenario"]), str(r["package"]), str(r["region"]), names.of("region", str(r["region"])),
         str(r["indicator"]), str(r["unit"]), _number(r["marginal"]), _number(r["cumulative"])]
        for r in s.packages.to_dict("records")
    ]  # fmt: skip
    return [Sheet("Packages", ("What each package adds to those before it.",), headers, rows, 2)]


def _number(value: Any) -> Value:
    return "n/a" if value is None or value != value else float(value)


def _notes(columns: Sequence[Column], more: Iterable[str] = ()) -> Sheet:
    """Where each result comes from, what to read with care, what cannot be answered."""
    rows: list[list[Value]] = [
        ["", "How to read it", READING],
        ["", "What the model cannot answer", CANNOT_ANSWER],
    ]
    for n in more:
        rows.append(["", "Note", str(n)])
    for column in columns:
        for what, words in _facts(column):
            rows.append([column.label, what, words])
    heads = (Header("", "Result"), Header("", "What"), Header("", "Words"))
    if len(columns) == 1:
        rows, heads = [list(row[1:]) for row in rows], heads[1:]
    return Sheet("Notes", (), heads, rows, len(heads) - 1, wrap=True)


def _facts(column: Column) -> list[tuple[str, str]]:
    info, manifest = column.info, column.manifest
    out = [(words, str(info[name])) for words, name in (
        ("Title", "title"), ("Description", "description"), ("Scenario", "name"), ("Baseline", "baseline"),
        ("Date of the baseline", "baseline_date"), ("Looked at closely", "focus"),
        ("Command", "command"),
    ) if info.get(name)]  # fmt: skip
    if "dependence" in column.tables:
        out.append(("Supplier traced", str(info["supplier"])))
    out += [(f"Choice: {k}", str(v)) for k, v in info["choices"].items()]
    out += [("Read with care", str(w)) for w in manifest.get("warnings", ())]
    out += [("Note", str(n)) for n in info["notes"]]
    out += [("Size", f"{manifest['regions']} regions, {manifest['sectors']} sectors")]
    out += [(f"Certificate of the {which}", _certificate(c)) for which, c in manifest["certificate"].items()]
    out += [(f"sha256 of {what}", str(h)) for what, h in info["hashes"].items()]
    return out


def _certificate(c: Mapping[str, Any]) -> str:
    """The certificate in words."""
    words = (
        ("largest residual", "max_residual"), ("Walras", "walras"), ("gap of three GDPs", "gdp_gap"),
        ("iterations", "iterations"), ("space", "space"), ("route", "route"),
    )  # fmt: skip
    return ", ".join(f"{name} {c[key]}" for name, key in words if key in c)


def _policy(columns: Sequence[Column]) -> Sheet:
    """What changes, in words."""
    rows: list[list[Value]] = [
        [c.label, str(line)]
        for c in columns
        for line in (c.manifest["policy"]["lines"] or ["nothing that these words can say"])
    ]
    heads = (Header("", "Result"), Header("", "What changes"))
    about = tuple(f"{c.label}: {c.manifest['policy']['changes']:,} values change." for c in columns)
    return Sheet("Policy", about, heads, rows, 1, wrap=True)


def _assumptions(columns: Sequence[Column]) -> Sheet:
    """What the numbers rest on; rows that several results share stand once."""
    names = ("table", "assumption", "value", "unit", "source", "confidence", "changed")
    found: dict[str, list[str]] = {}
    for column in columns:
        for record in column.manifest["assumptions"]:
            key = json.dumps([record.get(n, "") for n in names])
            found.setdefault(key, []).append(column.label)
    rows: list[list[Value]] = [
        ["all" if len(who) == len(columns) else ", ".join(who), *json.loads(key)]
        for key, who in found.items()
    ]
    heads = tuple(Header("", n.capitalize()) for n in ("result", *names))
    if len(columns) == 1:
        rows, heads = [row[1:] for row in rows], heads[1:]
    return Sheet(
        "Assumptions", ("`cge assumptions` shows every row of every table.",), heads, rows, 2, wrap=True
    )


def _scenario(text: str) -> list[Sheet]:
    """The scenario's file, a line a row."""
    if not text.strip():
        return []
    rows: list[list[Value]] = [[n, line] for n, line in enumerate(text.splitlines(), 1)]
    return [Sheet("Scenario", (), (Header("", "Line", "0"), Header("", "Text")), rows, 1)]


def _dictionary(tables: Sequence[str]) -> Sheet:
    """What the columns and indicators of these tables are."""
    names = ("kind", "table", "name", "label", "unit", "dims", "what", "formula")
    mine = pd.DataFrame([vars(e) for e in dictionary.entries() if e.table in ("", *tables)])
    rows: list[list[Value]] = mine[list(names)].to_numpy().tolist()
    return Sheet("Dictionary", (), tuple(Header("", n.capitalize()) for n in names), rows, 3, wrap=True)
