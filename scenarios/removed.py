"""Shares of barriers that agreements have removed: every flow has the largest, so nothing counts twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from scenarios.aim import Mask
from scenarios.holders import Holders
from scenarios.provisions import Effects

Array = npt.NDArray[np.float64]
STATUS = ("none", "shallow", "deep")


@dataclass(frozen=True)
class Removed:
    """Grants in force, by name: arrays (o, d, i) of shares in [0, 1]; the largest counts.

    ``status`` (o, d) is the depth of the agreements that each pair has in the benchmark year, listed by us or
    not; it lapses on pairs whose agreement of the data has been left.
    """

    effects: Effects = field(repr=False)
    status: npt.NDArray[np.int64]
    holders: Holders
    grants: Mapping[str, Array]
    parties: Mapping[str, Mask]

    def share(self) -> Array:
        """The share of the cuttable barrier that is removed on every flow."""
        status = np.where(self.holders.lost, 0, self.status)
        out = np.zeros((*status.shape, self.effects.size))
        for depth, name in enumerate(STATUS[1:], 1):
            value, pairs = self.effects.value(name), status == depth
            out = np.maximum(out, np.where(pairs[:, :, None], value, 0.0))
            spilled = np.where(pairs.any(axis=0)[:, None], self.effects.spillover * value, 0.0)
            out = np.maximum(out, spilled)
        for grant in self.grants.values():
            out = np.maximum(out, grant)
        out[np.eye(len(status), dtype=bool)] = 0.0
        return out

    def granted(self, name: str, share: Array) -> Removed:
        """With one more grant, or one replaced.

        Raises:
            ValueError: a share outside [0, 1].
        """
        if not ((share >= 0) & (share <= 1)).all():
            raise ValueError(f"{name}: the share of a barrier that is removed is between 0 and 1")
        return replace(self, grants={**self.grants, name: share})

    def entered(self, name: str, members: Mask) -> Removed:
        """With the provisions of an agreement among these members, and the spillover to others."""
        if not self.effects.known(name):
            return replace(self, holders=self.holders.restored(name))
        after = self.granted(name, self.effects.among(name, members))
        return replace(after, holders=self.holders.restored(name), parties={**self.parties, name: members})

    def left(self, name: str, leaving: Mask) -> Removed:
        """Without ``leaving`` among the agreement's members."""
        after = replace(self, holders=self.holders.without(name, leaving))
        if name not in self.parties:
            return after
        members = self.parties[name] & ~leaving
        grants = {**self.grants, name: self.effects.among(name, members)}
        return replace(after, grants=grants, parties={**self.parties, name: members})
