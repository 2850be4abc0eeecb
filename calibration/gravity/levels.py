"""From an importer's rank to a tariff equivalent: the literature's distribution, the data's order.

ave = exp(m + s z(p)) with z the normal quantile, p = (rank - 1/2) / n capped at `cap`, and m, s such that
the log-normal has the mean and standard deviation of ``assumptions/barrier_levels.csv`` for the sector:
s2 = log(1 + (sd / mean)^2), m = log(mean) - s2 / 2. The cap lowers the average a little below the mean.
Band: low and high move p by `band_quantile` (rank uncertainty; never beyond the cap) and, where the table
has mean_low and mean_high, the mean to those (sd in proportion). Importers without a rank, and ROW, take
the median importer's value (p = 1/2).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import ndtri

from calibration.gravity.choices import choice
from calibration.gravity.errors import GravityError
from calibration.gravity.importers import ranks
from calibration.labels import REST, goods, read_rows, sector_labels

METHODS = {
    "border": "goods: rank of the border effect in gravity",
    "penetration": "services: rank of unexplained import penetration",
    "median": "no rank (no home sales, no trade, or ROW): the median importer's value",
    "user": "the user's own value",
}
COLUMNS = ("importer", "sector", "ave", "low", "high", "rank", "raw_border_percent", "method", "confidence")


def quantile_value(p: float, mean: float, sd: float) -> float:
    """Quantile p (0..1) of the log-normal with this mean and standard deviation; all zero if the mean is."""
    if mean == 0:
        return 0.0
    s2 = np.log1p((sd / mean) ** 2)
    return float(np.exp(np.log(mean) - s2 / 2 + np.sqrt(s2) * ndtri(p)))


def levels_table() -> dict[str, dict[str, float]]:
    """Sector -> mean, sd, mean_low, mean_high of barrier_levels.csv (the last two default to the mean).

    Raises GravityError for a sector without a row, or a mean or sd that is negative.
    """
    out = {}
    for row in read_rows("assumptions", "barrier_levels.csv"):
        mean, sd = float(row["mean"]), float(row["sd"])
        low, high = (float(row.get(k) or mean) for k in ("mean_low", "mean_high"))
        if not 0 <= low <= mean <= high or sd < 0:
            raise GravityError(
                f"barrier_levels.csv, {row['sector']}: needs 0 <= mean_low <= mean <= mean_high, sd >= 0"
            )
        out[row["sector"]] = {"mean": mean, "sd": sd, "mean_low": low, "mean_high": high}
    missing = [s for s in sector_labels() if s not in out]
    if missing:
        raise GravityError(f"barrier_levels.csv has no row for {', '.join(missing)}")
    return out


def ave_band(p: float, level: Mapping[str, float], cap: float, width: float) -> tuple[float, float, float]:
    """(ave, low, high) at quantile p of a sector's distribution, capped at quantile `cap`."""
    ratio = level["sd"] / level["mean"] if level["mean"] else 0.0
    floor = 0.5 / 80
    p = min(p, cap)
    points = [p, max(p - width, floor), min(p + width, cap)]
    means = [level["mean"], level["mean_low"], level["mean_high"]]
    value, low, high = (quantile_value(q, m, ratio * m) for q, m in zip(points, means, strict=True))
    return value, low, high


def barrier_rows(closedness: Mapping[str, pd.Series], raw: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Rows of barriers.csv: importers (80 and ROW) x 50 sectors, in the order of COLUMNS.

    closedness: sector -> importer -> measure, high means closed, NaN where unknown. raw: sector ->
    importer -> border effect as an ad valorem equivalent in percent (goods), printed and never used.
    """
    table, cap, width = levels_table(), choice("cap"), choice("band_quantile")
    rows = []
    for sector in sector_labels():
        ranked = ranks(closedness[sector])
        known = int(ranked.notna().sum())
        method = "border" if sector in goods() else "penetration"
        for importer in [*ranked.index, REST]:
            rank = float(ranked[importer]) if importer in ranked.index else np.nan
            p = (rank - 0.5) / known if np.isfinite(rank) else 0.5
            value, low, high = ave_band(p, table[sector], cap, width)
            measured = sector in raw and importer in raw[sector].index
            percent = float(raw[sector][importer]) if measured else np.nan
            how = method if np.isfinite(rank) else "median"
            rows.append((importer, sector, value, low, high, rank, percent, how, "assumption"))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def read_barrier_rows(path: Path) -> pd.DataFrame:
    """The packaged barriers as a table with COLUMNS, as written."""
    if not path.exists():
        raise GravityError(f"{path} is missing; build it with: cge gravity --raw DIR --write")
    return pd.read_csv(path, comment="#", keep_default_na=False, na_values=[""])
