"""Many policies on one compiled model: the same numbers as one by one, with and without caps."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from cge.app import api
from cge.app.family import Solved, Wanted, families, model_key, solve_families
from scenarios.problems import ScenarioError
from scenarios.reader import parse_scenario
from scenarios.schema import Scenario

TARIFF = "{tariff: {cut: 50%}, between: [USA, CHN], sectors: manufacturing}"
QUOTA = "{quota: {volume: -20%}, importers: USA, exporters: CHN, sectors: [C26, C27, C28]}"
OTHER_HOLDER = QUOTA.replace("-20%", "-20%, rent_to: exporter")
SAME_FLOW_TRQ = "{trq: {volume: 0%, above: 60%}, importers: USA, exporters: CHN, sectors: [C26, C27, C28]}"
TRQ = "{trq: {volume: 5%, above: 40%}, importers: JPN, exporters: USA, sectors: goods}"
FLOOR = "{minimum_wage: {floor: 0.2%}, regions: JPN}"
DEEP = "{provisions: deep, between: [USA, CHN], sectors: all}"
LEVELS = ("y", "N", "x", "pa", "rw", "u")


def scenario(*shocks: str, more: str = "") -> Scenario:
    lines = "".join(f"  - {shock}\n" for shock in shocks)
    return parse_scenario(f"title: t\naggregation: small\n{more}shocks:\n{lines}")


@lru_cache(maxsize=1)
def solved() -> dict[str, Solved]:
    """A tariff alone and beside a quota, a tariff-rate quota, a minimum wage: one model for all four."""
    members = {"plain": (TARIFF,), "quota": (TARIFF, QUOTA), "trq": (TARIFF, TRQ), "floor": (TARIFF, FLOOR)}
    wanted = [Wanted(name, scenario(*shocks)) for name, shocks in members.items()]
    assert len(families(wanted)) == 1
    return {s.label: s for s in solve_families(wanted)}


@pytest.mark.parametrize("name", ["plain", "quota", "trq", "floor"])
def test_a_member_of_a_family_has_the_numbers_of_its_own_run(name: str) -> None:
    one = solved()[name]
    base, new = api.solve(api.prepare(one.case.scenario))
    for level in LEVELS:
        np.testing.assert_allclose(one.base.values[level], base.values[level], rtol=0, atol=1e-9)
        np.testing.assert_allclose(one.new.values[level], new.values[level], rtol=0, atol=1e-9)


def test_members_share_one_model_and_one_baseline() -> None:
    models, bases = ({id(x) for x in found} for found in
                     zip(*((s.case.model, s.base) for s in solved().values()), strict=True))  # fmt: skip
    assert len(models) == len(bases) == 1
    assert len(next(iter(solved().values())).case.room) == 3


def test_a_cap_that_is_not_used_earns_nothing_and_one_that_is_binds() -> None:
    def rents(name: str) -> float:
        return float(abs(solved()[name].new.values["rm"]).max())

    assert rents("plain") < 1e-9 and rents("floor") < 1e-9
    assert rents("quota") > 0.01
    unemployment = {
        n: float((s.new.values["u"] - s.base.values["u"]).sel(r="JPN")) for n, s in solved().items()
    }
    assert unemployment["floor"] > 1e-3
    assert abs(unemployment["plain"]) < 1e-12


def test_a_quota_beside_barriers_leaves_the_rents_of_the_others_alone() -> None:
    wanted = [Wanted("deep", scenario(DEEP)), Wanted("both", scenario(DEEP, QUOTA))]
    both = {s.label: s for s in solve_families(wanted)}
    assert all(s.case.barriers is not None for s in both.values())
    alone = api.solve(api.prepare(scenario(DEEP)))[1]
    for level in (*LEVELS, "rx", "rm"):
        np.testing.assert_allclose(both["deep"].new.values[level], alone.values[level], rtol=0, atol=1e-9)
    own = api.solve(api.prepare(scenario(DEEP, QUOTA)))[1]
    for level in (*LEVELS, "rm"):
        np.testing.assert_allclose(both["both"].new.values[level], own.values[level], rtol=0, atol=1e-9)


def test_one_that_moves_barriers_puts_all_on_the_benchmark_with_rents() -> None:
    found = list(solve_families([Wanted("plain", scenario(TARIFF)), Wanted("deep", scenario(DEEP))]))
    assert [s.label for s in found] == ["plain", "deep"]
    assert found[0].base is found[1].base and found[0].case.barriers is not None
    apart = api.prepare(scenario(TARIFF), rents=True)
    _, new = api.solve(apart)
    np.testing.assert_allclose(found[0].new.values["N"], new.values["N"], rtol=0, atol=1e-9)


@pytest.mark.parametrize("other", [OTHER_HOLDER, SAME_FLOW_TRQ])
def test_caps_of_different_kinds_on_one_flow_make_two_families(other: str) -> None:
    wanted = [Wanted(str(n), scenario(shock)) for n, shock in enumerate((QUOTA, other, TARIFF, TRQ))]
    assert [[m.label for m in f] for f in families(wanted)] == [["0", "2", "3"], ["1"]]


def test_everything_but_shocks_and_texts_makes_another_family() -> None:
    key = model_key(scenario(TARIFF))
    assert model_key(scenario(QUOTA, more="focus: CHN\nquestion: q\n")) == key
    for more in (
        "closure: {labour: wage_curve}\n",
        "baseline: {us_china_duties: false}\n",
        "baseline: {without: [RCEP]}\n",
        "barriers: {band: high}\n",
        "overrides: [{parameter: sigma_m, value: 5.0}]\n",
        "formulation: {production: ces}\n",
    ):
        assert model_key(scenario(TARIFF, more=more)) != key, more


def test_the_model_refuses_a_cap_it_has_no_room_for_and_another_baseline() -> None:
    case = solved()["plain"].case
    cap = "{quota: {volume: -5%}, importers: CHN, exporters: USA, sectors: goods}"
    with pytest.raises(ScenarioError, match=r"shocks\[0\]: this caps flows or wages"):
        api.with_policy(case, scenario(cap))
    with pytest.raises(ScenarioError, match="not built to cap"):
        api.with_policy(case, scenario(OTHER_HOLDER))
    with pytest.raises(ScenarioError, match="baseline policy is not that of the model"):
        api.with_policy(case, scenario(TARIFF, more="baseline: {without: [RCEP]}\n"))
