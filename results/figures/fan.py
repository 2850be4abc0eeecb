"""How far the focus's jobs may move by sector.

Table ``spread`` (`results.uncertainty.spread`): region, sector, partner, indicator, unit, target, value,
central, middle, inner_low, inner_high, outer_low, outer_high, kind, numbers, share_failed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from results.errors import ResultsError
from results.figures.drawing import (
    Drawing,
    colour,
    in_words,
    layout,
    number,
    require,
    span,
    symbol,
    under_legend,
    unsolved,
    wrapped,
)
from results.figures.labels import labels
from results.side_by_side import Column

COLUMNS = ("region", "sector", "partner", "indicator", "unit", "target", "value", "central", "middle",
           "inner_low", "inner_high", "outer_low", "outer_high", "kind", "share_failed")  # fmt: skip
ENDS = ("inner_low", "inner_high", "outer_low", "outer_high")
MOST = 15
"""Sectors drawn: those with the widest fans."""
ROW, GAP, LINE, AXIS = 12, 12, 15, 44
"""Pixels of a package, between sectors, of a line of words, and of the axis."""
UNIT = "thousand persons"
PRINTED = ("Central", "Middle", "Inner low", "Inner high", "Outer low", "Outer high")
DECIMALS = 2


def fan(columns: Sequence[Column], focus: str) -> Drawing | None:
    """Change of jobs by sector of ``focus`` in thousand persons: middle, inner and outer band, central value.
    None without a table ``spread``. Raises ResultsError when ``focus`` is not a region, or the table is not
    as it must be.
    """
    require(columns, focus)
    data = {c.label: _jobs(c, focus) for c in columns if "spread" in c.tables}
    data = {label: found for label, found in data.items() if found}
    if not data:
        return None
    names = labels(columns[0])
    width = {s: max(found[s]["outer_high"] - found[s]["outer_low"] for found in data.values() if s in found)
             for s in dict.fromkeys(s for found in data.values() for s in found)}  # fmt: skip
    chosen = sorted(width, key=lambda s: (-width[s], s))[:MOST]
    first = next(iter(data.values()))
    order = sorted(chosen, key=lambda s: (-first[s]["middle"] if s in first else 0.0, s))
    return Drawing(
        id="fan",
        title=f"{names.region(focus)}: change in jobs by sector with its bands, {UNIT}",
        figure=_sector_figure(data, order, names.sectors),
        table=_table(data, order, names.sectors),
        decimals={**dict.fromkeys(PRINTED, DECIMALS), "Failed, % of points": 1},
        source=("spread: central, middle, inner_low, inner_high, outer_low, outer_high",),
        alt=_alt(data, order, names.sectors, names.region(focus)),
        note=_note(columns, data, len(width) - len(chosen)),
    )  # fmt: skip


def checked(c: Column) -> pd.DataFrame:
    """The table ``spread`` of a result. Raises ResultsError when it lacks a column."""
    table = c.tables["spread"]
    lacking = [k for k in COLUMNS if k not in table.columns]
    if lacking:
        raise ResultsError(f"{c.label}: the table spread lacks {', '.join(lacking)}")
    return table


def _jobs(c: Column, focus: str) -> dict[str, dict[str, Any]]:
    """Fans by sector."""
    t = checked(c)
    mask = ((t["region"] == focus) & (t["target"] == "") & (t["indicator"] == "jobs")).to_numpy()
    records = [{str(k): v for k, v in r.items()} for r in t.loc[mask].to_dict("records")]
    for r in records:
        if not r["outer_low"] <= r["inner_low"] <= r["inner_high"] <= r["outer_high"]:
            raise ResultsError(f"{c.label}: the fan of jobs in {r['sector']} is not in order")
    moving = [r for r in records if max(abs(r["outer_low"]), abs(r["outer_high"])) > 1e-6]
    return {str(r["sector"]): r for r in moving}


def _sector_figure(
    data: Mapping[str, Mapping[str, Mapping[str, Any]]], order: Sequence[str], sectors: Mapping[str, str]
) -> go.Figure:
    figure = go.Figure()
    ticks = [wrapped(sectors.get(s) or s) for s in order]
    several = len(data)
    for k, (label, found) in enumerate(data.items()):
        shift = (k - (several - 1) / 2) * 0.7 / several
        mine = [(n, found[s]) for n, s in enumerate(order) if s in found]
        lead = f"{label}: " if several > 1 else ""
        for trace in _lines(label, lead, k, mine, [sectors.get(s) or s for s in order], shift):
            figure.add_trace(trace)
    ends = [
        r[e] for found in data.values() for s, r in found.items() if s in order for e in (*ENDS, "central")
    ]
    figure.update_xaxes(range=span(ends), nticks=5, side="top", title={"text": UNIT, "standoff": 4})
    figure.update_yaxes(tickmode="array", tickvals=list(range(len(order))), ticktext=ticks,
                        range=[len(order) - 0.4, -0.6])  # fmt: skip
    layout(figure)
    lines = max(ROW * several, LINE * max(t.count("<br>") + 1 for t in ticks)) + GAP
    return under_legend(figure, len(order) * lines, AXIS)


def _lines(
    label: str,
    lead: str,
    k: int,
    mine: Sequence[tuple[int, Mapping[str, Any]]],
    words: Sequence[str],
    shift: float,
) -> list[go.Scatter]:
    """Thin line, thick line, mark of the middle and of the central value."""
    hover = [_hover(words[n], label, r) for n, r in mine]
    ink = colour(k)
    out = []
    for low, high, width in (("outer_low", "outer_high", 2), ("inner_low", "inner_high", 7)):
        x: list[float | None] = []
        y: list[float | None] = []
        for n, r in mine:
            x += [r[low], r[high], None]
            y += [n + shift, n + shift, None]
        out.append(go.Scatter(x=x, y=y, mode="lines", line={"color": ink, "width": width}, showlegend=False,
                              hoverinfo="text", hovertext=[h for h in hover for _ in range(3)]))  # fmt: skip
    for field, words_, shape in (
        ("middle", "middle", symbol(k)),
        ("central", "central value", "line-ns-open"),
    ):
        size = 9 if field == "middle" else 14
        out.append(go.Scatter(
            x=[r[field] for _, r in mine], y=[n + shift for n, _ in mine], mode="markers",
            marker={"symbol": shape, "size": size, "color": ink, "line": {"width": 2, "color": ink}},
            name=wrapped(f"{lead}{words_}", 36), hovertext=hover, hoverinfo="text",
            text=[number(float(r[field]), DECIMALS, sign=False) for _, r in mine],
        ))  # fmt: skip
    return out


def _hover(words: str, label: str, r: Mapping[str, Any]) -> str:
    a, b, c, d, m, z = (number(float(r[k]), DECIMALS) for k in (*ENDS, "middle", "central"))
    head = f"<b>{wrapped(words, 40)}</b><br>{wrapped(label)}"
    return f"{head}<br>{m}, central {z}<br>inner {a} to {b}<br>outer {c} to {d}"


def _table(
    data: Mapping[str, Mapping[str, Mapping[str, Any]]], order: Sequence[str], sectors: Mapping[str, str]
) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"Sector": sectors.get(s) or s, "Package": label, **numbers(found[s])}
            for s in order
            for label, found in data.items()
            if s in found
        ]
    )


def numbers(r: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the table under the figure has it."""
    return {
        "Central": float(r["central"]), "Middle": float(r["middle"]), "Inner low": float(r["inner_low"]),
        "Inner high": float(r["inner_high"]), "Outer low": float(r["outer_low"]),
        "Outer high": float(r["outer_high"]), "Outer band": str(r["kind"]),
        "Failed, % of points": 100 * float(r["share_failed"]),
    }  # fmt: skip


