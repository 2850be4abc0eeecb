"""Contributions: the four properties that define the Shapley value, on random games, and the sum."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from results.contributions import COMPONENTS, STRUCTURE, contributions, shapley, subsets
from results.errors import ResultsError

Game = dict[frozenset[str], pd.Series]


def game(components: tuple[str, ...], seed: int, figures: int = 3) -> Game:
    """Random figures for every subset, zero where nothing is done."""
    rng = np.random.default_rng(seed)
    labels = [f"figure {k}" for k in range(figures)]
    size = np.array([1e-3, 1.0, 1e5, *np.ones(9)])[:figures]
    out = {s: pd.Series(rng.normal(size=figures) * size, index=labels) for s in subsets(components)}
    out[frozenset()] *= 0
    return out


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_contributions_sum_to_the_whole(count: int) -> None:
    names = tuple("abcdef"[:count])
    for seed in range(5):
        v = game(names, seed)
        total = shapley(v, names).sum(axis=1)
        np.testing.assert_allclose(total, v[frozenset(names)], rtol=1e-12)


def test_equal_parts_are_treated_equally() -> None:
    """``a`` and ``b`` are exchanged in every subset: their contributions are the same."""
    v = game(("a", "b", "c"), 3)
    v[frozenset("b")] = v[frozenset("a")]
    v[frozenset("bc")] = v[frozenset("ac")]
    phi = shapley(v, ("a", "b", "c"))
    np.testing.assert_allclose(phi.a, phi.b, rtol=1e-12)
    assert not np.allclose(phi.a, phi.c)


def test_a_part_that_changes_nothing_gets_nothing() -> None:
    v = game(("a", "b", "c"), 4)
    for s in list(v):
        v[s | {"c"}] = v[s - {"c"}]
    phi = shapley(v, ("a", "b", "c"))
    assert not phi.c.to_numpy().any()
    np.testing.assert_allclose(phi.a + phi.b, v[frozenset("ab")], rtol=1e-12)


def test_parts_that_do_not_interact_contribute_their_own_effect() -> None:
    own = {"a": 1.5, "b": -4.0, "c": 0.25}
    v = {s: pd.Series([sum(own[n] for n in s)], index=["x"]) for s in subsets(("a", "b", "c"))}
    phi = shapley(v, ("a", "b", "c")).loc["x"]
    assert phi.to_dict() == pytest.approx(own)


def test_two_parts_share_what_they_do_together_by_hand() -> None:
    """Alone 1 and 2, together 7: the 4 that neither does alone are halved, 3 and 4."""
    v = {frozenset(): 0, frozenset("a"): 1, frozenset("b"): 2, frozenset("ab"): 7}
    phi = shapley({s: pd.Series([x], index=["x"]) for s, x in v.items()}, ("a", "b")).loc["x"]
    assert phi.to_dict() == {"a": 3.0, "b": 4.0}


def test_a_function_is_called_once_for_each_subset() -> None:
    asked: list[frozenset[str]] = []
    v = game(COMPONENTS, 5)

    def solve(subset: frozenset[str]) -> pd.Series:
        asked.append(subset)
        return v[subset]

    found = contributions(solve)
    assert sorted(map(sorted, asked)) == sorted(map(sorted, subsets(COMPONENTS)))
    pd.testing.assert_frame_equal(found, contributions(v))


def test_the_market_structure_is_the_step_from_armington() -> None:
    v = game(COMPONENTS, 6)
    with_firms = v[frozenset(COMPONENTS)] * 1.3 + 0.1
    found = contributions(v, with_structure=with_firms)
    assert list(found.columns) == [*COMPONENTS, STRUCTURE]
    np.testing.assert_allclose(found.sum(axis=1), with_firms, rtol=1e-12)
    np.testing.assert_allclose(found[STRUCTURE], with_firms - v[frozenset(COMPONENTS)], rtol=1e-12)
    assert not contributions(v)[STRUCTURE].to_numpy().any()


def test_the_order_of_figures_and_components_changes_nothing() -> None:
    v = game(COMPONENTS, 7)
    shuffled = {s: x.iloc[::-1] if len(s) == 1 else x for s, x in reversed(v.items())}
    again = shapley(shuffled, COMPONENTS[::-1])
    pd.testing.assert_frame_equal(again.reindex(columns=list(COMPONENTS)), shapley(v, COMPONENTS))


def test_a_missing_figure_stays_missing() -> None:
    v = game(COMPONENTS, 8)
    for x in v.values():
        x.iloc[1] = np.nan
    found = contributions(v)
    assert found.iloc[1].drop(STRUCTURE).isna().all()
    assert found.iloc[[0, 2]].notna().to_numpy().all()


def test_what_cannot_be_attributed_is_refused() -> None:
    v = game(COMPONENTS, 9)
    short = {s: x for s, x in v.items() if s != frozenset(["services"])}
    with pytest.raises(ResultsError, match="no figures for services"):
        shapley(short)
    odd = v | {frozenset(["services"]): v[frozenset(["services"])].rename({"figure 0": "other"})}
    with pytest.raises(ResultsError, match="differ in their labels"):
        shapley(odd)
    with pytest.raises(ResultsError, match="do not start from the baseline"):
        contributions(v | {frozenset(): v[frozenset(COMPONENTS)] * 0.01})
    with pytest.raises(ResultsError, match="between 1 and 8"):
        shapley(game(tuple("abcdefghi"), 1), tuple("abcdefghi"))
    with pytest.raises(ResultsError, match="between 1 and 8"):
        shapley(v, ("tariffs", "tariffs"))
    with pytest.raises(ResultsError, match="market structure differ"):
        contributions(v, with_structure=v[frozenset()].iloc[:1])
