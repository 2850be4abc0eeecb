"""The index of a sweep store: a SQLite file that says fast what the point files say slowly.

Nothing hangs on it. It is never asked for a number, and when it is missing, damaged, locked for too long or
cannot be written, the files are read instead. A damaged index is left where it is and a new one is begun
under the next number, so that another process that still has the old one open spoils nothing.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

VERSION = 1
BUSY_MS = 5000
RETRIES = 4
NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "lustre", "gpfs", "beegfs", "ceph", "afs", "9p",
                     "fuse.sshfs", "fuse.glusterfs", "glusterfs"})  # fmt: skip
"""File systems on which the memory that SQLite's log needs is not shared between machines."""
NAME = re.compile(r"index(?:-(\d+))?\.sqlite")

TABLES = """
CREATE TABLE IF NOT EXISTS points (
    key TEXT PRIMARY KEY, engine TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,
    size INTEGER NOT NULL, sha256 TEXT NOT NULL,
    solved_at TEXT NOT NULL, host TEXT NOT NULL, seconds REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sweeps (
    id TEXT PRIMARY KEY, started TEXT NOT NULL, command TEXT NOT NULL, title TEXT NOT NULL,
    engine TEXT NOT NULL, design TEXT NOT NULL, points INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sweep_points (
    sweep TEXT NOT NULL, number INTEGER NOT NULL, key TEXT NOT NULL, changes TEXT NOT NULL,
    PRIMARY KEY (sweep, number)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sweep_points_by_key ON sweep_points (key);
CREATE TABLE IF NOT EXISTS built (yes INTEGER);
"""
T = TypeVar("T")


@dataclass(frozen=True)
class PointLine:
    """A point in the index: its status, the bytes and the sha256 of its file, when and where it was solved,
    and how many seconds that took.
    """

    key: str
    engine: str
    status: str
    reason: str
    size: int
    sha256: str
    solved_at: str
    host: str
    seconds: float


@dataclass(frozen=True)
class SweepLine:
    """A sweep in the index; ``design`` in words, ``points`` with the central one."""

    id: str
    started: str
    command: str
    title: str
    engine: str
    design: str
    points: int


class UnusableError(RuntimeError):
    """The index cannot be read or written at the moment; the message says why."""


