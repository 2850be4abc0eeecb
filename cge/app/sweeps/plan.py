"""What a sweep solves, and what it gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from cge.app.sweeps.outcome import Outcome
from cge.designs.design import Design
from cge.designs.distributions import SURE, in_percent
from scenarios.schema import Scenario

if TYPE_CHECKING:
    from results.uncertainty import Uncertainty

TABLES = ("indicators", "jobs", "output", "adjustment")
ENGINE = "cge.app.sweeps.engine:Engine"
CENTRAL = 0
"""Number of the point at which nothing is changed; those of the design count from 1."""


class SweepError(RuntimeError):
    """A sweep cannot go on: no workers, other workers than this computer's program, nothing solved."""


class AskedError(ValueError):
    """Something is asked of a sweep that does not exist; the message says what does."""


class Solver(Protocol):
    """What a sweep needs of `cge.app.sweeps.engine.Engine`."""

    rows: pd.DataFrame
    central: Outcome

    def solve(self, changes: Mapping[str, Any]) -> Outcome:
        """One point."""
        ...


@dataclass(frozen=True)
class Plan:
    """A scenario and the points at which it is solved.

    ``aggregation``, ``rents`` and ``tables`` as in `cge.app.sweeps.engine.Engine`, which ``engine`` names as
    ``module:attribute``, so that workers can build their own. ``parameters``: what is varied, in words
    (target, distribution, source, confidence); no number depends on it. ``percent``: targets whose values
    above 1.5 are written as a file must write them, in percent (``300%``). ``asked``: targets that a user
    named, ``[*]`` not written out; those without any effect are said before points are solved.
    """

    scenario: Scenario
    design: Design
    aggregation: str | None = None
    rents: bool | None = None
    tables: tuple[str, ...] = TABLES
    engine: str = ENGINE
    parameters: tuple[Mapping[str, str], ...] = ()
    percent: frozenset[str] = frozenset()
    asked: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Points of the design; the central point comes on top."""
        return len(self.design)

    def changes(self, number: int) -> dict[str, Any]:
        """Values by target of a point; {} for the central one."""
        if number == CENTRAL:
            return {}
        changes = self.design.changes(number - 1)
        return {t: written(v) if t in self.percent else v for t, v in changes.items()}


def written(value: Any) -> Any:
    """A share as a scenario file must write it: above 1.5 in percent, so that it is no slip of the pen."""
    return in_percent(value) if isinstance(value, float) and abs(value) > SURE else value


def build(
    engine: str,
    scenario: Scenario,
    *,
    aggregation: str | None,
    rents: bool | None,
    tables: tuple[str, ...],
) -> Solver:
    """The engine of a plan. Raises ScenarioError and its relatives as `cge.app.case.prepare`, SolveError."""
    module, name = engine.split(":")
    factory = getattr(import_module(module), name)
    return factory(scenario, aggregation=aggregation, rents=rents, tables=tables)


@dataclass(frozen=True)
class SweepResult:
    """Every point of a plan, with numbers or with the reason why there are none.

    ``rows``: one line per number (table, region, sector, partner, indicator, unit). ``outcomes`` by number of
    the point, 0 is the central one. ``status``: one line per point (number, status, source, reason, worker,
    evaluations, seconds, notes); source is "solved" (now), "store", or "not kept" for a failure of the
    computer rather than of the model, which the next start tries again. ``notes``: what a reader must know of
    how it was run.
    """

    plan: Plan
    rows: pd.DataFrame
    outcomes: Mapping[int, Outcome]
    status: pd.DataFrame
    notes: tuple[str, ...] = ()

    def uncertainty(self, *, focus: str | None = None) -> Uncertainty:
        """What it means: bands, signs, and what they hang on. Raises ResultsError for an unknown focus."""
        from cge.app.sweeps.asking import uncertainty

        return uncertainty(self, focus=focus)

    def _repr_html_(self) -> str:
        return self.uncertainty()._repr_html_()

    @property
    def central(self) -> Outcome:
        """The point at which nothing is changed."""
        return self.outcomes[CENTRAL]

    @property
    def numbers(self) -> tuple[int, ...]:
        """Numbers of the design's points."""
        return tuple(range(1, len(self.plan) + 1))

    @property
    def solved(self) -> np.ndarray:
        """(points,) whether each point of the design has numbers."""
        return np.array([self.outcomes[n].status == "solved" for n in self.numbers], dtype=bool)

    @property
    def share_failed(self) -> float:
        """Share of the design's points without numbers, 0 to 1."""
        return 1 - float(self.solved.mean()) if len(self.plan) else 0.0

    @property
    def baseline(self) -> np.ndarray:
        """(points, rows) before the policy; NaN where the point failed."""
        return self._stacked("baseline")

    @property
    def counterfactual(self) -> np.ndarray:
        """(points, rows) after the policy; NaN where the point failed."""
        return self._stacked("counterfactual")

    def _stacked(self, which: str) -> np.ndarray:
        missing = np.full(len(self.rows), np.nan)
        found = [self.outcomes[n] for n in self.numbers]
        lines = [getattr(o, which) if o.status == "solved" else missing for o in found]
        return np.array(lines, dtype=float).reshape(len(found), len(self.rows))
