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
from functools import cached_property
from typing import Any

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp

from cge.closure import Closure, ClosureError
from cge.dimensions import Sets
from cge.equation import PHASES, TEARS, Equation, System, active
from cge.jacobian import Derivatives
from cge.lowering import Program, lowered
from cge.settling import LARGEST_FACTOR, InnerLoopError, moved_on, settle

Levels = dict[str, np.ndarray]


@dataclass(frozen=True)
class Linearisation:
    """Exact first derivatives of the reduced space at one point; nothing in it changes afterwards.

    ``jacobian``: of the residuals with respect to the unknowns, (size, size). ``loops``: by phase, LU factors
    of the loop (identity less the derivative of one sweep). ``moves``: by phase, derivative of the tear
    variable with respect to the unknowns, (cells, size).
    """

    jacobian: np.ndarray
    loops: Mapping[str, Any]
    moves: Mapping[str, np.ndarray]

    def for_evaluations(self) -> Linearisation:
        """What an evaluation uses: factors of loops that are small enough to be worth it, no Jacobian."""
        loops = {p: factor for p, factor in self.loops.items() if len(factor[0]) <= LARGEST_FACTOR}
        return Linearisation(np.empty((0, 0)), loops, self.moves)


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

    Levels (all quantities by name) go in and come out as new dictionaries and nothing is kept between calls:
    what a call gives depends on its arguments alone, to the last digit.
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
        self._check_square()

    @cached_property
    def program(self) -> Program:
        """The equations arranged for evaluations in which only the unknowns move: see `cge.evaluating`."""
        return lowered(self.system, frozenset(self.unknowns))

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
        self,
        x: np.ndarray,
        levels: Mapping[str, np.ndarray],
        targets: Mapping[str, np.ndarray],
        near: Linearisation | None = None,
    ) -> tuple[Levels, np.ndarray]:
        """Return the levels that follow from the unknowns, and the residuals; see `complete` for the others.

        `near`, derivatives at a point close by, makes it fast: the loops begin where the step from the
        unknowns of `levels` leads to first order, and take Newton steps. Raises InnerLoopError when goods
        prices or outputs do not settle.
        """
        state, step = self.unpack(x, levels), x - self.pack(levels)
        with np.errstate(all="ignore"):
            for phase in TEARS:
                if near is not None and step.any():
                    state[TEARS[phase]] = moved_on(state[TEARS[phase]], near.moves[phase] @ step)
                self._close(self.loops[phase], phase, state, None if near is None else near.loops.get(phase))
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

    def _close(self, loop: Loop, phase: str, state: Levels, factor: Any) -> None:
        """Bring the tear variable of a phase to its fixed point, then evaluate what follows from it."""
        for e in loop.before:
            state[e.determines] = self.system.evaluate(e, state)

        def sweep(level: np.ndarray) -> np.ndarray:
            state[loop.tear] = level
            for e in loop.inside[:-1]:
                state[e.determines] = self.system.evaluate(e, state)
            return self.system.evaluate(loop.inside[-1], state)

        state[loop.tear] = settle(phase, state[loop.tear], sweep, factor)
        for e in loop.after:
            state[e.determines] = self.system.evaluate(e, state)

    def jacobian(self, state: Mapping[str, np.ndarray]) -> np.ndarray:
        """Exact derivative of the residuals with respect to the unknowns, (size, size), at consistent
        levels.
        """
        return self.linearise(state).jacobian

    def linearise(self, state: Mapping[str, np.ndarray]) -> Linearisation:
        """Exact derivatives at consistent levels, with the factors of both loops."""
        return self.linearisation(self.partials(state))

    def partials(self, state: Mapping[str, np.ndarray]) -> dict[str, dict[str, Any]]:
        """Partial derivatives, sparse, by what an equation determines and by what it reads."""
        with np.errstate(all="ignore"):
            return _by_equation(self.derivatives(state))

    def linearisation(self, partials: Mapping[str, dict[str, Any]]) -> Linearisation:
        """As `linearise`, from the partial derivatives."""
        moved: dict[str, Any] = self._unit_moves()
        loops, moves = {}, {}
        for phase, tear in TEARS.items():
            loops[phase] = self._differentiate(self.loops[phase], partials, moved)
            moves[phase] = moved[tear]
            moved = {n: moved[n] for n in moved if n in self._read_after[phase]}
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
        return Linearisation(np.concatenate(rows), loops, moves)

    @cached_property
    def _read_after(self) -> dict[str, set[str]]:
        """Names that equations of later phases read, or that are held, by phase."""
        found, read = {}, set(self.targets)
        for phase in reversed(PHASES):
            found[phase] = set(read)
            read |= {n for e in self.system.phases[phase] for n, _ in self.system.reads[e.determines]}
        return found

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

    def _differentiate(self, loop: Loop, partials: Mapping[str, Any], moved: dict[str, Any]) -> Any:
        """Add the derivatives of a phase's variables to `moved`; return the LU factors of its loop."""
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
        del by_tear, direct
        factor = _factors_of_one_less(through)
        moved[loop.tear] = la.lu_solve(factor, _dense(outright), check_finite=False)
        for e in (*loop.inside[:-1], *loop.after):
            moved[e.determines] = _chain(partials[e.determines], moved)
        return factor

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
        partials = self.partials(state)
        linear = self.linearisation(partials)
        _, opening = self._propagate(np.zeros(self.size), partials, linear, direct, target_rates)
        unknown = -la.solve(linear.jacobian, opening, check_finite=False)
        moved, left = self._propagate(unknown, partials, linear, direct, target_rates)
        if not np.max(np.abs(left), initial=0.0) <= 1e-8 * (1 + np.max(np.abs(opening), initial=0.0)):
            raise InnerLoopError(f"a direction leaves the balances open by {np.max(np.abs(left)):.2g}")
        return {n: a.reshape(np.shape(state[n])) for n, a in moved.items()}

    def _propagate(
        self,
        unknown: np.ndarray,
        partials: Mapping[str, Any],
        linear: Linearisation,
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
            moved[loop.tear] = la.lu_solve(linear.loops[phase], rate(tear), check_finite=False)
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
    result: Any = None
    for term in (matrix @ moved[n] for n, matrix in partials.items() if n in moved):
        if result is None:
            result = term
        elif sp.issparse(result) and sp.issparse(term):
            result = result + term
        else:
            result = _dense(result)
            result += term  # in place: with many regions and sectors each of these is large
    if result is None and columns is not None:
        return sp.csr_array((next(iter(partials.values())).shape[0], columns))
    return result


def _factors_of_one_less(matrix: Any) -> Any:
    """LU factors of the identity less a matrix, without a second copy of it."""
    dense = matrix.toarray(order="F") if sp.issparse(matrix) else np.asfortranarray(matrix)
    np.negative(dense, out=dense)
    dense[np.diag_indices_from(dense)] += 1.0
    return la.lu_factor(dense, overwrite_a=True, check_finite=False)


def _dense(matrix: Any) -> np.ndarray:
    return matrix.toarray() if sp.issparse(matrix) else np.asarray(matrix)


def cell_names(system: System, sets: Sets, name: str, mask: np.ndarray) -> list[str]:
    """Names of the chosen cells of one quantity, such as ``pf[USA,labour]``."""
    dims = system.quantities[name].dims
    return [
        name + (f"[{','.join(sets.labels(c)[k] for c, k in zip(dims, cell, strict=True))}]" if dims else "")
        for cell in np.argwhere(mask)
    ]
