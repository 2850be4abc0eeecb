"""Where a scenario stands between two entries: instruments, what decides them, the steps so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from scenarios.aim import Mask, World
from scenarios.policy import Capped, Step
from scenarios.preferences import Paid, Preferences
from scenarios.removed import Removed

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class State:
    """Instruments (o, d, i) as they stand and the steps that led there; MFN rates and trade do not change.

    ``preferences`` decides tm and the part of k that rules of origin cost; ``removed`` decides the share of
    barriers that is removed (None: the scenario does not move them). Change them through ``moved``,
    ``agreed`` and ``granted``, which keep the instruments in step.
    """

    values: Mapping[str, Array]
    mfn: Array
    traded: Mask
    world: World
    preferences: Preferences
    paid: Paid
    shifts: Array
    """k without the cost of rules of origin."""
    removed: Removed | None = None
    steps: tuple[Step, ...] = ()
    controls: tuple[Capped, ...] = ()

    def moved(
        self, instrument: str, new: Array, why: str, *, cells: Mask | None = None, place: str = ""
    ) -> State:
        """A government changes one instrument: ``tm``, ``te`` or ``k``; a step is kept if any value changed.

        ``cells`` are those the measure covers (default: those it changes); a tariff set in them stands
        against later exits and re-entries. ``place`` is where it is written (default: ``why``).
        """
        if instrument == "removed":
            raise ValueError("barriers are removed by 'granted', which never takes away what is removed")
        changed = new != self.values[instrument]
        after = self._stepped(instrument, new, changed, why)
        if instrument == "k":
            after = replace(after, shifts=np.where(changed, new / self.paid.iceberg, self.shifts))
        if instrument == "tm":
            covered = changed if cells is None else cells
            preferences = self.preferences.shocked(covered, new, self.paid.iceberg, place or why)
            after = replace(after, preferences=preferences, paid=preferences.paid())
        return after

    def agreed(self, preferences: Preferences, why: Callable[[str, str, float], str]) -> State:
        """Agreements enter or end: each flow takes its cheapest terms.

        ``why`` puts a change into words, given the instrument, whose terms the flow takes and the share of
        trade that claims them.
        """
        paid, before = preferences.paid(), self.paid
        tariff = np.where(paid.tariff != before.tariff, paid.tariff, self.values["tm"])
        other = paid.iceberg != before.iceberg
        iceberg = np.where(other, self.shifts * paid.iceberg, self.values["k"])
        after = replace(self, preferences=preferences, paid=paid)
        for name, new in {"tm": tariff, "k": iceberg}.items():
            changed = new != self.values[name]
            terms = np.stack([paid.choice[changed], paid.used[changed]])
            for choice, used in np.unique(terms, axis=1).T.tolist():
                cells = changed & (paid.choice == choice) & (paid.used == used)
                after = after._stepped(name, new, cells, why(name, paid.names[int(choice)], used))
        return after

    def granted(self, removed: Removed, why: str) -> State:
        """Barriers removed or restored; a step is kept if any share changed."""
        new = removed.share()
        after = replace(self, removed=removed)
        return after._stepped("removed", new, new != self.values["removed"], why)

    def _stepped(self, name: str, new: Array, changed: Mask, why: str) -> State:
        steps = (*self.steps, Step(name, changed, why)) if changed.any() else self.steps
        return replace(self, values={**self.values, name: new}, steps=steps)
