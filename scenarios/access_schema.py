"""What a scenario may say about market access that is granted in return for a standard."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from scenarios.fields import Names, Strict
from scenarios.problems import suggest
from scenarios.standards import LEVELS, load_standards
from scenarios.units import percent, rate


def _tariff_change(value: Any) -> float:
    change = rate(value)
    if change > 0:
        raise ValueError(
            f"{percent(change)}: access lowers tariffs: write -{percent(change)}, or use 'tariff'"
        )
    return change + 0.0


def _share(value: Any) -> float:
    share = rate(value)
    if not 0 <= share <= 1:
        raise ValueError(f"{percent(share)}: the share of the barrier that goes lies between 0 % and 100 %")
    return share


def _cost(value: Any) -> Any:
    if isinstance(value, str) and value.replace("_", "").isalpha():
        if value not in LEVELS:
            words = f"'{value}' is neither a cost such as 1% nor one of {', '.join(LEVELS)}"
            raise ValueError(words + suggest(value, LEVELS))
        return value
    cost = rate(value)
    if cost < 0 or not math.isfinite(cost):
        raise ValueError(f"{percent(cost)}: the cost of a standard cannot be negative")
    return cost


_RATE = {"anyOf": [{"type": "string"}, {"type": "number"}]}
TariffChange = Annotated[float, BeforeValidator(_tariff_change), WithJsonSchema(_RATE)]
BarrierShare = Annotated[float, BeforeValidator(_share), WithJsonSchema(_RATE)]
Cost = Annotated[str | float, BeforeValidator(_cost), WithJsonSchema(_RATE)]


class Access(Strict):
    """What adopters get: a relative change of their tariffs, a share of the cuttable barrier removed."""

    tariff: TariffChange | None = Field(default=None, description="change of the tariff, such as -50%")
    ntm: BarrierShare | None = Field(
        default=None, description="share of the barrier that agreements can cut which is at least removed"
    )

    @model_validator(mode="after")
    def _something(self) -> Access:
        if self.tariff is None and self.ntm is None:
            raise ValueError("at least one of 'tariff', 'ntm' is needed")
        return self

    def words(self) -> str:
        """``tariffs -50 %, barriers -20 %``."""
        parts = []
        if self.tariff is not None:
            parts.append(f"tariffs {100 * self.tariff:+.6g} %")
        if self.ntm is not None:
            parts.append(f"at least {percent(self.ntm)} of cuttable barriers removed")
        return ", ".join(parts)


class Adoption(Strict):
    """The condition: a standard of ``tables/standards.csv``, who adopts it, who else might.

    ``cost`` replaces the table's central cost in every sector, or names its ``low`` or ``high`` column.
    The cost falls on the adopters' exports of the shock to the importers that grant access, and there only:
    a standard that raises the cost of all output is not modelled.
    """

    standard: str
    adopts: Names = Field(description="countries that adopt, and export with the access and at the cost")
    candidates: Names | None = Field(
        default=None, description="countries whose gain from adopting is reported as well"
    )
    cost: Cost = "central"

    @model_validator(mode="after")
    def _known(self) -> Adoption:
        known = load_standards().names
        if self.standard not in known:
            hint = suggest(self.standard, known, f"; there are {', '.join(known)}")
            raise ValueError(f"no standard '{self.standard}' in tables/standards.csv{hint}")
        return self

    def words(self) -> str:
        """``if JPN, KOR adopt the technology standard``."""
        who = ", ".join(self.adopts) or "nobody"
        return f"if {who} adopt{'s' if len(self.adopts) < 2 else ''} the {self.standard} standard"
