"""Exact gradients at a solution: the chain of derivatives of `cge.reduced`, run backwards.

A functional J of the levels has a multiplier for every equation and for every held cell: what J would gain
if that equation's value, or that cell's level, were one unit higher and all others held. One transposed solve
with the factors of the Jacobian and of the two loops gives them all; what J gains per unit of any parameter
or instrument is then a sum over the equations that read it. The cost does not grow with the number of
parameters.

Source: implicit function theorem; adjoint sensitivities as Griewank and Walther (2008), chapter 15.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import scipy.linalg as la

from cge.equation import TEARS, Equation, System
from cge.formulation import Formulation
from cge.model import Model
from cge.path import levels_of
from cge.reduced import Levels, Loop
from cge.solution import Solution

Seeds = Mapping[str, np.ndarray]
"""Derivatives of K functionals, by name of what they read: (K, ...) with the axes of that array."""


class GradientError(ArithmeticError):
    """A derivative does not exist at this solution, or the factors do not give it."""


@dataclass(frozen=True)
class Gradient:
    """Derivatives of K functionals at one solution; every array is (K, ...) with the axes of its name.

    ``parameters``: with respect to every parameter, what is held kept at its level. ``held``: with respect to
    the level of everything the closure holds (instruments, and variables held in place of others), 0 in cells
    that are free. ``equations``: multipliers, by the variable that an equation determines.
    """

    parameters: Mapping[str, np.ndarray]
    held: Mapping[str, np.ndarray]
    equations: Mapping[str, np.ndarray]

    def along(self, parameters: Mapping[str, Any], held: Mapping[str, Any]) -> np.ndarray:
        """Rates of change (K,) along a direction, given by the arrays that move; others stand still."""
        parts = [(self.parameters[n], a) for n, a in parameters.items()]
        parts += [(self.held[n], a) for n, a in held.items()]
        count = len(next(iter(self.held.values())))
        total = np.zeros(count)
        for gradient, direction in parts:
            total += gradient.reshape(count, -1) @ np.ravel(direction)
        return total

    def __add__(self, other: Gradient) -> Gradient:
        """Of a functional of two solutions that share all they hold: the sum."""
        return Gradient(*(_sum(getattr(self, n), getattr(other, n)) for n in self.__dataclass_fields__))


def _sum(one: Seeds, other: Seeds) -> dict[str, np.ndarray]:
    return {n: one[n] + other[n] for n in one}


class Adjoint:
    """A model at one solution, differentiated and factorised once; `gradient` takes any number of
    functionals.

    Nothing is left behind in the model. Raises ParameterError when the solution is not one of the model, and
    GradientError when its Jacobian is singular there.
    """

    def __init__(self, model: Model, solution: Solution) -> None:
        self.model, self.reduced = model, model.reduced
        self.levels = levels_of(model, solution)
        self.size = self.reduced.size
        self.partials = self.reduced.partials(self.levels)
        linear = self.reduced.linearisation(self.partials)
        if not np.isfinite(linear.jacobian).all():
            raise GradientError("the Jacobian is not finite at this solution")
        self._loops = linear.loops
        self._factor = la.lu_factor(linear.jacobian, check_finite=False)
        if np.abs(np.diag(self._factor[0])).min(initial=np.inf) == 0.0:
            raise GradientError("the Jacobian is singular at this solution: no derivative exists there")

    def gradient(self, seeds: Seeds) -> Gradient:
        """Gradients of K functionals from their derivatives with respect to the levels at this solution.

        `seeds` may name variables, instruments, parameters and reported expressions. Raises GradientError
        where a derivative is not finite or the multipliers leave a free cell with a gradient of its own.
        """
        count = len(next(iter(seeds.values())))
        start = self._without_reports(seeds, count)
        bars, _ = self._backwards(start, None, count)
        through = self._free(bars, count)
        scale = 1 + np.abs(through).max(initial=0.0)
        residual = -la.lu_solve(self._factor, through, trans=1, check_finite=False)
        bars, multipliers = self._backwards(start, residual, count)
        left = np.abs(self._free(bars, count)).max(initial=0.0)
        if not left <= 1e-8 * scale:
            raise GradientError(f"the multipliers leave a gradient of {left:.2g} on what is free")
        return self._collect(start, bars, multipliers, residual, count)

    def _shape(self, name: str) -> tuple[int, ...]:
        return np.shape(self.levels[name])

    def _without_reports(self, seeds: Seeds, count: int) -> dict[str, np.ndarray]:
        """Seeds on active variables, instruments and parameters; others are passed on to these."""
        system, active = self.model.system, self.reduced.system
        known = {n for n in system.quantities if n in active.quantities}
        start = {n: _flat(a, count) for n, a in seeds.items() if n in known}
        others = {n: np.asarray(a, dtype=float) for n, a in seeds.items() if n not in known}
        if not others:
            return start
        inert = tuple(n for n in system.names("variable") if n not in active.quantities)
        pull = _pull_reports(self.model.formulation, inert, tuple(sorted(others)))
        passed = pull({n: a for n, a in self.levels.items() if n in known}, others)
        for name, array in passed.items():
            start[name] = start.get(name, 0.0) + _flat(_finite(name, array), count)
        return start

    def _backwards(
        self, start: Mapping[str, np.ndarray], residual: np.ndarray | None, count: int
    ) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Gradients by variable (cells, K) and multipliers by equation, given those of the residuals."""
        bars = {n: np.array(a) for n, a in start.items()}
        found: dict[str, np.ndarray] = {}
        if residual is not None:
            self._seed_residuals(residual, bars, found, count)
        for e in reversed(self.reduced.system.phases["revenue"]):
            self._pull(e, bars, found, count)
        for phase in reversed(tuple(TEARS)):
            self._pull_loop(self.reduced.loops[phase], self._loops[phase], bars, found, count)
        return bars, found

    def _seed_residuals(
        self, residual: np.ndarray, bars: dict[str, Any], found: dict[str, Any], count: int
    ) -> None:
        """Put the multipliers of balances and held cells where the chain begins."""
        at = 0
        for e in self.reduced.system.phases["balance"]:
            size = int(np.prod(self._shape(e.determines)))
            found[e.determines] = residual[at : at + size]
            self._spread(e, found[e.determines], bars)
            at += size
        for name, mask in self.reduced.targets.items():
            cells = np.flatnonzero(mask)
            bar = np.array(bars.get(name, np.zeros((mask.size, count))))
            bar[cells] += residual[at : at + len(cells)]
            bars[name] = bar
            at += len(cells)

    def _pull(self, e: Equation, bars: dict[str, Any], found: dict[str, Any], count: int) -> None:
        """The multiplier of an explicit equation is the gradient of what it determines; pass it on."""
        size = int(np.prod(self._shape(e.determines)))
        found[e.determines] = bars.get(e.determines, np.zeros((size, count)))
        self._spread(e, found[e.determines], bars)

    def _spread(
        self, e: Equation, multiplier: np.ndarray, bars: dict[str, Any], only: frozenset[str] | None = None
    ) -> None:
        for name, matrix in self.partials.get(e.determines, {}).items():
            if only is None or name in only:
                bars[name] = bars.get(name, 0.0) + matrix.T @ multiplier

    def _pull_loop(
        self, loop: Loop, factor: Any, bars: dict[str, Any], found: dict[str, Any], count: int
    ) -> None:
        for e in reversed(loop.after):
            self._pull(e, bars, found, count)
        tear, inside = loop.inside[-1], loop.inside[:-1]
        within = frozenset(e.determines for e in loop.inside)
        once = {n: bars[n] for n in within if n in bars}
        for e in reversed(inside):
            size = int(np.prod(self._shape(e.determines)))
            self._spread(e, once.get(e.determines, np.zeros((size, count))), once, within)
        size = int(np.prod(self._shape(loop.tear)))
        around = once.get(loop.tear, np.zeros((size, count)))
        closed = la.lu_solve(factor, around, trans=1, check_finite=False)
        found[loop.tear] = closed
        self._spread(tear, closed, bars)
        for e in reversed(inside):
            self._pull(e, bars, found, count)
        for e in reversed(loop.before):
            self._pull(e, bars, found, count)

    def _free(self, bars: Mapping[str, Any], count: int) -> np.ndarray:
        """Gradient of the unknowns (size, K), in the order of their vector."""
        parts = [
            bars[n][np.flatnonzero(mask)] if n in bars else np.zeros((int(mask.sum()), count))
            for n, mask in self.reduced.unknowns.items()
        ]
        return np.concatenate(parts)

    def _collect(
        self, start: Mapping[str, np.ndarray], bars: Mapping[str, Any], multipliers: Mapping[str, Any],
        residual: np.ndarray, count: int,
    ) -> Gradient:  # fmt: skip
        """Gradients by parameter and held cell from the multipliers: one reverse sweep of all equations."""
        system, free = self.model.system, self.model.closure.free
        equations = {n: _back(a, self._shape(n)) for n, a in multipliers.items()}
        known = {n: a for n, a in self.levels.items() if n in system.quantities}
        pulled = _pull_equations(self.model.formulation, tuple(sorted(equations)))(known, equations)
        total = {n: np.asarray(a) for n, a in pulled.items()}
        for name in total:
            if name in start:
                total[name] = total[name] + _back(start[name], self._shape(name))
        held = {}
        for name in system.names("instrument"):
            held[name] = np.where(free[name], 0.0, _finite(name, total[name]))
        for e in self.reduced.system.phases["balance"]:
            name = e.determines
            if not free[name].all():
                bar = bars.get(name, np.zeros((free[name].size, count)))
                held[name] = np.where(free[name], 0.0, _back(bar, self._shape(name)))
        held |= self._of_targets(residual, count)
        parameters = {n: _finite(n, total[n]) for n in system.names("parameter")}
        return Gradient(parameters, held, equations)

    def _of_targets(self, residual: np.ndarray, count: int) -> dict[str, np.ndarray]:
        """What a held level of a determined variable brings: less of its residual."""
        sizes = [int(mask.sum()) for mask in self.reduced.targets.values()]
        at, result = self.size - sum(sizes), {}
        for (name, mask), size in zip(self.reduced.targets.items(), sizes, strict=True):
            array = np.zeros((mask.size, count))
            array[np.flatnonzero(mask)] = -residual[at : at + size]
            result[name], at = _back(array, mask.shape), at + size
        return result


