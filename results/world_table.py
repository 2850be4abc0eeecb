r"""The world input-output table of a solution, and what follows any purchase through it.

Values are those of the solution (USD million in units of the numeraire). A unit of the market value of
absorption (d, i) is paid to producers at basic prices (``basic``, by origin), to the exporter's government
and rent owners (``markup``: export taxes and exporters' rents) and to the user's region (import tariffs,
importers' rents). A unit of output of (d, j) is paid for inputs (``inputs``, by commodity, before user taxes)
and else stays in the region: factors, production tax, taxes on inputs. So every dollar ends with a region:
income by final demand adds up to GDP, embodied shares to one, and nothing is counted twice.

With :math:`A_{oi,dj} = basic_{o,d,i} \, inputs_{d,i,j}` and L the Leontief inverse :math:`(I - A)^{-1}`, both
:math:`w L` and :math:`L f` are found from one inverse a region (its own Leontief inverse, from trade among
its members as well) and rounds of trade between regions, which shrink by their share in costs: no matrix of
all regions times all sectors is ever built. Leontief (1936); Miller & Blair (2009).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

from cge.solution import Solution
from results.errors import ResultsError
from results.levels import aligned, safe_ratio, trade_levels

Array = np.ndarray
ROUNDS = 500
"""More rounds of trade than any economy needs (about 30); an economy that needs more does not pay its
inputs."""
SETTLED = 1e-13
"""Largest change of the last round, relative to the largest number found."""


@dataclass(frozen=True)
class WorldTable:
    """Shares and values in the order of ``regions`` and ``sectors`` (R, S).

    ``market`` (d, i): absorption at market prices; of which, as shares, ``basic markup`` (o, d, i) and
    ``kept`` (d, i): tariffs and importers' rents; ``inputs`` (d, i, j): at market prices, per unit of output;
    ``output`` (d, j) at basic prices; ``final`` (d, i): final use at market prices; ``final_tax`` (d): taxes
    on it. Values in USD million. Home sales and trade among a region's members are on the diagonal of (o, d).
    """

    regions: Array
    sectors: Array
    market: Array
    basic: Array
    markup: Array
    kept: Array
    inputs: Array
    output: Array
    final: Array
    final_tax: Array

    @cached_property
    def purchases(self) -> Array:
        """What d pays o for i before tariffs: home sales at basic prices, border values (o, d, i), USD
        million.
        """
        return (self.basic + self.markup) * self.market

    @cached_property
    def foreign(self) -> Array:
        """``basic`` without what stays in the region (o, d, i)."""
        return self.basic * (1 - np.eye(len(self.regions)))[:, :, None]

    @cached_property
    def own(self) -> Array:
        """``basic`` of what stays in the region, trade among its members included (d, i)."""
        return np.einsum("ddi->di", self.basic)

    @cached_property
    def domestic(self) -> Array:
        """Each region's own Leontief inverse (d, i, j): output of i for one unit of j sold outside."""
        a = self.own[:, :, None] * self.inputs
        return np.linalg.inv(np.eye(len(self.sectors)) - a)

    @cached_property
    def exported_tax(self) -> Array:
        """Export taxes and exporters' rents between regions, share of the market value (o, d, i)."""
        return self.markup * (1 - np.eye(len(self.regions)))[:, :, None]

    @cached_property
    def stays(self) -> Array:
        """Share of the market value of (d, i) that goes to taxes and rents of the user's region itself."""
        return self.kept + np.einsum("ddi->di", self.markup)

    @cached_property
    def earned(self) -> Array:
        """Own income per unit of output (d, j): factors, production tax, taxes and tariffs on inputs; zero
        where nothing is made.
        """
        made = self.output > 0
        return np.where(made, 1 - self.inputs.sum(1) + (self.stays[:, :, None] * self.inputs).sum(1), 0.0)

    @cached_property
    def content(self) -> Array:
        """Share of output (o, i) at basic prices that is, in the end, income of region s: (s, o, i)."""
        start = _batched(self.exported_tax, self.inputs)
        for n in range(len(self.regions)):
            start[n, n] += self.earned[n]
        return self.upstream(start)

    @cached_property
    def embodied_at_border(self) -> Array:
        """Share of the market value of absorption (d, i) that is income of s, but for the user's tariffs and
        importers' rents: (s, d, i).
        """
        return _over_origins(self.content, self.basic) + self.markup

    @cached_property
    def paid_to(self) -> Array:
        """Share of the output value of (d, j) that is paid to region s for inputs, at border values: (s, d,
        j); zero to itself.
        """
        return _batched(self.foreign + self.exported_tax, self.inputs)

    @cached_property
    def through_supplier(self) -> Array:
        """Share of the output value of (d, j) that passes through region s anywhere in the chain: (s, d, j);
        one for its own output.
        """
        return self.upstream(_batched(self.exported_tax, self.inputs), absorbing=True)

    @cached_property
    def income(self) -> Array:
        """USD million of region s that final demand of region d pays for, in the end: (s, d). Sums over d are
        GDP.
        """
        found = np.einsum("sdi,di->sd", self.embodied_at_border, self.final)
        return found + np.diag((self.kept * self.final).sum(1) + self.final_tax)

    def upstream(self, start: Array, absorbing: bool = False) -> Array:
        r""":math:`w L` for rows ``start`` (k, d, j): own share of a unit of output and all that is in its
        inputs. ``absorbing``: row k is one in region k, whatever is in its inputs (k over regions).

        Raises ResultsError when the rounds do not end.
        """
        through = self.inputs @ self.domestic
        first = np.einsum("kdi,dij->kdj", start, self.domestic, optimize=True)
        here = np.arange(len(self.regions))
        found = np.zeros_like(first)
        for _ in range(ROUNDS):
            if absorbing:
                found[here, here] = 1.0
            update = first + _batched(_over_origins(found, self.foreign), through)
            if absorbing:
                update[here, here] = 1.0
            if _settled(update, found):
                return update
            found = update
        raise ResultsError(_ENDLESS)

    def downstream(self, sold: Array) -> Array:
        r""":math:`L f` for columns ``sold`` (o, i, k) at basic prices: output that they call for, everywhere.

        Raises ResultsError when the rounds do not end.
        """
        found = np.zeros_like(sold)
        trade = self.foreign.transpose(2, 0, 1)
        for _ in range(ROUNDS):
            needed = (self.inputs @ found).transpose(1, 0, 2)
            update = self.domestic @ (sold + (trade @ needed).transpose(1, 0, 2))
            if _settled(update, found):
                return update
            found = update
        raise ResultsError(_ENDLESS)


