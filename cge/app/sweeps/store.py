"""Points of sweeps that were solved before, found by what decides their numbers.

A point is one Parquet file named by its key (`keys.point_key`), written beside its place, flushed and
renamed, with a checksum of all its bytes: what is found was complete, and what does not verify is set aside,
said, and counts as missing. The files are the truth; the SQLite index (`store_index`) only makes them quick
to list and is made again from them.

Any number of processes on one machine may use one store at once, for the same points or others: a file is
there whole or not at all, and the first solution of a point stays. Failures of the model are kept as points
without numbers; failures of the computer are nobody's result and must not be put here.

On a file system of a network (NFS and its like) this is promised: one process writes, the one that runs
the sweep; workers never open the store. The index then keeps a rollback journal, because SQLite's log needs
memory that machines do not share. Several writers on several machines lose no point, since files are renamed
into place, but the index may have to be made again, which happens by itself. After a power cut the last
points may be missing; none is wrong. No decision about what is solved hangs on a clock; ages are measured by
the clock that stamps the store's own files.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

import pandas as pd

from cge.app.sweeps import point_files, store_files
from cge.app.sweeps.keys import canonical, engine_key, point_key
from cge.app.sweeps.outcome import Outcome
from cge.app.sweeps.point_files import DamagedError, NewerError, Point
from cge.app.sweeps.store_files import ROWS, SUFFIX, SWEEPS, StoreError, point_path
from cge.app.sweeps.store_index import Index, PointLine, SweepLine, UnusableError
from cge.app.sweeps.store_listing import Overview, Removed, overview, remove
from cge.app.sweeps.store_notes import Notes

__all__ = [
    "Overview",
    "Removed",
    "StoreError",
    "SweepInfo",
    "SweepStore",
    "engine_key",
    "folder",
    "point_key",
]


@dataclass(frozen=True)
class SweepInfo:
    """What a list of sweeps says of one: its engine's key, the command, the title, the design in words."""

    engine: str
    command: str = ""
    title: str = ""
    design: str = ""


def folder() -> Path | None:
    """Where sweeps are kept: CGE_SWEEP_STORE, by default ``sweeps`` beside the runs; None when it is off."""
    setting = os.environ.get("CGE_SWEEP_STORE", "")
    if setting.lower() == "off":
        return None
    if setting:
        return Path(setting).expanduser()
    from cge.app import run_store

    runs = run_store.folder()
    return run_store.default_folder("sweeps") if runs is None else runs.with_name("sweeps")


