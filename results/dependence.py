r"""Dependence on suppliers: shares of imports, their concentration, what is embodied in inputs of inputs, and
what a supplier's stop would touch.

Direct: the share of each origin in the imports, and in all purchases, of commodity i by region d, at
border values (home sales at basic value). Concentration: Herfindahl-Hirschman index of the import shares,
0 to 10 000. Trade among the members of an aggregated region is not among its imports; in shares of all
purchases it counts as its own.

Embodied: the share of a purchase that is paid, in the end, to factors and governments of a supplier, directly
and through inputs of inputs (`results.world_table`): import tariffs, importers' rents and user taxes on
inputs belong to the user's region, export taxes and exporters' rents to the origin. Embodied shares add up to
one over suppliers: nothing is counted twice.

Exposure to a stop, of the output of sector j in region d (a share of the value of its output):

* ``stop_exposure_direct``: what it pays the supplier for inputs, at face value;
* ``stop_exposure_total``: the part of its cost that passes through the supplier anywhere in its chain. With T
  = 1 for the supplier's own output,

  .. math:: T_{dj} = \sum_i \text{paid to the supplier}_{i,dj} + \sum_{o \ne s, i} a_{oi,dj} T_{oi}

  so each dollar counts once, where it first meets the supplier: never below the direct share, never above
  one. This is hypothetical extraction (Los, Timmer & de Vries 2016); "look-through exposure" (Baldwin,
  Freeman & Theodorakopoulos 2023) adds up gross purchases over all stages instead and can exceed one.
* ``stop_bound``: the largest share that the supplier has in the region's purchases of any input that takes at
  least ``essential_input`` (`assumed`) of the value of output. If inputs are needed in fixed proportions and
  no other source, stock or substitute can step in, output falls by that share. An upper bound of the first
  months for the sector as a whole; bottlenecks inside a sector (one firm, one part) can be worse, and chains
  of other users' stops are not followed (followed to the end they would stop everything).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

import numpy as np
import pandas as pd
import xarray as xr

from cge.solution import Solution
from results.errors import ResultsError
from results.levels import same_world
from results.tidy import rows
from results.world_table import WorldTable, world_table

SHARE = "share of imports"
PURCHASES = "share of all purchases"
OUTPUT = "share of the value of output"
HHI = "index 0-10000"
FILE = "dependence.csv"

STOPS = ("stop_exposure_direct", "stop_exposure_total", "stop_bound")


@cache
def assumed() -> Mapping[str, float]:
    """The choices of ``assumptions/dependence.csv`` by name: ``essential_input`` (share of the value of
    output), ``prohibitive_cost`` (times the price).
    """
    text = resources.files("results").joinpath("assumptions", FILE).read_text(encoding="utf-8")
    found = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return MappingProxyType({row["name"]: float(row["value"]) for row in found})


@dataclass(frozen=True)
class Dependence:
    """Two datasets with the same variables, ``base`` and ``new``:

    ``import_share`` (o, d, i), ``hhi`` (d, i), ``import_share_total`` (o, d), ``hhi_total`` (d); ``direct
    embodied`` (d, i): share of ``supplier`` in all purchases of i by d; ``direct_total embodied_total`` (o,
    d): share of every supplier o in the purchases of all commodities; ``stop_exposure_direct
    stop_exposure_total stop_bound`` (d, j) of ``supplier``, and with ``_all`` (o, d) of every supplier,
    weighted by output.
    """

    base: xr.Dataset
    new: xr.Dataset
    supplier: str

    def table(self) -> pd.DataFrame:
        """Tidy rows; partner = the supplier. Import shares of flows that are zero in both solutions are left
        out; so is a region's exposure to its own stop.
        """
        b, n = self.base, self.new
        shares = rows("import_share", SHARE, b.import_share, n.import_share, ("d", "i", "o"))
        shares = shares.loc[((shares.baseline != 0) | (shares.counterfactual != 0)).to_numpy()]
        out = [shares, rows("import_concentration", HHI, b.hhi, n.hhi, ("d", "i"))]
        out.append(_by_partner("import_share_total", SHARE, b, n, own=False))
        out.append(rows("import_concentration_total", HHI, b.hhi_total, n.hhi_total, ("d",)))
        for name in ("direct", "embodied"):
            part = rows(f"supplier_share_{name}", PURCHASES, b[name], n[name], ("d", "i"))
            out.append(part.assign(partner=self.supplier))
            part = _by_partner(f"{name}_total", PURCHASES, b, n, own=True)
            out.append(part.assign(indicator=f"supplier_share_{name}_total"))
        for name in STOPS:
            part = rows(name, OUTPUT, b[name], n[name], ("d", "j")).assign(partner=self.supplier)
            out.append(part.loc[part.region != self.supplier])
            out.append(_by_partner(f"{name}_all", OUTPUT, b, n, own=False).assign(indicator=name))
        return pd.concat(out, ignore_index=True)


def _by_partner(name: str, unit: str, b: xr.Dataset, n: xr.Dataset, *, own: bool) -> pd.DataFrame:
    """Rows by region and supplier without a sector."""
    found = rows(name, unit, b[name], n[name], ("d", "o"))
    found = found.assign(partner=found.sector, sector="")
    return found if own else found.loc[found.region != found.partner]


def dependence(
    base: Solution,
    new: Solution,
    supplier: str,
    world: tuple[WorldTable, WorldTable] | None = None,
) -> Dependence:
    """Dependence of every region and commodity before and after; ``supplier``: the region whose share is
    traced by commodity and sector. ``world``: their tables, if made already.

    Raises ResultsError when the supplier is not a region of the solutions.
    """
    base, new = same_world(base, new)
    regions = [str(r) for r in base.values.r.values]
    if supplier not in regions:
        raise ResultsError(f"supplier {supplier!r} is not a region of this aggregation: {', '.join(regions)}")
    one, two = world or (world_table(base), world_table(new))
    return Dependence(_shares(one, supplier), _shares(two, supplier), supplier)


def _shares(w: WorldTable, supplier: str) -> xr.Dataset:
    """The variables of :class:`Dependence` for one solution."""
    at = int(np.flatnonzero(w.regions == supplier)[0])
    own = np.eye(len(w.regions), dtype=bool)
    imports = np.where(own[:, :, None], 0.0, w.purchases)
    share, whole = _ratio(imports, imports.sum(0)), _ratio(imports.sum(2), imports.sum((0, 2)))
    bought, paid_in_the_end = w.purchases.sum(0), w.embodied_at_border * w.market
    direct, embodied = _ratio(w.purchases, bought), _ratio(paid_in_the_end, bought)
    out = {
        "import_share": ("odi", share),
        "hhi": ("di", 1e4 * (share**2).sum(0)),
        "import_share_total": ("od", whole),
        "hhi_total": ("d", 1e4 * (whole**2).sum(0)),
        "direct": ("di", direct[at]),
        "embodied": ("di", embodied[at]),
        "direct_total": ("od", _ratio(w.purchases.sum(2), bought.sum(1))),
        "embodied_total": ("od", _ratio(paid_in_the_end.sum(2), bought.sum(1))),
    } | _stops(w, direct, at)
    labels = dict.fromkeys("od", w.regions) | dict.fromkeys("ij", w.sectors)
    return xr.Dataset({k: (tuple(dims), a) for k, (dims, a) in out.items()}, coords=labels)


def _stops(w: WorldTable, direct: np.ndarray, at: int) -> dict[str, tuple[str, np.ndarray]]:
    """Exposure to a stop: of the supplier numbered ``at`` by sector, of every supplier by region."""
    total = w.through_supplier
    needed = w.inputs >= assumed()["essential_input"]
    bound = np.stack([(needed * share[:, :, None]).max(1) for share in direct])
    found = {"stop_exposure_direct": w.paid_to, "stop_exposure_total": total, "stop_bound": bound}
    weights = _ratio(w.output, w.output.sum(1)[:, None])
    out: dict[str, tuple[str, np.ndarray]] = {}
    for name, exposed in found.items():
        exposed = np.where(w.output > 0, exposed, 0.0)
        out[name] = ("dj", exposed[at])
        out[f"{name}_all"] = ("od", (exposed * weights).sum(2))
    return out


def _ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """``a / b``, 0 where ``b`` is (an empty cell has weight zero, whatever is put there)."""
    return np.divide(a, b, out=np.zeros(np.broadcast_shapes(a.shape, b.shape)), where=b != 0)
