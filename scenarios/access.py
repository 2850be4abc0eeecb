"""Market access in return for a standard: which flows get it, what it changes, what the standard costs.

Adopters' exports of the sectors named to the importers that grant access pay the lower tariff, have at least
the stated share of the cuttable barrier removed, and bear the standard's cost as an iceberg factor. Whoever
does not adopt keeps the old terms; nothing spills over to outsiders, because the access is conditional.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scenarios.aim import Aim, Findings, Mask, World
from scenarios.carve_outs import held_back, withheld
from scenarios.groups import Groups, load_groups, load_sector_groups
from scenarios.problems import Origin, Placed
from scenarios.schema import Scenario, Shock
from scenarios.standards import StandardRow, load_standards
from scenarios.units import percent

if TYPE_CHECKING:
    from scenarios.state import State


@dataclass(frozen=True)
class AccessItem(Placed):
    """An access shock with its cells (o, d, i) and the standard's cost by sector (i), share of price."""

    shock: Shock
    cells: Mask
    cost: npt.NDArray[np.float64]
    origin: Origin
    path: str
    withheld: npt.NDArray[np.float64] | None = None
    """Share of the tariff cut withheld for products."""

    def run(self, state: State, findings: Findings) -> State:
        """Lower tariffs and barriers of the adopters' flows, and make their exports dearer by the cost."""
        access, cells = self.shock.access, self.cells
        assert access is not None
        here = f"{self.place} {self.path}"
        why, before = f"{here} {self.shock.words()}", state
        if access.tariff is not None:
            old = state.values["tm"]
            cut = held_back(old, np.minimum(old, old * (1 + access.tariff)), self.withheld)
            new = np.where(cells, cut, old)
            state = state.moved("tm", new, why, cells=cells, place=here, joint=True)
        if access.ntm is not None and state.removed is not None:
            share = np.where(cells, access.ntm, 0.0)
            state = state.granted(state.removed.granted(here, share), why)
        if len(state.steps) == len(before.steps) and cells.any():
            findings.note(
                f"{self.place}: {access.words()} gives nothing that the adopters do not have already"
            )
        elif cells.any() and not (cells & state.traded).any():
            findings.note(f"{self.place}: none of the flows named has trade in the benchmark")
        old = state.values["k"]
        return state.moved("k", np.where(cells, old * (1 + self.cost), old), why, joint=True)


@dataclass(frozen=True)
class AccessParties:
    """Who grants and who adopts in one shock of a scenario: labels of the database, in its order."""

    shock: int
    standard: str
    granters: tuple[str, ...]
    adopters: tuple[str, ...]
    candidates: tuple[str, ...]


def access_item(aim: Aim, shock: Shock, path: str) -> AccessItem:
    """Look up the names of an access shock; what is wrong or worth knowing goes to the findings."""
    assert shock.access is not None and shock.condition is not None
    problems = len(aim.findings.problems)
    granters, adopters, _ = _parties(aim, shock, path)
    sectors = aim.sectors(shock.sectors, f"{path}.sectors")
    if shock.access.ntm is None:
        aim.only_goods(shock.sectors or (), sectors, f"{path}.sectors")
    cells = aim.flows(adopters, granters, sectors)
    if shock.condition.adopts:
        cells = aim.carved(cells, shock.carve_outs, path, len(aim.findings.problems) > problems)
    share = withheld(aim, cells, shock.carve_outs, path) if cells.any() else None
    return AccessItem(shock, cells, _cost(aim, shock, sectors, path), aim.origin, path, share)


