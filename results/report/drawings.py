"""The figures of the page: drawn by `results.figures`, put into the page once, without copies.

A figure goes into the page as JSON. Geometry that several traces or figures share is stored once and put back
by the page's script, and no figure carries a template: colours of text and ground are the page's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from results.figures import Drawing, drawings, theme
from results.screen import number
from results.side_by_side import Column

SHARED = "$shared"
"""Key that stands where a shared part is put back."""

NOTHING = "–"
"""In a cell that has nothing to say."""

HEAVY = 1500
"""Characters of JSON from which a part of a trace is shared."""


@dataclass(frozen=True)
class Shown:
    """A figure as the page has it. ``table``: header cells, and rows of (text, raw value or "")."""

    drawing: Drawing
    headers: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[tuple[str, str], ...], ...]


def drawn(columns: Sequence[Column], focus: str) -> tuple[Drawing, ...]:
    """Every figure there is something to draw for, in the order of the page."""
    return drawings(columns, focus)


def shown(drawing: Drawing) -> Shown:
    """A drawing with its table as printed."""
    table = drawing.table
    numeric = {str(c): pd.api.types.is_numeric_dtype(table[c]) for c in table.columns}
    headers = tuple((name, numeric[name]) for name in numeric)
    rows = tuple(
        tuple(_cell(v, str(c), numeric[str(c)], drawing.decimals)
              for c, v in zip(table.columns, row, strict=True))
        for row in table.itertuples(index=False, name=None)
    )  # fmt: skip
    return Shown(drawing, headers, rows)


def _cell(value: Any, column: str, numeric: bool, decimals: Mapping[str, int]) -> tuple[str, str]:
    if not numeric:
        return (str(value) if value == value and value not in (None, "") else NOTHING), ""
    plain = float(value)
    return number(plain, decimals.get(column, 2), sign=False), "" if plain != plain else repr(plain)


def bundle(drawn: Sequence[Drawing]) -> str:
    """JSON of all figures, ``{"shared": {...}, "figures": {id: {data, layout, light, dark}}}``, safe inside a
    script; ``light`` and ``dark`` are what Plotly.relayout takes to set a figure on such a page.
    """
    shared: dict[str, Any] = {}
    figures = {d.id: _light(d, shared) for d in drawn}
    text = json.dumps({"shared": shared, "figures": figures}, separators=(",", ":"), ensure_ascii=False)
    return script_safe(text)


def script_safe(text: str) -> str:
    """JSON that cannot end the script element it stands in."""
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _light(drawing: Drawing, shared: dict[str, Any]) -> dict[str, Any]:
    """One figure without its template and without what is shared."""
    figure = json.loads(str(drawing.figure.to_json()))
    layout = {k: v for k, v in figure.get("layout", {}).items() if k != "template"}
    themes = {name: theme(drawing.figure, dark=name == "dark") for name in ("light", "dark")}
    return {"data": [_without_copies(t, shared) for t in figure["data"]], "layout": layout, **themes}


def _without_copies(trace: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    out = {}
    for key, value in trace.items():
        if isinstance(value, dict | list):
            text = json.dumps(value, separators=(",", ":"))
            if len(text) > HEAVY:
                name = hashlib.sha256(text.encode()).hexdigest()[:12]
                shared[name] = value
                out[key] = {SHARED: name}
                continue
        out[key] = value
    return out
