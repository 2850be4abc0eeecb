"""Barriers that are not tariffs, by importer and sector, and what an agreement takes off them.

`ave[d,i]` is the tariff equivalent (share of the border value) of the non-tariff measures (goods) or
restrictions (services) that importer d applies to an exporter without any agreement. Its level is the
literature's, its order among importers the data's (``calibration/gravity/levels.py``); barriers are
attributed to the import side by assumption. `agreement_beta[depth,i]` is the effect of an agreement on log
trade, net of tariffs.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

from calibration.gravity.agreements import DEEP, DEPTHS
from calibration.gravity.choices import choice, specification
from calibration.gravity.errors import GravityError
from calibration.gravity.estimate import CROSS_SECTION, PAIR
from calibration.gravity.panel import read_panel
from calibration.labels import package_file, region_labels, sector_labels

USED = {CROSS_SECTION: f"used, {CROSS_SECTION}", PAIR: f"used, {PAIR}"}
"""Reading -> specification under which gravity_estimates.csv keeps its effects."""
LARGEST = 3.0
"""Tariff equivalent above which a user's number is taken for a slip of unit."""
STATUS_YEAR = 2021
"""Agreements in force at its end stand behind the tariffs that the benchmark carries."""
BANDS = {"low": -1.0, "central": 0.0, "high": 1.0}


class BarrierError(GravityError):
    """A table of barriers with cells missing, labels not known, or numbers out of range."""


@dataclass(frozen=True)
class Barriers:
    """ave, low, high (d,i; shares) and method (d,i; one of `calibration.gravity.levels.METHODS`) for 81
    importers and 50 sectors; agreement_beta and agreement_se (depth,i; log points of trade, depth shallow
    and deep); status (o,d; 0 none, 1 shallow, 2 deep: agreements in force in STATUS_YEAR, ROW none).
    """

    ave: xr.DataArray
    low: xr.DataArray
    high: xr.DataArray
    method: xr.DataArray
    agreement_beta: xr.DataArray
    agreement_se: xr.DataArray
    status: xr.DataArray


def barriers_path() -> Path:
    """Path of the barriers shipped with the package."""
    return package_file("data", "barriers.csv")


def estimates_path() -> Path:
    """Path of the gravity estimates shipped with the package."""
    return package_file("data", "gravity_estimates.csv")


def load_barriers(path: Path | None = None, effect: str | None = None) -> Barriers:
    """Barriers of the package, or of the user's CSV with columns importer, sector, ave and optionally low,
    high.

    effect: the reading of agreement effects, cross_section or pair (`calibration.gravity.pooling`); default:
    assumptions/gravity_choices.csv. A user's file must cover all 81 x 50 cells; without low and high the
    band is the value itself.
    Raises BarrierError naming missing cells, or file and line of a label or number that cannot be used.
    """
    cells = _read_cells(barriers_path() if path is None else path, "user" if path else None)
    effects: Any = read_estimates()
    effects = effects[effects["specification"] == USED[effect or specification()]]
    beta, se = (_by_depth(effects, column) for column in ("estimate", "se"))
    return Barriers(**cells, agreement_beta=beta, agreement_se=se, status=agreement_status())


def read_estimates(path: Path | None = None) -> pd.DataFrame:
    """The table of estimates: industry, specification, term, estimate, se, observations, separated, note."""
    path = estimates_path() if path is None else path
    if not path.exists():
        raise GravityError(f"{path} is missing; build it with: cge gravity --raw DIR --write")
    return pd.read_csv(path, comment="#", keep_default_na=False, na_values=[""])


def agreement_status() -> xr.DataArray:
    """Depth (o,d) of the deepest agreement in force in STATUS_YEAR: 0, 1, 2 (a single market is deep too);
    ROW has none.
    """
    regions = list(region_labels())
    depth = read_panel()["depth"].sel(y=STATUS_YEAR, drop=True).clip(max=DEEP)
    return depth.reindex(o=regions, d=regions).fillna(0).astype(int)


