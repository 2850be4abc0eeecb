"""The world by region of the model, coloured by the change in welfare, one map a package.

The map is drawn with filled lines on plain axes: Plotly's own maps fetch their base from a server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.colors import sample_colorscale
from plotly.subplots import make_subplots

from results.errors import ResultsError
from results.figures.drawing import (
    Drawing,
    in_words,
    layout,
    require,
    safe,
    sign_shown,
    signed,
    still,
    wrapped,
)
from results.figures.gdp_welfare import GDP, WELFARE, Effect, measured
from results.figures.labels import Labels, labels
from results.figures.outlines import outlines
from results.side_by_side import Column
from results.tidy import WORLD

MOST = 4
"""Maps in one figure."""
SCALE = ((0.0, "#8f3b00"), (0.25, "#e08a3c"), (0.5, "#d3d6da"), (0.75, "#5fa8e6"), (1.0, "#0a4a8f"))
"""Loss to gain: orange, grey, blue."""
DARK = ((0.0, "#ffb469"), (0.25, "#b3621d"), (0.5, "#3d444d"), (0.75, "#2f7fc2"), (1.0, "#a5d3ff"))
"""The same on a dark page: what is near nothing is dark, the ends shine."""
PAPER_LOSS = "#6b2700"
"""Edge of regions that lose, on paper, where a hatch would be a large picture."""
NO_NUMBER = "rgba(138,138,138,0.25)"
EDGE = "rgba(110,110,110,0.9)"
REST_OF_WORLD = "ROW"
"""The economy of the data that stands for all that have no data of their own."""
FRAME = ((-2560, 2720), (-965, 1300))
"""Part of the map shown: all land but Antarctica."""
HEIGHTS = {1: 260, 2: 230, 3: 200, 4: 185}
"""Pixels of one map by number of maps."""
TITLE, KEY = 58, 50
OUTLIER = 2.0
"""The scale is cut when the largest number is this many times the 95th percentile of all."""
LEAST = 1e-6
"""Percent below which all are the solver's last digits and the scale is not drawn to them."""
DIGITS = 3
PRINTED = 2
"""Digits of a percentage in words: a loss that prints as zero is none, here as in the text of a brief."""


def welfare_map(columns: Sequence[Column], focus: str) -> Drawing | None:
    """World maps of the change in welfare in percent; real GDP is in the table and on touch. None when the
    results do not say which economies are in which region. Raises ResultsError when ``focus`` is not a
    region.
    """
    require(columns, focus)
    names = labels(columns[0])
    if not names.members:
        return None
    shown = list(columns[:MOST])
    data = {label: {m: _of_regions(e) for m, e in effects.items()} for label, effects in
            measured(shown).items()}  # fmt: skip
    welfare = {label: effects[WELFARE] for label, effects in data.items()}
    if still((x for w in welfare.values() for x in w.values()), LEAST):
        return None
    limit, cut = scale_limit([x for w in welfare.values() for x in w.values()])
    places = region_shapes(names.members)
    figure = make_subplots(rows=len(shown), cols=1, vertical_spacing=0)
    for k, c in enumerate(shown, 1):
        for trace in _regions(c.label, data[c.label], places, names, limit):
            figure.add_trace(trace, row=k, col=1)
    titles = [_headline(c.label, welfare[c.label], focus, names) for c in shown]
    _frame(figure, titles, limit, cut=cut)
    return Drawing(
        id="welfare-map",
        title="Welfare by region, change in %",
        figure=figure,
        table=_table(data, names),
        decimals={"Welfare, %": DIGITS, "Real GDP, %": DIGITS},
        source=("indicators: welfare_ev, real_gdp", "manifest: labels.members"),
        alt=_alt(welfare, focus, names),
        note=_note(len(columns), welfare, limit, names),
    )


def _of_regions(effect: Effect) -> dict[str, float]:
    """Percent by region without the world."""
    return {r: x for r, x in effect.percent.items() if r != WORLD}


def scale_limit(values: Sequence[float]) -> tuple[float, bool]:
    """Where the colours end, and whether numbers lie beyond: the largest number, or, where it is an outlier,
    the 95th percentile, rounded up to one digit.
    """
    size = np.abs(np.asarray([v for v in values if np.isfinite(v)]))
    most = float(size.max()) if size.size else 0.0
    if most < LEAST:
        return 1.0, False
    usual = float(np.quantile(size, 0.95))
    limit = _round_up(usual) if 0 < usual and most > OUTLIER * usual else _round_up(most)
    return limit, most > limit


def _round_up(value: float) -> float:
    """Up to the next one, two or five times a power of ten (or 1.5, 3, 4, 6, 8 of it)."""
    power = 10.0 ** np.floor(np.log10(value))
    step = next(s for s in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if s * power >= value * (1 - 1e-12))
    return float(f"{step * power:.6g}")


