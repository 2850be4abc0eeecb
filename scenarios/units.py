"""Rates, cuts and points as a scenario file writes them: ``10%``, ``0.10``, ``5 points``; always with a unit.

Inside the project every rate is a share (0.10 = 10 %).
"""

from __future__ import annotations

import math
import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

# A plain number above this is read as a slip of the pen: nobody means a tariff of 6000 % by `60`.
LARGEST_PLAIN_NUMBER = 1.5
_WITH_UNIT = re.compile(r"^\s*([+-]?\d+(?:\.\d+)?|[+-]?\.\d+)\s*(%|points?|pp)\s*$")


def percent(value: float) -> str:
    """A share as text with its unit: 0.025 becomes ``2.5 %``."""
    return f"{100 * value:.6g} %"


def rate(value: Any) -> float:
    """The level of a tariff or tax, as a share. Below -100 % is impossible: the price would be negative."""
    share = _number(value, "a rate", ("%",))
    if share < -1:
        raise ValueError(f"{percent(share)}: a rate below -100 % would make the price negative")
    return share


def share(value: Any) -> float:
    """A share of something, between 0 and 1."""
    part = _number(value, "a share", ("%",))
    if not 0 <= part <= 1:
        raise ValueError(f"{percent(part)}: a share is between 0 % and 100 %")
    return part


def cut(value: Any) -> float:
    """A cut as a share of the rate it falls on, between 0 and 1 (1 removes the rate)."""
    share = _number(value, "a cut", ("%",))
    if share > 1:
        raise ValueError(
            f"{percent(share)}: a cut above 100 % of the rate would turn it into a subsidy; use 'to'"
        )
    if share <= 0:
        raise ValueError(f"{percent(share)}: a cut must be above 0 %; to raise a rate use 'add' or 'to'")
    return share


def points(value: Any) -> float:
    """An addition to a rate, in points of percent, as a share (``5%``, ``5 points``, ``5 pp``, 0.05)."""
    share = _number(value, "an addition", ("%", "pp", "point", "points"))
    if share == 0:
        raise ValueError("adding 0 points changes nothing")
    return share


def change(value: Any, what: str = "a cost") -> float:
    """A relative change of a cost (or ``what``), above -100 % and not 0 (``-3%``)."""
    share = _number(value, "a change", ("%",))
    if share <= -1:
        raise ValueError(f"{percent(share)}: {what} cannot fall by 100 % or more")
    if share == 0:
        raise ValueError("a change of 0 % changes nothing")
    return share


def productivity(value: Any) -> float:
    """A relative change of productivity, above -100 % and not 0."""
    return change(value, "productivity")


def endowment(value: Any) -> float:
    """A relative change of an endowment, above -100 % and not 0."""
    return change(value, "an endowment")


def volume(value: Any) -> float:
    """A change of a quantity from the baseline's, above -99 % (``-20%``, or ``0%`` to freeze it)."""
    share = _number(value, "a change", ("%",))
    if share < -0.99:
        raise ValueError(
            f"{percent(share)}: a quantity cannot fall by more than 99 % (no rent would clear it)"
        )
    return share


def _number(value: Any, what: str, units: tuple[str, ...]) -> float:
    if isinstance(value, str):
        found = _WITH_UNIT.match(value)
        if not found or found.group(2) not in units:
            allowed = "10% or 0.10" + (" or '10 points'" if "points" in units else "")
            raise ValueError(f"'{value}' is not {what} with a unit I know: write {allowed}")
        return float(found.group(1)) / 100
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{what} is needed here, such as 10% or 0.10, not {_kind(value)}")
    if not math.isfinite(value):
        raise ValueError(f"{what} must be a finite number, not {value}")
    if abs(value) > LARGEST_PLAIN_NUMBER:
        raise ValueError(
            f"{value:g} would be {percent(value)} (0.25 means 25 %): write {value:g}% or "
            f"{_plain(value / 100)}, or {100 * value:.6g}% if that is meant"
        )
    return float(value)


def _plain(value: float) -> str:
    """With two digits where these are all."""
    return f"{value:.2f}" if float(f"{value:.2f}") == value else f"{value:.6g}"


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return f"{value!r}"


def _schema(description: str) -> WithJsonSchema:
    number = {"type": "number", "description": "a share: 0.25 means 25 %"}
    text = {"type": "string", "pattern": r"^\s*[+-]?[0-9.]+\s*(%|points?|pp)\s*$"}
    return WithJsonSchema({"anyOf": [text, number], "description": description})


Rate = Annotated[float, BeforeValidator(rate), _schema("a rate, such as 10% or 0.10")]
Share = Annotated[float, BeforeValidator(share), _schema("a share between 0 and 1, such as 50%")]
Cut = Annotated[float, BeforeValidator(cut), _schema("a share of the rate that is removed, such as 50%")]
Points = Annotated[
    float, BeforeValidator(points), _schema("points added to the rate, such as 5% or '5 points'")
]
Volume = Annotated[
    float, BeforeValidator(volume), _schema("a change of a quantity from the baseline's, such as -20%")
]
Change = Annotated[float, BeforeValidator(change), _schema("a relative change of a cost, such as -3%")]
ProductivityChange = Annotated[
    float, BeforeValidator(productivity), _schema("a relative change of productivity, such as 2%")
]
EndowmentChange = Annotated[
    float, BeforeValidator(endowment), _schema("a relative change of an endowment, such as 1%")
]
