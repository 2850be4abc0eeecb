"""Gaussian quadratures of systematic sensitivity analysis: few points that reproduce moments exactly.

Both rules are symmetric about the means, so that every odd central moment is zero: third moments are exact
for symmetric distributions alone, and the notes of a design name the parameters that are skewed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from cge.designs.correlation import Correlations, matrix, root
from cge.designs.design import Design, DesignError
from cge.designs.distributions import Parameter, targets_of

ROUNDING = 1e-12
"""Share of a parameter's spread by which a point may stand outside its support: rounding, moved inside."""


def stroud(parameters: Sequence[Parameter], *, correlations: Correlations | None = None) -> Design:
    """Stroud's 2N equally weighted points of order 3, as GTAP's systematic sensitivity analysis uses them.

    Means, the covariance matrix and (for symmetric distributions) third moments are exact: whatever is a
    polynomial of degree three in the parameters is integrated exactly. Correlations are linear.

    Source: Stroud (1957), Remarks on the disposition of points in numerical integration formulas; Arndt
    (1996), GTAP technical paper 2; DeVuyst and Preckel (1997); Arndt and Pearson (1998), GTAP technical
    paper 3.

    Raises:
        DesignError: values that are no numbers, or a parameter whose points would leave its support, with the
            widest spread that is admissible.
    """
    names = sorted(targets_of(parameters))
    mean, sd = _moments(parameters, names)
    standard = _circle(len(names)) @ root(matrix(names, correlations or {}))
    points = _within(parameters, names, mean + sd * standard, np.abs(standard).max(axis=0))
    return _design("stroud", parameters, names, points, _skew(parameters))


def liu(parameters: Sequence[Parameter], *, correlations: Correlations | None = None) -> Design:
    """4N equally weighted points of order 3 that reproduce each parameter's own kurtosis besides.

    GTAP's software offers Liu's quadrature beside Stroud's: twice the points, for independent symmetric
    parameters (from memory). Liu's dissertation (1997, Purdue) was not at hand; the points here are this
    project's own, of the same number and order. Two sets of Stroud's points, turned against each other, are
    stretched by ``sqrt(1 + d)`` and ``sqrt(1 - d)`` along each axis, so that variances are kept and ``d``
    makes the mean fourth power that of the distribution, wherever that is possible.

    Raises:
        DesignError: as `stroud`, and correlations.
    """
    if correlations:
        raise DesignError("liu's points are for independent parameters: with correlations use stroud")
    names = sorted(targets_of(parameters))
    mean, sd = _moments(parameters, names)
    first, second = _circle(len(names)), np.roll(_circle(len(names), 0.25), 1, axis=1)
    wide, narrow, missed = [], [], []
    kurtosis = {p.target: p.distribution.kurtosis for p in parameters}
    for k, name in enumerate(names):
        d, exact = _stretch(_fourth(first[:, k]), _fourth(second[:, k]), kurtosis[name])
        wide.append(math.sqrt(1 + d))
        narrow.append(math.sqrt(1 - d))
        if not exact:
            missed.append(name)
    standard = np.vstack([first * wide, second * narrow])
    points = _within(parameters, names, mean + sd * standard, np.abs(standard).max(axis=0))
    notes = ("liu: 4N points of order 3 of this project, because those of Liu (1997) were not at hand",)
    if missed:
        notes += (f"the fourth moments of {_named(missed)} are not reproduced, all others are",)
    return _design("liu", parameters, names, points, (*notes, *_skew(parameters)))


def _circle(count: int, phase: float = 0.0) -> np.ndarray:
    """Stroud's points (2N, N): mean 0, covariance the identity, symmetric about 0.

    Two parameters at a time stand on a circle of radius sqrt(2), each pair at its own frequency; a last one
    without a partner alternates between -1 and 1. ``phase`` turns the circles.
    """
    k = np.arange(1, 2 * count + 1) + phase
    out = np.empty((2 * count, count))
    for r in range(1, count // 2 + 1):
        angle = (2 * r - 1) * k * math.pi / count
        out[:, 2 * r - 2], out[:, 2 * r - 1] = math.sqrt(2) * np.cos(angle), math.sqrt(2) * np.sin(angle)
    if count % 2:
        out[:, -1] = (-1.0) ** np.arange(1, 2 * count + 1)
    return out


def _fourth(column: np.ndarray) -> float:
    return float((column**4).mean())


def _stretch(first: float, second: float, wanted: float) -> tuple[float, bool]:
    """``d`` in [-1, 1] with ``(first (1+d)^2 + second (1-d)^2) / 2 = wanted``, and whether there is one."""
    a, b, c = (first + second) / 2, first - second, (first + second) / 2 - wanted
    inside = b * b - 4 * a * c
    if inside >= 0:
        roots = [(-b + sign * math.sqrt(inside)) / (2 * a) for sign in (1, -1)]
        within = [min(max(d, -1.0), 1.0) for d in roots if abs(d) <= 1 + ROUNDING]
        if within:
            return min(within, key=abs), True
    ends = {d: (first * (1 + d) ** 2 + second * (1 - d) ** 2) / 2 for d in (-1.0, 0.0, 1.0)}
    return min(ends, key=lambda d: abs(ends[d] - wanted)), False


def _moments(parameters: Sequence[Parameter], names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    by_name = {p.target: p.distribution for p in parameters}
    for name, distribution in by_name.items():
        if not distribution.numeric:
            raise DesignError(
                f"{name}: a quadrature needs numbers, and {distribution.words()} holds others: use the "
                "designs grid or list"
            )
    return np.array([by_name[n].mean for n in names]), np.array([by_name[n].sd for n in names])


def _within(
    parameters: Sequence[Parameter], names: Sequence[str], points: np.ndarray, reach: np.ndarray
) -> np.ndarray:
    """The points, rounding errors beyond the ends of a support taken back.

    Raises:
        DesignError: a point outside the support of its parameter.
    """
    out = points.copy()
    by_name = {p.target: p.distribution for p in parameters}
    for k, name in enumerate(names):
        d = by_name[name]
        slack = ROUNDING * max(abs(d.mean), d.sd)
        below, above = float(points[:, k].min()), float(points[:, k].max())
        if below < d.low - slack or above > d.high + slack:
            room = min(d.mean - d.low, d.high - d.mean)
            raise DesignError(
                f"{name}: {d.words()} reaches from {d.low:g} to {d.high:g}, and the points of this rule "
                f"from {below:.4g} to {above:.4g}: {reach[k]:.3g} standard deviations of {d.sd:.3g}. The "
                f"widest standard deviation that stays inside is {room / reach[k]:.3g}: use a distribution "
                "that is less concentrated at its ends, or a sample (lhs)"
            )
        out[:, k] = np.clip(points[:, k], d.low, d.high)
    return out


def _skew(parameters: Sequence[Parameter]) -> tuple[str, ...]:
    skewed = [p.target for p in parameters if not p.distribution.symmetric]
    if not skewed:
        return ()
    return (
        f"not symmetric: {_named(skewed)}; of these the mean and the covariances are reproduced, the third "
        "moment is taken as zero",
    )


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} others" if len(names) > 5 else "")


def _design(
    kind: str,
    parameters: Sequence[Parameter],
    names: Sequence[str],
    points: np.ndarray,
    notes: tuple[str, ...],
) -> Design:
    order = [names.index(p.target) for p in parameters]
    rows = tuple(tuple(row) for row in points[:, order].tolist())
    targets = tuple(p.target for p in parameters)
    return Design(kind, targets, rows, np.full(len(rows), 1 / len(rows)), False, None, notes)
