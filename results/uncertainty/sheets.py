"""A sweep as an Excel workbook: bands, what they hang on, statistics, points, what is varied, notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from results import dictionary
from results.side_by_side import Column
from results.uncertainty import words
from results.uncertainty.analysis import Uncertainty
from results.uncertainty.screen import failures, job_rows, label, main_rows
from results.workbook_book import Header, Sheet, Value, save

MOST_ROWS = 100_000
FORMAT, SIGNED, COUNT = "#,##0.0000", "+#,##0.0000;-#,##0.0000;#,##0.0000", "#,##0"
CHANGES = (
    "central", "mean", "min", "max", "q05", "q25", "q50", "q75", "q95", "low", "high", "low75", "high75",
    "low95", "high95", "below", "above", "effect", "middle", "inner_low", "inner_high", "outer_low",
    "outer_high",
)  # fmt: skip
"""Columns that are changes from the baseline, and are coloured by sign."""
COUNTS = ("number", "points", "numbers", "absent", "failed", "missing", "rank")


def write(u: Uncertainty, path: Path, central: Column | None = None) -> None:
    """The sweep as a workbook at ``path``, which is overwritten; ``central``: for its assumptions.

    Raises ResultsError when openpyxl is not installed.
    """
    title = u.title or "Sensitivity analysis"
    book = [
        _summary(u, title),
        _notes(u),
        _table("Bands", u.bands, u, (u.band_words,)),
        _table("Effects", u.effects, u, ("How far each target moves each main result, the largest first.",)),
        _table("Fans", u.spread, u, ("Jobs by sector, and main results along targets of a few values.",)),
        _table("Statistics", u.summary, u, ("Every number over the points that were solved.",)),
        _table("Points", u.points, u, ("Every point of the design; those that failed have a reason.",)),
        _varied(u),
        *_assumptions(central),
        _dictionary(),
    ]
    save([s for s in book if s.rows], path, title=title)


def _summary(u: Uncertainty, title: str) -> Sheet:
    """The main results of the focus and the jobs with the widest bands."""
    numbers = ("Central", "Mean", "Standard deviation", "Low", "High")
    headers = (
        Header("", "Result"), Header("", "Sector"), *(Header("", n, SIGNED, n != "Standard deviation")
        for n in numbers), Header("", "Sign"), Header("", "Band"), Header("", "Points failed, %", FORMAT),
    )  # fmt: skip
    names = u.names.get("sectors", {})
    rows: list[list[Value]] = [
        [label(r), names.get(str(r["sector"]), str(r["sector"])),
         *(_cell(r[k]) for k in ("central", "mean", "sd", "low", "high")), words.sign(r), str(r["kind"]),
         100 * float(r["share_failed"])]
        for r in (*main_rows(u, u.focus), *job_rows(u, u.focus))
    ]  # fmt: skip
    about = (f"{title}; {u.focus}", f"{words.counted(u.numbers)}. Changes from the baseline.", u.band_words)
    return Sheet("Summary", about, headers, rows or [["no band exists", *[""] * 9]], 2)


def _notes(u: Uncertainty) -> Sheet:
    found = [("Design", words.counted(u.numbers)), ("Band", u.band_words)]
    found += [("Seed", "none" if u.design.seed is None else str(u.design.seed))]
    found += [("Note", n) for n in u.notes]
    found += [("Points without a solution", line) for line in failures(u)]
    rows: list[list[Value]] = [[what, said] for what, said in found]
    return Sheet("Notes", (), (Header("", "What"), Header("", "Words")), rows, 1, wrap=True)


def _varied(u: Uncertainty) -> Sheet:
    fields = ("target", "distribution", "source", "confidence")
    names = u.names.get("sectors", {})
    found = u.parameters or tuple({"target": t} for t in u.design.targets)
    rows: list[list[Value]] = [
        [words.target(str(p.get("target", "")), names), *(str(p.get(f, "")) for f in fields)] for p in found
    ]
    heads = (Header("", "In words"), *(Header("", f.capitalize()) for f in fields))
    return Sheet("Varied", ("What is varied, and how.",), heads, rows, 1, wrap=True)


def _table(title: str, table: pd.DataFrame, u: Uncertainty, about: Sequence[str]) -> Sheet:
    """A table as it is, with words for codes; a long one cut to the focus and regional rows first."""
    if len(table) > MOST_ROWS:
        far = (table["region"] != u.focus).to_numpy().astype(int) + (table["sector"] != "").to_numpy()
        table = table.iloc[np.sort(np.argsort(far, kind="stable")[:MOST_ROWS])]
        about = (*about, f"{MOST_ROWS:,} rows, those of {u.focus} and of regions first; all are in the "
                         "folder that -o FOLDER writes.")  # fmt: skip
    headers: list[Header] = []
    columns: list[list[Value]] = []
    for name in map(str, table.columns):
        values = table[name].tolist()
        known = {"region": "regions", "sector": "sectors"}.get(name)
        headers.append(_header(name, table))
        columns.append([_cell(v) for v in values])
        if known and any(u.names.get(known, {}).get(str(v), "") for v in values):
            headers.append(Header("", f"{name.capitalize()}, name"))
            columns.append([u.names[known].get(str(v), "") for v in values])
    rows = [list(r) for r in zip(*columns, strict=True)]
    return Sheet(title, tuple(about), tuple(headers), rows, 2)


def _header(name: str, table: pd.DataFrame) -> Header:
    words_ = name if "[" in name or "." in name else name.replace("_", " ").capitalize()
    if not is_numeric_dtype(table[name]) or is_bool_dtype(table[name]):
        return Header("", words_)
    signed = name in CHANGES
    return Header("", words_, COUNT if name in COUNTS else SIGNED if signed else FORMAT, signed)


def _assumptions(central: Column | None) -> Iterable[Sheet]:
    if central is None:
        return
    names = ("table", "assumption", "value", "unit", "source", "confidence", "changed")
    rows: list[list[Value]] = [
        [str(a.get(n, "")) for n in names] for a in central.manifest.get("assumptions") or ()
    ]
    yield Sheet("Assumptions", (), tuple(Header("", n.capitalize()) for n in names), rows, 2, wrap=True)


def _dictionary() -> Sheet:
    names = ("kind", "table", "name", "label", "unit", "dims", "what", "formula")
    mine = [e for e in dictionary.entries() if e.table in ("", "points", *dictionary.BORROWED)]
    rows: list[list[Value]] = [[str(getattr(e, n)) for n in names] for e in mine]
    return Sheet("Dictionary", (), tuple(Header("", n.capitalize()) for n in names), rows, 3, wrap=True)


def _cell(value: object) -> Value:
    if value is None or value != value:
        return "n/a"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return value if isinstance(value, float | int) else str(value)
