"""Factor payments: negative surplus, self-employed labour, natural resources. All steps keep value added."""

from __future__ import annotations

import numpy as np
import xarray as xr

from calibration.accounts import FACTORS
from calibration.labels import read_values
from calibration.repairs import Repair, largest

_ROUNDING = 0.02  # USD million: the raw tables print three decimals, and a column adds up to a dozen of them


def cell_sizes(change: xr.DataArray, floor: float = 0.0) -> dict[str, float]:
    """Cells of a (r,i) or (r,j) array above `floor` in absolute value: `KOR D` -> size."""
    stacked = change.stack(cell=change.dims)
    stacked = stacked[abs(stacked) > floor]
    return {
        " ".join(map(str, c)): float(v) for c, v in zip(stacked["cell"].values, stacked.values, strict=True)
    }


def _repair(name: str, what: str, change: xr.DataArray, floor: float = 0.0) -> Repair:
    sizes = cell_sizes(change, floor)
    return Repair(name, what, len(sizes), float(sum(map(abs, sizes.values()))), largest(sizes))


def median_labour_share(va: xr.DataArray, output: xr.DataArray) -> xr.DataArray:
    """Median over economies of LABR over factor payments, by industry (j), where both are positive."""
    payments = va.sel(p=["LABR", "CFC", "NOPS"]).sum("p")
    surplus = va.sel(p=["CFC", "NOPS"]).sum("p")
    usable = (output > 0) & (surplus > 0) & (va.sel(p="LABR") > 0)
    share = (va.sel(p="LABR") / payments.where(payments > 0)).where(usable).median("r")
    return share.drop_vars("p", errors="ignore").fillna(1.0)


def bound_production_taxes(
    va: xr.DataArray, valu: xr.DataArray, output: xr.DataArray
) -> tuple[xr.DataArray, Repair]:
    """Parts of value added (p,r,j) with OTXS inside its bound; surplus (NOPS) takes the excess, VALU stays.

    A recorded tax or subsidy of most of value added is a matter of classification; as an ad valorem rate it
    would be the largest distortion in the model.
    """
    bound = read_values("assumptions", "otxs_bound.csv", key="name")["otxs_bound"]
    otxs = va.sel(p="OTXS", drop=True)
    inside = otxs.clip(-bound * abs(valu), bound * abs(valu))
    excess = (otxs - inside).where((output > 0) & (valu > 0), 0.0)
    moved = excess * ((va["p"] == "NOPS").astype(float) - (va["p"] == "OTXS").astype(float))
    step = _repair(
        "production taxes beyond a quarter of value added",
        "OTXS bounded by a share of value added (otxs_bound.csv); surplus takes the excess, VALU stays",
        excess,
        _ROUNDING,
    )
    return (va + moved).transpose(*va.dims), step


def split_components(
    va: xr.DataArray, valu: xr.DataArray, output: xr.DataArray
) -> tuple[xr.DataArray, xr.DataArray, xr.DataArray, list[Repair]]:
    """Labour, capital and OTXS (r,j) with nonnegative factor payments; value added VALU is kept.

    1. parts that do not add to VALU: the gap goes to operating surplus;
    2. factor payments at or below zero: VALU (or, where VALU <= 0, LABR over its median share) times the
       industry's median split, the difference moves to OTXS (and so to the tax rate to0);
    3. negative operating surplus: factor payments are re-split at the industry's median labour share.
    """
    labour, otxs = (va.sel(p=p, drop=True) for p in ("LABR", "OTXS"))
    gap = valu - va.sum("p")
    repairs = [
        _repair(
            "value added parts", "LABR+OTXS+CFC+NOPS differs from VALU: surplus takes the gap", gap, _ROUNDING
        ),
    ]
    live = output > 0
    share = median_labour_share(va, output)
    payments = valu - otxs
    factor_share = (payments / valu.where(valu > 0)).where(live & (payments > 0)).median("r").clip(max=1.0)
    hollow = live & (payments <= 0)
    made_up = xr.where(valu > 0, valu * factor_share, labour / share)
    new_payments = xr.where(hollow, made_up, payments)
    repairs.append(
        _repair(
            "factor payments at or below zero",
            "value added kept; factor payments = VALU x the industry's median share of factors in value "
            "added, or LABR over its median share where VALU <= 0; the difference moves through to0",
            (new_payments - payments).where(hollow, 0.0),
        )
    )
    # a surplus that rounds to zero is zero; only a larger deficit is a defect
    negative = live & (hollow | (labour > new_payments + _ROUNDING) | (labour < 0))
    new_labour = xr.where(negative, new_payments * share, np.minimum(labour, new_payments))
    repairs.append(
        _repair(
            "negative operating surplus",
            "value added kept; re-split at the industry's median labour share over economies",
            (new_labour - labour).where(negative, 0.0),
        )
    )
    zero = xr.zeros_like(valu)
    return (
        xr.where(live, new_labour, zero),
        xr.where(live, new_payments - new_labour, zero),
        xr.where(live, valu - new_payments, zero),
        repairs,
    )


def _by_activity(j: xr.DataArray, file: str, column: str) -> xr.DataArray:
    """A column of an assumption table by activity (j); activities it does not name get zero."""
    known = read_values("assumptions", file, key="sector", value=column)
    return xr.DataArray([known.get(str(x), 0.0) for x in j.values], coords={"j": j.values}, dims="j")


def impute_self_employed(
    labour: xr.DataArray, capital: xr.DataArray, jobs: xr.DataArray
) -> tuple[xr.DataArray, xr.DataArray, Repair]:
    """Raise labour (r,j) to jobs times a fraction of the mean wage, out of capital, within a stated cap."""
    fraction, cap = (_by_activity(labour["j"], "self_employed.csv", column) for column in ("value", "cap"))
    wage = labour.sum("j") / jobs.sum("j")
    target, limit = jobs * wage * fraction, cap * (labour + capital)
    target = xr.where(target < limit, target, limit)
    raised = xr.where(labour > target, labour, target)
    repair = _repair(
        "self-employed labour",
        "A F G H I R S T: LABR raised to employment x fraction x mean wage, at most 80 % of factor payments, "
        "out of operating surplus (assumptions/self_employed.csv)",
        raised - labour,
        1e-9,
    )
    return raised, capital - (raised - labour), repair


def factor_payments(labour: xr.DataArray, capital: xr.DataArray) -> tuple[xr.DataArray, Repair]:
    """V0 (r,f,j): natural resources are a stated share of capital income in primary sectors."""
    share = _by_activity(labour["j"], "natural_resource.csv", "value")
    natural = capital * share
    v = xr.concat([labour, capital - natural, natural], dim="f").assign_coords(f=list(FACTORS))
    repair = _repair(
        "natural resources",
        "stated share of capital income in A01-A03 and B05-B09 (assumptions/natural_resource.csv)",
        natural,
    )
    return v.transpose("r", "f", "j"), repair


def wage_flags(labour: xr.DataArray, jobs: xr.DataArray, factor: float = 3.0) -> dict[str, float]:
    """Cells whose labour income per job is above `factor` or below 1/`factor` of the economy's mean."""
    mean = labour.sum("j") / jobs.sum("j")
    ratio = (labour / jobs.where(jobs > 0)) / mean
    odd = ratio.where((ratio > factor) | (ratio < 1 / factor)).fillna(0.0)
    return cell_sizes(odd)
