"""What a scenario comes to: instruments before and after, the table that says who changes what and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from scenarios.dims import dims_of, places
from scenarios.problems import Origin, Placed
from scenarios.schema import Shock

COLUMNS = ("region", "partner", "sector", "instrument", "from", "to", "why")
"""``region``: whose measure it is (the exporter's for te and export_control, else the importer's);
``partner``: the other side; "" where there is none. A factor stands under ``sector``."""


@dataclass(frozen=True)
class Step:
    """One change that was made: the instrument, the cells whose value it changed (`dims_of`), and why.

    ``joint``: negotiated by both sides (an agreement or what joins it, what is lowered between or among,
    access in return for a standard); False where one government acts alone (what importers or exporters do,
    retaliation, leaving, all that is raised, everything at home).
    """

    instrument: str
    changed: npt.NDArray[np.bool_] = field(repr=False)
    why: str
    joint: bool = False


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
            barrier that is removed) if the scenario moves barriers; likewise ``to`` (production tax, share of
            output) and ``productivity`` (index) over (r, j), ``tc`` (consumption tax) over (r), ``endow``
            (index) over (r, f); shares, labels as in the world given.
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

    def _repr_html_(self) -> str:
        from scenarios.notebook import policy_html

        return policy_html(self)

    @cached_property
    def table(self) -> pd.DataFrame:
        """Every cell that differs between baseline and scenario, with COLUMNS; rates are shares.

        A cap or floor has no ``from``; its ``to`` is relative to the baseline's quantity or real wage. Sorted
        by labels, so that the order of the world's labels does not show.
        """
        controls = [_control_rows(capped, self.baseline) for capped in self.controls]
        return _table(self.baseline, self.counterfactual, self.steps, controls)

    @cached_property
    def baseline_table(self) -> pd.DataFrame:
        """The same from the benchmark to the baseline."""
        return _table(self.benchmark, self.baseline, self.baseline_steps)


def _table(
    before: xr.Dataset, after: xr.Dataset, steps: Sequence[Step], controls: Sequence[pd.DataFrame] = ()
) -> pd.DataFrame:
    parts = [*controls]
    for name in sorted(map(str, before.data_vars)):
        old, new = before[name].transpose(*dims_of(name)).values, after[name].transpose(*dims_of(name)).values
        cells = np.nonzero(old != new)
        values = {"instrument": name, "from": old[cells], "to": new[cells]}
        columns = {**_names(name, cells, before), **values, "why": _why(name, steps, cells)}
        parts.append(pd.DataFrame(columns, columns=list(COLUMNS)))
    filled = [part for part in parts if len(part)] or parts[:1]
    return pd.concat(filled, ignore_index=True).sort_values(list(COLUMNS[:4]), ignore_index=True)


def _names(
    name: str, cells: tuple[npt.NDArray[np.int64], ...], labels: xr.Dataset
) -> dict[str, npt.NDArray[np.str_] | str]:
    """Region, partner and sector of some cells of an instrument."""
    dims, out = dims_of(name), {}
    for column, dim in zip(COLUMNS[:3], places(name), strict=True):
        known = "d" if dim in ("o", "d", "r") else "i" if dim in ("i", "j") else dim
        out[column] = "" if dim is None else labels[known].values.astype(str)[cells[dims.index(dim)]]
    return out


def _control_rows(capped: Capped, labels: xr.Dataset) -> pd.DataFrame:
    """A row for every flow (or economy) that is capped."""
    shock, cells = capped.shock, np.nonzero(capped.cells)
    if len(cells) == 3:
        columns = _names(shock.instrument, cells, labels)
    else:
        columns = {"region": labels["d"].values.astype(str)[cells[0]], "partner": "", "sector": ""}
    change = getattr(shock.control, "volume", None)
    level = 1 + (getattr(shock.control, "floor", 0.0) if change is None else change)
    values = {"instrument": shock.instrument, "from": np.nan, "to": level}
    why = f"{capped.place} {capped.path} {shock.words()}"
    return pd.DataFrame({**columns, **values, "why": why}, columns=list(COLUMNS))


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
