"""Bilateral flows and applied tariffs, 81 economies x 27 goods and one services aggregate (MATLAB 7.3)."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import xarray as xr

from calibration.sources.oecd import IOTable, SourceError

SOURCE = (
    "ICIO bilateral flows (c) OECD with applied tariffs of Teti's Global Tariff Database; "
    "github.com/ahmadlp/tariffwar (9863698), ICIO<year>.mat"
)
SERVICES = "services"
"""Label of the cube's aggregate of all services."""


def read_icio(raw: Path, year: int) -> xr.Dataset:
    """Flows `x` (o,d,k; USD million, home sales on the diagonal) and tariffs `t` (o,d,k; shares) of one year.

    The file is written by MATLAB as (exporter, importer, sector), and h5py shows the axes reversed.
    `check_orientation` verifies the reading against the national tables.
    """
    path = raw / "icio_trade_tariffs" / f"ICIO{year}.mat"
    if not path.exists():
        raise SourceError(f"{path} is missing; give the raw data folder with --raw")
    with h5py.File(path) as f:
        regions, sectors = (_strings(f, f"data/{k}") for k in ("countries", "sectors"))
        flows, tariffs = (np.asarray(f[f"data/{k}"]).transpose(2, 1, 0) for k in ("Xjik_3D", "tjik_3D"))
    sectors = [SERVICES if s.lower().startswith("services") else s for s in sectors]
    if flows.shape != (len(regions), len(regions), len(sectors)) or (flows < 0).any():
        raise SourceError(f"{path}: flows have shape {flows.shape} or negative entries")
    if not np.isfinite(tariffs).all() or tariffs.min() < 0 or tariffs.max() > 5:
        raise SourceError(f"{path}: tariffs outside 0..5 (shares)")
    return xr.Dataset(
        {"x": (("o", "d", "k"), flows), "t": (("o", "d", "k"), tariffs)},
        coords={"o": regions, "d": regions, "k": sectors},
    )


def _strings(f: h5py.File, key: str) -> list[str]:
    refs = np.asarray(f[key]).ravel()
    return ["".join(chr(int(c)) for c in np.asarray(f[r]).ravel()) for r in refs]


def check_orientation(cube: xr.Dataset, table: IOTable, tol: float = 1.0) -> dict[str, float]:
    """Compare the cube's exports and imports with the national tables; returns the largest gaps, USD million.

    Raises SourceError when a cell differs by more than `tol`: axes the wrong way round, or another edition.
    """
    goods = [k for k in cube["k"].values if k != SERVICES]
    regions = table.data["r"].values
    x = cube["x"].where(cube["o"] != cube["d"], 0.0)
    gaps: dict[str, float] = {}
    for name, over, keep in (("exports", "d", "o"), ("imports", "o", "d")):
        cube_value = x.sum(over).rename({keep: "r"}).sel(r=regions)
        published = table.data[name]
        services = published.drop_sel(i=goods).sum("i")
        gaps[f"{name}, goods"] = float(
            abs(cube_value.sel(k=goods).rename(k="i") - published.sel(i=goods)).max()
        )
        gaps[f"{name}, services"] = float(abs(cube_value.sel(k=SERVICES) - services).max())
    worst = max(gaps, key=lambda k: gaps[k])
    if gaps[worst] > tol:
        raise SourceError(
            f"the trade cube and the national tables differ by {gaps[worst]:.4g} USD million in {worst}: "
            "exporter and importer axes swapped, or files of different editions"
        )
    return gaps
