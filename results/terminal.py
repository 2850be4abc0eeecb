"""What every table on a terminal of 80 columns is made of: numbers with signs, colours, widths.

Gains are blue and losses orange (told apart by every common form of colour blindness), and each number
carries its sign, so that nothing depends on colour.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

GAIN, LOSS = "#3d8fd1", "#d97a00"
"""Blue and orange, legible on black and on white."""

WIDTH = 80
"""Columns of the screen that everything fits."""

EDGES, GAP = 2, 3
"""What rich draws around a table of this box style and between two of its columns."""

Row = Sequence[str | Text]


def number(value: float, decimals: int = 2, *, sign: bool = True) -> str:
    """``+1,234.56``; a number that rounds to zero is a bare zero (never ``-0.00``); "n/a" when not a
    number.
    """
    if value != value:
        return "n/a"
    text = f"{value:+,.{decimals}f}" if sign else f"{value:,.{decimals}f}"
    zero = f"{0:.{decimals}f}"
    return zero if text.lstrip("+-") == zero else text


def places(values: Iterable[float], decimals: int, most: int = 6) -> int:
    """Decimals, ``decimals`` or more, with which none of the values prints as zero unless it is zero, so that
    the end of a band shows its side; ``decimals`` where ``most`` do not suffice.
    """
    there = [v for v in values if math.isfinite(v) and v != 0]
    enough = (d for d in range(decimals, most + 1) if all(float(f"{v:.{d}f}") for v in there))
    return next(enough, decimals)


def coloured(value: float, decimals: int = 2, *, bold: bool = False) -> Text:
    """A signed number, blue above zero, orange below, plain where it rounds to zero."""
    text = number(value, decimals)
    style = {"+": GAIN, "-": LOSS}.get(text[0], "")
    return Text(text, style=f"bold {style}" if bold else style)


def cut(text: str, width: int) -> str:
    """The text, shortened with an ellipsis where it is longer than ``width``."""
    return text if len(text) <= width else text[: width - 1].rstrip(" ,") + "…"


def named(label: str, names: Mapping[str, str]) -> str:
    """The label with its name in words, where it has one."""
    return f"{label} {names.get(label, '')}".strip()


def table(title: str, headers: Sequence[str], justify: str, rows: Sequence[Row], widest: int) -> Table:
    """A table of at most ``WIDTH`` columns: numbers are never cut, the first column gets what room is left.

    ``justify``: "l" or "r" by column; ``widest``: of the first column. An empty row draws a line.
    """
    out = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    cells = [[len(h), *(len(r[k]) for r in rows if r)] for k, h in enumerate(headers)]
    wanted = [max(lengths) for lengths in cells]
    room = WIDTH - EDGES - GAP * (len(headers) - 1) - sum(wanted[1:])
    first = max(6, min(widest, wanted[0], room))
    for header, side in zip(headers, justify, strict=True):
        out.add_column(header, justify="right" if side == "r" else "left", no_wrap=True)
    for row in rows:
        if row:
            style = row[0].style if isinstance(row[0], Text) else ""
            out.add_row(Text(cut(str(row[0]), first), style=style), *row[1:])
        else:
            out.add_section()
    return out
