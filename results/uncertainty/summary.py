"""The table ``summary``: every row of the sweep with its statistics and what stands against them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from results.uncertainty.inputs import CHANGE, KEYS, PERCENT, Points
from results.uncertainty.moments import (
    CHEBYSHEV_75,
    CHEBYSHEV_95,
    NOISE,
    Moments,
    cantelli,
    moments,
    quantiles,
    signs,
)

QUANTILE_NAMES = ("q05", "q25", "q50", "q75", "q95")
SHARES = ("share_up", "share_down", "share_same")
COLUMNS = (
    *KEYS, "measure", "central", "mean", "sd", "min", "max", *QUANTILE_NAMES, *SHARES, "sign_at_least",
    "low75", "high75", "low95", "high95", "points", "numbers", "absent", "failed", "missing", "share_failed",
    "note",
)  # fmt: skip
"""``measure``: change (in the unit) or percent; ``low75`` ... ``high95``: Chebyshev's bands; ``absent``:
solved points where the number does not exist; ``share_failed``: points
without a solution, failed or missing."""

ENUMERATED = {
    "grid": "points of a grid have no probabilities: mean and sd are plain averages over the points",
    "tornado": "one target is moved at a time: no mean, sd or probability; the range is that of these points",
}


def summary(p: Points) -> pd.DataFrame:
    """Two lines a row of the sweep, change and percent (one where there is no percentage): ``COLUMNS``."""
    parts = [_block(p, where, measure) for where in p.blocks() for measure in (CHANGE, PERCENT)]
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    out = pd.concat(parts, ignore_index=True)
    place = out.pop("_row").to_numpy()
    order = np.lexsort(((out["measure"] == PERCENT).to_numpy(), place))
    return out.iloc[order].reset_index(drop=True)


def _block(p: Points, where: np.ndarray, measure: str) -> pd.DataFrame:
    y, central = p.measured(measure, where)
    if measure == PERCENT:
        exists = np.isfinite(central) | np.isfinite(y).any(axis=0)
        y, central, where = y[:, exists], central[exists], where[exists]
    found = p.rows.iloc[where][list(KEYS)].reset_index(drop=True)
    if measure == PERCENT:
        found["unit"] = PERCENT
    m = moments(y, p.weights, sample=p.kind == "sampled")
    defined = not (p.kind == "enumerated" and p.design.kind == "tornado")
    nothing = np.full(len(where), np.nan)
    found["measure"], found["central"] = measure, central
    found["mean"], found["sd"] = (m.mean, m.sd) if defined else (nothing, nothing)
    found["min"], found["max"] = m.low, m.high
    found = found.assign(**dict(_probabilities(p, y, m, where, measure)))
    found["points"], found["numbers"] = p.planned, m.count
    found["absent"] = p.solved - m.count
    found["failed"], found["missing"], found["share_failed"] = p.failed, p.missing, p.lost
    found["note"] = _notes(p, m)
    found["_row"] = where
    return found[[*COLUMNS, "_row"]]


def _probabilities(
    p: Points, y: np.ndarray, m: Moments, where: np.ndarray, measure: str
) -> Iterator[tuple[str, np.ndarray]]:
    """Quantiles and shares of samples; bounds of Chebyshev where there is a distribution."""
    nothing = np.full(y.shape[1], np.nan)
    sampled, spread = p.kind == "sampled", p.kind != "enumerated"
    found = quantiles(y, p.weights) if sampled else [nothing] * len(QUANTILE_NAMES)
    yield from zip(QUANTILE_NAMES, found, strict=True)
    shares = signs(y, p.weights, _still(p, where, measure)) if sampled and p.solved else [nothing] * 3
    yield from zip(SHARES, shares, strict=True)
    yield "sign_at_least", cantelli(m.mean, m.sd) if spread else nothing
    for name, width in (("75", CHEBYSHEV_75), ("95", CHEBYSHEV_95)):
        for side, sign in (("low", -1), ("high", 1)):
            yield f"{side}{name}", m.mean + sign * width * m.sd if spread else nothing


def _still(p: Points, where: np.ndarray, measure: str) -> np.ndarray:
    """What counts as no change, (points, rows): of the baseline; of the largest change where that is zero."""
    base = p.baseline[:, where]
    if measure == PERCENT:
        return np.full_like(base, 100 * NOISE)
    largest = np.nan_to_num(np.abs(p.counterfactual[:, where] - base)).max(axis=0)
    return NOISE * np.where(np.nan_to_num(base) != 0, np.abs(base), largest)


def _notes(p: Points, m: Moments) -> list[str]:
    """By row, why a statistic is n/a or to be read with care."""
    common = []
    if p.kind == "quadrature":
        common.append(
            "a quadrature gives mean and sd alone: no quantiles, no probability of a sign but the bound"
        )
    if p.kind == "enumerated":
        common.append(ENUMERATED.get(p.design.kind, ENUMERATED["grid"].replace("grid", "list")))
    if p.biased:
        common.append(f"{p.failed + p.missing} of {p.planned} points have no solution: the quadrature no "
                      "longer integrates: mean and sd are of the others, re-weighted, biased")  # fmt: skip
    out = []
    for count in m.count:
        own = list(common)
        if count == 0:
            own = ["no point gives this number"]
        elif count == 1:
            own.append("one number alone: no sd, no band")
        if 0 < count < p.solved:
            own.append(f"the number does not exist in {p.solved - int(count)} of {p.solved} solved points: "
                       "statistics are of the others")  # fmt: skip
        out.append("; ".join(own))
    return out
