"""The numbers of a sweep, checked, in an order that does not depend on when or where a point was solved."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import pandas as pd

from cge.designs.design import Design
from results.errors import ResultsError
from results.tidy import SHARE_UNITS

KEYS = ("table", "region", "sector", "partner", "indicator", "unit")
"""Columns of ``rows``: together they name one number."""
SOLVED, FAILED, MISSING = "solved", "failed", "missing"
ENUMERATED = ("grid", "list", "listed", "tornado")
"""Kinds of designs whose points stand for no distribution."""
BLOCK = 4096
"""Rows that are worked on at once, so that a long table needs no copy of itself."""
CHANGE, PERCENT = "change", "percent"

Kind = Literal["sampled", "quadrature", "enumerated"]


class Numbers(Protocol):
    """What one point gives: both (rows,)."""

    @property
    def baseline(self) -> np.ndarray: ...  # noqa: D102
    @property
    def counterfactual(self) -> np.ndarray: ...  # noqa: D102


@dataclass(frozen=True)
class Points:
    """Points that were solved, ordered by their values. ``baseline``, ``counterfactual``: (points, rows);
    ``values``: (points) tuples in the order of ``design.targets``; ``weights``: (points,), sum 1;
    ``central``: baseline and counterfactual, (rows,) each; ``planned``, ``failed``, ``missing``: counts.
    """

    rows: pd.DataFrame
    design: Design
    baseline: np.ndarray
    counterfactual: np.ndarray
    weights: np.ndarray
    values: tuple[tuple[object, ...], ...]
    central: tuple[np.ndarray, np.ndarray]
    planned: int
    failed: int
    missing: int
    order: np.ndarray
    """Places in the design, counted from 0, of the points here."""

    def in_order(self) -> tuple[np.ndarray, np.ndarray]:
        """Baseline and counterfactual (points, rows) in the order of the design."""
        back = np.argsort(self.order, kind="stable")
        return self.baseline[back], self.counterfactual[back]

    @property
    def kind(self) -> Kind:
        """What the points of the design stand for."""
        return kind_of(self.design)

    @property
    def solved(self) -> int:
        """How many have numbers."""
        return len(self.weights)

    @property
    def lost(self) -> float:
        """Share of the points planned that have no numbers."""
        return (self.failed + self.missing) / self.planned if self.planned else 0.0

    @property
    def biased(self) -> bool:
        """Whether what is left no longer integrates as the design does."""
        return self.lost > 0 and self.kind == "quadrature"

    def measured(self, measure: str, where: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Changes or percentages of the rows at ``where``: points (points, rows) and centre (rows,).

        Not a number where there is no such percentage (a share, a baseline of zero).
        """
        units = self.rows["unit"].to_numpy()[where]
        centre = (self.central[0][where], self.central[1][where])
        return (
            measured(measure, self.baseline[:, where], self.counterfactual[:, where], units),
            measured(measure, *centre, units),
        )

    def blocks(self) -> Iterator[np.ndarray]:
        """Row numbers, some thousand at a time."""
        for start in range(0, len(self.rows), BLOCK):
            yield np.arange(start, min(start + BLOCK, len(self.rows)))


def kind_of(design: Design) -> Kind:
    """Whether quantiles mean something (sampled), moments alone (quadrature), or neither (enumerated)."""
    if design.sampled:
        return "sampled"
    return "enumerated" if design.kind in ENUMERATED else "quadrature"


def measured(measure: str, baseline: np.ndarray, new: np.ndarray, units: np.ndarray) -> np.ndarray:
    """The change, or 100 x change / |baseline| as `results.tidy.percent` has it; units by the last axis."""
    change = new - baseline
    if measure == CHANGE:
        return change
    share = np.array([str(u).startswith(SHARE_UNITS) for u in units], dtype=bool)
    exists = (baseline != 0) & ~share
    return np.divide(100 * change, np.abs(baseline), out=np.full_like(change, np.nan), where=exists)


