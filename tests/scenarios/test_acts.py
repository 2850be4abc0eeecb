"""Which government must act for a change, and what remains of a scenario when some do not."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
import xarray as xr

from calibration.world import load_world
from cge.app.barriers import barrier_data
from scenarios.acts import Acts, Recorder
from scenarios.apply import apply, scenario_moves_barriers
from scenarios.problems import ScenarioError
from scenarios.reader import parse_scenario


@lru_cache(maxsize=16)
def acts(*shocks: str, more: str = "") -> Acts:
    lines = "".join(f"  - {shock}\n" for shock in shocks)
    scenario = parse_scenario(f"title: t\n{more}shocks:\n{lines}")
    world = load_world().data
    recorder = Recorder()
    barriers = barrier_data(scenario) if scenario_moves_barriers(scenario) else None
    return recorder.result(apply(scenario, world, barriers=barriers, observe=recorder))


def moved(found: Acts, *governments: str, instrument: str = "tm") -> set[tuple[str, str]]:
    """Flows (exporter, importer) that differ from the baseline when these governments act."""
    policy = found.by(governments)
    a, b = policy.counterfactual[instrument], policy.baseline[instrument]
    cells = (a != b).any("i").stack(flow=("o", "d"))
    return {(str(o), str(d)) for o, d in cells["flow"].values[cells.values]}


def same(one: xr.Dataset, other: xr.Dataset) -> bool:
    return all(one[n].equals(other[n]) for n in one.data_vars) and set(one) == set(other)


DEAL = "{tariff: {to: 0%}, between: [USA, [JPN, VNM]], sectors: goods}"
WALL = "{tariff: {add: 10 points}, importers: [USA, CHN], sectors: manufacturing}"
DEEP = "{provisions: deep, between: [USA, [JPN, VNM]], sectors: all}"
TAX = "{export_tax: {add: 5 points}, exporters: CHN, importers: [USA, JPN], sectors: goods}"


@pytest.mark.parametrize(
    "shocks",
    [(DEAL,), (WALL,), (DEAL, DEEP), (TAX, WALL), ("{leave: USMCA, members: USA}",), ("{agreement: RCEP}",)],
)
def test_all_together_are_the_scenario_and_nobody_is_the_baseline(shocks: tuple[str, ...]) -> None:
    more = "baseline: {without: [RCEP]}\n" if "RCEP" in shocks[0] else ""
    found = acts(*shocks, more=more)
    everyone = found.by(found.governments())
    assert found.governments()
    assert same(everyone.counterfactual, found.policy.counterfactual)
    assert same(found.by(()).counterfactual, found.policy.baseline)


def test_a_negotiated_cut_needs_both_sides() -> None:
    found = acts(DEAL)
    assert found.governments() == ("JPN", "USA", "VNM")
    assert moved(found, "USA") == moved(found, "JPN", "VNM") == set()
    assert moved(found, "USA", "VNM") == {("USA", "VNM"), ("VNM", "USA")}


def test_a_measure_of_one_government_needs_it_alone() -> None:
    found = acts(WALL)
    assert found.governments() == ("CHN", "USA")
    assert {d for _, d in moved(found, "CHN")} == {"CHN"}
    assert len({o for o, _ in moved(found, "USA")}) > 50


def test_an_export_tax_is_the_exporters() -> None:
    found = acts(TAX)
    assert found.governments() == ("CHN",)
    assert moved(found, "CHN", instrument="te") == {("CHN", "USA"), ("CHN", "JPN")}


def test_what_is_raised_between_two_is_done_by_each_alone() -> None:
    found = acts("{tariff: {add: 25 points}, between: [USA, CHN], sectors: goods}")
    assert moved(found, "USA") == {("CHN", "USA")}
    assert moved(found, "CHN") == {("USA", "CHN")}


def test_leaving_needs_those_who_leave() -> None:
    found = acts("{leave: USMCA, members: USA}")
    assert found.governments() == ("USA",)
    assert ("MEX", "USA") in moved(found, "USA") and ("USA", "MEX") in moved(found, "USA")


REFORM = "{provisions: deep, between: [BGD, [JPN, VNM]], sectors: all}"
"""Bangladesh has no deep agreement in the data: its outsiders gain from its first."""


def test_outsiders_gain_only_from_a_party_that_has_a_partner() -> None:
    found = acts(REFORM)
    assert found.governments() == ("BGD", "JPN", "VNM")
    assert moved(found, "BGD", instrument="removed") == set()
    assert moved(found, "JPN", "VNM", instrument="removed") == set()
    both = moved(found, "BGD", "VNM", instrument="removed")
    assert ("VNM", "BGD") in both and ("BGD", "VNM") in both and ("CHN", "BGD") in both
    assert not any(d == "JPN" for _, d in both), "Japan reforms nothing without its signature"


def test_a_party_that_does_not_sign_gets_what_outsiders_get() -> None:
    """Vietnam's sales to Bangladesh when only Japan signs: as if the deal named Japan alone."""
    found, other = acts(REFORM), acts(REFORM.replace("[JPN, VNM]", "JPN"))
    part = found.by(("BGD", "JPN")).counterfactual["removed"]
    np.testing.assert_allclose(part, other.policy.counterfactual["removed"], rtol=0, atol=1e-12)
    sales = {"o": "VNM", "d": "BGD"}
    gains = [float(p.sel(sales).max()) for p in (found.policy.baseline["removed"], part)]
    assert gains[1] > gains[0]
    assert gains[1] < float(found.policy.counterfactual["removed"].sel(sales).max())


