"""``cge sweep`` as a user meets it: exit codes, what is printed, what is refused; without a model."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import fake_engine
import pytest

from cge.app import cli
from cge.app.sweeps import asking, running
from scenarios.reader import parse_scenario
from scenarios.schema import Scenario

SCENARIO = """title: A cut
aggregation: small
shocks:
  - {tariff: {cut: 50%}, between: [USA, CHN], sectors: manufacturing}
"""


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """Read once: its agreements take longer than all else here."""
    return parse_scenario(SCENARIO)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scenario: Scenario) -> Path:
    def build(engine: str, scenario: object, **how: object) -> fake_engine.Engine:
        return fake_engine.Engine(scenario)

    monkeypatch.setattr(running, "build", build)
    monkeypatch.setattr(asking, "read", lambda name, variant: scenario)
    monkeypatch.setenv("CGE_SWEEP_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("CGE_FAKE_CALLS", str(tmp_path))
    return tmp_path


def sweep(home: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str, workers: str = "1") -> int:
    """The exit code of the command."""
    words = ["cge", "sweep", str(home / "own.yaml"), *arguments, *(["-w", workers] if workers else [])]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as stop:
        cli.main()
    return int(stop.value.code or 0)


def test_failed_points_are_loud_and_fail_the_command_only_when_strict(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    vary = ("--vary", "trade=0.5, 2, 13")
    assert sweep(home, monkeypatch, *vary) == 0
    said = capsys.readouterr()
    assert "1 of 3 points failed (33.3 %)" in said.out
    assert "point 3: no equilibrium" in said.out and "market at USA: 5.0e-01" in said.out
    assert "3 of 3 points, 1 failed" in said.err, "progress where there is no terminal"
    assert sweep(home, monkeypatch, *vary, "--strict", "-q") == 1
    said = capsys.readouterr()
    assert not said.out and "1 of 3 points failed" in said.err, "quiet, but never silent about this"
    assert fake_engine.calls(home, "build") == ["A cut"], "the second start finds all of it"
    assert sweep(home, monkeypatch, *vary, "--retry-failed") == 0
    assert fake_engine.calls(home, "solve").count("13.0") == 2
    assert fake_engine.calls(home, "solve").count("2.0") == 1


def test_a_sweep_without_any_solution_fails_and_still_says_why(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    vary = ("--vary", "trade=13, 14")
    assert sweep(home, monkeypatch, *vary) == 1
    assert "2 of 2 points failed (100.0 %)" in capsys.readouterr().out
    assert sweep(home, monkeypatch, *vary, "--json") == 1
    document = json.loads(capsys.readouterr().out)
    assert document["solved"] == 0 and "no equilibrium" in json.dumps(document["tables"]["points"])


def test_verbose_has_a_line_per_point_and_json_is_one_document(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sweep(home, monkeypatch, "--vary", "trade=0.5, 13", "-v", "--json") == 0
    said = capsys.readouterr()
    assert "point 1: solved, 7 evaluations, 0.50 s" in said.err
    assert "point 2: failed" in said.err
    document = json.loads(said.out)
    assert document["design"] == "grid" and document["failed"] == 1
    assert document["tables"]["points"]["of"] == 2


def test_a_dry_run_shows_the_design_and_solves_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sweep(home, monkeypatch, "--dry-run") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "trade[*] triangular(0.5, 1, 1.5)" in said and "sigma_va[*]" in said
    assert "32 points and the central one" in said and "0 of 33 points are in the store, 33 to solve" in said
    assert "not varied, because the scenario moves no barriers" in said
    assert not fake_engine.calls(home, "build")
    sweep(home, monkeypatch, "--vary", "trade=0.5, 2")
    sweep(home, monkeypatch, "--vary", "trade=0.5, 2, 3", "--dry-run")
    said = " ".join(capsys.readouterr().out.split())
    assert "3 of 4 points are in the store, 1 to solve" in said and "0.50 s a point" in said


def test_the_list_has_every_sweep_with_what_is_left(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sweep(home, monkeypatch, "--vary", "trade=0.5, 2, 13", "-q") == 0
    capsys.readouterr()
    assert sweep(home, monkeypatch, "--list", "--json") == 0
    (found,) = json.loads(capsys.readouterr().out)["sweeps"]
    assert (found["title"], found["points"], found["solved"], found["failed"], found["missing"]) == (
        "A cut", 4, 3, 1, 0,
    )  # fmt: skip


def test_points_that_nobody_asked_for_are_taken_away_on_request_and_damage_is_said(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sweep(home, monkeypatch, "--list") == 0
    assert "nothing has been kept" in capsys.readouterr().err and not (home / "store").exists()
    sweep(home, monkeypatch, "--vary", "trade=0.5, 2", "-q")
    old, damaged, _ = sorted((home / "store" / "points").glob("*/*"))
    os.utime(old, (0, 0))
    damaged.write_bytes(b"damaged")
    (home / "store" / "index.sqlite").unlink()
    capsys.readouterr()
    assert sweep(home, monkeypatch, "--forget", "30", "--json") == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["points"] == 1 and json.loads(said.out)["sweeps"][0]["missing"] == 2
    assert "1 point and 0 sweeps taken away" in said.err and "1 of the files" in said.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--vary", "trade"), "lacks its '='"),
        (("--vary", "trade=triangular(1)"), "triangular"),
        (("--vary", "nonsense=1, 2"), "nonsense"),
        (("--vary", "trade=1, 2", "--design", "strout"), "did you mean 'stroud'"),
        (("--focus", "XXX"), "not a region here"),
        (("--tables", "indicators,gdp"), "no table gdp"),
        (("--cluster", "here"), "tcp://"),
        (("--time-limit", "0"), "seconds above 0"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_solved(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...], words: str,
) -> None:  # fmt: skip
    code = sweep(home, monkeypatch, *arguments, workers="" if "--cluster" in arguments else "1")
    said = capsys.readouterr().err
    assert code == 2 and words in said and "Traceback" not in said
    assert not fake_engine.calls(home, "build")


@pytest.fixture
def ctrl_c_heard() -> Iterator[None]:
    """Shells let what they start in the background ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c_heard")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_and_the_end_of_a_job_leave_one_line_that_says_how_to_go_on(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    number: int, code: int,
) -> None:  # fmt: skip
    solve = fake_engine.Engine.solve

    def stopped(self: fake_engine.Engine, changes: dict[str, float]) -> object:
        if changes["trade"] == 2:
            signal.raise_signal(number)
        return solve(self, changes)

    before = signal.getsignal(number)
    with monkeypatch.context() as patch:
        patch.setattr(fake_engine.Engine, "solve", stopped)
        assert sweep(home, monkeypatch, "--vary", "trade=0.5, 2, 3", "-q") == code
    assert signal.getsignal(number) is before
    said = capsys.readouterr()
    assert said.err.strip().splitlines() == [
        "error: interrupted: 1 of 3 points are done and kept; the same command goes on with the other 2"
    ]
    assert sweep(home, monkeypatch, "--vary", "trade=0.5, 2, 3", "-q") == 0
    assert fake_engine.calls(home, "solve") == ["0.5", "2.0", "3.0"]
