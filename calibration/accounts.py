"""Balanced benchmark accounts of the world economy: the type, its identities, and the tariff carve-out.

Symbols follow the model's page on accounts. Values are USD million; rates are shares (0.10 is 10 %).
Letters: o origin, d destination, r region, i commodity, j activity, f factor.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from cge.plain import Labelled, Plains

FACTORS = ("labour", "capital", "natural")
"""The primary factors, in the order of the letter f."""

DIMS: dict[str, tuple[str, ...]] = {
    "H0": ("r", "i"),
    "X0": ("o", "d", "i"),
    "te0": ("o", "d", "i"),
    "tm0": ("o", "d", "i"),
    "rx0": ("o", "d", "i"),
    "rm0": ("o", "d", "i"),
    "Z0": ("r", "i", "j"),
    "C0": ("r", "i"),
    "G0": ("r", "i"),
    "I0": ("r", "i"),
    "tz0": ("r", "j"),
    "tc0": ("r",),
    "tg0": ("r",),
    "ti0": ("r",),
    "V0": ("r", "f", "j"),
    "to0": ("r", "j"),
    "jobs0": ("r", "j"),
    "u0": ("r",),
}
"""Every account and its dimensions."""

FINAL_USES = (("C0", "tc0"), ("G0", "tg0"), ("I0", "ti0"))
"""Final uses and the tax each pays."""

Data = xr.Dataset | Plains
"""Accounts as labelled arrays or as plain ones (`cge.plain`): the formulas take either."""

RENTS = ("rx0", "rm0")
"""Rent rates on flows: the exporter's on the border value before it, the importer's on the border value."""

_RATES = ("te0", "tm0", "rx0", "rm0", "tz0", "tc0", "tg0", "ti0", "to0", "u0")
_LEVELS = ("H0", "X0", "Z0", "C0", "G0", "I0", "V0", "jobs0")
_FLOOR = 1e-3  # USD million: below this a cell's own value is no sensible yardstick for a residual


class AccountsError(ValueError):
    """Benchmark accounts that are incomplete or do not balance; the message names the worst cell."""


@dataclass(frozen=True)
class Accounts:
    """Benchmark accounts at any aggregation.

    `data` holds the variables of `DIMS` (USD million and shares; jobs in thousand persons) and the flags
    `jobs_method(r,j)` and `jobs_confidence(r,j)`; `meta` holds sources, labels and the tariff choice.
    """

    data: xr.Dataset
    meta: dict[str, Any] = field(default_factory=dict)

    def check(self, tol: float = 1e-9) -> None:
        """Raise `AccountsError` unless every identity holds to `tol` (relative), naming the worst cell."""
        check_structure(self.data)
        for name, residual in identities(Plains.of(self.data)).items():
            worst = float(np.max(np.abs(residual.values)))
            if not worst <= tol:
                where = _where(residual.to_xarray())
                raise AccountsError(
                    f"{name} fails by {worst:.2e} (relative; tolerance {tol:.0e}) at {where}. "
                    "The accounts must balance before calibration: rebuild or rebalance the database."
                )

    @property
    def regions(self) -> list[str]:
        """Region codes, in the order of the data."""
        return [str(x) for x in self.data["r"].values]

    @property
    def sectors(self) -> list[str]:
        """Sector codes, in the order of the data."""
        return [str(x) for x in self.data["i"].values]


def check_structure(data: xr.Dataset) -> None:
    """Raise `AccountsError` for a missing account, wrong dimensions or labels, or a value out of range."""
    for name, dims in DIMS.items():
        if name not in data:
            raise AccountsError(f"account {name}({','.join(dims)}) is missing")
        if set(data[name].dims) != set(dims):
            raise AccountsError(f"account {name} has dimensions {data[name].dims}, expected {dims}")
    for a, b in (("o", "r"), ("d", "r"), ("j", "i")):
        if list(data[a].values) != list(data[b].values):
            raise AccountsError(
                f"labels of dimension {a} differ from those of {b}; reindex them to one order"
            )
    if list(data["f"].values) != list(FACTORS):
        raise AccountsError(f"factors are {list(data['f'].values)}, expected {list(FACTORS)}")
    plain = Plains.of(data)
    span = {}
    for name in DIMS:
        values = plain[name].values
        span[name] = (float(values.min(initial=np.inf)), float(values.max(initial=-np.inf)))
        if not np.isfinite(values).all():
            raise AccountsError(f"{name} is not finite at {_where(data[name].isnull())}")
    for name in _LEVELS:
        if span[name][0] < 0:
            raise AccountsError(f"{name} is negative ({span[name][0]:.3g}) at {_where(-data[name])}")
    for name in _RATES:
        # a tax of 100 % of output leaves nothing to the producer, a subsidy of 100 % makes the price zero
        low, high = (-np.inf, 1.0) if name == "to0" else (-1.0, np.inf)
        if not (span[name][0] > low and span[name][1] < high):
            worst = span[name][1 if name == "to0" else 0]
            raise AccountsError(f"rate {name} reaches {worst:.3g}, outside ({low}, {high})")
    for name in RENTS:
        if span[name][0] < 0:
            raise AccountsError(f"rent rate {name} is negative at {_where(data[name].clip(max=0))}")
    _check_empty(plain)


def _check_empty(data: Plains) -> None:
    empty = output(data).rename(i="j") == 0
    for name, value in (
        ("intermediate use Z0", data["Z0"].sum("i")),
        ("factor payments V0", data["V0"].sum("f")),
        ("jobs0", data["jobs0"]),
        ("tax rate tz0", abs(data["tz0"])),
        ("tax rate to0", abs(data["to0"])),
    ):
        bad = (value > 0) & empty
        if bad.values.any():
            found = _where(bad.to_xarray() * 1.0)
            raise AccountsError(f"{name} is not zero in an activity without output: {found}")


def _where(values: xr.DataArray) -> str:
    filled = abs(values.astype(float)).fillna(np.inf)
    names = [str(d) for d in filled.dims]
    position = np.unravel_index(int(filled.values.argmax()), filled.shape) if filled.ndim else ()
    return ", ".join(f"{d}={filled[d].values[k]}" for d, k in zip(names, position, strict=True)) or "total"


def without_rents(data: xr.Dataset) -> xr.Dataset:
    """Flows with rents of zero: as published, before any are carved out."""
    none = xr.zeros_like(data["X0"], dtype=float)
    return data.assign(dict.fromkeys(RENTS, none))


def output(data: Data) -> Labelled:
    """Output at basic prices (r,i): home sales plus all cross-border sales."""
    return data["H0"] + data["X0"].sum("d").rename(o="r")


def border_value(data: Data) -> Labelled:
    """Value of each flow at the border, export taxes and exporters' rents included (o,d,i)."""
    return data["X0"] * (1 + data["te0"]) * (1 + data["rx0"])


