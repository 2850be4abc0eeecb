r"""Market structures by sector: Armington, Krugman (free entry) and Melitz (selection of exporters).

A structure is parameters of the one trade system (`cge.blocks.trade`) and swaps of its cells; it
changes no equation. Firms of region o buy their fixed costs in the sector's own input bundle, whose price is
`py`, charge a constant markup :math:`\sigma/(\sigma-1)`, and receive their price before export taxes, rents
and tariffs, which are ad valorem on it: with tariff factor T a buyer pays :math:`pT` and the firm's revenue
is :math:`r = pq`, demand :math:`q = P^{\sigma}Q\,(pT)^{-\sigma}`.

Krugman (1980): zero profit :math:`r/\sigma = f\,py` makes output per firm constant, so the number of firms is
in proportion to the sector's output, and a price index over varieties is the Armington index with
:math:`n\,p^{1-\sigma}` in the place of :math:`p^{1-\sigma}`.

Melitz (2003) with Pareto productivity of shape :math:`a` (Chaney 2008; Balistreri and Rutherford 2013): n
entrants draw a productivity, and serve d above the cut-off at which :math:`r/\sigma` pays the fixed cost of
that market, :math:`f_{od} w_{od}`. Put into the price index, cut-offs vanish and

.. math:: P_{d}^{1-s} = Q_d^{\chi} \sum_o \theta_{od}\, n_o\, (py_o T_{od})^{1-s}\, k_{od}^{-a}
          \Big(\frac{w_{od}}{py_o}\Big)^{-\chi}, \qquad \chi = \frac{a}{\sigma-1} - 1, \quad
          s = \frac{a\,\sigma}{\sigma-1} = \sigma\,(1+\chi) = 1 + a + \chi .

That is a CES index with elasticity s, an index of entrants and an index of market size, and with
:math:`\chi = 0` it is Krugman's. Revenue at producer prices is the CES demand at that price. Entry takes the
share :math:`1/s` of revenue, fixed costs of markets :math:`\chi/s`, production :math:`a/s`; so free entry is
again n in proportion to sales. The price elasticity of trade is s for tariffs, and the elasticity to iceberg
costs is :math:`a`: structures share a trade elasticity when :math:`a = \sigma_{Armington} - 1`.

Productivity has a lower bound, so no more firms than entrants can serve a market. Where the benchmark share
of entrants that sell at home is known (`home_entrants`), the limit is a complementarity: once everybody sells
at home the last firm's revenue exceeds its fixed cost by the factor `hurdle`, and expected profit rises.
Other markets are served by fewer firms and their limits are not watched.

Fixed costs of a market abroad are bought at home (:math:`w_{od} = py_o`, the default, as in Balistreri and
Rutherford) or, in the share :math:`\gamma` = `fixed_abroad`, in the destination's bundle (Arkolakis 2010).
The accounts record output by origin, so costs paid abroad fit them only where each region's trade in the
sector balances, as in the theory's one-sector worlds; `with_firms` refuses them elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cge.parameters import ParameterError, Parameters

SMALLEST_SIGMA = 2.5
"""Below this, gains from variety are so strong that linked sectors may have no stable equilibrium."""
BALANCED = 1e-9


@dataclass(frozen=True)
class Structure:
    """Which of the two margins move: entry of firms, and selection of those that serve a market."""

    entry: bool
    selection: bool
    source: str


STRUCTURES: dict[str, Structure] = {
    "armington": Structure(False, False, "Armington (1969)"),
    "krugman": Structure(True, False, "Krugman (1980)"),
    "melitz": Structure(True, True, "Melitz (2003), Chaney (2008)"),
}


@dataclass(frozen=True)
class Firms:
    """The market structure of one sector: one nest over origins and varieties.

    ``sigma``: substitution among varieties (origins under Armington). ``shape``: Pareto shape of
    productivity, Melitz only. ``fixed_abroad``: share of the fixed cost of serving a foreign market that is
    paid there. ``home_entrants``: share of entrants that sell at home at the benchmark, Melitz only; when it
    is given, no more firms than entrants can, and 0, the default, means that the limit is far away.
    """

    structure: str
    sigma: float
    shape: float | None = None
    fixed_abroad: float = 0.0
    home_entrants: float = 0.0

    @property
    def selection(self) -> float:
        """Excess of the Pareto shape over sigma - 1, relative to sigma - 1; 0 without selection."""
        return 0.0 if self.shape is None else self.shape / (self.sigma - 1) - 1

    @property
    def price_elasticity(self) -> float:
        """Elasticity s of the one-nest demand for an origin's goods to their price, tariffs included."""
        return self.sigma * (1 + self.selection)

    def words(self) -> str:
        """``melitz, sigma 3.8, shape 4.6``."""
        shape = "" if self.shape is None else f", shape {self.shape:.4g}"
        return f"{self.structure}, sigma {self.sigma:.4g}{shape}"

    def problem(self) -> str | None:
        """Why these numbers cannot be used, or None."""
        if self.structure not in STRUCTURES:
            return f"structure '{self.structure}' is not one of {', '.join(STRUCTURES)}"
        kind = STRUCTURES[self.structure]
        if kind.entry and not self.sigma >= SMALLEST_SIGMA:
            return (
                f"substitution among varieties {self.sigma:.3g} is below {SMALLEST_SIGMA:g}: "
                "gains from variety would be too strong for a stable equilibrium"
            )
        if kind.selection != (self.shape is not None):
            return f"a Pareto shape goes with melitz and only there ({self.structure}, shape {self.shape})"
        if self.shape is not None and not self.shape > self.sigma - 1:
            return (
                f"Pareto shape {self.shape:.3g} does not exceed sigma - 1 = {self.sigma - 1:.3g}: "
                "mean sales would be infinite"
            )
        for value, what in (
            (self.fixed_abroad, "fixed costs paid abroad"), (self.home_entrants, "entrants that sell at home")
        ):  # fmt: skip
            if not 0 <= value <= (1 if kind.selection else 0):
                return f"share of {what} {value:g}: 0 to 1 with melitz, else 0"
        return None


