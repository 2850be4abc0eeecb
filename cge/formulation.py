"""Formulations: which block fills which slot. A formulation is a record of names, looked up in registries."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache

from cge.blocks import (
    consumption_ces,
    demand,
    factors,
    government,
    household,
    income,
    les,
    production,
    quotas,
    trade,
    volumes,
    world_bank,
)
from cge.equation import Block, System, compose

PRODUCTION: dict[str, Block] = {
    "leontief": production.LEONTIEF,
    "ces": production.CES,
    "cobb_douglas": production.COBB_DOUGLAS,
}
TRADE: dict[str, Block] = {
    "armington_two_level": trade.ARMINGTON,
    "armington_one_level": trade.ARMINGTON,
}
CONSUMPTION: dict[str, Block] = {
    "cobb_douglas": demand.FINAL_DEMAND,
    "les": les.LES,
    "ces": consumption_ces.CES,
    "household_cobb_douglas": household.HOUSEHOLD,
}
CONTROLS: dict[str, Block] = {
    "none": Block("controls: none", (), ()),
    "quotas": quotas.quota_block(trade.shipments),
}
REGISTRIES = {"production": PRODUCTION, "trade": TRADE, "consumption": CONSUMPTION, "controls": CONTROLS}


class FormulationError(ValueError):
    """A formulation names a block that does not exist."""


@dataclass(frozen=True)
class Formulation:
    """Names of the blocks of a model, by slot; raises FormulationError on an unknown name."""

    production: str = "leontief"
    trade: str = "armington_two_level"
    consumption: str = "cobb_douglas"
    controls: str = "none"

    def __post_init__(self) -> None:
        for slot in fields(self):
            name, registry = getattr(self, slot.name), REGISTRIES[slot.name]
            if name not in registry:
                raise FormulationError(f"{slot.name}: '{name}' is not one of {', '.join(registry)}")

    def system(self) -> System:
        """The checked composition of the chosen blocks."""
        return _system(self)


BUDGETS: dict[str, Block] = {"household_cobb_douglas": government.TAXES}
"""Forms of demand without a government of its own have no budget to balance, only taxes."""


@lru_cache(maxsize=32)
def _system(formulation: Formulation) -> System:
    return compose(
        (
            PRODUCTION[formulation.production],
            TRADE[formulation.trade],
            CONSUMPTION[formulation.consumption],
            factors.FACTORS,
            income.INCOME,
            BUDGETS.get(formulation.consumption, government.GOVERNMENT),
            world_bank.WORLD_BANK,
            volumes.volume_block(trade.shipments),
            CONTROLS[formulation.controls],
        )
    )
