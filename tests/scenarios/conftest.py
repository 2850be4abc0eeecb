import numpy as np
import pytest
import xarray as xr

from calibration.labels import region_labels, sector_labels
from scenarios.groups import load_sector_groups


def invented_world(regions: list[str], sectors: list[str], seed: int = 0) -> xr.Dataset:
    """Random applied rates and flows; services without tariffs, no trade of a region with itself."""
    draw = np.random.default_rng(seed)
    n, s = len(regions), len(sectors)
    goods = np.isin(sectors, load_sector_groups().groups["goods"])
    off = ~np.eye(n, dtype=bool)[:, :, None]
    arrays = {
        "tm0": draw.uniform(0, 0.3, (n, n, s)) * goods * off,
        "te0": draw.uniform(0, 0.02, (n, n, s)) * off,
        "X0": draw.uniform(1, 9, (n, n, s)) * off,
    }
    coords = {"o": regions, "d": regions, "i": sectors}
    return xr.Dataset({k: (("o", "d", "i"), v) for k, v in arrays.items()}, coords=coords)


@pytest.fixture(scope="session")
def regions() -> list[str]:
    return list(region_labels())


@pytest.fixture(scope="session")
def sectors() -> list[str]:
    return list(sector_labels())


@pytest.fixture(scope="session")
def world(regions: list[str], sectors: list[str]) -> xr.Dataset:
    return invented_world(regions, sectors)


@pytest.fixture(scope="session")
def small_world() -> xr.Dataset:
    return invented_world(
        ["USA", "CHN", "JPN", "KOR", "VNM", "CAN", "ROW"], ["A01", "C10T12", "C26", "C29", "K"], seed=1
    )
