"""Numbers of closures and of the expenditure system that a scenario may replace by name.

The values themselves are rows of ``calibration/assumptions/closures.csv``. Here stands what a scenario may
write in their place, and under which closure or formulation the model reads each. Where the model has a
number by economy (labour supply, the gross return, Frisch parameters) or by commodity (income elasticities),
a scenario's number holds in every one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scenarios.problems import suggest

if TYPE_CHECKING:
    from scenarios.schema import Scenario


@dataclass(frozen=True)
class ClosureNumber:
    """``low`` to ``high``: what may be written; ``part``, ``key`` and ``option``: the choice that reads it;
    ``held``: the relation that a swap may hold instead.
    """

    low: float
    high: float
    part: str
    key: str
    option: str
    held: str = ""

    @property
    def words(self) -> str:
        """``closure: {labour: wage_curve}``."""
        return f"{self.part}: {{{self.key}: {self.option}}}"


_WAGE, _SUPPLY = ("closure", "labour", "wage_curve"), ("closure", "labour", "labour_supply")
_BANK, _LES = ("closure", "external", "world_bank"), ("formulation", "consumption", "les")

NUMBERS: Mapping[str, ClosureNumber] = {
    "wage_elasticity": ClosureNumber(0.001, 10, *_WAGE, "wage_gap"),
    "labour_supply_elasticity": ClosureNumber(0, 10, *_SUPPLY, "supply_gap"),
    "mobility": ClosureNumber(0.001, 100, "closure", "capital", "sluggish", "mobility_gap"),
    "return_flexibility": ClosureNumber(0.01, 1000, *_BANK, "return_gap"),
    "depreciation": ClosureNumber(0, 0.99, *_BANK, "return_gap"),
    "gross_return": ClosureNumber(0.001, 10, *_BANK, "return_gap"),
    "frisch": ClosureNumber(-100, -1, *_LES),
    "income_elasticity": ClosureNumber(0.001, 10, *_LES),
}
"""Every row of closures.csv but mu, the smoothing of complementarities, which is part of the method."""


def closure_numbers(given: Mapping[str, float]) -> dict[str, float]:
    """Those of a scenario's assumptions that are about closures."""
    return {name: value for name, value in given.items() if name in NUMBERS}


def refusal(scenario: Scenario, name: str) -> str:
    """Why the scenario cannot replace this number, with what would be right; empty when it can."""
    number, value = NUMBERS[name], scenario.assumptions[name]
    if not number.low <= value <= number.high:
        return f"{name} lies between {number.low:g} and {number.high:g}, not {value:g}"
    chosen = getattr(getattr(scenario, number.part), number.key)
    held = number.held and any(swap.fix.startswith(number.held) for swap in scenario.closure.swaps)
    if chosen == number.option or held:
        return ""
    return f"{name} has no effect under {number.key} {chosen}; choose {number.words}"


def unknown(name: str, others: Mapping[str, object]) -> str:
    """That there is no such assumption, with the nearest name; ``others``: those of barriers."""
    known = [*others, *NUMBERS]
    return f"no assumption '{name}'" + suggest(name, known, f"; there are {', '.join(known)}")
