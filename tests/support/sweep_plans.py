"""Plans on the engine without a model, and workers without processes, for the tests of running sweeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from fake_engine import Engine

from cge.app.sweeps.answer import Built
from cge.app.sweeps.outcome import Outcome
from cge.app.sweeps.plan import Plan
from cge.designs.design import Design
from scenarios.reader import parse_scenario
from scenarios.schema import Scenario

TEXT = (
    "title: t\naggregation: small\nshocks:\n"
    "  - {tariff: {cut: 50%}, between: [USA, CHN], sectors: manufacturing}\n"
)


@cache
def scenario_of(text: str, folder: Path) -> Scenario:
    return parse_scenario(text, file="own.yaml", folder=folder)


def plan_of(
    count: int, acts: Mapping[int, str] | None = None, *, folder: Path = Path(), text: str = TEXT
) -> Plan:
    """``count`` points; ``acts`` by number of the point, counted from 1."""
    points = tuple((float(n), (acts or {}).get(n)) for n in range(1, count + 1))
    design = Design("list", ("x", "act"), points, np.full(count, 1 / count), sampled=False)
    return Plan(scenario_of(text, folder), design, engine="fake_engine:Engine")


def engine_of() -> Engine:
    return Engine(scenario_of(TEXT, Path()))


class Memory:
    """A store that only remembers; ``full`` says when nothing more can be written."""

    keeps = True

    def __init__(self, *, full: Callable[[int], bool] = lambda written: False) -> None:
        self.there: dict[str, Outcome] = {}
        self.table: pd.DataFrame | None = None
        self.tried, self.full = 0, full

    def key(self, changes: Mapping[str, Any]) -> str:
        return repr(sorted(changes.items()))

    def begin(self, changes: Sequence[Mapping[str, Any]]) -> None: ...

    def rows(self) -> pd.DataFrame | None:
        return self.table

    def keep_rows(self, rows: pd.DataFrame) -> None:
        self.table = rows

    def get(self, key: str) -> Outcome | None:
        return self.there.get(key)

    def put(self, key: str, outcome: Outcome) -> Outcome:
        self.tried += 1
        if self.full(self.tried):
            raise OSError(28, "No space left on device")
        return self.there.setdefault(key, outcome)

    def notes(self) -> Sequence[str]:
        return ()

    def close(self) -> None: ...


class FakeFuture:
    def __init__(self, key: str, status: str, error: BaseException | None = None) -> None:
        self.key, self.status, self.error = key, status, error

    def add_done_callback(self, callback: Callable[[FakeFuture], None]) -> None:
        if self.status != "pending":
            callback(self)

    def exception(self) -> BaseException | None:
        return self.error

    def cancel(self) -> None:
        self.status = "cancelled"


class FakeClient:
    """As much of a Dask client as `cge.app.sweeps.dispatch` asks for; tasks are done when they are sent.

    A point whose ``act`` is kill takes its worker down, once: names a point that does so only the first time;
    another worker comes in its place while ``spare`` lasts. ``lose``: numbers whose answer goes down with the
    worker after it said that it was done. ``sick``: address -> what building the engine raises there.
    """

    status = "running"

    def __init__(self, addresses: Sequence[str], spare: int = 99, **faults: Any) -> None:
        self.alive, self.spare, self.made = list(addresses), spare, len(addresses)
        self.sick: dict[str, Exception] = faults.get("sick", {})
        self.dies_building: set[str] = set(faults.get("dies_building", ()))
        self.once, self.lose = set(faults.get("once", ())), set(faults.get("lose", ()))
        self.data: dict[str, Any] = {}
        self.sent: list[tuple[int, str]] = []
        self.scheduler = self

    def nthreads(self) -> dict[str, int]:
        return dict.fromkeys(self.alive, 1)

    def submit(self, function: Any, *args: Any, workers: list[str], **how: Any) -> FakeFuture:
        key, (address,) = f"task-{len(self.data)}-{len(self.sent)}", workers
        if function.__name__ == "prepare":
            return self._prepared(key, address)
        task = args[1]
        self.sent.append((task.number, address))
        first = task.number in self.once
        self.once.discard(task.number)
        if first or task.changes.get("act") == "kill" or address not in self.alive:
            self._die(address)
            return FakeFuture(key, "pending")
        if task.number in self.lose:
            self.lose.discard(task.number)
            self._die(address)
            return FakeFuture(key, "finished")
        self.data[key] = _answer(task, address)
        return FakeFuture(key, "finished")

    def _prepared(self, key: str, address: str) -> FakeFuture:
        if address in self.sick:
            return FakeFuture(key, "error", self.sick[address])
        if address in self.dies_building or "all" in self.dies_building:
            self._die(address)
            return FakeFuture(key, "pending")
        self.data[key] = Built.of(engine_of(), address)
        return FakeFuture(key, "finished")

    def _die(self, address: str) -> None:
        if address in self.alive:
            self.alive.remove(address)
            if self.spare:
                self.spare -= 1
                self.made += 1
                self.alive.append(f"w{self.made}")

    def gather(self) -> None: ...

    def sync(self, function: Any, keys: list[str], callback_timeout: float) -> dict[str, Any]:
        (key,) = keys
        return {"status": "OK", "data": {key: self.data[key]}} if key in self.data else {"status": "error"}

    def cancel(self, futures: Any) -> None: ...


def _answer(task: Any, address: str) -> Any:
    from cge.app.sweeps.answer import solved

    return solved(engine_of(), task, address)
