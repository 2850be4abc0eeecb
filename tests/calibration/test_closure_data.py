"""Numbers that closures rest on: their sources, and the two derived tables against the raw data."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.aggregate import load_aggregation
from calibration.capital import capital_output_ratios, frisch_parameters
from calibration.closure_data import closure_data, generic, labour_supply, labour_supply_sets
from calibration.labels import read_rows, read_values, region_labels, sector_labels
from calibration.parameters import benchmark_arrays
from calibration.world import load_world
from cge.parameters import ParameterError

TABLES = ("closures", "capital_output", "frisch", "income_elasticities", "labour_supply")


@pytest.mark.parametrize("name", TABLES)
def test_every_number_has_unit_source_and_confidence(name: str) -> None:
    for row in read_rows("assumptions", f"{name}.csv"):
        assert np.isfinite(float(row["value"]))
        assert row["unit"]
        assert row["source"]
        assert row["confidence"]


def test_tables_cover_the_world() -> None:
    assert set(read_values("assumptions", "capital_output.csv", key="economy")) == set(region_labels())
    assert set(read_values("assumptions", "frisch.csv", key="economy")) == set(region_labels())
    assert set(read_values("assumptions", "income_elasticities.csv", key="sector")) == set(sector_labels())


def test_derived_tables_are_what_the_raw_data_give(raw) -> None:
    regions = list(region_labels())
    for name, found in (
        ("capital_output.csv", capital_output_ratios(raw, regions)),
        ("frisch.csv", frisch_parameters(raw, regions)),
    ):
        shipped = read_values("assumptions", name, key="economy")
        np.testing.assert_allclose([shipped[r] for r in regions], found[regions], rtol=1e-3)


def test_labour_supply_by_set() -> None:
    assert labour_supply_sets() == ("imf_env", "chetty")
    # IMF-ENV v11c, 24-default_prm.gms: 0.15 OECD, 0.2 others; Chetty et al. (2011): 0.25
    assert labour_supply("imf_env", ["USA", "CHN"]).tolist() == [0.15, 0.2]
    assert labour_supply("chetty", ["USA", "CHN"]).tolist() == [0.25, 0.25]
    with pytest.raises(ParameterError, match="'none' is not one of imf_env, chetty"):
        labour_supply("none", ["USA"])


def test_capital_earns_more_than_it_loses_everywhere() -> None:
    world = load_world()
    found = closure_data(world, load_aggregation("full"))
    assert float(found["gross_return"].min()) > generic("depreciation")
    b = benchmark_arrays(world.data)
    ratio = read_values("assumptions", "capital_output.csv", key="economy")
    stock = np.array([ratio[r] for r in b.sets.regions]) * b.gdp
    gross = found["gross_return"].sel(r=list(b.sets.regions))
    np.testing.assert_allclose(gross * stock, b.a["V0"][:, 1].sum(axis=1), rtol=1e-12)


def test_aggregation_keeps_capital_income_and_needs() -> None:
    world = load_world()
    small, full = (closure_data(world, load_aggregation(n)) for n in ("small", "full"))
    assert float(small["labour_supply_elasticity"].sel(r="EU27")) == pytest.approx(0.151, abs=1e-3)
    for name in ("gross_return", "frisch", "income_elasticity"):
        assert float(full[name].min()) <= float(small[name].min())
        assert float(small[name].max()) <= float(full[name].max())
