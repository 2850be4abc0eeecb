"""The equations arranged for speed give what the equations as they are written give."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from worlds import more_tariffs, parameters, random_accounts

from cge.closure import ClosureChoice
from cge.controls import Control
from cge.equation import TEARS
from cge.evaluating import Evaluation
from cge.formulation import CONSUMPTION, PRODUCTION, Formulation
from cge.lowering import CONSTANT, PRICE, QUANTITY
from cge.market_structure import Firms, with_firms
from cge.model import Model
from cge.reduced import InnerLoopError
from cge.workspace import Workspace

ACCOUNTS = random_accounts(rents=0.1)
PARAMETERS = parameters(ACCOUNTS)
FLOW = "R1,R2,S1"


def shaken(model: Model) -> dict[str, np.ndarray]:
    """Levels and parameters beside the benchmark in every cell: no equation sees ones and zeros only."""
    rng, known = np.random.default_rng(5), model.benchmark_levels
    return {n: a + 0.02 * (1 + abs(a)) * rng.uniform(size=np.shape(a)) for n, a in known.items()}


def assert_alike(model: Model) -> None:
    reduced, levels = model.reduced, shaken(model)
    work = Workspace(reduced.program, reduced.sets, levels, frozenset(reduced.unknowns))
    state = {**levels}
    for step in (work.outer, work.price, work.between, work.quantity, work.last):
        step()
    for e in reduced.system.equations:
        value = reduced.system.evaluate(e, state)
        np.testing.assert_allclose(work.values[e.determines], value, rtol=1e-12, atol=1e-13, err_msg=e.name)
        if e.phase != "balance" and e.determines not in TEARS.values():
            state[e.determines] = value


@pytest.mark.parametrize(
    ("production", "consumption"),
    [
        *product(PRODUCTION, ["cobb_douglas"]),
        *product(["leontief"], sorted(set(CONSUMPTION) - {"cobb_douglas"})),
    ],
)
def test_every_form_of_production_and_demand(production: str, consumption: str) -> None:
    given = PARAMETERS.with_arrays(sigma_c=np.full(3, 0.7))
    assert_alike(Model(given, Formulation(production=production, consumption=consumption)))


@pytest.mark.parametrize(
    "choice",
    [
        ClosureChoice(labour="wage_curve", capital="sluggish", government="fixed_real"),
        ClosureChoice(minimum_wage=("R1",), external="world_bank", numeraire="py[R1,S1]"),
        ClosureChoice(
            controls=(Control("quota", (FLOW,), "exporter"), Control("trq", ("R0,R1,S2",), "importer"))
        ),
    ],
)
def test_relations_that_a_closure_switches_on(choice: ClosureChoice) -> None:
    assert_alike(Model(PARAMETERS, Formulation(controls="quotas"), choice))


@pytest.mark.parametrize("kind", [Firms("krugman", 6.0), Firms("melitz", 4.0, 4.6)])
def test_firms(kind: Firms) -> None:
    firms = with_firms(parameters(random_accounts()), {"S1": kind, "S2": kind})
    assert_alike(Model(firms, closure=ClosureChoice(capital="sector_specific")))


@pytest.fixture(scope="module")
def model() -> Model:
    return Model(PARAMETERS, closure=ClosureChoice(labour="wage_curve"))


def test_residuals_of_both_readings_agree_where_loops_are_closed(model: Model) -> None:
    targets = {**model.benchmark_levels, "tm": more_tariffs(ACCOUNTS).to_numpy()}
    levels = {**model.benchmark_levels, "tm": targets["tm"]}
    x, near = 1.01 * model.reduced.pack(levels), model.kept.linear
    evaluation = Evaluation(model.reduced, levels, targets)
    state, written = model.reduced.evaluate(x, levels, targets, near)
    np.testing.assert_allclose(evaluation.residual(x, near), written, rtol=1e-10, atol=1e-12)
    found = evaluation.levels()
    for name in model.reduced.system.names("variable"):
        np.testing.assert_allclose(found[name], state[name], rtol=1e-10, atol=1e-12, err_msg=name)


def test_a_failed_evaluation_leaves_nothing_behind(model: Model) -> None:
    levels, near = model.benchmark_levels, model.kept.linear
    x = model.reduced.pack(levels)
    once, twice = (Evaluation(model.reduced, levels, levels) for _ in range(2))
    with pytest.raises(InnerLoopError, match="range"):
        twice.residual(-x, near)
    assert np.array_equal(once.residual(1.01 * x, near), twice.residual(1.01 * x, near))


def test_a_sweep_of_a_loop_touches_no_bilateral_array_twice(model: Model) -> None:
    """What is constant within a solve is computed once: a price sweep reads one bilateral array, no more."""
    stages = model.reduced.program.stages
    for stage in (PRICE, QUANTITY):
        bilateral = [i for i in stages[stage] if {"o", "d"} <= {c for a in (i, *i.args) for c in a.letters}]
        assert [i.op for i in bilateral] == ["contract"]
        assert len(stages[stage]) < 25
    assert len(stages[CONSTANT]) > 100
