from __future__ import annotations

import time

import numpy as np
import pytest

from calibration.accounts import foreign_saving, gdp, output, tariff_revenue
from calibration.labels import goods, region_labels, sector_labels, services
from calibration.world import WorldError, load_info, load_world, packaged_path

# published by the OECD tables themselves (VALU + TXS, 2022, USD billion); as checked in the raw data's index
PUBLISHED_GDP = {"USA": 25_744, "CHN": 17_963, "JPN": 4_232, "VNM": 413.4, "IDN": 1_319, "MYS": 406}
PUBLISHED_GDP |= {"NZL": 248, "CHL": 301, "SGP": 471}


def test_size_and_order(world):
    assert world.regions == [*sorted(set(region_labels()) - {"ROW"}), "ROW"]
    assert len(world.regions) == 81
    assert world.sectors == list(sector_labels())
    assert len(world.sectors) == 50
    assert (len(goods()), len(services())) == (27, 23)
    assert set(world.meta["region_labels"]) == set(world.regions)


@pytest.mark.parametrize(("region", "value"), PUBLISHED_GDP.items())
def test_gdp_at_market_prices_is_the_published_one(world, region, value):
    # the figures above are printed to three or four digits
    assert float(gdp(world.data).sel(r=region)) / 1e3 == pytest.approx(value, rel=2e-3)


def test_gdp_within_a_tenth_of_a_percent_for_all_80(world):
    published = world.meta["published_gdp"]
    assert len(published) == 80
    for region, value in published.items():
        assert float(gdp(world.data).sel(r=region)) == pytest.approx(value, rel=1e-3), region


def test_gdp_of_the_rest_of_the_world_is_the_imf_residual(world):
    assert float(gdp(world.data).sel(r="ROW")) / 1e3 == pytest.approx(4_126, rel=1e-3)


@pytest.mark.parametrize(("region", "value"), {"USA": 992, "RUS": -279, "CHN": -564, "JPN": 175}.items())
def test_foreign_saving(world, region, value):
    assert float(foreign_saving(world.data).sel(r=region)) / 1e3 == pytest.approx(value, abs=1)


def test_no_trade_with_oneself(world):
    x = world.data["X0"]
    assert all(float(x.sel(o=r, d=r).sum()) == 0 for r in world.regions)


def test_world_exports_are_imports_and_bounded_by_output(world):
    d = world.data
    assert bool((d["X0"].sum("d").rename(o="r") <= output(d) * (1 + 1e-12)).all())
    # services trade of the source: 9.6 trillion in all
    assert float(d["X0"].sel(i=list(services())).sum()) / 1e6 == pytest.approx(9.64, abs=0.01)


def test_tariff_choice_leaves_everything_but_taxes_alone(world):
    other = load_world(tariffs="2017", us_china_duties=False).data
    for name in ("H0", "X0", "te0", "V0", "to0", "jobs0"):
        np.testing.assert_array_equal(world.data[name], other[name])
    np.testing.assert_allclose(gdp(world.data), gdp(other), rtol=1e-13)
    # before CPTPP Japan's partners paid more
    before, after = (float(tariff_revenue(d).sel(d="JPN").sum()) for d in (other, world.data))
    assert before > after


def test_unknown_choices_raise(tmp_path):
    with pytest.raises(WorldError, match="choose one of 2022, 2017"):
        load_world(tariffs="2020")  # type: ignore[arg-type]
    with pytest.raises(WorldError, match="build it with: cge data build"):
        load_world(path=tmp_path / "none.nc")


def test_loads_in_half_a_second_and_ships_below_8_mb():
    assert packaged_path().stat().st_size < 8e6
    start = time.perf_counter()
    load_world(path=packaged_path())
    # 0.25 s on an idle machine; the ceiling leaves room for a busy one
    assert time.perf_counter() - start < 2


def test_info_names_sources_repairs_and_residuals():
    info = load_info()
    assert info["dimensions"] == {"regions": 81, "sectors": 50}
    assert {"national tables", "bilateral trade and tariffs", "tariffs 2017"} <= set(info["sources"])
    assert list(info["repairs"].columns) == ["name", "what", "cells", "size", "unit", "where"]
    assert info["repairs"]["name"].is_unique
    residuals = info["residuals"]
    assert residuals.pop("GDP at market prices against the published figure") < 1e-4
    assert max(v for k, v in residuals.items() if "USD million" not in k) < 1e-9


def test_export_taxes_are_small_and_russia_taxes_most(world):
    te = world.data["te0"]
    assert -0.02 < float(te.min()) < 0 < float(te.max()) < 0.2
    assert float(te.sel(o="ROW").sum()) == 0
    by_origin = (te * world.data["X0"]).sum(("d", "i")) / world.data["X0"].sum(("d", "i"))
    assert str(by_origin.idxmax().item()) == "RUS"
    total = float((te * world.data["X0"]).sum())
    assert total / 1e3 == pytest.approx(330, abs=1)  # TXS of the export columns of the 80 tables


def test_natural_resources_only_in_primary_sectors(world):
    natural = world.data["V0"].sel(f="natural").sum("r")
    primary = [s for s in world.sectors if s[0] in "AB"]
    assert float(natural.drop_sel(j=primary).sum()) == 0
    assert bool((natural.sel(j=primary) > 0).all())


def test_labour_share_of_agriculture_is_no_longer_a_tenth(world):
    """LABR alone is 0.1 to 0.2 of agricultural value added in these economies."""
    v = world.data["V0"].sel(j=["A01", "A02", "A03"]).sum("j")
    share = v.sel(f="labour") / v.sum("f")
    for region in ("POL", "BRA", "PER", "IND", "THA"):
        assert 0.35 < float(share.sel(r=region)) <= 0.8, region
