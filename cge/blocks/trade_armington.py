"""Armington trade: own-country goods against an import composite, and imports by origin below it.

The one-level variant (all origins in one nest) is this block with ``sigma_d = sigma_m``: two nests with one
elasticity are one nest.
"""

from __future__ import annotations

from cge.axes import Named, total
from cge.equation import Block, Report, equation
from cge.nests import ces_demand, ces_price
from cge.quantities import instrument, parameter, variable


def border_price(v) -> Named:
    """Price at the border of the origin, export tax and exporter rent included, relative to the benchmark."""
    return v.py["oi"] * (1 + v.te["odi"]) * (1 + v.rx["odi"]) / (1 + v.te0["odi"])


def landed_price(v) -> Named:
    """Price of a delivered unit behind the border of the destination, relative to the benchmark."""
    return border_price(v) * v.k["odi"] * (1 + v.tm["odi"] + v.rm["odi"]) / (1 + v.tm0["odi"])


def home_sales(v, at: str = "ri") -> Named:
    """Index of own-country sales, under the letters `at`."""
    return v.qa[at] * ces_demand(v.pa[at], v.py[at], v.sigma_d["i"])


def shipments(v) -> Named:
    """Index of the quantity shipped from o to d; iceberg losses are shipped but do not arrive."""
    imports = v.qa["di"] * ces_demand(v.pa["di"], v.pmm["di"], v.sigma_d["i"])
    return v.k["odi"] * imports * ces_demand(v.pmm["di"], landed_price(v), v.sigma_m["i"])


def shipment_value(v) -> Named:
    """Value of shipments at basic prices, USD million."""
    return v.X0["odi"] * v.py["oi"] * shipments(v)


@equation("pmm", "price")
def import_price(v):
    r"""The import composite price is the CES index over foreign origins.

    .. math:: pmm_{d,i} = \Big(\sum_o \theta_{o,d,i} \, pm_{o,d,i}^{1-\sigma^m_i}\Big)^{1/(1-\sigma^m_i)}

    Source: Armington (1969).
    """
    return ces_price(v.imp_share["odi"], landed_price(v), v.sigma_m["i"], over="o")


@equation("pa", "price")
def absorption_price(v):
    r"""The market price of absorption is the CES index of the own-country and the import price.

    .. math:: pa_{d,i} = \big(\theta^h_{d,i} \, py_{d,i}^{1-\sigma^d_i}
              + (1-\theta^h_{d,i}) \, pmm_{d,i}^{1-\sigma^d_i}\big)^{1/(1-\sigma^d_i)}

    Source: Armington (1969); two levels as in GTAP, Hertel (1997).
    """
    power = 1 - v.sigma_d["i"]
    home = v.home_share["ri"]
    return (home * v.py["ri"] ** power + (1 - home) * v.pmm["ri"] ** power) ** (1 / power)


@equation("y", "quantity")
def output(v):
    r"""Output meets own-country sales and shipments to every destination.

    .. math:: y_{o,i} = \eta^h_{o,i} \, xh_{o,i} + \sum_d \eta_{o,d,i} \, x_{o,d,i}

    Source: market clearing.
    """
    return v.home_sales_share["oi"] * home_sales(v, "oi") + total(v.export_share["odi"] * shipments(v), "d")


@equation("rev_tm", "revenue")
def tariff_revenue(v):
    r"""Tariff revenue by importer and commodity, as a share of the importer's benchmark GDP.

    .. math:: rev^{tm}_{d,i} = \sum_o tm_{o,d,i} X^0_{o,d,i} py_{o,i}
              (1+te_{o,d,i})(1+rx_{o,d,i}) x_{o,d,i} / GDP^0_d

    Source: model accounts.
    """
    base = shipment_value(v) * (1 + v.te["odi"]) * (1 + v.rx["odi"])
    return total(base * v.tm["odi"], "o") / v.gdp0["d"]