_ENDLESS = "rounds of inputs do not add up: an economy pays more for inputs than its output is worth"


def _batched(by_input: Array, inputs: Array) -> Array:
    """(k, d, i) and (d, i, j) -> (k, d, j)."""
    return (by_input.transpose(1, 0, 2) @ inputs).transpose(1, 0, 2)


def _over_origins(found: Array, shares: Array) -> Array:
    """(k, o, i) and (o, d, i) -> (k, d, i)."""
    return (found.transpose(2, 0, 1) @ shares.transpose(2, 0, 1)).transpose(1, 2, 0)


def _settled(update: Array, found: Array) -> bool:
    return float(np.abs(update - found).max()) <= SETTLED * max(float(np.abs(update).max()), 1e-300)


def world_table(solution: Solution) -> WorldTable:
    """The table of one solution, in its label order. Raises ResultsError when labels disagree."""
    v, b = aligned(solution)
    with xr.set_options(arithmetic_join="exact"):
        levels = trade_levels(v, b)
        home = (b.H0 * v.py * v.xh).rename(r="d")
        sold = b.X0 * v.py.rename(r="o") * v.x
        border = levels["border"]
        market = home + (border * (1 + v.tm + v.rm)).sum("o")
        basic = sold + xr.where(sold.o == sold.d, home, 0.0)
        output = basic.sum("d")
        share = {
            "basic": safe_ratio(basic, market, 0.0),
            "markup": safe_ratio(border - sold, market, 0.0),
        }
        kept = safe_ratio((border * (v.tm + v.rm)).sum("o"), market, 0.0)
        made = output.rename(o="r", i="j")
        inputs = safe_ratio(b.Z0 * v.pa * v.zq, made, 0.0)
        uses = {"tc": b.C0 * v.c, "tg": b.G0 * v.g, "ti": b.I0 * v.inv}
        final = sum(use * v.pa for use in uses.values())
        tax = sum((use * v.pa).sum("i") * v[name] for name, use in uses.items())
        flows = {k: a.transpose("o", "d", "i").values for k, a in share.items()}
    return WorldTable(
        v.r.values.astype(str),
        v.i.values.astype(str),
        kept=kept.transpose("d", "i").values,
        market=market.transpose("d", "i").values,
        inputs=inputs.transpose("r", "i", "j").values,
        output=made.transpose("r", "j").values,
        final=xr.DataArray(final).transpose("r", "i").values,
        final_tax=xr.DataArray(tax).transpose("r").values,
        **flows,
    )
