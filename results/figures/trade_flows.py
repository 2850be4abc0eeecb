"""Trade created and diverted by partner of the focus, packages side by side.

Bars and not a Sankey diagram: what a partner loses cannot be assigned to the partner that wins it, flows have
two signs, and bars of several packages can be compared, on a phone and in print.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from results.figures.drawing import (
    NEUTRAL,
    Drawing,
    colour,
    hatched,
    in_words,
    layout,
    require,
    safe,
    sign_shown,
    signed,
    solid,
    span,
    still,
    symbol,
    under_legend,
    wrapped,
)
from results.figures.labels import Labels, labels
from results.screen import partner_sums
from results.side_by_side import Column

SIDES = (("importer", "Imports by supplier"), ("exporter", "Exports by market"))
MOST = 10
"""Partners drawn by name; the others are summed."""
BAR, GAP, AXIS = 9, 9, 62
"""Pixels of a bar, between partners, and of an axis with its title."""
OTHERS, ALL = " others", " all"
"""Codes of the sums: no region's code begins with a blank."""
UNIT = "USD million"
LEAST = 1e-3
"""USD million below which all flows are the solver's last digits."""


@dataclass(frozen=True)
class Flow:
    """USD million at benchmark border prices; creation and diversion add up to the change."""

    before: float
    created: float
    diverted: float

    @property
    def change(self) -> float:
        """Creation and diversion together."""
        return self.created + self.diverted

    def __add__(self, other: Flow) -> Flow:
        return Flow(self.before + other.before, self.created + other.created, self.diverted + other.diverted)


Data = Mapping[str, Mapping[str, Mapping[str, Flow]]]
"""Package -> side -> partner or sum -> flow."""


def trade_flows(columns: Sequence[Column], focus: str) -> Drawing | None:
    """Imports of ``focus`` by supplier and exports by market: created, diverted and their sum. None without
    a ledger, or without trade. Raises ResultsError when ``focus`` is not a region.
    """
    require(columns, focus)
    columns = [c for c in columns if "ledger" in c.tables]
    if not columns:
        return None
    names = labels(columns[0])
    whole = {c.label: {side: _flows(c, focus, side) for side, _ in SIDES} for c in columns}
    order, summed = _order(whole)
    parts = (x for s in whole.values() for flows in s.values() for f in flows.values()
             for x in (f.created, f.diverted))  # fmt: skip
    if not order or still(parts, LEAST):
        return None
    data = {label: {s: _summed(f, order) for s, f in sides.items()} for label, sides in whole.items()}
    rows = [*order, *([OTHERS] if summed else []), ALL]
    return Drawing(
        id="trade-flows",
        title=f"{names.region(focus)}: trade created and diverted by partner, {UNIT}",
        figure=_figure(data, rows, names, summed),
        table=_table(data, rows, names, summed),
        decimals={f"{w}, {UNIT}": 0 for w in ("Before", "Created", "Diverted", "Change")},
        source=("ledger: imports, trade_creation, trade_diversion",),
        alt=_alt(data, whole, focus, names),
        note="USD million (m) at benchmark border prices. Created: what follows from a larger or "
        "smaller market at unchanged shares; diverted: won from, or lost to, other suppliers of a market "
        "(over all suppliers of a market it adds up to zero). Both together are the change, the white mark. "
        "Diverted trade of a partner is the sum over its sectors, what is won in one less what is lost in "
        f"another; counted sector by sector more changes hands.{names.key(order)}",
    )


def _figure(data: Data, rows: Sequence[str], names: Labels, summed: int) -> go.Figure:
    figure = make_subplots(rows=1, cols=2, shared_yaxes=True, horizontal_spacing=0.05)
    for n, (side, title) in enumerate(SIDES, 1):
        for k, label in enumerate(data):
            for trace in _marks(label, k, data[label][side], rows, title, names, summed):
                figure.add_trace(trace.update(showlegend=False), row=1, col=n)
        words = {"text": f"{title.partition(' ')[0]},<br>USD m", "standoff": 4}
        figure.update_xaxes(range=span(_extent(data), least=LEAST), nticks=4, side="top", row=1, col=n,
                            title=words)  # fmt: skip
    for key in _legend(list(data)):
        figure.add_trace(key, row=1, col=1)
    ticks = ["<b>All partners</b>" if r == ALL else _short(r, summed, names) for r in rows]
    figure.update_yaxes(tickmode="array", tickvals=rows, ticktext=ticks,
                        autorange="reversed", categoryorder="array", categoryarray=rows)  # fmt: skip
    one = max(BAR * len(data) + GAP, 32 if len(data) == 1 else 0)
    gap = GAP / one
    layout(figure, barmode="relative", bargap=gap, scattermode="group", scattergap=gap)
    return under_legend(figure, len(rows) * one, AXIS)


def _flows(c: Column, focus: str, side: str) -> dict[str, Flow]:
    """By partner, trade with itself (of an aggregated region) left out."""
    sums = partner_sums(c.tables["ledger"], focus, side).drop(index=focus, errors="ignore")
    return {
        str(p): Flow(float(r["base"]), float(r["creation"]), float(r["diversion"]))
        for p, r in sums.to_dict("index").items()
    }


