"""What a result hangs on, on a terminal of 80 columns and as Markdown."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Group
from rich.text import Text

from results import dictionary
from results.leverage_screen import Block
from results.markdown import escaped
from results.sensitivity import Sensitivity, of
from results.terminal import number, places

TOP = 15
OFF = 0.05
"""Of a target's standard deviation: a centre of its range further from the value in use is told."""
NAMED = 6
"""Numbers that are named with what thresholds do to their interval."""
PAIRS = 8
"""Pairs of exporter and importer, and sectors, in the account of the shocks."""
INSTRUMENTS = {
    "tm": "tariffs", "te": "export taxes", "k": "costs of trade", "rx": "rents of exporters",
    "rm": "rents of importers", "to": "taxes on output", "tc": "taxes on consumption",
    "productivity": "productivity", "endow": "endowments", "xf": "endowments by sector", "quota": "quotas",
    "quota_premium": "duties above quotas", "rent_uncapped": "rents without quotas",
    "wage_floor": "minimum wages", "supply_gap": "labour supply",
}  # fmt: skip
"""What each thing that a policy sets is to a reader."""

EFFECT = "+10 % / +1 point"
RANK_NOTE = (
    "Effect of +10 % of an elasticity or number, of +1 point of a share or rate. Spread: effect of one "
    "standard deviation in the standard ranges (cge sweep), by the slope averaged over it where thresholds "
    "are near; % var: its part of the first-order variance. Derivatives are exact at this case and local: a "
    "sweep tells large steps."
)
SHOCK_NOTE = "Numbers that the scenario sets; nobody is unsure of them, so they carry no spread."
ACCOUNT_NOTE = (
    "Derivative times change, cell by cell, with the mean of the derivatives before and after the policy. "
    "Remainder: the exact change less all of these, of higher order."
)


def render(s: Sensitivity, top: int = TOP) -> Group:
    """All blocks, then what must be known."""
    parts: list[Any] = [Text(s.title, style="bold underline")]
    parts += [block.render() for block in blocks(s, top)]
    parts += [Text(f"Note: {n}") for n in s.notes]
    parts.append(Text(counted(s), style="dim"))
    return Group(*parts)


def markdown(s: Sensitivity, top: int = TOP) -> str:
    """The same as Markdown."""
    body = [f"# {escaped(s.title)}", *(block.markdown() for block in blocks(s, top))]
    notes = ["\n".join(f"- {escaped(n)}" for n in (*s.notes, counted(s)))]
    return "\n\n".join([*body, *notes])


def counted(s: Sensitivity) -> str:
    """``2 solves, 2 factorisations ...``."""
    c = s.counts
    numbers = "1 number" if c["numbers"] == 1 else f"{c['numbers']} numbers"
    targets = "1 target" if c["targets"] == 1 else f"{c['targets']} targets"
    return (
        f"{c['solves']} solves, {c['factorisations']} factorisations (one at each solution); {numbers} by "
        f"{c['parameters']:,} parameters and held levels; {targets}, {c['cases']} cases prepared and none of "
        "them solved."
    )


def blocks(s: Sensitivity, top: int = TOP) -> list[Block]:
    """The interval of every number, its ranking, and the account of the shocks."""
    out = [intervals(s)]
    for row in s.numbers.to_dict(orient="records"):
        out += rankings(s, row, top)
        if not of(s.cells, _key(row)).empty:
            out.append(account(s, row))
    return out


