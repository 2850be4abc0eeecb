r"""Parameters of the adjustment cost carried from the United States, where they were measured, to others.

.. math:: f_r = \min\big(\max((u_r / u_{US})^{e}, floor), ceiling\big), \qquad
          c_r = c_{US} \, (w_r / w_{US})^{k}

f multiplies the time out of work (unemployment u of the benchmark, the weighted rate in a region of several
economies), c is the cost of retraining one person (w: labour income per person in the baseline). For the USA
both are as measured. Earnings lost need no rule: they are in years of the worker's own earnings. The low and
the high set take, of the table's two exponents, the one that makes the cost low or high in that economy: a
larger exponent raises the cost above the USA's rate and lowers it below. That labour markets differ in
much else (informal work, protection of jobs, migration) is not in these rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import StringIO

import pandas as pd
import xarray as xr

from results.arrays import Labelled, Plain, where
from results.errors import ResultsError

NAMES = (
    "time_out_exponent", "time_out_floor", "time_out_ceiling", "retraining_cost_exponent",
    "reference_unemployment", "reference_labour_income",
)  # fmt: skip

SETS = ("low", "central", "high")

REFERENCE = "USA"
"""The economy of the parameters' sources; its own region is the reference where a model has one."""


@dataclass(frozen=True)
class Rules:
    """The scaling table: ``values[name][set]``."""

    values: Mapping[str, Mapping[str, float]]

    def band(self, name: str) -> tuple[float, float, float]:
        """One parameter: low, central, high."""
        low, central, high = (float(self.values[name][s]) for s in SETS)
        return low, central, high


@cache
def assumptions() -> pd.DataFrame:
    """The table as shipped: name, low, central, high, unit, source, confidence."""
    path = resources.files("results").joinpath("assumptions", "adjustment_scaling.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    return pd.read_csv(StringIO("\n".join(line for line in lines if not line.startswith("#"))))


def rules(table: pd.DataFrame | None = None) -> Rules:
    """The rules of a table like :func:`assumptions`.

    Raises ResultsError on a missing or unknown row, a negative number, bounds that do not hold one between
    them (the USA would be scaled), or columns out of order.
    """
    table = assumptions() if table is None else table
    names = list(table["name"])
    if sorted(names) != sorted(NAMES):
        odd = sorted(set(names) ^ set(NAMES)) or "duplicates"
        raise ResultsError(f"adjustment scaling: expected one row each of {', '.join(NAMES)}; wrong: {odd}")
    columns = table.set_index("name")
    found = {n: {s: float(columns.at[n, s]) for s in SETS} for n in NAMES}  # pyright: ignore
    for name, band in found.items():
        if not 0 <= band["low"] <= band["central"] <= band["high"] < float("inf"):
            raise ResultsError(f"adjustment scaling {name}: {band} is not rising from low to high, from 0")
    if max(found["time_out_floor"].values()) > 1 or min(found["time_out_ceiling"].values()) < 1:
        raise ResultsError("adjustment scaling: the floor must be at most 1 and the ceiling at least 1")
    if min(found["reference_unemployment"]["low"], found["reference_labour_income"]["low"]) == 0:
        raise ResultsError("adjustment scaling: the references must be above 0")
    return Rules(found)


NO_SCALING = Rules(
    {n: dict.fromkeys(SETS, 0.0 if n.endswith("exponent") else 1.0) for n in NAMES}  # x to the 0 is 1
)
"""Every economy as the USA."""


def factors(unemployment: xr.DataArray, income: xr.DataArray, chosen: Rules | None = None) -> xr.Dataset:
    """`scales` as a dataset."""
    return xr.Dataset(scales(unemployment, income, chosen))


def scales(unemployment: Labelled, income: Labelled, chosen: Rules | None = None) -> dict[str, Labelled]:
    """``time_out_<set>`` and ``retraining_<set>`` (r): factors on the USA's numbers.

    ``unemployment``: share of the labour force (r); ``income``: labour income per person, thousand USD (r).
    A region without workers has factor one: nobody there is displaced. So has one whose unemployment is
    missing or 0, which says that it is not measured, not that work is found at once.
    """
    used = rules() if chosen is None else chosen
    out = {}
    idle = _ratio(unemployment, used.band("reference_unemployment")[1])
    paid = _ratio(income, used.band("reference_labour_income")[1])
    time_out = _band(where(idle > 0, idle, 1.0), used.band("time_out_exponent"))
    training = _band(where(paid > 0, paid, 1.0), used.band("retraining_cost_exponent"))
    bounds = zip(used.band("time_out_floor"), used.band("time_out_ceiling"), strict=True)
    for s, factor, cost, (floor, ceiling) in zip(SETS, time_out, training, bounds, strict=True):
        out[f"time_out_{s}"] = factor.clip(floor, ceiling)
        out[f"retraining_{s}"] = cost
    return out


def _ratio(value: Labelled, reference: float) -> Labelled:
    """``value`` over the USA's own where the model has it, else over the table's."""
    regions = value.world.labels["r"] if isinstance(value, Plain) else value.r.values
    if REFERENCE not in regions:
        return value / reference
    own = value.sel(r=REFERENCE, drop=True)
    return value / where(own > 0, own, reference)


def _band(ratio: Labelled, exponents: tuple[float, float, float]) -> list[Labelled]:
    """``ratio`` to the exponents, sorted by what they make of it: low, central, high."""
    low, central, high = (ratio**e for e in exponents)
    return [low.clip(max=high), central, high.clip(min=low)]
