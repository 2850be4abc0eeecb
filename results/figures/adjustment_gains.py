"""What adjustment costs against what the policy brings, and workers displaced by definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from results.adjustment import SETS
from results.figures.drawing import (
    NEUTRAL,
    Drawing,
    bar_style,
    hatched,
    in_words,
    layout,
    number,
    require,
    sign_shown,
    solid,
    span,
    still,
    under_legend,
    wrapped,
)
from results.figures.labels import labels
from results.side_by_side import Column
from results.terminal import GAIN, LOSS
from results.tidy import pick

GAIN_ROW = "adjustment_present_value_of_gain"
COST_ROW = "adjustment_cost_gross"
MONEY = (("Gain in welfare, present value", GAIN_ROW), ("Cost of adjustment, once", COST_ROW))
PAYBACK = "payback_years"
DEFINITIONS = (
    ("Net fall of each sector's jobs", "displaced_gross"),
    ("of it beyond attrition", "displaced_beyond_attrition"),
    ("Displaced by imports, direct", "displaced_imports_direct"),
    ("Displaced by imports, with inputs", "displaced_imports_with_inputs"),
)
BAR, GAP, AXIS = 14, 14, 44
"""Pixels of a bar, between groups, and of the axis with its title."""
LEAST = 1e-3
"""USD million or thousand persons below which nothing changes."""
USD, PERSONS = "USD million", "thousand persons"


@dataclass(frozen=True)
class Range:
    """``low``, ``central``, ``high``: by sets of parameters that make the cost low or high; all equal where
    the number does not depend on them.
    """

    low: float
    central: float
    high: float

    @property
    def ends(self) -> tuple[float, float]:
        """The smaller and the larger of all three."""
        return min(self.low, self.central, self.high), max(self.low, self.central, self.high)

    def text(self, decimals: int, unit: str, *, sign: bool = False) -> str:
        """``120 USD million (low 80, high 200)``; ``sign``: with a plus, for gains."""
        low, central, high = (number(x, decimals, sign=sign) for x in (self.low, self.central, self.high))
        more = "" if low == central == high else f" (low {low}, high {high})"
        return f"{central} {unit}{more}"


def adjustment_against_gains(columns: Sequence[Column], focus: str) -> Drawing | None:
    """Present value of the gain of ``focus`` and cost of its adjustment in USD million, with the range from
    the low to the high set and the time until the gain has paid. None without an account. Raises ResultsError
    when ``focus`` is not a region.
    """
    require(columns, focus)
    data = {c.label: _of(c, focus, [name for _, name in MONEY]) for c in columns if _has(c, focus, COST_ROW)}
    if not data:
        return None
    if still((x for d in data.values() for r in d.values() for x in r.ends), LEAST):
        return None
    back = {c.label: _payback(c, focus) for c in columns if c.label in data}
    region = labels(columns[0]).region(focus)
    rows = [f"<b>{wrapped(label, 20)}</b><br>{back[label]}" for label in data]
    figure = go.Figure()
    for n, (words, name) in enumerate(MONEY):
        found = [data[label][name] for label in data]
        style = solid(GAIN) if n == 0 else hatched(LOSS)
        hover = [f"<b>{wrapped(p)}</b><br>{words}<br>{r.text(0, USD, sign=n == 0)}<br>{back[p]}"
                 for p, r in zip(data, found, strict=True)]  # fmt: skip
        figure.add_trace(_bars(words, rows, found, style, hover))
    ends = [x for found in data.values() for r in found.values() for x in r.ends]
    _horizontal(figure, len(data), rows, ends, f"{USD}", groups=len(MONEY))
    return Drawing(
        id="adjustment-against-gains",
        title=f"{region}: cost of adjustment against the gain in welfare, {USD}, present values",
        figure=figure,
        table=_money_table(data, back),
        decimals={f"{k}, {USD}": 0 for k in ("Low", "Central", "High")},
        source=("adjustment: adjustment_present_value_of_gain, adjustment_cost_gross, payback_years",),
        alt=_money_alt(data, back, region),
        note="Thin lines: from the set of parameters that makes the cost low to that which makes it high. "
        "The cost counts every job cut in a sector; payback is at the central set.",
    )


def displaced_workers(columns: Sequence[Column], focus: str) -> Drawing | None:
    """Workers of ``focus`` displaced, by definition, in thousand persons. None without an account. Raises
    ResultsError when ``focus`` is not a region.
    """
    require(columns, focus)
    names = [name for _, name in DEFINITIONS]
    data = {c.label: _of(c, focus, names) for c in columns if _has(c, focus, names[0])}
    if not data:
        return None
    if still((x for d in data.values() for r in d.values() for x in r.ends), LEAST):
        return None
    shown = [(w, name) for w, name in DEFINITIONS if any(name in found for found in data.values())]
    region = labels(columns[0]).region(focus)
    rows = [wrapped(words, 22) for words, _ in shown]
    figure = go.Figure()
    for k, (label, found) in enumerate(data.items()):
        mine = [found.get(name, _NOTHING) for _, name in shown]
        hover = [f"<b>{w}</b><br>{wrapped(label)}<br>{r.text(2, PERSONS)}"
                 for (w, _), r in zip(shown, mine, strict=True)]  # fmt: skip
        figure.add_trace(_bars(wrapped(label, 36), rows, mine, bar_style(k), hover))
    ends = [x for found in data.values() for r in found.values() for x in r.ends]
    _horizontal(figure, len(shown), rows, ends, PERSONS, groups=len(data))
    return Drawing(
        id="displaced-workers",
        title=f"{region}: workers displaced by definition, {PERSONS}",
        figure=figure,
        table=_people_table(data, shown),
        decimals={f"{k}, {PERSONS}": 2 for k in ("Low", "Central", "High")},
        source=("adjustment: " + ", ".join(name for _, name in shown),),
        alt=_people_alt(data, shown, region),
        note="Thin lines: from the low to the high set of parameters. Each definition counts something else; "
        "they do not add up.",
    )


_NOTHING = Range(float("nan"), float("nan"), float("nan"))


def _has(c: Column, focus: str, name: str) -> bool:
    if "adjustment" not in c.tables:
        return False
    mine = set(map(str, pick(c.tables["adjustment"], region=focus)["indicator"]))
    return name in mine or f"{name}_{SETS[1]}" in mine


def _of(c: Column, focus: str, names: Sequence[str]) -> dict[str, Range]:
    """Indicators summed over sectors, those that the result has."""
    mine = pick(c.tables["adjustment"], region=focus)
    sums: dict[str, float] = {}
    for name, value in zip(mine["indicator"], mine["change"], strict=True):
        sums[str(name)] = sums.get(str(name), 0.0) + float(value)
    out = {}
    for name in names:
        if name in sums:
            out[name] = Range(sums[name], sums[name], sums[name])
        elif f"{name}_{SETS[1]}" in sums:
            out[name] = Range(*(sums[f"{name}_{s}"] for s in SETS))
    return out


def _payback(c: Column, focus: str) -> str:
    """When the central gain has paid the central cost, in words."""
    gain = _of(c, focus, [GAIN_ROW])[GAIN_ROW].central
    if sign_shown(gain, 0) <= 0:
        return "no gain"
    years = pick(c.tables["adjustment"], region=focus, indicator=f"{PAYBACK}_{SETS[1]}")
    if years.empty:
        known = f"{PAYBACK}_{SETS[1]}" in set(map(str, c.tables["adjustment"]["indicator"]))
        return "never paid back" if known else "payback n/a"
    return f"paid back in {float(years['change'].to_numpy()[0]):.1f} years"


def _bars(
    name: str, rows: Sequence[str], found: Sequence[Range], style: dict[str, object], hover: Sequence[str]
) -> go.Bar:
    ranged = [r.ends[1] > r.ends[0] for r in found]
    plus = [r.ends[1] - r.central if x else None for r, x in zip(found, ranged, strict=True)]
    minus = [r.central - r.ends[0] if x else None for r, x in zip(found, ranged, strict=True)]
    error = {"type": "data", "symmetric": False, "array": plus, "arrayminus": minus, "color": NEUTRAL,
             "thickness": 2, "width": 5, "visible": any(ranged)}  # fmt: skip
    return go.Bar(y=list(rows), x=[r.central for r in found], orientation="h", name=name, marker=style,
                  error_x=error, hovertext=list(hover), hoverinfo="text")  # fmt: skip


def _horizontal(
    figure: go.Figure, count: int, rows: Sequence[str], ends: Sequence[float], unit: str, *, groups: int
) -> None:
    figure.update_xaxes(
        range=span(ends, least=1e-3), nticks=5, side="top", title={"text": unit, "standoff": 4}
    )
    figure.update_yaxes(autorange="reversed", categoryorder="array", categoryarray=list(rows))
    one = max(BAR * groups, 15 * max(r.count("<br>") + 1 for r in rows)) + GAP
    layout(figure, barmode="group", bargap=GAP / one)
    under_legend(figure, count * one, AXIS)


def _money_table(data: Mapping[str, Mapping[str, Range]], back: Mapping[str, str]) -> pd.DataFrame:
    rows = []
    for label, found in data.items():
        for words, name in MONEY:
            r = found[name]
            rows.append({"Package": label, "What": words, f"Low, {USD}": r.low, f"Central, {USD}": r.central,
                         f"High, {USD}": r.high, "Payback": back[label]})  # fmt: skip
    return pd.DataFrame(rows)


def _people_table(data: Mapping[str, Mapping[str, Range]], shown: Sequence[tuple[str, str]]) -> pd.DataFrame:
    rows = []
    for words, name in shown:
        for label, found in data.items():
            r = found.get(name, _NOTHING)
            rows.append({"Definition": words, "Package": label, f"Low, {PERSONS}": r.low,
                         f"Central, {PERSONS}": r.central, f"High, {PERSONS}": r.high})  # fmt: skip
    return pd.DataFrame(rows)


def _money_alt(data: Mapping[str, Mapping[str, Range]], back: Mapping[str, str], region: str) -> str:
    said = [
        f"{label}: gain {found[GAIN_ROW].text(0, USD, sign=True)}, cost {found[COST_ROW].text(0, USD)}; "
        f"{back[label]}."
        for label, found in data.items()
    ]
    return f"Bars of the present value of the gain and of the cost of adjustment, {region}. {' '.join(said)}"


def _people_alt(
    data: Mapping[str, Mapping[str, Range]], shown: Sequence[tuple[str, str]], region: str
) -> str:
    said = []
    for label, found in data.items():
        parts = [f"{w.lower()} {found[n].text(2, 'thousand')}" for w, n in shown if n in found]
        said.append(f"{label}: {in_words(parts)}.")
    return f"Bars of workers displaced by definition, {region}. {' '.join(said)}"
