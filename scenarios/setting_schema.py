"""What a scenario stands on: its aggregation, the forms of the model, elasticities, its baseline."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from scenarios.barrier_schema import AgreementUse
from scenarios.fields import Names, Strict
from scenarios.structure_schema import Structure, whole_manufacturing


def _text_number(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Aggregation(Strict):
    """Which regions and sectors are solved: a shipped name, or two CSV maps beside the scenario file."""

    name: Literal["small", "default", "medium", "full"] | None = None
    regions: str | None = Field(default=None, description="CSV map of regions, relative to the scenario file")
    sectors: str | None = Field(default=None, description="CSV map of sectors, relative to the scenario file")

    @model_validator(mode="after")
    def _name_or_files(self) -> Aggregation:
        files = (self.regions is not None) + (self.sectors is not None)
        if files != (0 if self.name else 2):
            raise ValueError(
                "write small, default, medium or full, or give both files: {regions: r.csv, sectors: s.csv}"
            )
        return self


class Formulation(Strict):
    """Which form each part of the model takes."""

    production: Literal["leontief", "ces", "cobb_douglas"] = "leontief"
    trade: Literal["armington_two_level", "armington_one_level"] = "armington_two_level"
    consumption: Literal["cobb_douglas", "les", "household_cobb_douglas"] = "cobb_douglas"
    structure: Annotated[
        Structure, BeforeValidator(whole_manufacturing, json_schema_input_type=Structure | str)
    ] = Structure()


class Override(Strict):
    """One elasticity replaced, or multiplied, in some sectors.

    ``times`` multiplies what the set, or an entry above, says; ``trade`` is sigma_m, sigma_d and the sigma of
    one level together, so that their ratio stays.
    """

    parameter: Literal["sigma_m", "sigma_d", "sigma", "sigma_va", "trade"]
    sectors: Names = ("all",)
    value: float | None = Field(default=None, gt=0, allow_inf_nan=False, strict=True)
    times: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        strict=True,
        description="a factor on the set's own value, or on that of an entry above, in place of 'value'",
    )

    @model_validator(mode="after")
    def _one_way(self) -> Override:
        if (self.value is None) == (self.times is None):
            raise ValueError("either 'value' (in place of the set's) or 'times' (a factor on it) is needed")
        if self.parameter == "trade" and self.times is None:
            raise ValueError(
                "'trade' stands for sigma_m, sigma_d and sigma, which are not equal: write 'times', or a "
                "'value' for one of them"
            )
        return self

    def words(self) -> str:
        """``5`` or ``times 1.2``."""
        return f"{self.value:g}" if self.times is None else f"times {self.times:g}"


class Baseline(Strict):
    """Where the scenario starts: a file of ``scenarios/baseline`` or a path, and the benchmark's tariffs."""

    name: str = Field(
        default="in-force-2026", description="a baseline file, by name or by path beside the scenario"
    )
    without: Names = Field(default=(), description="agreements of that file that are left out")
    use: dict[str, AgreementUse] = Field(
        default_factory=dict, description="how agreements of that file are used; 'all' means every one"
    )
    us_china_duties: bool = Field(
        default=True, strict=True, description="additional US-China duties of 2018-19 in the benchmark"
    )
    tariffs: Annotated[Literal["2022", "2017"], BeforeValidator(_text_number)] = Field(
        default="2022", description="which year's tariffs the benchmark carries"
    )
