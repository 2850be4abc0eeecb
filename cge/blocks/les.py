r"""Linear expenditure system: needs that do not vary, and constant shares of what is left.

Everything follows from two tables, the Frisch parameter :math:`\varphi_r < -1` (minus total over
supernumerary spending) and income elasticities :math:`\epsilon_{r,i}`, inside the traced equations, so that
another value of either is another correct calibration. With :math:`\hat\epsilon_{r,i} = \epsilon_{r,i} /
\sum_k s_{r,k} \epsilon_{r,k}` and :math:`\omega_r = -1/\varphi_r`, marginal budget shares are
:math:`\beta_{r,i} = s_{r,i} \hat\epsilon_{r,i}` and needs, as indices, :math:`1 - \omega_r
\hat\epsilon_{r,i}`. All elasticities 1 and :math:`\varphi = -1` are Cobb-Douglas. Prices below are those
that households pay.
"""

from __future__ import annotations

from cge.axes import Named, total
from cge.blocks.demand import ConsumptionForm, consumer_price_of, demand_block
from cge.equation import equation
from cge.nests import cobb_douglas_price
from cge.quantities import parameter, variable


def income_elasticity(v) -> Named:
    """Income elasticities that add up: their mean weighted by budget shares is 1."""
    # the sum runs over another letter, because what is summed over must not be in the result
    return v.income_elasticity["ri"] / total(v.c_share["rj"] * v.income_elasticity["rj"], "j")


def needs(v) -> Named:
    """Subsistence quantity of each commodity, relative to benchmark consumption."""
    return 1 + income_elasticity(v) / v.frisch["r"]


def marginal_price(v) -> Named:
    """Cost of one more unit of utility, share of benchmark consumption: b(p) of the expenditure function."""
    share = v.c_share["ri"] * income_elasticity(v)
    return cobb_douglas_price(share, consumer_price_of(v), over="i") * (-1 / v.frisch["r"])


def demand(v) -> Named:
    """Index of private consumption of each commodity: its need, and its share of supernumerary spending."""
    supernumerary = v.pc["r"] * v.qc["r"] - v.needs_cost["r"]
    return needs(v) + income_elasticity(v) * supernumerary / consumer_price_of(v)


@equation("needs_cost", "price")
def cost_of_needs(v):
    r"""Cost of subsistence: a(p) of the expenditure function.

    .. math:: a_r = \sum_i s_{r,i} (1 - \omega_r \hat\epsilon_{r,i}) p_{r,i}

    Source: Stone (1954).
    """
    return total(v.c_share["ri"] * needs(v) * consumer_price_of(v), "i")


@equation("pc", "price")
def consumer_price(v):
    r"""The consumer price index is the cost of benchmark utility (Konüs), user tax included.

    .. math:: pc_r = a_r + \omega_r \prod_i p_{r,i}^{s_{r,i} \hat\epsilon_{r,i}}

    Source: Stone (1954); Frisch calibration as in Dervis, de Melo and Robinson (1982).
    """
    return v.needs_cost["r"] + marginal_price(v)


LES = demand_block(
    ConsumptionForm(
        "linear expenditure system",
        consumer_price,
        demand,
        fixed=lambda v: v.needs_cost["r"],
        marginal=marginal_price,
        equations=(cost_of_needs,),
        quantities=(
            variable("needs_cost", "r", "share of consumption", "cost of subsistence"),
            parameter("frisch", "r", "ratio", "minus total over supernumerary spending, below -1"),
            parameter("income_elasticity", "ri", "elasticity", "consumption with respect to spending"),
        ),
    )
)
