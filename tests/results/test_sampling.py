"""Sampled Shapley values against exact ones; coalitions of a game solved by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from results.coalitions import Gains, coalitions
from results.errors import ResultsError
from results.shapley_sampling import attributed, sampled

NAMES = tuple("abcdefgh")


def game(seed: int = 0, size: int = 8):
    """A game with pairwise and triple interactions, and how often it was asked."""
    rng = np.random.default_rng(seed)
    own, pairs = rng.normal(size=size), rng.normal(size=(size, size)) / 2
    asked: list[frozenset[str]] = []

    def value(s: frozenset[str]) -> pd.Series:
        asked.append(s)
        inside = np.array([n in s for n in NAMES[:size]], dtype=float)
        together = inside @ pairs @ inside + (inside.sum() ** 3) / 50
        return pd.Series({"x": own @ inside + together, "y": -3 * own @ inside})

    return value, asked


def test_samples_add_up_exactly_in_every_order_count() -> None:
    value, _ = game()
    whole = value(frozenset(NAMES)) - value(frozenset())
    for samples in (4, 10, 31):
        found = sampled(value, NAMES, samples=samples, seed=1)
        assert found.orders == samples + samples % 2 and not found.exact
        np.testing.assert_allclose(found.contribution.sum(axis=1), whole, rtol=1e-12)


def test_sampling_finds_the_exact_values_within_its_error() -> None:
    value, _ = game(3)
    exact = attributed(value, NAMES)
    assert exact.exact and not exact.standard_error.to_numpy().any()
    inside = []
    for seed in range(20):
        found = sampled(value, NAMES, samples=40, seed=seed)
        gap = (found.contribution - exact.contribution).loc["x"].abs()
        inside.append((gap <= 2 * found.standard_error.loc["x"] + 1e-12).to_numpy())
    assert 0.85 < np.mean(inside) <= 1.0, "two standard errors hold about 95 % of the time"
    many = sampled(value, NAMES, samples=400)
    np.testing.assert_allclose(many.contribution.loc["x"], exact.contribution.loc["x"], atol=0.15)


def test_where_players_do_not_interact_any_order_is_exact() -> None:
    value, _ = game(4)
    found = sampled(value, NAMES, samples=4)
    np.testing.assert_allclose(found.standard_error.loc["y"], 0, atol=1e-12)
    np.testing.assert_allclose(
        found.contribution.loc["y"], attributed(value, NAMES).contribution.loc["y"], atol=1e-12
    )


def test_seeds_repeat_and_differ() -> None:
    value, _ = game()
    one, two, other = (sampled(value, NAMES, samples=6, seed=s).contribution for s in (5, 5, 6))
    pd.testing.assert_frame_equal(one, two)
    assert not np.allclose(one, other)


def test_up_to_eight_are_exact_and_samples_ask_for_orders() -> None:
    value, asked = game()
    assert attributed(value, NAMES).exact and len(asked) == 256
    assert attributed(value, NAMES[:3], samples=10).orders == 10
    with pytest.raises(ResultsError, match="at least 4 orders"):
        attributed(value, NAMES, samples=2)
    with pytest.raises(ResultsError, match="each once"):
        attributed(value, ("a", "a"))


def bargain() -> Gains:
    """Three players; a and b gain from a deal, more with c; c gains most by staying out of it."""
    gains = {
        "": (0, 0, 0, 0), "a": (0, 0, 0, 0), "b": (0, 0, 0, 0), "c": (0, 0, 0, 0), "ab": (8, 6, 5, -2),
        "ac": (3, -1, 1, 0), "bc": (-1, 2, 1, 0), "abc": (9, 7, 2, -3),
    }  # fmt: skip
    values = {
        frozenset(s): {f"welfare_ev|{r}": float(x) for r, x in zip(("A", "B", "C", "Z"), g, strict=True)}
        for s, g in gains.items()
    }
    return Gains(values, ("a", "b", "c"), {"a": ("A",), "b": ("B",), "c": ("C",)})


def test_who_leaves_who_joins_and_what_is_stable_by_hand() -> None:
    found = coalitions(bargain(), focus="A", most=0.8)
    rows = {r["coalition"]: r for r in found.table.to_dict("records")}
    assert found.complete and set(rows) == {"a b c", "a b", "a c", "b c"}
    assert rows["a b c"]["would_leave"] == "c" and rows["a b c"]["internally_stable"] == "no"
    assert rows["a b"]["would_leave"] == rows["a b"]["would_join"] == ""
    assert rows["a b"]["internally_stable"] == rows["a b"]["externally_stable"] == "yes"
    assert rows["a c"]["would_join"] == "b"
    assert rows["a b"]["members_gain"] == 14 and rows["a b"]["outsiders_gain"] == 3
    assert rows["a b"]["best_outsider"] == "C +5" and rows["a b"]["worst_outsider"] == "Z -2"


def test_the_fewest_with_most_of_the_gain_by_hand() -> None:
    focus, members = coalitions(bargain(), focus="A", most=0.8).smallest
    assert focus.members == ("a", "b") and focus.gain == 8 and focus.proven
    assert members.members == ("a", "b") and members.gain == 19  # c gains 5 by watching
    assert coalitions(bargain(), focus="Z", most=0.8).smallest[0].of == "members"


def test_what_was_not_solved_is_left_open() -> None:
    whole = bargain()
    some = {s: v for s, v in whole.values.items() if s != frozenset("ac")}
    found = coalitions(Gains(some, whole.players, whole.regions_of), focus="A", most=0.8)
    rows = {r["coalition"]: r for r in found.table.to_dict("records")}
    assert not found.complete
    assert rows["a b c"]["would_leave"] == "c"
    only = {s: v for s, v in some.items() if len(s) != 1 and s != frozenset("bc")}
    open_ = coalitions(Gains(only, whole.players, whole.regions_of), focus="A", most=0.8)
    row = {r["coalition"]: r for r in open_.table.to_dict("records")}["a b"]
    assert row["internally_stable"] == "" and row["externally_stable"] == "yes"
    assert not open_.smallest[0].proven
