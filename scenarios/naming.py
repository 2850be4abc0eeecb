"""Sets of regions, sectors and flows in words: by the name of a group where they are one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from scenarios.groups import Groups, SectorGroups, UnknownNameError, load_groups, load_sector_groups

FEW = 3
"""So many names beside a group's are still shorter than a list."""
MOST = 6
"""The longest list of names that is written out."""
Pair = tuple[str, str]


@dataclass(frozen=True)
class Namer:
    """Words for subsets of ``universe``; ``groups`` are the names of some of them, in order of preference."""

    universe: frozenset[str]
    groups: Mapping[str, frozenset[str]]
    everything: str

    def words(self, members: Collection[str]) -> str:
        """``CPTPP``, ``CPTPP without SGP``, ``CPTPP and USA``, ``EU27, AUS, BRA``, ``A, B and 9 more``."""
        chosen = frozenset(members)
        if chosen == self.universe:
            return self.everything
        exact = [name for name, group in self.groups.items() if group == chosen]
        if exact:
            return exact[0]
        if len(chosen) > FEW:
            near = self._near(chosen)
            if near:
                return near
        parts = self._cover(chosen)
        if len(parts) <= MOST + 1:
            return ", ".join(name for name, _ in parts)
        rest = frozenset().union(*(members for _, members in parts[MOST:]))
        return f"{', '.join(name for name, _ in parts[:MOST])} and {len(rest)} more"

    def _cover(self, chosen: frozenset[str]) -> list[tuple[str, frozenset[str]]]:
        """The set as groups that lie inside it, the largest first and none overlapping, and single names."""
        parts, rest = [], chosen
        inside = [(name, group) for name, group in self.groups.items() if group <= chosen]
        for name, group in sorted(inside, key=lambda item: -len(item[1])):
            if group <= rest:
                parts.append((name, group))
                rest -= group
        return parts + [(name, frozenset([name])) for name in sorted(rest)]

    def _list(self, members: frozenset[str]) -> str:
        return ", ".join(name for name, _ in self._cover(members))

    def _near(self, chosen: frozenset[str]) -> str | None:
        """The set as a group with a few names more or less, the fewest that do."""
        found: list[tuple[int, int, str]] = []
        for rank, (name, group) in enumerate({self.everything: self.universe, **self.groups}.items()):
            extra, missing = chosen - group, group - chosen
            if 0 < len(extra) <= FEW and not missing:
                found.append((len(extra), rank, f"{name} and {self._list(extra)}"))
            if 0 < len(missing) <= FEW and not extra and 2 * len(missing) < len(group):
                found.append((len(missing), rank, f"{name} without {self._list(missing)}"))
        return min(found)[2] if found else None


@dataclass(frozen=True)
class Naming:
    """Words for regions, sectors and flows of one database."""

    regions: Namer
    sectors: Namer
    families: Mapping[str, str]
    """The smallest group of each sector, under which detailed rows are gathered."""

    def flows(self, pairs: Iterable[Pair], *, exports: bool = False) -> str:
        """Pairs (region, partner) in words: ``USA on imports from CPTPP``, ``among RCEP``, ``between ...``.

        ``exports``: the regions' measures fall on what they sell. Without partners: the regions alone.
        """
        both = set(pairs)
        regions, partners = {r for r, _ in both}, {p for _, p in both}
        if partners == {""}:
            return self.regions.words(regions)
        verb = "on exports to" if exports else "on imports from"
        if regions == partners and len(regions) > 1 and _product(both, regions, partners):
            return f"among {self.regions.words(regions)}"
        if _product(both, regions, partners):
            return f"{self.regions.words(regions)} {verb} {self.regions.words(partners)}"
        sides = _sides(both)
        if sides is not None:
            return f"between {self.regions.words(sides[0])} and {self.regions.words(sides[1])}"
        classes = _classes(both)
        if len(classes) <= FEW:
            return "; ".join(f"{self.regions.words(r)} {verb} {self.regions.words(p)}" for r, p in classes)
        if len(regions & partners) > len(regions | partners) - FEW:
            return f"{len(both)} pairs among {self.regions.words(regions | partners)}"
        return f"{len(both)} pairs, {self.regions.words(regions)} {verb} {self.regions.words(partners)}"


def naming(
    regions: Sequence[str],
    sectors: Sequence[str],
    groups: Groups | None = None,
    sector_groups: SectorGroups | None = None,
) -> Naming:
    """Names for the labels of a database, from the packaged tables of groups unless others are given."""
    table, known = groups or load_groups(), sector_groups or load_sector_groups()
    places, industries = frozenset(map(str, regions)), frozenset(map(str, sectors))
    by_region: dict[str, frozenset[str]] = {}
    for name in table.names:
        try:
            inside = frozenset(table.members(name)) & places
        except UnknownNameError:  # a group that has ended names nobody today
            continue
        if len(inside) > 2:  # two names are plainer than the name of their pact
            by_region[name] = inside
    by_sector = {name: frozenset(members) & industries for name, members in known.groups.items()}
    by_sector = {name: members for name, members in by_sector.items() if members}
    smallest = sorted(by_sector.items(), key=lambda item: len(item[1]))
    families = {s: next((name for name, group in smallest if s in group), s) for s in industries}
    return Naming(
        Namer(places, by_region, "all economies"), Namer(industries, by_sector, "all sectors"), families
    )


def _product(pairs: set[Pair], regions: set[str], partners: set[str]) -> bool:
    """Whether the pairs are all of regions with all of partners, a region's with itself left out."""
    return len(pairs) == len(regions) * len(partners) - len(regions & partners)


def _sides(pairs: set[Pair]) -> tuple[set[str], set[str]] | None:
    """Two sets if the pairs are all between them, both ways."""
    first = min(r for r, _ in pairs)
    other = {p for r, p in pairs if r == first}
    one = {r for r, p in pairs if p == min(other)}
    whole = len(pairs) == 2 * len(one) * len(other) and not one & other
    return (
        (one, other)
        if whole and all((p, r) in pairs and (r, p) in pairs for r in one for p in other)
        else None
    )


def _classes(pairs: set[Pair]) -> list[tuple[set[str], set[str]]]:
    """Regions with the same partners together, the largest sets of pairs first."""
    partners: dict[str, set[str]] = {}
    for region, partner in pairs:
        partners.setdefault(region, set()).add(partner)
    together: dict[frozenset[str], set[str]] = {}
    for region, found in partners.items():
        together.setdefault(frozenset(found), set()).add(region)
    classes = [(regions, set(found)) for found, regions in together.items()]
    return sorted(classes, key=lambda c: (-len(c[0]) * len(c[1]), min(c[0])))
