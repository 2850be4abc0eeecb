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

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import StringIO

import numpy as np
import pandas as pd
import xarray as xr

from cge.solution import Solution
from results.adjustment_scaling import SETS, Rules, scales
from results.arrays import Labelled, Plain, Plains, Side, World, plain, where
from results.errors import ResultsError
from results.indicators import Indicators
from results.jobs import Jobs
from results.levels import safe_ratio, side
from results.measures import Measure, frame

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

    def years_out(self, factor: Labelled) -> Labelled:
        """``years_of_earnings_out`` with both times multiplied by ``factor``, but for no time lengthened
        beyond the horizon.
        """

        def longer(years: float) -> Labelled:
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
        return frame(measures(Plains.of(self.data)))


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


def measures(found: Plains) -> list[Measure]:
    """The numbers of the table from those of `costs`."""
    out = [Measure("displaced_gross", PERSONS, 0.0, found["gross"])]
    out += [Measure(f"displaced_beyond_attrition_{s}", PERSONS, 0.0, found[f"beyond_{s}"]) for s in SETS]
    for short, (long, unit) in BY_REGION.items():
        lack = short in SOMETIMES
        out += [Measure(f"{long}_{s}", unit, 0.0, found[f"{short}_{s}"], may_lack=lack) for s in SETS]
    return out


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
    one = side(base)
    before, after = (plain(a, one.world) for a in (work.data.base, work.data.new))
    ev, persons = (_by_region(found, name, one.world) for name in ("welfare_ev", "employment"))
    return Adjustment(costs(one, before, after, ev, persons, sets, rules).to_xarray(), dict(sets))


def costs(
    one: Side,
    before: Plain,
    after: Plain,
    ev: Plain,
    persons: Plain,
    sets: Mapping[str, Parameters],
    rules: Rules | None = None,
) -> Plains:
    """The variables of :class:`Adjustment` with plain arrays.

    ``one``: the baseline; ``before after``: jobs (r, j), thousand; ``ev persons``: changes of welfare (USD
    million a year) and of persons in work (thousand), (r).

    Kinks, where a derivative is that of the side on which nothing moves: no cut of a sector's jobs, a cut of
    just attrition's size, employment that does not fall or falls by just the displaced; time out of work at
    its floor, its ceiling or the horizon. Payback and share of the gain do not exist where nothing is gained.
    """
    wage = _wage(one, before)
    lost = (-persons).clip(min=0)
    mean_wage = safe_ratio((wage * before).sum("j"), before.sum("j"), 0.0)
    scale = scales(one.v.u0, mean_wage, rules)
    cut = (before - after).clip(min=0)
    data: dict[str, Plain] = {"gross": cut, "wage": wage}
    for s, p in sets.items():
        beyond = (cut - p.attrition_rate * p.phase_in_years * before).clip(min=0)
        out = p.years_out(scale[f"time_out_{s}"])
        for which, displaced in (("", beyond), ("gross_", cut)):
            payroll = (displaced * wage).sum("j")
            people = displaced.sum("j")
            idle = safe_ratio(where(lost < people, lost, people), people, 0.0)
            data[f"counted_{which}{s}"] = idle * payroll * (out + p.years_of_earnings_lower)
            data[f"time_out_{which}{s}"] = (1 - idle) * payroll * out
            data[f"wage_loss_{which}{s}"] = (1 - idle) * payroll * p.years_of_earnings_lower
            data[f"cost_{which}{s}"] = data[f"time_out_{which}{s}"] + data[f"wage_loss_{which}{s}"]
        data |= {f"beyond_{s}": beyond, f"gain_{s}": ev * p.annuity}
        data |= {f"years_{s}": out + p.years_of_earnings_lower, f"scale_{s}": scale[f"time_out_{s}"]}
        data[f"retraining_{s}"] = scale[f"retraining_{s}"]
        data |= _compensation(data, s, p, ev)
    return Plains(data, one.world)


def _compensation(data: Mapping[str, Plain], s: str, p: Parameters, ev: Plain) -> dict[str, Plain]:
    """Full compensation of one set, its share of the gain and the payback time (see the module)."""
    cost, counted = data[f"cost_gross_{s}"], data[f"counted_gross_{s}"]
    full = cost + counted
    gain = where(ev > 0, ev * p.annuity + counted, 1.0)
    return {
        f"full_{s}": full,
        f"full_a_year_{s}": full / p.annuity if p.annuity else full,
        f"share_{s}": (100 * full / gain).where(ev > 0),
        f"payback_{s}": payback(cost, ev, p.discount_rate),
    }


def payback(cost: Labelled, gain: Labelled, rate: float) -> Labelled:
    """Years until the discounted yearly ``gain`` has covered ``cost``; not a number where it never does."""
    # What does not exist is computed from 1 or 0 and struck out last, so that no derivative is NaN beside it.
    burden = cost / where(gain > 0, gain, 1.0)
    if rate == 0:
        return burden.where(gain > 0)
    ends = (gain > 0) & (rate * burden < 1)
    return (-np.log1p(-rate * where(ends, burden, 0.0)) / np.log1p(rate)).where(ends)


def _wage(one: Side, jobs_base: Plain) -> Plain:
    """Labour income per person (r, j), thousand USD a year; 0 where nobody works."""
    income = (one.b.V0 * one.v.pf * one.v.wedge * one.v.xf).sel(f="labour")
    return safe_ratio(income.transpose("r", "j"), jobs_base.transpose("r", "j"), 0.0)


def _by_region(found: Indicators, indicator: str, world: World) -> Plain:
    """The change of an indicator (r)."""
    part = found.table[(found.table.indicator == indicator).to_numpy()].set_index("region").change
    return Plain(part.reindex(list(world.labels["r"])).to_numpy(dtype=float), ("r",), world)
