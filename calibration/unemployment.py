"""Benchmark unemployment rates: the IMF's, and regional medians where it has none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from calibration.labels import read_rows
from calibration.repairs import Repair
from calibration.sources.labour import read_weo
from calibration.sources.oecd import SourceError


def unemployment_rates(raw: Path, regions: list[str], year: int) -> tuple[xr.DataArray, Repair]:
    """Unemployment rates (r), shares of the labour force, and the record of those that are regional medians.

    Raises SourceError when an economy has neither a rate nor donors with rates.
    """
    known: dict[str, float] = (read_weo(raw, "LUR", year).dropna() / 100).to_dict()
    donors = {
        row["economy"]: row["donors"].split() for row in read_rows("assumptions", "unemployment_donors.csv")
    }
    rates, filled = [], {}
    for region in regions:
        if region in known:
            rates.append(known[region])
            continue
        names = donors.get(region, [])
        group = [known[n] for n in (known if names == ["*"] else names) if n in known]
        if not group:
            raise SourceError(f"{region}: no unemployment rate for {year}, and no donor that has one")
        filled[region] = float(np.median(group))
        rates.append(filled[region])
    step = Repair(
        "unemployment rates by regional median",
        "economies without an IMF rate take the median of their donors (unemployment_donors.csv)",
        len(filled),
        sum(filled.values()),
        ", ".join(f"{r} {100 * v:.1f} %" for r, v in sorted(filled.items())),
        "sum of rates",
    )
    return xr.DataArray(np.array(rates), coords={"r": regions}, dims="r"), step
