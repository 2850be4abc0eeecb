"""``cge sweep`` with the real model: ``kill -9`` in the middle, and a second start gives the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cge.app.sweeps import store_files

POINTS = 12
SWEEP = (
    "us-joins-cptpp", "--aggregation", "small", "--design", "lhs", "--points", str(POINTS), "--seed", "3",
    "--vary", "trade=triangular(50%, 100%, 150%)", "--vary", "sigma_va=uniform(50%, 150%)",
)  # fmt: skip


def command(store: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "cge.app.cli", "sweep", *more, "--store", str(store)]


def environment(folder: Path) -> dict[str, str]:
    root = str(Path(store_files.__file__).parents[3])
    return {**os.environ, "PYTHONPATH": root, "COLUMNS": "100", "CGE_RUN_STORE": str(folder / "runs")}


def done(folder: Path, store: Path, *more: str) -> str:
    """Run it to its end; what it printed."""
    run = subprocess.run(
        command(store, *more), env=environment(folder), capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr
    return " ".join(run.stdout.split())


def killed(folder: Path, store: Path, workers: int, after: int) -> int:
    """Start it, and kill it once more than so many points are kept; its process group."""
    process = subprocess.Popen(
        command(store, *SWEEP, "--workers", str(workers)), env=environment(folder), start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(2400):
            if len(list(store_files.points(store))) > after or process.poll() is not None:
                break
            time.sleep(0.05)
    finally:
        process.kill()
    assert process.wait() == -signal.SIGKILL, "it came to its end before it could be killed"
    return process.pid


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="this system has no SIGKILL")
def test_a_sweep_killed_in_the_middle_gives_the_same_bytes_when_it_is_started_again(tmp_path: Path) -> None:
    store = tmp_path / "store"
    group = killed(tmp_path, store, workers=2, after=3)
    kept = {key: (stat.st_ino, stat.st_size) for key, stat in store_files.points(store)}
    assert 3 < len(kept) < POINTS + 1
    before = done(tmp_path, store, *SWEEP, "--dry-run")
    assert f"{len(kept)} of {POINTS + 1} points are in the store, {POINTS + 1 - len(kept)} to solve" in before
    done(tmp_path, store, *SWEEP, "--workers", "1", "-o", str(tmp_path / "second"))
    after = {key: (stat.st_ino, stat.st_size) for key, stat in store_files.points(store)}
    assert len(after) == POINTS + 1 and after.items() >= kept.items()

    done(tmp_path, tmp_path / "other", *SWEEP, "--workers", "1", "-o", str(tmp_path / "whole"))
    tables = {p.name for p in (tmp_path / "whole").iterdir()} - {"manifest.json"}
    assert {"bands.csv", "outcomes.parquet", "points.parquet", "summary.parquet"} <= tables
    for name in tables:
        assert (tmp_path / "second" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    for _ in range(600):  # workers whose master was killed end by themselves
        if not alive(group):
            break
        time.sleep(0.1)
    assert not alive(group)
    assert f"{POINTS + 1} points" in done(tmp_path, store, "--list")
