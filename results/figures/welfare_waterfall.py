"""Where the focus's welfare change comes from: the terms of the decomposition and their sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from results import decomposition_terms as terms
from results.errors import ResultsError
from results.figures.drawing import (
    NEUTRAL,
    SMALL,
    Drawing,
    in_words,
    layout,
    number,
    require,
    safe,
    sign_shown,
    signed,
    span,
    wrapped,
)
from results.figures.labels import labels
from results.side_by_side import Column
from results.terminal import GAIN, LOSS
from results.tidy import pick

WORDS = {
    terms.TOT: "Terms of trade", terms.ALLOCATIVE: "Allocative efficiency", terms.RENTS: "Rents",
    terms.TECHNOLOGY: "Technology, trade cost", terms.SAVING: "Foreign saving",
    terms.ENDOWMENT: "Endowments", terms.EMPLOYMENT: "Employment", terms.BUDGET: "Budget shares",
}  # fmt: skip
"""Terms in the order of the figure, in words. A term not named here comes last under its own name."""
TOTAL = "Welfare"
VISIBLE = 1e-8
"""Share of income below which a term is left out, as on the screen."""
TOLERANCE = 1e-5
"""Share of the terms' absolute sum by which they may miss the welfare change (the decomposition's: 1e-6)."""
ROW, TITLE, AXIS = 24, 30, 40
"""Pixels of a bar with its gap, of a package's title, and of the axis."""
ROOM = 0.045
"""Of the axis for each sign of the numbers, which have a column of their own at the right, on a phone."""

Terms = Mapping[str, float]


def welfare_waterfall(columns: Sequence[Column], focus: str) -> Drawing | None:
    """The terms of the welfare change of ``focus`` in USD million, one panel a package. None when no result
    was decomposed. Raises ResultsError when ``focus`` is not a region.
    """
    require(columns, focus)
    with_terms = [c for c in columns if "decomposition" in c.tables]
    if not with_terms:
        return None
    names = labels(columns[0])
    data = {c.label: _terms(c, focus) for c in with_terms}
    income = {c.label: _income(c, focus) for c in with_terms}
    order = _order(data, income)
    if not order:
        return None
    for c in with_terms:
        _require_sum(c, focus, data[c.label])
    figure = make_subplots(rows=len(data), cols=1, shared_xaxes=True, vertical_spacing=0)
    inside = ROW * (len(order) + 1)
    one = inside + TITLE
    for k, (label, found) in enumerate(data.items()):
        figure.add_trace(_panel(label, found, order, income[label]), row=k + 1, col=1)
        top = 1 - (k + TITLE / one) / len(data)
        figure.update_yaxes(domain=[max(0.0, 1 - (k + 1) / len(data)), top], row=k + 1, col=1)
        figure.add_annotation(text=f"<b>{wrapped(label, 44)}</b>", showarrow=False, x=0, xref="paper",
                              xanchor="left", y=top, yref="paper", yanchor="bottom")  # fmt: skip
        _numbers(figure, k, [*(found.get(t, 0.0) for t in order), sum(found.values())])
    printed = [number(v, 0) for found in data.values() for v in (*found.values(), sum(found.values()))]
    low, high = span(_extent(data, order), least=1e-3)
    room = ROOM * max(map(len, printed))
    figure.update_xaxes(range=[low, high + room / (1 - room) * (high - low)], nticks=5)
    figure.update_xaxes(title={"text": "USD million a year", "standoff": 4}, row=len(data), col=1)
    figure.update_yaxes(autorange="reversed")
    layout(figure, height=one * len(data) + AXIS, showlegend=False, waterfallgap=0.3)
    return Drawing(
        id="welfare-waterfall",
        title=f"{names.region(focus)}: where the change in welfare comes from, USD million a year",
        figure=figure,
        table=_table(data, order, income),
        decimals={"USD million a year": 1, "% of national income": 4},
        source=("decomposition: change by term", "indicators: welfare_ev"),
        alt=_alt(data, order, names.region(focus)),
        note=_note([c.label for c in columns if c not in with_terms]),
    )


def _terms(c: Column, focus: str) -> dict[str, float]:
    """USD million by term, summed over its parts and commodities."""
    mine = pick(c.tables["decomposition"], region=focus)
    out: dict[str, float] = {}
    for term, value in zip(mine["term"], mine["change"], strict=True):
        out[str(term)] = out.get(str(term), 0.0) + float(value)
    return out


