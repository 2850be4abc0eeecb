"""What the focus's main results hang on: each varied target's low and high end, the widest first.

Both ends lie on one side of the central result where the value in use is not between them.

Table ``effects`` (`results.uncertainty.effects`): region, sector, partner, indicator, unit, target, central,
low, high, below, above, at_low, at_high, share_of_variance, r2, rank, method.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from results.errors import ResultsError
from results.figures.drawing import (
    NEUTRAL,
    Drawing,
    colour,
    hatched,
    in_words,
    layout,
    number,
    require,
    safe,
    solid,
    wrapped,
)
from results.figures.labels import labels
from results.side_by_side import Column
from results.side_by_side_figures import TITLES
from results.tidy import pick
from results.uncertainty.effects import sides
from results.uncertainty.words import target as target_words

COLUMNS = ("region", "sector", "partner", "indicator", "unit", "target", "central", "low", "high", "below",
           "above", "at_low", "at_high", "effect", "share_of_variance", "rank", "method")  # fmt: skip
MOST = 12
"""Targets drawn, over all packages."""
SMALL = 0.01
"""Of the largest effect: what is smaller is not drawn."""
BAR, GAP, LINE, TITLE, AXIS = 16, 8, 15, 24, 34
"""Pixels of a bar, between rows, of a line of words, of a panel's title and of its axis."""
LEGEND = 28
WIDTH = 26
"""Characters of a target in one line."""

Panel = tuple[str, str, list[dict[str, Any]]]
"""Package, title and rows of ``effects``."""


def tornado(columns: Sequence[Column], focus: str) -> Drawing | None:
    """Low and high of the welfare of ``focus`` by target, one panel a package. None without a table
    ``effects`` or when nothing there moves it. Raises ResultsError when ``focus`` is not a region, or the
    table is not as it must be.
    """
    return _drawing(columns, focus, "welfare_ev", "tornado")


def tornado_gdp(columns: Sequence[Column], focus: str) -> Drawing | None:
    """The same of real GDP."""
    return _drawing(columns, focus, "real_gdp", "tornado-gdp")


