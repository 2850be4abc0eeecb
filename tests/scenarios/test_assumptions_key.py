"""``assumptions:`` in a scenario: numbers that replace rows of the table, or messages that say why not."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from scenarios.apply import apply, scenario_moves_barriers, with_benchmark_rents
from scenarios.barriers import BarrierData, assumption_rows
from scenarios.problems import ScenarioError
from scenarios.reader import parse_scenario, scenario_hash

HEAD = "title: t\nbaseline: benchmark-2022\n"
SHOCKS = "shocks:\n  - {provisions: deep, importers: USA, exporters: JPN, sectors: C26}\n"


def barriers(world: xr.Dataset, ave: float = 0.3) -> BarrierData:
    """The same barrier everywhere, nothing removed before, an agreement's cut of 2 or 6 percent."""
    regions, sectors = world.d.values, world.i.values
    flows = {"o": regions, "d": regions, "i": sectors}
    none = xr.DataArray(
        np.zeros((len(regions), len(regions), len(sectors))), dims=("o", "d", "i"), coords=flows
    )
    return BarrierData(
        ave=none.isel(o=0, drop=True) + ave,
        effect=xr.DataArray(
            [[0.02] * len(sectors), [0.06] * len(sectors)],
            dims=("depth", "i"), coords={"depth": ["shallow", "deep"], "i": sectors},
        ),
        status=none.isel(i=0, drop=True).astype(int),
        rx0=none,
        rm0=none,
    )  # fmt: skip


def removed(text: str, world: xr.Dataset) -> xr.DataArray:
    return apply(parse_scenario(text, file="t.yaml"), world, barriers=barriers(world)).counterfactual[
        "removed"
    ]


def test_a_number_of_the_scenario_replaces_the_tables(small_world: xr.Dataset) -> None:
    plain = removed(HEAD + SHOCKS, small_world)
    more = removed(HEAD + "assumptions: {spillover: 40%}\n" + SHOCKS, small_world)
    inside, outside = ({"o": o, "d": "USA", "i": "C26"} for o in ("JPN", "VNM"))
    assert float(plain.sel(inside)) > 0
    assert float(more.sel(inside)) == float(plain.sel(inside))
    # Spillovers of the agreements in the data grow with it, so that the largest of all does too.
    assert float(more.sel(outside)) == pytest.approx(0.4 / 0.2 * float(plain.sel(outside)))
    assert float(assumption_rows()["spillover"]["value"]) == 0.2 and float(plain.sel(outside)) > 0


def test_what_is_replaced_is_shown_and_hashed(small_world: xr.Dataset) -> None:
    scenario = parse_scenario(HEAD + "assumptions: {spillover: 0.3}\n" + SHOCKS, file="t.yaml")
    notes = apply(scenario, small_world, barriers=barriers(small_world)).notes
    assert any(n.startswith("t.yaml:3: spillover is 0.3 in place of 0.2 (0.0 to 0.5; share") for n in notes)
    assert scenario_hash(scenario) != scenario_hash(parse_scenario(HEAD + SHOCKS))
    idle = parse_scenario(HEAD + "assumptions: {spillover: 0.3}\nshocks: []\n", file="t.yaml")
    assert any("no effect: no shock moves barriers" in n for n in apply(idle, small_world).notes)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            "{spilover: 0.3}",
            "t.yaml:2: assumptions.spilover: no assumption 'spilover'; did you mean 'spillover'?",
        ),
        ("{spillover: 0.9}", "t.yaml:2: assumptions.spillover: spillover lies between 0 and 0.5, not 0.9"),
        (
            "{spillover: -10%}",
            "t.yaml:2: assumptions.spillover: spillover is a share between 0 and 1, not -0.1",
        ),
        ("{spillover: lots}", "t.yaml:2: assumptions: spillover: a number is needed, such as 0.3 or 30%"),
        ("{spillover: .nan}", "t.yaml:2: assumptions: spillover: a number is needed"),
        ("[spillover]", "t.yaml:2: assumptions: a mapping of names to numbers is needed"),
    ],
)
def test_what_is_not_in_the_table_or_its_range_is_refused(written: str, expected: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(f"title: t\nassumptions: {written}\nshocks: []\n", file="t.yaml")
    assert str(caught.value).startswith(expected)


def test_a_variant_replaces_single_numbers() -> None:
    text = HEAD + "assumptions: {spillover: 0.3, rent_share: 0.4}\n" + SHOCKS
    text += "variants:\n  high: {assumptions: {spillover: 0.5}}\n"
    assert parse_scenario(text).cases["high"].assumptions == {"spillover": 0.5, "rent_share": 0.4}
    with pytest.raises(ScenarioError, match=r"t.yaml:7: variants.high.assumptions.spillover: .* between"):
        parse_scenario(text.replace("0.5", "0.6"), file="t.yaml")


def test_barriers_can_be_in_the_benchmark_of_a_tariff_scenario(small_world: xr.Dataset) -> None:
    tariffs = parse_scenario(HEAD + "shocks:\n  - {tariff: {to: 0%}, importers: USA, sectors: goods}\n")
    assert not scenario_moves_barriers(tariffs)
    with_rents = with_benchmark_rents(tariffs)
    assert scenario_moves_barriers(with_rents) and scenario_hash(with_rents) != scenario_hash(tariffs)
    policy = apply(with_rents, small_world, barriers=barriers(small_world))
    xr.testing.assert_identical(policy.counterfactual["removed"], policy.benchmark["removed"])
    xr.testing.assert_identical(policy.counterfactual["tm"], apply(tariffs, small_world).counterfactual["tm"])
    written = HEAD + "barriers: {rents: on}\nshocks: []\n"
    assert scenario_moves_barriers(parse_scenario(written))
