"""Calibration: balanced accounts and elasticities to the parameters of the model.

Every share is a ratio of benchmark values. Cells without any flow get neutral weights, so that every index
stays a weighted mean whose weights sum to 1: an empty activity has unit cost equal to its wage, an empty
import nest its own region as only origin, an empty absorption an own-country share of 1 and all use in
private demand, a region without government or investment the household's shares in their bundles, and a
factor nobody is paid for the uses of labour. Reports multiply by the benchmark value, so empty cells print 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

from calibration.closure_data import GENERIC, generic
from cge.dimensions import Sets
from cge.parameters import ParameterError, Parameters

_AXES = {
    "H0": "ri", "X0": "odi", "te0": "odi", "tm0": "odi", "rx0": "odi", "rm0": "odi",
    "Z0": "rij", "C0": "ri", "G0": "ri", "I0": "ri", "tz0": "rj", "tc0": "r", "tg0": "r", "ti0": "r",
    "V0": "rfj", "to0": "rj", "u0": "r",
}  # fmt: skip


UNCAPPED = 100.0
"""A quota that binds nobody, as a multiple of the benchmark flow."""


@dataclass(frozen=True)
class Benchmark:
    """Benchmark values as plain arrays in the order of `sets`, with the totals that shares are taken of."""

    sets: Sets
    a: Mapping[str, np.ndarray]

    @property
    def output(self) -> np.ndarray:
        """Output at basic prices, (r, i), USD million."""
        return self.a["H0"] + self.a["X0"].sum(axis=1)

    @property
    def border(self) -> np.ndarray:
        """Border value of trade, export taxes and exporters' rents included, (o, d, i), USD million."""
        return self.a["X0"] * (1 + self.a["te0"]) * (1 + self.a["rx0"])

    @property
    def landed(self) -> np.ndarray:
        """Landed value of imports, (o, d, i), USD million."""
        return self.border * (1 + self.a["tm0"] + self.a["rm0"])

    @property
    def absorption(self) -> np.ndarray:
        """Absorption at market prices, (r, i), USD million."""
        return self.a["H0"] + self.landed.sum(axis=0)

    @property
    def final(self) -> dict[str, np.ndarray]:
        """Final demand at user prices by user c, g, i, (r), USD million."""
        return {u: self.a[f"{u.upper()}0"].sum(axis=1) * (1 + self.a[f"t{u}0"]) for u in "cgi"}

    @property
    def saving(self) -> np.ndarray:
        """Foreign saving: imports less exports at border prices, (r), USD million."""
        border = self.border
        return border.sum(axis=(0, 2)) - border.sum(axis=(1, 2))

    @property
    def gdp(self) -> np.ndarray:
        """GDP at market prices from expenditure, (r), USD million."""
        return sum(self.final.values()) - self.saving


def benchmark_arrays(accounts: xr.Dataset) -> Benchmark:
    """Return the accounts as plain arrays; labels, never positions, decide where a value goes."""
    sets = Sets(tuple(map(str, accounts["r"].values)), tuple(map(str, accounts["i"].values)))
    arrays = {}
    for name, dims in _AXES.items():
        if name not in accounts:
            raise ParameterError(f"the accounts lack '{name}'")
        labels: dict[str, Any] = {c: list(sets.labels(c)) for c in dims}
        arrays[name] = accounts[name].transpose(*dims).sel(labels).to_numpy().astype(float)
    return Benchmark(sets, arrays)


def calibrate(
    accounts: xr.Dataset,
    elasticities: Mapping[str, xr.DataArray],
    *,
    drop: str | None = None,
    sources: Mapping[str, str] | None = None,
    regional: Mapping[str, xr.DataArray] | None = None,
    numbers: Mapping[str, float] | None = None,
) -> Parameters:
    """Return the model's parameters from balanced accounts (`Accounts.data`) and elasticities by name.

    `elasticities` gives sigma_va(j), sigma_m(i), sigma_d(i) and, for the CES top nest, sigma_top(j); they may
    be added later (`with_elasticities`), for no share depends on them. `drop`
    is the region whose income equation carries Walras' slack (default: the one with the largest GDP); the
    choice changes no result. `regional` gives what closures and the linear expenditure system need by region
    (`calibration.closure_data.closure_data`); without it every region has the generic values of
    assumptions/closures.csv. `numbers` replace rows of that table, in every region.
    """
    b = benchmark_arrays(accounts)
    gdp, given = b.gdp, numbers or {}
    arrays = {
        **_production(b), **_trade(b), **_demand(b, gdp), **_factors(b, given), **_income(b, gdp),
        **_elasticities(b.sets, elasticities), **_closures(b, gdp, regional or {}, given),
    }  # fmt: skip
    largest = b.sets.regions[int(np.argmax(gdp))]
    arrays["drop"] = np.array([float(r == (drop or largest)) for r in b.sets.regions])
    if arrays["drop"].sum() != 1:
        raise ParameterError(f"drop: '{drop}' is not a region of these accounts")
    return Parameters(b.sets, arrays, accounts, dict(sources or {}))


