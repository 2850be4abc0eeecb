"""Taxes at home, productivity and endowments as the closure of a model lets them be set.

An endowment that the closure holds is set as such. Where a factor is held activity by activity (specific
factors), each activity has its share more or less; where the labour force follows the real wage, the supply
curve shifts by as much at every wage. What a closure frees in any other way cannot be set.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from cge.model import Model
from scenarios.dims import OWN_DIMS
from scenarios.problems import Origin, ScenarioError

LABOUR = "labour"


def as_held(
    found: Mapping[str, xr.DataArray], model: Model, accounts: xr.Dataset, origin: Origin
) -> dict[str, xr.DataArray]:
    """The instruments with endowments as the closure takes them, shifts of supply included.

    Args:
        found: by name over the model's labels, ``endow`` by activity (r, f, j).
        model: whose closure says what is held.
        accounts: of the model, USD million.
        origin: the scenario's file, for messages.

    Raises:
        ScenarioError: a cell moves that the closure determines.
    """
    out = dict(found)
    if "endow" in out:
        by_activity = out.pop("endow")
        income = accounts["V0"]
        total = (by_activity * income).sum("j") / income.sum("j").where(income.sum("j") > 0, 1.0)
        whole = total.where(income.sum("j") > 0, 1.0)
        out |= _specific(by_activity, model) | _supply(whole, model)
        out["endow"] = whole.where(~_translated(model, whole), 1.0)
    for name in OWN_DIMS:
        if name in out:
            _refuse_free(name, out[name], accounts, model, origin)
    # What the closure determines everywhere cannot be set, not even to where it starts.
    return {name: level for name, level in out.items() if not _wholly_free(name, model)}


def _wholly_free(name: str, model: Model) -> bool:
    return name in OWN_DIMS and bool(model.closure.free[name].all())


def _free(name: str, model: Model, dims: tuple[str, ...]) -> xr.DataArray:
    sets = model.parameters.sets
    return xr.DataArray(model.closure.free[name], dims=dims, coords={d: list(sets.labels(d)) for d in dims})


def _held_by_activity(model: Model) -> xr.DataArray:
    """Factors (r, f) whose use is held in the activities that have any."""
    return (~_free("xf", model, ("r", "f", "j"))).any("j")


def _curve_in_force(model: Model) -> xr.DataArray:
    """Regions (r) whose labour force follows the real wage."""
    return ~_free("supply_gap", model, ("r",)) & _free("endow", model, ("r", "f")).sel(f=LABOUR, drop=True)


def _translated(model: Model, like: xr.DataArray) -> xr.DataArray:
    """Endowments (r, f) that move through another quantity."""
    labour = like["f"] == LABOUR
    return (_held_by_activity(model) | (_curve_in_force(model) & labour)).transpose("r", "f")


def _specific(by_activity: xr.DataArray, model: Model) -> dict[str, xr.DataArray]:
    held = _held_by_activity(model)
    moved = by_activity.where(held, 1.0).transpose("r", "f", "j")
    return {"xf": moved} if bool((moved != 1).any()) else {}


def _supply(whole: xr.DataArray, model: Model) -> dict[str, xr.DataArray]:
    labour = whole.sel(f=LABOUR, drop=True)
    shift = labour.copy(data=np.log(labour.values)).where(_curve_in_force(model), 0.0)
    return {"supply_gap": shift} if bool((shift != 0).any()) else {}


def _refuse_free(name: str, level: xr.DataArray, accounts: xr.Dataset, model: Model, origin: Origin) -> None:
    """A cell that moves and is not held would be ignored in silence."""
    dims = OWN_DIMS[name]
    start = accounts[f"{name}0"] if f"{name}0" in accounts else xr.ones_like(level)
    wrong = (level != start) & _free(name, model, dims)
    if bool(wrong.any()):
        at = np.argwhere(wrong.transpose(*dims).values)[0]
        cell = ",".join(str(level[d].values[k]) for d, k in zip(dims, at, strict=True))
        message = (
            f"it determines {name}[{cell}], which a shock sets as well; choose a closure that holds it, or "
            "leave that shock out"
        )
        raise ScenarioError([origin.problem("closure", message)])


def with_levy(
    found: Mapping[str, xr.DataArray],
    name: str,
    rate: xr.DataArray,
    model: Model,
    accounts: xr.Dataset,
    origin: Origin,
) -> dict[str, xr.DataArray]:
    """The instruments with a levy (r, share of the base) on top of the tax ``name`` (``tc`` or ``to``).

    Raises:
        ScenarioError: the closure determines that tax where it is levied.
    """
    start = found.get(name, accounts[f"{name}0"])
    out = (start + rate).transpose(*OWN_DIMS[name])
    _refuse(name, out != start, model, origin, "compensation.financed_by", "a levy is to be added to")
    return {**found, name: out}


def with_labour_left(
    found: Mapping[str, xr.DataArray], left: xr.DataArray, model: Model, origin: Origin
) -> dict[str, xr.DataArray]:
    """The instruments with a share of effective labour left (r).

    Where the labour force follows the real wage, as many fewer units of it are offered at every wage.

    Raises:
        ScenarioError: the closure holds labour activity by activity, determines its stock in another way, or
            fixes the real wage: labour in use then follows demand, and less of it would move nothing.
    """
    if not bool((left != 1).any()):
        return dict(found)
    if bool((~_free("rw", model, ("r",)) & (left != 1)).any()):
        message = (
            "the closure fixes the real wage, so labour in use follows demand and lost work would move "
            "nothing in the model: write losses: account"
        )
        raise ScenarioError([origin.problem("compensation.losses", message)])
    curve = _curve_in_force(model)
    out = dict(found)
    shift = left.copy(data=np.log(left.values)).where(curve, 0.0)
    if bool((shift != 0).any()):
        out["supply_gap"] = found.get("supply_gap", xr.zeros_like(shift)) + shift
    sets = model.parameters.sets
    ones = xr.DataArray(1.0, dims=("r", "f"), coords={"r": list(sets.regions), "f": list(sets.factors)})
    labour = ones["f"] == LABOUR
    factor = left.where(~curve, 1.0)
    endow = (found.get("endow", ones) * xr.where(labour, factor, 1.0)).transpose("r", "f")
    moved = endow != found.get("endow", ones)
    _refuse("endow", moved, model, origin, "compensation.losses", "lost work lowers")
    if bool((_held_by_activity(model).sel(f=LABOUR, drop=True) & (left != 1)).any()):
        message = "the closure holds labour activity by activity, so none can be lost: write losses: account"
        raise ScenarioError([origin.problem("compensation.losses", message)])
    if bool(moved.any()):
        out["endow"] = endow
    return out


def _refuse(name: str, moved: xr.DataArray, model: Model, origin: Origin, path: str, why: str) -> None:
    """A cell that is to move and is not held would be ignored in silence."""
    dims = OWN_DIMS[name] if name != "endow" else ("r", "f")
    wrong = moved.transpose(*dims) & _free(name, model, dims)
    if bool(wrong.any()):
        at = np.argwhere(wrong.values)[0]
        cell = ",".join(str(wrong[d].values[k]) for d, k in zip(dims, at, strict=True))
        message = f"the closure determines {name}[{cell}], which {why}; choose a closure that holds it"
        raise ScenarioError([origin.problem(path, message)])
