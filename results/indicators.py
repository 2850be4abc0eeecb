"""What a policy does to each region: one tidy table, in money and in percent."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from cge.solution import Solution
from results.arrays import Plain, Plains, Side, World, labels_where, plain, where
from results.errors import ResultsError
from results.jobs import persons
from results.levels import Levels, gdp_gap, plain_levels, safe_ratio, sides
from results.measures import Measure, frame
from results.tidy import only
from results.welfare import (
    Welfare,
    consumption_ev,
    equivalent_variation,
    factor_price,
    real_gdp_index,
    real_gdp_spread,
    terms_of_trade,
    trade_volume,
)

USD = "USD million"
USD_BASE = "USD million at base prices"
INDEX = "index, base = 100"

ADDITIVE = (
    "real_gdp", "welfare_ev", "consumption_ev", "household_cost", "exports_value", "exports_volume",
    "imports_value", "imports_volume", "tariff_revenue", "employment",
)  # fmt: skip
"""Indicators that also get a row for the world: sums over regions."""


@dataclass(frozen=True)
class Indicators:
    """``table``: tidy (columns of ``tidy.COLUMNS``), one row per region and indicator;
    ``gdp_gap``: largest relative gap of the three nominal GDPs in either solution; ``notes``: exceptions.
    """

    table: pd.DataFrame
    gdp_gap: float
    notes: tuple[str, ...]

    def row(self, region: str, indicator: str) -> pd.Series:
        """One row. Raises ResultsError when there is none."""
        return only(self.table, region=region, indicator=indicator)


def indicators(base: Solution, new: Solution, *, households: xr.DataArray | None = None) -> Indicators:
    """Indicators of ``new`` against ``base``, per region and for the world.

    ``household_cost`` is minus the equivalent variation of private consumption: prices, incomes and the
    taxes that come with the policy together, not the price effect alone. ``households``: number of
    households (r) in thousands; without it the cost to households is per region only. USD million in
    units of the numeraire of the model (by default the world factor-price index), at 2022 values; "at
    base prices" are prices of the base solution. Raises ResultsError when the two do not belong together
    or a number does not exist.
    """
    one, two = sides(base, new)
    b, n = plain_levels(one), plain_levels(two)
    welfare = equivalent_variation(b, n, one.v, two.v)
    each = None if households is None else _per_household(households, one.world)
    table = frame(measures(one, two, (b, n), welfare, each))
    notes = [*_saving_note(welfare.linear_saving), *_spread_note(b, n)]
    return Indicators(table, max(gdp_gap(b)[0], gdp_gap(n)[0]), tuple(notes))


def measures(
    one: Side,
    two: Side,
    both: tuple[Levels, Levels] | None = None,
    welfare: Welfare | None = None,
    each: Plain | None = None,
) -> list[Measure]:
    """The numbers of the table. ``both``: `plain_levels` of the two, ``welfare``: their equivalent variation,
    if known already; ``each``: 1 over thousands of households (r).

    Raises as `indicators`. The rate of unemployment is NaN where the benchmark knows of no unemployment.
    """
    b, n = both or (plain_levels(one), plain_levels(two))
    welfare = welfare or equivalent_variation(b, n, one.v, two.v)
    found = [
        *_gdp(b, n),
        Measure("welfare_ev", USD_BASE, welfare.income, welfare.income + welfare.ev),
        *_households(b, one.v, two.v, each),
        *_prices(b, n, one.v, two.v),
        *_trade(b, n),
        *_taxes(b, n),
        *_labour(one, two),
    ]
    return [replace(m, additive=m.indicator in ADDITIVE) for m in found]


def _saving_note(regions: tuple[str, ...]) -> list[str]:
    if not regions:
        return []
    return [f"National saving is not positive in {', '.join(regions)}: welfare there adds it at base prices."]


def _spread_note(b: Levels, n: Levels) -> list[str]:
    """Name the regions whose real GDP depends on the prices it is measured at."""
    spread, change = real_gdp_spread(b, n), abs(real_gdp_index(b, n) - 1)
    wide = spread > 0.2 * change + 0.001
    regions = labels_where(wide)
    if not regions:
        return []
    return [
        f"Prices move so far in {', '.join(regions)} that real GDP at old and at new prices differ by "
        f"{100 * float(spread.values.max()):.1f} points at most; read welfare there instead."
    ]


def _gdp(b: Levels, n: Levels) -> list[Measure]:
    base = b["gdp_expenditure"]
    real = Measure("real_gdp", USD_BASE, base, base * real_gdp_index(b, n))
    sides = ("expenditure", "income", "production")
    return [real] + [Measure(f"nominal_gdp_{s}", USD, b[f"gdp_{s}"], n[f"gdp_{s}"]) for s in sides]


def _per_household(households: xr.DataArray, world: World) -> Plain:
    """What turns USD million into USD per household (r). Raises ResultsError where a number is missing."""
    missing = sorted(set(world.labels["r"]) - set(households.r.values.astype(str).tolist()))
    if missing:
        raise ResultsError(
            f"households: no number for {', '.join(missing)}; add it or leave the argument out"
        )
    return 1000 / plain(households.sel(r=list(world.labels["r"])), world)


def _households(b: Levels, bv: Plains, nv: Plains, each: Plain | None) -> list[Measure]:
    ev, spent = consumption_ev(b, bv, nv), b["consumption"]
    out = [Measure("consumption_ev", USD_BASE, spent, spent + ev)]
    out.append(Measure("household_cost", USD_BASE, spent, spent - ev))
    if each is not None:
        unit = "USD per household a year"
        out.append(Measure("household_cost_each", unit, spent * each, (spent - ev) * each))
    return out


def _prices(b: Levels, n: Levels, bv: Plains, nv: Plains) -> list[Measure]:
    cpi = safe_ratio(nv.pc, bv.pc, 1.0)
    out = [Measure("cpi", INDEX, 100.0, 100 * cpi)]
    for name, factor in (
        ("real_wage", "labour"),
        ("real_return_capital", "capital"),
        ("real_rent_natural", "natural"),
    ):
        out.append(Measure(name, INDEX, 100.0, 100 * factor_price(b, n, factor) / cpi))
    return [*out, Measure("terms_of_trade", INDEX, 100.0, 100 * terms_of_trade(b, n))]


def _trade(b: Levels, n: Levels) -> list[Measure]:
    out = [Measure(f"{s}_value", USD, b[s], n[s]) for s in ("exports", "imports")]
    for name, base, new in zip(("exports", "imports"), trade_volume(b, b), trade_volume(b, n), strict=True):
        out.append(Measure(f"{name}_volume", USD_BASE, base, new))
    return out


def _taxes(b: Levels, n: Levels) -> list[Measure]:
    def share(s: Levels) -> Plain:
        total = s["tariffs"] + s["export_taxes"] + s["user_taxes"] + s["output_taxes"]
        return 100 * safe_ratio(s["tariffs"], total, 0.0)

    return [
        Measure("tariff_revenue", USD, b["tariffs"], n["tariffs"]),
        Measure("tariff_share_of_taxes", "percent of taxes less subsidies in the model", share(b), share(n)),
    ]


def _labour(one: Side, two: Side) -> list[Measure]:
    measured = (one.v.u0 > 0).sum("r") > 0
    before, after = (where(measured, 100 * s.v.u, np.nan) for s in (one, two))
    return [
        Measure("employment", "thousand persons", persons(one), persons(two)),
        Measure("unemployment_rate", "percent of the labour force", before, after, may_lack=True),
    ]
