"""Words for the codes of regions and sectors, as the manifest has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from calibration.labels import region_labels, sector_labels
from results.report.prose import Name
from results.side_by_side import Column
from results.tidy import WORLD

WITH_ARTICLE = ("United ", "Netherlands", "Philippines", "European Union", "Rest of", "DR Congo", "Other ")
"""How the names begin that take "the" inside a sentence."""

COMMON = ("Rest of", "Other ")
"""Those that begin with no proper name."""


@dataclass(frozen=True)
class Labels:
    """``regions``, ``sectors``: code -> words; ``groups``: sector group -> sectors of the model."""

    regions: Mapping[str, str]
    sectors: Mapping[str, str]
    groups: Mapping[str, tuple[str, ...]]
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def plural(self, code: str) -> bool:
        """Whether a region's name takes a plural verb: "Canada and Mexico", "other CPTPP economies"."""
        words = self.region(code)
        several = len(self.members.get(code, ("", ""))) > 1
        return several and (" and " in words or words.endswith(("economies", "countries", "members")))

    def region(self, code: str) -> str:
        """The words of a region, as a heading has them."""
        return "World" if code == WORLD else self.regions.get(code, code)

    def sector(self, code: str) -> str:
        """The words of a sector."""
        return self.sectors.get(code, code)

    def place(self, code: str) -> Name:
        """A region inside a sentence: "the United States"."""
        words = "the world" if code == WORLD else self.region(code)
        if not words.startswith(WITH_ARTICLE):
            return Name(words)
        return Name(f"the {words[:1].lower()}{words[1:]}" if words.startswith(COMMON) else f"the {words}")

    def industry(self, code: str) -> Name:
        """A sector inside a sentence, in small letters unless it is an abbreviation."""
        words = self.sector(code)
        keep = len(words) > 1 and words[1].isupper()
        return Name(words if keep or words == code else words[:1].lower() + words[1:])


def labels_of(columns: Sequence[Column]) -> Labels:
    """From the manifest's ``labels``; codes of the database where it has none."""
    found: Mapping[str, Any] = columns[0].manifest.get("labels") or {}
    regions = {**region_labels(), **(found.get("regions") or {})}
    sectors = {**sector_labels(), **(found.get("sectors") or {})}
    groups = {str(k): tuple(map(str, v)) for k, v in (found.get("sector_groups") or {}).items()}
    members = {str(k): tuple(map(str, v)) for k, v in (found.get("members") or {}).items()}
    return Labels(regions, sectors, groups, members)
