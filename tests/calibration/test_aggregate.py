from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calibration.accounts import (
    DIMS,
    Accounts,
    absorption,
    export_tax_revenue,
    foreign_saving,
    gdp,
    output,
    production_tax_revenue,
    tariff_revenue,
    user_tax_revenue,
)
from calibration.aggregate import (
    SHIPPED,
    Aggregation,
    AggregationError,
    aggregate,
    aggregate_rate,
    load_aggregation,
)
from calibration.labels import goods, region_labels, sector_labels, services

TOTALS = {
    "output": lambda d: output(d).sum(),
    "absorption": lambda d: absorption(d).sum(),
    "GDP": lambda d: gdp(d).sum(),
    "tariffs": lambda d: tariff_revenue(d).sum(),
    "export taxes": lambda d: export_tax_revenue(d).sum(),
    "user taxes": lambda d: user_tax_revenue(d).sum(),
    "production taxes": lambda d: production_tax_revenue(d).sum(),
    "jobs": lambda d: d["jobs0"].sum(),
    "home sales": lambda d: d["H0"].sum(),
    "trade": lambda d: d["X0"].sum(),
    "labour": lambda d: d["V0"].sel(f="labour").sum(),
    "intermediate use": lambda d: d["Z0"].sum(),
}


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_aggregations_conserve_everything_and_balance(world, name):
    small = aggregate(world, load_aggregation(name))
    small.check(1e-9)
    for what, total in TOTALS.items():
        assert float(total(small.data)) == pytest.approx(float(total(world.data)), rel=1e-12), what
    assert abs(float(foreign_saving(small.data).sum())) < 1e-6


def test_full_is_the_identity(world):
    full = aggregate(world, load_aggregation("full")).data
    for name in DIMS:
        xr.testing.assert_allclose(full[name], world.data[name], rtol=1e-12, atol=1e-12)
    assert bool((full["jobs_method"] == world.data["jobs_method"]).all())


def test_sizes_and_labels():
    default, small, medium = (load_aggregation(name) for name in ("default", "small", "medium"))
    assert (len(default.region_codes()), len(default.sector_codes())) == (25, 29)
    assert (len(medium.region_codes()), len(medium.sector_codes())) == (40, 30)
    assert (len(small.region_codes()), len(small.sector_codes())) == (8, 8)
    apart = ["USA", "CAN", "MEX", "CHL", "PER", "AUS", "NZL", "JPN", "KOR", "CHN", "TWN", "IND", "IDN", "MYS"]
    apart += ["PHL", "SGP", "THA", "VNM", "BRN", "GBR", "RUS", "BRA"]
    assert all(default.members(r) == [r] for r in apart)
    assert default.members("XSE") == ["KHM", "LAO", "MMR"]
    assert len(default.members("EU27")) == 27
    assert default.region_codes()[-1] == "ROW"
    for aggregation in (default, small, medium):
        assert set(aggregation.regions) == set(region_labels())
        assert set(aggregation.sectors) == set(sector_labels())
        assert set(aggregation.region_labels) == set(aggregation.region_codes())
        assert set(aggregation.sector_labels) == set(aggregation.sector_codes())
    mixed = {g for s, g in default.sectors.items() if s in goods()} & {default.sectors[s] for s in services()}
    assert not mixed


def test_medium_splits_what_default_merges():
    """No region or sector of `medium` lies across two of `default`: results can be summed and compared."""
    default, medium = load_aggregation("default"), load_aggregation("medium")
    for finer, coarser in ((medium.regions, default.regions), (medium.sectors, default.sectors)):
        above = {(finer[member], coarser[member]) for member in finer}
        assert len(above) == len(set(finer.values()))


def test_intra_eu_trade_is_an_import_never_a_home_sale(world):
    eu = load_aggregation("default").members("EU27")
    default = aggregate(world, load_aggregation("default")).data
    full_goods = world.data["X0"].sel(o=eu, d=eu, i=list(goods())).sum()
    assert float(full_goods) / 1e3 == pytest.approx(2_322, abs=1)
    sectors = sorted({g for s, g in load_aggregation("default").sectors.items() if s in goods()})
    intra = default["X0"].sel(o="EU27", d="EU27", i=sectors)
    assert float(intra.sum()) == pytest.approx(float(full_goods), rel=1e-12)
    assert float(default["H0"].sel(r="EU27").sum()) == pytest.approx(float(world.data["H0"].sel(r=eu).sum()))
    assert float(default["tm0"].sel(o="EU27", d="EU27").max()) < 1e-6
    assert float(default["X0"].sel(o="USA", d="USA").sum()) == 0.0


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), cut=st.integers(1, 3))
def test_random_accounts_aggregate_to_balanced_accounts(make_accounts, seed, cut):
    accounts = make_accounts(4, 4, seed)
    aggregation = Aggregation(
        "random",
        {f"R{k}": "A" if k < cut else "B" for k in range(4)},
        {f"S{k}": "X" if k < cut else "Y" for k in range(4)},
    )
    small = aggregate(accounts, aggregation)
    small.check(1e-11)
    for what, total in TOTALS.items():
        assert float(total(small.data)) == pytest.approx(float(total(accounts.data)), rel=1e-11), what


