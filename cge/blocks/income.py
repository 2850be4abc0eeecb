"""Income, foreign saving and Walras' law."""

from __future__ import annotations

from cge.axes import total
from cge.blocks.production import factor_price
from cge.equation import Block, equation
from cge.quantities import instrument, parameter, variable


@equation("rev_user", "revenue")
def user_tax_revenue(v):
    r"""Revenue of all user taxes, as a share of benchmark GDP.

    .. math:: rev^{u}_r = rev^{tz}_r + rev^{tf}_r

    Source: model accounts.
    """
    return v.rev_tz["r"] + v.rev_tf["r"]


@equation("factor_income", "revenue")
def factor_income(v):
    r"""Income of each factor, as a share of benchmark GDP.

    .. math:: FI_{r,f} = \sum_j V^0_{r,f,j} \, pf_{r,f} \, w_{r,f,j} \, xf_{r,f,j} / GDP^0_r

    Source: model accounts.
    """
    return total(v.V0["rfj"] * factor_price(v) * v.xf["rfj"], "j") / v.gdp0["r"]


@equation("gdp", "revenue")
def gdp_from_income(v):
    r"""Nominal GDP from the income side: factor income, taxes and rents, as a share of benchmark GDP.

    .. math:: GDP_r = \sum_f FI_{r,f} + \sum_i (rev^{tm}_{r,i} + rev^{te}_{r,i} + rent^x_{r,i} + rent^m_{r,i})
              + rev^u_r + rev^{to}_r

    Source: System of National Accounts 2008.
    """
    border = total(v.rev_tm["ri"] + v.rev_te["ri"] + v.rent_x["ri"] + v.rent_m["ri"], "i")
    return total(v.factor_income["rf"], "f") + border + v.rev_user["r"] + v.rev_output["r"]


@equation("N", "balance")
def national_income(v):
    r"""National income is factor income plus taxes and rents; foreign saving is not income.

    .. math:: GDP_r + drop_r \, walras - N_r = 0

    Source: model accounts; the slack carries the redundant equation (Walras' law).
    """
    return v.gdp["r"] + v.drop["r"] * v.walras - v.N["r"]


@equation("S", "price")
def foreign_saving(v):
    r"""Foreign saving is a fixed quantity in units of the world factor-price index.

    .. math:: S_r = s_r \, pwf

    Source: closure `fixed_balance`.
    """
    return v.real_saving["r"] * v.pwf


@equation("saving_gap", "revenue")
def saving_share_of_gdp(v):
    r"""Gap between foreign saving and its benchmark share of GDP, world imbalance shared by `weight`.

    .. math:: gap_r = S_r - s^0_r GDP_r + \omega_r \Delta

    Source: closure `fixed_share_of_gdp`; held at 0 when in force.
    """
    return v.S["r"] - v.s0["r"] * v.gdp["r"] + v.saving_weight["r"] * v.imbalance


@equation("world_saving", "revenue")
def world_saving(v):
    r"""Foreign saving summed over regions, as a share of world benchmark GDP.

    .. math:: \sum_r g_r S_r

    Source: world accounts.
    """
    return total(v.world_share["r"] * v.S["r"], "r")


INCOME = Block(
    "income, foreign saving, Walras",
    (
        variable("N", "r", "share of benchmark GDP", "national income"),
        variable("S", "r", "share of benchmark GDP", "foreign saving"),
        variable("gdp", "r", "share of benchmark GDP", "nominal GDP at market prices"),
        variable("factor_income", "rf", "share of benchmark GDP", "factor income"),
        variable("rev_user", "r", "share of benchmark GDP", "revenue of user taxes"),
        variable("saving_gap", "r", "share of benchmark GDP", "foreign saving above its benchmark share"),
        variable("world_saving", "", "share of world benchmark GDP", "sum of foreign saving"),
        instrument("walras", "", "share of benchmark GDP", "slack of the redundant equation"),
        instrument("real_saving", "r", "share of benchmark GDP", "foreign saving in units of pwf"),
        instrument("imbalance", "", "share of world benchmark GDP", "world imbalance to be shared"),
        parameter("drop", "r", "0 or 1", "1 for the region whose income equation carries the slack"),
        parameter("s0", "r", "share of benchmark GDP", "benchmark foreign saving"),
        parameter("saving_weight", "r", "ratio", "share of the world imbalance over share of world GDP"),
        parameter("world_share", "r", "share of world GDP", "benchmark GDP in the world's"),
        parameter("V0", "rfj", "USD million", "factor payments"),
    ),
    (
        user_tax_revenue,
        factor_income,
        gdp_from_income,
        national_income,
        foreign_saving,
        saving_share_of_gdp,
        world_saving,
    ),
)
