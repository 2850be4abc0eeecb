"""The Pyomo reading: the same equations as a `ConcreteModel`.

Variables are always Pyomo variables. Instruments become variables where the closure frees a cell, and plain
numbers elsewhere. Held cells of variables get equal bounds, never ``fix()``: a fixed variable would be folded
into the expressions and a swap would mean writing the model again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyomo.environ as pyo

from cge.closure import Closure
from cge.dimensions import Sets
from cge.equation import System

Levels = Mapping[str, np.ndarray]


def build(system: System, sets: Sets, closure: Closure, targets: Levels, start: Levels) -> pyo.ConcreteModel:
    """Return the complete model: every variable, every equation, held cells bounded to their targets.

    `targets` gives instruments and held variables, `start` the initial levels. Components carry the names of
    the quantities; equations are called ``eq_<variable>``.
    """
    model = pyo.ConcreteModel(name="world CGE")
    arrays: dict[str, Any] = {n: np.asarray(a, dtype=float) for n, a in targets.items()}
    symbolic = [*system.names("variable"), *sorted(closure.free_instruments(system))]
    for name in symbolic:
        arrays[name] = _variables(model, name, closure.free[name], targets, start)
    for e in system.equations:
        value = np.asarray(system.evaluate(e, arrays), dtype=object)
        known = arrays[e.determines] if e.phase != "balance" else np.zeros(value.shape)
        _equations(model, e.determines, np.ravel(known), np.ravel(value))
    model.objective = pyo.Objective(expr=0.0)
    return model


def _variables(
    model: pyo.ConcreteModel, name: str, free: np.ndarray, targets: Levels, start: Levels
) -> np.ndarray:
    initial = np.where(free, start[name], targets[name])
    component = pyo.Var(range(initial.size), initialize=dict(enumerate(np.ravel(initial).tolist())))
    model.add_component(name, component)
    cells = np.empty(initial.size, dtype=object)
    for number, is_free in enumerate(np.ravel(free)):
        cells[number] = component[number]
        if not is_free:
            cells[number].setlb(float(np.ravel(initial)[number]))
            cells[number].setub(float(np.ravel(initial)[number]))
    return cells.reshape(initial.shape)


def _equations(model: pyo.ConcreteModel, name: str, known: np.ndarray, value: np.ndarray) -> None:
    def rule(m: Any, number: int) -> Any:
        # the slack of a balance, or variable less value: both sides in the body, so that no side is a bare
        # number
        return value[number] - known[number] == 0.0

    model.add_component(f"eq_{name}", pyo.Constraint(range(len(value)), rule=rule))


def levels(model: pyo.ConcreteModel, system: System, sets: Sets, targets: Levels) -> dict[str, np.ndarray]:
    """Levels of every quantity from the variables of a model."""
    result = {n: np.asarray(a, dtype=float) for n, a in targets.items()}
    for kind in ("variable", "instrument"):
        for name in system.names(kind):
            component = model.component(name)
            if component is not None:
                shape = sets.shape(system.quantities[name].dims)
                result[name] = np.array([component[k].value for k in component]).reshape(shape)
    return result