def _drawing(columns: Sequence[Column], focus: str, name: str, id_: str) -> Drawing | None:
    require(columns, focus)
    having = [c for c in columns if "effects" in c.tables and len(c.tables["effects"])]
    most = MOST if len(having) < 2 else max(3, MOST // len(having))
    found = [p for c in having if (p := _panel(c, focus, name, most, several=len(having) > 1)) is not None]
    if not found:
        return None
    panels, cut = [p for p, _ in found], max(n for _, n in found)
    decimals = _decimals(panels)
    words = labels(columns[0])
    shown = ("Central", *_columns(panels), "Low less central", "High less central")
    return Drawing(
        id=id_,
        title=f"{words.region(focus)}: what the result hangs on, {panels[0][1].rpartition(': ')[2]}",
        figure=_figure(panels, decimals, words.sectors),
        table=_table(panels, words.sectors),
        decimals={**dict.fromkeys(shown, decimals), "Share, %": 1},
        source=(f"effects: {name}: central, low, high, below, above, share_of_variance",),
        alt=_alt(panels, decimals, words.region(focus), words.sectors),
        note=_note(columns, having, panels, cut),
    )


def _panel(c: Column, focus: str, name: str, most: int, *, several: bool) -> tuple[Panel, int] | None:
    """The largest effects that count, and how many targets are left out."""
    table = c.tables["effects"]
    lacking = [k for k in COLUMNS if k not in table.columns]
    if lacking:
        raise ResultsError(f"{c.label}: the table effects lacks {', '.join(lacking)}")
    mine = pick(table, region=focus, sector="", partner="", indicator=name)
    mine = mine.sort_values(by="rank", kind="stable")
    every = [{str(k): v for k, v in r.items()} for r in mine.to_dict("records")]
    if not every:
        return None
    rows = [r for r in every if abs(r["effect"]) >= SMALL * abs(every[0]["effect"])][:most]
    unit = str(rows[0]["unit"])
    result = TITLES.get(name, name.replace("_", " ").capitalize()).partition(" (")[0]
    words = f"{result}, {'%' if unit == 'percent' else unit}"
    return (c.label, f"{c.label}: {words}" if several else words, rows), len(every) - len(rows)


def _decimals(panels: Sequence[Panel]) -> int:
    """Digits that show the largest effect with three figures, four at most."""
    size = max(max(abs(r["below"]), abs(r["above"])) for _, _, rows in panels for r in rows[:1])
    return next((n for n in range(5) if size * 10**n >= 100), 4)


def _figure(panels: Sequence[Panel], decimals: int, sectors: Mapping[str, str]) -> go.Figure:
    ticks = [[wrapped(_target(r, sectors), WIDTH) for r in rows] for _, _, rows in panels]
    inside = [
        max(BAR + GAP, GAP + LINE * max(t.count("<br>") + 1 for t in mine)) * len(mine) for mine in ticks
    ]
    heads = [TITLE + LINE * wrapped(title, 34).count("<br>") for _, title, _ in panels]
    heights = [h + i + AXIS for h, i in zip(heads, inside, strict=True)]
    total = sum(heights)
    figure = make_subplots(rows=len(panels), cols=1)
    start = 0.0
    for n, (_, title, rows) in enumerate(panels):
        top = 1 - (start + heads[n]) / total
        bottom = max(0.0, top - inside[n] / total)
        _bars(figure, n + 1, rows, ticks[n], decimals, sectors, *_sides(panels))
        figure.update_yaxes(domain=[bottom, top], autorange="reversed", type="category", row=n + 1, col=1)
        head = {"x": 0, "xref": "paper", "y": top, "xanchor": "left", "yref": "paper", "yanchor": "bottom"}
        figure.add_annotation(text=f"<b>{wrapped(title, 34)}</b>", showarrow=False, align="left", **head)
        start += heights[n]
    layout(figure, barmode="overlay", bargap=0.3)
    figure.update_layout(height=total + LEGEND + 16, margin={"t": LEGEND},
                         legend={"y": 1, "yanchor": "bottom"})  # fmt: skip
    return figure


def _bars(
    figure: go.Figure, place: int, rows: Sequence[Mapping[str, Any]], ticks: Sequence[str], decimals: int,
    sectors: Mapping[str, str], below: str, above: str,
) -> None:  # fmt: skip
    """Two bars a target from the central result, which a line marks; where both lie on one side of it, the
    longer begins where the shorter ends, so that both are seen.
    """
    central = float(rows[0]["central"])
    for end, words, style in (("below", f"target {below}", hatched(NEUTRAL)),
                              ("above", f"target {above}", solid(colour(0)))):  # fmt: skip
        side = {"below": ("low", "at_low"), "above": ("high", "at_high")}[end]
        hover = [
            f"<b>{wrapped(_target(r, sectors), 40)}</b><br>at {safe(str(r[side[1]]))}: "
            f"{number(float(r[side[0]]), decimals)}<br>central {number(central, decimals)}"
            for r in rows
        ]
        figure.add_trace(
            go.Bar(y=list(ticks), x=[float(r[end]) - _start(r, end) for r in rows],
                   base=[central + _start(r, end) for r in rows], orientation="h", name=words, marker=style,
                   hovertext=hover, hoverinfo="text", showlegend=place == 1,
                   legendgroup=end), row=place, col=1,
        )  # fmt: skip
    ends = [float(r[k]) for r in rows for k in ("low", "high", "central")]
    low, high = min(ends), max(ends)
    pad = 0.08 * (high - low) or 1.0
    figure.update_xaxes(range=[low - pad, high + pad], nticks=4, tickangle=0, row=place, col=1)
    figure.add_vline(x=central, line={"color": NEUTRAL, "width": 1.5}, row=place, col=1)  # type: ignore[arg-type]


def _sides(panels: Sequence[Panel]) -> tuple[str, str]:
    """What the two bars are of, in words."""
    return sides(str(r["method"]) for _, _, rows in panels for r in rows)


def _start(row: Mapping[str, Any], end: str) -> float:
    """Where a bar begins, less the central result."""
    mine, other = float(row[end]), float(row["above" if end == "below" else "below"])
    return other if mine * other > 0 and abs(mine) > abs(other) else 0.0


def _target(row: Mapping[str, Any], sectors: Mapping[str, str]) -> str:
    return target_words(str(row["target"]), sectors)


def _columns(panels: Sequence[Panel]) -> tuple[str, str]:
    below, above = _sides(panels)
    return f"Result, target {below}", f"Result, target {above}"


def _table(panels: Sequence[Panel], sectors: Mapping[str, str]) -> pd.DataFrame:
    below, above = _columns(panels)
    return pd.DataFrame(
        [
            {
                "Result": title,
                "Target": _target(r, sectors),
                "From": str(r["at_low"]),
                "To": str(r["at_high"]),
                "Central": float(r["central"]),
                below: float(r["low"]),
                above: float(r["high"]),
                "Low less central": float(r["below"]),
                "High less central": float(r["above"]),
                "Share, %": 100 * float(r["share_of_variance"]),
            }
            for _, title, rows in panels
            for r in rows
        ]
    )


def _alt(panels: Sequence[Panel], decimals: int, region: str, sectors: Mapping[str, str]) -> str:
    said = []
    for _, title, rows in panels:
        r = rows[0]
        said.append(
            f"{title}: most moved by {_target(r, sectors)}, from {number(float(r['low']), decimals)} to "
            f"{number(float(r['high']), decimals)}; central {number(float(r['central']), decimals)}."
        )
    return f"Bars of results by what is varied, {region}. {' '.join(said)}"


def _note(columns: Sequence[Column], having: Sequence[Column], panels: Sequence[Panel], cut: int) -> str:
    methods = list(dict.fromkeys(str(r["method"]) for _, _, rows in panels for r in rows))
    text = (
        "Bars begin at the central result (the line); the axis need not hold zero. Ends: "
        f"{in_words(methods)}. "
        "Share: of the variance that the target explains, or of the sum of squared swings. "
    )
    every = [r for _, _, rows in panels for r in rows]
    if any(float(r["below"]) * float(r["above"]) > 0 for r in every):
        text += "Both ends on one side of the line: the value in use is outside them, or the result bends. "
    if any(float(r["share_of_variance"]) < 0 for r in every):
        text += "Below zero it is no share: targets are correlated and offset each other. "
    without = [c.label for c in columns if c not in having]
    if without:
        text += f"Without effects: {in_words(without)}. "
    if cut:
        text += f"{cut} more targets move it less, or by less than a hundredth of the first."
    return text.strip()
