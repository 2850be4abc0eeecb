import json

import numpy as np
import pytest
import xarray as xr
from pydantic import ValidationError

from calibration.world import load_world
from cge.app.barriers import barrier_data
from scenarios.apply import apply, check, scenario_moves_barriers
from scenarios.groups import load_groups
from scenarios.problems import ScenarioError
from scenarios.reader import (
    AGREEMENTS,
    BASELINES,
    library,
    parse_scenario,
    read_agreement,
    read_baseline,
    read_scenario,
)
from scenarios.schema import Scenario

NAMES = ["rcep", "unilateral-free-trade-usa", "us-china-tariff-war", "us-joins-cptpp"]


def test_the_library_is_complete() -> None:
    assert set(NAMES) <= set(library())


def with_taxes_at_home(world: xr.Dataset) -> xr.Dataset:
    """Production and consumption taxes, which scenarios with measures at home start from."""
    r, j = world["d"].values, world["i"].values
    to0 = xr.DataArray(np.full((len(r), len(j)), 0.02), dims=("r", "j"), coords={"r": r, "j": j})
    return world.assign(to0=to0, tc0=xr.DataArray(np.full(len(r), 0.1), dims="r", coords={"r": r}))


@pytest.mark.parametrize("name", sorted(library()))
def test_header_and_expansion(name: str, world: xr.Dataset) -> None:
    scenario = read_scenario(name)
    for field in ("title", "question", "description", "author", "sources", "date", "look_at", "focus"):
        assert getattr(scenario, field), field
    assert all(c.isprintable() for c in scenario.description), "folded text is words alone"
    barriers = barrier_data(scenario) if scenario_moves_barriers(scenario) else None
    policy = apply(scenario, with_taxes_at_home(world), barriers=barriers)
    assert not policy.table.empty
    # IPEF as it is holds pillars that move nothing, which is its point.
    idle = [note for note in policy.notes if "changes nothing" in note or "changes no rate" in note]
    assert not idle or name == "ipef-as-is"


def test_a_library_file_without_its_header_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    (tmp_path / "thin.yaml").write_text("title: thin\nshocks: []\n")
    monkeypatch.setattr("scenarios.reader.LIBRARY", tmp_path)
    with pytest.raises(ScenarioError) as caught:
        read_scenario("thin")
    assert [p.path for p in caught.value.problems] == [
        "author",
        "date",
        "description",
        "focus",
        "look_at",
        "question",
        "sources",
    ]


@pytest.mark.parametrize("path", sorted(BASELINES.glob("*.yaml")), ids=lambda p: p.stem)
def test_baselines(path) -> None:
    baseline = read_baseline(path.stem)
    for entry in baseline.agreements:
        assert read_agreement(entry.agreement).parties


def test_every_agreement_is_used_and_checks(regions: list[str], sectors: list[str]) -> None:
    names = [p.stem for p in AGREEMENTS.glob("*.yaml")]
    text = "title: t\nshocks:\n" + "".join(f"  - agreement: {name}\n" for name in names)
    check(parse_scenario(text), regions, sectors)


def test_us_joins_cptpp_table(world: xr.Dataset) -> None:
    table = apply(read_scenario("us-joins-cptpp"), world).table
    assert (table.instrument == "tm").all() and (table.to == 0).all()
    members = set(load_groups().members("CPTPP"))
    pairs = set(zip(table.region, table.partner, strict=True))
    assert pairs == {("USA", m) for m in members} | {(m, "USA") for m in members}


def test_tariff_war_table(world: xr.Dataset) -> None:
    table = apply(read_scenario("us-china-tariff-war"), world).table
    assert len(table) == 54 and (table.to == 0.6).all()


def test_unilateral_free_trade_table(world: xr.Dataset) -> None:
    table = apply(read_scenario("unilateral-free-trade-usa"), world).table
    assert set(table.region) == {"USA"} and len(table) == 80 * 27 and (table.to == 0).all()


def test_the_schema_for_editors_matches_the_reader() -> None:
    schema = Scenario.model_json_schema()
    text = json.dumps(schema)
    assert '"except"' in text and '"carve_outs"' not in text
    assert schema["additionalProperties"] is False and schema["required"] == ["title"]
    assert schema["anyOf"] == [{"required": ["shocks"]}, {"required": ["packages"]}]


def test_a_scenario_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        read_scenario("rcep").title = "other"  # pyright: ignore[reportAttributeAccessIssue]


# On the packaged database


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("duties", [True, False])
def test_on_the_real_world(name: str, duties: bool) -> None:
    world = load_world(us_china_duties=duties).data
    scenario = read_scenario(name)
    moves = scenario_moves_barriers(scenario)
    policy = apply(scenario, world, barriers=barrier_data(scenario) if moves else None)
    assert not policy.table.empty
    services = [
        s for s in world.i.values if s not in set(policy.table.sector[policy.table.instrument == "tm"])
    ]
    xr.testing.assert_identical(policy.counterfactual.tm.sel(i=services), policy.baseline.tm.sel(i=services))
    assert (policy.baseline.tm <= policy.benchmark.tm).all()
    if name != "us-china-tariff-war":
        assert (policy.counterfactual.tm <= policy.baseline.tm).all()


def test_rcep_is_about_japan_china_and_korea() -> None:
    world = load_world().data
    policy = apply(read_scenario("rcep", "tariffs"), world)
    cut = ((policy.baseline.tm - policy.counterfactual.tm) * world.X0).sum("i") / world.X0.sum("i").clip(
        min=1
    )
    flows = cut.stack(flow=("o", "d")).to_series().nlargest(40).index.tolist()
    assert ("JPN", "CHN") in flows and ("JPN", "KOR") in flows
    assert np.isfinite(cut).all() and float(cut.sel(o="USA").max()) == 0
