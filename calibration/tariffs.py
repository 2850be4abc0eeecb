"""Applied tariffs 2021 (called 2022) and 2017, 81 x 81 x 50; each defect is repaired by a named step."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from calibration.labels import REST, goods, read_rows, read_values, region_labels, sector_labels
from calibration.repairs import Repair, largest
from calibration.sources import icio
from calibration.sources import tariffs as sources

METHODS = {
    "zero": "services: no tariff",
    "source": "rate of the source cube",
    "merged": "rate of the source cube, shared with other industries of its group and not split",
    "split": "group rate of the cube split by 2014 relatives of the importer",
    "food_trimmed_2017": "food: trimmed 2017 rates, lowered where the cube shows a later preference",
    "food_rule": "food: importer outside the 2017 table, untrimmed rate compressed by a stated rule",
    "row_2017": "ROW: 2017 table",
    "pharma_agreement": "zero under the WTO Pharmaceutical Agreement",
    "aircraft_agreement": "rate times the share that is not civil aircraft (WTO agreement)",
}
"""Method of a tariff cell (importer, sector) -> what it means."""

FOOD = "C10T12"


@dataclass(frozen=True)
class Tariffs:
    """rates(o,d,i) shares; method(d,i) index into METHODS (int8); the steps made."""

    rates: xr.DataArray
    method: xr.DataArray
    repairs: tuple[Repair, ...]


def build_tariffs(raw: Path, year: int, weight: xr.DataArray) -> Tariffs:
    """Repaired tariffs of one year; `weight` (o,d,i), USD million, are the flows that size each step."""
    cube, cube17 = (icio.read_icio(raw, y)["t"] for y in (year, 2017))
    teti, fgh = sources.read_teti(raw), sources.read_fgh(raw)
    rates = _on_sectors(cube)
    method = _initial_method(rates)
    log = _Log(year, weight)
    log.add("services carry no tariff", _on_sectors(cube, keep_services=True), rates)
    new, method = row_rates(rates, method, teti)
    log.add("ROW's rates from the 2017 table", rates, new)
    rates = new
    new, method = repair_food(rates, method, teti, _on_sectors(cube17))
    log.add("food", rates, new)
    rates = new
    new, method, capped = split_merged(rates, method, fgh, weight)
    log.add("merged sectors split", rates, new, capped)
    rates = new
    new, method = pharma_agreement(rates, method)
    log.add("pharmaceuticals", rates, new)
    rates = new
    new, method = aircraft_agreement(rates, method)
    log.add("civil aircraft", rates, new)
    return Tariffs(new.transpose("o", "d", "i"), method.transpose("d", "i"), tuple(log.steps))


class _Log:
    """Collects the size of each step: the change of tariff revenue at benchmark flows."""

    def __init__(self, year: int, weight: xr.DataArray) -> None:
        self.year, self.weight = year, weight
        self.steps: list[Repair] = []

    def add(self, name: str, before: xr.DataArray, after: xr.DataArray, note: str = "") -> None:
        change = (self.weight * (after - before)).sum("o")
        moved = (after != before).any("o")
        totals = {str(d): float(abs(change).sum("i").sel(d=d)) for d in change["d"].values}
        text = f"revenue at 2022 flows {float((self.weight * before).sum()) / 1e3:.1f} -> "
        text += f"{float((self.weight * after).sum()) / 1e3:.1f} bn"
        self.steps.append(
            Repair(
                f"tariffs {self.year}: {name}",
                _WHAT[name] + "; " + text + (f"; {note}" if note else ""),
                int(moved.sum()),
                float(abs(self.weight * (after - before)).sum()),
                largest({k: v for k, v in totals.items() if v > 0}),
            )
        )


_WHAT = {
    "services carry no tariff": "the cube's services sector carries about 3 %: set to zero",
    "ROW's rates from the 2017 table": "zero in the cube; trimmed 2017 rates where the partner is in the "
    "table, otherwise the median over partners in the table (ROW importing) or over the cube's origins",
    "food": "plain average of food and tobacco lines: trimmed 2017 rate of the pair, lowered where the cube "
    "shows a later preference; partners outside the table get the importer's highest trimmed rate times the "
    "cube's preference margin; importers outside the table follow assumptions/food_rule.csv",
    "merged sectors split": "industries that share one rate are told apart by the importer's 2014 relatives "
    "(trade-weighted, between 1/5 and 5), import-weighted mean unchanged; importers outside are flagged",
    "pharmaceuticals": "C21 zero for participants of the WTO Pharmaceutical Agreement",
    "civil aircraft": "C302T309 of signatories times one less the exporter's aircraft share",
}


def _on_sectors(cube: xr.DataArray, keep_services: bool = False) -> xr.DataArray:
    """The cube (o,d,k) on the 50 industries (o,d,i), home cells zero."""
    order = list(region_labels())
    other = cube.sel(k=icio.SERVICES, drop=True) if keep_services else 0.0 * cube.isel(k=0, drop=True)
    parts = [cube.sel(k=s, drop=True) if s in goods() else other for s in sector_labels()]
    full = xr.concat(parts, dim="i").assign_coords(i=list(sector_labels())).sel(o=order, d=order)
    return full.where(full["o"] != full["d"], 0.0).transpose("o", "d", "i")


def _code(name: str) -> int:
    return list(METHODS).index(name)


def _sector_table() -> dict[str, dict[str, str]]:
    """Good -> its name in the Teti table (teti), WIOD ids (fgh), group of one rate in the cube (merged)."""
    return {row["sector"]: row for row in read_rows("concordance", "tariff_sectors.csv")}


def _merged_groups() -> dict[str, dict[str, list[int]]]:
    """Group of industries that share one rate -> industry -> its WIOD ids."""
    groups: dict[str, dict[str, list[int]]] = {}
    for sector, row in _sector_table().items():
        groups.setdefault(row["merged"], {})[sector] = [int(k) for k in row["fgh"].split()]
    return {name: members for name, members in groups.items() if len(members) > 1}


def _initial_method(rates: xr.DataArray) -> xr.DataArray:
    merged = {s for members in _merged_groups().values() for s in members}
    codes = [
        _code("zero" if s not in goods() else "merged" if s in merged else "source")
        for s in rates["i"].values
    ]
    line = xr.DataArray(np.array(codes, dtype=np.int8), coords={"i": rates["i"]}, dims="i")
    return line.expand_dims(d=rates["d"].values).copy()


def _mark(method: xr.DataArray, d: list[str], i: list[str], name: str) -> xr.DataArray:
    out = method.copy()
    out.loc[{"d": d, "i": i}] = _code(name)
    return out


def _unions() -> dict[str, str]:
    return {row["region"]: row["reference"] for row in read_rows("assumptions", "customs_unions.csv")}


def _stand_in(region: str, listed: set[str]) -> str | None:
    """The economy of the 2017 table that speaks for `region`: itself or its customs union's reference."""
    if region in listed:
        return region
    reference = _unions().get(region)
    return reference if reference in listed else None


