"""The packaged world database: load it with a choice of tariffs, and read what is known about it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

from calibration.accounts import Accounts, carve_out
from calibration.labels import goods, package_file, read_rows, region_labels, sector_labels

TARIFFS = ("2022", "2017")


class WorldError(ValueError):
    """A database file that is missing or not of the expected form, or an unknown choice."""


@dataclass(frozen=True)
class WorldBase:
    """The tariff-free base as packaged, with the tariff cubes beside it, and where it was read from."""

    data: xr.Dataset
    path: Path


def packaged_path() -> Path:
    """Path of the database shipped with the package."""
    return package_file("data", "world_2022.nc")


def read_base(path: Path | None = None) -> WorldBase:
    """Read a database file (default: the packaged one) into memory."""
    path = packaged_path() if path is None else path
    if not path.exists():
        raise WorldError(f"{path} is missing; build it with: cge data build --raw DIR")
    try:
        with xr.open_dataset(path, engine="h5netcdf") as data:
            return WorldBase(data.load(), path)
    except (OSError, KeyError, ValueError) as error:
        raise WorldError(f"{path} is damaged ({error}); reinstall, or: cge data build --raw DIR") from error


@cache
def _packaged() -> WorldBase:
    return read_base()


def packaged_flows() -> xr.DataArray:
    """Trade of the packaged world, (o, d, i) in USD million: the same for every choice of tariffs."""
    return _packaged().data["X0"]


def load_world(
    *,
    tariffs: Literal["2022", "2017"] = "2022",
    us_china_duties: bool = True,
    path: Path | None = None,
) -> Accounts:
    """Accounts of the 81 economies x 50 industries, 2022.

    tariffs: which cube is carved out of product taxes, "2022" (rates of 2021) or "2017" (before CPTPP and the
    trade war). us_china_duties: add the 2018-19 duties between USA and CHN that the 2022 flows embody
    (+16.2 and +13.9 points on goods; assumptions/us_china_duties.csv), whichever cube is chosen.
    path: another database file. Raises WorldError for an unknown choice or a missing file.
    """
    if tariffs not in TARIFFS:
        raise WorldError(f"tariffs={tariffs!r}: choose one of {', '.join(TARIFFS)}")
    base = _packaged() if path is None else read_base(path)
    tm = base.data[f"tm_{tariffs}"].astype(float)
    if us_china_duties:
        tm = add_us_china_duties(tm)
    methods = json.loads(base.data.attrs["jobs_methods"])
    names, confidence = (np.array([m[k] for m in methods], dtype=object) for k in (0, 2))
    code = base.data["jobs_method"].values.astype(int)
    flags = {
        "jobs_method": (("r", "j"), names[code]),
        "jobs_confidence": (("r", "j"), confidence[code]),
    }
    data = carve_out(base.data.drop_vars("jobs_method"), tm).assign(flags)
    meta: dict[str, Any] = {
        "tariffs": tariffs,
        "us_china_duties": us_china_duties,
        "year": int(base.data.attrs["year"]),
        "sha256": hashlib.sha256(base.path.read_bytes()).hexdigest(),
        "code_version": base.data.attrs["code_version"],
        "sources": json.loads(base.data.attrs["sources"]),
        "notes": json.loads(base.data.attrs["notes"]),
        "published_gdp": json.loads(base.data.attrs["published_gdp"]),
        "region_labels": dict(region_labels()),
        "sector_labels": dict(sector_labels()),
    }
    return Accounts(data, meta)


def add_us_china_duties(tm: xr.DataArray) -> xr.DataArray:
    """Tariffs (o,d,i) plus the 2018-19 duties between USA and CHN on goods."""
    out = tm.copy()
    for row in read_rows("assumptions", "us_china_duties.csv"):
        cell = {"o": row["origin"], "d": row["importer"], "i": list(goods())}
        out.loc[cell] = tm.sel(cell) + float(row["value"])
    return out


def tariff_methods(tariffs: str = "2022", path: Path | None = None) -> pd.DataFrame:
    """How each tariff came about: importer x sector, names explained in load_info()['tariff_methods']."""
    base = _packaged() if path is None else read_base(path)
    names = np.array([m[0] for m in json.loads(base.data.attrs["tariff_methods"])], dtype=object)
    codes = base.data[f"tm_method_{tariffs}"]
    return pd.DataFrame(names[codes.values.astype(int)], index=codes["d"].values, columns=codes["i"].values)


def load_info(path: Path | None = None) -> dict[str, Any]:
    """What is known about the database: title, year, sources, notes, residuals, methods, and a repairs table.

    `repairs` is a pandas table (name, what, cells, size, unit, where); everything else is plain data.
    """
    base = _packaged() if path is None else read_base(path)
    plain = ("title", "year", "unit", "code_version", "licence")
    parsed = ("sources", "residuals", "published_gdp", "notes", "jobs_methods", "tariff_methods")
    info: dict[str, Any] = {k: base.data.attrs[k] for k in plain}
    info["year"] = int(info["year"])
    info |= {k: json.loads(base.data.attrs[k]) for k in parsed}
    info["repairs"] = pd.DataFrame(json.loads(base.data.attrs["repairs"]))
    info["file"] = base.path.name
    info["bytes"] = base.path.stat().st_size
    info["dimensions"] = {"regions": base.data.sizes["r"], "sectors": base.data.sizes["i"]}
    return info
