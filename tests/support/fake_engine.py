"""An engine without a model, for the tests of running sweeps: quick, exact, and able to go wrong on demand.

``x``, or the first target, decides the numbers; 13 and 14 have no solution. ``act`` makes a point go
wrong: raise, garbage, short, infinite, memory, interrupt, fail, forever, slow, kill (this process, always) or
kill once, in which case the file that ``act`` names remembers it. Every call is written to the folder
CGE_FAKE_CALLS, one file each, so that calls of all processes can be counted.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cge.app.sweeps.outcome import Outcome

NUMBERS = 5
LABEL = "number"


class Engine:
    def __init__(
        self, scenario: Any, *, aggregation: Any = None, rents: Any = None, tables: Any = ()
    ) -> None:
        note("build", scenario.title)
        self.rows = pd.DataFrame(
            [("indicators", "USA", "", "", f"{LABEL}_{k}", "percent") for k in range(NUMBERS)],
            columns=["table", "region", "sector", "partner", "indicator", "unit"],
        )
        self.central = answer(1.0)

    def solve(self, changes: Mapping[str, Any]) -> Outcome:
        x = changes["x"] if "x" in changes else next(iter(changes.values()))
        note("solve", x)
        what, _, file = str(changes.get("act", "")).partition(":")
        if what == "raise":
            raise ZeroDivisionError("a poisoned point")
        if what == "garbage":
            return "nonsense"  # type: ignore[return-value]
        if what == "short":
            return Outcome("solved", np.zeros(1), np.zeros(1))
        if what == "fail" or x in (13, 14):
            return Outcome.failed("no equilibrium", worst=(("market", "USA", 0.5),))
        if what == "infinite":
            return Outcome("solved", np.zeros(NUMBERS), np.full(NUMBERS, np.inf))
        if what == "memory":
            raise MemoryError
        if what == "interrupt":
            raise KeyboardInterrupt
        if what == "forever":
            time.sleep(3600)
        if what == "slow":
            time.sleep(float(file))
        if what == "kill" or (what == "once" and not Path(file).exists()):
            Path(file or os.devnull).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return answer(x)


def answer(x: float) -> Outcome:
    base = np.arange(1.0, NUMBERS + 1)
    return Outcome("solved", base, base * np.sin(x) / 3, counts={"evaluations": 7}, seconds={"policy": 0.5})


def note(kind: str, what: object) -> None:
    folder = os.environ.get("CGE_FAKE_CALLS")
    if folder:
        (Path(folder) / f"{kind}-{what}-{os.getpid()}-{time.monotonic_ns()}").touch()


def calls(folder: Path, kind: str) -> list[str]:
    """What was done, by any process, sorted."""
    return sorted(p.name.split("-")[1] for p in folder.glob(f"{kind}-*"))
