"""Uses and value added of the 80 economies with tables: inventories, row scaling, empty cells."""

from __future__ import annotations

import xarray as xr

from calibration.balance import BalanceError
from calibration.repairs import Repair, largest
from calibration.sources.oecd import IOTable
from calibration.value_added import cell_sizes

_COLUMNS = {"C": ["HFCE", "NPISH", "DPABR"], "G": ["GGFC"], "I": ["GFCF", "INVNT"]}


def final_demand(table: IOTable) -> tuple[xr.Dataset, list[Repair]]:
    """Zb(r,i,j), Cb Gb Ib(r,i) at basic prices and purchasers' totals Cp Gp Ip(r), USD million.

    C = households, NPISH and residents' purchases abroad; inventories join investment, and where investment
    is still negative the cell is set to zero against private consumption, at unchanged GDP.
    """
    d = table.data
    sectors = [str(s) for s in d["j"].values]
    out = xr.Dataset({"Zb": d["use"].sel(u=sectors).rename(u="j")})
    for name, columns in _COLUMNS.items():
        part = d.sel(u=columns)
        out[f"{name}b"] = part["use"].sum("u")
        out[f"{name}p"] = out[f"{name}b"].sum("i") + (part["txs"] + part["imp_other"]).sum("u")
    drawn = xr.where(d["use"].sel(u="INVNT", drop=True) < 0, d["use"].sel(u="INVNT", drop=True), 0.0)
    short = (-out["Ib"]).clip(min=0.0)
    if bool((short > out["Cb"]).any()):
        raise BalanceError(f"negative investment exceeds consumption in {largest(cell_sizes(short))}")
    out["Ib"] = out["Ib"] + short
    out["Cb"] = out["Cb"] - short
    out["Ip"] = out["Ip"] + short.sum("i")
    out["Cp"] = out["Cp"] - short.sum("i")
    draws, shorts = cell_sizes(drawn), cell_sizes(short)
    return out, [
        Repair("inventories", "changes in inventories join fixed investment (negative changes listed)",
               len(draws), sum(map(abs, draws.values())), largest(draws)),
        Repair("negative investment", "investment with inventories below zero set to zero against C",
               len(shorts), sum(shorts.values()), largest(shorts)),
    ]  # fmt: skip


def scale_rows(uses: xr.Dataset, supply: xr.DataArray) -> tuple[xr.Dataset, Repair]:
    """Uses scaled commodity by commodity to home sales plus imports `supply` (r,i); purchasers' totals kept.

    The tables pool domestic and imported inputs, so every user buys the same mix of origins.
    """
    total = uses["Zb"].sum("j") + uses["Cb"] + uses["Gb"] + uses["Ib"]
    stranded = (total <= 0) & (supply > 0)
    if bool(stranded.any()):
        raise BalanceError(f"supply without any use in {largest(cell_sizes(supply.where(stranded, 0.0)))}")
    factor = xr.where(total > 0, supply / total.where(total > 0, 1.0), 0.0)
    out = uses.assign({n: uses[n] * factor for n in ("Zb", "Cb", "Gb", "Ib")})
    gap = cell_sizes((supply - total), 1e-6)
    return out, Repair(
        "row balance",
        "uses of each commodity scaled to output less exports plus imports (rounding, services RAS)",
        len(gap),
        sum(map(abs, gap.values())),
        largest(gap),
    )


def exports_within_output(flows: xr.DataArray, output: xr.DataArray) -> tuple[xr.DataArray, Repair]:
    """Flows (o,d,i) scaled down where they exceed the origin's output (rounding of two publications)."""
    total = flows.sum("d").rename(o="r")
    y = output.rename(j="i").reindex(r=total["r"].values)
    over = (total - y).clip(min=0.0).fillna(0.0)
    factor = xr.where(over > 0, y / total.where(total > 0, 1.0), 1.0).rename(r="o")
    sizes = cell_sizes(over)
    return flows * factor, Repair(
        "exports above output",
        "bilateral exports scaled down to output; home sales are then zero",
        len(sizes),
        sum(sizes.values()),
        largest(sizes),
    )


def empty_activities(uses: xr.Dataset, table: IOTable) -> tuple[xr.Dataset, Repair]:
    """Inputs of activities without output set to true zeros."""
    live = table.data["output"] > 0
    leftover = abs(uses["Zb"].where(~live, 0.0)).sum()
    cells = cell_sizes(xr.where(live, 0.0, 1.0))
    return uses.assign(Zb=uses["Zb"].where(live, 0.0)), Repair(
        "empty activities",
        "country-industries without output: inputs, factor payments and jobs are true zeros",
        len(cells),
        float(leftover),
        ", ".join(sorted(cells)),
    )
