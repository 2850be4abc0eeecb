"""Preferences as firms use them: the cheapest option of every flow, whatever the order of the agreements."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.world import load_world
from scenarios.aim import World
from scenarios.apply import apply
from scenarios.groups import load_groups, load_sector_groups
from scenarios.holders import Holders
from scenarios.policy import Policy
from scenarios.preferences import Offer, Preferences, Use, read_use
from scenarios.problems import ScenarioError
from scenarios.reader import parse_scenario

BENCHMARK = "title: t\nbaseline: benchmark-2022\nshocks:\n"


def run(shocks: str, world: xr.Dataset, head: str = BENCHMARK) -> Policy:
    return apply(parse_scenario(head + shocks, file="t.yaml"), world)


def labels(world: xr.Dataset) -> World:
    regions, sectors = (tuple(map(str, world[letter].values)) for letter in ("d", "i"))
    return World(regions, sectors, load_groups(), load_sector_groups())


def test_one_flow_by_hand(world: xr.Dataset) -> None:
    policy = run("  - {agreement: RCEP, parts: tariffs}\n", world)
    cell = {"o": "JPN", "d": "CHN", "i": "C28"}
    own = world.tm0.sel(cell).item()
    rivals = [o for o in world.o.values if o not in ("CHN", "USA")]
    rate = world.tm0.sel(d="CHN", i="C28", o=rivals).max().item() * (1 - 0.848)
    assert rate < own, "the invented flow has nothing to gain"
    assert policy.counterfactual.tm.sel(cell).item() == pytest.approx(0.80 * rate + 0.20 * own, rel=1e-14)
    k = 1 + 0.80 * 0.10 * (own - rate)
    assert policy.counterfactual.k.sel(cell).item() == pytest.approx(k, rel=1e-14)
    rows = policy.table.query("region == 'CHN' and partner == 'JPN' and sector == 'C28'")
    assert rows.set_index("instrument").why.to_dict() == {
        "tm": "t.yaml:4 agreement RCEP, used by 80 % of trade",
        "k": "t.yaml:4 agreement RCEP, rules of origin",
    }


def test_a_scenario_can_say_how_preferences_are_used(world: xr.Dataset) -> None:
    table = run("  - {agreement: RCEP, parts: tariffs}\n", world)
    full = run("  - {agreement: RCEP, parts: tariffs, utilisation: 100%, rules_of_origin: 0%}\n", world)
    half = run("  - {agreement: RCEP, parts: tariffs, utilisation: 50%}\n", world)
    assert (full.counterfactual.k == 1).all()
    assert (full.counterfactual.tm <= table.counterfactual.tm).all()
    cut = full.baseline.tm - full.counterfactual.tm
    assert np.allclose(full.baseline.tm - half.counterfactual.tm, 0.5 * cut, atol=1e-15)


def test_the_use_of_a_baselines_agreement(world: xr.Dataset) -> None:
    head = (
        "title: t\nbaseline: {name: in-force-2026, use: {RCEP: {utilisation: 100%, rules_of_origin: 0%}}}\n"
    )
    full = apply(parse_scenario(head + "shocks: []\n"), world).baseline
    shock = "title: t\nshocks: [{agreement: RCEP, parts: tariffs, utilisation: 100%, rules_of_origin: 0%}]\n"
    later = apply(parse_scenario(shock), world)
    xr.testing.assert_identical(later.counterfactual, full)
    assert set(later.table.region) <= set(load_groups().members("RCEP")) and not later.table.empty
    same = apply(parse_scenario("title: t\nshocks: [{agreement: RCEP, parts: tariffs}]\n"), world)
    assert same.table.empty and any("is in force already" in note for note in same.notes)


def test_an_option_that_is_not_used_leaves_the_flow_alone(world: xr.Dataset) -> None:
    """With compliance above the cut nobody claims the preference: not a bit changes, k included."""
    policy = run("  - {agreement: RCEP, parts: tariffs, utilisation: 100%, rules_of_origin: 100%}\n", world)
    xr.testing.assert_identical(policy.counterfactual, policy.baseline)
    zero = run("  - {agreement: RCEP, parts: tariffs, utilisation: 0%}\n", world)
    xr.testing.assert_identical(zero.counterfactual, zero.baseline)


def cost(dataset: xr.Dataset) -> xr.DataArray:
    return (1 + dataset.tm) * dataset.k


@pytest.mark.parametrize("order", list(itertools.permutations(["RCEP", "CPTPP", "ATIGA"])))
def test_the_order_of_agreements_does_not_matter(order: tuple[str, ...], world: xr.Dataset) -> None:
    text = "".join(f"  - {{agreement: {name}, parts: tariffs}}\n" for name in order)
    straight = "".join(f"  - {{agreement: {name}, parts: tariffs}}\n" for name in sorted(order))
    xr.testing.assert_identical(run(text, world).counterfactual, run(straight, world).counterfactual)


def test_nothing_negotiated_raises_a_cost_on_the_packaged_world() -> None:
    world = load_world().data
    policy = run("  - {agreement: CPTPP, parts: tariffs}\n  - {agreement: RCEP, parts: tariffs}\n", world)
    assert (cost(policy.counterfactual) <= cost(policy.baseline)).all()
    assert (policy.counterfactual.k >= 1).all() and (policy.counterfactual.tm <= policy.baseline.tm).all()
    untouched = cost(policy.counterfactual) == cost(policy.baseline)
    assert (policy.counterfactual.k.where(untouched, 1) == 1).all()


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10_000), order=st.permutations(range(4)))
def test_any_offers_in_any_order(seed: int, order: list[int]) -> None:
    """Random offers: the result is the cell by cell minimum of all options and free of order."""
    draw, shape = np.random.default_rng(seed), (3, 3, 2)
    none = np.zeros((3, 3), dtype=bool)
    own = draw.uniform(0, 0.4, shape)
    start = Preferences(
        own, np.ones(shape), np.full((1, 3, 2), 0.5), Holders({}, {}, none), {}, np.zeros(shape, bool)
    )
    offers = []
    for _ in range(4):
        rate = np.where(draw.uniform(size=shape) < 0.7, draw.uniform(0, 0.4, shape), np.inf)
        offers.append(
            Offer(rate, Use(*draw.uniform(0, 1, (3, 3, 2)) * np.array([1, 1, 0.05])[:, None, None]))
        )
    after = start
    for n in order:
        after = after.entered(f"a{n}", offers[n])
    paid = after.paid()
    plain = start
    for n, offer in enumerate(offers):
        plain = plain.entered(f"a{n}", offer)
    assert np.array_equal(paid.tariff, plain.paid().tariff)
    assert np.array_equal(paid.iceberg, plain.paid().iceberg)
    options = [1 + own]
    for offer in offers:
        u, r, c = (
            a[:, None, :] for a in (offer.use.utilisation, offer.use.rules_of_origin, offer.use.compliance)
        )
        rate = np.minimum(offer.rate, own)
        terms = (1 + u * rate + (1 - u) * own) * (1 + u * (r * (own - rate) + c))
        options.append(np.where(offer.rate < own, terms, np.inf))
    assert np.allclose((1 + paid.tariff) * paid.iceberg, np.min(options, axis=0), rtol=1e-14)
    idle = paid.choice == 0
    assert np.array_equal(paid.tariff[idle], own[idle]) and (paid.iceberg[idle] == 1).all()


def test_one_more_agreement_never_hurts(world: xr.Dataset) -> None:
    one = run("  - {agreement: RCEP, parts: tariffs}\n", world)
    two = run("  - {agreement: RCEP, parts: tariffs}\n  - {agreement: CPTPP, parts: tariffs}\n", world)
    assert (cost(two.counterfactual) <= cost(one.counterfactual)).all()


def test_a_tariff_shock_after_an_agreement_keeps_what_papers_cost(world: xr.Dataset) -> None:
    agreement = "  - {agreement: RCEP, parts: tariffs}\n"
    shock = "  - {tariff: {add: 10%}, importers: CHN, exporters: JPN, sectors: C28}\n"
    before, after = run(agreement, world).counterfactual, run(agreement + shock, world).counterfactual
    cell = {"o": "JPN", "d": "CHN", "i": "C28"}
    assert after.tm.sel(cell).item() == before.tm.sel(cell).item() + 0.1
    xr.testing.assert_identical(after.k, before.k)


def test_another_use_must_not_undo_a_shock(world: xr.Dataset) -> None:
    text = (
        "  - {agreement: RCEP, parts: tariffs}\n"
        "  - {tariff: {add: 10%}, importers: CHN, exporters: JPN, sectors: C28}\n"
        "  - {agreement: RCEP, parts: tariffs, utilisation: 100%}\n"
    )
    with pytest.raises(ScenarioError, match=r"t\.yaml:6: shocks\[2\]: t\.yaml:5 shocks\[1\] has set"):
        run(text, world)


# The table


def test_the_table_of_use(world: xr.Dataset) -> None:
    rcep, cptpp, new = (read_use(name, labels(world)) for name in ("RCEP", "CPTPP", "Someday"))
    at = {r: n for n, r in enumerate(world.d.values)}
    for use in (rcep, cptpp, new):
        assert ((use.utilisation >= 0.25) & (use.utilisation <= 0.85)).all()
        assert ((use.rules_of_origin >= 0.1) & (use.rules_of_origin <= 0.4)).all()
    by_income = [rcep.utilisation[at[r], 0] for r in ("KHM", "VNM", "CHN", "JPN", "SGP")]
    assert by_income == sorted(by_income) and by_income[0] == 0.35 and by_income[-1] == 0.85
    assert rcep.rules_of_origin.max() < cptpp.rules_of_origin.min() < new.rules_of_origin.min()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("*,*,*,1.2,0.1,0,share,s,assumption,", "utilisation is 1.2"),
        ("*,*,shoes,0.5,0.1,0,share,s,assumption,", "mine.csv:3: 'shoes' is neither"),
        ("*,*,goods,0.5,0.1,0,share,s,assumption,", "no row gives utilisation under RCEP"),
        ("*,XXX,*,0.5,0.1,0,share,s,assumption,", "mine.csv:3: 'XXX' is neither"),
    ],
)
def test_a_table_that_cannot_be_read(row: str, message: str, world: xr.Dataset, tmp_path: Path) -> None:
    head = "agreement,exporters,sectors,utilisation,rules_of_origin,compliance,unit,source,confidence,note"
    (tmp_path / "mine.csv").write_text(f"# mine\n{head}\n{row}\n")
    with pytest.raises(ValueError, match=message):
        read_use("RCEP", labels(world), tmp_path / "mine.csv")


def test_replaced_numbers(world: xr.Dataset) -> None:
    use = read_use("RCEP", labels(world))
    costly = replace(use, compliance=use.compliance + 0.01)
    assert costly.replaced(None, 0.0).compliance.max() == 0
    assert costly.replaced(0.5, 0.2).compliance.min() == 0.01
