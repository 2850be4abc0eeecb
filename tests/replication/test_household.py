"""One household that spends income and foreign saving, on accounts with and without G and I."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from worlds import elasticities, more_tariffs, random_accounts

from calibration.accounts import Accounts
from calibration.parameters import calibrate
from calibration.simplify import one_factor, one_household
from cge.app.replicate.trade_model import TRADE_MODEL
from cge.closure import ClosureError, cells
from cge.formulation import Formulation
from cge.model import Model
from cge.parameters import Parameters
from results.levels import levels
from results.welfare import equivalent_variation

HOUSEHOLD = Formulation(consumption="household_cobb_douglas")


def parameters(data: xr.Dataset) -> Parameters:
    return calibrate(data, elasticities(data))


def only_consumption() -> xr.Dataset:
    return one_household(one_factor(Accounts(random_accounts()))).data


@pytest.mark.parametrize("formulation", [HOUSEHOLD, TRADE_MODEL], ids=["leontief", "cobb-douglas"])
@pytest.mark.parametrize("data", [random_accounts(), only_consumption()], ids=["with G and I", "C alone"])
def test_benchmark_replicates(data: xr.Dataset, formulation: Formulation) -> None:
    p = parameters(data)
    p = p.with_arrays(sigma_d=p.arrays["sigma_m"])  # one level, which one of the formulations asks for
    assert Model(p, formulation).benchmark().certificate.max_residual < 1e-10


@pytest.mark.parametrize("data", [random_accounts(), only_consumption()], ids=["with G and I", "C alone"])
def test_the_household_spends_all_it_has(data: xr.Dataset) -> None:
    model = Model(parameters(data), HOUSEHOLD)
    found = model.solve({"tm": more_tariffs(data)})
    v, a = found.values, model.parameters.arrays
    spent = sum(a[f"{u}_level"] * v[f"p{u}"] * v[f"q{u}"] for u in "cgi")
    assert np.abs(spent - v["N"] - v["S"]).max() < 1e-9
    assert found.certificate.gdp_gap < 1e-9


def test_empty_bundles_have_neutral_prices_and_no_weight() -> None:
    data = only_consumption()
    found = Model(parameters(data), HOUSEHOLD).solve({"tm": more_tariffs(data)})
    for name in ("pg", "pi", "qg", "qi"):
        assert np.isfinite(found.values[name]).all()
    assert np.abs(found.values["pg"] / found.values["pc"] - 1).max() < 0.01
    assert float(abs(levels(found)["government"]).max()) == 0.0


def test_a_factor_without_income_has_a_price_and_no_use() -> None:
    data = only_consumption()
    found = Model(parameters(data), HOUSEHOLD).solve({"tm": more_tariffs(data)})
    assert float(abs(levels(found)["factor_quantity"].sel(f="capital")).max()) == 0.0
    assert np.isfinite(found.values["pf"]).all()


def test_both_spaces_agree() -> None:
    data = only_consumption()
    model = Model(parameters(data), HOUSEHOLD)
    reduced, full = (model.solve({"tm": more_tariffs(data)}, space=s) for s in ("reduced", "full"))
    for name in ("py", "qc", "N", "y"):
        assert float(abs(reduced.values[name] - full.values[name]).max()) < 1e-8


def test_welfare_without_imbalances_is_consumption() -> None:
    data = only_consumption()
    model = Model(parameters(data), HOUSEHOLD)
    held = {"real_saving": np.zeros(len(data["r"]))}
    base = model.solve(held)
    new = model.solve({**held, "tm": more_tariffs(data)}, start=base)
    found = equivalent_variation(levels(base), levels(new), base.values, new.values)
    expected = levels(base)["consumption"] * (new.values["qc"] / base.values["qc"] - 1)
    assert found.ev.to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-6)


def test_closures_that_need_a_propensity_are_refused() -> None:
    model = Model(parameters(only_consumption()), HOUSEHOLD)
    with pytest.raises(ClosureError, match=r"'ac\[R0\]' is not a variable or an instrument"):
        cells("ac[R0]", model.parameters, model.system)
