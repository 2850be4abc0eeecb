"""Ceilings on counts, which decide speed and do not depend on the machine."""

from __future__ import annotations

import pytest

from cge.structure import incidence


@pytest.mark.parametrize(
    ("aggregation", "equations", "unknowns", "nonzeros"),
    [
        ("small", 1_400, 60, 22_000),
        ("default", 14_500, 180, 420_000),
        pytest.param("medium", 24_000, 330, 900_000, marks=pytest.mark.slow),
    ],
)
def test_size_of_the_model(solved, aggregation: str, equations: int, unknowns: int, nonzeros: int) -> None:
    model = solved(aggregation)[0].model
    assert model.reduced.size <= unknowns
    matrix, rows, _ = incidence(model)
    assert len(rows) <= equations
    assert matrix.nnz <= nonzeros


@pytest.mark.parametrize("aggregation", ["default", pytest.param("medium", marks=pytest.mark.slow)])
def test_iterations_of_the_headline_scenario(solved, aggregation: str) -> None:
    _, base, new = solved(aggregation)
    for certificate in (base.certificate, new.certificate):
        assert certificate.iterations <= 15
        assert certificate.evaluations <= 20
        assert certificate.steps == 1


@pytest.mark.slow
def test_the_whole_world_solves_with_its_true_zero_cells(solved) -> None:
    """81 x 50 with 51 empty activities: unknowns, iterations and a clean certificate."""
    case, _, new = solved("full")
    assert int((case.accounts.data["V0"].sum("f") == 0).sum()) >= 50
    assert case.model.reduced.size <= 1_000
    assert new.certificate.max_residual < 1e-9
    assert new.certificate.iterations <= 25 and new.certificate.evaluations <= 40


@pytest.mark.slow
def test_the_full_space_solves_default_through_pyomo(solved) -> None:
    case, _, reduced = solved("default")
    full = case.model.solve(case.policy, space="full")
    names = case.model.system.names("variable")
    gap = max(float(abs(reduced.values[n] - full.values[n]).max()) for n in names)
    assert gap < 1e-9
    assert full.certificate.iterations <= 8
