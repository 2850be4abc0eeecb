"""Tariff tables beside the cube: Teti 2017 with trimmed averages, Felbermayr-Groeschl-Heiland 2014."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from calibration.sources.oecd import SourceError

SOURCES = {
    "tariffs 2017": "Teti's Global Tariff Database, 37 economies x 25 sectors, top 5 % of lines trimmed; "
    "github.com/YaolangZhong/volatility_analysis_fork (094ca41)",
    "tariffs 2014": "Felbermayr, Groeschl & Heiland (JIE 2022), 43 economies x WIOD sectors; "
    "github.com/ingaheiland/FelbermayrGroeschlHeilandJIE2022",
}


def read_teti(raw: Path) -> xr.Dataset:
    """Applied and MFN rates 2017 (o,d,s), shares: tariff, mfn, and trimmed tariff95, mfn95. Includes ROW."""
    path = raw / "tariffs" / "teti_2017_37x25.csv"
    if not path.exists():
        raise SourceError(f"{path} is missing; give the raw data folder with --raw")
    t = pd.read_csv(path).rename(columns={"Importer": "d", "Exporter": "o", "Sector": "s"})
    columns = ["tariff", "mfn", "tariff95", "mfn95"]
    data = _plain_labels(t.set_index(["o", "d", "s"])[columns].to_xarray() / 100)
    if bool(data.to_array().isnull().any()):
        raise SourceError(f"{path}: the table is not complete over importer, exporter and sector")
    return data


def read_fgh(raw: Path) -> xr.Dataset:
    """Trade-weighted applied rates 2014 `rate` (shares) and imports `value` (o,d,s), s the WIOD sector id."""
    path = raw / "tariffs" / "fgh_wiod2014_weighted.dta"
    if not path.exists():
        raise SourceError(f"{path} is missing; give the raw data folder with --raw")
    # iso1 is the importer (CHE: agriculture 16 %, industry near 0 %), iso2 the exporter
    t: Any = pd.read_stata(path)
    t = t.rename(columns={"iso1": "d", "iso2": "o", "sector": "s"})
    t = t.assign(s=t["s"].astype(int)).set_index(["o", "d", "s"])
    data = _plain_labels(t[["tau_weighted", "imp"]].astype(float).to_xarray().fillna(0.0))
    return xr.Dataset({"rate": data["tau_weighted"] / 100, "value": data["imp"]})


def _plain_labels(data: xr.Dataset) -> xr.Dataset:
    """Coordinates as plain strings and integers (pandas' string type does not mix with xarray's)."""
    return data.assign_coords({k: data[k].values.tolist() for k in data.dims})
