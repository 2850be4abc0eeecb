"""Groups of regions (with dates) and of sectors, and what a name in a scenario stands for."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scenarios.problems import closest, suggest

HERE = Path(__file__).parent
MEMBERSHIPS = HERE / "agreements" / "memberships.csv"
SECTOR_GROUPS = HERE / "tables" / "sector_groups.csv"
PRODUCTS = HERE / "tables" / "products.csv"
REGION_NAMES = HERE / "tables" / "region_names.csv"
EVERYTHING = "all"


class UnknownNameError(ValueError):
    """A name that is neither a label nor a group, or a group on a date without members."""


@dataclass(frozen=True)
class Membership:
    """One member of one group: from when, until when (None: still, or a group without dates)."""

    group: str
    iso3: str
    entry_date: dt.date | None
    exit_date: dt.date | None
    source: str
    confidence: str


@dataclass(frozen=True)
class Groups:
    """The membership table; ``region_names`` maps other names of a region (Vietnam, UK) to its code."""

    rows: tuple[Membership, ...]
    region_names: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """All groups, in the order of the table."""
        return tuple(dict.fromkeys(row.group for row in self.rows))

    def members(self, name: str, date: dt.date | None = None) -> tuple[str, ...]:
        """ISO3 codes of the group's members on a date (entry included, exit excluded), sorted.

        Without a date: those that entered and have not left. ``name`` may carry it: ``CPTPP@2024-12-31``.

        Raises:
            UnknownNameError: no such group, an unreadable date, a date for an undated group, no members.
        """
        group, at, day = name.partition("@")
        if at:
            date = _date(day, name)
        rows = [row for row in self.rows if row.group == group]
        if not rows:
            raise UnknownNameError(f"no group '{group}'" + suggest(group, self.names))
        undated = all(row.entry_date is None for row in rows)
        if at and undated:
            raise UnknownNameError(f"the table has no dates for {group}: write {group}")
        found = {row.iso3 for row in rows if undated or _in_force(row, date)}
        if not found:
            first = min(row.entry_date for row in rows if row.entry_date)
            last = max((row.exit_date for row in rows if row.exit_date), default=None)
            ended = f" and ended on {last}" if last else ""
            hint = f"; for its former members write {group}@ and a date between" if last else ""
            raise UnknownNameError(f"{group} has no members{_on(date)}: it began on {first}{ended}{hint}")
        return tuple(sorted(found))

    def expand(self, name: str, regions: Sequence[str]) -> tuple[frozenset[str], tuple[str, ...]]:
        """What a name in a scenario stands for: regions of the database, and members outside it.

        Raises:
            UnknownNameError: neither a region, nor a group, nor ``all``.
        """
        if name == EVERYTHING:
            return frozenset(regions), ()
        if name in regions:
            return frozenset([name]), ()
        if name.partition("@")[0] not in self.names:
            raise UnknownNameError(f"'{name}' is neither a region nor a group" + self._hint(name, regions))
        members = self.members(name)
        inside = frozenset(members) & frozenset(regions)
        if not inside:
            raise UnknownNameError(f"no member of {name} is in the database ({', '.join(members)})")
        return inside, tuple(m for m in members if m not in inside)

    def _hint(self, name: str, regions: Sequence[str]) -> str:
        name = name.partition("@")[0]
        words = {k.lower(): v for k, v in self.region_names.items()}
        code = words.get(name.lower())
        if code in regions or code in self.names:
            return f"; did you mean '{code}'?"
        if code is not None:
            return f"; {code} is not in the database and is part of ROW, which cannot be treated in part"
        near = closest(name, [*regions, *self.names, *words])
        code = words.get(near.lower(), near) if near else None
        return f"; did you mean '{code}'?" if code in regions or code in self.names else ""


@dataclass(frozen=True)
class SectorGroups:
    """Groups of the database's industries; ``products`` maps a product to the industries that hide it."""

    groups: Mapping[str, tuple[str, ...]]
    products: Mapping[str, tuple[str, ...]]
    proxies: frozenset[str] = frozenset()
    """Products that fill their one industry, so that their name may stand for it."""

    def proxy(self, name: str, sectors: Sequence[str]) -> str | None:
        """The industry that a product's name stands for as a sector, if it is such a product."""
        product = name.lower()
        if name in sectors or name in self.groups or product not in self.proxies:
            return None
        return self.products[product][0]

    def expand(self, name: str, sectors: Sequence[str]) -> frozenset[str]:
        """What a name in a scenario stands for: sectors of the database.

        Raises:
            UnknownNameError: neither a sector, nor a group, nor ``all``; products are named as such.
        """
        if name == EVERYTHING:
            return frozenset(sectors)
        if name in sectors:
            return frozenset([name])
        if name in self.groups:
            inside = frozenset(self.groups[name]) & frozenset(sectors)
            if inside:
                return inside
            raise UnknownNameError(f"no sector of {name} is in the database ({', '.join(self.groups[name])})")
        proxy = self.proxy(name, sectors)
        if proxy is not None and proxy in sectors:
            return frozenset([proxy])
        hidden = self.products.get(name.lower())
        if hidden:
            raise UnknownNameError(
                f"'{name}' is a product inside {' and '.join(hidden)}, and no sector: name the industry, or "
                f"leave the product out of a tariff cut with 'except: {{products: {name}}}'"
            )
        raise UnknownNameError(
            f"'{name}' is neither a sector nor a group of sectors" + suggest(name, [*sectors, *self.groups])
        )


@cache
def load_groups(path: Path = MEMBERSHIPS) -> Groups:
    """The packaged membership table: group, iso3, entry_date, exit_date, source, confidence, note."""
    rows = tuple(
        Membership(
            row["group"],
            row["iso3"],
            _cell(row["entry_date"]),
            _cell(row["exit_date"]),
            row["source"],
            row["confidence"],
        )
        for row in _rows(path)
    )
    names = {row["name"]: row["code"] for row in _rows(REGION_NAMES)}
    return Groups(rows, names)


@cache
def load_sector_groups(path: Path = SECTOR_GROUPS) -> SectorGroups:
    """The packaged table of sector groups (columns group, sectors, description) and of products."""
    groups = {row["group"]: tuple(row["sectors"].split()) for row in _rows(path)}
    rows = _rows(PRODUCTS)
    products = {row["product"]: tuple(row["sectors"].split()) for row in rows}
    proxies = frozenset(row["product"] for row in rows if row["proxy"] == "yes")
    return SectorGroups(groups, products, proxies)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def _cell(text: str) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _date(text: str, name: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UnknownNameError(f"'{name}': the date after @ must be written as 2024-12-31") from None


def _in_force(row: Membership, date: dt.date | None) -> bool:
    if row.entry_date is None:
        return False
    if date is None:
        return row.exit_date is None
    return row.entry_date <= date and (row.exit_date is None or date < row.exit_date)


def _on(date: dt.date | None) -> str:
    return f" on {date}" if date else " now"
