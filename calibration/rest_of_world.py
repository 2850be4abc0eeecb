"""ROW: home supply, costs and final demand, which no table gives, from a stated group of economies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from calibration.balance import BalanceError, ras
from calibration.labels import REST, read_rows
from calibration.repairs import Repair
from calibration.sources import labour
from calibration.sources.icio import SERVICES
from calibration.sources.oecd import SourceError


def reference_group() -> list[str]:
    """Economies whose pooled table stands for ROW."""
    return [row["region"] for row in read_rows("assumptions", "row_reference_group.csv")]


def pooled(data: xr.Dataset) -> xr.Dataset:
    """Sum of the reference group's accounts (USD million), without r."""
    return data.sel(r=reference_group()).sum("r")


def home_sales(cube: xr.Dataset, group: xr.Dataset) -> tuple[xr.DataArray, Repair]:
    """ROW's home sales H0 (i): goods from the cube's diagonal, services split like the group's home sales.

    The cube's diagonal holds ROW's trade inside itself as well; it is all put home, an assumption.
    """
    own = cube["x"].sel(o=REST, d=REST, drop=True)
    goods = own.drop_sel(k=SERVICES).rename(k="i")
    mix = (group["output"].rename(j="i") - group["exports"]).drop_sel(i=goods["i"].values)
    services = float(own.sel(k=SERVICES)) * mix / mix.sum()
    repair = Repair(
        "ROW home sales",
        "goods from the cube's diagonal (trade among ROW's members included and put home); services split "
        "like the home sales of the reference group",
        int(services.size),
        float(services.sum()),
        REST,
    )
    return xr.concat([goods, services], dim="i"), repair


@dataclass(frozen=True)
class Target:
    """What is known of ROW as a whole: GDP at market prices and foreign saving, USD million."""

    gdp: float
    saving: float


def gdp_of_rest(raw: Path, regions: list[str], year: int) -> float:
    """GDP of ROW, USD million: the IMF's world total less its figures for the economies with tables."""
    weo = labour.read_weo(raw, "NGDPD", year) / 1e6
    missing = [r for r in regions if r not in weo.index]
    if missing:
        raise SourceError(f"WEO has no NGDPD {year} for {', '.join(missing)}; ROW's GDP cannot be formed")
    return float(weo["G001"] - weo[regions].sum())


def uses(
    group: xr.Dataset, output: xr.DataArray, supply: xr.DataArray, target: Target
) -> tuple[xr.Dataset, list[Repair]]:
    """ROW's uses at basic prices Zb(i,j) Cb Gb Ib(i), purchasers' totals, labour, capital and OTXS (j).

    group: pooled accounts (Zb, Cb Gb Ib, Cp Gp Ip, labour, capital, otxs, output). output(j), supply(i) are
    ROW's. Input mixes, user-tax rates and the split of final demand are the group's; value added per unit of
    output is the group's times one factor that makes ROW's GDP the target's; a RAS reconciles both sides.
    """
    group = group.sel(i=supply["i"].values, j=output["j"].values)
    scale = output / group["output"]
    value_added = (group["labour"] + group["capital"] + group["otxs"]) * scale
    basic = group["Zb"].sum("i")
    rate = (group["output"] - value_added / scale) / basic.where(basic > 0) - 1
    finals = {n: float(group[f"{n}b"].sum()) for n in "CGI"}
    tax = sum(float(group[f"{n}p"]) for n in "CGI") / sum(finals.values())
    left = (target.gdp + target.saving) / tax
    untaxed = (output / (1 + rate)).fillna(0.0)
    factor = float((untaxed.sum() - (supply.sum() - left)) / (value_added / (1 + rate)).fillna(0.0).sum())
    if not 0.7 < factor < 1.3:
        raise BalanceError(
            f"ROW's GDP of {target.gdp:.0f} needs value-added shares {factor:.2f} times the group's"
        )
    parts = {n: group[n] * scale * xr.where(basic > 0, factor, 1.0) for n in ("labour", "capital", "otxs")}
    inputs = ((output - sum(parts.values())) / (1 + rate)).fillna(0.0)
    weights = {n: left * v / sum(finals.values()) for n, v in finals.items()}
    fitted, moved = _reconcile(group, inputs, weights, supply)
    n = output.size
    out = xr.Dataset(
        {
            "Zb": (("i", "j"), fitted[:, :n]),
            **{f"{q}b": (("i",), fitted[:, n + k]) for k, q in enumerate("CGI")},
        },
        coords={"i": supply["i"], "j": output["j"]},
    )
    out = out.assign(parts)
    for q in "CGI":
        out[f"{q}p"] = weights[q] * group[f"{q}p"] / finals[q]
    return out, _record(factor, output, float(abs(value_added * (factor - 1)).sum()), fitted, moved)


def _record(
    factor: float, output: xr.DataArray, changed: float, fitted: np.ndarray, moved: float
) -> list[Repair]:
    return [
        Repair(
            "ROW value added",
            "value added per unit of output is the reference group's times a common factor "
            f"({factor:.3f}), so that ROW's GDP is the IMF's world total less the 80 economies",
            int((output > 0).sum()),
            changed,
            REST,
        ),
        Repair(
            "ROW cost structure and final demand",
            f"pooled 2022 table of {', '.join(reference_group())}: input mixes, tax rates, shares of C, G, "
            "I; reconciled with ROW's supply by RAS (size = value moved by the RAS)",
            int((fitted > 0).sum()),
            moved,
            REST,
        ),
    ]


def _reconcile(
    group: xr.Dataset, inputs: xr.DataArray, weights: dict[str, float], supply: xr.DataArray
) -> tuple[np.ndarray, float]:
    """Uses (i, activities and C G I) with row sums `supply` and column sums `inputs` and `weights`."""
    mix = group["Zb"] / group["Zb"].sum("i").where(group["Zb"].sum("i") > 0, 1.0)
    start = np.column_stack(
        [(mix * inputs).transpose("i", "j").values]
        + [group[f"{q}b"].values * w / float(group[f"{q}b"].sum()) for q, w in weights.items()]
    )
    fitted = ras(start, supply.values, np.concatenate([inputs.values, list(weights.values())]))
    # rows last and exact: what a column then misses by 1e-12 its user tax absorbs
    rows = fitted.sum(1)
    fitted = fitted * np.where(rows > 0, supply.values / np.where(rows > 0, rows, 1.0), 0.0)[:, None]
    return fitted, float(abs(fitted - start).sum()) / 2
