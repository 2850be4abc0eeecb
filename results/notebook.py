"""Results as a notebook shows them: small tables with units, capped, with what must be known to read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cge.notebook import items, paragraph, table, view
from results.attribution_screen import KIND, decimals, keys, method, name
from results.screen import NOISE, certificate_line, number
from results.side_by_side_screen import MARKS, no_share
from results.tidy import WORLD, pick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from results.attribution import Attribution
    from results.compare import Comparison
    from results.leverage_screen import Block
    from results.side_by_side import SideBySide

REGIONS, SECTORS, FIGURES, PLAYERS = 10, 3, 16, 12
"""Rows: regions and sectors (gaining and losing) of a comparison, figures of a table, players of one."""
MAIN = (("Real GDP", "real_gdp"), ("Welfare", "welfare_ev"), ("Exports", "exports_volume"))


def comparison_html(c: Comparison) -> str:
    """Headline changes by region, jobs of the focus region by sector, warnings, certificate."""
    info = c.scenario
    baseline = info.baseline or "the benchmark as it is"
    return view(
        info.title or info.name,
        paragraph(info.description),
        _headline(c),
        _jobs(c),
        items(c.warnings),
        paragraph(f"Changes from the baseline {baseline}. {certificate_line(c)}"),
        paragraph(f"All numbers: .tables[...] of {', '.join(c.tables)}; one long table: .to_frame()."),
    )


def _headline(c: Comparison) -> str:
    """Percent and USD million of every headline figure: the focus, the largest welfare changes, the world."""
    wide = {i: pick(c.tables["indicators"], indicator=i).set_index("region") for _, i in MAIN}
    own = wide["welfare_ev"].drop(index=WORLD)
    largest = own.index[np.argsort(-np.abs(own["percent"].to_numpy(dtype=float)), kind="stable")]
    order = [c.scenario.focus, *(str(r) for r in largest if r != c.scenario.focus)]
    rows = []
    for region in [*order[: REGIONS - 1], WORLD]:
        cells = [_named(region, c.scenario.region_names)]
        for _, i in MAIN:
            row = wide[i].loc[region]
            cells += [number(float(row["percent"])), number(float(row["change"]), 0)]
        rows.append(cells)
    headers = ["Region", *(h for word, _ in MAIN for h in (f"{word}, %", f"{word}, USD million"))]
    left = len(order) - (REGIONS - 1)
    said = "Change a year, in % and USD million"
    caption = f"{said}; {left} regions with smaller changes of welfare left out" if left > 0 else said
    return table(caption, headers, rows)


def _jobs(c: Comparison) -> str:
    """Sectors of the focus region that gain and lose most jobs."""
    mine = pick(c.tables["jobs"], region=c.scenario.focus)
    records = mine.sort_values(by="change", ascending=False, kind="stable").to_dict("records")
    gain = [r for r in records if r["change"] > NOISE * r["baseline"]][:SECTORS]
    lose = [r for r in records if r["change"] < -NOISE * r["baseline"]][-SECTORS:]
    rows = [
        [
            _named(str(r["sector"]), c.scenario.sector_names),
            number(r["baseline"], 1, sign=False),
            number(r["change"]),
            number(r["percent"]),
        ]
        for r in [*gain, *lose]
    ]
    if not rows:
        return paragraph(f"{c.scenario.focus}: no sector gains or loses jobs.")
    caption = f"{c.scenario.focus}: sectors that gain and lose most jobs, thousand persons"
    return table(caption, ("Sector", "Jobs", "Change", "Change, %"), rows)


def side_by_side_html(s: SideBySide) -> str:
    """Every figure of the focus region by scenario, the best and the worst marked; shares of the gain."""
    cells = {(r["indicator"], r["scenario"]): r for r in pick(s.table, region=s.focus).to_dict("records")}
    rows = []
    for f in s.figures:
        mine = [cells.get((f.name, label)) for label in s.labels]
        if any(r is not None for r in mine):
            rows.append([f"{f.title}, {f.unit}", *(_marked(r, f.decimals) for r in mine)])
    titles = [f"{label} ({s.status[label]}): {s.titles[label]}" for label in s.labels]
    return view(
        "Scenarios side by side",
        items(titles),
        table(f"{s.focus}: changes from the baseline; {MARKS['best']} best, {MARKS['worst']} worst of a row",
              ("Figure", *s.labels), rows, most=FIGURES, more=".table"),
        _shares(s),
        items(s.notes),
        paragraph("All regions: .table (tidy); one figure: .wide(indicator)."),
    )  # fmt: skip


def _marked(row: Any, digits: int) -> str:
    return "n/a" if row is None else f"{number(row['value'], digits)} {MARKS[row['mark']]}".strip()


def _shares(s: SideBySide) -> str:
    if no_share(s):
        return paragraph(no_share(s))
    rows = [
        [str(r["scenario"]), number(r["welfare_gain"], 0), number(r["share_of_gain"], 1, sign=False),
         number(r["adjustment_cost"], 0), number(r["share_of_cost"], 1, sign=False)]
        for r in s.share.to_dict("records")
    ]  # fmt: skip
    headers = ("Scenario", "Gain, USD million a year", "share, %", "Cost of adjustment, USD million once",
               "share, %")  # fmt: skip
    return table(f"{s.focus}: share of the gain and of the cost of {s.reference}", headers, rows)


def dependence_html(title: str, blocks: Sequence[Block]) -> str:
    """Every table of `cge.dependence` with its note."""
    parts = []
    for block in blocks:
        parts += [table(block.title, block.headers, block.rows, most=PLAYERS + 1), paragraph(block.note)]
    return view(title, *parts, paragraph("All rows: .table (tidy)."))


def attribution_html(a: Attribution) -> str:
    """Contributions by figure and region, the largest first, with their total."""
    parts = [_contributions(a, indicator, region) for indicator, region in keys(a)[:4]]
    left = len(keys(a)) - len(parts)
    return view(
        a.title or a.name,
        paragraph(f"{KIND[a.by]}. {method(a)}"),
        *parts,
        paragraph(f"{left} more figures: .table" if left > 0 else ""),
        items(a.notes),
    )


def _contributions(a: Attribution, indicator: str, region: str) -> str:
    mine = pick(a.table, indicator=indicator, region=region)
    order = np.argsort(-np.abs(mine["contribution"].to_numpy(dtype=float)), kind="stable")
    unit = str(mine["unit"].iloc[0])
    digits = decimals(unit)
    rows = [
        [
            str(r["player"]),
            number(r["contribution"], digits),
            *([number(r["standard_error"], digits, sign=False)] if a.orders else []),
            number(r["percent_of_total"], 1),
        ]
        for r in mine.iloc[order].to_dict("records")
    ]
    headers = (a.by.capitalize(), "Contribution", *(["+/-"] if a.orders else []), "% of total")
    total = number(a.totals[f"{indicator}|{region}"], digits)
    caption = f"{region}: {name(indicator)}, {unit}; total {total}"
    return table(caption, headers, rows, most=PLAYERS, more=".table")


def _named(label: str, names: Any) -> str:
    return f"{label} {names.get(label, '')}".strip()
