"""Dependence on the supplier that is traced, and leverage between the focus and its partners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from results.figures.drawing import Drawing, in_words, marked, require, signed, still
from results.figures.labels import Labels, labels
from results.figures.two_panels import Row, Words, two_panels
from results.side_by_side import Column
from results.tidy import pick

MOST = 12
"""Regions or partners drawn: those where the policy changes most (and the focus)."""
DIRECT, EMBODIED = "supplier_share_direct_total", "supplier_share_embodied_total"
INCOME, ASYMMETRY = "income_in_demand_share", "asymmetry_income"
LEAST = 1e-6
"""Points below which nothing changes."""
SAME = 0.005
"""Difference between baselines of two packages, in points, below which they print as one."""


@dataclass(frozen=True)
class Level:
    """``before`` in percent and ``change`` in points."""

    before: float
    change: float


def dependence_change(columns: Sequence[Column], focus: str) -> Drawing | None:
    """Share of the traced supplier in all purchases by region, direct and with inputs of inputs. None when
    the results do not trace one supplier. Raises ResultsError when ``focus`` is not a region.
    """
    require(columns, focus)
    suppliers = {str(c.info["supplier"]) for c in columns}
    if len(suppliers) != 1 or any("dependence" not in c.tables for c in columns):
        return None
    supplier = suppliers.pop()
    data = {c.label: {n: _shares(c, n, supplier) for n in (DIRECT, EMBODIED)} for c in columns}
    if not all(d[EMBODIED] and d[DIRECT].keys() == d[EMBODIED].keys() for d in data.values()):
        return None
    names = labels(columns[0])
    if still((x.change for d in data.values() for s in d.values() for x in s.values()), LEAST):
        return None
    order, left_out = _largest({p: d[EMBODIED] for p, d in data.items()}, focus, supplier)
    first = data[columns[0].label]
    rows = [
        Row(marked(names.short(r), focus=r == focus), names.coded(r), first[DIRECT][r].before,
            first[EMBODIED][r].before, {p: d[EMBODIED][r].change for p, d in data.items()})
        for r in order
    ]  # fmt: skip
    who = names.region(supplier)
    words = Words("direct", "with inputs of inputs", "Before, %", "Change*, points", "points")
    return Drawing(
        id="dependence-change",
        title=f"Share of {who} in all purchases, % before and change in points",
        figure=two_panels(rows, words, list(data)),
        table=_dependence_table(data, order, names),
        decimals={"Direct before, %": 2, "Direct, change in points": 3, "With inputs before, %": 2,
                  "With inputs, change in points": 3},
        source=(f"dependence: {DIRECT}, {EMBODIED}",),
        alt=_dependence_alt(data, focus, who, names),
        note="* Of the share with inputs of inputs; the direct share is in the table."
        f"{_left(left_out, 'regions')}{names.key(order)}"
        f"{_baselines({p: d[EMBODIED] for p, d in data.items()})}",
    )  # fmt: skip


def leverage_balance(columns: Sequence[Column], focus: str) -> Drawing | None:
    """Income of ``focus`` that hangs on each partner's demand, and the partner's that hangs on its own, in
    percent of GDP. None without the table ``leverage``. Raises ResultsError when ``focus`` is not a region.
    """
    require(columns, focus)
    if any("leverage" not in c.tables for c in columns):
        return None
    mine = {c.label: _pairs(c, INCOME, region=focus, by="partner") for c in columns}
    theirs = {c.label: _pairs(c, INCOME, partner=focus, by="region") for c in columns}
    gap = {c.label: _pairs(c, ASYMMETRY, region=focus, by="partner") for c in columns}
    if not all(gap.values()):
        return None
    if still((x.change for g in gap.values() for x in g.values()), LEAST):
        return None
    names, label = labels(columns[0]), columns[0].label
    order, left_out = _largest(gap, "", focus)
    rows = [
        Row(marked(names.short(r), focus=False), names.coded(r), mine[label][r].before,
            theirs[label][r].before, {p: g[r].change for p, g in gap.items()})
        for r in order
    ]  # fmt: skip
    me, who = names.region(focus), names.short(focus)
    words = Words(f"{who} on the partner", f"the partner on {who}", "Before, % of GDP",
                  "Balance, points", "points of GDP")  # fmt: skip
    return Drawing(
        id="leverage-balance",
        title=f"{me} and its partners: income that hangs on the other's demand, % of own GDP",
        figure=two_panels(rows, words, list(gap)),
        table=_leverage_table(mine, theirs, gap, order, names, focus),
        decimals={f"{focus} on partner before, % of GDP": 2, f"Partner on {focus} before, % of GDP": 2,
                  "Balance before, points": 2, "Balance, change in points": 3},
        source=(f"leverage: {INCOME}, {ASYMMETRY}",),
        alt=_leverage_alt(mine, theirs, gap, order, names, me),
        note=f"Balance: the share of {me} less that of the partner; a rise: {me} has more at stake "
        "than before. Shares of what is at stake, not the cost of a stop."
        f"{_left(left_out, 'partners')}{names.key([focus, *order])}{_baselines(gap)}",
    )  # fmt: skip


def _shares(c: Column, name: str, supplier: str) -> dict[str, Level]:
    """By region, in percent and points; the supplier's own share left out."""
    found = pick(c.tables["dependence"], indicator=name, partner=supplier)
    return {
        str(r): Level(100 * float(b), 100 * float(x))
        for r, b, x in zip(found["region"], found["baseline"], found["change"], strict=True)
        if str(r) != supplier
    }


