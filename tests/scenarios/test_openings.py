"""Mini-laterals and the like: one tariff cut and provisions, on the flows that each is aimed at; depth."""

from itertools import permutations

import numpy as np
import pytest
import xarray as xr
from barrier_world import invented_barriers

from scenarios.apply import apply, scenario_moves_barriers
from scenarios.barriers import BarrierData
from scenarios.policy import Policy
from scenarios.problems import ScenarioError
from scenarios.reader import parse_scenario

HEAD = "title: t\nbaseline: benchmark-2022\nshocks:\n"


@pytest.fixture(scope="module")
def barriers(world: xr.Dataset) -> BarrierData:
    return invented_barriers(world)


def run(shocks: str, world: xr.Dataset, barriers: BarrierData) -> Policy:
    return apply(parse_scenario(HEAD + shocks, file="t.yaml"), world, barriers=barriers)


def same(one: Policy, other: Policy) -> None:
    xr.testing.assert_identical(one.counterfactual, other.counterfactual)


@pytest.mark.parametrize(
    ("name", "aim", "chosen"),
    [
        ("minilateral", "among: [USA, JPN, KOR]", "[C26, K]"),
        ("free_trade_area", "among: [USA, JPN, KOR]", ""),
        ("bilateral", "between: [USA, [JPN, KOR]]", "[C26, K]"),
        ("sectoral", "between: [USA, JPN]", "[C26, C27]"),
        ("sectoral", "importers: USA, exporters: JPN", "C26"),
        ("sectoral", "importers: USA", "K"),
        ("unilateral", "importers: USA", ""),
    ],
)
def test_an_opening_is_a_tariff_cut_and_provisions(
    name: str, aim: str, chosen: str, world: xr.Dataset, barriers: BarrierData
) -> None:
    where = f"{aim}, sectors: {chosen}" if chosen else aim
    opening = run(
        f"  - {{{name}: {{tariffs: 80%, provisions: deep, depth: 50%}}, {where}}}\n", world, barriers
    )
    goods = {"[C26, K]": "C26", "": "goods", "[C26, C27]": "[C26, C27]", "C26": "C26", "K": ""}[chosen]
    tariff = f"  - {{tariff: {{cut: 40%}}, {aim}, sectors: {goods}}}\n" if goods else ""
    provisions = f"  - {{provisions: deep, depth: 50%, {where}}}\n"
    same(opening, run(tariff + provisions, world, barriers))
    joint = "among" in aim or "between" in aim
    assert {s.joint for s in opening.steps} == {joint}
    assert all(name.replace("_", " ") in s.why for s in opening.steps)


def test_depth_is_a_share_of_what_goes(world: xr.Dataset, barriers: BarrierData) -> None:
    flow = {"o": "BRA", "d": "IND"}
    text = "  - {{provisions: shallow, depth: {}, importers: IND, exporters: BRA}}\n"
    whole, half = (
        run(text.format(d), world, barriers).counterfactual.removed.sel(flow) for d in ("100%", "50%")
    )
    assert float(whole.max()) > 0
    np.testing.assert_allclose(half, whole / 2, rtol=1e-14)


def test_partial_grants_are_free_of_order(world: xr.Dataset, barriers: BarrierData) -> None:
    """The largest share counts, whatever came first."""
    shocks = (
        "  - {provisions: deep, depth: 40%, importers: IND, exporters: [BRA, CHN]}\n",
        "  - {provisions: shallow, importers: IND, exporters: BRA}\n",
        "  - {minilateral: {tariffs: 0%, provisions: deep, depth: 70%}, among: [IND, BRA], sectors: K}\n",
    )
    found = [run("".join(order), world, barriers).counterfactual.removed for order in permutations(shocks)]
    alone = [run(shock, world, barriers).counterfactual.removed for shock in shocks]
    largest = np.maximum.reduce([a.values for a in alone])
    for removed in found:
        np.testing.assert_array_equal(removed.values, largest)


def test_an_opening_without_provisions_moves_no_barriers(world: xr.Dataset) -> None:
    text = HEAD + "  - {minilateral: {depth: 50%}, among: [USA, JPN], sectors: [C26, K]}\n"
    asked = parse_scenario(text, file="t.yaml")
    assert not scenario_moves_barriers(asked)
    policy = apply(asked, world)
    change = policy.counterfactual.tm.sel(o="USA", d="JPN") / policy.baseline.tm.sel(o="USA", d="JPN")
    assert float(change.sel(i="C26")) == pytest.approx(0.5, rel=1e-14)
    assert set(policy.table.sector) == {"C26"}


def test_carve_outs_reach_both_parts(world: xr.Dataset, barriers: BarrierData) -> None:
    policy = run(
        "  - free_trade_area: {provisions: deep}\n    among: [USA, IND, BRA]\n"
        "    except: [{sectors: K}, {importers: IND, sectors: food}]\n",
        world,
        barriers,
    )
    assert "K" not in set(policy.table.sector)
    india = policy.table.query("region == 'IND' and partner == 'USA'")
    assert "C10T12" not in set(india.sector) and "C26" in set(india.sector)
    assert not any("meets no flow" in note for note in policy.notes), "the first meets the provisions"


def test_many_members_are_noted(world: xr.Dataset, barriers: BarrierData) -> None:
    policy = run("  - {minilateral: {}, among: CPTPP, sectors: C26}\n", world, barriers)
    assert any("a mini-lateral of 12 economies: free_trade_area" in note for note in policy.notes)


def test_depth_zero_does_nothing_and_says_so(world: xr.Dataset, barriers: BarrierData) -> None:
    policy = run(
        "  - {bilateral: {provisions: deep, depth: 0%}, between: [USA, IND], sectors: C26}\n", world, barriers
    )
    assert policy.table.empty and any("at depth 0 % nothing is done" in note for note in policy.notes)


def test_services_alone_need_provisions(world: xr.Dataset, barriers: BarrierData) -> None:
    with pytest.raises(ScenarioError, match=r"t.yaml:4: shocks\[0\].minilateral: services pay no tariff"):
        run("  - {minilateral: {}, among: [USA, JPN], sectors: K}\n", world, barriers)


def test_the_same_opening_twice_is_refused(world: xr.Dataset, barriers: BarrierData) -> None:
    one = "  - {bilateral: {}, between: [USA, JPN], sectors: C26}\n"
    with pytest.raises(ScenarioError, match=r"the same shock as on t\.yaml:4"):
        run(one + one, world, barriers)
