"""Targets that a user asked for and that move nothing here: a band without width would not say why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cge.app.sweeps.cases import Workbench
from cge.app.sweeps.effects import differs
from cge.app.sweeps.engine import SAID
from cge.app.sweeps.plan import AskedError, Plan

MOST = 12
"""Targets up to which each is tried, ``[*]`` counting as one: trying one makes a case and solves nothing."""
NO_EFFECT = "changes no parameter and no instrument of this model"


def idle_notes(bench: Workbench, plan: Plan) -> tuple[str, ...]:
    """A note for each target of ``plan.asked`` without effect. Nothing is compiled or solved.

    A target is tried alone, at the smallest and, where that changes nothing, the largest of its values; one
    that cannot be changed alone is left to its points.

    Raises:
        AskedError: nothing that is varied has an effect.
    """
    if not 0 < len(plan.asked) <= MOST:
        return ()
    idle = [target for target in plan.asked if _idle(bench, plan, target)]
    if len(idle) == len(plan.asked):
        raise AskedError(
            f"nothing that is varied has an effect here ({', '.join(idle)}): it {NO_EFFECT}; vary something "
            "else, or a scenario in which it matters"
        )
    return tuple(f"{target} has no effect: it {NO_EFFECT}" for target in idle)


def _idle(bench: Workbench, plan: Plan, asked: str) -> bool:
    try:
        for changes in _probes(plan, bench.expand([asked])):
            if differs(bench.central, bench.case_at(bench.scenario_at(changes))):
                return False
    except SAID:
        return False
    return True


def _probes(plan: Plan, targets: list[str]) -> Iterator[Mapping[str, Any]]:
    """Values of these targets alone, from the points where the first of them is smallest and largest."""
    points = [plan.changes(n) for n in range(1, len(plan) + 1)]
    having = [{t: p[t] for t in targets if t in p} for p in points]
    having = [h for h in having if h]
    numbers = [h for h in having if all(isinstance(v, float) for v in h.values())]
    chosen = sorted(numbers, key=lambda h: next(iter(h.values()))) if len(numbers) == len(having) else having
    yield from {repr(h): h for h in (*chosen[:1], *chosen[-1:])}.values()
