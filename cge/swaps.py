"""Swaps: which cells of variables and instruments are free and which are held.

Without a swap every variable is free and every instrument is held. A swap holds some cells and frees as many
others. It never changes an equation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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


SHIFTERS = {"productivity": "tfp"}
"""Regional shifters of arrays with more axes, so that one regional figure can be swapped for one cell."""


def shifter(text: str, parameters: Parameters, system: System) -> Cells:
    """As `cells`; a region alone, as in ``productivity[USA]``, means the regional shifter of the array.

    Raises ClosureError as `cells` does, with the number of cells that would be needed.
    """
    found = re.fullmatch(r"\s*(\w+)\s*\[([^,\]]*)\]\s*", text)
    name = found.group(1) if found else ""
    if found and name in SHIFTERS and SHIFTERS[name] in system.quantities:
        return cells(f"{SHIFTERS[name]}[{found.group(2)}]", parameters, system)
    return cells(text, parameters, system)


def apply(swaps: Sequence[Swap], parameters: Parameters, system: System) -> Closure:
    """Carry out swaps in order; raises ClosureError when one holds what is held or frees what is free."""
    free = {}
    for kind, value in (("variable", True), ("instrument", False)):
        for name in system.names(kind):
            free[name] = np.full(parameters.sets.shape(system.quantities[name].dims), value)
    for swap in swaps:
        if swap.hold.count != swap.free.count:
            side = swap.free if swap.free.count > swap.hold.count else swap.hold
            hint = f"; one cell: {SHIFTERS[side.name]}[region]" if side.name in SHIFTERS else ""
            raise ClosureError(
                f"{swap.reason}: holds {swap.hold.count} cells of {swap.hold.name} "
                f"but frees {swap.free.count} of {swap.free.name}{hint}"
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
