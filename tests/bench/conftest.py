"""The headline scenario, solved once for every test of counts."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from cge.app import api
from cge.app.case import Case
from cge.solution import Solution

Solved = tuple[Case, Solution, Solution]


@pytest.fixture(scope="session")
def solved() -> Callable[[str], Solved]:
    @cache
    def solve(aggregation: str) -> Solved:
        case = api.prepare("us-joins-cptpp", aggregation=aggregation)
        return case, *api.solve(case)

    return solve
