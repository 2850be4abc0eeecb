r"""Real GDP, welfare and price indices: the index numbers, with their formulas.

Welfare is the equivalent variation of a regional household with Cobb-Douglas preferences over real private
consumption, real government consumption and real national saving (GTAP's household, McDougall 2003; saving
deflated by the investment price; foreign saving is nobody's income here):

.. math:: U = \prod_k q_k^{s_k}, \quad k \in \{C, G, S\}, \quad s_k = \text{share of } k \text{ in } N^b

The expenditure function at base prices is :math:`e(p^b, U) = N^b \, U / U^b` because the base shares are
optimal at base prices, so

.. math:: EV = N^b \Big( \prod_k (q_k^n / q_k^b)^{s_k} - 1 \Big)

The household's C is measured by its money-metric utility at base prices, which the consumption block's own
expenditure function gives, :math:`e(p^b, u) = a(p^b) + u\, b(p^b)` (`cge.blocks.demand.ConsumptionForm`): the
volume itself for Cobb-Douglas, and the right one where needs are fixed (linear expenditure system).
Exact for these preferences, for a change of any size and whatever the closure: only real quantities
enter. When the closure keeps C, G and saving at fixed shares of N, it equals :math:`N^b ((N^n/N^b) /
\prod_k (p_k^n/p_k^b)^{s_k} - 1)`. Where saving is not positive in one of the two solutions the logarithm
does not exist; there saving is valued at its base price and added to the Cobb-Douglas of C and G, and the
region is named in the notes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from results.arrays import Labelled, known, labels_where, where
from results.errors import ResultsError
from results.levels import Levels, external, safe_ratio, sum_exports, sum_imports


@dataclass(frozen=True)
class Welfare:
    """``income`` (r): national income of the base solution, USD million; ``ev`` (r): equivalent
    variation, USD million a year at base prices; ``linear`` (r): where saving entered additively.
    """

    income: Labelled
    ev: Labelled
    linear: Labelled

    @property
    def linear_saving(self) -> tuple[str, ...]:
        """Regions where saving entered additively."""
        return labels_where(self.linear)


def equivalent_variation(base: Levels, new: Levels, base_values: Labelled, new_values: Labelled) -> Welfare:
    """Equivalent variation over C, G and real national saving (formula in the module's docstring)."""
    income = base["income"]
    ratio = {
        "consumption": money_metric_ratio(base_values, new_values),
        "government": safe_ratio(new_values.qg, base_values.qg, 1.0),
    }
    real = {"base": base["saving"] / base_values.pi, "new": new["saving"] / new_values.pi}
    linear = (real["base"] <= 0) | (real["new"] <= 0)
    log_cg = sum(base[k] * np.log(ratio[k]) for k in ratio)
    log_s = base["saving"] * np.log(where(linear, 1.0, real["new"] / real["base"]))
    cobb_douglas = income * np.expm1((log_cg + log_s) / income)
    spent = base["consumption"] + base["government"]
    additive = spent * np.expm1(log_cg / spent) + base_values.pi * (real["new"] - real["base"])
    ev = where(linear, additive, cobb_douglas)
    return Welfare(income, ev, linear)


def money_metric_ratio(base: Labelled, new: Labelled) -> Labelled:
    """Cost at base prices of the new utility of private consumption over that of the base, (r).

    The expenditure function is ``c_fixed + uc c_marginal`` where the solution reports it; without (solutions
    of other origin) utility is the volume ``qc`` of homothetic preferences.
    """
    if "c_marginal" not in base:
        return safe_ratio(new.qc, base.qc, 1.0)
    cost = [base.c_fixed + v.uc * base.c_marginal for v in (base, new)]
    return safe_ratio(cost[1], cost[0], 1.0)


def consumption_ev(base: Levels, base_values: Labelled, new_values: Labelled) -> Labelled:
    """Equivalent variation of private consumption alone, USD million: ``C^b (e(p^b,u^n)/e(p^b,u^b) - 1)``."""
    return base["consumption"] * (money_metric_ratio(base_values, new_values) - 1)


def _value(price: Levels, quantity: Levels) -> Labelled:
    """Expenditure on GDP (r) at the prices of one solution and the quantities of another, USD million."""
    final = sum((price[f"{s}_price"] * quantity[f"{s}_quantity"]).sum("i") for s in "cgi")
    trade = price["border_price"] * quantity["border_quantity"]
    return final + sum_exports(trade) - sum_imports(trade)


def _fisher(vbb: Labelled, vbn: Labelled, vnb: Labelled, vnn: Labelled, what: str) -> Labelled:
    """Fisher quantity index from values ``v[price, quantity]``; 1 where nothing is traded or produced.

    Written as a change, ``expm1`` of the mean of two small logs, so that small shocks keep their digits.
    """
    crossed = ((vbn <= 0) & (vbb > 0)) | ((vnb <= 0) & (vnn > 0))
    if known(crossed) and crossed.values.any():
        raise ResultsError(f"{what}: a value at crossed prices is not positive; no index number exists")
    laspeyres, paasche = safe_ratio(vbn - vbb, vbb, 0.0), safe_ratio(vnn - vnb, vnb, 0.0)
    return np.exp(0.5 * (np.log1p(laspeyres) + np.log1p(paasche)))


def real_gdp_index(base: Levels, new: Levels) -> Labelled:
    """Fisher quantity index (r) of C + G + I at user prices + exports f.o.b. - imports at border prices.

    Quantities are what is shipped: iceberg losses are bought abroad, so a lower trade cost shows up as
    more final use from the same imports. Trade inside a region is no part of it.
    """
    return _fisher(_value(base, base), _value(base, new), _value(new, base), _value(new, new), "real GDP")


def real_gdp_spread(base: Levels, new: Levels) -> Labelled:
    """Gap (r) between the Paasche and the Laspeyres change of real GDP: how far the index is a convention."""
    laspeyres = safe_ratio(_value(base, new), _value(base, base), 1.0)
    return abs(safe_ratio(_value(new, new), _value(new, base), 1.0) - laspeyres)


def terms_of_trade(base: Levels, new: Levels) -> Labelled:
    """Fisher price index of exports over Fisher price index of imports, border prices, base solution = 1:
    (r).
    """
    index = {}
    for name, total in (("exports", sum_exports), ("imports", sum_imports)):
        v = {
            (p, q): total(a["border_price"] * b["border_quantity"])
            for p, a in (("b", base), ("n", new))
            for q, b in (("b", base), ("n", new))
        }
        # a price index is the quantity index with the roles of prices and quantities exchanged
        index[name] = _fisher(v["b", "b"], v["n", "b"], v["b", "n"], v["n", "n"], f"price of {name}")
    return index["exports"] / index["imports"]


def trade_volume(price: Levels, quantity: Levels) -> tuple[Labelled, Labelled]:
    """Exports and imports (r) of ``quantity`` at the border prices of ``price``, USD million."""
    value = external(price["border_price"] * quantity["border_quantity"])
    return sum_exports(value), sum_imports(value)


def factor_price(base: Levels, new: Levels, factor: str) -> Labelled:
    """Mean price of a factor (r), base solution = 1, weighted by where the factor worked in the base
    solution.
    """
    weight = base["factor_quantity"].sel(f=factor)
    value = {k: (s["factor_price"].sel(f=factor) * weight).sum("j") for k, s in (("b", base), ("n", new))}
    return safe_ratio(value["n"], value["b"], 1.0)
