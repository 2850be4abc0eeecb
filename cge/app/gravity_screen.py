"""Tables of `cge gravity`, 80 columns wide."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.table import Table

from calibration.barriers import USED
from calibration.gravity.build import POOLED
from calibration.gravity.choices import specification
from calibration.gravity.estimate import CROSS_SECTION, PAIR, SPECIFICATIONS
from calibration.gravity.groups import GROUPS
from calibration.gravity.levels import METHODS
from calibration.gravity.panel import TOTAL
from calibration.labels import goods, read_rows
from calibration.sources.icio import SERVICES

if TYPE_CHECKING:
    from rich.console import RenderableType

    from calibration.gravity.blocs import Bloc

MISSING = "-"
PUBLISHED_TERMS = {t: t for t in ("distance", "contiguity", "language", "colony", "tariff")} | {
    "agreement": "deep"
}
"""Published term -> the project's own term beside it."""


def render(table: Any) -> list[RenderableType]:
    """Geography, policy and used effects by industry, group means, and the published estimates beside
    them.
    """
    cells = {
        (r.industry, r.specification, r.term): (r.estimate, r.se)
        for r in table.itertuples()
        if r.estimate == r.estimate
    }
    notes = [
        "Poisson, fixed effects, zero flows kept; log points (standard errors by pair).",
        f"{MISSING}: not estimated for want of variation (services: no tariffs).",
    ]
    return [
        _geography(cells), _policy(cells), _pair(cells), _means(cells), _published(cells), "\n".join(notes),
    ]  # fmt: skip


def _cell(cells: dict, *key: str, digits: int = 2) -> str:
    """Estimate and standard error without leading zeros, `-.73(.04)`."""
    value, se = cells.get(key, (np.nan, np.nan))
    if value != value:
        return MISSING
    return "".join(
        re.sub(r"^(-?)0\.", r"\1.", f"{v:.{digits}f}") + end for v, end in ((value, "("), (se, ")"))
    )


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 0, 0, 1), show_edge=False)
    for n, column in enumerate(columns):
        table.add_column(column, justify="right" if n else "left", no_wrap=True)
    return table


def _geography(cells: dict) -> Table:
    terms = ("distance", "contiguity", "language", "colony", "border")
    table = _table("Geography (exporter-year, importer-year effects)", "industry", *terms)
    for i in (*goods(), TOTAL, SERVICES):
        table.add_row(i, *(_cell(cells, i, CROSS_SECTION, t) for t in terms))
    return table


def _policy(cells: dict) -> Table:
    terms = ("tariff", "shallow", "deep", "single_market")
    table = _table("Tariffs and agreements (the same regressions)", "industry", *terms)
    for i in (*goods(), *GROUPS, TOTAL, SERVICES):
        found = (_cell(cells, i, CROSS_SECTION, t, digits=1 if t == "tariff" else 2) for t in terms)
        table.add_row(i, *found)
    return table


def _pair(cells: dict) -> Table:
    terms = ("tariff", "shallow", "deep", "single_market")
    table = _table("The same with fixed effects of the pair, sums only", "", *terms)
    for i in (*GROUPS, TOTAL, SERVICES):
        table.add_row(i, *(_cell(cells, i, PAIR, t, digits=1 if t == "tariff" else 2) for t in terms))
    return table


def _means(cells: dict) -> Table:
    names = {CROSS_SECTION: "cross section", PAIR: "pair effects"}
    depths = ("shallow", "deep")
    heads = [f"{d} ({names[s][0]})" for s in SPECIFICATIONS for d in depths]
    out = _table(f"Effect of an agreement on log trade (in use: {names[specification()]})",
                 "", *heads)  # fmt: skip
    for group in GROUPS:
        pooled = [_cell(cells, group, POOLED, d) for d in depths]
        out.add_row(f"{group}, mean", *pooled, *(_cell(cells, group, PAIR, d) for d in depths))
    for i in (*goods(), "K"):
        label = "all services" if i == "K" else i
        out.add_row(label, *(_cell(cells, i, USED[s], d) for s in SPECIFICATIONS for d in depths))
    out.caption = (
        "c: cross section, an upper reading, since those who trade much sign agreements. p: pair effects, a "
        "lower one, since 2011-2022 shows young agreements in their first years. Negative: zero."
    )
    out.caption_justify = "left"
    return out


