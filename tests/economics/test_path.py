"""The path between two solutions: its ends, its rates against differences, what a closure holds and frees."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import more_tariffs, parameters, random_accounts

from cge.closure import ClosureChoice
from cge.formulation import Formulation
from cge.model import Model
from cge.parameters import ParameterError
from cge.path import Path

STEP = 2e-3


def differences(path: Path, share: float, name: str) -> np.ndarray:
    """Central difference of fourth order."""
    near, far = (
        path.solution(share + k * STEP).values[name] - path.solution(share - k * STEP).values[name]
        for k in (1, 2)
    )
    return ((8 * near - far) / (12 * STEP)).to_numpy()


@pytest.fixture(scope="module")
def accounts():
    return random_accounts()


@pytest.mark.parametrize(
    ("production", "choice"),
    [
        ("leontief", ClosureChoice()),
        ("ces", ClosureChoice(labour="wage_curve", capital="sector_specific")),
        ("cobb_douglas", ClosureChoice(external="fixed_share_of_gdp", numeraire="pf[R1,labour]")),
    ],
)
def test_rates_are_those_of_solved_neighbours(production: str, choice: ClosureChoice, accounts) -> None:
    model = Model(parameters(accounts), Formulation(production=production), choice)
    base = model.solve({"tm": more_tariffs(accounts, 0.05)})
    new = model.solve({"tm": more_tariffs(accounts, 0.3), "k": np.where(accounts.X0 > 0, 1.02, 1.0)})
    path = Path(model, base, new)
    node = path.node(0.4)
    assert set(node.rates) >= {*model.system.names("variable"), *model.system.names("instrument"), "x", "zq"}
    for name, rate in node.rates.items():
        gap = np.abs(rate.to_numpy() - differences(path, 0.4, str(name))).max()
        assert gap < 2e-8 * (1 + np.abs(rate.to_numpy()).max()), name


def test_the_ends_are_the_given_solutions_and_nothing_is_solved_there(accounts) -> None:
    model = Model(parameters(accounts))
    base, new = model.benchmark(), model.solve({"tm": more_tariffs(accounts)})
    path = Path(model, base, new)
    assert path.solution(0.0) is base
    assert path.solution(1.0) is new


def test_a_held_price_and_the_numeraire_move_along(accounts) -> None:
    """Doubling the numeraire on the way: every price grows with it, no quantity moves."""
    choice = ClosureChoice(numeraire="pf[R1,labour]")
    model = Model(parameters(accounts), closure=choice)
    level = np.array(model.benchmark_levels["pf"])
    level[1, 0] = 2.0
    doubled = model.solve({"pf": level})
    np.testing.assert_allclose(doubled.values.pc, 2.0, rtol=1e-10)
    node = Path(model, model.benchmark(), doubled).node(0.5)
    np.testing.assert_allclose(node.rates.pc, 1.0, atol=1e-9)
    np.testing.assert_allclose(node.rates.y, 0.0, atol=1e-9)


def test_solutions_of_another_world_are_refused(accounts) -> None:
    model = Model(parameters(accounts))
    small = Model(parameters(random_accounts(2, 4))).benchmark()
    with pytest.raises(ParameterError, match="not one of this model"):
        Path(model, model.benchmark(), small)
