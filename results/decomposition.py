r"""Where a welfare change comes from: the decomposition of Huff and Hertel, integrated along the path.

What is decomposed is GTAP's equivalent variation over private consumption, government consumption and real
national saving (`results.welfare`): :math:`EV = e^b(U^n) - N^b` with :math:`U = \prod_k q_k^{s_k}`, so that

.. math:: dEV = \sum_k m_k \, p_k dq_k, \qquad m_k = \frac{N^b (U/U^b) \, s^b_k}{p_k q_k}
          = \mu \frac{s^b_k}{s_k}, \qquad \mu = \frac{N^b \, U}{U^b N} .

:math:`\mu` is the base-price value of a dollar of income. Where the household keeps its budget shares,
:math:`m_k = \mu` and *dEV* is :math:`\mu` times the change of real income; what a closure changes in the
shares is the term *budget shares*, :math:`\sum_k (m_k - \mu) p_k dq_k`. Regions whose national saving is not
positive add it at base prices: there :math:`m_S = p_I^b/p_I` and :math:`\mu` is that of C and G alone.

**Real income.** Real national saving is :math:`q_I - S/p_I`, with *S* foreign saving, hence

.. math:: \sum_k p_k dq_k = P_C dC + P_G dG + P_I dI - dS + S \, d\ln p_I .

User prices are :math:`pa(1+t_u)`. Market clearing :math:`qa = \sum z + C + G + I`, the envelope theorem for
the import nests (delivered quantity :math:`x/k`, landed price :math:`k\,pb\,(1+tm+rm)`) and for production
(zero profit, :math:`y = a F(z, v)`), and :math:`y = xh + \sum_d x` turn the first three terms into

.. math:: & \sum_u t_u \, pa \, dQ_u + \sum tz \, pa \, dz + \sum to \, py \, dy
             + \sum (tm + rm)\, pb \, dx_{or} + \sum (te + rx(1+te))\, py \, dx_{rd} \\
          & - \sum pb(1+tm+rm) x \, d\ln k + \sum (1-to)\, py\, y\, d\ln a + \sum w \, dv
             + \sum pb \, dx_{or} - \sum pb \, dx_{rd} .

The last two sums are :math:`d(M - E)` less the price changes, and :math:`M - E = S`:
:math:`dS + \sum x_{rd} dpb - \sum x_{or} dpb`. So *dS* cancels and real income moves by

* **allocative efficiency**: each tax rate times the change of the quantity it falls on (Harberger 1971);
* **rents**: the same for quota rents;
* **terms of trade**: exports times the change of their border price less imports times theirs, f.o.b. on
  both sides, so that the world sum is zero;
* **foreign saving**: *S* times the change of the investment price (GTAP's investment-saving effect; its
  prices of saving and of investment are one here);
* **endowment, employment**: factor price times the change of supply and of its employed part; moves between
  activities that pay different wedges are allocative;
* **technology**: iceberg losses at landed prices (GTAP's *ams*), productivity at the value of output.

All price changes are against the world factor-price index *pwf* (adding :math:`S\,d\ln pwf` to the terms of
trade and taking it from foreign saving), so that the numeraire moves no term; with the default numeraire this
changes nothing. The rates are exact (`cge.path`) and are integrated by adaptive quadrature
(`results.quadrature`) from base to new as everything exogenous moves in proportion: the split depends on that
path, the sum does not. "Unscaled" is the integral without :math:`\mu`, antisymmetric in base and new.

Sources: Huff and Hertel (2000), GTAP Technical Paper 5; McDougall (2003), GTAP Technical Paper 20; Harrison,
Horridge and Pearson (2000) on the path.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from cge.model import Model
from cge.path import Path
from cge.solution import Solution
from results.compare import Comparison
from results.decomposition_terms import BUDGET, TOT, all_terms
from results.errors import ResultsError
from results.levels import in_order, levels, safe_ratio, same_world, sum_exports, trade_levels
from results.quadrature import integrate
from results.tidy import COLUMNS, WORLD
from results.welfare import Welfare, equivalent_variation

TOLERANCE = 1e-6
"""Largest accepted error of a region's sum, in its sum of absolute terms."""
QUADRATURE = 1e-7
"""What the quadrature is asked for, in the same unit."""
NOISE = 1e-10
"""Share of national income below which a number is the solver's last digits."""
WORLD_TRADE = 1e-10
"""Largest accepted world sum of terms-of-trade effects, as a share of world trade."""
UNIT = "USD million at base prices"
Kept = dict[tuple[str, str, str], xr.DataArray]


