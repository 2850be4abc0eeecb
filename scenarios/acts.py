"""Which government must act for each change of a scenario, and what is left when some governments do not.

A measure that one government takes alone needs that government. A negotiated change of a flow needs both
sides. Outsiders gain from provisions where the party that reforms does so for at least one partner; a party
without whose signature a deal is made is an outsider to it. What leaves an agreement needs those who leave.
Where somebody does not act, what others do on the same flows is done again on what there is then: a rate is
cut or raised, a barrier removed, from the coalition's own level. Retaliation is not computed again: it adds
the points of the whole scenario. What cannot be done again is refused (`Recorder.result`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from scenarios.agreement_items import LeaveItem
from scenarios.aim import Findings, Mask
from scenarios.dims import EXPORTERS
from scenarios.plan import LETTER, ShockItem
from scenarios.policy import Capped, Policy, Step
from scenarios.problems import Problem, ScenarioError
from scenarios.retaliation import RetaliationItem
from scenarios.state import State

Array = npt.NDArray[np.float64]
Again = Callable[[Array], Array]
"""The values (of one instrument, everywhere) that a change makes of others than the scenario's."""


@dataclass(frozen=True)
class Act:
    """A change of one instrument: cells, their value after it, and whose part it takes.

    ``changed``: cells that it changes, or would change if earlier acts had not. ``again`` makes the change on
    other values than the scenario's (None: only ``value`` is known); ``why`` names its entry.

    ``exporter``, ``importer``: cells that need the government of that side; instruments over regions have
    ``importer`` alone, which is the region's own. ``outsider``: barriers removed (o, d, i), at least, for a
    flow whose exporter is not part of the deal while the importer has another ``partner`` (o, d) in it.
    """

    instrument: str
    changed: Mask = field(repr=False)
    value: Array = field(repr=False)
    exporter: Mask = field(repr=False)
    importer: Mask = field(repr=False)
    outsider: Array | None = field(default=None, repr=False)
    partners: Mask | None = field(default=None, repr=False)
    again: Again | None = field(default=None, repr=False)
    why: str = ""

    def needed(self) -> Mask:
        """Mask over economies: whose part is needed for any of it."""
        regions = self.changed.shape[0]
        rest = tuple(range(1, self.changed.ndim))
        if self.changed.ndim != 3:
            return np.atleast_1d(self.changed.any(axis=rest)) if rest else self.changed.copy()
        out = np.zeros(regions, dtype=bool)
        out |= (self.changed & self.importer).any(axis=(0, 2))
        return out | (self.changed & self.exporter).any(axis=(1, 2))

    def done(self, inside: Mask) -> tuple[Mask, Mask]:
        """Cells where all who are needed take part, and those that an outsider gains from instead."""
        if self.changed.ndim != 3:
            own = inside.reshape(-1, *[1] * (self.changed.ndim - 1))
            return self.changed & own, np.zeros_like(self.changed)
        o, d = inside[:, None, None], inside[None, :, None]
        whole = self.changed & (~self.exporter | o) & (~self.importer | d)
        if self.outsider is None or self.partners is None:
            return whole, np.zeros_like(whole)
        reforms = inside & (self.partners & inside[:, None]).any(axis=0)
        named = self.exporter & self.importer
        whole = np.where(named, whole, self.changed & reforms[None, :, None])
        return whole, self.changed & named & ~whole & reforms[None, :, None]


