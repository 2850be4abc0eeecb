"""Solutions of a small invented world from the independent oracle, for every test of results."""

from __future__ import annotations

from typing import Any

import pytest
import xarray as xr
from figure_columns import MEMBERS, column
from trade_world import SECTORS, balanced_world, elasticities, solution, tariff

from cge.solution import Solution
from results import figures
from results.compare import Comparison, ScenarioInfo, compare
from results.figures.drawing import Drawing
from results.indicators import Indicators, indicators
from results.jobs import Jobs, jobs
from results.side_by_side import Column


@pytest.fixture(scope="session")
def world() -> xr.Dataset:
    return balanced_world()


@pytest.fixture(scope="session")
def base(world: xr.Dataset) -> Solution:
    return solution(world)


@pytest.fixture(scope="session")
def new(world: xr.Dataset) -> Solution:
    """China's goods pay ten points more in the United States."""
    return solution(world, tm=tariff(world, 0.1))


@pytest.fixture(scope="session")
def work(base: Solution, new: Solution) -> Jobs:
    """Jobs before and after the tariff."""
    return jobs(base, new)


@pytest.fixture(scope="session")
def found(base: Solution, new: Solution) -> Indicators:
    """Indicators of the tariff."""
    return indicators(base, new)


def scenario(**changes: Any) -> ScenarioInfo:
    """Scenario information of the invented tariff."""
    known: dict[str, Any] = {
        "name": "a-tariff",
        "title": "A tariff",
        "text": "title: A tariff\n",
        "baseline": "agreements in force",
        "baseline_date": "2026-01-01",
    }
    return ScenarioInfo(**(known | changes))


@pytest.fixture(scope="session")
def comparison(base: Solution, new: Solution) -> Comparison:
    return compare(base, new, scenario_info=scenario())


@pytest.fixture(scope="session")
def wide_comparison() -> Comparison:
    """Eight regions and twelve sectors: long enough for every table of the screen."""
    regions = ("USA", "CHN", "VNM", "EU27", "XSE", "JPN", "KOR", "MEX")
    data = balanced_world(regions, SECTORS)
    after = solution(data, tm=tariff(data, 0.1))
    names = {"C26": "Computers, electronics and optical products"}
    return compare(solution(data), after, scenario_info=scenario(sector_names=names))


@pytest.fixture(scope="session")
def solution_of():
    """The solver of the invented world, for tests that choose their own shock."""
    return solution


@pytest.fixture(scope="session")
def other_world_solution() -> Solution:
    return solution(balanced_world(seed=2))


@pytest.fixture(scope="session")
def oracle_elasticities(world: xr.Dataset):
    return elasticities(world.sizes["i"])


@pytest.fixture(scope="session")
def scenario_of():
    """Builder of scenario information, for tests that choose their own."""
    return scenario


@pytest.fixture(scope="session")
def tariff_result() -> Comparison:
    """China's goods pay ten points more in the United States; eight regions, three sectors."""
    data = balanced_world(tuple(MEMBERS))
    info = ScenarioInfo(name="a-tariff", title="A tariff")
    return compare(solution(data), solution(data, tm=tariff(data, 0.1)), scenario_info=info)


@pytest.fixture(scope="session")
def tariff_columns(tariff_result: Comparison) -> tuple[Column, ...]:
    return column("tariff", tariff_result), column("half of <it>", tariff_result, 0.5)


@pytest.fixture(scope="session")
def drawn(tariff_columns: tuple[Column, ...]) -> dict[str, Drawing]:
    return {d.id: d for d in figures.drawings(tariff_columns, "USA")}
