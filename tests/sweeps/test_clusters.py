"""Sweeps of the real model on one process, on processes, and on a scheduler with workers: the same tables."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sweep_plans import plan_of

import cge
from cge.app.sweeps import parcel as parcels
from cge.app.sweeps.cluster import read_cluster
from cge.app.sweeps.plan import AskedError, SweepError, SweepResult
from cge.app.sweeps.running import run

pytestmark = pytest.mark.slow
WAIT = 60


def environment(**more: str) -> dict[str, str]:
    paths = [p for p in sys.path if p]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **more}


@contextmanager
def standing_cluster(folder: Path, workers: int = 2) -> Iterator[str]:
    """A scheduler and workers as a user starts them, each a process of its own, on loopback."""
    place = folder / "scheduler.json"
    dask = [sys.executable, "-m", "dask", "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
            "--scheduler-file", str(place), "--dashboard-address", "127.0.0.1:0"]  # fmt: skip
    with (folder / "log").open("w") as log:
        both = {"stdout": log, "stderr": log, "env": environment(), "start_new_session": True}
        started = [subprocess.Popen(dask, **both)]
        try:
            address = written(place)
            worker = [sys.executable, "-m", "dask", "worker", address, "--nthreads", "1",
                      "--host", "127.0.0.1", "--no-dashboard", "--local-directory", str(folder)]  # fmt: skip
            started += [subprocess.Popen(worker, **both) for _ in range(workers)]
            yield address
        finally:
            for process in started:
                os.killpg(process.pid, signal.SIGKILL)  # nannies would start their workers again
                process.wait(WAIT)


def written(place: Path) -> str:
    import json

    for _ in range(100 * WAIT):
        if place.exists() and place.read_text().strip():
            return json.loads(place.read_text())["address"]
        time.sleep(0.01)
    raise TimeoutError(f"no scheduler: {place}")


def numbers(result: SweepResult) -> list[bytes]:
    c = result.central
    return [a.tobytes() for a in (c.baseline, c.counterfactual, result.baseline, result.counterfactual)]


def test_one_process_two_processes_and_a_cluster_give_the_same_bits(tmp_path: Path) -> None:
    vary = {"trade": [0.8, 1.25], "sigma_va[C26]": [0.5, 2], "shocks[0].tariff.to": [0, 0.02]}
    how = {"vary": vary, "design": "grid", "aggregation": "small", "store": "off"}
    here = cge.sweep("us-joins-cptpp", workers=1, **how)
    assert here.solved.all() and len(here.plan) == 8
    assert len({row.tobytes() for row in here.counterfactual}) == 8, "every point is another one"
    assert numbers(cge.sweep("us-joins-cptpp", workers=2, **how)) == numbers(here)
    with standing_cluster(tmp_path) as address:
        there = cge.sweep("us-joins-cptpp", cluster=address, **how)
    assert numbers(there) == numbers(here)
    assert all(str(worker).startswith("tcp://127.0.0.1:") for worker in there.status["worker"])


def test_on_a_cluster_a_worker_dies_and_another_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_of(8, {3: "kill", 5: f"once:{tmp_path / 'once'}"})
    with standing_cluster(tmp_path) as address:
        result = run(plan, cluster=read_cluster(address), store="off")
        assert (
            result.status.set_index("number")["status"].tolist()
            == ["solved"] * 3 + ["failed"] + ["solved"] * 5
        )
        assert "2 workers were lost" in result.outcomes[3].reason
        other = {**parcels.identity(), "code and data": "f" * 64}
        monkeypatch.setattr(parcels, "identity", lambda: other)
        with pytest.raises(SweepError, match=r"has other code and data: \w{12}\.\.\. there, ffffffffffff"):
            run(plan, cluster=read_cluster(address), store="off")


def test_a_point_that_never_returns_is_ended_by_the_time_limit(tmp_path: Path) -> None:
    result = run(plan_of(4, {2: "forever"}), workers=1, store="off", time_limit=1.5)
    assert [o.status for o in result.outcomes.values()] == ["solved", "solved", "failed", "solved", "solved"]
    assert "no answer within 1.5 s (--time-limit)" in result.outcomes[2].reason


def test_a_cluster_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from cge.app.sweeps import cluster

    monkeypatch.setattr(cluster, "CONNECT", 0.5)
    with pytest.raises(
        SweepError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9.*dask scheduler"
    ):
        run(plan_of(2), cluster="tcp://127.0.0.1:9", store="off")


SCRIPT = """
import signal
import sys
from sweep_plans import plan_of
from cge.app.sweeps.progress import Progress
from cge.app.sweeps.running import run

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a script's shell starts
    shown = Progress(point=lambda answer, tally: print(answer.number, flush=True))
    plan = plan_of(8, {4: "slow:600", 5: "slow:600"})
    run(plan, workers=int(sys.argv[1]), store=sys.argv[2], progress=shown)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_stops_workers_quietly_and_the_next_start_goes_on(tmp_path: Path) -> None:
    script, calls = tmp_path / "script.py", tmp_path / "calls"
    script.write_text(SCRIPT)
    calls.mkdir()
    command = [sys.executable, str(script), "2", str(tmp_path / "store")]
    env = environment(CGE_FAKE_CALLS=str(calls))
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               start_new_session=True)  # fmt: skip
    assert process.stdout is not None
    for _ in range(2):
        process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process
    _, errors = process.communicate(timeout=WAIT)
    assert process.returncode not in (0, None)
    assert "points are done and kept; the same command goes on" in errors
    assert errors.count("Traceback") == 1, "of this script alone, none of a worker"
    kept = len(list((tmp_path / "store" / "points").rglob("*.parquet")))
    assert f"{kept - 1} of 8 points are done" in errors, "and the central one"


