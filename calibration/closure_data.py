"""What closures and the linear expenditure system need by region, from assumption tables."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import xarray as xr

from calibration.accounts import Accounts, gdp
from calibration.aggregate import Aggregation, aggregate_rate
from calibration.labels import read_rows, read_values
from cge.parameters import ParameterError
from cge.plain import Plains

GENERIC = {
    "labour_supply_elasticity": "r",
    "gross_return": "r",
    "frisch": "r",
    "income_elasticity": "ri",
}
"""Parameters by region, and by commodity, with their axes."""


@cache
def _table() -> dict[str, float]:
    return read_values("assumptions", "closures.csv", key="name")


def generic(name: str, numbers: Mapping[str, float] | None = None) -> float:
    """The value of assumptions/closures.csv, or the one of ``numbers`` in its place."""
    return (numbers or {}).get(name, _table()[name])


def labour_supply_sets() -> tuple[str, ...]:
    """Names of the sets of labour supply elasticities."""
    return tuple(dict.fromkeys(row["set"] for row in read_rows("assumptions", "labour_supply.csv")))


def labour_supply(name: str, economies: list[str]) -> np.ndarray:
    """Elasticity of labour supply to the real wage by economy; raises ParameterError on an unknown set."""
    rows = [row for row in read_rows("assumptions", "labour_supply.csv") if row["set"] == name]
    if not rows:
        raise ParameterError(
            f"labour supply elasticities: '{name}' is not one of {', '.join(labour_supply_sets())}"
        )
    by_economy = {e: float(row["value"]) for row in rows for e in row["economies"].split()}
    return np.array([by_economy.get(e, by_economy["*"]) for e in economies])


def closure_data(
    world: Accounts, aggregation: Aggregation, *, labour_supply_set: str = "imf_env"
) -> dict[str, xr.DataArray]:
    """The parameters named in GENERIC over the regions and sectors of an aggregation.

    world: accounts at country level, the weights: labour income for the labour supply elasticity, capital for
    its gross return (capital income over capital, share a year), consumption for the supernumerary share and
    the income elasticities.
    """
    data = world.data
    economies, sectors = ([str(x) for x in data[letter].values] for letter in "ri")
    by_region = {"coords": {"r": economies}, "dims": "r"}
    ratio = read_values("assumptions", "capital_output.csv", key="economy")
    frisch = read_values("assumptions", "frisch.csv", key="economy")
    income = read_values("assumptions", "income_elasticities.csv", key="sector")
    stock = gdp(Plains.of(data)).to_xarray() * xr.DataArray([ratio[e] for e in economies], **by_region)
    gross = data["V0"].sel(f="capital", drop=True).sum("j") / stock
    supply = xr.DataArray(labour_supply(labour_supply_set, economies), **by_region)
    spare = xr.DataArray([-1 / frisch[e] for e in economies], **by_region)
    elasticity = xr.ones_like(data["C0"]) * xr.DataArray(
        [income[s] for s in sectors], coords={"i": sectors}, dims="i"
    )
    labour_income = data["V0"].sel(f="labour", drop=True).sum("j")
    return {
        "labour_supply_elasticity": aggregate_rate(supply, labour_income, aggregation),
        "gross_return": aggregate_rate(gross, stock, aggregation),
        "frisch": -1 / aggregate_rate(spare, data["C0"].sum("i"), aggregation),
        "income_elasticity": aggregate_rate(elasticity, data["C0"], aggregation),
    }
