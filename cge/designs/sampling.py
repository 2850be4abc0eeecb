"""Samples of the parameters' joint distribution: Latin hypercube, Sobol points, Monte Carlo.

A parameter's own numbers follow from the seed and its target alone in a Latin hypercube and in Monte Carlo,
so that neither the order of the parameters nor another parameter changes them; Sobol points are given to the
targets in alphabetical order. Correlations are rank correlations.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from cge.designs.correlation import Correlations, copula, matrix, reordered
from cge.designs.design import Design, DesignError
from cge.designs.distributions import Parameter, targets_of

MOST_POINTS = 1_000_000


def latin_hypercube(
    parameters: Sequence[Parameter], points: int, *, seed: int = 1, correlations: Correlations | None = None
) -> Design:
    """One point in each of ``points`` equally likely strata of every parameter (McKay and others 1979).

    Correlations by Iman and Conover's reordering, which keeps the strata.

    Raises:
        DesignError: as `monte_carlo`.
    """
    from scipy.stats import qmc

    names = _checked(parameters, points, seed)
    drawn = [qmc.LatinHypercube(d=1, rng=_generator(seed, n)).random(points)[:, 0] for n in names]
    shares, tie = np.column_stack(drawn), matrix(names, correlations or {})
    shares = reordered(shares, tie, _generator(seed, "order of ranks"))
    return _design("lhs", parameters, names, shares, seed)


def sobol(
    parameters: Sequence[Parameter], points: int, *, seed: int = 1, correlations: Correlations | None = None
) -> Design:
    """Scrambled Sobol points (Owen's scrambling); correlations by a Gaussian copula.

    Raises:
        DesignError: as `monte_carlo`.
    """
    from scipy.stats import qmc

    names = _checked(parameters, points, seed)
    if len(names) > qmc.Sobol.MAXDIM:
        raise DesignError(f"sobol points have at most {qmc.Sobol.MAXDIM:,} parameters, not {len(names):,}")
    power = (points - 1).bit_length()
    whole = qmc.Sobol(d=len(names), scramble=True, rng=np.random.default_rng(seed)).random_base2(power)
    notes = ()
    if points != 2**power:
        notes = (
            f"{points} is no power of 2, so the Sobol points are not balanced: {2 ** (power - 1)} or "
            f"{2**power} would be",
        )
    shares = copula(_inside(whole[:points]), matrix(names, correlations or {}))
    return _design("sobol", parameters, names, shares, seed, notes)


def monte_carlo(
    parameters: Sequence[Parameter], points: int, *, seed: int = 1, correlations: Correlations | None = None
) -> Design:
    """Independent draws; correlations by a Gaussian copula.

    Raises:
        DesignError: nothing is varied, a target twice, no points, or impossible correlations.
    """
    names = _checked(parameters, points, seed)
    drawn = np.column_stack([_generator(seed, n).random(points) for n in names])
    shares = copula(_inside(drawn), matrix(names, correlations or {}))
    return _design("monte_carlo", parameters, names, shares, seed)


def _checked(parameters: Sequence[Parameter], points: int, seed: int) -> list[str]:
    """The targets in alphabetical order."""
    if not 1 <= points <= MOST_POINTS:
        raise DesignError(f"a sample has 1 to {MOST_POINTS:,} points, not {points:,}")
    if seed < 0:
        raise DesignError(f"a seed is a whole number from 0, not {seed}")
    return sorted(targets_of(parameters))


def _inside(shares: np.ndarray) -> np.ndarray:
    return np.clip(shares, 2.0**-40, 1 - 2.0**-40)


def _generator(seed: int, name: str) -> np.random.Generator:
    """A stream of its own for each seed and name."""
    digest = hashlib.sha256(name.encode()).digest()
    return np.random.default_rng([seed, *np.frombuffer(digest, dtype="<u4").tolist()])


def _design(
    kind: str,
    parameters: Sequence[Parameter],
    names: Sequence[str],
    shares: np.ndarray,
    seed: int,
    notes: tuple[str, ...] = (),
) -> Design:
    place = {name: k for k, name in enumerate(names)}
    columns: list[list[Any]] = [p.distribution.ppf(shares[:, place[p.target]]) for p in parameters]
    points = tuple(zip(*columns, strict=True))
    weights = np.full(len(points), 1 / len(points))
    return Design(kind, tuple(p.target for p in parameters), points, weights, True, seed, notes)
