"""From given levels to a solution of one setting: from an anchor close by, or by a walk from the benchmark.

A search belongs to one solve. What it finds depends on the model, the targets and where it begins, and on
nothing that was solved before, so that the points of a sweep are the same in whatever order they are done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.linalg as la

from cge import ipopt
from cge.controls import RENTS, first_rents
from cge.evaluating import Evaluation
from cge.reduced import InnerLoopError, Levels, Linearisation
from cge.solution import residuals, worst_residuals

if TYPE_CHECKING:
    from cge.model import Model

ACCEPTED = 1e-9
"""Largest residual of any equation in an accepted solution, in indices and shares of GDP."""
SMALLEST_STEP = 1 / 64
MOST_STEPS_AS_WRITTEN = 4
Progress = Callable[[str], None]
Worst = tuple[tuple[str, str, float], ...]


class SolveError(RuntimeError):
    """No equilibrium was found; the message names the worst equations and what to try. No numbers are
    returned.

    ``worst``: the largest residuals as (equation, cell, residual), as in a certificate; may be empty.
    """

    def __init__(self, message: str, worst: Worst = ()) -> None:
        super().__init__(message)
        self.worst = worst

    def __reduce__(self) -> tuple[Any, ...]:
        # workers of a sweep send it through a pipe
        return SolveError, (str(self), self.worst)


@dataclass(frozen=True)
class Kept:
    """Derivatives at a point, as far as evaluations use them, and the LU factors of the Jacobian."""

    linear: Linearisation
    factor: Any

    @classmethod
    def of(cls, linear: Linearisation) -> Kept:
        """Keep what later solves need; NoConvergenceError where the Jacobian is singular."""
        return cls(linear.for_evaluations(), ipopt.factorise(linear.jacobian))


@dataclass(frozen=True)
class Anchor:
    """A solution to begin others from: levels of all variables and instruments, and the derivatives there.

    Made by `cge.model.Model.anchor`. It never changes, and may serve every model with the same sets,
    formulation and closure (`cge.model.Model.recalibrated`).
    """

    levels: Mapping[str, np.ndarray]
    kept: Kept


@dataclass
class Tally:
    """What one solve cost: iterations of the solver, residual evaluations, Jacobians, steps of the walk."""

    iterations: int = 0
    evaluations: int = 0
    jacobians: int = 0
    steps: int = 0


class Search:
    """One solve in the reduced space of `model`; ``tally`` counts what it costs, failed attempts included."""

    def __init__(self, model: Model, progress: Progress) -> None:
        self.model, self.progress, self.tally = model, progress, Tally()

    def near(self, anchor: Anchor, targets: Levels, otherwise: Levels) -> Levels:
        """Go from an anchor to the targets in one step; when that fails, walk there from other levels."""
        model = self.model
        origin = {**model.benchmark_levels, **anchor.levels}
        try:
            levels = self.attempt(origin, targets, self._report("solving from the anchor"), anchor.kept)
        except InnerLoopError:
            return self.walk(otherwise, targets)
        self.tally.steps += 1
        return levels

    def walk(self, origin: Levels, targets: Levels) -> Levels:
        """Go to the targets in one step if possible, else in halves; raise SolveError when steps get too
        small.
        """
        done, step, levels = 0.0, 1.0, origin
        origin = self.caps_close_by(origin, targets)
        while done < 1.0:
            goal = min(1.0, done + step)
            words = f"solving at {100 * goal:.0f} % of the change"
            self.progress(words)
            try:
                levels = self.attempt(levels, self.between(origin, targets, goal), self._report(words))
            except InnerLoopError as error:
                step /= 2
                if step < SMALLEST_STEP:
                    raise failure(self.model, levels, targets, done, str(error)) from None
                continue
            done, self.tally.steps = goal, self.tally.steps + 1
        return levels

    def _report(self, words: str) -> ipopt.Report:
        return lambda iteration, error: self.progress(f"{words}: iteration {iteration}, error {error:.1e}")

    def caps_close_by(self, origin: Levels, targets: Levels) -> Levels:
        """The origin with caps that bind nobody brought down to just above the flows.

        A cap far above a flow is no different from one just above it; most of a straight way from there to a
        small part of the flow would change nothing, and its last step everything.
        """
        if "quota" not in targets or np.array_equal(origin["quota"], targets["quota"]):
            return origin
        flows = np.asarray(self.model.system.report(origin)["x"][1])
        near = np.maximum(1.01 * flows, targets["quota"])
        return {**origin, "quota": np.minimum(origin["quota"], near)}

    def between(self, origin: Levels, targets: Levels, share: float) -> Levels:
        """Targets at a share of the way from the levels of the origin."""
        if share == 1.0:
            return targets
        names = [*self.model.given, *self.model.reduced.targets]
        between = {n: (1 - share) * origin[n] + share * targets[n] for n in names}
        if "quota" in between:
            # Down to a small part of a flow in equal proportions: rents grow with the logarithm.
            between["quota"] = origin["quota"] ** (1 - share) * targets["quota"] ** share
        return {**targets, **between}

    def _first_rents(self, levels: Levels, targets: Levels) -> Levels:
        """Rents to begin with where a cap lies below the flow; none where nothing is capped."""
        free = self.model.closure.free
        capped = [n for n in RENTS.values() if n in free and free[n].any()]
        if not capped or "quota" not in targets:
            return {}
        flows = np.asarray(self.model.system.report(levels)["x"][1])
        return first_rents(capped, flows, levels, targets, free)

    def attempt(
        self, levels: Levels, targets: Levels, report: ipopt.Report, kept: Kept | None = None
    ) -> Levels:
        """One run of IPOPT in the reduced space, with the derivatives `kept` (None: those of the benchmark).

        Raises InnerLoopError when it does not end in a solution.
        """
        model, tally = self.model, self.tally
        free, reduced = model.closure.free, model.reduced
        held = {n: np.where(free[n], levels[n], targets[n]) for n in model.given}
        state = {**levels, **held, **self._first_rents(levels, targets)}
        near, evaluation = (kept or model.kept).linear, Evaluation(reduced, state, targets)

        def residual(x: np.ndarray) -> np.ndarray:
            tally.evaluations += 1
            try:
                return evaluation.residual(x, near)
            except InnerLoopError as error:
                raise ipopt.EvaluationError(str(error)) from None

        def jacobian(x: np.ndarray) -> np.ndarray:
            nonlocal near
            residual(x)
            tally.jacobians += 1
            linear = reduced.linearise(evaluation.levels())
            near = linear.for_evaluations()
            return linear.jacobian

        try:
            residual(reduced.pack(state))
            outcome = ipopt.solve_square(
                residual, jacobian, reduced.pack(state), (kept or model.kept).factor, report
            )
            value = residual(outcome.x)
            state = evaluation.levels()
        except (ipopt.NoConvergenceError, ipopt.EvaluationError) as error:
            raise InnerLoopError(str(error)) from None
        tally.iterations += outcome.iterations
        if np.max(np.abs(value), initial=0.0) > ACCEPTED:
            raise InnerLoopError(
                f"IPOPT stopped with '{outcome.status}', largest residual {np.max(np.abs(value)):.2g}"
            )
        reason = model.no_equilibrium(state)
        if reason:
            raise InnerLoopError(reason)
        return state

    def as_written(self, levels: Levels, targets: Levels) -> Levels:
        """Newton steps on the equations as they are written, from levels that solve them but for rounding.

        Where the steps fail, the levels come back as they were, and the certificate refuses them.
        """
        reduced = self.model.reduced
        state, x = levels, reduced.pack(levels)
        try:
            linear = reduced.linearise(levels)
            factor = ipopt.factorise(linear.jacobian)
            self.tally.jacobians += 1
            for _ in range(MOST_STEPS_AS_WRITTEN):
                self.tally.evaluations += 1
                state, value = reduced.evaluate(x, state, targets, linear)
                if np.max(np.abs(value), initial=0.0) <= ACCEPTED / 2:
                    return state
                x = x - la.lu_solve(factor, value, check_finite=False)
        except (InnerLoopError, ipopt.NoConvergenceError):
            return levels
        return state


def failure(model: Model, levels: Levels, targets: Levels, done: float, reason: str) -> SolveError:
    """The error that names the worst equations of the next step, by how much they fail, and what to try."""
    system, sets = model.reduced.system, model.parameters.sets
    held = {n: targets[n] for n in model.system.names("instrument") if not model.closure.free[n].any()}
    found = residuals(system, sets, {**levels, **held}, targets, {})
    worst = worst_residuals(system, sets, found)
    lines = [f"  {e} {cell}: {size:.3g}" for e, cell, size in worst]
    head = f"no equilibrium beyond {100 * done:.0f} % of the change ({reason}). Largest residuals there:"
    advice = "Try a smaller shock, lower elasticities in the sectors named, or fewer sectors and regions."
    return SolveError("\n".join([head, *lines, advice]), worst)