def test_label_order_changes_nothing(make_accounts):
    accounts = make_accounts(4, 4, 5)
    aggregation = Aggregation(
        "two", {f"R{k}": "AB"[k % 2] for k in range(4)}, {f"S{k}": "XY"[k // 2] for k in range(4)}
    )
    order = {"r": [3, 1, 0, 2], "o": [3, 1, 0, 2], "d": [3, 1, 0, 2], "i": [1, 3, 2, 0], "j": [1, 3, 2, 0]}
    a = aggregate(accounts, aggregation).data
    b = aggregate(Accounts(accounts.data.isel(order)), aggregation).data
    for name in DIMS:
        xr.testing.assert_allclose(a[name], b[name].reindex_like(a[name]), rtol=1e-13)


def test_job_flags_name_the_dominant_method_or_mixed(world):
    default = aggregate(world, load_aggregation("default")).data
    assert str(default["jobs_method"].sel(r="USA", j="CNS").item()) == "cps2022"
    assert str(default["jobs_method"].sel(r="CHN", j="TEX").item()) == "etd2018"
    assert str(default["jobs_confidence"].sel(r="ROW", j="FOO").item()) in {"mixed", "low", "medium"}
    assert "mixed" in set(np.unique(default["jobs_method"].values.astype(str)))


# ---------------------------------------------------------------- rates


def rates(values: list[list[float]]) -> xr.DataArray:
    r = ["A", "B", "C"]
    return xr.DataArray(
        np.array(values)[:, :, None], dims=("o", "d", "i"), coords={"o": r, "d": r, "i": ["S"]}
    )


MERGE = Aggregation("merge", {"A": "AB", "B": "AB", "C": "C"}, {"S": "S"})


def test_aggregate_rate_is_the_weighted_mean():
    rate = rates([[0.0, 0.2, 0.1], [0.4, 0.0, 0.3], [0.5, 0.7, 0.0]])
    weight = rates([[0, 1, 1], [3, 0, 3], [0, 0, 0]])
    mean = aggregate_rate(rate, weight, MERGE)
    assert float(mean.sel(o="AB", d="AB").item()) == pytest.approx((0.2 + 3 * 0.4) / 4)
    assert float(mean.sel(o="AB", d="C").item()) == pytest.approx((0.1 + 3 * 0.3) / 4)
    # no weight at all: the simple mean
    assert float(mean.sel(o="C", d="AB").item()) == pytest.approx(0.6)


def test_aggregate_rate_reproduces_revenue(world):
    default = load_aggregation("default")
    small = aggregate(world, default).data
    d = world.data
    border = d["X0"] * (1 + d["te0"])
    mean = aggregate_rate(d["tm0"], border, default)
    positive = small["X0"] > 0
    np.testing.assert_allclose(mean.where(positive, 0.0), small["tm0"].where(positive, 0.0), atol=1e-14)


# ---------------------------------------------------------------- maps given by users


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_user_maps(tmp_path, make_accounts):
    regions = write(tmp_path / "r.csv", "# mine\ncountry,region\nR0,X\nR1,X\n\nR2,Y\n")
    sectors = write(tmp_path / "s.csv", "sector,group,label\nS0,G,Goods\nS1,G,Goods\n")
    aggregation = load_aggregation((regions, sectors))
    small = aggregate(make_accounts(3, 2, 1), aggregation)
    assert (small.regions, small.sectors) == (["X", "Y"], ["G"])
    assert small.meta["sector_labels"] == {"G": "Goods"}
    assert small.meta["members"]["X"] == ["R0", "R1"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("country,region\nR0,X\nR0,Y\n", r"r\.csv:3: country R0 is mapped twice"),
        ("# c\ncountry,region\nR0,\n", r"r\.csv:3: empty region"),
        ("land,region\nR0,X\n", r"r\.csv:1: header is land,region, expected country,region"),
        ("country,region,label\nR0,X,One\nR1,X,Two\n", r"r\.csv:3: X has two labels"),
        ("", r"r\.csv: no header line"),
    ],
)
def test_bad_maps_are_refused_with_file_and_line(tmp_path, text, message):
    sectors = write(tmp_path / "s.csv", "sector,group\nS0,G\n")
    with pytest.raises(AggregationError, match=message):
        load_aggregation((write(tmp_path / "r.csv", text), sectors))


def test_maps_must_cover_the_data_exactly(make_accounts):
    accounts = make_accounts(3, 2, 1)
    short = Aggregation("short", {"R0": "X", "R1": "X"}, {"S0": "G", "S1": "G"})
    with pytest.raises(AggregationError, match=r"map of regions does not fit the data .not mapped: R2"):
        aggregate(accounts, short)
    wide = Aggregation("wide", dict.fromkeys(("R0", "R1", "R2"), "X"), {"S0": "G", "S1": "G", "S9": "G"})
    with pytest.raises(AggregationError, match=r"map of sectors does not fit the data .unknown: S9"):
        aggregate(accounts, wide)
    with pytest.raises(
        AggregationError, match="unknown aggregation 'middle': choose one of small, default, medium, full"
    ):
        load_aggregation("middle")
    with pytest.raises(AggregationError, match="no such file"):
        load_aggregation(("nowhere.csv", "nowhere.csv"))
