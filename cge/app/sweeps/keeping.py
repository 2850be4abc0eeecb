"""A sweep's points in the store: found before, kept as they come, and what to do when that fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from cge.app.sweeps.outcome import Outcome
from cge.app.sweeps.plan import ENGINE, Plan
from cge.app.sweeps.store import StoreError, SweepInfo, SweepStore, engine_key, folder, point_key

OFF = "off"
Changes = Mapping[str, Any]
UNWRITABLE = (OSError, StoreError, ValueError)


class Points(Protocol):
    """What is needed of a store, for the points of one engine.

    ``begin``, ``keep_rows`` and ``put`` raise one of ``UNWRITABLE`` when nothing can be kept.
    """

    keeps: bool

    def key(self, changes: Changes) -> str: ...  # noqa: D102
    def begin(self, changes: Sequence[Changes]) -> None: ...  # noqa: D102
    def rows(self) -> pd.DataFrame | None: ...  # noqa: D102
    def keep_rows(self, rows: pd.DataFrame) -> None: ...  # noqa: D102
    def get(self, key: str) -> Outcome | None: ...  # noqa: D102
    def put(self, key: str, outcome: Outcome) -> Outcome: ...  # noqa: D102
    def notes(self) -> Sequence[str]: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


class Nowhere:
    """Keeps nothing."""

    keeps = False

    def key(self, changes: Changes) -> str:
        """The changes themselves."""
        return json.dumps(changes, sort_keys=True, default=repr)

    def begin(self, changes: Sequence[Changes]) -> None:
        """Nothing."""

    def rows(self) -> pd.DataFrame | None:
        """None."""
        return None

    def keep_rows(self, rows: pd.DataFrame) -> None:
        """Nothing."""

    def get(self, key: str) -> Outcome | None:
        """None."""
        return None

    def put(self, key: str, outcome: Outcome) -> Outcome:
        """The outcome as it is."""
        return outcome

    def notes(self) -> Sequence[str]:
        """None."""
        return ()

    def close(self) -> None:
        """Nothing."""


class Stored:
    """The points of one plan's engine in a `SweepStore`."""

    keeps = True

    def __init__(self, store: SweepStore, plan: Plan, command: str, *, retry_failed: bool) -> None:
        solver = "" if plan.engine == ENGINE else plan.engine
        self.engine = engine_key(plan.scenario, aggregation=plan.aggregation, rents=plan.rents,
                                 tables=plan.tables, solver=solver)  # fmt: skip
        self.store, self.retry_failed = store, retry_failed
        self.info = SweepInfo(self.engine, command, plan.scenario.title, plan.design.kind)
        self._missing: set[str] = set()

    def key(self, changes: Changes) -> str:
        """Hash of the engine's key and the changes."""
        return point_key(self.engine, changes)

    def begin(self, changes: Sequence[Changes]) -> None:
        """Record the sweep, and see which of its points are there."""
        self.store.begin(self.info, changes)
        keys = [self.key(one) for one in changes]
        self._missing = set(self.store.missing(keys, retry_failed=self.retry_failed))

    def rows(self) -> pd.DataFrame | None:
        """The engine's rows, where an earlier sweep has kept them."""
        return self.store.rows(self.engine)

    def keep_rows(self, rows: pd.DataFrame) -> None:
        """Keep what the numbers are."""
        self.store.keep_rows(self.engine, rows)

    def get(self, key: str) -> Outcome | None:
        """A point that is not missing."""
        return None if key in self._missing else self.store.get(key)

    def put(self, key: str, outcome: Outcome) -> Outcome:
        """Keep a point; the one that is kept, which another process may have put first."""
        return self.store.put(key, outcome, engine=self.engine)

    def notes(self) -> Sequence[str]:
        """What the store has to say."""
        return self.store.notes

    def close(self) -> None:
        """Let go of the index."""
        self.store.close()


