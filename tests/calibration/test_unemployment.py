from __future__ import annotations

import numpy as np
import pytest

from calibration.aggregate import aggregate, load_aggregation
from calibration.labels import region_labels
from calibration.sources.oecd import SourceError
from calibration.unemployment import unemployment_rates


def test_rates_are_the_imfs_and_regional_medians_elsewhere(raw):
    rates, step = unemployment_rates(raw, list(region_labels()), 2022)
    assert float(rates.sel(r="USA")) == pytest.approx(0.0365, abs=0.001)
    assert float(rates.sel(r="VNM")) == pytest.approx(0.023, abs=0.001)
    africa = np.median(rates.sel(r=["EGY", "MAR", "TUN", "ZAF"]))
    assert float(rates.sel(r="NGA")) == pytest.approx(africa)
    assert step.cells == 13
    assert "NGA" in step.where
    with pytest.raises(SourceError, match="XXX: no unemployment rate for 2022"):
        unemployment_rates(raw, ["USA", "XXX"], 2022)


def test_the_unemployed_are_added_up_when_regions_are(world):
    small = aggregate(world, load_aggregation("default")).data
    members = ["KHM", "LAO", "MMR"]
    jobs, u = (world.data[n].sel(r=members) for n in ("jobs0", "u0"))
    working = jobs.sum("j")
    force = working / (1 - u)
    assert float(small["u0"].sel(r="XSE")) == pytest.approx(float(1 - working.sum() / force.sum()))
