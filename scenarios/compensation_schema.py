"""What a scenario may say of compensation: whom it pays, how much, and which tax raises the money."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from scenarios.fields import Names, Strict
from scenarios.units import Share, percent

TAXES = {"consumption_tax": "tc", "production_tax": "to"}
"""The instrument of the model that each levy is added to."""
SOURCES = (*TAXES, "lump_sum")
_NO_TAX_ON_LABOUR = (
    "the model has no tax on labour income, and where the labour force is given it would be a lump sum: "
    "write lump_sum"
)


def _source(value: Any) -> Any:
    if value in ("labour_tax", "income_tax", "payroll_tax"):
        raise ValueError(_NO_TAX_ON_LABOUR)
    return value


Source = Annotated[
    Literal["consumption_tax", "production_tax", "lump_sum"],
    BeforeValidator(_source),
    WithJsonSchema({"enum": list(SOURCES)}),
]


class Compensation(Strict):
    """Compensation of the displaced in ``regions``, paid inside the model from a levy that raises as much.

    The parameters that say what the displaced lose are a set of the adjustment account; those of a programme
    are the scenario's own under ``retraining``, or the same set of its table.
    """

    regions: Names = Field(description="regions of the model, or groups of whole ones")
    pays: Literal["full", "retraining", "both"] = Field(
        default="full",
        description="what the displaced lose (full), a retraining programme, or both: full and the "
        "training in a programme, without its income support",
    )
    share: Share = Field(default=1.0, description="share of what they lose, and of the programme")
    financed_by: Source = Field(description="the tax that a levy is added to; lump_sum distorts nothing")
    displaced: Literal["gross", "beyond_attrition"] = Field(
        default="gross", description="who counts as displaced: every job cut, or those beyond normal exits"
    )
    parameters: Literal["low", "central", "high"] = Field(
        default="central", description="the set of adjustment parameters"
    )
    losses: Literal["in_model", "account"] = Field(
        default="in_model",
        description="whether lost work and trainers' work lower effective labour in the model, or stay "
        "in the account beside it",
    )

    def words(self) -> str:
        """``100 % of what the displaced (gross) lose in USA, from a consumption tax``."""
        what = {
            "full": "what the displaced lose",
            "retraining": "a retraining programme for the displaced",
            "both": "what the displaced lose and of the training in a retraining programme",
        }[self.pays]
        count = "gross" if self.displaced == "gross" else "beyond attrition"
        where = ", ".join(self.regions)
        source = "a lump sum" if self.financed_by == "lump_sum" else f"a {self.financed_by.replace('_', ' ')}"
        held = "losses in the model" if self.losses == "in_model" else "losses in the account only"
        return (
            f"{percent(self.share)} of {what} in {where} ({count}, {self.parameters} parameters), paid from "
            f"{source}; {held}"
        )
