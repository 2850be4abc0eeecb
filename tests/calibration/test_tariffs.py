from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from calibration import tariffs
from calibration.accounts import border_value, tariff_revenue, user_tax_revenue
from calibration.labels import goods, sector_labels, services
from calibration.world import add_us_china_duties, load_info, load_world, tariff_methods

PHARMA = ["USA", "DEU", "JPN", "CAN", "CHE", "NOR", "GBR", "IRL"]


@pytest.fixture(scope="module")
def plain():
    """Tariffs of the 2022 cube without the US-China duties."""
    return load_world(us_china_duties=False).data["tm0"]


@pytest.fixture(scope="module")
def before():
    return load_world(tariffs="2017", us_china_duties=False).data["tm0"]


def rate(tm: xr.DataArray, o: str, d: str, i: str) -> float:
    return float(tm.sel(o=o, d=d, i=i))


def test_no_tariff_on_services_at_home_or_inside_the_eu(plain, before):
    members = ["DEU", "FRA", "ITA", "POL", "HRV", "CYP", "LUX"]
    for tm in (plain, before):
        assert float(tm.sel(i=list(services())).max()) == 0.0
        assert all(float(tm.sel(o=r, d=r).max()) == 0.0 for r in tm["o"].values)
        assert float(tm.sel(o=members, d=members).max()) < 1e-6


def test_us_food_is_near_ten_percent_not_37(plain, world):
    for partner in ("CHN", "JPN", "VNM", "FRA"):
        assert rate(plain, partner, "USA", "C10T12") == pytest.approx(0.104, abs=0.015), partner
    for partner in ("CAN", "MEX"):
        assert rate(plain, partner, "USA", "C10T12") < 0.01
    weight = border_value(world.data).sel(d="USA", i="C10T12")
    mean = float((plain.sel(d="USA", i="C10T12") * weight).sum() / weight.sum())
    assert 0.02 < mean < 0.12


def test_no_food_rate_is_prohibitive(plain, before):
    for tm in (plain, before):
        assert float(tm.sel(i="C10T12").max()) < 0.35


def test_food_rule_for_importers_outside_the_2017_table():
    assert tariffs._compressed(0.10) == 0.10
    assert tariffs._compressed(0.45) == pytest.approx(0.24)
    assert tariffs._compressed(0.92) == pytest.approx(0.115)


def test_rows_rates_come_from_the_2017_table(plain):
    # 2017 table: USA to ROW textiles 11.98 %, food 14.64 %; ROW to USA textiles 5.33 %
    assert rate(plain, "USA", "ROW", "C13T15") == pytest.approx(0.1198, abs=1e-4)
    assert rate(plain, "USA", "ROW", "C10T12") == pytest.approx(0.1464, abs=1e-4)
    assert rate(plain, "ROW", "USA", "C13T15") == pytest.approx(0.0533, abs=1e-4)
    assert float(plain.sel(d="ROW", i=list(goods())).sum()) > 0
    # an EU member outside the table pays what Germany pays
    assert rate(plain, "HRV", "ROW", "C29") == rate(plain, "DEU", "ROW", "C29")


def test_pharmaceuticals_are_free_where_the_wto_agreement_binds(plain, before):
    for tm in (plain, before):
        assert float(tm.sel(d=PHARMA, i="C21").max()) == 0.0
        assert rate(tm, "USA", "CHN", "C21") > 0.01
        assert rate(tm, "DEU", "IND", "C21") > 0.01


def test_civil_aircraft_are_nearly_free_in_signatories(plain):
    assert rate(plain, "FRA", "USA", "C302T309") < 0.005
    assert rate(plain, "USA", "FRA", "C302T309") < 0.01
    # bicycles and motorcycles from China still pay
    assert rate(plain, "CHN", "FRA", "C302T309") > 0.01
    # not a signatory
    assert rate(plain, "USA", "IND", "C302T309") > 0.02


def test_merged_sectors_are_split_or_flagged(plain, world):
    method = tariff_methods("2022")
    assert method.loc["CHN", "C29"] == "split"
    assert rate(plain, "JPN", "CHN", "C29") > 1.5 * rate(plain, "JPN", "CHN", "C301")
    assert method.loc["VNM", "C29"] == "merged"
    assert rate(plain, "USA", "VNM", "C29") == rate(plain, "USA", "VNM", "C301")
    assert method.loc["USA", "C26"] == "source"
    assert method.loc["USA", "K"] == "zero"
    known = {name for name, _ in load_info()["tariff_methods"]}
    assert set(np.unique(method.to_numpy())) == known == set(tariffs.METHODS)


