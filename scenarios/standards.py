"""What standards cost exporters: the packaged table, by standard and industry."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from scenarios.groups import SectorGroups

STANDARDS = Path(__file__).parent / "tables" / "standards.csv"
LEVELS = ("low", "central", "high")
"""The three columns of cost that a scenario can ask for."""


@dataclass(frozen=True)
class StandardRow:
    """One row of the table: costs as shares of the price of what is shipped."""

    standard: str
    sectors: tuple[str, ...]
    costs: Mapping[str, float]
    source: str
    confidence: str
    note: str


@dataclass(frozen=True)
class Standards:
    """The table of standards; rows run from general to special."""

    rows: tuple[StandardRow, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All standards, in the order of the table."""
        return tuple(dict.fromkeys(row.standard for row in self.rows))

    def by_sector(
        self, standard: str, sectors: Sequence[str], groups: SectorGroups
    ) -> dict[str, StandardRow]:
        """The row that counts for each of these industries that the standard covers."""
        found: dict[str, StandardRow] = {}
        for row in self.rows:
            if row.standard == standard:
                named = {s for name in row.sectors for s in groups.groups.get(name, (name,))}
                found |= {sector: row for sector in sectors if sector in named}
        return found


@lru_cache(maxsize=4)
def load_standards(path: Path = STANDARDS) -> Standards:
    """Read a table of standards: standard, sectors, cost, low, high, unit, source, confidence, note.

    Raises:
        ValueError: a cost is negative or outside its own range, or a row has no note.
    """
    rows = []
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            costs = {"low": float(row["low"]), "central": float(row["cost"]), "high": float(row["high"])}
            place = f"{path.name}: {row['standard']}, {row['sectors']}"
            if not 0 <= costs["low"] <= costs["central"] <= costs["high"]:
                raise ValueError(f"{place}: costs must satisfy 0 <= low <= cost <= high")
            if not row["note"].strip():
                raise ValueError(f"{place}: the note that argues the cost is missing")
            names = tuple(row["sectors"].split())
            rows.append(
                StandardRow(row["standard"], names, costs, row["source"], row["confidence"], row["note"])
            )
    return Standards(tuple(rows))
