"""Is the model square and regular? Dulmage-Mendelsohn on the full model, singular values of the reduced
Jacobian.

The first names surplus equations and undetermined variables. It cannot see a missing numeraire, where the
structure is perfect and the numbers are dependent; the second does, and its null vectors say which prices
float.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg as la
import scipy.sparse as sp

from cge.jacobian import Derivatives
from cge.model import Model
from cge.reduced import cell_names
from cge.swaps import ClosureError

SINGULAR = 1e-10
NAMES_SHOWN = 5


@dataclass(frozen=True)
class StructureReport:
    """What the check found; `sound` is the verdict.

    ``surplus``: equations that determine nothing; ``undetermined``: free cells without an equation;
    ``smallest_singular``: smallest singular value of the reduced Jacobian at the benchmark, relative to the
    largest; ``floating`` and ``redundant``: the cells and residuals that dominate its null vectors.
    """

    equations: int
    free_cells: int
    nonzeros: int
    reduced_unknowns: int
    surplus: tuple[str, ...]
    undetermined: tuple[str, ...]
    smallest_singular: float
    floating: tuple[str, ...]
    redundant: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Square, structurally non-singular, and regular at the benchmark."""
        return not self.surplus and not self.undetermined and self.smallest_singular > SINGULAR


def check_structure(model: Model) -> StructureReport:
    """Check a model at its benchmark; nothing is solved."""
    matrix, rows, columns = incidence(model)
    surplus, undetermined = _unmatched(matrix, rows, columns)
    jacobian = model.reduced.jacobian(model.benchmark_levels)
    left, values, right = la.svd(jacobian)
    small = float(values[-1] / values[0])
    floating = redundant = ()
    if small <= SINGULAR:
        floating = _dominant(right[-1], model.reduced.labels())
        redundant = _dominant(left[:, -1], model.reduced.residual_labels())
    return StructureReport(
        len(rows), len(columns), matrix.nnz, model.reduced.size,
        surplus, undetermined, small, floating, redundant,
    )  # fmt: skip


def require_sound(model: Model) -> None:
    """Raise ClosureError unless the model is regular at its benchmark, naming what its swaps get wrong.

    A regular reduced Jacobian settles it at once; only otherwise is the full structure decomposed.
    """
    values = la.svdvals(model.reduced.jacobian(model.benchmark_levels))
    if values[-1] > SINGULAR * values[0]:
        return
    report = check_structure(model)
    lost, clashing = report.undetermined or report.floating, report.surplus or report.redundant
    sides = []
    for swap in (s for s in model.closure.swaps if s.reason.startswith("swap of")):
        freed, fixed = (
            cell_names(model.system, model.parameters.sets, c.name, c.mask) for c in (swap.free, swap.hold)
        )
        if set(freed) & {name.split(" ")[0] for name in lost}:
            sides.append(f"{swap.reason}: nothing determines {', '.join(freed)}, so {', '.join(fixed)} "
                         "is one condition too many")  # fmt: skip
    if not sides:
        sides = [f"under-determined: {', '.join(lost[:NAMES_SHOWN])}",
                 f"over-determined: {', '.join(clashing[:NAMES_SHOWN])}"]  # fmt: skip
    raise ClosureError(f"the swaps do not close the model; {'; '.join(sides)}")


def incidence(model: Model) -> tuple[sp.csr_array, list[str], list[str]]:
    """Derivatives of all equations and held conditions (rows) with respect to all free cells (columns), with
    names.

    The pattern is that of two points, the benchmark and one beside it, because an entry may vanish at the
    benchmark.
    """
    system, sets = model.reduced.system, model.parameters.sets
    free = {n: m for n, m in model.closure.free.items() if m.any() and n in system.quantities}
    derivatives = Derivatives(system, sets, frozenset(free))
    rng, levels = np.random.default_rng(11), model.benchmark_levels
    beside = {
        n: a + 1e-2 * (1 + abs(a)) * rng.uniform(size=np.shape(a)) if n in free else a
        for n, a in levels.items()
    }
    # complementarities hide entries that vanish in floating point at small smoothing
    beside["mu"] = np.array(0.1)
    partials = [derivatives(point) for point in (levels, beside)]
    rows, columns, blocks = [], [], []
    for name, mask in free.items():
        columns += cell_names(system, sets, name, mask)
    for e in system.equations:
        everything = np.ones(sets.shape(system.quantities[e.determines].dims), dtype=bool)
        rows += [f"{e.name}: {c}" for c in cell_names(system, sets, e.determines, everything)]
        blocks.append([_pattern(partials, e, n, mask, everything.size) for n, mask in free.items()])
    full = sp.csr_array(sp.block_array(blocks, format="csr"))
    return full, rows, columns


def _pattern(partials: Sequence[Mapping[Any, Any]], e: Any, name: str, mask: np.ndarray, count: int) -> Any:
    found = sum((abs(p[e.determines, name]) for p in partials if (e.determines, name) in p),
                sp.csr_array((count, mask.size)))  # fmt: skip
    if e.phase != "balance" and name == e.determines:
        found = found + sp.eye_array(count, format="csr")
    return sp.csr_array(found)[:, np.flatnonzero(mask)]


def _unmatched(
    matrix: sp.csr_array, rows: list[str], columns: list[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Surplus equations and undetermined cells: the over- and under-determined parts of the decomposition."""
    from pyomo.contrib.incidence_analysis.dulmage_mendelsohn import dulmage_mendelsohn

    if len(rows) == len(columns) == sp.csgraph.structural_rank(matrix):
        return (), ()
    row_part, column_part = dulmage_mendelsohn(sp.coo_matrix(matrix))
    return tuple(rows[k] for k in row_part.unmatched), tuple(columns[k] for k in column_part.unmatched)


def _dominant(vector: np.ndarray, names: list[str]) -> tuple[str, ...]:
    order = np.argsort(-np.abs(vector), kind="stable")[:NAMES_SHOWN]
    return tuple(f"{names[k]} ({vector[k]:+.2f})" for k in order if abs(vector[k]) > 1e-3)
