"""Which regions of a model a scenario's compensation covers, and which closures it can be paid under."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scenarios.compensation_schema import TAXES
from scenarios.groups import Groups
from scenarios.problems import ScenarioError
from scenarios.schema import Scenario
from scenarios.whole_regions import whole_regions


def compensation_regions(
    scenario: Scenario, members: Mapping[str, Sequence[str]], groups: Groups | None = None
) -> tuple[str, ...]:
    """Regions of the model, in its order; empty without compensation. Raises as `whole_regions`."""
    if scenario.compensation is None:
        return ()
    names = scenario.compensation.regions
    return whole_regions(names, "compensation.regions", members, scenario.origin, groups)


def require_payable(scenario: Scenario) -> None:
    """Refuse a levy that the closure would give back through another tax.

    Raises:
        ScenarioError: with the line of the compensation.
    """
    asked = scenario.compensation
    if asked is None or asked.financed_by not in TAXES:
        return
    if scenario.closure.replacement == "consumption_tax":
        message = (
            "under replacement consumption_tax the closure's own consumption tax balances the budget, so a "
            "levy would only lower that tax; use replacement lump_sum, or finance by lump_sum"
        )
        raise ScenarioError([scenario.origin.problem("compensation.financed_by", message)])
