"""Every scenario of the library on a user's own regions and sectors: it runs and says the same."""

from __future__ import annotations

from pathlib import Path

import library_runs as runs
import pytest

from cge.app.family import Wanted, solve_families
from results.indicators import indicators
from scenarios.reader import library
from scenarios.schema import Aggregation, Scenario

OWN = Path(__file__).parent / "own_aggregation"
THREE = ("us-universal-tariff:retaliation", "semiconductors-minilateral", "export-controls:reply")
"""One that replies, one that moves barriers by industry, one with caps."""
CLEAR = 0.1
"""Percent of income above which a change has the same sign in both aggregations."""


def on_own_maps(case: str) -> Scenario:
    maps = Aggregation(regions=str(OWN / "regions.csv"), sectors=str(OWN / "sectors.csv"))
    focus = "USA"  # the file's own focus may be no region of other maps
    return runs.scenario(case).model_copy(update={"aggregation": maps, "focus": focus})


def check(cases: list[str]) -> None:
    wrong = []
    for solved in solve_families([Wanted(case, on_own_maps(case)) for case in cases]):
        assert len(solved.base.values.r) == 14 and len(solved.base.values.i) == 16
        assert solved.new.certificate.max_residual < 1e-9
        found = indicators(solved.base, solved.new).table.query("indicator == 'welfare_ev'")
        stored = runs.stored(solved.label).welfare_ev
        for region, value in zip(found.region, found.percent, strict=True):
            same = region in stored and region != "ROW"
            if same and abs(stored[region]) > CLEAR and value * stored[region] < 0:
                wrong.append(f"{solved.label} {region}: {value:+.3f} %, on default {stored[region]:+.3f} %")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("case", THREE)
def test_three_cases_run_on_own_maps(case: str) -> None:
    check([case])


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(library()))
def test_the_library_runs_on_own_maps(name: str) -> None:
    check(runs.cases([name]))
