"""What a scenario comes to: instruments before and after, the table that says who changes what and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from scenarios.problems import Origin, Placed
from scenarios.schema import Shock

COLUMNS = ("importer", "exporter", "sector", "instrument", "from", "to", "why")


@dataclass(frozen=True)
class Step:
    """One change that was made: the instrument, the cells (o, d, i) whose value it changed, and why."""

    instrument: str
    changed: npt.NDArray[np.bool_] = field(repr=False)
    why: str


@dataclass(frozen=True)
class Capped(Placed):
    """A quota, export control, tariff-rate quota or minimum wage: what it says and the cells it covers.

    ``cells`` is over (o, d, i), for a minimum wage over (r); labels as in the policy's arrays. ``origin`` and
    ``path`` are the file and the entry it stands in.
    """

    shock: Shock
    cells: npt.NDArray[np.bool_] = field(repr=False)
    origin: Origin = field(repr=False)
    path: str


@dataclass(frozen=True)
class Policy:
    """The instruments under the baseline policy and under the scenario.

    Attributes:
        baseline: ``tm`` (tariff rate), ``k`` (iceberg factor, 1 = no change; rules of origin included) over
            (o, d, i), ``te`` (export tax) as well if any shock moves it, ``removed`` (share of the cuttable
            barrier that is removed) if the scenario moves barriers; shares, labels as in the world given.
        counterfactual: the same under the scenario.
        notes: what a reader should know, each with file and line.
        meta: baseline, its date, and the switches of the benchmark.
        benchmark: the same instruments before the baseline.
    """

    baseline: xr.Dataset
    counterfactual: xr.Dataset
    notes: tuple[str, ...]
    meta: Mapping[str, str]
    benchmark: xr.Dataset = field(repr=False)
    baseline_steps: tuple[Step, ...] = field(repr=False)
    steps: tuple[Step, ...] = field(repr=False)
    rules_of_origin: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] = field(repr=False)
    """The part of ``k`` that the use of preferences costs, in the baseline and in the scenario, (o, d, i)."""
    controls: tuple[Capped, ...] = ()
    """Measures whose rents or wages the model finds."""
    moves_barriers: bool = False
    """Whether the scenario moves barriers that are not tariffs, so that the datasets have ``removed``."""

    @cached_property
    def table(self) -> pd.DataFrame:
        """Every cell that differs between baseline and scenario, with COLUMNS; rates are shares.

        Sorted by its labels, so that the order of the world's labels does not show.
        """
        return _table(self.baseline, self.counterfactual, self.steps)

    @cached_property
    def baseline_table(self) -> pd.DataFrame:
        """The same from the benchmark to the baseline."""
        return _table(self.benchmark, self.baseline, self.baseline_steps)


def _table(before: xr.Dataset, after: xr.Dataset, steps: Sequence[Step]) -> pd.DataFrame:
    regions, sectors = before["d"].values.astype(str), before["i"].values.astype(str)
    parts = []
    for name in sorted(map(str, before.data_vars)):
        old, new = before[name].values, after[name].values
        o, d, i = cells = np.nonzero(old != new)
        columns = {"importer": regions[d], "exporter": regions[o], "sector": sectors[i]}
        values = {"instrument": name, "from": old[cells], "to": new[cells]}
        parts.append(pd.DataFrame({**columns, **values, "why": _why(name, steps, cells)}))
    return pd.concat(parts, ignore_index=True).sort_values(list(COLUMNS[:4]), ignore_index=True)


def _why(
    name: str, steps: Sequence[Step], cells: tuple[npt.NDArray[np.int64], ...]
) -> npt.NDArray[np.object_]:
    """The steps that changed each cell, in order, joined by '; '."""
    history: list[str] = [""]
    state = np.zeros(len(cells[0]), dtype=int)
    for step in steps:
        if step.instrument != name:
            continue
        hit = step.changed[cells]
        for before in np.unique(state[hit]):
            history.append("; ".join(part for part in (history[before], step.why) if part))
            state[hit & (state == before)] = len(history) - 1
    return np.array(history, dtype=object)[state]