@equation("rev_te", "revenue")
def export_tax_revenue(v):
    r"""Export tax revenue by exporter and commodity, as a share of the exporter's benchmark GDP.

    .. math:: rev^{te}_{o,i} = \sum_d te_{o,d,i} \, X^0_{o,d,i} \, py_{o,i} \, x_{o,d,i} / GDP^0_o

    Source: model accounts.
    """
    return total(shipment_value(v) * v.te["odi"], "d") / v.gdp0["o"]


@equation("rent_x", "revenue")
def exporter_rent(v):
    r"""Rents earned by exporters (inside the border price) by commodity, as a share of benchmark GDP.

    .. math:: rent^x_{o,i} = \sum_d rx_{o,d,i} X^0_{o,d,i} py_{o,i} (1+te_{o,d,i}) x_{o,d,i} / GDP^0_o

    Source: model accounts.
    """
    return total(shipment_value(v) * (1 + v.te["odi"]) * v.rx["odi"], "d") / v.gdp0["o"]


@equation("rent_m", "revenue")
def importer_rent(v):
    r"""Rents earned by importers (behind the border) by commodity, as a share of benchmark GDP.

    .. math:: rent^m_{d,i} = \sum_o rm_{o,d,i} X^0_{o,d,i} py_{o,i}
              (1+te_{o,d,i})(1+rx_{o,d,i}) x_{o,d,i} / GDP^0_d

    Source: model accounts.
    """
    base = shipment_value(v) * (1 + v.te["odi"]) * (1 + v.rx["odi"])
    return total(base * v.rm["odi"], "o") / v.gdp0["d"]


ARMINGTON = Block(
    "trade: Armington",
    (
        variable("pmm", "ri", "index", "price of the import composite"),
        variable("pa", "ri", "index", "market price of absorption"),
        variable("y", "ri", "index", "output"),
        variable("rev_tm", "ri", "share of benchmark GDP", "tariff revenue by importer"),
        variable("rev_te", "ri", "share of benchmark GDP", "export tax revenue by exporter"),
        variable("rent_x", "ri", "share of benchmark GDP", "rents of exporters"),
        variable("rent_m", "ri", "share of benchmark GDP", "rents of importers"),
        instrument("tm", "odi", "share of border value", "import tariff"),
        instrument("te", "odi", "share of basic value", "export tax"),
        instrument("rx", "odi", "share of export value", "rent rate of exporters"),
        instrument("rm", "odi", "share of border value", "rent rate of importers"),
        instrument("k", "odi", "index", "iceberg factor: units shipped per unit delivered"),
        parameter("tm0", "odi", "share of border value", "benchmark tariff"),
        parameter("te0", "odi", "share of basic value", "benchmark export tax"),
        parameter("sigma_m", "i", "elasticity", "substitution among import origins"),
        parameter("sigma_d", "i", "elasticity", "substitution between own-country and imported"),
        parameter("imp_share", "odi", "share of imports", "origin o in imports of d at landed prices"),
        parameter("home_share", "ri", "share of absorption", "own-country sales in absorption"),
        parameter("home_sales_share", "ri", "share of output", "own-country sales in output"),
        parameter("export_share", "odi", "share of output", "shipments to d in output of o"),
        parameter("X0", "odi", "USD million", "shipments at basic prices"),
    ),
    (
        import_price,
        absorption_price,
        output,
        tariff_revenue,
        export_tax_revenue,
        exporter_rent,
        importer_rent,
    ),
    (
        Report(variable("x", "odi", "index", "quantity shipped, iceberg losses included"), shipments),
        Report(variable("xh", "ri", "index", "own-country sales"), home_sales),
        Report(
            variable("pb", "odi", "index", "border price, export tax and exporter rent included"),
            border_price,
        ),
        Report(variable("pm", "odi", "index", "landed price of a delivered unit"), landed_price),
    ),
)
