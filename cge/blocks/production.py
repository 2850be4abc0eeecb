"""Production: a value-added nest of factors and, above it, value added and intermediate inputs.

Intermediate inputs are bought at the market price `pa` plus the user tax of the buying activity, uniform over
commodities within a user (so excises on single goods cause no distortion here).
"""

from __future__ import annotations

from cge.axes import Named, total
from cge.equation import Block, Report, equation
from cge.nests import ces_demand, ces_price, cobb_douglas_price
from cge.quantities import instrument, parameter, variable


def factor_price(v) -> Named:
    """Price that activity j pays for factor f: the economy-wide price times the activity's wedge, an
    index.
    """
    return v.pf["rf"] * v.wedge["rfj"]


def input_price(v) -> Named:
    """User price of intermediate input i in activity j, relative to the benchmark."""
    return v.pa["ri"] * (1 + v.tz["rj"]) / (1 + v.tz0["rj"])


def efficiency(v) -> Named:
    """Output per unit of all inputs: the activity's own index times the region's."""
    return v.productivity["rj"] * v.tfp["r"]


def cost_price(v) -> Named:
    """Unit cost implied by the producer price: net of production tax, gross of productivity."""
    return v.py["rj"] * efficiency(v) * (1 - v.to["rj"]) / (1 - v.to0["rj"])


def _producer_price(v, unit_cost: Named) -> Named:
    return unit_cost / efficiency(v) * (1 - v.to0["rj"]) / (1 - v.to["rj"])


@equation("pva", "price")
def value_added_price(v):
    r"""Value-added price is the CES dual of factor prices.

    .. math:: pva_{r,j} = \Big(\sum_f \phi_{r,f,j} (pf_{r,f} w_{r,f,j})^{1-\sigma_j}\Big)^{1/(1-\sigma_j)}

    Source: Arrow, Chenery, Minhas and Solow (1961); calibrated-share form of Rutherford (2002).
    """
    return ces_price(v.fac_share["rfj"], factor_price(v), v.sigma_va["j"], over="f")


@equation("pva", "price")
def value_added_price_cobb_douglas(v):
    r"""Value-added price is the Cobb-Douglas dual of factor prices.

    .. math:: pva_{r,j} = \prod_f (pf_{r,f} w_{r,f,j})^{\phi_{r,f,j}}

    Source: Cobb and Douglas (1928).
    """
    return cobb_douglas_price(v.fac_share["rfj"], factor_price(v), over="f")


@equation("xf", "quantity")
def factor_demand(v):
    r"""Factor demand per activity follows from the value-added nest (Shephard's lemma).

    .. math:: xf_{r,f,j} = va_{r,j} \Big(\frac{pva_{r,j}}{pf_{r,f} w_{r,f,j}}\Big)^{\sigma_j}

    Source: Shephard (1953).
    """
    return v.qva["rj"] * ces_demand(v.pva["rj"], factor_price(v), v.sigma_va["j"])


@equation("xf", "quantity")
def factor_demand_cobb_douglas(v):
    r"""Factor demand has constant value shares.

    .. math:: xf_{r,f,j} = va_{r,j} \, pva_{r,j} / (pf_{r,f} w_{r,f,j})

    Source: Cobb and Douglas (1928).
    """
    return v.qva["rj"] * v.pva["rj"] / factor_price(v)


@equation("py", "price")
def unit_cost_leontief(v):
    r"""Zero profit: the producer price covers value added and inputs in fixed proportions.

    .. math:: \frac{1-to_{r,j}}{1-to^0_{r,j}} py_{r,j} a_{r,j} = \alpha_{r,j} pva_{r,j}
              + \sum_i \beta_{r,i,j} pa_{r,i} \frac{1+tz_{r,j}}{1+tz^0_{r,j}}

    Source: Leontief (1936); GTAP's top nest (ESUBT = 0), Hertel (1997).
    """
    inputs = total(v.int_share["rij"] * v.pa["ri"], "i") * (1 + v.tz["rj"]) / (1 + v.tz0["rj"])
    return _producer_price(v, v.va_share["rj"] * v.pva["rj"] + inputs)


