"""What a scenario may say of a sweep: what is varied, over which distributions, by which design."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, field_validator

from cge.designs.distributions import Distribution, Parameter, parse
from scenarios.fields import Names, Strict
from scenarios.units import Share, percent

Kind = Literal["grid", "list", "lhs", "sobol", "monte_carlo", "stroud", "liu", "tornado"]

_TARGET = re.compile(r"(value:)?[A-Za-z_][A-Za-z0-9_]*(\[[^\[\]]+\]|\.[A-Za-z0-9_-]+)*")
_PIECE = re.compile(r"[\d.%\s]*\)?")
_SPREAD_SCHEMA = {
    "anyOf": [{"type": "string"}, {"type": "array", "minItems": 1}],
    "description": "triangular(50%, 100%, 150%), uniform(0, 1), normal(1, 0.2), pert(..), lognormal(..), "
    "beta(..), 0..0.1 by 0.02, or a list of values",
}
Spread = Annotated[
    Distribution,
    BeforeValidator(parse),
    PlainSerializer(lambda d: d.words(), return_type=str),
    WithJsonSchema(_SPREAD_SCHEMA),
]
_VARY_SCHEMA = {"type": "object", "additionalProperties": _SPREAD_SCHEMA, "minProperties": 1}


def _vary(value: Any) -> Any:
    """A mapping of targets; a text with commas that braces cut into pieces is told apart from a slip."""
    if not isinstance(value, Mapping) or not value:
        raise ValueError(
            "a mapping of targets to distributions is needed here, such as "
            "{trade: 'triangular(50%, 100%, 150%)'}"
        )
    if any(inner is None and _PIECE.fullmatch(str(name)) for name, inner in value.items()):
        raise ValueError(
            "between braces a comma ends the text: quote it, such as "
            "{trade: 'triangular(50%, 100%, 150%)'}, or give every target a line of its own"
        )
    return value


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1 < value < 1:
        raise ValueError(f"a correlation is a number above -1 and below 1, not '{value}'")
    return float(value)


def _count(least: int, what: str) -> BeforeValidator:
    def check(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(f"{what} is a whole number from {least}, not '{value}'")
        return value

    return BeforeValidator(check)


def target_problem(target: str) -> str:
    """What is wrong with the form of a target, "" for nothing."""
    if _TARGET.fullmatch(target):
        return ""
    return (
        f"'{target}' is not a target: write an elasticity such as trade or sigma_va[C29], "
        "assumptions.NAME, or the path of a key such as shocks[0].tariff.to"
    )


class Correlation(Strict):
    """Every pair of these targets is correlated; a target with ``[*]`` stands for all of its sectors."""

    between: Names = Field(description="two or more targets, or one with [*]")
    correlation: Annotated[
        float, BeforeValidator(_number), WithJsonSchema({"type": "number", "exclusiveMinimum": -1,
                                                         "exclusiveMaximum": 1})
    ] = Field(description="of ranks in a sample, linear in a quadrature")  # fmt: skip

    @field_validator("between")
    @classmethod
    def _more_than_one(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(value) == 1 and "[*]" not in value[0]:
            raise ValueError(f"{value[0]} alone: name two targets, such as [trade[C29], trade[C26]]")
        return value


class Sweep(Strict):
    """Many solutions of the scenario: which of its numbers move, and which points are solved.

    Without ``vary`` the standard set is varied (tables/sensitivity.csv). The central case is always solved
    besides.
    """

    design: Kind | None = Field(
        default=None, description="how points are chosen; grid for lists alone, stroud for all else"
    )
    points: Annotated[int, _count(1, "the number of points")] | None = Field(
        default=None, description="size of a sample"
    )
    seed: Annotated[int, _count(0, "a seed")] | None = Field(default=None, description="of a sample")
    quantiles: tuple[Share, Share] | None = Field(
        default=None, description="low and high of a tornado, [5%, 95%] by default"
    )
    vary: Annotated[dict[str, Spread], BeforeValidator(_vary), WithJsonSchema(_VARY_SCHEMA)] | None = Field(
        default=None, description="targets and the distributions of their values"
    )
    rows: str | None = Field(
        default=None, description="CSV beside the scenario file: a column a target, a row a point"
    )
    correlate: tuple[Correlation, ...] = Field(default=(), description="targets that move together")

    @field_validator("rows")
    @classmethod
    def _table(cls, value: str | None) -> str | None:
        if value is not None and not value.endswith(".csv"):
            raise ValueError(f"'{value}' is not the name of a CSV file")
        return value

    @field_validator("quantiles")
    @classmethod
    def _low_first(cls, value: tuple[float, float] | None) -> tuple[float, float] | None:
        if value is not None and not value[0] < value[1]:
            raise ValueError(f"{percent(value[0])} and {percent(value[1])}: low comes first")
        return value

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What ``vary`` names, in its order."""
        return tuple(Parameter(target, spread) for target, spread in (self.vary or {}).items())
