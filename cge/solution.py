"""A solution: labelled levels, the benchmark they refer to, and the certificate that they solve the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import xarray as xr

from cge.axes import total
from cge.blocks.trade import shipment_value
from cge.dimensions import Sets
from cge.equation import System
from cge.parameters import Parameters
from cge.quantities import Quantity, variable


@dataclass(frozen=True)
class Certificate:
    """Evidence that the levels solve the model.

    ``max_residual``: largest absolute residual over all equations and held cells, in the units of each
    variable (indices and shares of GDP). ``walras``: slack of the redundant equation, share of GDP of the
    region that carries it. ``gdp_gap``: largest relative gap between nominal GDP from income, expenditure and
    production. ``worst``: the five largest residuals as (equation, cell, residual). ``evaluations``: times
    the residuals of the reduced space were computed; ``jacobians``: times their derivatives were computed
    anew on the way (those that the solve began with not counted).
    """

    max_residual: float
    walras: float
    gdp_gap: float
    worst: tuple[tuple[str, str, float], ...]
    iterations: int
    space: str
    route: str
    seconds: float
    steps: int = 1
    sizes: Mapping[str, int] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    converged: bool = True
    evaluations: int = 0
    jacobians: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a manifest."""
        return asdict(self)


@dataclass(frozen=True)
class Solution:
    """Levels of every variable, instrument and reported expression, with the benchmark accounts.

    ``values``: dataset over r, o, d, f, i, j; prices and quantities are indices (1 at the benchmark), incomes
    and revenues shares of the region's benchmark GDP (``gdp0``, USD million). ``benchmark``: the accounts,
    USD million. ``quantities``: what each of the values is (unit, meaning), by name; may be empty.
    """

    values: xr.Dataset
    benchmark: xr.Dataset
    certificate: Certificate
    quantities: Mapping[str, Quantity] = field(default_factory=dict)

    def _repr_html_(self) -> str:
        from cge.notebook import solution_html

        return solution_html(self)

    def with_hashes(self, **hashes: str) -> Solution:
        """Return a copy whose certificate names more hashes (data, scenario, code)."""
        merged = {**self.certificate.hashes, **hashes}
        return replace(self, certificate=replace(self.certificate, hashes=merged))


_DERIVED = (
    variable("rent", "r", "share of benchmark GDP", "rents of exporters and importers"),
    variable("g", "ri", "index", "government use by commodity"),
    variable("inv", "ri", "index", "investment use by commodity"),
)


def declared(system: System, values: xr.Dataset) -> dict[str, Quantity]:
    """Unit and meaning of each of the values."""
    reports = [r.quantity for block in system.blocks for r in block.reports]
    known = {**system.quantities, **{q.name: q for q in (*reports, *_DERIVED)}}
    return {str(name): known[str(name)] for name in values.data_vars}


def dataset(system: System, parameters: Parameters, levels: Mapping[str, np.ndarray]) -> xr.Dataset:
    """Label all levels and reported expressions."""
    arrays: dict[str, tuple[str, Any]] = {
        name: (system.quantities[name].dims, levels[name])
        for kind in ("variable", "instrument")
        for name in system.names(kind)
    }
    with np.errstate(all="ignore"):
        arrays |= system.report(levels)
    for name in ("gdp0", "u0", "sigma_m", "sigma_d", "sigma_va", "selection"):
        if name in system.quantities:
            arrays[name] = (system.quantities[name].dims, parameters.arrays[name])
    arrays |= derived(levels)
    sets = parameters.sets
    coordinates = {c: list(sets.labels(c)) for c in "odrfij"}
    variables = {n: (tuple(dims), np.array(a, dtype=float)) for n, (dims, a) in arrays.items()}
    return xr.Dataset(variables, coords=coordinates)


def derived(levels: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    """What values hold besides levels and reports, with its axes: rents by region, and the uses of government
    and investment by commodity. JAX can trace it.
    """
    each = np.ones(levels["rent_x"].shape)
    uses = {name: ("ri", levels[source][:, None] * each) for name, source in (("g", "qg"), ("inv", "qi"))}
    return {"rent": ("r", (levels["rent_x"] + levels["rent_m"]).sum(axis=1)), **uses}


def gdp_three_ways(
    system: System, levels: Mapping[str, np.ndarray], values: xr.Dataset
) -> dict[str, np.ndarray]:
    """Nominal GDP from income, expenditure and production, each (r,), as shares of benchmark GDP."""
    v = system.view(levels)
    shipments = shipment_value(v) * (1 + v.te["odi"]) * (1 + v.rx["odi"])
    exports = total(shipments, "di").data / levels["gdp0"]
    imports = total(shipments, "oi").data / levels["gdp0"]
    abroad = (levels["Y0"] * levels["py"] * levels["marketing"]).sum(axis=1) / levels["gdp0"]
    final = sum(levels[f"{u}_level"] * levels[f"p{u}"] * levels[f"q{u}"] for u in "cgi")
    inputs = (
        levels["Z0"] * levels["pa"][:, :, None] * values["zq"].to_numpy() * (1 + levels["tz"])[:, None, :]
    )
    value_added = (levels["Y0"] * levels["py"] * levels["y"]).sum(axis=1) - inputs.sum(axis=(1, 2))
    border = sum(levels[n].sum(axis=1) for n in ("rev_tm", "rev_te", "rent_x", "rent_m"))
    return {
        "income": np.asarray(levels["gdp"]),
        "expenditure": final + exports - imports + abroad,
        "production": value_added / levels["gdp0"] + border + levels["rev_user"],
    }


def residuals(
    system: System,
    sets: Sets,
    levels: Mapping[str, np.ndarray],
    targets: Mapping[str, Any],
    held: Mapping[str, Any],
) -> dict[str, np.ndarray]:
    """Residual of every equation and held cell at the given levels, by name of what is determined or held."""
    result = {}
    with np.errstate(all="ignore"):
        seen = system.view(levels)
        for e in system.equations:
            value = system.evaluate(e, seen)
            result[e.determines] = value if e.phase == "balance" else value - levels[e.determines]
        for name, mask in held.items():
            result[f"held {name}"] = np.where(mask, np.asarray(levels[name] - targets[name]), 0.0)
    return result


def worst_residuals(
    system: System, sets: Sets, found: Mapping[str, np.ndarray], count: int = 5
) -> tuple[tuple[str, str, float], ...]:
    """Return the largest residuals as (equation, cell, residual); what is not finite comes first."""
    names = {e.determines: e.name for e in system.equations}
    sizes = {key: np.abs(np.ravel(array)) for key, array in found.items()}
    sizes = {key: np.where(np.isfinite(flat), flat, np.inf) for key, flat in sizes.items()}
    # the largest cells lie in the arrays whose own largest cell is largest
    most = sorted(sizes, key=lambda key: -sizes[key].max(initial=0.0))[:count]
    rows = []
    for key, array in ((key, found[key]) for key in found if key in most):
        flat = sizes[key]
        for number in np.argsort(-flat, kind="stable")[:count]:
            name = key.removeprefix("held ")
            dims = system.quantities[name].dims
            index = np.unravel_index(int(number), np.shape(array)) if dims else ()
            cell = f"{name}[{','.join(sets.labels(c)[k] for c, k in zip(dims, index, strict=True))}]"
            rows.append((names.get(key, key), cell if dims else name, float(flat[number])))
    return tuple(sorted(rows, key=lambda row: -row[2])[:count])
