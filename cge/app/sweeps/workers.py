"""What runs in a worker process: build the engine once, then solve points on it.

A worker keeps its last engines (`KEPT`), found by the parcel's key, so that a second sweep of the same plan
on a standing cluster starts at once. Everything here is a plain function of a module, found by its name by
workers on any platform.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cge.app.sweeps.answer import Answer, Built, Task, solved
from cge.app.sweeps.parcel import Parcel, identity, unpack
from cge.app.sweeps.plan import Solver, SweepError, build
from cge.app.sweeps.single import one_thread_for_good

KEPT = 2
_engines: OrderedDict[str, Solver] = OrderedDict()
"""Of this process, and only touched under the lock: a worker is one process that lives for many tasks."""
_lock = threading.Lock()


class NotBuiltError(RuntimeError):
    """The engine of this key is not, or no longer, in this process."""


def dask_setup(worker: Any) -> None:
    """Called by Dask when a local worker starts: Ctrl-C and the screen are the main process's.

    What goes wrong comes back as the reason of a point; a worker that is stopped while it starts is silent.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115  (for the rest of the process's life)


def prepare(parcel: Parcel, worker: str) -> Built:
    """Build the engine of a parcel in this process, unless it is there.

    Raises SweepError when this computer's program or data are not those of the computer that asks, naming
    both; whatever building raises.
    """
    require_same(parcel, worker)
    with _lock:
        if parcel.key not in _engines:
            one_thread_for_good()
            engine = build(
                parcel.engine, unpack(parcel, _home()), aggregation=parcel.aggregation,
                rents=parcel.rents, tables=parcel.tables,
            )  # fmt: skip
            one_thread_for_good()  # libraries that were loaded meanwhile
            _engines[parcel.key] = engine
            while len(_engines) > KEPT:
                _engines.popitem(last=False)
        _engines.move_to_end(parcel.key)
        return Built.of(_engines[parcel.key], worker)


def _home() -> Path:
    """A folder for the scenario's files, which points may read again; removed with the worker's own."""
    from distributed import get_worker

    return Path(tempfile.mkdtemp(prefix="cge-sweep-", dir=get_worker().local_directory))


def require_same(parcel: Parcel, worker: str) -> None:
    """Raise SweepError unless code, data and libraries are the same here and there."""
    here = identity()
    for what, there in parcel.hashes.items():
        if here.get(what) != there:
            found = here.get(what, "unknown")
            raise SweepError(
                f"worker {worker} has other {what}: {_short(found)} there, {_short(there)} on the "
                "computer that runs the sweep; install the same version on both"
            )


def solve(key: str, task: Task, worker: str, limit: float | None = None) -> Answer:
    """Solve one point on an engine of this process.

    ``limit``: seconds after which the process ends itself, whatever it does; its nanny starts another.
    Raises NotBuiltError.
    """
    with _lock:
        engine = _engines.get(key)
        if engine is None:
            raise NotBuiltError(f"worker {worker} has no engine {key[:12]}")
        with _ended_after(limit):
            return solved(engine, task, worker)


@contextmanager
def _ended_after(limit: float | None) -> Iterator[None]:
    """End this process when the block takes longer: the only way out of compiled code that never returns."""
    if limit is None:
        yield
        return
    with Path(os.devnull).open("w") as nowhere:
        faulthandler.dump_traceback_later(limit, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


def _short(text: str) -> str:
    return f"{text[:12]}..." if len(text) == 64 else text
