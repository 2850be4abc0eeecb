"""Final demand of one household that spends its income and what it borrows abroad.

There is no separate government and no separate saver: income plus foreign saving is spent, in constant
shares, on consumption and, where the accounts have them, on the government's and the investment bundle. With
neither, consumption is all of it, as in Caliendo and Parro (2015) and other quantitative trade models. A
bundle that the accounts lack has the household's own shares and weight zero, so that its price and index
stay defined and no total counts them.
"""

from __future__ import annotations

from cge.axes import Named
from cge.blocks import demand
from cge.equation import Block, equation


def expenditure(v) -> Named:
    """Income plus foreign saving, an index (1 at the benchmark)."""
    return (v.N["r"] + v.S["r"]) / (1 + v.s0["r"])


@equation("qc", "quantity")
def household_consumption(v):
    r"""Consumption is a constant share of income plus foreign saving.

    .. math:: qc_r = \frac{N_r + S_r}{(1 + s^0_r) \, pc_r}

    Source: Caliendo and Parro (2015), section 2: the household spends wages, tariffs and the deficit.
    """
    return expenditure(v) / v.pc["r"]


@equation("qg", "quantity")
def household_government(v):
    r"""The government's bundle, where there is one, takes a constant share of income plus foreign saving.

    .. math:: qg_r = \frac{N_r + S_r}{(1 + s^0_r) \, pg_r}

    Source: Cobb-Douglas preferences of one household over its bundles.
    """
    return expenditure(v) / v.pg["r"]


@equation("qi", "quantity")
def household_investment(v):
    r"""The investment bundle, where there is one, takes a constant share of income plus foreign saving.

    .. math:: qi_r = \frac{N_r + S_r}{(1 + s^0_r) \, pi_r}

    Source: Cobb-Douglas preferences of one household over its bundles.
    """
    return expenditure(v) / v.pi["r"]


_OWN = {e.determines: e for e in (household_consumption, household_government, household_investment)}
_PROPENSITIES = ("ac", "ag", "thrift")

HOUSEHOLD = Block(
    "demand: one household, Cobb-Douglas",
    tuple(q for q in demand.FINAL_DEMAND.quantities if q.name not in _PROPENSITIES),
    tuple(_OWN.get(e.determines, e) for e in demand.FINAL_DEMAND.equations),
    demand.FINAL_DEMAND.reports,
)
