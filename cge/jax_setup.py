"""One way to JAX: double precision and a compilation cache of its own; and how to keep it to one thread."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from cge.interrupts import held

ONE_THREAD: Mapping[str, str] = {
    "PJRT_NPROC": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
"""Environment of a process that is to compute on one thread, as workers of a sweep do: XLA sizes its pool by
the first of these (the flag alone leaves one thread a core), BLAS by the others. They are read once, when the
libraries are loaded, so they must stand in the environment before numpy and jax are imported."""


def cache_directory() -> Path | None:
    """Directory of the compilation cache, one per host and jaxlib version; None when CGE_JAX_CACHE is 'off'.

    CGE_JAX_CACHE may name another directory; the default stands under the user's cache folder.
    """
    setting = os.environ.get("CGE_JAX_CACHE", "")
    if setting.lower() == "off":
        return None
    base = (
        Path(setting) if setting else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cge"
    )
    import jaxlib.version

    return base / f"jax-{jaxlib.version.__version__}-{platform.node() or 'host'}"


@lru_cache(maxsize=1)
def jax() -> Any:
    """Return the configured jax module; importing it is put off until derivatives are needed."""
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    with held():
        import jax as module

    module.config.update("jax_enable_x64", True)
    directory = cache_directory()
    if directory is not None:
        module.config.update("jax_compilation_cache_dir", str(directory))
        module.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        module.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    return module
