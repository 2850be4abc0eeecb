"""The gravity panel: 80 economies x 80, home sales on the diagonal, 27 goods and all services, 2011-2022.

ROW stays outside: it has no distances. Tariffs are the cube's own, unrepaired: repairs that are constant
over time (food, merged industries) would move levels only, and those that are not exist for two years
only. Known weaknesses: 2022 repeats 2021; food is a plain average of lines; the duties of 2018-19 between
USA and CHN are missing, so those two flows have a regressor of their own from 2019 on; services carry no
tariff.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from calibration.gravity.agreements import agreements, pair_depth
from calibration.gravity.errors import GravityError
from calibration.gravity.groups import groups
from calibration.labels import REST, goods, package_file, region_labels
from calibration.sources.desta import SOURCE as DESTA
from calibration.sources.desta import read_treaties
from calibration.sources.geodist import SOURCE as GEODIST
from calibration.sources.geodist import TIES, read_geodist
from calibration.sources.icio import SERVICES, read_icio
from calibration.sources.icio import SOURCE as ICIO
from calibration.sources.oecd import SourceError

YEARS = tuple(range(2011, 2023))
TRADE_WAR = ("USA", "CHN", 2019)
"""Pair and first full year of the additional duties that the tariff cube does not show."""
TOTAL = "goods"
"""Label of the sum over the goods industries."""


def economies() -> list[str]:
    """The 80 economies of the panel: all but ROW."""
    return [r for r in region_labels() if r != REST]


def build_panel(raw: Path, years: Sequence[int] = YEARS) -> xr.Dataset:
    """Flows `x` (y,o,d,k; USD million), tariffs `t` (y,o,d,k; shares, zero at home and in services),
    `distance` (o,d; km), TIES (o,d; 0/1), `depth` (y,o,d; 0 none, 1 shallow, 2 deep, 3 single market);
    k: industries, `services`, the sums over the groups of `calibration.gravity.groups`, and `goods`.

    The tariff of a sum weighs industries by their share of the panel's cross-border trade over all years.
    Raises SourceError when an economy is missing from a source.
    """
    regions = economies()
    cubes = []
    for year in years:
        cube = read_icio(raw, year)
        missing = [r for r in regions if r not in cube["o"].values]
        if missing:
            raise SourceError(f"ICIO{year}.mat: no flows of {', '.join(missing)}")
        cubes.append(cube.sel(o=regions, d=regions))
    cube = xr.concat(cubes, dim="y").assign_coords(y=list(years))
    abroad = cube["o"] != cube["d"]
    x = cube["x"].sel(k=[*goods(), SERVICES])
    t = cube["t"].sel(k=x["k"]).where(abroad & (x["k"] != SERVICES), 0.0)
    weight = x.where(abroad, 0.0).sum(("y", "o", "d"))
    sums, means = [], []
    for name, members in {**groups(), TOTAL: goods()}.items():
        part = {"k": list(members)}
        share = weight.sel(part) / weight.sel(part).sum("k")
        sums.append(x.sel(part).sum("k").expand_dims(k=[name]))
        means.append((t.sel(part) * share).sum("k").expand_dims(k=[name]))
    depth = pair_depth(agreements(read_treaties(raw)), regions, years)
    panel = xr.Dataset({"x": xr.concat([x, *sums], dim="k"), "t": xr.concat([t, *means], dim="k")})
    panel = panel.merge(read_geodist(raw, regions)).assign(depth=depth)
    panel.attrs = {
        "title": "Gravity panel",
        "unit": "USD million; shares; km",
        "sources": f"{ICIO}; {GEODIST}; {DESTA}",
    }
    return panel.transpose("y", "o", "d", "k")


def packaged_panel_path() -> Path:
    """The part of the panel shipped with the package: total goods and services, ties, agreements."""
    return package_file("data", "gravity_panel.nc")


def write_panel(panel: xr.Dataset, path: Path) -> None:
    """Write goods and services totals, distance, ties and depth; industries and tariffs stay behind."""
    small = panel.drop_vars("t").sel(k=[TOTAL, SERVICES])
    small = small.assign({"x": small["x"].astype("float32"), **{k: small[k].astype("int8") for k in TIES}})
    encoding = {str(k): {"zlib": True, "complevel": 9} for k in small.data_vars}
    small.to_netcdf(path, engine="h5netcdf", encoding=encoding)


def read_panel(path: Path | None = None) -> xr.Dataset:
    """The packaged panel (or another file of its form) in memory. Raises GravityError for a missing file."""
    path = packaged_panel_path() if path is None else path
    if not path.exists():
        raise GravityError(f"{path} is missing; build it with: cge gravity --raw DIR --write")
    try:
        with xr.open_dataset(path, engine="h5netcdf") as data:
            panel = data.load()
    except (OSError, KeyError, ValueError) as error:
        raise GravityError(
            f"{path} is damaged ({error}); rebuild it with: cge gravity --raw DIR --write"
        ) from error
    check_panel(panel)
    return panel.assign({k: panel[k].astype(float) for k in ("x", *TIES)})


def check_panel(panel: xr.Dataset) -> None:
    """Raise GravityError unless flows are finite and not negative, distances positive, depths 0 to 3."""
    x = panel["x"].values
    if not np.isfinite(x).all() or (x < 0).any():
        raise GravityError("the panel has flows that are negative or not numbers")
    if not (panel["distance"].values > 0).all() or not np.isin(panel["depth"].values, (0, 1, 2, 3)).all():
        raise GravityError("the panel has distances at or below zero, or depths other than 0, 1, 2, 3")
