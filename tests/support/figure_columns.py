"""Results of an invented tariff as columns, and how tests ask figures for their numbers."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from results.compare import Comparison
from results.figures.drawing import Drawing
from results.side_by_side import Column
from results.tidy import only, pick

MEMBERS = {
    "USA": ["USA"], "CHN": ["CHN", "HKG"], "VNM": ["VNM"], "EU27": ["DEU", "FRA", "MLT"], "XSE": ["KHM"],
    "JPN": ["JPN"], "KOR": ["KOR"], "MEX": ["MEX", "ROW"],
}  # fmt: skip


def column(label: str, result: Comparison, scale: float = 1.0) -> Column:
    """A result as a column; ``scale`` multiplies every change, for a second package."""
    tables = {
        name: t.assign(change=t["change"] * scale, percent=t["percent"] * scale)
        for name, t in result.tables.items()
    }
    words = {"regions": {"USA": "United States"}, "sectors": {}, "members": MEMBERS}
    return Column(label, tables, {**result.manifest, "labels": words}, "solved")


def with_table(c: Column, name: str, table: pd.DataFrame) -> Column:
    return replace(c, tables={**c.tables, name: table})


def values(table: pd.DataFrame, name: str, **equal: str) -> list[float]:
    """A column of the rows where others have these values."""
    return [float(x) for x in pick(table, **equal)[name]]


def row(table: pd.DataFrame, **equal: str) -> dict[str, float]:
    """The one row of a tidy table."""
    return {str(k): v for k, v in only(table, **equal).to_dict().items()}


def bars(d: Drawing, axis: str = "x") -> dict[str, dict[str, float]]:
    """Label of the trace -> place -> number, of the bars on one horizontal axis."""
    return {
        str(t.name): dict(zip(t.y, t.x, strict=True))
        for t in d.figure.data
        if t.type == "bar" and (t.xaxis or "x") == axis and t.x[0] is not None
    }
