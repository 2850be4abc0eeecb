"""Assumptions that are computed or stand in a scenario's shocks: barriers, effects, overrides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.apply import scenario_moves_barriers
from scenarios.schema import Scenario

if TYPE_CHECKING:
    from cge.app.assumptions import AssumptionTable
    from scenarios.barriers import BarrierData

ON_SHOCKS = ("utilisation", "rules_of_origin", "cost")
"""Keys of a shock that replace a number of a table."""


def in_use(scenario: Scenario, barriers: BarrierData | None = None) -> tuple[AssumptionTable, ...]:
    """The tables that apply to the scenario; barriers where its shocks move them.

    ``barriers``: those of a model that is there already; else they are read.
    """
    found = [_on_shocks(scenario)]
    if scenario_moves_barriers(scenario):
        from cge.app.barriers import barrier_data

        data = barrier_data(scenario) if barriers is None else barriers
        found += [_barriers(scenario, data), _status(data)]
    return tuple(table for table in found if table.rows)


def _barriers(scenario: Scenario, data: BarrierData) -> AssumptionTable:
    """Tariff equivalents over importers and the trade-cost cut of an agreement, by industry."""
    from calibration.gravity.choices import specification
    from cge.app.assumptions import Assumption, AssumptionTable

    name, options = "barriers in use", scenario.barriers
    file = options.file or "calibration/data/barriers.csv"
    origin = (
        "the scenario's file" if options.file else "levels of barrier_levels, order of importers by gravity"
    )
    rows = []
    for i in map(str, data.ave["i"].values):
        low, mid, high = (100 * float(v) for v in np.quantile(data.ave.sel(i=i), (0, 0.5, 1)))
        value = f"median {mid:.1f} % ({low:.1f} to {high:.1f})"
        rows.append(Assumption(name, file, f"barrier {i}", value, "tariff equivalent over importers", origin,
                               "assumption", f"band {options.band}"))  # fmt: skip
    if options.basis == "gravity":
        source = f"cge gravity, {options.effect or specification()}, over the elasticity in use less 1"
        for depth in ("shallow", "deep"):
            for i in map(str, data.effect["i"].values):
                cut = 100 * (1 - np.exp(-float(data.effect.sel(depth=depth, i=i))))
                rows.append(
                    Assumption(name, file, f"effect {depth} {i}", f"{cut:.2f} %", "cut of trade costs",
                               source, "derived", f"band {options.band}")
                )  # fmt: skip
    title = "Barriers that are not tariffs and what agreements cut of them, as this scenario has them"
    return AssumptionTable(name, file, title, tuple(rows))


def _status(data: BarrierData) -> AssumptionTable:
    from cge.app.assumptions import Assumption, AssumptionTable

    name, file = "agreements behind the benchmark", "calibration/data/gravity_panel.nc"
    status, rows = data.status.transpose("d", "o"), []
    origins = np.array([str(o) for o in status["o"].values])
    for d, depths in zip(map(str, status["d"].values), status.values, strict=True):
        for depth, word in ((2, "deep"), (1, "shallow")):
            partners = origins[depths == depth].tolist()
            if partners:
                rows.append(Assumption(name, file, f"{word} {d}", " ".join(partners), "partners",
                                       "DESTA to 2020 and agreement_depth.csv", "assumption"))  # fmt: skip
    return AssumptionTable(name, file, "Partners with an agreement at the end of 2021, by depth", tuple(rows))


def _on_shocks(scenario: Scenario) -> AssumptionTable:
    from cge.app.assumptions import Assumption, AssumptionTable

    name, rows = "set by shocks", []
    for k, shock in enumerate(scenario.shocks):
        dump = shock.model_dump(by_alias=True, exclude_unset=True)
        for path, value in _numbers(dump, f"shocks[{k}]"):
            place = scenario.origin.place(path)
            rows.append(
                Assumption(name, scenario.origin.file, path, str(value), "as in the table it replaces",
                           f"scenario {scenario.origin.file}", "assumption",
                           changed=f"set by scenario {place}")
            )  # fmt: skip
    return AssumptionTable(
        name, scenario.origin.file, "Numbers that shocks set in place of a table's", tuple(rows)
    )


def _numbers(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            here = f"{path}.{key}"
            if key in ON_SHOCKS and value is not None:
                yield here, value
            else:
                yield from _numbers(value, here)
