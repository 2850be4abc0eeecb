"""Points to the workers of a Dask client and their answers back, whatever happens to the workers.

Every task is sent to one worker, at most `IN_FLIGHT` to each: what a worker was doing when it died is
therefore known, and costs only that. The points that it had are tried again after all others, each alone on a
worker: if that dies too, there is no doubt which point does it.
"""

from __future__ import annotations

import queue
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from cge.app.sweeps import workers
from cge.app.sweeps.answer import Answer, Built, Task
from cge.app.sweeps.outcome import Outcome
from cge.app.sweeps.parcel import Parcel
from cge.app.sweeps.plan import SweepError

IN_FLIGHT = 2
"""One that is solved and one that waits, so that no worker is idle between them."""
DEATHS = 2
"""How often a point may kill a worker."""
BUILD_DEATHS = 3
"""How often workers may die while they build the model before no new one is used."""
POLL = 0.25
"""Seconds between two looks at which workers are there."""
GONE = 2.0
"""Seconds for which a worker must be missing, look after look, before it is taken for lost."""
SILENT = 15.0
"""Seconds for which the scheduler may not answer."""
FETCH = 20.0
"""Seconds for an answer to come over from a worker that says it is ready."""
APART = 1e-9
"""Largest relative difference between two workers' central points."""


@dataclass
class _Hand:
    """One worker: what it builds or solves, the oldest first, and since when.

    ``missing``: since when the scheduler does not name it, None while it does.
    """

    address: str
    building: Any = None
    ready: bool = False
    refused: bool = False
    flight: deque[tuple[Task, Any]] = field(default_factory=deque)
    since: float = 0.0
    missing: float | None = None

    def send(self, task: Task, future: Any) -> None:
        if not self.flight:
            self.since = time.monotonic()
        self.flight.append((task, future))

    def took(self, number: int) -> None:
        """The task's answer is here: the next one is being solved since now."""
        self.flight = deque((t, f) for t, f in self.flight if t.number != number)
        self.since = time.monotonic()


