"""The quadrature: exact where it must be, honest about its error, halving at a kink."""

from __future__ import annotations

import numpy as np
import pytest

from results.errors import ResultsError
from results.quadrature import ORDER, integrate, points, weights

NO_FLOOR = np.zeros(1)


@pytest.mark.parametrize("order", [2, 4, 8, 16])
def test_the_rule_is_exact_for_polynomials_of_its_order(order: int) -> None:
    for degree in range(order + 1):
        assert weights(order) @ points(order) ** degree == pytest.approx(1 / (degree + 1), abs=1e-14)


def test_a_smooth_integrand_needs_one_rule_and_the_stated_error_bounds_the_true_one() -> None:
    found = integrate(lambda x: np.array([[np.exp(3 * x)]]), relative=1e-7, floor=NO_FLOOR)
    assert found.nodes == ORDER + 1
    assert abs(found.value[0, 0] - np.expm1(3.0) / 3) <= found.error[0] + 1e-14


def test_a_kink_is_found_by_halving() -> None:
    found = integrate(lambda x: np.array([[abs(x - 0.3)]]), relative=1e-5, floor=NO_FLOOR)
    assert found.nodes > ORDER + 1
    assert found.value[0, 0] == pytest.approx((0.3**2 + 0.7**2) / 2, abs=1e-5)
    assert found.error[0] <= 1e-5


def test_rows_are_judged_each_by_its_own_size() -> None:
    """A kink in a small row is not hidden by a large smooth one."""
    found = integrate(
        lambda x: np.array([[1e6 * x], [1e-3 * abs(x - 0.3)]]), relative=1e-5, floor=np.zeros(2)
    )
    assert found.value[1, 0] == pytest.approx(1e-3 * 0.29, rel=1e-5)


def test_what_does_not_settle_or_is_not_finite_raises() -> None:
    with pytest.raises(ResultsError, match=r"does not settle near 0\.(29|30)"):
        integrate(lambda x: np.array([[abs(x - 0.3) ** 0.05]]), relative=1e-9, floor=NO_FLOOR)
    with pytest.raises(ResultsError, match="not finite at 0"):
        integrate(lambda x: np.array([[np.nan]]), relative=1e-9, floor=NO_FLOOR)
