"""What a scenario may say about firms: which sectors are Krugman's or Melitz's."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from scenarios.fields import Names, Strict
from scenarios.problems import suggest

MANUFACTURING = "manufacturing"
"""The group of sectors that may have firms, and the default where a structure names no sectors."""
STRUCTURES = ("armington", "krugman", "melitz")


class Structure(Strict):
    """Sectors with firms: free entry (krugman), also with selection of exporters (melitz); else Armington.

    A name alone, ``structure: krugman``, means all of manufacturing.
    """

    krugman: Names | None = Field(default=None, description="sectors with identical firms and free entry")
    melitz: Names | None = Field(default=None, description="sectors whose firms differ in productivity")
    pareto_ratio: float | None = Field(
        default=None,
        gt=1,
        allow_inf_nan=False,
        strict=True,
        description="Pareto shape over (elasticity among varieties less 1), melitz only",
    )

    @model_validator(mode="after")
    def _ratio_has_a_use(self) -> Structure:
        if self.pareto_ratio is not None and self.melitz is None:
            raise ValueError("'pareto_ratio' goes with 'melitz' only")
        return self

    @property
    def named(self) -> dict[str, tuple[str, ...]]:
        """The names of sectors by structure, where there are any."""
        both = {"krugman": self.krugman, "melitz": self.melitz}
        return {name: sectors for name, sectors in both.items() if sectors is not None}


def whole_manufacturing(value: Any) -> Any:
    """A bare name of a structure as a mapping: all of manufacturing."""
    if not isinstance(value, str):
        return value
    if value not in STRUCTURES:
        raise ValueError(f"'{value}' is not one of {', '.join(STRUCTURES)}" + suggest(value, STRUCTURES))
    return {} if value == "armington" else {value: MANUFACTURING}
