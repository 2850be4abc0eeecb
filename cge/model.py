"""A model: parameters, a formulation and a closure, ready to be solved for any setting of its instruments."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from cge import ipopt
from cge.closure import Closure, ClosureChoice
from cge.controls import RENTS, first_rents
from cge.formulation import Formulation
from cge.parameters import ParameterError, Parameters
from cge.reduced import InnerLoopError, Levels, ReducedSpace, cell_names
from cge.solution import (
    Certificate,
    Solution,
    dataset,
    declared,
    gdp_three_ways,
    residuals,
    worst_residuals,
)
from cge.stability import require_stable_entry

ACCEPTED = 1e-9
"""Largest residual of any equation in an accepted solution, in indices and shares of GDP."""
SMALLEST_STEP = 1 / 64
Progress = Callable[[str], None]


class SolveError(RuntimeError):
    """No equilibrium was found; the message names the worst equations and what to try. No numbers are
    returned.
    """


def _silent(message: str) -> None:
    return None


class Model:
    """One world, one formulation, one closure; `solve` may be called any number of times."""

    def __init__(
        self,
        parameters: Parameters,
        formulation: Formulation | None = None,
        closure: ClosureChoice | Closure | None = None,
    ) -> None:
        self.formulation = formulation or Formulation()
        self.system = self.formulation.system()
        choice = closure or ClosureChoice()
        self.parameters = choice.adjusted(parameters) if isinstance(choice, ClosureChoice) else parameters
        self.parameters.check(self.system)
        self._check_nest()
        self._examine = isinstance(choice, ClosureChoice) and bool(choice.swaps)
        self.closure = choice if isinstance(choice, Closure) else choice.closure(self.parameters, self.system)
        self.reduced = ReducedSpace(self.system, parameters.sets, self.closure)
        self._factor: Any = None

    def _check_nest(self) -> None:
        """Refuse a one-level trade nest whose two elasticities differ: it would be two levels, silently."""
        sigma_m, sigma_d = (self.parameters.arrays[n] for n in ("sigma_m", "sigma_d"))
        if self.formulation.trade == "armington_one_level" and not np.array_equal(sigma_m, sigma_d):
            sector = self.parameters.sets.sectors[int(np.flatnonzero(sigma_m != sigma_d)[0])]
            raise ParameterError(f"armington_one_level needs sigma_d = sigma_m; they differ in {sector}")

    def compile(self) -> None:
        """Compute and factorise the benchmark Jacobian, which every later solve begins with.

        Swaps that a user wrote are examined first: ClosureError names what they over- and under-determine. It
        is raised too where firms enter freely and the benchmark is not a stable equilibrium of entry.
        """
        if self._factor is None:
            if self._examine:
                from cge.structure import require_sound

                require_sound(self)
            jacobian = self.reduced.jacobian(self.benchmark_levels)
            require_stable_entry(self.reduced, jacobian)
            self._factor = ipopt.factorise(jacobian)

    @cached_property
    def benchmark_levels(self) -> Levels:
        """Levels of every quantity at the benchmark, by evaluation alone: nothing is solved."""
        levels = {n: np.asarray(a, dtype=float) for n, a in self.parameters.arrays.items()}
        for name in self.system.names("variable"):
            levels[name] = np.ones(self.parameters.sets.shape(self.system.quantities[name].dims))
        for e in self.system.equations:
            if e.phase != "balance" and self.system.quantities[e.determines].unit != "index":
                levels[e.determines] = np.asarray(self.system.evaluate(e, levels), dtype=float)
        return levels

    def settings(self, changes: Mapping[str, Any] | None) -> dict[str, np.ndarray]:
        """Check instrument levels (and targets of held variables) given by name; labelled arrays go by label.

        Raises ParameterError on a name that is no instrument or held variable of this model, on missing
        labels, and on values that are not finite.
        """
        result = {}
        for name, value in (changes or {}).items():
            quantity = self.system.quantities.get(name)
            held = quantity is not None and quantity.kind != "parameter" and not self.closure.free[name].all()
            if quantity is None or not held:
                raise ParameterError(
                    f"'{name}' is not an instrument, nor held by this closure: it cannot be set"
                )
            array = self._positional(name, quantity.dims, value)
            self.parameters.with_arrays(**{name: array})._check_array(name, quantity.dims)
            result[name] = array
        return result

    def _positional(self, name: str, dims: str, value: Any) -> np.ndarray:
        if not isinstance(value, xr.DataArray):
            return np.array(value, dtype=float)
        labels: dict[str, Any] = {c: list(self.parameters.sets.labels(c)) for c in dims}
        try:
            return value.transpose(*dims).sel(labels).to_numpy().astype(float)
        except (KeyError, ValueError) as error:
            raise ParameterError(f"'{name}' does not cover the labels of this model: {error}") from None

    def benchmark(self) -> Solution:
        """The benchmark as a solution, with its residuals; nothing is solved."""
        return self._solution(self.benchmark_levels, self.benchmark_levels, 0, 0.0, "benchmark", 0)

    def solve(
        self,
        changes: Mapping[str, Any] | None = None,
        *,
        start: Solution | None = None,
        space: str = "reduced",
        route: str = "casadi",
        progress: Progress = _silent,
    ) -> Solution:
        """Solve for the given instrument levels (others stay at the benchmark).

        `start` is a solution of this model to begin from. `space` is "reduced" or "full" (through Pyomo),
        `route` in the full space "casadi" or "executable". Raises SolveError when no equilibrium is found.
        """
        began = time.perf_counter()
        settings = self.settings(changes)
        origin = self.benchmark_levels if start is None else self._levels_of(start)
        targets = {**self.benchmark_levels, **settings}
        if self.closure.free["n"].any():
            self.compile()
        if space == "full":
            from cge.full_space import solve_full

            progress("solving all equations at once")
            try:
                levels, iterations, route = solve_full(
                    self.reduced.system, self.parameters.sets, self.closure, targets, origin, route
                )
            except InnerLoopError as error:
                raise SolveError(self._diagnosis(origin, targets, 0.0, str(error))) from None
            steps = 1
        else:
            levels, iterations, steps = self._walk(origin, targets, progress)
        return self._solution(
            self.reduced.complete(levels),
            targets,
            iterations,
            time.perf_counter() - began,
            f"{space} {route}",
            steps,
        )

    def _levels_of(self, solution: Solution) -> Levels:
        names = self.system.names("variable") + self.system.names("instrument")
        found = {n: solution.values[n].to_numpy() for n in names}
        return {**self.benchmark_levels, **found}

    @cached_property
    def _given(self) -> tuple[str, ...]:
        """What is put at its held level directly: instruments, and variables of the balance phase."""
        balance = (e.determines for e in self.system.phases["balance"])
        return *self.system.names("instrument"), *(n for n in balance if not self.closure.free[n].all())

    def _walk(self, origin: Levels, targets: Levels, progress: Progress) -> tuple[Levels, int, int]:
        """Go to the targets in one step if possible, else in halves; raise SolveError when steps get too
        small.
        """
        done, step, iterations, steps, levels = 0.0, 1.0, 0, 0, origin
        origin = self._caps_close_by(origin, targets)
        while done < 1.0:
            goal = min(1.0, done + step)
            words = f"solving at {100 * goal:.0f} % of the change"
            progress(words)

            def report(iteration: int, error: float, words: str = words) -> None:
                progress(f"{words}: iteration {iteration}, error {error:.1e}")

            try:
                levels, used = self._attempt(levels, self._between(origin, targets, goal), report)
            except InnerLoopError as error:
                step /= 2
                if step < SMALLEST_STEP:
                    raise SolveError(self._diagnosis(levels, targets, done, str(error))) from None
                continue
            done, iterations, steps = goal, iterations + used, steps + 1
        return levels, iterations, steps

    def _caps_close_by(self, origin: Levels, targets: Levels) -> Levels:
        """The origin with caps that bind nobody brought down to just above the flows.

        A cap far above a flow is no different from one just above it; most of a straight way from there to a
        small part of the flow would change nothing, and its last step everything.
        """
        if "quota" not in targets or np.array_equal(origin["quota"], targets["quota"]):
            return origin
        flows = np.asarray(self.system.report(origin)["x"][1])
        near = np.maximum(1.01 * flows, targets["quota"])
        return {**origin, "quota": np.minimum(origin["quota"], near)}

    def _first_rents(self, levels: Levels, targets: Levels) -> Levels:
        """Rents to begin with where a cap lies below the flow; none where nothing is capped."""
        capped = [n for n in RENTS.values() if n in self.closure.free and self.closure.free[n].any()]
        if not capped or "quota" not in targets:
            return {}
        flows = np.asarray(self.system.report(levels)["x"][1])
        return first_rents(capped, flows, levels, targets, self.closure.free)

    def _between(self, origin: Levels, targets: Levels, share: float) -> Levels:
        if share == 1.0:
            return targets
        names = [*self._given, *self.reduced.targets]
        between = {n: (1 - share) * origin[n] + share * targets[n] for n in names}
        if "quota" in between:
            # Down to a small part of a flow in equal proportions: rents grow with the logarithm.
            between["quota"] = origin["quota"] ** (1 - share) * targets["quota"] ** share
        return {**targets, **between}

    def _attempt(self, levels: Levels, targets: Levels, report: ipopt.Report) -> tuple[Levels, int]:
        """One run of IPOPT in the reduced space; raises InnerLoopError when it does not end in a solution."""
        held = {n: np.where(self.closure.free[n], levels[n], targets[n]) for n in self._given}
        current = {"levels": {**levels, **held, **self._first_rents(levels, targets)}}

        def residual(x: np.ndarray) -> np.ndarray:
            try:
                current["levels"], value = self.reduced.evaluate(x, current["levels"], targets)
            except InnerLoopError as error:
                raise ipopt.EvaluationError(str(error)) from None
            return value

        def jacobian(x: np.ndarray) -> np.ndarray:
            residual(x)
            return self.reduced.jacobian(current["levels"])

        x = self.reduced.pack(current["levels"])
        self.reduced.evaluate(x, current["levels"], targets)
        self.compile()
        try:
            outcome = ipopt.solve_square(residual, jacobian, x, self._factor, report)
        except (ipopt.NoConvergenceError, ipopt.EvaluationError) as error:
            raise InnerLoopError(str(error)) from None
        final, value = self.reduced.evaluate(outcome.x, current["levels"], targets)
        if np.max(np.abs(value), initial=0.0) > ACCEPTED:
            raise InnerLoopError(
                f"IPOPT stopped with '{outcome.status}', largest residual {np.max(np.abs(value)):.2g}"
            )
        reason = self._no_equilibrium(final)
        if reason:
            raise InnerLoopError(reason)
        return final, outcome.iterations

    def _no_equilibrium(self, levels: Levels) -> str:
        """Why a root of the equations is no equilibrium; empty when it is one."""
        regions = self.parameters.sets.regions
        short = self.closure.free["u"] & (np.asarray(levels["u"]) < 0)
        if short.any():
            names = ", ".join(r for r, x in zip(regions, short, strict=True) if x)
            return f"more labour is wanted in {names} than there is at these wages"
        for name in self.system.names("variable"):
            if self.system.quantities[name].unit == "index" or name == "N":
                bad = ~(np.asarray(levels[name]) > 0)
                for cell in cell_names(self.system, self.parameters.sets, name, bad):
                    return f"{cell} falls to zero or below"
        return ""

    def _diagnosis(self, levels: Levels, targets: Levels, done: float, reason: str) -> str:
        """Name the worst equations of the next step, by how much they fail, and what to try."""
        system, sets = self.reduced.system, self.parameters.sets
        found = residuals(system, sets, {**levels, **self._held(targets)}, targets, {})
        lines = [f"  {e} {cell}: {size:.3g}" for e, cell, size in worst_residuals(system, sets, found)]
        head = f"no equilibrium beyond {100 * done:.0f} % of the change ({reason}). Largest residuals there:"
        advice = "Try a smaller shock, lower elasticities in the sectors named, or fewer sectors and regions."
        return "\n".join([head, *lines, advice])

    def _held(self, targets: Levels) -> Levels:
        return {n: targets[n] for n in self.system.names("instrument") if not self.closure.free[n].any()}

    def _solution(
        self, levels: Levels, targets: Levels, iterations: int, seconds: float, where: str, steps: int
    ) -> Solution:
        system, sets = self.system, self.parameters.sets
        held = {n: ~self.closure.free[n] for n in (*self._given, *self.reduced.targets)}
        found = residuals(system, sets, levels, targets, held)
        worst = worst_residuals(system, sets, found)
        reason = self._no_equilibrium(levels)
        if reason:
            raise SolveError(f"{reason}: the levels solve the equations but are no equilibrium")
        if not worst[0][2] <= ACCEPTED:
            lines = [f"  {e} {cell}: {size:.3g}" for e, cell, size in worst]
            raise SolveError("the levels do not solve the model; largest residuals:\n" + "\n".join(lines))
        values = dataset(system, self.parameters, levels)
        three = gdp_three_ways(system, levels, values)
        gap = max(float(np.max(np.abs(three[k] / three["income"] - 1))) for k in three)
        space, _, route = where.partition(" ")
        sizes = {
            "equations": sum(int(np.size(levels[n])) for n in self.reduced.system.names("variable")),
            "unknowns": self.reduced.size,
            "nonzeros": self.reduced.derivatives.nonzeros,
            "flows": int(np.count_nonzero(self.parameters.arrays["X0"])),
        }
        certificate = Certificate(
            worst[0][2], float(levels["walras"]), gap, worst, iterations, space, route, seconds, steps, sizes,
            {"parameters": self.fingerprint},
        )  # fmt: skip
        return Solution(values, self.parameters.benchmark, certificate, declared(system, values))

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all parameter arrays and of the formulation."""
        digest = hashlib.sha256(repr(self.formulation).encode())
        for name in sorted(self.parameters.arrays):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(self.parameters.arrays[name], dtype=float).tobytes())
        return digest.hexdigest()
