"""Which regions of a model a scenario's retraining programme covers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scenarios.groups import Groups, UnknownNameError, load_groups
from scenarios.problems import Problem, ScenarioError
from scenarios.schema import Scenario


def retraining_regions(
    scenario: Scenario, members: Mapping[str, Sequence[str]], groups: Groups | None = None
) -> tuple[str, ...]:
    """Regions of the model, in its order; empty without a programme.

    Args:
        scenario: as read.
        members: economies of each region of the model.
        groups: regions by group and date; the packaged table by default.

    Raises:
        ScenarioError: a name that is neither a region of the model, nor an economy, nor a group, or one that
            covers part of a region of the model.
    """
    if scenario.retraining is None:
        return ()
    table = groups or load_groups()
    economies = [c for inside in members.values() for c in inside]
    named: dict[str, set[str]] = {}
    problems: list[Problem] = []
    for k, name in enumerate(scenario.retraining.regions):
        path = f"retraining.regions[{k}]"
        try:
            inside = set(members[name]) if name in members else set(table.expand(name, economies)[0])
            named[path] = inside
        except UnknownNameError as error:
            problems.append(scenario.origin.problem(path, str(error)))
    every = set().union(*named.values())
    for path, inside in named.items():
        partly = [r for r, who in members.items() if inside & set(who) and not set(who) <= every]
        if partly:
            words = ", ".join(sorted(c for r in partly for c in inside & set(members[r])))
            message = (
                f"{words} is only part of {', '.join(partly)}; choose an aggregation that keeps it apart"
            )
            problems.append(scenario.origin.problem(path, message))
    if problems:
        raise ScenarioError(problems)
    return tuple(r for r, who in members.items() if who and set(who) <= every)
