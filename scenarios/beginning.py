"""Where a scenario's shocks begin: the instruments of the benchmark, and of its baseline policy.

What scenarios share of that is made once, in the memory that they are given.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import xarray as xr

from scenarios.agreement_items import AgreementItem
from scenarios.aim import Findings, World
from scenarios.barriers import BarrierData, barrier_numbers
from scenarios.carve_outs import products_file
from scenarios.dims import FLOW, dims_of, labelled
from scenarios.domestic import NEEDS
from scenarios.domestic_schema import FACTORS
from scenarios.groups import Groups, SectorGroups, load_groups, load_sector_groups
from scenarios.memory import Memory, Same
from scenarios.plan import Item, Plan
from scenarios.policy_schema import PolicyFiles
from scenarios.problems import ScenarioError
from scenarios.reader import policy_files
from scenarios.removed import Removed
from scenarios.schema import Scenario
from scenarios.start import removed_at_start, start_state
from scenarios.state import State

Observer = Callable[[Item, State, State], None]
"""Told of an entry of the shocks, the state before it and after it."""
RENTS = ("rent_share", "exporter_rent_share")
"""Assumptions about who earns what is left of barriers, which no removal depends on."""


@dataclass(frozen=True)
class Base:
    """What the baseline's expansion rests on; ``barriers`` None: not modelled."""

    scenario: Scenario
    files: PolicyFiles
    world: xr.Dataset
    barriers: BarrierData | None
    labels: World
    benchmark: xr.Dataset

    def key(self) -> tuple[Hashable, ...]:
        """All that decides its tariffs, with the places that its notes name."""
        scenario = self.scenario
        without, products = range(len(scenario.baseline.without)), products_file(scenario)
        return (
            scenario.baseline.model_dump_json(),
            tuple(scenario.origin.place(f"baseline.without[{k}]") for k in without),
            self.files.sha256(),
            products.read_bytes() if products is not None else b"",
            Same(self.benchmark),
            self.traded.tobytes(),
            *_names(self.labels),
        )

    @cached_property
    def traded(self) -> npt.NDArray[np.bool_]:
        """Flows (o, d, i) with trade in the benchmark."""
        return flow_of(self.world, "X0").values > 0


def begun(base: Base, plan: Plan, memory: Memory, findings: Findings) -> tuple[dict[str, xr.Dataset], State]:
    """The instruments of the benchmark and the baseline, and the baseline's state, made once for all
    scenarios that share them.
    """
    barriers = () if base.barriers is None else _barrier_key(base.scenario, base.barriers)

    def made() -> tuple[dict[str, xr.Dataset], State, dict[str, None]]:
        found = Findings()
        start, middle = _expanded(base, plan, memory, found)
        stop(found)
        stages = {"benchmark": start, "baseline": middle}
        return {n: dataset_of(state, base.benchmark) for n, state in stages.items()}, middle, found.notes

    before, middle, notes = memory.once(("baseline", *base.key(), *barriers), made)
    findings.notes |= notes
    return before, middle


def _expanded(base: Base, plan: Plan, memory: Memory, found: Findings) -> tuple[State, State]:
    """The benchmark's state and the baseline's.

    What agreements do to tariffs does not depend on barriers: it is done once, and barriers are added.
    """

    def tariffs() -> tuple[list[State], dict[str, None]]:
        values = {str(name): array.values for name, array in base.benchmark.data_vars.items()}
        states = [start_state(base.scenario, base.files, base.labels, values, base.traded)]
        own = Findings()
        for item in plan.baseline:
            states.append(item.run(states[-1], own))
        stop(own)
        return states, own.notes

    if base.barriers is None:
        states, notes = tariffs()
        found.notes |= notes
        return states[0], states[-1]
    removed = _removed(base.scenario, base.files, base.labels, base.barriers, memory)
    agreements = [item for item in plan.baseline if isinstance(item, AgreementItem) and item.entry]
    if len(agreements) < len(plan.baseline):
        values = {str(name): array.values for name, array in base.benchmark.data_vars.items()}
        start = start_state(base.scenario, base.files, base.labels, values, base.traded).with_removed(removed)
        return start, run(start, plan.baseline, found)
    states, notes = memory.once(("tariffs of the baseline", *base.key()), tariffs)
    found.notes |= notes
    start = state = states[0].with_removed(removed)
    for item, before, after in zip(agreements, states, states[1:], strict=False):
        state = item.barriers(state.with_tariffs(before, after), found)
    return start, state


def _names(labels: World) -> tuple[Hashable, ...]:
    return labels.regions, labels.sectors, Same(labels.groups), Same(labels.sector_groups)


def _barrier_key(scenario: Scenario, barriers: BarrierData) -> tuple[Hashable, ...]:
    """All that decides what agreements remove of barriers; rents are no part of it."""
    numbers = barrier_numbers(scenario.assumptions)
    return (
        scenario.barriers.model_dump_json(include={"basis", "scores"}),
        tuple((name, value) for name, value in numbers.items() if name not in RENTS),
        Same(barriers.ave),
        Same(barriers.effect),
        Same(barriers.status),
    )