def trade_cost_cut(
    barriers: Barriers,
    theta: xr.DataArray,
    se_theta: xr.DataArray | None = None,
    band: Literal["central", "low", "high"] = "central",
) -> xr.DataArray:
    """Log trade-cost cut L (depth,i) of an agreement: L = beta / theta, so that costs fall by 1 - exp(-L).

    theta (i): trade elasticity (sigma - 1), above zero. The band is the delta method's at 90 %:
    L -+ 1.645 sqrt(se_beta^2 + L^2 se_theta^2) / theta, floored at zero, deep at least shallow; without
    se_theta (published elasticities rarely have one) it holds the uncertainty of beta alone. Raises
    GravityError for an unknown band, a sector without theta, or a theta at or below zero.
    """
    if band not in BANDS:
        raise GravityError(f"band {band!r}: choose one of {', '.join(BANDS)}")
    sectors = barriers.agreement_beta["i"].values
    missing = [str(i) for i in sectors if i not in theta["i"].values]
    if missing:
        raise GravityError(f"no trade elasticity for {', '.join(missing)}")
    theta = theta.sel(i=sectors)
    if not (theta.values > 0).all():
        bad = [f"{i} {float(v):.3g}" for i, v in zip(sectors, theta.values, strict=True) if not v > 0]
        raise GravityError(f"trade elasticities at or below zero: {', '.join(bad)}")
    cut = barriers.agreement_beta / theta
    spread = 0.0 if se_theta is None else cut * se_theta.sel(i=sectors)
    se = np.sqrt(barriers.agreement_se**2 + spread**2) / theta
    found = (cut + BANDS[band] * choice("confidence_level") * se).clip(min=0.0).transpose("depth", "i")
    # the band of a shallow agreement is often the wider one; a deep one never does less
    return found.copy(data=np.maximum.accumulate(found.sel(depth=list(DEPTHS)).values, axis=0))


def _by_depth(effects: pd.DataFrame, column: str) -> xr.DataArray:
    sectors = list(sector_labels())
    table = effects.pivot(index="term", columns="industry", values=column)
    missing = [i for i in sectors if i not in table.columns]
    if missing or not set(DEPTHS) <= set(table.index):
        raise BarrierError(f"gravity_estimates.csv has no effects in use for {', '.join(missing) or DEPTHS}")
    values = table.loc[list(DEPTHS), sectors].to_numpy(float)
    return xr.DataArray(values, dims=("depth", "i"), coords={"depth": list(DEPTHS), "i": sectors})


def _read_cells(path: Path, method: str | None) -> dict[str, xr.DataArray]:
    if not path.exists():
        raise BarrierError(
            f"{path} is missing" + ("" if method else "; build it with: cge gravity --raw DIR --write")
        )
    regions, sectors = list(region_labels()), list(sector_labels())
    cells: dict[tuple[str, str], tuple[float, float, float, str]] = {}
    for line, row in _lines(path):
        where = f"{path}:{line}"
        key = (row["importer"], row["sector"])
        for label, known, what in zip(key, (regions, sectors), ("importer", "sector"), strict=True):
            if label not in known:
                raise BarrierError(f"{where}: {what} {label!r} is not in the database")
        if key in cells:
            raise BarrierError(f"{where}: {key[0]} {key[1]} is given twice")
        cells[key] = (*_numbers(row, where), method or row.get("method") or "user")
    missing = [f"{d} {i}" for d in regions for i in sectors if (d, i) not in cells]
    if missing:
        raise BarrierError(
            f"{path}: {len(missing)} of {len(regions) * len(sectors)} cells are missing: {_some(missing)}"
        )
    coords = {"d": regions, "i": sectors}
    out = {}
    for n, name in enumerate(("ave", "low", "high", "method")):
        values = np.array([[cells[d, i][n] for i in sectors] for d in regions])
        out[name] = xr.DataArray(values, dims=("d", "i"), coords=coords)
    return out


def _lines(path: Path) -> list[tuple[int, dict[str, str]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        kept = [
            (n, text) for n, text in enumerate(file, start=1) if text.strip() and not text.startswith("#")
        ]
    reader = csv.DictReader(text for _, text in kept)
    missing = {"importer", "sector", "ave"} - set(reader.fieldnames or ())
    if missing:
        raise BarrierError(
            f"{path}: no column {', '.join(sorted(missing))}; needs importer, sector, ave[, low, high]"
        )
    return [(n, row) for (n, _), row in zip(kept[1:], reader, strict=True)]


def _numbers(row: dict[str, str], where: str) -> tuple[float, float, float]:
    try:
        ave = float(row["ave"])
        low, high = (float(row.get(k) or ave) for k in ("low", "high"))
    except (TypeError, ValueError):
        raise BarrierError(f"{where}: ave, low and high must be numbers (shares: 0.1 is 10 %)") from None
    if ave > LARGEST:
        raise BarrierError(f"{where}: ave is {ave:g}, that is {100 * ave:g} %; shares are meant: 0.1 is 10 %")
    if not (np.isfinite([ave, low, high]).all() and 0 <= low <= ave <= high):
        raise BarrierError(f"{where}: needs 0 <= low <= ave <= high, but reads {low:g}, {ave:g}, {high:g}")
    return ave, low, high


def _some(names: list[str], limit: int = 20) -> str:
    return ", ".join(names[:limit]) + (f" and {len(names) - limit} more" if len(names) > limit else "")
