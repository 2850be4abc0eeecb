"""Instruments of the model from those of single economies: its benchmark rates plus weighted changes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from calibration.accounts import border_value, landed_value, output
from calibration.aggregate import Aggregation, aggregate_rate
from cge.plain import Plains


def instruments(
    policy: xr.Dataset,
    benchmark: xr.Dataset,
    world: xr.Dataset,
    accounts: xr.Dataset,
    chosen: Aggregation,
    *,
    weights: Mapping[str, xr.DataArray] | None = None,
) -> dict[str, xr.DataArray]:
    """Country-level instruments (over their own dimensions) as rates of the model: its benchmark plus the
    weighted change.

    Adding the change to the model's own benchmark rate keeps untouched cells untouched to the last digit.
    Weights are what each rate falls on: flows, output (production tax, and productivity, whose arithmetic
    mean is taken), private consumption before its tax, factor income; ``weights``: `weights_of` the world,
    where they are there already. Endowments come by activity (r, f, j).
    """
    start, weights = _starts(accounts), weights_of(world) if weights is None else weights
    result = {}
    with xr.set_options(arithmetic_join="exact"):
        for name in map(str, policy.data_vars):
            after, before = policy[name], benchmark[name].transpose(*policy[name].dims)
            if np.array_equal(after.values, before.values):
                continue
            change = (after - before).broadcast_like(weights[name])
            result[name] = start[name] + aggregate_rate(change, weights[name], chosen)
    return result


def _starts(accounts: xr.Dataset) -> dict[str, xr.DataArray]:
    """Benchmark levels of all instruments of the model."""
    return {
        "tm": accounts["tm0"], "te": accounts["te0"], "k": xr.ones_like(accounts["tm0"]),
        "rx": accounts["rx0"], "rm": accounts["rm0"], "to": accounts["to0"], "tc": accounts["tc0"],
        "productivity": xr.ones_like(accounts["to0"]), "endow": xr.ones_like(accounts["V0"]),
    }  # fmt: skip


def weights_of(world: xr.Dataset) -> dict[str, xr.DataArray]:
    """What each instrument falls on at country level, USD million."""
    plain = Plains.of(world)
    taxed, made = (plain["X0"] * (1 + plain["te0"])).to_xarray(), output(plain).rename(i="j").to_xarray()
    border, landed = border_value(plain).to_xarray(), landed_value(plain).to_xarray()
    return {
        "tm": border, "te": world["X0"], "k": landed, "rx": taxed, "rm": border, "to": made,
        "productivity": made, "tc": world["C0"].sum("i"), "endow": world["V0"],
    }  # fmt: skip
