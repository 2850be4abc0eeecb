"""Tables beside the key table: shares of the best gain, what each package adds, compensation, adoption,
published studies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from results import dictionary
from results.report import appendix
from results.report.facts import Fact, Value, dollars_scale, percent, ratio
from results.report.prose import Name, Quote, Sentence, clean
from results.report.reading import Reading
from results.report.words_jobs import cost_share
from results.report.words_packages import gross_cost, least, visible, welfare_of
from results.report.words_parts import added, part_words
from results.screen import number
from results.tidy import pick

Cell = Sentence


@dataclass(frozen=True)
class Table:
    """``headers`` (text, whether numbers stand below), rows of cells; ``note`` below the table."""

    caption: str
    headers: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    folded: bool = False


def shares(r: Reading) -> Table | None:
    """What each package brings of the best gain next to its share of the cost; None where nobody gains."""
    if not r.several or not r.comparable:
        return None
    gains = {b.label: welfare_of(r.focus)(b) for b in r.books}
    costs = {b.label: gross_cost(r.focus)(b) for b in r.books}
    reference = max(r.books, key=lambda b: gains[b.label].raw)
    if not gains[reference.label].raw > least(r, reference) or not visible(reference, r.focus):
        return None
    if sum(visible(b, r.focus) > 0 for b in r.books) < 2:
        return None
    scale, decimals, unit = dollars_scale([v.raw for v in (*gains.values(), *costs.values())])
    rows = []
    for b in r.books:
        own, full = gains[b.label], gains[reference.label]
        gains_some = own.raw > least(r, b) and visible(b, r.focus) > 0
        part, price = (
            v if gains_some else Value(float("nan"), own.source)
            for v in (ratio(own, full), ratio(costs[b.label], costs[reference.label]))
        )
        rows.append((
            (r.policy(b),), (Fact(own, scale, decimals),), (percent(part, 1, sign=False),),
            (Fact(costs[b.label], scale, decimals, sign=False),),
            (percent(price, 1, sign=False),),
            (percent(cost_share(b, r.focus), 1, sign=False),),
        ))  # fmt: skip
    headers = (
        ("Policy", False), (f"Welfare, USD {unit} a year", True), ("% of the largest gain", True),
        (f"Cost of adjustment, USD {unit} once", True), ("% of the cost of that policy", True),
        ("Cost in % of its own gain (present value)", True),
    )  # fmt: skip
    return Table(
        f"Share of the largest gain ({r.policy(reference).text}), next to that of its cost of adjustment",
        headers, tuple(rows), "n/a: the policy brings no gain, so nothing is a share of it.",
    )  # fmt: skip


def contributions(r: Reading, packages: pd.DataFrame | None) -> list[Table]:
    """What each package of a scenario adds for the focus, in the order of its file; the sum last."""
    out: list[Table] = []
    if packages is None or packages.empty:
        return out
    for scenario in dict.fromkeys(map(str, packages["scenario"])):
        mine = pick(packages, scenario=scenario, region=r.focus)
        wanted = [n for n in ADDED if n in set(mine["indicator"])]
        names = list(dict.fromkeys(map(str, mine["package"])))
        book = next((b for b in r.books if b.label == scenario), None)
        rows = [
            (
                (Name(p if book is None else part_words(p, book)),),
                *((_added(packages, scenario, p, n, r.focus),) for n in wanted),
            )
            for p in names
        ]
        sums = (("all",), *((_added(packages, scenario, "*", n, r.focus),) for n in wanted))
        headers = (("Part", False), *((ADDED[n][0], True) for n in wanted))
        whole = scenario if book is None else r.policy(book).text
        out.append(Table(f"{whole}: what each part adds to those above it", headers, (*rows, sums),
                         "In another order the parts would share the whole differently."))  # fmt: skip
    return out


ADDED = {
    "welfare_ev": ("Welfare, USD million a year", 0), "real_gdp%": ("Real GDP, %", 2),
    "jobs:manufacturing": ("Jobs in manufacturing, thousand", 1), "displaced": ("Displaced, thousand", 1),
    "adjustment_cost": ("Cost of adjustment, USD million once", 0),
}  # fmt: skip
"""Figures of the table of packages: heading and decimals."""


def _added(packages: pd.DataFrame, scenario: str, package: str, indicator: str, region: str) -> Fact:
    return Fact(added(packages, scenario, package, indicator, region), 1.0, ADDED[indicator][1])


def tidy(r: Reading, name: str, caption: str, note: str = "", most: int = 40) -> list[Table]:
    """A stored table for the focus: indicator, unit and what the policy changes or pays, no levels."""
    out = []
    for b in r.books:
        if name not in b.column.tables:
            continue
        table = b.column.tables[name]
        mine = table.loc[(table["region"] == r.focus).to_numpy()]
        if mine.empty:
            continue
        rows = tuple(
            ((dictionary.label(name, str(row["indicator"])),), (str(row["unit"]),),
             (_stored(b.label, name, row, "change"),))
            for row in mine.head(most).to_dict("records")
        )  # fmt: skip
        headers = (("Figure", False), ("Unit", False), ("Change or amount", True))
        out.append(Table(f"{r.policy(b).text}: {caption}", headers, rows, note))
    return out


def _stored(label: str, table: str, row: dict[Any, Any], column: str) -> Fact:
    source = {"result": label, "table": table, **{k: str(row[k]) for k in ("region", "sector", "partner",
              "indicator")}, "column": column, "step": "row"}  # fmt: skip
    raw = float(row[column])
    return Fact(Value(raw, source), 1.0, 0 if abs(raw) >= 100 else 2, sign=column == "change")


def adoption(r: Reading) -> list[Table]:
    """Who would gain from adopting each standard, as the table ``adoption`` has it."""
    out = []
    for b in r.books:
        if "adoption" not in b.column.tables:
            continue
        found = pick(b.column.tables["adoption"], role="adopter", indicator="adoption_welfare_share")
        for standard in dict.fromkeys(map(str, found["standard"])):
            mine = pick(found, standard=standard).sort_values("change", ascending=False, kind="stable")
            rows = tuple(
                ((r.labels.place(str(row["region"])),), ("yes" if row["adopts"] else "no",),
                 *((_adopts(b.label, row, c),) for c in ("baseline", "counterfactual", "change")))
                for row in mine.to_dict("records")
            )  # fmt: skip
            headers = (("Country", False), ("Adopts", False), ("Without, % of income", True),
                       ("With, % of income", True), ("Gain, points", True))  # fmt: skip
            out.append(
                Table(
                    f"{r.policy(b).text}: who would gain from adopting the {standard} standard", headers, rows
                )
            )
    return out


def _adopts(label: str, row: dict[Any, Any], column: str) -> Fact:
    keys = ("region", "sector", "partner", "indicator", "country", "standard", "role")
    source = {"result": label, "table": "adoption", **{k: str(row[k]) for k in keys}, "column": column,
              "step": "row"}  # fmt: skip
    return Fact(Value(float(row[column]), source), 1.0, 3)


BESIDE = ("Study and figure", "Published", "Model", "Model / published", "Like for like", "Why they differ",
          "Published in")  # fmt: skip


def published(r: Reading) -> list[Table]:
    """The model beside published studies, as the manifest has it."""
    out = []
    for b in r.books:
        records = b.column.manifest.get("published") or ()
        alone = not records
        if alone:
            records = appendix.studies(b).rename(columns={"value": "published"}).to_dict("records")
        rows = tuple(_beside(row, alone=alone) for row in records)
        if rows:
            heads = tuple(h for h in BESIDE if not (alone and "odel" in h))
            headers = tuple((h, h in ("Published", "Model", "Model / published")) for h in heads)
            title = "published figures" if alone else "the model beside published figures"
            out.append(Table(f"{r.policy(b).text}: {title}", headers, rows, folded=alone))
    return out


def _beside(row: dict[Any, Any], *, alone: bool = False) -> tuple[Cell, ...]:
    digits = 2 if row["unit"] == "%" else 1

    def shown(name: str) -> Cell:
        value = row.get(name)
        return (Quote(number(float(value), digits) if value is not None else "n/a"),)

    factor = row.get("factor")
    ours = (Quote(f"{float(factor):.2f}"),) if factor is not None else (Quote(str(row.get("word") or "n/a")),)
    what = f"{row['study']}: {row['scenario_there']}, {row['region']} {row['metric']}, {row['unit']}"
    model = () if alone else (shown("model"), ours)
    return ((Quote(clean(what)),), shown("published"), *model, (str(row["comparable"]),),
            (Quote(clean(str(row["note"]))),),
            (Quote(clean(f"{row['source']} ({row['confidence']})")),))  # fmt: skip


def every(found: Sequence[Table | None]) -> tuple[Table, ...]:
    """Those that exist."""
    return tuple(t for t in found if t is not None)
