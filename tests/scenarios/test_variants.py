"""Variants of a scenario file: what is merged, what is refused, what hash and messages say."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
import typer
import xarray as xr
from typer.testing import CliRunner

from cge.app.cli_scenarios import register
from scenarios.apply import apply, check
from scenarios.problems import ScenarioError
from scenarios.reader import parse_scenario, read_scenario, scenario_hash
from scenarios.schema import Scenario

FILE = """\
title: test
description: the question
main_variant: tariffs
closure: {labour: wage_curve, capital: sluggish}
baseline: benchmark-2022
shocks:
  - {tariff: {cut: 50%}, importers: USA, sectors: goods}
variants:
  deep:
    title: deeper
    add:
      - {barrier: {iceberg: -3%}, between: [USA, JPN], sectors: all}
  other:
    shocks:
      - {tariff: {to: 0%}, importers: CHN, sectors: goods}
    closure: {labour: full_employment}
    baseline: {us_china_duties: false}
"""
HEADER = "question: who?\nauthor: me\ndate: 2026-01-01\nsources: [none]\nlook_at: [it]\nfocus: USA\n"
DEEP = """\
title: deeper
description: the question
closure: {labour: wage_curve, capital: sluggish}
baseline: benchmark-2022
shocks:
  - {tariff: {cut: 50%}, importers: USA, sectors: goods}
  - {barrier: {iceberg: -3%}, between: [USA, JPN], sectors: all}
"""
OTHER = """\
title: test (other)
description: the question
closure: {labour: full_employment, capital: sluggish}
baseline: {name: benchmark-2022, us_china_duties: false}
shocks:
  - {tariff: {to: 0%}, importers: CHN, sectors: goods}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "trade.yaml"
    path.write_text(FILE)
    return path


def run(*words: str):
    app = typer.Typer()
    register(app)
    return CliRunner().invoke(app, list(words))


@pytest.mark.parametrize(("variant", "text"), [("deep", DEEP), ("other", OTHER)])
def test_a_variant_is_the_file_one_would_write_by_hand(
    variant: str, text: str, file: Path, world: xr.Dataset
) -> None:
    merged, by_hand = read_scenario(file, variant), parse_scenario(text)
    assert merged == by_hand
    assert scenario_hash(merged) == scenario_hash(by_hand)
    one, other = apply(merged, world), apply(by_hand, world)
    for which in ("baseline", "counterfactual"):
        xr.testing.assert_identical(getattr(one, which), getattr(other, which))


def test_the_main_case_by_its_name_is_the_main_case(file: Path) -> None:
    plain, named = read_scenario(file), read_scenario(file, "tariffs")
    assert plain == named and scenario_hash(plain) == scenario_hash(named)
    assert (plain.variant, named.variant) == ("", "tariffs")
    assert list(plain.cases) == ["tariffs", "deep", "other"]
    assert read_scenario(file, "deep").origin.text == FILE


def test_variants_leave_the_hash_of_the_main_case_alone(file: Path) -> None:
    alone = parse_scenario(FILE[: FILE.index("variants:")].replace("main_variant: tariffs\n", ""))
    hashes = {name: scenario_hash(case) for name, case in read_scenario(file).cases.items()}
    assert scenario_hash(alone) == hashes["tariffs"]
    assert len(set(hashes.values())) == 3


def test_an_unknown_variant_lists_those_there_are(file: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        read_scenario(file, "deeep")
    expected = (
        "trade.yaml:8: variants: no variant 'deeep'; did you mean 'deep'?; there are tariffs, deep, other"
    )
    assert str(caught.value).endswith(expected)
    with pytest.raises(ScenarioError, match="this scenario has no variants"):
        read_scenario("us-china-tariff-war", "deep")


def test_problems_of_a_variant_point_at_its_own_lines(
    file: Path, regions: list[str], sectors: list[str]
) -> None:
    file.write_text(
        FILE.replace("[USA, JPN]", "[USA, JPX]").replace(
            "{to: 0%}, importers: CHN", "{to: 0%}, importers: CHX"
        )
    )
    check(read_scenario(file), regions, sectors)
    for variant, expected in (
        ("deep", "trade.yaml:12: variants.deep.add[0].between[1]: 'JPX' is neither"),
        ("other", "trade.yaml:15: variants.other.shocks[0].importers: 'CHX' is neither"),
    ):
        with pytest.raises(ScenarioError) as caught:
            check(read_scenario(file, variant), regions, sectors)
        assert expected in str(caught.value) and len(caught.value.problems) == 1


def test_a_wrong_variant_stops_the_reading_of_every_case(file: Path) -> None:
    file.write_text(FILE + "  worse:\n    add: [{agreement: CPTTP}]\n    baseline: {without: [RCEB]}\n")
    with pytest.raises(ScenarioError) as caught:
        read_scenario(file)
    assert "trade.yaml:19: variants.worse.add[0].agreement: no agreement 'CPTTP'" in str(caught.value)
    assert "trade.yaml:20: variants.worse.baseline.without[0]: 'RCEB' is not in the baseline" in str(
        caught.value
    )


def test_a_problem_of_the_file_itself_is_said_once() -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(FILE.replace("cut: 50%", "cut: 50"), file="t.yaml")
    assert [(p.line, p.path) for p in caught.value.problems] == [(7, "shocks[0].tariff.cut")]


def test_check_and_list_show_the_variants(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checked = run("check", str(file))
    assert checked.exit_code == 0, checked.output
    for title in (f"{file}: ok", f"{file} --variant deep: ok", f"{file} --variant other: ok"):
        assert title in checked.output
    file.write_text(FILE.replace("[USA, JPN]", "[USA, JPX]"))
    checked = run("check", str(file))
    assert checked.exit_code == 2 and "variants.deep.add[0].between[1]" in checked.output
    file.write_text(FILE.replace("main_variant", HEADER + "main_variant"))
    monkeypatch.setattr("scenarios.reader.LIBRARY", file.parent)
    listed = run("list").output
    assert "--variant tariffs: the scenario itself" in listed and "--variant deep: deeper" in listed


def test_editors_know_the_keys_of_a_variant() -> None:
    variants = Scenario.model_json_schema()["properties"]["variants"]
    keys = variants["additionalProperties"]["properties"]
    assert {"title", "shocks", "add", "closure", "formulation", "assumptions"} <= set(keys)
    assert not {"variants", "main_variant"} & set(keys)


def test_order_of_the_file_decides_nothing() -> None:
    parts = FILE.split("variants:")
    moved = "variants:" + parts[1] + parts[0]
    assert parse_scenario(moved).cases["deep"] == parse_scenario(FILE).cases["deep"]


def test_a_variant_of_a_scenario_without_shocks_can_add_one() -> None:
    text = textwrap.dedent("""\
        title: t
        shocks: []
        variants:
          one: {add: [{tariff: {to: 0%}, importers: USA, sectors: goods}]}
    """)
    assert len(parse_scenario(text).cases["one"].shocks) == 1
