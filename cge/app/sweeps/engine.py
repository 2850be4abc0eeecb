"""A model compiled once that solves points: the scenario with some of its values changed.

Every point begins at the central solution of a model with its equations and closure, and at nothing else, so
its numbers are the same to the last digit wherever and in whatever order it is solved.

A point has the numbers of a run of the file that it is (`scenarios.varying.as_file`), to 1e-9 of each
number's level: both stop at residuals below `cge.search.ACCEPTED`, on different ways. Differences of numbers
that are small against their levels (the displaced, years of payback) agree to about 1e-7 of themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from calibration.accounts import AccountsError
from calibration.aggregate import AggregationError
from calibration.elasticities import ElasticityError
from calibration.gravity.errors import GravityError
from calibration.rents import RentsError
from cge.app.case import Case
from cge.app.closing import policy_changes
from cge.app.compensating import programme, settle
from cge.app.provenance import cap_notes
from cge.app.sweeps.cases import Workbench
from cge.app.sweeps.checking import refuse_other_rows
from cge.app.sweeps.outcome import Outcome
from cge.app.timer import Timer
from cge.closure import Closure, ClosureChoice, ClosureError
from cge.formulation import Formulation
from cge.model import Anchor, SolveError
from cge.parameters import ParameterError
from cge.solution import Solution
from results.errors import ResultsError
from scenarios.memory import Recent
from scenarios.problems import Problem, ScenarioError
from scenarios.schema import Scenario
from scenarios.varying import check_targets, missing_files, moves_model

if TYPE_CHECKING:
    from results.compensation import Settlement
    from results.outcomes import Outcomes

TABLES = ("indicators", "jobs", "output", "adjustment")
SAID = (
    ScenarioError, ParameterError, ElasticityError, ClosureError, GravityError, RentsError, AccountsError,
    AggregationError, ResultsError,
)  # fmt: skip
"""What may be wrong with a point's own values: the message says what and where."""
COUNTS = ("evaluations", "iterations", "jacobians", "steps")
ANCHORS = 8
"""Central solutions kept, one a model."""


@dataclass(frozen=True)
class _Solved:
    """Both solutions of a case."""

    case: Case
    base: Solution
    new: Solution
    paid: Settlement | None = None


@dataclass(frozen=True)
class _Start:
    """Where the points of one model begin: its solutions with the derivatives there."""

    base: Anchor
    new: Anchor
    forms: tuple[Formulation, ClosureChoice | Closure]
    free: Mapping[str, np.ndarray]
    sets: Any

    def serves(self, case: Case) -> bool:
        """Whether the case's model has the same equations and the same cells, free and held."""
        model = case.model
        return (
            (model.formulation, model.choice) == self.forms
            and model.parameters.sets == self.sets
            and (
                self.free.keys() == model.closure.free.keys()
                and all(np.array_equal(mask, model.closure.free[name]) for name, mask in self.free.items())
            )
        )


