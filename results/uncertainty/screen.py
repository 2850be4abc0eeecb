"""A sweep on a terminal of 80 columns: what the focus's results are, how sure, and what they hang on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from results import dictionary
from results.terminal import Row, coloured, cut, named, number, places, table
from results.uncertainty import centring, words
from results.uncertainty.analysis import Uncertainty
from results.uncertainty.effects import APART, sides

MAIN = ("welfare_ev", "real_gdp", "employment", "real_wage", "exports_volume")
"""Regional results on the screen."""
SECTORS = 5
"""Sectors whose jobs are on the screen: those with the widest bands."""
TOP = 6
"""Targets of a tornado on the screen."""
REASONS = 3
"""Reasons of failed points on the screen."""


def render(u: Uncertainty, focus: str | None = None, *, reasons: bool = True) -> Group:
    """The whole sweep as one renderable; print it on a console at least 80 columns wide.

    ``focus``: a region other than the sweep's own (its tornado has the main results alone); ``reasons``: why
    points have no solution, which a command says itself.
    """
    region = focus or u.focus
    parts: list[RenderableType] = [Text(u.title or "Sensitivity analysis", style="bold underline")]
    parts.append(Text(f"{words.counted(u.numbers)}."))
    found = main_rows(u, region)
    if found:
        parts.append(_bands(u, region, found))
        jobs = job_rows(u, region)
        parts += [_jobs(u, region, jobs)] if jobs else []
        parts += [_tornado(u, region, r) for r in [r for r in found if effects_of(u, r)][:2]]
    parts += [Text(line) for line in lines(u, found, reasons=reasons)]
    return Group(*parts)


def lines(u: Uncertainty, found: Sequence[Mapping[str, Any]], *, reasons: bool = True) -> list[str]:
    """What the band means, which means are not central values and why, notes, what failed and why."""
    out = [u.band_words]
    if found and u.numbers.kind == "quadrature":
        text = "Sign: a bound for any shape with this mean and sd (Cantelli); open where it is below 50 %"
        out.append(f"{text}; mean and sd are biased here." if u.numbers.biased else f"{text}.")
    out += differing(u, found)
    out += [f"Note: {n}." for n in u.notes]
    return out + (failures(u) if reasons else [])


def differing(u: Uncertainty, found: Sequence[Mapping[str, Any]]) -> list[str]:
    """Results whose mean is not the central value, by the reason; nothing where points stand for no
    distribution.
    """
    if u.numbers.kind == "enumerated":
        return []
    by: dict[str, list[str]] = {}
    for r in found:
        if why := centring.reason(r, u.bands, u.shifts):
            by.setdefault(why, []).append(label(r))
    return [f"Mean and central value differ, because {words.WHY[why]}: {', '.join(names)}."
            for why, names in by.items()]  # fmt: skip


def failures(u: Uncertainty) -> list[str]:
    """Why points have no solution, the most common reasons first."""
    bare = u.points.loc[(u.points["status"] != "solved").to_numpy()]
    counts: dict[str, list[int]] = {}
    for row in bare.to_dict("records"):
        counts.setdefault(str(row["reason"]), []).append(int(row["number"]))
    ranked = sorted(counts.items(), key=lambda item: (-len(item[1]), item[1][0]))
    out = [
        f"Without a solution, {len(n)} (the first: point {n[0]}): {reason}." for reason, n in ranked[:REASONS]
    ]
    left = sum(len(n) for _, n in ranked[REASONS:])
    return out + (
        [f"Without a solution for other reasons: {left}; the table of points has them."] if left else []
    )


def main_rows(u: Uncertainty, region: str) -> list[dict[str, Any]]:
    """Bands of the main results of a region: percentages where there are such."""
    mine = u.bands.loc[((u.bands["region"] == region) & (u.bands["sector"] == "")).to_numpy()]
    records = [{str(k): v for k, v in r.items()} for r in mine.to_dict("records")]
    records = [r for r in records if max(abs(float(r[k])) for k in ("central", "low", "high")) > words.STILL]
    out = []
    for name in MAIN:
        own = sorted((r for r in records if r["indicator"] == name), key=lambda r: r["unit"] != "percent")
        out += own if name == "welfare_ev" else own[:1]
    return out


def job_rows(u: Uncertainty, region: str) -> list[dict[str, Any]]:
    """Bands of jobs by sector, those in thousand persons, the widest first."""
    b = u.bands
    mine = b.loc[((b["region"] == region) & (b["indicator"] == "jobs") & (b["unit"] != "percent")).to_numpy()]
    records = [{str(k): v for k, v in r.items()} for r in mine.to_dict("records")]
    return sorted(records, key=lambda r: (-(r["high"] - r["low"]), r["sector"]))[:SECTORS]


def label(row: Mapping[str, Any]) -> str:
    """A row's result with its unit, short."""
    name = dictionary.label(str(row["table"]), str(row["indicator"])).partition(" (")[0]
    name = name.removesuffix(", volume")
    unit = str(row["unit"])
    short = (
        "%" if unit == "percent" else "USD m" if unit.startswith("USD million") else unit.partition(",")[0]
    )
    return f"{name}, {short}"


