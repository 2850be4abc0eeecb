"""Quotas, export controls and tariff-rate quotas as complementarities between a rent and an unused quota.

The relations are defined for every flow and cost nothing where they are not in force: a control holds them
at 0 in the capped cells and frees the rent rate there. A flow may earn rents without any cap (those of
non-tariff measures); what a cap adds is the excess over them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cge.axes import Named
from cge.equation import Block, Equation, equation
from cge.nests import bounded_complementarity, complementarity
from cge.quantities import instrument, variable


def cap_rent(v) -> Named:
    """Rent rate that a cap adds to what the flow earns where no cap binds."""
    return v.rx["odi"] + v.rm["odi"] - v.rent_uncapped["odi"]


def _relations(shipments: Callable[[Any], Named]) -> tuple[Equation, Equation]:
    @equation("quota_gap", "revenue")
    def quota(v):
        r"""Complementarity of the rent rate and the unused quota; held at 0 in the capped cells.

        .. math:: 0 \le rx_{o,d,i} + rm_{o,d,i} - r^{free}_{o,d,i} \perp \bar{x}_{o,d,i} - x_{o,d,i} \ge 0

        Source: Fischer-Burmeister function, smoothed; Fischer (1992).
        """
        return complementarity(cap_rent(v), v.quota["odi"] - shipments(v), v.mu)

    @equation("trq_gap", "revenue")
    def tariff_rate_quota(v):
        r"""The premium is nil below the quota, the duty difference above it, and between them on the quota.

        .. math:: 0 \le rx_{o,d,i} + rm_{o,d,i} - r^{free}_{o,d,i} \le \tau_{o,d,i}
                  \perp x_{o,d,i} - \bar{x}_{o,d,i}

        Source: Elbehri and Pearson (2000), GTAP Technical Paper 18; nested functions of Billups (1995).
        """
        room = v.quota_premium["odi"] - cap_rent(v)
        return bounded_complementarity(cap_rent(v), room, shipments(v) - v.quota["odi"], v.mu)

    return quota, tariff_rate_quota


def quota_block(shipments: Callable[[Any], Named]) -> Block:
    """Relations of quantitative controls for one form of trade, given its index of shipments (o, d, i)."""
    return Block(
        "controls: quotas and tariff-rate quotas",
        (
            variable("quota_gap", "odi", "Fischer-Burmeister", "rent against unused quota"),
            variable("trq_gap", "odi", "Fischer-Burmeister", "premium against use above the quota"),
            instrument("quota", "odi", "index", "largest quantity shipped, relative to the benchmark"),
            instrument(
                "quota_premium", "odi", "share of border value", "duty above the quota less duty below it"
            ),
            instrument("rent_uncapped", "odi", "share of border value", "rx + rm where no cap binds"),
        ),
        _relations(shipments),
    )
