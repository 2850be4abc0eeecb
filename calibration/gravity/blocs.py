"""Do the members of a group trade with each other beyond what gravity predicts, and increasingly so?

One Poisson regression per group over all years of the panel, on trade between economies (home sales left
out, so the excess is relative to trade with outsiders, not to trade with oneself): exporter-year and
importer-year effects, log distance, contiguity, language, colony, and a dummy for trade inside the group
in each year; no agreements and no tariffs, since what they do is part of the excess. Standard errors
clustered by pair. The trend is the least-squares slope of the yearly excesses, in log points per year,
with the standard error their covariance gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from calibration.gravity.errors import GravityError
from calibration.gravity.estimate import CROSS_SECTION, FIXED, fit, frame
from calibration.sources.geodist import TIES

NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class Bloc:
    """Excess of trade inside a group.

    years: index year; columns log_points, se, percent, low, high (percent, 95 % band). trend: log points per
    year, with trend_se. members: those in the panel; outside: those that are not. flow: goods or services.
    """

    name: str
    members: tuple[str, ...]
    outside: tuple[str, ...]
    flow: str
    years: pd.DataFrame
    trend: float
    trend_se: float

    @property
    def t(self) -> float:
        """Trend over its standard error."""
        return self.trend / self.trend_se


def bloc_excess(panel: xr.Dataset, name: str, members: Sequence[str], flow: str = "goods") -> Bloc:
    """Excess trade among `members` by year; `flow` is a label of the panel's k.

    Raises GravityError when fewer than two members, or all economies, are in the panel, or members never
    trade with each other, or every economy's trade is inside the group.
    """
    known = [str(r) for r in panel["o"].values]
    inside = tuple(sorted(set(members) & set(known)))
    outside = tuple(sorted(set(members) - set(known)))
    if flow not in panel["k"].values:
        raise GravityError(
            f"the panel has no flows {flow!r}: choose one of {', '.join(map(str, panel['k'].values))}"
        )
    if not 2 <= len(inside) < len(known) - 1:
        raise GravityError(
            f"{name}: {len(inside)} of its members are among the {len(known)} economies of the panel; "
            "at least two members and two outsiders are needed"
        )
    table = frame(panel, flow, home=False)
    both: Any = table["o"].isin(inside) & table["d"].isin(inside)
    years = [int(y) for y in sorted(table["y"].unique())]
    names = [f"inside_{y}" for y in years]
    columns: dict[str, Any] = {
        n: (both & (table["y"] == y)).astype(float) for n, y in zip(names, years, strict=True)
    }
    terms = [t for t in ("distance", *TIES) if table[t].to_numpy().any()] + names
    found, _ = fit(table.assign(**columns), terms, FIXED[CROSS_SECTION])
    if any(n in found.missing for n in names):
        raise GravityError(
            f"{name}: its excess is not identified in {', '.join(n[7:] for n in found.missing)}"
        )
    excess = found.terms.loc[names]
    trend, trend_se = slope(
        years, excess["estimate"].to_numpy(), found.covariance.loc[names, names].to_numpy()
    )
    return Bloc(name, inside, outside, flow, _bands(years, excess), trend, trend_se)


def slope(years: Sequence[int], values: np.ndarray, covariance: np.ndarray) -> tuple[float, float]:
    """Least-squares slope of values (n,) on years and its standard error given their covariance (n, n)."""
    centred = np.asarray(years, float) - np.mean(years)
    if len(centred) < 2:
        return float("nan"), float("nan")
    weight = centred / (centred**2).sum()
    return float(weight @ values), float(np.sqrt(weight @ covariance @ weight))


def _bands(years: Sequence[int], excess: pd.DataFrame) -> pd.DataFrame:
    b, se = excess["estimate"].to_numpy(), excess["se"].to_numpy()
    percent, low, high = (100 * np.expm1(b + z * NORMAL_95 * se) for z in (0, -1, 1))
    columns = {"log_points": b, "se": se, "percent": percent, "low": low, "high": high}
    return pd.DataFrame(columns, index=pd.Index(years, name="year"))


def tidy(found: Sequence[Bloc]) -> pd.DataFrame:
    """All groups by year in one table: group, flow, year, log_points, se, percent, low, high, trend,
    trend_se.
    """
    table: Any = pd.concat(
        [
            b.years.reset_index().assign(group=b.name, flow=b.flow, trend=b.trend, trend_se=b.trend_se)
            for b in found
        ],
        ignore_index=True,
    )
    return table[["group", "flow", "year", "log_points", "se", "percent", "low", "high", "trend", "trend_se"]]
