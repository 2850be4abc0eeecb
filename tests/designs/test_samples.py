"""Samples: strata, correlations, seeds; and the designs that name their points."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import rankdata

from cge.designs import DesignError, Parameter, build_design, parse

ONE = [Parameter(f"p{k}", parse("uniform(0, 1)")) for k in range(4)]


def column(kind: str, target: str, given: list[Parameter], **asked) -> list[float]:
    design = build_design(kind, given, **asked)
    return [point[design.targets.index(target)] for point in design.points]


@pytest.mark.parametrize("ties", [{}, {("p0", "p1"): 0.8, ("p1", "p2"): -0.4}])
def test_a_latin_hypercube_fills_every_stratum_once(ties) -> None:
    design = build_design("lhs", ONE, points=50, correlations=ties)
    strata = np.sort(np.floor(np.array(design.points) * 50), axis=0)
    assert (strata == np.arange(50)[:, None]).all() and design.sampled


@pytest.mark.parametrize("kind", ["lhs", "sobol", "monte_carlo"])
def test_rank_correlations_are_those_asked_for(kind: str) -> None:
    given = [Parameter("p0", parse("lognormal(1, 0.5)")), *ONE[1:]]
    ties = {("p0", "p1"): 0.7, ("p2", "p1"): -0.5}
    design = build_design(kind, given, points=2048, correlations=ties)
    found = np.corrcoef(rankdata(np.array(design.points), axis=0), rowvar=False)
    slack = 0.04 if kind == "monte_carlo" else 0.02
    assert found[0, 1] == pytest.approx(0.7, abs=slack) and found[1, 2] == pytest.approx(-0.5, abs=slack)
    assert found[2, 3] == pytest.approx(0, abs=2 * slack)


@pytest.mark.parametrize("kind", ["lhs", "sobol", "monte_carlo"])
def test_a_seed_decides_the_sample(kind: str) -> None:
    first, again, other = (build_design(kind, ONE, points=16, seed=s).points for s in (3, 3, 4))
    assert first == again and first != other
    assert all(isinstance(x, float) for point in first for x in point)


@pytest.mark.parametrize("kind", ["lhs", "monte_carlo"])
def test_another_parameter_does_not_change_a_sample(kind: str) -> None:
    more = [Parameter("another", parse("[a, b]")), *ONE]
    assert column(kind, "p2", ONE, points=20) == column(kind, "p2", more, points=20)
    assert column(kind, "p2", ONE, points=20) != column(kind, "p1", ONE, points=20)


def test_sobol_says_when_it_is_not_balanced() -> None:
    assert build_design("sobol", ONE, points=64).notes == ()
    (note,) = build_design("sobol", ONE, points=100).notes
    assert "64 or 128" in note
    assert len(build_design("sobol", ONE, points=100)) == 100


def test_impossible_correlations_say_which() -> None:
    for ties, message in (
        ({("p0", "p1"): 0.9, ("p1", "p2"): 0.9, ("p0", "p2"): -0.9}, "contradict each other"),
        (dict.fromkeys(itertools.combinations(["p0", "p1", "p2"], 2), -0.9), "3 pairs alike is about -0.5"),
        ({("p0", "p0"): 0.5}, "with itself"),
        ({("p0", "q"): 0.5}, "q is not varied"),
        ({("p0", "p1"): 1.0}, "above -1 and below 1"),
        ({("p0", "p1"): 0.5, ("p1", "p0"): 0.4}, "given twice"),
    ):
        with pytest.raises(DesignError, match=message):
            build_design("lhs", ONE, correlations=ties)
    with pytest.raises(DesignError, match="3 points are too few"):
        build_design("lhs", ONE, points=3, correlations={("p0", "p1"): 0.5})
    with pytest.raises(DesignError, match="names its points"):
        build_design("tornado", ONE, correlations={("p0", "p1"): 0.5})


def test_a_grid_has_every_combination_once() -> None:
    given = [Parameter("a", parse("[1, 2, 3]")), Parameter("b", parse("[x, y]"))]
    design = build_design("grid", given)
    assert design.points[:3] == ((1.0, "x"), (1.0, "y"), (2.0, "x")) and len(set(design.points)) == 6
    wide = [Parameter(f"p{k}", parse("0..1 by 0.1")) for k in range(4)]
    with pytest.raises(DesignError, match=r"14,641 points \(11 x 11 x 11 x 11\), more than 10,000"):
        build_design("grid", wide)
    assert len(build_design("grid", wide, points=14_641)) == 14_641
    with pytest.raises(DesignError, match="needs a list such as"):
        build_design("grid", ONE)
    with pytest.raises(DesignError, match="a value twice"):
        build_design("grid", [Parameter("a", parse("[1, 1]"))])


def test_lists_are_read_side_by_side() -> None:
    given = [Parameter("a", parse("[1, 1, 2]")), Parameter("b", parse("[3, 4, 5]"))]
    assert build_design("list", given).points == ((1.0, 3.0), (1.0, 4.0), (2.0, 5.0))
    with pytest.raises(DesignError, match="a 3, c 2"):
        build_design("list", [given[0], Parameter("c", parse("[1, 2]"))])


def test_a_tornado_moves_one_at_a_time() -> None:
    given = [Parameter("a", parse("uniform(0, 1)")), Parameter("b", parse("[3, 1, 2]"))]
    design = build_design("tornado", given)
    assert [design.changes(k) for k in range(4)] == [
        {"a": pytest.approx(0.05)}, {"a": pytest.approx(0.95)}, {"b": 1.0}, {"b": 3.0},
    ]  # fmt: skip
    assert build_design("tornado", given, quantiles=(0, 1)).changes(1) == {"a": 1.0}
    with pytest.raises(DesignError, match="no finite end"):
        build_design("tornado", [Parameter("a", parse("lognormal(1, 0.2)"))], quantiles=(0, 1))
    with pytest.raises(DesignError, match="low first"):
        build_design("tornado", given, quantiles=(0.9, 0.1))


def test_what_a_design_has_no_use_for_is_said() -> None:
    assert any("300 was not used" in note for note in build_design("stroud", ONE, points=300).notes)
    with pytest.raises(DesignError, match="did you mean 'stroud'"):
        build_design("stroudt", ONE)
    with pytest.raises(DesignError, match="varied twice: p0"):
        build_design("lhs", [*ONE, ONE[0]])
    with pytest.raises(DesignError, match="nothing is varied"):
        build_design("lhs", [])
