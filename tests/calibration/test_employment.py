from __future__ import annotations

import numpy as np
import pytest

from calibration.accounts import output
from calibration.employment import CONFIDENCE, METHODS, build_employment, employment_totals
from calibration.labels import region_labels
from calibration.sources import labour
from calibration.world import load_info

MANUFACTURING = "C"


@pytest.fixture(scope="module")
def jobs(world):
    return world.data["jobs0"]


def test_usa_158_million_with_the_cps_counts(jobs):
    usa = jobs.sel(r="USA").to_series()
    assert float(usa.sum()) == pytest.approx(158_295)
    # CPS 2022, table 17
    assert usa["F"] == pytest.approx(11_790)
    assert usa["G"] == pytest.approx(19_462)
    assert usa.filter(regex="^C").sum() == pytest.approx(15_231)
    assert usa.filter(regex="^A").sum() == pytest.approx(2_290)
    assert usa.filter(regex="^B").sum() == pytest.approx(601)
    # motor vehicles 1016 of 12,864 payroll jobs in manufacturing, scaled to the CPS total
    assert 1_100 < usa["C29"] < 1_300


def test_country_totals(jobs):
    total = jobs.sum("j").to_series() / 1e3
    assert total["VNM"] == pytest.approx(55.6, abs=0.1)
    assert total["UKR"] == pytest.approx(18.5, abs=0.1)  # its last year, 2021
    assert total["CHN"] == pytest.approx(738.5, abs=0.5)
    assert 400 < total["ROW"] < 600
    assert 3_300 < total.sum() < 3_600  # persons employed in the world, million


def test_methods_and_confidence_for_every_cell(world):
    d = world.data
    method, confidence = d["jobs_method"], d["jobs_confidence"]
    assert set(np.unique(method.values.astype(str))) <= set(METHODS)
    assert all(
        CONFIDENCE[m] == c for m, c in zip(method.values.ravel(), confidence.values.ravel(), strict=True)
    )
    assert str(method.sel(r="CHN", j="C26").item()) == "etd2018"
    assert str(method.sel(r="AUS", j="C26").item()) == "ilo2013"
    assert str(method.sel(r="CAN", j="C26").item()) == "ilo2013_broad"  # its ISIC4 letters are scrambled
    assert str(method.sel(r="USA", j="K").item()) == "compensation"
    assert str(method.sel(r="AGO", j="A01").item()) == "donor"
    empty = output(d).rename(i="j") == 0
    assert bool(((method == "none") == empty).all())


def test_repairs_of_employment():
    steps = load_info()["repairs"].set_index("name")
    assert steps.loc["employment total USA", "size"] == pytest.approx(8_688, abs=1)
    assert steps.loc["employment total of an earlier year", "where"].startswith("UKR 2021")
    assert steps.loc["employment total ROW", "size"] == pytest.approx(492_615, abs=1)
    assert steps.loc["employment without output", "where"].startswith("AUS")


def test_group_counts_follow_etd(raw, jobs):
    etd = labour.read_etd(raw)
    china = jobs.sel(r="CHN").to_series()
    share = china.filter(regex="^C").sum() / china.sum()
    assert share == pytest.approx(etd.loc["CHN", "Manufacturing"] / etd.loc["CHN"].sum(), rel=1e-9)
    assert np.isnan(etd.loc["IND", "Real estate"])  # counted with business services there


def test_canadas_isic4_letters_are_unusable(raw):
    """The raw file has 3.7 thousand health workers in Canada: why its broad groups are used."""
    letters = labour.read_ilo_industry(raw)["ILO2013_ISIC4"].loc["CAN"]
    broad = labour.read_ilo_industry(raw)["ILO2013_AGGREGATE"].loc["CAN"]
    assert letters["Human health and social work activities"] < 10
    assert letters["Manufacturing"] < broad["Manufacturing"] / 5


def test_totals_reader(raw):
    totals, _ = employment_totals(raw, list(region_labels()))
    assert set(totals) == set(region_labels())
    assert totals["USA"] == pytest.approx(158_295)


def test_label_order_does_not_matter(raw, world):
    d = world.data
    pay, y = d["V0"].sel(f="labour", drop=True), output(d).rename(i="j")
    a = build_employment(raw, pay, y).jobs
    back = {"r": slice(None, None, -1), "j": slice(None, None, -1)}
    b = build_employment(raw, pay.isel(back), y.isel(back)).jobs
    np.testing.assert_allclose(a, b.reindex_like(a), rtol=1e-12)