def _alt(
    data: Mapping[str, Mapping[str, Mapping[str, Any]]], order: Sequence[str], sectors: Mapping[str, str],
    region: str,
) -> str:  # fmt: skip
    said = []
    for label, found in data.items():
        most = max(
            (s for s in order if s in found), key=lambda s: found[s]["outer_high"] - found[s]["outer_low"]
        )
        r = found[most]
        low, middle, high = (number(r[k], DECIMALS) for k in ("outer_low", "middle", "outer_high"))
        said.append(
            f"{label}: widest in {sectors.get(most) or most}, {middle} thousand, from {low} to {high}."
        )
    return f"Bands of the change in jobs by sector, {region}. {' '.join(said)}"


def _note(
    columns: Sequence[Column], data: Mapping[str, Mapping[str, Mapping[str, Any]]], left_out: int
) -> str:
    rows = [r for found in data.values() for r in found.values()]
    text = f"{meaning(rows)} {lost(rows)} "
    without = [c.label for c in columns if c.label not in data]
    if without:
        text += f"Without bands: {in_words(without)}. "
    if left_out:
        text += f"The {left_out} sectors with the narrowest bands are in the table of the results."
    return text.strip()


def lost(rows: Sequence[Mapping[str, Any]]) -> str:
    """The share of points without a solution, always said."""
    return unsolved(max(float(r["share_failed"]) for r in rows))


def meaning(rows: Sequence[Mapping[str, Any]]) -> str:
    """What thin and thick lines are, by kind of design."""
    kinds = list(dict.fromkeys(str(r["kind"]) for r in rows))
    inner = {"q": "quantiles 25-75, the middle the median", "c": "Chebyshev 75 %, the middle the mean",
             "r": "the same range, the middle the average"}  # fmt: skip
    said = [f"thin {kind}, thick {inner.get(kind[:1].lower(), 'the inner band')}" for kind in kinds]
    return f"Lines: {in_words(said)}."
