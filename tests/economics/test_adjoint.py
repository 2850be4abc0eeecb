"""Gradients at a solution: against rates of change along a direction, and against solved neighbours."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from worlds import more_tariffs, parameters, random_accounts

from cge.adjoint import Adjoint, GradientError, gradients, held_levels, values_of
from cge.closure import ClosureChoice
from cge.controls import Control
from cge.formulation import Formulation
from cge.market_structure import Firms, with_firms
from cge.model import Model
from cge.parameters import ParameterError
from cge.path import levels_of
from cge.solution import Solution


@pytest.fixture(scope="module")
def accounts():
    return random_accounts()


@pytest.fixture(scope="module")
def plain(accounts):
    """A model with a baseline and a policy."""
    model = Model(parameters(accounts))
    return model, *solved(model, accounts)


def settings(model: Model, accounts) -> dict[str, np.ndarray]:
    tm = np.array(more_tariffs(accounts, 0.2))
    return {"tm": tm, "k": np.where(accounts.X0 > 0, 1.02, 1.0)}


def solved(model: Model, accounts):
    base = model.solve({"tm": more_tariffs(accounts, 0.05)})
    return base, model.solve(settings(model, accounts), start=base)


def functional(base: Any, new: Any) -> Any:
    """Numbers of every sort: incomes, trade (a report), a relation that decides nothing, prices of both."""
    import jax.numpy as jnp

    welfare = new["gdp"] / new["pc"] / (base["gdp"] / base["pc"])
    trade = (new["x"] * new["X0"]).sum() / (base["x"] * base["X0"]).sum()
    relation = new["mobility_gap"][1, 1, 1] + new["supply_gap"][1]
    return jnp.stack([*welfare, trade, relation, new["pf"][1, 0] * base["y"][0, 1]])


def test_gradient_along_a_direction_is_the_rate_of_change_along_it(plain) -> None:
    """Transposed chain against forward chain, along a direction in which everything held and every
    elasticity moves at once."""
    model, base, new = plain
    one, two = Adjoint(model, base), Adjoint(model, new)
    found = gradients(one, two, functional)
    rng = np.random.default_rng(3)
    moved = {n: rng.standard_normal(a.shape[1:]) for n, a in found.new.held.items()}
    held = {n: np.where(model.closure.free[n], 0.0, a) for n, a in moved.items()}
    names = ("sigma_m", "sigma_d", "sigma_va", "imp_share", "fac_use")
    arrays = {n: rng.standard_normal(np.shape(two.levels[n])) for n in names if n in found.new.parameters}
    forward = rates(model, two.levels, arrays, held, lambda v: functional(values_of(model, one.levels), v))
    np.testing.assert_allclose(found.new.along(arrays, held), forward, rtol=1e-10, atol=1e-10)


def rates(model: Model, levels: Any, arrays: Any, held: Any, number: Any) -> np.ndarray:
    """Rate of change of a number of the levels along a direction, by the forward chain."""
    from cge.jax_setup import jax

    system, active = model.system, model.reduced.system
    levels = {n: a for n, a in levels.items() if n in system.quantities}
    directly = {**arrays, **{n: a for n, a in held.items() if n not in model.reduced.targets}}

    def equations(chosen: Any) -> Any:
        return {e.determines: active.evaluate(e, {**levels, **chosen}) for e in active.equations}

    start = {n: levels[n] for n in directly}
    direct = jax().jit(lambda x, dx: jax().jvp(equations, (x,), (dx,))[1])(start, directly)
    moving = model.reduced.rates(levels, {n: np.asarray(a) for n, a in direct.items()}, held)
    for name, array in directly.items():
        moving[name] = moving.get(name, 0.0) + array

    def everything(chosen: Any) -> Any:
        every = {**levels, **chosen}
        for e in system.equations:
            if e.determines not in active.quantities:
                every[e.determines] = system.evaluate(e, every)
        return number(every | {n: data for n, (_, data) in system.report(every).items()})

    start = {n: levels[n] for n in moving}
    return np.asarray(jax().jit(lambda x, dx: jax().jvp(everything, (x,), (dx,))[1])(start, moving))


def test_what_is_no_solution_of_the_model_is_refused(plain) -> None:
    model = plain[0]
    other = Model(parameters(random_accounts(2, 4)))
    with pytest.raises(ParameterError, match="not one of this model"):
        Adjoint(model, other.benchmark())


def test_a_number_without_a_derivative_is_refused(plain) -> None:
    model, base, new = plain
    with pytest.raises(GradientError, match="no finite derivative"):
        gradients(Adjoint(model, base), Adjoint(model, new), lambda b, n: (n["sigma_m"] * 0).sum() ** 0.5)


def shifted(model: Model, **arrays: np.ndarray) -> Model:
    """The same model with other parameters; nothing is compiled again."""
    other = copy.copy(model)
    other.parameters = model.parameters.with_arrays(**arrays)
    other.__dict__.pop("benchmark_levels", None)
    return other


WORLDS = {
    "plain": (
        "leontief", ClosureChoice(), None,
        (("sigma_m", (1,)), ("tm", (1, 2, 1)), ("k", (1, 2, 1)), ("to", (1, 1)), ("endow", (1, 1)),
         ("rx", (1, 2, 1))),
    ),
    "wage_curve": (
        "ces", ClosureChoice(labour="wage_curve", capital="sector_specific", numeraire="pf[R1,labour]"), None,
        (("sigma_va", (1,)), ("wage_elasticity", (1,)), ("u0", (1,)), ("xf", (1, 1, 1))),
    ),
    "sluggish": (
        "cobb_douglas",
        ClosureChoice(capital="sluggish", labour="labour_supply", external="world_bank"), None,
        (("mobility", (1,)), ("labour_supply_elasticity", (1,)), ("return_flexibility", ())),
    ),
    "fixed_real": (
        "ces", ClosureChoice(government="fixed_real", external="fixed_share_of_gdp"), None,
        (("sigma_d", (1,)), ("qg", (1,))),
    ),
    "quota": (
        "leontief", ClosureChoice(controls=(Control("quota", ("R1,R2,S1",), "importer"),)), None,
        (("tm", (1, 2, 1)), ("quota", (1, 2, 1))),
    ),
    "melitz": (
        "leontief", ClosureChoice(), {"S2": Firms("melitz", 3.8, 4.6)},
        (("tm", (1, 2, 2)), ("selection", (2,))),
    ),
}  # fmt: skip
"""What a model is built of, and the cells whose derivatives are compared there."""


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
def test_gradients_are_differences_of_solved_neighbours(world: str, accounts) -> None:
    production, choice, firms, cells = WORLDS[world]
    found = parameters(accounts) if firms is None else with_firms(parameters(accounts), firms)
    form = Formulation(production=production, controls="quotas" if choice.controls else "none")
    model = Model(found, form, choice)
    after = settings(model, accounts)
    base = model.solve({"tm": more_tariffs(accounts, 0.05)})
    if choice.controls:
        after["quota"] = np.array(model.benchmark_levels["quota"])
        after["quota"][1, 2, 1] = 0.8 * float(base.values["x"][1, 2, 1])
    new = model.solve(after, start=base)
    result = gradients(Adjoint(model, base), Adjoint(model, new), functional)
    before = {"tm": np.array(more_tariffs(accounts, 0.05))}
    for name, cell in cells:
        exact, difference = both(model, (base, new), (before, after), result, name, cell)
        gap = np.abs(exact - difference)
        assert np.abs(difference).max() > 1e-7, f"{name} moves nothing"
        assert (gap <= 1e-6 * np.abs(difference).max() + 1e-10).all(), (name, exact, difference)


def polished(model: Model, start: Solution, changes: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Levels of a solve, with one more Newton step: differences of small steps need more than it promises."""
    levels = levels_of(model, model.solve(changes, start=start))
    targets, space = {**model.benchmark_levels, **changes}, model.reduced
    x = space.pack(levels)
    state, residual = space.evaluate(x, levels, targets)
    state, _ = space.evaluate(x - np.linalg.solve(space.jacobian(state), residual), state, targets)
    return space.complete(state)


