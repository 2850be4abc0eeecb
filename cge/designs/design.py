"""A design: points over named parameters, with weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


class DesignError(ValueError):
    """A distribution or a design that cannot be made; the message says what would do."""


@dataclass(frozen=True)
class Design:
    """``points``: one tuple a point, in the order of ``targets``; ``weights``: (points,), sum 1.

    ``kind``: one of `cge.designs.KINDS`. ``sampled``: whether the points are a sample of the distribution, so
    that quantiles mean something; a quadrature gives moments alone. A value of None leaves its target as the
    scenario has it (one-at-a-time designs).
    """

    kind: str
    targets: tuple[str, ...]
    points: tuple[tuple[Any, ...], ...]
    weights: np.ndarray
    sampled: bool
    seed: int | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.points)

    def changes(self, number: int) -> dict[str, Any]:
        """Values by target of one point, counted from 0, without what the point leaves alone."""
        pairs = zip(self.targets, self.points[number], strict=True)
        return {target: value for target, value in pairs if value is not None}
