"""Real GDP as a variable: a smooth volume that a closure can hold and reports can check.

It is the Laspeyres volume of expenditure, every flow at its benchmark price: consumption, government and
investment at user prices, exports less imports at border prices. Results report the Fisher index, which
differs from it in the second order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cge.axes import Named, total
from cge.equation import Block, Equation, equation
from cge.quantities import variable


def benchmark_border_value(v) -> Named:
    """Benchmark flows with export taxes and exporters' rents, USD million."""
    return v.X0["odi"] * (1 + v.te0["odi"]) * (1 + v.rx0["odi"])


def _trade_volumes(shipments: Callable[[Any], Named]) -> tuple[Equation, Equation]:
    """Return the two sums of shipments at benchmark border prices, for one form of trade."""

    @equation("export_volume", "revenue")
    def export_volume(v):
        r"""Exports by commodity at benchmark border prices, as a share of benchmark GDP.

        .. math:: ev_{o,i} = \sum_d X^0_{o,d,i} (1 + te^0_{o,d,i})(1 + rx^0_{o,d,i}) \, x_{o,d,i} / GDP^0_o

        Source: Laspeyres volume.
        """
        return total(benchmark_border_value(v) * shipments(v), "d") / v.gdp0["o"]

    @equation("import_volume", "revenue")
    def import_volume(v):
        r"""Imports by commodity at benchmark border prices, as a share of benchmark GDP.

        .. math:: mv_{d,i} = \sum_o X^0_{o,d,i} (1 + te^0_{o,d,i})(1 + rx^0_{o,d,i}) \, x_{o,d,i} / GDP^0_d

        Source: Laspeyres volume.
        """
        return total(benchmark_border_value(v) * shipments(v), "o") / v.gdp0["d"]

    return export_volume, import_volume


@equation("real_gdp", "revenue")
def real_gdp(v):
    r"""Real GDP: expenditure less imports, every flow at its benchmark price.

    .. math:: Q_r = C^0_r \, cv_r + G^0_r \, qg_r + I^0_r \, qi_r + \sum_i (ev_{r,i} - mv_{r,i})

    Source: System of National Accounts 2008, chapter 15 (Laspeyres volume).
    """
    home = v.c_level["r"] * v.c_volume["r"] + v.g_level["r"] * v.qg["r"] + v.i_level["r"] * v.qi["r"]
    return home + total(v.export_volume["ri"] - v.import_volume["ri"], "i")


def volume_block(shipments: Callable[[Any], Named]) -> Block:
    """Real GDP for one form of trade, given its index of shipments (o, d, i)."""
    return Block(
        "volumes: real GDP",
        (
            variable("export_volume", "ri", "share of benchmark GDP", "exports at benchmark border prices"),
            variable("import_volume", "ri", "share of benchmark GDP", "imports at benchmark border prices"),
            variable("real_gdp", "r", "index", "real GDP at benchmark prices"),
        ),
        (*_trade_volumes(shipments), real_gdp),
    )
