"""Trade in one system: Armington, Krugman and Melitz differ in which indices move, never in an equation.

Own-country goods against an import composite, and imports by origin below it, in calibrated-share form. The
price of an origin's goods in a market carries an index of entrants `n` (variety) and of the real size of the
market (selection of exporters). Both are held at 1 in Armington sectors. A Krugman sector frees `n` against
`entry_gap`, a Melitz sector also frees `market` against `market_gap`; `cge.market_structure` makes the swaps
and derives the formulas. The one-level variant (all origins in one nest) has ``sigma_d = sigma_m``: two nests
with one elasticity are one nest.
"""

from __future__ import annotations

from cge.axes import Named, total
from cge.equation import Block, Report, equation, shared
from cge.nests import ces_demand, ces_price, complementarity
from cge.quantities import instrument, parameter, variable


@shared
def border_price(v) -> Named:
    """Price at the border of the origin, export tax and exporter rent included, relative to the benchmark."""
    benchmark = (1 + v.te0["odi"]) * (1 + v.rx0["odi"])
    return v.py["oi"] * (1 + v.te["odi"]) * (1 + v.rx["odi"]) / benchmark


@shared
def variety_cost(v, at: str = "ri") -> Named:
    r"""What an origin's varieties cost its buyers beyond the producer price, the origin's part, an index.

    :math:`(n \, py^{\gamma\chi})^{-1/(\sigma-1)}`: more entrants are more choice; fixed costs paid abroad
    (share :math:`\gamma`) become a lesser hurdle as own costs rise. 1 in Armington sectors.
    """
    hurdle = v.py[at] ** (v.fixed_abroad["i"] * v.selection["i"])
    return (v.n[at] * hurdle) ** (1 / (1 - v.sigma_m["i"]))


@shared
def access_cost(v, at: str = "ri") -> Named:
    r"""The market's part of the same: :math:`market^{-\chi/(\sigma-1)}`, as larger markets draw more
    firms.
    """
    return v.market[at] ** (v.selection["i"] / (1 - v.sigma_m["i"]))


@shared
def delivery_cost(v) -> Named:
    """Index of the cost of delivery from o to d: iceberg losses, varieties and access to the market."""
    per_firm = 1 - v.selection["i"] / (v.sigma_m["i"] - 1)
    return v.k["odi"] ** per_firm * variety_cost(v, "oi") * access_cost(v, "di")


@shared
def duty_paid_price(v) -> Named:
    """Producer price with all that is levied on the way, relative to the benchmark."""
    return border_price(v) * (1 + v.tm["odi"] + v.rm["odi"]) / (1 + v.tm0["odi"] + v.rm0["odi"])


def landed_price(v) -> Named:
    """Price index of what o delivers behind the border of d, its varieties counted, relative to the
    benchmark.
    """
    return duty_paid_price(v) * delivery_cost(v)


@shared
def home_cost(v, at: str = "ri") -> Named:
    r"""The same two parts for own-country sales; where every entrant sells at home, the `hurdle` that would
    keep just the last one out raises it by :math:`hurdle^{\chi/(\sigma-1)}`.
    """
    return variety_cost(v, at) * (v.market[at] / v.hurdle[at]) ** (v.selection["i"] / (1 - v.sigma_m["i"]))


def home_price(v, at: str = "ri") -> Named:
    """Price index of own-country goods, their varieties counted."""
    return v.py[at] * home_cost(v, at)


@shared
def home_sales(v, at: str = "ri") -> Named:
    """Index of own-country sales in units of producer cost, under the letters `at`."""
    cost = home_cost(v, at)
    return cost * v.qa[at] * ces_demand(v.pa[at], v.py[at] * cost, v.sigma_d["i"])


@shared
def shipments(v) -> Named:
    """Index of shipments from o to d in units of producer cost; iceberg losses are shipped but do not
    arrive.
    """
    imports = v.qa["di"] * ces_demand(v.pa["di"], v.pmm["di"], v.sigma_d["i"])
    delivery = delivery_cost(v)
    return delivery * imports * ces_demand(v.pmm["di"], duty_paid_price(v) * delivery, v.sigma_m["i"])


