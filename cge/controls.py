"""Quantitative trade measures: quotas, export controls and tariff-rate quotas, with endogenous rents.

A control is a swap in the capped cells only: the complementarity of rent and unused quota is held at zero
there, and the rent rate is freed. Its level (``quota``, ``quota_premium``) is an instrument that each solve
may set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cge.equation import System
from cge.parameters import Parameters
from cge.swaps import Cells, ClosureError, Swap, cells

RENTS = {"exporter": "rx", "importer": "rm"}
RELATIONS = {"quota": "quota_gap", "trq": "trq_gap"}
"""The complementarity of each kind of control."""


@dataclass(frozen=True)
class Control:
    """A cap on flows: ``kind`` quota or trq, the flows as ``CHN,USA,C26`` (``*`` for all), who gets the rent.

    Flows without benchmark trade are left out, for there is nothing to cap. Raises ClosureError on an unknown
    kind or owner, and for a tariff-rate quota whose rent goes to exporters: duties above the quota are the
    importer's.
    """

    kind: str
    flows: tuple[str, ...]
    rent_to: str = "importer"

    def __post_init__(self) -> None:
        if self.kind not in RELATIONS:
            raise ClosureError(f"control: '{self.kind}' is not one of {', '.join(RELATIONS)}")
        if self.rent_to not in RENTS:
            raise ClosureError(f"rent_to: '{self.rent_to}' is not one of {', '.join(RENTS)}")
        if self.kind == "trq" and self.rent_to == "exporter":
            raise ClosureError("trq: the rent goes to the importer, who levies the duty above the quota")

    def mask(self, parameters: Parameters, system: System) -> np.ndarray:
        """The capped cells over (o, d, i)."""
        if "quota" not in system.quantities:
            raise ClosureError(f"a {self.kind} needs the formulation's controls: choose controls 'quotas'")
        named = [cells(f"quota[{flow}]", parameters, system).mask for flow in self.flows]
        found = np.logical_or.reduce(named) & (parameters.arrays["X0"] > 0)
        if not found.any():
            raise ClosureError(f"{self.kind}: none of {'; '.join(self.flows)} has trade in the benchmark")
        return found

    def swap(self, parameters: Parameters, system: System) -> Swap:
        """Hold the relation of rent and quota, free the rent."""
        mask = self.mask(parameters, system)
        hold, free = Cells(RELATIONS[self.kind], mask), Cells(RENTS[self.rent_to], mask)
        return Swap(hold, free, f"{self.kind}: the rent goes to the {self.rent_to}")


def first_rents(
    names: Sequence[str],
    flows: np.ndarray,
    levels: Mapping[str, np.ndarray],
    targets: Mapping[str, np.ndarray],
    free: Mapping[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """A first guess of the rent rates ``names`` (``rx``, ``rm``; o, d, i) of flows above their caps.

    If nothing but a flow's own price moved, it would fall to its cap where the price has risen by the factor
    (flow / cap)^(1 / sigma_m); the rent of a tariff-rate quota is at most the premium. A start without any
    rent would lie on the wrong side of the complementarity. ``flows``: index of shipments; ``levels``: where
    the search begins; ``targets``: caps and premia; ``free``: cells that the closure frees, by name.
    """
    caps = np.asarray(targets["quota"])
    # The closure knows relations only that it holds somewhere or that are solved for.
    tariff_quota = ~free["trq_gap"] if "trq_gap" in free else np.zeros(caps.shape, dtype=bool)
    factor = np.maximum(flows / caps, 1.0) ** (1 / np.asarray(levels["sigma_m"]))
    found = {}
    for name in names:
        # Cells that are not freed are at what the targets hold them at.
        rent = np.where(free[name], levels[name], targets[name])
        guess = (1 + rent) * factor - 1
        most = np.asarray(targets["rent_uncapped"]) + np.asarray(targets["quota_premium"])
        guess = np.where(tariff_quota, np.minimum(guess, np.maximum(most, rent)), guess)
        found[name] = np.where(free[name] & (flows > caps), guess, rent)
    return found