def row_rates(
    rates: xr.DataArray, method: xr.DataArray, teti: xr.Dataset
) -> tuple[xr.DataArray, xr.DataArray]:
    """ROW's rates as importer and as exporter from the trimmed 2017 table."""
    listed = {str(x) for x in teti["o"].values} - {REST}
    sectors = list(_sector_table())
    names = [row["teti"] for row in _sector_table().values()]
    labels = xr.DataArray(names, coords={"i": sectors}, dims="i")
    trimmed = teti["tariff95"].sel(s=labels).drop_vars("s")
    inside = trimmed.sel(d=REST, drop=True)
    typical = inside.sel(o=sorted(listed)).median("o")
    out = rates.copy()
    for r in (str(x) for x in rates["o"].values if x != REST):
        partner = _stand_in(r, listed)
        origins = [o for o in rates["o"].values if o not in (r, REST)]
        bought = inside.sel(o=partner, drop=True) if partner else typical
        sold = (
            trimmed.sel(o=REST, d=partner, drop=True)
            if partner
            else rates.sel(o=origins, d=r, i=sectors).median("o")
        )
        out.loc[{"o": r, "d": REST, "i": sectors}] = bought
        out.loc[{"o": REST, "d": r, "i": sectors}] = sold
    return out, _mark(method, [REST], sectors, "row_2017")


def repair_food(
    rates: xr.DataArray, method: xr.DataArray, teti: xr.Dataset, cube17: xr.DataArray
) -> tuple[xr.DataArray, xr.DataArray]:
    """Food rates without the prohibitive tobacco and alcohol lines that dominate plain averages."""
    listed = {str(x) for x in teti["o"].values} - {REST}
    trimmed = teti["tariff95"].sel(s=_sector_table()[FOOD]["teti"], drop=True).transpose("o", "d")
    regions = [str(r) for r in rates["d"].values if r != REST]
    food, food17 = (x.sel(i=FOOD, drop=True) for x in (rates, cube17))
    out, ruled = rates.copy(), []
    for d in regions:
        origins = [o for o in regions if o != d]
        highest = float(food.sel(o=origins, d=d).max())
        importer = _stand_in(d, listed)
        if importer is None:
            ruled.append(d)
            reference = _unions().get(d, d)
            others = [o for o in regions if o != reference]
            base = _compressed(float(food.sel(o=others, d=reference).max()))
        else:
            base = float(trimmed.sel(o=sorted(listed - {importer}), d=importer).max())
        # ROW's own rate is trimmed already where the 2017 table has the importer, and untrimmed elsewhere
        partners = origins if importer else [*origins, REST]
        margin = food.sel(o=partners, d=d) * (base / highest if highest > 0 else 0.0)
        out.loc[{"o": partners, "d": d, "i": FOOD}] = margin
        known = [o for o in origins if o in listed and d in listed]
        if known:
            now, then = food.sel(o=known, d=d), food17.sel(o=known, d=d)
            paid = trimmed.sel(o=known, d=d)
            later = (now / then.where(then > 0)).fillna(1.0).clip(max=1.0)
            # a pair free of duty in the cube of 2017 stays free unless the cube of the year charges it
            free = xr.where(paid < now, paid, now)
            out.loc[{"o": known, "d": d, "i": FOOD}] = xr.where(then > 0, paid * later, free)
    named = [d for d in regions if d not in ruled]
    return out, _mark(_mark(method, named, [FOOD], "food_trimmed_2017"), ruled, [FOOD], "food_rule")


