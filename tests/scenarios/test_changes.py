"""Changes of policy in words and in groups, and what sets two policies apart."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from scenarios.apply import apply
from scenarios.changes import KEYS, by_measure, dollars, grouped, plain_cause, rows_of, shown, span
from scenarios.differences import choices, difference, packages
from scenarios.groups import load_groups, load_sector_groups
from scenarios.memory import Memory
from scenarios.naming import Naming, naming
from scenarios.packages import with_packages
from scenarios.policy import Policy
from scenarios.reader import parse_scenario


@pytest.fixture(scope="module")
def words(world: xr.Dataset) -> Naming:
    return naming(world["d"].values.tolist(), world["i"].values.tolist())


def members(name: str) -> set[str]:
    return set(load_groups().members(name))


def pairs(one: set[str], other: set[str]) -> set[tuple[str, str]]:
    return {(a, b) for a in one for b in other if a != b}


def test_a_set_that_is_a_group_goes_by_its_name(words: Naming) -> None:
    cptpp, goods = members("CPTPP"), set(load_sector_groups().groups["goods"])
    assert words.regions.words(cptpp) == "CPTPP"
    assert words.regions.words(cptpp - {"SGP"}) == "CPTPP without SGP"
    assert words.regions.words(cptpp | {"USA"}) == "CPTPP and USA"
    assert words.regions.words({"USA", "JPN"}) == "JPN, USA"
    assert words.regions.words(words.regions.universe) == "all economies"
    assert words.regions.words(words.regions.universe - {"CHN"}) == "all economies without CHN"
    assert words.sectors.words(goods) == "goods"
    assert words.sectors.words(goods - {"C29"}) == "goods without motor_vehicles"
    assert words.regions.words(members("EU27") | {"CHN", "AUS", "BRA", "IND"}) == "EU27, AUS, BRA, CHN, IND"
    assert words.sectors.words({"C26", "C24A", "C24B", "C25", "C16"}) == "metals and electronics, C16"
    assert words.sectors.words({"C26"}) == "electronics"
    some = {"AGO", "ARG", "BGD", "BLR", "CHE", "CHN", "CIV", "CMR", "COD", "COL"}
    assert words.regions.words(some) == "AGO, ARG, BGD, BLR, CHE, CHN and 4 more"


def test_flows_are_told_by_their_shape(words: Naming) -> None:
    cptpp, usa = members("CPTPP"), {"USA"}
    assert words.flows(pairs(usa, cptpp)) == "USA on imports from CPTPP"
    assert words.flows(pairs(usa, cptpp), exports=True) == "USA on exports to CPTPP"
    assert words.flows(pairs(usa, cptpp) | pairs(cptpp, usa)) == "between CPTPP and USA"
    assert words.flows(pairs(cptpp, cptpp)) == "among CPTPP"
    assert words.flows(pairs(cptpp, {*cptpp, "USA"})) == "CPTPP on imports from CPTPP and USA"
    uneven = pairs(usa, cptpp - {"SGP"}) | pairs(cptpp, usa)
    assert words.flows(uneven) == "CPTPP on imports from USA; USA on imports from CPTPP without SGP"
    assert words.flows({("USA", ""), ("JPN", "")}) == "JPN, USA"
    ring = {("USA", "CHN"), ("CHN", "JPN"), ("JPN", "KOR"), ("KOR", "USA")}
    assert words.flows(ring) == "4 pairs among CHN, JPN, KOR, USA"


def test_words_of_flows_lose_no_flow(words: Naming) -> None:
    """Whatever is said to be `A on imports from B` is all of it."""
    draw = np.random.default_rng(3)
    five = ["USA", "CHN", "JPN", "KOR", "VNM"]
    every = list(itertools.permutations(five, 2))
    for _ in range(200):
        chosen = {every[k] for k in draw.choice(len(every), size=draw.integers(1, 20), replace=False)}
        said = words.flows(chosen)
        if " pairs" in said:
            continue
        meant: set[tuple[str, str]] = set()
        for part in said.split("; "):
            if part.startswith("among "):
                inside = part.removeprefix("among ").split(", ")
                meant |= pairs(set(inside), set(inside))
            elif part.startswith("between "):
                one, other = (set(s.split(", ")) for s in part.removeprefix("between ").split(" and "))
                meant |= pairs(one, other) | pairs(other, one)
            else:
                one, other = (set(s.split(", ")) for s in part.split(" on imports from "))
                meant |= pairs(one, other)
        assert meant == chosen, said


def test_grouped_rows_cover_the_table(world: xr.Dataset, words: Naming) -> None:
    scenario = parse_scenario(
        "title: t\nshocks:\n"
        "  - {tariff: {to: 0%}, between: [USA, CPTPP], sectors: goods}\n"
        "  - {tariff: {add: 5 points}, importers: USA, exporters: JPN, sectors: [C26, C29]}\n"
        "  - {export_tax: {to: 10%}, exporters: CHN, importers: USA, sectors: C26}\n"
    )
    policy = apply(scenario, world)
    rows = rows_of(policy.table, world.X0)
    found = grouped(rows, words, policy.steps)
    assert sum(change.count for change in found) == len(rows) == len(policy.table)
    flows = rows.drop_duplicates(KEYS[:3])
    assert sum(change.trade for change in found) == pytest.approx(flows.trade.sum())
    by_shock = {(c.why.count("; "), c.instrument): c for c in found}
    both = by_shock[1, "tm"]
    assert (both.who, both.sectors, both.count) == (
        "USA on imports from JPN",
        "electronics, motor_vehicles",
        2,
    )
    expected = world.X0.sel(o="JPN", d="USA", i=["C26", "C29"])
    before = world.tm0.sel(o="JPN", d="USA", i=["C26", "C29"])
    assert both.before.mean == pytest.approx(float((expected * before).sum() / expected.sum()))
    assert both.after.low == both.after.mean == both.after.high == 0.05
    tax = by_shock[0, "te"]
    assert tax.who == "CHN on exports to USA"
    assert tax.trade == pytest.approx(float(world.X0.sel(o="CHN", d="USA", i="C26")))


def test_how_much_an_agreement_is_used_makes_no_group() -> None:
    assert plain_cause("f.yaml:3 agreement RCEP, used by 45 % of trade") == "f.yaml:3 agreement RCEP"
    one = "f.yaml:3 agreement RCEP, rules of origin; g.yaml:9 shocks[2] label: tariff to 0 %"
    assert plain_cause(one) == "f.yaml:3 agreement RCEP; g.yaml:9 label: tariff to 0 %"


def test_measures_of_the_seller_stand_with_the_seller() -> None:
    table = pd.DataFrame(
        {"importer": ["USA", "USA"], "exporter": ["CHN", "CHN"], "sector": "C26", "instrument": ["te", "tm"],
         "from": 0.0, "to": 0.1, "why": "w"}
    )  # fmt: skip
    rows = by_measure(table)
    assert rows[["region", "partner"]].values.tolist() == [["CHN", "USA"], ["USA", "CHN"]]
    assert by_measure(rows) is rows


def test_numbers_in_words() -> None:
    assert shown(0.0812, "tm") == "8.12 %" and shown(1.02, "k") == "1.02"
    assert shown(0.8, "quota") == "80 % of the baseline's" and shown(float("nan"), "quota") == "no limit"
    assert [dollars(x) for x in (812_345.0, 14_040.0, 35.2, float("nan"))] == [
        "USD 812 bn",
        "USD 14.0 bn",
        "USD 35 mn",
        "",
    ]
    weighted = span(np.array([0.1, 0.3]), np.array([3.0, 1.0]))
    assert (weighted.mean, weighted.low, weighted.high) == (pytest.approx(0.15), 0.1, 0.3)
    assert span(np.array([0.1, 0.3]), np.array([np.nan, np.nan])).mean == pytest.approx(0.2)


BASES = ("in-force-2026", "benchmark-2022", "{name: in-force-2026, without: [RCEP, USMCA]}")
SHOCKS = (
    "[]",
    "[{tariff: {to: 0%}, between: [USA, CPTPP], sectors: goods}]",
    "[{agreement: RCEP, parts: tariffs}, {export_tax: {add: 5%}, exporters: CHN, sectors: C26}]",
)


def policies(world: xr.Dataset) -> list[Policy]:
    memory = Memory()
    texts = [f"title: t\nbaseline: {b}\nshocks: {s}\n" for b in BASES for s in SHOCKS]
    return [apply(parse_scenario(text, memory=memory), world, memory=memory) for text in texts]


def test_differences_are_those_of_the_arrays_and_antisymmetric(world: xr.Dataset) -> None:
    found = policies(world)
    swapped = {"a": "b", "b": "a", "why_a": "why_b", "why_b": "why_a"}
    for one, other in itertools.combinations(found, 2):
        rows = difference(one, other, world.X0)
        back = difference(other, one, world.X0).rename(columns=swapped).reindex(columns=list(rows.columns))
        pd.testing.assert_frame_equal(rows, back)
        for name in ("tm", "k"):
            a, b = one.counterfactual[name], other.counterfactual[name]
            some = rows[rows.instrument == name]
            assert len(some) == int((np.abs(a - b) > 1e-12).sum())
            for row in some.iloc[:: max(1, len(some) // 20)].itertuples():
                cell = {"o": row.partner, "d": row.region, "i": row.sector}
                assert row.a == float(a.sel(cell)) and row.b == float(b.sel(cell))
                assert row.trade == float(world.X0.sel(cell))


def test_equal_policies_do_not_differ_whatever_their_path(world: xr.Dataset) -> None:
    at_once = "[{tariff: {to: 5%, negotiated: false}, importers: USA, sectors: C29}]"
    in_steps = at_once.replace("[{", "[{tariff: {to: 9%}, importers: USA, sectors: C29}, {")
    one, other = (apply(parse_scenario(f"title: t\nshocks: {s}\n"), world) for s in (at_once, in_steps))
    assert difference(one, other, world.X0).empty and not one.table.empty


def test_other_benchmark_tariffs_count_as_differences(world: xr.Dataset) -> None:
    other_world = world.assign(tm0=world.tm0 * xr.where(world.d == "USA", 1.5, 1.0))
    scenario = parse_scenario("title: t\nbaseline: benchmark-2022\nshocks: []\n")
    rows = difference(apply(scenario, world), apply(scenario, other_world), world.X0)
    assert set(rows.region) == {"USA"} and np.allclose(rows.b, 1.5 * rows.a)
    assert len(rows) == int((world.tm0.sel(d="USA") > 0).sum())


def test_headers_in_words(tmp_path: Path) -> None:
    head = "title: t\nclosure: {labour: wage_curve}\n"
    one = parse_scenario(head + "baseline: {without: [RCEP]}\nshocks: []\n")
    other = parse_scenario("title: u\nas_of: 2030-01-01\nshocks: []\n")
    found = choices(one, other)
    assert ("closure.labour", "wage_curve", "full_employment") in found
    assert ("baseline.without", "RCEP", "not given") in found
    assert ("as_of", "not given", "2030-01-01") in found
    assert choices(other, one) == tuple((key, b, a) for key, a, b in found)
    parameters = "parameters:\n  who: {description: w}\n  by: {default: 100%, description: d}\n"
    shocks = "shocks: [{tariff: {cut: $by}, importers: $who, sectors: goods}]\n"
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text(f"title: {name}\n{parameters}{shocks}")
    text = "title: t\npackages:\n  - {package: one.yaml, who: USA}\n"
    more = "  - {package: one.yaml, who: CAN}\n  - {package: two.yaml, who: [USA, JPN]}\n"
    a = parse_scenario(text + more, folder=tmp_path)
    b = parse_scenario(text.replace("USA", "USA, by: 50%"), folder=tmp_path)
    assert packages(a, b) == (
        "package one (2) (who CAN, by 100%): in A only",
        "package two (who USA, JPN, by 100%): in A only",
        "package one: by is 100% in A, 50% in B",
    )
    # The same package counts as the same whatever its number: without `one` the second is the first.
    assert packages(a, with_packages(a, minus=["one"])) == ("package one (who USA, by 100%): in A only",)
    assert packages(a, a) == ()


def test_memory_changes_no_policy(world: xr.Dataset) -> None:
    alone = [
        apply(parse_scenario(f"title: t\nbaseline: {b}\nshocks: {s}\n"), world) for b in BASES for s in SHOCKS
    ]
    for shared, own in zip(policies(world), alone, strict=True):
        assert shared.notes == own.notes
        pd.testing.assert_frame_equal(shared.table, own.table)
        pd.testing.assert_frame_equal(shared.baseline_table, own.baseline_table)


def test_memory_tells_worlds_apart(world: xr.Dataset) -> None:
    memory, scenario = Memory(), parse_scenario("title: t\nbaseline: benchmark-2022\nshocks: []\n")
    other = world.assign(tm0=world.tm0 * 0.5)
    one, two = (apply(scenario, w, memory=memory) for w in (world, other))
    xr.testing.assert_allclose(two.baseline.tm, one.baseline.tm * 0.5)
