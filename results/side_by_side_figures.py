"""The figures by which scenarios are set side by side: what each is, in which unit, which way is better.

A figure is named: ``real_gdp%`` (an indicator in percent), ``welfare_ev`` (its change in its unit),
``jobs:manufacturing`` (a sector group), ``leverage:CHN`` (a partner), or one of the made ones below. Every
indicator of the results has both of the first forms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from results.errors import ResultsError
from results.tidy import SHARE_UNITS, WORLD, pick

Tables = Mapping[str, pd.DataFrame]

DEFAULT = (
    "real_gdp%", "welfare_ev", "welfare_ev%", "real_wage%", "exports_volume%", "jobs:manufacturing",
    "displaced", "adjustment_cost", "adjustment_ratio", "exports_created", "exports_diverted",
    "dependence_direct", "dependence_embodied",
)  # fmt: skip

HIGHER_IS_BETTER = (
    "real_gdp", "welfare_ev", "consumption_ev", "real_wage", "exports_volume", "terms_of_trade",
    "employment",
)  # fmt: skip
LEAST_GAIN = 1e-6
"""Share of a region's income (GDP): a smaller gain is none, and nothing is a share of it."""
LOWER_IS_BETTER = ("household_cost", "household_cost_each", "unemployment_rate")


@dataclass(frozen=True)
class Context:
    """``groups``: sector group -> sectors of the model inside it; ``supplier``: whose share is traced."""

    groups: Mapping[str, tuple[str, ...]]
    supplier: str


@dataclass(frozen=True)
class Figure:
    """``better``: +1 when higher is better, -1 when lower is, 0 where the figure takes no side."""

    name: str
    title: str
    unit: str
    better: int
    decimals: int
    of: Callable[[Tables], pd.Series]
    tab: str = ""
    """A shorter title, which tells the figure apart from all others in 31 characters."""

    def moved_by_losses(self) -> bool:
        """Whether work that is lost inside the model moves it, so that it is another figure than without."""
        return self.better != 0 and not self.name.startswith("displaced")


def losses_in_model(t: Tables) -> frozenset[str]:
    """Regions whose lost work is inside the model already (compensation of the displaced with its losses
    there), with the world where there is one.
    """
    if "compensation" not in t:
        return frozenset()
    rows = pick(t["compensation"], indicator="effective_labour")
    found = {str(r) for r, x in zip(rows["region"], rows["change"], strict=True) if x != 0}
    return frozenset({*found, WORLD} if found else ())


def figure(name: str, tables: Tables, context: Context) -> Figure:
    """The figure of that name. ``tables`` are those of any result of the comparison.

    Raises ResultsError on an unknown name (listing what there is), and on an unknown sector group.
    """
    base, _, group = name.partition(":")
    if base in PARTNER_FIGURES:
        return _with_partner(base, group, tables, name)
    if group or base in ("jobs", "displaced"):
        return _jobs(base, group, context, name)
    if name in _MADE:
        return _MADE[name](context)
    return _indicator(name, tables, context)


def names(tables: Tables) -> tuple[str, ...]:
    """Names of all figures without a parameter."""
    plain = [str(i) for i in tables["indicators"]["indicator"].unique()]
    return (*plain, *(f"{i}%" for i in plain), *_MADE, "displaced", "jobs:GROUP", "displaced:GROUP",
            *(f"{n}:REGION" for n in PARTNER_FIGURES))  # fmt: skip


