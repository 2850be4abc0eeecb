"""Whether two cases would give the same results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from cge.app.case import Case
from cge.app.compensating import programme, terms


def differs(one: Case, other: Case) -> bool:
    """Whether anything is different that the model, its solutions or the results take from a case."""
    a, b = one.model, other.model
    return (
        a.formulation != b.formulation
        or a.parameters.sets != b.parameters.sets
        or not _same_arrays(a.parameters.arrays, b.parameters.arrays)
        or not _same_arrays(a.closure.free, b.closure.free)
        or not _same_rates(one.baseline, other.baseline)
        or not _same_rates(one.policy, other.policy)
        or _held(one) != _held(other)
        or programme(one) != programme(other)
        or repr(terms(one)) != repr(terms(other))
    )


def _same_arrays(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(a, other[n]) for n, a in one.items())


def _same_rates(one: Mapping[str, xr.DataArray], other: Mapping[str, xr.DataArray]) -> bool:
    return one.keys() == other.keys() and all(a.equals(other[n]) for n, a in one.items())


def _held(case: Case) -> tuple[Any, ...]:
    """Levels that are set relative to the baseline's solution: caps, floors, cells that a closure moves."""
    caps = tuple((m.capped.shock.control, m.cells.values.tobytes()) for m in case.measures)
    return caps, tuple((s.fix, s.at) for s in case.scenario.closure.swaps)
