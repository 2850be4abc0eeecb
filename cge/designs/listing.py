"""Designs that name their points: full factorial, rows of values, one parameter at a time."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from cge.designs.design import Design, DesignError
from cge.designs.distributions import LISTED, Parameter, targets_of

MOST_POINTS = 10_000
"""Points of a grid that is not asked for by its number."""
QUANTILES = (0.05, 0.95)
"""Low and high of a one-at-a-time design."""


def grid(parameters: Sequence[Parameter], *, limit: int = MOST_POINTS) -> Design:
    """Every combination of the listed values, the last target fastest; equal weights.

    Raises:
        DesignError: a distribution without a list, a value twice, or more points than ``limit``.
    """
    targets_of(parameters)
    lists = [_list(p, "grid") for p in parameters]
    for p, values in zip(parameters, lists, strict=True):
        if len({repr(v) for v in values}) < len(values):
            raise DesignError(f"{p.target}: {p.distribution.words()} has a value twice: a grid needs it once")
    count = math.prod(len(values) for values in lists)
    if count > limit:
        sizes = " x ".join(str(len(values)) for values in lists)
        raise DesignError(
            f"the grid has {count:,} points ({sizes}), more than {limit:,}: shorten the lists, use lhs or "
            f"sobol, or ask for it by its number of points ({count})"
        )
    return _design("grid", parameters, list(itertools.product(*lists)))


def listed(parameters: Sequence[Parameter]) -> Design:
    """The lists side by side: point k takes the k-th value of each; equal weights.

    Raises:
        DesignError: a distribution without a list, or lists of different lengths.
    """
    targets_of(parameters)
    lists = [_list(p, "list") for p in parameters]
    if len({len(values) for values in lists}) > 1:
        lengths = ", ".join(f"{p.target} {len(v)}" for p, v in zip(parameters, lists, strict=True))
        raise DesignError(
            f"the lists of the design 'list' are read side by side and must be of one length: {lengths}; for "
            "every combination use grid"
        )
    return _design("list", parameters, list(zip(*lists, strict=True)))


def tornado(parameters: Sequence[Parameter], *, quantiles: tuple[float, float] = QUANTILES) -> Design:
    """One parameter at a time, low then high, all others as the scenario has them.

    ``quantiles``: cumulative shares of low and high; of a list its smallest and largest number, or its first
    and last word. Points stand in the order of the parameters.

    Raises:
        DesignError: quantiles that are not below one another in [0, 1], or an end that is infinite.
    """
    names = targets_of(parameters)
    below, above = quantiles
    if not 0 <= below < above <= 1:
        raise DesignError(f"quantiles {below:g} and {above:g}: two shares from 0 to 1 are needed, low first")
    points: list[tuple[Any, ...]] = []
    notes: list[str] = []
    for k, p in enumerate(parameters):
        d = p.distribution
        if d.family == LISTED:
            ends: Sequence[Any] = [d.low, d.high] if d.numeric else [d.values[0], d.values[-1]]
            if len(d.values) > 2:
                notes.append(f"{p.target}: only the ends of {d.words()} are solved, the rest is between")
        else:
            ends = [_end(p, q) for q in quantiles]
        points += [tuple(end if m == k else None for m in range(len(names))) for end in ends]
    if any(p.distribution.family != LISTED for p in parameters):
        notes.insert(0, f"low and high are the {below:.3g} and {above:.3g} quantiles")
    return _design("tornado", parameters, points, tuple(notes))


def _end(parameter: Parameter, quantile: float) -> float:
    d = parameter.distribution
    if quantile in (0, 1):
        end = d.high if quantile else d.low
        if not math.isfinite(end):
            raise DesignError(f"{parameter.target}: {d.words()} has no finite end: choose quantiles inside")
        return float(end)
    return float(d.ppf(np.array([quantile]))[0])


def _list(parameter: Parameter, kind: str) -> tuple[Any, ...]:
    d = parameter.distribution
    if d.family != LISTED:
        raise DesignError(
            f"{parameter.target}: the design '{kind}' needs a list such as [50%, 100%, 150%] or 0.5..1.5 by "
            f"0.5, not {d.words()}"
        )
    return d.values


def _design(
    kind: str, parameters: Sequence[Parameter], points: Sequence[tuple[Any, ...]], notes: tuple[str, ...] = ()
) -> Design:
    targets = tuple(p.target for p in parameters)
    return Design(kind, targets, tuple(points), np.full(len(points), 1 / len(points)), False, None, notes)
