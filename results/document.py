"""A result as one JSON document for machines: the manifest and the tables a reader looks at first.

Schema version 1: ``format``, ``version``, ``manifest`` (as in a result folder, without files), ``tables``
(name -> ``{"columns": [...], "rows": [[...], ...], "of": rows of the whole table}``). Whole are
``indicators`` and what is short; of longer tables the rows of the focus, those without a sector where there
are many; of ``ledger`` sums by partner. The whole tables are the Parquet files of a result folder. A number
that does not exist is null.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from results.screen import partner_sums
from results.side_by_side import Column
from results.store import plain
from results.tidy import pick

FORMAT, VERSION = "cge-run", 1
SHORT = 400
"""Rows up to which a table is given whole."""


def document(column: Column) -> dict[str, Any]:
    """The JSON-ready document of one result."""
    focus = str(column.info["focus"])
    tables = {name: _of(table, _headline(name, table, focus)) for name, table in column.tables.items()}
    for side in ("importer", "exporter"):
        sums = partner_sums(column.tables["ledger"], focus, side).rename_axis("partner").reset_index()
        sums = sums.assign(unit=str(column.tables["ledger"]["unit"].iloc[0]))
        tables[f"trade_by_partner_as_{side}"] = _of(sums, sums)
    own = {k: v for k, v in column.manifest.items() if k not in ("files", "sha256", "format", "version")}
    return {
        "format": FORMAT, "version": VERSION, "label": column.label, "focus": focus,
        "manifest": plain(own), "tables": tables,
    }  # fmt: skip


def _headline(name: str, table: pd.DataFrame, focus: str) -> pd.DataFrame:
    """The rows that a reader looks at first."""
    if name == "indicators" or len(table) <= SHORT:
        return table
    if name == "ledger":
        return table.iloc[:0]
    mine = pick(table, region=focus)
    if len(mine) > SHORT:
        mine = pick(mine, sector="")
    return mine


def _of(table: pd.DataFrame, part: pd.DataFrame) -> dict[str, Any]:
    rows = [[_value(v) for v in row] for row in part.itertuples(index=False, name=None)]
    return {"columns": [str(c) for c in part.columns], "rows": rows, "of": len(table)}


def _value(value: Any) -> Any:
    found = plain(value)
    missing = value is None or (isinstance(value, float) and not math.isfinite(value))
    return None if missing else found
