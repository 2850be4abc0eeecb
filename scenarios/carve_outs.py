"""Product carve-outs: the share of a tariff cut that is withheld for products inside an industry.

``new = old - (1 - w) (old - target)`` with the withheld share ``w`` of each flow; shares of several products
in one industry add.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scenarios.carve_schema import CarveOut
from scenarios.groups import Groups, SectorGroups
from scenarios.problems import ScenarioError, suggest
from scenarios.product_table import ProductRow, ProductTable, packaged_products, read_products
from scenarios.units import percent

if TYPE_CHECKING:
    from scenarios.aim import Aim, Mask
    from scenarios.schema import Scenario

Array = npt.NDArray[np.float64]
FEW = 3


def held_back(old: Array, new: Array, withheld: Array | None) -> Array:
    """New rates with a share of each cut withheld (None: of none); rates that rise are as they are."""
    if withheld is None:
        return new
    cut = (withheld > 0) & (new < old)
    target = np.where(cut, new, old)
    return np.where(cut, old - (1 - withheld) * (old - target), new)


def product_table(
    scenario: Scenario, groups: Groups | None = None, sector_groups: SectorGroups | None = None
) -> ProductTable:
    """The packaged table with the rows of the scenario's own file, if it names one under ``products``.

    Raises:
        ScenarioError: the file is missing or a row of it is wrong.
    """
    path = products_file(scenario)
    if path is None:
        return packaged_products()
    try:
        return packaged_products().extended(read_products(path, groups, sector_groups))
    except (ValueError, KeyError, OSError) as error:
        raise ScenarioError([scenario.origin.problem("products", str(error))]) from error


def products_file(scenario: Scenario) -> Path | None:
    """The CSV of product carve-outs that a scenario brings, or None."""
    own = scenario.products
    return None if own is None else Path(scenario.origin.folder) / own


def withheld(
    aim: Aim, cells: Mask, carve_outs: Sequence[CarveOut], path: str, *, quiet: bool = False
) -> Array | None:
    """Share of each flow's tariff cut that the products of ``carve_outs`` withhold; None if there are none.

    Args:
        aim: looks up names, and keeps problems and notes.
        cells: the flows (o, d, i) of the shock or line, whole flows carved out already.
        carve_outs: those without products are passed over.
        path: of the shock or line; the entries stand at ``path.except[k]``.
        quiet: leave out notes.
    """
    entries = [(k, entry) for k, entry in enumerate(carve_outs) if entry.products is not None]
    if not entries:
        return None
    total = np.zeros(cells.shape)
    taken: dict[str, Mask] = {}
    for k, entry in entries:
        where = f"{path}.except[{k}]"
        hit = cells & aim.box(entry, where)
        for n, name in enumerate(entry.products or ()):
            product, own = name.lower(), entry.share
            share = _Product(aim, product, f"{where}.products[{n}]", quiet).shares(hit, own)
            if share is None:
                continue
            twice = taken.get(product, np.zeros_like(cells)) & (share > 0)
            if twice.any():
                aim.problem(
                    where, f"{product} is withheld twice on {int(twice.sum())} flows; keep them apart"
                )
            taken[product] = taken.get(product, np.zeros_like(cells)) | (share > 0)
            total = total + share
    if (total > 1 + 1e-9).any():
        _, d, i = np.unravel_index(int(np.argmax(total)), total.shape)
        aim.problem(
            f"{path}.except",
            f"{percent(float(total.max()))} of the tariff cut of {aim.world.sectors[i]} by "
            f"{aim.world.regions[d]} would be withheld; shares of several products add and must stay within "
            "100 %: name fewer products, give smaller shares, or name the whole industry under 'sectors'",
        )
    return np.minimum(total, 1.0)


@dataclass(frozen=True)
class _Product:
    """One product of one entry: which share of which industries' cuts it withholds."""

    aim: Aim
    product: str
    path: str
    quiet: bool

    @property
    def table(self) -> ProductTable:
        return self.aim.world.products

    def shares(self, hit: Mask, own: float | None) -> Array | None:
        """Over (o, d, i), zero outside ``hit``; None if the product or its numbers are unknown."""
        sectors = self._sectors(own)
        if sectors is None:
            return None
        mask = np.array([s in sectors for s in self.aim.world.sectors])
        hit = hit & mask
        if not hit.any():
            self._note(f"{self.product}: this carve-out meets no flow of the shock")
            return None
        if own is not None:
            named = " and ".join(s for s, chosen in zip(self.aim.world.sectors, mask, strict=True) if chosen)
            self._note(
                f"{self.product}: {percent(own)} of the tariff cut of {named} is withheld, as the scenario "
                "says, in place of tables/product_carve_outs.csv"
            )
            return np.where(hit, own, 0.0)
        return self._from_table(hit, sectors)

    def _sectors(self, own: float | None) -> tuple[str, ...] | None:
        hidden = self.aim.world.sector_groups.products.get(self.product, ())
        rows = self.table.sectors(self.product)
        if own is None and rows:
            return rows
        if own is not None and (rows or hidden):
            return rows or hidden
        if hidden:
            self.aim.problem(
                self.path,
                f"no row for {self.product} in tables/product_carve_outs.csv, which has "
                f"{', '.join(self.table.products)}: write 'share:', or add a row such as "
                f"{self.product},{hidden[0]},*,0.10,... to a file named under 'products:'",
            )
            return None
        known = sorted({*self.table.products, *self.aim.world.sector_groups.products})
        hint = suggest(self.product, known, f"; there are {', '.join(self.table.products)}")
        self.aim.problem(self.path, f"no product '{self.product}'{hint}")
        return None

    def _from_table(self, hit: Mask, sectors: tuple[str, ...]) -> Array | None:
        world = self.aim.world
        importers: Mask = np.asarray(hit.any(axis=0))
        out, used, without = np.zeros(hit.shape), list[ProductRow](), []
        for d, region in enumerate(world.regions):
            if not importers[d].any():
                continue
            try:
                found = {s: self.table.row(self.product, s, region) for s in sectors}
            except ValueError as error:
                self.aim.problem(self.path, str(error))
                return None
            if not any(found.values()):
                without.append(region)
            for i, sector in enumerate(world.sectors):
                row = found.get(sector)
                if row is not None and importers[d, i]:
                    out[:, d, i] = np.where(hit[:, d, i], row.share, 0.0)
                    used.append(row)
        if without:
            self.aim.problem(
                self.path,
                f"tables/product_carve_outs.csv has no row for {self.product} and {_few(without)}: write "
                f"'share:', or add a row such as {self.product},{sectors[0]},{without[0]},0.10,... to a file "
                "named under 'products:'",
            )
            return None
        for row in dict.fromkeys(used):
            who = "importers without a row of their own" if row.importer == "*" else row.importer
            self._note(
                f"{self.product}: {percent(row.share)} of the tariff cut of {row.sector} by {who} is "
                f"withheld ({row.confidence}; {row.place})"
            )
        return out

    def _note(self, text: str) -> None:
        if not self.quiet:
            self.aim.note(self.path, text)


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:FEW]) + (f" and {len(names) - FEW} more" if len(names) > FEW else "")
