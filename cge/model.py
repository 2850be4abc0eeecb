"""A model: parameters, a formulation and a closure, ready to be solved for any setting of its instruments."""

from __future__ import annotations

import copy
import hashlib
import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from cge.closure import Closure, ClosureChoice
from cge.formulation import Formulation
from cge.parameters import ParameterError, Parameters
from cge.reduced import InnerLoopError, Levels, ReducedSpace, cell_names
from cge.search import ACCEPTED, Anchor, Kept, Progress, Search, SolveError, Tally, Worst, failure
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

__all__ = ["ACCEPTED", "Anchor", "Model", "Progress", "SolveError"]


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
        self.choice = choice = closure or ClosureChoice()
        self.parameters = choice.adjusted(parameters) if isinstance(choice, ClosureChoice) else parameters
        self.parameters.check(self.system)
        self._check_nest()
        self._examine = isinstance(choice, ClosureChoice) and bool(choice.swaps)
        self.closure = choice if isinstance(choice, Closure) else choice.closure(self.parameters, self.system)
        self.reduced = ReducedSpace(self.system, parameters.sets, self.closure)
        self._kept: Kept | None = None

    def recalibrated(self, parameters: Parameters) -> Model:
        """The same model with other parameters (elasticities, shares, levels) over the same sets.

        What does not depend on their values is shared: the composition, the closure, compiled derivatives and
        their patterns. Equal to ``Model(parameters, ...)`` to the last digit. Raises ParameterError on other
        sets, on parameters that `Model` would refuse, and where the closure would free other cells.
        """
        if parameters.sets != self.parameters.sets:
            raise ParameterError("a model is recalibrated over its own sets only: these are others")
        other = copy.copy(self)
        for name in ("benchmark_levels", "fingerprint"):
            other.__dict__.pop(name, None)
        other._kept = None
        choice = self.choice
        other.parameters = choice.adjusted(parameters) if isinstance(choice, ClosureChoice) else parameters
        other.parameters.check(self.system)
        other._check_nest()
        if isinstance(choice, ClosureChoice):
            self._require_same_closure(choice.closure(other.parameters, self.system))
        return other

    def _require_same_closure(self, closure: Closure) -> None:
        for name, mask in self.closure.free.items():
            differs = mask != closure.free[name]
            for cell in cell_names(self.system, self.parameters.sets, name, differs):
                state = "held" if self.closure.free[name][tuple(np.argwhere(differs)[0])] else "free"
                raise ParameterError(
                    f"with these parameters the closure has {cell} {state}, which this model has not "
                    f"({int(differs.sum())} such cell(s) of {name}): build a model of their own"
                )

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
        if self._kept is None:
            if self._examine:
                from cge.structure import require_sound

                require_sound(self)
            linear = self.reduced.linearise(self.benchmark_levels)
            require_stable_entry(self.reduced, linear.jacobian)
            self._kept = Kept.of(linear)

    @property
    def kept(self) -> Kept:
        """Derivatives and factors at the benchmark; computed when first asked for (see `compile`)."""
        self.compile()
        assert self._kept is not None
        return self._kept

    def anchor(self, solution: Solution) -> Anchor:
        """A solution of this model with the derivatives there, to begin others from: see `solve`.

        Raises ParameterError when the solution has other labels.
        """
        sets = self.parameters.sets
        if any(solution.values[c].values.tolist() != list(sets.labels(c)) for c in "odrfij"):
            raise ParameterError("the solution is not one of this model: its labels are others")
        levels = self._levels_of(solution)
        linear = self.reduced.linearise(levels)
        names = self.system.names("variable") + self.system.names("instrument")
        return Anchor({n: levels[n] for n in names}, Kept.of(linear))

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
        if value.dims == tuple(dims) and all(value[c].values.tolist() == labels[c] for c in dims):
            return value.to_numpy().astype(float)
        try:
            return value.transpose(*dims).sel(labels).to_numpy().astype(float)
        except (KeyError, ValueError) as error:
            raise ParameterError(f"'{name}' does not cover the labels of this model: {error}") from None

    def benchmark(self) -> Solution:
        """The benchmark as a solution, with its residuals; nothing is solved."""
        worst = self._worst(self.benchmark_levels, self.benchmark_levels)
        return self._solution(self.benchmark_levels, worst, Tally(), 0.0, "benchmark")

    def solve(
        self,
        changes: Mapping[str, Any] | None = None,
        *,
        start: Solution | None = None,
        anchor: Anchor | None = None,
        space: str = "reduced",
        route: str = "casadi",
        progress: Progress = _silent,
    ) -> Solution:
        """Solve for the given instrument levels (others stay at the benchmark).

        `start` is a solution of this model to begin from, the benchmark if there is none; `anchor` one (of
        this model or of one that it is recalibrated from) with its derivatives, which is tried first and
        makes points close by fast: when that fails, the search begins anew at `start`. `space` is "reduced"
        or "full" (through Pyomo, where anchors are of no use), `route` in the full space "casadi" or
        "executable". Raises SolveError when no equilibrium is found.
        """
        began = time.perf_counter()
        targets = {**self.benchmark_levels, **self.settings(changes)}
        origin = self.benchmark_levels if start is None else self._levels_of(start)
        if self.closure.free["n"].any():
            self.compile()
        search = Search(self, progress)
        if space == "full":
            levels, route = self._solve_full(origin, targets, route, search)
        elif anchor is not None:
            levels = search.near(anchor, targets, origin)
        else:
            levels = search.walk(origin, targets)
        levels = self.reduced.complete(levels)
        worst = self._worst(levels, targets)
        if space != "full" and not worst[0][2] <= ACCEPTED:
            # rounding alone: equations steep enough to tell the arranged program from their own text
            levels = self.reduced.complete(search.as_written(levels, targets))
            worst = self._worst(levels, targets)
        return self._solution(levels, worst, search.tally, time.perf_counter() - began, f"{space} {route}")

    def _solve_full(self, origin: Levels, targets: Levels, route: str, search: Search) -> tuple[Levels, str]:
        from cge.full_space import solve_full

        search.progress("solving all equations at once")
        system, sets, tally = self.reduced.system, self.parameters.sets, search.tally
        try:
            levels, tally.iterations, route = solve_full(system, sets, self.closure, targets, origin, route)
        except InnerLoopError as error:
            raise failure(self, origin, targets, 0.0, str(error)) from None
        tally.steps = 1
        return levels, route

    def _levels_of(self, solution: Solution) -> Levels:
        names = self.system.names("variable") + self.system.names("instrument")
        found = {n: solution.values[n].to_numpy() for n in names}
        return {**self.benchmark_levels, **found}

    @cached_property
    def given(self) -> tuple[str, ...]:
        """What is put at its held level directly: instruments, and variables of the balance phase."""
        balance = (e.determines for e in self.system.phases["balance"])
        return *self.system.names("instrument"), *(n for n in balance if not self.closure.free[n].all())

    def no_equilibrium(self, levels: Levels) -> str:
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

    def _worst(self, levels: Levels, targets: Levels) -> Worst:
        """The largest residuals, by the equations as they are written."""
        system, sets = self.system, self.parameters.sets
        held = {n: ~self.closure.free[n] for n in (*self.given, *self.reduced.targets)}
        return worst_residuals(system, sets, residuals(system, sets, levels, targets, held))

    def _solution(self, levels: Levels, worst: Worst, tally: Tally, seconds: float, where: str) -> Solution:
        system = self.system
        reason = self.no_equilibrium(levels)
        if reason:
            raise SolveError(f"{reason}: the levels solve the equations but are no equilibrium", worst)
        if not worst[0][2] <= ACCEPTED:
            lines = [f"  {e} {cell}: {size:.3g}" for e, cell, size in worst]
            raise SolveError(
                "the levels do not solve the model; largest residuals:\n" + "\n".join(lines), worst
            )
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
            worst[0][2], float(levels["walras"]), gap, worst, tally.iterations, space, route, seconds,
            tally.steps, sizes, {"parameters": self.fingerprint},
            evaluations=tally.evaluations, jacobians=tally.jacobians,
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
