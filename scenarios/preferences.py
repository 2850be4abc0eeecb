"""Preferences as firms use them: every flow takes the cheapest of what it paid, MFN and each agreement.

An agreement in force offers a flow the rate ``t = u t_pref + (1 - u) t_own`` at the iceberg cost
``1 + u (r (t_own - t_pref) + c)``: a share ``u`` of trade claims the preference, and compliance with the
rules of origin eats the share ``r`` of the tariff cut plus ``c`` of the value. ``t_own`` is what firms pay
that do not claim: the benchmark's applied rate, or MFN where that rate was an agreement's that is over.
The cheapest ``(1 + t) k`` is taken: no order of the agreements matters, and nobody pays more than before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from scenarios.aim import Mask, World
from scenarios.carve_outs import held_back
from scenarios.groups import EVERYTHING
from scenarios.holders import Holders, among, still_lost
from scenarios.rows import numbered_rows

Array = npt.NDArray[np.float64]
PREFERENCE_USE = Path(__file__).parent / "tables" / "preference_use.csv"
OWN = ""
"""The choice of a flow that claims no preference."""


@dataclass(frozen=True)
class Use:
    """How an agreement's preferences are used, by exporter and sector (o, i), or by flow (o, d, i); shares.

    ``utilisation`` of trade claims the preference; ``rules_of_origin`` is the share of the tariff cut that
    compliance costs; ``compliance`` an ad valorem cost on top.
    """

    utilisation: Array
    rules_of_origin: Array
    compliance: Array

    def by_flow(self) -> tuple[Array, Array, Array]:
        """Utilisation, rules of origin and compliance as arrays that broadcast over (o, d, i)."""
        u, r, c = (
            a[:, None, :] if a.ndim == 2 else a
            for a in (self.utilisation, self.rules_of_origin, self.compliance)
        )
        return u, r, c

    def merged(self, cells: Mask, other: Use) -> Use:
        """With the other's numbers on the flows ``cells`` (o, d, i)."""
        return Use(*(np.where(cells, b, a) for a, b in zip(self.by_flow(), other.by_flow(), strict=True)))

    def replaced(self, utilisation: float | None, rules_of_origin: float | None) -> Use:
        """With numbers that a scenario gives in place of the table's; rules of origin of 0 cost nothing."""
        out = self
        if utilisation is not None:
            out = replace(out, utilisation=np.full_like(self.utilisation, utilisation))
        if rules_of_origin is not None:
            out = replace(out, rules_of_origin=np.full_like(self.utilisation, rules_of_origin))
            if rules_of_origin == 0:
                out = replace(out, compliance=np.zeros_like(self.utilisation))
        return out


def read_use(agreement: str, world: World, path: Path = PREFERENCE_USE) -> Use:
    """What the table says of an agreement: rows in order, later ones over earlier, empty cells say nothing.

    Raises:
        ValueError: a row names no exporter or sector that exists, a number is outside [0, 1], or a cell is
            left without a number.
    """
    shape = (len(world.regions), len(world.sectors))
    numbers = {name: np.full(shape, np.nan) for name in ("utilisation", "rules_of_origin", "compliance")}
    for n, row in numbered_rows(path):
        if row["agreement"] not in ("*", agreement):
            continue
        cells = _exporters(row["exporters"], world, path, n)[:, None] & sector_mask(
            row["sectors"], world, path, n
        )
        for name, array in numbers.items():
            if row[name]:
                share = float(row[name])
                if not 0 <= share <= 1:
                    raise ValueError(f"{path.name}:{n}: {name} is {share:g} and must be between 0 and 1")
                array[cells] = share
    for name, array in numbers.items():
        if np.isnan(array).any():
            o, i = np.argwhere(np.isnan(array))[0]
            what = f"{world.regions[o]}, {world.sectors[i]}"
            raise ValueError(f"{path.name}: no row gives {name} under {agreement} for {what}")
    return Use(**numbers)


def sector_mask(names: str, world: World, path: Path, line: int) -> Mask:
    """Sectors of the world that a table's cell names (labels or groups, blank between); ``*`` means all.

    Raises:
        ValueError: a name that is neither a label nor a group.
    """
    groups = world.sector_groups.groups
    every = {*groups["goods"], *groups["services"], *world.sectors}
    chosen: set[str] = set()
    for name in names.split():
        if name in ("*", EVERYTHING):
            chosen |= every
        elif name in groups or name in every:
            chosen |= set(groups.get(name, (name,)))
        else:
            raise ValueError(f"{path.name}:{line}: '{name}' is neither a sector nor a group of sectors")
    if not chosen:
        raise ValueError(f"{path.name}:{line}: no sector is named")
    return np.array([s in chosen for s in world.sectors])


