"""Closures and quantitative measures in scenario files: names, contradictions, cells, levels."""

from __future__ import annotations

import textwrap
from typing import get_args

import numpy as np
import pytest

from cge.app import api
from cge.closure import CLOSURES
from results.levels import gdp_gap, levels
from scenarios.closure_schema import Closure
from scenarios.problems import ScenarioError
from scenarios.reader import parse_scenario

HEADER = "title: t\naggregation: small\nbaseline: in-force-2026\n"


def scenario(text: str, shocks: str = "shocks: []"):
    return parse_scenario(HEADER + textwrap.dedent(text) + shocks, file="t.yaml")


def test_the_schema_names_every_option_of_the_model_in_its_order() -> None:
    for market, options in CLOSURES.items():
        field = Closure.model_fields[market]
        assert get_args(field.annotation) == tuple(options)
        assert field.default == next(iter(options))


@pytest.mark.parametrize(
    ("closure", "message"),
    [
        ("{investment: fixed_real_investment, external: world_bank}", "the world bank decides"),
        ("{replacement: consumption_tax}", "no revenue to replace"),
        ("{supply_elasticity_cap: 1.5}", "no effect with labour full_employment"),
        ("{swap: {fix: 'pc[USA]'}}", "closure.swaps.free: required"),
        ("{swaps: [{fix: 'a', free: 'b', at: 0%}]}", "changes nothing"),
    ],
)
def test_contradictions_are_found_when_the_file_is_read(closure: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        scenario(f"closure: {closure}\n")


@pytest.mark.parametrize(
    ("closure", "message"),
    [
        (
            "{swap: {fix: 'real_gdp[USX]', free: 'productivity[USA]'}}",
            "t.yaml:4: closure: .*'USX' is not among",
        ),
        ("{swap: {fix: 'real_gdp[USA]', free: 'productivity[USA,*]'}}", r"holds 1 cells .* tfp\[region\]"),
        ("{external: fixed_share_of_gdp, imbalance_to: FRA}", "'FRA' is not a region of this aggregation"),
    ],
)
def test_what_needs_the_labels_is_found_before_solving(closure: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        api.prepare(scenario(f"closure: {closure}\n"))


def test_a_swap_holds_real_gdp_and_moves_it() -> None:
    case = api.prepare(
        scenario("closure: {swap: {fix: 'real_gdp[USA]', free: 'productivity[USA]', at: 2%}}\n")
    )
    base, new = api.solve(case)
    usa = {"r": "USA"}
    assert float(base.values["real_gdp"].sel(usa)) == pytest.approx(1, abs=1e-9)
    assert float(new.values["real_gdp"].sel(usa)) == pytest.approx(1.02, abs=1e-9)
    assert 1.005 < float(new.values["tfp"].sel(usa)) < 1.02
    assert float(abs(new.values["tfp"].drop_sel(usa) - 1).max()) == 0


MEASURES = """\
shocks:
  - export_control: {volume: -30%}
    exporters: USA
    importers: CHN
    sectors: services
  - quota: {volume: 0%, rent_to: importer}
    exporters: CHN
    importers: JPN
    sectors: all
    except: {sectors: services}
  - trq: {volume: 5%, above: 40%}
    exporters: USA
    importers: JPN
    sectors: goods
  - minimum_wage: {floor: 0.2%}
    regions: [JPN, EU27]
  - tariff: {add: 10%}
    exporters: CHN
    importers: USA
    sectors: goods
"""


def test_measures_bind_at_levels_of_the_baseline() -> None:
    case = api.prepare(scenario("", MEASURES))
    base, new = api.solve(case)
    b, n = base.values, new.values
    ratio = n["x"] / b["x"]
    control, quota, trq, floor = (m.cells for m in case.measures)
    assert int(control.sum()) > 0
    np.testing.assert_allclose(ratio.where(control, 0.7), 0.7, atol=1e-7)
    assert float(n["rx"].where(control, 1).min()) > 0
    assert float(ratio.where(quota, 0).max()) <= 1 + 1e-8
    assert float((n["rm"] * (1 - ratio)).where(quota, 0).max()) < 1e-8
    assert float(ratio.where(trq, 1).max()) < 1.05, "nothing makes these flows grow: the tariff stays"
    assert float(n["rm"].where(trq, 0).max()) < 1e-8
    np.testing.assert_allclose((n["rw"] / b["rw"]).where(floor, 1.002), 1.002, atol=1e-8)
    assert bool((n["u"] > b["u"]).where(floor, True).all())
    assert float(abs(b["rx"]).max()) < 1e-8, "the baseline knows no quota"
    assert float(abs(n["rx"].where(~control, 0)).max()) == 0


@pytest.mark.parametrize(
    ("shock", "message"),
    [
        (
            "{export_control: {volume: -30%}, exporters: USA, importers: CHN, sectors: C26}",
            "covers only part",
        ),
        ("{minimum_wage: {floor: 0%}, regions: FRA}", "covers only part of EU27"),
        ("{quota: {volume: -99.5%}, exporters: USA, importers: CHN, sectors: all}", "more than 99 %"),
        ("{minimum_wage: {floor: 0%}, importers: USA}", "'regions' goes with minimum_wage"),
        ("{tariff: {to: 0%}, importers: USA, sectors: goods, regions: USA}", "'regions' goes with"),
    ],
)
def test_measures_the_model_cannot_take_are_refused(shock: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        api.prepare(scenario("", f"shocks: [{shock}]\n"))


def test_one_flow_has_one_quota() -> None:
    one = "{quota: {volume: 0%}, exporters: USA, importers: CHN, sectors: goods}"
    with pytest.raises(ScenarioError, match="caps some of this already"):
        api.prepare(scenario("", f"shocks: [{one}, {one}]\n"))


def test_a_tariff_above_the_quota_below_the_one_in_force_is_refused() -> None:
    text = "shocks: [{trq: {volume: 0%, above: 0%}, exporters: USA, importers: EU27, sectors: goods}]\n"
    case = api.prepare(scenario("", text))
    with pytest.raises(ScenarioError, match="lower than the tariff in force"):
        api.policy_changes(case, case.model.benchmark())


@pytest.mark.parametrize(
    "closure",
    [
        "{government: fixed_real, replacement: consumption_tax, labour: wage_curve}",
        "{external: world_bank, capital: sluggish, labour: labour_supply}",
        "{investment: fixed_real_investment, external: fixed_share_of_gdp, imbalance_to: ROW}",
    ],
)
def test_results_stand_under_every_kind_of_closure(closure: str) -> None:
    """The three GDPs of `results` are separate sums over flows: they agree only if every tax is booked."""
    shock = "shocks: [{tariff: {add: 10%}, exporters: CHN, importers: USA, sectors: goods}]\n"
    found = api.run(scenario(f"closure: {closure}\nformulation: {{consumption: les}}\n", shock))
    assert gdp_gap(levels(found.new))[0] < 1e-9