def region_shapes(
    members: Mapping[str, Sequence[str]],
) -> dict[str, tuple[list[np.ndarray], list[np.ndarray]]]:
    """Rings and points by region. Economies without data of their own belong to the region that holds the
    data's rest of the world. Raises ResultsError when an economy is in two regions.
    """
    found = outlines()
    of: dict[str, str] = {}
    for region, inside in members.items():
        for economy in inside:
            if of.setdefault(economy, region) != region:
                raise ResultsError(f"{economy} is in two regions: {of[economy]} and {region}")
    rest = of.get(REST_OF_WORLD)
    out: dict[str, tuple[list[np.ndarray], list[np.ndarray]]] = {r: ([], []) for r in members}
    for economy, rings in found.rings.items():
        region = of.get(economy, rest)
        if region is not None:
            out[region][0].extend(rings)
    for economy, point in found.points.items():
        if economy in of:
            out[of[economy]][1].append(point)
    return out


def _regions(
    label: str,
    mine: Mapping[str, Mapping[str, float]],
    places: Mapping[str, tuple[list[np.ndarray], list[np.ndarray]]],
    names: Labels,
    limit: float,
) -> list[go.Scatter]:
    """Filled outlines of every region, then circles for the economies too small to see."""
    fills, circles = [], []
    for region, (rings, points) in places.items():
        value = mine[WELFARE].get(region, np.nan)
        words = _hover(label, region, mine, names)
        light, dark = (_colour(value, limit, scale) for scale in (SCALE, DARK))
        loses = _loses(value)
        style: dict[str, object] = {"fillcolor": light, "meta": _looks("fillcolor", light, dark)}
        if loses:  # hatched: a loss is told from a gain without colour
            hatch = {"shape": "/", "bgcolor": light, "size": 5, "fgcolor": "rgba(60,25,0,0.55)",
                     "solidity": 0.16}  # fmt: skip
            style = {"fillpattern": hatch, "meta": _hatched_looks(light, dark)}
        x, y = _path(rings)
        common = {"name": region, "text": words, "hoverinfo": "text", "showlegend": False}
        fills.append(go.Scatter(x=x, y=y, mode="lines", fill="toself", hoveron="fills",
                                line={"width": 0.5, "color": EDGE}, **style, **common))  # fmt: skip
        if points:
            alone = not rings or len(names.members[region]) == 1
            shape = "triangle-down" if loses else "circle"
            marker = {"size": 10 if alone else 5, "color": light, "symbol": shape,
                      "line": {"width": 1, "color": EDGE}}  # fmt: skip
            circles.append(go.Scatter(x=[int(p[0]) for p in points], y=[int(p[1]) for p in points],
                                      mode="markers", marker=marker,
                                      meta=_looks("marker.color", light, dark), **common))  # fmt: skip
    return [*(f for f in fills if f.x), *circles]


def _path(rings: Sequence[np.ndarray]) -> tuple[list[int | None], list[int | None]]:
    """All rings as one line with gaps."""
    x: list[int | None] = []
    y: list[int | None] = []
    for ring in rings:
        if x:
            x.append(None)
            y.append(None)
        closed = [*ring.tolist(), ring[0].tolist()]
        x += [p[0] for p in closed]
        y += [p[1] for p in closed]
    return x, y


def _loses(value: float) -> bool:
    """Whether a change prints as a loss."""
    return sign_shown(value, PRINTED) < 0


def _looks(attribute: str, light: str, dark: str) -> dict[str, dict[str, str]]:
    """What the page's script sets on a light and on a dark page."""
    return {"light": {attribute: light}, "dark": {attribute: dark}}


def _hatched_looks(light: str, dark: str) -> dict[str, dict[str, object]]:
    def screen(ground: str, ink: str) -> dict[str, object]:
        return {"fillpattern.shape": "/", "fillpattern.bgcolor": ground, "fillpattern.fgcolor": ink,
                "fillcolor": ground, "line.color": EDGE, "line.width": 0.5}  # fmt: skip

    paper = screen(light, EDGE) | {"fillpattern.shape": "", "line.color": PAPER_LOSS, "line.width": 0.9}
    return {"light": screen(light, "rgba(60,25,0,0.55)"), "dark": screen(dark, "rgba(0,0,0,0.7)"),
            "paper": paper}  # fmt: skip


def _colour(value: float, limit: float, scale: Sequence[tuple[float, str]]) -> str:
    if not np.isfinite(value):
        return NO_NUMBER
    share = 0.5 + 0.5 * float(np.clip(value / limit, -1, 1))
    return str(sample_colorscale([list(s) for s in scale], [share])[0])


def _hover(label: str, region: str, mine: Mapping[str, Mapping[str, float]], names: Labels) -> str:
    head = f"<b>{names.coded(region)}</b><br>{wrapped(label)}"
    welfare, gdp = (mine[k].get(region, np.nan) for k in (WELFARE, GDP))
    text = f"{head}<br>Welfare {signed(welfare, 3, '%')}<br>Real GDP {signed(gdp, 3, '%')}"
    inside = sorted(names.members[region])
    return text if inside == [region] else f"{text}<br>{wrapped(', '.join(inside), 40)}"