class Engine:
    """Solves a scenario with values changed by target (`scenarios.varying`).

    Args:
        scenario: as read, or what `cge.app.case.prepare` takes.
        aggregation: in place of the scenario's own.
        rents: whether barriers are in the benchmark though no shock moves them.
        tables: of the outcome (`results.outcomes.TABLES`).

    Raises what `prepare` raises, and SolveError when the scenario itself has no solution.

    ``rows``: one line per number of an outcome: table, region, sector, partner, indicator, unit. ``central``:
    the outcome without changes.
    """

    def __init__(
        self,
        scenario: Scenario | str | Path,
        *,
        aggregation: str | None = None,
        rents: bool | None = None,
        tables: Sequence[str] = TABLES,
    ) -> None:
        self.tables = tuple(tables)
        self._starts = Recent(most=ANCHORS)
        clock = Timer()
        with clock.stage("case"):
            self.bench = Workbench(scenario, aggregation=aggregation, rents=rents)
            self.case = self.bench.central
        with clock.stage("compile"):
            self.case.model.compile()
        with clock.stage("solve"):
            found = _from_benchmark(self.case)
        self._first = _start(found)
        with clock.stage("solve"):
            # As every point is: from the anchors, so that no change gives these numbers to the last digit.
            self._central = self._solved(self.case, self._first)
        with clock.stage("outcome"):
            self._numbers = self._outcomes(self._central)
            self.rows = self._numbers.rows
            numbers = self._numbers.numbers(self._central.base, self._central.new, self._central.paid)
        self.central = _outcome(numbers, self._central, clock.seconds, self._notes(self.case))

    def expand(self, targets: Sequence[str]) -> list[str]:
        """Targets with ``trade[*]`` written out over the sectors of the model; raises ScenarioError."""
        return self.bench.expand(targets)

    def check(self, targets: Sequence[str]) -> None:
        """Raise ScenarioError unless every target names something that this engine can change."""
        check_targets(self.bench.scenario, targets, self.bench.aggregation)
        refuse_other_rows(targets)
        if "adjustment" in self.tables and programme(self.case) is None:
            _refuse_new_programme(targets)

    def solve(self, changes: Mapping[str, Any]) -> Outcome:
        """One point. What is wrong with its values, or that they have no solution, makes it a failed outcome.

        Everything else passes, because it says nothing about the point: MemoryError, OSError (a file of the
        scenario that is gone among them), what stops the program, and faults of the program itself. The sweep
        gives such a point a row with its reason (`cge.app.sweeps.answer`) and does not keep it.
        """
        clock = Timer()
        try:
            return self._point(changes, clock)
        except SolveError as error:
            return Outcome.failed(str(error), worst=getattr(error, "worst", ()))
        except SAID as error:
            if gone := missing_files(self.bench.scenario):
                raise FileNotFoundError(f"the scenario's file is not there: {', '.join(gone)}") from error
            return Outcome.failed(str(error))
        except Exception as error:
            if "RESOURCE_EXHAUSTED" in str(error):  # XLA's words for too little memory
                raise MemoryError(str(error)) from error
            raise

    def _point(self, changes: Mapping[str, Any], clock: Timer) -> Outcome:
        with clock.stage("case"):
            refuse_other_rows(changes)
            case = self.bench.case_at(self.bench.scenario_at(changes))
            self._require_rows_of(case, changes)
        with clock.stage("start"):
            start = self._start_of(case, changes)
        with clock.stage("solve"):
            found = self._solved(case, start)
        with clock.stage("outcome"):
            own = self._numbers if programme(case) == programme(self.case) else self._outcomes(found)
            numbers = own.in_rows(self.rows, own.numbers(found.base, found.new, found.paid))
        return _outcome(numbers, found, clock.seconds, self._notes(case))

    def _require_rows_of(self, case: Case, changes: Iterable[str]) -> None:
        """Refuse a retraining programme where the scenario itself has none, before anything is solved."""
        own, found = programme(self.case), programme(case)
        if found is None or "adjustment" not in self.tables:
            return
        if more := [r for r in found.regions if own is None or r not in own.regions]:
            asked = [t for t in changes if _moves_programme(t)] or list(changes)
            _refuse_new_programme(asked, more)

    def _start_of(self, case: Case, changes: Mapping[str, Any]) -> _Start | None:
        """The central solution of the point's own model; None where there is none.

        Where the point changes the model (a variant, a closure, a form), that is the scenario with these
        changes alone: it depends on nothing but the point itself.
        """
        if self._first.serves(case):
            return self._first
        own = {t: v for t, v in changes.items() if moves_model(t)}
        start = self._starts.once(("start", repr(sorted(own.items()))), lambda: self._made(own))
        return start if start is not None and start.serves(case) else None

    def _made(self, changes: Mapping[str, Any]) -> _Start | None:
        try:
            return _start(_from_benchmark(self.bench.case_at(self.bench.scenario_at(changes))))
        except (SolveError, *SAID):
            return None

    def _solved(self, case: Case, start: _Start | None) -> _Solved:
        if start is None:
            return _settled(_from_benchmark(case))
        base = case.model.solve(case.baseline, anchor=start.base)
        new = case.model.solve(policy_changes(case, base), start=base, anchor=start.new)
        return _settled(_Solved(case, base, new))

    def _outcomes(self, found: _Solved) -> Outcomes:
        from results.outcomes import outcomes

        return outcomes(found.base, found.new, tables=self.tables, retraining=programme(found.case))

    def _notes(self, case: Case) -> tuple[str, ...]:
        """What was done to the values of a point that nobody asked for."""
        moved = [f"moved away from 1, where there is no CES form: {m}" for m in case.elasticities.moved]
        capped = tuple(c for c in case.elasticities.caps if c not in self.case.elasticities.caps)
        return (*moved, *cap_notes(capped))


def _moves_programme(target: str) -> bool:
    return re.split(r"[.\[]", target.strip())[0] in ("retraining", "compensation", "variant")


def _refuse_new_programme(targets: Iterable[str], regions: Sequence[str] = ()) -> None:
    """Raise ScenarioError for targets that give a retraining programme to regions that have none.

    ``regions``: those that would get one; without them the values are not known yet, and only targets that
    make a programme whatever their value are refused.
    """
    where = f" in {', '.join(regions)}" if regions else ""
    message = (
        f"a retraining programme{where} has numbers of its own, which the scenario without it has not: put "
        "the programme into the scenario (an uptake of 0 costs nothing) and vary its uptake, or leave the "
        "table adjustment out"
    )
    if named := [t for t in targets if regions or t.strip().startswith("retraining")]:
        raise ScenarioError([Problem(f"vary {', '.join(named)}", None, "", message)])


def _from_benchmark(case: Case) -> _Solved:
    base = case.model.solve(case.baseline)
    return _Solved(case, base, case.model.solve(policy_changes(case, base), start=base))


def _settled(found: _Solved) -> _Solved:
    """With what the displaced are paid inside the model."""
    settled = settle(found.case, found.base, found.new)
    return _Solved(settled.case, found.base, settled.new, settled.paid)


def _start(found: _Solved) -> _Start:
    model = found.case.model
    base, new = model.anchor(found.base), model.anchor(found.new)
    forms = model.formulation, model.choice
    return _Start(base, new, forms, model.closure.free, model.parameters.sets)


def _outcome(
    numbers: tuple[np.ndarray, np.ndarray],
    found: _Solved,
    seconds: Mapping[str, float],
    notes: tuple[str, ...],
) -> Outcome:
    both = (found.base.certificate, found.new.certificate)
    counts = {n: sum(getattr(c, n) for c in both) for n in COUNTS}
    return Outcome("solved", *numbers, counts=counts, seconds=dict(seconds), notes=notes)