@equation("py", "price")
def unit_cost_ces(v):
    r"""Zero profit: value added and every input substitute with one elasticity.

    .. math:: \frac{1-to_{r,j}}{1-to^0_{r,j}} py_{r,j} a_{r,j} = \Big(\alpha_{r,j} pva_{r,j}^{1-s_j}
              + \sum_i \beta_{r,i,j} \big(pa_{r,i}
              \tfrac{1+tz_{r,j}}{1+tz^0_{r,j}}\big)^{1-s_j}\Big)^{1/(1-s_j)}

    Source: GTAP's top nest with ESUBT > 0, Hertel (1997).
    """
    power = 1 - v.sigma_top["j"]
    inputs = total(v.int_share["rij"] * input_price(v) ** power, "i")
    return _producer_price(v, (v.va_share["rj"] * v.pva["rj"] ** power + inputs) ** (1 / power))


@equation("py", "price")
def unit_cost_cobb_douglas(v):
    r"""Zero profit: value added and every input have constant cost shares.

    .. math:: \frac{1-to_{r,j}}{1-to^0_{r,j}} py_{r,j} a_{r,j} = pva_{r,j}^{\alpha_{r,j}}
              \prod_i \big(pa_{r,i} \tfrac{1+tz_{r,j}}{1+tz^0_{r,j}}\big)^{\beta_{r,i,j}}

    Source: Caliendo and Parro (2015), equation 3.
    """
    inputs = cobb_douglas_price(v.int_share["rij"], input_price(v), over="i")
    return _producer_price(v, v.pva["rj"] ** v.va_share["rj"] * inputs)


@equation("qva", "quantity")
def value_added_leontief(v):
    r"""Value added in fixed proportion to output.

    .. math:: va_{r,j} = y_{r,j} / a_{r,j}

    Source: Leontief (1936).
    """
    return v.y["rj"] / efficiency(v)


@equation("qva", "quantity")
def value_added_ces(v):
    r"""Demand for value added in the CES top nest.

    .. math:: va_{r,j} = \frac{y_{r,j}}{a_{r,j}} \Big(\frac{pcost_{r,j}}{pva_{r,j}}\Big)^{s_j}

    Source: Shephard (1953).
    """
    return v.y["rj"] / efficiency(v) * (cost_price(v) / v.pva["rj"]) ** v.sigma_top["j"]


@equation("qva", "quantity")
def value_added_cobb_douglas(v):
    r"""Demand for value added in the Cobb-Douglas top nest.

    .. math:: va_{r,j} = \frac{y_{r,j}}{a_{r,j}} \frac{pcost_{r,j}}{pva_{r,j}}

    Source: Cobb and Douglas (1928).
    """
    return v.y["rj"] / efficiency(v) * cost_price(v) / v.pva["rj"]


def input_demand_leontief(v) -> Named:
    """Index of input i used in activity j: proportional to output."""
    return v.y["rj"] / efficiency(v)


def input_demand_ces(v) -> Named:
    """Index of input i used in activity j under the CES top nest."""
    return v.y["rj"] / efficiency(v) * (cost_price(v) / input_price(v)) ** v.sigma_top["j"]


def input_demand_cobb_douglas(v) -> Named:
    """Index of input i used in activity j under the Cobb-Douglas top nest."""
    return v.y["rj"] / efficiency(v) * cost_price(v) / input_price(v)


def _intermediate_equations(input_demand):
    """Return the two equations that add up intermediate use, for one form of input demand."""

    @equation("qz", "quantity")
    def intermediate_use(v):
        r"""Intermediate use of commodity i by all activities, as a share of benchmark absorption.

        .. math:: qz_{r,i} = \sum_j \zeta_{r,i,j} \, z_{r,i,j}

        Source: input-output accounting.
        """
        return total(v.use_int["rij"] * input_demand(v), "j")

    @equation("rev_tz", "revenue")
    def input_tax_revenue(v):
        r"""Revenue of user taxes on intermediate inputs, as a share of benchmark GDP.

        .. math:: rev^{tz}_r = \sum_{i,j} tz_{r,j} \, Z^0_{r,i,j} \, pa_{r,i} \, z_{r,i,j} / GDP^0_r

        Source: model accounts.
        """
        value = total(v.Z0["rij"] * v.pa["ri"] * input_demand(v), "i")
        return total(value * v.tz["rj"], "j") / v.gdp0["r"]

    return intermediate_use, input_tax_revenue


