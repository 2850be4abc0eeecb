r"""First-order welfare of trade policy: terms of trade and volume of trade, pair by pair.

As Caliendo and Parro (2015), section 5, with trade :math:`M_{n,i}` of importer n from i at border prices,
tariff t, and producer prices c:

.. math:: \hat W_n = \frac{1}{I_n} \sum_{i,k} \big(E^k_{n,i} \hat c^k_n - M^k_{n,i} \hat c^k_i\big)
          + \frac{1}{I_n} \sum_{i,k} t^k_{n,i} M^k_{n,i} \big(\hat M^k_{n,i} - \hat c^k_i\big)

Everything without a hat is taken before the shock; hats are percentage changes. Rents count as tariffs do: an
importer's rent adds to t, and what an exporter earns inside the border price (rents, and export taxes as they
are levied) is multiplied by the volume that it sells. For large tariff cuts this
sum is far from the change of real income (Mexico in NAFTA: 1.31 against 0.01), because the volume of trade
is multiplied by the tariff that is being removed. Report the two side by side.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from cge.solution import Solution
from results.levels import external, safe_ratio, trade_levels


def first_order_welfare(base: Solution, new: Solution) -> xr.Dataset:
    """Terms of trade `tot` and volume of trade `vot` of region r with partner p, shares of r's income.

    Income is national income plus foreign saving of `base`. Sums over p give the region's totals. Both
    solutions must stand on one benchmark.
    """
    before, after = (trade_levels(s.values, s.benchmark) for s in (base, new))
    flow = external(before["border"])
    price = safe_ratio(after["border_price"], before["border_price"], 1.0) - 1
    growth = safe_ratio(after["border"], before["border"], 1.0) - 1
    income = ((base.values.N + base.values.S) * base.values.gdp0).rename(r="d")
    earned = (flow * price).sum("i")
    exports = _pair(earned, own="o", partner="d")
    imports = _pair(earned, own="d", partner="o")
    v, more = base.values, flow * (growth - price)
    volume = _pair(((v.tm + v.rm) * more).sum("i"), own="d", partner="o")
    inside = 1 - 1 / ((1 + v.te) * (1 + v.rx))
    volume = volume + _pair((inside * more).sum("i"), own="o", partner="d")
    per_income = income.rename(d="r")
    return xr.Dataset({"tot": (exports - imports) / per_income, "vot": volume / per_income})


def _pair(values: xr.DataArray, own: str, partner: str) -> xr.DataArray:
    return values.rename({own: "r", partner: "p"}).transpose("r", "p")


def real_income(base: Solution, new: Solution) -> xr.DataArray:
    """Relative change of real income (r): national income plus foreign saving over the consumer price."""
    real = [(s.values.N + s.values.S) / s.values.pc for s in (base, new)]
    return real[1] / real[0] - 1


def bilateral_imports(base: Solution, new: Solution) -> xr.DataArray:
    """Relative change of imports at border prices by origin and destination (o, d); 0 where there are
    none.
    """
    total = [external(trade_levels(s.values, s.benchmark)["border"]).sum("i") for s in (base, new)]
    return safe_ratio(total[1], total[0], 1.0) - 1


def trade_change(base: Solution, new: Solution) -> xr.Dataset:
    """Relative change of total `exports` and `imports` (r) at border prices, in units of the numeraire."""
    flows = [external(trade_levels(s.values, s.benchmark)["border"]).sum("i") for s in (base, new)]
    out = {}
    for name, over, keep in (("exports", "d", "o"), ("imports", "o", "d")):
        value = [f.sum(over).rename({keep: "r"}) for f in flows]
        out[name] = safe_ratio(value[1], value[0], 1.0) - 1
    return xr.Dataset(out).astype(np.float64)
