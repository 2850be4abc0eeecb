"""One policy against one baseline: every table, with the story of where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

import pandas as pd
import xarray as xr

from cge.solution import Solution
from results.adjustment import Adjustment, Parameters, adjustment
from results.adjustment_account import account
from results.cautions import sign_warnings
from results.compensation import Settlement, before_losses
from results.compensation import table as compensation_table
from results.dependence import dependence
from results.errors import ResultsError
from results.indicators import indicators
from results.jobs import jobs
from results.ledger import ledger
from results.levels import same_world
from results.leverage import leverage
from results.output import output
from results.retraining import Programme
from results.tidy import COLUMNS, only
from results.world_table import world_table

SUPPLIER = "CHN"
"""The supplier whose share is traced through inputs unless another is named."""


@dataclass(frozen=True)
class ScenarioInfo:
    """Where a comparison comes from. Plain text throughout; ``text`` is the scenario file as it was read.

    ``focus``: the region that screen and report look at closely; ``baseline`` and ``baseline_date``: the
    policy baseline that the numbers are changes from; ``choices``: aggregation, closure, elasticities and
    the like; ``hashes``: sha256 of data, scenario and code; ``notes``: what applying the scenario had to
    say; ``question``: what the scenario asks; ``sector_names``, ``region_names``: label -> words (optional);
    ``members``: region -> economies (ISO3); ``sector_groups``: group -> sectors; ``policy``: ``changes`` (a
    count), ``lines`` (what changes, in words), ``parties`` (regions on either side of a change), ``access``;
    ``assumptions``: records of what the numbers rest on (table, assumption, value, unit, source, confidence,
    changed). The last six stand in the manifest under ``labels``, ``policy`` and ``assumptions``.
    """

    name: str
    title: str = ""
    question: str = ""
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
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sector_groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    policy: Mapping[str, Any] = field(default_factory=lambda: {"changes": 0, "lines": ()})
    assumptions: tuple[Mapping[str, str], ...] = ()


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

    def __repr__(self) -> str:
        """One line: what, how large, and the gain of the focus."""
        info, m = self.scenario, self.manifest
        gain = self.row(info.focus, "welfare_ev")
        return (
            f"Comparison({info.name}: {m['regions']} regions, {m['sectors']} sectors; "
            f"welfare of {info.focus} {gain['percent']:+.3f} % of national income, "
            f"{gain['change']:+,.0f} {gain['unit']})"
        )

    def _repr_html_(self) -> str:
        from results.notebook import comparison_html

        return comparison_html(self)

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
    compensation: Settlement | None = None,
) -> Comparison:
    """Every result of ``new`` against ``base``, which share one benchmark.

    ``households``: thousands (r), optional; ``retraining``: a programme whose rows join the adjustment table;
    ``compensation``: what ``new`` pays inside the model; the adjustment account then compares with the gain
    before the losses that ``new`` holds already, so that none is counted twice.
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
    costs = adjustment(base, work, before_losses(found, compensation), adjustment_parameters)
    tables = {
        "indicators": found.table,
        "jobs": work.table(),
        "output": output(base, new),
        "ledger": ledger(base, new).table(),
        "adjustment": account(base, new, work, costs, retraining),
    }
    world, supplier = (world_table(base), world_table(new)), scenario_info.supplier
    if supplier not in regions:
        words = f"{supplier} is no region of this aggregation: dependence on it is not traced"
        scenario_info = replace(scenario_info, notes=(words, *scenario_info.notes))
    tables["leverage"] = leverage(base, new, work, world).table(scenario_info.focus, supplier)
    if supplier in regions:
        tables["dependence"] = dependence(base, new, supplier, world).table()
    if compensation is not None:
        tables["compensation"] = compensation_table(compensation)
    warnings = (
        *sign_warnings(base, new, found.table, scenario_info.region_names, scenario_info.sector_names),
        *found.notes,
    )
    manifest = _manifest(base, new, scenario_info, found.gdp_gap, costs, warnings)
    if compensation is not None:
        manifest["compensation"] = compensation.to_dict()
    return Comparison(
        base, new, MappingProxyType(tables), scenario_info, MappingProxyType(manifest), warnings
    )


ELSEWHERE = frozenset(
    {"text", "sector_names", "region_names", "members", "sector_groups", "policy", "assumptions"}
)
"""Fields of a ScenarioInfo that are not part of the manifest's ``scenario``."""


def _labels(info: ScenarioInfo, regions: list[str], sectors: list[str]) -> dict[str, Any]:
    """Words for every region and sector (the code where there are none), members and groups."""
    return {
        "regions": {r: info.region_names.get(r) or r for r in regions},
        "sectors": {s: info.sector_names.get(s) or s for s in sectors},
        "members": {r: list(info.members.get(r, (r,))) for r in regions},
        "sector_groups": {g: list(inside) for g, inside in info.sector_groups.items()},
    }


def _manifest(
    base: Solution,
    new: Solution,
    info: ScenarioInfo,
    gap: float,
    costs: Adjustment,
    warnings: tuple[str, ...],
) -> dict[str, Any]:
    scenario = {f.name: getattr(info, f.name) for f in fields(info) if f.name not in ELSEWHERE}
    regions, sectors = ([str(x) for x in base.values[d].values] for d in ("r", "i"))
    return {
        "scenario": scenario,
        "regions": len(regions),
        "sectors": len(sectors),
        "labels": _labels(info, regions, sectors),
        "policy": dict(info.policy),
        "assumptions": [dict(a) for a in info.assumptions],
        "certificate": {"base": base.certificate.to_dict(), "counterfactual": new.certificate.to_dict()},
        "nominal_gdp_gap": gap,
        "adjustment_parameters": {s: asdict(p) for s, p in costs.parameters.items()},
        "warnings": list(warnings),
    }
