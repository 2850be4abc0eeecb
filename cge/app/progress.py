"""What is said while a command works: on a terminal one line that changes, else nothing unless asked for.

Everything goes to standard error. With ``verbose`` every stage is a line of its own with the seconds since
the start, on a terminal or not; the solver's iterations are shown on a terminal and counted at the end.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from cge.app.plain_text import counted

ITERATION = ": iteration "


class Reporter:
    """Takes the messages of a run. ``quiet``: nothing at all."""

    def __init__(self, *, quiet: bool = False, verbose: bool = False) -> None:
        from rich.console import Console

        self.console = Console(stderr=True, quiet=quiet, highlight=False)
        self.verbose, self.began, self._status = verbose, time.perf_counter(), None

    @contextmanager
    def working(self) -> Iterator[Reporter]:
        """Show the current stage until the work is done."""
        spinner = "line" if self.console.options.ascii_only else "dots"
        with self.console.status("starting", spinner=spinner) as status:
            self._status: Any = status
            yield self

    def __call__(self, message: str) -> None:
        """A new stage, or an iteration within one."""
        from rich.markup import escape

        if self._status is not None:
            self._status.update(escape(message))
        if self.verbose and ITERATION not in message:
            self.console.print(f"{time.perf_counter() - self.began:7.2f} s  {message}", markup=False)

    def say(self, message: str) -> None:
        """A line that stays."""
        self.console.print(message, markup=False, soft_wrap=True)

    def account(self, seconds: Mapping[str, float], certificates: Mapping[str, Mapping[str, Any]]) -> None:
        """Times by stage, sizes, and how each solution was found; with ``verbose`` alone."""
        if not self.verbose:
            return
        self.say("seconds: " + ", ".join(f"{stage} {s:.2f}" for stage, s in seconds.items()))
        for which, c in certificates.items():
            if which == "counterfactual":
                self.say("model: " + ", ".join(f"{n:,} {what}" for what, n in c["sizes"].items()))
            how = f"{counted(c['iterations'], 'iteration')} in {counted(c['steps'], 'step')}"
            where = f"{c['space']} space, {c['route']}"
            self.say(f"{which}: {how}, {c['seconds']:.2f} s, error {c['max_residual']:.1e}, {where}")
