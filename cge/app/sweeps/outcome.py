"""What one point of a sweep gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np


@dataclass(frozen=True)
class Outcome:
    """Numbers of one point, or why there are none.

    ``baseline``, ``counterfactual``: (rows,) in the order of the engine's rows, empty where ``status`` is
    failed; ``reason``: why it failed, in words; ``worst``: the largest residuals then, as (equation, cell,
    residual); ``counts``: evaluations, iterations, jacobians and steps of both solves together; ``seconds``:
    by stage; ``notes``: what was done to the point's values (an elasticity moved away from 1, for example).
    """

    status: Literal["solved", "failed"]
    baseline: np.ndarray
    counterfactual: np.ndarray
    reason: str = ""
    worst: tuple[tuple[str, str, float], ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @classmethod
    def failed(cls, reason: str, *, worst: tuple[tuple[str, str, float], ...] = ()) -> Outcome:
        """A point without numbers."""
        return cls("failed", np.empty(0), np.empty(0), reason, worst)
