"""The comparison on a terminal of 80 columns: numbers with units, and what is needed to read them rightly.

Gains are blue and losses orange (told apart by every common form of colour blindness), and each number
carries its sign, so that nothing depends on colour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from results.adjustment import SETS
from results.cautions import CANNOT_ANSWER
from results.compare import Comparison
from results.errors import ResultsError
from results.tidy import WORLD, pick

GAIN, LOSS = "#3d8fd1", "#d97a00"
"""Blue and orange, legible on black and on white."""

NOISE = 1e-9
"""Relative change of jobs below which a sector neither gains nor loses: the solver's last digits."""

WIDTH = 80
"""Columns of the screen that everything fits."""

EDGES, GAP = 2, 3
"""What rich draws around a table of this box style and between two of its columns."""

REGION = 24
"""Largest width of a region's label with its name."""

NOTES = 8
"""How many of a scenario's own notes are printed; the manifest has all."""

MAIN = (("GDP", "real_gdp"), ("Welfare", "welfare_ev"), ("Exports", "exports_volume"))

ADJUSTMENT_WORDS = (
    "Central set: attrition {attrition_rate:.1%} a year over {phase_in_years:.0f} years; "
    "{reemployed_share:.0%} re-employed after {years_out_reemployed:.2f} years at {earnings_loss:.0%} less; "
    "the others out for {years_out_others:.0f} years. United States sources, applied as they are. A cut "
    "net of moves inside {sectors} sectors is a lower bound. Transfers are not a cost."
)


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


def coloured(value: float, decimals: int = 2, *, bold: bool = False) -> Text:
    """A signed number, blue above zero, orange below, plain where it rounds to zero."""
    text = number(value, decimals)
    style = {"+": GAIN, "-": LOSS}.get(text[0], "")
    return Text(text, style=f"bold {style}" if bold else style)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1].rstrip(" ,") + "…"


def _named(label: str, names: Mapping[str, str]) -> str:
    return f"{label} {names.get(label, '')}".strip()


def _table(title: str, headers: Sequence[str], justify: str, rows: Sequence[Row], widest: int) -> Table:
    """A table of at most ``WIDTH`` columns: numbers are never cut, the first column gets what room is left.

    ``justify``: "l" or "r" by column; ``widest``: of the first column. An empty row draws a line.
    """
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    cells = [[len(h), *(len(r[k]) for r in rows if r)] for k, h in enumerate(headers)]
    wanted = [max(lengths) for lengths in cells]
    room = WIDTH - EDGES - GAP * (len(headers) - 1) - sum(wanted[1:])
    first = max(6, min(widest, wanted[0], room))
    for header, side in zip(headers, justify, strict=True):
        table.add_column(header, justify="right" if side == "r" else "left", no_wrap=True)
    for row in rows:
        if row:
            style = row[0].style if isinstance(row[0], Text) else ""
            table.add_row(Text(_cut(str(row[0]), first), style=style), *row[1:])
        else:
            table.add_section()
    return table


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
        cells = [Text(_named(str(region), c.scenario.region_names), style="bold" if bold else "")]
        for _, i in MAIN:
            row = wide[i].loc[region]
            cells += [coloured(row.percent, bold=bold), coloured(row.change / scale, digits, bold=bold)]
        rows += [[], cells] if region == WORLD else [cells]
    headers = ["Region", *(h for head, _ in MAIN for h in (f"{head} %", short))]
    return _table(f"Change from the baseline: % and USD {word} a year", headers, "lrrrrrr", rows, REGION)


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
                _named(str(r["sector"]), c.scenario.sector_names), number(r["baseline"], 1, sign=False),
                coloured(r["change"]), coloured(r["percent"]), _cut(f"{r['method']} ({r['confidence']})", 24),
            ]
            for r in part
        ]  # fmt: skip
        title = f"{region}: sectors that {word} most jobs (thousand persons)"
        out.append(_table(title, headers, "lrrrl", rows or [[f"no sector {word}s jobs", *[""] * 4]], 40))
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
            _named(label, c.scenario.region_names),
            number(row["base"], 0, sign=False),
            *numbers,
            coloured(percent),
        ]
        rows += [[], cells] if label == "total" else [cells]
    headers = ("Partner", "Before", "Created", "Diverted", "Change", "%")
    return _table(f"{region}: {what} (USD million, benchmark prices)", headers, "lrrrrr", rows, REGION)


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


def adjustment_table(c: Comparison, focus: str | None = None) -> Group:
    """Displaced workers and what their adjustment costs, against the gain, with the parameters in words."""
    region = focus or c.scenario.focus
    mine = pick(c.tables["adjustment"], region=region)
    t = {str(name): pick(mine, indicator=name)["change"].to_numpy().sum() for name in mine.indicator.unique()}
    p = c.manifest["adjustment_parameters"]
    central = p["central"]
    horizon = f"{central['horizon_years']:.0f} years at {100 * central['discount_rate']:.0f} %"
    cost, gain = ([t[f"adjustment_{k}_{s}"] for s in SETS] for k in ("cost_gross", "present_value_of_gain"))
    ratio = [100 * k / g if g > 0 else float("nan") for k, g in zip(cost, gain, strict=True)]
    lines = (
        ("Displaced, gross (thousand persons)", [t["displaced_gross"]] * 3, 2),
        ("  beyond attrition (thousand persons)", [t[f"displaced_beyond_attrition_{s}"] for s in SETS], 2),
        ("Cost, gross displacement (USD m, once)", cost, 0),
        ("  beyond attrition (USD m, once)", [t[f"adjustment_cost_{s}"] for s in SETS], 0),
        (f"Welfare change (USD m, {horizon})", gain, 0),
        ("Cost, gross, in % of a welfare gain", ratio, 1),
        *_retraining_lines(t),
    )
    rows = [[words, *(number(v, digits, sign=False) for v in values)] for words, values, digits in lines]
    title = f"{region}: workers displaced and the cost of adjustment"
    table = _table(title, ("", *SETS), "lrrr", rows, 44)
    words = ADJUSTMENT_WORDS.format(**central, sectors=c.manifest["sectors"]).replace("%", " %")
    return Group(table, Text(words, style="dim"))


def _retraining_lines(t: Mapping[str, float]) -> Iterator[tuple[str, list[float], int]]:
    """Lines of a retraining programme, if the region has one; ``t``: changes by indicator."""
    lines = (
        ("Retrained (thousand persons)", "participants", 2),
        ("  cost (USD m, once)", "cost", 0),
        ("  cost in % of a welfare gain", "share_of_gain", 1),
    )
    for words, name, digits in lines:
        if f"retraining_participants_{SETS[0]}" in t:
            yield words, [t.get(f"retraining_{name}_{s}", float("nan")) for s in SETS], digits


def notes(c: Comparison) -> Group:
    """Baseline, units, sign warnings, what the model cannot answer, the certificate."""
    s = c.scenario
    baseline = s.baseline or "the benchmark as it is"
    date = f" ({s.baseline_date})" if s.baseline_date else ""
    numeraire = s.choices.get("numeraire", "pwf")
    unit = "world factor prices" if numeraire == "pwf" else f"the numeraire {numeraire}"
    lines = [
        f"Baseline: {baseline}{date}. Every number is a change from it.",
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
        notes(c),
    )
