"""Which agreement binds a pair in a year, and how deep it is: 0 none, 1 shallow, 2 deep, 3 single market.

Members and dates are DESTA's (to 2020); what it lacks, misdates or should not count is in
``assumptions/agreement_depth.csv``, one row with its reason. DESTA's member list carries no index of
depth, so depth follows a stated rule, which that table overrides treaty by treaty:

- deep: signed in 1994 or later and with one of the economies whose agreements since NAFTA follow a
  template with chapters on services, standards and other measures behind the border (TEMPLATE, or the EU as
  a bloc);
- shallow: everything else in force between at least two of the economies.

Dates: a treaty counts from the year it entered into force. A base treaty without that year is not in
force; an accession or withdrawal without it takes the year of signature. Where the day is known (rows of
the table), a year counts if the agreement was in force for at least half of it. A treaty of the EU binds
those who are members of the EU in the year, whoever signed it. The deepest agreement in force decides;
nobody negotiates depth 0. The members of the EU among themselves are a kind of their own, so that what a
deep agreement does is not read off a single market.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from calibration.labels import read_rows
from calibration.sources.desta import Treaty
from calibration.sources.oecd import SourceError

DEPTHS = ("shallow", "deep")
SHALLOW, DEEP, SINGLE_MARKET = 1, 2, 3
TEMPLATE = frozenset(
    ["USA", "CAN", "MEX", "JPN", "KOR", "AUS", "NZL", "SGP", "CHL", "PER", "CHE", "NOR", "ISL"]
)
_EVER_EU = (
    "AUT BEL BGR CYP CZE DEU DNK ESP EST FIN FRA GBR GRC HRV HUN IRL ITA LTU LUX LVA MLT NLD POL PRT ROU SVK "
    "SVN SWE"
)
EVER_EU = frozenset(_EVER_EU.split())
"""Economies that are or were members of the EU in the years of the panel."""
FIRST_TEMPLATE_YEAR = 1994
EU, EU_CORE = 324, frozenset(("DEU", "FRA"))
"""Number of the Lisbon treaty, whose members are the EU's; who must be party to a treaty of the bloc."""
NEVER = 9999


@dataclass(frozen=True)
class Agreement:
    """A treaty that counts: span of years (first, last excluded) of each member, depth, and how it was
    judged.

    hub: when set, only pairs with this member are bound. rule: "rule" or "table". bloc: a treaty of the EU.
    """

    key: str
    name: str
    depth: int
    spans: tuple[tuple[str, int, int], ...]
    rule: str
    bloc: bool = False
    hub: str = ""


@dataclass(frozen=True)
class Override:
    """A row of agreement_depth.csv: depth, first year, members where they differ from the treaty list."""

    key: str
    name: str
    depth: int
    start: int | None
    members: tuple[str, ...]
    hub: str


def overrides() -> tuple[Override, ...]:
    """Rows of the table: treaty (DESTA's number, or a name of our own), depth, start, members, note."""
    out = []
    for row in read_rows("assumptions", "agreement_depth.csv"):
        hub, _, spokes = row["members"].rpartition(":")
        start = int(row["start"]) if row["start"] else None
        out.append(Override(row["treaty"], row["name"], int(row["depth"]), start, tuple(spokes.split()), hub))
    return tuple(out)


def agreements(treaties: Sequence[Treaty], table: Sequence[Override] | None = None) -> tuple[Agreement, ...]:
    """Every agreement that counts. Raises SourceError for a row of the table that names no entry of the
    list.
    """
    table = overrides() if table is None else table
    numbers = {t.number for t in treaties}
    stale = [o.key for o in table if not o.members and o.key not in numbers]
    if stale:
        raise SourceError(
            f"agreement_depth.csv: no treaty {', '.join(stale)} in the list, and no members given"
        )
    moved = {o.key: o for o in table if o.key in numbers}
    families: dict[int, list[Treaty]] = {}
    for treaty in treaties:
        families.setdefault(treaty.base, []).append(treaty)
    listed = (_listed(family, moved) for family in families.values())
    return tuple(a for a in listed if a is not None) + _own(o for o in table if o.key not in numbers)


