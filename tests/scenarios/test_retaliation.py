"""Duties in reply: as large as what was raised, on benchmark trade, one importer at a time."""

import numpy as np
import pytest
import xarray as xr

from scenarios.apply import apply
from scenarios.policy import Policy
from scenarios.problems import ScenarioError
from scenarios.reader import parse_scenario

HEAD = "title: t\nbaseline: benchmark-2022\nshocks:\n"
DUTIES = (
    "  - {tariff: {add: 10%}, importers: USA, exporters: [CHN, JPN], sectors: goods}\n"
    "  - {tariff: {add: 25%}, importers: USA, exporters: CHN, sectors: C29}\n"
)
GOODS = ["A01", "C10T12", "C26", "C29"]


def run(shocks: str, world: xr.Dataset) -> Policy:
    return apply(parse_scenario(HEAD + shocks, file="t.yaml"), world)


def border(world: xr.Dataset) -> xr.DataArray:
    return world.X0 * (1 + world.te0)


def duty(policy: Policy, world: xr.Dataset, exporter: str, importer: str) -> float:
    """Additional duty on benchmark trade, USD million."""
    change = (policy.counterfactual.tm - policy.baseline.tm).sel(o=exporter, d=importer)
    return float((change * border(world).sel(o=exporter, d=importer)).sum())


def test_value_for_value_each_importer_by_itself(small_world: xr.Dataset) -> None:
    policy = run(
        DUTIES + "  - {retaliate: {against: USA}, importers: [CHN, JPN, KOR], sectors: [A01, C29]}\n",
        small_world,
    )
    for importer in ("CHN", "JPN"):
        answered, raised = (
            duty(policy, small_world, *pair) for pair in (("USA", importer), (importer, "USA"))
        )
        assert answered == pytest.approx(raised, rel=1e-12) and raised > 0
        points = (policy.counterfactual.tm - policy.baseline.tm).sel(o="USA", d=importer)
        assert np.ptp(points.sel(i=["A01", "C29"]).values) < 1e-14, "the same points on every flow named"
        assert float(abs(points.sel(i=["C10T12", "C26"])).max()) == 0
    assert duty(policy, small_world, "USA", "KOR") == 0
    note = next(n for n in policy.notes if "retaliate" in n)
    assert "CHN +" in note and "no unanswered rise on the exports of KOR, who change nothing" in note


def test_what_was_answered_is_not_answered_again(small_world: xr.Dataset) -> None:
    """Two waves of duties with a reply each, and one reply too many: in the end all is answered once."""
    reply = "  - {retaliate: {against: USA}, importers: CHN, sectors: goods}\n"
    wave = "  - {tariff: {add: 10%}, importers: USA, exporters: CHN, sectors: goods}\n"
    more = "  - {tariff: {add: 5%}, importers: USA, exporters: CHN, sectors: C29}\n"
    once = run(wave + reply, small_world)
    again = run(wave + reply + reply, small_world)
    xr.testing.assert_equal(once.counterfactual.tm, again.counterfactual.tm)
    assert any("no unanswered rise on the exports of CHN" in note for note in again.notes)
    two = run(wave + reply + more + reply, small_world)
    raised = duty(two, small_world, "CHN", "USA")
    assert raised > duty(once, small_world, "CHN", "USA")
    assert duty(two, small_world, "USA", "CHN") == pytest.approx(raised, rel=1e-12)


def test_half_the_value(small_world: xr.Dataset) -> None:
    policy = run(
        DUTIES + "  - {retaliate: {against: USA, share: 50%}, importers: CHN, sectors: goods}\n", small_world
    )
    raised = duty(policy, small_world, "CHN", "USA")
    assert duty(policy, small_world, "USA", "CHN") == pytest.approx(raised / 2, rel=1e-12)


def test_rate_for_rate(small_world: xr.Dataset) -> None:
    policy = run(
        DUTIES + "  - {retaliate: {against: USA, how: rate}, importers: CHN, sectors: goods}\n", small_world
    )
    points = (policy.counterfactual.tm - policy.baseline.tm).sel(o="USA", d="CHN", i=GOODS)
    np.testing.assert_allclose(points, [0.10, 0.10, 0.10, 0.35], rtol=1e-12)


def test_only_what_came_before_and_only_what_rose(small_world: xr.Dataset) -> None:
    reply = "  - {retaliate: {against: USA}, importers: CHN, sectors: goods}\n"
    early = run(reply + DUTIES, small_world)
    assert duty(early, small_world, "USA", "CHN") == 0
    assert any("no unanswered rise on the exports of CHN" in note for note in early.notes)
    cut = "  - {tariff: {to: 0%}, importers: USA, exporters: CHN, sectors: [A01, C26]}\n"
    mixed = run(
        cut + "  - {tariff: {add: 25%}, importers: USA, exporters: CHN, sectors: C29}\n" + reply, small_world
    )
    raised = 0.25 * float(border(small_world).sel(o="CHN", d="USA", i="C29"))
    assert duty(mixed, small_world, "USA", "CHN") == pytest.approx(raised, rel=1e-12)