class DecompositionError(ResultsError):
    """The terms do not add up to the welfare change: something that they do not know moves welfare."""


@dataclass(frozen=True)
class Decomposition:
    """The welfare change of every region by term.

    ``table``: tidy (``tidy.COLUMNS``, ``sector`` is the commodity, for taxes on inputs the buying
    activity, "" where there is none) with ``term``, ``sub_term``, ``unscaled``, ``percent_of_income`` behind;
    ``partners``: the border terms again, by partner in place of commodity; both have rows of the world.
    ``ev``, ``gap`` (r): equivalent variation, and what it exceeds the sum of terms by, USD million;
    ``relative_gap``: largest gap in sums of absolute terms; ``error`` (r): error stated by the quadrature;
    ``nodes``: solutions on the path; ``world_terms_of_trade``: their unscaled world sum over world trade.
    """

    table: pd.DataFrame
    partners: pd.DataFrame
    ev: xr.DataArray
    gap: xr.DataArray
    relative_gap: float
    error: xr.DataArray
    nodes: int
    world_terms_of_trade: float

    def term(self, region: str, term: str, sub_term: str | None = None) -> float:
        """Sum of a term, or of one of its parts, in a region: USD million at base prices."""
        chosen = (self.table.region == region) & (self.table.term == term)
        if sub_term is not None:
            chosen &= self.table.sub_term == sub_term
        if not chosen.any():
            raise ResultsError(f"no term {term!r} {sub_term or ''} for {region!r}")
        return float(self.table.loc[chosen, "change"].to_numpy().sum())

    def summary(self) -> dict[str, Any]:
        """Accuracy in plain values, for a manifest."""
        return {
            "nodes": self.nodes, "largest_relative_gap": self.relative_gap, "tolerance": TOLERANCE,
            "quadrature_error_usd_million": float(self.error.max()),
            "world_terms_of_trade_over_trade": self.world_terms_of_trade,
        }  # fmt: skip


def decompose(model: Model, base: Solution, new: Solution) -> Decomposition:
    """Decompose the welfare change from ``base`` to ``new``, two solutions of ``model``.

    Raises DecompositionError when the terms miss the equivalent variation by more than ``TOLERANCE`` of
    their absolute sum, ResultsError when the solutions do not belong together, SolveError when a point
    between them has no equilibrium.
    """
    base, new = same_world(base, new)
    path = Path(model, base, new)
    start, end = levels(base), levels(new)
    welfare = equivalent_variation(start, end, base.values, new.values)
    integrand = _Integrand(path, base, welfare)
    with xr.set_options(arithmetic_join="exact"):
        floor = NOISE * np.abs(welfare.income.to_numpy())
        found = integrate(integrand, relative=QUADRATURE, floor=floor)
    parts = integrand.unpack(found.value)
    error = welfare.ev.copy(data=found.error)
    return _checked(parts, welfare, error, found.nodes, base)


def attach(comparison: Comparison, found: Decomposition) -> Comparison:
    """The comparison with the tables ``decomposition``, ``decomposition_partners`` and their accuracy."""
    tables = {**comparison.tables, "decomposition": found.table, "decomposition_partners": found.partners}
    manifest = {**comparison.manifest, "decomposition": found.summary()}
    return replace(comparison, tables=MappingProxyType(tables), manifest=MappingProxyType(manifest))


