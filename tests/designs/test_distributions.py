"""Distributions: their texts, moments and quantiles, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from cge.designs import DesignError, Distribution, parse

TEXTS = (
    "triangular(50%, 100%, 150%)", "triangular(0.5, 0.75, 0.75)", "uniform(0, 0.6667)", "normal(1, 0.2)",
    "normal(1, 0.5, 0.6, 2)", "lognormal(1, 0.3)", "pert(50%, 80%, 150%)", "beta(2, 5, -1, 3)",
    "[0%, 2%, 10%]",
)  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_moments_are_those_of_the_quantiles(text: str) -> None:
    """Mean, spread and kurtosis against the average over a fine grid of cumulative shares."""
    d = parse(text)
    x = np.array(d.ppf((np.arange(300_000) + 0.5) / 300_000))
    z = (x - d.mean) / d.sd
    assert x.mean() == pytest.approx(d.mean, abs=1e-5 * d.sd)
    assert x.std() == pytest.approx(d.sd, rel=2e-4)
    assert (z**4).mean() == pytest.approx(d.kurtosis, rel=1e-2)
    assert d.low <= x.min() and x.max() <= d.high
    assert d.symmetric == (abs((z**3).mean()) < 1e-3)
    assert parse(d.words()) == d


def test_a_cut_off_normal_has_the_spread_of_what_is_left() -> None:
    assert parse("normal(1, 0.2)").sd == pytest.approx(0.2, rel=1e-3)
    assert parse("normal(1, 0.2)").low == pytest.approx(0.2)
    assert parse("normal(1, 0.2, 0.9, 1.1)").sd == pytest.approx(0.1 / np.sqrt(3), rel=0.03)


def test_lists_of_numbers_words_and_lists() -> None:
    assert parse("0..10% by 2%").values == (0.0, 0.02, 0.04, 0.06, 0.08, 0.1)
    assert parse([0, "2%", "5 points"]).values == (0.0, 0.02, "5 points")
    assert parse("[fixed, flexible]").ppf(np.array([0.2, 0.7])) == ["fixed", "flexible"]
    assert parse("0%, 2%") == parse("[0, 0.02]")
    assert parse([["USA"], ["USA", "CAN"]]).values == (("USA",), ("USA", "CAN"))
    assert parse("[[USA], [USA, CAN]]") == parse([["USA"], ["USA", "CAN"]])
    with pytest.raises(DesignError, match="has no mean"):
        _ = parse("[fixed, flexible]").mean


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("triangular(50%, 150%)", "needs low, most likely and high, such as .* found 2 numbers"),
        ("triangular(0.5, 2, 1.5)", "the most likely value must be from low to high"),
        ("uniform(1, 0)", "low must be below high"),
        ("normal(1, -2)", "the standard deviation must be above 0"),
        ("normal(1, 0.1, 2, 3)", "the mean must be between the bounds"),
        ("triangle(1, 2, 3)", "did you mean 'triangular'"),
        ("weibull(1, 2)", "there are uniform, triangular"),
        ("uniform(a, 1)", "'a' is not a number"),
        ("50%", "alone does not vary"),
        ("fast", "'fast' is no distribution: write triangular"),
        ("[1, 2", "lacks its closing bracket"),
        ("[1, , 2]", "not a list of values"),
        ("1..0 by 0.1", "by a step above 0"),
        ("0..1 by 1e-9", "more than 10,000"),
    ],
)
def test_what_is_refused_says_what_would_do(text: str, message: str) -> None:
    with pytest.raises(DesignError, match=message):
        parse(text)


def test_numbers_and_nothing_are_no_distribution() -> None:
    for value in (None, 3, {"low": 1}):
        with pytest.raises(DesignError, match="is no distribution"):
            parse(value)
    with pytest.raises(DesignError, match="finite"):
        Distribution("uniform", (0.0, float("inf")))
