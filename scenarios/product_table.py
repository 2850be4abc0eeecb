"""Which share of an industry's tariff cut a product stands for, by importer: the table and its rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import get_args

from scenarios.fields import Confidence
from scenarios.groups import Groups, SectorGroups, load_groups, load_sector_groups
from scenarios.rows import numbered_rows

PRODUCT_CARVE_OUTS = Path(__file__).parent / "tables" / "product_carve_outs.csv"
COLUMNS = ("product", "sector", "importer", "share", "unit", "source", "confidence", "note")
ANYONE = "*"


@dataclass(frozen=True)
class ProductRow:
    """One row: the share in [0, 1] of the industry's tariff cut that withholding the product withholds."""

    product: str
    sector: str
    importer: str
    share: float
    source: str
    confidence: str
    note: str
    place: str
    """``file:line``."""


@dataclass(frozen=True)
class ProductTable:
    """Rows by (product, sector, importer): an importer's own counts first, then its group's, then ``*``."""

    rows: Mapping[tuple[str, str, str], ProductRow]
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Members of the groups that stand as importers."""

    @property
    def products(self) -> tuple[str, ...]:
        """Products with at least one row, sorted."""
        return tuple(sorted({product for product, _, _ in self.rows}))

    def sectors(self, product: str) -> tuple[str, ...]:
        """Industries with a row of the product, sorted."""
        return tuple(sorted({sector for name, sector, _ in self.rows if name == product}))

    def row(self, product: str, sector: str, importer: str) -> ProductRow | None:
        """What the table says of one importer.

        Raises:
            ValueError: the importer has no own row and two of its groups have one.
        """
        if (product, sector, importer) in self.rows:
            return self.rows[product, sector, importer]
        by_group = [
            self.rows[product, sector, group]
            for group, members in self.groups.items()
            if importer in members and (product, sector, group) in self.rows
        ]
        if len(by_group) > 1:
            places = " and ".join(sorted(row.place for row in by_group))
            raise ValueError(
                f"{importer} is in the groups of {places}: give it a row of its own for {product} in {sector}"
            )
        return by_group[0] if by_group else self.rows.get((product, sector, ANYONE))

    def extended(self, other: ProductTable) -> ProductTable:
        """With another table's rows, which count before all of this one's: its ``*`` before a row of ours.

        A row of the other replaces ours for the same importer; a group's, ours for its members; ``*``, all.
        """
        rows = {key: row for key, row in self.rows.items() if not other.covers(*key)}
        return ProductTable({**rows, **other.rows}, {**self.groups, **other.groups})

    def covers(self, product: str, sector: str, importer: str) -> bool:
        """Whether every importer that a row (product, sector, importer) speaks of has a row here."""
        if (product, sector, ANYONE) in self.rows or (product, sector, importer) in self.rows:
            return True
        return any(
            importer in members and (product, sector, group) in self.rows
            for group, members in self.groups.items()
        )


def read_products(
    path: Path, groups: Groups | None = None, sector_groups: SectorGroups | None = None
) -> ProductTable:
    """Read a table of product carve-outs; lines that begin with # are comments.

    Raises:
        ValueError: columns other than COLUMNS, cells that are missing, a share outside [0, 1], a sector that
            is no goods industry, an importer that is neither an economy nor a group, a row given twice;
            each with file and line.
    """
    groups, sector_groups = groups or load_groups(), sector_groups or load_sector_groups()
    goods = sector_groups.groups["goods"]
    known = {*groups.region_names.values(), *groups.names, ANYONE}
    rows: dict[tuple[str, str, str], ProductRow] = {}
    for n, cells in numbered_rows(path):
        place = f"{path.name}:{n}"
        if tuple(cells) != COLUMNS:
            raise ValueError(f"{path.name}: the columns are {', '.join(COLUMNS)}")
        row = _row(cells, place)
        if row.sector not in goods:
            raise ValueError(f"{place}: '{row.sector}' is no goods industry, such as A01 or C10T12")
        if row.importer not in known:
            raise ValueError(f"{place}: '{row.importer}' is neither an economy, nor a group, nor {ANYONE}")
        key = (row.product, row.sector, row.importer)
        if key in rows:
            raise ValueError(
                f"{place}: {row.product} in {row.sector} for {row.importer} is on {rows[key].place}"
            )
        rows[key] = row
    named = {importer for _, _, importer in rows}
    members = {name: frozenset(groups.members(name)) for name in groups.names if name in named}
    return ProductTable(rows, members)


def _row(cells: Mapping[str, str], place: str) -> ProductRow:
    for name in ("product", "sector", "importer", "share", "source", "confidence"):
        if not cells[name].strip():
            raise ValueError(f"{place}: {name} is missing")
    try:
        share = float(cells["share"])
    except ValueError:
        share = math.nan
    if not 0 <= share <= 1:
        raise ValueError(f"{place}: a share is a number between 0 and 1, not '{cells['share']}'")
    if cells["confidence"] not in get_args(Confidence):
        raise ValueError(f"{place}: confidence is one of {', '.join(get_args(Confidence))}")
    names = {name: cells[name].strip() for name in ("product", "sector", "importer")}
    words = {name: cells[name] for name in ("source", "confidence", "note")}
    return ProductRow(**{**names, "product": names["product"].lower()}, share=share, **words, place=place)


@cache
def packaged_products() -> ProductTable:
    """The table that comes with the package."""
    return read_products(PRODUCT_CARVE_OUTS)
