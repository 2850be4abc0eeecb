"""What a scenario's date can mean beside its baseline, which is fully phased in whatever the date."""

from __future__ import annotations

import datetime as dt

from scenarios.aim import Findings
from scenarios.schema import Scenario


def dated_policy(scenario: Scenario, baseline: dt.date, findings: Findings) -> None:
    """A problem for an ``as_of`` before the baseline's date; a note where ``as_of`` or ``year`` is used."""
    origin = scenario.origin
    if scenario.as_of is not None and scenario.as_of < baseline:
        message = (
            f"{scenario.as_of} is before {baseline}, the date of baseline {scenario.baseline.name}, which "
            "cannot be taken back in time; give a later date, or an earlier 'baseline'"
        )
        findings.problems.append(origin.problem("as_of", message))
        return
    years = [f"shocks[{n}].year" for n, shock in enumerate(scenario.shocks) if shock.year is not None]
    dated = scenario.as_of is not None and any(p.from_ or p.until for p in scenario.packages)
    if dated or years:
        place = origin.place("as_of" if dated else years[0])
        findings.note(
            f"{place}: the baseline's agreements are fully phased in; only what the scenario adds is as of "
            f"{scenario.as_of if dated else 'that year'}"
        )