@shared
def shipment_value(v) -> Named:
    """Value of shipments at basic prices, USD million."""
    return v.X0["odi"] * v.py["oi"] * shipments(v)


@shared
def border_value(v) -> Named:
    """Value of shipments at the border, export taxes and exporters' rents included, USD million."""
    return shipment_value(v) * (1 + v.te["odi"]) * (1 + v.rx["odi"])


@equation("pmm", "price")
def import_price(v):
    r"""The import composite price is the CES index over foreign origins.

    .. math:: pmm_{d,i} = \Big(\sum_o \theta_{o,d,i} \, pm_{o,d,i}^{1-\sigma^m_i}\Big)^{1/(1-\sigma^m_i)},
              \quad pm_{o,d,i} = \frac{py_{o,i}\, T_{o,d,i}}{T^0_{o,d,i}} k_{o,d,i}^{1-\chi_i/(\sigma^m_i-1)}
              \big(n_{o,i} py_{o,i}^{\gamma_i\chi_i} market_{d,i}^{\chi_i}\big)^{1/(1-\sigma^m_i)}

    Source: Armington (1969); with varieties Krugman (1980); with selection Melitz (2003), Chaney (2008).
    """
    return ces_price(v.imp_share["odi"], landed_price(v), v.sigma_m["i"], over="o")


@equation("pa", "price")
def absorption_price(v):
    r"""The market price of absorption is the CES index of the own-country and the import price.

    .. math:: pa_{d,i} = \big(\theta^h_{d,i} \, ph_{d,i}^{1-\sigma^d_i}
              + (1-\theta^h_{d,i}) \, pmm_{d,i}^{1-\sigma^d_i}\big)^{1/(1-\sigma^d_i)}

    Source: Armington (1969); two levels as in GTAP, Hertel (1997).
    """
    power = 1 - v.sigma_d["i"]
    home = v.home_share["ri"]
    return (home * home_price(v) ** power + (1 - home) * v.pmm["ri"] ** power) ** (1 / power)


@equation("sales", "quantity")
def own_sales(v):
    r"""Sales of a region's firms, in units of producer cost, at home and to every destination.

    .. math:: sales_{o,i} = \eta^h_{o,i} \, xh_{o,i} + \sum_d \eta_{o,d,i} \, x_{o,d,i}

    Source: market clearing.
    """
    return v.home_sales_share["oi"] * home_sales(v, "oi") + total(v.export_share["odi"] * shipments(v), "d")


@equation("y", "quantity")
def output(v):
    r"""Output meets the sales of own firms and what foreign firms buy here to enter this market, net.

    .. math:: y_{o,i} = sales_{o,i} + marketing_{o,i}

    Source: market clearing.
    """
    return v.sales["ri"] + v.marketing["ri"]


@equation("entry_gap", "quantity")
def free_entry(v):
    r"""Free entry: firms enter until revenue per entrant pays its fixed costs, a constant share of it, or
    none is left; the last term is what the last firm at home earns beyond its fixed cost where all sell
    there.

    .. math:: 0 \le n_{o,i} \perp 1 - \frac{sales_{o,i}
              + \chi_i \eta^h_{o,i} xh_{o,i} (1 - 1/hurdle_{o,i})}{n_{o,i}} \ge 0

    Source: Krugman (1980); with Pareto productivity Melitz and Redding (2014). Held at 0 where in force.
    """
    spared = v.selection["i"] * v.home_sales_share["ri"] * home_sales(v) * (1 - 1 / v.hurdle["ri"])
    return complementarity(v.n["ri"], 1 - (v.sales["ri"] + spared) / v.n["ri"], v.mu)


@equation("capacity_gap", "quantity")
def entrants_at_home(v):
    r"""No more firms than entrants sell at home: either some stay out or the last one earns more than its
    fixed cost.

    .. math:: 0 \le hurdle_{r,i} - 1 \perp 1 - \nu_i \frac{firms^h_{r,i}}{n_{r,i}} \ge 0

    Source: Balistreri and Rutherford (2013), capacity rents; Fischer-Burmeister function, smoothed. Held at 0
    where the share of entrants that sell at home is known.
    """
    waiting = 1 - v.home_entrants["i"] * home_sales(v) / (v.n["ri"] * v.hurdle["ri"])
    return complementarity(v.hurdle["ri"] - 1, waiting, v.mu)


