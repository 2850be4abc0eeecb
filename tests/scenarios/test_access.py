"""Access in return for a standard: which cells move, by how much, and what the table of costs says."""

from __future__ import annotations

import re

import numpy as np
import pytest
import xarray as xr

from scenarios.access import access_parties, with_adopters
from scenarios.apply import apply, scenario_moves_barriers
from scenarios.barriers import BarrierData
from scenarios.groups import load_groups, load_sector_groups
from scenarios.reader import parse_scenario, scenario_hash
from scenarios.schema import Scenario
from scenarios.standards import STANDARDS, load_standards


def barriers(world: xr.Dataset) -> BarrierData:
    """A barrier of 30 % everywhere, nothing removed before; no rents in the accounts."""
    flows = xr.zeros_like(world.X0)
    effect = xr.DataArray([0.02, 0.06], dims="depth", coords={"depth": ["shallow", "deep"]})
    return BarrierData(
        ave=flows.isel(o=0, drop=True) + 0.3,
        effect=effect.expand_dims(i=world.i),
        status=flows.isel(i=0, drop=True).astype(int),
    )


def scenario(condition: str, access: str = "{tariff: -50%}", sectors: str = "electronics") -> Scenario:
    return parse_scenario(
        f"title: t\nbaseline: benchmark-2022\nshocks:\n  - access: {access}\n    importers: USA\n"
        f"    sectors: {sectors}\n    if: {condition}\n",
        file="t.yaml",
    )


TECHNOLOGY = "{standard: technology, adopts: [JPN, KOR]}"


def test_adopters_pay_half_the_tariff_and_the_cost_and_nobody_else_moves(small_world: xr.Dataset) -> None:
    policy = apply(scenario(TECHNOLOGY), small_world)
    named = {"o": ["JPN", "KOR"], "d": "USA", "i": "C26"}
    tm, k = (policy.baseline[n].copy() for n in ("tm", "k"))
    tm.loc[named] = 0.5 * small_world.tm0.sel(named)
    k.loc[named] = (
        1 + load_standards().by_sector("technology", ["C26"], load_sector_groups())["C26"].costs["central"]
    )
    np.testing.assert_array_equal(policy.counterfactual.tm, tm)
    np.testing.assert_allclose(policy.counterfactual.k, k, rtol=0, atol=1e-15)


@pytest.mark.parametrize(
    ("cost", "expected"), [("low", "low"), ("high", "high"), ("1.5%", 0.015), ("0%", 0.0)]
)
def test_the_cost_is_the_tables_or_the_scenarios(
    cost: str, expected: str | float, small_world: xr.Dataset
) -> None:
    policy = apply(scenario(f"{{standard: technology, adopts: JPN, cost: {cost}}}"), small_world)
    row = load_standards().by_sector("technology", ["C26"], load_sector_groups())["C26"]
    share = row.costs[expected] if isinstance(expected, str) else expected
    assert float(policy.counterfactual.k.sel(o="JPN", d="USA", i="C26")) == pytest.approx(
        1 + share, abs=1e-15
    )


def test_the_last_row_that_names_a_sector_counts(small_world: xr.Dataset) -> None:
    policy = apply(scenario("{standard: labour, adopts: JPN}", sectors="goods"), small_world)
    k = policy.counterfactual.k.sel(o="JPN", d="USA")
    assert float(k.sel(i="C29")) == pytest.approx(1.008)
    assert float(k.sel(i="C26")) == pytest.approx(1.002)


def test_a_sector_outside_the_standard_is_free_and_said_to_be(small_world: xr.Dataset) -> None:
    policy = apply(scenario(TECHNOLOGY, sectors="goods"), small_world)
    assert (policy.counterfactual.k.sel(d="USA", i="A01") == 1).all()
    assert float(policy.counterfactual.tm.sel(o="KOR", d="USA", i="A01")) < float(
        small_world.tm0.sel(o="KOR", d="USA", i="A01")
    )
    assert any("has no cost in A01" in note for note in policy.notes)