def _order(whole: Data) -> tuple[list[str], int]:
    """Partners by their largest change on either side, and how many are left for the sum."""
    size: dict[str, float] = {}
    for sides in whole.values():
        for flows in sides.values():
            for partner, flow in flows.items():
                size[partner] = max(size.get(partner, 0.0), abs(flow.change))
    ranked = sorted(size, key=lambda p: (-size[p], p))
    return ranked[:MOST], len(ranked[MOST:])


def _summed(flows: Mapping[str, Flow], order: Sequence[str]) -> dict[str, Flow]:
    """Flows by row of the figure: partners, the others together, all together."""
    zero = Flow(0.0, 0.0, 0.0)
    out = {p: flows.get(p, zero) for p in order}
    out[OTHERS] = sum((f for p, f in flows.items() if p not in order), zero)
    out[ALL] = sum(flows.values(), zero)
    return out


def _extent(data: Data) -> list[float]:
    """Ends of all bars: parts of one sign stand on one another."""
    ends = []
    for sides in data.values():
        for flows in sides.values():
            for f in flows.values():
                ends += [max(f.created, 0) + max(f.diverted, 0), min(f.created, 0) + min(f.diverted, 0)]
    return ends


def _short(row: str, summed: int, names: Labels) -> str:
    return f"{summed} others" if row == OTHERS else safe(names.short(row))


def _words(row: str, names: Labels, summed: int) -> str:
    if row in (OTHERS, ALL):
        return "All partners" if row == ALL else f"{summed} other partners"
    return names.coded(row)


def _marks(
    label: str, k: int, flows: Mapping[str, Flow], rows: Sequence[str], title: str, names: Labels, summed: int
) -> list[go.Bar | go.Scatter]:
    """Two bars on one another and the sum."""
    hover = [
        f"<b>{_words(r, names, summed)}</b><br>{wrapped(label)}<br>{title}, {UNIT}<br>"
        f"created {signed(flows[r].created, 0, '')}<br>diverted {signed(flows[r].diverted, 0, '')}<br>"
        f"change {signed(flows[r].change, 0, '')} (before {flows[r].before:,.0f})"
        for r in rows
    ]
    common = {"y": list(rows), "orientation": "h", "offsetgroup": str(k), "hovertext": hover,
              "hoverinfo": "text"}  # fmt: skip
    parts = (
        ("created", [flows[r].created for r in rows], solid(colour(k))),
        ("diverted", [flows[r].diverted for r in rows], hatched(colour(k))),
    )
    name = safe(label)
    stacked = [go.Bar(x=x, name=f"{name}: {word}", marker=marker, **common) for word, x, marker in parts]
    net = [flows[r].change for r in rows]
    mark = go.Scatter(x=net, name=f"{name}: change", mode="markers", marker=_white(k), **common)
    return [*stacked, mark]


def _white(k: int) -> dict[str, object]:
    return {"symbol": symbol(k), "size": 7, "color": "#ffffff", "line": {"color": "#333333", "width": 1}}


def _legend(packages: Sequence[str]) -> list[go.Bar | go.Scatter]:
    """Entries that say what colours, marks and patterns mean; they draw nothing."""
    nothing = {"x": [None], "y": [None], "hoverinfo": "skip"}
    keys: list[go.Bar | go.Scatter] = []
    for k, label in enumerate(packages):
        marker = _white(k) | {"color": colour(k), "size": 10}
        keys.append(go.Scatter(name=wrapped(label, 36), mode="markers", marker=marker, **nothing))
    keys.append(go.Bar(name="created", marker=solid(NEUTRAL), **nothing))
    keys.append(go.Bar(name="diverted", marker=hatched(NEUTRAL), **nothing))
    return keys


def _table(data: Data, rows: Sequence[str], names: Labels, summed: int) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Trade": title,
                "Partner": _words(r, names, summed),
                "Package": label,
                f"Before, {UNIT}": sides[side][r].before,
                f"Created, {UNIT}": sides[side][r].created,
                f"Diverted, {UNIT}": sides[side][r].diverted,
                f"Change, {UNIT}": sides[side][r].change,
            }
            for side, title in SIDES
            for r in rows
            for label, sides in data.items()
        ]
    )


def _alt(
    data: Data,
    whole: Data,
    focus: str,
    names: Labels,
) -> str:
    said = []
    for label, sides in data.items():
        for (side, _), where in zip(SIDES, ("imports", "exports"), strict=True):
            total = sides[side][ALL]
            text = f"{label}, {where}: {signed(total.created, 0, UNIT)} created, "
            text += f"{signed(total.diverted, 0, UNIT)} diverted"
            diverted = {p: f.diverted for p, f in whole[label][side].items()}
            ends = [
                (max(diverted, key=lambda p: diverted[p]), 1),
                (min(diverted, key=lambda p: diverted[p]), -1),
            ]
            parts = [
                f"{names.region(p)} {signed(diverted[p], 0, '')}"
                for p, s in ends
                if sign_shown(diverted[p], 0) == s
            ]
            said.append(f"{text}{' (most: ' if parts else ''}{in_words(parts)}{')' if parts else ''}.")
    return f"Bars of trade created and diverted by partner, {names.region(focus)}. {' '.join(said)}"