class Index:
    """One process's connection, for all its threads."""

    def __init__(self, folder: Path, *, network: bool | None = None) -> None:
        self._folder = folder
        self._network = on_network(folder) if network is None else network
        self._lock = threading.RLock()
        self.notes: list[str] = []
        self._path, self._db = self._opened()

    @property
    def fresh(self) -> bool:
        """Whether there is an index on disk into which nobody has read the files yet."""
        try:
            return self._path is not None and not self.read("SELECT yes FROM built")
        except UnusableError:
            return False

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    def leave_disk(self) -> None:
        """Go on with an empty index in memory: this process can then list what it cannot write down."""
        with self._lock:
            self._db.close()
            self._path, self._db = None, self._connected(None)

    def read(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query. Raises UnusableError."""
        return self._tried(lambda db: db.execute(query, values).fetchall())

    def write(
        self,
        *,
        points: Iterable[PointLine] = (),
        sweep: SweepLine | None = None,
        numbered: Iterable[tuple[int, str, str]] = (),
        gone: Iterable[str] = (),
        gone_sweeps: Iterable[str] = (),
        built: bool = False,
    ) -> None:
        """Add or replace points and a sweep with its points (number, key, changes as JSON), take others out,
        all or nothing in one short transaction, none for nothing. Raises UnusableError.
        """
        lines, numbers = [astuple(p) for p in points], list(numbered)
        keys, ids = [(k,) for k in gone], [(i,) for i in gone_sweeps]

        if not (lines or sweep or keys or ids or built):
            return

        def change(db: sqlite3.Connection) -> None:
            db.execute("BEGIN IMMEDIATE")
            try:
                db.executemany(_insert(PointLine, "points"), lines)
                if sweep is not None:
                    db.execute("DELETE FROM sweep_points WHERE sweep = ?", (sweep.id,))
                    db.execute(_insert(SweepLine, "sweeps"), astuple(sweep))
                    rows = [(sweep.id, *line) for line in numbers]
                    db.executemany("INSERT INTO sweep_points VALUES (?, ?, ?, ?)", rows)
                db.executemany("DELETE FROM points WHERE key = ?", keys)
                db.executemany("DELETE FROM sweeps WHERE id = ?", ids)
                db.executemany("DELETE FROM sweep_points WHERE sweep = ?", ids)
                if built:
                    db.execute("INSERT INTO built VALUES (1)")
                db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
                raise

        self._tried(change)

    def _tried(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do it, again when another process is in the way, on a new index when this one is damaged."""
        with self._lock:
            for attempt in range(RETRIES):
                try:
                    return work(self._db)
                except sqlite3.DatabaseError as error:
                    last = attempt == RETRIES - 1
                    if _damaged(error) and not last:
                        self._begin_again(str(error))
                    elif _busy(error) and not last:
                        time.sleep(0.05 * 2**attempt)
                    else:
                        # Whoever holds it may hold it for long: the next ones wait a moment only.
                        with suppress(sqlite3.Error):
                            self._db.execute(f"PRAGMA busy_timeout = {BUSY_MS // 25}")
                        raise UnusableError(str(error)) from error
        raise AssertionError("unreachable")

    def _begin_again(self, why: str) -> None:
        self._db.close()
        self._path, self._db = self._opened(damaged=self._path, why=why)

    def _opened(
        self, *, damaged: Path | None = None, why: str = ""
    ) -> tuple[Path | None, sqlite3.Connection]:
        """The index of the highest number that is sound, else a new one, else one in memory, with a note."""
        there = sorted((number(p.name), p) for p in self._folder.iterdir() if NAME.fullmatch(p.name))
        path = there[-1][1] if there else self._folder / "index.sqlite"
        for _ in range(RETRIES):
            if path == damaged:
                self.notes.append(
                    f"the index {path.name} is damaged ({why}): it is made again from the files"
                )
                path = path.with_name(f"index-{number(path.name) + 1}.sqlite")
            try:
                return path, self._connected(path)
            except sqlite3.DatabaseError as error:
                if not _damaged(error):
                    why = str(error)
                    break
                damaged, why = path, str(error)
        self.notes.append(f"the index {path} cannot be used ({why}): the files are read instead")
        return None, self._connected(None)

    def _connected(self, path: Path | None) -> sqlite3.Connection:
        """Open an index, with its tables. Raises sqlite3.DatabaseError where it is damaged or cannot be."""
        db = sqlite3.connect(
            path or ":memory:", timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False
        )
        try:
            # Two processes that open a new index at once are in each other's way for a moment.
            for attempt in range(RETRIES):
                try:
                    db.execute(f"PRAGMA journal_mode = {'DELETE' if self._network else 'WAL'}")
                    break
                except sqlite3.OperationalError as error:
                    if not _busy(error) or attempt == RETRIES - 1:
                        raise
                    time.sleep(0.05 * 2**attempt)
            db.execute("PRAGMA synchronous = NORMAL")
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, VERSION):
                raise sqlite3.DatabaseError("malformed: of another version")
            if version == 0:
                db.executescript(f"BEGIN IMMEDIATE; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
        except BaseException:
            db.close()
            raise
        return db


def number(name: str) -> int:
    """Of an index's file: index.sqlite is 1, index-2.sqlite is 2."""
    found = NAME.fullmatch(name)
    return int(found.group(1) or 1) if found else 0


def on_network(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Whether a folder is on a file system of a network; False where the system does not say."""
    try:
        lines = [line.split() for line in mounts.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return False
    place = folder.resolve()
    homes = [
        (len(Path(_name(m[1])).parts), n, m[2])
        for n, m in enumerate(lines)
        if len(m) > 2 and place.is_relative_to(_name(m[1]))
    ]
    return bool(homes) and max(homes)[2] in NETWORK


def _name(mount: str) -> str:
    r"""A mount's folder: the table writes a space as ``\040``."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found.group(1), 8)), mount)


def _insert(kind: type[PointLine] | type[SweepLine], table: str) -> str:
    return f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * len(fields(kind)))})"


def _damaged(error: sqlite3.DatabaseError) -> bool:
    text = str(error)
    return any(word in text for word in ("malformed", "not a database", "no such table", "no such column"))


def _busy(error: sqlite3.DatabaseError) -> bool:
    return "locked" in str(error) or "busy" in str(error)
