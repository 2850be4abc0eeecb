"""How fast a preference is phased in: the share of the final tariff cut that is done after some years."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from scenarios.fields import Strict
from scenarios.rows import numbered_rows
from scenarios.units import Share, percent, share

STAGING = Path(__file__).parent / "tables" / "staging.csv"
LONGEST = 100


def _years(value: Any) -> float:
    """A number of years since entry into force, 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"a number of years since entry into force is needed, such as 5, not '{value}'")
    if value < 0:
        raise ValueError(f"{value:g}: before entry into force nothing is phased in; years are 0 or more")
    if value > LONGEST:
        raise ValueError(f"{value:g}: years are counted from entry into force (5), they are no dates")
    return float(value)


Years = Annotated[float, BeforeValidator(_years), WithJsonSchema({"type": "number", "minimum": 0})]


def _points(value: Any) -> Any:
    """``{years: 30, at_entry: 75%, 10: 95%}``: numbers among the keys are years."""
    if not isinstance(value, Mapping):
        raise ValueError("a mapping is needed here, such as {years: 20, at_entry: 60%, 10: 90%}")
    named = {str(k): v for k, v in value.items() if not _is_number(k)}
    numbered = [(_years(float(k)), share(v)) for k, v in value.items() if _is_number(k)]
    return {**named, "points": tuple(sorted(numbered))} if numbered else named


def _is_number(key: Any) -> bool:
    return str(key).replace(".", "", 1).isdigit()


class Staging(Strict):
    """Shares of the final cut: ``at_entry``, after the years in ``points``, all of it after ``years``.

    Linear in between.
    """

    years: Years
    at_entry: Share = 0.0
    points: tuple[tuple[float, float], ...] = Field(default=(), description="(year, share of the final cut)")

    @model_validator(mode="after")
    def _never_falls(self) -> Staging:
        if self.years <= 0:
            raise ValueError("'years' must be above 0; a cut made at once needs no staging of its own")
        at, done = self._path()
        if (np.diff(at) <= 0).any():
            raise ValueError(f"every year lies between 0 and 'years' ({self.years:g}), which is the end")
        if (np.diff(done) < 0).any():
            raise ValueError(f"the share that is done cannot fall: {', '.join(percent(x) for x in done)}")
        return self

    def _path(self) -> tuple[list[float], list[float]]:
        steps = [(0.0, self.at_entry), *self.points, (self.years, 1.0)]
        return [year for year, _ in steps], [done for _, done in steps]

    def done(self, year: float | None) -> float:
        """Share of the final cut that is done ``year`` years after entry; None: fully phased in."""
        return 1.0 if year is None else float(np.interp(year, *self._path()))

    def words(self) -> str:
        """``75 % at entry, 95 % after 10 years, all after 30 years``."""
        between = [f"{percent(done)} after {year:g}" for year, done in self.points]
        return ", ".join([f"{percent(self.at_entry)} at entry", *between, f"all after {self.years:g} years"])


StagingOf = Annotated[Staging, BeforeValidator(_points)]


@cache
def default_staging() -> Staging:
    """What stands for a line without a staging of its own: the row of ``tables/staging.csv``."""
    rows = {row["name"]: row["value"] for _, row in numbered_rows(STAGING)}
    return Staging(years=float(rows["years"]), at_entry=float(rows["at_entry"]))
