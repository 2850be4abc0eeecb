"""The packaged gravity numbers are what the raw files give, as `cge gravity --raw DIR` compares them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from calibration.barriers import barriers_path, read_estimates
from calibration.gravity.build import build_barriers, estimate_table, largest_gap, with_effects
from calibration.gravity.levels import read_barrier_rows
from calibration.gravity.panel import build_panel, read_panel, write_panel
from calibration.sources.icio import SERVICES
from calibration.world import load_world

KEYS = ("industry", "specification", "term")


@pytest.fixture(scope="module")
def panel(raw) -> xr.Dataset:
    return build_panel(raw)


def test_the_packaged_panel_is_what_the_raw_files_give(panel, tmp_path):
    write_panel(panel, tmp_path / "panel.nc")
    xr.testing.assert_equal(read_panel(tmp_path / "panel.nc"), read_panel())
    ratio = read_panel()["x"] / panel["x"].sel(k=["goods", SERVICES])
    assert float(abs(ratio - 1).max()) < 1e-6


def test_tariffs_are_nil_at_home_and_in_services(panel):
    tariff = panel["t"]
    assert not tariff.sel(k=SERVICES).any()
    assert not tariff.values[:, np.arange(80), np.arange(80)].any()
    assert 0.02 < float(tariff.sel(k="goods").where(panel["o"] != panel["d"]).mean()) < 0.2


@pytest.mark.slow
def test_the_estimates_are_reproduced(panel):
    packaged: Any = read_estimates()
    built = with_effects(estimate_table(panel))
    assert largest_gap(built, packaged, KEYS, ["estimate", "observations", "separated"]) < 1e-10
    assert largest_gap(built, packaged, KEYS, ["se"]) < 1e-7


@pytest.mark.slow
def test_the_barriers_are_reproduced(panel):
    built: Any = build_barriers(panel, load_world())
    packaged: Any = read_barrier_rows(barriers_path())
    assert largest_gap(built, packaged, ("importer", "sector")) < 1e-10
    pd.testing.assert_series_equal(built["method"], packaged["method"])
