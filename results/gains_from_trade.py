r"""Gains from trade in closed form: what moving to autarky would cost, from shares and elasticities alone.

With Cobb-Douglas demand and production, one factor, perfect competition and no tariffs, the change of real
income from today to autarky is (Arkolakis, Costinot and Rodriguez-Clare 2012; Costinot and Rodriguez-Clare
2014, section 3):

.. math:: 1 - G_r = \prod_{i,k} \lambda_{r,k}^{\, \beta_{r,i} \, a_{r,i,k} / \theta_k}

with own-country shares :math:`\lambda`, shares of final spending :math:`\beta`, trade elasticities
:math:`\theta`, and :math:`a = (1 - A^T)^{-1}` of the input shares in cost A. Without inputs a is the
identity; with one sector it reads :math:`\lambda^{1/\theta}`.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from calibration.accounts import absorption, landed_value
from cge.solution import Solution
from results.levels import safe_ratio, trade_levels


def closed_form(own: xr.DataArray, accounts: xr.Dataset, theta: xr.DataArray) -> xr.DataArray:
    """Share of real income that each region would lose in autarky (r); 1 where it makes none of a good it
    needs.

    own (r,i): own-country share of spending. Final and input shares are those of `accounts`. theta (i).
    """
    data = accounts.transpose("r", "o", "d", "f", "i", "j", ...)
    final = data["C0"].to_numpy() / data["C0"].sum("i").to_numpy()[:, None]
    inputs = (data["Z0"] * (1 + data["tz0"])).to_numpy()
    cost = inputs.sum(axis=1) + data["V0"].sum("f").to_numpy()
    share = inputs / np.where(cost > 0, cost, 1.0)[:, None, :]
    with np.errstate(divide="ignore"):
        cheaper = np.log(own.transpose("r", "i").to_numpy()) / theta.sel(i=data["i"]).to_numpy()
    weight = _through_inputs(share, final)
    loss = np.where(weight > 0, weight * cheaper, 0.0).sum(axis=1)
    return xr.DataArray(-np.expm1(loss), {"r": data["r"].to_numpy()})


def _through_inputs(share: np.ndarray, final: np.ndarray) -> np.ndarray:
    """Weight of each good in final spending, directly and as input: (1 - A)^{-1} final, (r, i)."""
    size = share.shape[1]
    return np.linalg.solve(np.eye(size)[None] - share, final[:, :, None])[:, :, 0]


def observed_own_shares(accounts: xr.Dataset) -> xr.DataArray:
    """Own-country share of spending at landed prices (r, i), trade inside a region included."""
    landed = landed_value(accounts)
    return safe_ratio(accounts["H0"] + _own(landed), absorption(accounts), 1.0)


def solved_own_shares(solution: Solution) -> xr.DataArray:
    """Own-country share of spending in a solution (r, i), trade inside a region included."""
    v, b = solution.values, solution.benchmark
    landed = trade_levels(v, b)["border"] * (1 + v["tm"] + v["rm"])
    home = b["H0"] * v["py"] * v["xh"]
    return safe_ratio(home + _own(landed), home + landed.sum("o").rename(d="r"), 1.0)


def _own(flows: xr.DataArray) -> xr.DataArray:
    return flows.where(flows["o"] == flows["d"], 0.0).sum("o").rename(d="r")