def _exporters(names: str, world: World, path: Path, line: int) -> Mask:
    """Regions of the world that a table's cell names; a known economy outside the world is none."""
    known = {*world.regions, *world.groups.region_names.values(), "*"}
    chosen: set[str] = set()
    for name in names.split():
        if name in world.groups.names:
            chosen |= set(world.groups.members(name))
        elif name not in known:
            raise ValueError(f"{path.name}:{line}: '{name}' is neither a region nor a group")
        chosen.add(name)
    return np.array(["*" in chosen or r in chosen for r in world.regions])


@dataclass(frozen=True)
class Offer:
    """What an agreement in force gives: rates (o, d, i), infinite where it says nothing, and their use.

    ``withheld`` (o, d, i) is the share of a flow's cut, from what it pays without the offer, that is withheld
    for products; None: nothing.
    """

    rate: Array
    use: Use
    withheld: Array | None = None

    def terms(self, own: Array) -> tuple[Array, Array]:
        """Tariff (infinite: no offer) and iceberg factor of a flow that uses it; ``own`` is paid without."""
        given = self.rate < own
        rate = np.where(given, held_back(own, self.rate, self.withheld), own)
        u, r, c = self.use.by_flow()
        tariff = np.where(given, u * rate + (1 - u) * own, np.inf)
        return tariff, 1 + u * (r * (own - rate) + c)

    def same(self, other: Offer | None) -> bool:
        """Whether the other offers the same at the same use."""
        if other is None or not np.array_equal(self.rate, other.rate):
            return False
        uses = zip(self.use.by_flow(), other.use.by_flow(), strict=True)
        kept = np.array_equal(self._withheld(), other._withheld())
        return kept and all(bool((a == b).all()) for a, b in uses)

    def _withheld(self) -> Array:
        return np.zeros_like(self.rate) if self.withheld is None else self.withheld

    def merged(self, cells: Mask, other: Offer) -> Offer:
        """With the other's terms on the flows ``cells`` (o, d, i)."""
        kept = None
        if self.withheld is not None or other.withheld is not None:
            kept = np.where(cells, other._withheld(), self._withheld())
        return Offer(np.where(cells, other.rate, self.rate), self.use.merged(cells, other.use), kept)


@dataclass(frozen=True)
class Paid:
    """What every flow pays (o, d, i): tariff and iceberg factor, whose terms, the share of trade using them.

    ``choice`` is an index into ``names``; 0 is no agreement's terms.
    """

    tariff: Array
    iceberg: Array
    choice: npt.NDArray[np.int64]
    used: Array
    names: tuple[str, ...]