def _published(cells: dict) -> Table:
    out = _table("Published estimates beside total goods", "", "study", "published", "cross", "pair")
    for row in read_rows("assumptions", "gravity_published.csv"):
        own = PUBLISHED_TERMS[row["term"]]
        spread = f" ({float(row['se']):.2f})" if row["se"] else ""
        mark = "" if row["confidence"] == "verified-page" else " *"
        values = (_cell(cells, TOTAL, s, own) for s in (CROSS_SECTION, PAIR))
        study = row["study"].replace(", all gravity", ", all").replace(", structural", ", str.")
        out.add_row(row["term"], study, f"{float(row['value']):.2f}{spread}{mark}", *values)
    out.caption = "in brackets: s.d. over studies or standard error; *: from memory"
    out.caption_justify = "left"
    return out


def render_importers(rows: Any, name: str) -> list[RenderableType]:
    """Barriers of one industry by importer: rank, raw border effect, tariff equivalent with its band."""
    table = _table(f"Barriers that are not tariffs: {name}", "importer", "rank", "raw border effect",
                   "equivalent", "band", "rank from")  # fmt: skip
    for r in rows.to_dict("records"):
        raw, rank = r["raw_border_percent"], r["rank"]
        table.add_row(
            r["importer"], MISSING if rank != rank else f"{rank:.0f}",
            MISSING if raw != raw else f"{raw:,.0f} %",
            f"{100 * r['ave']:.1f} %", f"{100 * r['low']:.1f}..{100 * r['high']:.1f}", r["method"],
        )  # fmt: skip
    lines = [
        "Level and spread of the tariff equivalents are the literature's; trade gives",
        "only the order of importers. Raw border effects hold taste and both sides'",
        "barriers: printed, never used. All is put on the importer by assumption.",
        "Services: import penetration is a weak witness; hold it against other indices.",
        *(f"{m}: {METHODS[m]}" for m in sorted(set(rows["method"]))),
    ]
    return [table, "\n".join(lines)]


def render_blocs(found: Sequence[Bloc]) -> list[RenderableType]:
    """Excess by year and group in percent with its band, and the trends."""
    years = [int(y) for y in found[0].years.index]
    trend = _table(f"Trade in {found[0].flow} inside a group beyond gravity, percent", "group", "n",
                   str(years[0]), "95 % band", str(years[-1]), "95 % band", "trend", "t")  # fmt: skip
    for b in found:
        first, last = b.years.iloc[0], b.years.iloc[-1]
        ends = [t for v in (first, last) for t in (f"{v.percent:.0f}", f"{v.low:.0f}..{v.high:.0f}")]
        trend.add_row(b.name, str(len(b.members)), *ends, f"{100 * b.trend:.2f}", f"{b.t:.1f}")
    path = _table("Excess by year, log points x 100", "group", *(str(y)[2:] for y in years))
    for b in found:
        path.add_row(b.name, *(f"{100 * v:.0f}" for v in b.years["log_points"]))
    lines = [
        "Home sales are left out: the excess is over trade with outsiders. Agreements and",
        "tariffs are part of it. Below zero: less than size and distance explain, whatever its",
        "share of world trade; a band that holds zero: no claim either way. Trend: log",
        "points x 100 a year, with its t value; members matter, so compare lists.",
        *(f"{b.name}: {' '.join(b.members)}{_outside(b)}" for b in found),
    ]
    return [trend, path, "\n".join(lines)]


def _outside(bloc: Bloc) -> str:
    return f" (outside the panel: {' '.join(bloc.outside)})" if bloc.outside else ""
