"""From indices to money: what every indicator is made of, computed once and from the flows.

A solution holds indices and shares of benchmark GDP. Here they become USD million (in units of the
numeraire), with taxes and rents rebuilt flow by flow, so that the three nominal GDPs are three separate
computations and not one number printed three times.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from cge.solution import Solution
from results.arrays import Labelled, Plain, Plains, Side, World, known, where
from results.errors import ResultsError

GDP_TOLERANCE = 1e-6
"""Largest relative gap between the three nominal GDPs that is accepted; solved models reach 1e-10."""


@dataclass(frozen=True)
class Levels:
    """USD million unless said otherwise; ``data`` holds

    by flow (o, d, i): ``border`` (f.o.b. value with export tax and exporter's rent), ``border_price``
    (index of its price), ``border_quantity`` (benchmark border value times quantity shipped); by
    commodity (r, i): ``c_price g_price i_price`` (user-price indices), ``c_quantity g_quantity
    i_quantity`` (benchmark user value times quantity index); by factor (r, f, j): ``factor_price`` (index
    paid), ``factor_quantity`` (benchmark value times use); by region (r): ``consumption government
    investment`` at user prices, ``income`` (national income), ``saving`` (national, without foreign),
    ``exports imports`` (border values, own region excluded), ``tariffs export_taxes user_taxes
    output_taxes rents``, ``gdp_expenditure gdp_income gdp_production``.

    A dataset, or plain arrays inside a computation of many numbers.
    """

    data: xr.Dataset | Plains

    def __getitem__(self, name: str) -> Labelled:
        """One variable of ``data``."""
        return self.data[name]


def external(flows: Labelled) -> Labelled:
    """``flows`` (o, d, ...) with trade inside a region set to zero: a region does not import from itself."""
    if isinstance(flows, xr.DataArray):
        return flows.where(flows.o != flows.d, 0.0)
    return flows.where(foreign(flows.world), 0.0)


def foreign(world: World) -> Plain:
    """Whether origin and destination are two regions (o, d)."""
    return Plain(~np.eye(len(world.labels["r"]), dtype=bool), ("o", "d"), world)


def sum_exports(flows: Labelled) -> Labelled:
    """Total over destinations and commodities, own region excluded: (r)."""
    return external(flows).sum(("d", "i")).rename(o="r")


def sum_imports(flows: Labelled) -> Labelled:
    """Total over origins and commodities, own region excluded: (r)."""
    return external(flows).sum(("o", "i")).rename(d="r")


def safe_ratio(a: Labelled, b: Labelled, empty: float) -> Labelled:
    """``a / b``; ``empty`` where ``b`` is zero (an empty cell has weight zero, whatever is put there)."""
    none = b == 0
    return where(none, empty, a / where(none, 1.0, b))


def in_order(data: xr.Dataset, regions: np.ndarray, sectors: np.ndarray, factors: np.ndarray) -> xr.Dataset:
    """``data`` with one order of regions on r, o, d and one of sectors on i, j, whatever order it came in.

    Raises ResultsError when a label is missing or left over.
    """
    for dims, labels in (("rod", regions), ("ij", sectors), ("f", factors)):
        for dim in dims:
            mine = data.variables[dim].values
            if np.array_equal(mine, labels):
                continue
            odd = set(mine.tolist()) ^ set(labels.tolist())
            if odd:
                raise ResultsError(
                    f"labels along {dim!r} differ: {sorted(map(str, odd))[:5]} are only on one side; the "
                    "benchmark and every solution must have one set of regions and sectors"
                )
            data = data.sel({dim: labels})
    return data


def aligned(solution: Solution) -> tuple[xr.Dataset, xr.Dataset]:
    """Values and benchmark in one label order. Raises ResultsError when their labels differ as sets."""
    order = _order(solution)
    return in_order(solution.values, *order), in_order(solution.benchmark, *order)


def _order(solution: Solution) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    regions, sectors, factors = (solution.values.variables[d].values for d in "rif")
    return regions, sectors, factors


def side(solution: Solution) -> Side:
    """Values and benchmark as plain arrays. Raises ResultsError when their labels differ as sets."""
    values, benchmark = aligned(solution)
    world = World.of(values)
    return Side(Plains.of(values, world), Plains.of(benchmark, world))


def sides(base: Solution, new: Solution) -> tuple[Side, Side]:
    """Both solutions as plain arrays in the label order of ``base``; raises as `same_world`."""
    base, new = same_world(base, new)
    one, two = side(base), side(new)
    return one, Side(Plains(two.v, one.world), Plains(two.b, one.world))


def same_world(base: Solution, new: Solution) -> tuple[Solution, Solution]:
    """Both solutions in the label order of ``base``.

    Raises ResultsError unless they start from one benchmark (labels, flows, factor payments, tariffs, rents,
    jobs).
    """
    order = _order(base)
    pair = [
        replace(s, values=in_order(s.values, *order), benchmark=in_order(s.benchmark, *order))
        for s in (base, new)
    ]
    one, two = (s.benchmark for s in pair)
    for name in () if one is two else ("X0", "H0", "V0", "tm0", "rx0", "rm0", "jobs0"):
        if not one[name].equals(two[name].transpose(*one[name].dims)):
            raise ResultsError(
                f"base and new solution stand on different benchmarks ({name} differs): "
                "their indices have different units; solve both from the same accounts"
            )
    return pair[0], pair[1]


def levels(solution: Solution) -> Levels:
    """Nominal levels, prices and quantities of one solution (see :class:`Levels`).

    Raises ResultsError when labels disagree or when the three nominal GDPs are further apart than
    ``GDP_TOLERANCE``.
    """
    return Levels(plain_levels(side(solution)).data.to_xarray())  # pyright: ignore


def plain_levels(one: Side) -> Levels:
    """`levels` with plain arrays; raises as it does, but for labels."""
    v, b = one.v, one.b
    parts = trade_levels(v, b) | _demand(v, b) | _factors(v, b)
    found = Levels(Plains(parts | _aggregates(v, b, parts), one.world))
    if not known(found["income"]):
        return found
    gap, region = gdp_gap(found)
    if not gap < GDP_TOLERANCE:
        raise ResultsError(
            f"nominal GDP of {region} differs by {gap:.1e} between income, expenditure and production; "
            "the solution does not balance: look at its certificate before using any number of it"
        )
    return found


def gdp_gap(found: Levels) -> tuple[float, str]:
    """Largest relative gap between the three nominal GDPs, and its region."""
    first = found["gdp_expenditure"]
    regions = first.labels("r") if isinstance(first, Plain) else first.r.values
    three = np.stack([found[f"gdp_{s}"].values for s in ("expenditure", "income", "production")])
    gap = (three.max(0) - three.min(0)) / abs(three.mean(0))
    worst = int(np.argmax(np.where(np.isnan(gap), np.inf, gap)))
    return float(gap[worst]), str(regions[worst])


def trade_levels(v: Labelled, b: Labelled) -> dict[str, Labelled]:
    """``border``, ``border_price``, ``border_quantity`` (o, d, i) of :class:`Levels` alone."""
    price = v.py.rename(r="o") * (1 + v.te) * (1 + v.rx) / ((1 + b.te0) * (1 + b.rx0))
    quantity = b.X0 * (1 + b.te0) * (1 + b.rx0) * v.x
    return {"border_price": price, "border_quantity": quantity, "border": price * quantity}


def _demand(v: Labelled, b: Labelled) -> dict[str, Labelled]:
    out = {}
    for short, flow, tax, use in (("c", "C0", "tc", "c"), ("g", "G0", "tg", "g"), ("i", "I0", "ti", "inv")):
        out[f"{short}_price"] = v.pa * (1 + v[tax]) / (1 + b[f"{tax}0"])
        out[f"{short}_quantity"] = b[flow] * (1 + b[f"{tax}0"]) * v[use]
    return out


def _factors(v: Labelled, b: Labelled) -> dict[str, Labelled]:
    return {"factor_price": v.pf * v.wedge, "factor_quantity": b.V0 * v.xf}


def _aggregates(v: Labelled, b: Labelled, p: dict[str, Labelled]) -> dict[str, Labelled]:
    spend = {s: (p[f"{s}_price"] * p[f"{s}_quantity"]).sum("i") for s in "cgi"}
    basic = b.X0 * v.py.rename(r="o") * v.x
    exporter_rent = basic * (1 + v.te) * v.rx
    tariffs = (p["border"] * v.tm).sum(("o", "i")).rename(d="r")
    export_taxes = (basic * v.te).sum(("d", "i")).rename(o="r")
    rents = exporter_rent.sum(("d", "i")).rename(o="r") + (p["border"] * v.rm).sum(("o", "i")).rename(d="r")
    inputs = (b.Z0 * v.pa * v.zq).sum("i")
    output = (b.H0 + b.X0.sum("d").rename(o="r")) * v.py * v.y
    final_taxes = sum(spend[s] * v[t] / (1 + v[t]) for s, t in (("c", "tc"), ("g", "tg"), ("i", "ti")))
    user_taxes = (inputs * v.tz).sum("j") + final_taxes
    output_taxes = (output.rename(i="j") * v.to).sum("j")
    income = v.N * v.gdp0
    exports, imports = sum_exports(p["border"]), sum_imports(p["border"])
    factor_income = (p["factor_price"] * p["factor_quantity"]).sum(("f", "j"))
    revenue = v.rev_tm.sum("i") + v.rev_te.sum("i") + v.rev_user + v.rev_output + v.rent
    value_added = output.sum("i") - (inputs * (1 + v.tz)).sum("j")
    return {
        "consumption": spend["c"], "government": spend["g"], "investment": spend["i"],
        "income": income, "saving": income - spend["c"] - spend["g"], "exports": exports, "imports": imports,
        "tariffs": tariffs, "export_taxes": export_taxes, "user_taxes": user_taxes,
        "output_taxes": output_taxes, "rents": rents, "output": output,
        "gdp_expenditure": spend["c"] + spend["g"] + spend["i"] + exports - imports,
        "gdp_income": factor_income + revenue * v.gdp0,
        "gdp_production": value_added + tariffs + export_taxes + user_taxes + rents,
    }  # fmt: skip
