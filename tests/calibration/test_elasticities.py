from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calibration.aggregate import load_aggregation
from calibration.elasticities import (
    CAP,
    SETS,
    ElasticityError,
    elasticity_rows,
    load_elasticities,
    refuse_near_one,
)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("aggregation", ["default", "full"])
def test_every_set_covers_every_sector(world, name, aggregation):
    e = load_elasticities(name, world, load_aggregation(aggregation))
    for parameter in ("sigma_m", "sigma_d", "sigma", "sigma_va", "sigma_top"):
        values = e.data[parameter].values
        assert np.isfinite(values).all()
        assert (values > 0).all()
        assert (values <= CAP * (1 + 1e-12)).all()
    assert len(e.table) == 5 * 50
    assert (e.table["source"].str.len() > 5).all()
    assert set(e.table["confidence"]) <= {"repo-file", "verified-page", "recall-H", "recall-M", "assumption"}


def by_sector(name: str, parameter: str) -> dict[str, float]:
    return {r.sector: r.value for r in elasticity_rows(name) if r.parameter == parameter}


def test_gtap_values_and_weights():
    sigma_m, sigma_d, va = (by_sector("gtap", p) for p in ("sigma_m", "sigma_d", "sigma_va"))
    assert (sigma_m["C29"], sigma_d["C29"]) == (5.6, 2.8)
    assert sigma_m["C13T15"] == pytest.approx((7.5 + 7.4 + 8.1) / 3, abs=1e-4)  # plain average tex wap lea
    assert sigma_m["A01"] == 4.6455  # GTAP's own trade-weighted aggregate
    assert sigma_m["B06"] == pytest.approx(0.8 * 10.4 + 0.2 * 34.4)
    assert (va["A01"], va["C10T12"], va["G"]) == (pytest.approx(0.26), pytest.approx(1.12), 1.68)
    assert all(sigma_m[s] == pytest.approx(2 * sigma_d[s]) for s in sigma_m if s not in ("A01", "C10T12"))


def test_trade_elasticities_are_sigma_less_one():
    assert by_sector("fontagne", "sigma")["C10T12"] == pytest.approx(1 + 4.17)
    assert by_sector("caliendo_parro", "sigma")["A01"] == pytest.approx(10.11)
    assert by_sector("lashkaripour", "sigma")["C29"] == pytest.approx(1 + 1.38)
    assert set(by_sector("uniform_4", "sigma").values()) == {5.0}
    assert by_sector("shapiro", "sigma_d")["C29"] == pytest.approx((1 + 6.87) / 2)


def test_nest_and_caps(world):
    default = load_aggregation("default")
    assert load_elasticities("gtap", world, default).nest == "two_level"
    cp = load_elasticities("caliendo_parro", world, default)
    assert cp.nest == "one_level"
    assert cp.caps == (
        "sigma C19: 65.85 -> 20", "sigma_m C19: 65.85 -> 20", "sigma_d C19: 32.92 -> 10"
    )  # fmt: skip
    assert float(cp.data["sigma"].sel(i="PET")) == pytest.approx(20)
    assert float(cp.data["sigma_d"].sel(i="PET")) == pytest.approx(10)


def test_aggregation_averages_with_imports_and_stays_inside(world):
    full = load_elasticities("gtap", world, load_aggregation("full")).data["sigma_m"]
    default = load_elasticities("gtap", world, load_aggregation("default")).data["sigma_m"]
    assert float(default.sel(i="MVH")) == pytest.approx(float(full.sel(i="C29")))
    # coal and oil and gas together: between the two, near the larger trade
    low, high = float(full.sel(i="B05")), float(full.sel(i="B06"))
    assert (low + high) / 2 < float(default.sel(i="FUE")) < high


def test_near_one_is_refused_with_cell_and_source():
    row = elasticity_rows("gtap")[0]
    with pytest.raises(ElasticityError, match=rf"{row.parameter} of A01 is 1.0005 \(source: GTAP"):
        refuse_near_one([replace(row, value=1.0005)])
    with pytest.raises(ElasticityError, match="needs a positive elasticity"):
        refuse_near_one([replace(row, value=0.0)])


def test_unknown_set():
    with pytest.raises(
        ElasticityError, match="unknown elasticity set 'gtap7': choose one of gtap, caliendo_parro"
    ):
        elasticity_rows("gtap7")


def test_a_scenario_may_override_whole_or_part_of_a_sector(world):
    default = load_aggregation("default")
    plain = load_elasticities("gtap", world, default).data["sigma_m"]
    whole = load_elasticities("gtap", world, default, [("sigma_m", ("C29",), 9.0)])
    assert float(whole.data["sigma_m"].sel(i="MVH")) == pytest.approx(9.0)
    rows = whole.table.to_dict("records")
    (row,) = (r for r in rows if (r["parameter"], r["sector"]) == ("sigma_m", "C29"))
    assert row["confidence"] == "assumption"
    part = load_elasticities("gtap", world, default, [("sigma_m", ("A01",), 9.0)]).data["sigma_m"]
    assert float(plain.sel(i="AGR")) < float(part.sel(i="AGR")) < 9.0
    with pytest.raises(ElasticityError, match="override of 'sigma_x'"):
        load_elasticities("gtap", world, default, [("sigma_x", ("A01",), 9.0)])
    with pytest.raises(ElasticityError, match=r"sigma_va of C29 is 1 .*override in the scenario"):
        load_elasticities("gtap", world, default, [("sigma_va", ("C29",), 1.0)])