def _listed(family: list[Treaty], moved: dict[str, Override]) -> Agreement | None:
    bases = [t for t in family if t.kind == "base_treaty"]
    spans: dict[str, tuple[int, int]] = {}
    for treaty in bases:
        start = _start(treaty, moved, needs_entry=True)
        spans |= {m: (start, NEVER) for m in treaty.members if start is not None}
    if not spans:
        return None
    for treaty in family:
        year = _start(treaty, moved, needs_entry=False)
        if treaty.kind == "accession" and year is not None:
            spans |= {m: (year, NEVER) for m in treaty.acting or treaty.members if m not in spans}
        if treaty.kind == "withdrawal" and year is not None:
            spans |= {m: (spans[m][0], year) for m in treaty.acting if m in spans}
    base = bases[0]
    bloc = set(spans) >= EU_CORE
    row = moved.get(base.number)
    depth = _depth(base, bloc) if row is None else row.depth
    if depth == 0 or len(spans) < 2 or (not bloc and set(spans) <= EVER_EU):
        return None  # treaties among members of the EU gave way to the EU's own
    rule = "rule" if row is None else "table"
    return Agreement(base.number, base.name, depth, _sorted(spans), rule, bloc)


def _start(treaty: Treaty, moved: dict[str, Override], needs_entry: bool) -> int | None:
    row = moved.get(treaty.number)
    if row is not None and row.start is not None:
        return row.start
    return treaty.entry if treaty.entry is not None or needs_entry else treaty.signed


def _depth(base: Treaty, bloc: bool) -> int:
    late = base.signed is not None and base.signed >= FIRST_TEMPLATE_YEAR
    return DEEP if late and (bloc or TEMPLATE & set(base.members)) else SHALLOW


def _own(rows: Iterable[Override]) -> tuple[Agreement, ...]:
    """Agreements the list lacks; rows of one name are its members by date."""
    names: dict[str, list[Override]] = {}
    for row in rows:
        names.setdefault(row.key, []).append(row)
    out = []
    for key, group in names.items():
        if any(row.start is None for row in group):
            raise SourceError(f"agreement_depth.csv: {key} is not in the list, so its rows need a start year")
        spans = {m: (row.start or 0, NEVER) for row in group for m in row.members}
        hub = group[0].hub
        if hub:
            spans[hub] = (min(first for first, _ in spans.values()), NEVER)
        out.append(Agreement(key, group[0].name, group[0].depth, _sorted(spans), "table", hub=hub))
    return tuple(out)


def _sorted(spans: dict[str, tuple[int, int]]) -> tuple[tuple[str, int, int], ...]:
    return tuple((m, *spans[m]) for m in sorted(spans))


def members(agreement: Agreement, year: int, union: frozenset[str]) -> frozenset[str]:
    """Who is bound in a year; `union` are the members of the EU in it, who share its treaties."""
    own = {m for m, first, last in agreement.spans if first <= year < last}
    if agreement.bloc and own:
        ever = {m for m, _, _ in agreement.spans}
        # those who signed beside the bloc stay; the bloc's side follows its present membership
        own = {m for m in own if m not in EVER_EU and m in ever} | union
    return frozenset(own)


def union_members(found: Iterable[Agreement], year: int) -> frozenset[str]:
    """Members of the EU in a year, by the accessions and the withdrawal in the list."""
    for agreement in found:
        if agreement.key == str(EU):
            return frozenset(m for m, first, last in agreement.spans if first <= year < last)
    return frozenset()


def pair_depth(found: Sequence[Agreement], regions: Sequence[str], years: Sequence[int]) -> xr.DataArray:
    """Depth (y,o,d) int8 of the deepest agreement between two economies; symmetric, zero on the diagonal."""
    at = {r: k for k, r in enumerate(regions)}
    out = np.zeros((len(years), len(regions), len(regions)), dtype=np.int8)
    for step, year in enumerate(years):
        union = union_members(found, year)
        for agreement in found:
            inside = [at[m] for m in sorted(members(agreement, year, union)) if m in at]
            block = np.zeros_like(out[step])
            block[np.ix_(inside, inside)] = agreement.depth
            if agreement.hub:
                hub = np.arange(len(regions)) == at.get(agreement.hub, -1)
                block = np.where(hub[:, None] | hub[None, :], block, 0)
            out[step] = np.maximum(out[step], block)
        inside = [at[m] for m in sorted(union) if m in at]
        out[step][np.ix_(inside, inside)] = SINGLE_MARKET
        np.fill_diagonal(out[step], 0)
    return xr.DataArray(
        out, dims=("y", "o", "d"), coords={"y": list(years), "o": list(regions), "d": list(regions)}
    )
