r"""Shapley contributions of many players by sampling orders, with standard errors.

The Shapley value of a player is the mean of its marginal contribution over all orders in which players can
come. Here orders are drawn at random in antithetic pairs (an order and its reverse: who comes early in one
comes late in the other); the mean of a pair is one observation, and pairs are independent. Within each order
the contributions sum to the value of all less that of none, so the estimates do exactly; only their division
among players is uncertain:

.. math:: \hat\phi_c = \frac{1}{m} \sum_k \bar\phi_c^{(k)}, \qquad
          se_c = \sqrt{\frac{1}{m(m-1)} \sum_k (\bar\phi_c^{(k)} - \hat\phi_c)^2}

Source: Castro, Gomez and Tejada (2009), Polynomial calculation of the Shapley value based on sampling;
antithetic pairs: Mitchell, Cooper, Frank and Holmes (2022), Sampling permutations for Shapley value
estimation. Both recall-M.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from results.contributions import MOST, shapley
from results.errors import ResultsError

Value = Callable[[frozenset[str]], pd.Series]
"""Figures of a coalition (changes; any unit), one label per figure."""

SAMPLES = 20
"""Orders drawn unless told otherwise: ten pairs."""


@dataclass(frozen=True)
class Attributed:
    """``contribution``, ``standard_error``: one row per figure, one column per player (errors are zero when
    exact); ``orders``: how many were drawn, 0 when every coalition was valued.
    """

    contribution: pd.DataFrame
    standard_error: pd.DataFrame
    orders: int

    @property
    def exact(self) -> bool:
        """Whether every coalition was valued."""
        return self.orders == 0


def attributed(
    value: Value, players: Sequence[str], *, samples: int | None = None, seed: int = 0
) -> Attributed:
    """Exact for up to ``MOST`` players, unless ``samples`` asks for sampling; beyond it sampled.

    ``value`` may be asked for a coalition more than once: keep what it costs to compute. Raises ResultsError
    on doubled names, no players, and as `sampled`.
    """
    names = tuple(players)
    if not names or len(set(names)) != len(names):
        raise ResultsError("players: at least one is needed, and each once")
    if len(names) > MOST or (samples is not None and len(names) > 1):
        return sampled(value, names, samples=SAMPLES if samples is None else samples, seed=seed)
    exact = shapley(value, names)
    return Attributed(exact, exact * 0.0, 0)


def sampled(value: Value, players: Sequence[str], *, samples: int = SAMPLES, seed: int = 0) -> Attributed:
    """Contributions from ``samples`` orders (rounded up to pairs). Raises ResultsError below two pairs: one
    has no error.
    """
    pairs = -(-samples // 2)
    if pairs < 2:
        raise ResultsError(f"samples: at least 4 orders are needed for a standard error, not {samples}")
    rng = np.random.default_rng(seed)
    observations: list[np.ndarray] = []
    labels = pd.Index([])
    for _ in range(pairs):
        order: list[str] = [players[int(k)] for k in rng.permutation(len(players))]
        one, other = (_marginals(value, o, players) for o in (order, order[::-1]))
        observations.append((one + other).to_numpy() / 2)
        labels = one.index
    mean = np.mean(observations, axis=0)
    error = np.std(observations, axis=0, ddof=1) / np.sqrt(pairs)
    frame = {"index": labels, "columns": list(players)}
    return Attributed(pd.DataFrame(mean, **frame), pd.DataFrame(error, **frame), 2 * pairs)


def _marginals(value: Value, order: Sequence[str], players: Sequence[str]) -> pd.DataFrame:
    """What each player adds when it comes in this order; columns in the order of ``players``."""
    before, inside, out = value(frozenset()), frozenset[str](), {}
    for name in order:
        inside |= {name}
        after = value(inside)
        out[name], before = after - before, after
    return pd.DataFrame({name: out[name] for name in players})
