"""The README keeps its word: its commands are what CI runs, its Python blocks and its scenario work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scenarios.reader import parse_scenario

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


def test_there_are_two_commands() -> None:
    (commands,) = blocks("sh")
    assert len(commands.strip().splitlines()) == 2


@pytest.mark.parametrize("block", blocks("python"))
def test_the_tour_runs(block: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(block, "README.md", "exec"), {})
    assert "USA" in capsys.readouterr().out


@pytest.mark.parametrize("block", blocks("yaml"))
def test_the_scenario_is_valid(block: str) -> None:
    scenario = parse_scenario(block, file="README.md", folder=ROOT)
    assert scenario.shocks


@pytest.mark.slow
def test_the_table_of_published_figures_is_what_the_command_prints() -> None:
    from typer.testing import CliRunner

    from cge.app.cli import app

    command = ["replicate", "caliendo-parro-2015", "--markdown", "MEX,CAN,USA"]
    printed = CliRunner().invoke(app, command)
    if printed.exit_code == 2:
        pytest.skip("the raw data of the case are absent")
    assert printed.exit_code == 0, printed.output
    for line in printed.output.strip().splitlines():
        if line.startswith("|") and "---" not in line:
            cells = [c.strip() for c in line.strip("|").split("|")][:-1]  # the gap is rounding noise
            assert " | ".join(cells) in README
