"""The comparison on a terminal of 80 columns: numbers with units, and what is needed to read them rightly.

Its parts (colours, widths, numbers) are in `results.terminal`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from results.adjustment_screen import adjustment_table
from results.cautions import CANNOT_ANSWER
from results.compare import Comparison
from results.compensation_screen import shown as compensation
from results.errors import ResultsError
from results.leverage_screen import run_block
from results.terminal import EDGES as EDGES
from results.terminal import GAIN as GAIN
from results.terminal import GAP as GAP
from results.terminal import LOSS as LOSS
from results.terminal import WIDTH as WIDTH
from results.terminal import Row, coloured, cut, named, number, table
from results.tidy import WORLD, pick

NOISE = 1e-9
"""Relative change of jobs below which a sector neither gains nor loses: the solver's last digits."""

REGION = 24
"""Largest width of a region's label with its name."""

NOTES = 8
"""How many of a scenario's own notes are printed; the manifest has all."""

MAIN = (("GDP", "real_gdp"), ("Welfare", "welfare_ev"), ("Exports", "exports_volume"))


def main_table(c: Comparison, focus: str | None = None) -> Table:
    """GDP, welfare and exports of every region, in percent and USD; the world last.

    USD million, or billion when a change reaches a trillion: digits that do not fit are never cut.
    """
    t = c.tables["indicators"]
    wide = {i: pick(t, indicator=i).set_index("region") for _, i in MAIN}
    order = wide["welfare_ev"].percent.drop(WORLD).sort_values(ascending=False, kind="stable").index
    big = max(np.abs(w["change"].to_numpy()).max() for w in wide.values()) >= 1e6
    (word, short), scale, digits = (("billion", "USD bn"), 1e3, 1) if big else (("million", "USD m"), 1.0, 0)
    rows: list[Row] = []
    for region in [*order, WORLD]:
        bold = region in (focus or c.scenario.focus, WORLD)
        cells = [Text(named(str(region), c.scenario.region_names), style="bold" if bold else "")]
        for _, i in MAIN:
            row = wide[i].loc[region]
            cells += [coloured(row.percent, bold=bold), coloured(row.change / scale, digits, bold=bold)]
        rows += [[], cells] if region == WORLD else [cells]
    headers = ["Region", *(h for head, _ in MAIN for h in (f"{head} %", short))]
    return table(f"Change from the baseline: % and USD {word} a year", headers, "lrrrrrr", rows, REGION)


def jobs_tables(c: Comparison, focus: str | None = None, most: int = 10) -> list[Table]:
    """The sectors of the focus region that gain and that lose most jobs, with how each count was made."""
    region = focus or c.scenario.focus
    t = pick(c.tables["jobs"], region=region).sort_values(by="change", ascending=False, kind="stable")
    records = t.to_dict("records")
    parts = {
        "gain": [r for r in records if r["change"] > NOISE * r["baseline"]][:most],
        "lose": [r for r in records[::-1] if r["change"] < -NOISE * r["baseline"]][:most],
    }
    headers = ("Sector", "Jobs", "Change", "%", "Count (confidence)")
    out = []
    for word, part in parts.items():
        rows: list[Row] = [
            [
                named(str(r["sector"]), c.scenario.sector_names), number(r["baseline"], 1, sign=False),
                coloured(r["change"]), coloured(r["percent"]), cut(f"{r['method']} ({r['confidence']})", 24),
            ]
            for r in part
        ]  # fmt: skip
        title = f"{region}: sectors that {word} most jobs (thousand persons)"
        out.append(table(title, headers, "lrrrl", rows or [[f"no sector {word}s jobs", *[""] * 4]], 40))
    return out


def ledger_table(c: Comparison, focus: str | None = None, side: str = "importer", most: int = 8) -> Table:
    """Creation and diversion of the focus region by partner; the largest changes, the others, the total."""
    region = focus or c.scenario.focus
    sums = partner_sums(c.tables["ledger"], region, side)
    what = "imports by supplier" if side == "importer" else "exports by market"
    lines = [(str(k), r) for k, r in sums.iloc[:most].to_dict("index").items()]
    if len(sums) > most:
        lines.append((f"other ({len(sums) - most})", sums.iloc[most:].sum().to_dict()))
    rows: list[Row] = []
    for label, row in [*lines, ("total", sums.sum().to_dict())]:
        change = row["creation"] + row["diversion"]
        percent = 100 * change / row["base"] if row["base"] else float("nan")
        numbers = [coloured(x, 0) for x in (row["creation"], row["diversion"], change)]
        cells = [
            named(label, c.scenario.region_names),
            number(row["base"], 0, sign=False),
            *numbers,
            coloured(percent),
        ]
        rows += [[], cells] if label == "total" else [cells]
    headers = ("Partner", "Before", "Created", "Diverted", "Change", "%")
    return table(f"{region}: {what} (USD million, benchmark prices)", headers, "lrrrrr", rows, REGION)


