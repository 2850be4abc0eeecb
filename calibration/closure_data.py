"""What closures and the linear expenditure system need by region, from assumption tables."""

from __future__ import annotations

from functools import cache

from calibration.labels import read_values

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


def generic(name: str) -> float:
    """The value of assumptions/closures.csv."""
    return _table()[name]
