"""Tariffs by the MFN rate and by what others pay. The world is invented; the baseline is the benchmark."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.apply import apply
from scenarios.mfn import mfn_rates
from scenarios.policy import Policy
from scenarios.problems import ScenarioError
from scenarios.reader import parse_scenario

HEAD = "title: t\nbaseline: benchmark-2022\nshocks:\n"
GOODS = ["A01", "C10T12", "C26", "C29"]


def run(shocks: str, world: xr.Dataset) -> Policy:
    return apply(parse_scenario(HEAD + shocks, file="t.yaml"), world)


def mfn(world: xr.Dataset) -> xr.DataArray:
    rates = mfn_rates(world.tm0.transpose("o", "d", "i").values, world.d.values.tolist())
    return xr.DataArray(rates[0], dims=("d", "i"), coords={"d": world.d.values, "i": world.i.values})


def test_an_mfn_cut_erodes_preferences_and_raises_nothing(small_world: xr.Dataset) -> None:
    policy = run("  - {tariff: {mfn_cut: 36%}, importers: JPN, sectors: goods}\n", small_world)
    before, after = (p.tm.sel(d="JPN", i=GOODS) for p in (policy.baseline, policy.counterfactual))
    ceiling = 0.64 * mfn(small_world).sel(d="JPN", i=GOODS)
    xr.testing.assert_allclose(after, np.minimum(before, ceiling).transpose(*after.dims), rtol=1e-14)
    assert bool((after == before).any()), "who pays less than the new MFN rate keeps it"
    others = policy.counterfactual.tm.drop_sel(d="JPN")
    xr.testing.assert_identical(others, policy.baseline.tm.drop_sel(d="JPN"))


def test_duties_on_top_of_mfn_outlive_a_cut_of_it(small_world: xr.Dataset) -> None:
    """A trade war's duty is no MFN rate: the cut takes its share of MFN and leaves the rest."""
    at = {"o": "CHN", "d": "USA", "i": "C26"}
    world = small_world.copy(deep=True)
    world["tm0"].loc[at] = 0.9
    cut = "  - {tariff: {mfn_cut: 50%}, importers: USA, sectors: C26}\n"
    policy = run(cut, world)
    base = float(mfn(world).sel(d="USA", i="C26"))
    assert base < 0.3
    assert float(policy.counterfactual.tm.sel(at)) == pytest.approx(0.9 - 0.5 * base, rel=1e-12)
    assert any("1 flows bear duties on top of MFN" in note for note in policy.notes)
    again = run(cut + cut.replace("importers: USA", "importers: USA, exporters: CHN"), world)
    assert float(again.counterfactual.tm.sel(at)) == pytest.approx(0.9 - 0.75 * base, rel=1e-12)
    assert any("a second time on 1 flows" in note for note in again.notes)


def test_leaving_after_an_mfn_cut_brings_the_lower_mfn_rate(world: xr.Dataset) -> None:
    """An MFN cut for everybody is one for those who lose their preference, before or after."""
    preferred = world.copy(deep=True)
    preferred["tm0"].loc[{"o": ["CAN", "MEX"], "d": "USA"}] = 0.0
    cut = "  - {tariff: {mfn_cut: 50%}, importers: USA, sectors: goods}\n"
    leave = "  - {leave: USMCA, parts: tariffs}\n"
    at, goods = {"o": "CAN", "d": "USA"}, preferred.tm0.sum(("o", "d")) > 0
    expected = 0.5 * mfn(preferred).sel(d="USA").where(goods, 0.0)
    for text in (cut + leave, leave + cut):
        found = run(text, preferred).counterfactual.tm.sel(at)
        np.testing.assert_allclose(found, expected, rtol=1e-14)
    some = cut.replace("importers: USA", "importers: USA, exporters: CHN")
    np.testing.assert_allclose(
        run(some + leave, preferred).counterfactual.tm.sel(at), 2 * expected, rtol=1e-14
    )


