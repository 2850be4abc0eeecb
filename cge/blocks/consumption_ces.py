"""Private consumption with one elasticity of substitution over commodities; government and investment as
ever.
"""

from __future__ import annotations

from dataclasses import replace

from cge.axes import Named
from cge.blocks.demand import FINAL_DEMAND
from cge.equation import Report, equation
from cge.nests import ces_demand, ces_price
from cge.quantities import parameter, variable


def _market_price(v) -> Named:
    """Consumer price index before the uniform user tax."""
    return v.pc["r"] * (1 + v.tc0["r"]) / (1 + v.tc["r"])


def consumption(v) -> Named:
    """Index of private consumption of each commodity: CES demand, the user tax being uniform."""
    return v.qc["r"] * ces_demand(_market_price(v), v.pa["ri"], v.sigma_c["r"])


@equation("pc", "price")
def consumer_price(v):
    r"""The consumer price index, user tax included, is the CES dual.

    .. math:: pc_r = \frac{1+tc_r}{1+tc^0_r}
              \Big(\sum_i \gamma_{r,i} \, pa_{r,i}^{1-\sigma_r}\Big)^{1/(1-\sigma_r)}

    Source: Arrow, Chenery, Minhas and Solow (1961); calibrated-share form of Rutherford (2002).
    """
    bundle = ces_price(v.c_share["ri"], v.pa["ri"], v.sigma_c["r"], over="i")
    return bundle * (1 + v.tc["r"]) / (1 + v.tc0["r"])


@equation("qa", "quantity")
def commodity_balance(v):
    r"""Absorption meets intermediate, private, government and investment use.

    .. math:: qa_{r,i} = qz_{r,i}
              + \zeta^c_{r,i} \, qc_r \Big(\frac{pc_r (1+tc^0_r)}{pa_{r,i} (1+tc_r)}\Big)^{\sigma_r}
              + \zeta^g_{r,i} qg_r + \zeta^i_{r,i} qi_r

    Source: market clearing; Shephard (1953).
    """
    final = v.use_c["ri"] * consumption(v) + v.use_g["ri"] * v.qg["r"] + v.use_i["ri"] * v.qi["r"]
    return v.qz["ri"] + final


_OWN = {e.determines: e for e in (consumer_price, commodity_balance)}

CES = replace(
    FINAL_DEMAND,
    name="demand: CES consumption, fixed government and investment bundles",
    quantities=(
        *FINAL_DEMAND.quantities,
        parameter("sigma_c", "r", "elasticity", "substitution between commodities in consumption"),
    ),
    equations=tuple(_OWN.get(e.determines, e) for e in FINAL_DEMAND.equations),
    reports=(Report(variable("c", "ri", "index", "private consumption by commodity"), consumption),),
)
