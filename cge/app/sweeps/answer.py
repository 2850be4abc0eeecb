"""One point on one engine: whatever happens there, an answer with a reason comes back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cge.app.sweeps.outcome import Outcome
from cge.app.sweeps.plan import Solver

ROWS = ("table", "region", "sector", "partner", "indicator", "unit")


@dataclass(frozen=True)
class Task:
    """A point to solve."""

    number: int
    changes: Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """What came of a task. ``keep``: whether it is a result of the model rather than of an accident."""

    number: int
    outcome: Outcome
    worker: str
    keep: bool = True


@dataclass(frozen=True)
class Built:
    """An engine: its rows and its central point. ``digest`` is of both, to compare workers by."""

    rows: pd.DataFrame
    central: Outcome
    digest: str
    worker: str = ""

    @classmethod
    def of(cls, engine: Solver, worker: str = "") -> Built:
        """What an engine says of itself."""
        rows = engine.rows.loc[:, list(ROWS)].reset_index(drop=True)
        digest = hashlib.sha256(rows.to_csv(index=False).encode())
        for numbers in (engine.central.baseline, engine.central.counterfactual):
            digest.update(np.ascontiguousarray(numbers, dtype=float).tobytes())
        return cls(rows, engine.central, digest.hexdigest(), worker)


def solved(engine: Solver, task: Task, worker: str) -> Answer:
    """Solve one point; KeyboardInterrupt and SystemExit pass, nothing else does."""
    try:
        outcome = engine.solve(dict(task.changes))
    except MemoryError:
        return _accident(task, worker, "not enough memory")
    except Exception as error:
        return _accident(task, worker, f"{type(error).__name__}: {error}")
    wrong = _garbage(outcome, len(engine.rows))
    return _accident(task, worker, wrong) if wrong else Answer(task.number, outcome, worker)


def _accident(task: Task, worker: str, reason: str) -> Answer:
    return Answer(task.number, Outcome.failed(reason), worker, keep=False)


def _garbage(outcome: Any, rows: int) -> str:
    """What is wrong with an answer that is none; "" if it is one."""
    if not isinstance(outcome, Outcome) or outcome.status not in ("solved", "failed"):
        return f"the engine returned {type(outcome).__name__} instead of an outcome"
    wanted = (rows,) if outcome.status == "solved" else (0,)
    for name in ("baseline", "counterfactual"):
        found = getattr(outcome, name)
        if not isinstance(found, np.ndarray) or found.shape != wanted or found.dtype != float:
            what = getattr(found, "shape", type(found).__name__)
            return f"the engine returned {what} as {name} instead of {wanted[0]} numbers"
    if outcome.status == "solved":
        for found in (outcome.baseline, outcome.counterfactual):
            if np.isinf(found).any() or np.isnan(found).all():
                return "the engine returned an infinite number, or none"
    return ""