def _frame(figure: go.Figure, titles: Sequence[str], limit: float, *, cut: bool) -> None:
    """Axes without ticks at one scale, a title for each map, the key of colours above."""
    one = HEIGHTS[len(titles)] + TITLE
    layout(figure, height=KEY + one * len(titles), showlegend=False, hovermode="closest")
    figure.update_layout(margin={"l": 0, "r": 0, "t": KEY, "b": 0})
    (west, east), (south, north) = FRAME
    shape = (north - south) / (east - west)
    figure.update_layout(meta={"maps": len(titles), "title": TITLE, "key": KEY, "shape": shape})
    figure.update_xaxes(visible=False, range=list(FRAME[0]), constrain="domain")
    figure.update_yaxes(visible=False, range=list(FRAME[1]), scaleratio=1, constrain="domain",
                        constraintoward="top")  # fmt: skip
    for k, title in enumerate(titles):
        top = 1 - (k + TITLE / one) / len(titles)
        domain = [max(0.0, 1 - (k + 1) / len(titles)), top]
        axis = f"x{k + 1 if k else ''}"
        figure.update_yaxes(scaleanchor=axis, domain=domain, row=k + 1, col=1)
        figure.add_annotation(text=title, showarrow=False, align="left", x=0, xref="paper", xanchor="left",
                              y=top, yref="paper", yanchor="bottom")  # fmt: skip
    ticks = [-limit, -limit / 2, 0.0, limit / 2, limit]
    words = [f"{t:+.3g} %" if t else "0" for t in ticks]
    if cut:
        words[0], words[-1] = f"≤ {words[0]}", f"≥ {words[-1]}"
    key = {"orientation": "h", "x": 0.5, "xanchor": "center", "y": 1, "yref": "container", "yanchor": "top",
           "len": 0.86, "thickness": 11, "tickvals": ticks, "ticktext": words, "outlinewidth": 0}  # fmt: skip
    figure.add_trace(
        go.Scatter(x=[None], y=[None], mode="markers", showlegend=False, hoverinfo="skip",
                   marker={"color": [0], "cmin": -limit, "cmax": limit, "showscale": True, "colorbar": key,
                           "colorscale": [list(s) for s in SCALE]},
                   meta={name: {"marker.colorscale": [list(s) for s in scale]}
                         for name, scale in (("light", SCALE), ("dark", DARK))}),
        row=1, col=1,
    )  # fmt: skip


def _headline(label: str, welfare: Mapping[str, float], focus: str, names: Labels) -> str:
    """Title of a map with the numbers of the focus and of both ends, so that nothing hangs on colour."""
    most, least = max(welfare, key=lambda r: welfare[r]), min(welfare, key=lambda r: welfare[r])
    said = []
    for mark, region, sign in (("▲", most, 1), ("▼", least, -1)):
        if region != focus and sign_shown(welfare[region], PRINTED) == sign:
            said.append(f"{mark} {names.short(region)} {signed(welfare[region], PRINTED, '%')}")
    mine = f"{safe(names.short(focus))} {signed(welfare[focus], PRINTED, '%')}"
    return f"<b>{wrapped(label, 44)}</b><br>{mine}<br>{safe('; '.join(said)) or ' '}"


def _table(data: Mapping[str, Mapping[str, Mapping[str, float]]], names: Labels) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Package": label,
                "Region": names.coded(r),
                "Economies": ", ".join(sorted(names.members.get(r, ()))),
                "Welfare, %": value,
                "Real GDP, %": effects[GDP][r],
            }
            for label, effects in data.items()
            for r, value in effects[WELFARE].items()
        ]
    )


def _alt(welfare: Mapping[str, Mapping[str, float]], focus: str, names: Labels) -> str:
    said = []
    for label, mine in welfare.items():
        ranked = sorted(mine, key=lambda r: (mine[r], r))
        losers = [r for r in ranked if _loses(mine[r])]
        gainers = [r for r in ranked[::-1] if sign_shown(mine[r], PRINTED) > 0]
        most, least = (in_words([names.region(r) for r in part[:3]]) for part in (gainers, losers))
        ends = f"; most in {most}" if most else ""
        ends += f"; largest losses in {least}" if least else ""
        said.append(
            f"{label}: {len(gainers)} regions gain, {len(losers)} lose{ends}; "
            f"{names.region(focus)} {signed(mine[focus], PRINTED, '%')}."
        )
    return f"World maps of the change in welfare for {in_words(list(welfare))}. {' '.join(said)}"


def _note(packages: int, welfare: Mapping[str, Mapping[str, float]], limit: float, names: Labels) -> str:
    found = outlines()
    text = (
        "Every economy carries the number of its region; circles (triangles where welfare falls) are "
        "economies too small to see. Losses are hatched (on paper: dark edges); what prints as zero at two "
        "decimals is none. "
    )
    beyond = [
        f"{names.region(r)} ({label}) {signed(x, 3, '%')}"
        for label, mine in welfare.items()
        for r, x in mine.items()
        if abs(x) > limit
    ]
    if beyond:
        text += f"Colours end at ±{limit:g} %; beyond: {in_words(beyond)}. "
    if packages > MOST:
        text += f"Maps of the first {MOST} of {packages} packages; the bars show all. "
    return f"{text}Outlines: {found.source}. {found.boundaries}"
