"""The government's budget, for closures that fix its real consumption.

Households and government share one budget in this model. Fixing the government's consumption needs the
split: its revenue and a replacement pay for its consumption and for transfers fixed in units of the
consumer price index, and what is left of national income is the household's to consume or save. The gaps
are relations that a closure switches on by holding them at 0.
"""

from __future__ import annotations

from cge.axes import Named, total
from cge.equation import Block, equation
from cge.quantities import instrument, parameter, variable


def government_spending(v) -> Named:
    """Value of government consumption, share of benchmark GDP."""
    return v.g_level["r"] * v.pg["r"] * v.qg["r"]


@equation("taxes", "revenue")
def tax_revenue(v):
    r"""All taxes less subsidies; rents are private income.

    .. math:: T_r = \sum_i (rev^{tm}_{r,i} + rev^{te}_{r,i}) + rev^u_r + rev^{to}_r

    Source: model accounts.
    """
    return total(v.rev_tm["ri"] + v.rev_te["ri"], "i") + v.rev_user["r"] + v.rev_output["r"]


@equation("budget_gap", "revenue")
def government_budget(v):
    r"""Taxes and the lump sum, less government consumption and transfers of fixed purchasing power.

    .. math:: gap_r = T_r + L_r - G^0_r \, pg_r \, qg_r - (T^0_r - G^0_r) \, pc_r

    Source: closure `fixed_real`; held at 0 when in force.
    """
    transfers = (v.taxes0["r"] - v.g_level["r"]) * v.pc["r"]
    return v.taxes["r"] + v.lump_sum["r"] - government_spending(v) - transfers


@equation("private_gap", "revenue")
def private_propensity(v):
    r"""Gap between the propensity to consume and a fixed share of income net of government consumption.

    .. math:: gap_r = ac_r (1 - G^0_r) - (1 - ag_r \, G^0_r)

    Source: with the budget balanced, disposable income is national income less government consumption;
    closure `fixed_real`, held at 0 when in force.
    """
    return v.ac["r"] * (1 - v.g_level["r"]) - (1 - v.ag["r"] * v.g_level["r"])


_TAXES = variable("taxes", "r", "share of benchmark GDP", "taxes less subsidies")

TAXES = Block("taxes", (_TAXES,), (tax_revenue,))

GOVERNMENT = Block(
    "government budget",
    (
        _TAXES,
        variable("budget_gap", "r", "share of benchmark GDP", "government budget with the replacement"),
        variable("private_gap", "r", "ratio", "propensity to consume above its share of disposable income"),
        instrument("lump_sum", "r", "share of benchmark GDP", "lump sum from households to the government"),
        parameter("taxes0", "r", "share of benchmark GDP", "benchmark taxes less subsidies"),
    ),
    (tax_revenue, government_budget, private_propensity),
)