def _compressed(x: float) -> float:
    rule = read_values("assumptions", "food_rule.csv", key="name")
    if x <= rule["knee"]:
        return x
    if x <= rule["high"]:
        return rule["knee"] + rule["slope"] * (x - rule["knee"])
    return rule["ratio"] * x


def split_merged(
    rates: xr.DataArray, method: xr.DataArray, fgh: xr.Dataset, weight: xr.DataArray
) -> tuple[xr.DataArray, xr.DataArray, str]:
    """Tell apart industries that share one rate, by the importer's (or its union's) 2014 relatives."""
    union = _unions()
    blocs: dict[str, list[str]] = {}
    for d in (str(x) for x in rates["d"].values):
        if d in fgh["d"].values:
            blocs.setdefault(union.get(d, d), []).append(d)
    out, capped = rates.copy(), []
    for group, wanted in _merged_groups().items():
        sectors = list(wanted)
        if len({tuple(ids) for ids in wanted.values()}) < 2:
            continue
        for bloc, members in blocs.items():
            relative, clipped = _relatives(wanted, members, fgh, weight)
            if relative is None:
                continue
            if clipped:
                capped.append(f"{bloc} {group}")
            out.loc[{"d": members, "i": sectors}] = rates.sel(d=members, i=sectors) * relative
            method = _mark(method, members, sectors, "split")
    note = f"relatives bounded for {', '.join(sorted(capped))}" if capped else ""
    return out, method, note


def _relatives(
    wanted: dict[str, list[int]], members: list[str], fgh: xr.Dataset, weight: xr.DataArray
) -> tuple[xr.DataArray | None, bool]:
    """2014 rates of the sectors at common origin weights over their import-weighted mean; None if zero."""
    every = sorted({k for v in wanted.values() for k in v})
    value = fgh["value"].sel(d=members, s=every)
    origins = [o for o in fgh["o"].values if o not in members]
    pair = value.sel(o=origins).sum("s")
    mean = {}
    for s, keys in wanted.items():
        v = value.sel(o=origins, s=keys)
        rate = (fgh["rate"].sel(o=origins, d=members, s=keys) * v).sum("s") / v.sum("s").where(v.sum("s") > 0)
        w = pair.where(rate.notnull(), 0.0)
        mean[s] = float((rate.fillna(0.0) * w).sum() / w.sum()) if float(w.sum()) > 0 else float("nan")
    if not all(np.isfinite(v) for v in mean.values()) or max(mean.values()) <= 0:
        return None, False
    imports = weight.sel(d=members, i=list(wanted)).sum(("o", "d"))
    series = xr.DataArray([mean[s] for s in wanted], coords={"i": list(wanted)}, dims="i")
    relative = series / float((series * imports).sum() / imports.sum())
    bounded = relative.clip(0.2, 5.0)
    clipped = bool((bounded != relative).any())
    return bounded / float((bounded * imports).sum() / imports.sum()), clipped


def _bound(agreement: str, regions: list[str]) -> list[str]:
    rows = read_rows("assumptions", "wto_sector_agreements.csv")
    named = {row["region"] for row in rows if row["agreement"] == agreement}
    if "EU27" in named:
        named |= {r for r, ref in _unions().items() if ref == "DEU"}
    return [r for r in regions if r in named]


def pharma_agreement(rates: xr.DataArray, method: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Zero rates on C21 for participants of the WTO Pharmaceutical Agreement."""
    members = _bound("pharma", [str(d) for d in rates["d"].values])
    out = rates.copy()
    out.loc[{"d": members, "i": "C21"}] = 0.0
    return out, _mark(method, members, ["C21"], "pharma_agreement")


def aircraft_agreement(rates: xr.DataArray, method: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """C302T309 of signatories: only the part that is not civil aircraft pays."""
    members = _bound("aircraft", [str(d) for d in rates["d"].values])
    known = read_values("assumptions", "aircraft_share.csv", key="region")
    share = xr.DataArray(
        [known.get(str(o), known["default"]) for o in rates["o"].values], coords={"o": rates["o"]}, dims="o"
    )
    out = rates.copy()
    cell = {"d": members, "i": "C302T309"}
    out.loc[cell] = (rates.sel(cell) * (1 - share)).transpose("o", "d")
    return out, _mark(method, members, ["C302T309"], "aircraft_agreement")
