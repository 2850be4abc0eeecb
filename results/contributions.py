r"""What each part of a policy contributes to a figure, so that the parts sum to it.

The parts of a deep agreement work on one another (a flow freed of its tariff gains more from lower costs), so
"the effect of tariffs" depends on what else is done. The Shapley value (Shapley 1953) averages over every
order in which the parts can be added,

.. math:: \phi_c(v) = \sum_{S \subseteq N \setminus \{c\}} \frac{|S|!\,(n-|S|-1)!}{n!}\,
          [v(S \cup \{c\}) - v(S)]

and is the only rule that sums to the whole, treats equal parts equally and gives nothing to a part that
changes nothing. Every subset is solved: exact, no sampling. The market structure comes last and apart: the
figure under the scenario's own structure less the figure with the same policy under Armington.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd

from results.errors import ResultsError

COMPONENTS = ("tariffs", "goods NTMs", "services")
"""Parts of an agreement, in the order in which they are shown."""

STRUCTURE = "market structure"
"""Column of the step from Armington to the scenario's own market structure."""

MOST = 8
"""Largest number of parts: each more doubles the solves. Beyond it `results.shapley_sampling`."""

STILL = 1e-6
"""Largest figure that counts as no change, in its unit (percent, USD billion, thousand persons)."""

Figures = Mapping[frozenset[str], pd.Series] | Callable[[frozenset[str]], pd.Series]
"""Figures (changes; any unit) when only the named parts are done, one label per figure."""


def subsets(components: Sequence[str] = COMPONENTS) -> Iterator[frozenset[str]]:
    """Every subset of the components, the empty one first: the solves that :func:`shapley` needs."""
    for size in range(len(components) + 1):
        for names in combinations(components, size):
            yield frozenset(names)


def shapley(figures: Figures, components: Sequence[str] = COMPONENTS) -> pd.DataFrame:
    """Shapley contributions: one row per figure, one column per component.

    ``figures``: a mapping over all subsets, or a function that is called once for each; the figures of the
    empty set may be anything, the columns sum to those of the whole set less those of the empty one. A
    figure that is missing (NaN) under some subset has no contributions. Raises ResultsError on more than
    ``MOST`` components, doubled names, a missing subset, or subsets whose figures have other labels.
    """
    names = tuple(components)
    if len(set(names)) != len(names) or not 1 <= len(names) <= MOST:
        raise ResultsError(f"between 1 and {MOST} different components are needed, not {', '.join(names)}")
    value = _all_values(figures, names)
    n = len(names)
    weight = [factorial(s) * factorial(n - s - 1) / factorial(n) for s in range(n)]
    out = {}
    for c in names:
        others = [s for s in value if c not in s]
        out[c] = sum((weight[len(s)] * (value[s | {c}] - value[s]) for s in others), start=0.0)
    return pd.DataFrame(out, index=value[frozenset()].index)


def _all_values(figures: Figures, names: tuple[str, ...]) -> dict[frozenset[str], pd.Series]:
    value: dict[frozenset[str], pd.Series] = {}
    for subset in subsets(names):
        if isinstance(figures, Mapping):
            if subset not in figures:
                raise ResultsError(f"no figures for {_words(subset)}: every subset has to be solved")
            value[subset] = figures[subset]
        else:
            value[subset] = figures(subset)
    labels = value[frozenset()].index
    if not labels.is_unique:
        raise ResultsError("figures: a label occurs twice")
    for subset, found in value.items():
        odd = labels.symmetric_difference(found.index)
        if len(odd):
            raise ResultsError(f"figures with {_words(subset)} differ in their labels: {list(odd)[:5]}")
        value[subset] = found.reindex(labels).astype(float)
    return value


def _words(subset: frozenset[str]) -> str:
    return " and ".join(sorted(subset)) or "no component"


def contributions(
    figures: Figures, components: Sequence[str] = COMPONENTS, *, with_structure: pd.Series | None = None
) -> pd.DataFrame:
    """Columns of ``components`` and ``STRUCTURE``; each row sums to the model's figure of that label.

    ``figures``: changes from the baseline under Armington, for every subset of the components; nothing done
    must change nothing (ResultsError otherwise: then the subsets stand on another baseline).
    ``with_structure``: figures of the whole policy under the scenario's market structure; without it the
    structure is Armington and its column zero.
    """
    value = _all_values(figures, tuple(components))
    nothing, whole = value[frozenset()], value[frozenset(components)]
    moved = np.abs(nothing.to_numpy()) > STILL * (1 + np.abs(whole.to_numpy()))
    if moved.any():
        k = int(np.argmax(moved))
        raise ResultsError(
            f"with no component done, {nothing.index[k]} is {nothing.to_numpy()[k]:.3g} and not 0: the runs "
            "do not start from the baseline that the changes are from"
        )
    value[frozenset()] = nothing * 0.0  # the solver's last digits: the columns sum to the whole without them
    out = shapley(value, components)
    if with_structure is None:
        return out.assign(**{STRUCTURE: out.iloc[:, 0] * 0.0})
    odd = whole.index.symmetric_difference(with_structure.index)
    if len(odd):
        raise ResultsError(f"figures under the market structure differ in their labels: {list(odd)[:5]}")
    return out.assign(**{STRUCTURE: with_structure.reindex(whole.index) - whole})
