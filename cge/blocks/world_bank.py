"""Investment that follows expected returns, for the closure `world_bank`."""

from __future__ import annotations

from cge.axes import Named, total
from cge.equation import Block, equation
from cge.quantities import instrument, parameter, variable


def capital(v) -> Named:
    """Capital in use by region, relative to the benchmark (1 where a region has none)."""
    return 1 + total(v.is_capital["f"] * (v.endow["rf"] - v.endow0["rf"]), "f")


@equation("net_return", "revenue")
def net_rate_of_return(v):
    r"""Current net rate of return on capital, relative to the benchmark's.

    .. math:: ror_r = \frac{\rho_r \, rk_r / pi_r - \delta}{\rho_r - \delta}, \quad
              rk_r = \frac{FI_{r,K}}{FI^0_{r,K} \, e_{r,K}}

    Source: GTAP's RORC, Hertel (1997), chapter 2.
    """
    income = total(v.is_capital["f"] * v.factor_income["rf"], "f")
    rental = income / (v.capital_income0["r"] * capital(v))
    gross = v.gross_return["r"] * rental / v.pi["r"]
    return (gross - v.depreciation) / (v.gross_return["r"] - v.depreciation)


@equation("kend", "revenue")
def end_of_year_capital(v):
    r"""Capital at the end of the year over that at its beginning, relative to the benchmark.

    .. math:: k_r = \frac{(1-\delta) e_{r,K} + \iota_r \, qi_r}{e_{r,K} (1 - \delta + \iota_r)}

    Source: perpetual inventory; GTAP's KE over KB, Hertel (1997), chapter 2.
    """
    end = (1 - v.depreciation) * capital(v) + v.investment_rate["r"] * v.qi["r"]
    return end / (capital(v) * (1 - v.depreciation + v.investment_rate["r"]))


@equation("return_gap", "revenue")
def expected_return(v):
    r"""Gap between the expected return, which falls as capital grows, and the world's; held at 0 in force.

    .. math:: gap_r = ror_r \, k_r^{-\psi} - R

    Source: GTAP's RORE with RORDELTA = 1, Hertel (1997), chapter 2.
    """
    return v.net_return["r"] * v.kend["r"] ** (-v.return_flexibility) - v.world_return


WORLD_BANK = Block(
    "investment: expected returns",
    (
        variable("net_return", "r", "ratio to benchmark", "net rate of return on capital"),
        variable("kend", "r", "index", "growth of capital over the year"),
        variable("return_gap", "r", "ratio to benchmark", "expected return above the world's"),
        instrument("world_return", "", "ratio to benchmark", "expected return common to all regions"),
        parameter("is_capital", "f", "0 or 1", "1 for capital"),
        parameter("endow0", "rf", "index", "benchmark endowment: 1, or 0 where a factor is not used"),
        parameter("capital_income0", "r", "share of benchmark GDP", "benchmark capital income"),
        parameter("gross_return", "r", "share of capital a year", "capital income over capital"),
        parameter("depreciation", "", "share of capital a year", "depreciation"),
        parameter("investment_rate", "r", "share of capital a year", "investment over capital"),
        parameter("return_flexibility", "", "elasticity", "fall of expected returns as capital grows"),
    ),
    (net_rate_of_return, end_of_year_capital, expected_return),
)
