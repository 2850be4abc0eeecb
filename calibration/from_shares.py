"""Balanced accounts of a quantitative trade model from its shares.

Trade models with one factor and one household are calibrated to shares: origins in each market's spending,
inputs in cost, goods in final demand, and value added by region. Raw tables seldom agree with all of them at
once (negative final demand is set to zero, exports exceed output). Here the shares and value added are kept
and quantities follow: incomes are found such that every region's value added comes out as recorded, which
leaves foreign saving as what moves. Any counterfactual that sets foreign saving (to zero, or to the recorded
figure) is then the one that the exact-hat algebra of the same shares gives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from calibration.accounts import DIMS, FACTORS, Accounts

UNEMPLOYMENT = 0.05
"""Placeholder for u0: these models have no unemployment and only deviations from u0 enter an equation."""


@dataclass(frozen=True)
class Shares:
    """What a trade model is calibrated to; all arrays are shares but `value_added` (USD million).

    origin(o,d,i): share of o in what d spends on i at landed prices, own region included (sums to 1 over o).
    tariff(o,d,i): import tariff. inputs(r,i,j): input i in the cost of j. final(r,i): i in final spending.
    value_added(r): payments to the one factor. The share of the factor in cost is one less the inputs.
    """

    regions: list[str]
    sectors: list[str]
    origin: np.ndarray
    tariff: np.ndarray
    inputs: np.ndarray
    final: np.ndarray
    value_added: np.ndarray


def origin_shares(spent: np.ndarray) -> np.ndarray:
    """Share of each origin in spending (o, d, i) at landed prices; own region where nothing is spent."""
    total = spent.sum(axis=0)
    own = np.eye(len(spent))[:, :, None]
    return np.where(total > 0, spent / np.where(total > 0, total, 1.0), own)


def accounts_from_shares(shares: Shares, meta: dict[str, object]) -> Accounts:
    """Return accounts with labour as only factor and consumption as only final use, checked to balance."""
    spending = _spending(shares)
    sales = shares.origin / (1 + shares.tariff) * spending[None]
    output = sales.sum(axis=1)
    inputs = shares.inputs * output[:, None, :]
    value_added = np.zeros((len(shares.regions), len(FACTORS), len(shares.sectors)))
    value_added[:, FACTORS.index("labour")] = output - inputs.sum(axis=1)
    own = np.eye(len(shares.regions), dtype=bool)[:, :, None]
    arrays = {
        "H0": np.einsum("rri->ri", sales),
        "X0": np.where(own, 0.0, sales),
        "tm0": np.where(own | (sales == 0), 0.0, shares.tariff),
        "Z0": inputs,
        # what is left after inputs, up to rounding; the share form keeps exact zeros
        "C0": np.where(shares.final > 0, spending - inputs.sum(axis=2), 0.0),
        "V0": value_added,
        "u0": np.full(len(shares.regions), UNEMPLOYMENT),
    }
    accounts = Accounts(_dataset(shares, arrays), dict(meta))
    accounts.check()
    return accounts


def _spending(shares: Shares) -> np.ndarray:
    """Spending at landed prices (r, i) at which value added comes out as recorded.

    Spending is linear in final incomes, and so is value added: one solve for the input-output multipliers of
    each region's final demand, one for the incomes.
    """
    r, i = shares.final.shape
    net = shares.origin / (1 + shares.tariff)
    demand = np.einsum("rij,rdj->ridj", shares.inputs, net).reshape(r * i, r * i)
    start = np.zeros((r, i, r))
    start[np.arange(r), :, np.arange(r)] = shares.final
    multipliers = np.linalg.solve(np.eye(r * i) - demand, start.reshape(r * i, r)).reshape(r, i, r)
    factor_share = 1 - shares.inputs.sum(axis=1)
    value_added = np.einsum("oi,odi,dir->or", factor_share, net, multipliers)
    income = np.linalg.solve(value_added, shares.value_added)
    return multipliers @ income


def _dataset(shares: Shares, arrays: dict[str, np.ndarray]) -> xr.Dataset:
    regions, sectors = shares.regions, shares.sectors
    coords = {"o": regions, "d": regions, "r": regions, "i": sectors, "j": sectors, "f": list(FACTORS)}
    size = {k: len(v) for k, v in coords.items()}
    filled = {n: arrays.get(n, np.zeros([size[d] for d in dims])) for n, dims in DIMS.items()}
    data = xr.Dataset({n: (DIMS[n], a) for n, a in filled.items()}, coords=coords)
    flags = xr.DataArray(np.full((len(regions), len(sectors)), "none"), {"r": regions, "j": sectors})
    return data.assign(jobs_method=flags, jobs_confidence=flags)