def both(model: Model, solutions, changes, result, name: str, cell) -> tuple[np.ndarray, np.ndarray]:
    """The derivative by the adjoint and by fourth-order central differences of solved neighbours."""
    at = changes[1].get(name, model.benchmark_levels[name])[cell]
    step = 2e-3 * max(abs(float(at)), 0.1)

    def neighbour(h: float) -> tuple[Model, list[dict[str, np.ndarray]]]:
        kind = model.system.quantities[name].kind
        other = model
        if kind == "parameter":
            array = np.array(model.parameters.arrays[name], dtype=float)
            array[cell] += h
            return shifted(model, **{name: array}), [dict(c) for c in changes]
        settled = []
        for chosen in changes:
            level = np.array(chosen.get(name, model.benchmark_levels[name]), dtype=float)
            level[cell] += h
            settled.append({**chosen, name: level})
        return other, settled

    def numbers(h: float) -> np.ndarray:
        other, settled = neighbour(h)
        levels = [polished(other, s, c) for c, s in zip(settled, solutions, strict=True)]
        return np.asarray(functional(*(values_of(other, found) for found in levels)))

    near, far = (numbers(k * step) - numbers(-k * step) for k in (1, 2))
    small = step / 100
    (up, ups), (down, downs) = neighbour(small), neighbour(-small)
    exact = np.zeros(len(near))
    for gradient, one, two in zip((result.base, result.new), ups, downs, strict=True):
        high, low = held_levels(up, one), held_levels(down, two)
        held = {n: (high[n] - low[n]) / (2 * small) for n in high}
        arrays = {
            n: (np.asarray(up.parameters.arrays[n]) - down.parameters.arrays[n]) / (2 * small)
            for n in gradient.parameters
        }
        exact += gradient.along(arrays, held)
    return exact, (8 * near - far) / (12 * step)
