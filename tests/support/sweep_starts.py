"""A sweep with the fake engine, started again and again in processes of its own, some of which are killed.

Run as a program: ``sweep_starts.py FOLDER START...``; each START is ``NAME`` (a start of the sweep on the
store FOLDER/NAME), or ``NAME+NAME`` (two at once). One line comes back for each: how it ended (-9: SIGKILL).
The k-th start (from 0) then has said what it gave in FOLDER/result-k, and FOLDER/calls-k has what was solved.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from sweep_victims import forked

from cge.app.sweeps.plan import Plan, SweepResult
from cge.app.sweeps.running import run
from cge.app.sweeps.store import engine_key
from cge.designs.design import Design
from scenarios.reader import parse_scenario
from scenarios.schema import Scenario

POINTS = 12
DEADLY = 7
"""Number of the point at which the sweep's own process is killed, the first time."""


def plan(folder: Path) -> Plan:
    """Twelve points: one kills whoever solves it, unless FOLDER/killed is there; one has no solution."""
    act = {DEADLY: f"once:{folder / 'killed'}", 3: "fail"}
    points = tuple((n / 7, act.get(n, "")) for n in range(1, POINTS + 1))
    design = Design("list", ("x", "act"), points, np.full(POINTS, 1 / POINTS), sampled=False)
    return Plan(_scenario(), design, engine="fake_engine:Engine")


@cache
def _scenario() -> Scenario:
    """Read once in all processes."""
    return parse_scenario("title: t\naggregation: small\nshocks: []\n")


def content(result: SweepResult) -> dict[str, Any]:
    """What a result says, with a hash of every bit of its numbers."""
    digest = hashlib.sha256(result.rows.to_csv(index=False).encode())
    for numbers in (result.baseline, result.counterfactual, result.central.counterfactual):
        digest.update(np.ascontiguousarray(numbers).tobytes())
    status = {name: result.status[name].tolist() for name in ("number", "status", "reason", "evaluations")}
    worst = [[n, repr(one.worst)] for n, one in result.outcomes.items()]
    return {
        "tables": [digest.hexdigest(), status, worst],
        "source": result.status["source"].tolist(),
        "notes": list(result.notes),
    }


def start(folder: Path, name: str, number: int) -> None:
    """One start."""
    found = content(run(plan(folder), workers=1, store=folder / name))
    (folder / f"result-{number}-{os.getpid()}.json").write_text(json.dumps(found), encoding="utf-8")


def main(folder: Path, starts: list[str]) -> None:
    """All of them, one after the other."""
    engine_key(plan(folder).scenario, aggregation=None, rents=None, tables=())  # reads the package once
    for number, names in enumerate(starts):
        calls = folder / f"calls-{number}"
        calls.mkdir()
        os.environ["CGE_FAKE_CALLS"] = str(calls)
        running = [forked(start, folder, name, number) for name in names.split("+")]
        print(*(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in running), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
