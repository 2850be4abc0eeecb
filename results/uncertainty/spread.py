"""The table ``spread``: fans, by sector for jobs, and along a target that takes a few values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from results.uncertainty.band_table import kind_words
from results.uncertainty.effects import chosen, in_one_measure
from results.uncertainty.inputs import CHANGE, Points, text_of
from results.uncertainty.moments import CHEBYSHEV_75, CHEBYSHEV_95, moments, quantiles
from results.uncertainty.regression import number_of

COLUMNS = (
    "region", "sector", "partner", "indicator", "unit", "target", "value", "central", "middle", "inner_low",
    "inner_high", "outer_low", "outer_high", "kind", "numbers", "share_failed",
)  # fmt: skip
"""``target``, ``value``: the dimension of the fan, "" and NaN where it is the sector; ``middle``: median of a
sample, mean otherwise; inner and outer: quantiles 25-75 and 5-95, Chebyshev 75 and 95 %, or the range."""
MOST_VALUES = 40
"""Values of a target up to which a fan is drawn along it."""
SHARED = 3
"""Points for each value from which a sampled target counts as one that takes a few values."""


def spread(p: Points, focus: str) -> pd.DataFrame:
    """Fans of jobs by sector of every region, and of the main results along each target that takes a few
    numeric values: ``COLUMNS``.
    """
    jobs = ((p.rows["table"] == "jobs") & (p.rows["indicator"] == "jobs")).to_numpy()
    parts = [_rows(p, np.flatnonzero(jobs), None, "", float("nan"))]
    main = chosen(p.rows, focus)
    main = main[(p.rows["sector"].to_numpy()[main] == "")]
    for target, value, inside in _along(p):
        parts.append(_rows(p, main, inside, target, value))
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))


def _along(p: Points) -> Iterator[tuple[str, float, np.ndarray]]:
    """Targets that take a few numbers, each value in order, and which points have it."""
    if p.design.kind == "tornado" or p.kind == "quadrature":
        return
    for k, target in enumerate(p.design.targets):
        planned = [number_of(v[k]) for v in p.design.points]
        numbers = sorted({n for n in planned if n is not None})
        if None in planned or not 2 <= len(numbers) <= MOST_VALUES:
            continue
        if p.kind == "sampled" and len(planned) < SHARED * len(numbers):
            continue
        for value in numbers:
            yield target, value, np.array([text_of(v[k]) == text_of(value) or number_of(v[k]) == value
                                           for v in p.values], dtype=bool)  # fmt: skip


def _rows(p: Points, where: np.ndarray, inside: np.ndarray | None, target: str, value: float) -> pd.DataFrame:
    mine = p if inside is None else _part(p, inside)
    if target:
        y, central, unit = in_one_measure(mine, where)
    else:
        y, central = mine.measured(CHANGE, where)
        unit = p.rows["unit"].to_numpy()[where]
    m = moments(y, mine.weights, sample=mine.kind == "sampled")
    out = p.rows.iloc[where][["region", "sector", "partner", "indicator"]].reset_index(drop=True)
    out = out.assign(unit=unit, target=target, value=value, central=central)
    if mine.kind == "sampled":
        low, quarter, middle, three, high = quantiles(y, mine.weights)
        one = m.count == 1
        ends = (np.where(one, m.mean, middle), quarter, three, low, high)
    elif mine.kind == "quadrature":
        ends = (m.mean, *(m.mean + k * m.sd for k in
                (-CHEBYSHEV_75, CHEBYSHEV_75, -CHEBYSHEV_95, CHEBYSHEV_95)))  # fmt: skip
    else:
        ends = (m.mean, m.low, m.high, m.low, m.high)
    for name, a in zip(("middle", "inner_low", "inner_high", "outer_low", "outer_high"), ends, strict=True):
        out[name] = a
    out["kind"], out["numbers"], out["share_failed"] = kind_words(p), m.count, mine.lost
    there = m.count >= (1 if target else 2)
    return out.loc[there, list(COLUMNS)]


def _part(p: Points, inside: np.ndarray) -> Points:
    """The points with one value of a target; what failed is that of the whole sweep."""
    w = p.weights[inside]
    total = w.sum()
    return replace(
        p, baseline=p.baseline[inside], counterfactual=p.counterfactual[inside],
        weights=w / total if total > 0 else w,
        values=tuple(v for v, keep in zip(p.values, inside, strict=True) if keep), order=p.order[inside],
    )  # fmt: skip
