"""What a user sees: exit codes, messages, files, and what a killed run leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from results.errors import ResultsError
from results.store import read


def cge(*arguments: str, **kwargs) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cge.app.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, **kwargs)


def test_run_prints_the_table_and_writes_the_result(tmp_path: Path) -> None:
    out = tmp_path / "result"
    done = cge("run", "us-joins-cptpp", "--aggregation", "small", "-o", str(out))
    assert done.returncode == 0, done.stderr
    for words in (
        "Welfare %",
        "sectors that gain most jobs",
        "imports by supplier",
        "cost of adjustment",
        "Certificate",
    ):
        assert words in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    manifest = json.loads((out / "manifest.json").read_text())
    certificate = manifest["certificate"]["counterfactual"]
    assert certificate["max_residual"] < 1e-9
    assert set(certificate["hashes"]) >= {"data", "scenario", "code", "parameters"}
    assert all(certificate["hashes"].values())
    assert sum(map(len, read(out).tables.values())) > 100
    again = cge("run", "us-joins-cptpp", "--aggregation", "small", "-o", str(out))
    assert again.returncode == 2
    assert "--force" in again.stderr


def test_bad_input_exits_2_with_file_line_and_suggestion(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("title: t\nshocks:\n  - tariff: {to: 0%}\n    importers: USA\n    sector: goods\n")
    done = cge("run", str(bad))
    assert done.returncode == 2
    assert "bad.yaml:5" in done.stderr
    assert "did you mean 'sectors'" in done.stderr
    assert "Traceback" not in done.stderr
    assert cge("run", "no-such-scenario").returncode == 2
    focus = cge("run", "rcep", "--aggregation", "small", "--focus", "XXX")
    assert focus.returncode == 2
    assert "XXX" in focus.stderr


def test_a_model_without_equilibrium_exits_1_and_writes_nothing(tmp_path: Path) -> None:
    scenario = tmp_path / "absurd.yaml"
    scenario.write_text(
        "title: t\naggregation: small\nshocks:\n  - {tariff: {to: -99%}, importers: USA, sectors: goods}\n"
    )
    done = cge("run", str(scenario), "-o", str(tmp_path / "out"))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "no equilibrium beyond" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL does not exist on Windows")
def test_a_killed_run_leaves_no_result(tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [
        sys.executable,
        "-m",
        "cge.app.cli",
        "run",
        "us-joins-cptpp",
        "--aggregation",
        "small",
        "-o",
        str(out),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not list(tmp_path.iterdir()):
        time.sleep(0.002)
    assert process.poll() is None, "the run ended before it began to write"
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=30)
    with pytest.raises(ResultsError):
        read(out)


@pytest.mark.slow
def test_check_structure_of_a_scenario() -> None:
    done = cge("check", "--structure", "us-joins-cptpp", "--aggregation", "small")
    assert done.returncode == 0, done.stderr
    assert "structurally sound" in done.stdout


def test_equations_and_doctor() -> None:
    shown = cge("equations", "--latex")
    assert shown.returncode == 0
    for words in ("pmm[r,i]", "Armington", "market clearing", "USD million"):
        assert words in " ".join(shown.stdout.split())
    examined = cge("doctor")
    assert examined.returncode == 0, examined.stdout
    assert "NO" not in examined.stdout.split()


def test_bench_reports_stages_and_counts() -> None:
    done = cge("bench", "us-joins-cptpp", "--aggregation", "small", "--repeat", "2")
    assert done.returncode == 0, done.stderr
    stages = ("import", "data", "compile", "solve", "results")
    for words in (*stages, "a point of a sweep", "equations", "unknowns"):
        assert words in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT cannot be sent to one process on Windows")
@pytest.mark.parametrize("seconds", [1.5, 2.5])
def test_ctrl_c_ends_with_130_and_a_word(tmp_path: Path, seconds: float) -> None:
    command = [sys.executable, "-m", "cge.app.cli", "run", "us-china-tariff-war", "-o", str(tmp_path / "out")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    if process.returncode == 0:
        pytest.skip("the run was over before the signal came")
    assert process.returncode == 130, errors
    assert "interrupted" in errors
    if (tmp_path / "out").exists():  # the signal came while the table was printed
        assert read(tmp_path / "out").tables


def test_output_that_cannot_be_written_is_refused_before_solving(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = cge("run", "us-joins-cptpp", "--aggregation", "small", "-o", str(tmp_path / "file" / "out"))
    assert done.returncode == 2
    assert (
        "cannot be written" in " ".join(done.stderr.replace("│", " ").split()) or "written to" in done.stderr
    )
    assert "Traceback" not in done.stderr
