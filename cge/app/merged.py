"""Notes on regions of an aggregation that hold more than their name or a measure's aim says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from calibration.labels import REST
from scenarios.domestic import LETTERS
from scenarios.groups import Groups, load_groups
from scenarios.schema import Scenario

_SHOWN = 6


def merged_notes(
    scenario: Scenario, members: Mapping[str, Sequence[str]], groups: Groups | None = None
) -> tuple[str, ...]:
    """A note for each region named after one economy that holds others, and for measures at home in a part.

    Args:
        scenario: expanded already, so that its names are known to mean something.
        members: economies of each region of the model.
        groups: regions by group and date; the packaged table by default.
    """
    return (*_named_after_one(scenario, members), *_in_part(scenario, members, groups or load_groups()))


def _named_after_one(scenario: Scenario, members: Mapping[str, Sequence[str]]) -> list[str]:
    """The rest of the world is named after nobody."""
    notes, retrained = list[str](), scenario.retraining.regions if scenario.retraining else ()
    paid = scenario.compensation.regions if scenario.compensation else ()
    for region, inside in members.items():
        others = [c for c in inside if c != region]
        if region == REST or not others or region not in inside:
            continue
        path = (
            "focus" if scenario.focus == region
            else f"retraining.regions[{retrained.index(region)}]" if region in retrained
            else f"compensation.regions[{paid.index(region)}]" if region in paid
            else "aggregation"
        )  # fmt: skip
        figures = "both" if len(others) == 1 else "all of them"
        notes.append(
            f"{scenario.origin.place(path)}: region {region} of this aggregation also holds {_few(others)}: "
            f"its figures are of {figures}"
        )
    return notes


def _in_part(scenario: Scenario, members: Mapping[str, Sequence[str]], groups: Groups) -> list[str]:
    """A tax, subsidy, productivity or endowment of some economies of a region, averaged over all of it."""
    economies, notes = [c for inside in members.values() for c in inside], list[str]()
    for k, shock in enumerate(scenario.shocks):
        if shock.instrument not in LETTERS:
            continue
        aimed = frozenset().union(*(groups.expand(name, economies)[0] for name in shock.regions or ()))
        for region, inside in members.items():
            hit, others = [c for c in inside if c in aimed], [c for c in inside if c not in aimed]
            if hit and others:
                notes.append(
                    f"{scenario.origin.place(f'shocks[{k}].regions')}: region {region} of this aggregation "
                    f"holds {_few(hit)} and also {_few(others)}: the measure is averaged over all of it"
                )
    return notes


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} others" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
