"""What a result hangs on as a file: CSV (every target), Markdown (the screen), JSON and a workbook (all)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from results.errors import ResultsError
from results.sensitivity import ACCOUNT, CELLS, NUMBERS, TARGETS, Sensitivity
from results.sensitivity_screen import INSTRUMENTS, TOP, counted, markdown
from results.workbook_book import TEXT, Header, Sheet, Value, save

WORDS = (
    "Derivatives are exact at the central case and local. Mean, standard deviation and interval are first "
    "order (delta method) over the standard ranges, targets independent, by the slope averaged over one "
    "standard deviation where thresholds are near (slope_used: wide). A blank does not exist."
)


def write(s: Sensitivity, path: Path, *, top: int = TOP) -> Path:
    """Write what the suffix says: .csv, .md, .json or .xlsx. Raises ResultsError on another one."""
    if path.suffix == ".csv":
        s.targets.to_csv(path, index=False, lineterminator="\n")
    elif path.suffix == ".md":
        path.write_text(markdown(s, top) + "\n", encoding="utf-8", newline="\n")
    elif path.suffix == ".json":
        text = json.dumps(document(s), indent=1, allow_nan=False, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8", newline="\n")
    elif path.suffix == ".xlsx":
        save(sheets(s), path, title=s.title)
    else:
        raise ResultsError(f"{path.name}: choose .csv, .md, .json or .xlsx")
    return path


def document(s: Sensitivity) -> dict[str, Any]:
    """Everything, JSON-ready; a number that does not exist is null."""
    tables = {"numbers": s.numbers, "targets": s.targets, "account": s.account, "cells": s.cells}
    rows = {name: [_plain(r) for r in table.to_dict(orient="records")] for name, table in tables.items()}
    head = {"scenario": s.name, "title": s.title, "counts": dict(s.counts), "notes": list(s.notes)}
    return {**head, **rows}


def _plain(row: Any) -> dict[str, Any]:
    return {k: None if v != v else v for k, v in row.items()}


def sheets(s: Sensitivity) -> list[Sheet]:
    """A sheet a table, and the notes."""
    named = s.cells.assign(instrument=[INSTRUMENTS.get(n, n) for n in s.cells.instrument])
    return [
        _sheet("Numbers", s.title, s.numbers, NUMBERS),
        _sheet("Hangs on", "Every target of every number, what moves it most first", s.targets, TARGETS),
        _sheet("Account", "What moves: first order, exact, remainder", s.account, ACCOUNT),
        _sheet("Cells", "Every cell that the policy moves: derivative times change", named, CELLS),
        Sheet("Notes", (WORDS, counted(s)), (Header("", "note"),), [(n,) for n in s.notes], wrap=True),
    ]


def _sheet(title: str, about: str, table: pd.DataFrame, columns: list[str]) -> Sheet:
    headers = tuple(
        Header("", c, "#,##0.######" if table[c].dtype.kind == "f" else TEXT, c in ("effect", "contribution"))
        for c in columns
    )
    rows: list[list[Value]] = [
        [None if v != v else v for v in row] for row in table[columns].itertuples(index=False, name=None)
    ]
    return Sheet(title, (about, WORDS), headers, rows, keys=3)
