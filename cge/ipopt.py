"""The solver seam: IPOPT on square systems given by a residual and a Jacobian, inside CasADi.

IPOPT runs as a square solver: every full step is taken, nothing is rescaled, and there is no restoration
phase. It sees the residual multiplied by the inverse of a kept Jacobian, whose own Jacobian is close to the
identity; so a step costs IPOPT next to nothing, however dense the system, and the residual it reports is the
error in the unknowns. When steps stop shrinking the error, the Jacobian is computed anew at the point reached
and IPOPT goes on from there. Whether a point is a solution is decided by the model's own residuals, never by
the solver's exit status.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np
import scipy.linalg as la

from cge.secant import Secant

Report = Callable[[int, float], None]
"""Told of every iteration: its number and the error in the unknowns."""

Residual = Callable[[np.ndarray], np.ndarray]
Jacobian = Callable[[np.ndarray], np.ndarray]
TOLERANCE = 1e-11
REFRESH = 2.0
"""The Jacobian is computed anew when two steps shrink the error by less than this factor, or one lets it
grow. A Jacobian costs as much as thirty evaluations on `default` and many hundred on `full`."""
MOST_REFRESHES = 25

OPTIONS = {
    "accept_every_trial_step": "yes",
    "max_resto_iter": 0,
    "acceptable_iter": 0,
    "nlp_scaling_method": "none",
    "constr_viol_tol": TOLERANCE,
    "tol": TOLERANCE,
    "max_iter": 60,
    "print_level": 0,
    "sb": "yes",
}


class EvaluationError(ArithmeticError):
    """The residual is not defined at a trial point; IPOPT shortens the step."""


class NoConvergenceError(ArithmeticError):
    """Steps with a fresh Jacobian no longer reduce the error."""


@dataclass(frozen=True)
class Outcome:
    """Where IPOPT stopped: the point, its iterations, Jacobians computed and its own exit status."""

    x: np.ndarray
    iterations: int
    jacobians: int
    status: str


class _Preconditioned(ca.Callback):
    """The residual times the inverse of the kept Jacobian, as IPOPT sees it."""

    def __init__(self, residual: Residual, size: int) -> None:
        ca.Callback.__init__(self)
        self.residual, self.size = residual, size
        self.factor: Any = None
        self.secant = Secant()
        self.error: BaseException | None = None
        self.interrupted = False
        self.point, self.value = b"", np.empty(0)
        self.construct("preconditioned_residual", {})

    def get_n_in(self) -> int:
        return 1

    def get_n_out(self) -> int:
        return 1

    def get_sparsity_in(self, i: int) -> Any:
        return ca.Sparsity.dense(self.size, 1)

    def get_sparsity_out(self, i: int) -> Any:
        return ca.Sparsity.dense(self.size, 1)

    def eval(self, arg: Any) -> Any:
        try:
            return [ca.DM(self._at(np.array(arg[0]).ravel()))]
        except EvaluationError:
            return [ca.DM(np.full(self.size, np.nan))]
        except BaseException as error:
            # IPOPT stops at once on a keyboard interrupt and swallows anything else
            self.error = error
            raise KeyboardInterrupt from error

    def _at(self, x: np.ndarray) -> np.ndarray:
        if self.interrupted:
            raise KeyboardInterrupt
        if x.tobytes() != self.point:
            error = la.lu_solve(self.factor, self.residual(x), check_finite=False)
            self.value = self.secant.direction(x, error)
            self.point = x.tobytes()
        return self.value


class _Watch(ca.Callback):
    """Called by IPOPT after each iteration: stops it when the error no longer falls fast enough."""

    def __init__(self, size: int, report: Report) -> None:
        ca.Callback.__init__(self)
        self.size, self.report, self.seen = size, report, 0
        self.restart()
        self.construct("watch", {})

    def restart(self) -> None:
        self.errors: list[float] = []
        self.slow = False

    def get_n_in(self) -> int:
        return ca.nlpsol_n_out()

    def get_n_out(self) -> int:
        return 1

    def get_sparsity_in(self, i: int) -> Any:
        name = ca.nlpsol_out(i)
        rows = {"f": 1, "lam_p": 0}.get(name, self.size)
        return ca.Sparsity.dense(rows, 1) if rows else ca.Sparsity(0, 0)

    def eval(self, arg: Any) -> Any:
        error = float(np.max(np.abs(np.array(arg[ca.nlpsol_out().index("g")])), initial=0.0))
        before = self.errors[-1] if self.errors else np.inf
        self.errors.append(error)
        if len(self.errors) > 1:  # the first is the start, or where the last run ended
            self.seen += 1
            self.report(self.seen, error)
        earlier = self.errors[-3] if len(self.errors) > 2 else np.inf
        self.slow = error > TOLERANCE and (error > before or error * REFRESH > earlier)
        return [int(self.slow)]


def factorise(jacobian: np.ndarray) -> Any:
    """LU factors of a Jacobian; raises NoConvergenceError when it is not finite or singular."""
    if not np.isfinite(jacobian).all():
        raise NoConvergenceError("the Jacobian is not finite")
    factor = la.lu_factor(jacobian, check_finite=False)
    if np.abs(np.diag(factor[0])).min(initial=np.inf) == 0.0:
        raise NoConvergenceError("the Jacobian is singular")
    return factor


def _unheard(iteration: int, error: float) -> None:
    return None


def solve_square(
    residual: Residual,
    jacobian: Jacobian,
    start: np.ndarray,
    factor: Any = None,
    report: Report = _unheard,
) -> Outcome:
    """Run IPOPT from `start`, with `factor` (see `factorise`) as the Jacobian to begin with; `report` is told
    of every iteration.

    `residual(x)` -> (n,), `jacobian(x)` -> (n, n). An EvaluationError raised by the residual shortens the
    step; any other exception (Ctrl-C included) is raised again from here. Raises NoConvergenceError when
    fresh Jacobians no longer help.
    """
    callback, watch = _Preconditioned(residual, len(start)), _Watch(len(start), report)
    callback.factor = factor if factor is not None else factorise(jacobian(start))
    solver = _solver(callback, watch, len(start))
    x, jacobians, iterations, fresh = start, int(factor is None), 0, factor is None
    while True:
        watch.restart()
        callback.point = b""
        x = np.array(_run(solver, callback, x)["x"]).ravel()
        iterations += int(solver.stats()["iter_count"])
        if not watch.slow:
            return Outcome(x, iterations, jacobians, str(solver.stats()["return_status"]))
        grows = watch.errors[-1] > 1e3 * max(watch.errors[0], 1e-3)
        if jacobians == MOST_REFRESHES or (fresh and grows):
            raise NoConvergenceError(f"error {watch.errors[-1]:.2g} after {iterations} iterations")
        callback.factor, fresh, jacobians = factorise(jacobian(x)), True, jacobians + 1
        callback.secant = Secant()


def _run(solver: Any, callback: _Preconditioned, x: np.ndarray) -> Any:
    callback.error = None
    with _deferred_interrupt(callback):
        try:
            result = solver(x0=x, lbg=0.0, ubg=0.0)
        except BaseException as error:
            raise (callback.error or error) from None
    if callback.error is not None:
        raise callback.error
    return result


@contextmanager
def _deferred_interrupt(callback: _Preconditioned) -> Iterator[None]:
    """Turn Ctrl-C inside the solver into an error raised at the next evaluation.

    An exception that strikes while compiled code holds the callback can end the process.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def remember(number: int, frame: Any) -> None:
        callback.interrupted = True

    before = signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if callback.interrupted:
            callback.interrupted = False
            raise KeyboardInterrupt


def _solver(callback: _Preconditioned, watch: _Watch, size: int) -> Any:
    x, p, lam_f, lam_g = ca.MX.sym("x", size), ca.MX.sym("p", 0), ca.MX.sym("lam_f"), ca.MX.sym("lam_g", size)
    # a square system has no curvature to follow: with a zero Hessian the step is Newton's
    hessian = ca.Function(
        "nlp_hess_l",
        [x, p, lam_f, lam_g],
        [ca.MX(size, size)],
        ["x", "p", "lam_f", "lam_g"],
        ["triu_hess_gamma_x_x"],
    )
    jacobian = ca.Function(
        "nlp_jac_g", [x, p], [callback(x), ca.MX(ca.DM.eye(size))], ["x", "p"], ["g", "jac_g_x"]
    )
    options = {
        "hess_lag": hessian,
        "jac_g": jacobian,
        "iteration_callback": watch,
        "ipopt": OPTIONS,
        "no_nlp_grad": True,
        "print_time": False,
        "error_on_fail": False,
        "show_eval_warnings": False,
    }
    return ca.nlpsol("reduced_space", "ipopt", {"x": x, "f": 0, "g": callback(x)}, options)
