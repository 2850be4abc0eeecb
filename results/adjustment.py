r"""Displaced workers and what their adjustment costs.

.. math:: cost = \sum_j D_j w_j \, [\rho (T_u + l A) + (1-\rho) T_{out}], \qquad
          D_j = \max(0, \; cut_j - a \, T_{phase} \, jobs^b_j)

D is the cut of a sector's jobs beyond attrition (exits that would have happened anyway during the
phase-in), and the gross cut, which ignores attrition, is shown beside it. w is the sector's labour income
per person; rho the share re-employed among those who did not leave for normal reasons; T_u their years
out of work; l their wage loss, for A years of annuity; T_out the years out of work of the others. Where
employment falls, EV has counted that lost labour income already: it is subtracted, up to the part of the
cost that is time out of work. Transfers (unemployment benefits, retraining paid by taxes) move the cost
and are not a cost themselves. The ratio to the gain compares present values over the same horizon at the
same rate. A net cut per sector is a lower bound: moves inside a sector of the aggregation are not seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import StringIO

import pandas as pd
import xarray as xr

from cge.solution import Solution
from results.errors import ResultsError
from results.indicators import Indicators
from results.jobs import Jobs
from results.levels import aligned, safe_ratio
from results.tidy import rows

SETS = ("low", "central", "high")
NAMES = (
    "attrition_rate", "phase_in_years", "reemployed_share", "normal_exit_share", "years_out_reemployed",
    "earnings_loss", "years_out_others", "discount_rate", "horizon_years",
)  # fmt: skip


@dataclass(frozen=True)
class Parameters:
    """One set of adjustment parameters; shares, years, rates a year. Sources:
    ``assumptions/adjustment.csv``.
    """

    attrition_rate: float
    phase_in_years: float
    reemployed_share: float
    normal_exit_share: float
    years_out_reemployed: float
    earnings_loss: float
    years_out_others: float
    discount_rate: float
    horizon_years: float

    @property
    def rho(self) -> float:
        """Share re-employed among the displaced who did not leave for normal reasons."""
        return min(1.0, self.reemployed_share / (1 - self.normal_exit_share))

    @property
    def annuity(self) -> float:
        """Present value of one unit a year over the horizon, paid at year ends."""
        r, years = self.discount_rate, self.horizon_years
        return years if r == 0 else (1 - (1 + r) ** -years) / r

    @property
    def years_of_earnings_out(self) -> float:
        """Time out of work per displaced worker, in years of earnings: rho T_u + (1-rho) T_out."""
        return self.rho * self.years_out_reemployed + (1 - self.rho) * self.years_out_others

    @property
    def years_of_earnings(self) -> float:
        """Whole cost per displaced worker, in years of earnings."""
        return self.years_of_earnings_out + self.rho * self.earnings_loss * self.annuity


@dataclass(frozen=True)
class Adjustment:
    """``data`` by region and sector (r, j), thousand persons, for each set: ``gross`` (no set),
    ``beyond_<set>``; by region (r), USD million: ``cost_<set>``, ``cost_gross_<set>``, ``counted_<set>``
    (what EV already counts), ``gain_<set>`` (present value of EV).
    """

    data: xr.Dataset
    parameters: dict[str, Parameters]

    def table(self) -> pd.DataFrame:
        """Tidy rows: displaced by region and sector, costs and gains by region; baseline 0."""
        out = [_from_zero("displaced_gross", "thousand persons", self.data.gross, ("r", "j"))]
        for s in SETS:
            name = f"displaced_beyond_attrition_{s}"
            out.append(_from_zero(name, "thousand persons", self.data[f"beyond_{s}"], ("r", "j")))
            for short, long in (
                ("cost", "cost"),
                ("cost_gross", "cost_gross"),
                ("gain", "present_value_of_gain"),
            ):
                out.append(
                    _from_zero(f"adjustment_{long}_{s}", "USD million", self.data[f"{short}_{s}"], ("r",))
                )
        return pd.concat(out, ignore_index=True)


def _from_zero(name: str, unit: str, value: xr.DataArray, dims: tuple[str, ...]) -> pd.DataFrame:
    return rows(name, unit, xr.zeros_like(value), value, dims)


@cache
def assumptions() -> pd.DataFrame:
    """The parameter table as shipped: name, low, central, high, unit, source, confidence."""
    text = resources.files("results").joinpath("assumptions", "adjustment.csv").read_text(encoding="utf-8")
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return pd.read_csv(StringIO(body))


def parameter_sets(table: pd.DataFrame | None = None) -> dict[str, Parameters]:
    """The low, central and high sets from a table like :func:`assumptions`.

    "low" and "high" are sets that make the *cost* low or high. Raises ResultsError on a missing, unknown or
    inadmissible parameter.
    """
    table = assumptions() if table is None else table
    names = list(table["name"])
    if sorted(names) != sorted(NAMES):
        odd = sorted(set(names) ^ set(NAMES)) or "duplicates"
        raise ResultsError(
            f"adjustment parameters: expected one row each of {', '.join(NAMES)}; wrong: {odd}"
        )
    values = table.set_index("name")
    sets = {s: Parameters(**{name: float(values.loc[name, s]) for name in NAMES}) for s in SETS}  # pyright: ignore
    for s, p in sets.items():
        for name in NAMES:
            top = float("inf") if "years" in name else 1.0
            if not 0 <= getattr(p, name) <= top:
                raise ResultsError(
                    f"adjustment parameter {name}, set {s}: {getattr(p, name)} is not in [0, {top}]"
                )
        if p.reemployed_share + p.normal_exit_share > 1:
            raise ResultsError(f"adjustment set {s}: re-employed and normal exits add up to more than one")
    return sets


def adjustment(
    base: Solution, work: Jobs, found: Indicators, parameters: dict[str, Parameters] | None = None
) -> Adjustment:
    """Displaced workers and adjustment costs of every region.

    ``work``: jobs of base and new; ``found``: their indicators (for EV and employment). The shipped
    parameters are from United States sources and are applied to every region, which is an assumption. USD
    million.
    """
    sets = parameter_sets() if parameters is None else parameters
    before, after = work.data.base, work.data.new
    wage = _wage(base, before)
    ev = _by_region(found, "welfare_ev", before.r)
    lost = (-_by_region(found, "employment", before.r)).clip(min=0)
    mean_wage = safe_ratio((wage * before).sum("j"), before.sum("j"), 0.0)
    cut = (before - after).clip(min=0)
    data: dict[str, xr.DataArray] = {"gross": cut, "wage": wage}
    for s, p in sets.items():
        beyond = (cut - p.attrition_rate * p.phase_in_years * before).clip(min=0)
        already = lost * mean_wage * p.annuity
        for name, displaced in (("cost", beyond), ("cost_gross", cut)):
            payroll = (displaced * wage).sum("j")
            counted = xr.where(
                already < payroll * p.years_of_earnings_out, already, payroll * p.years_of_earnings_out
            )
            data[f"{name}_{s}"] = payroll * p.years_of_earnings - counted
            data["counted_" + (s if name == "cost" else f"gross_{s}")] = counted
        data[f"beyond_{s}"] = beyond
        data[f"gain_{s}"] = ev * p.annuity
    return Adjustment(xr.Dataset(data), dict(sets))


def _wage(base: Solution, jobs_base: xr.DataArray) -> xr.DataArray:
    """Labour income per person (r, j), thousand USD a year; 0 where nobody works."""
    v, b = aligned(base)
    income = (b.V0 * v.pf * v.wedge * v.xf).sel(f="labour", drop=True)
    return safe_ratio(income.transpose("r", "j"), jobs_base.transpose("r", "j"), 0.0)


def _by_region(found: Indicators, indicator: str, regions: xr.DataArray) -> xr.DataArray:
    part = found.table[found.table.indicator == indicator].set_index("region").change
    return xr.DataArray(part.reindex(regions.values).to_numpy(), dims="r", coords={"r": regions.values})
