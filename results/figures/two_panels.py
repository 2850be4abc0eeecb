"""Two levels before the policy and how much it changes them: the frame of the figures of dependence.

Policies move such shares by hundredths of a point where levels are percents, so that a level before and one
after would be the same dot; levels and changes have a panel each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from results.figures.drawing import (
    NEUTRAL,
    bar_style,
    layout,
    signed,
    span,
    under_legend,
    wrapped,
)

BAR, GAP, AXIS = 7, 9, 62
"""Pixels of a bar, between rows, and of an axis with its title."""


@dataclass(frozen=True)
class Row:
    """``tick``: at the axis; ``words``: of the region; ``one``, ``two``: levels before; ``changes``: by
    package.
    """

    tick: str
    words: str
    one: float
    two: float
    changes: Mapping[str, float]


@dataclass(frozen=True)
class Words:
    """Of both levels, and titles of the panels with their units; ``unit`` of a change in a hover."""

    one: str
    two: str
    levels: str
    change: str
    unit: str


def two_panels(rows: Sequence[Row], words: Words, packages: Sequence[str]) -> go.Figure:
    """Left: both levels joined by a line; right: bars of the change by package."""
    figure = make_subplots(rows=1, cols=2, shared_yaxes=True, horizontal_spacing=0.06)
    ticks = [r.tick for r in rows]
    for trace in _levels(rows, words):
        figure.add_trace(trace, row=1, col=1)
    for k, label in enumerate(packages):
        hover = [
            f"<b>{r.words}</b><br>{wrapped(label)}<br>change {signed(r.changes[label], 3, words.unit)}"
            for r in rows
        ]
        bars = go.Bar(y=ticks, x=[r.changes[label] for r in rows], orientation="h", name=wrapped(label, 36),
                      marker=bar_style(k), hovertext=hover, hoverinfo="text")  # fmt: skip
        figure.add_trace(bars, row=1, col=2)
    levels = span([x for r in rows for x in (r.one, r.two)])
    levels[0] = min(levels[0], -0.05 * levels[1])  # a dot at zero keeps off the labels
    moved = span([x for r in rows for x in r.changes.values()])
    for n, (title, extent) in enumerate(((words.levels, levels), (words.change, moved)), 1):
        head = {"text": title.replace(", ", ",<br>"), "standoff": 4}
        figure.update_xaxes(range=extent, nticks=4, side="top", title=head, row=1, col=n)
    figure.update_yaxes(autorange="reversed", categoryorder="array", categoryarray=ticks)
    one = max(BAR * len(packages), 14) + GAP
    layout(figure, barmode="group", bargap=1 - (BAR + 1) * len(packages) / one)
    return under_legend(figure, one * len(rows), AXIS)


def _levels(rows: Sequence[Row], words: Words) -> list[go.Scatter]:
    """The line of every row, then the dots of both levels."""
    x: list[float | None] = []
    y: list[str | None] = []
    for r in rows:
        x += [r.one, r.two, None]
        y += [r.tick, r.tick, None]
    line = go.Scatter(x=x, y=y, mode="lines", line={"color": NEUTRAL, "width": 2}, hoverinfo="skip",
                      showlegend=False)  # fmt: skip
    hover = [f"<b>{r.words}</b>, before<br>{words.one}: {r.one:,.2f} %<br>{words.two}: {r.two:,.2f} %"
             for r in rows]  # fmt: skip
    dots = []
    for name, values, shape in (
        (words.one, [r.one for r in rows], "circle-open"),
        (words.two, [r.two for r in rows], "diamond"),
    ):
        marker = {"color": NEUTRAL, "symbol": shape, "size": 9, "line": {"color": NEUTRAL, "width": 2}}
        dots.append(
            go.Scatter(
                x=values,
                y=[r.tick for r in rows],
                mode="markers",
                marker=marker,
                cliponaxis=False,
                name=wrapped(name, 36),
                hovertext=hover,
                hoverinfo="text",
            )
        )
    return [line, *dots]