def _flat(array: Any, count: int) -> np.ndarray:
    """From (K, ...) to (cells, K)."""
    return np.asarray(array, dtype=float).reshape(count, -1).T


def _back(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """From (cells, K) to (K, ...)."""
    return np.ascontiguousarray(array.T).reshape(-1, *shape)


def _finite(name: str, array: Any) -> np.ndarray:
    found = np.asarray(array)
    if not np.isfinite(found).all():
        raise GradientError(f"the derivative with respect to '{name}' is not finite at this solution")
    return found


def _sequence(system: System, names: tuple[str, ...]) -> tuple[Equation, ...]:
    return tuple(e for e in system.equations if e.determines in names)


@lru_cache(maxsize=32)
def _pull_reports(formulation: Formulation, inert: tuple[str, ...], wanted: tuple[str, ...]) -> Any:
    """Compiled reverse sweep from inert variables and reports to what they read."""
    from cge.jax_setup import jax

    system = formulation.system()
    chain = _sequence(system, inert)

    def values(levels: dict[str, Any]) -> dict[str, Any]:
        every = dict(levels)
        for e in chain:
            every[e.determines] = system.evaluate(e, every)
        reports = {n: data for n, (_, data) in system.report(every).items() if n in wanted}
        return reports | {n: every[n] for n in wanted if n in inert}

    def pull(levels: dict[str, Any], seeds: dict[str, Any]) -> dict[str, Any]:
        back = jax().vjp(values, levels)[1]
        return jax().vmap(lambda seed: back(seed)[0])(seeds)

    return jax().jit(pull)


@lru_cache(maxsize=32)
def _pull_equations(formulation: Formulation, names: tuple[str, ...]) -> Any:
    """Compiled reverse sweep from the multipliers of the equations to parameters and instruments."""
    from cge.jax_setup import jax

    system = formulation.system()
    chain, wrt = _sequence(system, names), {*system.names("parameter"), *system.names("instrument")}

    def pull(levels: dict[str, Any], seeds: dict[str, Any]) -> dict[str, Any]:
        def values(chosen: dict[str, Any]) -> dict[str, Any]:
            every = {**levels, **chosen}
            return {e.determines: system.evaluate(e, every) for e in chain}

        back = jax().vjp(values, {n: levels[n] for n in wrt})[1]
        return jax().vmap(lambda seed: back(seed)[0])(seeds)

    return jax().jit(pull)


def held_levels(model: Model, changes: Mapping[str, Any] | None) -> Levels:
    """Levels of everything the closure holds under the given changes: what `Gradient.held` refers to.

    Held relations start at their benchmark value, which may depend on parameters. Free cells hold the
    benchmark level; their gradient is 0.
    """
    balance = {e.determines for e in model.system.phases["balance"]}
    names = [*model.system.names("instrument"), *balance, *model.reduced.targets]
    levels = {**model.benchmark_levels, **model.settings(changes)}
    return {n: np.asarray(levels[n]) for n in names if not model.closure.free[n].all()}


Functional = Callable[[Mapping[str, Any], Mapping[str, Any]], Any]
"""K numbers from the values (variables, instruments, parameters, reports by name) of two solutions."""


@dataclass(frozen=True)
class Gradients:
    """K numbers (``values``) that rest on two solutions, and their gradients through each of them."""

    values: np.ndarray
    base: Gradient
    new: Gradient


def gradients(
    base: Adjoint,
    new: Adjoint,
    functional: Functional,
    links: Mapping[tuple[str, str], np.ndarray] | None = None,
) -> Gradients:
    """Gradients of K numbers through a baseline and a counterfactual of one model.

    `functional` must be traceable by JAX. `links` says where a held level of the counterfactual follows the
    baseline cell by cell: {(held name, name in the baseline): derivative, with the axes of both}. Raises
    GradientError where a derivative is not finite.
    """
    from cge.jax_setup import jax

    both = [values_of(side.model, side.levels) for side in (base, new)]
    numbers = np.atleast_1d(np.asarray(functional(*both), dtype=float))
    first, second = jax().jacrev(lambda x, y: jax().numpy.atleast_1d(functional(x, y)), argnums=(0, 1))(*both)
    count = len(numbers)
    after = new.gradient(_seeds(second, count))
    seeds = _seeds(first, count)
    for (held, source), slope in (links or {}).items():
        seeds[source] = seeds.get(source, 0.0) + after.held[held] * slope
    return Gradients(numbers, base.gradient(seeds), after)


def values_of(model: Model, levels: Levels) -> dict[str, np.ndarray]:
    """All that a functional may read at given levels: quantities and reported expressions, by name."""
    known = {n: np.asarray(a, dtype=float) for n, a in levels.items() if n in model.system.quantities}
    with np.errstate(all="ignore"):
        return known | {n: np.asarray(data) for n, (_, data) in model.system.report(known).items()}


def _seeds(derivatives: Mapping[str, Any], count: int) -> dict[str, np.ndarray]:
    """What moves the functionals at all; at least one array, so that the number of functionals is known."""
    arrays = {n: np.asarray(a, dtype=float) for n, a in derivatives.items()}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise GradientError(f"the functional has no finite derivative with respect to '{name}'")
    moving = {n: a for n, a in arrays.items() if a.any()}
    return moving or {"pwf": arrays.get("pwf", np.zeros(count))}
