"""Examination of an installation, check by check."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import numpy as np

Check = tuple[str, str, bool]


def examine(progress: Callable[[str], None]) -> Iterator[Check]:
    """Yield (check, result, ok) for the environment, the data and the model on the `small` aggregation."""
    yield "Python", sys.version.split()[0], sys.version_info >= (3, 11)
    for check in (_casadi, _executable, _jax, _cache, _data, _model):
        progress(check.__name__.strip("_"))
        try:
            yield from check()
        except Exception as error:
            yield check.__name__.strip("_"), f"{type(error).__name__}: {error}", False


def _casadi() -> Iterator[Check]:
    from importlib.metadata import version

    import casadi

    yield "IPOPT inside CasADi", f"casadi {version('casadi')}", casadi.has_nlpsol("ipopt")


def _executable() -> Iterator[Check]:
    from cge.full_space import find_executable

    path = find_executable()
    yield "IPOPT executable (optional)", "found" if path else "none: the full space uses CasADi's", True


def _jax() -> Iterator[Check]:
    from cge.jax_setup import jax

    double = bool(jax().numpy.ones(1).dtype == np.float64)
    yield "JAX", f"{jax().__version__}, {'double' if double else 'single'} precision", double


def _cache() -> Iterator[Check]:
    from cge.jax_setup import cache_directory

    folder = cache_directory()
    if folder is None:
        yield "compilation cache", "off (CGE_JAX_CACHE=off)", True
        return
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / ".probe"
    probe.write_text("")
    probe.unlink()
    yield "compilation cache", "writable", True


def _data() -> Iterator[Check]:
    from calibration.aggregate import aggregate, load_aggregation
    from calibration.world import load_world

    world = load_world()
    world.check()
    sizes = world.data.sizes
    yield "world database", f"{sizes['r']} economies x {sizes['i']} industries, identities hold to 1e-9", True
    aggregate(world, load_aggregation("default")).check()
    yield "aggregation `default`", "identities hold to 1e-9", True


def _model() -> Iterator[Check]:
    from cge.app import api
    from cge.structure import check_structure

    case = api.prepare("us-joins-cptpp", aggregation="small")
    replication = case.model.benchmark().certificate.max_residual
    yield "benchmark replication", f"largest residual {replication:.1e}", replication < 1e-10
    report = check_structure(case.model)
    words = f"{report.equations} equations, smallest singular value {report.smallest_singular:.1e}"
    yield "structure", words, report.sound
    derivatives = case.model.reduced.derivatives
    levels = case.model.benchmark_levels
    derivatives.verify(levels, derivatives(levels))
    yield "derivatives", "coloured and directional derivatives agree", True
    _, reduced = api.solve(case)
    full = case.model.solve(case.policy, space="full")
    names = case.model.system.names("variable")
    gap = max(float(np.abs(reduced.values[n] - full.values[n]).max()) for n in names)
    yield "reduced against full space (Pyomo)", f"largest difference {gap:.1e}", gap < 1e-9


def peak_memory() -> int:
    """Peak resident memory of this process in MB; 0 where the platform does not tell."""
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak / (1024 * 1024 if sys.platform == "darwin" else 1024))
