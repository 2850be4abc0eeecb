"""The quantitative trade model as a formulation: Cobb-Douglas production, one household, one nest."""

from __future__ import annotations

import xarray as xr

from calibration.accounts import Accounts
from calibration.parameters import calibrate
from cge.closure import Closure, ClosureChoice
from cge.formulation import Formulation
from cge.model import Model

TRADE_MODEL = Formulation(
    production="cobb_douglas", trade="armington_one_level", consumption="household_cobb_douglas"
)


def trade_model(
    accounts: Accounts, theta: xr.DataArray, closure: ClosureChoice | Closure | None = None
) -> Model:
    """The model on `accounts` with trade elasticities theta (i): one nest with sigma = 1 + theta.

    Raises ParameterError when an elasticity has no CES form.
    """
    sigma = 1 + theta
    parameters = calibrate(
        accounts.data,
        {"sigma_m": sigma, "sigma_d": sigma},
        sources=dict.fromkeys(("sigma_m", "sigma_d"), "one plus the trade elasticity"),
    )
    return Model(parameters, TRADE_MODEL, closure)
