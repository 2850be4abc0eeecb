"""The whole adjustment account of a run: displaced by every definition, costs, compensation, retraining."""

from __future__ import annotations

import pandas as pd

from cge.solution import Solution
from results.adjustment import Adjustment
from results.displaced import displaced
from results.jobs import Jobs
from results.retraining import Programme
from results.retraining import table as programme_table


def account(
    base: Solution, new: Solution, work: Jobs, costs: Adjustment, retraining: Programme | None = None
) -> pd.DataFrame:
    """The table ``adjustment``: tidy rows by region, and by sector where persons are counted.

    ``retraining``: a programme whose rows join. Raises ResultsError on its regions and as `displaced` does.
    """
    parts = [costs.table(), displaced(base, new, work, costs.data.wage).table()]
    if retraining is not None:
        parts.append(programme_table(costs, retraining))
    return pd.concat(parts, ignore_index=True)
