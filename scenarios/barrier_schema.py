"""What a scenario may say about preferences and barriers: how they are used, how they are measured."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from scenarios.fields import Strict
from scenarios.units import Share

PARTS = ("tariffs", "barriers")


def _one_or_both(value: Any) -> Any:
    """One part or a list of them, as a tuple in the usual order."""
    parts = (value,) if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not parts or not set(parts) <= set(PARTS):
        raise ValueError("parts are tariffs, barriers or both: [tariffs, barriers]")
    return tuple(part for part in PARTS if part in parts)


Parts = Annotated[tuple[str, ...], BeforeValidator(_one_or_both, json_schema_input_type=str | list[str])]


class AgreementUse(Strict):
    """How an agreement's preferences are used, in place of ``tables/preference_use.csv``."""

    utilisation: Share | None = Field(default=None, description="share of trade that claims the preference")
    rules_of_origin: Share | None = Field(
        default=None, description="share of the tariff cut that compliance with the rules of origin costs"
    )

    @model_validator(mode="after")
    def _something(self) -> AgreementUse:
        if not self.model_fields_set:
            return self
        if self.utilisation is None and self.rules_of_origin is None:
            raise ValueError("give utilisation, rules_of_origin or both")
        return self


class BarrierOptions(Strict):
    """How barriers that are not tariffs are measured, and what agreements do to them."""

    basis: Literal["gravity", "petri_plummer"] = Field(
        default="gravity",
        description="gravity: cuts estimated from trade; petri_plummer: cuts by provision scores",
    )
    scores: dict[str, dict[str, Share]] = Field(
        default_factory=dict,
        description="scores in place of tables/provisions.csv, by agreement or template and sectors: "
        "{CPTPP: {finance: 30%}}",
    )
    effect: Literal["cross_section", "pair"] | None = Field(
        default=None,
        description="gravity only: which estimate of what agreements do, across pairs (an upper reading) or "
        "within them (a lower one); default as in the packaged choices",
    )
    band: Literal["central", "low", "high"] = Field(
        default="central", description="which end of the estimates and of the barriers' heights"
    )
    file: str | None = Field(
        default=None,
        description="CSV of barriers in place of the packaged ones, beside the scenario file",
    )
    rents: Literal["auto", "on"] = Field(
        default="auto",
        description="on: barriers and the rents in them are in the benchmark even if no shock moves them, so "
        "that the run can be compared with one that does",
    )

    @model_validator(mode="after")
    def _effect_has_a_use(self) -> BarrierOptions:
        if self.effect is not None and self.basis != "gravity":
            raise ValueError("'effect' goes with 'basis: gravity' only; scores decide on the other basis")
        return self
