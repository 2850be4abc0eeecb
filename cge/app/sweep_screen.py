"""A sweep on the screen while it runs: a bar on a terminal, a line per tenth elsewhere; lists and plans."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cge.app.sweeps.answer import Answer
from cge.app.sweeps.plan import Plan, SweepResult
from cge.app.sweeps.progress import Progress, Tally, clock, speed

if TYPE_CHECKING:
    from rich.console import RenderableType

    from cge.app.sweeps.store import Overview

FIRST = 5
"""Failed points that are shown."""
WORDS = ("Started", "Sweep", "Design")
WORST = 3
"""Equations of each."""


class SweepScreen:
    """Shows how far a sweep is, on standard error. ``verbose``: a line per point; ``quiet``: nothing."""

    def __init__(self, *, quiet: bool = False, verbose: bool = False) -> None:
        from rich.console import Console

        self.console = Console(stderr=True, quiet=quiet, highlight=False)
        self.quiet, self.verbose, self.tenth = quiet, verbose, 0
        self._bar: Any = None
        self._task: Any = None

    @contextmanager
    def working(self) -> Iterator[Progress]:
        """What to give to the sweep; the bar goes when it is done."""
        if not self.console.is_terminal or self.quiet:
            yield self.progress()
            return
        from rich.progress import BarColumn, SpinnerColumn, TextColumn
        from rich.progress import Progress as Bar

        spinner = "line" if self.console.options.ascii_only else "dots"
        columns = (SpinnerColumn(spinner), TextColumn("{task.description}"), BarColumn(bar_width=24),
                   TextColumn("{task.fields[words]}"))  # fmt: skip
        with Bar(*columns, console=self.console, transient=True) as self._bar:
            self._task = self._bar.add_task("planning", total=None, words="")
            yield self.progress()

    def progress(self) -> Progress:
        """The parts of this screen that a sweep calls."""
        return Progress(self.stage, self.begin, self.point, self.say)

    def say(self, words: str) -> None:
        """A line that stays."""
        self.console.print(words, markup=False, soft_wrap=True)

    def stage(self, message: str) -> None:
        """What is being done."""
        if self._bar is not None:
            from rich.markup import escape

            self._bar.update(self._task, description=escape(message))
        elif self.verbose:
            self.say(message)

    def begin(self, tally: Tally) -> None:
        """How many points there are, and how many the store has."""
        if self._bar is not None:
            self._bar.update(self._task, total=tally.total, completed=tally.done, words="")
        if tally.stored:
            self.say(f"{tally.stored} of {tally.total} points are in the store")
        self.tenth = 10 * tally.done // max(tally.total, 1)

    def point(self, answer: Answer, tally: Tally) -> None:
        """One more point."""
        if self._bar is not None:
            self._bar.update(self._task, completed=tally.done, words=_short(tally))
        if self.verbose:
            self.say(_line(answer))
            return
        tenth = 10 * tally.done // max(tally.total, 1)
        if self._bar is None and tenth > self.tenth:
            self.tenth = tenth
            self.say(tally.words())


def _short(tally: Tally) -> str:
    parts = [f"{tally.done}/{tally.total}"]
    parts += [f"{tally.failed} failed"] if tally.failed else []
    parts += [speed(tally.rate)] if tally.rate else []
    parts += [f"{clock(tally.seconds_left)} left"] if tally.seconds_left and tally.left else []
    return ", ".join(parts)


def _line(answer: Answer) -> str:
    o = answer.outcome
    found = f"point {answer.number}: {o.status}, {o.counts.get('evaluations', 0)} evaluations, "
    found += f"{sum(o.seconds.values()):.2f} s, {answer.worker}"
    return f"{found}: {o.reason}" if o.reason else found


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def failures(result: SweepResult) -> list[str]:
    """How many points have no solution, always, and the first of them with reason and worst equations."""
    failed = [n for n in result.numbers if result.outcomes[n].status != "solved"]
    source = dict(zip(result.status["number"].tolist(), result.status["source"].tolist(), strict=True))
    reused = sum(source[n] == "store" for n in result.numbers)
    share = f"{len(failed)} of {_many(len(result.plan), 'point')} failed ({100 * result.share_failed:.1f} %)"
    lines = [f"{share}, {reused} of all from the store" if reused else share]
    for n in failed[:FIRST]:
        outcome = result.outcomes[n]
        lines.append(f"  point {n}: {outcome.reason.partition(chr(10))[0]}")
        if outcome.worst:
            cells = "; ".join(f"{e} at {cell}: {residual:.1e}" for e, cell, residual in outcome.worst[:WORST])
            lines.append(f"    worst: {cells}")
    if len(failed) > FIRST:
        lines.append(f"  and {len(failed) - FIRST} more: the table of points has all of them (-o)")
    if "not kept" in source.values():
        lines.append("  what is no failure of the model is not kept: the next start tries it again")
    return lines


def plan_lines(plan: Plan, stored: int, seconds: float | None, workers: int) -> list[RenderableType]:
    """What a sweep would do: its design, what is varied, what is there already, how long it takes."""
    from rich.table import Table
    from rich.text import Text

    from cge.app.sweeps.asking import values_in_use
    from cge.designs.build import KINDS
    from results.uncertainty import centring

    design = plan.design
    kind = KINDS.get(design.kind, design.kind)
    what = f"{plan.scenario.title}: {_many(len(design), 'point')} and the central one; {kind}"
    varied = Table(
        title=_many(len(design.targets), "target"),
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    for name in ("Target", "Distribution", "Source"):
        varied.add_column(name, overflow="fold")
    for p in plan.parameters:
        varied.add_row(Text(p["target"]), Text(p["distribution"]), Text(p["source"]))
    left = len(design) + 1 - stored
    time = (
        "how long a point takes is not known yet: none has been solved"
        if seconds is None
        else f"about {clock(left * seconds / workers)} once the model is built ({seconds:.2f} s a point, "
        f"{workers} worker{'s' if workers > 1 else ''})"
    )
    lines = [f"{stored} of {len(design) + 1} points are in the store, {left} to solve; {time}"]
    notes = (*design.notes, *centring.note(centring.off_centre(design, values_in_use(plan))))
    return [Text(what), varied, *(Text(f"note: {n}") for n in notes), *map(Text, lines)]


def sweeps_table(found: Overview) -> RenderableType:
    """The sweeps of a store, the newest last."""
    from rich.table import Table
    from rich.text import Text

    title = f"{found.folder}: {found.points} points, {found.bytes / 1e6:.1f} MB"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name in ("Started", "Sweep", "Design", "Points", "Solved", "Failed", "To solve"):
        table.add_column(name, overflow="fold", justify="left" if name in WORDS else "right")
    for state in found.sweeps:
        line = state.line
        numbers = (line.points, state.solved, state.failed, state.missing)
        table.add_row(Text(line.started[:16].replace("T", " ")), Text(line.title), Text(line.design),
                      *(f"{n}" for n in numbers))  # fmt: skip
    return table


def as_json(found: Overview) -> dict[str, Any]:
    """The sweeps of a store for programs."""
    from dataclasses import asdict

    states = [
        {**asdict(s.line), "solved": s.solved, "failed": s.failed, "missing": s.missing} for s in found.sweeps
    ]
    return {"folder": str(found.folder), "points": found.points, "bytes": found.bytes, "sweeps": states}
