"""Factor markets, the labour market's relations, and the numeraire.

Mobile, sector-specific and partly mobile factors are one block: the price an activity pays is the
economy-wide price times a wedge. Wedges held at 1 make a factor mobile; quantities held at 1 and wedges
freed make it specific; `mobility_gap` held at 0 and wedges freed make it sluggish. The gaps below are
relations that a closure switches on by holding them at 0.
"""

from __future__ import annotations

from cge.axes import log, total
from cge.blocks.production import factor_price
from cge.equation import Block, equation
from cge.nests import complementarity
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


@equation("supply_gap", "revenue")
def labour_supply(v):
    r"""Gap between the labour force and what people offer at the real wage; held at 0 when in force.

    .. math:: gap_r = \log e_{r,labour} - \eta_r \log rw_r

    Source: constant-elasticity labour supply, as ENVISAGE; van der Mensbrugghe (2019).
    """
    force = total(v.is_labour["f"] * v.endow["rf"], "f")
    return log(force) - v.labour_supply_elasticity["r"] * log(v.rw["r"])


@equation("floor_gap", "revenue")
def minimum_wage(v):
    r"""Complementarity of real wage above its floor and unemployment above its benchmark; held at 0 in force.

    .. math:: 0 \le rw_r - \overline{rw}_r \perp u_r - u^0_r \ge 0

    Source: Fischer-Burmeister function, smoothed; Fischer (1992).
    """
    return complementarity(v.rw["r"] - v.wage_floor["r"], v.u["r"] - v.u0["r"], v.mu)


@equation("mobility_gap", "revenue")
def factor_mobility(v):
    r"""Gap between use of a factor and its supply to the activity; held at 0 where the factor is sluggish.

    .. math:: gap_{r,f,j} = xf_{r,f,j} - e_{r,f} \, w_{r,f,j}^{\eta_f}

    With the market's own balance, :math:`pf_{r,f}` is the price index
    :math:`(\sum_j \nu_{r,f,j} p_{r,f,j}^{\eta_f})^{1/\eta_f}` and units of the factor are conserved.

    Source: volume-preserving CET; van der Mensbrugghe and Peters (2016).
    """
    return v.xf["rfj"] - v.endow["rf"] * v.wedge["rfj"] ** v.mobility["f"]


FACTORS = Block(
    "factors: markets, labour supply, mobility, numeraire",
    (
        variable("pf", "rf", "index", "economy-wide factor price"),
        variable("pwf", "", "index", "world factor-price index"),
        variable("rw", "r", "index", "real consumer wage"),
        variable("wage_gap", "r", "log points", "real wage above the wage curve"),
        variable("supply_gap", "r", "log points", "labour force above what people offer"),
        variable("floor_gap", "r", "Fischer-Burmeister", "real wage above its floor against unemployment"),
        variable(
            "mobility_gap", "rfj", "share of endowment", "use of a factor above its supply to the activity"
        ),
        instrument("wedge", "rfj", "index", "price paid by activity j relative to the economy-wide price"),
        instrument("endow", "rf", "index", "endowment"),
        instrument("u", "r", "share of labour force", "unemployment rate"),
        instrument("wage_floor", "r", "index", "least real consumer wage, relative to the benchmark's"),
        parameter("u0", "r", "share of labour force", "benchmark unemployment rate"),
        parameter(
            "wage_elasticity", "r", "elasticity", "response of pay to unemployment, as a positive number"
        ),
        parameter(
            "labour_supply_elasticity", "r", "elasticity", "labour offered with respect to the real wage"
        ),
        parameter("mobility", "f", "elasticity", "supply to an activity with respect to its relative return"),
        parameter("mu", "", "index", "smoothing of complementarity: at its switching point a b = mu squared"),
        parameter("is_labour", "f", "0 or 1", "1 for labour"),
        parameter("fac_use", "rfj", "share of factor income", "activity j in the use of factor f"),
        parameter("fac_world", "rfj", "share of world factor income", "weights of the world price index"),
    ),
    (
        factor_market,
        world_factor_price,
        real_wage,
        wage_curve,
        labour_supply,
        minimum_wage,
        factor_mobility,
    ),
)
