"""How sure the focus's results are: bands of a sensitivity analysis, when there is one.

Table ``bands``: columns region, sector, partner, indicator, unit, central, low, high, kind, share_failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from results.errors import ResultsError
from results.figures.drawing import (
    Drawing,
    colour,
    in_words,
    layout,
    number,
    require,
    safe,
    span,
    still,
    symbol,
    unsolved,
    wrapped,
)
from results.figures.labels import labels
from results.side_by_side import Column
from results.side_by_side_figures import TITLES
from results.terminal import places
from results.tidy import pick

COLUMNS = ("region", "sector", "partner", "indicator", "unit", "central", "low", "high", "kind",
           "share_failed")  # fmt: skip
FIRST = ("welfare_ev", "real_gdp", "real_wage", "employment", "exports_volume", "imports_volume",
         "terms_of_trade", "tariff_revenue", "cpi")  # fmt: skip
"""Indicators drawn first."""
LEAST = 1e-6
"""Percent, or the unit, below which a band does not move."""
PERCENT = "percent"
MOST = 8
"""Indicators drawn."""
ROW, TITLE, AXIS = 26, 24, 26
"""Pixels of a package, of a panel's title and of its axis."""

Key = tuple[str, str]
"""Indicator and unit."""


@dataclass(frozen=True)
class Band:
    """A number with its band; ``kind``: what the band means; ``failed``: share of points without a
    solution.
    """

    central: float
    low: float
    high: float
    kind: str
    failed: float

    @property
    def sign(self) -> str:
        """What the band says of the sign."""
        if self.low > 0 or self.high < 0:
            return "sign the same in the whole band"
        return "sign open: the band holds zero"


def bands(columns: Sequence[Column], focus: str) -> Drawing | None:
    """Central value and band of the regional indicators of ``focus``, one panel an indicator. None without a
    table ``bands``. Raises ResultsError when ``focus`` is not a region, or the table is not as it must be.
    """
    require(columns, focus)
    data = {c.label: _bands(c, focus) for c in columns if "bands" in c.tables}
    data = {label: found for label, found in data.items() if found}
    if not data:
        return None
    moving = (k for found in data.values() for k, b in found.items() if not still((b.low, b.high), LEAST))
    known = _once(dict.fromkeys(moving))
    if not known:
        return None
    ranked = sorted(known, key=lambda k: FIRST.index(k[0]) if k[0] in FIRST else len(FIRST))
    keys, left_out = ranked[:MOST], len(ranked[MOST:])
    decimals = _decimals(data, keys)
    region = labels(columns[0]).region(focus)
    return Drawing(
        id="bands",
        title=f"{region}: results with their bands",
        figure=_figure(data, keys, decimals),
        table=_table(data, keys),
        decimals={"Central": decimals, "Low": decimals, "High": decimals, "Failed, % of points": 1},
        source=("bands",),
        alt=_alt(data, keys, decimals, region),
        note=_note(columns, data, left_out),
    )


def _bands(c: Column, focus: str) -> dict[Key, Band]:
    table = c.tables["bands"]
    lacking = [k for k in COLUMNS if k not in table.columns]
    if lacking:
        raise ResultsError(f"{c.label}: the table bands lacks {', '.join(lacking)}")
    out: dict[Key, Band] = {}
    for row in pick(table, region=focus, sector="", partner="").to_dict("records"):
        key = (str(row["indicator"]), str(row["unit"]))
        central, low, high, failed = (float(row[k]) for k in ("central", "low", "high", "share_failed"))
        if not low <= high:
            raise ResultsError(f"{c.label}: the band of {key[0]} ends below where it begins ({low}, {high})")
        if key in out:
            raise ResultsError(f"{c.label}: two bands of {key[0]} ({key[1]}) for {focus}")
        out[key] = Band(central, low, high, str(row["kind"]), failed)
    return out


def _once(keys: Iterable[Key]) -> list[Key]:
    """Each result in one unit, percent where there is one: amounts have other digits."""
    found = list(keys)
    relative = {name for name, unit in found if unit == PERCENT}
    return [k for k in found if k[1] == PERCENT or k[0] not in relative]


