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
    """Instruments (`dims_of`) and MFN rates as they stand, and the steps that led there; benchmark trade.

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
    border: Array | None = None
    """Benchmark value of each flow at the border, USD million, where a shock asks for it."""
    start: Array | None = None
    """Tariffs where the scenario began (those of the baseline), which retaliation looks back at."""
    answered: Array | None = None
    """Rises of tariffs since then (o, d, i) that the exporter's retaliation has answered already."""

    def moved(
        self,
        instrument: str,
        new: Array,
        why: str,
        *,
        cells: Mask | None = None,
        place: str = "",
        joint: bool = False,
    ) -> State:
        """Change one instrument (all but ``removed``); a step is kept if any value changed.

        ``cells`` are those the measure covers (default: those it changes); a tariff set in them stands
        against later exits and re-entries. ``place`` is where it is written (default: ``why``), ``joint`` as
        in Step.
        """
        if instrument == "removed":
            raise ValueError("barriers are removed by 'granted', which never takes away what is removed")
        changed = new != self.values[instrument]
        after = self._stepped(instrument, new, changed, why, joint)
        if instrument == "k":
            after = replace(after, shifts=np.where(changed, new / self.paid.iceberg, self.shifts))
        if instrument == "tm":
            covered = changed if cells is None else cells
            preferences = self.preferences.shocked(covered, new, self.paid.iceberg, place or why)
            after = replace(after, preferences=preferences, paid=preferences.paid())
        return after

    def with_removed(self, removed: Removed) -> State:
        """With barriers: the instrument ``removed`` (o, d, i) joins the others."""
        return replace(self, values={**self.values, "removed": removed.share()}, removed=removed)

    def with_tariffs(self, before: State, after: State) -> State:
        """With what an entry did to tariffs where there were no barriers."""
        both = {**after.values, "removed": self.values["removed"]}
        steps = (*self.steps, *after.steps[len(before.steps) :])
        return replace(after, values=both, removed=self.removed, steps=steps)

    def mfn_cut(self, cut: float | Array, cells: Mask) -> State:
        """Where a cut of the MFN rate reaches every exporter, what leaving an agreement brings falls too.

        ``cells`` (o, d, i) are those of the cut, whose rates have been moved; ``cut`` a share, or (1, d, i).
        """
        every = cells | np.eye(len(cells), dtype=bool)[:, :, None]
        mfn = np.where(every.all(axis=0, keepdims=True), self.mfn * (1 - cut), self.mfn)
        preferences = replace(self.preferences, mfn=mfn)
        return replace(self, mfn=mfn, preferences=preferences, paid=preferences.paid())

    def agreed(
        self, preferences: Preferences, why: Callable[[str, str, float], str], *, joint: bool = True
    ) -> State:
        """Agreements enter or end (then not ``joint``): each flow takes its cheapest terms.

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
            for choice in np.unique(paid.choice[changed]).tolist():
                whose = changed & (paid.choice == choice)
                for used in np.unique(paid.used[whose]).tolist():
                    words = why(name, paid.names[choice], used)
                    after = after._stepped(name, new, whose & (paid.used == used), words, joint)
        return after

    def granted(self, removed: Removed, why: str, *, joint: bool = True) -> State:
        """Barriers removed or restored (then not ``joint``); a step is kept if any share changed."""
        new = removed.share()
        after = replace(self, removed=removed)
        return after._stepped("removed", new, new != self.values["removed"], why, joint)

    def _stepped(self, name: str, new: Array, changed: Mask, why: str, joint: bool) -> State:
        steps = (*self.steps, Step(name, changed, why, joint)) if changed.any() else self.steps
        return replace(self, values={**self.values, name: new}, steps=steps)
