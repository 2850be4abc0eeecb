"""What a replication returns: tables beside their reference, the largest gaps, certificates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import pandas as pd

from cge.solution import Certificate


@dataclass(frozen=True)
class Check:
    """The largest gap between model and reference in one group of figures."""

    what: str
    gap: float
    where: str
    tolerance: float
    unit: str

    @property
    def ok(self) -> bool:
        """Whether the gap is within the tolerance."""
        return self.gap <= self.tolerance


@dataclass(frozen=True)
class Replication:
    """Tables (title -> frame with one row per region or pair), checks, notes and the solves behind them."""

    title: str
    source: str
    tables: Mapping[str, pd.DataFrame]
    checks: tuple[Check, ...]
    notes: tuple[str, ...] = ()
    certificates: Mapping[str, Certificate] = field(default_factory=dict)
    digits: int = 4

    @property
    def ok(self) -> bool:
        """Whether every check is within its tolerance."""
        return all(c.ok for c in self.checks)


def target(name: str) -> pd.DataFrame:
    """A table of published figures shipped with the package; lines starting with # name its source."""
    path = Path(str(resources.files("cge.app.replicate"))) / "targets" / name
    return pd.read_csv(path, comment="#")


def compare(
    what: str, model: pd.DataFrame, reference: pd.DataFrame, tolerance: float, unit: str
) -> list[Check]:
    """One check per column of `reference`, whose rows and columns `model` must have.

    Raises KeyError when the model lacks a row or column of the reference.
    """
    checks = []
    for column in reference.columns:
        gap = (model.loc[reference.index, column] - reference[column]).abs()
        worst = gap.fillna(float("inf")).idxmax()
        where = " ".join(worst) if isinstance(worst, tuple) else str(worst)
        checks.append(
            Check(f"{what}: {column}", float(gap.fillna(float("inf")).max()), where, tolerance, unit)
        )
    return checks
