"""The straight path between two solutions of one model, with exact rates of change on it.

Everything that the closure holds (tax rates, iceberg factors, endowments, the numeraire, ...) goes from its
value in the first solution to its value in the second in proportion to `share`; everything else follows by
solving the model. The rates of change come from the implicit function theorem and automatic differentiation,
so a node costs one solve and no difference quotient enters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import xarray as xr

from cge.dimensions import LETTERS
from cge.formulation import Formulation
from cge.model import Model
from cge.parameters import ParameterError
from cge.reduced import Levels
from cge.solution import Solution


@dataclass(frozen=True)
class Node:
    """A point of the path: its place (0 to 1), the levels there, and their rates of change per unit of share.

    ``values``: as in `Solution`; ``rates``: every variable, instrument and reported expression of ``values``,
    with the same dims.
    """

    share: float
    values: xr.Dataset
    rates: xr.Dataset


def levels_of(model: Model, solution: Solution) -> Levels:
    """All levels of a solution as plain arrays in the order of the model's labels.

    Raises ParameterError when the solution does not carry the quantities or labels of the model.
    """
    found = {}
    labels: dict[str, Any] = {c: list(model.parameters.sets.labels(c)) for c in LETTERS}
    try:
        ours = all(solution.values[c].values.tolist() == labels[c] for c in LETTERS)
        values = solution.values if ours else solution.values.sel(labels)
        for name in model.system.names("variable") + model.system.names("instrument"):
            found[name] = values[name].transpose(*model.system.quantities[name].dims).to_numpy()
    except (KeyError, ValueError) as error:
        raise ParameterError(f"the solution is not one of this model: {error}") from None
    return {**model.benchmark_levels, **found}


class Path:
    """Solutions and rates of change on the straight path from `start` to `end`, two solutions of `model`.

    Raises ParameterError when a solution does not carry the quantities or labels of the model.
    """

    def __init__(self, model: Model, start: Solution, end: Solution) -> None:
        self.model = model
        self._known = {0.0: start, 1.0: end}
        self._levels = {share: levels_of(model, solution) for share, solution in self._known.items()}
        self._ends = (self._levels[0.0], self._levels[1.0])

    @cached_property
    def _held(self) -> tuple[str, ...]:
        """Instruments, and variables of which the closure holds some cell."""
        names = self.model.system.names("instrument") + self.model.system.names("variable")
        return tuple(n for n in names if not self.model.closure.free[n].all())

    @cached_property
    def _direction(self) -> Levels:
        """Rate of change of what is held; zero in free cells."""
        one, two = self._ends
        return {n: np.where(self.model.closure.free[n], 0.0, two[n] - one[n]) for n in self._held}

    def solution(self, share: float) -> Solution:
        """The solution at a share of the way. Raises SolveError when there is no equilibrium."""
        if share not in self._known:
            nearest = min(self._known, key=lambda s: abs(s - share))
            one, two = self._ends
            settings = {n: (1 - share) * one[n] + share * two[n] for n in self._held}
            self._known[share] = self.model.solve(settings, start=self._known[nearest])
            self._levels[share] = levels_of(self.model, self._known[share])
        return self._known[share]

    def node(self, share: float) -> Node:
        """Levels and exact rates of change at a share of the way."""
        values, model = self.solution(share).values, self.model
        levels = self._levels[share]
        # a held variable that an equation determines moves through that equation, everything else directly
        direction = {n: a for n, a in self._direction.items() if n not in model.reduced.targets}
        direct, _ = self._tangents(levels, direction)
        found = model.reduced.rates(levels, direct, self._direction)
        total = {n: found.get(n, 0.0) + direction.get(n, np.zeros(np.shape(levels[n]))) for n in self._moving}
        total, reports = self._with_inert(levels, total)
        arrays = {n: (values[n].dims, a) for n, a in (total | reports).items()}
        return Node(share, values, xr.Dataset(arrays, coords=values.coords))

    def _with_inert(self, levels: Levels, total: Levels) -> tuple[Levels, Levels]:
        """Rates with those of relations that no closure uses, which the solver leaves out, and of reports.

        Such relations may read one another, so they are followed until nothing moves any more.
        """
        solved = set(self.model.reduced.system.names("variable"))
        inert = [n for n in self.model.system.names("variable") if n not in solved]
        while True:
            equations, reports = self._tangents(levels, total)
            if all(np.array_equal(total[n], equations[n]) for n in inert):
                return total, reports
            total = {**total, **{n: equations[n] for n in inert}}

    @cached_property
    def _moving(self) -> tuple[str, ...]:
        return self.model.system.names("variable") + self.model.system.names("instrument")

    def _tangents(self, levels: Levels, direction: Levels) -> tuple[Levels, Levels]:
        """Directional derivatives of all equations and of all reported expressions."""
        full = {n: direction.get(n, np.zeros(np.shape(levels[n]))) for n in self._moving}
        known = {n: a for n, a in levels.items() if n in self.model.system.quantities}
        equations, reports = _tangents(self.model.formulation)(known, full)
        return {n: np.asarray(a) for n, a in equations.items()}, {
            n: np.asarray(a) for n, a in reports.items()
        }


@lru_cache(maxsize=8)
def _tangents(formulation: Formulation) -> Any:
    """Compiled directional derivatives of all equations and reports, for all models of a formulation."""
    from cge.jax_setup import jax

    system = formulation.system()

    def values(levels: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        equations = {e.determines: system.evaluate(e, levels) for e in system.equations}
        return equations, {n: data for n, (_, data) in system.report(levels).items()}

    def tangents(levels: dict[str, Any], direction: dict[str, Any]) -> Any:
        moving = {n: levels[n] for n in direction}
        return jax().jvp(lambda chosen: values({**levels, **chosen}), (moving,), (direction,))[1]

    return jax().jit(tangents)
