"""`build_world`: raw public tables -> the packaged world database."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from calibration import employment as emp
from calibration import national, rest_of_world, tariffs, trade, value_added
from calibration.accounts import (
    carve_out,
    foreign_saving,
    gdp,
    identities,
    tariff_revenue,
    user_tax_revenue,
    without_rents,
)
from calibration.balance import BalanceError
from calibration.labels import REST, goods, region_labels, sector_labels, services
from calibration.repairs import Repair, repairs_table
from calibration.sources import icio, labour, oecd
from calibration.sources import tariffs as tariff_sources
from calibration.unemployment import unemployment_rates

ROUNDING = 1e-6
"""USD million: home sales below zero by no more than this are a rounded zero."""

CODE_VERSION = "0.1.0"
YEAR = 2022
TARIFF_YEARS = {"2022": 2022, "2017": 2017}


def build_world(raw: Path, progress: Callable[[str], None] = lambda _: None) -> xr.Dataset:
    """The tariff-free base of the database, tariff cubes beside it, with metadata in the attributes.

    raw: folder of the raw public files. progress: called with the name of each stage. Raises SourceError or
    BalanceError naming file, region and sector when a raw file is not what its documentation says.
    """
    progress("national tables")
    table = oecd.read_oecd(raw, list(sector_labels()), YEAR)
    cube = icio.read_icio(raw, YEAR)
    repairs: list[Repair] = []
    gaps = icio.check_orientation(cube, table)
    progress("bilateral trade")
    flows, output, supply, home = _trade(table, cube, repairs)
    te, steps = trade.export_tax_rates(table, flows)
    repairs += steps
    trades = xr.Dataset({"H0": home, "X0": flows, "te0": te.expand_dims(i=flows["i"].values)})
    progress("uses and value added")
    target = rest_of_world.Target(
        rest_of_world.gdp_of_rest(raw, [str(r) for r in table.data["r"].values], YEAR),
        float(foreign_saving(without_rents(trades)).sel(r=REST)),
    )
    base = _uses_and_factors(table, output, supply, target, repairs)
    progress("employment")
    base = _labour(raw, base, output, repairs).merge(trades)
    progress("tariffs")
    base = _tariffs(raw, base, repairs)
    progress("metadata")
    return _finish(base, table, repairs, gaps)


def _trade(
    table: oecd.IOTable, cube: xr.Dataset, repairs: list[Repair]
) -> tuple[xr.DataArray, xr.DataArray, xr.DataArray, xr.DataArray]:
    """Flows (o,d,i) without home sales, output (r,j), supply to home users (r,i), home sales (r,i)."""
    regions, sectors = list(region_labels()), list(sector_labels())
    group = rest_of_world.pooled(table.data)
    service, step = trade.service_flows(cube, table, list(services()), group)
    repairs.append(step)
    good = cube["x"].where(cube["o"] != cube["d"], 0.0).sel(k=list(goods())).rename(k="i")
    flows = xr.concat([good, service], dim="i").sel(o=regions, d=regions, i=sectors)
    flows, step = national.exports_within_output(flows, table.data["output"])
    repairs.append(step)
    exports = flows.sum("d").rename(o="r")
    home_rest, step = rest_of_world.home_sales(cube, group)
    repairs.append(step)
    known = table.data["output"].rename(j="i") - exports
    if float(known.min()) < -ROUNDING:
        raise BalanceError(
            f"exports exceed output by {-float(known.min()):.3g} USD million after their repair"
        )
    home = known.reindex(r=regions).fillna(home_rest).clip(min=0.0).sel(i=sectors)
    supply = home + flows.sum("o").rename(d="r")
    return flows.transpose("o", "d", "i"), (home + exports).rename(i="j"), supply, home.transpose("r", "i")


def _uses_and_factors(
    table: oecd.IOTable,
    output: xr.DataArray,
    supply: xr.DataArray,
    target: rest_of_world.Target,
    repairs: list[Repair],
) -> xr.Dataset:
    """Uses at basic prices, purchasers' totals, labour, capital and OTXS of all 81 economies."""
    d = table.data
    uses, steps = national.final_demand(table)
    repairs += steps
    uses, step = national.empty_activities(uses, table)
    repairs.append(step)
    uses, step = national.scale_rows(uses, supply.drop_sel(r=REST))
    repairs.append(step)
    parts, step = value_added.bound_production_taxes(d["va"], d["valu"], d["output"])
    repairs.append(step)
    lab, cap, otxs, steps = value_added.split_components(parts, d["valu"], d["output"])
    repairs += steps
    world = uses.assign(labour=lab, capital=cap, otxs=otxs, output=d["output"])
    group = rest_of_world.pooled(world)
    rest, steps = rest_of_world.uses(
        group, output.sel(r=REST, drop=True), supply.sel(r=REST, drop=True), target
    )
    repairs += steps
    rest = rest.expand_dims(r=[REST])
    return xr.concat([world.drop_vars("output"), rest], dim="r").sel(r=list(region_labels()))