@dataclass(frozen=True)
class Acts:
    """All changes of a scenario in order, with the policy they lead to."""

    policy: Policy
    acts: tuple[Act, ...]
    controls: tuple[tuple[Capped, Mask, Mask], ...]
    """Caps with the cells that need the exporter's and the importer's (region's) government."""

    @property
    def regions(self) -> tuple[str, ...]:
        """Economies, in the order of every mask."""
        return tuple(map(str, self.policy.baseline["d"].values))

    def governments(self) -> tuple[str, ...]:
        """Economies whose part is needed for any change or cap."""
        masks = [act.needed() for act in self.acts]
        for capped, exporter, importer in self.controls:
            axes = ((1, 2), (0, 2)) if capped.cells.ndim == 3 else ((), ())
            if capped.cells.ndim == 3:
                masks += [exporter.any(axis=axes[0]), importer.any(axis=axes[1])]
            else:
                masks.append(importer)
        found = np.logical_or.reduce(masks) if masks else np.zeros(len(self.regions), dtype=bool)
        return tuple(r for r, hit in zip(self.regions, found, strict=True) if hit)

    def by(self, governments: Sequence[str]) -> Policy:
        """The policy when these economies alone play their part; all of them give the scenario's own."""
        inside = np.array([r in set(governments) for r in self.regions])
        values = {str(n): a.values.copy() for n, a in self.policy.baseline.data_vars.items()}
        for act in self.acts:
            own = values[act.instrument]
            whole, outside = act.done(inside)
            new = np.where(whole, act.value if act.again is None else act.again(own), own)
            if act.outsider is not None:
                new = np.where(outside, np.maximum(own, act.outsider), new)
            values[act.instrument] = new
        arrays = {n: self.policy.baseline[n].copy(data=a) for n, a in values.items()}
        counterfactual = self.policy.baseline.assign(arrays)
        return replace(self.policy, counterfactual=counterfactual, controls=self._caps(inside))

    def _caps(self, inside: Mask) -> tuple[Capped, ...]:
        out = []
        for capped, exporter, importer in self.controls:
            if capped.cells.ndim == 3:
                o, d = inside[:, None, None], inside[None, :, None]
                cells = capped.cells & (~exporter | o) & (~importer | d)
            else:
                cells = capped.cells & inside
            if cells.any():
                out.append(replace(capped, cells=cells))
        return tuple(out)


class Recorder:
    """Observer of `scenarios.apply.apply` that keeps every act of the scenario's shocks."""

    def __init__(self) -> None:
        self.acts: list[Act] = []
        self._conflicts: list[Problem] = []

    def __call__(self, item: Any, before: State, after: State) -> None:
        """Keep what one entry of the shocks has changed, and would change without earlier entries."""
        steps = after.steps[len(before.steps) :]
        if isinstance(item, ShockItem):
            act = self._shock(item, steps, before, after)
            self.acts += [] if act is None else [act]
            return
        acts = [_act(step, item, before, after, self._touched(step.instrument)) for step in steps]
        self._judge(acts, item, before)
        self.acts += acts

    def _touched(self, instrument: str) -> Mask | None:
        """Cells that earlier acts have changed; None before the first."""
        masks = [act.changed for act in self.acts if act.instrument == instrument]
        return np.logical_or.reduce(masks) if masks else None

    def _shock(self, item: ShockItem, steps: Sequence[Step], before: State, after: State) -> Act | None:
        name = LETTER[item.shock.instrument]
        changed = np.logical_or.reduce([np.zeros_like(item.cells), *(s.changed for s in steps)])
        touched = self._touched(name)
        reach = changed if touched is None else changed | (item.cells & touched)
        if not reach.any():
            return None
        joint = steps[0].joint if steps else item.shock.two_sided
        why = f"{item.place} {item.path} {item.shock.words()}"

        def again(own: Array) -> Array:
            findings = Findings()
            out = item.run(replace(before, values={**before.values, name: own}), findings)
            if findings.problems:
                raise ScenarioError(findings.problems)
            return out.values[name]

        exporter, importer = _sides(name, reach, joint=joint)
        return Act(name, reach, after.values[name], exporter, importer, again=again, why=why)

    def _judge(self, acts: Sequence[Act], item: Any, state: State) -> None:
        """Keep in mind what cannot be done again where an earlier act is missing."""
        late = [act for act in acts if act.again is None and act.changed.ndim == 3]
        if isinstance(item, LeaveItem):
            late = _exits(item, state)  # an earlier deal may hide what leaving would change without it
        for act in late:
            for early in self.acts:
                if early.instrument == act.instrument:
                    more = (early.exporter & ~act.exporter) | (early.importer & ~act.importer)
                    flows = early.changed & act.changed & more
                    if flows.any():
                        self._conflicts.append(_conflict(item, early, flows, state))

    def result(self, policy: Policy) -> Acts:
        """The acts with the policy that `apply` has returned.

        Raises ScenarioError where an act cannot be done without an earlier one of other governments.
        """
        if self._conflicts:
            raise ScenarioError(self._conflicts)
        return Acts(policy, tuple(self.acts), tuple(_control(c) for c in policy.controls))


def _exits(item: LeaveItem, state: State) -> list[Act]:
    """All that leaving may change, whether it does so here or not."""
    pairs = (item.leaving[:, None] | item.leaving) & item.members[:, None] & item.members
    pairs = pairs if item.limit is None else pairs & item.limit
    names = (["tm", "k"] if "tariffs" in item.parts else []) + (
        ["removed"] if "barriers" in item.parts else []
    )
    shape = state.values["tm"].shape
    theirs = np.broadcast_to((item.leaving[:, None] & ~item.leaving)[:, :, None], shape)
    flows = np.broadcast_to(pairs[:, :, None], shape)
    return [Act(name, flows, state.values["tm"], theirs, ~theirs) for name in names]


