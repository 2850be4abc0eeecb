"""The full space: the complete Pyomo model to IPOPT, by an executable or by the IPOPT inside CasADi.

Both read the NL file that Pyomo writes. The executable is the one `idaes get-extensions` installs (found
through ``import idaes``) or any ``ipopt`` on PATH; CasADi's wheel carries its own, so that route is always
there. Residuals come from the NL file, hence from the Pyomo reading of the equations; inside CasADi the
Jacobian is the model's own, which changes speed and nothing else.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import casadi as ca
import numpy as np
import scipy.sparse as sp
from pyomo.common.gc_manager import PauseGC

from cge.closure import Closure
from cge.dimensions import Sets
from cge.equation import System
from cge.pyomo_model import build, levels
from cge.reduced import InnerLoopError, Levels

ROUTES = ("casadi", "executable")
OPTIONS = {
    "accept_every_trial_step": "yes",
    "max_resto_iter": 0,
    "acceptable_iter": 0,
    "nlp_scaling_method": "none",
    "hessian_approximation": "limited-memory",
    "tol": 1e-10,
    "constr_viol_tol": 1e-10,
    "max_iter": 100,
    "mumps_mem_percent": 100,
    "print_level": 0,
    "sb": "yes",
}
"""MUMPS keeps its own ordering, scaling and pivoting. Tried in pairs on `default` (12,076 equations):
approximate minimum fill is what it chooses, every other ordering takes 1.8 to 2.4 times as long, no scaling
or another 2.2 to 2.5 times, a larger pivot tolerance 1.6 times; a zero Hessian or more memory changes
nothing.
"""
LARGEST = 60_000
"""Equations above which one factorisation of the full space takes more than ten minutes."""


class RouteError(RuntimeError):
    """The asked-for way to IPOPT is not available here, or the model is too large for the full space."""


def find_executable() -> str | None:
    """Path of an ``ipopt`` executable: on PATH, or where idaes installs its own; None when there is none."""
    found = shutil.which("ipopt")
    if found is None:
        import idaes  # noqa: F401 (puts its binary folder on PATH)

        found = shutil.which("ipopt")
    return found


def solve_full(
    system: System, sets: Sets, closure: Closure, targets: Levels, origin: Levels, route: str = "casadi"
) -> tuple[Levels, int, str]:
    """Solve all equations at once from the levels of `origin`; return levels, iterations and the route taken.

    Raises RouteError when the route is not available, InnerLoopError when IPOPT does not end in a solution.
    """
    if route not in ROUTES:
        raise RouteError(f"route '{route}' is not one of {', '.join(ROUTES)}")
    count = sum(int(np.prod(sets.shape(system.quantities[e.determines].dims))) for e in system.equations)
    if count > LARGEST:
        raise RouteError(
            f"{count} equations are too many for the full space (limit {LARGEST}): use the reduced space"
        )
    solve = _by_casadi if route == "casadi" else _by_executable
    # Expressions are millions of small objects without cycles; looking for cycles among them again and again
    # takes most of the time of writing them.
    with PauseGC():
        concrete = build(system, sets, closure, targets, origin)
        iterations = solve(system, sets, concrete, targets)
    return {**origin, **levels(concrete, system, sets, targets)}, iterations, route


def _by_executable(system: System, sets: Sets, concrete: Any, targets: Levels) -> int:
    from pyomo.contrib.solver.solvers.ipopt import Ipopt

    path = find_executable()
    if path is None:
        raise RouteError("no ipopt executable: run 'idaes get-extensions', or put one on PATH, or use casadi")
    result: Any = Ipopt(executable=path).solve(
        concrete,
        writer_config={"linear_presolve": False},
        raise_exception_on_nonoptimal_result=False,
        load_solutions=False,
        solver_options={k: v for k, v in OPTIONS.items() if k != "sb"},
    )
    try:
        result.solution_loader.load_vars()
    except Exception as error:
        raise InnerLoopError(
            f"the executable returned no solution ({result.termination_condition})"
        ) from error
    return int(getattr(result.extra_info, "iteration_count", None) or 0)


def _by_casadi(system: System, sets: Sets, concrete: Any, targets: Levels) -> int:
    from pyomo.repn.plugins.nl_writer import NLWriter

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.nl"
        with path.open("w") as stream:
            info = NLWriter().write(
                concrete, stream, linear_presolve=False, scale_model=False, skip_trivial_constraints=False
            )
        builder = ca.NlpBuilder()
        builder.import_nl(str(path))
    x, g, p = ca.vertcat(*builder.x), ca.vertcat(*builder.g), ca.MX.sym("p", 0)
    callback = _Jacobian(system, sets, info, targets)
    jacobian = ca.Function("nlp_jac_g", [x, p], [g, callback(x)], ["x", "p"], ["g", "jac_g_x"])
    options = {"ipopt": OPTIONS, "print_time": False, "error_on_fail": False, "jac_g": jacobian,
               "no_nlp_grad": True}  # fmt: skip
    solver = ca.nlpsol("full_space", "ipopt", {"x": x, "f": 0, "g": g}, options)
    bounds = {"lbx": builder.x_lb, "ubx": builder.x_ub, "lbg": builder.g_lb, "ubg": builder.g_ub}
    point = np.array(solver(x0=builder.x_init, **bounds)["x"]).ravel()
    if callback.error is not None:
        raise callback.error
    for variable, value in zip(info.variables, point, strict=True):
        variable.set_value(float(value))
    return int(solver.stats()["iter_count"])


class _Jacobian(ca.Callback):
    """The model's own Jacobian in the row and column order of an NL file."""

    def __init__(self, system: System, sets: Sets, info: Any, targets: Mapping[str, np.ndarray]) -> None:
        ca.Callback.__init__(self)
        from cge.jacobian import Derivatives

        self.system, self.sets, self.targets = system, sets, dict(targets)
        place = [(v.parent_component().name, int(v.index() or 0)) for v in info.variables]
        self.symbols = sorted({name for name, _ in place})
        self.derivatives = Derivatives(self.system, self.sets, frozenset(self.symbols))
        self.offsets, self.size = self._offsets(self.symbols)
        self.columns = np.array([self.offsets[n] + k for n, k in place])
        rows, _ = self._offsets([e.determines for e in self.system.equations])
        equations = [(c.parent_component().name.removeprefix("eq_"), c.index()) for c in info.constraints]
        self.rows = np.array([rows[name] + int(number or 0) for name, number in equations])
        self.error: BaseException | None = None
        start = np.array([v.value for v in info.variables])
        jitter = 1e-3 * np.random.default_rng(1).uniform(size=len(start))
        # beside the start, where rents of nil and complementarities of little smoothing hide entries
        pattern = abs(self._matrix(start)) + abs(
            self._matrix(start + jitter * (1 + abs(start)), {"mu": np.array(0.1)})
        )
        self.pattern = sp.csc_array(pattern)
        self.pattern.sort_indices()
        column = np.repeat(np.arange(len(self.columns), dtype=np.int64), np.diff(self.pattern.indptr))
        # Made once: from an array of a quarter of a million entries it takes longer than the derivatives.
        pattern = (np.asarray(self.pattern.indptr), np.asarray(self.pattern.indices))
        self.sparsity = ca.Sparsity(len(self.rows), len(self.columns), *pattern)
        self.keys = column * len(self.rows) + self.pattern.indices
        self.construct("full_jacobian", {})

    def _offsets(self, names: list[str]) -> tuple[dict[str, int], int]:
        offsets, count = {}, 0
        for name in names:
            offsets[name] = count
            count += int(np.prod(self.sets.shape(self.system.quantities[name].dims)))
        return offsets, count

    def _matrix(self, x: np.ndarray, other: Mapping[str, np.ndarray] | None = None) -> Any:
        flat = np.zeros(self.size)
        flat[self.columns] = x
        state = {**self.targets, **(other or {})}
        for name in self.symbols:
            shape = self.sets.shape(self.system.quantities[name].dims)
            state[name] = flat[self.offsets[name] : self.offsets[name] + int(np.prod(shape))].reshape(shape)
        partials = self.derivatives(state)
        blocks = [
            [self._block(partials, e, name) for name in self.symbols] for e in self.system.equations
        ]  # fmt: skip
        full = sp.csr_array(sp.block_array(blocks, format="csr"))
        return sp.csc_array(full[self.rows][:, self.columns])

    def _block(self, partials: Mapping[tuple[str, str], Any], e: Any, name: str) -> Any:
        shapes = [int(np.prod(self.sets.shape(self.system.quantities[n].dims))) for n in (e.determines, name)]
        matrix = partials.get((e.determines, name), sp.csr_array(tuple(shapes)))
        if e.phase != "balance" and name == e.determines:
            matrix = matrix - sp.eye_array(shapes[0], format="csr")
        return sp.csr_array(matrix)

    def get_n_in(self) -> int:
        return 1

    def get_n_out(self) -> int:
        return 1

    def get_sparsity_in(self, i: int) -> Any:
        return ca.Sparsity.dense(len(self.columns), 1)

    def get_sparsity_out(self, i: int) -> Any:
        return self.sparsity

    def eval(self, arg: Any) -> Any:
        try:
            return [ca.DM(self.sparsity, self._values(self._matrix(np.array(arg[0]).ravel())))]
        except BaseException as error:
            self.error = error
            raise KeyboardInterrupt from error

    def _values(self, matrix: Any) -> np.ndarray:
        """Entries in the order of the fixed pattern; one outside it would be lost, so it is an error."""
        coo = sp.coo_array(matrix)
        where = coo.col.astype(np.int64) * len(self.rows) + coo.row
        position = np.searchsorted(self.keys, where)
        if not np.array_equal(self.keys[np.minimum(position, len(self.keys) - 1)], where):
            raise InnerLoopError("an entry of the Jacobian lies outside its pattern")
        values = np.zeros(len(self.keys))
        values[position] = coo.data
        return values
