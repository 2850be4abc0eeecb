"""The welfare decomposition on a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from results import decomposition_terms as terms
from results.compare import Comparison
from results.errors import ResultsError
from results.screen import coloured, number
from results.tidy import WORLD, pick

GROUPS = {
    "Alloc.": (terms.ALLOCATIVE,), "ToT": (terms.TOT,), "I-S": (terms.SAVING,),
    "Factors": (terms.ENDOWMENT, terms.EMPLOYMENT), "Techn.": (terms.TECHNOLOGY,), "Rents": (terms.RENTS,),
    "Shares": (terms.BUDGET,),
}  # fmt: skip
"""Columns of the table of regions: the terms summed in each."""
SHORT = {terms.ALLOCATIVE: "allocative", terms.TOT: "ToT"}
NAMED = 2
"""Partners and commodities named for each term of the focus region."""
VISIBLE = 1e-8
"""Share of income below which a number is left out."""
LEGEND = (
    "Alloc.: each tax rate times the change of the quantity it falls on. ToT: trade times the change of "
    "border prices, against world factor prices. I-S: foreign saving times the change of the investment "
    "price. Integrated along the straight path from the baseline; Huff and Hertel (2000)."
)


def render(c: Comparison, focus: str | None = None) -> Group:
    """All regions by group of terms, then the terms of one region with the partners and commodities in them.

    ``c``: a comparison with its decomposition (``results.decomposition.attach``). Raises ResultsError
    without one, and when ``focus`` is not a region.
    """
    if "decomposition" not in c.tables:
        raise ResultsError("this comparison has no decomposition: attach one, or run with --decompose")
    region = focus or c.scenario.focus
    if region not in set(c.tables["decomposition"].region):
        raise ResultsError(f"{region!r} is not a region of this decomposition")
    found = c.manifest["decomposition"]
    accuracy = (
        f"The terms add up to {found['largest_relative_gap']:.0e} of their absolute sum; "
        f"{found['nodes']} points of the path."
    )
    return Group(_regions(c), _region(c, region), Text(LEGEND, style="dim"), Text(accuracy, style="dim"))


def _regions(c: Comparison) -> Table:
    by = _sums(c.tables["decomposition"], "region", "term")
    income = _incomes(c)
    cells = {
        (region, name): sum(by.get((region, term), 0.0) for term in members)
        for region in income
        for name, members in GROUPS.items()
    }
    used = [n for n in GROUPS if any(abs(cells[r, n]) > VISIBLE * income[r] for r in income)]
    ev = {r: sum(cells[r, n] for n in GROUPS) for r in income}
    out = _grid("Where welfare changes come from (USD million)", "Region", ("Welfare", *used))
    for region in [*sorted((r for r in income if r != WORLD), key=lambda r: -ev[r]), WORLD]:
        if region == WORLD:
            out.add_section()
        out.add_row(
            region, coloured(ev[region], 0, bold=True), *(coloured(cells[region, n], 0) for n in used)
        )
    return out


def _region(c: Comparison, region: str) -> Table:
    mine, abroad = (pick(c.tables[t], region=region) for t in ("decomposition", "decomposition_partners"))
    sums = _sums(mine, "term", "sub_term")
    floor = VISIBLE * _incomes(c)[region]
    out = _grid(f"{region}: terms of its welfare change (USD million)", "Term", ("",), "Largest parts")
    for (term, sub), value in sorted(sums.items(), key=lambda item: -abs(item[1])):
        if abs(value) > floor:
            parts = [_largest(pick(abroad, term=term, sub_term=sub), "partner"),
                     _largest(pick(mine, term=term, sub_term=sub), "sector")]  # fmt: skip
            out.add_row(
                f"{SHORT.get(term, term)}: {sub}", coloured(value, 1), "; ".join(p for p in parts if p)
            )
    out.add_section()
    out.add_row("welfare", coloured(sum(sums.values()), 1, bold=True), "")
    return out


def _largest(part: pd.DataFrame, by: str) -> str:
    values = {k: x for k, x in zip(part[by].to_list(), part["change"].to_list(), strict=True) if k and x}
    largest = sorted(values.items(), key=lambda item: -abs(item[1]))[:NAMED]
    return ", ".join(f"{label} {number(value, 0)}" for label, value in largest)


def _sums(table: pd.DataFrame, one: str, two: str) -> dict[tuple[str, str], float]:
    out: dict[tuple[str, str], float] = {}
    for a, b, x in zip(*(table[k].to_list() for k in (one, two, "change")), strict=True):
        out[a, b] = out.get((a, b), 0.0) + float(x)
    return out


def _incomes(c: Comparison) -> dict[str, float]:
    """National income of the base by region, USD million: what welfare is a percentage of."""
    t = pick(c.tables["indicators"], indicator="welfare_ev")
    return dict(zip(t.region.to_list(), t.baseline.to_list(), strict=True))


def _grid(title: str, first: str, numbers: Sequence[str], words: str = "") -> Table:
    out = Table(
        title=title,
        min_width=len(title),
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    out.add_column(first, no_wrap=True)
    for header in numbers:
        out.add_column(header, justify="right", no_wrap=True)
    if words:
        out.add_column(words, no_wrap=True, overflow="ellipsis", max_width=30)
    return out
