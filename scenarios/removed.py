"""Shares of barriers that agreements have removed: every flow has the largest, so nothing counts twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from scenarios.aim import Mask
from scenarios.holders import Holders, among, still_lost
from scenarios.provisions import Effects

Array = npt.NDArray[np.float64]
STATUS = ("none", "shallow", "deep")


@dataclass(frozen=True)
class Removed:
    """Grants in force, by name: arrays (o, d, i) of shares in [0, 1]; the largest counts.

    ``status`` (o, d) is the depth of the agreements that each pair has in the benchmark year, listed by us or
    not; it lapses on pairs whose agreement of the data has been left. ``spared`` (o, d, i) are flows that an
    agreement leaves out, which keep what they had of it; ``unrestored`` those for which the status stays
    lapsed although the agreement of the data is back.
    """

    effects: Effects = field(repr=False)
    status: npt.NDArray[np.int64]
    holders: Holders
    grants: Mapping[str, Array]
    parties: Mapping[str, Mask]
    spared: Mapping[str, Mask] = field(default_factory=dict)
    unrestored: Mask | None = None

    def lost(self) -> Mask:
        """Flows (o, d, i) whose status in the benchmark year has lapsed."""
        pairs = np.broadcast_to(self.holders.lost[:, :, None], (*self.status.shape, self.effects.size))
        return pairs if self.unrestored is None else pairs | self.unrestored

    def share(self) -> Array:
        """The share of the cuttable barrier that is removed on every flow."""
        status = np.where(self.lost(), 0, self.status[:, :, None])
        out = np.zeros(status.shape)
        for depth, name in enumerate(STATUS[1:], 1):
            value, flows = self.effects.value(name), status == depth
            np.maximum(out, np.where(flows, value, 0.0), out=out)
            spilled = np.where(flows.any(axis=0), self.effects.spillover * value, 0.0)
            np.maximum(out, spilled, out=out)
        for grant in self.grants.values():
            np.maximum(out, grant, out=out)
        out[np.eye(len(self.status), dtype=bool)] = 0.0
        return out

    def granted(self, name: str, share: Array) -> Removed:
        """With one more grant, or one replaced.

        Raises:
            ValueError: a share outside [0, 1].
        """
        if not ((share >= 0) & (share <= 1)).all():
            raise ValueError(f"{name}: the share of a barrier that is removed is between 0 and 1")
        return replace(self, grants={**self.grants, name: share})

    def entered(
        self, name: str, members: Mask, spared: Mask | None = None, joining: Mask | None = None
    ) -> Removed:
        """With the provisions of an agreement among these members, and the spillover to others.

        Args:
            name: the agreement.
            members: all its parties from here.
            spared: flows (o, d, i) that keep what they have.
            joining: those of the members who come in now (default: all, as the agreement enters).
        """
        pairs = None if joining is None else joining[:, None] | joining
        then = self.holders.then.get(name, np.zeros_like(self.holders.elsewhere))
        back = then if pairs is None else then & pairs
        out = replace(self, holders=self.holders.restored(name, pairs))
        if spared is not None or self.unrestored is not None:
            out = replace(out, unrestored=still_lost(self.lost(), out.holders, back, spared))
        if not self.effects.known(name):
            return out
        left_out = self._left_out(name, spared, pairs)
        out = out.granted(name, self._grant(name, members, left_out))
        kept = {n: flows for n, flows in self.spared.items() if n != name}
        kept |= {} if left_out is None else {name: left_out}
        return replace(out, parties={**self.parties, name: members}, spared=kept)

    def _grant(self, name: str, members: Mask, left_out: Mask | None) -> Array:
        """What the agreement removes among its members; flows left out keep what they had of it."""
        grant = self.effects.among(name, members, left_out)
        if left_out is None:
            return grant
        return np.where(left_out, self.grants.get(name, np.zeros_like(grant)), grant)

    def _left_out(self, name: str, spared: Mask | None, pairs: Mask | None) -> Mask | None:
        """Flows that the agreement does not reach from here: on ``pairs`` as said now, elsewhere as before.

        A flow that it reaches already and that is to be spared keeps it.
        """
        none = np.zeros((*self.status.shape, self.effects.size), dtype=bool)
        before = self.spared.get(name, none)
        now = none
        if spared is not None:
            inside = self.parties.get(name, np.zeros(len(self.status), dtype=bool))
            now = spared & ~(among(inside)[:, :, None] & ~before)
        out = now if pairs is None else np.where(pairs[:, :, None], now, before)
        return out if out.any() else None

    def left(self, name: str, leaving: Mask) -> Removed:
        """Without ``leaving`` among the agreement's members."""
        after = replace(self, holders=self.holders.without(name, leaving))
        if name not in self.parties:
            return after
        members = self.parties[name] & ~leaving
        staying = among(members)[:, :, None]
        left_out = self.spared[name] & staying if name in self.spared else None
        grants = {**self.grants, name: self._grant(name, members, left_out)}
        return replace(after, grants=grants, parties={**self.parties, name: members})
