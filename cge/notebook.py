"""Small tables of HTML for notebooks: escaped, without scripts, in the colours of the notebook itself.

Nothing here sets a colour of text or ground, so that light and dark notebooks both show it well.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cge.solution import Solution

MOST = 12
"""Rows of a table; what is left out is counted under it."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CELL = "padding:0.15em 0.7em 0.15em 0;border-bottom:1px solid currentColor;vertical-align:top;"


def plain(text: str) -> str:
    """A text for HTML: escaped, blanks made single, without the control signs that folded YAML leaves."""
    return escape(" ".join(_CONTROL.sub("", text).split()))


def view(title: str, *parts: str) -> str:
    """One object of a notebook: a title (plain text) over parts (HTML of this module)."""
    return f'<div class="cge-view"><p><strong>{plain(title)}</strong></p>{"".join(parts)}</div>'


def paragraph(text: str) -> str:
    """A paragraph of plain text; nothing for an empty one."""
    return f"<p>{plain(text)}</p>" if text else ""


def items(texts: Sequence[str], *, most: int = MOST) -> str:
    """A list of plain texts, capped."""
    if not texts:
        return ""
    more = [f"and {len(texts) - most} more"] if len(texts) > most else []
    return f"<ul>{''.join(f'<li>{plain(t)}</li>' for t in [*texts[:most], *more])}</ul>"


def table(
    caption: str,
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    words: int = 1,
    most: int = MOST,
    more: str = "",
) -> str:
    """A table of plain texts: the first ``words`` columns to the left, numbers to the right.

    At most ``most`` rows; the others are counted in a last line that says where they are (``more``).
    """
    sides = ["left" if k < words else "right" for k in range(len(headers))]
    head = "".join(
        f'<th scope="col" style="{_CELL}text-align:{side}">{plain(h)}</th>'
        for h, side in zip(headers, sides, strict=True)
    )
    body = "".join(f"<tr>{_row(row, sides)}</tr>" for row in rows[:most])
    left = len(rows) - most
    foot = ""
    if left > 0:
        said = f"{left:,} more rows{f': {more}' if more else ''}"
        cell = f'<td colspan="{len(headers)}" style="text-align:left">{plain(said)}</td>'
        foot = f"<tfoot><tr>{cell}</tr></tfoot>"
    title = f'<caption style="text-align:left">{plain(caption)}</caption>'
    return (
        f'<table style="border-collapse:collapse;margin-bottom:0.8em">{title}'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>{foot}</table>"
    )


def _row(row: Sequence[str], sides: Sequence[str]) -> str:
    cells = []
    for k, (cell, side) in enumerate(zip(row, sides, strict=True)):
        style = f"{_CELL}text-align:{side};{'white-space:nowrap' if side == 'right' else ''}"
        tag, scope = ("th", ' scope="row"') if k == 0 else ("td", "")
        weight = "font-weight:normal;" if k == 0 else ""
        cells.append(f'<{tag}{scope} style="{weight}{style}">{plain(cell)}</{tag}>')
    return "".join(cells)


def solution_html(s: Solution) -> str:
    """Sizes and certificate of a solution, its largest residuals, and where the numbers are."""
    c, sizes = s.certificate, s.values.sizes
    facts = [
        ("solves the model", "yes" if c.converged else "NO"),
        ("largest residual", f"{c.max_residual:.1e}"),
        ("Walras' law, share of GDP", f"{c.walras:.1e}"),
        ("gap of the three GDPs, relative", f"{c.gdp_gap:.1e}"),
        ("iterations", f"{c.iterations}"),
        ("space and route", f"{c.space}, {c.route}"),
        ("seconds", f"{c.seconds:.2f}"),
    ]
    worst = [(equation, cell, f"{value:.1e}") for equation, cell, value in c.worst]
    return view(
        f"Solution: {sizes['r']} regions, {sizes['i']} sectors, {len(s.values.data_vars)} variables",
        table("Certificate", ("Check", "Value"), facts),
        table("Largest residuals", ("Equation", "Cell", "Residual"), worst, words=2) if worst else "",
        paragraph(
            "Prices and quantities in .values are indices (1 at the benchmark), incomes shares of the "
            "region's benchmark GDP; .benchmark holds the accounts, USD million."
        ),
    )
