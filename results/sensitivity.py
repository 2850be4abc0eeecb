"""What a result hangs on: derivatives by target, shares of first-order variance, an account of the shocks.

Everything here is first order about the central case. The variance of a number is the sum over independent
targets of (slope x standard deviation) squared, its mean the central value plus slope x (mean of the target
less its value): the delta method. The slope is the derivative, or where thresholds are near (a cap on a cut
of a barrier that some sectors reach) its average over one standard deviation to either side, with inputs
moving as they do there. A target where left and right slope differ has a threshold at its value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

PLACE = ["region", "sector", "indicator", "unit"]
NUMBERS = [
    *PLACE, "baseline", "counterfactual", "change", "mean", "sd", "low", "high", "targets", "near",
    "near_share",
]  # fmt: skip
"""``change``: counterfactual less baseline; ``mean``, ``sd``: of it, first order, over the standard ranges;
``low``, ``high``: mean less and plus 1.96 sd; ``targets``: those whose range moves it; ``near``: how many of
them have thresholds near, ``near_share``: these targets' share of the variance."""
TARGETS = [
    *PLACE, "target", "kind", "target_unit", "value", "derivative", "step", "effect", "left", "right",
    "wide", "around", "target_mean", "target_sd", "slope_used", "sd_effect", "share_of_variance", "source",
    "confidence", "note",
]  # fmt: skip
"""``derivative``: of the change, by one unit of the target; ``step``: what ``effect`` is the effect of;
``left``, ``right``: derivatives to either side; ``wide``: with inputs moving as they do on average ``around``
(one standard deviation about the mean of the range, 5 % of the value without one); ``slope_used``: which of
``derivative`` and ``wide`` the spread is of; ``sd_effect``: that slope x ``target_sd``."""
CELLS = [
    *PLACE, "instrument", "origin", "destination", "of_sector", "factor", "level_change", "contribution",
]  # fmt: skip
ACCOUNT = [*PLACE, "instrument", "first_order", "exact", "remainder"]
"""A row for each instrument (``exact`` NaN), and one with instrument "" for all: exact change, remainder."""
WIDTH_95 = 1.96
NOTHING = 1e-9
"""Of a variance: a target with less of it than this does not move the number."""
SAME = 1e-3
"""A wide slope that differs from the derivative by less than this share is the same slope."""
NEAR = 0.05
"""A wide slope that differs from the derivative by more than this share is told to the reader."""


@dataclass(frozen=True)
class Moved:
    """One target: its slope for each of K numbers and what is known of it (see `TARGETS` for the names)."""

    target: str
    kind: str
    unit: str
    value: float
    derivative: np.ndarray
    left: np.ndarray
    right: np.ndarray
    kinked: np.ndarray
    wide: np.ndarray
    around: str
    mean: float
    sd: float
    source: str
    confidence: str
    note: str = ""

    @property
    def step(self) -> tuple[str, float]:
        """What an effect is shown of: one point of a share, 10 % of any other number, 1 where that is 0."""
        if self.unit.startswith("share"):
            return "+1 point", 0.01
        return ("+10 %", 0.1 * self.value) if self.value else ("+1", 1.0)

    @property
    def widely(self) -> np.ndarray:
        """For which of the numbers the average slope stands behind the spread."""
        apart = np.abs(self.wide - self.derivative)
        return np.isfinite(self.wide + self.sd) & (apart > SAME * np.abs(self.derivative))

    @property
    def used(self) -> np.ndarray:
        """The slopes (K,) behind the spread."""
        return np.where(self.widely, self.wide, self.derivative)

    @property
    def near(self) -> np.ndarray:
        """For which of the numbers thresholds are at the value or near it."""
        apart = np.abs(self.wide - self.derivative)
        return self.kinked | (np.isfinite(self.wide) & (apart > NEAR * np.abs(self.derivative)))


@dataclass(frozen=True)
class Sensitivity:
    """``numbers``, ``targets``, ``cells``, ``account``: frames with the columns of this module's lists, those
    of targets ranked by what they move. ``counts``: solves, factorisations, numbers, targets, cases prepared.
    ``names``: of regions and sectors, in words.
    """

    name: str
    title: str
    numbers: pd.DataFrame
    targets: pd.DataFrame
    cells: pd.DataFrame
    account: pd.DataFrame
    counts: Mapping[str, int]
    notes: tuple[str, ...]
    names: Mapping[str, str]

    def __repr__(self) -> str:
        """One line: of what, and how many targets."""
        return (
            f"Sensitivity({self.title}: {len(self.numbers)} numbers, {self.counts['targets']} targets, "
            f"{self.counts['factorisations']} factorisations)"
        )

    def _repr_html_(self) -> str:
        from results.notebook import dependence_html
        from results.sensitivity_screen import blocks

        return dependence_html(self.title, blocks(self))

    def ranking(self, row: Mapping[str, str]) -> pd.DataFrame:
        """Targets of one number (a row of ``numbers``), what moves it most first."""
        return of(self.targets, row)