def _pairs(c: Column, name: str, by: str, **where: str) -> dict[str, Level]:
    """An indicator of a pair in percent of GDP, by the other side."""
    found = pick(c.tables["leverage"], indicator=name, sector="", **where)
    return {
        str(r): Level(float(b), float(x))
        for r, b, x in zip(found[by], found["baseline"], found["change"], strict=True)
    }


def _largest(data: Mapping[str, Mapping[str, Level]], focus: str, without: str) -> tuple[list[str], int]:
    """Where any package changes most, and ``focus``; in the order of the level before; how many are left."""
    first = next(iter(data.values()))
    known = [r for r in first if r != without]
    size = {r: max(abs(d[r].change) for d in data.values()) for r in known}
    chosen = set(sorted(known, key=lambda r: (-size[r], r))[:MOST]) | ({focus} & set(known))
    order = sorted(chosen, key=lambda r: (-abs(first[r].before), r))
    return order, len(known) - len(order)


def _left(count: int, what: str) -> str:
    return f" {count} {what} with smaller changes are not drawn." if count else ""


def _baselines(data: Mapping[str, Mapping[str, Level]]) -> str:
    """Said when packages start from baselines that differ."""
    labels_ = list(data)
    first = data[labels_[0]]
    odd = [p for p in labels_ if any(abs(first[r].before - x.before) > SAME for r, x in data[p].items())]
    start = "starts" if len(odd) == 1 else "start"
    return f" Levels before are those of {labels_[0]}; {in_words(odd)} {start} from others." if odd else ""


def _dependence_table(
    data: Mapping[str, Mapping[str, Mapping[str, Level]]], order: Sequence[str], names: Labels
) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Region": names.coded(r),
                "Package": label,
                "Direct before, %": d[DIRECT][r].before,
                "Direct, change in points": d[DIRECT][r].change,
                "With inputs before, %": d[EMBODIED][r].before,
                "With inputs, change in points": d[EMBODIED][r].change,
            }
            for r in order
            for label, d in data.items()
        ]
    )


def _leverage_table(
    mine: Mapping[str, Mapping[str, Level]],
    theirs: Mapping[str, Mapping[str, Level]],
    gap: Mapping[str, Mapping[str, Level]],
    order: Sequence[str],
    names: Labels,
    focus: str,
) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "Partner": names.coded(r),
                "Package": label,
                f"{focus} on partner before, % of GDP": mine[label][r].before,
                f"Partner on {focus} before, % of GDP": theirs[label][r].before,
                "Balance before, points": g[r].before,
                "Balance, change in points": g[r].change,
            }
            for r in order
            for label, g in gap.items()
        ]
    )


def _dependence_alt(
    data: Mapping[str, Mapping[str, Mapping[str, Level]]], focus: str, who: str, names: Labels
) -> str:
    said = []
    for label, d in data.items():
        found = d[EMBODIED]
        parts = []
        if focus in found:
            now = found[focus]
            parts.append(f"{names.region(focus)} {now.before:.2f} %, {signed(now.change, 3, 'points')}")
        most = max(found, key=lambda r: abs(found[r].change))
        parts.append(f"largest change in {names.region(most)}, {signed(found[most].change, 3, 'points')}")
        said.append(f"{label}: {'; '.join(parts)}.")
    return f"Share of {who} in all purchases with inputs of inputs. {' '.join(said)}"


def _leverage_alt(
    mine: Mapping[str, Mapping[str, Level]],
    theirs: Mapping[str, Mapping[str, Level]],
    gap: Mapping[str, Mapping[str, Level]],
    order: Sequence[str],
    names: Labels,
    me: str,
) -> str:
    label, top = next(iter(gap)), order[0]
    said = [
        f"Before, the widest balance drawn is with {names.region(top)}: {me} {mine[label][top].before:.2f} % "
        f"of its GDP, {names.region(top)} {theirs[label][top].before:.2f} % of its own."
    ]
    for package, g in gap.items():
        most = max(order, key=lambda r: abs(g[r].change))
        said.append(
            f"{package}: largest change with {names.region(most)}, {signed(g[most].change, 3, 'points')}."
        )
    return f"Income that hangs on the other's demand, {me} and its partners. {' '.join(said)}"
