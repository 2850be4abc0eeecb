"""The one column scheme of every table: a row is a number with its place, its name and its unit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from results.errors import ResultsError

COLUMNS = [
    "region", "sector", "partner", "indicator", "unit", "baseline", "counterfactual", "change", "percent",
]  # fmt: skip
"""``region``: whose number it is (the importer in a ledger); ``sector``, ``partner``: "" where there is none;
``percent``: 100 x change / |baseline|, empty where the baseline is zero or the unit is itself a share."""

WORLD = "WORLD"
"""Label of the sum over all regions."""

SHARE_UNITS = ("percent", "share", "index 0-10000")
"""Units (first words) whose change is in points: a percentage change of them would mislead."""


def rows(
    indicator: str,
    unit: str,
    baseline: xr.DataArray,
    counterfactual: xr.DataArray,
    dims: Sequence[str] = ("r",),
) -> pd.DataFrame:
    """Tidy rows of one indicator. ``dims``: the dimensions of both arrays in the order region[, sector[,
    partner]].

    Returns a frame with ``COLUMNS``, in label order of the arrays. Raises ResultsError on non-finite numbers.
    """
    b, n = baseline.transpose(*dims), counterfactual.transpose(*dims)
    for name, a in (("baseline", b), ("counterfactual", n)):
        if not np.isfinite(a.values).all():
            where = [
                str(a[d].values[k[0]]) for d, k in zip(dims, np.nonzero(~np.isfinite(a.values)), strict=True)
            ]
            raise ResultsError(f"{indicator}: the {name} is not a finite number at {', '.join(where)}")
    labels = np.meshgrid(*(b[d].values.astype(str) for d in dims), indexing="ij")
    flat = [grid.ravel() for grid in labels]
    flat += [np.full(b.size, "")] * (3 - len(flat))
    out = pd.DataFrame(dict(zip(("region", "sector", "partner"), flat, strict=True)))
    out["indicator"], out["unit"] = indicator, unit
    out["baseline"], out["counterfactual"] = b.values.ravel(), n.values.ravel()
    out["change"] = out.counterfactual - out.baseline
    out["percent"] = percent(out.change, out.baseline, unit)
    return pd.DataFrame(out[COLUMNS])


def pick(table: pd.DataFrame, **equal: str) -> pd.DataFrame:
    """The rows where every named column has the given value, in table order."""
    mask = np.ones(len(table), dtype=bool)
    for column, value in equal.items():
        mask &= (table[column] == value).to_numpy()
    return table.loc[mask]


def only(table: pd.DataFrame, **equal: str) -> pd.Series:
    """The one row that :func:`pick` finds. Raises ResultsError when there is none or more than one."""
    hit = pick(table, **equal)
    if len(hit) != 1:
        raise ResultsError(
            f"{len(hit)} rows instead of one for {', '.join(f'{k} {v!r}' for k, v in equal.items())}"
        )
    return pd.Series(hit.iloc[0])


def percent(change: pd.Series, baseline: pd.Series, unit: str) -> pd.Series:
    """100 x change / |baseline|; NaN where the baseline is zero or the unit is a share."""
    if unit.startswith(SHARE_UNITS):
        return pd.Series(np.nan, index=change.index)
    return 100 * change / baseline.abs().where(baseline != 0)


def world_row(table: pd.DataFrame) -> pd.DataFrame:
    """The sum over regions of one additive indicator, labelled ``WORLD``."""
    total = table.iloc[:1].copy()
    total["region"] = WORLD
    for column in ("baseline", "counterfactual", "change"):
        total[column] = table[column].sum()
    total["percent"] = percent(total.change, total.baseline, str(total.unit.iloc[0]))
    return total
