r"""Price and demand forms of the nests, each written once.

All are in calibrated-share form (Rutherford 2002): prices and quantities are indices equal to 1 at the
benchmark, ``share`` are benchmark value shares that sum to 1 over the nest.
"""

from __future__ import annotations

from cge.axes import Named, exp, log, total


def ces_price(share: Named, price: Named, sigma: Named, over: str) -> Named:
    r"""CES unit cost :math:`(\sum_o \theta_o p_o^{1-\sigma})^{1/(1-\sigma)}` over the letters `over`."""
    return total(share * price ** (1 - sigma), over) ** (1 / (1 - sigma))


def ces_demand(nest_price: Named, price: Named, sigma: Named) -> Named:
    r"""CES demand per unit of the nest, :math:`(P/p)^{\sigma}`, an index."""
    return (nest_price / price) ** sigma


def cobb_douglas_price(share: Named, price: Named, over: str) -> Named:
    r"""Cobb-Douglas unit cost :math:`\prod_o p_o^{\theta_o}`."""
    return exp(total(share * log(price), over))


def leontief_price(share: Named, price: Named, over: str) -> Named:
    r"""Leontief unit cost :math:`\sum_o \theta_o p_o`."""
    return total(share * price, over)
