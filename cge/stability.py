r"""Is the benchmark a stable equilibrium of free entry?

Firms enter where they earn more than their fixed costs: :math:`\dot n = -gap(n)`, all markets clearing on the
way. The benchmark is stable when the derivative of the gaps with respect to the entrants, everything else
solved out, has eigenvalues with positive real parts only. Where inputs are bought from the sectors they feed
and factors move freely, more firms can mean more profit for the next; then the observed world would not
persist in the model, and comparative statics from it would have the wrong sign (Samuelson's correspondence
principle; Krugman and Venables 1995; Kucheryavyy, Lyn and Rodriguez-Clare 2024 on the knife-edge of Krugman
and Melitz with mobile factors).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cge.closure import ClosureError
from cge.reduced import ReducedSpace

NAMES_SHOWN = 4


@dataclass(frozen=True)
class EntryStability:
    """Smallest real part of an eigenvalue, and the cells that lead in its direction."""

    smallest: float
    leading: tuple[str, ...]

    @property
    def stable(self) -> bool:
        """Whether firms that enter by chance lose money and leave again."""
        return self.smallest > 0


def entry_stability(reduced: ReducedSpace, jacobian: np.ndarray) -> EntryStability | None:
    """Judge entry at the point of the Jacobian (size, size); None where no sector has firms."""
    names, rows = np.array(reduced.labels()), np.array(reduced.residual_labels())
    n, gap = np.char.startswith(names, "n["), np.char.startswith(rows, "held entry_gap")
    if not n.any() or n.sum() != gap.sum():
        return None
    others = np.linalg.solve(jacobian[np.ix_(~gap, ~n)], jacobian[np.ix_(~gap, n)])
    response = jacobian[np.ix_(gap, n)] - jacobian[np.ix_(gap, ~n)] @ others
    values, vectors = np.linalg.eig(response)
    worst = int(np.argmin(np.real(values)))
    order = np.argsort(-np.abs(vectors[:, worst]), kind="stable")[:NAMES_SHOWN]
    return EntryStability(float(np.real(values[worst])), tuple(str(x) for x in names[n][order]))


def require_stable_entry(reduced: ReducedSpace, jacobian: np.ndarray) -> None:
    """Raise ClosureError where the benchmark is not a stable equilibrium of free entry, with what to try."""
    found = entry_stability(reduced, jacobian)
    if found is not None and not found.stable:
        raise ClosureError(
            "free entry: the benchmark is not a stable equilibrium, because more firms would earn more, "
            f"above all in {', '.join(found.leading)} (smallest eigenvalue {found.smallest:.2g}); changes "
            "from it would have no meaning. Keep capital in its sector (capital: sector_specific), or give "
            "firms to fewer sectors"
        )