def _share(part: np.ndarray, whole: np.ndarray, empty: Any) -> np.ndarray:
    """Return part / whole, and `empty` where the whole is zero."""
    part, whole = np.broadcast_arrays(part, whole)
    safe = np.where(whole == 0, 1.0, whole)
    return np.where(whole == 0, empty, part / safe)


def _production(b: Benchmark) -> dict[str, np.ndarray]:
    output, value_added = b.output, b.a["V0"].sum(axis=1)
    inputs = b.a["Z0"] * (1 + b.a["tz0"])[:, None, :]
    cost = value_added + inputs.sum(axis=1)
    wage_only = np.zeros(len(b.sets.factors))
    wage_only[b.sets.factors.index("labour")] = 1.0
    shape = b.a["to0"].shape
    return {
        "va_share": _share(value_added, cost, 1.0),
        "int_share": _share(inputs, cost[:, None, :], 0.0),
        "fac_share": _share(b.a["V0"], value_added[:, None, :], wage_only[None, :, None]),
        "use_int": _share(b.a["Z0"], b.absorption[:, :, None], 0.0),
        "Z0": b.a["Z0"], "Y0": output, "gdp0": b.gdp,
        "to": b.a["to0"], "to0": b.a["to0"], "tz": b.a["tz0"], "tz0": b.a["tz0"],
        "productivity": np.ones(shape), "tfp": np.ones(shape[0]),
    }  # fmt: skip


def _trade(b: Benchmark) -> dict[str, np.ndarray]:
    landed, output = b.landed, b.output
    own_origin = np.eye(len(b.sets.regions))[:, :, None]
    zero = np.zeros_like(landed)
    return {
        "imp_share": _share(landed, landed.sum(axis=0)[None], own_origin),
        "home_share": _share(b.a["H0"], b.absorption, 1.0),
        "home_sales_share": _share(b.a["H0"], output, 1.0),
        "export_share": _share(b.a["X0"], output[:, None, :], 0.0),
        "X0": b.a["X0"], "tm0": b.a["tm0"], "te0": b.a["te0"], "tm": b.a["tm0"], "te": b.a["te0"],
        "rx0": b.a["rx0"], "rm0": b.a["rm0"], "rx": b.a["rx0"], "rm": b.a["rm0"],
        "rent_uncapped": b.a["rx0"] + b.a["rm0"], "k": np.ones_like(landed),
        "quota": np.full_like(landed, UNCAPPED), "quota_premium": zero,
        **_no_firms(b),
    }  # fmt: skip


def _no_firms(b: Benchmark) -> dict[str, np.ndarray]:
    """Every sector perfectly competitive; `cge.market_structure.with_firms` changes that."""
    cells, sectors = b.output.shape, len(b.sets.sectors)
    return {
        "n": np.ones(cells), "market": np.ones(cells), "hurdle": np.ones(cells), "marketing": np.zeros(cells),
        **{n: np.zeros(sectors) for n in ("selection", "pareto", "entry", "fixed_abroad", "home_entrants")},
    }  # fmt: skip


def _demand(b: Benchmark, gdp: np.ndarray) -> dict[str, np.ndarray]:
    arrays = {}
    household = _share(b.a["C0"], b.a["C0"].sum(axis=1)[:, None], 0.0)
    for u in "cgi":
        use, value = b.a[f"{u.upper()}0"], b.final[u]
        arrays[f"{u}_share"] = _share(use, use.sum(axis=1)[:, None], household)
        arrays[f"use_{u}"] = _share(use, b.absorption, 1.0 if u == "c" else 0.0)
        arrays[f"{u}_level"] = value / gdp
        arrays[f"t{u}"] = arrays[f"t{u}0"] = b.a[f"t{u}0"]
    arrays["ac"], arrays["ag"], arrays["thrift"] = np.ones_like(gdp), np.ones_like(gdp), np.ones_like(gdp)
    return arrays