def test_measures_of_the_baseline_are_not_answered(small_world: xr.Dataset, tmp_path) -> None:
    """What was in force where the scenario begins was not raised by it."""
    (tmp_path / "b.yaml").write_text(
        "title: b\ndate: 2026-01-01\nmeasures:\n  - title: duties\n    date: 2025-04-01\n    source: s\n"
        "    confidence: assumption\n"
        "    shocks: [{tariff: {add: 10%}, importers: USA, exporters: CHN, sectors: goods}]\n"
    )
    reply = "  - {retaliate: {against: USA}, importers: CHN, sectors: goods}\n"
    text = f"title: t\nbaseline: b.yaml\nshocks:\n{reply}"
    policy = apply(parse_scenario(text, folder=tmp_path), small_world)
    assert policy.table.empty


def test_a_reply_is_one_governments_act_and_settles_rates(small_world: xr.Dataset) -> None:
    reply = "  - {retaliate: {against: USA}, importers: [CHN, JPN], sectors: goods}\n"
    policy = run(DUTIES + reply, small_world)
    steps = [s for s in policy.steps if "retaliate" in s.why]
    assert [s.joint for s in steps] == [False, False]
    assert ": CHN +" in steps[0].why and ": JPN +" in steps[1].why
    assert not (steps[0].changed & steps[1].changed).any()
    row = policy.table.query("region == 'CHN' and partner == 'USA' and sector == 'C26'").iloc[0]
    assert row.why == steps[0].why and row["to"] > row["from"]


def test_a_reply_to_a_reply(small_world: xr.Dataset) -> None:
    text = (
        DUTIES
        + "  - {retaliate: {against: USA}, importers: CHN, sectors: goods}\n"
        + "  - {retaliate: {against: CHN, share: 50%}, importers: USA, sectors: C26}\n"
    )
    first, second = run(DUTIES, small_world), run(text, small_world)
    answered = duty(second, small_world, "CHN", "USA") - duty(first, small_world, "CHN", "USA")
    assert answered == pytest.approx(duty(second, small_world, "USA", "CHN") / 2, rel=1e-12)


def test_carve_outs_concentrate_the_reply(small_world: xr.Dataset) -> None:
    policy = run(
        DUTIES + "  - {retaliate: {against: USA}, importers: CHN, sectors: goods, except: {sectors: C26}}\n",
        small_world,
    )
    assert float((policy.counterfactual.tm - policy.baseline.tm).sel(o="USA", d="CHN", i="C26")) == 0
    raised = duty(policy, small_world, "CHN", "USA")
    assert duty(policy, small_world, "USA", "CHN") == pytest.approx(raised, rel=1e-12)


def test_a_group_that_holds_the_other_side_means_the_rest(small_world: xr.Dataset) -> None:
    reply = "  - {{retaliate: {{against: USA}}, importers: {}, sectors: goods}}\n"
    everybody = run(DUTIES + reply.format("all"), small_world)
    named = run(DUTIES + reply.format("[CHN, JPN]"), small_world)
    xr.testing.assert_identical(everybody.counterfactual, named.counterfactual)
    assert any("USA is left out of all" in note for note in everybody.notes)
    with pytest.raises(ScenarioError, match="USA cannot retaliate against itself"):
        run(DUTIES + reply.format("USA"), small_world)


def test_nothing_to_tax(small_world: xr.Dataset) -> None:
    none = small_world.X0.where(~((small_world.o == "USA") & (small_world.i == "C26")), 0.0)
    reply = "  - {retaliate: {against: USA%s}, importers: CHN, sectors: C26}\n"
    with pytest.raises(ScenarioError, match=r"t.yaml:6: shocks\[2\]: CHN imports nothing of these sectors"):
        run(DUTIES + reply % "", small_world.assign(X0=none))
    by_rate = run(DUTIES + reply % ", how: rate", small_world.assign(X0=none))
    change = (by_rate.counterfactual.tm - by_rate.baseline.tm).sel(o="USA", d="CHN", i="C26")
    assert float(change) == pytest.approx(0.10, rel=1e-12)


def test_the_order_of_labels_changes_nothing(small_world: xr.Dataset) -> None:
    text = DUTIES + "  - {retaliate: {against: USA}, importers: [CHN, JPN], sectors: goods}\n"
    other = small_world.isel(o=[3, 1, 6, 0, 5, 2, 4], d=[6, 5, 4, 3, 2, 1, 0], i=[2, 0, 4, 1, 3])
    one, two = run(text, small_world), run(text, other)
    xr.testing.assert_allclose(
        one.counterfactual.tm, two.counterfactual.tm.reindex_like(one.counterfactual.tm)
    )


def test_export_taxes_are_needed_for_border_values(small_world: xr.Dataset) -> None:
    text = DUTIES + "  - {retaliate: {against: USA}, importers: CHN, sectors: goods}\n"
    with pytest.raises(ValueError, match="no array te0"):
        run(text, small_world.drop_vars("te0"))
    assert not run(DUTIES, small_world.drop_vars("te0")).table.empty
