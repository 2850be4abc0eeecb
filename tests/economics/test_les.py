"""Linear expenditure system: demand theory in closed form, limits, and welfare against a direct solver."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.optimize import minimize
from worlds import elasticities, more_tariffs, parameters, random_accounts

from calibration.parameters import calibrate
from cge.blocks import les
from cge.equation import view
from cge.formulation import Formulation
from cge.jacobian import Derivatives
from cge.model import Model
from cge.parameters import ParameterError, Parameters
from results.levels import levels
from results.welfare import consumption_ev, equivalent_variation, money_metric_ratio

ACCOUNTS = random_accounts(3, 4)
SHOCK = {"tm": more_tariffs(ACCOUNTS, 0.4)}
LES = Formulation(consumption="les")


@pytest.fixture(scope="module")
def p() -> Parameters:
    rng = np.random.default_rng(4)
    shape = parameters(ACCOUNTS).arrays["c_share"].shape
    return parameters(ACCOUNTS).with_arrays(
        frisch=np.array([-1.3, -2.0, -4.5]), income_elasticity=rng.uniform(0.4, 1.4, shape)
    )


@pytest.fixture(scope="module")
def model(p: Parameters) -> Model:
    return Model(p, LES)


def demands(p: Parameters, model: Model, price: np.ndarray, spending: np.ndarray) -> np.ndarray:
    """Demand indices of the block at given consumer prices and spending over the benchmark's."""
    state = {**model.benchmark_levels, "pa": price}
    v = view(model.system.quantities, state)
    state["needs_cost"] = model.system.evaluate(les.cost_of_needs, state)
    state["pc"] = state["needs_cost"] + les.marginal_price(v).data
    state["qc"] = spending / state["pc"]
    return np.asarray(les.demand(view(model.system.quantities, state)).data)


def test_benchmark_replicates_and_derivatives_are_exact(model: Model) -> None:
    assert model.benchmark().certificate.max_residual < 1e-10
    derivatives = Derivatives(
        model.system,
        model.parameters.sets,
        frozenset(model.system.names("variable")) | {"tc", "income_elasticity"},
    )
    at = model.benchmark_levels
    derivatives.verify(at, derivatives(at))


def test_elasticities_are_those_of_the_tables(p: Parameters, model: Model) -> None:
    """Income elasticities, and own-price ones by Frisch's formula, at the benchmark."""
    a, h = p.arrays, 1e-5
    share, one = a["c_share"], np.ones(3)
    epsilon = a["income_elasticity"] / (share * a["income_elasticity"]).sum(1, keepdims=True)
    flat = np.ones_like(share)
    income = (demands(p, model, flat, one + h) - demands(p, model, flat, one - h)) / (2 * h)
    np.testing.assert_allclose(income, epsilon, rtol=1e-8)
    # Frisch (1959): e_ii = epsilon_i (1/phi - s_i (1 + epsilon_i/phi))
    phi = a["frisch"][:, None]
    for i in range(share.shape[1]):
        up, down = flat.copy(), flat.copy()
        up[:, i], down[:, i] = 1 + h, 1 - h
        own = (demands(p, model, up, one) - demands(p, model, down, one))[:, i] / (2 * h)
        expected = epsilon * (1 / phi - share * (1 + epsilon / phi))
        np.testing.assert_allclose(own, expected[:, i], rtol=1e-7)


def test_spending_adds_up_at_any_prices(p: Parameters, model: Model) -> None:
    rng = np.random.default_rng(0)
    price, spending = rng.uniform(0.7, 1.5, p.arrays["c_share"].shape), rng.uniform(0.9, 1.3, 3)
    bought = p.arrays["c_share"] * price * demands(p, model, price, spending)
    np.testing.assert_allclose(bought.sum(1), spending, rtol=1e-12)


def test_unit_elasticities_without_needs_are_cobb_douglas(p: Parameters) -> None:
    plain = p.with_arrays(frisch=np.full(3, -1.0), income_elasticity=np.ones_like(p.arrays["c_share"]))
    one, other = (Model(plain, f).solve(SHOCK).values for f in (LES, Formulation()))
    for name in ("c", "y", "pc", "qc", "uc"):
        np.testing.assert_allclose(one[name], other[name], atol=1e-10)


def test_equivalent_variation_is_the_least_cost_of_the_new_utility(p: Parameters, model: Model) -> None:
    """Cost at base prices of the new Stone-Geary utility, minimised numerically, region by region."""
    base, new = model.solve({"tc": p.arrays["tc0"] + 0.02}), model.solve(SHOCK)
    a = p.arrays
    share = a["c_share"]
    epsilon = a["income_elasticity"] / (share * a["income_elasticity"]).sum(1, keepdims=True)
    gamma, beta = 1 + epsilon / a["frisch"][:, None], share * epsilon
    price = base.values["pa"] * (1 + base.values["tc"]) / (1 + base.benchmark["tc0"])
    found = money_metric_ratio(base.values, new.values)
    for r in range(3):

        def cost(z: np.ndarray, r: int = r) -> float:
            return float((share[r] * price[r].to_numpy() * (gamma[r] + np.exp(z))).sum())

        def utility(c: np.ndarray, r: int = r) -> float:
            return float((beta[r] * np.log(c - gamma[r])).sum())

        start = np.log(base.values["c"][r].to_numpy() - gamma[r])
        goal = utility(new.values["c"][r].to_numpy())
        condition = {"type": "eq", "fun": lambda z, r=r, goal=goal: float(beta[r] @ z) - goal}
        least = minimize(cost, start, constraints=[condition], method="SLSQP", options={"ftol": 1e-14})
        spent = float((share[r] * price[r].to_numpy() * base.values["c"][r].to_numpy()).sum())
        assert least.fun / spent == pytest.approx(float(found[r]), abs=1e-7)


def test_welfare_uses_the_expenditure_function(p: Parameters, model: Model) -> None:
    base, new = model.solve(), model.solve(SHOCK)
    b, n = levels(base), levels(new)
    ratio = money_metric_ratio(base.values, new.values)
    volume = new.values["qc"] / base.values["qc"]
    assert float(abs(ratio - volume).max()) > 1e-6, "utility is not the volume when needs are fixed"
    np.testing.assert_allclose(consumption_ev(b, base.values, new.values), b["consumption"] * (ratio - 1))
    assert np.isfinite(equivalent_variation(b, n, base.values, new.values).ev).all()


def test_cobb_douglas_welfare_is_the_volume(p: Parameters) -> None:
    other = Model(p)
    base, new = other.solve(), other.solve(SHOCK)
    np.testing.assert_allclose(
        money_metric_ratio(base.values, new.values), new.values["qc"] / base.values["qc"], rtol=1e-13
    )


def test_a_frisch_parameter_above_minus_one_is_refused() -> None:
    accounts = random_accounts(3, 3)
    wrong = xr.DataArray([-2.0, -0.5, -2.0], coords={"r": accounts["r"]}, dims="r")
    with pytest.raises(ParameterError, match=r"frisch\[R1\] = -0.5 must be -1 or below"):
        calibrate(accounts, elasticities(accounts), regional={"frisch": wrong})
