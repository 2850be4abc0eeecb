"""Stroud's and Liu's points: moments exact, inside the supports, whatever the order of the parameters."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from cge.designs import Design, DesignError, Parameter, build_design, liu, parse, stroud

MIXED = (
    "triangular(0.5, 1, 1.5)", "uniform(0, 0.6667)", "normal(1, 0.2)", "pert(0.5, 1, 1.5)",
    "uniform(0.25, 0.5)", "normal(2, 0.1, 1.7, 2.3)", "triangular(3, 4, 5)",
)  # fmt: skip


def parameters(count: int) -> list[Parameter]:
    return [Parameter(f"t{k}", parse(MIXED[k % len(MIXED)])) for k in range(count)]


def moment(design: Design, *columns: int) -> float:
    """The central moment: the weighted mean of the product of these columns' deviations."""
    x = np.array(design.points)
    away = x - design.weights @ x
    return float(design.weights @ np.prod(away[:, list(columns)], axis=1))


@pytest.mark.parametrize("rule", [stroud, liu])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 6, 7])
def test_mean_covariance_and_third_moments_are_exact(rule, count: int) -> None:
    given = parameters(count)
    design = rule(given)
    assert len(design) == (2 if rule is stroud else 4) * count and not design.sampled
    assert np.ptp(design.weights) == 0 and design.weights.sum() == pytest.approx(1, abs=1e-12)
    mean = design.weights @ np.array(design.points)
    assert mean == pytest.approx([p.distribution.mean for p in given], abs=1e-12)
    for k, m in itertools.combinations_with_replacement(range(count), 2):
        exact = given[k].distribution.sd ** 2 if k == m else 0.0
        assert moment(design, k, m) == pytest.approx(exact, abs=1e-12)
    for columns in itertools.combinations_with_replacement(range(count), 3):
        assert moment(design, *columns) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("count", [2, 3, 5, 6, 7])
def test_the_longer_rule_has_the_kurtosis_of_each_distribution(count: int) -> None:
    given, design = parameters(count), liu(parameters(count))
    for k, p in enumerate(given):
        assert moment(design, k, k, k, k) == pytest.approx(p.distribution.kurtosis * p.distribution.sd**4)
    assert not any("fourth" in note for note in design.notes)


def test_what_the_longer_rule_cannot_reproduce_is_named() -> None:
    (alone,) = (p for p in parameters(3) if p.target == "t2")  # two points on a line reach a kurtosis of 2
    assert any("fourth moments of t2" in note for note in liu([alone]).notes)


@pytest.mark.parametrize("rule", [stroud, liu])
def test_points_stay_inside_the_supports(rule) -> None:
    for count in range(1, 15):
        given = parameters(count)
        for point in rule(given).points:
            assert all(
                p.distribution.low <= x <= p.distribution.high for p, x in zip(given, point, strict=True)
            )


def test_points_outside_a_support_are_refused_with_the_widest_spread() -> None:
    two = [Parameter("a", parse("[0.5, 1.5]")), Parameter("b", parse("uniform(0, 1)"))]
    with pytest.raises(DesignError, match=r"a: \[0.5, 1.5\].*0.2929 to 1.707.*widest standard.*is 0.354"):
        stroud(two)
    assert len(stroud(two[1:])) == 2


def test_a_quadrature_needs_numbers_and_names_what_is_skewed() -> None:
    with pytest.raises(DesignError, match=r"closure\.labour: a quadrature needs numbers"):
        stroud([Parameter("closure.labour", parse("[full_employment, wage_curve]"))])
    given = [Parameter("s", parse("triangular(0.5, 0.6, 1)")), *parameters(2)]
    (note,) = stroud(given).notes
    assert "not symmetric: s;" in note and "t0" not in note


def test_linear_correlations_are_reproduced() -> None:
    given = parameters(5)
    ties = {("t0", "t1"): 0.6, ("t4", "t1"): -0.3}
    design = stroud(given, correlations=ties)
    found = np.corrcoef(np.array(design.points), rowvar=False)
    assert found[0, 1] == pytest.approx(0.6, abs=1e-12) and found[1, 4] == pytest.approx(-0.3, abs=1e-12)
    assert found[2, 3] == pytest.approx(0, abs=1e-12)
    with pytest.raises(DesignError, match="independent parameters"):
        liu(given, correlations=ties)


@pytest.mark.parametrize("kind", ["stroud", "liu", "lhs", "sobol", "monte_carlo"])
def test_the_order_of_the_parameters_does_not_matter(kind: str) -> None:
    given, ties = parameters(4), {("t0", "t2"): 0.5} if kind != "liu" else {}
    one = build_design(kind, given, correlations=ties)
    other = build_design(kind, given[::-1], correlations=ties)
    assert [one.changes(k) for k in range(len(one))] == [other.changes(k) for k in range(len(other))]
