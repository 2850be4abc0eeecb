"""What a scenario may say of a retraining programme for displaced workers."""

from __future__ import annotations

from pydantic import Field, field_validator

from scenarios.fields import Names, Strict
from scenarios.units import Share


class Retraining(Strict):
    """A programme for the displaced of ``regions``; what is not given comes from the table of assumptions."""

    regions: Names = Field(description="regions of the model, or groups of whole ones")
    uptake: Share | None = Field(default=None, description="share of the displaced who take part")
    cost_per_worker: float | None = Field(
        default=None, allow_inf_nan=False, strict=True, description="USD per participant, once"
    )

    @field_validator("cost_per_worker")
    @classmethod
    def _not_negative(cls, value: float | None) -> float | None:
        if value is not None and value < 0:
            raise ValueError(f"{value:g}: a programme cannot cost less than nothing")
        return value