JAPAN = {"o": "JPN", "d": "USA"}
MINE = "{tariff: {VERB}, importers: USA, exporters: JPN, sectors: goods}"


@pytest.mark.parametrize("verb", ["add: 10 points", "cut: 50%", "to: 12%", "to: 0%", "mfn_cut: 30%"])
@pytest.mark.parametrize("first", [DEAL, DEAL.replace("to: 0%", "cut: 40%")])
def test_what_a_government_does_after_a_deal_it_does_without_the_deal(verb: str, first: str) -> None:
    """Without its partner nothing is dealt, and its own measure stands as if it were the only one."""
    mine = MINE.replace("VERB", verb)
    found, only = acts(first, mine), acts(mine)
    alone = found.by(("USA",)).counterfactual["tm"]
    np.testing.assert_array_equal(alone, only.policy.counterfactual["tm"])
    assert (alone.sel(JAPAN) != found.policy.baseline["tm"].sel(JAPAN)).any()
    everyone = found.by(found.governments())
    assert same(everyone.counterfactual, found.policy.counterfactual)
    assert same(found.by(()).counterfactual, found.policy.baseline)


def test_retaliation_after_a_deal_adds_its_points_without_the_deal() -> None:
    wall = "{tariff: {add: 30 points}, importers: USA, exporters: JPN, sectors: goods}"
    reply = "{retaliate: {against: USA, how: rate}, importers: JPN, sectors: goods}"
    found = acts(DEAL, wall, reply)
    flow = {"o": "USA", "d": "JPN"}
    before, alone, both = (
        p["tm"].sel(flow)
        for p in (found.policy.baseline, found.by(("JPN",)).counterfactual, found.policy.counterfactual)
    )
    assert float(both.max()) > 0.1 and float(before.max()) > 0
    np.testing.assert_allclose(alone - before, both, rtol=0, atol=1e-12)
    assert same(found.by(found.governments()).counterfactual, found.policy.counterfactual)


def test_barriers_of_a_later_deal_are_removed_without_an_earlier_one() -> None:
    """Two deals of Bangladesh: with Vietnam alone, the second is as if there were no first."""
    first, second = (REFORM.replace("[JPN, VNM]", who) for who in ("JPN", "VNM"))
    found, only = acts(first, second), acts(second)
    part = found.by(("BGD", "VNM")).counterfactual["removed"]
    np.testing.assert_allclose(part, only.policy.counterfactual["removed"], rtol=0, atol=1e-12)
    assert same(found.by(found.governments()).counterfactual, found.policy.counterfactual)


def test_leaving_after_a_deal_on_the_same_flows_is_refused() -> None:
    """What the leaver would pay without the deal is not known from the scenario."""
    deal = "{agreement: CPTPP}"
    out = "{leave: RCEP, members: VNM}"
    found = acts(out, more="baseline: {without: [CPTPP]}\n")
    assert found.governments() == ("VNM",)
    with pytest.raises(ScenarioError, match=r"shocks.1.*agreement CPTPP.*takes other governments"):
        acts(deal, out, more="baseline: {without: [CPTPP]}\n")


def test_caps_belong_to_the_side_that_sets_them() -> None:
    quota = "{quota: {volume: -20%}, importers: USA, exporters: [CHN, VNM], sectors: C26}"
    control = "{export_control: {volume: -30%}, exporters: [CHN, JPN], importers: VNM, sectors: C26}"
    floor = "{minimum_wage: {floor: 1%}, regions: [FRA, DEU]}"
    found = acts(quota, control, floor)
    assert set(found.governments()) == {"USA", "CHN", "JPN", "FRA", "DEU"}
    kept = found.by(("USA", "JPN", "FRA")).controls
    assert [int(c.cells.sum()) for c in kept] == [2, 1, 1]
    assert found.by(("VNM",)).controls == ()
