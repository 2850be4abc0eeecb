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
