"""Where the workers are: processes of this computer, a scheduler that runs already, a batch system's jobs."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from cge.app.sweeps.plan import AskedError, SweepError
from cge.app.sweeps.single import THREADS
from cge.interrupts import sigterm_held

SYSTEMS = {"slurm": "SLURMCluster", "pbs": "PBSCluster", "sge": "SGECluster", "lsf": "LSFCluster"}
SCHEMES = ("tcp://", "tls://", "ucx://", "ws://", "wss://")
CONNECT = 15.0
"""Seconds for a scheduler to answer."""
T = TypeVar("T")
QUIET = logging.CRITICAL + 1
WORTH = 2
"""Missing points per worker from which another process is worth its start."""
USUAL_NEED, NEED = 1.0, {"full": 2.5}
"""GB that a worker may need, by aggregation; measured: 0.6 at `default`, 2 at `full`."""


@dataclass(frozen=True)
class Profile:
    """A batch system: ``options`` are those of the class of dask-jobqueue."""

    kind: str
    jobs: int
    options: Mapping[str, Any]


@contextmanager
def connected(workers: int, cluster: str | Profile | None) -> Iterator[Any]:
    """A Dask client on ``workers`` local processes, a scheduler's address, or a batch system.

    Raises SweepError when there is no such cluster, or the library for it is missing.
    """
    if cluster is None:
        where = _local(workers)
    else:
        where = _jobs(cluster) if isinstance(cluster, Profile) else _existing(cluster)
    with _unlogged(), where as started:
        yield started


@contextmanager
def _unlogged() -> Iterator[None]:
    """Dask's own messages are not shown: what they tell is said in our words, with what it means."""
    import distributed

    own = (distributed.__name__, "tornado")
    found = [logging.getLogger(n) for n in [*logging.root.manager.loggerDict] if n.split(".")[0] in own]
    before = [logger.level for logger in found]
    for logger in found:
        logger.setLevel(QUIET)
    try:
        yield
    finally:
        for logger, level in zip(found, before, strict=True):
            logger.setLevel(level)


def read_cluster(text: str) -> str | Profile:
    """What ``--cluster`` names: an address, or a profile in a YAML file. Raises AskedError."""
    if text.startswith(SCHEMES):
        return text
    path = Path(text)
    if path.suffix not in (".yaml", ".yml"):
        raise AskedError(
            f"--cluster {text}: give the address of a Dask scheduler, such as tcp://10.0.0.1:8786, or a "
            f"profile (.yaml) with kind: {', '.join(SYSTEMS)}, jobs and options"
        )
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (OSError, YAMLError) as error:
        raise AskedError(f"{path}: {error}") from None
    return _profile(content, str(path))


def _profile(content: Any, where: str) -> Profile:
    if not isinstance(content, Mapping):
        raise AskedError(f"{where}: a mapping is needed: kind, jobs, options")
    unknown = sorted(set(content) - {"kind", "jobs", "options"})
    if unknown:
        raise AskedError(f"{where}: unknown key {unknown[0]}; there are kind, jobs and options")
    kind, jobs, options = content.get("kind"), content.get("jobs", 1), content.get("options") or {}
    if kind not in SYSTEMS:
        raise AskedError(f"{where}: kind is {kind}; choose {', '.join(SYSTEMS)}")
    if isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1:
        raise AskedError(f"{where}: jobs is {jobs}; a whole number from 1 is needed")
    if not isinstance(options, Mapping):
        raise AskedError(f"{where}: options must be a mapping, such as {{queue: long, walltime: '02:00:00'}}")
    return Profile(kind, jobs, dict(options))


