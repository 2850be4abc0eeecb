"""From names to cells: what a scenario will do, in order, checked before any rate is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from scenarios.access import AccessItem, access_item, repeated
from scenarios.agreement_items import AgreementItem, LeaveItem, Negotiated, ProvisionsItem
from scenarios.aim import Aim, Findings, Mask, World
from scenarios.barrier_schema import PARTS, AgreementUse
from scenarios.groups import EVERYTHING
from scenarios.policy import Capped
from scenarios.policy_schema import Agreement, PolicyFiles
from scenarios.problems import Origin, Placed, suggest
from scenarios.provisions import provision_names
from scenarios.schema import RateVerb, Scenario, Shock, TariffVerb
from scenarios.state import State
from scenarios.structure_schema import MANUFACTURING
from scenarios.units import percent

Array = npt.NDArray[np.float64]
LETTER = {"tariff": "tm", "export_tax": "te", "barrier": "k"}


@dataclass(frozen=True)
class ShockItem(Placed):
    """A shock with its cells (o, d, i)."""

    shock: Shock
    cells: Mask
    origin: Origin
    path: str

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
        why, cells = f"{self.place} {self.path} {self.shock.words()}", self.cells
        return state.moved(letter, new, why, cells=cells, place=f"{self.place} {self.path}")

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


Item = Negotiated | ShockItem | ControlItem | AccessItem


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
            dated = f"{agreement.parties}@{base.date}"
            use = scenario.baseline.use
            used = use.get(agreement.agreement) or use.get(EVERYTHING) or AgreementUse()
            if agreement.agreement in use:
                _judge_use(agreement, scenario.origin, f"baseline.use.{agreement.agreement}", findings)
            items.append(
                _agreement(agreement, dated, world, findings, base.origin, path, use=used, entry=True)
            )
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
    _scores(scenario, files, world, findings)
    _structures(scenario, world, findings)
    return Plan(tuple(items), tuple(shocks))


def _left_out(scenario: Scenario, agreement: Agreement, world: World, findings: Findings) -> list[LeaveItem]:
    """An agreement that the data hold is taken out of them; one that they do not hold is just not added."""
    if agreement.in_data == "none":
        return []
    path = f"baseline.without[{scenario.baseline.without.index(agreement.agreement)}]"
    members = Aim(world, agreement.origin, findings).regions((agreement.parties,), "parties")
    return [LeaveItem(agreement, members, members, scenario.origin, path, entry=True)]


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
    agreement: Agreement,
    parties: str,
    world: World,
    findings: Findings,
    origin: Origin,
    path: str,
    *,
    use: AgreementUse | None = None,
    parts: tuple[str, ...] = PARTS,
    entry: bool = False,
) -> AgreementItem:
    aim = Aim(world, agreement.origin, findings)
    # Whether a member is outside the data matters for what is added only.
    member = aim.regions((parties,), "parties", quiet=agreement.in_data == "fully")
    cells = tuple(aim.line(line, member, f"lines[{k}]") for k, line in enumerate(agreement.lines))
    later = np.zeros((len(world.regions), len(world.regions), len(world.sectors)), dtype=bool)
    for k in reversed(range(len(cells))):
        if cells[k].any() and not (cells[k] & ~later).any():
            message = "later lines cover every flow of this line, which therefore never applies"
            findings.problems.append(agreement.origin.problem(f"lines[{k}]", message))
        later |= cells[k]
    return AgreementItem(agreement, member, cells, origin, path, use or AgreementUse(), parts, entry)


def _shocks(
    shocks: Sequence[Shock], path: str, origin: Origin, files: PolicyFiles, world: World, findings: Findings
) -> list[Item]:
    aim = Aim(world, origin, findings)
    items: list[Item] = []
    for n, shock in enumerate(shocks):
        here = f"{path}[{n}]"
        if shock.agreement or shock.leave or shock.provisions:
            items.append(_negotiated(shock, here, aim, files))
        elif shock.control is not None:
            floor = shock.minimum_wage is not None
            cells = aim.regions(shock.regions, f"{here}.regions") if floor else aim.shock(shock, here)
            items.append(ControlItem(Capped(shock, cells, origin, here)))
        elif shock.access is not None:
            items.append(access_item(aim, shock, here))
        else:
            items.append(ShockItem(shock, aim.shock(shock, here), origin, here))
    _repeated([item for item in items if isinstance(item, ShockItem)], findings)
    repeated([item for item in items if isinstance(item, AccessItem)], findings)
    return items


def _negotiated(shock: Shock, path: str, aim: Aim, files: PolicyFiles) -> Negotiated:
    origin, world, findings = aim.origin, aim.world, aim.findings
    if shock.provisions is not None:
        known = provision_names(files)
        if shock.provisions not in known:
            why = " (its file has no provisions)" if shock.provisions in files.agreements else ""
            message = f"no provisions '{shock.provisions}'{why}"
            message += suggest(shock.provisions, known, f"; there are {', '.join(known)}")
            findings.problems.append(origin.problem(f"{path}.provisions", message))
        cells = aim.shock(shock, path)
        whole = aim.shock(shock.model_copy(update={"carve_outs": ()}), path) if shock.carve_outs else cells
        return ProvisionsItem(shock.provisions, cells, whole & ~cells, shock.words(), origin, path)
    agreement = files.agreements[shock.agreement or shock.leave or ""]
    parts = shock.parts or PARTS
    if shock.parts == ("barriers",) and agreement.provisions is None:
        message = f"{agreement.agreement} has no provisions, so it moves no barriers"
        findings.problems.append(origin.problem(f"{path}.parts", message))
    if shock.agreement is not None:
        if shock.utilisation is not None or shock.rules_of_origin is not None:
            _judge_use(agreement, origin, path, findings)
        use = AgreementUse.model_construct(
            utilisation=shock.utilisation, rules_of_origin=shock.rules_of_origin
        )
        return _agreement(agreement, agreement.parties, world, findings, origin, path, use=use, parts=parts)
    members = Aim(world, agreement.origin, findings).regions((agreement.parties,), "parties", quiet=True)
    leaving = members if shock.members is None else aim.regions(shock.members, f"{path}.members")
    for region, goes, member in zip(world.regions, leaving, members, strict=True):
        if goes and not member:
            message = f"{region} is no party to {agreement.agreement}"
            findings.problems.append(origin.problem(f"{path}.members", message))
    return LeaveItem(agreement, members, leaving, origin, path, parts)


def _judge_use(agreement: Agreement, origin: Origin, path: str, findings: Findings) -> None:
    if not agreement.lines:
        where = "has no tariffs" if agreement.in_data == "none" else "is in the benchmark's applied rates"
        message = f"{agreement.agreement} {where}: how its preferences are used cannot be changed"
        findings.problems.append(origin.problem(path, message))


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


def _verb(shock: Shock) -> object:
    return shock.tariff or shock.export_tax or shock.barrier


def _sets_a_level(shock: Shock) -> bool:
    """Whether the shock sets a rate whatever it was; a negotiated one may leave it."""
    verb = shock.tariff or shock.export_tax
    lower_only = isinstance(verb, TariffVerb) and verb.never_raises
    return isinstance(verb, RateVerb) and verb.to is not None and not lower_only