def _factors(b: Benchmark, numbers: Mapping[str, float]) -> dict[str, np.ndarray]:
    income = b.a["V0"].sum(axis=2)
    labour = b.sets.factors.index("labour")
    by_labour = _share(b.a["V0"], income[:, :, None], 0.0)[:, [labour], :]
    # a factor without income follows labour, so that its market still has a price; its weight is zero
    use = _share(b.a["V0"], income[:, :, None], by_labour)
    return {
        "fac_use": use,
        "fac_world": b.a["V0"] / b.a["V0"].sum(),
        "V0": b.a["V0"],
        "endow": use.sum(axis=2),
        "wedge": np.ones_like(b.a["V0"]),
        "is_labour": np.array([float(f == "labour") for f in b.sets.factors]),
        "u": b.a["u0"], "u0": b.a["u0"],
        "wage_elasticity": np.full(len(b.sets.regions), generic("wage_elasticity", numbers)),
        "wage_floor": np.zeros(len(b.sets.regions)), "endow0": use.sum(axis=2),
        "is_capital": np.array([float(f == "capital") for f in b.sets.factors]),
        "mobility": np.full(len(b.sets.factors), generic("mobility", numbers)), "mu": np.array(generic("mu")),
    }  # fmt: skip


def _income(b: Benchmark, gdp: np.ndarray) -> dict[str, np.ndarray]:
    s0 = b.saving / gdp
    return {
        "s0": s0, "real_saving": s0, "imbalance": np.array(0.0), "walras": np.array(0.0),
        "saving_weight": np.ones_like(gdp), "world_share": gdp / gdp.sum(),
    }  # fmt: skip


def _taxes(b: Benchmark) -> np.ndarray:
    """Taxes less subsidies, (r), USD million: borders, uses, production."""
    tariffs = (b.border * b.a["tm0"]).sum(axis=(0, 2))
    exports = (b.a["X0"] * b.a["te0"]).sum(axis=(1, 2))
    inputs = (b.a["Z0"].sum(axis=1) * b.a["tz0"]).sum(axis=1)
    final = sum(b.a[f"{u.upper()}0"].sum(axis=1) * b.a[f"t{u}0"] for u in "cgi")
    return tariffs + exports + inputs + final + (b.output * b.a["to0"]).sum(axis=1)


def _closures(
    b: Benchmark, gdp: np.ndarray, regional: Mapping[str, xr.DataArray], numbers: Mapping[str, float]
) -> dict[str, np.ndarray]:
    """What closures and the linear expenditure system read beside shares."""
    labels: dict[str, Any] = {"r": list(b.sets.regions), "i": list(b.sets.sectors)}
    given = {}
    for name, dims in GENERIC.items():
        if name in regional and name not in numbers:
            chosen = {c: labels[c] for c in dims}
            given[name] = regional[name].transpose(*dims).sel(chosen).to_numpy().astype(float)
        else:
            given[name] = np.full(b.sets.shape(dims), generic(name, numbers))
    depreciation = generic("depreciation", numbers)
    _check_needs(b.sets, given, depreciation)
    capital = b.a["V0"][:, b.sets.factors.index("capital")].sum(axis=1) / gdp
    income = np.where(capital > 0, capital, 1.0)
    return {
        **given,
        "capital_income0": income, "investment_rate": b.final["i"] / gdp * given["gross_return"] / income,
        "taxes0": _taxes(b) / gdp, "lump_sum": np.zeros_like(gdp), "world_return": np.array(1.0),
        "depreciation": np.array(depreciation),
        "return_flexibility": np.array(generic("return_flexibility", numbers)),
    }  # fmt: skip


def _check_needs(sets: Sets, given: Mapping[str, np.ndarray], depreciation: float) -> None:
    """Refuse numbers for which an expenditure system or a net return makes no sense, naming the region."""
    limits = {
        "frisch": (given["frisch"] <= -1, "must be -1 or below"),
        "gross_return": (
            given["gross_return"] > depreciation,
            f"must exceed depreciation ({depreciation:g})",
        ),
        "labour_supply_elasticity": (given["labour_supply_elasticity"] >= 0, "must not be negative"),
    }
    for name, (right, words) in limits.items():
        for region in np.array(sets.regions)[~right]:
            value = given[name][sets.regions.index(str(region))]
            raise ParameterError(f"{name}[{region}] = {value:.4g} {words}")


def with_elasticities(
    parameters: Parameters, elasticities: Mapping[str, xr.DataArray], sources: Mapping[str, str]
) -> Parameters:
    """The parameters with elasticities by name, over the labels of their sectors, and where they are from."""
    arrays = {**parameters.arrays, **_elasticities(parameters.sets, elasticities)}
    return replace(parameters, arrays=arrays, sources={**parameters.sources, **sources})


def _elasticities(sets: Sets, elasticities: Mapping[str, xr.DataArray]) -> dict[str, np.ndarray]:
    arrays = {}
    for name, values in elasticities.items():
        (dim,) = values.dims
        arrays[name] = values.sel({dim: list(sets.sectors)}).to_numpy().astype(float)
    return arrays
