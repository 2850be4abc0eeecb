"""Closures: which cells of variables and instruments are free and which are held.

Without a closure every variable is free and every instrument is held. A closure is a list of swaps: each
holds some cells and frees as many others. It never changes an equation. `CLOSURES` names the choices of each
market; a numeraire is the swap that holds one price and frees the slack of the redundant equation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import numpy as np

from cge.equation import System
from cge.parameters import Parameters


class ClosureError(ValueError):
    """A closure names what does not exist, or leaves more cells free than there are equations, or fewer."""


@dataclass(frozen=True)
class Cells:
    """Some cells of one quantity: a boolean mask with its axes."""

    name: str
    mask: np.ndarray

    @property
    def count(self) -> int:
        """Number of cells chosen."""
        return int(np.count_nonzero(self.mask))


@dataclass(frozen=True)
class Swap:
    """Hold some cells and free as many others."""

    hold: Cells
    free: Cells
    reason: str


@dataclass(frozen=True)
class Closure:
    """Free cells of every variable and instrument, as boolean masks by name, and the swaps that led there."""

    free: Mapping[str, np.ndarray]
    swaps: tuple[Swap, ...]

    def free_instruments(self, system: System) -> frozenset[str]:
        """Names of instruments with at least one free cell."""
        return frozenset(n for n in system.names("instrument") if self.free[n].any())


def cells(text: str, parameters: Parameters, system: System) -> Cells:
    """Read ``pc[USA]``, ``xf[USA,capital,*]`` or ``pwf`` as cells; ``*`` stands for all labels of an axis.

    Raises ClosureError naming the unknown quantity or label.
    """
    found = re.fullmatch(r"\s*([A-Za-z_]\w*)\s*(?:\[(.*)\])?\s*", text)
    name = found.group(1) if found else ""
    quantity = system.quantities.get(name)
    if found is None or quantity is None or quantity.kind == "parameter":
        raise ClosureError(f"'{text}' is not a variable or an instrument of this formulation")
    keys = [k.strip() for k in found.group(2).split(",")] if found.group(2) else []
    if len(keys) != len(quantity.dims):
        raise ClosureError(
            f"'{text}': {name} has {len(quantity.dims)} axes ({quantity.dims}), {len(keys)} given"
        )
    mask = np.ones(parameters.sets.shape(quantity.dims), dtype=bool)
    for axis, (letter, key) in enumerate(zip(quantity.dims, keys, strict=True)):
        labels = parameters.sets.labels(letter)
        if key != "*" and key not in labels:
            raise ClosureError(f"'{text}': '{key}' is not among {', '.join(labels)}")
        chosen = np.array([key in ("*", label) for label in labels])
        mask &= chosen.reshape([-1 if k == axis else 1 for k in range(mask.ndim)])
    return Cells(name, mask)


Rule = Callable[[Parameters, System], tuple[Swap, ...]]


def _whole(name: str, parameters: Parameters, system: System) -> Cells:
    return Cells(name, np.ones(parameters.sets.shape(system.quantities[name].dims), dtype=bool))


def _specific(factor: str, reason: str) -> Rule:
    """Quantities of the factor held where it is used, its wedges freed; its own price and endowment swap
    too.
    """

    def rule(parameters: Parameters, system: System) -> tuple[Swap, ...]:
        number = parameters.sets.factors.index(factor)
        used = np.zeros_like(parameters.arrays["V0"], dtype=bool)
        used[:, number] = parameters.arrays["V0"][:, number] > 0
        market = np.zeros_like(parameters.arrays["endow"], dtype=bool)
        market[:, number] = True
        return (
            Swap(Cells("xf", used), Cells("wedge", used), reason),
            Swap(Cells("pf", market), Cells("endow", market), f"the {factor} market clears sector by sector"),
        )

    return rule


def _none(parameters: Parameters, system: System) -> tuple[Swap, ...]:
    return ()


def _wage_curve(parameters: Parameters, system: System) -> tuple[Swap, ...]:
    gap, u = (_whole(n, parameters, system) for n in ("wage_gap", "u"))
    return (Swap(gap, u, "the wage curve is in force and unemployment follows"),)


def _fixed_share_of_gdp(parameters: Parameters, system: System) -> tuple[Swap, ...]:
    names = ("saving_gap", "real_saving", "world_saving", "imbalance")
    gap, saving, world, imbalance = (_whole(n, parameters, system) for n in names)
    return (
        Swap(gap, saving, "foreign saving keeps its share of GDP"),
        Swap(world, imbalance, "foreign saving sums to zero over the world"),
    )


def market_structure(parameters: Parameters, system: System) -> tuple[Swap, ...]:
    """Swaps that put firms into the sectors whose parameters ask for them; none where there is no output."""
    arrays = parameters.arrays
    active = arrays["Y0"] > 0
    masks = {
        "entry": active & (arrays["entry"] > 0),
        "market": np.ones_like(active) & (arrays["pareto"] > 0),
        "capacity": active & (arrays["home_entrants"] > 0),
        "marketing": active & (arrays["fixed_abroad"] > 0),
    }
    rules = (
        ("entry", "n", "firms enter until profits are zero"),
        ("market", "market", "firms serve the markets that pay their fixed cost"),
        ("capacity", "hurdle", "no more firms than entrants sell at home"),
        ("marketing", "marketing", "fixed costs of foreign markets are bought there"),
    )
    return tuple(
        Swap(Cells(f"{mask}_gap", masks[mask]), Cells(name, masks[mask]), reason)
        for mask, name, reason in rules
        if masks[mask].any()
    )


CLOSURES: dict[str, dict[str, Rule]] = {
    "labour": {"full_employment": _none, "wage_curve": _wage_curve},
    "capital": {"mobile": _none, "sector_specific": _specific("capital", "capital stays in its sector")},
    "natural": {"sector_specific": _specific("natural", "natural resources stay in their sector")},
    "external": {"fixed_balance": _none, "fixed_share_of_gdp": _fixed_share_of_gdp},
    "investment": {"savings_driven": _none},
    "government": {"fixed_share": _none},
}


@dataclass(frozen=True)
class ClosureChoice:
    """Names of the choices, by market, and the numeraire; raises ClosureError on an unknown name."""

    labour: str = "full_employment"
    capital: str = "mobile"
    natural: str = "sector_specific"
    external: str = "fixed_balance"
    investment: str = "savings_driven"
    government: str = "fixed_share"
    numeraire: str = "pwf"

    def __post_init__(self) -> None:
        for slot in fields(self):
            name = getattr(self, slot.name)
            if slot.name != "numeraire" and name not in CLOSURES[slot.name]:
                raise ClosureError(f"{slot.name}: '{name}' is not one of {', '.join(CLOSURES[slot.name])}")

    def closure(self, parameters: Parameters, system: System) -> Closure:
        """Free and held cells under these choices."""
        swaps = [
            s for market, rules in CLOSURES.items() for s in rules[getattr(self, market)](parameters, system)
        ]
        swaps += market_structure(parameters, system)
        swaps.append(self._numeraire(parameters, system))
        return apply(swaps, parameters, system)

    def _numeraire(self, parameters: Parameters, system: System) -> Swap:
        hold = cells(self.numeraire, parameters, system)
        if hold.count != 1 or system.quantities[hold.name].kind != "variable":
            raise ClosureError(f"numeraire: '{self.numeraire}' must be one cell of a price, such as pc[USA]")
        return Swap(
            hold, Cells("walras", np.array(True)), "numeraire; the slack carries the redundant equation"
        )


def apply(swaps: list[Swap], parameters: Parameters, system: System) -> Closure:
    """Carry out swaps in order; raises ClosureError when one holds what is held or frees what is free."""
    free = {}
    for kind, value in (("variable", True), ("instrument", False)):
        for name in system.names(kind):
            free[name] = np.full(parameters.sets.shape(system.quantities[name].dims), value)
    for swap in swaps:
        if swap.hold.count != swap.free.count:
            raise ClosureError(
                f"{swap.reason}: holds {swap.hold.count} cells of {swap.hold.name} "
                f"but frees {swap.free.count} of {swap.free.name}"
            )
        _set(free, swap.hold, False, swap.reason)
        _set(free, swap.free, True, swap.reason)
    return Closure(free, tuple(swaps))


def _set(free: dict[str, np.ndarray], chosen: Cells, value: bool, reason: str) -> None:
    already = chosen.mask & (free[chosen.name] == value)
    if already.any():
        state = "free" if value else "held"
        raise ClosureError(f"{reason}: {int(already.sum())} cell(s) of {chosen.name} are {state} already")
    free[chosen.name] = np.where(chosen.mask, value, free[chosen.name])
