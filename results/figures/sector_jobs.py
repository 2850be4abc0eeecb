"""Jobs by sector of the focus, packages side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from results.figures.drawing import (
    Drawing,
    bar_style,
    in_words,
    layout,
    require,
    signed,
    span,
    still,
    under_legend,
    wrapped,
)
from results.figures.labels import Labels, labels
from results.screen import NOISE
from results.side_by_side import Column
from results.tidy import pick

MOST = 20
"""Sectors drawn by name; beyond, the smallest changes are summed in one bar."""
BAR, GAP, AXIS = 8, 8, 44
"""Pixels of a bar, between sectors, and of the axis with its title."""
REST = ""
"""Code of the bar that sums the sectors not named."""


@dataclass(frozen=True)
class Work:
    """Jobs of a sector: ``before`` and ``change`` in thousand persons, and ``percent``."""

    before: float
    change: float
    percent: float


def sector_jobs(columns: Sequence[Column], focus: str) -> Drawing | None:
    """Change of jobs by sector of ``focus`` in thousand persons; None when no result counts jobs
    or none change. Changes at
    the solver's last digits are drawn as none. Raises ResultsError when ``focus`` is not a region.
    """
    require(columns, focus)
    columns = [c for c in columns if "jobs" in c.tables and not pick(c.tables["jobs"], region=focus).empty]
    if not columns:
        return None
    names = labels(columns[0])
    if still((x.change for c in columns for x in _jobs(c, focus).values()), 1e-12):
        return None
    data, summed = _shortened({c.label: _jobs(c, focus) for c in columns})
    order = _order(data[columns[0].label])
    figure = go.Figure()
    for k, (label, mine) in enumerate(data.items()):
        figure.add_trace(_bars(label, k, mine, order, names, summed))
    words = [wrapped(_words(s, names, summed)) for s in order]
    figure.update_yaxes(tickmode="array", tickvals=order, ticktext=words, autorange="reversed")
    drawn = [x.change for mine in data.values() for x in mine.values()]
    figure.update_xaxes(range=span(drawn), nticks=6, side="top",
                        title={"text": "thousand persons", "standoff": 4})  # fmt: skip
    lines = max(BAR * len(columns), 14 * max(w.count("<br>") + 1 for w in words))
    thick = min(lines, (BAR + 4) * len(columns))
    layout(figure, barmode="group", bargap=1 - thick / (lines + GAP))
    under_legend(figure, len(order) * (lines + GAP), AXIS)
    return Drawing(
        id="sector-jobs",
        title=f"{names.region(focus)}: change in jobs by sector, thousand persons",
        figure=figure,
        table=_table(data, order, names, summed),
        decimals={"Jobs before, thousand persons": 1, "Change, thousand persons": 2, "Change, %": 3},
        source=("jobs: change, percent",),
        alt=_alt(data, focus, names),
        note="Sectors in the order of the first package's change. Right of the line: jobs gained; left: lost."
        + (f" The {summed} sectors with the smallest changes are summed in one bar." if summed else ""),
    )


def _jobs(c: Column, focus: str) -> dict[str, Work]:
    """Jobs by sector with noise set to zero."""
    out = {}
    for row in pick(c.tables["jobs"], region=focus).to_dict("records"):
        before, change, percent = (float(row[k]) for k in ("baseline", "change", "percent"))
        real = abs(change) > NOISE * abs(before)
        none = Work(before, 0.0, 0.0 if before else float("nan"))
        out[str(row["sector"])] = Work(before, change, percent) if real else none
    return out


def _shortened(data: Mapping[str, Mapping[str, Work]]) -> tuple[dict[str, dict[str, Work]], int]:
    """The largest sectors by name and one sum of the others, with how many that is."""
    sectors = list(next(iter(data.values())))
    size = {s: max(abs(mine[s].change) for mine in data.values()) for s in sectors}
    ranked = sorted(sectors, key=lambda s: (-size[s], s))
    named, rest = ranked[:MOST], ranked[MOST:]
    out = {label: {s: mine[s] for s in named} for label, mine in data.items()}
    if rest:
        for label, mine in data.items():
            before, change = sum(mine[s].before for s in rest), sum(mine[s].change for s in rest)
            out[label][REST] = Work(before, change, 100 * change / before if before else float("nan"))
    return out, len(rest)


def _order(mine: Mapping[str, Work]) -> list[str]:
    """Sectors by change, the sum of the others last."""
    return sorted(mine, key=lambda s: (s == REST, -mine[s].change, s))


def _words(sector: str, names: Labels, summed: int) -> str:
    return f"{summed} other sectors" if sector == REST else names.sector(sector)


def _bars(
    label: str, k: int, mine: Mapping[str, Work], order: Sequence[str], names: Labels, summed: int
) -> go.Bar:
    hover = [
        f"<b>{wrapped(_words(s, names, summed), 40)}</b><br>{wrapped(label)}<br>"
        f"{signed(mine[s].change, 2, 'thousand persons')} ({signed(mine[s].percent, 3, '%')})"
        for s in order
    ]
    return go.Bar(
        y=list(order), x=[mine[s].change for s in order], orientation="h", name=wrapped(label, 36),
        marker=bar_style(k), hovertext=hover, hoverinfo="text",
    )  # fmt: skip


def _table(
    data: Mapping[str, Mapping[str, Work]], order: Sequence[str], names: Labels, summed: int
) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Sector": _words(s, names, summed),
                "Package": label,
                "Jobs before, thousand persons": mine[s].before,
                "Change, thousand persons": mine[s].change,
                "Change, %": mine[s].percent,
            }
            for s in order
            for label, mine in data.items()
        ]
    )


def _alt(data: Mapping[str, Mapping[str, Work]], focus: str, names: Labels) -> str:
    said = []
    for label, mine in data.items():
        named = {s: x.change for s, x in mine.items() if s != REST}
        most, least = max(named, key=lambda s: named[s]), min(named, key=lambda s: named[s])
        parts = [
            f"most {word} in {names.sector(s)} ({signed(named[s], 2, 'thousand')})"
            for word, s in (("gained", most), ("lost", least))
            if named[s] and (named[s] > 0) == (word == "gained")
        ]
        said.append(f"{label}: {in_words(parts) or 'no sector gains or loses jobs'}.")
    return f"Bars of the change in jobs by sector, {names.region(focus)}. {' '.join(said)}"
