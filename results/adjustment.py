r"""Displaced workers, what their adjustment costs, and what it takes to compensate them.

.. math:: cost = \sum_j D_j w_j \, [\rho (f T_u + l A) + (1-\rho) f T_{out}], \qquad
          D_j = \max(0, \; cut_j - a \, T_{phase} \, jobs^b_j)

D is the cut of a sector's jobs beyond attrition (exits that would have happened anyway during the
phase-in), and the gross cut, which ignores attrition, is shown beside it. w is the sector's labour income
per person; rho the share re-employed among those who did not leave for normal reasons; T_u their years
out of work; l their wage loss, for A years of annuity; T_out the years out of work of the others; f carries
time out of work from the USA to other economies (`results.adjustment_scaling`).

Where employment falls by U, the equilibrium already has min(U, D) of a region's D displaced out of work, and
EV has their whole income for the whole horizon. They are not counted again: the share min(U, D) / D of both
parts of the cost (time out and lower wages) is subtracted, and nothing of what the others lose.

Transfers (unemployment benefits, retraining paid by taxes) move the cost and are not a cost themselves. The
ratio to the gain compares present values over the same horizon at the same rate. A net cut per sector is a
lower bound: moves inside a sector of the aggregation are not seen.

**Full compensation** makes every displaced worker whole: the whole loss of the gross cut, with what EV has
counted (the workers lose it all the same). It is a transfer out of the gain, not a cost on top. Its share is
of the gain with the counted loss added back, so that at 100 % nothing of the gain is left. **Payback** is the
time T in which the discounted gain g has covered the gross cost,

.. math:: g \, \frac{1 - (1+r)^{-T}}{r} = cost, \qquad T = -\ln(1 - r \, cost / g) / \ln(1 + r)

which does not exist where the gain for ever, g/r, is less than the cost. The gain counts from the first year,
as in the present value.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import StringIO

import numpy as np
import pandas as pd
import xarray as xr

from cge.solution import Solution
from results.adjustment_scaling import SETS, Rules, factors
from results.errors import ResultsError
from results.indicators import Indicators
from results.jobs import Jobs
from results.levels import aligned, safe_ratio
from results.tidy import changes

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
    def years_of_earnings_lower(self) -> float:
        """Loss by lower wages per displaced worker, in years of earnings: rho l A."""
        return self.rho * self.earnings_loss * self.annuity

    @property
    def years_of_earnings(self) -> float:
        """Whole cost per displaced worker, in years of earnings."""
        return self.years_of_earnings_out + self.years_of_earnings_lower

    def years_out(self, factor: xr.DataArray) -> xr.DataArray:
        """``years_of_earnings_out`` with both times multiplied by ``factor``, but for no time lengthened
        beyond the horizon.
        """

        def longer(years: float) -> xr.DataArray:
            return (years * factor).clip(max=max(years, self.horizon_years))

        return self.rho * longer(self.years_out_reemployed) + (1 - self.rho) * longer(self.years_out_others)


@dataclass(frozen=True)
class Adjustment:
    """``data`` by region and sector (r, j), thousand persons: ``gross``, ``beyond_<set>``; ``wage``, thousand
    USD a year. By region (r), USD million: ``cost_<set>``, ``counted_<set>`` (what EV already counts),
    ``time_out_<set>``, ``wage_loss_<set>`` (the two parts of the cost), the same four with ``_gross`` before
    the set for the gross cut; ``gain_<set>`` (present value of EV), ``full_<set>`` (compensation, present
    value), ``full_a_year_<set>``; ``share_<set>`` (percent of the gain) and ``payback_<set>`` (years), not a
    number where there is none; ``years_<set>`` (of earnings lost per displaced worker), ``scale_<set>`` and
    ``retraining_<set>`` (factors on the USA's time out of work and unit cost of retraining).
    """

    data: xr.Dataset
    parameters: dict[str, Parameters]

    def table(self) -> pd.DataFrame:
        """Tidy rows: displaced by region and sector, costs and gains by region; baseline 0."""
        people = {"displaced_gross": (PERSONS, self.data.gross)}
        for s in SETS:
            people[f"displaced_beyond_attrition_{s}"] = (PERSONS, self.data[f"beyond_{s}"])
        money = {
            f"{long}_{s}": (unit, self.data[f"{short}_{s}"])
            for short, (long, unit) in BY_REGION.items()
            for s in SETS
        }
        some = {f"{BY_REGION[short][0]}_{s}" for short in SOMETIMES for s in SETS}
        parts = [changes(people, ("r", "j")), changes(money, ("r",), may_lack=some)]
        return pd.concat(parts, ignore_index=True)


PERSONS, USD = "thousand persons", "USD million"
BY_REGION = {
    "cost": ("adjustment_cost", USD),
    "cost_gross": ("adjustment_cost_gross", USD),
    "gain": ("adjustment_present_value_of_gain", USD),
    "time_out_gross": ("cost_time_out", USD),
    "wage_loss_gross": ("cost_wage_loss", USD),
    "counted_gross": ("cost_counted_in_gain", USD),
    "time_out": ("cost_time_out_beyond_attrition", USD),
    "wage_loss": ("cost_wage_loss_beyond_attrition", USD),
    "full": ("full_compensation", USD),
    "full_a_year": ("full_compensation_a_year", "USD million a year over the horizon"),
    "share": ("compensation_share_of_gain", "percent of the present value of the gain"),
    "payback": ("payback_years", "years, if the gain lasts (no row: never, or no gain)"),
    "years": ("earnings_lost_years", "years of previous earnings per displaced worker"),
    "scale": ("time_out_scaling", "ratio to the USA's time out of work"),
}
"""Variables of ``Adjustment.data`` by region, for each set: the indicator and its unit."""

SOMETIMES = ("share", "payback")
"""Those that need not exist; where they do not, there is no row."""


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
    base: Solution,
    work: Jobs,
    found: Indicators,
    parameters: dict[str, Parameters] | None = None,
    rules: Rules | None = None,
) -> Adjustment:
    """Displaced workers and adjustment costs of every region.

    ``work``: jobs of base and new; ``found``: their indicators (for EV and employment). The shipped
    parameters are from United States sources; ``rules`` (the shipped ones) carry time out of work to other
    regions, the rest is applied to every region, which is an assumption. USD million.
    """
    sets = parameter_sets() if parameters is None else parameters
    before, after = work.data.base, work.data.new
    wage = _wage(base, before)
    ev = _by_region(found, "welfare_ev", before.r)
    lost = (-_by_region(found, "employment", before.r)).clip(min=0)
    mean_wage = safe_ratio((wage * before).sum("j"), before.sum("j"), 0.0)
    scales = factors(aligned(base)[0].u0, mean_wage, rules)
    cut = (before - after).clip(min=0)
    data: dict[str, xr.DataArray] = {"gross": cut, "wage": wage}
    for s, p in sets.items():
        beyond = (cut - p.attrition_rate * p.phase_in_years * before).clip(min=0)
        out = p.years_out(scales[f"time_out_{s}"])
        for which, displaced in (("", beyond), ("gross_", cut)):
            payroll = (displaced * wage).sum("j")
            people = displaced.sum("j")
            idle = safe_ratio(xr.where(lost < people, lost, people), people, 0.0)
            data[f"counted_{which}{s}"] = idle * payroll * (out + p.years_of_earnings_lower)
            data[f"time_out_{which}{s}"] = (1 - idle) * payroll * out
            data[f"wage_loss_{which}{s}"] = (1 - idle) * payroll * p.years_of_earnings_lower
            data[f"cost_{which}{s}"] = data[f"time_out_{which}{s}"] + data[f"wage_loss_{which}{s}"]
        data |= {f"beyond_{s}": beyond, f"gain_{s}": ev * p.annuity}
        data |= {f"years_{s}": out + p.years_of_earnings_lower, f"scale_{s}": scales[f"time_out_{s}"]}
        data[f"retraining_{s}"] = scales[f"retraining_{s}"]
        data |= _compensation(data, s, p, ev)
    return Adjustment(xr.Dataset(data), dict(sets))


def _compensation(
    data: dict[str, xr.DataArray], s: str, p: Parameters, ev: xr.DataArray
) -> dict[str, xr.DataArray]:
    """Full compensation of one set, its share of the gain and the payback time (see the module)."""
    cost, counted = data[f"cost_gross_{s}"], data[f"counted_gross_{s}"]
    full = cost + counted
    gain = (ev * p.annuity + counted).where(ev > 0)
    return {
        f"full_{s}": full,
        f"full_a_year_{s}": full / p.annuity if p.annuity else full,
        f"share_{s}": 100 * full / gain,
        f"payback_{s}": payback(cost, ev, p.discount_rate),
    }


def payback(cost: xr.DataArray, gain: xr.DataArray, rate: float) -> xr.DataArray:
    """Years until the discounted yearly ``gain`` has covered ``cost``; not a number where it never does."""
    burden = cost / gain.where(gain > 0)
    if rate == 0:
        return burden
    return -np.log1p(-rate * burden.where(rate * burden < 1)) / np.log1p(rate)


def _wage(base: Solution, jobs_base: xr.DataArray) -> xr.DataArray:
    """Labour income per person (r, j), thousand USD a year; 0 where nobody works."""
    v, b = aligned(base)
    income = (b.V0 * v.pf * v.wedge * v.xf).sel(f="labour", drop=True)
    return safe_ratio(income.transpose("r", "j"), jobs_base.transpose("r", "j"), 0.0)


def _by_region(found: Indicators, indicator: str, regions: xr.DataArray) -> xr.DataArray:
    part = found.table[found.table.indicator == indicator].set_index("region").change
    return xr.DataArray(part.reindex(regions.values).to_numpy(), dims="r", coords={"r": regions.values})
