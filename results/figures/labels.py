"""Names of regions and sectors, and the economies inside each region, as a result tells them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from results.side_by_side import Column

FITS = 17
"""Characters of a name beside an axis, on a phone too."""
SHORTER = (("South-East", "SE"), ("the world", "world"), (" and ", " & "))
"""How long names are shortened before they are given up for the code."""


@dataclass(frozen=True)
class Labels:
    """``regions``, ``sectors``: code -> words; ``members``: region -> its economies (ISO 3166 alpha-3)."""

    regions: Mapping[str, str] = field(default_factory=dict)
    sectors: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def region(self, code: str) -> str:
        """Words for a region, its code where there are none."""
        return self.regions.get(code) or code

    def sector(self, code: str) -> str:
        """Words for a sector, its code where there are none."""
        return self.sectors.get(code) or code

    def short(self, code: str) -> str:
        """What stands at an axis: the name where it fits, else the code."""
        name = self.region(code)
        for long, brief in SHORTER:
            name = name.replace(long, brief)
        return name if len(name) <= FITS else code

    def key(self, codes: Iterable[str]) -> str:
        """``XSE: Rest of South-East Asia.`` for those of ``codes`` that stand as codes; "" if none do."""
        said = [f"{c}: {self.region(c)}" for c in codes if self.short(c) == c and self.region(c) != c]
        return f" {'; '.join(said)}." if said else ""

    def coded(self, code: str) -> str:
        """``USA United States``, the code once where there are no words."""
        words = self.region(code)
        return code if words == code else f"{code} {words}"


def labels(column: Column) -> Labels:
    """The labels in the manifest; empty where there are none."""
    known: Mapping[str, Any] = column.manifest.get("labels") or {}
    members = {r: tuple(map(str, m)) for r, m in (known.get("members") or {}).items()}
    return Labels(dict(known.get("regions") or {}), dict(known.get("sectors") or {}), members)