def _indicator(name: str, tables: Tables, context: Context) -> Figure:
    base = name.removesuffix("%")
    rows = pick(tables["indicators"], indicator=base)
    if rows.empty:
        raise ResultsError(f"indicator {name}: there is none of that name; choose from "
                           f"{', '.join(names(tables))}")  # fmt: skip
    unit = str(rows["unit"].iloc[0])
    share = unit.startswith(SHARE_UNITS)
    if name != base and share:
        raise ResultsError(f"indicator {name}: {base} is a share itself, write {base}")
    column = "percent" if name != base else "change"
    better = (base in HIGHER_IS_BETTER) - (base in LOWER_IS_BETTER)
    words = "% change" if name != base else f"points, {unit}" if share else f"change, {unit}"
    digits = 2 if name != base or share or not unit.startswith("USD million") else 0

    def of(t: Tables) -> pd.Series:
        return pd.Series(pick(t["indicators"], indicator=base).set_index("region")[column])

    title = TITLES.get(base, base.replace("_", " "))
    return Figure(name, title, words, better, digits, of, f"{title.split(' (')[0]} %" if name != base else "")


TITLES = {
    "real_gdp": "Real GDP", "welfare_ev": "Welfare (equivalent variation)", "real_wage": "Real wage",
    "exports_volume": "Exports, volume", "imports_volume": "Imports, volume", "cpi": "Consumer prices",
    "tariff_revenue": "Tariff revenue", "terms_of_trade": "Terms of trade", "employment": "Employment",
}  # fmt: skip


def _jobs(base: str, group: str, context: Context, name: str) -> Figure:
    sectors = None
    if group:
        if group not in context.groups:
            known = ", ".join(context.groups)
            raise ResultsError(f"indicator {name}: '{group}' is no sector group that this aggregation keeps "
                               f"apart; there are {known}")  # fmt: skip
        sectors = context.groups[group]
    where = f" in {group.replace('_', ' ')}" if group else ""
    if base == "jobs":
        if sectors is None:
            raise ResultsError("indicator jobs: name a sector group, such as jobs:manufacturing")
        return Figure(name, f"Jobs{where}", "change, thousand persons", 0, 1,
                      lambda t: _by_region(t["jobs"], "jobs", sectors))  # fmt: skip
    if base != "displaced":
        raise ResultsError(f"indicator {name}: a sector group goes with jobs and displaced only")
    return Figure(
        name,
        f"Workers displaced{where} (gross cut of jobs by sector)",
        "thousand persons",
        -1,
        1,
        lambda t: _by_region(t["adjustment"], "displaced_gross", sectors),
        f"Displaced, {group.replace('_', ' ')}" if group else "Workers displaced",
    )


def _by_region(table: pd.DataFrame, indicator: str, sectors: tuple[str, ...] | None) -> pd.Series:
    """Changes of an indicator summed over sectors, by region, with the world's sum."""
    rows = pick(table, indicator=indicator)
    if sectors is not None:
        rows = rows[rows["sector"].isin(sectors)]
    return _with_world(pd.Series(rows.groupby("region", sort=False)["change"].sum()))


def _with_world(by_region: pd.Series) -> pd.Series:
    return pd.concat([by_region, pd.Series({WORLD: by_region.sum()})])


def _adjustment(t: Tables, name: str) -> pd.Series:
    return pd.Series(pick(t["adjustment"], indicator=name).set_index("region")["change"])


def _cost(t: Tables) -> pd.Series:
    """Cost of adjustment; empty where welfare beside it holds the same lost work."""
    cost = _with_world(_adjustment(t, "adjustment_cost_gross_central"))
    return cost.where(~cost.index.isin(list(losses_in_model(t))), np.nan)


def _ratio(t: Tables) -> pd.Series:
    """Adjustment cost in percent of the gain; empty where there is no gain, or no cost beside it."""
    gain = _with_world(_adjustment(t, "adjustment_present_value_of_gain_central"))
    return 100 * _cost(t) / gain.where(gain > least_gain(t).reindex(gain.index), np.nan)


def least_gain(t: Tables) -> pd.Series:
    """By region and for the world: USD million a gain must exceed to be one."""
    income = pick(t["indicators"], indicator="real_gdp").set_index("region")["baseline"]
    return LEAST_GAIN * _with_world(pd.Series(income).drop(WORLD, errors="ignore"))


def _exports(t: Tables, part: str) -> pd.Series:
    rows = pick(t["ledger"], indicator=part)
    return pd.Series(rows.groupby("partner")["change"].sum())


