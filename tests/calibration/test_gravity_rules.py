"""Rules between estimates and barriers: depth of agreements, pooling, ranking, levels, the user's file."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from calibration.barriers import BarrierError, load_barriers, read_estimates, trade_cost_cut
from calibration.gravity.agreements import agreements, pair_depth
from calibration.gravity.build import largest_gap, rebuilt_effects
from calibration.gravity.errors import GravityError
from calibration.gravity.importers import ranks
from calibration.gravity.levels import ave_band, levels_table, quantile_value
from calibration.gravity.panel import YEARS, economies, read_panel
from calibration.gravity.pooling import Pooled, ordered, random_effects, shrink
from calibration.labels import REST, goods, region_labels, sector_labels, services
from calibration.sources.desta import read_treaties
from calibration.sources.geodist import read_geodist
from calibration.sources.oecd import SourceError


@pytest.fixture(scope="module")
def barriers():
    return load_barriers()


# agreements


@pytest.fixture(scope="module")
def depth(raw) -> xr.DataArray:
    return pair_depth(agreements(read_treaties(raw)), economies(), YEARS)


@pytest.mark.parametrize(
    ("one", "other", "year", "expected"),
    [
        ("DEU", "FRA", 2011, 3), ("GBR", "FRA", 2020, 3), ("GBR", "FRA", 2022, 2), ("NOR", "DEU", 2015, 2),
        ("CHE", "DEU", 2015, 2), ("HRV", "DEU", 2012, 1), ("HRV", "DEU", 2013, 3), ("TUR", "DEU", 2011, 2),
        ("USA", "MEX", 2012, 2), ("USA", "KOR", 2011, 0), ("USA", "KOR", 2012, 2), ("USA", "CHN", 2022, 0),
        ("USA", "JPN", 2019, 0), ("USA", "JPN", 2020, 1), ("USA", "VNM", 2022, 0), ("USA", "DEU", 2022, 0),
        ("CAN", "DEU", 2017, 0), ("CAN", "DEU", 2018, 2), ("JPN", "DEU", 2018, 0), ("JPN", "DEU", 2019, 2),
        ("JPN", "CAN", 2018, 0), ("JPN", "CAN", 2019, 2), ("PER", "NZL", 2021, 0), ("PER", "NZL", 2022, 2),
        ("CHN", "JPN", 2021, 0), ("CHN", "JPN", 2022, 1), ("JPN", "KOR", 2022, 1), ("IDN", "THA", 2015, 1),
        ("CHN", "VNM", 2015, 1), ("ARG", "BRA", 2015, 1), ("IND", "BRA", 2015, 1), ("GBR", "CAN", 2022, 2),
        ("GBR", "KOR", 2021, 2), ("RUS", "KAZ", 2014, 1), ("RUS", "KAZ", 2015, 2), ("NGA", "DEU", 2015, 0),
    ],
)  # fmt: skip
def test_agreements_by_depth_and_date(depth, one, other, year, expected):
    assert int(depth.sel(o=one, d=other, y=year)) == expected
    assert int(depth.sel(o=other, d=one, y=year)) == expected


def test_the_packaged_depths_are_those_of_the_list(depth):
    assert (read_panel()["depth"].transpose("y", "o", "d").values == depth.values).all()
    assert not depth.values[:, np.arange(80), np.arange(80)].any()


def test_every_economy_has_distances_and_ties(raw):
    data = read_geodist(raw, economies())
    assert data["distance"].shape == (80, 80)
    assert 350 < float(data["distance"].sel(o="DEU", d="NLD")) < 450
    assert float(data["colony"].sel(o="COD", d="BEL")) == 1
    assert float(data["contiguity"].sel(o="ROU", d="HUN")) == 1
    with pytest.raises(SourceError, match="XXX"):
        read_geodist(raw, ["DEU", "XXX"])


# pooling


def test_random_effects_on_a_case_done_by_hand():
    same = random_effects(np.array([0.3, 0.3, 0.3]), np.array([0.1, 0.2, 0.1]))
    assert same.mean == pytest.approx(0.3)
    assert same.tau2 == 0
    apart = random_effects(np.array([0.0, 1.0]), np.array([0.1, 0.1]))
    # q = 50, scale = 100: tau2 = 49 / 100
    assert apart.tau2 == pytest.approx(0.49)
    assert apart.mean == pytest.approx(0.5)
    assert apart.se == pytest.approx(np.sqrt(0.5 / 2))


def test_shrinkage_lies_between_estimate_and_mean_and_fills_gaps():
    group = Pooled(0.2, 0.05, 0.04, 5)
    near, se_near = shrink(0.6, 0.01, group)
    far, se_far = shrink(0.6, 1.0, group)
    assert 0.2 < far < near < 0.6
    assert se_near < se_far
    assert shrink(np.nan, np.nan, group) == (0.2, pytest.approx(np.sqrt(0.04 + 0.05**2)))


def test_order_and_sign_are_kept_and_flagged():
    assert ordered((0.1, 0.1), (0.3, 0.1)) == ([(0.1, 0.1), (0.3, 0.1)], [])
    both, flags = ordered((0.4, 0.1), (0.2, 0.1))
    assert both[0] == both[1] == (pytest.approx(0.3), pytest.approx(0.1 / np.sqrt(2)))
    assert flags == ["ordered"]
    both, flags = ordered((-0.2, 0.1), (0.2, 0.1))
    assert both == [(0.0, 0.1), (0.2, 0.1)]
    assert flags == ["floored shallow"]
    assert ordered((-0.1, 0.1), (-0.3, 0.1)) == (
        [(0.0, pytest.approx(0.0707, abs=1e-4))] * 2,
        ["ordered", "floored"],
    )


# ranking and levels


def test_levels_have_the_mean_and_spread_of_the_table():
    p = (np.arange(200_000) + 0.5) / 200_000
    values = np.array([quantile_value(q, 0.3, 0.15) for q in p[::20]])
    assert values.mean() == pytest.approx(0.3, rel=1e-3)
    assert values.std() == pytest.approx(0.15, rel=0.01)


def test_more_closed_is_never_lower_and_the_cap_binds():
    level = {"mean": 0.3, "sd": 0.15, "mean_low": 0.2, "mean_high": 0.45}
    grid = [ave_band(p, level, 0.9, 0.1) for p in np.linspace(0.01, 0.99, 50)]
    central = [v for v, _, _ in grid]
    assert central == sorted(central)
    assert max(central) == pytest.approx(quantile_value(0.9, 0.3, 0.15))
    assert all(low <= v <= high for v, low, high in grid)


def test_packaged_barriers_follow_the_rank():
    from calibration.barriers import barriers_path
    from calibration.gravity.levels import read_barrier_rows

    table: Any = read_barrier_rows(barriers_path())
    assert len(table) == 81 * 50
    for _, rows in table.dropna(subset=["rank"]).groupby("sector"):
        by_rank = rows.sort_values("rank")
        assert (np.diff(by_rank["ave"]) >= -1e-15).all()
    rest = table[table["importer"] == REST]
    assert set(rest["method"]) == {"median"}
    border = table[table["method"] == "border"]
    assert set(border["sector"]) <= set(goods())
    assert border["raw_border_percent"].notna().all()


def test_ranks_run_from_open_to_closed():
    found = ranks(pd.Series({"A": 0.1, "B": np.nan, "C": -2.0}))
    assert found["C"] == 1 and found["A"] == 2 and np.isnan(found["B"])


def test_well_known_cases_are_on_the_expected_side(barriers):
    goods_mean = barriers.ave.sel(i=[i for i in goods() if i[0] == "C"]).mean("i")
    assert float(goods_mean.sel(d="SGP")) < float(goods_mean.sel(d="IND")) < float(goods_mean.sel(d="PAK"))
    finance = barriers.ave.sel(i="K")
    assert float(finance.sel(d="LUX")) < float(finance.sel(d="CHN"))


# the object


def test_barriers_cover_the_world_and_keep_their_bands(barriers):
    assert list(barriers.ave["d"].values) == list(region_labels())
    assert list(barriers.ave["i"].values) == list(sector_labels())
    assert bool((barriers.low <= barriers.ave).all()) and bool((barriers.ave <= barriers.high).all())
    beta = barriers.agreement_beta
    assert list(beta["depth"].values) == ["shallow", "deep"]
    assert bool((beta >= 0).all()) and bool((beta.sel(depth="deep") >= beta.sel(depth="shallow")).all())
    assert bool((barriers.agreement_se > 0).all())
    assert int(barriers.status.sel(o="USA", d="MEX")) == 2
    assert int(barriers.status.sel(o="JPN", d="CHN")) == 0  # RCEP came after the tariffs in the data
    assert int(barriers.status.sel(o="IDN", d="CHN")) == 1 and int(barriers.status.max()) == 2
    assert not barriers.status.sel(o=REST).any() and not barriers.status.sel(d=REST).any()
    assert len(set(beta.sel(depth="deep", i=list(services())).values)) == 1


def test_the_trade_cost_cut_and_its_band(barriers):
    theta = xr.DataArray(np.full(50, 5.0), dims="i", coords={"i": list(sector_labels())})
    beta, se = (v.sel(depth="deep", i="C28") for v in (barriers.agreement_beta, barriers.agreement_se))
    cell = {"depth": "deep", "i": "C28"}
    assert float(trade_cost_cut(barriers, theta).sel(cell)) == pytest.approx(float(beta) / 5)
    high = trade_cost_cut(barriers, theta, band="high").sel(cell)
    assert float(high) == pytest.approx((float(beta) + 1.645 * float(se)) / 5)
    wide = trade_cost_cut(barriers, theta, 0.5 * theta, "high").sel(cell)
    assert float(wide) >= float(high)
    assert float(trade_cost_cut(barriers, theta, band="low").min()) >= 0
    shuffled = theta.isel(i=slice(None, None, -1))
    xr.testing.assert_equal(trade_cost_cut(barriers, shuffled), trade_cost_cut(barriers, theta))
    with pytest.raises(GravityError, match="choose one of low, central, high"):
        trade_cost_cut(barriers, theta, band="middle")  # type: ignore[arg-type]
    with pytest.raises(GravityError, match="no trade elasticity for A01"):
        trade_cost_cut(barriers, theta.isel(i=slice(1, None)))
    with pytest.raises(GravityError, match="C28 0"):
        trade_cost_cut(barriers, theta.where(theta["i"] != "C28", 0.0))


@pytest.mark.parametrize("effect", ["cross_section", "pair"])
@pytest.mark.parametrize("band", ["low", "central", "high"])
def test_a_deep_agreement_never_cuts_less_than_a_shallow_one(effect, band):
    theta = xr.DataArray(np.full(50, 5.0), dims="i", coords={"i": list(sector_labels())})
    found = trade_cost_cut(load_barriers(effect=effect), theta, band=band)
    assert bool((found.sel(depth="deep") >= found.sel(depth="shallow")).all())


def _csv(barriers, tmp_path, change=lambda rows: rows, header="importer,sector,ave"):
    rows = [f"{d},{i},0.1" for d in barriers.ave["d"].values for i in barriers.ave["i"].values]
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(["# mine", header, *change(rows)]) + "\n")
    return path


def test_a_users_file_replaces_the_barriers(barriers, tmp_path):
    mine = load_barriers(_csv(barriers, tmp_path, lambda rows: rows[::-1]))
    assert bool((mine.ave == 0.1).all()) and bool((mine.low == 0.1).all()) and bool((mine.high == 0.1).all())
    assert set(np.unique(mine.method)) == {"user"}
    xr.testing.assert_equal(mine.agreement_beta, barriers.agreement_beta)
    banded = lambda rows: [r + ",0.05,0.2" for r in rows]  # noqa: E731
    mine = load_barriers(_csv(barriers, tmp_path, banded, "importer,sector,ave,low,high"))
    assert bool((mine.low == 0.05).all()) and bool((mine.high == 0.2).all())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[2:], r"2 of 4050 cells are missing: AGO A01, AGO A02"),
        (lambda rows: ["AGX,A01,0.1", *rows], r"mine.csv:3: importer 'AGX'"),
        (lambda rows: [*rows, "AGO,A99,0.1"], r"mine.csv:4053: sector 'A99'"),
        (lambda rows: [rows[0], *rows], r"mine.csv:4: AGO A01 is given twice"),
        (lambda rows: ["AGO,A01,much", *rows[1:]], r"mine.csv:3: ave, low and high must be numbers"),
        (lambda rows: ["AGO,A01,-0.1", *rows[1:]], r"mine.csv:3: needs 0 <= low"),
        (lambda rows: ["AGO,A01,nan", *rows[1:]], r"mine.csv:3: needs 0 <= low"),
        (lambda rows: ["AGO,A01,10", *rows[1:]], r"mine.csv:3: ave is 10, that is 1000 %; shares are meant"),
    ],
)
def test_a_users_file_with_faults_says_where(barriers, tmp_path, change, message):
    with pytest.raises(BarrierError, match=message):
        load_barriers(_csv(barriers, tmp_path, change))


def test_a_users_file_without_columns_or_a_missing_one(barriers, tmp_path):
    with pytest.raises(BarrierError, match="no column ave"):
        load_barriers(_csv(barriers, tmp_path, header="importer,sector,value"))
    with pytest.raises(BarrierError, match=r"nowhere\.csv is missing"):
        load_barriers(tmp_path / "nowhere.csv")


# the packaged numbers


def test_signs_and_sizes_are_those_of_gravity():
    table: Any = read_estimates()
    cross = table[table["specification"] == "cross_section"].set_index(["industry", "term"])["estimate"]
    distance = cross.xs("distance", level="term")
    assert (distance < 0).all()
    assert distance[list(goods())].between(-1.7, -0.3).all()
    assert -1.1 < distance["goods"] < -0.6
    assert (cross.xs("border", level="term") < 0).all()
    assert 0 < cross["goods", "contiguity"] < 1 and 0 < cross["goods", "language"] < 1
    pair = table[table["specification"] == "pair"].set_index(["industry", "term"])
    assert -6 < pair.at[("goods", "tariff"), "estimate"] < -1
    kept = table.set_index(["industry", "specification", "term"])["observations"]
    assert kept["goods", "pair", "deep"] == kept["services", "cross_section", "deep"] == 80 * 80 * 12


def test_what_is_missing_is_said():
    table: Any = read_estimates()
    assert table.duplicated(["industry", "specification", "term"]).sum() == 0
    gone = table[table["estimate"].isna()]
    assert set(gone["note"]) == {"no variation: not estimated"}
    assert set(gone[gone["industry"] == "services"]["term"]) == {"tariff"}


def test_the_effects_in_use_follow_from_the_estimates_and_the_choices():
    assert largest_gap(rebuilt_effects(), read_estimates(), ("industry", "specification", "term")) < 1e-12


def test_every_sector_has_a_level():
    assert set(levels_table()) == set(sector_labels())
