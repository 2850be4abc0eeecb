"""Which regions of a model a scenario's retraining programme covers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scenarios.groups import Groups
from scenarios.schema import Scenario
from scenarios.whole_regions import whole_regions


def retraining_regions(
    scenario: Scenario, members: Mapping[str, Sequence[str]], groups: Groups | None = None
) -> tuple[str, ...]:
    """Regions of the model, in its order; empty without a programme. Raises as `whole_regions`."""
    if scenario.retraining is None:
        return ()
    names = scenario.retraining.regions
    return whole_regions(names, "retraining.regions", members, scenario.origin, groups)
