"""Barriers as the application would pass them to a scenario: invented numbers of a plausible size."""

import numpy as np
import xarray as xr

from scenarios.barriers import BarrierData


def invented_barriers(world: xr.Dataset, *, seed: int = 0, status: float = 0.0) -> BarrierData:
    """Barriers of 5 to 60 %, cuts of 3 and 9 log points; ``status``: share of pairs with an agreement."""
    draw = np.random.default_rng(seed)
    regions, sectors = world["d"].values, world["i"].values
    n, s = len(regions), len(sectors)
    depth = np.where(draw.uniform(size=(n, n)) < status, draw.integers(1, 3, (n, n)), 0)
    effect = np.array([[0.03], [0.09]]) * draw.uniform(0.8, 1.2, s)
    return BarrierData(
        ave=xr.DataArray(draw.uniform(0.05, 0.6, (n, s)), {"d": regions, "i": sectors}, ("d", "i")),
        effect=xr.DataArray(effect, {"depth": ["shallow", "deep"], "i": sectors}, ("depth", "i")),
        status=xr.DataArray(depth, {"o": regions, "d": regions}, ("o", "d")),
    )