def _removed(
    scenario: Scenario, files: PolicyFiles, labels: World, barriers: BarrierData, memory: Memory
) -> Removed:
    """What agreements of the benchmark year have removed."""
    numbers = barrier_numbers(scenario.assumptions)
    key = ("removed", files.sha256(), *_barrier_key(scenario, barriers), *_names(labels))
    return memory.once(key, lambda: removed_at_start(scenario, files, labels, barriers, numbers))


def benchmark_removed(
    scenario: Scenario, world: xr.Dataset, barriers: BarrierData, memory: Memory | None = None
) -> xr.DataArray:
    """The share of the cuttable barrier (o, d, i) that agreements of the benchmark year have removed.

    Raises:
        ScenarioError: a policy file that cannot be read.
    """
    flows = flow_of(world, "X0")
    labels = labels_of(flows["d"].values.tolist(), flows["i"].values.tolist(), None, None)
    found = _removed(scenario, policy_files(scenario), labels, barriers, memory or Memory()).share()
    coords = {"o": list(labels.regions), "d": list(labels.regions), "i": list(labels.sectors)}
    return xr.DataArray(found, dims=FLOW, coords=coords, name="removed")


def instruments_of(
    world: xr.Dataset, *, with_export_tax: bool, at_home: Sequence[str], memory: Memory
) -> xr.Dataset:
    """The benchmark's instruments that the shocks need, each over its dimensions."""
    names = ["tm0", *(["te0"] if with_export_tax else ()), *(NEEDS[n] for n in at_home if n in NEEDS)]
    read = tuple(Same(world[n].values) if n in world else n for n in names)
    labels = tuple(tuple(map(str, world[dim].values)) for dim in FLOW if dim in world)
    key = ("instruments of the benchmark", with_export_tax, tuple(at_home), labels, read)
    return memory.once(key, lambda: _benchmark(world, with_export_tax, at_home))


def _benchmark(world: xr.Dataset, with_export_tax: bool, at_home: Sequence[str]) -> xr.Dataset:
    tm = flow_of(world, "tm0")
    regions, sectors = tm["d"].values.tolist(), tm["i"].values.tolist()
    labels = {"o": regions, "d": regions, "i": sectors, "r": regions, "j": sectors, "f": list(FACTORS)}
    arrays = {"tm": tm.values.astype(float), "k": np.ones(tm.shape)}
    if with_export_tax:
        arrays["te"] = flow_of(world, "te0").values.astype(float)
    for letter in at_home:
        wanted = {dim: labels[dim] for dim in dims_of(letter)}
        known = _own(world, NEEDS[letter], wanted) if letter in NEEDS else None
        arrays[letter] = np.ones([len(v) for v in wanted.values()]) if known is None else known
    return labelled(arrays, labels)


def _own(world: xr.Dataset, name: str, labels: Mapping[str, Sequence[str]]) -> npt.NDArray[np.float64]:
    """A benchmark rate of single economies, in the order of ``labels``."""
    dims = tuple(labels)
    if name not in world or set(world[name].dims) != set(dims):
        raise ValueError(f"the world has no array {name} over ({', '.join(dims)}), which a scenario needs")
    try:
        values = world[name].transpose(*dims).sel({d: list(v) for d, v in labels.items()}).values
    except KeyError as error:
        raise ValueError(f"{name} of the world does not cover its regions and sectors: {error}") from None
    if not bool(np.isfinite(values).all()):
        raise ValueError(f"{name} of the world has cells that are not finite numbers")
    return values.astype(float)


def flow_of(world: xr.Dataset, name: str) -> xr.DataArray:
    """The array over (o, d, i), origins in the order of the destinations."""
    if name not in world:
        raise ValueError(f"the world has no array {name} over (o, d, i), which a scenario needs")
    array = world[name]
    if set(array.dims) != set(FLOW):
        raise ValueError(f"{name} of the world is over {array.dims} and must be over (o, d, i)")
    if set(map(str, array["o"].values)) != set(map(str, array["d"].values)):
        raise ValueError(f"the origins and destinations of {name} are not the same regions")
    if not bool(np.isfinite(array).all()):
        raise ValueError(f"{name} of the world has cells that are not finite numbers")
    return array.transpose(*FLOW).sel(o=array["d"].values)


def dataset_of(state: State, like: xr.Dataset) -> xr.Dataset:
    """The instruments as they stand, with the labels of ``like``."""
    return labelled(state.values, {str(d): like[d].values.tolist() for d in like.dims})


def labels_of(
    regions: Sequence[str], sectors: Sequence[str], groups: Groups | None, sector_groups: SectorGroups | None
) -> World:
    """The labels of the data with the tables of groups, the packaged ones by default."""
    return World(
        tuple(map(str, regions)),
        tuple(map(str, sectors)),
        groups or load_groups(),
        sector_groups or load_sector_groups(),
    )


def run(state: State, items: Sequence[Item], findings: Findings, observe: Observer | None = None) -> State:
    """The state after all these entries; ``observe`` is told of each."""
    for item in items:
        before, state = state, item.run(state, findings)
        if observe is not None:
            observe(item, before, state)
    return state


def stop(findings: Findings) -> None:
    """Raise ScenarioError if there are problems."""
    if findings.problems:
        raise ScenarioError(findings.problems)