@dataclass(frozen=True)
class Preferences:
    """All that decides what flows pay.

    ``own`` and ``own_iceberg`` are what a flow pays without a preference: first the benchmark's rate and 1;
    a tariff shock replaces both in its cells (``settled``) and ends the offers there. ``shocks`` keeps
    the cells and the place of each such shock. ``unrestored`` (o, d, i) are flows that stay without what the
    data give them although the agreement is back, because the return leaves them out.
    """

    own: Array
    own_iceberg: Array
    mfn: Array
    holders: Holders
    offers: Mapping[str, Offer]
    settled: Mask
    shocks: tuple[tuple[Mask, str], ...] = ()
    seen: frozenset[str] = frozenset()
    """Agreements that are or have been in force."""
    parties: Mapping[str, Mask] = field(default_factory=dict)
    """Regions that are in each agreement now."""
    been: Mapping[str, Mask] = field(default_factory=dict)
    """Pairs (o, d) that each agreement serves or has served."""
    unrestored: Mask | None = None

    def lost(self) -> Mask:
        """Flows (o, d, i) that the data serve by an agreement which serves them no more."""
        lost = np.broadcast_to(self.holders.lost[:, :, None], self.own.shape)
        return lost if self.unrestored is None else lost | self.unrestored

    def without_preference(self) -> Array:
        """What a flow pays that claims nothing; MFN enters where an agreement of the data has been left."""
        lost = self.lost() & ~self.settled
        return np.where(lost, np.maximum(self.mfn, self.own), self.own)

    def paid(self) -> Paid:
        """The cheapest terms of every flow."""
        own = self.without_preference()
        tariff, iceberg = own, self.own_iceberg
        choice, names = np.zeros(own.shape, dtype=int), tuple(sorted(self.offers))
        used = np.zeros(own.shape)
        for n, name in enumerate(names, 1):
            rate, cost = self.offers[name].terms(own)
            better = (1 + rate) * cost < (1 + tariff) * iceberg
            tariff, iceberg = np.where(better, rate, tariff), np.where(better, cost, iceberg)
            used = np.where(better, self.offers[name].use.by_flow()[0], used)
            choice[better] = n
        return Paid(tariff, iceberg, choice, used, (OWN, *names))

    def entered(
        self, name: str, offer: Offer | None, members: Mask | None = None, spared: Mask | None = None
    ) -> Preferences:
        """With the agreement in force: what the data hold of it, and the offer of its schedule if it has one.

        An agreement that has been in force before offers nothing on flows that a shock has set since.
        ``members`` are its parties from here; flows ``spared`` (o, d, i) keep the terms they have.
        """
        offers = dict(self.offers)
        if offer is not None:
            again = name in self.seen
            offer = replace(offer, rate=np.where(self.settled & again, np.inf, offer.rate))
            offers[name] = self._spared(name, offer, spared)
        out = replace(self, offers=offers, holders=self.holders.restored(name), seen=self.seen | {name})
        none = np.zeros_like(self.holders.elsewhere)
        return out._left_out(self, self.holders.then.get(name, none), spared)._with_parties(name, members)

    def joined(
        self, name: str, offer: Offer | None, pairs: Mask, members: Mask, spared: Mask | None = None
    ) -> Preferences:
        """With the agreement in force on ``pairs`` (o, d) as well; all others keep what they have."""
        offers = dict(self.offers)
        if offer is not None:
            again = self.settled & self.served(name)[:, :, None]
            offer = replace(offer, rate=np.where(again, np.inf, offer.rate))
            offer = self._spared(name, offer, spared)
            cells = np.broadcast_to(pairs[:, :, None], offer.rate.shape)
            nothing = Offer(np.full_like(offer.rate, np.inf), offer.use)
            offers[name] = offers.get(name, nothing).merged(cells, offer)
        out = replace(
            self, offers=offers, holders=self.holders.restored(name, pairs), seen=self.seen | {name}
        )
        none = np.zeros_like(self.holders.elsewhere)
        back = self.holders.then.get(name, none) & pairs
        return out._left_out(self, back, spared)._with_parties(name, members)

    def served(self, name: str) -> Mask:
        """Pairs (o, d) that the agreement serves or has served."""
        return self.been.get(name, np.zeros_like(self.holders.elsewhere))

    def _spared(self, name: str, offer: Offer, spared: Mask | None) -> Offer:
        """The offer, with what flows left out have of this agreement already, which may be nothing."""
        if spared is None:
            return offer
        nothing = Offer(np.full_like(offer.rate, np.inf), offer.use)
        return offer.merged(spared, self.offers.get(name, nothing))

    def _left_out(self, before: Preferences, back: Mask, spared: Mask | None) -> Preferences:
        """Of the pairs ``back`` in the data's agreement, flows ``spared`` stay without it if they were."""
        if spared is None and before.unrestored is None:
            return self
        return replace(self, unrestored=still_lost(before.lost(), self.holders, back, spared))

    def _with_parties(self, name: str, members: Mask | None) -> Preferences:
        if members is None:
            return self
        been = {**self.been, name: self.served(name) | among(members)}
        return replace(self, parties={**self.parties, name: members}, been=been)

    def left(self, name: str, leaving: Mask) -> Preferences:
        """Without the agreement's terms for ``leaving`` (regions)."""
        offers, gone = dict(self.offers), (leaving[:, None] | leaving)[:, :, None]
        if name in offers:
            offers[name] = replace(offers[name], rate=np.where(gone, np.inf, offers[name].rate))
            if not np.isfinite(offers[name].rate).any():
                del offers[name]
        parties = {n: m & ~leaving if n == name else m for n, m in self.parties.items()}
        return replace(self, offers=offers, holders=self.holders.without(name, leaving), parties=parties)

    def shocked(self, cells: Mask, tariff: Array, iceberg: Array, place: str) -> Preferences:
        """A shock sets the rates of some cells: they are the flows' own from here, no offer stands there.

        It moves the tariff alone: what compliance cost them when it came stays (``iceberg``).
        """
        offers = {n: replace(o, rate=np.where(cells, np.inf, o.rate)) for n, o in self.offers.items()}
        return replace(
            self,
            own=np.where(cells, tariff, self.own),
            own_iceberg=np.where(cells, iceberg, self.own_iceberg),
            offers=offers,
            settled=self.settled | cells,
            shocks=(*self.shocks, (cells, place)),
        )

    def in_force(self, name: str, members: Mask) -> bool:
        """Whether any flow of these regions has terms of the agreement, in the data or by its schedule."""
        theirs = members[:, None] | members
        pairs = self.holders.now.get(name, np.zeros_like(theirs)).copy()
        if name in self.offers:
            pairs |= np.isfinite(self.offers[name].rate).any(axis=2)
        return bool((pairs & theirs).any())

    def set_by(self, cells: Mask) -> str | None:
        """The place of the latest shock that set any of the cells."""
        return next((place for mask, place in reversed(self.shocks) if (mask & cells).any()), None)
