"""What a policy does to each region: one tidy table, in money and in percent."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import xarray as xr

from cge.solution import Solution
from results.errors import ResultsError
from results.jobs import employment
from results.levels import Levels, gdp_gap, levels, safe_ratio, same_world
from results.tidy import only, rows, world_row
from results.welfare import (
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
    base, new = same_world(base, new)
    b, n = levels(base), levels(new)
    bv, nv = base.values, new.values
    with xr.set_options(arithmetic_join="exact"):
        welfare = equivalent_variation(b, n, bv, nv)
        tables = [
            *_gdp(b, n),
            rows("welfare_ev", USD_BASE, welfare.income, welfare.income + welfare.ev),
            *_households(b, bv, nv, households),
            *_prices(b, n, bv, nv),
            *_trade(b, n),
            *_taxes(b, n),
            *_labour(base, new, bv, nv),
        ]
    tables += [world_row(t) for t in tables if t.indicator.iloc[0] in ADDITIVE]
    notes = [*_saving_note(welfare.linear_saving), *_spread_note(b, n)]
    return Indicators(pd.concat(tables, ignore_index=True), max(gdp_gap(b)[0], gdp_gap(n)[0]), tuple(notes))


def _saving_note(regions: tuple[str, ...]) -> list[str]:
    if not regions:
        return []
    return [f"National saving is not positive in {', '.join(regions)}: welfare there adds it at base prices."]


def _spread_note(b: Levels, n: Levels) -> list[str]:
    """Name the regions whose real GDP depends on the prices it is measured at."""
    spread, change = real_gdp_spread(b, n), abs(real_gdp_index(b, n) - 1)
    wide = spread > 0.2 * change + 0.001
    regions = [str(r) for r, x in zip(wide["r"].values, wide.values, strict=True) if x]
    if not regions:
        return []
    return [
        f"Prices move so far in {', '.join(regions)} that real GDP at old and at new prices differ by "
        f"{100 * float(spread.max()):.1f} points at most; read welfare there instead."
    ]


def _gdp(b: Levels, n: Levels) -> list[pd.DataFrame]:
    base = b["gdp_expenditure"]
    real = rows("real_gdp", USD_BASE, base, base * real_gdp_index(b, n))
    sides = ("expenditure", "income", "production")
    return [real] + [rows(f"nominal_gdp_{s}", USD, b[f"gdp_{s}"], n[f"gdp_{s}"]) for s in sides]


def _households(
    b: Levels, bv: xr.Dataset, nv: xr.Dataset, households: xr.DataArray | None
) -> list[pd.DataFrame]:
    ev, spent = consumption_ev(b, bv, nv), b["consumption"]
    out = [rows("consumption_ev", USD_BASE, spent, spent + ev)]
    out.append(rows("household_cost", USD_BASE, spent, spent - ev))
    if households is not None:
        missing = sorted(set(ev.r.values.tolist()) - set(households.r.values.tolist()))
        if missing:
            raise ResultsError(
                f"households: no number for {', '.join(missing)}; add it or leave the argument out"
            )
        each = 1000 / households.sel(r=ev.r)
        out.append(rows("household_cost_each", "USD per household a year", spent * each, (spent - ev) * each))
    return out


def _prices(b: Levels, n: Levels, bv: xr.Dataset, nv: xr.Dataset) -> list[pd.DataFrame]:
    cpi = safe_ratio(nv.pc, bv.pc, 1.0)
    hundred = xr.full_like(cpi, 100.0)
    out = [rows("cpi", INDEX, hundred, 100 * cpi)]
    for name, factor in (
        ("real_wage", "labour"),
        ("real_return_capital", "capital"),
        ("real_rent_natural", "natural"),
    ):
        out.append(rows(name, INDEX, hundred, 100 * factor_price(b, n, factor) / cpi))
    return [*out, rows("terms_of_trade", INDEX, hundred, 100 * terms_of_trade(b, n))]


def _trade(b: Levels, n: Levels) -> list[pd.DataFrame]:
    out = [rows(f"{s}_value", USD, b[s], n[s]) for s in ("exports", "imports")]
    for name, base, new in zip(("exports", "imports"), trade_volume(b, b), trade_volume(b, n), strict=True):
        out.append(rows(f"{name}_volume", USD_BASE, base, new))
    return out


def _taxes(b: Levels, n: Levels) -> list[pd.DataFrame]:
    def share(s: Levels) -> xr.DataArray:
        total = s["tariffs"] + s["export_taxes"] + s["user_taxes"] + s["output_taxes"]
        return 100 * safe_ratio(s["tariffs"], total, 0.0)

    return [
        rows("tariff_revenue", USD, b["tariffs"], n["tariffs"]),
        rows("tariff_share_of_taxes", "percent of taxes less subsidies in the model", share(b), share(n)),
    ]


def _labour(base: Solution, new: Solution, bv: xr.Dataset, nv: xr.Dataset) -> list[pd.DataFrame]:
    out = [rows("employment", "thousand persons", employment(base), employment(new))]
    if bool((bv.u0 > 0).any()):
        out.append(rows("unemployment_rate", "percent of the labour force", 100 * bv.u, 100 * nv.u))
    return out
