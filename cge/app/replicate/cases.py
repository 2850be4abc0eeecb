"""The published cases by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cge.app.replicate import caliendo_parro, gains
from cge.app.replicate.report import Replication


@dataclass(frozen=True)
class ReplicationCase:
    """A published case: what it shows, where it comes from, which raw data it needs, and how to run it."""

    title: str
    source: str
    needs: str
    run: Callable[[Path | None], Replication]


CP_DATA = "raw data: caliendo_parro_2015"
CASES: dict[str, ReplicationCase] = {
    "caliendo-parro-2015": ReplicationCase(
        "NAFTA, 31 regions x 40 sectors, zero deficits",
        "Caliendo & Parro (2015), Review of Economic Studies 82(1)",
        CP_DATA,
        caliendo_parro.without_deficits,
    ),
    "caliendo-parro-2015-deficits": ReplicationCase(
        "the same with the deficits of 1993 kept",
        "Caliendo & Parro (2015), Review of Economic Studies 82(1)",
        CP_DATA,
        caliendo_parro.with_deficits,
    ),
    "gains-from-trade": ReplicationCase(
        "closed forms against solved autarky, 33 countries and ROW, 2008",
        "Arkolakis et al. (2012); Costinot & Rodriguez-Clare (2014)",
        "raw data: wiod_2013_release",
        gains.wiod_2008,
    ),
    "gains-from-trade-2022": ReplicationCase(
        "the same on the packaged world of 2022, small aggregation",
        "Arkolakis et al. (2012); Costinot & Rodriguez-Clare (2014)",
        "nothing",
        gains.world_2022,
    ),
}
