"""Accession: pairs with a joiner get the agreement, everybody else keeps what they have, to the bit."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from barrier_world import invented_barriers
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.world import load_world
from scenarios.apply import apply
from scenarios.groups import load_groups
from scenarios.policy import Policy
from scenarios.problems import ScenarioError
from scenarios.reader import parse_scenario

HEAD = "title: t\nbaseline: %s\nshocks:\n"
CPTPP = load_groups().members("CPTPP")


def run(shocks: str, world: xr.Dataset, head: str = "in-force-2026", **kwargs) -> Policy:
    return apply(parse_scenario(HEAD % head + shocks, file="t.yaml"), world, **kwargs)


@pytest.fixture(scope="module")
def real() -> xr.Dataset:
    return load_world().data


def pairs(policy: Policy) -> set[tuple[str, str]]:
    return set(zip(policy.table.partner, policy.table.region, strict=True))


def test_only_pairs_with_a_joiner_change(real: xr.Dataset) -> None:
    policy = run("  - {join: CPTPP, members: [THA, KOR], parts: tariffs}\n", real)
    changed, inside = pairs(policy), {*CPTPP, "THA", "KOR"}
    assert changed and all({"THA", "KOR"} & {o, d} and {o, d} <= inside for o, d in changed)
    assert ("THA", "KOR") in changed and ("CAN", "THA") in changed
    before, after = ((1 + p.tm) * p.k for p in (policy.baseline, policy.counterfactual))
    assert (after <= before).all()


def test_a_joiner_gets_the_lines_of_the_importer(world: xr.Dataset) -> None:
    """Japan cuts its MFN on food by 82.3 % for whoever joins, as for the present members."""
    shock = "  - {join: CPTPP, members: BRA, parts: tariffs, utilisation: 100%, rules_of_origin: 0%}\n"
    policy = run(shock, world)
    rivals = [o for o in world.o.values if o != "JPN"]
    mfn = float(world.tm0.sel(o=rivals, d="JPN", i="C10T12").max())
    own = float(world.tm0.sel(o="BRA", d="JPN", i="C10T12"))
    found = float(policy.counterfactual.tm.sel(o="BRA", d="JPN", i="C10T12"))
    assert found == pytest.approx(min(own, mfn * (1 - 0.823)), rel=1e-14)
    assert (policy.counterfactual.k == policy.baseline.k).all()
    assert "t.yaml:4 join CPTPP" in set(policy.table.why)


@settings(max_examples=5, deadline=None)
@given(order=st.permutations(["THA", "KOR", "CRI", "USA"]), cut=st.integers(1, 3))
def test_one_after_another_is_all_at_once(real: xr.Dataset, order: list[str], cut: int) -> None:
    barriers = invented_barriers(real, status=0.3)
    both = run(f"  - {{join: CPTPP, members: [{', '.join(sorted(order))}]}}\n", real, barriers=barriers)
    steps = "".join(f"  - {{join: CPTPP, members: [{', '.join(x)}]}}\n" for x in (order[:cut], order[cut:]))
    apart = run(steps, real, barriers=barriers)
    xr.testing.assert_identical(apart.counterfactual, both.counterfactual)
    assert not both.table.empty


def test_leaving_after_joining_is_the_way_back(real: xr.Dataset) -> None:
    barriers = invented_barriers(real, status=0.3)
    join = "  - {join: CPTPP, members: [THA, KOR]}\n"
    joined = run(join, real, barriers=barriers)
    assert (joined.counterfactual.removed > joined.baseline.removed).any()
    back = run(join + "  - {leave: CPTPP, members: [KOR, THA]}\n", real, barriers=barriers)
    xr.testing.assert_identical(back.counterfactual, back.baseline)
    one = run(join + "  - {leave: CPTPP, members: THA}\n", real, barriers=barriers)
    alone = run("  - {join: CPTPP, members: KOR}\n", real, barriers=barriers)
    xr.testing.assert_identical(one.counterfactual, alone.counterfactual)
    ended = run(join + "  - {leave: CPTPP}\n", real, barriers=barriers)
    without = run("  - {leave: CPTPP}\n", real, barriers=barriers)
    xr.testing.assert_identical(ended.counterfactual, without.counterfactual)


@pytest.mark.parametrize(
    ("name", "member"), [("CPTPP", "MEX"), ("RCEP", "VNM"), ("USMCA", "MEX"), ("EU27", "FRA")]
)
def test_a_member_that_left_may_join_again(name: str, member: str, real: xr.Dataset) -> None:
    barriers = invented_barriers(real, status=0.3)
    leave, join = (f"  - {{{verb}: {name}, members: {member}}}\n" for verb in ("leave", "join"))
    gone = run(leave, real, barriers=barriers)
    assert not gone.table.empty
    back = run(leave + join, real, barriers=barriers)
    xr.testing.assert_identical(back.counterfactual, back.baseline)


def test_an_agreement_written_again_keeps_those_who_joined(real: xr.Dataset) -> None:
    join, again = (
        "  - {join: CPTPP, members: KOR, parts: tariffs}\n",
        "  - {agreement: CPTPP, parts: tariffs}\n",
    )
    joined = run(join, real)
    xr.testing.assert_identical(run(join + again, real).counterfactual, joined.counterfactual)
    # The data of 2021 hold eight members; whoever joins them also gets the four that enter later.
    early = run(join + again, real, "benchmark-2022").counterfactual
    late = run(again + join, real, "benchmark-2022").counterfactual
    xr.testing.assert_identical(early, late)
    assert (early.tm.sel(o="KOR", d="GBR") < real.tm0.sel(o="KOR", d="GBR")).any()


def test_barriers_widen_with_the_membership(real: xr.Dataset) -> None:
    barriers = invented_barriers(real)
    policy = run("  - {join: CPTPP, members: BRA, parts: barriers}\n", real, barriers=barriers)
    assert set(policy.table.instrument) == {"removed"}
    before, after = policy.baseline.removed, policy.counterfactual.removed
    assert np.array_equal(after.sel(o="BRA", d="JPN"), after.sel(o="VNM", d="JPN"))
    members = {"o": list(CPTPP), "d": list(CPTPP)}
    assert np.array_equal(after.sel(members), before.sel(members))
    assert (after.sel(o="ZAF", d="BRA") > before.sel(o="ZAF", d="BRA")).any(), "spillover of the new importer"


# What is refused


@pytest.mark.parametrize(
    ("shocks", "message"),
    [
        ("  - {join: CPTPP, members: JPN}\n", r"t\.yaml:4: shocks\[0\]\.members: JPN is in CPTPP already"),
        (
            "  - {join: CPTPP, members: KOR}\n  - {join: CPTPP, members: [KOR, THA]}\n",
            "t.yaml:5: .*KOR is in",
        ),
        ("  - {join: CPTPP, members: CPTPP}\n", "are in CPTPP already"),
        ("  - {leave: CPTPP}\n  - {join: CPTPP, members: KOR}\n", "write 'agreement: CPTPP' first"),
        ("  - {join: EU27, members: NOR}\n", "its file does not say what a new member gives"),
    ],
)
def test_who_cannot_join(shocks: str, message: str, world: xr.Dataset) -> None:
    with pytest.raises(ScenarioError, match=message):
        run(shocks.replace("}", ", parts: tariffs}"), world)


def test_nobody_joins_what_is_not_in_force(world: xr.Dataset) -> None:
    join = "  - {join: RCEP, members: IND, parts: tariffs}\n"
    with pytest.raises(ScenarioError, match=r"RCEP is not in force here: .* write 'agreement: RCEP' first"):
        run(join, world, "benchmark-2022")
    entered = "  - {agreement: RCEP, parts: tariffs}\n"
    assert ("IND", "KOR") in pairs(run(entered + join, world, "benchmark-2022"))


def test_a_group_may_hold_members(world: xr.Dataset) -> None:
    """IPEF joins CPTPP: those who are in stay in, FJI is outside the database."""
    policy = run("  - {join: CPTPP, members: IPEF, parts: tariffs}\n", world)
    assert any("in CPTPP already: AUS, BRN, JPN" in note for note in policy.notes)
    assert any("FJI is not in the database" in note for note in policy.notes)
    new = {"USA", "KOR", "IDN", "PHL", "THA", "IND"}
    assert all({o, d} & new for o, d in pairs(policy))


def test_joining_must_not_undo_a_shock(world: xr.Dataset) -> None:
    leave = "  - {leave: CPTPP, members: MEX, parts: tariffs}\n"
    duty = "  - {tariff: {add: 20%}, importers: MEX, exporters: JPN, sectors: C28}\n"
    join = "  - {join: CPTPP, members: MEX, parts: tariffs}\n"
    with pytest.raises(ScenarioError, match=r"t\.yaml:6: shocks\[2\]: t\.yaml:5 shocks\[1\] has set tariffs"):
        run(leave + duty + join, world)
    # For whoever was never in, the agreement is new: it cuts the duty as any agreement would.
    duty = "  - {tariff: {add: 20%}, importers: KOR, exporters: JPN, sectors: C28}\n"
    join = "  - {join: CPTPP, members: KOR, parts: tariffs, utilisation: 100%, rules_of_origin: 0%}\n"
    assert float(run(duty + join, world).counterfactual.tm.sel(o="JPN", d="KOR", i="C28")) == 0


def test_another_use_for_joiners_leaves_the_parties_alone(real: xr.Dataset) -> None:
    policy = run("  - {join: CPTPP, members: KOR, parts: tariffs, utilisation: 10%}\n", real)
    assert all("KOR" in pair for pair in pairs(policy))


# Years, carve-outs


def test_years_of_staging(world: xr.Dataset) -> None:
    costs = []
    for year in (0, 3, 8, 40):
        policy = run(f"  - {{join: CPTPP, members: BRA, parts: tariffs, year: {year}}}\n", world)
        costs.append((1 + policy.counterfactual.tm) * policy.counterfactual.k)
    whole = run("  - {join: CPTPP, members: BRA, parts: tariffs}\n", world).counterfactual
    for early, late in itertools.pairwise(costs):
        assert (late <= early + 1e-15).all() and (late < early).any()
    assert np.array_equal(costs[-1], (1 + whole.tm) * whole.k)


def test_a_stage_is_a_share_of_the_final_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, world) -> None:
    staging = "{years: 20, at_entry: 20%, 10: 60%}"
    line = f"- {{to: 0%, sectors: goods, staging: {staging}, source: s, confidence: derived}}"
    (tmp_path / "New.yaml").write_text(
        f"agreement: New\ntitle: n\nparties: USMCA\nin_data: none\nsources: s\nlines:\n  {line}\n"
        "accession:\n  - {cut: 50%, importers: USA, sectors: goods, source: s, confidence: derived}\n"
    )
    monkeypatch.setattr("scenarios.reader.AGREEMENTS", tmp_path)
    use = "parts: tariffs, utilisation: 100%, rules_of_origin: 0%"

    def rate(o: str, d: str, *shocks: str) -> float:
        text = "".join(f"  - {{{shock}, {use}}}\n" for shock in shocks)
        return float(run(text, world, "benchmark-2022").counterfactual.tm.sel(o=o, d=d, i="C28"))

    def mfn(d: str) -> float:
        rivals = [o for o in world.o.values if o != d and {o, d} != {"USA", "CHN"}]
        return float(world.tm0.sel(o=rivals, d=d, i="C28").max())

    own = float(world.tm0.sel(o="CAN", d="MEX", i="C28"))
    for year, done in ((0, 0.2), (5, 0.4), (10, 0.6), (15, 0.8), (20, 1), (90, 1)):
        expected = min(own, mfn("MEX") * (1 - done))
        assert rate("CAN", "MEX", f"agreement: New, year: {year}") == pytest.approx(expected, abs=1e-15)
    enter, own = "agreement: New", float(world.tm0.sel(o="BRA", d="USA", i="C28"))
    for year, done in ((0, 0.1), (5, 0.55), (10, 1)):  # no staging on the accession line: the stated rule
        expected = min(own, mfn("USA") * (1 - 0.5 * done))
        assert rate("BRA", "USA", enter, f"join: New, members: BRA, year: {year}") == pytest.approx(expected)


def test_a_join_with_exceptions_leaves_those_flows_alone(real: xr.Dataset) -> None:
    barriers = invented_barriers(real, status=0.3)
    shock = "  - {join: CPTPP, members: KOR%s}\n"
    out = ", except: {sectors: agrifood, importers: [KOR, JPN]}"
    whole, part = (run(shock % x, real, barriers=barriers) for x in ("", out))
    food, others = ["A01", "A02", "A03", "C10T12"], "C29"
    for name in ("tm", "k", "removed"):
        base, now = part.baseline[name], part.counterfactual[name]
        assert np.array_equal(now.sel(d="KOR", i=food), base.sel(d="KOR", i=food))
        assert np.array_equal(now.sel(i=others), whole.counterfactual[name].sel(i=others))
        assert np.array_equal(now.sel(d="VNM"), whole.counterfactual[name].sel(d="VNM"))
    assert (whole.counterfactual.tm.sel(d="KOR", i=food) < part.counterfactual.tm.sel(d="KOR", i=food)).any()


def test_a_return_with_exceptions_leaves_those_flows_as_they_were(real: xr.Dataset) -> None:
    barriers = invented_barriers(real, status=0.9)
    leave, back = "  - leave: USMCA\n", "  - {agreement: USMCA, except: {sectors: C29}}\n"
    gone, returned = (run(x, real, barriers=barriers) for x in (leave, leave + back))
    for name in ("tm", "k", "removed"):
        now = returned.counterfactual[name]
        cars, rest = now.sel(i="C29"), now.drop_sel(i="C29")
        assert np.array_equal(cars, gone.counterfactual[name].sel(i="C29"))
        assert np.array_equal(rest, returned.baseline[name].drop_sel(i="C29"))
    whole = run(leave + back + "  - agreement: USMCA\n", real, barriers=barriers)
    xr.testing.assert_identical(whole.counterfactual, whole.baseline)
    # In force without a break, the exception keeps what there is.
    kept = run(back, real, barriers=barriers)
    xr.testing.assert_identical(kept.counterfactual, kept.baseline)
