"""Which flows a shock is aimed at: the second stage of checking, once the labels of the data are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from scenarios.carve_schema import CarveOut
from scenarios.groups import EVERYTHING, Groups, SectorGroups, UnknownNameError
from scenarios.policy_schema import ScheduleLine
from scenarios.problems import Origin, Problem
from scenarios.product_table import ProductTable, packaged_products
from scenarios.schema import Shock

Mask = npt.NDArray[np.bool_]
BOTH_SIDES_SAME = "no flow is left: trade inside one region is not a flow"
IDLE_CARVE_OUT = "this carve-out meets no flow of"


@dataclass(frozen=True)
class World:
    """The labels of the data and the tables that give names a meaning."""

    regions: tuple[str, ...]
    sectors: tuple[str, ...]
    groups: Groups
    sector_groups: SectorGroups
    products: ProductTable = field(default_factory=packaged_products, repr=False)


@dataclass
class Findings:
    """Problems and notes collected while names are looked up."""

    problems: list[Problem] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)

    def note(self, text: str) -> None:
        """Keep a note, once."""
        self.notes.setdefault(text)


@dataclass(frozen=True)
class Aim:
    """Looks up the names of one file: masks over regions, sectors and cells (o, d, i)."""

    world: World
    origin: Origin
    findings: Findings

    def regions(self, names: Sequence[str] | None, path: str, *, quiet: bool = False) -> Mask:
        """Mask over regions; None means all. Unknown names become problems at ``path[k]``."""
        out = np.zeros(len(self.world.regions), dtype=bool)
        for k, name in enumerate((EVERYTHING,) if names is None else names):
            try:
                inside, outside = self.world.groups.expand(name, self.world.regions)
            except UnknownNameError as error:
                self.problem(f"{path}[{k}]", str(error))
                continue
            out |= np.array([r in inside for r in self.world.regions])
            if outside and not quiet:
                are = (
                    "is not in the database and stays"
                    if len(outside) == 1
                    else "are not in the database and stay"
                )
                self.note(f"{path}[{k}]", f"{name}: {', '.join(outside)} {are} in ROW, untreated")
        return out

    def sectors(self, names: Sequence[str] | None, path: str) -> Mask:
        """Mask over sectors; None means all. Unknown names become problems at ``path[k]``."""
        out = np.zeros(len(self.world.sectors), dtype=bool)
        for k, name in enumerate((EVERYTHING,) if names is None else names):
            try:
                inside = self.world.sector_groups.expand(name, self.world.sectors)
            except UnknownNameError as error:
                self.problem(f"{path}[{k}]", str(error))
                continue
            out |= np.array([s in inside for s in self.world.sectors])
            proxy = self.world.sector_groups.proxy(name, self.world.sectors)
            if proxy is not None:
                self.note(
                    f"{path}[{k}]", f"{name} stand for all of {proxy}: industries show no single products"
                )
        return out

    def shock(self, shock: Shock, path: str) -> Mask:
        """Cells (o, d, i) of a shock, carve-outs taken out; an empty result is a problem."""
        before = len(self.findings.problems)
        pairs = self._pairs(shock, path)
        sectors = self.sectors(shock.sectors, f"{path}.sectors")
        if shock.tariff is not None:
            self.only_goods(shock.sectors or (), sectors, f"{path}.sectors")
        cells = pairs[:, :, None] & sectors
        return self.carved(cells, shock.carve_outs, path, len(self.findings.problems) > before)

    def line(self, line: ScheduleLine, pairs: Mask, path: str, *, quiet: bool = False) -> Mask:
        """Cells (o, d, i) of a line of an agreement: flows on ``pairs`` (o, d) only.

        ``quiet``: that the line covers none of them is neither a problem nor worth a note.
        """
        before = len(self.findings.problems)
        exporters = self.regions(line.exporters, f"{path}.exporters", quiet=True)
        importers = self.regions(line.importers, f"{path}.importers", quiet=True)
        sectors = self.sectors(line.sectors, f"{path}.sectors")
        self.only_goods(line.sectors, sectors, f"{path}.sectors")
        cells = self.flows(exporters, importers, sectors) & pairs[:, :, None]
        broken = len(self.findings.problems) > before
        if quiet and not cells.any():
            return cells
        return self.carved(cells, line.carve_outs, path, broken, quiet=quiet)

    def _pairs(self, shock: Shock, path: str) -> Mask:
        if shock.between is not None:
            one, other = (self.regions(side, f"{path}.between[{k}]") for k, side in enumerate(shock.between))
            pairs = (one[:, None] & other) | (other[:, None] & one)
        elif shock.among is not None:
            member = self.regions(shock.among, f"{path}.among")
            pairs = member[:, None] & member
        else:
            exporters = self.regions(shock.exporters, f"{path}.exporters")
            pairs = exporters[:, None] & self.regions(shock.importers, f"{path}.importers")
        inside = dict(zip(self.world.regions, np.diag(pairs), strict=True))
        if inside.get("ROW"):
            self.note(path, "trade among the economies inside ROW is left alone")
        return _off_diagonal(pairs)

    def sides(self, between: Sequence[Sequence[str]] | None, path: str) -> Mask:
        """Pairs (o, d) from one side to the other, both ways; None: all pairs."""
        if between is None:
            return np.ones((len(self.world.regions),) * 2, dtype=bool)
        one, other = (self.regions(side, f"{path}[{k}]", quiet=True) for k, side in enumerate(between))
        return (one[:, None] & other) | (other[:, None] & one)

    def flows(self, exporters: Mask, importers: Mask, sectors: Mask) -> Mask:
        """Cells (o, d, i) from some regions to others; trade inside a region is left out."""
        return _off_diagonal(exporters[:, None] & importers)[:, :, None] & sectors

    def carved(
        self, cells: Mask, carve_outs: Sequence[CarveOut], path: str, broken: bool, *, quiet: bool = False
    ) -> Mask:
        """The cells without those of the carve-outs; a shock left without cells is a problem.

        Carve-outs of products take no cell out: `scenarios.carve_outs` withholds a share of the cut there.
        """
        if not cells.any() and not broken:
            self.problem(path, BOTH_SIDES_SAME)
            return cells
        left = cells
        for k, carve_out in enumerate(carve_outs):
            if carve_out.products is not None:
                continue
            where = f"{path}.except[{k}]"
            before = len(self.findings.problems)
            out = self.box(carve_out, where)
            silent = quiet or broken or len(self.findings.problems) > before
            if not (cells & out).any() and not silent:
                self.note(where, f"{IDLE_CARVE_OUT} {self._named(path)}")
            left = left & ~out
        if cells.any() and not left.any() and not quiet:
            self.problem(f"{path}.except", f"the carve-outs leave nothing of {self._named(path)}")
        return left

    def _named(self, path: str) -> str:
        """``this shock``, or its place where another file carves out of it."""
        there = self.origin.home(path)[0] is not self.origin.home(f"{path}.except")[0]
        return f"the shock on {self.origin.place(path)}" if there else "this shock"

    def box(self, carve_out: CarveOut, path: str) -> Mask:
        """Flows (o, d, i) that meet the conditions of a carve-out, products aside."""
        exporters = self.regions(carve_out.exporters, f"{path}.exporters")
        importers = self.regions(carve_out.importers, f"{path}.importers")
        return (
            exporters[:, None, None] & importers[:, None] & self.sectors(carve_out.sectors, f"{path}.sectors")
        )

    def only_goods(self, names: Sequence[str], mask: Mask, path: str) -> None:
        """A problem at ``path`` when services are among the sectors of a tariff."""
        goods = self.world.sector_groups.groups["goods"]
        wrong = [s for s, chosen in zip(self.world.sectors, mask, strict=True) if chosen and s not in goods]
        if wrong:
            named = (
                "all" if EVERYTHING in names else ", ".join(wrong[:4]) + (" ..." if len(wrong) > 4 else "")
            )
            holds = " holds services, and" if named == "all" else ":"
            hint = "write 'sectors: goods', or use 'barrier' for services"
            self.problem(path, f"{named}{holds} services pay no tariff; {hint}")

    def problem(self, path: str, message: str) -> None:
        """Keep a problem at this path of the file."""
        self.findings.problems.append(self.origin.problem(path, message))

    def note(self, path: str, message: str) -> None:
        """Keep a note with the file and line of the path."""
        self.findings.note(f"{self.origin.place(path)}: {message}")


def _off_diagonal(pairs: Mask) -> Mask:
    return pairs & ~np.eye(len(pairs), dtype=bool)