@equation("market_gap", "quantity")
def market_size(v):
    r"""The market that firms weigh against a fixed cost: absorption in units of the local cost of entering.

    .. math:: gap_{d,i} = market_{d,i} \, py_{d,i}^{\gamma_i} - qa_{d,i}

    Source: zero cut-off profit, Melitz (2003), Chaney (2008). Held at 0 where in force.
    """
    return v.market["ri"] * v.py["ri"] ** v.fixed_abroad["i"] - v.qa["ri"]


@equation("rev_tm", "revenue")
def tariff_revenue(v):
    r"""Tariff revenue by importer and commodity, as a share of the importer's benchmark GDP.

    .. math:: rev^{tm}_{d,i} = \sum_o tm_{o,d,i} X^0_{o,d,i} py_{o,i}
              (1+te_{o,d,i})(1+rx_{o,d,i}) x_{o,d,i} / GDP^0_d

    Source: model accounts.
    """
    return total(border_value(v) * v.tm["odi"], "o") / v.gdp0["d"]


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
    return total(border_value(v) * v.rm["odi"], "o") / v.gdp0["d"]


@equation("marketing_gap", "revenue")
def marketing_abroad(v):
    r"""Fixed costs paid in the destination: a constant share of sales, received less paid, as a share of GDP.

    .. math:: gap_{r,i} = \Big(Y^0_{r,i} py_{r,i} marketing_{r,i} - \gamma_i \frac{\chi_i}{\sigma^m_i}
              \big(\textstyle\sum_o X^0_{o,r,i} py_{o,i} x_{o,r,i}
              - \sum_d X^0_{r,d,i} py_{r,i} x_{r,d,i}\big)\Big) / GDP^0_r

    Source: Arkolakis (2010), Arkolakis, Costinot and Rodriguez-Clare (2012). Held at 0 where in force.
    """
    value = shipment_value(v)
    net = total(value, "o")["ri"] - total(value, "d")["ri"]
    share = v.fixed_abroad["i"] * v.selection["i"] / v.sigma_m["i"]
    return (v.Y0["ri"] * v.py["ri"] * v.marketing["ri"] - share * net) / v.gdp0["r"]


def cutoff(v) -> Named:
    r"""Cut-off, hence average, productivity of the firms of o that serve d, an index; 1 without selection.

    :math:`\varphi^*_{od} = (n_o w_{od} / (py_o x_{od}))^{1/a}` with the fixed cost's price
    :math:`w = py_o^{1-\gamma} py_d^{\gamma}`: with Pareto productivity sales are in proportion to the firms
    that serve a market times their fixed cost (Melitz and Redding 2014).
    """
    relative = (v.py["di"] / v.py["oi"]) ** v.fixed_abroad["i"]
    return (v.n["oi"] * relative / shipments(v)) ** (v.pareto["i"] / _shape(v))


def cutoff_home(v) -> Named:
    """Cut-off, hence average, productivity of the firms that serve their own country, an index."""
    return (v.n["ri"] * v.hurdle["ri"] / home_sales(v)) ** (v.pareto["i"] / _shape(v))


def _shape(v) -> Named:
    # the Pareto shape a; where all firms are alike, sigma - 1
    return v.sigma_m["i"] - 1 - v.selection["i"]


def firms(v) -> Named:
    """Firms of o that serve d, an index: all entrants where there is no selection."""
    return v.n["oi"] * cutoff(v) ** (0 - _shape(v))


def firms_home(v) -> Named:
    """Firms that serve their own country, an index."""
    return v.n["ri"] * cutoff_home(v) ** (0 - _shape(v))


