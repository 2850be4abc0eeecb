"""``cge list``, ``cge new``, ``cge schema`` and a quick ``cge check`` of many cases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from cge.app import catalogue, cli_library
from cge.app.cli_scenarios import expand, register
from scenarios.memory import Memory
from scenarios.package_files import package_library
from scenarios.reader import library, parse_scenario, read_scenario

TEMPLATES = sorted(path.stem for path in cli_library.TEMPLATES.glob("*.yaml"))


def run(*words: str, code: int = 0) -> Result:
    app = typer.Typer()
    register(app)
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == code, result.output
    return result


def narrow(output: str) -> str:
    assert max(map(len, output.splitlines())) <= 80
    return output


def test_list_finds_by_words_anywhere_in_a_file() -> None:
    every = narrow(run("list").output)
    assert all(f"\n{name}\n" in f"\n{every}" for name in library())
    found = run("list", "CAMPAIGN", "60").output  # the source and the rate of one file
    assert "us-china-tariff-war" in found and "rcep" not in found
    assert "rcep" in run("list", "barriers", "rcep").output
    assert "no scenarios with zebra" in run("list", "zebra", code=1).output
    # Names of keys are not content.
    assert "rcep" not in run("list", "us_china_duties", code=1).output


def test_list_of_names_that_scenarios_may_use() -> None:
    packages = narrow(run("list", "--packages").output)
    assert all(name in packages for name in package_library())
    assert "    partners (required): " in packages and "    depth (default 100%): " in packages
    groups = narrow(run("list", "--groups").output)
    assert "CPTPP (12)" in groups and "  from 2024-12-15: GBR" in groups
    assert "USA: from 2016-02-04 until 2017-01-30" in groups
    assert "not in the database, part of ROW: FJI" in run("list", "--groups", "fiji").output
    sectors = narrow(run("list", "--sectors").output)
    assert (
        "electronics: computers, electronic and optical products\n    C26" in sectors and "\nC26 " in sectors
    )
    assert "trucks: inside C29" in narrow(run("list", "--products").output)


@pytest.mark.parametrize("question", TEMPLATES)
def test_a_new_scenario_checks_and_changes_something(
    question: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run("new", "mine.yaml", "--question", question)
    text = (tmp_path / "mine.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=")
    assert text.count("#") > 10
    scenario, memory = read_scenario("mine.yaml"), Memory()
    for case in (scenario, *scenario.cases.values()):
        policy = expand(case, memory)
        assert not policy.table.empty
        assert not any("changes nothing" in n or "meets no flow" in n for n in policy.notes)


@pytest.mark.parametrize("name", sorted(library()))
def test_a_new_scenario_from_the_library_is_the_same_scenario(name: str, tmp_path: Path) -> None:
    run("new", str(tmp_path / "mine"), "--from", name)
    assert read_scenario(tmp_path / "mine.yaml") == read_scenario(name)


def test_new_overwrites_nothing_and_knows_its_templates(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("title: precious\n")
    assert "exists and is not overwritten" in " ".join(run("new", str(mine), code=2).output.split())
    assert mine.read_text() == "title: precious\n"
    out = run("new", str(tmp_path / "a.yaml"), "--question", "tarifs", code=2).output
    assert "did you mean" in out and "tariffs" in out
    run("new", str(tmp_path / "a.yaml"), "--from", "rcpe", code=2)
    run("new", str(tmp_path / "no" / "a.yaml"), code=2)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.yaml"]


def test_the_help_of_new_names_every_template() -> None:
    said = " ".join(str(cli_library.new.__doc__).split())
    assert all(name in said for name in TEMPLATES)


def test_schemas_cover_packages_and_open_values() -> None:
    scenario = json.loads(run("schema").output)
    assert {"packages", "as_of", "look_at"} <= set(scenario["properties"])
    variant = scenario["properties"]["variants"]["additionalProperties"]["properties"]
    assert {"plus", "minus", "packages"} <= set(variant)
    package = json.loads(run("schema", "--package").output)
    assert set(package["required"]) == {"title", "shocks"}
    cut = package["$defs"]["TariffVerb"]["properties"]["cut"]
    assert any(option.get("pattern") == r"\$" for option in cut["anyOf"])
    for schema in (scenario, package):
        named = {part.split('"')[0] for part in json.dumps(schema).split('"#/$defs/')[1:]}
        assert named <= set(schema["$defs"])


def test_every_kind_of_list_has_entries() -> None:
    for kind, entries in catalogue.KINDS.items():
        assert entries(), kind


def test_one_more_case_costs_little() -> None:
    """The library is checked in seconds: cases share world, barriers and baseline."""
    memory = Memory()
    text = "title: t\nshocks:\n  - {{tariff: {{cut: {}%}}, between: [USA, CPTPP], sectors: goods}}\n"
    text += "  - {{provisions: deep, between: [USA, JPN]}}\n"
    expand(parse_scenario(text.format(10), memory=memory), memory)
    kept = len(memory.found)
    for cut in range(11, 21):
        expand(parse_scenario(text.format(cut), memory=memory), memory)
    assert len(memory.found) == kept, "nothing is made anew for another case of the same baseline"
