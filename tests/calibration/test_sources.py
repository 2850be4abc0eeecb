from __future__ import annotations

import pandas as pd
import pytest
import xarray as xr

from calibration.labels import sector_labels
from calibration.sources import icio, labour, oecd, tariffs
from calibration.sources.oecd import SourceError


@pytest.fixture(scope="module")
def table(raw):
    return oecd.read_oecd(raw, list(sector_labels()))


@pytest.fixture(scope="module")
def cube(raw):
    return icio.read_icio(raw, 2022)


def test_published_gdp(table):
    gdp = oecd.published_gdp(table) / 1e3
    assert len(gdp) == 80
    assert float(gdp.sel(r="USA")) == pytest.approx(25_744, abs=1)
    assert float(gdp.sel(r="VNM")) == pytest.approx(413.4, abs=0.1)


def test_cube_is_read_the_right_way_round(cube, table):
    gaps = icio.check_orientation(cube, table)
    assert max(gaps.values()) < 0.4
    with pytest.raises(SourceError, match="exporter and importer axes swapped"):
        icio.check_orientation(cube.rename(o="d", d="o"), table)


def test_label_order_of_the_cube_does_not_matter(cube, table):
    shuffled = cube.isel(o=slice(None, None, -1), k=slice(None, None, -1))
    assert icio.check_orientation(shuffled, table) == pytest.approx(icio.check_orientation(cube, table))


def test_order_of_rows_and_columns_in_a_table_does_not_matter(raw, tmp_path):
    folder = tmp_path / "oecd_iot_2022"
    folder.mkdir()
    original = pd.read_csv(raw / "oecd_iot_2022" / "VNM2022ttl.csv", index_col=0)
    original.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=2).to_csv(
        folder / "VNM2022ttl.csv"
    )
    got = oecd.read_oecd(tmp_path, list(sector_labels())).data
    want = oecd.read_oecd(raw, list(sector_labels())).data.sel(r=["VNM"])
    xr.testing.assert_allclose(got, want, rtol=1e-14)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda t: t.drop(index="TTL_C29"), "rows or columns missing: TTL_C29"),
        (lambda t: t.drop(columns="EXPO"), "rows or columns missing: EXPO"),
        (lambda t: t.rename(index={"TTL_INT_FNL": "TTL_C99"}), "rows of unknown industries: TTL_C99"),
        (
            lambda t: t.astype(object).mask(t == t.loc["OUTPUT", "C29"], "n.a."),
            "no number in row OUTPUT, column C29",
        ),
    ],
)
def test_damaged_tables_are_refused_with_file_and_cell(raw, tmp_path, damage, message):
    folder = tmp_path / "oecd_iot_2022"
    folder.mkdir()
    original = pd.read_csv(raw / "oecd_iot_2022" / "VNM2022ttl.csv", index_col=0)
    damage(original).to_csv(folder / "VNM2022ttl.csv")
    with pytest.raises(SourceError, match=rf"VNM2022ttl.csv: {message}"):
        oecd.read_oecd(tmp_path, list(sector_labels()))


def test_missing_files_are_named(tmp_path):
    with pytest.raises(SourceError, match="give the raw data folder with --raw"):
        oecd.read_oecd(tmp_path, list(sector_labels()))
    with pytest.raises(SourceError, match=r"ICIO2022\.mat is missing"):
        icio.read_icio(tmp_path, 2022)
    with pytest.raises(SourceError, match=r"teti_2017_37x25\.csv is missing"):
        tariffs.read_teti(tmp_path)
    with pytest.raises(SourceError, match=r"ggdc_etd_2021\.csv is missing"):
        labour.read_etd(tmp_path)


def test_the_importer_side_of_the_2014_table(raw):
    """Switzerland protects agriculture and not industry: the check that iso1 is the importer."""
    fgh = tariffs.read_fgh(raw)
    mean = (fgh["rate"] * fgh["value"]).sum("o") / fgh["value"].sum("o")
    assert float(mean.sel(d="CHE", s=1)) > 0.1
    assert float(mean.sel(d="CHE", s=20)) < 0.01


def test_weo_in_units(raw):
    gdp = labour.read_weo(raw, "NGDPD", 2022)
    assert {str(k): float(v) for k, v in gdp.items()}["USA"] == pytest.approx(26.0e12, rel=0.01)
    with pytest.raises(SourceError, match="no NOSUCH for 2022"):
        labour.read_weo(raw, "NOSUCH", 2022)
