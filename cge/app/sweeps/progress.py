"""How far a sweep is: what the screen shows, and what a notebook may listen to."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from cge.app.sweeps.answer import Answer


@dataclass(frozen=True)
class Tally:
    """Points of a sweep by what became of them: from the store, solved now, failed (wherever), left.

    ``first`` and ``last``: when the first and the last answer came, in seconds of ``time.monotonic``.
    """

    total: int
    stored: int = 0
    solved: int = 0
    failed: int = 0
    answered: int = 0
    first: float = 0.0
    last: float = 0.0

    @property
    def done(self) -> int:
        """Points that are neither left nor being solved."""
        return self.stored + self.answered

    @property
    def left(self) -> int:
        """Points still to come."""
        return self.total - self.done

    @property
    def rate(self) -> float | None:
        """Points per second since the first answer; None before there are two."""
        took = self.last - self.first
        return (self.answered - 1) / took if self.answered > 1 and took > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the end at this rate; None before it is known."""
        return None if not self.rate else self.left / self.rate

    def plus(self, answer: Answer, count: int = 1) -> Tally:
        """With an answer that serves ``count`` points."""
        now = time.monotonic()
        failed = answer.outcome.status == "failed"
        return replace(
            self, answered=self.answered + count, solved=self.solved + (0 if failed else count),
            failed=self.failed + (count if failed else 0), first=self.first or now, last=now,
        )  # fmt: skip

    def words(self) -> str:
        """``40 of 64 points, 2 failed, 6.5 points/s, 4 s left``."""
        parts = [f"{self.done} of {self.total} points"]
        parts += [f"{self.stored} from the store"] if self.stored else []
        parts += [f"{self.failed} failed"] if self.failed else []
        parts += [speed(self.rate)] if self.rate else []
        parts += [f"{clock(self.seconds_left)} left"] if self.seconds_left and self.left else []
        return ", ".join(parts)


def speed(rate: float) -> str:
    """Points per second, or per minute where they are slow."""
    return f"{rate:.1f} points/s" if rate >= 1 else f"{60 * rate:.1f} points/min"


def clock(seconds: float) -> str:
    """``8 s``, ``3:20 min``, ``2:05 h``."""
    whole = round(seconds)
    if whole < 60:
        return f"{max(whole, 1)} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02d} h"


@dataclass(frozen=True)
class Progress:
    """What is called while a sweep runs; every part does nothing unless given."""

    stage: Callable[[str], None] = lambda message: None
    begin: Callable[[Tally], None] = lambda tally: None
    point: Callable[[Answer, Tally], None] = lambda answer, tally: None
    say: Callable[[str], None] = lambda words: None
