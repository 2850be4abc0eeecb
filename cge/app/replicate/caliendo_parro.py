"""Caliendo & Parro (2015): what NAFTA's tariff cuts of 1993 to 2005 did to 31 regions.

Two solves: from the data of 1993 to the same world without trade deficits (or with the recorded ones), and
from there to the tariffs of 2005 among the three members.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xarray as xr

from calibration.sources.caliendo_parro import SOURCE, CaliendoParro, read_caliendo_parro
from calibration.sources.folder import raw_folder
from cge.app.replicate.report import Check, Replication, compare, target
from cge.app.replicate.trade_model import trade_model
from cge.solution import Solution
from results.first_order import bilateral_imports, first_order_welfare, real_income, trade_change

MEMBERS = ("USA", "CAN", "MEX")
MAIN = ("tot_pct", "vot_pct", "welfare_firstorder_pct", "real_wage_pct", "real_income_exact_pct")
POINTS, TRADE = 0.01, 0.1
"""Tolerances: percentage points of welfare figures, and of changes in trade."""
READING = (
    "ToT and VoT are percentage changes at initial tariffs and incomes; their sum is the published welfare "
    "figure. The change of real income is the exact one: first order overstates Mexico's gain."
)


def without_deficits(raw: Path | None = None) -> Replication:
    """The published exercise: deficits removed before the shock; every figure beside the reference."""
    data = read_caliendo_parro(raw_folder(raw))
    base, new = solve(data, xr.zeros_like(data.deficit))
    regions, trade = indicators(base, new), trade_table(base, new)
    expected = target("cp2015_nafta.csv").set_index("iso3")
    expected_trade = target("cp2015_nafta_trade.csv").set_index(["importer", "exporter"])
    checks = _checks(regions, expected, trade, expected_trade)
    return Replication(
        "NAFTA tariff changes 1993-2005, zero deficits",
        SOURCE,
        {
            "Effects by region, percent (ref: published data and program)": beside(regions, expected, MAIN),
            "With members and with others, percent": beside(regions, expected, expected.columns[5:]),
            "Imports within NAFTA at border prices, percent": beside(trade, expected_trade, ["change_pct"]),
        },
        tuple(checks),
        (READING,),
        {"zero deficits": base.certificate, "NAFTA": new.certificate},
    )


def with_deficits(raw: Path | None = None) -> Replication:
    """The same shock with the trade deficits of 1993 kept; beside the exercise without them."""
    data = read_caliendo_parro(raw_folder(raw))
    base, new = solve(data, data.deficit)
    regions, trade = indicators(base, new), trade_table(base, new)
    expected = target("cp2015_nafta.csv").set_index("iso3")
    expected_trade = target("cp2015_nafta_trade.csv").set_index(["importer", "exporter"])
    note = (
        "Deficits are held at their recorded value in units of world factor income, in which prices are "
        "measured; with imbalances the terms of trade depend on that unit. No published table."
    )
    return Replication(
        "NAFTA tariff changes 1993-2005, deficits of 1993 kept",
        SOURCE,
        {
            "Effects by region, percent (ref: zero deficits)": beside(regions, expected, MAIN),
            "Imports within NAFTA at border prices, percent (ref: zero deficits)":
                beside(trade, expected_trade, ["change_pct"]),
        },
        (),
        (READING, note),
        {"recorded deficits": base.certificate, "NAFTA": new.certificate},
    )  # fmt: skip


def solve(data: CaliendoParro, deficit: xr.DataArray) -> tuple[Solution, Solution]:
    """The world of 1993 with trade deficits `deficit` (r, USD million), and that world after NAFTA."""
    model = trade_model(data.accounts, data.theta)
    gdp = xr.DataArray(model.parameters.arrays["gdp0"], {"r": list(model.parameters.sets.regions)})
    held = {"real_saving": deficit / gdp}
    base = model.solve(held)
    return base, model.solve({**held, "tm": nafta_tariffs(data)}, start=base)


def nafta_tariffs(data: CaliendoParro) -> xr.DataArray:
    """Tariffs of 1993 (o, d, i), those of 2005 among the members."""
    tm = data.accounts.data["tm0"]
    inside = tm["o"].isin(MEMBERS) & tm["d"].isin(MEMBERS) & (tm["o"] != tm["d"])
    return xr.where(inside, data.tariff_2005, tm)


def indicators(base: Solution, new: Solution) -> pd.DataFrame:
    """One row per region, percent, columns as in the reference."""
    first = 100 * first_order_welfare(base, new)
    member = first["p"].isin(MEMBERS)
    inside, outside = first.where(member, 0.0).sum("p"), first.where(~member, 0.0).sum("p")
    trade = 100 * trade_change(base, new)
    columns = {
        "tot_pct": inside["tot"] + outside["tot"],
        "vot_pct": inside["vot"] + outside["vot"],
        "welfare_firstorder_pct": inside["tot"] + outside["tot"] + inside["vot"] + outside["vot"],
        "real_wage_pct": 100 * (new.values["rw"] / base.values["rw"] - 1),
        "real_income_exact_pct": 100 * real_income(base, new),
        "tot_with_nafta_pct": inside["tot"],
        "tot_with_row_pct": outside["tot"],
        "vot_with_nafta_pct": inside["vot"],
        "vot_with_row_pct": outside["vot"],
        "exports_pct": trade["exports"],
        "imports_pct": trade["imports"],
    }
    return pd.DataFrame({n: v.to_series() for n, v in columns.items()}).rename_axis("iso3")


def trade_table(base: Solution, new: Solution) -> pd.DataFrame:
    """Change of imports among the members, percent, by importer and exporter."""
    change = 100 * bilateral_imports(base, new)
    pairs = [(d, o) for d in MEMBERS for o in MEMBERS if d != o]
    values = [float(change.sel(o=o, d=d)) for d, o in pairs]
    index = pd.MultiIndex.from_tuples(pairs, names=["importer", "exporter"])
    return pd.DataFrame({"change_pct": values}, index=index)


def _checks(
    regions: pd.DataFrame, expected: pd.DataFrame, trade: pd.DataFrame, expected_trade: pd.DataFrame
) -> list[Check]:
    volumes = ["exports_pct", "imports_pct"]
    effects = expected.drop(columns=volumes)
    return [
        *compare("region", regions, effects, POINTS, "points"),
        *compare("region", regions, expected.filter(volumes), TRADE, "points"),
        *compare("pair", trade, expected_trade, TRADE, "points"),
    ]


def beside(model: pd.DataFrame, reference: pd.DataFrame, columns) -> pd.DataFrame:
    """Model columns with the reference's next to each, rows in the order of the reference."""
    out = {}
    for name in columns:
        out[name] = model.loc[reference.index, name]
        out[f"{name} (ref)"] = reference[name]
    return pd.DataFrame(out, index=reference.index)
