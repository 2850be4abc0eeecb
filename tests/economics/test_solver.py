"""Solving: two spaces, two routes, hard shocks, failures that say why and return no numbers."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import numpy as np
import pytest
from worlds import more_tariffs, parameters, random_accounts

from cge import ipopt
from cge.closure import ClosureChoice
from cge.equation import equation
from cge.formulation import PRODUCTION, Formulation
from cge.full_space import RouteError
from cge.jacobian import ColouringError, Derivatives
from cge.model import Model, SolveError
from cge.parameters import ParameterError
from cge.search import Search

IPOPT_FROM_CASADI = Path(__file__).parents[1] / "support" / "ipopt_from_casadi.py"


def largest_gap(a, b, model: Model) -> float:
    return max(float(np.abs(a.values[n] - b.values[n]).max()) for n in model.system.names("variable"))


@pytest.fixture(scope="module")
def accounts():
    return random_accounts()


@pytest.fixture(scope="module")
def model(accounts) -> Model:
    return Model(parameters(accounts))


@pytest.mark.parametrize(
    ("production", "capital"),
    [("leontief", "mobile"), ("ces", "sector_specific"), ("cobb_douglas", "mobile")],
)
def test_full_and_reduced_space_agree(production: str, capital: str, accounts) -> None:
    choice = ClosureChoice(labour="wage_curve", capital=capital, external="fixed_share_of_gdp")
    model = Model(parameters(accounts), Formulation(production=production), choice)
    shock = {"tm": more_tariffs(accounts)}
    reduced, full = model.solve(shock), model.solve(shock, space="full")
    assert full.certificate.space == "full"
    assert largest_gap(reduced, full, model) < 1e-9


@pytest.fixture
def ipopt_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put an `ipopt` command on PATH: CasADi's IPOPT behind the command line of an AMPL solver."""
    if sys.platform == "win32":
        pytest.skip("a script without extension is no command on Windows")
    command = tmp_path / "ipopt"
    command.write_text(f"#!{sys.executable}\n{IPOPT_FROM_CASADI.read_text()}")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.usefixtures("ipopt_on_path")
def test_executable_route_agrees(model: Model, accounts) -> None:
    shock = {"tm": more_tariffs(accounts)}
    reduced, full = model.solve(shock), model.solve(shock, space="full", route="executable")
    assert full.certificate.route == "executable"
    assert largest_gap(reduced, full, model) < 1e-9


def test_unknown_route_is_refused(model: Model) -> None:
    with pytest.raises(RouteError, match="'cplex' is not one of casadi, executable"):
        model.solve({}, space="full", route="cplex")


def test_hundred_points_on_every_tariff(model: Model, accounts) -> None:
    steep = accounts["tm0"] + 1.0 * (accounts["X0"] > 0)
    solution = model.solve({"tm": steep})
    assert solution.certificate.max_residual < 1e-9
    assert float(solution.values["x"].where(accounts["X0"] > 0).mean()) < 1