def _labour(raw: Path, base: xr.Dataset, output: xr.DataArray, repairs: list[Repair]) -> xr.Dataset:
    found = emp.build_employment(raw, base["labour"], output)
    repairs += found.repairs
    labour_income, capital, step = value_added.impute_self_employed(
        base["labour"], base["capital"], found.jobs
    )
    repairs.append(step)
    v, step = value_added.factor_payments(labour_income, capital)
    repairs.append(step)
    # an activity without inputs has no user tax to absorb rounding, so its factor payments do
    lone = (base["Zb"].sum("i") == 0) & (output > 0)
    due = output - base["otxs"]
    v = xr.where(lone, v * due / v.sum("f").where(lone, 1.0), v).transpose("r", "f", "j")
    to0 = xr.where(output > 0, base["otxs"] / output.where(output > 0, 1.0), 0.0)
    flags = value_added.wage_flags(labour_income, found.jobs)
    repairs.append(
        Repair(
            "wage flags",
            "labour income per job above 3x or below 1/3 of the economy's mean; listed, not changed",
            len(flags),
            float(len(flags)),
            ", ".join(f"{k} {v:.2f}" for k, v in sorted(flags.items())),
            "cells",
        )
    )
    codes = list(emp.METHODS)
    method = xr.apply_ufunc(np.vectorize(codes.index, otypes=[np.int8]), found.method)
    u0, step = unemployment_rates(raw, [str(r) for r in base["r"].values], YEAR)
    repairs.append(step)
    return base.drop_vars(("labour", "capital", "otxs")).assign(
        V0=v, to0=to0, jobs0=found.jobs, jobs_method=method, u0=u0
    )


def _tariffs(raw: Path, base: xr.Dataset, repairs: list[Repair]) -> xr.Dataset:
    for name, year in TARIFF_YEARS.items():
        built = tariffs.build_tariffs(raw, year, base["X0"] * (1 + base["te0"]))
        repairs += built.repairs
        base[f"tm_{name}"] = built.rates.astype("float32")
        base[f"tm_method_{name}"] = built.method
    return base


def _finish(
    base: xr.Dataset, table: oecd.IOTable, repairs: list[Repair], gaps: dict[str, float]
) -> xr.Dataset:
    regions, sectors = list(region_labels()), list(sector_labels())
    base = base.sel(r=regions, o=regions, d=regions, i=sectors, j=sectors)
    base = base.drop_vars([c for c in base.coords if c not in base.dims])
    data = carve_out(base, base["tm_2022"].astype(float))
    residuals = {k: float(abs(v).max()) for k, v in identities(data).items()}
    published = oecd.published_gdp(table)
    gap = abs(gdp(data).sel(r=published["r"]) / published - 1)
    residuals["GDP at market prices against the published figure"] = float(gap.max())
    residuals |= {f"trade cube against national tables, USD million: {k}": v for k, v in gaps.items()}
    repairs.append(_negative_user_taxes(data))
    base.attrs = {
        "title": "World accounts for trade policy, 81 economies x 50 industries, 2022",
        "year": YEAR,
        "unit": "USD million at basic prices; rates are shares; jobs in thousand persons",
        "code_version": CODE_VERSION,
        "licence": "derived from OECD data under the OECD terms and conditions and from the sources listed",
        "sources": json.dumps(_sources()),
        "repairs": repairs_table(repairs).to_json(orient="records"),
        "residuals": json.dumps(residuals),
        "published_gdp": json.dumps(
            {str(r): float(v) for r, v in zip(published["r"].values, published.values, strict=True)}
        ),
        "jobs_methods": json.dumps([[k, v, emp.CONFIDENCE[k]] for k, v in emp.METHODS.items()]),
        "tariff_methods": json.dumps([[k, v] for k, v in tariffs.METHODS.items()]),
        "notes": json.dumps(NOTES),
    }
    return base


def _negative_user_taxes(data: xr.Dataset) -> Repair:
    taxes = user_tax_revenue(data)
    revenue = tariff_revenue(data).sum("i").rename(d="r")
    short = {str(r): float(-taxes.sel(r=r)) for r in taxes["r"].values if float(taxes.sel(r=r)) < 0}
    text = ", ".join(f"{r} {v:.0f} (tariffs {float(revenue.sel(r=r)):.0f})" for r, v in sorted(short.items()))
    return Repair(
        "tariffs above recorded product taxes",
        "tariff revenue at applied rates exceeds TXS, so user taxes are net subsidies there; not changed "
        "(applied rates overstate collections where preferences or duty-free zones are large)",
        len(short),
        sum(short.values()),
        text,
    )


def _sources() -> dict[str, str]:
    return {
        "national tables": oecd.SOURCE,
        "bilateral trade and tariffs": icio.SOURCE,
        **tariff_sources.SOURCES,
        **{f"employment: {k}": v for k, v in labour.SOURCES.items()},
    }


NOTES = [
    "Import shares are the same for every user of a commodity (the tables pool domestic and imported use).",
    "ROW: trade among its members is put home (X0[ROW,ROW]=0); cost structure from a stated group; GDP from "
    "the IMF's world total less the 80 economies.",
    "User taxes are uniform over commodities within a user, so excises cause no distortion between goods.",
    "Applied-rate tariff revenue overstates collections where preferences or duty-free zones are large "
    "(CHN, MYS, VNM).",
    "Tariffs called 2022 are the 2021 rates of the source, which repeats them; 2017 is before CPTPP and the "
    "trade war.",
    "Export taxes are uniform over commodities within a pair of economies.",
]


def write_world(base: xr.Dataset, path: Path) -> None:
    """Write the database as compressed netCDF-4, atomically (a killed run leaves no half file)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".partial")
    options: dict[str, Any] = {"zlib": True, "complevel": 6, "shuffle": True}
    encoding = {str(n): dict(options) for n in base.data_vars if base[n].ndim > 1}
    base.to_netcdf(temporary, engine="h5netcdf", encoding=encoding)
    temporary.replace(path)
