"""GDP and welfare by region, packages side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from results.figures.drawing import (
    SMALL,
    Drawing,
    bar_style,
    in_words,
    layout,
    marked,
    require,
    safe,
    signed,
    span,
    still,
    under_legend,
    wrapped,
)  # fmt: skip
from results.figures.labels import Labels, labels
from results.side_by_side import Column
from results.tidy import WORLD, pick

MEASURES = (("Real GDP", "real_gdp"), ("Welfare", "welfare_ev"))
GDP, WELFARE = "real_gdp", "welfare_ev"
MOST = 30
"""Regions drawn; beyond, those with the largest effects and the focus."""
BAR, GAP, AXIS = 7, 7, 44
"""Pixels of a bar, between regions, and of an axis with its title."""
LEAST = 1e-6
"""Percent below which nothing changes."""
FAR, FEW = 1.8, 4
"""The scale ends before a bar this many times as long as the next; so many bars at most are cut."""
ROOM = 0.3
"""Of the scale for the number beside a bar that is cut."""


@dataclass(frozen=True)
class Effect:
    """A change by region: ``percent``, and ``change`` in USD million."""

    percent: Mapping[str, float]
    change: Mapping[str, float]


def gdp_welfare_bars(columns: Sequence[Column], focus: str) -> Drawing | None:
    """Changes of real GDP and of welfare in percent by region; USD in hover and table. The first package's
    welfare sorts the regions. Raises ResultsError when ``focus`` is not a region.
    """
    require(columns, focus)
    names = labels(columns[0])
    data = measured(columns)
    if still((x for d in data.values() for e in d.values() for x in e.percent.values()), LEAST):
        return None
    order, left_out = _order(data, columns[0].label, focus)
    end = scale_end({(n, r, label): e.percent[r] for label, d in data.items() for n, e in d.items()
                     for r in order})  # fmt: skip
    extent = _extent(data, order, end)
    figure = make_subplots(rows=1, cols=2, shared_yaxes=True, horizontal_spacing=0.1)
    for k, c in enumerate(columns):
        for n, (title, name) in enumerate(MEASURES, 1):
            bars = _bars(c.label, k, data[c.label][name], order, title, names, end)
            figure.add_trace(bars.update(showlegend=n == 1), row=1, col=n)
    for n, (title, _) in enumerate(MEASURES, 1):
        figure.update_xaxes(range=extent, nticks=4, side="top", row=1, col=n,
                            title={"text": f"{title}, %", "standoff": 4})  # fmt: skip
    ticks = [marked("World" if r == WORLD else names.short(r), focus=r == focus) for r in order]
    figure.update_yaxes(tickmode="array", tickvals=order, ticktext=ticks, autorange="reversed")
    row = max(BAR * len(columns) + GAP, 15)
    layout(figure, barmode="group", bargap=GAP / row)
    under_legend(figure, len(order) * row, AXIS)
    return Drawing(
        id="gdp-welfare-bars",
        title="Real GDP and welfare by region, change in %",
        figure=figure,
        table=_table(data, order, names),
        decimals={"Real GDP, %": 3, "Real GDP, USD million": 0, "Welfare, %": 3, "Welfare, USD million": 0},
        source=("indicators: real_gdp, welfare_ev",),
        alt=_alt(data, focus, names),
        note=_note(left_out, focus, names, order, end),
    )


def measured(columns: Sequence[Column]) -> dict[str, dict[str, Effect]]:
    """Package -> measure -> effect by region, the world among them."""
    out: dict[str, dict[str, Effect]] = {}
    for c in columns:
        out[c.label] = {}
        for _, name in MEASURES:
            rows = pick(c.tables["indicators"], indicator=name)
            regions = [str(r) for r in rows["region"]]
            percent, change = (
                dict(zip(regions, rows[k].astype(float).tolist(), strict=True)) for k in ("percent", "change")
            )
            out[c.label][name] = Effect(percent, change)
    return out


def _order(data: Mapping[str, Mapping[str, Effect]], first: str, focus: str) -> tuple[list[str], int]:
    """Regions as drawn, the world last, and how many are left out."""
    welfare = {label: effects[WELFARE].percent for label, effects in data.items()}
    regions = [r for r in welfare[first] if r != WORLD]
    size = {r: max(abs(w[r]) for w in welfare.values()) for r in regions}
    chosen = {*sorted(regions, key=lambda r: (-size[r], r))[:MOST], focus}
    by_welfare = sorted(chosen, key=lambda r: (-welfare[first][r], r))
    by_welfare.remove(focus)
    return [focus, *by_welfare, *([WORLD] if WORLD in welfare[first] else [])], len(regions) - len(chosen)


def scale_end(found: Mapping[tuple[str, str, str], float]) -> float:
    """Where the scale of both measures ends: at the longest bar, or before the few that are far longer than
    all others. ``found``: by measure, region and package; two bars of one place are not both cut, their
    numbers would lie on one another. Infinite where no bar is cut.
    """
    ranked = sorted(found, key=lambda k: -abs(found[k]))
    end, places = math.inf, set()
    for longer, shorter in pairwise(ranked[: FEW + 1]):
        if longer[:2] in places or abs(found[longer]) < LEAST:
            break
        places.add(longer[:2])
        if abs(found[longer]) > FAR * abs(found[shorter]) > LEAST:
            end = 1.1 * abs(found[shorter])
    return end


def _extent(data: Mapping[str, Mapping[str, Effect]], order: Sequence[str], end: float) -> list[float]:
    """One range for both measures, with room for the numbers of bars that are cut."""
    drawn = [e.percent[r] for d in data.values() for e in d.values() for r in order]
    low, high = span([min(max(x, -end), end) for x in drawn])
    wide = high - low
    return [low - ROOM * wide * (min(drawn) < -end), high + ROOM * wide * (max(drawn) > end)]


def _bars(
    label: str, k: int, effect: Effect, order: Sequence[str], title: str, names: Labels, end: float
) -> go.Bar:
    hover = [
        f"<b>{region_words(r, names)}</b><br>{wrapped(label)}<br>{title}: {signed(effect.percent[r], 3, '%')}"
        f" ({signed(effect.change[r], 0, 'USD million')})"
        for r in order
    ]
    return go.Bar(
        y=list(order), x=[min(max(effect.percent[r], -end), end) for r in order], orientation="h",
        text=[signed(x, 2, "") if abs(x) > end else "" for x in (effect.percent[r] for r in order)],
        textposition="outside", textangle=0, textfont={"size": SMALL}, cliponaxis=False, constraintext="none",
        name=wrapped(label, 36),
        legendgroup=safe(label), marker=bar_style(k), hovertext=hover, hoverinfo="text",
    )  # fmt: skip


def region_words(code: str, names: Labels) -> str:
    """Code and name of a region; "World" for the sum of all."""
    return "World" if code == WORLD else names.coded(code)


def _table(data: Mapping[str, Mapping[str, Effect]], order: Sequence[str], names: Labels) -> pd.DataFrame:
    rows = []
    for r in order:
        for label, effects in data.items():
            row: dict[str, str | float] = {"Region": region_words(r, names), "Package": label}
            for title, name in MEASURES:
                row[f"{title}, %"] = effects[name].percent[r]
                row[f"{title}, USD million"] = effects[name].change[r]
            rows.append(row)
    return pd.DataFrame(rows)


def _alt(data: Mapping[str, Mapping[str, Effect]], focus: str, names: Labels) -> str:
    """Focus and extremes of welfare for each package."""
    said = []
    for label, effects in data.items():
        welfare = {r: x for r, x in effects[WELFARE].percent.items() if r != WORLD}
        most, least = max(welfare, key=lambda r: welfare[r]), min(welfare, key=lambda r: welfare[r])
        said.append(
            f"{label}: {names.region(focus)} welfare {signed(welfare[focus], 2, '%')}, real GDP "
            f"{signed(effects[GDP].percent[focus], 2, '%')}; welfare from {signed(welfare[least], 2, '%')} "
            f"({names.region(least)}) to {signed(welfare[most], 2, '%')} ({names.region(most)})."
        )
    return f"Bars of real GDP and welfare by region for {in_words(list(data))}. {' '.join(said)}"


def _note(left_out: int, focus: str, names: Labels, order: Sequence[str], end: float) -> str:
    text = (
        f"{names.region(focus)} first, then regions in the order of the first package's welfare. "
        "Both measures have one scale. Welfare is the equivalent variation in percent of national income."
    )
    if math.isfinite(end):
        text += " Bars with a number beside them are cut: they are longer than the scale."
    if left_out:
        text += f" {left_out} regions with smaller effects are not drawn; the results have all."
    return text + names.key(r for r in order if r != WORLD)
