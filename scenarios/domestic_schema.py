"""What a government does at home, and what befalls an economy: taxes, subsidies, productivity, endowments."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator

from scenarios.fields import Strict
from scenarios.problems import suggest
from scenarios.units import EndowmentChange, Points, ProductivityChange, percent

FACTORS = ("labour", "capital", "natural")
"""Primary factors, as the accounts and the model name them."""


def _factors(value: Any) -> tuple[str, ...]:
    """One factor, a list, or ``all``; in the usual order."""
    names = (value,) if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not names:
        raise ValueError("a factor or a list of them is needed here: labour, capital, natural or all")
    for name in names:
        if name != "all" and name not in FACTORS:
            known = ", ".join(FACTORS)
            raise ValueError(f"no factor '{name}'" + suggest(str(name), FACTORS, f"; there are {known}, all"))
    return tuple(f for f in FACTORS if f in names or "all" in names)


Factors = Annotated[
    tuple[str, ...],
    BeforeValidator(_factors),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


class Subsidy(Strict):
    """A subsidy on output, in points of its value; it lowers the production tax by as much."""

    add: Points = Field(description="points of the value of output, such as 10 points")

    @field_validator("add")
    @classmethod
    def _no_tax(cls, value: float) -> float:
        if value < 0:
            raise ValueError(f"{100 * value:.6g} points: a negative subsidy is a tax: use 'production_tax'")
        if value >= 1:
            raise ValueError(
                f"{100 * value:.6g} points: the budget would pay for all of the output, or more; "
                "a subsidy is below 100 points of the value of output"
            )
        return value

    def words(self) -> str:
        """``add 10 points``."""
        return f"add {100 * self.add:.6g} points"


class Productivity(Strict):
    """A change of output per unit of all inputs."""

    change: ProductivityChange = Field(description="change of output per unit of all inputs, such as 2%")

    def words(self) -> str:
        """``+2 %``."""
        return f"{100 * self.change:+.6g} %"


class Endowment(Strict):
    """A change of what an economy has of a factor: people at work or able to, capital, land and resources."""

    factor: Factors = Field(description="labour, capital, natural, a list of them, or all")
    change: EndowmentChange = Field(description="change of the quantity, such as 1%")

    def words(self) -> str:
        """``of labour +1 %``."""
        which = "all factors" if len(self.factor) == len(FACTORS) else " and ".join(self.factor)
        return f"of {which} {'+' if self.change > 0 else '-'}{percent(abs(self.change))}"
