"""The benchmark as a state: what agreements of the data stand behind its tariffs and its barriers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from scenarios.aim import Aim, Findings, Mask, World
from scenarios.barriers import BarrierData, cuttable
from scenarios.groups import UnknownNameError
from scenarios.holders import Holders, among
from scenarios.mfn import mfn_rates
from scenarios.policy_schema import Agreement, PolicyFiles
from scenarios.preferences import Preferences
from scenarios.provisions import Effects, read_scores
from scenarios.removed import Removed
from scenarios.schema import Scenario
from scenarios.state import State

Array = npt.NDArray[np.float64]
LAST_APPLIED = 2021
"""The year of the newest applied rates, which the benchmark repeats for 2022."""


def start_state(
    scenario: Scenario,
    files: PolicyFiles,
    world: World,
    values: Mapping[str, Array],
    traded: Mask,
) -> State:
    """The benchmark's state, without barriers (`State.with_removed`)."""
    mfn = mfn_rates(values["tm"], world.regions)
    year = min(int(scenario.baseline.tariffs), LAST_APPLIED)
    holders = _holders(files, world, dt.date(year, 12, 31))
    preferences = Preferences(
        own=values["tm"],
        own_iceberg=np.ones_like(values["tm"]),
        mfn=mfn,
        holders=holders,
        offers={},
        settled=np.zeros(values["tm"].shape, dtype=bool),
        seen=frozenset(name for name, pairs in holders.then.items() if pairs.any()),
        parties={n: m for n, m in _parties(files, world, dt.date(year, 12, 31)).items() if m.any()},
        been=holders.then,
    )
    return State(values, mfn, traded, world, preferences, preferences.paid(), values["k"])


def _holders(files: PolicyFiles, world: World, date: dt.date) -> Holders:
    held: dict[str, Mask] = {}
    elsewhere = np.zeros((len(world.regions), len(world.regions)), dtype=bool)
    for name, agreement in files.agreements.items():
        if agreement.in_data == "none":
            continue
        aim = Aim(world, agreement.origin, Findings())
        held[name] = among(_members(agreement, world, date)) & aim.sides(agreement.between, "between")
        for other in agreement.also_served:
            if other.among is not None:
                elsewhere |= among(aim.regions(other.among, "also_served"))
            elif other.between is not None:
                one, two = (aim.regions(side, "also_served") for side in other.between)
                elsewhere |= (one[:, None] & two) | (two[:, None] & one)
    return Holders(held, dict(held), elsewhere)


def _parties(files: PolicyFiles, world: World, date: dt.date) -> dict[str, Mask]:
    """Members of the agreements that the data hold."""
    return {
        name: _members(agreement, world, date)
        for name, agreement in files.agreements.items()
        if agreement.in_data != "none"
    }


def _members(agreement: Agreement, world: World, date: dt.date) -> Mask:
    """Parties whose rates the data hold: all if it is fully there, else those that were in at the date."""
    try:
        dated = date if agreement.in_data == "partly" else None
        members = world.groups.members(agreement.parties, dated)
    except UnknownNameError:
        members = ()
    return np.array([r in members for r in world.regions])


def removed_at_start(
    scenario: Scenario,
    files: PolicyFiles,
    world: World,
    barriers: BarrierData,
    numbers: Mapping[str, float],
) -> Removed:
    """What agreements of the benchmark year have removed of the barriers."""
    data = barriers.aligned(world.regions, world.sectors)
    templates = {n: a.provisions.template for n, a in files.agreements.items() if a.provisions is not None}
    effects = Effects(
        basis=scenario.barriers.basis,
        ave=data.ave.values,
        cuttable=cuttable(data, numbers).values,
        deep=data.effect.sel(depth="deep").values,
        shallow=data.effect.sel(depth="shallow").values,
        scores=read_scores(world, templates).replaced(scenario.barriers.scores, world),
        spillover=numbers["spillover"],
        limits={
            n: Aim(world, a.origin, Findings()).sides(a.between, "between")
            for n, a in files.agreements.items()
            if a.between is not None
        },
        own_spillover={
            n: a.provisions.spillover
            for n, a in files.agreements.items()
            if a.provisions is not None and a.provisions.spillover is not None
        },
    )
    date = dt.date(LAST_APPLIED, 12, 31)
    removed = Removed(effects, data.status.values.astype(int), _holders(files, world, date), {}, {})
    for name, agreement in files.agreements.items():
        if agreement.in_data != "none":
            removed = removed.entered(name, _members(agreement, world, date))
    return removed
