r"""Price and demand forms of the nests, and smooth complementarity, each written once.

All are in calibrated-share form (Rutherford 2002): prices and quantities are indices equal to 1 at the
benchmark, ``share`` are benchmark value shares that sum to 1 over the nest.
"""

from __future__ import annotations

from cge.axes import Named, exp, log, sqrt, total


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


def complementarity(a: Named, b: Named, mu: Named | float) -> Named:
    r"""Smoothed Fischer-Burmeister function: zero exactly when :math:`a > 0, b > 0, a b = \mu^2`.

    With :math:`\mu \to 0` that is :math:`a \ge 0, b \ge 0, a b = 0`. Written
    :math:`a + b - \sqrt{a^2 + b^2 + 2 \mu^2}` (Fischer 1992; Kanzow 1996).
    """
    return a + b - sqrt(a * a + b * b + 2 * mu * mu)


def bounded_complementarity(a: Named, b: Named, excess: Named, mu: Named) -> Named:
    r"""Box version: a variable :math:`a` above its lower and :math:`b` below its upper bound.

    Zero when the excess is negative at the lower bound (:math:`a = 0`), positive at the upper (:math:`b = 0`)
    and nil between them; nested Fischer-Burmeister functions (Billups 1995).
    """
    return complementarity(a, -complementarity(b, excess, mu), mu)