@dataclass
class Dispatch:
    """``limit``: seconds for a point; ``patience``: seconds to wait for a first or another worker (None: for
    ever); ``say`` takes what a reader must know.
    """

    client: Any
    parcel: Parcel
    limit: float | None = None
    patience: float | None = 60.0
    say: Callable[[str], None] = lambda words: None

    def __post_init__(self) -> None:
        self.hands: dict[str, _Hand] = {}
        self.todo: deque[Task] = deque()
        self.done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.killed: Counter[int] = Counter()
        self.suspects: set[int] = set()
        self.build_deaths, self.refusals, self.built = 0, dict[str, str](), None
        self.seen = self.heard = time.monotonic()
        self.looked = float("-inf")

    def run(self, tasks: Sequence[Task]) -> Generator[Built | Answer]:
        """The engine as the first worker built it, then the answers in the order in which they come.

        Raises SweepError when no worker is left that could go on.
        """
        self.todo = deque(tasks)
        try:
            while self.built is None or self.todo or any(h.flight for h in self.hands.values()):
                yield from self._lost()
                self._top_up()
                try:
                    future = self.done.get(timeout=POLL)
                except queue.Empty:
                    continue
                yield from self._came(future)
        finally:
            self._withdraw()

    def _workers(self) -> set[str] | None:
        """Addresses of the workers; None where the scheduler does not answer this time.

        Asked of the scheduler itself: `Client.scheduler_info` may show what the client's own heartbeat left,
        which names no worker at all. Raises SweepError when there has been no answer for long.
        """
        try:
            found = {str(address) for address in self.client.nthreads()}
        except (OSError, TimeoutError, RuntimeError, AttributeError):
            if self.client.status in ("running", "connecting") and time.monotonic() - self.heard < SILENT:
                return None
            raise SweepError(
                "the scheduler does not answer any more; what is in the store stays there, and the same "
                "command goes on with the rest"
            ) from None
        self.heard = time.monotonic()
        return found

    def _submit(self, function: Callable[..., Any], *args: Any, hand: _Hand) -> Any:
        future = self.client.submit(
            function, *args, workers=[hand.address], allow_other_workers=False, pure=False, retries=0
        )
        future.add_done_callback(self.done.put)
        return future

    def _lost(self) -> Iterator[Answer]:
        """Take in new workers; what a lost one was doing is tried again or given up."""
        if time.monotonic() - self.looked < POLL:
            return
        self.looked = time.monotonic()
        there = self._workers()
        if there is None:
            return
        for address in sorted(self.hands):
            if self._is_lost(self.hands[address], there):
                yield from self._died(self.hands.pop(address))
        for address in sorted(there - set(self.hands)):
            if self.build_deaths < BUILD_DEATHS:
                hand = self.hands[address] = _Hand(address)
                hand.building = self._submit(workers.prepare, self.parcel, address, hand=hand)
        if any(not h.refused for h in self.hands.values()):
            self.seen = time.monotonic()
        else:
            self._require_hope()

    def _is_lost(self, hand: _Hand, there: set[str]) -> bool:
        """Whether a worker has been missing at every look for long enough; one that is back is no loss."""
        now = time.monotonic()
        if hand.address in there:
            hand.missing = None
        elif hand.missing is None:
            hand.missing = now
        return hand.missing is not None and now - hand.missing >= GONE

    def _require_hope(self) -> None:
        """Raise SweepError when no worker is there that could solve anything, and none is to be expected."""
        if self.build_deaths >= BUILD_DEATHS:
            raise SweepError(
                f"{self.build_deaths} workers were lost while they built the model: is there enough memory? "
                "Try fewer workers"
            )
        if self.refusals:
            raise SweepError("no worker can solve this:\n" + "\n".join(dict.fromkeys(self.refusals.values())))
        waited = time.monotonic() - self.seen
        if self.patience is not None and waited > self.patience:
            raise SweepError(f"no worker has been there for {waited:.0f} s; start some and try again")

    def _died(self, hand: _Hand) -> Iterator[Answer]:
        self.refusals.pop(hand.address, None)
        if hand.building is not None:
            self.build_deaths += 1
            hand.building.cancel()
            if self.build_deaths == BUILD_DEATHS:
                self.say(f"{BUILD_DEATHS} workers were lost while building the model; no new one is used")
        left = [(t, f) for t, f in hand.flight if f.status != "finished"]
        come = [t for t, f in hand.flight if f.status == "finished"]
        for _, future in hand.flight:
            future.cancel()
        self.suspects |= {t.number for t, _ in left}
        self.todo.extendleft(reversed(come))  # solved, but the numbers went down with the worker
        self.todo.extend(t for t, _ in left[1:])
        if left:
            yield from self._blamed(left[0][0], hand)

    def _blamed(self, task: Task, hand: _Hand) -> Iterator[Answer]:
        """The point that a worker was solving when it died: once more, after all others, or a failed row."""
        took = (hand.missing or time.monotonic()) - hand.since
        self.killed[task.number] += 1
        if self.limit is not None and took >= self.limit:
            reason = f"no answer within {self.limit:g} s (--time-limit)"
        elif self.killed[task.number] >= DEATHS:
            reason = (
                f"{DEATHS} workers were lost while they solved this point; what ended them is not known here "
                "(the computer's log may say)"
            )
        else:
            self.say(f"point {task.number}: its worker was lost; it is tried once more")
            self.todo.append(task)
            return
        yield Answer(task.number, Outcome.failed(reason), hand.address, keep=False)

    def _top_up(self) -> None:
        """A point to every worker that has room, the emptiest first; a suspect has a worker of its own."""
        for room in range(IN_FLIGHT):
            for hand in self.hands.values():
                able = hand.ready and hand.missing is None
                if self.todo and able and len(hand.flight) <= room and not self._alone(hand):
                    task = self.todo.popleft()
                    future = self._submit(
                        workers.solve, self.parcel.key, task, hand.address, self.limit, hand=hand
                    )
                    hand.send(task, future)

    def _alone(self, hand: _Hand) -> bool:
        """Whether the next point must not be sent here: it, or one that is solved here, is a suspect."""
        flight = [t.number for t, _ in hand.flight]
        return bool(flight) and not self.suspects.isdisjoint([*flight, self.todo[0].number])

    def _came(self, future: Any) -> Iterator[Built | Answer]:
        """What a finished task means; nothing if its worker is gone meanwhile."""
        for hand in self.hands.values():
            if future is hand.building:
                yield from self._prepared(hand, future)
                return
            for task, own in hand.flight:
                if own is future:
                    yield from self._answered(hand, task, future)
                    return

    def _prepared(self, hand: _Hand, future: Any) -> Iterator[Built]:
        if future.status in ("cancelled", "lost"):
            return
        hand.building = None
        if future.status == "error":
            hand.refused = True
            words = str(future.exception()) or type(future.exception()).__name__
            self.refusals[hand.address] = words
            self.say(f"a worker is not used: {words}")
            return
        found: Built | None = self._fetched(future)
        if found is None:
            return  # it died meanwhile
        if self.built is None:
            self.built = found
            hand.ready = True
            yield found
            return
        wrong = differs(self.built, found)
        hand.ready, hand.refused = not wrong, bool(wrong)
        if wrong:
            self.refusals[hand.address] = wrong
            self.say(f"a worker is not used: {wrong}")
        elif found.digest != self.built.digest:
            self.say("workers differ in the last digits of the central point (another processor?); so can "
                     "tables between two runs")  # fmt: skip

    def _answered(self, hand: _Hand, task: Task, future: Any) -> Iterator[Answer]:
        status, answer = future.status, None
        if status == "finished":
            answer = self._fetched(future)
        hand.took(task.number)
        if answer is not None:
            yield answer
        elif status == "error" and not isinstance(future.exception(), workers.NotBuiltError):
            error = future.exception()
            reason = f"{type(error).__name__}: {error}"
            yield Answer(task.number, Outcome.failed(reason), hand.address, keep=False)
        else:  # never solved: the engine was put away, or the answer went down with its worker
            self.todo.appendleft(task)
            self.looked = float("-inf")  # is the worker still there? look before anything is sent to it
            if status == "error" and hand.building is None:
                hand.ready = False
                hand.building = self._submit(workers.prepare, self.parcel, hand.address, hand=hand)

    def _fetched(self, future: Any) -> Any:
        """What a finished task returned; None if it went down with its worker.

        Asked of the scheduler directly: `Future.result` would wait for the lost task to be computed again.
        """
        try:
            found = self.client.sync(self.client.scheduler.gather, keys=[future.key], callback_timeout=FETCH)
        except (OSError, TimeoutError):
            return None
        return found["data"][future.key] if found["status"] == "OK" else None

    def _withdraw(self) -> None:
        """Nothing of this sweep is left on the workers' lists."""
        futures = [f for h in self.hands.values() for _, f in h.flight]
        futures += [h.building for h in self.hands.values() if h.building is not None]
        if futures and self.client.status == "running":
            self.client.cancel(futures)


def differs(one: Built, other: Built) -> str:
    """How another worker's model is not the same; "" where it is, to the last digits."""
    import numpy as np

    if not one.rows.equals(other.rows):
        return f"worker {other.worker} has other rows than {one.worker}"
    if one.central.status != other.central.status:
        return f"worker {other.worker} finds the central point {other.central.status}"
    pairs = ((one.central.baseline, other.central.baseline),
             (one.central.counterfactual, other.central.counterfactual))  # fmt: skip
    if all(np.allclose(a, b, rtol=APART, atol=APART, equal_nan=True) for a, b in pairs):
        return ""
    return f"worker {other.worker} finds another central point than {one.worker}"
