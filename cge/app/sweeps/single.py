"""One thread for everything that computes: a sum has the same last digit in this process and in a worker."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

NAMES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
         "NUMEXPR_NUM_THREADS", "NPROC")  # fmt: skip
THREADS: dict[str, str] = dict.fromkeys(NAMES, "1")
"""Read by the libraries when they are loaded (NPROC by XLA); a worker starts with them."""


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread for libraries that are loaded already, and for those that the block loads."""
    from threadpoolctl import threadpool_limits

    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(THREADS)
    try:
        with threadpool_limits(1):
            yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def one_thread_for_good() -> None:
    """The same for the rest of this process's life: a worker's."""
    from threadpoolctl import threadpool_limits

    os.environ.update(THREADS)
    threadpool_limits(1)
