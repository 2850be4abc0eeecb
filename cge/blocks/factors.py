"""Factor markets, the labour market's relations, and the numeraire.

Mobile, sector-specific and partly mobile factors are one block: the price an activity pays is the
economy-wide price times a wedge. Wedges held at 1 make a factor mobile; quantities held at 1 and wedges freed
make it specific.
"""

from __future__ import annotations

from cge.axes import log, total
from cge.blocks.production import factor_price
from cge.equation import Block, equation
from cge.quantities import instrument, parameter, variable


@equation("pf", "balance")
def factor_market(v):
    r"""Use of each factor by all activities equals its endowment less the unemployed.

    .. math:: \sum_j \nu_{r,f,j} \, xf_{r,f,j} - e_{r,f} \Big(1 - l_f \frac{u_r-u^0_r}{1-u^0_r}\Big) = 0

    Source: market clearing.
    """
    working = 1 - v.is_labour["f"] * (v.u["r"] - v.u0["r"]) / (1 - v.u0["r"])
    return total(v.fac_use["rfj"] * v.xf["rfj"], "j") - v.endow["rf"] * working


@equation("pwf", "price")
def world_factor_price(v):
    r"""The world factor-price index weighs all factor prices by benchmark factor income.

    .. math:: pwf = \sum_{r,f,j} \omega_{r,f,j} \, pf_{r,f} \, w_{r,f,j}

    Source: GTAP's PFACTWLD, Hertel (1997).
    """
    return total(v.fac_world["rfj"] * factor_price(v), "rfj")


@equation("rw", "revenue")
def real_wage(v):
    r"""The real consumer wage.

    .. math:: rw_r = pf_{r,labour} / pc_r

    Source: definition.
    """
    return total(v.is_labour["f"] * v.pf["rf"], "f") / v.pc["r"]


@equation("wage_gap", "revenue")
def wage_curve(v):
    r"""Gap between the real wage and the wage curve; held at 0 where the curve is in force.

    .. math:: gap_r = \log rw_r + \epsilon_r \log(u_r / u^0_r)

    Source: Blanchflower and Oswald (1994): elasticity of pay to unemployment about -0.1.
    """
    return log(v.rw["r"]) + v.wage_elasticity["r"] * log(v.u["r"] / v.u0["r"])


FACTORS = Block(
    "factors: markets, wage curve, numeraire",
    (
        variable("pf", "rf", "index", "economy-wide factor price"),
        variable("pwf", "", "index", "world factor-price index"),
        variable("rw", "r", "index", "real consumer wage"),
        variable("wage_gap", "r", "log points", "real wage above the wage curve"),
        instrument("wedge", "rfj", "index", "price paid by activity j relative to the economy-wide price"),
        instrument("endow", "rf", "index", "endowment"),
        instrument("u", "r", "share of labour force", "unemployment rate"),
        parameter("u0", "r", "share of labour force", "benchmark unemployment rate"),
        parameter(
            "wage_elasticity", "r", "elasticity", "response of pay to unemployment, as a positive number"
        ),
        parameter("is_labour", "f", "0 or 1", "1 for labour"),
        parameter("fac_use", "rfj", "share of factor income", "activity j in the use of factor f"),
        parameter("fac_world", "rfj", "share of world factor income", "weights of the world price index"),
    ),
    (factor_market, world_factor_price, real_wage, wage_curve),
)
