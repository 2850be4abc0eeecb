"""The focus's main results along a target that takes a few values, with their bands.

Table ``spread``, as `results.figures.fan`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from results.figures.drawing import Drawing, colour, layout, number, require, span, wrapped
from results.figures.fan import ENDS, checked, lost, meaning, numbers
from results.figures.labels import labels
from results.side_by_side import Column
from results.side_by_side_figures import TITLES
from results.uncertainty.words import target as target_words

PANEL, TITLE, FOOT = 190, 26, 52
"""Pixels of a panel, of its title, and of its axis with title."""
MOST = 6
"""Panels drawn."""
ALONG = ("welfare_ev", "real_gdp")
"""Results drawn."""

Panel = tuple[str, str, list[dict[str, Any]]]
"""Title, target and rows of ``spread``."""


def fan_along(columns: Sequence[Column], focus: str) -> Drawing | None:
    """Main results of ``focus`` along each target that takes a few values, in a panel each: middle, inner and
    outer band. None without such rows. Raises as `results.figures.fan`.
    """
    require(columns, focus)
    found = [(c, p) for c in columns if "spread" in c.tables for p in _panels(c, focus)][:MOST]
    if not found:
        return None
    names = labels(columns[0])
    rows = [r for _, (_, _, mine) in found for r in mine]
    size = max(abs(x) for r in rows for k in ("middle", "outer_low", "outer_high") if (x := float(r[k])) == x)
    decimals = next((n for n in range(5) if size * 10**n >= 100), 4)
    several = len({c.label for c, _ in found}) > 1
    panels = [
        (f"{c.label}: {title}" if several else title, target, mine) for c, (title, target, mine) in found
    ]
    kinds = f"{meaning(rows)} {lost(rows)}"
    return Drawing(
        id="fan-along",
        title=f"{names.region(focus)}: results along what is varied",
        figure=_figure(panels, decimals, names.sectors),
        table=_table(panels, names.sectors),
        decimals=dict.fromkeys(("Middle", "Inner low", "Inner high", "Outer low", "Outer high"), decimals)
        | {"Value": 4, "Failed, % of points": 1},
        source=("spread: value, middle, inner_low, inner_high, outer_low, outer_high",),
        alt=_alt(panels, decimals, names.region(focus), names.sectors),
        note=kinds.replace("thin", "light").replace("thick", "dark").replace("Lines", "Areas"),
    )  # fmt: skip


def _panels(c: Column, focus: str) -> list[Panel]:
    """Title, target and rows of each panel of a package."""
    t = checked(c)
    t = t.loc[((t["region"] == focus) & (t["target"] != "") & (t["sector"] == "")).to_numpy()]
    out = []
    for target in dict.fromkeys(map(str, t["target"])):
        for name in ALONG:
            mine = t.loc[((t["target"] == target) & (t["indicator"] == name)).to_numpy()]
            mine = mine.sort_values(by="value", kind="stable")
            if len(mine) > 1:
                unit = str(mine["unit"].iloc[0])
                result = TITLES.get(name, name).partition(" (")[0]
                rows = [{str(k): v for k, v in r.items()} for r in mine.to_dict("records")]
                out.append((f"{result}, {'%' if unit == 'percent' else unit}", target, rows))
    return out


def _figure(panels: Sequence[Panel], decimals: int, sectors: Mapping[str, str]) -> go.Figure:
    one = TITLE + PANEL + FOOT
    figure = make_subplots(rows=len(panels), cols=1)
    for n, (title, target, rows) in enumerate(panels):
        x = [float(r["value"]) for r in rows]
        hover = [_hover(r, decimals) for r in rows]
        for low, high, opacity in (("outer_low", "outer_high", 0.22), ("inner_low", "inner_high", 0.4)):
            there = [
                (v, float(r[low]), float(r[high])) for v, r in zip(x, rows, strict=True) if r[low] == r[low]
            ]
            figure.add_trace(go.Scatter(
                x=[v for v, _, _ in there] + [v for v, _, _ in reversed(there)],
                y=[a for _, a, _ in there] + [b for _, _, b in reversed(there)],
                fill="toself", mode="none", fillcolor=_shade(opacity), hoverinfo="skip",
                showlegend=False,
            ), row=n + 1, col=1)  # fmt: skip
        figure.add_trace(go.Scatter(
            x=x, y=[float(r["middle"]) for r in rows], mode="lines+markers",
            line={"color": colour(0), "width": 2},
            marker={"size": 7, "color": colour(0)}, hovertext=hover, hoverinfo="text", showlegend=False,
            text=[number(float(r["middle"]), decimals, sign=False) for r in rows],
        ), row=n + 1, col=1)  # fmt: skip
        ends = [float(r[k]) for r in rows for k in (*ENDS, "middle") if r[k] == r[k]]
        top = 1 - (n + TITLE / one) / len(panels)
        bottom = max(0.0, 1 - (n + 1 - FOOT / one) / len(panels))
        figure.update_yaxes(domain=[bottom, top], range=span(ends), nticks=5, showgrid=True, row=n + 1, col=1)
        words = {"text": wrapped(target_words(target, sectors), 40), "standoff": 4}
        figure.update_xaxes(title=words, nticks=6, row=n + 1, col=1)
        head = {"x": 0, "xref": "paper", "y": top, "xanchor": "left", "yref": "paper", "yanchor": "bottom"}
        figure.add_annotation(text=f"<b>{wrapped(title, 36)}</b>", showarrow=False, align="left", **head)
    layout(figure, height=one * len(panels) + 16, showlegend=False)
    figure.update_xaxes(zeroline=False)
    figure.update_yaxes(showgrid=True, zeroline=True, zerolinewidth=1.5)
    return figure


def _shade(opacity: float) -> str:
    """The first package's colour, light enough to read lines on it."""
    red, green, blue = (int(colour(0)[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def _hover(r: Mapping[str, Any], decimals: int) -> str:
    a, b, c, d, m = (number(float(r[k]), decimals) for k in (*ENDS, "middle"))
    value = number(float(r["value"]), 4, sign=False)
    return f"<b>at {value}</b><br>{m}<br>inner {a} to {b}<br>outer {c} to {d}"


def _table(panels: Sequence[Panel], sectors: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"Result": title, "Target": target_words(target, sectors), "Value": float(r["value"]),
             **{k: v for k, v in numbers(r).items() if k != "Central"}}
            for title, target, rows in panels
            for r in rows
        ]
    )  # fmt: skip


def _alt(panels: Sequence[Panel], decimals: int, region: str, sectors: Mapping[str, str]) -> str:
    said = [
        f"{title}: middle {number(float(rows[0]['middle']), decimals)} at the lowest "
        f"{target_words(target, sectors)}, {number(float(rows[-1]['middle']), decimals)} at the highest."
        for title, target, rows in panels
    ]
    return f"Bands of results along what is varied, {region}. {' '.join(said)}"
