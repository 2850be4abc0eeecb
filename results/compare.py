"""One policy against one baseline: every table, with the story of where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

import pandas as pd
import xarray as xr

from cge.solution import Solution
from results.adjustment import Adjustment, Parameters, adjustment
from results.cautions import sign_warnings
from results.dependence import dependence
from results.errors import ResultsError
from results.indicators import indicators
from results.jobs import jobs
from results.ledger import ledger
from results.levels import same_world
from results.retraining import Programme
from results.retraining import table as programme_table
from results.tidy import COLUMNS, only, pick, rows

SUPPLIER = "CHN"
"""The supplier whose share is traced through inputs unless another is named."""


@dataclass(frozen=True)
class ScenarioInfo:
    """Where a comparison comes from. Plain text throughout; ``text`` is the scenario file as it was read.

    ``focus``: the region that screen and report look at closely; ``baseline`` and ``baseline_date``: the
    policy baseline that the numbers are changes from; ``choices``: aggregation, closure, elasticities and
    the like; ``hashes``: sha256 of data, scenario and code; ``notes``: what applying the scenario had to
    say; ``sector_names``, ``region_names``: label -> words (optional).
    """

    name: str
    title: str = ""
    description: str = ""
    text: str = ""
    focus: str = "USA"
    supplier: str = SUPPLIER
    baseline: str = ""
    baseline_date: str = ""
    command: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    sector_names: Mapping[str, str] = field(default_factory=dict)
    region_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """A counterfactual against its base. ``tables``: name -> tidy frame (``tidy.COLUMNS`` first, extras
    after); ``manifest``: JSON-ready account of scenario, certificates and choices; ``warnings``: signs to
    read with care.
    """

    base: Solution
    new: Solution
    tables: Mapping[str, pd.DataFrame]
    scenario: ScenarioInfo
    manifest: Mapping[str, Any]
    warnings: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """All tables in one long tidy frame with the columns of ``tidy.COLUMNS``."""
        return pd.concat([pd.DataFrame(t[COLUMNS]) for t in self.tables.values()], ignore_index=True)

    def row(self, region: str, indicator: str) -> pd.Series:
        """One regional indicator. Raises ResultsError when there is none."""
        both = pd.concat([self.tables["indicators"], self.tables["adjustment"]])
        return only(both, region=region, indicator=indicator, sector="")


def compare(
    base: Solution,
    new: Solution,
    *,
    scenario_info: ScenarioInfo,
    households: xr.DataArray | None = None,
    adjustment_parameters: dict[str, Parameters] | None = None,
    retraining: Programme | None = None,
) -> Comparison:
    """Every result of ``new`` against ``base``, which share one benchmark.

    ``households``: thousands (r), optional; ``retraining``: a programme whose rows join the adjustment table.
    Raises ResultsError when a solution is not converged, the two
    do not belong together, the focus is not a region, or a number does not exist.
    """
    for which, s in (("base", base), ("counterfactual", new)):
        if not s.certificate.converged:
            raise ResultsError(
                f"the {which} is not a solution (its certificate says so); it gives no results"
            )
    base, new = same_world(base, new)
    regions = [str(r) for r in base.values.r.values]
    if scenario_info.focus not in regions:
        raise ResultsError(
            f"focus {scenario_info.focus!r} is not a region here; choose from {', '.join(regions)}"
        )
    found = indicators(base, new, households=households)
    work = jobs(base, new)
    costs = adjustment(base, work, found, adjustment_parameters)
    tables = {
        "indicators": found.table,
        "jobs": work.table(),
        "output": _output(base, new),
        "ledger": ledger(base, new).table(),
        "adjustment": costs.table(),
    }
    if scenario_info.supplier in regions:
        tables["dependence"] = dependence(base, new, scenario_info.supplier).table()
    if retraining is not None:
        both = [tables["adjustment"], programme_table(costs, retraining)]
        tables["adjustment"] = pd.concat(both, ignore_index=True)
    warnings = (
        *sign_warnings(base, new, pick(found.table, indicator="welfare_ev")),
        *found.notes,
    )
    manifest = _manifest(base, new, scenario_info, found.gdp_gap, costs, warnings)
    return Comparison(
        base, new, MappingProxyType(tables), scenario_info, MappingProxyType(manifest), warnings
    )


def _output(base: Solution, new: Solution) -> pd.DataFrame:
    """Output volume by region and sector at benchmark basic prices."""
    b = base.benchmark
    gross = b.H0 + b.X0.sum("d").rename(o="r")
    return rows(
        "output", "USD million at benchmark prices", gross * base.values.y, gross * new.values.y, ("r", "i")
    )


def _manifest(
    base: Solution,
    new: Solution,
    info: ScenarioInfo,
    gap: float,
    costs: Adjustment,
    warnings: tuple[str, ...],
) -> dict[str, Any]:
    scenario = {k: v for k, v in asdict(info).items() if k not in ("text", "sector_names", "region_names")}
    sizes = {d: int(base.values.sizes[d]) for d in ("r", "i")}
    return {
        "scenario": scenario,
        "regions": sizes["r"],
        "sectors": sizes["i"],
        "certificate": {"base": base.certificate.to_dict(), "counterfactual": new.certificate.to_dict()},
        "nominal_gdp_gap": gap,
        "adjustment_parameters": {s: asdict(p) for s, p in costs.parameters.items()},
        "warnings": list(warnings),
    }