def landed_value(data: Data) -> Labelled:
    """Value of each flow behind the border, tariffs and importers' rents included (o,d,i)."""
    return border_value(data) * (1 + data["tm0"] + data["rm0"])


def exporter_rents(data: Data) -> Labelled:
    """Rents that exporters earn inside the border price (o,i)."""
    return (data["X0"] * (1 + data["te0"]) * data["rx0"]).sum("d")


def importer_rents(data: Data) -> Labelled:
    """Rents that importers earn behind the border (d,i)."""
    return (border_value(data) * data["rm0"]).sum("o")


def rents(data: Data) -> Labelled:
    """Rents by the region that owns them (r)."""
    return exporter_rents(data).sum("i").rename(o="r") + importer_rents(data).sum("i").rename(d="r")


def tariff_revenue(data: Data) -> Labelled:
    """Tariff revenue of the importer (d,i)."""
    return (border_value(data) * data["tm0"]).sum("o")


def export_tax_revenue(data: Data) -> Labelled:
    """Taxes less subsidies that the origin levies on its exports (o,i)."""
    return (data["X0"] * data["te0"]).sum("d")


def absorption(data: Data) -> Labelled:
    """Absorption at market prices (r,i): home sales plus landed imports."""
    return data["H0"] + landed_value(data).sum("o").rename(d="r")


def user_tax_revenue(data: Data) -> Labelled:
    """Taxes less subsidies paid by users, intermediate and final (r)."""
    revenue = (data["Z0"].sum("i") * data["tz0"]).sum("j")
    for quantity, tax in FINAL_USES:
        revenue = revenue + data[quantity].sum("i") * data[tax]
    return revenue


def production_tax_revenue(data: Data) -> Labelled:
    """Taxes less subsidies on production (r)."""
    return (output(data).rename(i="j") * data["to0"]).sum("j")


def product_tax_revenue(data: Data) -> Labelled:
    """All taxes less subsidies on products (r): users', tariffs and export taxes."""
    return (
        user_tax_revenue(data)
        + tariff_revenue(data).sum("i").rename(d="r")
        + export_tax_revenue(data).sum("i").rename(o="r")
    )


def national_income(data: Data) -> Labelled:
    """Factor income plus all taxes and rents (r), without foreign saving."""
    taxes = production_tax_revenue(data) + product_tax_revenue(data)
    return data["V0"].sum(("f", "j")) + taxes + rents(data)


