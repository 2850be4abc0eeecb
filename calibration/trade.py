"""Bilateral trade of all 50 industries, export taxes by flow."""

from __future__ import annotations

import numpy as np
import xarray as xr

from calibration.balance import ras, ras3
from calibration.labels import REST
from calibration.repairs import Repair, largest
from calibration.sources.icio import SERVICES
from calibration.sources.oecd import IOTable


def service_flows(
    cube: xr.Dataset, table: IOTable, services: list[str], guide: xr.Dataset
) -> tuple[xr.DataArray, Repair]:
    """Bilateral services (o,d,i) by three-way RAS: pairs from the cube, exports and imports by industry.

    ROW has no margins by industry; its start values follow `guide` exports(i), imports(i) (its reference
    group's structure). Home sales are excluded. Returns the flows and the residual as a repair.
    """
    order = [str(r) for r in cube["o"].values]
    free = np.array([r == REST for r in order])
    pairs = cube["x"].sel(k=SERVICES, o=order, d=order)
    od = pairs.where(pairs["o"] != pairs["d"], 0.0).transpose("o", "d").values
    margins = {}
    for name, total in (("exports", od.sum(1)), ("imports", od.sum(0))):
        known = table.data[name].sel(i=services).reindex(r=order).transpose("r", "i").values
        mix = guide[name].sel(i=services).values
        margins[name] = np.where(free[:, None], total[:, None] * mix / mix.sum(), known)
    oi, di = margins["exports"], margins["imports"]
    world = np.maximum(di.sum(0), 1e-9)
    start = oi[:, None, :] * (di / world)[None, :, :]
    start[np.arange(len(order)), np.arange(len(order)), :] = 0.0
    x = ras3(start, od, oi, di, free)
    gap = max(
        abs(x.sum(2) - od).max(), abs(x.sum(0) - di)[~free].max(), abs(x.sum(1) - oi)[~free].max()
    )  # fmt: skip
    flows = xr.DataArray(x, dims=("o", "d", "i"), coords={"o": order, "d": order, "i": services})
    return flows, Repair(
        "bilateral services by industry",
        "one services aggregate in the source is split over 23 industries by three-way RAS on pair totals "
        f"and national exports and imports by industry; largest margin left open {gap:.3f} USD million",
        int((x > 0).sum()),
        float(x.sum()),
        "all pairs",
    )


def export_tax_rates(table: IOTable, flows: xr.DataArray) -> tuple[xr.DataArray, list[Repair]]:
    """Export tax rate te0 (o,d), uniform over commodities, by two-margin RAS.

    Rows: TXS of the export columns of o. Columns: IMP_OTHER of d; ROW as destination the residual, ROW as
    origin nil. Origins with net subsidies keep one rate on all destinations and stand outside the RAS.
    """
    order = [str(r) for r in flows["o"].values]
    value = flows.sum("i").sel(o=order, d=order).transpose("o", "d").values
    rows = table.data["txs_exports"].reindex(r=order).fillna(0.0).values
    columns = table.data["imp_other"].sum("u").reindex(r=order).fillna(0.0).values
    rest = order.index(REST)
    rate = np.where(value.sum(1) > 0, rows / np.where(value.sum(1) > 0, value.sum(1), 1.0), 0.0)
    start = rate[:, None] * value
    subsidised = rows < 0
    fixed = np.where(subsidised[:, None], start, 0.0)
    target_rows = np.where(subsidised, 0.0, rows)
    target_columns = columns - fixed.sum(0)
    target_columns[rest] = target_rows.sum() - np.delete(target_columns, rest).sum()
    taxes = fixed + ras(np.where(subsidised[:, None], 0.0, start), target_rows, target_columns)
    te = np.where(value > 0, taxes / np.where(value > 0, value, 1.0), 0.0)
    repairs = [
        Repair(
            "export taxes by flow",
            "two-margin RAS: TXS of the exporter's export columns, IMP_OTHER of the importer, ROW the "
            f"residual destination ({target_columns[rest]:.0f}) and untaxed as origin; "
            f"rates {te.min():.3f} to {te.max():.3f}",
            int((taxes != 0).sum()),
            float(abs(taxes).sum()),
            "all pairs",
        ),
        Repair(
            "net export subsidies",
            "origins whose export columns carry net subsidies keep a uniform rate outside the RAS",
            int(subsidised.sum()),
            float(-rows[subsidised].sum()),
            largest({r: v for r, v in zip(order, rows, strict=True) if v < 0}),
        ),
    ]
    return xr.DataArray(te, dims=("o", "d"), coords={"o": order, "d": order}), repairs
