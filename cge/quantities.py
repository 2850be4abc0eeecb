"""Declarations: what a variable, an instrument or a parameter is called, its axes and its unit.

The tables of the model (`cge equations`) are made of these, and every name that an equation reads must be
declared in the block that introduces it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["variable", "instrument", "parameter"]


@dataclass(frozen=True)
class Quantity:
    """One named array of the model.

    ``variable``: determined by an equation (its benchmark level is its start).
    ``instrument``: held at a given level unless a closure frees it (taxes, endowments, shifters).
    ``parameter``: benchmark share or elasticity; never freed by a closure, differentiable.
    """

    name: str
    dims: str
    unit: str
    doc: str
    kind: Kind = "variable"


def variable(name: str, dims: str, unit: str, doc: str) -> Quantity:
    """Declare a variable."""
    return Quantity(name, dims, unit, doc, "variable")


def instrument(name: str, dims: str, unit: str, doc: str) -> Quantity:
    """Declare an instrument: exogenous unless a closure frees it."""
    return Quantity(name, dims, unit, doc, "instrument")


def parameter(name: str, dims: str, unit: str, doc: str) -> Quantity:
    """Declare a benchmark share or elasticity."""
    return Quantity(name, dims, unit, doc, "parameter")
