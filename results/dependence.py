r"""Dependence on suppliers: shares of imports, their concentration, and what is embodied in inputs of inputs.

Direct: the share of each origin in the imports, and in all purchases, of commodity i by region d, at
border values (home sales at basic value). Concentration: Herfindahl-Hirschman index of the import shares,
0 to 10 000.

Embodied: the share of a purchase that is paid, in the end, to factors and governments of the named supplier,
directly and through inputs of inputs. With :math:`a_{i,dj}` inputs per unit of output value at basic prices,
:math:`h_{o,di}` source shares of purchases and :math:`v_{dj} = 1 - \sum_i a_{i,dj}`,

.. math:: e_{dj} = 1[d = s] \, v_{dj} + \sum_i a_{i,dj} E_{di}, \qquad E_{di} = \sum_o h_{o,di} e_{oi}

which is the Leontief inverse :math:`v_s (I - A)^{-1}` summed round by round. Import tariffs, importers'
rents and user taxes on inputs belong to the user's region, exporters' rents to the origin. Embodied shares
add up to one over suppliers: nothing is counted twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from cge.solution import Solution
from results.errors import ResultsError
from results.levels import aligned, external, safe_ratio, same_world, trade_levels
from results.tidy import rows

SHARE = "share of imports"
HHI = "index 0-10000"


@dataclass(frozen=True)
class Dependence:
    """Two datasets with the same variables, ``base`` and ``new``: ``import_share`` (o, d, i), ``hhi`` (d, i),
    ``direct embodied`` (d, i): share of ``supplier`` in all purchases of i by d; ``direct_total
    embodied_total`` (d): the same in its purchases of all commodities.
    """

    base: xr.Dataset
    new: xr.Dataset
    supplier: str

    def table(self) -> pd.DataFrame:
        """Tidy rows; partner = supplier. Import shares of flows that are zero in both solutions are left
        out.
        """
        b, n = self.base, self.new
        shares = rows("import_share", SHARE, b.import_share, n.import_share, ("d", "i", "o"))
        shares = shares.loc[((shares.baseline != 0) | (shares.counterfactual != 0)).to_numpy()]
        out = [shares, rows("import_concentration", HHI, b.hhi, n.hhi, ("d", "i"))]
        for name in ("direct", "embodied"):
            part = rows(f"supplier_share_{name}", "share of all purchases", b[name], n[name], ("d", "i"))
            out.append(part.assign(partner=self.supplier))
            whole = f"{name}_total"
            part = rows(f"supplier_share_{whole}", "share of all purchases", b[whole], n[whole], ("d",))
            out.append(part.assign(partner=self.supplier))
        return pd.concat(out, ignore_index=True)


def dependence(base: Solution, new: Solution, supplier: str) -> Dependence:
    """Dependence of every region and commodity before and after; ``supplier``: the region whose share is
    traced.

    Raises ResultsError when the supplier is not a region of the solutions.
    """
    base, new = same_world(base, new)
    regions = [str(r) for r in base.values.r.values]
    if supplier not in regions:
        raise ResultsError(f"supplier {supplier!r} is not a region of this aggregation: {', '.join(regions)}")
    return Dependence(_shares(base, supplier), _shares(new, supplier), supplier)


def _shares(solution: Solution, supplier: str) -> xr.Dataset:
    v, b = aligned(solution)
    with xr.set_options(arithmetic_join="exact"):
        border = trade_levels(v, b)["border"]
        imports = external(border)
        share = safe_ratio(imports, imports.sum("o"), 0.0)
        home = (b.H0 * v.py * v.xh).rename(r="d")
        bought = home + border.sum("o")
        direct = safe_ratio(border.sel(o=supplier, drop=True), bought, 0.0)
        at_home = safe_ratio(home, bought, 0.0)
        direct = direct + at_home * (direct.d == supplier)
        sources = safe_ratio(border, bought, 0.0)
        own = xr.where(sources.o == sources.d, at_home, 0.0)
        embodied = _embodied(v, b, border, (sources + own).transpose("o", "d", "i").values, supplier)
    found = {"direct": direct, "embodied": direct.transpose("d", "i").copy(data=embodied)}
    out = {"import_share": share, "hhi": 1e4 * (share**2).sum("o"), **found}
    spent = bought.sum("i")
    totals = {f"{n}_total": safe_ratio((a * bought).sum("i"), spent, 0.0) for n, a in found.items()}
    return xr.Dataset(out | totals)


def _embodied(
    v: xr.Dataset, b: xr.Dataset, border: xr.DataArray, sources: np.ndarray, supplier: str
) -> np.ndarray:
    """``E`` (d, i) of the module's docstring. Input values are at border and basic prices: taxes are the
    user's.
    """
    basic = (b.H0 * v.py * v.xh).rename(r="d") + border.sum("o")
    market = (b.H0 * v.py * v.xh).rename(r="d") + (border * (1 + v.tm + v.rm)).sum("o")
    before_tariff = safe_ratio(basic, market, 1.0).rename(d="r")
    inputs = b.Z0 * v.pa * v.zq * before_tariff
    output = ((b.H0 + b.X0.sum("d").rename(o="r")) * v.py * v.y).rename(i="j")
    a = safe_ratio(inputs, output, 0.0).transpose("r", "i", "j").values
    mine = (v.r.values.astype(str) == supplier)[:, None] * (1 - a.sum(1))
    content = mine.copy()
    for _ in range(1000):
        purchase = np.einsum("odi,oi->di", sources, content)
        update = mine + np.einsum("dij,di->dj", a, purchase)
        change, content = float(np.abs(update - content).max()), update
        if change < 1e-14:
            return np.einsum("odi,oi->di", sources, content)
    raise ResultsError("embodied content: rounds of inputs do not add up; an input coefficient is above one")
