"""What a shock does to a rate or a trade cost: set it, cut it, add to it, make trade dearer or cheaper."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from scenarios.fields import Strict
from scenarios.units import Change, Cut, Points, Rate, percent


class RateVerb(Strict):
    """What happens to a rate: exactly one of ``to``, ``cut``, ``add``."""

    to: Rate | None = Field(default=None, description="the new rate")
    cut: Cut | None = Field(default=None, description="the share of the rate that is removed")
    add: Points | None = Field(default=None, description="points added to the rate")

    @model_validator(mode="after")
    def _one_verb(self) -> RateVerb:
        given = [name for name in ("to", "cut", "add") if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none"
            raise ValueError(f"exactly one of 'to', 'cut', 'add' is needed (found {found})")
        return self

    @property
    def verb(self) -> tuple[str, float]:
        """The verb and its number."""
        for name in ("to", "cut", "add"):
            value = getattr(self, name)
            if value is not None:
                return name, value
        raise AssertionError("the validator leaves exactly one verb")

    def changed(self, old: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The rates that the verb makes of ``old``."""
        name, value = self.verb
        return (
            np.full_like(old, value) if name == "to" else old * (1 - value) if name == "cut" else old + value
        )

    def words(self) -> str:
        """``to 0 %``, ``cut by 50 %``, ``add 5 points``."""
        verb, value = self.verb
        if verb == "add":
            return f"add {100 * value:.6g} points"
        return f"{'cut by' if verb == 'cut' else 'to'} {percent(value)}"


class Barrier(Strict):
    """A change of the cost of trading other than a tariff, as a change of the iceberg factor k (benchmark 1).

    ``iceberg: -3%`` multiplies k by 0.97. ``tariff_equivalent: -5%`` removes 5 points of a barrier whose ad
    valorem equivalent is ``of`` (k times (1 + of - 0.05)/(1 + of)); without ``of`` the 5 points are the
    whole barrier, so a cut divides k by 1.05 and an increase multiplies it by 1.05.
    """

    iceberg: Change | None = Field(default=None, description="change of the iceberg factor")
    tariff_equivalent: Points | None = Field(
        default=None, description="change of the barrier in points of tariff equivalent"
    )
    of: Rate | None = Field(
        default=None, description="the barrier's present tariff equivalent, with tariff_equivalent only"
    )

    @model_validator(mode="after")
    def _one_measure(self) -> Barrier:
        if (self.iceberg is None) == (self.tariff_equivalent is None):
            raise ValueError("exactly one of 'iceberg', 'tariff_equivalent' is needed")
        if self.of is not None:
            if self.tariff_equivalent is None:
                raise ValueError("'of' goes with 'tariff_equivalent' only")
            if self.of < 0:
                raise ValueError(
                    f"the barrier's tariff equivalent cannot be negative, not {percent(self.of)}"
                )
            if self.of + self.tariff_equivalent < 0:
                raise ValueError(
                    f"a barrier of {percent(self.of)} cannot be cut by {percent(-self.tariff_equivalent)}"
                )
        return self

    @property
    def factor(self) -> float:
        """What k is multiplied by."""
        if self.iceberg is not None:
            return 1 + self.iceberg
        step = self.tariff_equivalent or 0.0
        height = max(-step, 0.0) if self.of is None else self.of
        return (1 + height + step) / (1 + height)

    def words(self) -> str:
        """``barrier iceberg -3 %``."""
        if self.iceberg is not None:
            return f"iceberg {100 * self.iceberg:+.6g} %"
        of = "" if self.of is None else f" of {percent(self.of)}"
        return f"tariff equivalent {100 * (self.tariff_equivalent or 0):+.6g} points{of}"