def test_split_keeps_the_importers_average():
    order, pair = ["CHN", "JPN", "USA"], ["C20", "C21"]
    rates = xr.DataArray(
        np.full((3, 3, 2), 0.06), dims=("o", "d", "i"), coords={"o": order, "d": order, "i": pair}
    )
    rates = rates.reindex(i=list(sector_labels())).fillna(0.0)
    weight = xr.ones_like(rates) * xr.DataArray(
        np.arange(1.0, 51.0), dims="i", coords={"i": list(sector_labels())}
    )
    ids = list(range(1, 23))
    fgh = xr.Dataset(
        {
            "rate": (("o", "d", "s"), np.tile(np.linspace(0.01, 0.2, 22), (3, 3, 1))),
            "value": (("o", "d", "s"), np.ones((3, 3, 22))),
        },
        coords={"o": order, "d": order, "s": ids},
    )
    method = tariffs._initial_method(rates)
    out, marked, note = tariffs.split_merged(rates, method, fgh, weight)
    cell = {"d": "CHN", "i": pair}
    for tm in (rates, out):
        assert float((tm * weight).sel(cell).sum()) == pytest.approx(0.06 * float(weight.sel(cell).sum()))
    assert rate(out, "JPN", "CHN", "C21") > rate(out, "JPN", "CHN", "C20")
    assert int(marked.sel(d="CHN", i="C21")) == list(tariffs.METHODS).index("split")
    assert note == ""


def test_us_china_duties_are_a_switch(plain, world):
    on = world.data["tm0"]
    cells = {"i": list(goods())}
    np.testing.assert_allclose((on - plain).sel(o="CHN", d="USA", **cells), 0.162, atol=1e-12)
    np.testing.assert_allclose((on - plain).sel(o="USA", d="CHN", **cells), 0.139, atol=1e-12)
    difference = on - plain
    others = difference.where(~((difference["o"] == "CHN") & (difference["d"] == "USA")), 0.0)
    others = others.where(~((difference["o"] == "USA") & (difference["d"] == "CHN")), 0.0)
    assert float(abs(others).max()) == 0.0
    assert float(difference.sel(i=list(services())).max()) == 0.0
    # trade-weighted rates near the published 19.3 and 21.1 %
    value = border_value(world.data).sel(i=list(goods()))
    for o, d, published in (("CHN", "USA", 0.193), ("USA", "CHN", 0.211)):
        w = value.sel(o=o, d=d)
        mean = float((on.sel(o=o, d=d, i=list(goods())) * w).sum() / w.sum())
        assert mean == pytest.approx(published, abs=0.012), (o, d)
    assert float(abs(add_us_china_duties(plain) - on).max()) == 0.0


def test_2017_is_before_cptpp(plain, before, world):
    weight = border_value(world.data).sel(i=list(goods()))
    for o, d in (("AUS", "JPN"), ("CAN", "JPN"), ("JPN", "CAN"), ("NZL", "JPN")):
        w = weight.sel(o=o, d=d)
        then, now = (float((tm.sel(o=o, d=d) * w).sum() / w.sum()) for tm in (before, plain))
        assert now < then, (o, d)


def test_agreements_in_force_show(plain, world):
    weight = border_value(world.data).sel(i=list(goods()))
    # trade-weighted, percent, as found in the source
    for o, d, most in (
        ("CAN", "USA", 0.1),
        ("MEX", "USA", 0.1),
        ("KOR", "USA", 0.6),
        ("THA", "VNM", 2.0),
        ("CHN", "AUS", 0.4),
    ):
        w = weight.sel(o=o, d=d)
        assert 100 * float((plain.sel(o=o, d=d) * w).sum() / w.sum()) < most, (o, d)


def test_revenue_and_user_taxes(world):
    """Tariffs stay inside the recorded product taxes except in a listed handful of economies."""
    taxes = user_tax_revenue(world.data)
    negative = {str(r) for r in taxes["r"].values if float(taxes.sel(r=r)) < 0}
    assert negative == {"AGO", "ARE", "BRN", "COD", "KHM", "MYS", "STP"}
    listed = load_info()["repairs"].set_index("name").loc["tariffs above recorded product taxes"]
    assert listed["cells"] == len(negative)
    revenue = tariff_revenue(world.data).sum("i") / 1e3
    assert float(revenue.sel(d="JPN")) == pytest.approx(8.0, abs=2.0)
    assert float(revenue.sel(d="VNM")) == pytest.approx(10.1, abs=2.0)


def test_every_step_reports_revenue_before_and_after():
    steps = load_info()["repairs"].set_index("name")
    food = steps.loc["tariffs 2022: food"]
    assert food["where"].startswith("USA")
    assert "revenue at 2022 flows" in food["what"]
    assert steps.loc["tariffs 2022: services carry no tariff", "size"] > 1e5
    for name in (
        "ROW's rates from the 2017 table",
        "merged sectors split",
        "pharmaceuticals",
        "civil aircraft",
    ):
        assert steps.loc[f"tariffs 2022: {name}", "size"] > 1e3


def test_label_order_does_not_matter_to_the_steps(plain):
    method = tariffs._initial_method(plain)
    shuffled = plain.isel(o=slice(None, None, -1), d=np.roll(np.arange(81), 7), i=slice(None, None, -1))
    for step in (tariffs.pharma_agreement, tariffs.aircraft_agreement):
        a, _ = step(plain, method)
        b, _ = step(shuffled, method)
        np.testing.assert_array_equal(a, b.reindex_like(a))