def partner_sums(ledger: pd.DataFrame, region: str, side: str) -> pd.DataFrame:
    """``base creation diversion`` by partner from the tidy ledger, largest absolute change first."""
    if side not in ("importer", "exporter"):
        raise ResultsError(f"side is 'importer' or 'exporter', not {side!r}")
    own, other = ("region", "partner") if side == "importer" else ("partner", "region")
    mine = pick(ledger, **{own: region})

    def total(indicator: str, column: str) -> pd.Series:
        return pd.Series(pick(mine, indicator=indicator).groupby(other)[column].sum(), dtype=float)

    out = pd.DataFrame(
        {
            "base": total("imports", "baseline"),
            "creation": total("trade_creation", "change"),
            "diversion": total("trade_diversion", "change"),
        }
    ).fillna(0.0)
    order = np.argsort(-np.abs(out["creation"].to_numpy() + out["diversion"].to_numpy()), kind="stable")
    return out.iloc[order]


def notes(c: Comparison) -> Group:
    """Baseline, units, sign warnings, what the model cannot answer, the certificate."""
    s = c.scenario
    baseline = s.baseline or "the benchmark as it is"
    date = f" ({s.baseline_date})" if s.baseline_date else ""
    numeraire = s.choices.get("numeraire", "pwf")
    unit = "world factor prices" if numeraire == "pwf" else f"the numeraire {numeraire}"
    lines = [
        f"Baseline: {baseline}{date}. Changes are from it.",
        f"USD million of the benchmark year, in units of {unit}. GDP: Fisher volume. Welfare: "
        "equivalent variation over private and public consumption and national saving, % of national income. "
        "Exports: volume, f.o.b., trade inside a region left out.",
    ]
    if s.choices:
        lines.append("Choices: " + "; ".join(f"{k} {v}" for k, v in s.choices.items()) + ".")
    out: list[RenderableType] = [Text(x) for x in lines]
    out += [Text(f"Note: {w}", style="bold") for w in c.warnings]
    out += [Text(f"Scenario: {n}") for n in s.notes[:NOTES]]
    if len(s.notes) > NOTES:
        out.append(Text(f"Scenario: {len(s.notes) - NOTES} more notes in the manifest."))
    return Group(*out, Text(CANNOT_ANSWER), Text(certificate_line(c), style="dim"))


def certificate_line(c: Comparison) -> str:
    """Largest residual, Walras and GDP gap of both solutions, and how the counterfactual was solved."""
    both = [x.certificate.to_dict() for x in (c.base, c.new)]

    def worst(key: str) -> str:
        found = [abs(float(d[key])) for d in both if d.get(key) is not None]
        return f"{max(found):.0e}" if found else "n/a"

    def last(key: str) -> Any:
        return both[1].get(key, "n/a")

    return (
        f"Certificate: largest residual {worst('max_residual')}, Walras {worst('walras')}, three GDPs within "
        f"{worst('gdp_gap')}; {last('iterations')} iterations, {last('space')} space, {last('route')}."
    )


def render(c: Comparison, focus: str | None = None) -> Group:
    """The whole result as one renderable; print it on a console at least 80 columns wide.

    ``focus``: a region other than the scenario's own. Raises ResultsError when it is not a region.
    """
    region = focus or c.scenario.focus
    known = set(c.tables["jobs"].region)
    if region not in known:
        raise ResultsError(f"focus {region!r} is not a region here; choose from {', '.join(sorted(known))}")
    title = Text(c.scenario.title or c.scenario.name, style="bold underline")
    head = [title, Text(c.scenario.description)] if c.scenario.description else [title]
    return Group(
        *head,
        main_table(c, region),
        *jobs_tables(c, region),
        ledger_table(c, region),
        ledger_table(c, region, side="exporter"),
        adjustment_table(c, region),
        *compensation(c, region),
        run_block(c.tables, region, c.scenario.region_names),
        notes(c),
    )
