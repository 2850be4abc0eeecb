"""The few figures of a coalition's solution that attribution needs, without the rest of a comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import xarray as xr

from cge.solution import Solution
from results.attribution import Label
from results.errors import ResultsError
from results.indicators import USD_BASE
from results.jobs import employment, jobs
from results.levels import Levels, levels, same_world
from results.tidy import WORLD
from results.welfare import equivalent_variation, real_gdp_index, trade_volume

PLAIN = ("welfare_ev", "real_gdp", "exports_volume", "employment", "displaced")
UNITS = {
    "welfare_ev": USD_BASE, "real_gdp": USD_BASE, "exports_volume": USD_BASE,
    "employment": "thousand persons", "displaced": "thousand persons",
}  # fmt: skip
"""Units of the changes; jobs of a sector group are thousand persons."""


@dataclass(frozen=True)
class Figures:
    """Figures against one base. ``groups``: sector group -> sectors of the model."""

    base: Solution
    start: Levels
    groups: Mapping[str, tuple[str, ...]]
    indicators: tuple[str, ...]

    @classmethod
    def against(
        cls, base: Solution, indicators: Sequence[str], groups: Mapping[str, tuple[str, ...]]
    ) -> Figures:
        """Raises ResultsError on an indicator that is not offered here."""
        for name in indicators:
            word, _, group = name.partition(":")
            if name not in PLAIN and not (word == "jobs" and group in groups):
                offered = ", ".join((*PLAIN, *(f"jobs:{g}" for g in groups)))
                raise ResultsError(f"indicator {name}: not one that is attributed; there are {offered}")
        return cls(base, levels(base), groups, tuple(dict.fromkeys(indicators)))

    def labels(self) -> tuple[Label, ...]:
        """Every figure: each indicator for each region and the world."""
        regions = [*map(str, self.base.values["r"].values), WORLD]
        return tuple(
            Label(name, UNITS.get(name, "thousand persons"), region)
            for name in self.indicators
            for region in regions
        )

    def of(self, new: Solution) -> pd.Series:
        """Changes from the base, one entry per label."""
        base, new = same_world(self.base, new)
        after = levels(new)
        found = {}
        with xr.set_options(arithmetic_join="exact"):
            for name in self.indicators:
                change = self._change(name, base, new, after)
                values = dict(zip(map(str, change["r"].values), change.values.tolist(), strict=True))
                values[WORLD] = float(change.sum())
                found |= {f"{name}|{region}": value for region, value in values.items()}
        return pd.Series({str(label): found[str(label)] for label in self.labels()}, dtype=float)

    def _change(self, name: str, base: Solution, new: Solution, after: Levels) -> xr.DataArray:
        before = self.start
        if name == "welfare_ev":
            return equivalent_variation(before, after, base.values, new.values).ev
        if name == "real_gdp":
            return before["gdp_expenditure"] * (real_gdp_index(before, after) - 1)
        if name == "exports_volume":
            return trade_volume(before, after)[0] - trade_volume(before, before)[0]
        if name == "employment":
            return employment(new) - employment(base)
        work = jobs(base, new).data
        change = (work["new"] - work["base"]).transpose("r", "j")
        if name == "displaced":
            return (-change).clip(min=0).sum("j")
        return change.sel(j=list(self.groups[name.partition(":")[2]])).sum("j")