def _require_sum(c: Column, focus: str, found: Terms) -> None:
    """Refuse terms that are not those of this result's welfare change (ResultsError)."""
    rows = pick(c.tables["indicators"], region=focus, indicator="welfare_ev")
    change, total = float(rows["change"].to_numpy()[0]), sum(found.values())
    if abs(change - total) > TOLERANCE * sum(map(abs, found.values())) + VISIBLE * _income(c, focus):
        raise ResultsError(
            f"{c.label}: the decomposition of {focus} adds up to {total:,.3f} USD million, its change in "
            f"welfare is {change:,.3f}: they are not of one result"
        )


def _income(c: Column, focus: str) -> float:
    rows = pick(c.tables["indicators"], region=focus, indicator="welfare_ev")
    return float(rows["baseline"].to_numpy()[0])


def _order(data: Mapping[str, Terms], income: Mapping[str, float]) -> list[str]:
    """Terms that any package has, in the order of ``WORDS``."""
    found = dict.fromkeys([*WORDS, *(t for terms_ in data.values() for t in terms_)])
    return [t for t in found if any(abs(d.get(t, 0.0)) > VISIBLE * income[p] for p, d in data.items())]


def _words(term: str) -> str:
    return WORDS.get(term, term.capitalize())


def _panel(label: str, found: Terms, order: Sequence[str], income: float) -> go.Waterfall:
    values = [found.get(t, 0.0) for t in order]
    total = sum(found.values())
    hover = [
        f"<b>{w}</b><br>{wrapped(label)}<br>{signed(v, 1, 'USD million')} ({signed(100 * v / income, 4, '%')}"
        " of national income)"
        for w, v in zip([*map(_words, order), TOTAL], [*values, total], strict=True)
    ]
    return go.Waterfall(
        y=[wrapped(_words(t)) for t in order] + [f"<b>{TOTAL}</b>"],
        x=[*values, total],
        measure=["relative"] * len(order) + ["total"],
        orientation="h",
        hovertext=hover,
        hoverinfo="text",
        increasing={"marker": {"color": GAIN}},
        decreasing={"marker": {"color": LOSS}},
        totals={"marker": {"color": NEUTRAL}},
        connector={"line": {"color": NEUTRAL, "width": 1}},
        name=safe(label),
    )


def _numbers(figure: go.Figure, k: int, values: Sequence[float]) -> None:
    """The numbers of a panel in a column at its right, where no bar and no line of zero crosses them."""
    for n, value in enumerate(values):
        figure.add_annotation(text=number(value, 0), showarrow=False, x=1, xref="paper", xanchor="right", y=n,
                              yref=f"y{k + 1 if k else ''}", font={"size": SMALL})  # fmt: skip


def _extent(data: Mapping[str, Terms], order: Sequence[str]) -> list[float]:
    """Every level that a panel passes."""
    out = [0.0]
    for found in data.values():
        level = 0.0
        for t in order:
            level += found.get(t, 0.0)
            out.append(level)
    return out


def _table(data: Mapping[str, Terms], order: Sequence[str], income: Mapping[str, float]) -> pd.DataFrame:
    rows = []
    for label, found in data.items():
        lines = [(_words(t), found.get(t, 0.0)) for t in order] + [(TOTAL, sum(found.values()))]
        for words, value in lines:
            rows.append(
                {
                    "Package": label,
                    "Term": words,
                    "USD million a year": value,
                    "% of national income": 100 * value / income[label],
                }
            )
    return pd.DataFrame(rows)


def _alt(data: Mapping[str, Terms], order: Sequence[str], region: str) -> str:
    said = []
    for label, found in data.items():
        largest = sorted(order, key=lambda t: -abs(found.get(t, 0.0)))[:3]
        parts = [f"{_words(t).lower()} {signed(found.get(t, 0.0), 0, '')}" for t in largest
             if sign_shown(found.get(t, 0.0), 0)]  # fmt: skip
        of = f", of which {in_words(parts)}" if parts else ""
        said.append(f"{label}: {signed(sum(found.values()), 0, 'USD million')}{of}.")
    return f"Waterfall of the terms of the change in welfare, {region}. {' '.join(said)}"


def _note(missing: Sequence[str]) -> str:
    text = (
        "Terms of Huff and Hertel's decomposition, integrated along the path from the baseline; they add up "
        "to the equivalent variation. Each bar begins where the one before it ends; right is a gain."
    )
    return f"{text} Not decomposed: {in_words(missing)}." if missing else text