def _conflict(item: Any, early: Act, flows: Mask, state: State) -> Problem:
    """What a reader must know of two entries that by members cannot be told apart."""
    regions, pairs = state.world.regions, np.argwhere(flows.any(axis=2))
    named = ", ".join(f"{regions[o]} to {regions[d]}" for o, d in pairs[:3])
    more = f" and {len(pairs) - 3} more" if len(pairs) > 3 else ""
    message = (
        f"by members this cannot be attributed: it is about flows ({named}{more}) that '{early.why}' has "
        "changed before, which takes other governments, and what it would do without them is not known; "
        "write it before that entry, or leave one of the two out"
    )
    return item.origin.problem(item.path, message)


def _sides(name: str, changed: Mask, *, joint: bool) -> tuple[Mask, Mask]:
    """Cells that need the exporter's and the importer's government."""
    both = changed if joint else np.zeros_like(changed)
    return (changed, both) if name in EXPORTERS else (both, changed)


def _act(step: Step, item: Any, before: State, after: State, touched: Mask | None) -> Act:
    name, changed = step.instrument, step.changed
    value, old = after.values[name], before.values[name]
    if changed.ndim != 3:
        return Act(name, changed, value, np.zeros_like(changed), changed, why=step.why)
    leaving = getattr(item, "leaving", None)
    if leaving is not None:
        theirs = leaving[:, None] & ~leaving  # the exporter goes, its partner stays
        exporter = np.broadcast_to(theirs[:, :, None], changed.shape)
        return Act(name, changed, value, exporter, ~exporter, why=step.why)
    if isinstance(item, RetaliationItem):

        def again(own: Array) -> Array:
            return np.where(own == old, value, own + (value - old))

        return Act(name, changed, value, *_sides(name, changed, joint=False), again=again, why=step.why)
    if name != "removed" or not step.joint:
        return Act(name, changed, value, *_sides(name, changed, joint=step.joint), why=step.why)
    grant = _granted(before, after)
    reach = changed if touched is None else changed | (touched & (grant > 0))
    # What no grant explains is the status of an agreement that is back.
    least = np.where(changed & (value > grant), value, grant)
    named, outsider = _spilled(before, after, reach)
    partners = np.atleast_2d(named.any(axis=2))
    return Act(name, reach, value, named, reach, outsider, partners, lambda own: np.maximum(own, least),
               step.why)  # fmt: skip


def _new_grants(before: State, after: State) -> list[Array]:
    """Grants (o, d, i) that are new or have changed."""
    assert before.removed is not None and after.removed is not None
    old = before.removed.grants
    return [g for n, g in after.removed.grants.items() if n not in old or not np.array_equal(old[n], g)]


def _granted(before: State, after: State) -> Array:
    """The largest of the new grants; a region removes nothing towards itself."""
    abroad = ~np.eye(len(before.world.regions), dtype=bool)[:, :, None]
    none = np.zeros_like(before.values["removed"])
    return np.where(abroad, np.maximum.reduce([none, *_new_grants(before, after)]), 0.0)


def _spilled(before: State, after: State, changed: Mask) -> tuple[Mask, Array]:
    """Cells that a deal names, and what its partners would have removed on them as outsiders.

    A grant is largest on the flows named; outsiders have the spillover's share of it.
    """
    assert after.removed is not None
    named, outsider = np.zeros_like(changed), np.zeros(changed.shape)
    for grant in _new_grants(before, after):
        most = grant.max(axis=0, keepdims=True)
        here = (grant > 0) & (grant >= most * (1 - 1e-12))
        named |= here
        own = np.eye(len(grant), dtype=bool)[:, :, None]
        unknown = (here | own).all(axis=0)  # nobody is left outside to see it from
        most_outside = np.where(here, 0.0, grant).max(axis=0)
        spilled = np.where(unknown, after.removed.effects.spillover * most[0], most_outside)
        outsider = np.maximum(outsider, np.where(here, spilled, 0.0))
    return named & changed, outsider


def _control(capped: Capped) -> tuple[Capped, Mask, Mask]:
    shock, cells = capped.shock, capped.cells
    if cells.ndim != 3:
        return capped, np.zeros_like(cells), cells
    both = shock.between is not None or shock.among is not None
    exporter = shock.export_control is not None
    none = np.zeros_like(cells)
    return capped, cells if exporter or both else none, cells if not exporter or both else none
