"""Which agreements of the data still hold which pairs of economies: what leaving one takes away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from scenarios.aim import Mask


def among(members: Mask) -> Mask:
    """Pairs (o, d) of two different members."""
    return members[:, None] & members & ~np.eye(len(members), dtype=bool)


@dataclass(frozen=True)
class Holders:
    """Agreements that the benchmark data hold: the pairs (o, d) of each then and now.

    ``elsewhere`` are pairs that an agreement outside ``scenarios/agreements`` serves too: they keep what the
    benchmark gives them whatever is left.
    """

    then: Mapping[str, Mask]
    now: Mapping[str, Mask]
    elsewhere: Mask

    @property
    def lost(self) -> Mask:
        """Pairs whose benchmark treatment was an agreement's and that no agreement of the data holds now."""
        none = np.zeros_like(self.elsewhere)
        held = np.logical_or.reduce([none, *self.then.values()])
        holding = np.logical_or.reduce([none, *self.now.values()])
        return held & ~holding & ~self.elsewhere

    def without(self, name: str, leaving: Mask) -> Holders:
        """Nobody in ``leaving`` is party to the agreement any more."""
        if name not in self.now:
            return self
        kept = self.now[name] & ~(leaving[:, None] | leaving)
        return replace(self, now={**self.now, name: kept})

    def restored(self, name: str, pairs: Mask | None = None) -> Holders:
        """The agreement as the data hold it, if they do; with ``pairs``, on these as well as now."""
        if name not in self.then:
            return self
        back = self.then[name] if pairs is None else self.now[name] | (self.then[name] & pairs)
        return replace(self, now={**self.now, name: back})


def still_lost(lost: Mask, after: Holders, back: Mask, spared: Mask | None) -> Mask:
    """Flows (o, d, i) that were lost and stay so although no pair of theirs is.

    ``back`` are pairs (o, d) that an agreement of the data serves again, all but its flows ``spared``.
    """
    kept = lost & ~after.lost[:, :, None]
    return np.where(back[:, :, None], np.zeros_like(kept) if spared is None else kept & spared, kept)
