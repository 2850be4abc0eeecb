"""How much of a scenario's effect is due to each member, provision or package: the answer and its checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from results.coalitions import Coalitions
from results.errors import ResultsError
from results.shapley_sampling import Attributed
from results.tidy import pick

COLUMNS = ("indicator", "unit", "region", "player", "contribution", "standard_error", "percent_of_total",
           "alone", "last")  # fmt: skip
"""Of the tidy table: ``alone``: the change when only this player takes part; ``last``: what is lost when it
alone does not."""

ADDS_UP = 1e-9
"""How far the parts may miss the total, relative to the largest part."""

Values = Mapping[frozenset[str], Mapping[str, float]]
"""Figures of every coalition that was solved."""


@dataclass(frozen=True)
class Label:
    """A figure of a coalition: indicator, unit and region."""

    indicator: str
    unit: str
    region: str

    def __str__(self) -> str:
        """Key of the figure in a series."""
        return f"{self.indicator}|{self.region}"


@dataclass(frozen=True)
class Attribution:
    """``table``: tidy (COLUMNS), contributions sum by figure to ``totals``; ``orders``: 0 when exact, else
    how many were drawn with ``seed``; ``solved``: coalitions that were solved.
    """

    name: str
    title: str
    by: str
    players: tuple[str, ...]
    table: pd.DataFrame
    totals: Mapping[str, float]
    orders: int
    seed: int
    solved: int
    notes: tuple[str, ...]
    coalitions: Coalitions | None = None

    def _repr_html_(self) -> str:
        from results.notebook import attribution_html

        return attribution_html(self)

    def contribution(self, player: str, indicator: str, region: str) -> float:
        """One number. Raises ResultsError when there is none."""
        rows = pick(self.table, player=player, indicator=indicator, region=region)
        if len(rows) != 1:
            raise ResultsError(f"no contribution of {player} to {indicator} of {region}")
        return float(rows["contribution"].iloc[0])


def table(found: Attributed, values: Values, players: Sequence[str], labels: Sequence[Label]) -> pd.DataFrame:
    """The tidy table of an attribution.

    ``values`` holds at least no one, everyone, each alone and everyone but each. Raises ResultsError when
    the contributions miss the total.
    """
    everyone = frozenset(players)
    nothing, whole = values[frozenset()], values[everyone]
    rows = []
    for label in labels:
        key = str(label)
        total = whole[key] - nothing[key]
        parts, errors = (dict(zip(players, t.loc[key, list(players)].to_numpy(), strict=True))
                         for t in (found.contribution, found.standard_error))  # fmt: skip
        scale = max(abs(x) for x in parts.values())
        if abs(sum(parts.values()) - total) > ADDS_UP * max(scale, 1e-12) * len(players):
            raise ResultsError(f"contributions to {label.indicator} of {label.region} miss the total")
        for player in players:
            rows.append(
                {
                    "indicator": label.indicator,
                    "unit": label.unit,
                    "region": label.region,
                    "player": player,
                    "contribution": float(parts[player]),
                    "standard_error": float(errors[player]),
                    "percent_of_total": 100 * float(parts[player]) / total if total else np.nan,
                    "alone": values[frozenset({player})][key] - nothing[key],
                    "last": whole[key] - values[everyone - {player}][key],
                }
            )
    return pd.DataFrame(rows, columns=list(COLUMNS))
