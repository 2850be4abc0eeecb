"""What a stop of trade between two regions costs both: the model's answer beside the structural measures.

Three stops are solved from a given solution: a sells nothing to b, b sells nothing to a, no trade between
them. Trade is closed by a cost of shipping of ``prohibitive_cost`` times the price
(`results.dependence.assumed`): no rent and no revenue arises, and sources and markets are replaced as far as
the elasticities allow. The cost is finite, so a little trade is left, most where sources hardly replace each
other: the rows ``stop_trade_left_...`` say how much of all that is closed, and a stop of one sector alone can
leave more than a percent (ores, of the default aggregation). The elasticities are those of the years in which
an economy adapts, so losses in the first months are larger.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import xarray as xr

from cge.model import Model
from cge.solution import Solution

PERCENT = "percent of national income"
LEFT = "percent of the trade before"
STOPS = ("purchases", "sales", "both")
"""What is closed, as the region sees it: its purchases from the partner, its sales to it, or both."""

Instruments = Mapping[str, xr.DataArray]
Progress = Callable[[str], None]


def stops(
    model: Model,
    pairs: Sequence[tuple[str, str]],
    before: tuple[Solution, Instruments],
    after: tuple[Solution, Instruments] | None = None,
    *,
    sectors: Sequence[str] = (),
    progress: Progress = lambda message: None,
) -> pd.DataFrame:
    """Welfare of both regions of every pair under each stop, from the baseline and from the policy.

    ``before`` and ``after``: a solution with the instruments that it was solved under; without ``after`` both
    columns are the baseline's. ``sectors`` of the model to close (default: all). Returns rows of
    `results.tidy.COLUMNS` with the indicators ``stop_welfare_{purchases,sales,both}`` (percent of national
    income, a change from the solution that it starts from) and ``stop_trade_left_...``. Raises SolveError
    where a stop has no solution.
    """
    from results.tidy import COLUMNS

    records = []
    for a, b in dict.fromkeys(tuple(sorted(p)) for p in pairs):
        for closed in ([(b, a)], [(a, b)], [(a, b), (b, a)]):
            words = ", ".join(f"{o} to {d}" for o, d in closed)
            found = []
            for solution, instruments in (before,) if after is None else (before, after):
                progress(f"stop: {words}")
                found.append(_stop(model, solution, instruments, closed, sectors))
            for region, partner in ((a, b), (b, a)):
                kind = "both" if len(closed) == 2 else "purchases" if closed[0][1] == region else "sales"
                for n, (name, unit) in enumerate((("welfare", PERCENT), ("trade_left", LEFT))):
                    x, y = (s[region][n] for s in (found[0], found[-1]))
                    row = (region, "", partner, f"stop_{name}_{kind}", unit, x, y, y - x, float("nan"))
                    records += [row] if x == x and y == y else []  # nothing traded: nothing is left of it
    return pd.DataFrame(records, columns=COLUMNS)


def _stop(
    model: Model,
    start: Solution,
    instruments: Instruments,
    closed: Sequence[tuple[str, str]],
    sectors: Sequence[str],
) -> dict[str, tuple[float, float]]:
    """By region: welfare change in percent of national income, and what is left of the closed trade."""
    from results.dependence import assumed
    from results.levels import levels
    from results.welfare import equivalent_variation

    k = instruments["k"].copy() if "k" in instruments else xr.ones_like(start.benchmark["tm0"])
    chosen = list(sectors) or k["i"].values.tolist()
    for o, d in closed:
        k.loc[{"o": o, "d": d, "i": chosen}] *= assumed()["prohibitive_cost"]
    new = model.solve({**instruments, "k": k}, start=start)
    found = equivalent_variation(levels(start), levels(new), start.values, new.values)
    gain = 100 * found.ev / found.income
    traded = [
        sum(float((s.benchmark["X0"] * s.values["x"]).sel(o=o, d=d, i=chosen).sum()) for o, d in closed)
        for s in (start, new)
    ]
    left = 100 * traded[1] / traded[0] if traded[0] else float("nan")
    return {str(r): (float(gain.sel(r=r)), left) for r in gain["r"].values}
