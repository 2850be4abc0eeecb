"""Regions of a model that a scenario names for a measure which only whole regions can have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scenarios.groups import Groups, UnknownNameError, load_groups
from scenarios.problems import Origin, Problem, ScenarioError


def whole_regions(
    names: Sequence[str],
    path: str,
    members: Mapping[str, Sequence[str]],
    origin: Origin,
    groups: Groups | None = None,
) -> tuple[str, ...]:
    """Regions of the model, in its order.

    Args:
        names: regions of the model, economies, or groups.
        path: of the names in the file, such as ``retraining.regions``.
        members: economies of each region of the model.
        origin: the scenario's file, for messages.
        groups: regions by group and date; the packaged table by default.

    Raises:
        ScenarioError: a name that is neither a region of the model, nor an economy, nor a group, or one that
            covers part of a region of the model.
    """
    table = groups or load_groups()
    economies = [c for inside in members.values() for c in inside]
    named: dict[str, set[str]] = {}
    problems: list[Problem] = []
    for k, name in enumerate(names):
        place = f"{path}[{k}]"
        try:
            named[place] = set(members[name]) if name in members else set(table.expand(name, economies)[0])
        except UnknownNameError as error:
            problems.append(origin.problem(place, str(error)))
    every = set().union(*named.values())
    for place, inside in named.items():
        partly = [r for r, who in members.items() if inside & set(who) and not set(who) <= every]
        if partly:
            words = ", ".join(sorted(c for r in partly for c in inside & set(members[r])))
            message = (
                f"{words} is only part of {', '.join(partly)}; choose an aggregation that keeps it apart"
            )
            problems.append(origin.problem(place, message))
    if problems:
        raise ScenarioError(problems)
    return tuple(r for r, who in members.items() if who and set(who) <= every)
