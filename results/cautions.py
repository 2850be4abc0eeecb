"""What a reader must know before believing a sign: cautions found in the policy and the numbers
themselves.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from cge.solution import Solution
from results.levels import same_world
from results.tidy import WORLD

CANNOT_ANSWER = (
    "What this model cannot answer: foreign direct investment and services sold through affiliates; products "
    "finer than its sectors; regions inside countries; the path of adjustment over time."
)

LARGE = 0.05
"""Share of world GDP above which a region's own tariffs move world prices enough to warn about."""

MOVED = 1e-9
"""Change of a tariff rate that counts as a change."""

VISIBLE = -0.005
"""Percent of income from which a loss is named: smaller ones print as zero."""


def sign_warnings(base: Solution, new: Solution, welfare: pd.DataFrame) -> tuple[str, ...]:
    """Sentences on signs that surprise, only those that apply here.

    ``welfare``: tidy rows of ``welfare_ev``. Looks at tariffs that differ between the two solutions.
    """
    base, new = same_world(base, new)
    flows = base.benchmark.X0
    change = new.values.tm - base.values.tm
    change = change.where((flows > 0) & (change.o != change.d), 0.0).transpose("o", "d", "i")
    by_region = welfare.set_index("region")
    out = [
        _unilateral(change, base, by_region.percent),
        _erosion(change, flows, by_region.percent),
        _china(change, by_region),
    ]
    return tuple(text for text in out if text)


def _labels(a: xr.DataArray, mask: np.ndarray) -> list[str]:
    return [str(x) for x in a.values[mask]]


def _listed(regions: list[str], percent: pd.Series, most: int = 6) -> str:
    """``AAA (-0.10 %), ...`` of those that lose, the largest loss first."""
    found = zip(percent.reindex(regions).to_numpy(dtype=float), regions, strict=True)
    return ", ".join(f"{r} ({x:+.2f} %)" for x, r in sorted(found)[:most] if x < VISIBLE)


def _unilateral(change: xr.DataArray, base: Solution, percent: pd.Series) -> str | None:
    cut = (change < -MOVED).any(("o", "i")).values
    world_share = (base.values.gdp0 / base.values.gdp0.sum()).sel(r=change.d.values).values
    movers = _labels(change.d, cut)
    if len(movers) != 1 or world_share[cut][0] < LARGE or bool((change > MOVED).any()):
        return None
    return (
        f"{movers[0]} cuts tariffs alone and is large: the cut cheapens its own exports, so its welfare can "
        f"fall (terms of trade) although the world gains; here it is {percent[movers[0]]:+.2f} %."
    )


def _erosion(change: xr.DataArray, flows: xr.DataArray, percent: pd.Series) -> str | None:
    """Partners without better access anywhere who sell where a competitor's access improves."""
    cut = change < -MOVED
    exposed = (cut.any("o") & ~cut & (flows > 0) & (change.o != change.d)).any(("d", "i")).values
    outside = ~cut.any(("d", "i")).values
    losers = _listed(_labels(change.o, exposed & outside), percent)
    if not losers:
        return None
    return (
        "Preference erosion: regions whose access does not improve lose ground to those whose does. "
        f"Losing here: {losers}."
    )


def _china(change: xr.DataArray, welfare: pd.DataFrame) -> str | None:
    if not {"CHN", "USA"} <= {str(x) for x in change.o.values}:
        return None
    rises = [change.sel(o=a, d=b) > MOVED for a, b in (("CHN", "USA"), ("USA", "CHN"))]
    if not any(bool(r.any()) for r in rises):
        return None
    third = [str(r) for r in welfare.index if r not in ("CHN", "USA", WORLD)]
    total = float(welfare.change.loc[third].sum())
    word = "gain" if total > 0 else "lose"
    losers = _listed(third, welfare.percent)
    sum_ = f"USD {abs(total):,.0f} million"
    text = f"Tariffs between USA and CHN rise: third countries {word} in sum here ({sum_})"
    return f"{text}; suppliers of China can lose with it. Losing here: {losers}." if losers else f"{text}."