class SweepStore:
    """A folder of solved points, open in this process; close it, or use it in a ``with`` block.

    Raises StoreError when the folder cannot be made, holds other things or was written by a newer version. A
    folder that can only be read is opened; then ``put`` says so.
    """

    def __init__(self, folder: str | Path) -> None:
        self.path = Path(folder).expanduser().absolute()
        self._notes = Notes(self.path)
        self._engine_of: dict[str, str] = {}
        self._rows: dict[str, tuple[str, int]] = {}
        note = store_files.prepare(self.path)
        if note:
            self._notes.add(note)
        try:
            self._index = Index(self.path)
        except OSError as error:
            raise StoreError(store_files.words(error, self.path)) from error
        if self._index.fresh and (found := self.rebuild()):
            self._notes.add(f"the index of {self.path} was made again from the files ({found} points)")

    def __enter__(self) -> SweepStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the index. What was put stays."""
        self._index.close()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user must know of the store: what was damaged, set aside, made again, not recorded."""
        return self._notes.words(self._index.notes)

    def begin(self, info: SweepInfo, changes: Sequence[Mapping[str, Any]]) -> str:
        """Record a sweep with the changes of its points, number 0 first, and return its identifier.

        The same sweep begun again is the same sweep. Where it cannot be recorded a note says so; its points
        can be put all the same. Raises ValueError as `keys.canonical`.
        """
        texts = [canonical(one) for one in changes]
        keys = [point_key(info.engine, one) for one in changes]
        name = hashlib.sha256(json.dumps([info.engine, info.title, info.design, keys]).encode()).hexdigest()[
            :12
        ]
        self._engine_of.update(dict.fromkeys(keys, info.engine))
        line = SweepLine(name, _now(), info.command, info.title, info.engine, info.design, len(keys))
        numbered = [(n, key, text) for n, (key, text) in enumerate(zip(keys, texts, strict=True))]
        try:
            content = point_files.encode_sweep(asdict(line), numbered)
            store_files.write(self.path / SWEEPS / f"{name}{SUFFIX}", content)
        except OSError as error:
            self._notes.add(f"the sweep could not be recorded: {store_files.words(error, self.path)}")
        self._indexed(sweep=line, numbered=numbered)
        return name

    def missing(self, keys: Iterable[str], *, retry_failed: bool = False) -> tuple[str, ...]:
        """The keys whose points must be solved, each once, in order; with ``retry_failed`` those of failed
        points too. Every file is read and verified; those that are here count as used today.
        """
        wanted = tuple(dict.fromkeys(keys))
        found = {key: loaded[1] for key in wanted if (loaded := self._load(key)) is not None}
        for key in found:
            with suppress(OSError):
                os.utime(point_path(self.path, key))
        again = {key for key, line in found.items() if retry_failed and line.status == "failed"}
        return tuple(key for key in wanted if key not in found or key in again)

    def get(self, key: str) -> Outcome | None:
        """The outcome of a point, verified; None when it is not here, or damaged, which a note then says.

        Raises StoreError when its file was written by a newer version.
        """
        loaded = self._load(key)
        return None if loaded is None else loaded[0].outcome

    def put(self, key: str, outcome: Outcome, *, engine: str = "", host: str = "") -> Outcome:
        """Keep the outcome of a point and return the one that is kept: the first that was solved.

        ``engine``: its engine's key, where no sweep with this point was begun here; ``host``: where it was
        solved, by default here. A failed point gives way to any later outcome, a solved one to none.

        Raises:
            StoreError: it could not be written (the disk is full, the folder is read-only, ...); the message
                says what to do. Nothing is left behind.
            ValueError: the outcome contradicts itself, has another length than the engine's rows, or nobody
                knows its engine.
        """
        engine = engine or self._engine_of.get(key, "")
        if not engine:
            raise ValueError(f"the point {key} belongs to no sweep that was begun here: say its engine")
        known = self._known_rows(engine)
        if outcome.status == "solved" and known is not None and len(outcome.baseline) != known[1]:
            raise ValueError(f"an outcome of {len(outcome.baseline)} numbers where the rows are {known[1]}")
        rows = "" if known is None else known[0]
        content = point_files.encode(Point(key, engine, rows, outcome, _now(), host or _host()))
        before = self._load(key)
        if before is not None and before[0].outcome.status == "solved":
            return self._first(key, before[0].outcome, outcome)
        try:
            store_files.write(point_path(self.path, key), content)
        except OSError as error:
            raise StoreError(f"a point was not kept: {store_files.words(error, self.path)}") from error
        self._indexed(points=[_line(point_files.decode(content), content)])
        return outcome

    def keep_rows(self, engine: str, rows: pd.DataFrame) -> None:
        """Keep what the numbers of an engine's outcomes are, in order; every point is held against it.

        Raises:
            StoreError: they could not be written (points can be put all the same), or others are kept under
                the same key, so that nobody would know what the numbers mean.
            ValueError: as `point_files.rows_hash`.
        """
        known, new = self._known_rows(engine), (point_files.rows_hash(rows), len(rows))
        if known is not None and known != new:
            raise StoreError(
                f"the store {self.path} has other rows for the same scenario, version and machine: this "
                "program is at fault; give another folder (--store or CGE_SWEEP_STORE) and report it"
            )
        self._rows[engine] = new
        place = self.path / ROWS / f"{engine}{SUFFIX}"
        if not place.exists():
            try:
                store_files.write(place, point_files.encode_rows(engine, rows))
            except OSError as error:
                raise StoreError(
                    f"the rows of the sweep were not kept: {store_files.words(error, self.path)}"
                ) from error

    def rows(self, engine: str) -> pd.DataFrame | None:
        """What the numbers of an engine's outcomes are, verified; None when nobody kept it."""
        place = self.path / ROWS / f"{engine}{SUFFIX}"
        try:
            frame = point_files.decode_rows(place.read_bytes(), engine)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._notes.count("could not be read", str(error))
            return None
        except NewerError as error:
            raise StoreError(f"{place} was written by a newer version of this program: {error}") from error
        except DamagedError as error:
            store_files.set_aside(self.path, place)
            self._notes.count("did not verify", f"{place.name}: {error}")
            return None
        self._rows[engine] = (point_files.rows_hash(frame), len(frame))
        return frame

    def sweeps(self) -> tuple[SweepLine, ...]:
        """Every sweep that was begun here and not forgotten, in the order of starting."""
        return tuple(state.line for state in self.overview().sweeps)

    def overview(self) -> Overview:
        """What there is: sweeps with how many of their points are done, and the size of the store."""
        self._sync()
        return overview(self.path, self._index)

    def forget(self, older_than: timedelta) -> Removed:
        """Take away the points that no sweep has asked for in that time, and sweeps of which none is left.

        Raises StoreError where the store cannot be written.
        """
        self._sync()
        return remove(self.path, self._index, older_than=older_than)

    def rebuild(self) -> int:
        """Make the index again from the files, each of which is verified; the number of points."""
        lines = [
            loaded[1] for key, _ in store_files.points(self.path) if (loaded := self._load(key)) is not None
        ]
        known = {line.key for line in lines}
        stale = [key for (key,) in self._asked("SELECT key FROM points") if key not in known]
        self._indexed(points=lines, gone=stale, built=True)
        for name in store_files.named(self.path, SWEEPS):
            self._sweep_from_file(name)
        return len(lines)

    def _sync(self) -> None:
        """Index what is not indexed, or as another file, and take out what is gone. The index is asked first:
        what another process adds in between is in neither list.
        """
        indexed = dict(self._asked("SELECT key, size FROM points"))
        sweeps = {name for (name,) in self._asked("SELECT id FROM sweeps")}
        there = {key: stat.st_size for key, stat in store_files.points(self.path)}
        new = sorted(key for key, size in there.items() if indexed.get(key) != size)
        lines = [loaded[1] for key in new if (loaded := self._load(key)) is not None]
        files = set(store_files.named(self.path, SWEEPS))
        known = self._indexed(points=lines, gone=indexed.keys() - there, gone_sweeps=sweeps - files)
        for name in sorted(files - sweeps):
            known &= self._sweep_from_file(name)
        if not known:
            self._index.leave_disk()
            self.rebuild()

    def _sweep_from_file(self, name: str) -> bool:
        """Index a sweep; False when that was not possible."""
        place = self.path / SWEEPS / f"{name}{SUFFIX}"
        try:
            said, numbered = point_files.decode_sweep(place.read_bytes())
            line = SweepLine(**{key: said[key] for key in SweepLine.__dataclass_fields__})
        except FileNotFoundError:
            return True
        except (DamagedError, KeyError) as error:
            store_files.set_aside(self.path, place)
            self._notes.count("did not verify", f"{place.name}: {error}")
            return True
        except (OSError, NewerError) as error:
            self._notes.count("could not be read", f"{place.name}: {error}")
            return True
        return self._indexed(sweep=line, numbered=numbered)

    def _load(self, key: str) -> tuple[Point, PointLine] | None:
        """A point and its line in the index, verified against its name, its checksum and its rows."""
        place = point_path(self.path, key)
        try:
            content = place.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            self._notes.count("could not be read", str(error))
            return None
        try:
            point = self._verified(key, content)
        except NewerError as error:
            raise StoreError(f"{place} was written by a newer version of this program: {error}") from error
        except DamagedError as error:
            self._set_aside(key, place, error)
            return None
        return point, _line(point, content)

    def _verified(self, key: str, content: bytes) -> Point:
        """Raises DamagedError, NewerError."""
        point = point_files.decode(content)
        if point.key != key:
            raise DamagedError("it is stored under another key")
        known = self._known_rows(point.engine)
        if known is None or point.outcome.status == "failed":
            return point
        if len(point.outcome.baseline) != known[1] or point.rows not in ("", known[0]):
            raise DamagedError("its numbers are not those that the rows of its sweep name")
        return point

    def _set_aside(self, key: str, place: Path, error: DamagedError) -> None:
        moved = store_files.set_aside(self.path, place)
        if moved is not None:
            # Another process may have put a good one there since this one was read.
            with suppress(DamagedError, NewerError, OSError):
                self._verified(key, moved.read_bytes())
                moved.replace(place)
        where = "it was set aside" if moved is not None else "it could not be set aside"
        self._notes.count("did not verify", f"{place.name}: {error}; {where}")

    def _known_rows(self, engine: str) -> tuple[str, int] | None:
        """Hash and number of an engine's rows, None when nobody kept them."""
        if engine not in self._rows:
            self.rows(engine)
        return self._rows.get(engine)

    def _first(self, key: str, before: Outcome, now: Outcome) -> Outcome:
        """Of two outcomes of one point the first; that they differ is said."""
        same = before.baseline.tobytes() == now.baseline.tobytes()
        if now.status == "solved" and not (
            same and before.counterfactual.tobytes() == now.counterfactual.tobytes()
        ):
            self._notes.count("were solved twice with other numbers", key[:12])
        return before

    def _asked(self, query: str) -> list[tuple[Any, ...]]:
        try:
            return self._index.read(query)
        except UnusableError as error:
            self._notes.add(f"the index of {self.path} cannot be read ({error}): the files are read instead")
            return []

    def _indexed(self, **what: Any) -> bool:
        """Write to the index; what cannot be indexed is found by its file, and a note says so."""
        try:
            self._index.write(**what)
        except UnusableError as error:
            self._notes.count("could not be indexed", str(error))
            return False
        return True


def _line(point: Point, content: bytes) -> PointLine:
    outcome = point.outcome
    return PointLine(
        point.key, point.engine, outcome.status, outcome.reason, len(content),
        hashlib.sha256(content).hexdigest(), point.solved_at, point.host,
        float(sum(outcome.seconds.values())),
    )  # fmt: skip


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _host() -> str:
    return platform.node()