class _Integrand:
    """All terms at one point of the path as a matrix with one row per region."""

    def __init__(self, path: Path, base: Solution, welfare: Welfare) -> None:
        self.path, self.base, self.welfare = path, base, welfare
        self.order = {d: base.values[d].values for d in ("r", "i", "f")}
        self.benchmark = base.benchmark
        self.spending = _spending(self.base.values, self.benchmark)
        free = path.model.closure.free["endow"]
        sets = path.model.parameters.sets
        coords = {"r": list(sets.regions), "f": list(sets.factors)}
        labelled = xr.DataArray(free, dims=("r", "f"), coords=coords)
        self.specific = labelled.sel(r=self.order["r"], f=self.order["f"])
        self.keys: list[tuple[tuple[str, str, str], tuple[str, ...], int]] = []

    def __call__(self, share: float) -> np.ndarray:
        node = self.path.node(share)
        v, d = (in_order(part, *self.order.values()) for part in (node.values, node.rates))
        terms = all_terms(v.assign(specific=self.specific), d, self.benchmark)
        mu, budget = self._marginal(v, d)
        pieces: Kept = {}
        for (term, sub), rate in terms.items():
            for kind, kept in _views(rate).items():
                pieces[term, sub, f"{kind} unscaled"] = kept
                pieces[term, sub, kind] = mu * kept
        pieces[BUDGET, "C, G and saving", "sector unscaled"] = 0 * budget
        pieces[BUDGET, "C, G and saving", "sector"] = budget
        self.keys = [(k, tuple(map(str, a.dims)), a[0].size) for k, a in pieces.items()]
        return np.concatenate([a.to_numpy().reshape(a.sizes["r"], -1) for a in pieces.values()], axis=1)

    def _marginal(self, v: xr.Dataset, d: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
        """Base-price value of a dollar (r), and the rate of the budget-share term (r)."""
        before, now = self.spending, _spending(v, self.benchmark)
        log_cg = sum(
            before[k] * np.log(safe_ratio(v[q], self.base.values[q], 1.0))
            for k, q in (("C", "qc"), ("G", "qg"))
        )
        linear = xr.zeros_like(self.welfare.ev, dtype=bool)
        linear.loc[{"r": list(self.welfare.linear_saving)}] = True
        real_before, real = before["S"] / self.base.values.pi, now["S"] / v.pi
        log_s = before["S"] * np.log(xr.where(linear, 1.0, real / xr.where(linear, 1.0, real_before)))
        basis = xr.where(linear, before["C"] + before["G"], before["C"] + before["G"] + before["S"])
        level = np.exp((log_cg + log_s) / basis)
        current = xr.where(linear, now["C"] + now["G"], now["C"] + now["G"] + now["S"])
        mu = level * basis / current
        value = {k: level * safe_ratio(before[k], now[k], 0.0) for k in ("C", "G")}
        value["S"] = xr.where(
            linear, self.base.values.pi / v.pi, level * safe_ratio(before["S"], now["S"], 0.0)
        )
        change = _real_changes(v, d, now)
        return mu, sum((value[k] - mu) * change[k] for k in ("C", "G", "S"))  # type: ignore[return-value]

    def unpack(self, matrix: np.ndarray) -> Kept:
        """Arrays by (term, sub-term, kind) from a matrix made of them."""
        out, first = {}, 0
        labels = {"r": self.order["r"], "i": self.order["i"], "partner": self.order["r"]}
        for key, dims, width in self.keys:
            shape = [len(labels[d]) for d in dims]
            block = matrix[:, first : first + width].reshape(shape)
            out[key] = xr.DataArray(block, dims=dims, coords={d: labels[d] for d in dims})
            first += width
        return out


def _spending(v: xr.Dataset, b: xr.Dataset) -> dict[str, xr.DataArray]:
    """Private consumption, government consumption and national saving (r), USD million."""
    spent = {k: _at_user_prices(b, k) * v[f"p{k.lower()}"] * v[f"q{k.lower()}"] for k in "CG"}
    return {**spent, "S": v.N * v.gdp0 - spent["C"] - spent["G"]}


def _at_user_prices(b: xr.Dataset, use: str) -> xr.DataArray:
    """Benchmark value (r) of a final use with its tax, USD million."""
    return b[f"{use}0"].sum("i") * (1 + b[f"t{use.lower()}0"])


def _real_changes(v: xr.Dataset, d: xr.Dataset, now: dict[str, xr.DataArray]) -> dict[str, xr.DataArray]:
    """Rates of C, G and real national saving at current prices (r), USD million; ``now``: spending."""
    change = {k: now[k] * safe_ratio(d[f"q{k.lower()}"], v[f"q{k.lower()}"], 0.0) for k in "CG"}
    real = now["S"] / v.pi
    nominal = d.N * v.gdp0 - sum(change[k] + now[k] * d[f"p{k.lower()}"] / v[f"p{k.lower()}"] for k in "CG")
    return {**change, "S": nominal - real * d.pi}


def _views(rate: xr.DataArray) -> dict[str, xr.DataArray]:
    """A term as it is kept: over (r) or (r, i), and border terms over (r, partner) as well."""
    if "partner" not in rate.dims:
        return {"sector": rate.transpose("r", ...)}
    return {"sector": rate.sum("partner"), "partner": rate.sum("i")}


def _checked(parts: Kept, welfare: Welfare, error: xr.DataArray, nodes: int, base: Solution) -> Decomposition:
    scaled = {k[:2]: _by_region(a) for k, a in parts.items() if k[2] == "sector"}
    gap = welfare.ev - sum(scaled.values())
    scale = sum(np.abs(a) for a in scaled.values())
    noise = NOISE * np.abs(welfare.income)
    excess = np.abs(gap) - TOLERANCE * scale - noise
    if not bool((excess <= 0).all()):
        r = str(gap.r.values[int(np.argmax(np.asarray(excess)))])
        raise DecompositionError(
            f"{r}: the terms sum to {float(welfare.ev.sel(r=r) - gap.sel(r=r)):,.6f} USD million, the "
            f"equivalent variation is {float(welfare.ev.sel(r=r)):,.6f}: the formulation has a source of "
            "welfare that the decomposition does not know"
        )
    trade = float(sum_exports(trade_levels(base.values, base.benchmark)["border"]).sum())
    effects = float(sum(a.sum() for k, a in parts.items() if k[0] == TOT and k[2] == "sector unscaled"))
    world = effects / trade if trade else effects
    if not abs(world) <= WORLD_TRADE:
        raise DecompositionError(f"terms of trade of the world sum to {world:.1e} of trade, not to zero")
    relative = float(xr.where(scale > 10 * noise, np.abs(gap) / scale, 0.0).max())
    table, partners = (_table(parts, kind, welfare.income) for kind in ("sector", "partner"))
    return Decomposition(table, partners, welfare.ev, gap, relative, error, nodes, world)


def _by_region(a: xr.DataArray) -> xr.DataArray:
    return a.sum([d for d in a.dims if d != "r"])


def _table(parts: Kept, kind: str, income: xr.DataArray) -> pd.DataFrame:
    """Tidy rows of all terms of one kind ("sector" or "partner"), the world's last."""
    frames = []
    for (term, sub, what), scaled in parts.items():
        if what == kind:
            frames.append(_rows(term, sub, kind, scaled, parts[term, sub, f"{kind} unscaled"]))
    table = pd.concat(frames, ignore_index=True)
    by = ["term", "sub_term", "sector", "partner"]
    world = pd.DataFrame(table.groupby(by, sort=False)[["change", "unscaled"]].sum()).reset_index()
    world["region"] = WORLD
    table = pd.concat([table, world], ignore_index=True)
    incomes = {
        **dict(zip(map(str, income.r.values), income.to_numpy(), strict=True)),
        WORLD: float(income.sum()),
    }
    table["percent_of_income"] = 100 * table.change / table.region.map(incomes)
    table["indicator"] = "welfare from " + table.term + ": " + table.sub_term
    table["unit"], table["baseline"], table["counterfactual"] = UNIT, 0.0, table.change
    table["percent"] = np.nan
    return pd.DataFrame(table[[*COLUMNS, "term", "sub_term", "unscaled", "percent_of_income"]])


def _rows(term: str, sub: str, kind: str, scaled: xr.DataArray, unscaled: xr.DataArray) -> pd.DataFrame:
    labels = np.meshgrid(*(scaled[d].values.astype(str) for d in scaled.dims), indexing="ij")
    frame = pd.DataFrame({"region": labels[0].ravel(), "sector": "", "partner": ""})
    if len(labels) > 1:
        frame[kind] = labels[1].ravel()
    frame["term"], frame["sub_term"] = term, sub
    frame["change"], frame["unscaled"] = scaled.to_numpy().ravel(), unscaled.to_numpy().ravel()
    return frame
