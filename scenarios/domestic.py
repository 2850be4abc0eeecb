"""Taxes, subsidies, productivity and endowments of single economies as entries of a plan.

A subsidy is a negative tax on production. Its cost, like the revenue of every tax, is a lump sum out of
(into) the income of the region, so no other tax changes on its account (unless the closure names one).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scenarios.aim import Aim, Findings, Mask
from scenarios.dims import dims_of
from scenarios.domestic_schema import FACTORS, Endowment, Productivity, Subsidy
from scenarios.problems import Origin, Placed
from scenarios.schema import Shock
from scenarios.state import State
from scenarios.units import percent
from scenarios.verbs import RateVerb

Array = npt.NDArray[np.float64]
LETTERS = {
    "production_subsidy": "to", "production_tax": "to", "consumption_tax": "tc",
    "productivity": "productivity", "endowment": "endow",
}  # fmt: skip
"""The instrument of the model that each shock moves."""
NEEDS = {"to": "to0", "tc": "tc0"}
"""Benchmark rates that the world must have; the other instruments are indices that begin at 1."""
TAXES = tuple(NEEDS)
LARGE_SUBSIDY = 0.3
"""Points of the value of output above which a subsidy is worth a note."""


def _subsidised(verb: Subsidy, old: Array) -> Array:
    return old - verb.add


def _taxed(verb: RateVerb, old: Array) -> Array:
    return verb.changed(old)


def _scaled(verb: Productivity | Endowment, old: Array) -> Array:
    return old * (1 + verb.change)


_CHANGES: Mapping[str, Callable[..., Array]] = {
    "production_subsidy": _subsidised, "production_tax": _taxed, "consumption_tax": _taxed,
    "productivity": _scaled, "endowment": _scaled,
}  # fmt: skip


def _impossible(letter: str, rates: Array) -> Mask:
    """Rates at which no price is left: a tax of all output, a subsidy of all of it or of all consumption."""
    return (
        (rates >= 1) | (rates <= -1)
        if letter == "to"
        else rates <= -1
        if letter == "tc"
        else np.zeros(rates.shape, bool)
    )


@dataclass(frozen=True)
class DomesticItem(Placed):
    """A measure of single economies with its cells, over the dimensions of its instrument (`dims_of`)."""

    shock: Shock
    cells: Mask
    origin: Origin
    path: str

    def run(self, state: State, findings: Findings) -> State:
        """Change the cells; one government's own act, hence never joint."""
        name = self.shock.instrument
        letter = LETTERS[name]
        old = state.values[letter]
        new = np.where(self.cells, _CHANGES[name](getattr(self.shock, name), old), old)
        if not (new != old).any():
            findings.note(f"{self.place}: {self.shock.words()} changes nothing: it holds already")
        self._judge(letter, old, new, state, findings)
        if letter in TAXES:
            findings.note(
                f"{self.place}: {self.shock.words()}: a lump sum out of or into the region's income balances "
                "it; no other tax changes unless the closure names one"
            )
        return state.moved(letter, new, f"{self.place} {self.path} {self.shock.words()}")

    def _judge(self, letter: str, old: Array, new: Array, state: State, findings: Findings) -> None:
        wrong = _impossible(letter, new) & self.cells
        if letter == "to" and not wrong.any() and float((old - new).max()) > LARGE_SUBSIDY + 1e-12:
            where = self._cell(letter, int(np.argmax(old - new)), old, new, state)
            findings.note(
                f"{self.place}: {self.shock.words()}: a subsidy above {100 * LARGE_SUBSIDY:g} points of the "
                f"value of output is outside all experience, and results are unsafe; the largest: {where}"
            )
        if not wrong.any():
            return
        at = int(np.flatnonzero(wrong)[0])
        limit = "a tax of 100 % leaves nothing to the producer, a subsidy of 100 % pays for all there is"
        limit = limit if letter == "to" else "below -100 % the price would be negative"
        where = self._cell(letter, at, old, new, state)
        findings.problems.append(self.origin.problem(self.path, f"{where}; {limit}"))

    def _cell(self, letter: str, flat: int, old: Array, new: Array, state: State) -> str:
        """``USA, C26: from 2 % to -38 %``."""
        at = np.unravel_index(flat, old.shape)
        labels = {"r": state.world.regions, "j": state.world.sectors, "f": FACTORS}
        where = ", ".join(labels[dim][k] for dim, k in zip(dims_of(letter), at, strict=True))
        return f"{where}: from {percent(float(old[at]))} to {percent(float(new[at]))}"


def domestic_item(aim: Aim, shock: Shock, path: str) -> DomesticItem:
    """Look up the names of a domestic shock."""
    regions = aim.regions(shock.regions, f"{path}.regions")
    if shock.endowment is not None:
        chosen = np.array([f in shock.endowment.factor for f in FACTORS])
        cells = regions[:, None] & chosen
    elif "j" in dims_of(LETTERS[shock.instrument]):
        cells = regions[:, None] & aim.sectors(shock.sectors, f"{path}.sectors")
    else:
        cells = regions
    return DomesticItem(shock, cells, aim.origin, path)


def domestic_letters(shocks: tuple[Shock, ...]) -> tuple[str, ...]:
    """The instruments at home that any of the shocks moves, in a fixed order."""
    moved = {LETTERS[s.instrument] for s in shocks if s.instrument in LETTERS}
    return tuple(letter for letter in dict.fromkeys(LETTERS.values()) if letter in moved)