FIRM_REPORTS = (
    Report(variable("firms", "odi", "index", "firms of o that serve d"), firms),
    Report(variable("firms_home", "ri", "index", "firms that serve their own country"), firms_home),
    Report(variable("cutoff", "odi", "index", "cut-off and average productivity of o in d"), cutoff),
    Report(variable("cutoff_home", "ri", "index", "cut-off and average productivity at home"), cutoff_home),
)
ARMINGTON = Block(
    "trade: Armington, Krugman, Melitz",
    (
        variable("pmm", "ri", "index", "price of the import composite"),
        variable("pa", "ri", "index", "market price of absorption"),
        variable("sales", "ri", "index", "sales of own firms at producer cost, at home and abroad"),
        variable("y", "ri", "index", "output"),
        variable("entry_gap", "ri", "share of output", "entrants above what sales can pay for"),
        variable("market_gap", "ri", "share of absorption", "size of the market above absorption"),
        variable("capacity_gap", "ri", "Fischer-Burmeister", "hurdle at home against entrants kept out"),
        variable("marketing_gap", "ri", "share of benchmark GDP", "fixed costs paid abroad not yet booked"),
        variable("rev_tm", "ri", "share of benchmark GDP", "tariff revenue by importer"),
        variable("rev_te", "ri", "share of benchmark GDP", "export tax revenue by exporter"),
        variable("rent_x", "ri", "share of benchmark GDP", "rents of exporters"),
        variable("rent_m", "ri", "share of benchmark GDP", "rents of importers"),
        instrument("tm", "odi", "share of border value", "import tariff"),
        instrument("te", "odi", "share of basic value", "export tax"),
        instrument("rx", "odi", "share of export value", "rent rate of exporters"),
        instrument("rm", "odi", "share of border value", "rent rate of importers"),
        instrument("k", "odi", "index", "iceberg factor: units shipped per unit delivered"),
        instrument("n", "ri", "index", "number of entrants (all operate in Krugman sectors)"),
        instrument("market", "ri", "index", "real size of the market that firms select into"),
        instrument(
            "hurdle", "ri", "index", "revenue that pays the fixed cost at home; above 1 nobody is kept out"
        ),
        instrument(
            "marketing", "ri", "share of output", "fixed costs sold to foreign firms less bought abroad"
        ),
        parameter("tm0", "odi", "share of border value", "benchmark tariff"),
        parameter("te0", "odi", "share of basic value", "benchmark export tax"),
        parameter("rx0", "odi", "share of export value", "benchmark rent rate of exporters"),
        parameter("rm0", "odi", "share of border value", "benchmark rent rate of importers"),
        parameter("sigma_m", "i", "elasticity", "substitution among import origins"),
        parameter("sigma_d", "i", "elasticity", "substitution between own-country and imported"),
        parameter("selection", "i", "exponent", "excess of Pareto shape over sigma - 1, relative; 0: none"),
        parameter("pareto", "i", "0 or 1", "1 where firms differ in productivity and select"),
        parameter("entry", "i", "0 or 1", "1 where firms enter freely"),
        parameter("home_entrants", "i", "share", "entrants that sell at home at the benchmark; 0: no limit"),
        parameter("fixed_abroad", "i", "share", "fixed costs of a market paid there, not at home"),
        parameter("imp_share", "odi", "share of imports", "origin o in imports of d at landed prices"),
        parameter("home_share", "ri", "share of absorption", "own-country sales in absorption"),
        parameter("home_sales_share", "ri", "share of output", "own-country sales in output"),
        parameter("export_share", "odi", "share of output", "shipments to d in output of o"),
        parameter("X0", "odi", "USD million", "shipments at basic prices"),
    ),
    (
        import_price,
        absorption_price,
        own_sales,
        output,
        free_entry,
        entrants_at_home,
        market_size,
        tariff_revenue,
        export_tax_revenue,
        exporter_rent,
        importer_rent,
        marketing_abroad,
    ),
    (
        Report(
            variable("x", "odi", "index", "quantity shipped (producer cost units), iceberg losses included"),
            shipments,
        ),
        Report(variable("xh", "ri", "index", "own-country sales"), home_sales),
        Report(
            variable("pb", "odi", "index", "border price, export tax and exporter rent included"),
            border_price,
        ),
        Report(
            variable("pm", "odi", "index", "landed price of a delivered unit, varieties counted"),
            landed_price,
        ),
        *FIRM_REPORTS,
    ),
)
