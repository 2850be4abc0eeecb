"""Run a sweep: in this process, in processes of this computer, or on a cluster, by the same code.

Whoever solves a point builds the engine from the same content and starts every point from its own inputs and
the central solution alone, on one thread; so every way of running, and every order, gives the same numbers.
This process alone writes the store, point by point as they come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cge.app.sweeps.answer import Answer, Built, Task, solved
from cge.app.sweeps.cluster import Profile, connected, sensible
from cge.app.sweeps.keeping import Keeper, Points, keeper
from cge.app.sweeps.outcome import Outcome
from cge.app.sweeps.plan import CENTRAL, ENGINE, AskedError, Plan, SweepError, SweepResult, build
from cge.app.sweeps.progress import Progress, Tally
from cge.app.sweeps.single import one_thread
from cge.app.sweeps.store import SweepStore

if TYPE_CHECKING:
    from cge.app.sweeps.cases import Workbench

HERE = "here"
COLUMNS = ("number", "status", "source", "reason", "worker", "evaluations", "seconds", "notes")
PATIENCE = 60.0
"""Seconds without any worker before a sweep is given up; the jobs of a batch system are waited for."""


class InterruptedSweep(KeyboardInterrupt):
    """Ctrl-C; the message says what is done and how to go on."""


def run(
    plan: Plan,
    *,
    workers: int | None = None,
    cluster: str | Profile | None = None,
    store: str | Path | SweepStore | Points | None = None,
    retry_failed: bool = False,
    time_limit: float | None = None,
    progress: Progress | None = None,
    command: str = "",
) -> SweepResult:
    """Solve every point of a plan that the store does not have; every point has a line in the result.

    ``workers``: 1 solves in this process without Dask, more are processes of this computer (default: one per
    processor, fewer for few points). ``cluster``: an address such as ``tcp://host:8786``, or a batch
    system's profile (`cge.app.sweeps.cluster.read_cluster`). ``store``: a folder, a
    `cge.app.sweeps.store.SweepStore`, None for the default one, "off" for none. ``retry_failed``: solve
    points again that the store knows as failed. ``time_limit``: seconds for one point (solved in a process of
    its own, which ends).

    Processes are started anew, so a script that calls this with workers needs ``if __name__ == "__main__":``.

    Raises what building the engine raises (ScenarioError and its relatives, SolveError at the central point),
    AskedError when nothing that was asked for has an effect,
    SweepError when no worker can solve, and KeyboardInterrupt whose text says how to go on.
    """
    shown = progress or Progress()
    keeps = keeper(plan, store, retry_failed=retry_failed, command=command, say=shown.say)
    ledger = _Ledger(plan, keeps, shown)
    tasks = ledger.missing()
    if tasks or not ledger.known():
        try:
            with _source(plan, tasks, workers, cluster, time_limit, shown, ledger.say) as items:
                for item in items:
                    ledger.take(item)
        except KeyboardInterrupt:
            raise InterruptedSweep(ledger.goodbye()) from None
    ledger.keeper.end()
    return ledger.result()


@contextmanager
def _source(
    plan: Plan,
    tasks: Sequence[Task],
    workers: int | None,
    cluster: str | Profile | None,
    limit: float | None,
    progress: Progress,
    say: Callable[[str], None],
) -> Iterator[Iterator[Built | Answer]]:
    """Where the engine and the answers come from."""
    if workers is not None and workers < 1:
        raise AskedError(f"{workers} workers: give a number from 1")
    many = workers or sensible(len(tasks), plan.aggregation or plan.scenario.aggregation.name)
    if cluster is None and (not tasks or (many == 1 and limit is None)):
        with one_thread():
            yield _serial(plan, tasks, progress, say)
        return
    from cge.app.sweeps.dispatch import Dispatch
    from cge.app.sweeps.parcel import pack

    if plan.engine == ENGINE and tasks and plan.asked:
        progress.stage("seeing what has an effect")
        with one_thread():
            _say_idle(None, plan, say)
    parcel = pack(plan)
    progress.stage("starting workers")
    with connected(min(many, max(len(tasks), 1)), cluster) as client:
        progress.stage("building the model on the workers")
        patience = None if isinstance(cluster, Profile) else PATIENCE
        items = Dispatch(client, parcel, limit, patience, say).run(tasks)
        try:
            yield items
        finally:
            items.close()


def _serial(
    plan: Plan, tasks: Sequence[Task], progress: Progress, say: Callable[[str], None]
) -> Iterator[Built | Answer]:
    """The same on one engine in this process."""
    from threadpoolctl import threadpool_limits

    progress.stage("building the model and solving the central point")
    engine = build(
        plan.engine, plan.scenario, aggregation=plan.aggregation, rents=plan.rents, tables=plan.tables
    )
    with threadpool_limits(1):  # libraries that building has loaded
        if tasks:
            _say_idle(getattr(engine, "bench", None), plan, say)
        yield Built.of(engine, HERE)
        for task in tasks:
            yield solved(engine, task, HERE)


def _say_idle(bench: Workbench | None, plan: Plan, say: Callable[[str], None]) -> None:
    """Say which targets that were asked for have no effect. Raises AskedError if none has one."""
    if not plan.asked or plan.engine != ENGINE:
        return
    from cge.app.sweeps.cases import Workbench
    from cge.app.sweeps.idle import idle_notes

    bench = bench or Workbench(plan.scenario, aggregation=plan.aggregation, rents=plan.rents)
    for words in idle_notes(bench, plan):
        say(words)


class _Ledger:
    """What has become of every point so far."""

    def __init__(self, plan: Plan, keeper: Keeper, progress: Progress) -> None:
        self.plan, self.keeper, self.progress = plan, keeper, progress
        self.rows = keeper.rows()
        self.outcomes: dict[int, Outcome] = {}
        self.told: dict[int, tuple[str, str]] = {}
        self.same: dict[str, list[int]] = {}
        for number in range(len(plan) + 1):
            self.same.setdefault(keeper.key(number), []).append(number)
        for numbers in self.same.values():
            found = keeper.get(numbers[0], None if self.rows is None else len(self.rows))
            if found is not None:
                self._note(numbers, found, "store", "")
        there = [n for n in self.outcomes if n != CENTRAL]
        failed = sum(self.outcomes[n].status == "failed" for n in there)
        self.tally = Tally(len(plan), stored=len(there), failed=failed)
        progress.begin(self.tally)

    def missing(self) -> list[Task]:
        """Every point to solve, those with the same values once, the central one not: it is the engine's."""
        first = [numbers[0] for numbers in self.same.values()]
        return [Task(n, self.plan.changes(n)) for n in first if n != CENTRAL and n not in self.outcomes]

    def known(self) -> bool:
        """Whether even the engine is not needed."""
        return self.rows is not None and CENTRAL in self.outcomes

    def take(self, item: Built | Answer) -> None:
        """An engine, or an answer: kept at once."""
        if isinstance(item, Built):
            before, self.rows = self.rows, item.rows
            self.keeper.keep_rows(item.rows)
            if before is None:
                self._require_same_rows(len(item.rows))
            kept = self.keeper.put(CENTRAL, item.central)
            self._note(self.same[self.keeper.key(CENTRAL)], kept, "solved", item.worker)
            self.progress.stage("solving")
            return
        numbers = self.same[self.keeper.key(item.number)]
        kept = self.keeper.put(item.number, item.outcome) if item.keep else item.outcome
        self._note(numbers, kept, "solved" if item.keep else "not kept", item.worker)
        self.tally = self.tally.plus(item, len(numbers))
        self.progress.point(item, self.tally)

    def _require_same_rows(self, rows: int) -> None:
        """Hold the points that came from a store without rows against those of the engine.

        Raises SweepError where their numbers mean something else; the store has then set them aside.
        """
        wrong = [n for n in self.outcomes if self.keeper.get(n, rows) is None]
        if wrong:
            self.keeper.end()
            raise SweepError(
                f"{len(wrong)} points in the store have other numbers than the model gives now, and were set "
                "aside: start the sweep again, which solves them"
            )

    def say(self, words: str) -> None:
        """What a reader must know."""
        self.keeper.note(words)

    def goodbye(self) -> str:
        """What Ctrl-C leaves, and how to go on."""
        kept = self.keeper.end()
        done = f"interrupted: {self.tally.done} of {self.tally.total} points are done"
        if not kept:
            return f"{done}, and nothing is kept: there is no store that could be written"
        return f"{done} and kept; the same command goes on with the other {self.tally.left}"

    def result(self) -> SweepResult:
        """Every point's outcome. Raises SweepError if the engine's rows never came."""
        if self.rows is None:
            raise SweepError("no engine was built")
        table = pd.DataFrame([self._line(n) for n in sorted(self.outcomes)], columns=list(COLUMNS))
        outcomes = {n: self.outcomes[n] for n in sorted(self.outcomes)}
        return SweepResult(self.plan, self.rows, outcomes, table, tuple(self.keeper.notes))

    def _line(self, number: int) -> tuple[object, ...]:
        o, (source, worker) = self.outcomes[number], self.told[number]
        evaluations, seconds = o.counts.get("evaluations", 0), sum(o.seconds.values())
        return number, o.status, source, o.reason, worker, evaluations, seconds, "; ".join(o.notes)

    def _note(self, numbers: Sequence[int], outcome: Outcome, source: str, worker: str) -> None:
        for number in numbers:
            self.outcomes[number], self.told[number] = outcome, (source, worker)
