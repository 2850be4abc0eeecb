"""Leaving agreements and returning: MFN enters, other agreements serve, and the way back is exact."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from barrier_world import invented_barriers

from calibration.world import load_world
from scenarios.apply import apply
from scenarios.groups import load_groups
from scenarios.mfn import mfn_rates
from scenarios.policy import Policy
from scenarios.problems import ScenarioError
from scenarios.reader import parse_scenario

HEADS = {
    "benchmark": "title: t\nbaseline: benchmark-2022\nshocks:\n",
    "in force": "title: t\nbaseline: in-force-2026\nshocks:\n",
}


def run(shocks: str, world: xr.Dataset, head: str = "in force") -> Policy:
    return apply(parse_scenario(HEADS[head] + shocks, file="t.yaml"), world)


@pytest.fixture(scope="module")
def real() -> xr.Dataset:
    return load_world().data


@pytest.mark.parametrize("head", list(HEADS))
@pytest.mark.parametrize("name", ["USMCA", "KORUS", "EU27", "CPTPP", "RCEP", "ATIGA", "USJTA"])
def test_to_leave_and_return_is_exact(name: str, head: str, real: xr.Dataset) -> None:
    if (name, head) == ("RCEP", "benchmark"):
        pytest.skip("not in force there")
    left = run(f"  - {{leave: {name}, parts: tariffs}}\n", real, head)
    assert not left.table.empty
    back = run(
        f"  - {{leave: {name}, parts: tariffs}}\n  - {{agreement: {name}, parts: tariffs}}\n", real, head
    )
    if (name, head) == ("CPTPP", "benchmark"):
        # The schedule comes with the agreement, and the benchmark holds only what was phased in.
        entered = run("  - {agreement: CPTPP, parts: tariffs}\n", real, head)
        xr.testing.assert_identical(back.counterfactual, entered.counterfactual)
        assert (back.counterfactual.tm <= back.baseline.tm).all()
        return
    for instrument in ("tm", "k"):
        assert np.array_equal(back.counterfactual[instrument], back.baseline[instrument])
    assert back.table.empty


def test_mfn_is_the_highest_rate_across_partners(real: xr.Dataset) -> None:
    policy = run("  - {leave: KORUS, parts: tariffs}\n", real)
    mfn = mfn_rates(real.tm0.transpose("o", "d", "i").values, list(real.d.values))[0]
    at = {r: n for n, r in enumerate(real.d.values)}
    for o, d in (("KOR", "USA"), ("USA", "KOR")):
        after = policy.counterfactual.tm.sel(o=o, d=d).values
        assert np.array_equal(after, mfn[at[d]])
        partners = [r for r in real.o.values if r != d and {r, d} != {"USA", "CHN"}]
        assert np.array_equal(after, real.tm0.sel(d=d, o=partners).max("o").values)
    assert set(policy.table.region) == {"USA", "KOR"}


def test_a_remaining_agreement_serves_the_flow(real: xr.Dataset) -> None:
    policy = run("  - {leave: USMCA, parts: tariffs}\n", real)
    pairs = set(zip(policy.table.partner, policy.table.region, strict=True))
    assert pairs == {("USA", "CAN"), ("CAN", "USA"), ("USA", "MEX"), ("MEX", "USA")}  # CPTPP: CAN and MEX
    both = run("  - {leave: USMCA, parts: tariffs}\n  - {leave: CPTPP, parts: tariffs}\n", real)
    other = run("  - {leave: CPTPP, parts: tariffs}\n  - {leave: USMCA, parts: tariffs}\n", real)
    assert (both.counterfactual.tm.sel(o="CAN", d="MEX") > 0).any()
    xr.testing.assert_identical(both.counterfactual, other.counterfactual)


def test_pairs_with_another_agreement_keep_the_benchmark_rate(real: xr.Dataset) -> None:
    after = run("  - {leave: CPTPP, parts: tariffs}\n", real, "benchmark").counterfactual.tm
    for o, d in (("AUS", "NZL"), ("JPN", "MEX"), ("VNM", "JPN"), ("GBR", "JPN"), ("CHL", "AUS")):
        assert np.array_equal(after.sel(o=o, d=d), real.tm0.sel(o=o, d=d)), (o, d)
    assert (after.sel(o="CAN", d="JPN") >= real.tm0.sel(o="CAN", d="JPN")).all()
    assert (after.sel(o="CAN", d="JPN") > real.tm0.sel(o="CAN", d="JPN")).any()


def test_one_member_leaves(real: xr.Dataset) -> None:
    table = run("  - {leave: USMCA, members: [MEX], parts: tariffs}\n", real).table
    assert set(zip(table.partner, table.region, strict=True)) == {("USA", "MEX"), ("MEX", "USA")}
    france = run("  - {leave: EU27, members: FRA, parts: tariffs}\n", real).table
    assert all("FRA" in pair for pair in zip(france.partner, france.region, strict=True))
    step = run("  - {leave: USMCA, members: MEX, parts: tariffs}\n  - {leave: USMCA, parts: tariffs}\n", real)
    whole = run("  - {leave: USMCA, parts: tariffs}\n", real)
    xr.testing.assert_identical(step.counterfactual, whole.counterfactual)


def test_leaving_never_lowers_a_rate(real: xr.Dataset) -> None:
    for name in ("USMCA", "RCEP", "EU27"):
        policy = run(f"  - {{leave: {name}, parts: tariffs}}\n", real)
        before, after = ((1 + p.tm) * p.k for p in (policy.baseline, policy.counterfactual))
        assert (after >= before).all() and (after > before).any()


def test_a_baseline_without_an_agreement_of_the_data(real: xr.Dataset) -> None:
    text = "title: t\nbaseline: {name: in-force-2026, without: [USMCA]}\nshocks: [%s]\n"
    without = apply(parse_scenario(text % "", file="t.yaml"), real)
    left = run("  - {leave: USMCA, parts: tariffs}\n", real)
    xr.testing.assert_identical(without.baseline, left.counterfactual)
    assert any("rates hold USMCA" in note and "t.yaml:2" in note for note in without.notes)
    back = apply(parse_scenario(text % "{agreement: USMCA, parts: tariffs}"), real)
    xr.testing.assert_identical(back.counterfactual, left.baseline)
    assert set(back.table.region) == set(load_groups().members("USMCA"))


# What must not be overwritten


def test_leaving_after_a_shock_on_the_same_flows(world: xr.Dataset) -> None:
    shock = "  - {tariff: {add: 5%}, importers: USA, exporters: CAN, sectors: food}\n"
    leave = "  - {leave: USMCA, parts: tariffs}\n"
    with pytest.raises(ScenarioError) as caught:
        run(shock + leave, world)
    assert str(caught.value).startswith("t.yaml:5: shocks[1]: t.yaml:4 shocks[0] has set tariffs on 1 of")
    after = run(leave + shock, world).counterfactual.tm.sel(o="CAN", d="USA", i="C10T12").item()
    alone = run(leave, world).counterfactual.tm.sel(o="CAN", d="USA", i="C10T12").item()
    assert after == alone + 0.05
    elsewhere = "  - {tariff: {add: 5%}, importers: USA, exporters: CHN, sectors: food}\n"
    assert not run(elsewhere + leave, world).table.empty


def test_returning_after_a_shock_on_the_same_flows(world: xr.Dataset) -> None:
    text = (
        "  - {leave: USMCA, parts: tariffs}\n"
        "  - {label: duty, tariff: {to: 2%}, importers: USA, exporters: CAN, sectors: food}\n"
        "  - {agreement: USMCA, parts: tariffs}\n"
    )
    with pytest.raises(ScenarioError, match=r"t\.yaml:6: shocks\[2\]: t\.yaml:5 shocks\[1\] has set"):
        run(text, world)


def test_a_measure_of_the_baseline_stands_too(tmp_path, world: xr.Dataset) -> None:
    (tmp_path / "mine.yaml").write_text(
        "title: mine\ndate: 2026-01-01\nmeasures:\n  - title: duties\n    date: 2025-04-01\n    source: s\n"
        "    confidence: assumption\n"
        "    shocks: [{tariff: {add: 10%}, importers: USA, exporters: CAN, sectors: food}]\n"
    )
    text = "title: t\nbaseline: mine.yaml\nshocks: [{leave: USMCA, parts: tariffs}]\n"
    with pytest.raises(ScenarioError, match=r"mine\.yaml:8 measures\[0\]\.shocks\[0\] has set tariffs"):
        apply(parse_scenario(text, folder=tmp_path), world)


def test_nobody_leaves_what_is_not_in_force(world: xr.Dataset) -> None:
    with pytest.raises(ScenarioError, match="RCEP is not in force for them here"):
        run("  - {leave: RCEP, parts: tariffs}\n", world, "benchmark")
    twice = "  - {leave: USMCA, members: MEX, parts: tariffs}\n"
    with pytest.raises(ScenarioError, match="USMCA is not in force for them here"):
        run(twice + twice, world)


# Barriers


def test_the_benchmarks_status_lapses_with_its_agreement(real: xr.Dataset) -> None:
    """Korea falls back to what outsiders get; pairs with another agreement keep theirs."""
    data = invented_barriers(real)
    status = data.status.copy()
    status.loc[{"o": ["KOR", "AUS"], "d": ["USA", "NZL"]}] = 2
    data = replace(data, status=status)
    text = HEADS["in force"] + "  - leave: KORUS\n  - leave: CPTPP\n"
    policy = apply(parse_scenario(text), real, barriers=data)
    after, before = policy.counterfactual.removed, policy.baseline.removed
    korea = {"o": "KOR", "d": "USA"}
    assert (after.sel(korea) < before.sel(korea)).all()
    assert np.array_equal(after.sel(korea), after.sel(o="ARG", d="USA")), "the spillover of USMCA"
    deep = before.sel(o="AUS", d="USA")
    assert np.array_equal(after.sel(o="AUS", d="USA"), deep) and float(deep.min()) > 0
    assert (after.sel(o="AUS", d="NZL") > after.sel(o="CAN", d="NZL")).all()


@pytest.mark.parametrize("name", ["USMCA", "KORUS", "EU27", "CPTPP", "RCEP"])
def test_barriers_return_too(name: str, real: xr.Dataset) -> None:
    barriers = invented_barriers(real, status=0.3)
    ends = [
        apply(parse_scenario(HEADS["in force"] + shocks), real, barriers=barriers)
        for shocks in (f"  - leave: {name}\n", f"  - leave: {name}\n  - agreement: {name}\n")
    ]
    left, back = ends
    assert (left.counterfactual.removed <= left.baseline.removed).all()
    assert (left.counterfactual.removed < left.baseline.removed).any()
    xr.testing.assert_identical(back.counterfactual, back.baseline)
