"""From names to cells: what a scenario will do, in order, checked before any rate is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from scenarios.access import AccessItem, access_item, repeated
from scenarios.agreement_items import LeaveItem
from scenarios.aim import Aim, Findings, Mask, World
from scenarios.aim_rules import DOMESTIC
from scenarios.barrier_schema import AgreementUse
from scenarios.carve_outs import held_back, withheld
from scenarios.control_schema import MinimumWage
from scenarios.customs_union import UNION, note_single_members
from scenarios.dates import dated_policy
from scenarios.domestic import DomesticItem, domestic_item
from scenarios.groups import EVERYTHING
from scenarios.join_item import JoinItem
from scenarios.opening import carve_outs_apart, parts_of, tell
from scenarios.policy import Capped
from scenarios.policy_schema import Agreement, PolicyFiles
from scenarios.problems import Origin, Placed, suggest
from scenarios.provisions import provision_names
from scenarios.repeats import same_twice
from scenarios.retaliation import RetaliationItem, retaliation_item
from scenarios.schema import Scenario, Shock
from scenarios.state import State
from scenarios.structure_schema import MANUFACTURING
from scenarios.tariff_verbs import LOWERING, Rates, changed, remarks
from scenarios.treaty_plan import Joined, Negotiated, agreement_item, dated, judge_use, negotiated
from scenarios.units import percent

Array = npt.NDArray[np.float64]
LETTER = {"tariff": "tm", "export_tax": "te", "barrier": "k"}
LARGE_TARIFF = 2.0
"""A tariff above this share is worth a note when a shock raises it there."""


@dataclass(frozen=True)
class ShockItem(Placed):
    """A shock with its cells (o, d, i), and the share of each tariff cut withheld for products."""

    shock: Shock
    cells: Mask
    origin: Origin
    path: str
    withheld: Array | None = None
    compared: Mask | None = None
    """Exporters (o) whose rates ``level: lowest`` compares; None means all."""

    def run(self, state: State, findings: Findings) -> State:
        """Change the cells; notes for what a reader may not expect, problems for what cannot be."""
        letter = LETTER[self.shock.instrument]
        old = state.values[letter]
        new = np.where(self.cells, held_back(old, self._changed(state, findings), self.withheld), old)
        if not (new != old).any():
            findings.note(f"{self.place}: {self.shock.words()} changes nothing: it holds already")
        elif not (self.cells & state.traded).any():
            findings.note(f"{self.place}: none of the flows named has trade in the benchmark")
        if letter != "k":
            self._judge_rates(old, new, state, findings)
        why, place = f"{self.place} {self.path} {self.shock.words()}", f"{self.place} {self.path}"
        # What is lowered for both sides took both; a rise needs nobody's consent.
        joint = self.shock.two_sided and not (new > old).any()
        after = state.moved(letter, new, why, cells=self._covered(old, new), place=place, joint=joint)
        cut = self.shock.tariff.mfn_cut if self.shock.tariff else None
        if cut is None:
            return after
        kept = 0.0 if self.withheld is None else self.withheld.max(axis=0, keepdims=True)
        return after.mfn_cut(cut * (1 - kept), self.cells)

    def _covered(self, old: Array, new: Array) -> Mask:
        """Flows whose rate is the shock's own from here; where MFN or a partner's rate was no lower, nothing
        is settled and agreements stand.
        """
        verb = self.shock.tariff
        return self.cells & (new != old) if verb is not None and verb.name in LOWERING else self.cells

    def _changed(self, state: State, findings: Findings) -> Array:
        shock, old = self.shock, state.values[LETTER[self.shock.instrument]]
        if shock.barrier is not None:
            return old * shock.barrier.factor
        if shock.export_tax is not None:
            return shock.export_tax.changed(old)
        assert shock.tariff is not None
        every = np.ones(len(state.world.regions), dtype=bool)
        rates = Rates(old, state.mfn, every if self.compared is None else self.compared)
        for remark in remarks(shock.tariff, rates, self.cells):
            findings.note(f"{self.place}: {remark}")
        return changed(shock.tariff, rates)

    def _judge_rates(self, old: Array, new: Array, state: State, findings: Findings) -> None:
        regions, sectors, verb = state.world.regions, state.world.sectors, self.shock.tariff
        if (new < -1).any():
            o, d, i = np.unravel_index(int(np.argmin(new)), new.shape)
            change = f"from {percent(old[o, d, i])} to {percent(new[o, d, i])}"
            message = f"{regions[o]} to {regions[d]}, {sectors[i]}: {change}; a rate cannot fall below -100 %"
            findings.problems.append(self.origin.problem(self.path, message))
        high = np.where((new > old) & self.cells & state.traded, new, 0.0)
        if verb is not None and float(high.max()) > LARGE_TARIFF:
            o, d, i = np.unravel_index(int(np.argmax(high)), high.shape)
            count = int((high > LARGE_TARIFF).sum())
            findings.note(
                f"{self.place}: {self.shock.words()}: {count} tariffs rise above {percent(LARGE_TARIFF)}, "
                f"which all but ends the trade they fall on; the largest: {sectors[i]} from {regions[o]} to "
                f"{regions[d]}, from {percent(float(old[o, d, i]))} to {percent(float(new[o, d, i]))}"
            )
        subsidised = int(((new < 0) & (new < old)).sum())
        if verb is not None and subsidised:
            findings.note(f"{self.place}: {subsidised} tariffs fall below zero and become import subsidies")
        up, down = int((new > old).sum()), int((new < old).sum())
        if verb is not None and verb.to is not None and verb.negotiated is None and up and down:
            findings.note(
                f"{self.place}: {self.shock.words()} raises {up} tariffs and lowers {down}; "
                "'negotiated: true' keeps those that are lower, 'negotiated: false' says that both are meant"
            )


@dataclass(frozen=True)
class ControlItem:
    """A quota or a minimum wage with its cells; it moves no rate, the model finds rents and wages."""

    capped: Capped

    def run(self, state: State, findings: Findings) -> State:
        """Keep the measure; a problem when an earlier one covers some of its flows."""
        capped, flows = self.capped, self.capped.cells.ndim == 3
        for early in state.controls:
            if early.cells.shape == capped.cells.shape and (early.cells & capped.cells).any():
                message = (
                    f"{early.place} caps some of this already; one flow has one cap, one region one floor"
                )
                findings.problems.append(capped.origin.problem(capped.path, message))
        if flows and not (capped.cells & state.traded).any():
            message = "none of these flows has trade to cap"
            findings.problems.append(capped.origin.problem(capped.path, message))
        volume = 0.0 if isinstance(control := capped.shock.control, MinimumWage | None) else control.volume
        if volume > 0:
            findings.note(
                f"{capped.place}: the cap is the baseline's flow plus {percent(volume)}: it binds nobody "
                "unless the policy raises the flow by more; a cap below the baseline has a minus: -20%"
            )
        each = ", each flow of the model's regions and sectors on its own" if flows else ""
        findings.note(f"{capped.place}: {capped.shock.words()}{each}")
        return replace(state, controls=(*state.controls, capped))


Item = Negotiated | ShockItem | ControlItem | AccessItem | RetaliationItem | DomesticItem


@dataclass(frozen=True)
class Plan:
    """What the baseline does to the benchmark, and the scenario to the baseline."""

    baseline: tuple[Item, ...]
    shocks: tuple[Item, ...]


def make_plan(scenario: Scenario, files: PolicyFiles, world: World, findings: Findings) -> Plan:
    """Look up every name; what is wrong or worth knowing goes to ``findings``."""
    base = files.baseline
    items: list[Item] = []
    for k, entry in enumerate(base.agreements):
        agreement, path = files.agreements[entry.agreement], f"agreements[{k}]"
        if entry.agreement in scenario.baseline.without:
            items += _left_out(scenario, agreement, world, findings)
        else:
            _too_young(scenario, agreement, entry.since, findings)
            parties = dated(agreement.parties, base.date)
            use = scenario.baseline.use
            used = use.get(agreement.agreement) or use.get(EVERYTHING) or AgreementUse()
            if agreement.agreement in use:
                judge_use(agreement, scenario.origin, f"baseline.use.{agreement.agreement}", findings)
            items.append(
                agreement_item(agreement, parties, world, findings, base.origin, path, use=used, entry=True)
            )
    for k, measures in enumerate(base.measures):
        if not measures.shocks:
            place = base.origin.place(f"measures[{k}]")
            findings.note(f"{place}: '{measures.title}' is empty: nothing of it is applied")
        items += _shocks(measures.shocks, f"measures[{k}].shocks", base.origin, files, world, findings)
    shocks = _shocks(scenario.shocks, "shocks", scenario.origin, files, world, findings)
    _single_members(scenario, shocks, world, findings)
    dated_policy(scenario, base.date, findings)
    if not shocks:
        findings.note(
            f"{scenario.origin.place('shocks')}: the scenario has no shocks: it is its own baseline"
        )
    _overrides(scenario, world, findings)
    _scores(scenario, files, world, findings)
    _structures(scenario, world, findings)
    return Plan(tuple(items), tuple(shocks))


def _left_out(scenario: Scenario, agreement: Agreement, world: World, findings: Findings) -> list[LeaveItem]:
    """An agreement that the data hold is taken out of them; one that they do not hold is just not added."""
    if agreement.in_data == "none":
        return []
    path = f"baseline.without[{scenario.baseline.without.index(agreement.agreement)}]"
    aim = Aim(world, agreement.origin, findings)
    members, limit = aim.regions((agreement.parties,), "parties"), aim.sides(agreement.between, "between")
    return [LeaveItem(agreement, members, members, scenario.origin, path, entry=True, limit=limit)]


def _too_young(scenario: Scenario, agreement: Agreement, since: dt.date, findings: Findings) -> None:
    if agreement.in_data == "fully" and _after_tariffs(scenario, since):
        place, year = scenario.origin.place("baseline.tariffs"), scenario.baseline.tariffs
        findings.note(
            f"{place}: {agreement.agreement} entered into force on {since}; the tariffs of {year} hold only "
            "what an earlier agreement gave, and the baseline adds nothing to them"
        )


def _after_tariffs(scenario: Scenario, since: dt.date) -> bool:
    # "2022" are the applied rates of 2021, repeated.
    return since.year > min(int(scenario.baseline.tariffs), 2021)


def _shocks(
    shocks: Sequence[Shock], path: str, origin: Origin, files: PolicyFiles, world: World, findings: Findings
) -> list[Item]:
    aim, joined = Aim(world, origin, findings), Joined()
    items: list[Item] = []
    for n, shock in enumerate(shocks):
        here = f"{path}[{n}]"
        if shock.opening is None:
            items.append(_item(shock, here, aim, files, joined))
        else:
            items += _opening(shock, here, aim, files, joined)
    same_twice([item for item in items if isinstance(item, ShockItem | DomesticItem)], findings)
    repeated([item for item in items if isinstance(item, AccessItem)], findings)
    return items


def _single_members(scenario: Scenario, items: Sequence[Item], world: World, findings: Findings) -> None:
    """Notes on tariffs that some members of a customs union are to move without the others."""
    left = (*scenario.baseline.without, *(shock.leave for shock in scenario.shocks))
    if UNION in left:
        return
    aim = Aim(world, scenario.origin, findings)
    for item in items:
        if not isinstance(item, ControlItem) and (importers := _whose_tariffs(item)) is not None:
            note_single_members(aim, importers, item.path)


def _whose_tariffs(item: Item) -> Mask | None:
    """Regions (d) whose tariffs an entry moves; None for one about something else."""
    if isinstance(item, JoinItem):
        return item.joiners if "tariffs" in item.parts else None
    if isinstance(item, RetaliationItem):
        return item.importers
    if isinstance(item, ShockItem):
        moves = item.shock.tariff is not None
    else:
        moves = isinstance(item, AccessItem) and item.shock.access is not None and item.shock.access.tariff
    if moves and isinstance(item, ShockItem | AccessItem):
        return np.asarray(item.cells.any(axis=(0, 2)))
    return None


def _opening(shock: Shock, path: str, aim: Aim, files: PolicyFiles, joined: Joined) -> list[Item]:
    """The entries of an instrument that consists of a tariff cut and of provisions."""
    parts, out = parts_of(aim, shock, path), list[Item]()
    for part in parts:
        own = carve_outs_apart(aim) if len(parts) > 1 and part.tariff is not None else aim
        out.append(_item(part, path, own, files, joined, f".{shock.instrument}"))
        tell(aim, own)
    return out


def _item(shock: Shock, path: str, aim: Aim, files: PolicyFiles, joined: Joined, inside: str = "") -> Item:
    """The entry of one shock; ``inside``: where an instrument of several parts names its provisions."""
    origin = aim.origin
    if shock.treaty or shock.provisions:
        return negotiated(shock, path, aim, files, joined, inside)
    if shock.control is not None:
        floor = shock.minimum_wage is not None
        cells = aim.regions(shock.regions, f"{path}.regions") if floor else aim.shock(shock, path)
        return ControlItem(Capped(shock, cells, origin, path))
    if shock.access is not None:
        return access_item(aim, shock, path)
    if shock.retaliate is not None:
        return retaliation_item(aim, shock, path)
    if shock.instrument in DOMESTIC:
        return domestic_item(aim, shock, path)
    of = shock.tariff.of if shock.tariff else None
    compared = None if of is None else aim.regions(of, f"{path}.tariff.of")
    cells = aim.shock(shock, path)
    return ShockItem(shock, cells, origin, path, withheld(aim, cells, shock.carve_outs, path), compared)


def _overrides(scenario: Scenario, world: World, findings: Findings) -> None:
    aim = Aim(world, scenario.origin, findings)
    taken: dict[tuple[str, str], int] = {}
    for k, override in enumerate(scenario.overrides):
        mask = aim.sectors(override.sectors, f"overrides[{k}].sectors")
        if override.times is not None:
            continue  # a factor on what stands above, whatever that is
        for sector in np.array(world.sectors)[mask]:
            first = taken.setdefault((override.parameter, str(sector)), k)
            if first != k:
                message = f"{override.parameter} of {sector} is already set by overrides[{first}]"
                findings.problems.append(scenario.origin.problem(f"overrides[{k}]", message))
                break


def _scores(scenario: Scenario, files: PolicyFiles, world: World, findings: Findings) -> None:
    aim, known = Aim(world, scenario.origin, findings), provision_names(files)
    for name, by_sector in scenario.barriers.scores.items():
        path = f"barriers.scores.{name}"
        if name not in known:
            hint = suggest(name, known, f"; there are {', '.join(known)}")
            findings.problems.append(scenario.origin.problem(path, f"no provisions '{name}'{hint}"))
        for sectors in by_sector:
            aim.sectors((sectors,), f"{path}.{sectors}")


def _structures(scenario: Scenario, world: World, findings: Findings) -> None:
    """Firms belong to manufacturing, and a sector has one structure."""
    aim = Aim(world, scenario.origin, findings)
    allowed = aim.sectors((MANUFACTURING,), "formulation.structure")
    labels, taken = np.array(world.sectors), np.zeros(len(world.sectors), dtype=bool)
    for name, sectors in scenario.formulation.structure.named.items():
        path = f"formulation.structure.{name}"
        mask = aim.sectors(sectors, path)
        for wrong, why in (
            (mask & ~allowed, "not manufacturing: fixed costs and free entry are not modelled for land, "
                              "resources or services"),
            (mask & taken, "given two structures"),
        ):  # fmt: skip
            if wrong.any():
                findings.problems.append(scenario.origin.problem(path, f"{', '.join(labels[wrong])}: {why}"))
        taken |= mask