def test_to_mfn_goes_up_and_down(small_world: xr.Dataset) -> None:
    policy = run(
        "  - {tariff: {to: MFN}, importers: USA, exporters: [CHN, CAN], sectors: goods}\n", small_world
    )
    expected = mfn(small_world).sel(d="USA", i=GOODS)
    for exporter in ("CHN", "CAN"):
        found = policy.counterfactual.tm.sel(o=exporter, d="USA", i=GOODS)
        np.testing.assert_array_equal(found, expected)
    lower = run(
        "  - {tariff: {to: mfn, negotiated: true}, importers: USA, exporters: CHN, sectors: goods}\n",
        small_world,
    )
    assert bool((lower.counterfactual.tm <= lower.baseline.tm).all())


def test_levelling_takes_the_lowest_of_those_named(small_world: xr.Dataset) -> None:
    policy = run(
        "  - {tariff: {level: lowest, of: [KOR, JPN]}, importers: [USA, KOR], sectors: goods}\n", small_world
    )
    before, after = policy.baseline.tm.sel(i=GOODS), policy.counterfactual.tm.sel(i=GOODS)
    partners = [r for r in small_world.o.values if r != "USA"]
    lowest = before.sel(d="USA", o=["KOR", "JPN"]).min("o")
    expected = np.minimum(before.sel(d="USA", o=partners), lowest)
    np.testing.assert_array_equal(after.sel(d="USA", o=partners), expected.transpose("o", "i"))
    # Korea gives itself nothing, so Japan's rate is the lowest there.
    np.testing.assert_array_equal(
        after.sel(d="KOR", o="CHN"), np.minimum(before.sel(d="KOR", o="CHN"), before.sel(d="KOR", o="JPN"))
    )
    xr.testing.assert_identical(policy.counterfactual.tm.sel(d="CHN"), policy.baseline.tm.sel(d="CHN"))


def test_levelling_with_nobody_changes_nothing_and_says_so(small_world: xr.Dataset) -> None:
    policy = run("  - {tariff: {level: lowest, of: KOR}, importers: KOR, sectors: C26}\n", small_world)
    assert policy.table.empty
    assert any("their importer gives none of those compared any" in note for note in policy.notes)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(share=st.floats(0.01, 1), seed=st.integers(0, 5))
def test_no_lowering_verb_raises_a_rate(share: float, seed: int, small_world: xr.Dataset) -> None:
    draw = np.random.default_rng(seed)
    world = small_world.assign(tm0=small_world.tm0 * draw.uniform(0, 4, small_world.tm0.shape))
    for verb in (f"mfn_cut: {100 * share:.4f}%", "level: lowest", "level: lowest, of: [CHN, VNM]"):
        policy = run(f"  - {{tariff: {{{verb}}}, importers: all, sectors: goods}}\n", world)
        assert bool((policy.counterfactual.tm <= policy.baseline.tm).all()), verb


def test_flows_that_an_mfn_cut_leaves_alone_keep_their_agreements(world: xr.Dataset) -> None:
    """Where the preference is cheaper still, leaving the agreement later means MFN as ever."""
    cut = "  - {tariff: {mfn_cut: 1%}, importers: all, sectors: goods}\n"
    both = run(cut + "  - {agreement: RCEP, parts: tariffs}\n", world)
    alone = run("  - {agreement: RCEP, parts: tariffs}\n", world)
    at = {"o": "JPN", "d": "CHN"}
    assert bool((both.counterfactual.tm.sel(at) <= alone.counterfactual.tm.sel(at) + 1e-15).all())


@pytest.mark.parametrize("verb", ["{to: mfn, negotiated: false}", "{level: lowest}"])
def test_who_agrees(verb: str, small_world: xr.Dataset) -> None:
    """What both sides lower is joint; what one side does, or what rises, is not."""
    between = run(f"  - {{tariff: {verb}, between: [USA, JPN], sectors: goods}}\n", small_world)
    alone = run(f"  - {{tariff: {verb}, importers: USA, exporters: JPN, sectors: goods}}\n", small_world)
    assert [s.joint for s in between.steps] == [verb == "{level: lowest}"]
    assert [s.joint for s in alone.steps] == [False]


def test_a_rate_that_is_neither_a_number_nor_mfn(small_world: xr.Dataset) -> None:
    with pytest.raises(ScenarioError, match="'MNF' is not a rate with a unit I know"):
        run("  - {tariff: {to: MNF}, importers: USA, sectors: goods}\n", small_world)