def _key(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    return {str(k): v for k, v in row.items()}


def label(row: Mapping[Hashable, Any]) -> str:
    """``USA: Welfare (equivalent variation)``."""
    known = next((e.label for e in dictionary.entries() if e.name == row["indicator"] and e.label), None)
    place = f"{row['region']} {row['sector']}".strip()
    return f"{place}: {known or row['indicator']}"


def digits(unit: str, *values: float) -> int:
    """Digits after the point that show the largest of the values with three figures, at most six."""
    largest = max((abs(v) for v in values if np.isfinite(v)), default=0.0)
    least = 0 if unit.startswith("USD million") and largest >= 100 else 1
    if largest == 0:
        return least
    return int(np.clip(2 - np.floor(np.log10(largest)), least, 6))


def intervals(s: Sensitivity) -> Block:
    """Every number with its first-order interval."""
    rows = []
    for row in s.numbers.to_dict(orient="records"):
        d = places((row["low"], row["high"]), digits(str(row["unit"]), row["change"], row["sd"]))
        shown = (number(row["change"], d), number(row["mean"], d), number(row["sd"], d, sign=False))
        between = f"{number(row['low'], d)} to {number(row['high'], d)}"
        rows.append((label(row), *shown, between))
    units = dict.fromkeys(f"{label(r)} in {r['unit']}" for r in s.numbers.to_dict(orient="records"))
    note = (
        "First order about this case (delta method): mean and standard deviation over the standard ranges, "
        "targets independent, and the mean less and plus 1.96 standard deviations. Local: cge sweep solves "
        f"the points. {_near(s)}{_off_centre(s)}Changes from the baseline: {'; '.join(units)}."
    )
    headers = ("Change", "Central", "Mean", "Std dev", "95 % if normal")
    return Block("How sure, to first order", headers, tuple(rows), note)


def _near(s: Sensitivity) -> str:
    """Behind which numbers there are targets with thresholds near, and what they make of the variance."""
    rows = [r for r in s.numbers.to_dict(orient="records") if r["near"]]
    if not rows:
        return ""
    shown = "; ".join(
        f"{label(r)}: {r['near']} of {r['targets']} with {_share(r['near_share'])} of the variance"
        for r in rows[:NAMED]
    )
    more = f"; {len(rows) - NAMED} more numbers likewise" if len(rows) > NAMED else ""
    return (
        f"Targets with thresholds near, {shown}{more}. Their spread is by the slope averaged over one "
        "standard deviation to either side, not by the derivative. "
    )


def _share(part: float) -> str:
    return "under 0.1 %" if part < 0.001 else f"{100 * part:.1f} %"


def _off_centre(s: Sensitivity) -> str:
    """One sentence where slopes are taken at values in use that are not the centre of their ranges."""
    t = pd.DataFrame(s.targets[["target", "target_unit", "value", "target_mean", "target_sd"]])
    t = t.drop_duplicates("target")
    off = (t.target_mean - t.value).abs().to_numpy(float) > OFF * t.target_sd.to_numpy(float)
    rows = pd.DataFrame(t[off & (t.target_sd.to_numpy(float) > 0)]).sort_values("target").to_dict("records")
    if not rows:
        return ""
    named = ", ".join(f"{r['target']} ({value(r)}, centre {value({**r, 'value': r['target_mean']})})"
                      for r in rows[:3])  # fmt: skip
    more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
    return (
        f"Slopes are taken at the values in use, which for {named}{more} are not the centre of their ranges, "
        "so that the interval may be too wide or too narrow. "
    )


def rankings(s: Sensitivity, row: Mapping[Hashable, Any], top: int = TOP) -> list[Block]:
    """What moves one number most: what is uncertain, then the shocks' own numbers."""
    table = s.ranking(_key(row))
    title = f"{label(row)}: what it hangs on"
    moving = pd.DataFrame(table[(table.effect != 0) | (table.sd_effect.fillna(0.0) != 0)])
    if moving.empty:
        return [Block(title, ("Target",), (), "No target moves this number: the closure holds it.")]
    chosen = moving.kind.isin(("shock", "choice")) & moving.sd_effect.isna()
    out = [_ranked(s, row, title, pd.DataFrame(moving[~chosen]), top, RANK_NOTE)]
    if chosen.any():
        out.append(_ranked(s, row, "The shocks' own numbers", pd.DataFrame(moving[chosen]), top, SHOCK_NOTE))
    return out


def _ranked(
    s: Sensitivity, row: Mapping[Hashable, Any], title: str, table: pd.DataFrame, top: int, note: str
) -> Block:
    shown = table.iloc[:top]
    d = digits(str(row["unit"]), *shown.effect, *shown.sd_effect)
    varied = bool(shown.sd_effect.notna().any())
    rows = []
    for r in shown.to_dict(orient="records"):
        known = bool(np.isfinite(r["sd_effect"]))
        spread = (number(r["sd_effect"], d), number(100 * r["share_of_variance"], 1, sign=False))
        cells = (spread if known else ("", "")) if varied else ()
        name = f"{target_name(s, str(r['target']))}{' *' if r['note'] else ''}"
        rows.append((name, value(r), number(r["effect"], d), *cells))
    left = len(table) - len(shown)
    words = [note, *([f"{left} more move it less."] if left > 0 else []), *_marks(shown)]
    headers = ("Target", "Now", EFFECT, *(("Spread", "% var") if varied else ()))
    return Block(title, headers, tuple(rows), " ".join(words))


def _marks(shown: pd.DataFrame) -> list[str]:
    noted = pd.DataFrame(shown[shown.note != ""])
    return [f"* {r['target']}: {r['note']}." for r in noted.to_dict(orient="records")]


def target_name(s: Sensitivity, target: str) -> str:
    """``trade[C29] Motor vehicles``."""
    inside = target.partition("[")[2].rstrip("]")
    return f"{target} {s.names.get(inside, '')}".strip()


def value(row: Mapping[Hashable, Any]) -> str:
    """The value of a target with its unit: shares as percent."""
    if str(row["target_unit"]).startswith("share"):
        return f"{100 * float(row['value']):.3g} %"
    plain = float(row["value"])
    return f"{plain:,.0f}" if 1000 <= abs(plain) < 1e9 else f"{plain:.3g}"


def account(s: Sensitivity, row: Mapping[Hashable, Any]) -> Block:
    """What each part of the shocks brings to one number: by instrument, by pair, by sector."""
    cells, sums = of(s.cells, _key(row)), of(s.account, _key(row))
    total = sums[sums.instrument == ""].iloc[0]
    d = digits(str(row["unit"]), *sums.first_order)
    rows = [("By what moves", "")]
    for r in pd.DataFrame(sums[sums.instrument != ""]).to_dict(orient="records"):
        name = INSTRUMENTS.get(str(r["instrument"]), str(r["instrument"]))
        rows.append((f"  {name}", number(r["first_order"], d)))
    across = cells[cells.destination != ""]
    pairs = across.groupby(["origin", "destination"], sort=False).contribution.sum()
    rows += _largest("By exporter and importer", [f"{o} to {x}" for o, x in pairs.index], pairs, d)
    sectors = cells[cells.of_sector != ""].groupby("of_sector", sort=False).contribution.sum()
    rows += _largest(
        "By sector", [f"{i} {s.names.get(str(i), '')}".strip() for i in sectors.index], sectors, d
    )
    rows += [
        ("All, first order", number(total.first_order, d)), ("Remainder", number(total.remainder, d)),
        ("Exact change", number(total.exact, d)),
    ]  # fmt: skip
    return Block(f"{label(row)}: which changes matter", ("", str(row["unit"])), tuple(rows), ACCOUNT_NOTE)


def _largest(title: str, names: Sequence[str], sums: pd.Series, d: int) -> list[tuple[str, str]]:
    """The largest parts with their heading; the others in one row; nothing where there is no part."""
    if not len(sums):
        return []
    values = sums.to_numpy(float)
    order = np.argsort(-np.abs(values), kind="stable")
    rows = [(title, ""), *((f"  {names[k]}", number(float(values[k]), d)) for k in order[:PAIRS])]
    if len(sums) > PAIRS:
        rest = float(values[order[PAIRS:]].sum())
        rows.append((f"  {len(sums) - PAIRS} others", number(rest, d)))
    return rows
