"""Ceilings on counts, which decide speed and do not depend on the machine."""

from __future__ import annotations

import pytest

from cge.app import api
from cge.structure import incidence


@pytest.mark.parametrize(
    ("aggregation", "equations", "unknowns", "nonzeros"),
    [("small", 1_400, 60, 22_000), ("default", 14_500, 180, 420_000)],
)
def test_size_of_the_model(aggregation: str, equations: int, unknowns: int, nonzeros: int) -> None:
    case = api.prepare("us-joins-cptpp", aggregation=aggregation)
    assert case.model.reduced.size <= unknowns
    matrix, rows, _ = incidence(case.model)
    assert len(rows) <= equations
    assert matrix.nnz <= nonzeros


def test_iterations_of_the_headline_scenario() -> None:
    base, new = api.solve(api.prepare("us-joins-cptpp"))
    assert base.certificate.iterations <= 15
    assert new.certificate.iterations <= 15
    assert base.certificate.steps == new.certificate.steps == 1


@pytest.mark.slow
def test_the_whole_world_solves_with_its_true_zero_cells() -> None:
    """81 x 50 with 51 empty activities: unknowns, iterations and a clean certificate."""
    case = api.prepare("us-joins-cptpp", aggregation="full")
    assert int((case.accounts.data["V0"].sum("f") == 0).sum()) >= 50
    _, new = api.solve(case)
    assert case.model.reduced.size <= 1_000
    assert new.certificate.max_residual < 1e-9
    assert new.certificate.iterations <= 25


@pytest.mark.slow
def test_the_full_space_solves_default_through_pyomo() -> None:
    case = api.prepare("us-joins-cptpp")
    _, reduced = api.solve(case)
    full = case.model.solve(case.policy, space="full")
    names = case.model.system.names("variable")
    gap = max(float(abs(reduced.values[n] - full.values[n]).max()) for n in names)
    assert gap < 1e-9
