"""The reduced space: given factor prices, incomes and other unknowns, goods prices and quantities follow.

Unknowns are the free cells that no phase equation determines; residuals are the balance equations plus
``value - target`` for every held cell that a phase equation determines. Inside, the price phase (zero profit,
a contraction) and the quantity phase (market clearing, linear) are closed on their tear variables, goods
prices and outputs, by Newton steps with a kept factorisation. The Jacobian is exact, by the implicit function
theorem; this is the implicit-function formulation of Parker, Nicholson, Siirola and Biegler (2022).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp

from cge.closure import Closure, ClosureError
from cge.dimensions import Sets
from cge.equation import TEARS, Equation, System, active
from cge.jacobian import Derivatives

INNER_TOLERANCE = 1e-13
INNER_ACCEPTED = 1e-11
INNER_SWEEPS = 400
Levels = dict[str, np.ndarray]


class InnerLoopError(ArithmeticError):
    """Goods prices or outputs do not settle at the given factor prices and incomes."""


@dataclass(frozen=True)
class Loop:
    """A simultaneous phase cut open at its tear variable: equations before, inside and after the loop."""

    tear: str
    before: tuple[Equation, ...]
    inside: tuple[Equation, ...]
    after: tuple[Equation, ...]


def split(system: System, phase: str) -> Loop:
    """Sort the equations of a phase by whether the loop needs them and they depend on it."""
    tear, equations = TEARS[phase], system.phases[phase]
    reads = {e.determines: {n for n, _ in system.reads[e.determines]} for e in equations}
    depends, needed = {tear}, {tear}
    for e in equations:
        if reads[e.determines] & depends:
            depends.add(e.determines)
    for e in reversed(
        [e for e in equations if e.determines != tear] + [e for e in equations if e.determines == tear]
    ):
        if e.determines in needed:
            needed |= reads[e.determines]
    inside = [e for e in equations if e.determines in depends & needed and e.determines != tear]
    inside += [e for e in equations if e.determines == tear]
    return Loop(
        tear,
        tuple(e for e in equations if e.determines not in depends),
        tuple(inside),
        tuple(e for e in equations if e.determines in depends - needed),
    )


class ReducedSpace:
    """Residuals and exact Jacobian of the unknowns that matter, for one system, sets and closure.

    Levels (all quantities by name) go in and come out as new dictionaries; what is kept between calls is the
    factorisation of the two loops, which changes speed and nothing else.
    """

    def __init__(self, system: System, sets: Sets, closure: Closure) -> None:
        self.sets, self.closure = sets, closure
        self.whole = system
        self.system = system = active(
            system, [n for n in system.names("variable") if not closure.free[n].all()]
        )
        self.loops = {phase: split(system, phase) for phase in TEARS}
        balance = {e.determines for e in system.phases["balance"]}
        explicit = set(system.names("variable")) - balance
        order = [*system.names("variable"), *system.names("instrument")]
        self.unknowns = {n: closure.free[n] for n in order if n not in explicit and closure.free[n].any()}
        self.targets = {n: ~closure.free[n] for n in order if n in explicit and not closure.free[n].all()}
        self.size = sum(int(m.sum()) for m in self.unknowns.values())
        self.derivatives = Derivatives(system, sets, frozenset(system.names("variable")) | set(self.unknowns))
        self._factors: dict[str, Any] = {}
        self._check_square()

    def _check_square(self) -> None:
        rows = [f"{e.determines} equations" for e in self.system.phases["balance"]]
        count = sum(int(np.prod(self.sets.shape(self.system.quantities[e.determines].dims)))
                    for e in self.system.phases["balance"])  # fmt: skip
        held = sum(int(m.sum()) for m in self.targets.values())
        if count + held != self.size:
            raise ClosureError(
                f"{self.size} unknowns ({', '.join(self.unknowns)}) against {count + held} conditions "
                f"({', '.join(rows)}, held: {', '.join(self.targets) or 'nothing'})"
            )

    def pack(self, levels: Mapping[str, np.ndarray]) -> np.ndarray:
        """Unknowns as one vector."""
        return np.concatenate([np.asarray(levels[n])[mask] for n, mask in self.unknowns.items()])

    def unpack(self, x: np.ndarray, levels: Mapping[str, np.ndarray]) -> Levels:
        """Levels with the unknowns replaced."""
        result, start = dict(levels), 0
        for name, mask in self.unknowns.items():
            stop = start + int(mask.sum())
            array = np.array(result[name], dtype=float)
            array[mask] = x[start:stop]
            result[name], start = array, stop
        return result

    def labels(self) -> list[str]:
        """Names of the unknowns, cell by cell, in the order of the vector."""
        return [
            name for n, mask in self.unknowns.items() for name in cell_names(self.system, self.sets, n, mask)
        ]

    def residual_labels(self) -> list[str]:
        """Names of the residuals, in the order of the vector."""
        names = []
        for e in self.system.phases["balance"]:
            mask = np.ones(self.sets.shape(self.system.quantities[e.determines].dims), dtype=bool)
            names += [f"{e.name} {c}" for c in cell_names(self.system, self.sets, e.determines, mask)]
        for n, mask in self.targets.items():
            names += [f"held {c}" for c in cell_names(self.system, self.sets, n, mask)]
        return names

    def evaluate(
        self, x: np.ndarray, levels: Mapping[str, np.ndarray], targets: Mapping[str, np.ndarray]
    ) -> tuple[Levels, np.ndarray]:
        """Return the levels that follow from the unknowns, and the residuals; see `complete` for the others.

        Raises InnerLoopError when goods prices or outputs do not settle.
        """
        state = self.unpack(x, levels)
        with np.errstate(all="ignore"):
            for phase in TEARS:
                self._close(self.loops[phase], phase, state)
            for e in self.system.phases["revenue"]:
                state[e.determines] = self.system.evaluate(e, state)
            excess = [np.ravel(self.system.evaluate(e, state)) for e in self.system.phases["balance"]]
            held = [np.asarray(state[n] - targets[n])[mask] for n, mask in self.targets.items()]
        residual = np.concatenate([*excess, *held])
        if not np.isfinite(residual).all():
            raise InnerLoopError("a price or income left the range in which the equations are defined")
        return state, residual

    def complete(self, levels: Mapping[str, np.ndarray]) -> Levels:
        """Levels with everything that decides nothing (`cge.equation.active`) evaluated too."""
        result = dict(levels)
        with np.errstate(all="ignore"):
            for e in self.whole.equations:
                if e.determines not in self.system.quantities:
                    result[e.determines] = np.asarray(self.whole.evaluate(e, result), dtype=float)
        return result

    def _close(self, loop: Loop, phase: str, state: Levels) -> None:
        """Bring the tear variable of a phase to its fixed point, then evaluate what follows from it."""
        for e in loop.before:
            state[e.determines] = self.system.evaluate(e, state)
        factor, before, size = self._factors.get(phase), np.inf, np.inf
        for _ in range(INNER_SWEEPS):
            for e in loop.inside[:-1]:
                state[e.determines] = self.system.evaluate(e, state)
            new = self.system.evaluate(loop.inside[-1], state)
            gap = new - state[loop.tear]
            size = float(np.max(np.abs(gap) / np.maximum(1.0, np.abs(new))))
            if size <= INNER_TOLERANCE or (size <= INNER_ACCEPTED and size >= before):
                break
            if not np.isfinite(size):
                raise InnerLoopError(f"the {phase} phase left the range in which its equations are defined")
            if size > 0.8 * before:
                factor = None  # the kept factorisation no longer helps: the plain sweep always contracts
            state[loop.tear] = self._step(state[loop.tear], new, gap, factor)
            before = size
        else:
            raise InnerLoopError(
                f"the {phase} phase did not settle in {INNER_SWEEPS} sweeps (gap {size:.2g})"
            )
        for e in loop.after:
            state[e.determines] = self.system.evaluate(e, state)

    @staticmethod
    def _step(level: np.ndarray, new: np.ndarray, gap: np.ndarray, factor: Any) -> np.ndarray:
        if factor is None:
            return new
        newton = level + la.lu_solve(factor, gap.reshape(-1), check_finite=False).reshape(gap.shape)
        return newton if (newton > 0).all() else new

    def jacobian(self, state: Mapping[str, np.ndarray]) -> np.ndarray:
        """Exact derivative of the residuals with respect to the unknowns, (size, size), at consistent
        levels.
        """
        return self._jacobian(self._partials(state))

    def _partials(self, state: Mapping[str, np.ndarray]) -> dict[str, dict[str, Any]]:
        with np.errstate(all="ignore"):
            return _by_equation(self.derivatives(state))

    def _jacobian(self, partials: Mapping[str, dict[str, Any]]) -> np.ndarray:
        moved: dict[str, Any] = self._unit_moves()
        for phase in TEARS:
            self._differentiate(self.loops[phase], phase, partials, moved)
        last = self._read_by_nobody()
        for e in self.system.phases["revenue"]:
            if e.determines not in last:
                moved[e.determines] = _chain(partials[e.determines], moved)
        rows = [_dense(_chain(partials[e.determines], moved)) for e in self.system.phases["balance"]]
        for n, mask in self.targets.items():
            chosen = np.flatnonzero(mask)
            if n in last:
                rows.append(_dense(_chain({k: m[chosen] for k, m in partials[n].items()}, moved, self.size)))
            else:
                rows.append(_dense(moved[n])[chosen])
        return np.concatenate(rows)

    def _read_by_nobody(self) -> set[str]:
        """Revenue variables of the targets alone: of these only the held cells need a derivative."""
        read = {name for e in self.system.equations for name, _ in self.system.reads[e.determines]}
        return {e.determines for e in self.system.phases["revenue"]} - read

    def _unit_moves(self) -> dict[str, Any]:
        """Derivative of each unknown quantity with respect to the vector of unknowns: selections of
        columns.
        """
        moves, start = {}, 0
        for name, mask in self.unknowns.items():
            cells = np.flatnonzero(mask)
            columns = np.arange(start, start + len(cells))
            moves[name] = sp.csr_array((np.ones(len(cells)), (cells, columns)), shape=(mask.size, self.size))
            start += len(cells)
        return moves

    def _differentiate(
        self, loop: Loop, phase: str, partials: Mapping[str, Any], moved: dict[str, Any]
    ) -> None:
        for e in loop.before:
            moved[e.determines] = _chain(partials[e.determines], moved)
        tear_size = int(np.prod(self.sets.shape(self.system.quantities[loop.tear].dims)))
        by_tear: dict[str, Any] = {loop.tear: sp.eye_array(tear_size, format="csr")}
        direct = dict(moved)
        for e in loop.inside[:-1]:
            through = _chain(partials[e.determines], by_tear)
            if through is not None:
                by_tear[e.determines] = through
            direct[e.determines] = _chain(partials[e.determines], direct, self.size)
        through = _chain(partials[loop.tear], by_tear)
        outright = _chain(partials[loop.tear], direct, self.size)
        self._factors[phase] = la.lu_factor(np.eye(tear_size) - _dense(through), check_finite=False)
        moved[loop.tear] = la.lu_solve(self._factors[phase], _dense(outright), check_finite=False)
        for e in (*loop.inside[:-1], *loop.after):
            moved[e.determines] = _chain(partials[e.determines], moved)

    def rates(
        self,
        state: Mapping[str, np.ndarray],
        direct: Mapping[str, np.ndarray],
        target_rates: Mapping[str, np.ndarray],
    ) -> Levels:
        """Rates of change of all variables and unknowns along a direction, by the implicit function theorem.

        `state`: levels that solve the model. `direct`: for every equation, by what it determines, the rate at
        which its value moves when only what is held moves. `target_rates`: rates of held variables. Raises
        InnerLoopError when the balances do not stay closed to 1e-8.
        """
        partials = self._partials(state)
        jacobian = self._jacobian(partials)  # keeps the factors of both loops at this very state
        _, opening = self._propagate(np.zeros(self.size), partials, direct, target_rates)
        unknown = -la.solve(jacobian, opening, check_finite=False)
        moved, left = self._propagate(unknown, partials, direct, target_rates)
        if not np.max(np.abs(left), initial=0.0) <= 1e-8 * (1 + np.max(np.abs(opening), initial=0.0)):
            raise InnerLoopError(f"a direction leaves the balances open by {np.max(np.abs(left)):.2g}")
        return {n: a.reshape(np.shape(state[n])) for n, a in moved.items()}

    def _propagate(
        self,
        unknown: np.ndarray,
        partials: Mapping[str, Any],
        direct: Mapping[str, np.ndarray],
        target_rates: Mapping[str, np.ndarray],
    ) -> tuple[Levels, np.ndarray]:
        """Rates of all variables, and of the residuals, given the rates of the unknowns."""
        still = {n: np.zeros(mask.shape) for n, mask in self.unknowns.items()}
        moved = {n: np.ravel(a) for n, a in self.unpack(unknown, still).items()}

        def rate(e: Equation) -> np.ndarray:
            read = partials.get(e.determines, {})
            through = sum(matrix @ moved[n] for n, matrix in read.items() if n in moved)
            return np.ravel(direct[e.determines]) + through

        for phase in TEARS:
            loop = self.loops[phase]
            for e in loop.before:
                moved[e.determines] = rate(e)
            tear = loop.inside[-1]
            moved[loop.tear] = np.zeros(np.size(direct[loop.tear]))
            for e in loop.inside[:-1]:
                moved[e.determines] = rate(e)
            moved[loop.tear] = la.lu_solve(self._factors[phase], rate(tear), check_finite=False)
            for e in (*loop.inside[:-1], *loop.after):
                moved[e.determines] = rate(e)
        for e in self.system.phases["revenue"]:
            moved[e.determines] = rate(e)
        excess = [rate(e) for e in self.system.phases["balance"]]
        held = [(moved[n] - np.ravel(target_rates[n]))[np.ravel(m)] for n, m in self.targets.items()]
        return moved, np.concatenate([*excess, *held])


def _by_equation(matrices: Mapping[tuple[str, str], Any]) -> dict[str, dict[str, Any]]:
    result: dict[str, dict[str, Any]] = {}
    for (equation, name), matrix in matrices.items():
        result.setdefault(equation, {})[name] = matrix
    return result


def _chain(partials: Mapping[str, Any], moved: Mapping[str, Any], columns: int | None = None) -> Any:
    """Sum of partial derivative times movement over what an equation reads; dense as soon as one term is."""
    terms = [matrix @ moved[n] for n, matrix in partials.items() if n in moved]
    if not terms:
        rows = next(iter(partials.values())).shape[0]
        return sp.csr_array((rows, columns)) if columns is not None else None
    result = terms[0]
    for term in terms[1:]:
        both_sparse = sp.issparse(result) and sp.issparse(term)
        result = result + term if both_sparse else _dense(result) + _dense(term)
    return result


def _dense(matrix: Any) -> np.ndarray:
    return matrix.toarray() if sp.issparse(matrix) else np.asarray(matrix)


def cell_names(system: System, sets: Sets, name: str, mask: np.ndarray) -> list[str]:
    """Names of the chosen cells of one quantity, such as ``pf[USA,labour]``."""
    dims = system.quantities[name].dims
    return [
        name + (f"[{','.join(sets.labels(c)[k] for c, k in zip(dims, cell, strict=True))}]" if dims else "")
        for cell in np.argwhere(mask)
    ]