def foreign_saving(data: Data) -> Labelled:
    """Imports less exports at border prices, taxes and rents on exports included (r); sums to zero."""
    value = border_value(data).sum("i")
    return value.sum("o").rename(d="r") - value.sum("d").rename(o="r")


def final_expenditure(data: Data) -> Labelled:
    """Private consumption, government and investment at user prices (r)."""
    spending = 0.0
    for quantity, tax in FINAL_USES:
        spending = spending + data[quantity].sum("i") * (1 + data[tax])
    return spending


def gdp(data: Data) -> Labelled:
    """GDP at market prices (r), from incomes."""
    return national_income(data)


def gdp_sides(data: xr.Dataset) -> xr.Dataset:
    """GDP at market prices from incomes, expenditure and production (r)."""
    return xr.Dataset(_gdp_sides(data))


def _gdp_sides(data: Data) -> dict[str, Labelled]:
    purchases = (data["Z0"].sum("i") * (1 + data["tz0"])).sum("j")
    return {
        "income": national_income(data),
        "expenditure": final_expenditure(data) - foreign_saving(data),
        "production": output(data).sum("i") - purchases + product_tax_revenue(data) + rents(data),
    }


def identities(data: Data) -> dict[str, Labelled]:
    """Relative residuals of every identity; all are zero in balanced accounts."""
    y = output(data).rename(i="j")
    costs = (data["Z0"].sum("i") * (1 + data["tz0"])) + data["V0"].sum("f")
    a = absorption(data)
    uses = data["Z0"].sum("j") + data["C0"] + data["G0"] + data["I0"]
    spending = final_expenditure(data)
    saving = foreign_saving(data)
    sides = _gdp_sides(data)
    return {
        "zero profit (output net of tax = costs)": (y * (1 - data["to0"]) - costs) / np.maximum(y, _FLOOR),
        "market clearing (absorption = uses)": (a - uses) / np.maximum(a, _FLOOR),
        "income (national income + foreign saving = expenditure)": (
            (sides["income"] + saving - spending) / np.maximum(spending, _FLOOR)
        ),
        "world foreign saving": (saving.sum("r") / spending.sum("r")),
        "GDP, expenditure against production": (sides["expenditure"] / sides["production"] - 1),
        "GDP, income against production": (sides["income"] / sides["production"] - 1),
    }


def carve_out(base: xr.Dataset, tm: xr.DataArray) -> xr.Dataset:
    """Accounts with tariffs `tm` (o,d,i) carved out of the taxes on products of a tariff-free base.

    `base` holds uses at basic prices (`Zb` `Cb` `Gb` `Ib`) and purchasers' totals of the final columns
    (`Cp` `Gp` `Ip`, USD million). Purchasers' totals of every user stay fixed, so GDP does not depend on the
    tariff data: what the tariffs take, the user taxes lose. Closed form: each commodity's market price is its
    basic price times absorption over basic supply, and a user's tax is what remains of its column.
    """
    r, i = base["r"].values, base["i"].values
    base = base.sel(o=r, d=r, j=i)
    trade = without_rents(base[["H0", "X0", "te0"]].assign(tm0=tm.sel(o=r, d=r, i=i)))
    supply = base["H0"] + base["X0"].sum("o").rename(d="r")
    markup = xr.where(supply > 0, absorption(trade) / supply.where(supply > 0, 1.0), 1.0)
    y = output(trade).rename(i="j")
    z = base["Zb"] * markup
    purchases = y * (1 - base["to0"]) - base["V0"].sum("f")
    tax = {"tz0": _rate(purchases, z.sum("i"))}
    uses = {}
    for name, rate in (("C", "tc0"), ("G", "tg0"), ("I", "ti0")):
        uses[f"{name}0"] = base[f"{name}b"] * markup
        tax[rate] = _rate(base[f"{name}p"], uses[f"{name}0"].sum("i"))
    accounts = {
        **{str(n): trade[n] for n in trade.data_vars},
        "Z0": z,
        **uses,
        **tax,
        **{n: base[n] for n in ("V0", "to0", "jobs0", "u0")},
    }
    flags = {n: base[n] for n in ("jobs_method", "jobs_confidence") if n in base}
    return xr.Dataset({n: accounts[n].transpose(*DIMS[n]) for n in DIMS} | flags)


def _rate(total: xr.DataArray, value: xr.DataArray) -> xr.DataArray:
    return xr.where(value > 0, total / value.where(value > 0, 1.0) - 1, 0.0)