class Keeper:
    """The points of one plan in one store. What cannot be written stays in memory, and is said once."""

    def __init__(self, plan: Plan, points: Points, say: Callable[[str], None] = lambda words: None) -> None:
        self.plan, self.points, self.say = plan, points, say
        self.notes: list[str] = []
        self.waiting: dict[int, Outcome] = {}
        self._rows: pd.DataFrame | None = None
        changes = [plan.changes(n) for n in range(len(plan) + 1)]
        self._keys = [points.key(one) for one in changes]
        points.begin(changes)

    def key(self, number: int) -> str:
        """The name of a point in the store; two points with the same values have the same."""
        return self._keys[number]

    def rows(self) -> pd.DataFrame | None:
        """The engine's rows, where an earlier sweep has kept them."""
        return self.points.rows()

    def get(self, number: int, rows: int | None) -> Outcome | None:
        """A point that was kept; one with other than ``rows`` numbers (None: nobody knows) is missing."""
        found = self.points.get(self._keys[number])
        if found is None or found.status == "failed" or rows is None:
            return found
        if found.baseline.shape != (rows,):
            self.note(f"point {number} in the store has {found.baseline.size} numbers instead of {rows}: "
                      "it is solved again")  # fmt: skip
            return None
        return found

    def keep_rows(self, rows: pd.DataFrame) -> None:
        """Keep what the numbers are."""
        self._rows = rows
        try:
            self.points.keep_rows(rows)
            self._rows = None
        except UNWRITABLE as error:
            self.note(f"{error}; the sweep goes on")

    def put(self, number: int, outcome: Outcome) -> Outcome:
        """Keep a point now, or in memory until `end`; what is kept under its name."""
        try:
            return self.points.put(self._keys[number], outcome)
        except UNWRITABLE as error:
            if not self.waiting:
                self.note(f"{error}; the sweep goes on, and its results stay in memory")
            self.waiting[number] = outcome
            return outcome

    def end(self) -> bool:
        """Try again what could not be written, and close; whether everything is kept."""
        left = dict(self.waiting)
        if self._rows is not None:
            with suppress(*UNWRITABLE):
                self.points.keep_rows(self._rows)
        for number, outcome in left.items():
            try:
                self.points.put(self._keys[number], outcome)
            except UNWRITABLE:
                break
            del self.waiting[number]
        if left:
            lost = len(self.waiting)
            self.note(f"{lost} points are in this result and not in the store: the next start solves them"
                      if lost else "in the end all points could be written to the store")  # fmt: skip
        for words in self.points.notes():
            self.note(words)
        self.points.close()
        return not self.waiting and self.points.keeps

    def note(self, words: str) -> None:
        """What a reader must know, at once and in the result."""
        if words not in self.notes:
            self.notes.append(words)
            self.say(words)


def keeper(
    plan: Plan,
    store: str | Path | SweepStore | Points | None,
    *,
    retry_failed: bool = False,
    command: str = "",
    say: Callable[[str], None] = lambda words: None,
) -> Keeper:
    """The keeper of a plan: ``store`` is a folder, a store, `Points`, None for the default, "off" for none.

    Raises StoreError.
    """
    place = folder() if store is None else store
    if place is None or place == OFF:
        return Keeper(plan, Nowhere(), say)
    if isinstance(place, str | Path):
        place = SweepStore(place)
    if isinstance(place, SweepStore):
        place = Stored(place, plan, command, retry_failed=retry_failed)
    return Keeper(plan, place, say)


def in_store(plan: Plan, store: str | Path | None) -> tuple[int, float | None]:
    """How many points of a plan, the central one among them, the store has, and the mean seconds of those
    that the design asks for (None: there are none; the central one builds the model besides).

    Raises StoreError.
    """
    place = folder() if store is None else store
    if place is None or place == OFF or not Path(place).expanduser().exists():
        return 0, None
    with SweepStore(place) as opened:
        points = Stored(opened, plan, "", retry_failed=False)
        keys = [points.key(plan.changes(n)) for n in range(len(plan) + 1)]
        there = {key: found for key in dict.fromkeys(keys) if (found := opened.get(key)) is not None}
    took = [sum(there[key].seconds.values()) for key in keys[1:] if key in there]
    return sum(key in there for key in keys), sum(took) / len(took) if took else None
