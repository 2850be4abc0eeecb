"""What provisions remove of barriers, on which flows, on both bases."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from barrier_world import invented_barriers
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.world import load_world
from scenarios.aim import World
from scenarios.apply import apply, scenario_moves_barriers
from scenarios.barriers import BarrierData, assumptions, cuttable
from scenarios.groups import load_groups, load_sector_groups
from scenarios.policy import Policy
from scenarios.problems import ScenarioError
from scenarios.provisions import PROVISIONS, TEMPLATES, Effects, Scores, read_scores
from scenarios.reader import parse_scenario, read_agreement, read_scenario

HEAD = "title: t\nbaseline: benchmark-2022\nshocks:\n"
AGREEMENTS = ("TPP12", "CPTPP", "RCEP", "USMCA", "KORUS", "USJTA", "ATIGA", "EU27") + tuple(
    f"IPEF_{pillar}" for pillar in ("supply_chain", "clean_economy", "fair_economy")
)


def run(shocks: str, world: xr.Dataset, barriers: BarrierData, head: str = HEAD) -> Policy:
    return apply(parse_scenario(head + shocks, file="t.yaml"), world, barriers=barriers)


def labels(world: xr.Dataset) -> World:
    regions, sectors = (tuple(map(str, world[letter].values)) for letter in ("d", "i"))
    return World(regions, sectors, load_groups(), load_sector_groups())


@pytest.fixture(scope="module")
def barriers(world: xr.Dataset) -> BarrierData:
    return invented_barriers(world)


def gained(policy: Policy) -> xr.DataArray:
    return policy.counterfactual.removed - policy.baseline.removed


def test_the_cut_in_points_is_what_gravity_says(world: xr.Dataset, barriers: BarrierData) -> None:
    policy = run("  - {provisions: shallow, importers: IND, exporters: BRA}\n", world, barriers)
    after = policy.counterfactual.removed.sel(o="BRA", d="IND")
    ave, log = barriers.ave.sel(d="IND"), barriers.effect.sel(depth="shallow")
    points = (1 + ave) * (1 - np.exp(-log))
    height = cuttable(barriers, assumptions()).sel(d="IND")
    expected = np.minimum(1, points / height)
    assert np.allclose(after, expected, rtol=1e-14) and 0 < float(after.min()) and float(after.max()) == 1
    partial = expected < 1
    assert np.allclose((after * height).where(partial), points.where(partial), equal_nan=True)


def test_scores_decide_on_the_other_basis(world: xr.Dataset, barriers: BarrierData) -> None:
    head = "title: t\nbaseline: benchmark-2022\nbarriers: {basis: petri_plummer}\nshocks:\n"
    policy = run("  - {provisions: CPTPP, importers: IND, exporters: BRA}\n", world, barriers, head)
    after = policy.counterfactual.removed.sel(o="BRA", d="IND")
    assert after.sel(i="A01") == 0.70 and after.sel(i="C28") == 0.75 and after.sel(i="K") == 0.60
    assert policy.meta["barriers_basis"] == "petri_plummer"


def test_a_scenario_replaces_scores_by_sector(world: xr.Dataset, barriers: BarrierData) -> None:
    options = "barriers: {basis: petri_plummer, scores: {deep: {services: 40%, finance: 30%}}}\n"
    shock = "  - {provisions: deep, importers: USA, exporters: JPN}\n"
    plain = run(shock, world, barriers, HEAD.replace("shocks", "barriers: {basis: petri_plummer}\nshocks"))
    found = run(shock, world, barriers, HEAD.replace("shocks:", f"{options}shocks:"))
    pair, before = (p.counterfactual.removed.sel(o="JPN", d="USA") for p in (found, plain))
    assert float(pair.sel(i="K")) == 0.30 and float(pair.sel(i="M")) == 0.40
    assert float(pair.sel(i="C29")) == float(before.sel(i="C29"))


def test_an_estimate_has_no_use_where_scores_decide() -> None:
    head = HEAD.replace("shocks:", "barriers: {basis: petri_plummer, effect: pair}\nshocks:")
    with pytest.raises(ScenarioError, match="'effect' goes with 'basis: gravity' only"):
        parse_scenario(f"{head}  - {{provisions: deep, importers: USA, exporters: JPN}}\n", file="t.yaml")


def test_a_zero_estimate_is_said_to_be_one(world: xr.Dataset, barriers: BarrierData) -> None:
    effect = barriers.effect.copy()
    effect.loc[{"depth": "shallow"}] = 0.0
    policy = run("  - {provisions: shallow, importers: USA, exporters: JPN}\n", world,
                 BarrierData(barriers.ave, effect, barriers.status))  # fmt: skip
    assert (gained(policy) == 0).all()
    assert any("effect of a shallow agreement is zero in 50 sectors" in note for note in policy.notes)


def test_scores_of_nobody_are_refused(world: xr.Dataset, barriers: BarrierData) -> None:
    head = HEAD.replace("shocks:", "barriers: {scores: {CPTTP: {finanse: 40%}}}\nshocks:")
    with pytest.raises(ScenarioError) as caught:
        run("  - {provisions: deep, importers: USA, exporters: JPN}\n", world, barriers, head)
    assert "t.yaml:3: barriers.scores.CPTTP: no provisions 'CPTTP'; did you mean 'CPTPP'?" in str(
        caught.value
    )
    assert "finanse" in str(caught.value)


def test_standard_lies_between(world: xr.Dataset, barriers: BarrierData) -> None:
    each = [
        gained(run(f"  - {{provisions: {t}, importers: IND, exporters: BRA}}\n", world, barriers))
        for t in ("shallow", "standard", "deep")
    ]
    assert (each[0] <= each[1]).all() and (each[1] <= each[2]).all()
    assert float(each[2].sum()) > float(each[0].sum()) > 0


def test_an_agreement_scales_its_template(world: xr.Dataset) -> None:
    """Barriers high enough that nothing is capped: L is proportional to the score."""
    data = invented_barriers(world)
    high = BarrierData(xr.full_like(data.ave, 3.0), data.effect, data.status)
    deep, cptpp = (
        run(f"  - {{provisions: {t}, importers: IND, exporters: BRA}}\n", world, high)
        .counterfactual.removed.sel(o="BRA", d="IND")
        for t in ("deep", "CPTPP")
    )  # fmt: skip
    height = cuttable(high, assumptions()).sel(d="IND")
    logs = [-np.log(1 - removed * height / 4) for removed in (deep, cptpp)]
    ratio = logs[1] / logs[0]
    assert ratio.sel(i="A01").item() == pytest.approx(0.70 / 0.65)
    assert ratio.sel(i="K").item() == pytest.approx(0.60 / 0.55)
    assert np.allclose(logs[0], high.effect.sel(depth="deep"))


def test_outsiders_get_the_spillover(world: xr.Dataset, barriers: BarrierData) -> None:
    policy = run("  - {provisions: deep, importers: IND, exporters: BRA}\n", world, barriers)
    after = policy.counterfactual.removed.sel(d="IND")
    party, outsider = after.sel(o="BRA"), after.sel(o="ZAF")
    assert np.allclose(outsider, 0.2 * party) and (after.sel(o="IND") == 0).all()
    assert set(policy.table.region) == {"IND"}, "an importer that signs nothing opens to nobody"
    carved = "  - {provisions: deep, importers: IND, except: {exporters: ZAF}}\n"
    assert (run(carved, world, barriers).counterfactual.removed.sel(d="IND", o="ZAF") == 0).all()


def test_goods_alone_or_services_alone(world: xr.Dataset, barriers: BarrierData) -> None:
    shock = "  - {provisions: deep, between: [IND, BRA], sectors: %s}\n"
    goods, services, both = (gained(run(shock % s, world, barriers)) for s in ("goods", "services", "all"))
    groups = load_sector_groups().groups
    assert (goods.sel(i=list(groups["services"])) == 0).all()
    assert (services.sel(i=list(groups["goods"])) == 0).all()
    assert np.array_equal(goods + services, both)
    tm = run(shock % "goods", world, barriers)
    xr.testing.assert_identical(tm.counterfactual.tm, tm.baseline.tm)


def test_the_lowest_barrier_counts_once_in_any_order(world: xr.Dataset, barriers: BarrierData) -> None:
    shocks = [
        "  - {agreement: RCEP}\n",
        "  - {provisions: deep, between: [USA, CPTPP]}\n",
        "  - {agreement: IPEF_supply_chain}\n",
    ]
    one, other = (run("".join(s), world, barriers) for s in (shocks, shocks[::-1]))
    xr.testing.assert_identical(one.counterfactual, other.counterfactual)
    each = [run(s, world, barriers).counterfactual.removed for s in shocks]
    assert np.array_equal(one.counterfactual.removed, np.maximum.reduce(each))


def test_the_status_of_the_benchmark_counts(world: xr.Dataset, barriers: BarrierData) -> None:
    status = barriers.status.copy()
    status.loc[{"o": "BRA", "d": "IND"}] = 2
    data = BarrierData(barriers.ave, barriers.effect, status)
    policy = run("  - {provisions: deep, importers: IND, exporters: [BRA, ZAF]}\n", world, data)
    assert (gained(policy).sel(o="BRA", d="IND") == 0).all()
    assert (gained(policy).sel(o="ZAF", d="IND") > 0).all()
    spilled = 0.2 * policy.benchmark.removed.sel(o="BRA", d="IND")
    np.testing.assert_allclose(policy.benchmark.removed.sel(o="ARG", d="IND"), spilled)
    note = next(note for note in policy.notes if "removes nothing" in note)
    assert note.startswith("t.yaml:4: provisions deep removes nothing on 50 of 100 flows")


def test_the_eu_stays_as_it_is_when_others_sign(world: xr.Dataset, barriers: BarrierData) -> None:
    members = list(load_groups().members("EU27"))
    status = barriers.status.copy()
    status.loc[{"o": members, "d": members}] = 2
    data = BarrierData(barriers.ave, barriers.effect, status)
    policy = run(
        "  - {provisions: deep, between: [USA, CPTPP]}\n  - {agreement: RCEP}\n  - {leave: KORUS}\n",
        world,
        data,
    )
    assert (gained(policy).sel(d=members) == 0).all()
    inside = policy.benchmark.removed.sel(o="FRA", d="DEU")
    assert (inside >= policy.benchmark.removed.sel(o="CHN", d="DEU")).all() and float(inside.min()) > 0


def test_parts(world: xr.Dataset, barriers: BarrierData) -> None:
    tariffs = run("  - {agreement: RCEP, parts: tariffs}\n", world, barriers)
    other = run("  - {agreement: RCEP, parts: [barriers]}\n", world, barriers)
    both = run("  - {agreement: RCEP}\n", world, barriers)
    assert not tariffs.moves_barriers and "removed" not in tariffs.counterfactual
    assert set(other.table.instrument) == {"removed"} and set(both.table.instrument) == {"tm", "k", "removed"}
    assert np.array_equal(both.counterfactual.tm, tariffs.counterfactual.tm)
    assert np.array_equal(both.counterfactual.removed, other.counterfactual.removed)
    assert both.table.query("instrument == 'removed'").why.unique().tolist() == [
        "t.yaml:4 provisions of RCEP"
    ]


def test_which_scenarios_move_barriers(world: xr.Dataset) -> None:
    moving = {
        "  - {agreement: RCEP}\n": True,
        "  - {agreement: RCEP, parts: tariffs}\n": False,
        "  - {leave: USMCA}\n": True,
        "  - {leave: USMCA, parts: tariffs}\n": False,
        "  - {provisions: deep, importers: USA}\n": True,
        "  - {tariff: {to: 0%}, importers: USA, sectors: goods}\n": False,
    }
    for shock, moves in moving.items():
        assert scenario_moves_barriers(parse_scenario(HEAD + shock)) is moves, shock
    assert not scenario_moves_barriers(read_scenario("rcep", "tariffs"))
    assert scenario_moves_barriers(read_scenario("rcep"))
    with pytest.raises(ValueError, match="this scenario moves barriers that are not tariffs"):
        apply(parse_scenario(HEAD + "  - {agreement: RCEP}\n"), world)


def test_the_baselines_agreements_remove_barriers_too(world: xr.Dataset, barriers: BarrierData) -> None:
    head = "title: t\nbaseline: {name: in-force-2026, without: [RCEP]}\nshocks:\n"
    shock = "  - {provisions: deep, importers: BRA, exporters: IND}\n"
    whole = run(shock, world, barriers, "title: t\nshocks:\n")
    less = run(shock, world, barriers, head)
    cell = {"o": "CHN", "d": "JPN"}
    assert (whole.benchmark.removed.sel(cell) < whole.baseline.removed.sel(cell)).all()
    assert (less.baseline.removed.sel(cell) == less.benchmark.removed.sel(cell)).all()
    assert whole.baseline_table.query("instrument == 'removed'").why.str.contains("provisions of RCEP").any()


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_labels_changes_nothing(seed: int, world: xr.Dataset) -> None:
    data = invented_barriers(world, status=0.3)
    text = (
        "title: t\nbaseline: {name: in-force-2026, without: [CPTPP]}\nshocks:\n  - agreement: CPTPP\n"
        "  - {provisions: CPTPP, between: [USA, CPTPP], except: {exporters: PER}}\n  - {leave: KORUS}\n"
    )
    draw = np.random.default_rng(seed)
    r, i = draw.permutation(world.d.values), draw.permutation(world.i.values)
    shuffled = world.sel(o=draw.permutation(r), d=r, i=i).transpose("i", "d", "o")
    one, other = (apply(parse_scenario(text), w, barriers=data) for w in (world, shuffled))
    like = {letter: world[letter].values for letter in ("o", "d", "i")}
    xr.testing.assert_identical(one.counterfactual, other.counterfactual.sel(like))
    pd.testing.assert_frame_equal(one.table, other.table)
    assert one.notes == other.notes


# Shares are shares


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    basis=st.sampled_from(["gravity", "petri_plummer"]),
    spillover=st.floats(0, 1),
    strength=st.floats(0, 5),
)
def test_what_is_removed_is_a_share(seed: int, basis: str, spillover: float, strength: float) -> None:
    draw = np.random.default_rng(seed)
    n, s = 4, 3
    ave = draw.uniform(0, 2, (n, s)) * (draw.uniform(size=(n, s)) < 0.8)
    templates = {t: draw.uniform(0.01, 1, s) for t in TEMPLATES}
    effects = Effects(
        "gravity" if basis == "gravity" else "petri_plummer",
        ave,
        ave * draw.uniform(0, 1, s),
        strength * draw.uniform(0, 1, s),
        strength * draw.uniform(0, 1, s),
        Scores({**templates, "X": draw.uniform(0, 1, s)}, {**{t: t for t in TEMPLATES}, "X": "standard"}),
        spillover,
    )
    for name in (*TEMPLATES, "X"):
        members = draw.uniform(size=n) < 0.6
        removed = effects.among(name, members)
        assert ((removed >= 0) & (removed <= 1)).all() and (removed[np.eye(n, dtype=bool)] == 0).all()
        assert (removed[:, ~members] == 0).all()


def test_on_the_packaged_world() -> None:
    world = load_world().data
    data = invented_barriers(world, status=0.2)
    policy = run("  - {provisions: CPTPP, between: [USA, CPTPP]}\n", world, data, "title: t\nshocks:\n")
    assert (gained(policy) >= 0).all() and float(policy.counterfactual.removed.max()) <= 1
    table = policy.table
    assert set(table.instrument) == {"removed"} and (table.to > table["from"]).all()
    members = set(load_groups().members("CPTPP"))
    assert set(table.region) <= members | {"USA"}
    outsiders = table.query("region == 'USA' and partner == 'ARG'")
    assert outsiders.empty, "USMCA has given them that spillover already"


# The table


def test_every_score_has_its_argument() -> None:
    with PROVISIONS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    assert {row["name"] for row in rows} == {*TEMPLATES, *AGREEMENTS}
    for row in rows:
        assert len(row["note"]) > 15 and row["source"] and row["confidence"] == "assumption", row
        assert 0 <= float(row["score"]) <= 1


def test_the_order_of_depth(world: xr.Dataset) -> None:
    templates = {}
    for name in AGREEMENTS:
        provisions = read_agreement(name).provisions
        assert provisions is not None
        templates[name] = provisions.template
    scores = read_scores(labels(world), templates).values
    assert (scores["shallow"] < scores["standard"]).all() and (scores["standard"] < scores["deep"]).all()
    assert (scores["RCEP"] < scores["CPTPP"]).all() and (scores["CPTPP"] < scores["EU27"]).all()
    for name in AGREEMENTS[-3:]:
        assert scores[name].max() < 0.1, "no market access"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("deep,goods,0.5,share,s,assumption,a note", "template deep has no score above 0"),
        ("deep,*,1.5,share,s,assumption,a note", "mine.csv:2: a score is between 0 and 1"),
        ("deep,*,0.5,share,s,assumption,", "mine.csv:2: the note is missing"),
        ("deep,*,0.5,share,s,assumption,a note, and more", "mine.csv:2: 8 cells, and the header has 7"),
        ("deep,shoes,0.5,share,s,assumption,a note", "mine.csv:2: 'shoes' is neither"),
    ],
)
def test_a_table_that_cannot_be_read(row: str, message: str, world: xr.Dataset, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(f"name,sectors,score,unit,source,confidence,note\n{row}\n")
    with pytest.raises(ValueError, match=message):
        read_scores(labels(world), {}, tmp_path / "mine.csv")


def test_an_agreement_without_provisions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Old.yaml").write_text(
        "agreement: Old\ntitle: n\nparties: USMCA\nin_data: fully\nsources: s\n"
    )
    monkeypatch.setattr("scenarios.reader.AGREEMENTS", tmp_path)
    world = load_world().data
    for shock, message in {
        "provisions: Old, importers: USA": r"t\.yaml:4: .*no provisions 'Old' \(its file has no provisions\)",
        "agreement: Old, parts: barriers": r"t\.yaml:4: .*Old has no provisions, so it moves no barriers",
    }.items():
        with pytest.raises(ScenarioError, match=message):
            apply(parse_scenario(f"{HEAD}  - {{{shock}}}\n", file="t.yaml"), world)