def at_trade_elasticity(structure: str, sigma: float, pareto_ratio: float) -> Firms:
    """The structure with the trade elasticity ``sigma - 1`` of an Armington sector.

    `pareto_ratio` is the Pareto shape over (elasticity among varieties less 1), at least 1: under Melitz the
    shape equals the trade elasticity, so varieties are closer together than Armington's origins.
    """
    kind = STRUCTURES.get(structure)
    if kind is None or not kind.selection:
        return Firms(structure, sigma)
    return Firms(structure, 1 + (sigma - 1) / pareto_ratio, shape=sigma - 1)


def with_firms(parameters: Parameters, sectors: Mapping[str, Firms]) -> Parameters:
    """Parameters with the named sectors in one nest and under the given market structure.

    Raises ParameterError naming the sector and the reason: an unknown name, an elasticity out of range, or
    costs paid abroad where the sector's benchmark trade does not balance.
    """
    names = ("sigma_m", "sigma_d", "selection", "entry", "pareto", "fixed_abroad", "home_entrants")
    arrays = {n: np.array(parameters.arrays[n], dtype=float) for n in names}
    for sector, firms in sectors.items():
        if sector not in parameters.sets.sectors:
            raise ParameterError(f"market structure of '{sector}': no such sector in this model")
        problem = firms.problem() or _unbalanced(parameters, sector, firms)
        if problem:
            raise ParameterError(f"market structure {firms.structure} of {sector}: {problem}")
        at, kind = parameters.sets.sectors.index(sector), STRUCTURES[firms.structure]
        arrays["sigma_m"][at] = arrays["sigma_d"][at] = firms.price_elasticity
        arrays["selection"][at] = firms.selection
        arrays["entry"][at], arrays["pareto"][at] = float(kind.entry), float(kind.selection)
        arrays["fixed_abroad"][at], arrays["home_entrants"][at] = firms.fixed_abroad, firms.home_entrants
    return parameters.with_arrays(**arrays)


def _unbalanced(parameters: Parameters, sector: str, firms: Firms) -> str | None:
    if firms.fixed_abroad == 0:
        return None
    at = parameters.sets.sectors.index(sector)
    trade, output = parameters.arrays["X0"][:, :, at], parameters.arrays["Y0"][:, at]
    gap = trade.sum(axis=0) - trade.sum(axis=1)
    worst = int(np.argmax(np.abs(gap)))
    if abs(gap[worst]) <= BALANCED * output[worst]:
        return None
    return (
        "fixed costs paid abroad need balanced trade in the sector, because the accounts record output by "
        f"origin; {parameters.sets.regions[worst]} has net imports of {gap[worst]:.6g} USD million; pay them "
        "at home (fixed_abroad = 0)"
    )
