"""Measures whose effect is a rent or a wage to be found: quotas, export controls, tariff-rate quotas, floors.

Quantities and wages are relative to the baseline's solution, and each flow named is capped on its own.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from scenarios.fields import Strict
from scenarios.units import Rate, Volume, percent


def _relative(volume: float) -> str:
    return f"{100 * volume:+.6g} % of the baseline's flow" if volume else "the baseline's flow"


class Quota(Strict):
    """A cap on the quantity of each flow; the rent goes to whoever holds the licences."""

    volume: Volume = Field(description="the cap, as a change from the baseline's flow")
    rent_to: Literal["importer", "exporter"] = "importer"

    def words(self) -> str:
        """``at -20 % of the baseline's flow, rent to the exporter``."""
        return f"at {_relative(self.volume)}, rent to the {self.rent_to}"


class ExportControl(Strict):
    """A cap that the exporting country sets; the rent stays with its exporters."""

    volume: Volume = Field(description="the cap, as a change from the baseline's flow")

    @property
    def rent_to(self) -> str:
        """Always the exporter."""
        return "exporter"

    def words(self) -> str:
        """``at -50 % of the baseline's flow``."""
        return f"at {_relative(self.volume)}"


class TariffRateQuota(Strict):
    """The tariff in force up to a quantity of each flow, a higher one above it; licences stay with importers.

    The premium over the tariff in force is booked as the importer's rent, whether it is earned on licences or
    collected above the quota.
    """

    volume: Volume = Field(description="the quota, as a change from the baseline's flow")
    above: Rate = Field(ge=0, description="the tariff above the quota")

    def words(self) -> str:
        """``at +0 % of the baseline's flow, 30 % above``."""
        return f"at {_relative(self.volume)}, {percent(self.above)} above"


class MinimumWage(Strict):
    """A floor under the real consumer wage; where it binds unemployment rises."""

    floor: Volume = Field(description="the floor, as a change from the baseline's real wage")

    def words(self) -> str:
        """``at +2 % of the baseline's real wage``."""
        return f"at {100 * self.floor:+.6g} % of the baseline's real wage"
