"""From names to cells: what a scenario will do, in order, checked before any rate is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from scenarios.aim import Aim, Findings, Mask, World
from scenarios.policy import Capped, Step
from scenarios.policy_schema import Agreement, PolicyFiles
from scenarios.problems import Origin
from scenarios.schema import RateVerb, Scenario, Shock, TariffVerb
from scenarios.structure_schema import MANUFACTURING
from scenarios.units import percent

Array = npt.NDArray[np.float64]
LETTER = {"tariff": "tm", "export_tax": "te", "barrier": "k"}


@dataclass(frozen=True)
class State:
    """Instruments (o, d, i) as they stand and the steps that led there; MFN rates and trade do not change."""

    values: Mapping[str, Array]
    mfn: Array
    traded: Mask
    world: World
    steps: tuple[Step, ...] = ()
    controls: tuple[Capped, ...] = ()

    def moved(self, instrument: str, new: Array, why: str) -> State:
        """The state with one instrument replaced; a step is kept if any value changed."""
        changed = new != self.values[instrument]
        steps = (*self.steps, Step(instrument, changed, why)) if changed.any() else self.steps
        return replace(self, values={**self.values, instrument: new}, steps=steps)


@dataclass(frozen=True)
class AgreementItem:
    """An agreement entering into force: the cells of each line of its schedule."""

    agreement: Agreement
    cells: tuple[Mask, ...]
    place: str

    def run(self, state: State, findings: Findings) -> State:
        """Every flow between the parties pays the lower of what it pays and the agreement's rate."""
        tariff = state.values["tm"]
        preferential = np.full_like(tariff, np.inf)
        for line, cells in zip(self.agreement.lines, self.cells, strict=True):
            rate = line.to if line.to is not None else state.mfn * (1 - (line.cut or 0.0))
            preferential = np.where(cells, rate, preferential)
        why = f"{self.place} agreement {self.agreement.agreement}"
        after = state.moved("tm", np.minimum(tariff, preferential), why)
        if after.steps == state.steps and self.agreement.lines:
            findings.note(f"{self.place}: {self.agreement.agreement} changes no rate")
        return after


@dataclass(frozen=True)
class ShockItem:
    """A shock with its cells (o, d, i)."""

    shock: Shock
    cells: Mask
    origin: Origin
    path: str

    @property
    def place(self) -> str:
        """``file:line``."""
        return self.origin.place(self.path)

    def run(self, state: State, findings: Findings) -> State:
        """Change the cells; notes for what a reader may not expect, problems for what cannot be."""
        letter = LETTER[self.shock.instrument]
        old = state.values[letter]
        new = np.where(self.cells, self._changed(old), old)
        if not (new != old).any():
            findings.note(f"{self.place}: {self.shock.words()} changes nothing: it holds already")
        elif not (self.cells & state.traded).any():
            findings.note(f"{self.place}: none of the flows named has trade in the benchmark")
        if letter != "k":
            self._judge_rates(old, new, state, findings)
        return state.moved(letter, new, f"{self.place} {self.path} {self.shock.words()}")

    def _changed(self, old: Array) -> Array:
        if self.shock.barrier is not None:
            return old * self.shock.barrier.factor
        verb = self.shock.tariff or self.shock.export_tax
        assert verb is not None
        name, value = verb.verb
        new = (
            np.full_like(old, value) if name == "to" else old * (1 - value) if name == "cut" else old + value
        )
        return np.minimum(old, new) if isinstance(verb, TariffVerb) and verb.never_raises else new

    def _judge_rates(self, old: Array, new: Array, state: State, findings: Findings) -> None:
        regions, sectors, verb = state.world.regions, state.world.sectors, self.shock.tariff
        if (new < -1).any():
            o, d, i = np.unravel_index(int(np.argmin(new)), new.shape)
            change = f"from {percent(old[o, d, i])} to {percent(new[o, d, i])}"
            message = f"{regions[o]} to {regions[d]}, {sectors[i]}: {change}; a rate cannot fall below -100 %"
            findings.problems.append(self.origin.problem(self.path, message))
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
        each = ", each flow of the model's regions and sectors on its own" if flows else ""
        findings.note(f"{capped.place}: {capped.shock.words()}{each}")
        return replace(state, controls=(*state.controls, capped))


Item = AgreementItem | ShockItem | ControlItem


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
        agreement = files.agreements[entry.agreement]
        if entry.agreement in scenario.baseline.without:
            _left_out(scenario, agreement, entry.since, findings)
        else:
            _too_young(scenario, agreement, entry.since, findings)
            dated = f"{agreement.parties}@{base.date}"
            items.append(_agreement(agreement, dated, world, findings, base.origin.place(f"agreements[{k}]")))
    for k, measures in enumerate(base.measures):
        if not measures.shocks:
            place = base.origin.place(f"measures[{k}]")
            findings.note(f"{place}: '{measures.title}' is empty: nothing of it is applied")
        items += _shocks(measures.shocks, f"measures[{k}].shocks", base.origin, files, world, findings)
    shocks = _shocks(scenario.shocks, "shocks", scenario.origin, files, world, findings)
    if not shocks:
        findings.note(
            f"{scenario.origin.place('shocks')}: the scenario has no shocks: it is its own baseline"
        )
    _overrides(scenario, world, findings)
    _structures(scenario, world, findings)
    return Plan(tuple(items), tuple(shocks))


