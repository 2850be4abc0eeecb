"""The autarky limit, solved: first a world without imbalances, tariffs and taxes, then one without trade.

In autarky regions share nothing, so relative wages between them have no equation. The closure of the second
solve says so: every region's wage is held, foreign saving is free, and comes out as zero because nothing is
traded. It needs no numeraire of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from calibration.accounts import Accounts
from cge.app.replicate.trade_model import TRADE_MODEL, trade_model
from cge.closure import CLOSURES, Cells, Closure, Swap, apply
from cge.model import Model, SolveError
from cge.parameters import Parameters
from cge.solution import Solution
from results.gains_from_trade import solved_own_shares

SHARE_LEFT = 1e-60
"""Imports are made so costly that at unchanged prices their share falls by this factor; far below rounding,
because dear home goods push it up again by the trade elasticity (65 in petroleum)."""
CLOSED = 1e-12
"""Largest share of imports in spending on any good that counts as autarky."""
TAXES = ("te", "to", "tz", "tc", "tg", "ti")


@dataclass(frozen=True)
class Autarky:
    """The undistorted trading world, the world without trade, and real income lost from one to the other."""

    free: Solution
    closed: Solution
    loss: xr.DataArray


def solve_autarky(accounts: Accounts, theta: xr.DataArray) -> Autarky:
    """Solve both worlds on `accounts` with trade elasticities theta (i); raises SolveError."""
    model = trade_model(accounts, theta)
    free = model.solve(undistorted(model))
    closed = Model(model.parameters, TRADE_MODEL, autarky_closure(model.parameters))
    moved = {n: free.values[n] for n in ("tm", *TAXES)}
    alone = closed.solve({**moved, "k": prohibitive(accounts, theta)}, start=free)
    _refuse_open(alone)
    return Autarky(free, alone, 1 - alone.values["qc"] / free.values["qc"])


def _refuse_open(solution: Solution) -> None:
    bought = 1 - solved_own_shares(solution).transpose("r", "i")
    region, sector = np.unravel_index(int(np.argmax(bought.to_numpy())), bought.shape)
    if (most := float(bought[region, sector])) > CLOSED:
        where = f"{bought['r'].values[region]} cannot do without imports of {bought['i'].values[sector]}"
        raise SolveError(
            f"{where} ({most:.1e} of spending): it makes none or next to none, so autarky costs it "
            "everything; merge the sector or the region with another"
        )


def undistorted(model: Model) -> dict[str, np.ndarray]:
    """Settings without foreign saving, tariffs and taxes."""
    arrays = model.parameters.arrays
    return {n: np.zeros_like(arrays[n]) for n in ("real_saving", "tm", *TAXES)}


def autarky_closure(parameters: Parameters) -> Closure:
    """Wages held in every region, foreign saving free; natural resources as in the default closure."""
    system = TRADE_MODEL.system()
    wages = np.zeros(parameters.sets.shape("rf"), dtype=bool)
    wages[:, parameters.sets.factors.index("labour")] = True
    swap = Swap(
        Cells("pf", wages),
        Cells("real_saving", np.ones(parameters.sets.shape("r"), dtype=bool)),
        "regions that share no market have no common wage; their trade balances follow",
    )
    return apply([*CLOSURES["natural"]["sector_specific"].rule(parameters, system), swap], parameters, system)


def prohibitive(accounts: Accounts, theta: xr.DataArray) -> xr.DataArray:
    """Iceberg factors (o, d, i) that end trade between regions, lower where substitution is easier."""
    factor = SHARE_LEFT ** (-1 / theta)
    between = accounts.data["o"] != accounts.data["d"]
    return xr.where(between, factor, 1.0).transpose("o", "d", "i")
