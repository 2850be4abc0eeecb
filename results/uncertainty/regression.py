"""Main effects by least squares: what each target adds when all others stay at their mean.

Pure arrays. A numeric target is one column, a target of words one column a word beyond the first. Shares of
variance are those of Pratt (cov of the target's part with the result over its variance): they add up to R2,
and for targets that do not hang together each is the squared standardised coefficient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from results.uncertainty.inputs import text_of

SPARE = 1
"""Points needed beyond the coefficients, so that a fit says something."""


@dataclass(frozen=True)
class Column:
    """Columns of one target. ``numeric``: whether they are the numbers themselves; ``words``: levels."""

    target: str
    values: np.ndarray
    numeric: bool
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fit:
    """By target (targets, rows): ``low``, ``high`` (part of the result where the target is one sd below and
    above its mean; for words smallest and largest), each less that at the target's mean; ``in_use``: the same
    at its value in use, NaN where that is not known; ``standardised``, ``share`` of variance; ``mean`` of the
    points and ``r2``: (rows,); ``at_low``, ``at_high``: by target, the values as text.
    """

    targets: tuple[str, ...]
    low: np.ndarray
    high: np.ndarray
    in_use: np.ndarray
    mean: np.ndarray
    standardised: np.ndarray
    share: np.ndarray
    r2: np.ndarray
    at_low: tuple[str, ...]
    at_high: tuple[str, ...]


def number_of(value: object) -> float | None:
    """A value as a number; None for words, lists and truth values."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def columns(targets: Sequence[str], points: Sequence[Sequence[object]]) -> list[Column]:
    """The targets that take more than one value."""
    out = []
    for k, target in enumerate(targets):
        mine = [p[k] for p in points]
        numbers = [number_of(v) for v in mine]
        if all(n is not None for n in numbers):
            values = np.array(numbers, dtype=float)[:, None]
            if len(values) and np.ptp(values) > 0:
                out.append(Column(target, values, True))
            continue
        texts = [text_of(v) for v in mine]
        levels = tuple(sorted(set(texts)))
        if len(levels) > 1:
            dummies = np.array([[float(t == level) for level in levels[1:]] for t in texts])
            out.append(Column(target, dummies, False, levels))
    return out


def enough(found: Sequence[Column], count: int) -> bool:
    """Whether so many points identify every effect."""
    return bool(found) and count >= sum(c.values.shape[1] for c in found) + 1 + SPARE


def fit(
    found: Sequence[Column], y: np.ndarray, w: np.ndarray, in_use: Mapping[str, object] | None = None
) -> Fit | None:
    """Weighted least squares of every column of ``y`` (points, rows), all finite; ``w``: sum 1; ``in_use``:
    the scenario's own values by target. None where the points do not tell the targets apart.
    """
    x = np.concatenate([c.values for c in found], axis=1)
    mean = w @ x
    size = np.sqrt(w @ (x - mean) ** 2)
    if (size <= 0).any():
        return None
    z = (x - mean) / size
    off = y - w @ y
    root = np.sqrt(w)[:, None]
    if np.linalg.matrix_rank(root * z) < z.shape[1]:
        return None
    beta = np.linalg.lstsq(root * z, root * off, rcond=None)[0]
    variance = w @ off**2
    moved = variance > 0
    covariance = (root * z).T @ (root * off)
    part = np.divide(beta * covariance, variance, out=np.full_like(beta, np.nan), where=moved)
    return _by_target(found, z, (mean, size), beta, part, (w @ y, np.sqrt(variance)), in_use or {})


def _by_target(
    found: Sequence[Column], z: np.ndarray, of_x: tuple[np.ndarray, np.ndarray], beta: np.ndarray,
    part: np.ndarray, of_y: tuple[np.ndarray, np.ndarray], in_use: Mapping[str, object],
) -> Fit:  # fmt: skip
    """``of_x``, ``of_y``: means and standard deviations of the columns and of the results."""
    shape, sd = (len(found), beta.shape[1]), of_y[1]
    low, high, used, standardised, share = (np.full(shape, np.nan) for _ in range(5))
    at: list[tuple[str, str]] = []
    start = 0
    for k, c in enumerate(found):
        mine = slice(start, start := start + c.values.shape[1])
        mean, size = of_x[0][mine], of_x[1][mine]
        share[k] = part[mine].sum(axis=0)
        here = _columns_at(c, in_use.get(c.target))
        if here is not None:
            used[k] = ((here - mean) / size) @ beta[mine]
        if c.numeric:
            low[k], high[k] = -beta[mine][0], beta[mine][0]
            standardised[k] = np.divide(beta[mine][0], sd, out=np.full_like(sd, np.nan), where=sd > 0)
            middle, width = float(mean[0]), float(size[0])
            at.append((f"{middle - width:.6g}", f"{middle + width:.6g}"))
        else:
            parts = z[:, mine] @ beta[mine]
            low[k], high[k] = parts.min(axis=0), parts.max(axis=0)
            at.append(("the word with the least", "the word with the most"))
    with np.errstate(invalid="ignore"):
        r2 = share.sum(axis=0)
    return Fit(tuple(c.target for c in found), low, high, used, of_y[0], standardised, share, r2,
               tuple(a for a, _ in at), tuple(b for _, b in at))  # fmt: skip


def _columns_at(c: Column, value: object) -> np.ndarray | None:
    """The columns of a target at a value; None where it is not known, or a word that no point has."""
    if c.numeric:
        number = number_of(value)
        return None if number is None else np.array([number])
    text = text_of(value)
    return None if value is None or text not in c.words else np.array([float(text == w) for w in c.words[1:]])


def prcc(found: Sequence[Column], y: np.ndarray) -> np.ndarray:
    """Partial rank correlation of each numeric target with every column of ``y``: (targets, rows); NaN for
    words, where a column does not move, and where there are too few points.
    """
    out = np.full((len(found), y.shape[1]), np.nan)
    numeric = [k for k, c in enumerate(found) if c.numeric]
    if not numeric or len(y) < len(numeric) + 3:
        return out
    x = _ranks(np.concatenate([found[k].values for k in numeric], axis=1))
    if np.linalg.matrix_rank(x) < x.shape[1]:
        return out
    moved = np.ptp(y, axis=0) > 0
    ranked = _ranks(y[:, moved])
    inverse = np.linalg.inv(x.T @ x)
    right = x.T @ ranked
    beta = inverse @ right
    left = np.maximum(1 - (beta * right).sum(axis=0), 0.0)
    room = np.sqrt(beta**2 + np.diag(inverse)[:, None] * left)
    partial = np.divide(beta, room, out=np.zeros_like(beta), where=room > 1e-12)
    for place, k in enumerate(numeric):
        out[k, moved] = partial[place]
    return out


def _ranks(a: np.ndarray) -> np.ndarray:
    """Ranks of each column, centred, of length one."""
    from scipy.stats import rankdata  # slow to load, and not needed to read the tables

    ranks = np.asarray(rankdata(a, axis=0), dtype=float)
    ranks = ranks - ranks.mean(axis=0)
    return ranks / np.sqrt((ranks**2).sum(axis=0))