def points(
    rows: pd.DataFrame,
    baseline: np.ndarray,
    counterfactual: np.ndarray,
    central: Numbers,
    design: Design,
    statuses: Sequence[str],
) -> Points:
    """Check what a sweep gives and keep what was solved; see `results.uncertainty.analyse`.

    Raises ResultsError where shapes do not belong together, a row stands twice, a failed point has numbers,
    or a solved one has a number that is infinite.
    """
    _check_rows(rows)
    wanted = (len(design), len(rows))
    both = [np.asarray(a, dtype=float) for a in (baseline, counterfactual)]
    for name, a in zip(("baseline", "counterfactual"), both, strict=True):
        if a.shape != wanted:
            raise ResultsError(f"the {name} of the points is {a.shape}, not (points, rows) = {wanted}")
    centre = tuple(np.asarray(a, dtype=float) for a in (central.baseline, central.counterfactual))
    if any(a.shape != wanted[1:] for a in centre):
        raise ResultsError(f"the central point has {centre[0].shape} and {centre[1].shape} numbers, not "
                           f"{wanted[1:]}: it is not solved, or of other rows")  # fmt: skip
    weights = np.asarray(design.weights, dtype=float)
    if weights.shape != wanted[:1] or len(statuses) != wanted[0]:
        raise ResultsError(f"{wanted[0]} points, {weights.shape} weights and {len(statuses)} statuses")
    if not (weights >= 0).all() or (len(weights) and not weights.sum() > 0):
        raise ResultsError("the weights of the design are not all zero or above, or all zero")
    odd = sorted(set(statuses) - {SOLVED, FAILED, MISSING})
    if odd:
        raise ResultsError(f"status {', '.join(odd)}: choose from {SOLVED}, {FAILED}, {MISSING}")
    known = np.array([s == SOLVED for s in statuses], dtype=bool)
    _check_numbers(both, known, rows)
    order = np.array([k for k in _order(design) if known[k]], dtype=int)
    mine = weights[order]
    total = mine.sum()
    return Points(
        rows.reset_index(drop=True), design, both[0][order], both[1][order],
        mine / total if total > 0 else mine,
        tuple(tuple(design.points[k]) for k in order), (centre[0], centre[1]),
        len(design), sum(s == FAILED for s in statuses), sum(s == MISSING for s in statuses),
        order,
    )  # fmt: skip


def many(count: int, what: str) -> str:
    """``1 point``, ``2 points``."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def text_of(value: object) -> str:
    """A value of a target as text: JSON, which keeps every digit."""
    return json.dumps(value, sort_keys=True, default=str)


def _order(design: Design) -> list[int]:
    """Points by their values: sums are then added up in one order, wherever the points came from."""
    by = sorted(range(len(design.targets)), key=lambda k: design.targets[k])
    names = [[text_of(p[k]) for k in by] for p in design.points]
    return sorted(range(len(design)), key=lambda n: (names[n], float(design.weights[n]), n))


def _check_rows(rows: pd.DataFrame) -> None:
    lacking = [k for k in KEYS if k not in rows.columns]
    if lacking:
        raise ResultsError(f"the rows of the sweep lack {', '.join(lacking)}")
    twice = rows.loc[rows.duplicated(list(KEYS)).to_numpy()]
    if len(twice):
        raise ResultsError(f"two rows of the sweep are {', '.join(map(str, twice.iloc[0][list(KEYS)]))}")


def _check_numbers(both: Sequence[np.ndarray], known: np.ndarray, rows: pd.DataFrame) -> None:
    for name, a in zip(("baseline", "counterfactual"), both, strict=True):
        filled = np.flatnonzero(~known & np.isfinite(a).any(axis=1))
        if len(filled):
            raise ResultsError(f"point {filled[0] + 1} has no solution and yet a {name}: it gives no numbers")
        bad = np.argwhere(np.isinf(a))
        if len(bad):
            row = rows.iloc[int(bad[0][1])]
            raise ResultsError(f"point {bad[0][0] + 1}: the {name} of {row['indicator']} for {row['region']} "
                               "is infinite")  # fmt: skip