def of(table: pd.DataFrame, row: Mapping[str, str]) -> pd.DataFrame:
    """The rows of a table about one number."""
    mask = np.ones(len(table), dtype=bool)
    for column in PLACE:
        mask &= (table[column] == row[column]).to_numpy()
    return table.loc[mask]


def target_table(places: pd.DataFrame, moved: Sequence[Moved]) -> pd.DataFrame:
    """Every target of every number, ranked: by the effect of a standard deviation, then of a step."""
    slopes = np.array([m.used * m.sd for m in moved]).reshape(len(moved), len(places))
    variance = np.nansum(slopes**2, axis=0)
    rows = []
    for k, place in enumerate(pd.DataFrame(places[PLACE]).to_dict(orient="records")):
        for m, spread in zip(moved, slopes[:, k], strict=True):
            word, step = m.step
            share = spread**2 / variance[k] if variance[k] > 0 else np.nan
            rows.append(
                [
                    *place.values(), m.target, m.kind, m.unit, m.value, m.derivative[k], word,
                    step * m.derivative[k], m.left[k], m.right[k], m.wide[k], m.around, m.mean, m.sd,
                    _which(m, k), spread, share, m.source, m.confidence, _note(m, k),
                ]
            )  # fmt: skip
    table = pd.DataFrame(rows, columns=TARGETS)
    order = {tuple(p): n for n, p in enumerate(places[PLACE].itertuples(index=False, name=None))}
    number = [order[p] for p in table[PLACE].itertuples(index=False, name=None)]
    size = np.nan_to_num(np.abs(table.sd_effect.to_numpy(float)), nan=-1.0)
    keys = (table.target.to_numpy(str), -np.abs(table.effect.to_numpy(float)), -size, np.array(number))
    return table.iloc[np.lexsort(keys)].reset_index(drop=True)


def _which(m: Moved, k: int) -> str:
    if not np.isfinite(m.sd):
        return ""
    return "wide" if m.widely[k] else "derivative"


def _note(m: Moved, k: int) -> str:
    """What a reader must know of one slope: thresholds, sides that are closed."""
    words, (word, step) = [], m.step
    if m.kinked[k]:
        sides = f"{step * m.left[k]:+.3g} ({word}) by the slope below it, {step * m.right[k]:+.3g} above"
        words.append(f"threshold at this value: {sides}")
    if m.near[k] and not m.kinked[k]:
        here, near = step * m.derivative[k], step * m.wide[k]
        words.append(f"thresholds near: {here:+.3g} ({word}) here, {near:+.3g} on average within {m.around}")
    return "; ".join((*words, *([m.note] if m.note else [])))


def number_table(
    places: pd.DataFrame, before: np.ndarray, after: np.ndarray, moved: Sequence[Moved]
) -> pd.DataFrame:
    """The numbers with their first-order mean, standard deviation and interval; NaN where nothing varies."""
    varied = [m for m in moved if np.isfinite(m.sd)]
    table = places[PLACE].copy()
    table["baseline"], table["counterfactual"], table["change"] = before, after, after - before
    nothing = np.full(len(table), np.nan)
    shift = sum((m.used * (m.mean - m.value) for m in varied), np.zeros(len(table)))
    parts = np.array([(m.used * m.sd) ** 2 for m in varied]).reshape(len(varied), len(table))
    variance = parts.sum(axis=0)
    counted = parts > NOTHING * variance
    near = np.array([m.near for m in varied], dtype=bool).reshape(parts.shape) & counted
    sd = np.sqrt(variance)
    table["mean"] = table.change + shift if varied else nothing
    table["sd"] = sd if varied else nothing
    table["low"] = table["mean"] - WIDTH_95 * table.sd
    table["high"] = table["mean"] + WIDTH_95 * table.sd
    table["targets"], table["near"] = counted.sum(axis=0), near.sum(axis=0)
    held = np.where(near, parts, 0.0).sum(axis=0)
    table["near_share"] = np.divide(held, variance, out=nothing.copy(), where=variance > 0)
    return pd.DataFrame(table[NUMBERS])


def account_table(numbers: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """First-order contributions by instrument, and the exact change with what they leave of it."""
    rows = []
    for place in numbers.to_dict(orient="records"):
        found = of(cells, {str(k): v for k, v in place.items()})
        sums = found.groupby("instrument", sort=False).contribution.sum()
        key = [place[c] for c in PLACE]
        rows += [[*key, name, value, np.nan, np.nan] for name, value in sums.items()]
        total = float(sums.sum())
        rows.append([*key, "", total, place["change"], place["change"] - total])
    return pd.DataFrame(rows, columns=ACCOUNT)
