"""The table ``bands``: one band a number, as `results.figures.bands` draws it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from results.uncertainty.inputs import PERCENT, Kind, Points

QUANTILES, CHEBYSHEV, RANGE = "quantiles 5-95", "Chebyshev 95 %", "range"
ENDS: dict[Kind, tuple[str, str]] = {
    "sampled": ("q05", "q95"), "quadrature": ("low95", "high95"), "enumerated": ("min", "max"),
}  # fmt: skip
"""Columns of the summary that are the band's ends."""
COLUMNS = (
    "table", "region", "sector", "partner", "indicator", "unit", "central", "low", "high", "kind",
    "share_failed", "mean", "sd", "share_up", "share_down", "share_same", "sign_at_least", "numbers",
    "inside",
)  # fmt: skip
"""``sign_at_least``: rounded down to a tenth of a percent; ``inside``: whether the central value lies in the
band."""
SAME_AS_CHANGE = "index, base = 100"
"""Unit whose change is its percentage: said once."""


def kind_words(p: Points) -> str:
    """What the bands of a design are; the same for every row."""
    words = {
        "sampled": QUANTILES, "quadrature": CHEBYSHEV, "enumerated": f"{RANGE} of the points"
    }[p.kind]  # fmt: skip
    return f"{words}, re-weighted without the points that failed (biased)" if p.biased else words


def bands(p: Points, summary: pd.DataFrame) -> pd.DataFrame:
    """The rows of the summary that have a band (two numbers at least), with its ends: ``COLUMNS``.

    One row for each region, sector, partner, indicator and unit; percentages have the unit "percent". Empty
    where no band exists, because too few points were solved.
    """
    low, high = ENDS[p.kind]
    base = summary["unit"].to_numpy()
    if len(summary):
        own = summary.drop(columns=["unit"]).assign(low=summary[low], high=summary[high], unit=base)
    else:
        own = summary.assign(low=[], high=[])
    ends = own[["low", "high", "central"]].to_numpy(dtype=float)
    there = np.isfinite(ends).all(axis=1) & (own["numbers"].to_numpy(dtype=float) >= 2)
    there &= ~_said_twice(summary)
    out = pd.DataFrame(own.loc[there])
    words, part = kind_words(p), (out["absent"] > 0).to_numpy()
    out["kind"] = np.where(part, f"{words}, where the number exists", words)
    out["sign_at_least"] = np.floor(1000 * out["sign_at_least"].to_numpy(dtype=float)) / 1000  # stays a bound
    out["inside"] = (out["low"] <= out["central"]) & (out["central"] <= out["high"])
    return pd.DataFrame(out[list(COLUMNS)]).reset_index(drop=True)


def _said_twice(summary: pd.DataFrame) -> np.ndarray:
    """Percentages of numbers that are 100 in the baseline."""
    place = ["table", "region", "sector", "partner", "indicator"]
    index = pd.MultiIndex.from_frame(pd.DataFrame(summary[place]))
    hundred = set(index[(summary["unit"] == SAME_AS_CHANGE).to_numpy()])
    percent = (summary["measure"] == PERCENT).to_numpy()
    return np.array([twice and key in hundred for key, twice in zip(index, percent, strict=True)], dtype=bool)