@contextmanager
def _local(workers: int) -> Iterator[Any]:
    """Processes of one thread on the loopback interface, started anew (spawn) and kept alive by nannies."""
    from dask import config
    from distributed import Client, LocalCluster

    options: dict[str, Any] = {
        "dashboard_address": "127.0.0.1:0", "scheduler_kwargs": {"dashboard": False}, "memory_limit": 0,
        "silence_logs": QUIET,
    }  # fmt: skip
    settings = {
        "distributed.worker.multiprocessing-method": "spawn",
        "distributed.nanny.pre-spawn-environ": dict(THREADS),
        "distributed.worker.memory.terminate": False,
        "distributed.worker.memory.pause": False,
    }

    def start(folder: str) -> LocalCluster:
        return LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1",
            local_directory=folder, preload=["cge.app.sweeps.workers"], **options,
        )  # fmt: skip

    with (
        tempfile.TemporaryDirectory(prefix="cge-sweep-", ignore_cleanup_errors=True) as folder,
        config.set({**settings, "temporary-directory": folder}),
    ):
        try:
            with sigterm_held():  # not blocked: Dask ends workers by it
                cluster = _deaf(lambda: start(folder))
        except (OSError, RuntimeError, TimeoutError) as error:
            raise SweepError(
                f"worker processes do not start ({error}). A script that sweeps with workers needs its calls "
                'below `if __name__ == "__main__":`; workers=1 solves without processes'
            ) from None
        with cluster, Client(cluster, set_as_default=False) as client:
            yield client


def _deaf(start: Callable[[], T]) -> T:
    """Start threads and processes that Ctrl-C does not reach: this process alone decides how to stop.

    What is blocked in a thread is blocked in all that it starts; a Ctrl-C meanwhile comes right after. Where
    a platform has no such mask, workers turn it off themselves (`workers.dask_setup`).
    """
    if not hasattr(signal, "pthread_sigmask"):
        return start()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _existing(address: str) -> Iterator[Any]:
    from distributed import Client

    try:
        client = Client(address, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise SweepError(
            f"no Dask scheduler answers at {address} ({error}); start one with `dask scheduler`, and workers "
            f"with `dask worker {address} --nthreads 1`"
        ) from None
    with client:
        yield client


@contextmanager
def _jobs(profile: Profile) -> Iterator[Any]:
    from distributed import Client, Status

    try:
        import dask_jobqueue
    except ImportError:
        raise SweepError("a batch system needs dask-jobqueue: pip install 'cge-world[cluster]'") from None
    kind = getattr(dask_jobqueue, SYSTEMS[profile.kind])
    command = kind.job_cls.submit_command.split()[0]
    if shutil.which(command) is None:
        raise SweepError(
            f"there is no {command} here: this must run where jobs of {profile.kind} are handed in"
        )
    try:
        cluster = kind(**_options(profile))
    except (TypeError, ValueError, OSError, RuntimeError) as error:
        raise AskedError(f"the profile of {profile.kind} is not accepted: {error}") from None
    with cluster, Client(cluster, set_as_default=False) as client:
        cluster.scale(jobs=profile.jobs)
        cluster.sync(lambda: cluster)  # waits until the jobs are handed in, not until they run
        refused = [job for job in cluster.workers.values() if getattr(job, "job_id", None) is None]
        for job in refused:
            job.status = Status.failed  # else Dask takes it for one that still starts, and does not close
        if refused:
            script = cluster.job_script()
            raise SweepError(f"{profile.kind} did not take the jobs; their script is:\n{script}")
        yield client


def _options(profile: Profile) -> dict[str, Any]:
    """What the class of dask-jobqueue gets: one thread a worker, and the profile's own options."""
    exports = [f"export {name}={value}" for name, value in THREADS.items()]
    own = dict(profile.options)
    prologue = [*exports, *own.pop("job_script_prologue", ())]
    return {"cores": 1, "processes": 1, "memory": "4GB", "silence_logs": QUIET, **own,
            "job_script_prologue": prologue}  # fmt: skip


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def sensible(points: int, aggregation: str | None) -> int:
    """Workers for so many points where nobody says: one per processor, as far as memory goes round, and
    none for fewer than `WORTH` points each.
    """
    import psutil

    room = psutil.virtual_memory().available / (1e9 * NEED.get(aggregation or "", USUAL_NEED))
    return max(1, min(processors(), points // WORTH, int(room)))
