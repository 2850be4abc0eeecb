"""What a sweep store holds, and taking away what is old."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cge.app.sweeps import store_files
from cge.app.sweeps.store_files import DAMAGED, ROWS, SUFFIX, SWEEPS, StoreError, point_path
from cge.app.sweeps.store_index import NAME, Index, SweepLine, UnusableError, number

PART_AGE = timedelta(hours=1)
"""A file still being written after this was left by a process that was killed."""
SPARE = timedelta(days=1)
"""Rows and sweeps without points stay as long: a sweep that has just begun may still fill them."""
STATES = """
SELECT s.id, s.started, s.command, s.title, s.engine, s.design, s.points,
       coalesce(sum(p.status = 'solved'), 0), coalesce(sum(p.status = 'failed'), 0)
FROM sweeps s LEFT JOIN sweep_points sp ON sp.sweep = s.id LEFT JOIN points p ON p.key = sp.key
GROUP BY s.id ORDER BY s.started, s.id
"""


@dataclass(frozen=True)
class SweepState:
    """A sweep and how many of its points (`line.points`, the central one among them) are done."""

    line: SweepLine
    solved: int
    failed: int

    @property
    def missing(self) -> int:
        """Points still to solve."""
        return self.line.points - self.solved - self.failed


@dataclass(frozen=True)
class Overview:
    """A store: its sweeps in the order of starting, its points (solved, and failed with a reason), the bytes
    of everything in its folder, and how many damaged files were set aside.
    """

    folder: Path
    sweeps: tuple[SweepState, ...]
    solved: int
    failed: int
    bytes: int
    damaged: int

    @property
    def points(self) -> int:
        """All points, those that no sweep asks for any more among them."""
        return self.solved + self.failed


@dataclass(frozen=True)
class Removed:
    """How much was taken away: points, sweeps, and bytes of all files."""

    points: int
    sweeps: int
    bytes: int


def overview(folder: Path, index: Index) -> Overview:
    """What the index says, which must be in line with the files.

    Raises StoreError where it cannot be read.
    """
    try:
        states = index.read(STATES)
        counts = dict(index.read("SELECT status, count(*) FROM points GROUP BY status"))
    except UnusableError as error:
        raise StoreError(f"the index of {folder} cannot be read ({error}): try again") from error
    sweeps = tuple(SweepState(SweepLine(*state[:7]), *state[7:]) for state in states)
    size = 0
    for home, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                size += (Path(home) / name).stat().st_size
    damaged = len(list((folder / DAMAGED).glob("*"))) if (folder / DAMAGED).is_dir() else 0
    return Overview(folder, sweeps, counts.get("solved", 0), counts.get("failed", 0), size, damaged)


def remove(folder: Path, index: Index, *, older_than: timedelta) -> Removed:
    """Take away points by age, then what no point needs, and what is left of killed processes.

    The index must be in line with the files. Raises StoreError where nothing can be written.
    """
    try:
        now = store_files.now(folder)
        age = older_than.total_seconds()
        old = sorted(key for key, stat in store_files.points(folder) if now - stat.st_mtime > age)
        size = sum(_unlink(point_path(folder, key)) for key in old)
        index.write(gone=old)
        sweeps, spare = _without_points(folder, index, now, max(older_than, SPARE))
        index.write(gone_sweeps=sweeps)
        junk = [*spare, *_aged(store_files.parts(folder), now, PART_AGE)]
        junk += _aged((folder / DAMAGED).glob("*"), now, older_than)
        size += sum(_unlink(path) for path in [*junk, *_old_indices(folder, now)])
    except OSError as error:
        raise StoreError(store_files.words(error, folder)) from error
    except UnusableError as error:
        raise StoreError(f"the index of {folder} cannot be written ({error}): try again") from error
    return Removed(len(old), len(sweeps), size)


def _without_points(folder: Path, index: Index, now: float, age: timedelta) -> tuple[list[str], list[Path]]:
    """Sweeps of which no point is left, and the files of those and of rows that no point needs."""
    empty = [state[0] for state in index.read(STATES) if state[7] + state[8] == 0]
    files = _aged((folder / SWEEPS / f"{name}{SUFFIX}" for name in empty), now, age)
    used = {engine for (engine,) in index.read("SELECT DISTINCT engine FROM points")}
    idle = [name for name in store_files.named(folder, ROWS) if name not in used]
    rows = _aged((folder / ROWS / f"{name}{SUFFIX}" for name in idle), now, age)
    return [path.stem for path in files], [*files, *rows]


def _aged(paths: Iterable[Path], now: float, age: timedelta) -> list[Path]:
    """Those of the files that were last written longer ago than that."""
    out = []
    for path in paths:
        with suppress(FileNotFoundError):
            if now - path.stat().st_mtime > age.total_seconds():
                out.append(path)
    return out


def _old_indices(folder: Path, now: float) -> list[Path]:
    """Damaged indices, which a newer one replaced a day ago or more, with what SQLite keeps beside them."""
    there = sorted((p for p in folder.iterdir() if NAME.fullmatch(p.name)), key=lambda p: number(p.name))
    beside = [p.with_name(p.name + end) for p in there[:-1] for end in ("", "-wal", "-shm", "-journal")]
    return _aged(beside, now, SPARE)


def _unlink(path: Path) -> int:
    """Delete a file; its bytes, 0 when another process did."""
    try:
        size = path.stat().st_size
        path.unlink()
    except FileNotFoundError:
        return 0
    return size