def _parties(aim: Aim, shock: Shock, path: str) -> tuple[Mask, Mask, Mask]:
    """Masks over regions: who grants access, who adopts the standard, who else might."""
    condition = shock.condition
    assert condition is not None
    granters = aim.regions(shock.importers, f"{path}.importers")
    masks = []
    for key, names in (("adopts", condition.adopts), ("candidates", condition.candidates or ())):
        where = f"{path}.if.{key}"
        mask = aim.regions(names, where) if names else np.zeros_like(granters)
        both = [r for r, hit in zip(aim.world.regions, mask & granters, strict=True) if hit]
        if both and (granters.sum() > 1 or both[0] in names):
            message = f"{', '.join(both)}: who grants the access cannot be among those who adopt for it"
            aim.problem(where, message)
        elif both:
            aim.note(where, f"{both[0]} grants the access and is left out of {', '.join(names)}")
        masks.append(mask & ~granters)
    return granters, masks[0], masks[1]


def _cost(aim: Aim, shock: Shock, sectors: Mask, path: str) -> npt.NDArray[np.float64]:
    """Cost by sector as a share of price; what it rests on goes to the notes."""
    condition, labels = shock.condition, aim.world.sectors
    assert condition is not None
    if not isinstance(condition.cost, str):
        words = f"set by the scenario at {percent(condition.cost)} of price"
        aim.note(f"{path}.if", f"cost of the {condition.standard} standard {words}")
        return np.full(len(labels), condition.cost)
    rows = load_standards().by_sector(condition.standard, labels, aim.world.sector_groups)
    used: dict[int, tuple[StandardRow, list[str]]] = {}
    free = []
    for sector, chosen in zip(labels, sectors, strict=True):
        if chosen and sector in rows:
            used.setdefault(id(rows[sector]), (rows[sector], []))[1].append(sector)
        elif chosen:
            free.append(sector)
    for row, members in used.values():
        low, high = (percent(row.costs[k]) for k in ("low", "high"))
        aim.note(
            f"{path}.if",
            f"cost of the {condition.standard} standard {percent(row.costs[condition.cost])} of price "
            f"({condition.cost}; {low} to {high}; {row.confidence}) in {_few(members)}: {row.note}",
        )
    if free:
        aim.note(f"{path}.if", f"the {condition.standard} standard has no cost in {_few(free)}")
    return np.array([rows[s].costs[condition.cost] if s in rows else 0.0 for s in labels])


def _few(names: Sequence[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def repeated(items: Sequence[AccessItem], findings: Findings) -> None:
    """The cost of one standard twice on one flow is an error: a firm complies once."""
    for n, late in enumerate(items):
        for early in items[:n]:
            one, other = early.shock.condition, late.shock.condition
            assert one is not None and other is not None
            if one.standard == other.standard and (early.cells & late.cells).any():
                message = (
                    f"some of these flows already pay for the {other.standard} standard on {early.place}; "
                    "write one shock, or keep their sectors or countries apart"
                )
                findings.problems.append(late.origin.problem(late.path, message))


def access_parties(
    scenario: Scenario, regions: Sequence[str], groups: Groups | None = None
) -> tuple[AccessParties, ...]:
    """Who grants and who adopts, shock by shock, for a scenario that ``scenarios.apply`` accepts."""
    world = World(tuple(map(str, regions)), (), groups or load_groups(), load_sector_groups())
    aim, out = Aim(world, scenario.origin, Findings()), []
    for n, shock in enumerate(scenario.shocks):
        if shock.access is not None and shock.condition is not None:
            masks = _parties(aim, shock, f"shocks[{n}]")
            granters, adopters, candidates = (
                tuple(r for r, hit in zip(world.regions, mask, strict=True) if hit) for mask in masks
            )
            found = AccessParties(n, shock.condition.standard, granters, adopters, candidates)
            out.append(found)
    return tuple(out)


def with_adopters(scenario: Scenario, adopters: Mapping[int, Sequence[str]]) -> Scenario:
    """The scenario with other adopters in some of its access shocks (by their number); nobody is allowed."""
    shocks = list(scenario.shocks)
    for n, names in adopters.items():
        condition = shocks[n].condition
        if condition is None:
            raise ValueError(f"shocks[{n}] is no access shock")
        changed = condition.model_copy(update={"adopts": tuple(names)})
        shocks[n] = shocks[n].model_copy(update={"condition": changed})
    return scenario.model_copy(update={"shocks": tuple(shocks)})