def test_homotopy_walks_when_one_step_fails(accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(parameters(accounts))
    shock = {"tm": more_tariffs(accounts, 0.5)}
    at_once = model.solve(shock)
    attempt = Search.attempt

    def timid(search, levels, targets, report):
        if float(np.abs(targets["tm"] - levels["tm"]).max()) > 0.2:
            raise ipopt_failure
        return attempt(search, levels, targets, report)

    from cge.reduced import InnerLoopError

    ipopt_failure = InnerLoopError("step too large")
    monkeypatch.setattr(Search, "attempt", timid)
    walked = model.solve(shock)
    assert walked.certificate.steps > 2
    assert largest_gap(at_once, walked, model) < 1e-9


def test_an_absurd_shock_fails_with_names_and_no_numbers(model: Model, accounts) -> None:
    below = accounts["tm0"] - 3.0 * (accounts["X0"] > 0)  # negative prices: no equilibrium can exist
    with pytest.raises(SolveError, match=r"no equilibrium beyond .*(?s:.)*import_price pmm\[R"):
        model.solve({"tm": below})
    again = model.solve({"tm": accounts["tm0"]})
    assert again.certificate.max_residual < 1e-9, "a failure leaves nothing behind"


def test_settings_are_checked(model: Model, accounts) -> None:
    with pytest.raises(ParameterError, match="'tariff' is not an instrument"):
        model.solve({"tariff": 0.1})
    with pytest.raises(ParameterError, match="'y' is not an instrument, nor held"):
        model.solve({"y": np.ones((3, 4))})
    with pytest.raises(ParameterError, match="does not cover the labels"):
        model.solve({"tm": accounts["tm0"].drop_sel(d="R1")})
    with pytest.raises(ParameterError, match=r"'tm\[R0,R1,S2\]' is not a finite number"):
        bad = accounts["tm0"].copy()
        bad.loc[{"o": "R0", "d": "R1", "i": "S2"}] = np.nan
        model.solve({"tm": bad})


def test_an_elasticity_of_one_is_refused_with_its_name(accounts) -> None:
    p = parameters(accounts)
    close = p.arrays["sigma_va"].copy()
    close[2] = 1.0005
    with pytest.raises(ParameterError, match=r"sigma_va\[S2\] = 1.0005"):
        Model(p.with_arrays(sigma_va=close))


def test_interrupt_and_other_exceptions_leave_the_solver(model: Model) -> None:
    for error in (KeyboardInterrupt(), ValueError("from the residual")):

        def residual(x: np.ndarray, error: BaseException = error) -> np.ndarray:
            raise error

        with pytest.raises(type(error)):
            ipopt.solve_square(residual, lambda x: np.eye(2), np.zeros(2), ipopt.factorise(np.eye(2)))


def test_a_failed_evaluation_shortens_the_step() -> None:
    """The root of log(x) - 1, from where the first full step leaves the domain."""

    def residual(x: np.ndarray) -> np.ndarray:
        if (x <= 0).any():
            raise ipopt.EvaluationError("log of a negative number")
        return np.log(x) - 1

    outcome = ipopt.solve_square(residual, lambda x: np.diag(1 / x), np.array([12.0, 2.0]))
    np.testing.assert_allclose(outcome.x, np.e, rtol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("production", PRODUCTION)
def test_coloured_derivatives_are_exact(production: str, accounts) -> None:
    model = Model(parameters(accounts), Formulation(production=production))
    solution = model.solve({"tm": more_tariffs(accounts)})
    levels = model._levels_of(solution)
    names = frozenset(model.system.names("variable") + model.system.names("instrument"))
    derivatives = Derivatives(model.system, model.parameters.sets, names)
    derivatives.verify(levels, derivatives(levels))


def test_reduced_jacobian_equals_finite_differences(model: Model, accounts) -> None:
    reduced, levels = model.reduced, model.benchmark_levels
    x, jacobian = reduced.pack(levels), reduced.jacobian(levels)
    direction = np.random.default_rng(0).standard_normal(reduced.size)
    step = 1e-6 * direction
    ahead, behind = (reduced.evaluate(x + s, levels, levels)[1] for s in (step, -step))
    np.testing.assert_allclose((ahead - behind) / 2e-6, jacobian @ direction, rtol=1e-6, atol=1e-7)


def test_an_equation_that_mixes_cells_is_caught(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """Summing over a letter that the result carries as well defeats the colouring, which must not go
    unnoticed."""
    from dataclasses import replace

    from cge.axes import total

    @equation("pva", "price")
    def mixing(v):
        return (
            v.py["rj"] * 0
            + v.va_share["rj"] * total(v.py["ri"], "i")
            + total(v.py["rj"], "j") * v.va_share["rj"]
        )

    system = model.system
    phases = {
        **system.phases,
        "price": (mixing, *(e for e in system.phases["price"] if e.determines != "pva")),
    }
    reads = {**system.reads, "pva": (("py", "rj"), ("va_share", "rj"), ("py", "ri"))}
    wrong = replace(system, phases=phases, reads=reads)
    derivatives = Derivatives(wrong, model.parameters.sets, frozenset({"py"}))
    with pytest.raises(ColouringError, match="'pva' mixes cells"):
        derivatives.verify(model.benchmark_levels, derivatives(model.benchmark_levels))


def test_a_one_level_nest_with_two_elasticities_is_refused(accounts) -> None:
    with pytest.raises(ParameterError, match="needs sigma_d = sigma_m; they differ in S0"):
        Model(parameters(accounts), Formulation(trade="armington_one_level"))