def _decimals(data: Mapping[str, Mapping[Key, Band]], keys: Sequence[Key]) -> int:
    """Digits that show the smallest central value with two figures and on which side of zero bands end."""
    sizes = [abs(found[k].central) for found in data.values() for k in keys if k in found]
    least = min((x for x in sizes if x > 0), default=1.0)
    figures = next((n for n in range(5) if least * 10**n >= 10), 4)
    ends = [x for found in data.values() for k in keys if k in found for x in (found[k].low, found[k].high)]
    return places(ends, figures, 5)


def _figure(data: Mapping[str, Mapping[Key, Band]], keys: Sequence[Key], decimals: int) -> go.Figure:
    inside = ROW * len(data)
    title = TITLE + 15 * max(_title(key).count("<br>") for key in keys)
    one = title + inside + AXIS
    figure = make_subplots(rows=len(keys), cols=1)
    for n, key in enumerate(keys):
        ends = [0.0]
        for k, (label, found) in enumerate(data.items()):
            if key in found:
                figure.add_trace(_mark(label, k, key, found[key], decimals), row=n + 1, col=1)
                ends += [found[key].low, found[key].high, found[key].central]
        top = 1 - (n + title / one) / len(keys)
        domain = [max(0.0, 1 - (n + 1 - AXIS / one) / len(keys)), top]
        figure.update_yaxes(domain=domain, autorange="reversed", type="category", row=n + 1, col=1)
        figure.update_xaxes(range=span(ends, room=0.1), nticks=5, row=n + 1, col=1)
        figure.add_annotation(text=f"<b>{_title(key)}</b>", showarrow=False, align="left", x=0, xref="paper",
                              y=top, xanchor="left", yref="paper", yanchor="bottom")  # fmt: skip
    return layout(figure, height=one * len(keys) + 16, showlegend=False)


def _words(key: Key) -> str:
    name, unit = key
    words = TITLES.get(name, name.replace("_", " ").capitalize()).partition(" (")[0]
    return f"{words}, {'points of the index' if unit.startswith('index') else unit}"


def _title(key: Key) -> str:
    return wrapped(_words(key), 30)


def _mark(label: str, k: int, key: Key, b: Band, decimals: int) -> go.Scatter:
    error = {"type": "data", "symmetric": False, "array": [b.high - b.central], "color": colour(k),
             "arrayminus": [b.central - b.low], "thickness": 4, "width": 7}  # fmt: skip
    hover = (
        f"<b>{wrapped(label)}</b><br>{wrapped(_words(key), 40)}<br>{number(b.central, decimals)}, from "
        f"{number(b.low, decimals)} to {number(b.high, decimals)}<br>{b.kind}<br>{b.sign}"
    )
    return go.Scatter(x=[b.central], y=[wrapped(label, 20)], mode="markers", name=safe(label), error_x=error,
                      marker={"symbol": symbol(k), "size": 10, "color": colour(k)}, hovertext=[hover],
                      text=[number(b.central, decimals, sign=False)], hoverinfo="text")  # fmt: skip


def _table(data: Mapping[str, Mapping[Key, Band]], keys: Sequence[Key]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Result": _words(key),
                "Package": label,
                "Central": found[key].central,
                "Low": found[key].low,
                "High": found[key].high,
                "Band": found[key].kind,
                "Sign": found[key].sign,
                "Failed, % of points": 100 * found[key].failed,
            }
            for key in keys
            for label, found in data.items()
            if key in found
        ]
    )


def _alt(data: Mapping[str, Mapping[Key, Band]], keys: Sequence[Key], decimals: int, region: str) -> str:
    said = []
    for label, found in data.items():
        key = next(k for k in keys if k in found) if any(k in found for k in keys) else None
        if key is not None:
            b = found[key]
            said.append(
                f"{label}: {_words(key)} {number(b.central, decimals)}, from {number(b.low, decimals)} to "
                f"{number(b.high, decimals)}, {b.sign}."
            )
    return f"Central values with bands, {region}. {' '.join(said)}"


def _note(columns: Sequence[Column], data: Mapping[str, Mapping[Key, Band]], left_out: int) -> str:
    kinds = list(dict.fromkeys(b.kind for found in data.values() for b in found.values()))
    worst = max(b.failed for found in data.values() for b in found.values())
    text = f"Bands: {in_words(kinds)}. {unsolved(worst)} "
    without = [c.label for c in columns if c.label not in data]
    if without:
        text += f"Without bands: {in_words(without)}. "
    if left_out:
        text += f"{left_out} more results have bands in the table of the results. "
    return text.strip()
