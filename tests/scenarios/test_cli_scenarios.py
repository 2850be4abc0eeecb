"""The commands about scenario files, on the packaged world."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cge.app.cli_scenarios import register
from scenarios.reader import library


def run(*words: str):
    app = typer.Typer()
    register(app)
    return CliRunner().invoke(app, list(words))


def test_check_the_whole_library() -> None:
    result = run("check")
    assert result.exit_code == 0, result.output
    for name in library():
        assert f"{name}: ok, " in result.output


def test_check_reports_every_file_and_fails_with_2(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("title: one\nfocus: EUR\nshocks: []\n")
    (tmp_path / "two.yaml").write_text("titel: two\nshocks: []\n")
    result = run("check", str(tmp_path / "one.yaml"), "rcep", str(tmp_path / "two.yaml"))
    assert result.exit_code == 2
    assert "one.yaml:2: focus: 'EUR' is not a region of this aggregation" in result.output
    assert "two.yaml:1: titel: unknown key; did you mean 'title'?" in result.output
    assert "rcep: ok" in result.output


@pytest.mark.parametrize("regions", ["country,region\nUSA,USA\n", "nonsense\n"])
def test_check_reads_the_maps_of_an_own_aggregation(regions: str, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text(regions)
    (tmp_path / "s.csv").write_text("sector,group\nA01,A\n")
    (tmp_path / "own.yaml").write_text(
        "title: own\naggregation: {regions: r.csv, sectors: s.csv}\nshocks: []\n"
    )
    result = run("check", str(tmp_path / "own.yaml"))
    assert result.exit_code == 2 and "own.yaml:2: aggregation" in result.output


def test_schema_and_list() -> None:
    assert json.loads(run("schema").output)["title"] == "Scenario"
    listed = run("list").output
    assert all(name in listed for name in library())
