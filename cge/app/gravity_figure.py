"""The figure of trade inside groups: plain SVG, and a page of its own with the numbers beside it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from calibration.gravity.blocs import Bloc

PANEL_W, PANEL_H, LEFT, TOP, BOTTOM, GAP, COLUMNS = 250, 170, 52, 34, 30, 18, 3
INK, BAND, GRID = "#1f4e79", "#c6d8ea", "#d9d9d9"


def svg(found: Sequence[Bloc]) -> str:
    """One small chart per group on a common scale: excess in percent by year with its 95 % band."""
    low = min(0.0, *(float(b.years["low"].to_numpy().min()) for b in found))
    high = max(0.0, *(float(b.years["high"].to_numpy().max()) for b in found))
    step = _step(high - low)
    low, high = step * (low // step), step * -(-high // step)
    rows = -(-len(found) // COLUMNS)
    width = min(len(found), COLUMNS) * (PANEL_W + LEFT + GAP) + GAP
    height = rows * (PANEL_H + TOP + BOTTOM) + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{GAP}" y="16" font-size="13">Trade in {escape(found[0].flow)} inside a group beyond what '
        "gravity predicts, percent, with 95 % band</text>",
    ]
    for n, bloc in enumerate(found):
        x = LEFT + (n % COLUMNS) * (PANEL_W + LEFT + GAP)
        y = 24 + TOP + (n // COLUMNS) * (PANEL_H + TOP + BOTTOM)
        parts += _chart(bloc, x, y, (low, high, step))
    return "\n".join([*parts, "</svg>"])


def _step(span: float) -> float:
    for step in (5, 10, 20, 25, 50, 100, 200, 500, 1000):
        if span / step <= 8:
            return float(step)
    return 10.0 ** (len(str(int(span))) - 1)


def _chart(bloc: Bloc, x0: float, y0: float, scale: tuple[float, float, float]) -> list[str]:
    low, high, step = scale
    years = [int(v) for v in bloc.years.index]

    def x(n: int) -> float:
        return x0 + PANEL_W * n / max(1, len(years) - 1)

    def y(value: float) -> float:
        return y0 + PANEL_H * (high - value) / (high - low)

    parts = [
        f'<text x="{x0}" y="{y0 - 8}" font-weight="bold">{escape(bloc.name)} ({len(bloc.members)})</text>'
    ]
    value = low
    while value <= high + 1e-9:
        shade = "#666" if abs(value) < 1e-9 else GRID
        parts.append(
            f'<line x1="{x0}" x2="{x0 + PANEL_W}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="{shade}"/>'
        )
        parts.append(f'<text x="{x0 - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g}</text>')
        value += step
    upper = [f"{x(n):.1f},{y(v):.1f}" for n, v in enumerate(bloc.years["high"])]
    lower = [f"{x(n):.1f},{y(v):.1f}" for n, v in enumerate(bloc.years["low"])][::-1]
    line = [f"{x(n):.1f},{y(v):.1f}" for n, v in enumerate(bloc.years["percent"])]
    parts.append(f'<polygon points="{" ".join(upper + lower)}" fill="{BAND}" fill-opacity="0.7"/>')
    parts.append(f'<polyline points="{" ".join(line)}" fill="none" stroke="{INK}" stroke-width="2"/>')
    for n in range(0, len(years), 3):
        parts.append(f'<text x="{x(n):.1f}" y="{y0 + PANEL_H + 14}" text-anchor="middle">{years[n]}</text>')
    return parts


def page(found: Sequence[Bloc]) -> str:
    """A self-contained HTML page: the figure and the table of its numbers."""
    rows = [
        f"<tr><td>{escape(b.name)}</td><td>{year}</td><td>{v.log_points:.3f}</td><td>{v.se:.3f}</td>"
        f"<td>{v.percent:.1f}</td><td>{v.low:.1f}</td><td>{v.high:.1f}</td></tr>"
        for b in found
        for year, v in b.years.iterrows()
    ]
    trends = [
        f"<li>{escape(b.name)} ({escape(' '.join(b.members))}): trend {100 * b.trend:.2f} log points "
        f"x 100 a year, standard error {100 * b.trend_se:.2f}</li>"
        for b in found
    ]
    head = "".join(f"<th>{h}</th>" for h in ("group", "year", "log points", "se", "percent", "low", "high"))
    style = "body{font-family:sans-serif;margin:2em}td,th{padding:0 .8em;text-align:right}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Trade inside groups</title>'
        f"<style>{style}</style></head><body>\n{svg(found)}\n<ul>{''.join(trends)}</ul>\n"
        f"<table><tr>{head}</tr>\n{chr(10).join(rows)}\n</table></body></html>\n"
    )
