"""Final demand: private consumption, government and investment bundles, and the balance of each commodity.

The form of private consumption is a `ConsumptionForm`: its price index, its demands, and its expenditure
function :math:`e(p, u) = a(p) + u\\, b(p)`, from which welfare is computed whatever the form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cge.axes import Named, total
from cge.equation import Block, Equation, Report, equation
from cge.nests import cobb_douglas_price, leontief_price
from cge.quantities import Quantity, instrument, parameter, variable


@dataclass(frozen=True)
class ConsumptionForm:
    """One form of private demand.

    ``price``: equation of ``pc``; ``demand``: index by commodity. The expenditure function, as a share of
    benchmark consumption, is ``fixed`` + utility x ``marginal``, both functions of prices; ``utility`` is an
    index.
    """

    name: str
    price: Equation
    demand: Callable[[Any], Named]
    fixed: Callable[[Any], Named]
    marginal: Callable[[Any], Named]
    quantities: tuple[Quantity, ...] = ()
    equations: tuple[Equation, ...] = ()


def consumer_price_of(v) -> Named:
    """Price that households pay for each commodity, user tax included, relative to the benchmark."""
    return v.pa["ri"] * (1 + v.tc["r"]) / (1 + v.tc0["r"])


def consumption(v) -> Named:
    """Index of private consumption of each commodity: constant budget shares (Cobb-Douglas)."""
    return v.qc["r"] * v.pc["r"] / consumer_price_of(v)


@equation("pc", "price")
def consumer_price(v):
    r"""The consumer price index, user tax included, is the Cobb-Douglas dual.

    .. math:: pc_r = \frac{1+tc_r}{1+tc^0_r} \prod_i pa_{r,i}^{\gamma_{r,i}}

    Source: Cobb and Douglas (1928).
    """
    return cobb_douglas_price(v.c_share["ri"], v.pa["ri"], over="i") * (1 + v.tc["r"]) / (1 + v.tc0["r"])


@equation("pg", "price")
def government_price(v):
    r"""Price of the government's bundle of fixed proportions, user tax included.

    .. math:: pg_r = \frac{1+tg_r}{1+tg^0_r} \sum_i \gamma^g_{r,i} \, pa_{r,i}

    Source: fixed quantity shares inside the bundle.
    """
    return leontief_price(v.g_share["ri"], v.pa["ri"], over="i") * (1 + v.tg["r"]) / (1 + v.tg0["r"])


@equation("pi", "price")
def investment_price(v):
    r"""Price of the investment bundle of fixed proportions, user tax included.

    .. math:: pi_r = \frac{1+ti_r}{1+ti^0_r} \sum_i \gamma^i_{r,i} \, pa_{r,i}

    Source: fixed quantity shares inside the bundle.
    """
    return leontief_price(v.i_share["ri"], v.pa["ri"], over="i") * (1 + v.ti["r"]) / (1 + v.ti0["r"])


@equation("qc", "quantity")
def real_consumption(v):
    r"""Private consumption is a share of national income, moved by `thrift` where investment is fixed.

    .. math:: qc_r = ac_r \, th_r \, N_r / pc_r

    Source: Cobb-Douglas regional household, as GTAP's PRIVEXP; Hertel (1997).
    """
    return v.ac["r"] * v.thrift["r"] * v.N["r"] / v.pc["r"]


@equation("qg", "quantity")
def real_government(v):
    r"""Government consumption is a share of national income.

    .. math:: qg_r = ag_r \, N_r / pg_r

    Source: Cobb-Douglas regional household; Hertel (1997).
    """
    return v.ag["r"] * v.N["r"] / v.pg["r"]


@equation("qi", "quantity")
def real_investment(v):
    r"""Investment equals national plus foreign saving.

    .. math:: qi_r = \big((1 - ac_r th_r C^0_r - ag_r G^0_r) N_r + S_r\big) / (I^0_r \, pi_r)

    Source: savings-driven closure.
    """
    spent = v.ac["r"] * v.thrift["r"] * v.c_level["r"] + v.ag["r"] * v.g_level["r"]
    saving = (1 - spent) * v.N["r"]
    return (saving + v.S["r"]) / (v.i_level["r"] * v.pi["r"])


@equation("rev_tf", "revenue")
def final_tax_revenue(v):
    r"""Revenue of user taxes on final demand, as a share of benchmark GDP.

    .. math:: rev^{tf}_r = \sum_{u \in c,g,i} \frac{tu_r}{1+tu_r} \, pu_r \, qu_r \, U^0_r

    Source: model accounts.
    """
    private = v.tc["r"] / (1 + v.tc["r"]) * v.c_level["r"] * v.pc["r"] * v.qc["r"]
    public = v.tg["r"] / (1 + v.tg["r"]) * v.g_level["r"] * v.pg["r"] * v.qg["r"]
    return private + public + v.ti["r"] / (1 + v.ti["r"]) * v.i_level["r"] * v.pi["r"] * v.qi["r"]


def _consumption_equations(form: ConsumptionForm) -> tuple[Equation, ...]:
    """Return the equations that use one form of private demand."""

    @equation("qa", "quantity")
    def commodity_balance(v):
        r"""Absorption meets intermediate, private, government and investment use.

        .. math:: qa_{r,i} = qz_{r,i} + \zeta^c_{r,i} c_{r,i} + \zeta^g_{r,i} qg_r + \zeta^i_{r,i} qi_r

        Source: market clearing.
        """
        final = v.use_c["ri"] * form.demand(v) + v.use_g["ri"] * v.qg["r"] + v.use_i["ri"] * v.qi["r"]
        return v.qz["ri"] + final

    @equation("uc", "revenue")
    def private_utility(v):
        r"""Utility of private consumption: what spending leaves after fixed needs, at the marginal price.

        .. math:: uc_r = (pc_r \, qc_r - a_r(p)) / b_r(p)

        Source: Gorman (1961) polar form.
        """
        return (v.pc["r"] * v.qc["r"] - form.fixed(v)) / form.marginal(v)

    @equation("c_volume", "revenue")
    def consumption_volume(v):
        r"""Private consumption at benchmark prices (a Laspeyres volume).

        .. math:: cv_r = \sum_i \gamma_{r,i} \, c_{r,i}

        Source: System of National Accounts 2008, chapter 15.
        """
        return total(v.c_share["ri"] * form.demand(v), "i")

    return commodity_balance, private_utility, consumption_volume


_QUANTITIES = (
    variable("pc", "r", "index", "consumer price index, user tax included"),
    variable("pg", "r", "index", "price of the government bundle"),
    variable("pi", "r", "index", "price of the investment bundle"),
    variable("qc", "r", "index", "real private consumption"),
    variable("qg", "r", "index", "real government consumption"),
    variable("qi", "r", "index", "real investment"),
    variable("qa", "ri", "index", "absorption"),
    variable("uc", "r", "index", "utility of private consumption"),
    variable("c_volume", "r", "index", "private consumption at benchmark prices"),
    variable("rev_tf", "r", "share of benchmark GDP", "revenue of user taxes on final demand"),
    instrument("ac", "r", "index", "propensity to consume relative to the benchmark"),
    instrument("thrift", "r", "index", "what makes room in private consumption where investment is fixed"),
    instrument("ag", "r", "index", "government's share of income relative to the benchmark"),
    instrument("tc", "r", "share of market value", "user tax on private consumption"),
    instrument("tg", "r", "share of market value", "user tax on government consumption"),
    instrument("ti", "r", "share of market value", "user tax on investment"),
    parameter("tc0", "r", "share of market value", "benchmark user tax on consumption"),
    parameter("tg0", "r", "share of market value", "benchmark user tax on government"),
    parameter("ti0", "r", "share of market value", "benchmark user tax on investment"),
    parameter("c_share", "ri", "share of consumption", "commodity i in private consumption"),
    parameter("g_share", "ri", "share of government", "commodity i in government consumption"),
    parameter("i_share", "ri", "share of investment", "commodity i in investment"),
    parameter("use_c", "ri", "share of absorption", "private use"),
    parameter("use_g", "ri", "share of absorption", "government use"),
    parameter("use_i", "ri", "share of absorption", "investment use"),
    parameter("c_level", "r", "share of benchmark GDP", "private consumption at user prices"),
    parameter("g_level", "r", "share of benchmark GDP", "government consumption at user prices"),
    parameter("i_level", "r", "share of benchmark GDP", "investment at user prices"),
)


def demand_block(form: ConsumptionForm) -> Block:
    """Final demand with one form of private consumption."""
    shared = (
        government_price,
        investment_price,
        real_consumption,
        real_government,
        real_investment,
        final_tax_revenue,
    )
    reports = (
        Report(variable("c", "ri", "index", "private consumption by commodity"), form.demand),
        Report(variable("c_fixed", "r", "share of consumption", "cost of fixed needs"), form.fixed),
        Report(variable("c_marginal", "r", "share of consumption", "price of utility"), form.marginal),
    )
    return Block(
        f"demand: {form.name} consumption, fixed government and investment bundles",
        (*_QUANTITIES, *form.quantities),
        (form.price, *form.equations, *shared, *_consumption_equations(form)),
        reports,
    )


COBB_DOUGLAS = ConsumptionForm(
    "Cobb-Douglas",
    consumer_price,
    consumption,
    fixed=lambda v: 0 * v.pc["r"],
    marginal=lambda v: v.pc["r"],
)
FINAL_DEMAND = demand_block(COBB_DOUGLAS)