def test_the_notes_show_cost_range_and_argument(small_world: xr.Dataset) -> None:
    notes = "\n".join(apply(scenario(TECHNOLOGY), small_world).notes)
    assert (
        "t.yaml:7: cost of the technology standard 0.9 % of price (central; 0.4 % to 2.2 %; derived)" in notes
    )
    assert "0.06-0.13 %" in notes


def test_a_group_that_holds_the_granting_importer_means_the_others(world: xr.Dataset) -> None:
    policy = apply(scenario("{standard: technology, adopts: IPEF}"), world)
    members = set(load_groups().members("IPEF")) - {"USA", "FJI"}
    assert set(policy.table.partner) == members and set(policy.table.region) == {"USA"}
    assert any("USA grants the access and is left out of IPEF" in note for note in policy.notes)


def test_carve_outs_and_access_that_gives_nothing(small_world: xr.Dataset) -> None:
    text = "{standard: technology, adopts: [JPN, KOR]}\n    except: {exporters: KOR}"
    assert set(apply(scenario(text), small_world).table.partner) == {"JPN"}
    free = small_world.assign(tm0=small_world.tm0 * 0)
    assert any("gives nothing" in note for note in apply(scenario(TECHNOLOGY), free).notes)


def test_two_standards_cost_twice_and_a_subsidy_is_not_cut(small_world: xr.Dataset) -> None:
    text = "title: t\nbaseline: benchmark-2022\nshocks:\n"
    for standard in ("technology", "labour"):
        text += (
            "  - {access: {tariff: -50%}, importers: USA, sectors: electronics, "
            f"if: {{standard: {standard}, adopts: JPN}}}}\n"
        )
    policy = apply(parse_scenario(text), small_world)
    cell = {"o": "JPN", "d": "USA", "i": "C26"}
    assert float(policy.counterfactual.k.sel(cell)) == pytest.approx(1.009 * 1.002)
    assert float(policy.counterfactual.tm.sel(cell)) == pytest.approx(float(small_world.tm0.sel(cell)) / 4)
    subsidised = small_world.assign(tm0=-small_world.tm0)
    after = apply(scenario(TECHNOLOGY), subsidised).counterfactual.tm
    np.testing.assert_array_equal(after, subsidised.tm0)


def test_parties_and_another_choice_of_adopters(world: xr.Dataset, regions: list[str]) -> None:
    one = scenario("{standard: technology, adopts: [JPN, KOR], candidates: [ASEAN, TWN]}")
    (parties,) = access_parties(one, regions)
    assert parties.adopters == ("JPN", "KOR") and parties.granters == ("USA",)
    assert {"TWN", "VNM"} <= set(parties.candidates)
    by_hand = scenario("{standard: technology, adopts: [JPN], candidates: [ASEAN, TWN]}")
    changed = with_adopters(one, {0: ["JPN"]})
    xr.testing.assert_identical(apply(changed, world).counterfactual, apply(by_hand, world).counterfactual)
    nobody = apply(with_adopters(one, {0: []}), world)
    assert nobody.table.empty


def test_at_least_the_stated_share_of_the_barrier_goes(small_world: xr.Dataset) -> None:
    """The larger of access and agreements counts, in either order; access does not spill over."""
    condition = "if: {standard: digital, adopts: [JPN, KOR]}"
    access = f"  - {{access: {{ntm: 20%}}, importers: USA, sectors: all, {condition}}}\n"
    deep = "  - {provisions: deep, importers: USA, exporters: JPN, sectors: C26}\n"
    head, data = "title: t\nbaseline: benchmark-2022\nshocks:\n", barriers(small_world)
    one, both, turned = (
        apply(parse_scenario(head + shocks), small_world, barriers=data)
        for shocks in (access, access + deep, deep + access)
    )
    named = {"o": ["JPN", "KOR"], "d": "USA"}
    expected = one.baseline["removed"].copy()
    assert float(expected.sel(o="JPN", d="USA").max()) < 0.2 < float(expected.sel(o="KOR", d="USA").min())
    expected.loc[named] = np.maximum(expected.sel(named), 0.2)
    np.testing.assert_array_equal(one.counterfactual["removed"], expected)
    deeper = both.counterfactual["removed"]
    assert float(deeper.sel(o="JPN", d="USA", i="C26")) > 0.2 == float(deeper.sel(o="JPN", d="USA", i="C29"))
    xr.testing.assert_identical(deeper, turned.counterfactual["removed"])
    np.testing.assert_array_equal(one.counterfactual["tm"], one.baseline["tm"])
    assert scenario_moves_barriers(parse_scenario(head + access))
    with pytest.raises(ValueError, match="moves barriers"):
        apply(parse_scenario(head + access), small_world)


