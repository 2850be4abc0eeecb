"""The record of what the pipeline changed in the raw data, and by how much."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import pandas as pd


@dataclass(frozen=True)
class Repair:
    """One named repair step.

    name: the step; what: the rule; cells: how many cells it changed; size: sum of absolute changes, USD
    million (or the unit given in `unit`); where: the cells concerned, largest first.
    """

    name: str
    what: str
    cells: int
    size: float
    where: str
    unit: str = "USD million"


def repairs_table(repairs: Iterable[Repair]) -> pd.DataFrame:
    """The repairs as a table with columns name, what, cells, size, where, unit."""
    return pd.DataFrame(
        [asdict(r) for r in repairs], columns=["name", "what", "cells", "size", "unit", "where"]
    )


def largest(sizes: dict[str, float], limit: int = 6) -> str:
    """The largest entries of `sizes` as text, e.g. `KOR D 54008, NOR H51 501`, with the count of the rest."""
    ranked = sorted(sizes.items(), key=lambda kv: (-abs(kv[1]), kv[0]))
    text = ", ".join(f"{k} {v:.4g}" for k, v in ranked[:limit])
    return text + (f" and {len(ranked) - limit} more" if len(ranked) > limit else "")
