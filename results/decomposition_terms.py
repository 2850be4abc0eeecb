"""The terms of the welfare decomposition at one point of the path: rates per unit of the path, USD million.

Each function takes the levels ``v``, their rates of change ``d`` and the benchmark accounts ``b`` (one label
order) and returns arrays by (term, sub-term), over (r), (r, i) or (r, partner, i). `results.decomposition`
derives them. A new source of welfare (variety, scale, ...) is one more function in ``TERMS``.
"""

from __future__ import annotations

from collections.abc import Callable

import xarray as xr

Term = tuple[str, str]
Rates = dict[Term, xr.DataArray]

ALLOCATIVE, TOT, SAVING = "allocative efficiency", "terms of trade", "foreign saving"
ENDOWMENT, EMPLOYMENT, TECHNOLOGY, RENTS = "endowment", "employment", "technology", "rents"
BUDGET = "budget shares"


def of_exporter(flow: xr.DataArray) -> xr.DataArray:
    """A flow (o, d, i) as the origin's: (r, partner, i)."""
    return flow.rename(o="r", d="partner").transpose("r", "partner", "i")


def of_importer(flow: xr.DataArray) -> xr.DataArray:
    """A flow (o, d, i) as the destination's: (r, partner, i)."""
    return flow.rename(d="r", o="partner").transpose("r", "partner", "i")


def growth(v: xr.Dataset, d: xr.Dataset, name: str) -> xr.DataArray:
    """Logarithmic rate of change."""
    return d[name] / v[name]


def trade_taxes(v: xr.Dataset, d: xr.Dataset, b: xr.Dataset) -> Rates:
    """Tariffs, export taxes and rents: each wedge times the change of the quantity shipped through it."""
    py = v.py.rename(r="o")
    basic = b.X0 * py * d.x
    fob = basic * (1 + v.te) * (1 + v.rx)
    return {
        (ALLOCATIVE, "import tariffs"): of_importer(fob * v.tm),
        (ALLOCATIVE, "export taxes"): of_exporter(basic * v.te),
        (RENTS, "exporters"): of_exporter(basic * (1 + v.te) * v.rx),
        (RENTS, "importers"): of_importer(fob * v.rm),
    }


def terms_of_trade(v: xr.Dataset, d: xr.Dataset, b: xr.Dataset) -> Rates:
    """Trade times the change of its border price against world factor prices, own region excluded."""
    py = v.py.rename(r="o")
    fob = b.X0 * py * (1 + v.te) * (1 + v.rx) * v.x
    inflation = growth(v, d, "py").rename(r="o") + d.te / (1 + v.te) + d.rx / (1 + v.rx) - growth(v, d, "pwf")
    gain = (fob * inflation).where(fob.o != fob.d, 0.0)
    return {(TOT, "export prices"): of_exporter(gain), (TOT, "import prices"): of_importer(-gain)}


def domestic_taxes(v: xr.Dataset, d: xr.Dataset, b: xr.Dataset) -> Rates:
    """Taxes on production, on inputs (booked under the activity that buys) and on the three final uses."""
    output = (b.H0 + b.X0.sum("d").rename(o="r")) * v.py
    inputs = (b.Z0 * v.pa * d.zq).sum("i").rename(j="i")
    return {
        (ALLOCATIVE, "production taxes"): output * d.y * v.to.rename(j="i"),
        (ALLOCATIVE, "taxes on inputs"): inputs * v.tz.rename(j="i"),
        (ALLOCATIVE, "taxes on consumption"): v.tc * b.C0 * v.pa * d.c,
        (ALLOCATIVE, "taxes on government use"): v.tg * b.G0 * v.pa * d.qg,
        (ALLOCATIVE, "taxes on investment"): v.ti * b.I0 * v.pa * d.qi,
    }


def technology(v: xr.Dataset, d: xr.Dataset, b: xr.Dataset) -> Rates:
    """Iceberg losses at landed prices, and productivity at the value of output net of production tax."""
    landed = b.X0 * v.py.rename(r="o") * (1 + v.te) * (1 + v.rx) * (1 + v.tm + v.rm) * v.x
    output = (b.H0 + b.X0.sum("d").rename(o="r")) * v.py * v.y
    better = growth(v, d, "productivity").rename(j="i")
    return {
        (TECHNOLOGY, "iceberg costs"): of_importer(-landed * growth(v, d, "k")),
        (TECHNOLOGY, "productivity"): output * (1 - v.to.rename(j="i")) * better,
    }


def factors(v: xr.Dataset, d: xr.Dataset, b: xr.Dataset) -> Rates:
    """Endowments and employment at the economy-wide price, moves between activities at its wedge.

    Where the endowment is no exogenous quantity but follows from quantities held activity by activity
    (``v.specific``), the whole change is endowment.
    """
    total = (b.V0 * v.pf * v.wedge * d.xf).sum("j")
    wage = b.V0.sum("j") * v.pf
    is_labour = xr.where(v.f == "labour", 1.0, 0.0)
    working = 1 - is_labour * (v.u - v.u0) / (1 - v.u0)
    employment = -wage * v.endow * is_labour * d.u / (1 - v.u0)
    endowment = xr.where(v.specific, total - employment, wage * working * d.endow)
    moved = (total - employment - endowment).sum("f")
    out = {(ENDOWMENT, str(f)): endowment.sel(f=f, drop=True) for f in v.f.values}
    return {
        **out, (EMPLOYMENT, "labour"): employment.sum("f"), (ALLOCATIVE, "factor wedges"): moved,
    }  # fmt: skip


def foreign_saving(v: xr.Dataset, d: xr.Dataset, b: xr.Dataset) -> Rates:
    """Foreign saving times the change of the investment price against world factor prices."""
    price = growth(v, d, "pi") - growth(v, d, "pwf")
    return {(SAVING, "investment price"): v.S * v.gdp0 * price}


TERMS: tuple[Callable[[xr.Dataset, xr.Dataset, xr.Dataset], Rates], ...] = (
    trade_taxes,
    domestic_taxes,
    terms_of_trade,
    foreign_saving,
    factors,
    technology,
)


def all_terms(v: xr.Dataset, d: xr.Dataset, b: xr.Dataset) -> Rates:
    """Every term but the budget shares, which need the base solution."""
    out: Rates = {}
    for term in TERMS:
        out |= term(v, d, b)
    return out
