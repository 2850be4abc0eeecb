"""Output volume by region and sector at benchmark basic prices."""

from __future__ import annotations

import pandas as pd

from cge.solution import Solution
from results.arrays import Side
from results.levels import sides
from results.measures import Measure, frame

UNIT = "USD million at benchmark prices"


def measures(one: Side, two: Side) -> list[Measure]:
    """The numbers of the table ``output`` (r, i)."""
    before, after = ((s.b.H0 + s.b.X0.sum("d").rename(o="r")) * s.v.y for s in (one, two))
    return [Measure("output", UNIT, before, after)]


def output(base: Solution, new: Solution) -> pd.DataFrame:
    """Tidy rows by region and sector. Raises ResultsError when the solutions do not belong together."""
    return frame(measures(*sides(base, new)))
