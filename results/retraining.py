r"""A retraining programme for displaced workers: who takes part, what it costs, next to the gain.

.. math:: participants = u \sum_j D_j, \qquad cost = participants \cdot c

with D the workers displaced, gross of attrition (`results.adjustment`): the uptake u was measured against all
who became eligible. c is the cost of one participant, spent once. The gain is the present value of the
equivalent variation, as in the adjustment account. The programme is an account beside the model: nobody is
taxed for it and nobody finds work sooner, so it is a transfer to be paid out of the gain, not a cost on top
of the adjustment cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import StringIO

import pandas as pd
import xarray as xr

from results.adjustment import SETS, Adjustment
from results.errors import ResultsError
from results.tidy import rows

NAMES = ("uptake", "cost_per_worker")


@dataclass(frozen=True)
class Programme:
    """Whose displaced are retrained (regions of the model); a number that is not given is the table's."""

    regions: tuple[str, ...]
    uptake: float | None = None
    cost_per_worker: float | None = None

    def numbers(self, which: str) -> dict[str, float]:
        """Uptake (share) and cost per participant (USD) of one set: low, central or high."""
        table = assumptions().set_index("name")
        given = {name: getattr(self, name) for name in NAMES}
        return {n: float(table.at[n, which]) if v is None else float(v) for n, v in given.items()}  # pyright: ignore

    def words(self) -> str:
        """What a reader must know of the numbers and of who pays."""
        low, mid, high = (self.numbers(s) for s in SETS)
        uptake = _band([100 * x["uptake"] for x in (low, mid, high)], "{:.3g} %")
        cost = _band([x["cost_per_worker"] for x in (low, mid, high)], "USD {:,.0f}")
        return (
            f"retraining in {', '.join(self.regions)}: {uptake} of the displaced take part, at {cost} "
            f"each; it is not financed inside the model: no tax is raised for it, and nobody finds "
            "work sooner because of it"
        )


def _band(values: list[float], form: str) -> str:
    """``32.2 % (20 % to 50 %)``; the middle alone where the three agree."""
    low, mid, high = (form.format(v) for v in values)
    return mid if low == high else f"{mid} ({low} to {high})"


@cache
def assumptions() -> pd.DataFrame:
    """The table as shipped: name, low, central, high, unit, source, confidence."""
    text = resources.files("results").joinpath("assumptions", "retraining.csv").read_text(encoding="utf-8")
    return pd.read_csv(StringIO("\n".join(line for line in text.splitlines() if not line.startswith("#"))))


def table(costs: Adjustment, programme: Programme) -> pd.DataFrame:
    """Tidy rows by region of the programme and set: participants, cost, and its share of a gain.

    The share has no row where the region does not gain. Raises ResultsError on a region that is not there.
    """
    known = costs.data.r.values.astype(str).tolist()
    missing = sorted(set(programme.regions) - set(known))
    if missing:
        raise ResultsError(
            f"retraining: {', '.join(missing)} is no region here; there are {', '.join(known)}"
        )
    data = costs.data.sel(r=[r for r in known if r in programme.regions])
    out = []
    for s in SETS:
        number = programme.numbers(s)
        people = number["uptake"] * data.gross.sum("j")
        cost = people * number["cost_per_worker"] / 1000  # thousand persons times USD: USD million
        gain = data[f"gain_{s}"]
        out.append(_from_zero(f"retraining_participants_{s}", "thousand persons", people))
        out.append(_from_zero(f"retraining_cost_{s}", "USD million", cost))
        gains = gain.r.values[gain.values > 0]
        if len(gains):
            share = 100 * cost.sel(r=gains) / gain.sel(r=gains)
            unit = "percent of the present value of the gain"
            out.append(_from_zero(f"retraining_share_of_gain_{s}", unit, share))
    return pd.concat(out, ignore_index=True)


def _from_zero(name: str, unit: str, value: xr.DataArray) -> pd.DataFrame:
    return rows(name, unit, xr.zeros_like(value), value)
