"""What a scenario may say of opening markets together or alone, and of hitting back."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from scenarios.fields import Names, Strict
from scenarios.units import Share, percent


class Opening(Strict):
    """Tariffs cut on goods and provisions on all sectors named; ``depth`` scales both."""

    tariffs: Share = Field(default=1.0, description="the share of the tariffs on goods that is removed")
    provisions: str | None = Field(
        default=None, description="an agreement or template whose provisions apply; none unless named"
    )
    depth: Share = Field(default=1.0, description="the share of both that is done")

    @model_validator(mode="after")
    def _something(self) -> Opening:
        if self.tariffs == 0 and self.provisions is None:
            raise ValueError("nothing is opened: 'tariffs' is 0 % and no 'provisions' are named")
        return self

    @property
    def cut(self) -> float:
        """The share of each tariff that goes."""
        return self.tariffs * self.depth

    def words(self) -> str:
        """``tariffs cut by 100 %, provisions deep, depth 50 %``."""
        parts = [f"tariffs cut by {percent(self.tariffs)}"] if self.tariffs else []
        parts += [f"provisions {self.provisions}"] if self.provisions else []
        parts += [f"depth {percent(self.depth)}"] if self.depth != 1 else []
        return ", ".join(parts)


class Retaliate(Strict):
    """Duties in reply to those that ``against`` has put on one's exports in the scenario so far.

    ``how: value``: the same points on every flow named, so that the duty on benchmark trade is ``share`` of
    what ``against`` levies in addition; ``how: rate``: the points that each sector's exports now pay more.
    """

    against: Names = Field(description="whose duties are answered, and whose goods pay")
    share: Share = Field(default=1.0, description="the share of the additional duty that is answered")
    how: Literal["value", "rate"] = Field(default="value", description="equal duty, or equal points")

    def words(self) -> str:
        """``against USA with 100 % of the value``."""
        what = "additional duty" if self.how == "value" else "additional points"
        return f"against {', '.join(self.against)} with {percent(self.share)} of its {what}"
