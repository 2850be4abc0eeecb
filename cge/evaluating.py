"""Residuals of the reduced space within one solve, by the arranged program of its equations.

The same numbers as `cge.reduced.ReducedSpace.evaluate`, which reads the equations as they are written, but
for rounding; many times faster, because each evaluation computes only what moves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from cge.equation import TEARS
from cge.reduced import Levels, Linearisation, ReducedSpace
from cge.settling import InnerLoopError, moved_on, settle
from cge.workspace import Workspace


class Evaluation:
    """Residuals at one setting, evaluation after evaluation, each beginning where the last one ended.

    `levels`: all quantities, held ones at their targets; it is not changed. ``sweeps`` counts the sweeps of
    both loops.
    """

    def __init__(self, reduced: ReducedSpace, levels: Levels, targets: Mapping[str, np.ndarray]) -> None:
        self._reduced, self._targets, self._origin = reduced, targets, levels
        self._work = Workspace(reduced.program, reduced.sets, levels, frozenset(reduced.unknowns))
        self._tears = {phase: np.asarray(levels[tear], dtype=float) for phase, tear in TEARS.items()}
        self._x = reduced.pack(levels)
        self.sweeps = 0

    def residual(self, x: np.ndarray, near: Linearisation) -> np.ndarray:
        """Residuals at the unknowns x; `near` are derivatives at a point close by (see `ReducedSpace`).

        Raises InnerLoopError when goods prices or outputs do not settle; the next evaluation then begins
        where the last good one ended.
        """
        work, step = self._work, x - self._x
        begin = {p: moved_on(t, near.moves[p] @ step) if step.any() else t for p, t in self._tears.items()}
        start = 0
        for name, mask in self._reduced.unknowns.items():
            stop = start + np.count_nonzero(mask)
            work.levels[name][mask], start = x[start:stop], stop
        with np.errstate(all="ignore"):
            work.outer()
            price = self._settled("price", begin, near, work.price)
            work.between()
            output = self._settled("quantity", begin, near, work.quantity)
            work.last()
            value = self._conditions()
        if not np.isfinite(value).all():
            raise InnerLoopError("a price or income left the range in which the equations are defined")
        self._x, self._tears = np.array(x), {"price": price, "quantity": output}
        return value

    def levels(self) -> Levels:
        """All quantities as the last evaluation left them, in arrays of their own."""
        balance = {e.determines for e in self._reduced.system.phases["balance"]}
        explicit = {n: a for n, a in self._work.values.items() if n not in balance}
        return {**self._origin, **{n: np.array(a) for n, a in (explicit | self._work.levels).items()}}

    def _settled(
        self, phase: str, begin: Levels, near: Linearisation, once: Callable[[], np.ndarray]
    ) -> np.ndarray:
        tear = self._work.levels[TEARS[phase]]

        def sweep(level: np.ndarray) -> np.ndarray:
            self.sweeps += 1
            tear[...] = level
            return once()

        return settle(phase, begin[phase], sweep, near.loops.get(phase))

    def _conditions(self) -> np.ndarray:
        values, reduced = self._work.values, self._reduced
        levels = values | self._work.levels
        excess = [np.ravel(values[e.determines]) for e in reduced.system.phases["balance"]]
        held = [np.asarray(levels[n] - self._targets[n])[mask] for n, mask in reduced.targets.items()]
        return np.concatenate([*excess, *held])
