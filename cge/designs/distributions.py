"""Distributions of varied parameters, and their texts: ``triangular(50%, 100%, 150%)``, ``[0%, 2%, 10%]``."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np

from cge.designs.design import DesignError
from cge.designs.families import FAMILIES, Moments, from_raw

LISTED = "listed"
MOST_VALUES = 10_000
SURE = 1.5
"""Largest plain number that `scenarios.units` reads as a share of a rate."""
EDGE = 2.0**-40
"""Shares nearer to 0 or 1 than this are moved to it: the quantile at 0 or 1 may be infinite."""

_CALL = re.compile(r"\s*([A-Za-z_]+)\s*\((.*)\)\s*", re.S)
_STEPS = re.compile(r"\s*(\S+?)\s*\.\.\s*(\S+)\s+by\s+(\S+)\s*")
_NUMBER = re.compile(r"\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(%?)\s*")


@dataclass(frozen=True)
class Distribution:
    """A distribution: its family and the numbers that state it, or ``listed`` values, all equally likely.

    Numbers are plain floats in the target's own unit. Listed values may be numbers, words or lists.
    ``percent``: whether they were written in percent, those above `SURE` at least: 300% is 3 without doubt,
    where a plain 3 for a rate may be a slip for 3 %.

    Raises:
        DesignError: an unknown family, a wrong count of numbers, or numbers that state no distribution.
    """

    family: str
    values: tuple[Any, ...]
    percent: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        if self.family == LISTED:
            if not 1 <= len(self.values) <= MOST_VALUES:
                raise DesignError(f"a list has 1 to {MOST_VALUES:,} values, not {len(self.values):,}")
            bad = [v for v in self.values if v is None or (isinstance(v, float) and not math.isfinite(v))]
            if bad:
                raise DesignError(f"a list of values cannot hold {'nothing' if bad[0] is None else bad[0]}")
            return
        known = FAMILIES.get(self.family)
        if known is None:
            raise DesignError(_unknown(self.family))
        if len(self.values) not in known.counts:
            raise DesignError(
                f"{self.family} needs {known.numbers}, such as {known.example}; found {len(self.values)} "
                f"number{'' if len(self.values) == 1 else 's'}"
            )
        if not all(isinstance(v, float) and math.isfinite(v) for v in self.values):
            raise DesignError(f"{self.family} needs finite numbers, such as {known.example}")
        if wrong := known.wrong(self.values):
            raise DesignError(f"{self.words()}: {wrong}, such as {known.example}")

    @property
    def numeric(self) -> bool:
        """Whether every value is a number (True and False are not)."""
        return all(isinstance(v, float | int) and not isinstance(v, bool) for v in self.values)

    @cached_property
    def _moments(self) -> Moments:
        if self.family != LISTED:
            return FAMILIES[self.family].moments(self.values)
        if not self.numeric:
            raise DesignError(f"{self.words()} has no mean: its values are not numbers")
        mean = math.fsum(self.values) / len(self.values)
        away = np.array(self.values, dtype=float) - mean
        if not away.any():
            return mean, 0.0, 0.0, 0.0
        _, sd, skew, kurtosis = from_raw([1.0, 0.0, *(float((away**k).mean()) for k in (2, 3, 4))])
        return mean, sd, 0.0 if abs(skew) < 1e-12 else skew, kurtosis

    @property
    def mean(self) -> float:
        """The mean; DesignError for a list of words."""
        return self._moments[0]

    @property
    def sd(self) -> float:
        """The standard deviation, of a cut-off normal distribution that of what is left."""
        return self._moments[1]

    @property
    def kurtosis(self) -> float:
        """The fourth central moment over the squared variance."""
        return self._moments[3]

    @property
    def symmetric(self) -> bool:
        """Whether the third central moment is zero."""
        return abs(self._moments[2]) < 1e-9

    @property
    def low(self) -> float:
        """The smallest value, -inf where there is none."""
        return self._support[0]

    @property
    def high(self) -> float:
        """The largest value, inf where there is none."""
        return self._support[1]

    @property
    def _support(self) -> tuple[float, float]:
        if self.family != LISTED:
            return FAMILIES[self.family].support(self.values)
        if not self.numeric:
            raise DesignError(f"{self.words()} has no smallest value: its values are not numbers")
        return min(self.values), max(self.values)

    def ppf(self, shares: np.ndarray) -> list[Any]:
        """Quantiles: the values at cumulative shares in [0, 1], one a share.

        Numbers are Python floats. Listed values stand in their order, each with the same share.
        """
        u = np.clip(np.asarray(shares, dtype=float), EDGE, 1 - EDGE)
        if self.family == LISTED:
            return [self.values[int(k)] for k in np.floor(u * len(self.values))]
        return FAMILIES[self.family].ppf(self.values, u).tolist()

    @property
    def _in_percent(self) -> bool:
        """Whether its words must say percent, to be read as the same."""
        return self.percent and self.numeric and any(abs(v) > SURE for v in self.values)

    def words(self) -> str:
        """The text that `parse` reads as this distribution."""
        numbers = ", ".join(map(in_percent if self._in_percent else _text, self.values))
        return f"[{numbers}]" if self.family == LISTED else f"{self.family}({numbers})"


@dataclass(frozen=True)
class Parameter:
    """Something that is varied: the target that names it, and the distribution of its values."""

    target: str
    distribution: Distribution


def parse(value: Any) -> Distribution:
    """A distribution from what a user writes.

    A text: ``triangular(50%, 100%, 150%)`` and the other families, ``[0%, 2%]`` or ``0%, 2%``, ``0..0.1 by
    0.02``; or a list of values. ``50%`` is 0.5; other texts in a list stay as they are.

    Raises:
        DesignError: what is wrong with it, and what would do.
    """
    if isinstance(value, Distribution):
        return value
    if isinstance(value, list | tuple):
        return _list(value)
    if not isinstance(value, str):
        raise DesignError(f"{_shown(value)} is no distribution: {_FORMS}")
    text = value.strip()
    if text.startswith("["):
        if not text.endswith("]"):
            raise DesignError(f"'{text}' lacks its closing bracket: {_FORMS}")
        return _list(_split(text[1:-1]))
    if "," in text and "(" not in text:
        return _list(_split(text))
    if found := _STEPS.fullmatch(text):
        values = _steps(text, *found.groups())
        return Distribution(LISTED, values, _percent(found.groups()))
    if found := _CALL.fullmatch(text):
        name = found.group(1).lower()
        if name not in FAMILIES:
            raise DesignError(_unknown(name))
        parts = found.group(2).split(",") if found.group(2).strip() else []
        return Distribution(name, tuple(_number(v, text) for v in parts), _percent(parts))
    if _NUMBER.fullmatch(text):
        raise DesignError(f"{text} alone does not vary: {_FORMS}")
    raise DesignError(f"'{text}' is no distribution: {_FORMS}")


def in_percent(value: float) -> str:
    """A share as text in percent, with all its digits: 3.0 is ``300%``."""
    return f"{(Decimal(repr(float(value))) * 100).normalize():f}%"


def _list(items: Sequence[Any]) -> Distribution:
    return Distribution(LISTED, tuple(_item(v) for v in items), _percent(items))


def _percent(written: Sequence[Any]) -> bool:
    """Whether numbers are written in percent, those at least that would be doubtful without."""
    found = [(v, _NUMBER.fullmatch(v) if isinstance(v, str) else None) for v in written]
    sure = [bool(f and f.group(2)) for _, f in found]
    plain = [float(f.group(1)) if f else v for (v, f), there in zip(found, sure, strict=True) if not there]
    return any(sure) and not any(isinstance(v, int | float) and abs(v) > SURE for v in plain)


_FORMS = "write triangular(50%, 100%, 150%), uniform(0, 1), normal(1, 0.2), [0%, 2%, 10%] or 0..0.1 by 0.02"


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name.lower(), FAMILIES, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else f"; there are {', '.join(FAMILIES)}"
    return f"no distribution '{name}'{hint}"


def _number(text: str, whole: str) -> float:
    found = _NUMBER.fullmatch(text)
    if not found:
        raise DesignError(f"{whole}: '{text.strip()}' is not a number such as 0.5 or 50%")
    return float(Decimal(found.group(1)) / (100 if found.group(2) else 1))


def _item(value: Any) -> Any:
    """One listed value: texts that are numbers become numbers, whole numbers become floats."""
    if isinstance(value, str):
        found = _NUMBER.fullmatch(value)
        return _number(value, value) if found else value.strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return tuple(_inner(v) for v in value) if isinstance(value, list | tuple) else value


def _inner(value: Any) -> Any:
    return tuple(_inner(v) for v in value) if isinstance(value, list | tuple) else value


def _split(text: str) -> list[Any]:
    """The parts of a list's text; commas inside brackets belong to a part that is a list itself."""
    out, depth, start = [], 0, 0
    for k, letter in enumerate(text + ","):
        depth += (letter == "[") - (letter == "]")
        if letter == "," and depth == 0:
            out.append(text[start:k].strip())
            start = k + 1
    if depth or not all(out):
        raise DesignError(f"'[{text}]' is not a list of values such as [0%, 2%, 10%]")
    return [_split(v[1:-1]) if v.startswith("[") and v.endswith("]") else v for v in out]


def _steps(text: str, first: str, last: str, step: str) -> tuple[float, ...]:
    low, high, by = (Decimal(repr(_number(v, text))) for v in (first, last, step))
    if by <= 0 or high < low:
        raise DesignError(f"{text}: write low..high by a step above 0, such as 0..0.1 by 0.02")
    count = int((high - low) / by) + 1
    if count > MOST_VALUES:
        raise DesignError(f"{text}: that is {count:,} values, more than {MOST_VALUES:,}")
    return tuple(float(low + k * by) for k in range(count))


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_text(v) for v in value)}]"
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _shown(value: Any) -> str:
    return "nothing" if value is None else f"'{value}'"


def targets_of(parameters: Sequence[Parameter]) -> tuple[str, ...]:
    """The targets in order.

    Raises:
        DesignError: nothing is varied, or a target twice.
    """
    names = tuple(p.target for p in parameters)
    if not names:
        raise DesignError("nothing is varied: name at least one target with its distribution")
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise DesignError(f"varied twice: {', '.join(twice)}")
    return names
