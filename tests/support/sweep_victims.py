"""Processes that write a sweep store and are killed, starved of space, or in each other's way.

Run as a program: ``sweep_victims.py FOLDER``. Each victim is a fork, so that the program is loaded once.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sweep_outcomes import ENGINE, outcome, rows

from cge.app.sweeps import store_files
from cge.app.sweeps.store import StoreError, SweepInfo, SweepStore, point_key
from cge.app.sweeps.store_index import Index

STAGES = ("write", "fsync", "rename", "index")
N = 300
SHARED, OWN = 30, 20


def changes(number: int) -> dict[str, Any]:
    """Of one point of the tests with processes."""
    return {"trade": 0.5 + number / 100}


def keys(numbers: range) -> list[str]:
    """Names of points."""
    return [point_key(ENGINE, changes(n)) for n in numbers]


def solved(number: int) -> Any:
    """What any process finds at a point."""
    return outcome(float(number), N)


def _die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed(folder: Path, stage: str, number: int) -> None:
    """Put one point and be killed at a stage of it."""
    with SweepStore(folder) as store:
        store.begin(SweepInfo(ENGINE), [changes(n) for n in range(len(STAGES) + 1)])
        if stage == "write":
            whole = Path.open

            def half(path: Path, *args: Any, **more: Any) -> Any:
                file = whole(path, *args, **more)
                if path.suffix == store_files.PART:
                    file.write(b"PAR1 and no more")
                    file.flush()
                    _die()
                return file

            Path.open = half  # type: ignore[method-assign]
        elif stage == "fsync":
            os.fsync = _die
        elif stage == "rename":
            Path.replace = _die  # type: ignore[method-assign]
        else:
            # In the middle of the transaction, after the file is in its place.
            Index._tried = lambda self, work: work(_Dying(self._db))  # type: ignore[method-assign, assignment]
        store.put(keys(range(number, number + 1))[0], solved(number))


class _Dying:
    """A connection whose process is killed before it can commit."""

    def __init__(self, db: Any) -> None:
        self._db = db

    def execute(self, query: str, *more: Any) -> Any:
        """As of the connection, but for COMMIT."""
        return _die() if query == "COMMIT" else self._db.execute(query, *more)

    def executemany(self, *more: Any) -> Any:
        """As of the connection."""
        return self._db.executemany(*more)


def writer(folder: Path, which: int) -> None:
    """One of two sweeps at once: points that both have, and points of its own."""
    mine = [*range(SHARED), *range(100 * (which + 1), 100 * (which + 1) + OWN)]
    with SweepStore(folder) as store:
        store.begin(SweepInfo(ENGINE, title=f"sweep {which}"), [changes(n) for n in mine])
        store.keep_rows(ENGINE, rows(N))
        for n in mine:
            key = point_key(ENGINE, changes(n))
            store.put(key, solved(n))
            found = store.get(key)
            if found is None or found.baseline.tobytes() != solved(n).baseline.tobytes():
                sys.exit(f"point {n} did not come back")
        if store.notes:
            sys.exit(str(store.notes))


def starved(folder: Path, number: int) -> None:
    """A process whose files may not grow beyond 1 kB: a real write that fails."""
    with SweepStore(folder) as store:
        store.begin(SweepInfo(ENGINE), [changes(number)])
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))
        (key,) = keys(range(number, number + 1))
        try:
            store.put(key, solved(number))
        except StoreError as error:
            if store.get(key) is not None or "no room" not in str(error):
                sys.exit(f"half a point, or other words: {error}")
            return
        sys.exit("nobody noticed that the disk was full")


def forked(work: Callable[..., None], *args: Any) -> int:
    """Start a victim; its process."""
    pid = os.fork()
    if pid:
        return pid
    try:
        work(*args)
    except SystemExit as stop:
        print(stop.code, file=sys.stderr)
        os._exit(1)
    except BaseException as error:
        print(repr(error), file=sys.stderr)
        os._exit(2)
    os._exit(0)


def main(folder: Path) -> None:
    """Run all of them, each kind on a store of its name; how each ended, one line a kind."""
    for number, stage in enumerate(STAGES):
        _ended(forked(killed, folder / "killed", stage, number))
    print()
    _ended(*[forked(writer, folder / "together", which) for which in (0, 1)])
    print()
    _ended(forked(starved, folder / "starved", 7))


def _ended(*pids: int) -> None:
    for pid in pids:
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), end=" ", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
