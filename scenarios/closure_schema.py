"""What a scenario file may say about closures: what is exogenous, by name and cell by cell."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from cge.closure import ClosureChoice, ClosureError, FixFree
from scenarios.fields import Strict
from scenarios.units import Change


class FixAndFree(Strict):
    """One swap: ``fix`` is held at its benchmark level, ``free`` adjusts in its place.

    Cells are written ``real_gdp[USA]``, ``pf[USA,labour]``; ``productivity[USA]`` is the region's shifter
    of all activities. ``at`` moves the fixed cells away from their level in the baseline, under the
    scenario only.
    """

    fix: str = Field(description="what becomes exogenous, such as real_gdp[USA]")
    free: str = Field(description="what adjusts, such as productivity[USA]")
    at: Change | None = Field(default=None, description="change of the fixed level from the baseline")


class Closure(Strict):
    """What is exogenous, and what prices are measured in."""

    labour: Literal["full_employment", "wage_curve", "fixed_real_wage", "labour_supply"] = "full_employment"
    capital: Literal["mobile", "sector_specific", "sluggish"] = "mobile"
    natural: Literal["sector_specific"] = "sector_specific"
    government: Literal["fixed_share", "fixed_real"] = "fixed_share"
    replacement: Literal["lump_sum", "consumption_tax"] = "lump_sum"
    investment: Literal["savings_driven", "fixed_real_investment"] = "savings_driven"
    external: Literal["fixed_balance", "fixed_share_of_gdp", "world_bank"] = "fixed_balance"
    numeraire: str = Field(
        default="pwf", description="pwf, or the price index of a region: pc[USA], pg[..], pi[..]"
    )
    imbalance_to: str = Field(
        default="gdp_shares", description="region that absorbs the world imbalance (fixed_share_of_gdp)"
    )
    labour_supply_elasticities: Literal["imf_env", "chetty"] = "imf_env"
    supply_elasticity_cap: float | None = Field(
        default=None, gt=0, strict=True, description="largest supply elasticity the wage curve may imply"
    )
    swaps: tuple[FixAndFree, ...] = Field(default=(), description="cells exchanged one for one, in order")

    @model_validator(mode="before")
    @classmethod
    def _one_swap(cls, value: Any) -> Any:
        """``swap: {...}`` is ``swaps: [{...}]``."""
        if isinstance(value, dict) and "swap" in value and "swaps" not in value:
            one = value["swap"]
            rest = {k: v for k, v in value.items() if k != "swap"}
            return {**rest, "swaps": one if isinstance(one, list | tuple) else (one,)}
        return value

    @field_validator("numeraire")
    @classmethod
    def _price_index(cls, value: str) -> str:
        if value != "pwf" and not re.fullmatch(r"(pc|pg|pi)\[[^\[\],\s]+\]", value):
            raise ValueError(f"'{value}' is not a price index: write pwf, or pc[USA], pg[USA], pi[USA]")
        return value

    @model_validator(mode="after")
    def _admissible(self) -> Closure:
        try:
            self.choice()
        except ClosureError as error:
            raise ValueError(str(error)) from None
        return self

    @property
    def numeraire_region(self) -> str | None:
        """The region in the numeraire's brackets."""
        return None if self.numeraire == "pwf" else self.numeraire[3:-1]

    @property
    def imbalance_region(self) -> str | None:
        """The region that absorbs the world imbalance, if one is named."""
        return None if self.imbalance_to == "gdp_shares" else self.imbalance_to

    def choice(self, **more: Any) -> ClosureChoice:
        """The model's own record of these options; raises ClosureError when they contradict each other."""
        names = self.model_dump(exclude={"swaps", "labour_supply_elasticities"})
        return ClosureChoice(**names, swaps=tuple(FixFree(s.fix, s.free) for s in self.swaps), **more)