def _dependence(t: Tables, kind: str, supplier: str) -> pd.Series:
    if "dependence" not in t:
        raise ResultsError(f"dependence: {supplier} is not a region of this aggregation")
    rows = pick(t["dependence"], indicator=f"supplier_share_{kind}_total", partner=supplier)
    if rows.empty:
        raise ResultsError(f"dependence: these results do not trace {supplier} through all purchases")
    return 100 * pd.Series(rows.set_index("region")["change"]).drop(supplier, errors="ignore")


PARTNER_FIGURES: Mapping[str, tuple[str, str, str, str, int, str]] = {
    "leverage": ("leverage", "asymmetry_income", "Leverage of {0}: income that rests on it, less its own",
                 "change, points of GDP", 3, "Leverage of {0}"),
    "income_in_access": ("leverage", "income_in_demand_share", "Income that the demand of {0} pays for",
                         "change, points of GDP", 3, "Income by demand of {0}"),
    "jobs_in_access": ("leverage", "jobs_in_demand", "Jobs that the demand of {0} pays for",
                       "change, thousand persons", 1, "Jobs by demand of {0}"),
    "embodied_from": ("leverage", "purchases_embodied_share", "Spending that ends as income of {0}",
                      "change, points of final expenditure", 3, "Spending embodied from {0}"),
}  # fmt: skip
"""Figures by partner, named ``leverage:CHN``: table, indicator, title, unit, decimals, tab."""


def _with_partner(base: str, partner: str, tables: Tables, name: str) -> Figure:
    """A figure of the relation of every region to one partner."""
    table, indicator, title, unit, decimals, tab = PARTNER_FIGURES[base]
    if table not in tables:
        raise ResultsError(f"indicator {name}: these results have no table {table}; run them again")
    known = tuple(dict.fromkeys(map(str, tables[table]["region"])))
    if partner not in known:
        raise ResultsError(f"indicator {name}: name a region, such as {base}:{known[0]}; there are "
                           f"{', '.join(known)}")  # fmt: skip

    def of(t: Tables) -> pd.Series:
        rows = pick(t[table], indicator=indicator, partner=partner, sector="").set_index("region")
        return pd.Series(rows["change"]).drop(partner, errors="ignore")

    return Figure(name, title.format(partner), unit, 0, decimals, of, tab.format(partner))


_MADE: Mapping[str, Callable[[Context], Figure]] = {
    "adjustment_cost": lambda c: Figure(
        "adjustment_cost", "Cost of adjustment, gross displacement, central",
        "USD million, once", -1, 0, _cost, "Cost of adjustment",
    ),
    "adjustment_ratio": lambda c: Figure(
        "adjustment_ratio", "Cost of adjustment against the gain (central)",
        "% of its present value; n/a: no gain, or cost in it", -1, 1, _ratio,
        "Cost of adjustment, % of gain",
    ),
    "exports_created": lambda c: Figure(
        "exports_created", "Exports created (markets that grew)", "USD million, benchmark prices",
        0, 0, lambda t: _exports(t, "trade_creation"), "Exports created",
    ),
    "exports_diverted": lambda c: Figure(
        "exports_diverted", "Exports diverted (won from, lost to others)",
        "USD million at benchmark border prices", 0, 0, lambda t: _exports(t, "trade_diversion"),
        "Exports diverted",
    ),
    "dependence_direct": lambda c: Figure(
        "dependence_direct", f"Share of {c.supplier} in all purchases, direct", "change, points", 0, 3,
        lambda t: _dependence(t, "direct", c.supplier), f"{c.supplier} share, direct",
    ),
    "dependence_embodied": lambda c: Figure(
        "dependence_embodied", f"Share of {c.supplier} in all purchases, through inputs", "change, points",
        0, 3, lambda t: _dependence(t, "embodied", c.supplier), f"{c.supplier} share, through inputs",
    ),
}  # fmt: skip