def _left_out(scenario: Scenario, agreement: Agreement, since: dt.date, findings: Findings) -> None:
    name = agreement.agreement
    path = f"baseline.without[{scenario.baseline.without.index(name)}]"
    if agreement.in_data == "fully":
        message = (
            f"{name} is in the benchmark's applied rates; leaving it out of the baseline would not remove it"
        )
        findings.problems.append(scenario.origin.problem(path, message))
    elif agreement.in_data == "partly" and not _after_tariffs(scenario, since):
        findings.note(
            f"{scenario.origin.place(path)}: the benchmark's applied rates hold part of {name}, "
            "and leaving it out of the baseline does not remove that part"
        )


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


def _agreement(
    agreement: Agreement, parties: str, world: World, findings: Findings, place: str
) -> AgreementItem:
    if not agreement.lines:
        return AgreementItem(agreement, (), place)
    aim = Aim(world, agreement.origin, findings)
    member = aim.regions((parties,), "parties")
    cells = tuple(aim.line(line, member, f"lines[{k}]") for k, line in enumerate(agreement.lines))
    later = np.zeros_like(cells[0])
    for k in reversed(range(len(cells))):
        if cells[k].any() and not (cells[k] & ~later).any():
            message = "later lines cover every flow of this line, which therefore never applies"
            findings.problems.append(agreement.origin.problem(f"lines[{k}]", message))
        later |= cells[k]
    return AgreementItem(agreement, cells, place)


def _shocks(
    shocks: Sequence[Shock], path: str, origin: Origin, files: PolicyFiles, world: World, findings: Findings
) -> list[Item]:
    aim = Aim(world, origin, findings)
    items: list[Item] = []
    for n, shock in enumerate(shocks):
        here = f"{path}[{n}]"
        if shock.agreement is not None:
            agreement = files.agreements[shock.agreement]
            items.append(_agreement(agreement, agreement.parties, world, findings, origin.place(here)))
        elif shock.control is not None:
            floor = shock.minimum_wage is not None
            cells = aim.regions(shock.regions, f"{here}.regions") if floor else aim.shock(shock, here)
            items.append(ControlItem(Capped(shock, cells, origin, here)))
        else:
            items.append(ShockItem(shock, aim.shock(shock, here), origin, here))
    _repeated([item for item in items if isinstance(item, ShockItem)], findings)
    return items


def _repeated(items: Sequence[ShockItem], findings: Findings) -> None:
    """The same change twice on the same cells is an error; on some of them, or one that is undone, a note."""
    for n, late in enumerate(items):
        for early in items[:n]:
            both = early.cells & late.cells
            if early.shock.instrument != late.shock.instrument or not both.any():
                continue
            if _verb(early.shock) == _verb(late.shock):
                if np.array_equal(early.cells, late.cells):
                    message = f"the same shock as on {early.place}: {late.shock.words()} twice; delete one"
                    findings.problems.append(late.origin.problem(late.path, message))
                elif not _sets_a_level(late.shock):
                    flows = int(both.sum())
                    findings.note(
                        f"{late.place}: {late.shock.words()} a second time on {flows} flows of {early.place}"
                    )
            elif _sets_a_level(late.shock) and not (early.cells & ~late.cells).any():
                findings.note(f"{late.place}: sets every flow of {early.place} again")


def _overrides(scenario: Scenario, world: World, findings: Findings) -> None:
    aim = Aim(world, scenario.origin, findings)
    taken: dict[tuple[str, str], int] = {}
    for k, override in enumerate(scenario.overrides):
        mask = aim.sectors(override.sectors, f"overrides[{k}].sectors")
        for sector in np.array(world.sectors)[mask]:
            first = taken.setdefault((override.parameter, str(sector)), k)
            if first != k:
                message = f"{override.parameter} of {sector} is already set by overrides[{first}]"
                findings.problems.append(scenario.origin.problem(f"overrides[{k}]", message))
                break


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


def _verb(shock: Shock) -> object:
    return shock.tariff or shock.export_tax or shock.barrier


def _sets_a_level(shock: Shock) -> bool:
    """Whether the shock sets a rate whatever it was; a negotiated one may leave it."""
    verb = shock.tariff or shock.export_tax
    lower_only = isinstance(verb, TariffVerb) and verb.never_raises
    return isinstance(verb, RateVerb) and verb.to is not None and not lower_only