def digits(row: Mapping[str, Any]) -> int:
    """Decimals of a row's numbers: none of USD million, one of jobs, or more that show the sides of ends."""
    least = 0 if str(row["unit"]).startswith("USD million") else 1 if row["sector"] else 3
    return places((float(row["low"]), float(row["high"])), least, least + 3)


HEADERS = ("", "Central", "Mean", "Sd", "Low", "High", "Sign")


def _cells(first: str, r: Mapping[str, Any], digits: int) -> Row:
    return [
        first, coloured(r["central"], digits), number(r["mean"], digits), number(r["sd"], digits, sign=False),
        coloured(r["low"], digits), coloured(r["high"], digits), words.sign(r),
    ]  # fmt: skip


def _bands(u: Uncertainty, region: str, found: Sequence[Mapping[str, Any]]) -> Table:
    rows = [_cells(label(r), r, digits(r)) for r in found]
    headers = ("Result", *HEADERS[1:])
    title = f"{named(region, u.names.get('regions', {}))}: change from the baseline; low to high: {_short(u)}"
    return table(title, headers, "lrrrrrl", rows, 30)


def _short(u: Uncertainty) -> str:
    return {"sampled": "quantiles 5-95", "quadrature": "Chebyshev 95 %", "enumerated": "range"}[
        u.numbers.kind
    ]


def _jobs(u: Uncertainty, region: str, found: Sequence[Mapping[str, Any]]) -> Table:
    names = u.names.get("sectors", {})
    rows = [_cells(named(str(r["sector"]), names), r, digits(r)) for r in found]
    title = f"{region}: jobs, thousand persons, sectors with the widest bands"
    return table(title, ("Sector", *HEADERS[1:]), "lrrrrrl", rows, 30)


def effects_of(u: Uncertainty, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The largest effects on the number of a row of ``bands``."""
    e = u.effects
    mask = np.ones(len(e), dtype=bool)
    for name in ("region", "sector", "indicator", "unit"):
        mask &= (e[name] == row[name]).to_numpy()
    return [{str(k): v for k, v in r.items()} for r in e.loc[mask].head(TOP).to_dict("records")]


def _places(size: float) -> int:
    """Decimals that show a number of that size with two figures, from none to five."""
    return next((n for n in range(6) if size * 10**n >= 10), 5)


def sides_short(found: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Heads of the two columns of effects, by what they are of."""
    apart = sides(str(r["method"]) for r in found) == APART
    return ("1 sd below", "1 sd above") if apart else ("At low", "At high")


def _tornado(u: Uncertainty, region: str, row: Mapping[str, Any]) -> Table:
    found = effects_of(u, row)
    ranked = np.isfinite([float(r["prcc"]) for r in found]).any()
    places = _places(max(abs(float(r["effect"])) for r in found))
    rows: list[Row] = []
    for r in found:
        line: list[str | Text] = [
            cut(words.target(str(r["target"]), u.names.get("sectors", {})), 44),
            coloured(r["low"], places), coloured(r["high"], places),
            words.share(float(r["share_of_variance"])),
        ]  # fmt: skip
        rows.append([*line, number(r["prcc"])] if ranked else line)
    share = "% of squares" if u.design.kind == "tornado" else "% of variance"
    headers = ["Target", *sides_short(found), share] + (["PRCC"] if ranked else [])
    r2 = float(found[0]["r2"])
    fit = f"; R2 {r2:.3f}" if np.isfinite(r2) else ""
    title = f"{region}: {label(row)}: what it hangs on ({found[0]['method'].partition(',')[0]}{fit})"
    return table(title, headers, "l" + "r" * (len(headers) - 1), rows, 44)
