"""Which numbers of a scenario are shares, told as percent, and which are plain."""

from __future__ import annotations

import pytest

from scenarios.reader import parse_scenario
from scenarios.target_names import steps_of
from scenarios.target_units import unit_of

TEXT = """title: t
closure: {labour: wage_curve, supply_elasticity_cap: 3}
retraining: {regions: USA, uptake: 30%, cost_per_worker: 12000}
shocks:
  - {tariff: {to: 10%}, importers: USA, exporters: CHN, sectors: goods}
  - {quota: {volume: -20%, rent_to: importer}, importers: USA, exporters: JPN, sectors: goods}
  - {provisions: CPTPP, between: [USA, JPN], depth: 50%}
  - {agreement: CPTPP, year: 3}
"""


@pytest.mark.parametrize(
    ("target", "unit"),
    [
        ("shocks[0].tariff.to", "share"), ("shocks[1].quota.volume", "share"), ("shocks[2].depth", "share"),
        ("shocks[3].year", "number"), ("retraining.uptake", "share"),
        ("retraining.cost_per_worker", "number"), ("closure.supply_elasticity_cap", "number"),
    ],
)  # fmt: skip
def test_a_number_is_a_share_where_its_key_takes_percent(target: str, unit: str) -> None:
    assert unit_of(parse_scenario(TEXT), steps_of(target)) == unit