def test_labels_in_another_order_give_the_same(small_world: xr.Dataset) -> None:
    plain = apply(scenario(TECHNOLOGY), small_world).counterfactual
    order = list(small_world.d.values[::-1])
    turned = small_world.sel(o=order, d=order, i=small_world.i[::-1])
    other = apply(scenario(TECHNOLOGY), turned).counterfactual
    xr.testing.assert_identical(other.sel({d: plain[d] for d in "odi"}), plain)


def test_the_hash_follows_the_condition() -> None:
    hashes = {
        scenario_hash(scenario(c))
        for c in (TECHNOLOGY, "{standard: labour, adopts: [JPN, KOR]}", "{standard: technology, adopts: JPN}")
    }
    assert len(hashes) == 3


# The packaged table


def test_every_row_is_argued_and_names_sectors(sectors: list[str]) -> None:
    table = load_standards()
    assert set(table.names) >= {"labour", "environment", "technology", "digital"}
    groups = load_sector_groups()
    for row in table.rows:
        assert row.note and row.source and row.confidence
        assert frozenset().union(*(groups.expand(name, sectors) for name in row.sectors))


def test_costs_are_what_their_notes_compute() -> None:
    """Each figure again from the published numbers: fixed 4.7 % of value added, 0.06-0.13 % a percent."""
    annuity = 0.05 / (1 - 1.05**-10)
    fixed, variable = 0.047 * 0.26 * annuity, 0.8
    rows = {(row.standard, row.sectors[0]): row.costs for row in load_standards().rows}
    technology = rows["technology", "manufacturing"]
    assert technology["low"] == pytest.approx(fixed + 0.05 * 0.06 * variable, abs=5e-4)
    assert technology["central"] == pytest.approx(fixed + 0.10 * 0.095 * variable, abs=5e-4)
    assert technology["high"] == pytest.approx(fixed + 0.20 * 0.13 * variable, abs=5e-4)
    assert rows["labour", "goods"]["central"] == pytest.approx(fixed, abs=5e-4)
    assert rows["digital", "J58T60"]["central"] == pytest.approx(0.047 * 0.54 * annuity, abs=5e-4)
    assert (
        rows["labour", "motor_vehicles"]["high"] == 0.016 == 2 * rows["labour", "motor_vehicles"]["central"]
    )
    assert rows["environment", "goods"]["central"] == 0.004


def test_value_added_in_the_notes_is_that_of_the_accounts() -> None:
    from calibration.world import load_world

    world, groups = load_world().data, load_sector_groups().groups
    output = (world.H0 + world.X0.sum("d").rename(o="r")).sum("r")
    added = world.V0.sum(("f", "r")).rename(j="i")
    for sectors, stated in (
        (groups["manufacturing"], 0.26),
        (("J58T60", "J61", "J62_63", "K", "M", "N"), 0.54),
    ):
        share = float(added.sel(i=list(sectors)).sum() / output.sel(i=list(sectors)).sum())
        assert share == pytest.approx(stated, abs=0.01)
        assert f"x {stated}" in STANDARDS.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("row", "message"),
    [("labour,goods,0.5,0.1,0.2,share,s,assumption,n", "low <= cost <= high"),
     ("labour,goods,0.1,0.1,0.2,share,s,assumption,", "the note")],
)  # fmt: skip
def test_a_table_that_contradicts_itself_is_refused(row: str, message: str, tmp_path) -> None:
    path = tmp_path / "standards.csv"
    path.write_text(f"standard,sectors,cost,low,high,unit,source,confidence,note\n{row}\n")
    with pytest.raises(ValueError, match=re.escape(message)):
        load_standards(path)
