"""What a shock to single economies and industries comes to in the aggregated model: flow-weighted changes."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from calibration.aggregate import aggregate
from calibration.rents import carve_rents
from cge.app import api
from cge.app.closing import with_uncapped_rent
from cge.app.instruments import instruments
from scenarios.reader import parse_scenario

SHOCKS = """
title: one flow
baseline: benchmark-2022
aggregation: default
shocks:
  - {barrier: {iceberg: 10%}, importers: USA, exporters: DEU, sectors: [C29]}
  - {tariff: {add: 5%}, importers: USA, exporters: DEU, sectors: [C26]}
"""


@pytest.fixture(scope="module")
def case() -> api.Case:
    return api.prepare(parse_scenario(SHOCKS))


def share_of_germany(case: api.Case, industry: str, *, landed: bool) -> float:
    """German share of what the United States buys from the EU in the model sector of an industry."""
    d = case.world.data.sel(d="USA")
    value = d["X0"] * (1 + d["te0"])
    value = value * (1 + d["tm0"]) if landed else value
    sector = case.aggregation.sectors[industry]
    members = [c for c, r in case.aggregation.regions.items() if r == "EU27"]
    industries = [i for i, s in case.aggregation.sectors.items() if s == sector]
    return float(value.sel(o="DEU", i=industry) / value.sel(o=members, i=industries).sum())


def test_iceberg_costs_are_weighted_by_landed_value(case: api.Case) -> None:
    cell = {"o": "EU27", "d": "USA", "i": case.aggregation.sectors["C29"]}
    expected = 1 + 0.10 * share_of_germany(case, "C29", landed=True)
    assert float(case.policy["k"].sel(cell)) == pytest.approx(expected, rel=1e-12)
    others = case.policy["k"].where(
        ~((case.policy["k"].o == "EU27") & (case.policy["k"].d == "USA") & (case.policy["k"].i == cell["i"])),
        1.0,
    )
    assert float(abs(others - 1).max()) == 0


def test_tariffs_are_weighted_by_border_value(case: api.Case) -> None:
    cell = {"o": "EU27", "d": "USA", "i": case.aggregation.sectors["C26"]}
    change = case.policy["tm"] - case.accounts.data["tm0"]
    assert float(change.sel(cell)) == pytest.approx(
        0.05 * share_of_germany(case, "C26", landed=False), rel=1e-9
    )


def test_rents_are_weighted_by_what_they_are_a_share_of(case: api.Case) -> None:
    """Cutting every benchmark rent by a third cuts the aggregate's by a third, to the last dollar."""
    data = case.world.data
    rate = 0.02 * (1 + (data["o"] == "DEU")) * xr.ones_like(data["X0"])
    world = carve_rents(case.world, rate, rate / 2).accounts
    accounts = aggregate(world, case.aggregation).data
    start = xr.Dataset({"rx": world.data["rx0"], "rm": world.data["rm0"]})
    found = instruments(start * (2 / 3), start, world.data, accounts, case.aggregation)
    for name in ("rx", "rm"):
        np.testing.assert_allclose(found[name], 2 / 3 * accounts[f"{name}0"], rtol=1e-12, atol=1e-15)
    told = with_uncapped_rent(found, accounts)["rent_uncapped"]
    np.testing.assert_allclose(told, 2 / 3 * (accounts["rx0"] + accounts["rm0"]), rtol=1e-12, atol=1e-15)
    assert with_uncapped_rent({"tm": accounts["tm0"]}, accounts).keys() == {"tm"}


def test_elasticities_are_weighted_by_what_they_apply_to(case: api.Case) -> None:
    """Imports weigh substitution among origins, absorption that between own-country and imported."""
    sector = case.aggregation.sectors["B06"]
    industries = [i for i, s in case.aggregation.sectors.items() if s == sector]
    table = {(r["parameter"], r["sector"]): r["value"] for r in case.elasticities.table.to_dict("records")}
    d = case.world.data
    landed = (d["X0"] * (1 + d["te0"]) * (1 + d["tm0"])).sum(("o", "d"))
    absorption = d["H0"].sum("r") + landed
    for parameter, weight in (("sigma_m", landed), ("sigma_d", absorption)):
        values = [float(weight.sel(i=i)) for i in industries]
        mean = sum(w * table[parameter, i] for w, i in zip(values, industries, strict=True)) / sum(values)
        assert float(case.elasticities.data[parameter].sel(i=sector)) == pytest.approx(mean, rel=1e-9)