def _input_report(input_demand) -> Report:
    """Report input use cell by cell; under fixed proportions it does not vary over inputs."""

    def by_input(v) -> Named:
        return input_demand(v) + 0 * v.pa["ri"]

    return Report(variable("zq", "rij", "index", "use of input i in activity j"), by_input)


@equation("rev_output", "revenue")
def production_tax_revenue(v):
    r"""Revenue of taxes less subsidies on production, as a share of benchmark GDP.

    .. math:: rev^{to}_r = \sum_j to_{r,j} \, Y^0_{r,j} \, py_{r,j} \, y_{r,j} / GDP^0_r

    Source: model accounts.
    """
    return total(v.to["rj"] * v.Y0["rj"] * v.py["rj"] * v.y["rj"], "j") / v.gdp0["r"]


_QUANTITIES = (
    variable("pva", "rj", "index", "price of value added"),
    variable("py", "ri", "index", "producer (basic) price"),
    variable("qva", "rj", "index", "value added"),
    variable("xf", "rfj", "index", "use of factor f in activity j"),
    variable("qz", "ri", "share of benchmark absorption", "intermediate use"),
    variable("rev_tz", "r", "share of benchmark GDP", "revenue of user taxes on inputs"),
    variable("rev_output", "r", "share of benchmark GDP", "revenue of production taxes"),
    instrument("productivity", "rj", "index", "output per unit of all inputs"),
    instrument("tfp", "r", "index", "output per unit of all inputs, in every activity of a region"),
    instrument("to", "rj", "share of output value", "production tax less subsidy"),
    instrument("tz", "rj", "share of market value", "user tax on intermediate inputs"),
    parameter("to0", "rj", "share of output value", "benchmark production tax"),
    parameter("tz0", "rj", "share of market value", "benchmark user tax on inputs"),
    parameter("va_share", "rj", "share of cost", "value added in cost net of production tax"),
    parameter(
        "int_share", "rij", "share of cost", "input i in cost net of production tax, user tax included"
    ),
    parameter("use_int", "rij", "share of absorption", "use of i in j"),
    parameter("Z0", "rij", "USD million", "intermediate use at market prices before user tax"),
    parameter("Y0", "ri", "USD million", "output at basic prices"),
    parameter("gdp0", "r", "USD million", "GDP at market prices"),
    parameter("fac_share", "rfj", "share of value added", "factor f in activity j"),
)
_SIGMA_VA = parameter("sigma_va", "j", "elasticity", "substitution between factors")
_SIGMA_TOP = parameter("sigma_top", "j", "elasticity", "substitution between value added and inputs")

LEONTIEF = Block(
    "production: Leontief over CES value added",
    (*_QUANTITIES, _SIGMA_VA),
    (value_added_price, factor_demand, unit_cost_leontief, value_added_leontief, production_tax_revenue)
    + _intermediate_equations(input_demand_leontief),
    (_input_report(input_demand_leontief),),
)
CES = Block(
    "production: CES over CES value added",
    (*_QUANTITIES, _SIGMA_VA, _SIGMA_TOP),
    (value_added_price, factor_demand, unit_cost_ces, value_added_ces, production_tax_revenue)
    + _intermediate_equations(input_demand_ces),
    (_input_report(input_demand_ces),),
)
COBB_DOUGLAS = Block(
    "production: Cobb-Douglas",
    _QUANTITIES,
    (
        value_added_price_cobb_douglas,
        factor_demand_cobb_douglas,
        unit_cost_cobb_douglas,
        value_added_cobb_douglas,
        production_tax_revenue,
    )
    + _intermediate_equations(input_demand_cobb_douglas),
    (_input_report(input_demand_cobb_douglas),),
)
