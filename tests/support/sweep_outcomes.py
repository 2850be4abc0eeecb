"""Outcomes and rows for tests of what keeps them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cge.app.sweeps.outcome import Outcome
from cge.app.sweeps.point_files import ROW_COLUMNS

ENGINE = "e" * 64


def rows(n: int = 6) -> pd.DataFrame:
    """(n) lines: welfare of n regions."""
    labels = {name: [""] * n for name in ROW_COLUMNS}
    regions = [f"R{k}" for k in range(n)]
    more = {"table": ["indicators"] * n, "indicator": ["welfare_ev"] * n, "unit": ["USD m"] * n}
    return pd.DataFrame({**labels, "region": regions, **more})


def outcome(value: float = 1.0, n: int = 6, **more: Any) -> Outcome:
    """A solved one: value, value + 1, ... before the policy, twice that after it."""
    numbers = value + np.arange(n, dtype=float)
    return Outcome("solved", numbers, 2 * numbers, **more)


def same(one: Outcome | None, other: Outcome | None) -> bool:
    """Whether two outcomes are the same in everything, their numbers bit by bit."""
    if one is None or other is None:
        return one is other
    arrays = [(one.baseline, other.baseline), (one.counterfactual, other.counterfactual)]
    bits = all(a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in arrays)
    names = ("status", "reason", "worst", "counts", "seconds", "notes")
    return bits and all(repr(getattr(one, name)) == repr(getattr(other, name)) for name in names)
