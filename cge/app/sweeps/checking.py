"""What is wrong with a plan, and what a user must know of it, before anything is compiled."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from calibration.aggregate import Aggregation
from calibration.elasticities import ElasticityError, elasticity_rows
from calibration.labels import region_labels, sector_labels
from cge.app.barriers import one_level, theta_of
from cge.app.sweeps.plan import Plan, written
from cge.designs.distributions import SURE
from scenarios.apply import check, check_model_regions, scenario_moves_barriers
from scenarios.problems import Problem, ScenarioError
from scenarios.target_names import industries_of
from scenarios.varying import parse_target, varied

FEW = 40
"""Numbers of one target up to which each is tried; of more the smallest and the largest."""
TRIES = 3
"""Points with a value that are tried: one may be wrong for another target's sake."""
TRADE = ("trade", "sigma_m", "sigma_d", "sigma")
"""Elasticities that ``trade`` moves together."""


def refuse_other_rows(targets: Iterable[str]) -> None:
    """Raise ScenarioError for a target that would give a point other regions or sectors."""
    for target in targets:
        if target.partition(".")[0] == "aggregation":
            message = "an outcome's rows are the model's regions and sectors, which points share"
            raise ScenarioError([Problem(f"vary {target}", None, "", message)])


def percent_targets(plan: Plan, stated: Collection[str], aggregation: Aggregation) -> frozenset[str]:
    """Targets with values above 1.5 that were given in percent (``stated``) and that a file writes so."""
    found = set()
    for k, target in enumerate(plan.design.targets):
        if target not in stated or parse_target(target).parameter:
            continue
        large = [n for n, p in enumerate(plan.design.points) if isinstance(p[k], float) and abs(p[k]) > SURE]
        if large:
            changes = plan.design.changes(large[0])
            as_text = {**changes, target: written(changes[target])}
            if not _wrong(plan, as_text, aggregation) or _wrong(plan, changes, aggregation):
                found.add(target)
    return frozenset(found)


def require_values(plan: Plan, aggregation: Aggregation) -> None:
    """Raise ScenarioError for values that no point can have: every listed one, the ends of all others.

    A value is wrong if it is wrong alone and in every point that is tried with it: a number of a closure, for
    instance, has no meaning alone where the design chooses the closure as well.
    """
    problems: dict[str, Problem] = {}
    for target, numbers in _values(plan):
        points = [plan.changes(n) for n in numbers[:TRIES]]
        alone = _wrong(plan, {target: points[0][target]}, aggregation)
        if alone and all(_wrong(plan, changes, aggregation) for changes in points):
            problems |= {str(p): p for p in alone}
    if problems:
        raise ScenarioError(problems.values())


def _values(plan: Plan) -> Iterator[tuple[str, list[int]]]:
    """Each target with the numbers of the points that have one of its values, value by value."""
    for k, target in enumerate(plan.design.targets):
        having: dict[str, list[int]] = {}
        value_of: dict[str, Any] = {}
        for n, point in enumerate(plan.design.points, start=1):
            if point[k] is not None:
                having.setdefault(repr(point[k]), []).append(n)
                value_of[repr(point[k])] = point[k]
        ends = [key for key, value in value_of.items() if isinstance(value, float)]
        if len(ends) > FEW:
            ends.sort(key=value_of.__getitem__)
            for key in ends[1:-1]:
                del having[key]
        for numbers in having.values():
            yield target, numbers


def _wrong(plan: Plan, changes: Mapping[str, Any], aggregation: Aggregation) -> tuple[Problem, ...]:
    """What is wrong with a point as far as its file shows it."""
    try:
        found = varied(plan.scenario, changes, aggregation)
        check(found, list(region_labels()), list(sector_labels()))
        check_model_regions(found, aggregation.region_codes())
        elasticity_rows(found.elasticities)
    except ScenarioError as error:
        return tuple(error.problems)
    except ElasticityError as error:
        return (Problem(f"vary {', '.join(changes)}", None, "", str(error)),)
    return ()


def overlaps(plan: Plan, aggregation: Aggregation) -> tuple[str, ...]:
    """A note for each two targets that move the same elasticity of a sector: both count."""
    members: dict[str, tuple[str, ...]] = {}
    for industry, sector in aggregation.sectors.items():
        members[sector] = (*members.get(sector, ()), industry)
    cells = {}
    for text in plan.design.targets:
        target = parse_target(text)
        if target.parameter:
            names = target.sectors or ("all",)
            of = TRADE if target.parameter == "trade" else (target.parameter,)
            inside = {i for name in names for i in industries_of(name, members, expand=True)}
            cells[text] = (target.sets, {(p, i) for p in of for i in inside})
    notes = []
    texts = list(cells)
    for k, one in enumerate(texts):
        both = [other for other in texts[k + 1 :] if cells[one][1] & cells[other][1]]
        for how, chosen in (
            ("multiply where they meet", [o for o in both if not (cells[one][0] or cells[o][0])]),
            (
                "meet: what 'value:' sets is then multiplied",
                [o for o in both if cells[one][0] != cells[o][0]],
            ),
        ):
            if chosen:
                more = f" and {len(chosen) - 1} more" if len(chosen) > 1 else ""
                notes.append(f"{one} and {chosen[0]}{more} {how}")
    return tuple(notes)


def without_meaning(plan: Plan, aggregation: Aggregation) -> tuple[str, ...]:
    """A note for each target with points at which barriers have no tariff equivalent: substitution among
    origins at or below 1. Empty where the scenario moves no barriers.
    """
    if not scenario_moves_barriers(plan.scenario):
        return ()
    parameter = "sigma" if one_level(plan.scenario) else "sigma_m"
    notes = []
    for k, text in enumerate(plan.design.targets):
        target = parse_target(text)
        numbers = [p[k] for p in plan.design.points if isinstance(p[k], float)]
        if target.parameter not in ("trade", parameter) or not numbers:
            continue
        try:
            theta = theta_of(varied(plan.scenario, {text: min(numbers)}, aggregation), move_near_one=True)
        except ScenarioError:
            continue
        if (low := theta.where(theta <= 0, drop=True)).size:
            notes.append(
                f"{text} goes down to {min(numbers):.3g}, which brings {parameter} of "
                f"{', '.join(map(str, low['i'].values))} to 1 or below, where barriers have no meaning: such "
                f"points fail; narrow {text}"
            )
    return tuple(notes)
