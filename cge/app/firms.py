"""From the market structures a scenario names to the firms of each sector of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from calibration.aggregate import Aggregation
from calibration.elasticities import Elasticities
from calibration.labels import read_rows
from cge.market_structure import Firms, at_trade_elasticity
from scenarios.problems import Problem, ScenarioError
from scenarios.schema import Scenario
from scenarios.structure_schema import MANUFACTURING


@dataclass(frozen=True)
class FirmSectors:
    """Firms by sector of the model, and what a reader should know about those left out."""

    firms: Mapping[str, Firms]
    notes: tuple[str, ...]


def firms_by_sector(
    scenario: Scenario, structures: Mapping[str, str], aggregation: Aggregation, elasticities: Elasticities
) -> FirmSectors:
    """Firms by sector of the aggregation, at the one-nest trade elasticity of the set in use.

    `structures` gives the structure by industry. A sector of the model that is manufacturing only in part
    stays Armington, with a note, when the scenario asks for all of manufacturing. Raises ScenarioError where
    a sector mixes industries that the scenario names one by one, or where its elasticity allows no firms.
    """
    found: dict[str, Firms] = {}
    notes: list[str] = []
    named = scenario.formulation.structure.named
    problems: list[Problem] = []
    ratio = scenario.formulation.structure.pareto_ratio or default_pareto_ratio()
    for sector in dict.fromkeys(aggregation.sectors.values()):
        members = {i: structures.get(i, "armington") for i, s in aggregation.sectors.items() if s == sector}
        kinds = set(members.values())
        if kinds == {"armington"}:
            continue
        kind = next(k for k in sorted(kinds) if k != "armington")
        path = f"formulation.structure.{kind}"
        if kinds == {"armington", kind} and named[kind] == (MANUFACTURING,):
            place = scenario.origin.place(path)
            notes.append(f"{place}: sector {sector} is manufacturing only in part and stays Armington")
            continue
        if len(kinds) > 1:
            mixed = ", ".join(f"{industry} {kind}" for industry, kind in members.items())
            message = f"sector {sector} of aggregation {aggregation.name} has one structure, not {mixed}"
            problems.append(scenario.origin.problem(path, message))
            continue
        firms = at_trade_elasticity(kind, float(elasticities.data["sigma"].sel(i=sector)), ratio)
        if reason := firms.problem():
            problems.append(scenario.origin.problem(path, f"{sector} cannot be {firms.structure}: {reason}"))
        found[sector] = firms
    if problems:
        raise ScenarioError(problems)
    return FirmSectors(found, tuple(notes))


def default_pareto_ratio() -> float:
    """Pareto shape over (elasticity among varieties less 1) where the scenario is silent."""
    values = {row["parameter"]: float(row["value"]) for row in read_rows("assumptions", "firms.csv")}
    return values["pareto_shape"] / (values["sigma_varieties"] - 1)


def check_overrides(
    scenario: Scenario,
    overrides: Sequence[tuple[str, tuple[str, ...], float, bool]],
    structures: Mapping[str, str],
    trade: str,
) -> None:
    """Refuse an override that no nest of its industries uses: it would change nothing, silently."""
    one_nest = trade == "armington_one_level"
    for number, (parameter, industries, *_) in enumerate(overrides):
        if parameter == "trade":
            continue
        used = {"sigma"} if one_nest else {n for i in industries for n in _nests(i in structures)}
        if parameter == "sigma_va":
            if scenario.formulation.production == "cobb_douglas":
                message = "sigma_va has no effect in Cobb-Douglas production; choose leontief or ces"
                raise ScenarioError([scenario.origin.problem(f"overrides[{number}].parameter", message)])
            continue
        if parameter in used:
            continue
        nest = "one-level" if used == {"sigma"} else "two-level"
        wanted = "sigma" if used == {"sigma"} else "sigma_m or sigma_d"
        message = f"{parameter} has no effect in the {nest} nest of this run; override {wanted}"
        raise ScenarioError([scenario.origin.problem(f"overrides[{number}].parameter", message)])


def _nests(has_firms: bool) -> tuple[str, ...]:
    return ("sigma",) if has_firms else ("sigma_m", "sigma_d")
