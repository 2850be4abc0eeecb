"""Correlations between varied parameters: the matrix, its root, and samples that carry it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import ndtr, ndtri

from cge.designs.design import DesignError

Correlations = Mapping[tuple[str, str], float]
"""By pair of targets, in either order; pairs that are not named are uncorrelated."""

MOST_PAIRS = 4
"""Pairs that a message names."""
LEAST = 1e-10
"""Smallest admissible eigenvalue of a correlation matrix."""


def matrix(targets: Sequence[str], correlations: Correlations) -> np.ndarray:
    """The correlation matrix over ``targets``.

    Raises:
        DesignError: a target that is not varied, a pair of one target or named twice, a number outside
            (-1, 1), or correlations that contradict each other (the matrix is not positive definite).
    """
    out, seen = np.eye(len(targets)), set()
    for (one, other), value in correlations.items():
        unknown = [t for t in (one, other) if t not in targets]
        if unknown:
            raise DesignError(f"correlation of {one} and {other}: {unknown[0]} is not varied")
        if one == other:
            raise DesignError(f"correlation of {one} with itself is 1: name two targets")
        if frozenset((one, other)) in seen:
            raise DesignError(f"correlation of {one} and {other} is given twice")
        if not -1 < value < 1:
            raise DesignError(
                f"correlation of {one} and {other} is {value:g}: it must be above -1 and below 1; for "
                "targets that move as one vary one that covers both, such as trade instead of trade[C29]"
            )
        seen.add(frozenset((one, other)))
        k, m = targets.index(one), targets.index(other)
        out[k, m] = out[m, k] = value
    least = float(np.linalg.eigvalsh(out)[0]) if seen else 1.0
    if least < LEAST:
        raise DesignError(
            f"these correlations contradict each other (smallest eigenvalue {least:.3g}): "
            + _mend(out, correlations)
        )
    return out


def _mend(out: np.ndarray, correlations: Correlations) -> str:
    """How far correlations must be weakened to be possible, all by the same factor."""
    pairs = [f"{a} with {b} {v:g}" for (a, b), v in correlations.items()]
    values = set(correlations.values())
    least = float(np.linalg.eigvalsh(out - np.eye(len(out)))[0])
    share = math.floor(-1e4 / least) / 1e4  # 1 + share x least is then above zero
    if len(values) == 1:
        smallest = values.pop() * share
        return f"the limit for these {len(pairs)} pairs alike is about {smallest:.3g}"
    more = f" and {len(pairs) - MOST_PAIRS} more" if len(pairs) > MOST_PAIRS else ""
    named = f"{', '.join(pairs[:MOST_PAIRS])}{more}"
    return f"weaken some of {named}, or multiply all of them by {share:.4g}"


def root(correlation: np.ndarray) -> np.ndarray:
    """The symmetric square root; every row has length 1, and no parameter is treated as the first."""
    values, vectors = np.linalg.eigh(correlation)
    return (vectors * np.sqrt(values)) @ vectors.T


def _moved(correlation: np.ndarray) -> np.ndarray:
    """Columns that correlate with another; the rest of a sample is left as it is drawn."""
    return np.flatnonzero((np.abs(correlation - np.eye(len(correlation))) > 0).any(axis=1))


def _normal(correlation: np.ndarray) -> np.ndarray:
    """The correlation of normal scores that gives this rank correlation (Spearman), one by one.

    For the bivariate normal distribution rank correlation is 6/pi asin(r/2), so r = 2 sin(pi rank / 6).
    """
    return 2 * np.sin(np.pi * correlation / 6)


def copula(shares: np.ndarray, correlation: np.ndarray) -> np.ndarray:
    """Independent shares (points, parameters) in (0, 1) with rank correlations, by the Gaussian copula.

    Raises:
        DesignError: rank correlations that no normal scores have (just inside the admissible).
    """
    columns = _moved(correlation)
    if not columns.size:
        return shares
    wanted = _normal(correlation[np.ix_(columns, columns)])
    try:
        lower = np.linalg.cholesky(wanted)
    except np.linalg.LinAlgError:
        raise DesignError("these rank correlations are too close to the limit of what is possible") from None
    out = shares.copy()
    out[:, columns] = ndtr(ndtri(shares[:, columns]) @ lower.T)
    return out


def reordered(shares: np.ndarray, correlation: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same shares, sorted anew within each column so that ranks correlate (Iman and Conover 1982).

    Every column keeps its values, so that a Latin hypercube stays one. Scores are normal; their sample
    correlation is removed before the wanted one is put on. Needs more points than correlated parameters.

    Source: Iman and Conover (1982), A distribution-free approach to inducing rank correlation among input
    variables, Communications in Statistics B 11.
    """
    columns = _moved(correlation)
    if not columns.size:
        return shares
    points = len(shares)
    if points <= len(columns) + 1:
        raise DesignError(
            f"{points} points are too few to correlate {len(columns)} parameters: ask for at least "
            f"{len(columns) + 2}"
        )
    scores = ndtri(np.arange(1, points + 1) / (points + 1))
    mixed = np.column_stack([scores[rng.permutation(points)] for _ in columns])
    own = np.linalg.cholesky(np.corrcoef(mixed, rowvar=False))
    try:
        wanted = np.linalg.cholesky(_normal(correlation[np.ix_(columns, columns)]))
    except np.linalg.LinAlgError:
        raise DesignError("these rank correlations are too close to the limit of what is possible") from None
    target = mixed @ np.linalg.inv(own).T @ wanted.T
    out = shares.copy()
    for k, column in enumerate(columns):
        ranks = np.argsort(np.argsort(target[:, k]))
        out[:, column] = np.sort(shares[:, column])[ranks]
    return out
