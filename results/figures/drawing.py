"""What every figure hands to the page, and what all figures share: layout, themes, colours, words.

Text, grid and background have no colour of their own: the page sets them with ``theme`` (light or dark) and
``Plotly.relayout``. Colours of marks are legible on white and on black, told apart by every common form of
colour blindness, and never the only sign of a meaning: packages differ in pattern or symbol too, gains and
losses in direction and in the sign of their text.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from results.errors import ResultsError
from results.side_by_side import Column
from results.terminal import number
from results.tidy import WORLD

NEUTRAL = "#8a8a8a"
"""Grey with a contrast of three to one on white and on black."""
PACKAGE_COLOURS = ("#14967a", "#a65fd0", "#9c7a00", "#d6487e", NEUTRAL, "#96704f")
"""None of them the blue of a gain or the orange of a loss: a package is neither."""
PACKAGE_PATTERNS = ("", "/", "x", ".", "-", "|")
PACKAGE_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "x", "star")
FONT_SIZE = 12
SMALL = 11
"""Smallest size of text in a figure."""
LEGEND_LINE = 24
"""Pixels of a line of the legend."""
LOW = 250
"""Pixels of a plot that a legend of several lines would squeeze."""
WRAP = 24
"""Characters of a long name in one line of an axis."""
CLEAR = "rgba(0,0,0,0)"
FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

_LIGHT = {"ink": "#1b1f24", "grid": "#e3e6ea", "zero": "#4a5058", "box": "#ffffff", "edge": "#9aa1a9"}
_DARK = {"ink": "#e8eaed", "grid": "#353a41", "zero": "#aab0b8", "box": "#1e2227", "edge": "#6b727b"}


@dataclass(frozen=True)
class Drawing:
    """A figure with the numbers in it and what a reader needs who does not see it.

    ``id``: stable name, fit for HTML; ``title``: what is shown, with the unit; ``table``: exactly the numbers
    drawn, columns in words with units, one row a mark or the marks of one line; ``decimals``: digits printed
    by numeric column; ``source``: tables of the results that it comes from; ``alt``: one or two sentences
    made from the numbers; ``note``: how to read it and what is left out.
    """

    id: str
    title: str
    figure: go.Figure
    table: pd.DataFrame
    decimals: Mapping[str, int] = field(default_factory=dict)
    source: tuple[str, ...] = ()
    alt: str = ""
    note: str = ""


def theme(figure: go.Figure, *, dark: bool) -> dict[str, Any]:
    """The patch for ``Plotly.relayout`` that puts this figure on a light or a dark page; plain values."""
    colours = _DARK if dark else _LIGHT
    patch: dict[str, Any] = {
        "font.color": colours["ink"],
        "hoverlabel.bgcolor": colours["box"],
        "hoverlabel.bordercolor": colours["edge"],
        "hoverlabel.font.color": colours["ink"],
    }
    for name in figure.layout.to_plotly_json():
        if name.startswith(("xaxis", "yaxis")):
            patch |= {f"{name}.gridcolor": colours["grid"], f"{name}.zerolinecolor": colours["zero"]}
    return patch


def layout(figure: go.Figure, **more: Any) -> go.Figure:
    """Give a figure what all share: no fixed colours, room for every label."""
    figure.update_layout(
        template=go.layout.Template(),
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        font={"size": FONT_SIZE, "family": FONTS},
        margin={"l": 8, "r": 12, "t": 8, "b": 8, "pad": 2},
        legend={"orientation": "h", "x": 0, "xanchor": "left", "bgcolor": CLEAR, "traceorder": "normal"},
        hoverlabel={"align": "left", "font": {"size": FONT_SIZE}},
        dragmode=False,
    )  # fmt: skip
    figure.update_xaxes(automargin=True, fixedrange=True, showline=False, zeroline=True, zerolinewidth=1.5)
    figure.update_yaxes(automargin=True, fixedrange=True, showline=False, zeroline=False, showgrid=False)
    figure.update_layout(**more)
    return figure


def _regions(c: Column) -> list[str]:
    return sorted(set(map(str, c.tables["indicators"]["region"])) - {WORLD})


def under_legend(figure: go.Figure, plot: int, axis: int) -> go.Figure:
    """Put the legend over a plot of ``plot`` pixels whose axis is above it and takes ``axis`` pixels.

    One line of the legend has its room; more, on narrow screens, push the plot down. A low plot would be
    squeezed by that: there every entry has its line.
    """
    entries = sum(1 for t in figure.to_plotly_json()["data"] if t.get("showlegend") is not False)
    above = axis + LEGEND_LINE * (entries if plot < LOW else 1)
    figure.update_layout(height=plot + above + 8, margin={"t": above})
    return figure.update_layout(legend={"y": 1 + axis / plot, "yanchor": "bottom"})


def require(columns: Sequence[Column], focus: str) -> None:
    """Refuse no results at all, two of one label, and a focus that is not a region (ResultsError)."""
    if not columns:
        raise ResultsError("figures need at least one result")
    labels = [c.label for c in columns]
    if len(set(labels)) < len(labels):
        raise ResultsError(f"figures need results of different names, not {', '.join(labels)}")
    first = _regions(columns[0])
    for c in columns:
        known = _regions(c)
        if known != first:
            raise ResultsError(f"{c.label}: other regions than {columns[0].label}; not to be drawn together")
        if focus not in known:
            raise ResultsError(f"{c.label}: focus {focus!r} is not a region; choose from {', '.join(known)}")


def colour(n: int) -> str:
    """Colour of the n-th package."""
    return PACKAGE_COLOURS[n % len(PACKAGE_COLOURS)]


def pattern(n: int) -> dict[str, Any]:
    """Fill pattern of the n-th package's bars."""
    shape = PACKAGE_PATTERNS[_other(n)]
    return {"shape": shape, "fillmode": "replace", "fgcolor": colour(n), "size": 5, "solidity": 0.55,
            "bgcolor": CLEAR} if shape else {"shape": ""}  # fmt: skip


