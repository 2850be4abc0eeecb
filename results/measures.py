"""Numbers by region, or by region and sector, before they become rows: what tables and sweeps are made of.

A `Measure` is one indicator in every place. A list of them gives the places (`places`), the numbers
(`numbers`) and both together as a tidy table (`frame`), always in one order: measure by measure, regions in
their order and sectors within them, then the sums over regions of those that add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from results.arrays import Plain, World, namespace
from results.errors import ResultsError
from results.tidy import COLUMNS, SHARE_UNITS, WORLD

PLACES = ["region", "sector", "partner", "indicator", "unit"]


@dataclass(frozen=True)
class Measure:
    """One indicator before and after: ``before after`` (r) or (r, j) of one shape, or ``before`` the number
    that it is everywhere (0 for what is counted from the baseline on).

    ``additive``: the world has a row too, the sum over regions; ``may_lack``: where it is NaN there is no row
    in a table, because the number does not exist there.
    """

    indicator: str
    unit: str
    before: Plain | float
    after: Plain
    additive: bool = False
    may_lack: bool = False

    @property
    def world(self) -> World:
        """The labels it runs over."""
        return self.after.world

    def flat(self) -> tuple[Any, Any]:
        """Before and after in the order of the rows, without the sum over regions."""
        dims = ("r", *(d for d in self.after.dims if d != "r"))
        after = self.after.transpose(*dims).data.reshape(-1)
        if isinstance(self.before, Plain):
            return self.before.transpose(*dims).data.reshape(-1), after
        return np.full(after.shape, float(self.before)), after


def numbers(measures: Sequence[Measure]) -> tuple[Any, Any]:
    """Before and after of all measures, each (rows,): the order of `places`. JAX can trace it."""
    flat = [m.flat() for m in measures]
    sums = [pair for m, pair in zip(measures, flat, strict=True) if m.additive]
    found = []
    for k in (0, 1):
        parts = [pair[k] for pair in flat] + [pair[k].sum()[None] for pair in sums]
        found.append(namespace(*parts).concatenate(parts))
    return found[0], found[1]


def places(measures: Sequence[Measure]) -> pd.DataFrame:
    """Region, sector, partner, indicator and unit of each of `numbers`; "" where there is none."""
    columns: dict[str, list[Any]] = {name: [] for name in ("region", "sector", "indicator", "unit")}
    for m in measures:
        regions, sectors = m.world.labels["r"], m.world.labels["j"] if len(m.after.dims) > 1 else ("",)
        columns["region"].append(np.repeat(regions, len(sectors)))
        columns["sector"].append(np.tile(sectors, len(regions)))
        for name, word in (("indicator", m.indicator), ("unit", m.unit)):
            columns[name].append(np.full(len(regions) * len(sectors), word))
    whole = [m for m in measures if m.additive]
    columns["region"].append(np.full(len(whole), WORLD))
    columns["sector"].append(np.full(len(whole), ""))
    columns["indicator"].append(np.array([m.indicator for m in whole], dtype=str))
    columns["unit"].append(np.array([m.unit for m in whole], dtype=str))
    out = pd.DataFrame({name: np.concatenate(parts) for name, parts in columns.items()})
    return pd.DataFrame(out.assign(partner="")[PLACES])


def lacking(measures: Sequence[Measure]) -> np.ndarray:
    """Which of the rows of `places` need not have a number."""
    parts = [np.full(m.after.data.size, m.may_lack) for m in measures]
    return np.concatenate([*parts, *([m.may_lack] for m in measures if m.additive)]).astype(bool)


def frame(measures: Sequence[Measure]) -> pd.DataFrame:
    """Tidy rows with ``tidy.COLUMNS``. Raises ResultsError on numbers that are not finite, but for those
    that may lack and are NaN, which have no row.
    """
    out, (before, after) = places(measures), numbers(measures)
    lack = lacking(measures) & np.isnan(after)
    for name, a in (("baseline", before), ("counterfactual", after)):
        bad = out[~np.isfinite(a) & ~lack]
        if len(bad):
            where = ", ".join(x for x in (bad.region.iloc[0], bad.sector.iloc[0]) if x)
            raise ResultsError(f"{bad.indicator.iloc[0]}: the {name} is not a finite number at {where}")
    change = after - before
    sums = [m for m in measures if m.additive]
    if sums:  # the difference of two sums loses digits that the changes have
        change[-len(sums) :] = [(n - b).sum() for b, n in (m.flat() for m in sums)]
    share = out.unit.str.startswith(SHARE_UNITS).to_numpy() | (before == 0)
    size = np.where(share, np.nan, np.abs(before))
    out = out.assign(baseline=before, counterfactual=after, change=change, percent=100 * change / size)
    return pd.DataFrame(out.loc[~lack, COLUMNS]).reset_index(drop=True)