TAKES = """#!/bin/bash
cp "$1" "{home}/job$$"
setsid bash "{home}/job$$" > "{home}/log$$" 2>&1 < /dev/null &
echo "Submitted batch job $!"
"""
ENDS = '#!/bin/bash\nfor job in "$@"; do kill -9 -- -$job; done\n'
PROFILE = "kind: slurm\njobs: 2\noptions: {queue: long, memory: 2GB, interface: lo, local_directory: HOME}\n"


@pytest.mark.skipif(sys.platform != "linux", reason="a stand-in for SLURM, in the shell")
def test_jobs_of_a_batch_system_solve_points_and_refusals_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path), os.environ["PATH"]]))
    monkeypatch.setenv("PYTHONPATH", environment()["PYTHONPATH"])
    profile = tmp_path / "slurm.yaml"
    profile.write_text(PROFILE.replace("HOME", str(tmp_path)))
    with pytest.raises(SweepError, match="there is no sbatch here"):
        run(plan_of(2), cluster=read_cluster(str(profile)), store="off")
    for name, text in (("sbatch", TAKES), ("scancel", ENDS)):
        (tmp_path / name).write_text(text.replace("{home}", str(tmp_path)))
        (tmp_path / name).chmod(0o755)
    result = run(plan_of(6, {2: "raise"}), cluster=read_cluster(str(profile)), store="off")
    assert [o.status for o in result.outcomes.values()] == ["solved"] * 2 + ["failed"] + ["solved"] * 4
    assert any("OMP_NUM_THREADS=1" in job.read_text() for job in tmp_path.glob("job*"))
    (tmp_path / "sbatch").write_text("#!/bin/bash\necho no such queue >&2\nexit 1\n")
    with pytest.raises(SweepError, match="slurm did not take the jobs"):
        run(plan_of(2), cluster=read_cluster(str(profile)), store="off")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("kind: slum\n", "choose slurm, pbs, sge, lsf"),
        ("kind: slurm\njobs: 0\n", "jobs is 0"),
        ("kind: slurm\nqueue: long\n", "unknown key queue"),
        ("kind: slurm\noptions: long\n", "options must be a mapping"),
        ("- slurm\n", "a mapping is needed"),
    ],
)
def test_a_profile_that_says_nothing_is_refused(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "p.yaml").write_text(content)
    with pytest.raises(AskedError, match=words):
        read_cluster(str(tmp_path / "p.yaml"))