def bar_style(n: int) -> dict[str, Any]:
    """``marker`` of the n-th package's bars."""
    return {"color": colour(n), "pattern": pattern(n), "line": {"color": colour(n), "width": 1}}


def solid(ink: str) -> dict[str, Any]:
    """``marker`` of a plain bar."""
    return {"color": ink, "line": {"color": ink, "width": 1}}


def hatched(ink: str) -> dict[str, Any]:
    """``marker`` of a hatched bar."""
    return solid(ink) | {
        "pattern": {"shape": "/", "fillmode": "replace", "fgcolor": ink, "bgcolor": CLEAR, "size": 4,
                    "solidity": 0.4}
    }  # fmt: skip


def symbol(n: int) -> str:
    """Marker of the n-th package."""
    return PACKAGE_SYMBOLS[_other(n)]


def _other(n: int) -> int:
    """Place in the patterns: when colours begin again they meet other patterns."""
    return (n + n // len(PACKAGE_COLOURS)) % len(PACKAGE_PATTERNS)


def safe(text: str) -> str:
    """A name as it is, in Plotly's subset of HTML."""
    return escape(text, quote=False)


def unsolved(share: float) -> str:
    """How many points of a sweep have no solution, at most."""
    return f"Points without a solution: at most {100 * share:.1f} %." if share else "All points were solved."


def wrapped(text: str, width: int = WRAP) -> str:
    """A long name in several lines of a figure, safe in Plotly's subset of HTML."""
    return "<br>".join(map(safe, textwrap.wrap(text, width))) or safe(text)


def in_words(items: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def span(values: Sequence[float], room: float = 0.06, least: float = 1e-6) -> list[float]:
    """Range of an axis that holds zero and all values with some room; minus one to one where all are smaller
    than ``least``, so that the solver's last digits do not fill a figure.
    """
    finite = np.asarray([v for v in values if np.isfinite(v)] or [0.0])
    low, high = min(float(finite.min()), 0.0), max(float(finite.max()), 0.0)
    if high - low < least:
        return [-1.0, 1.0]
    pad = room * (high - low)
    return [low - pad if low < 0 else -pad / 3, high + pad if high > 0 else pad / 3]


def still(values: Iterable[float], least: float) -> bool:
    """Whether nothing changes: all numbers are smaller than ``least`` or none. Then there is no figure."""
    return all(not np.isfinite(v) or abs(v) < least for v in values)


def marked(name: str, *, focus: bool) -> str:
    """A name at an axis; the focus in bold with a mark."""
    return f"<b>▶ {safe(name)}</b>" if focus else safe(name)


def sign_shown(value: float, decimals: int) -> int:
    """Sign of a number as it is printed: -1, 1, or 0 where it prints as zero or is none."""
    return {"+": 1, "-": -1}.get(number(value, decimals)[0], 0)


def signed(value: float, decimals: int, unit: str) -> str:
    """``+1.2 %``; "n/a" without a unit where there is no number."""
    text = number(value, decimals)
    return text if text == "n/a" else f"{text} {unit}".strip()
