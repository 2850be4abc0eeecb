"""Shocks about agreements into items of the plan: who is party, which lines cover which flows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from scenarios.agreement_items import AgreementItem, LeaveItem, ProvisionsItem
from scenarios.aim import Aim, Findings, Mask, World
from scenarios.barrier_schema import PARTS, AgreementUse
from scenarios.carve_outs import withheld
from scenarios.holders import among
from scenarios.join_item import JoinItem, no_accession
from scenarios.policy_schema import Agreement, PolicyFiles
from scenarios.problems import Origin, suggest
from scenarios.provisions import provision_names
from scenarios.schedules import LineCells, Schedule, line_cells
from scenarios.schema import Shock
from scenarios.staging import default_staging

Negotiated = AgreementItem | LeaveItem | ProvisionsItem | JoinItem


@dataclass
class Joined:
    """Who has joined which agreement by the shocks looked up so far (masks over regions)."""

    by_agreement: dict[str, Mask] = field(default_factory=dict)
    limited: dict[str, str] = field(default_factory=dict)
    """Where somebody joined an agreement with carve-outs or a year, by agreement."""

    def of(self, name: str, world: World) -> Mask:
        """Those who have joined one agreement."""
        return self.by_agreement.get(name, np.zeros(len(world.regions), dtype=bool))

    def add(self, name: str, joiners: Mask) -> None:
        """Keep some more."""
        self.by_agreement[name] = self.by_agreement.get(name, np.zeros_like(joiners)) | joiners


def dated(parties: str, date: object) -> str:
    """The group's members on a date; a group that carries its date already keeps it."""
    return parties if "@" in parties else f"{parties}@{date}"


def agreement_item(
    agreement: Agreement,
    parties: str,
    world: World,
    findings: Findings,
    origin: Origin,
    path: str,
    *,
    use: AgreementUse | None = None,
    entry: bool = False,
    shock: Shock | None = None,
    joiners: Mask | None = None,
) -> AgreementItem:
    """An agreement that enters, as a baseline's entry or by a shock."""
    aim = Aim(world, agreement.origin, findings)
    # Whether a member is outside the data matters for what is added only.
    member = aim.regions((parties,), "parties", quiet=agreement.in_data == "fully")
    pairs = among(member) & aim.sides(agreement.between, "between")
    schedule = Schedule(line_cells(aim, agreement.lines, "lines", pairs))
    _hidden(agreement, schedule.lines, findings)
    if joiners is not None and joiners.any():
        schedule = _widened(aim, agreement, member | joiners, joiners & ~member, everyone=True)
    spared, share = None, None
    if shock is not None:
        own = Aim(world, origin, findings)
        everybody = member if joiners is None else member | joiners
        spared, share = _carved(own, shock, among(everybody), path)
        _judge_staging(agreement, shock, schedule, own, path)
    return AgreementItem(
        agreement,
        member,
        schedule,
        origin,
        path,
        use or AgreementUse(),
        PARTS if shock is None else shock.parts or PARTS,
        entry,
        joiners,
        None if shock is None else shock.year,
        spared,
        share,
    )


def _hidden(agreement: Agreement, lines: tuple[LineCells, ...], findings: Findings) -> None:
    if not lines:
        return
    later = np.zeros_like(lines[0].cells)
    for k in reversed(range(len(lines))):
        cells = lines[k].cells
        if cells.any() and not (cells & ~later).any():
            message = "later lines cover every flow of this line, which therefore never applies"
            findings.problems.append(agreement.origin.problem(f"lines[{k}]", message))
        later |= cells


def _widened(aim: Aim, agreement: Agreement, members: Mask, joiners: Mask, *, everyone: bool) -> Schedule:
    """The schedule for pairs with a joiner, and for those without as well if ``everyone``."""
    pairs = among(members)
    theirs = pairs & (joiners[:, None] | joiners)
    return Schedule(
        line_cells(aim, agreement.lines, "lines", pairs if everyone else theirs, quiet=True),
        line_cells(aim, agreement.accession, "accession", theirs, quiet=True),
    )


def _carved(aim: Aim, shock: Shock, pairs: Mask, path: str) -> tuple[Mask | None, np.ndarray | None]:
    """Flows that the carve-outs leave alone, and the share of the cut they withhold for products."""
    if not shock.carve_outs:
        return None, None
    whole = np.broadcast_to(pairs[:, :, None], (*pairs.shape, len(aim.world.sectors)))
    left = aim.carved(whole, shock.carve_outs, path, broken=False)
    goods = aim.sectors(("goods",), path)
    share = withheld(aim, left & goods, shock.carve_outs, path)
    spared = whole & ~left
    return (spared if spared.any() else None), share


def negotiated(
    shock: Shock, path: str, aim: Aim, files: PolicyFiles, joined: Joined, inside: str = ""
) -> Negotiated:
    """The item of a shock about an agreement or provisions; ``inside``: where the latter are named."""
    if shock.provisions is not None:
        return _provisions(shock, path, aim, files, inside)
    agreement = files.agreements[shock.treaty or ""]
    parts = shock.parts or PARTS
    if shock.parts == ("barriers",) and agreement.provisions is None:
        message = f"{agreement.agreement} has no provisions, so it moves no barriers"
        aim.problem(f"{path}.parts", message)
    use = AgreementUse.model_construct(utilisation=shock.utilisation, rules_of_origin=shock.rules_of_origin)
    joiners = joined.of(agreement.agreement, aim.world)
    if shock.agreement is not None:
        if (shock.utilisation, shock.rules_of_origin) != (None, None):
            judge_use(agreement, aim.origin, path, aim.findings)
        return agreement_item(
            agreement, agreement.parties, aim.world, aim.findings, aim.origin, path,
            use=use, shock=shock, joiners=joiners,
        )  # fmt: skip
    quiet = Aim(aim.world, agreement.origin, aim.findings)
    members = quiet.regions((agreement.parties,), "parties", quiet=True)
    if shock.join is not None:
        item = _join(shock, path, aim, agreement, members | joiners, use)
        name, limits = agreement.agreement, (shock.carve_outs, shock.year)
        if name in joined.limited:
            aim.note(
                path,
                f"the carve-outs and the year of {joined.limited[name]} count on pairs with those who were "
                "in before; on pairs with those who join here, what is written here counts",
            )
        joined.add(name, item.joiners)
        if limits != ((), None):
            joined.limited[name] = aim.origin.place(path)
        return item
    members = members | joiners
    leaving = members if shock.members is None else aim.regions(shock.members, f"{path}.members")
    for region, goes, member in zip(aim.world.regions, leaving, members, strict=True):
        if goes and not member:
            aim.problem(f"{path}.members", f"{region} is no party to {agreement.agreement}")
    limit = quiet.sides(agreement.between, "between")
    return LeaveItem(agreement, members, leaving, aim.origin, path, parts, limit=limit)


def _join(
    shock: Shock, path: str, aim: Aim, agreement: Agreement, members: Mask, use: AgreementUse
) -> JoinItem:
    parts, names = shock.parts or PARTS, shock.members or ()
    if agreement.between is not None:
        sides = " and ".join("/".join(side) for side in agreement.between)
        message = f"{agreement.agreement} is between two sides, {sides}: a new member would stand on neither"
        aim.problem(f"{path}.join", message)
    joiners = aim.regions(names, f"{path}.members")
    named = np.array([r in names for r in aim.world.regions])
    schedule = Schedule(())
    if "tariffs" in parts:
        if agreement.in_data == "fully" and not agreement.accession and (joiners & ~members).any():
            aim.problem(f"{path}.join", no_accession(agreement.agreement))
        if (shock.utilisation, shock.rules_of_origin) != (None, None) and not agreement.accession:
            judge_use(agreement, aim.origin, path, aim.findings)
        here = Aim(aim.world, agreement.origin, aim.findings)
        schedule = _widened(here, agreement, members | joiners, joiners, everyone=False)
    everybody = among(members | joiners) & (joiners[:, None] | joiners)
    spared, share = _carved(aim, shock, everybody, path)
    _judge_staging(agreement, shock, schedule, aim, path)
    return JoinItem(
        agreement, joiners, named, schedule, aim.origin, path, use, parts, shock.year, spared, share
    )


def _provisions(shock: Shock, path: str, aim: Aim, files: PolicyFiles, inside: str) -> ProvisionsItem:
    known, name = provision_names(files), shock.provisions or ""
    if name not in known:
        why = " (its file has no provisions)" if name in files.agreements else ""
        message = f"no provisions '{name}'{why}" + suggest(name, known, f"; there are {', '.join(known)}")
        aim.problem(f"{path}{inside}.provisions", message)
    cells = aim.shock(shock, path)
    whole = aim.shock(shock.model_copy(update={"carve_outs": ()}), path) if shock.carve_outs else cells
    depth = 1.0 if shock.depth is None else shock.depth
    alone, joint = whole & ~cells, shock.two_sided
    return ProvisionsItem(name, cells, alone, shock.words(), aim.origin, path, depth, joint)


def _judge_staging(agreement: Agreement, shock: Shock, schedule: Schedule, aim: Aim, path: str) -> None:
    """Staging and product carve-outs need lines; lines without a staging of their own are worth a note."""
    products = any(entry.products is not None for entry in shock.carve_outs)
    if shock.year is None and not products:
        return
    if "tariffs" not in (shock.parts or PARTS):
        aim.note(f"{path}.year", "'year' has no effect: provisions are not phased in")
    elif schedule.empty:
        where = "has no tariffs" if agreement.in_data == "none" else "is in the benchmark's applied rates"
        if products:
            message = f"{agreement.agreement} {where}: there is no tariff cut to withhold for products"
            aim.problem(f"{path}.except", message)
        else:
            aim.note(f"{path}.year", f"{agreement.agreement} {where}: 'year' has no effect")
    elif shock.year is not None:
        lines = [item.line for item in (*schedule.lines, *schedule.accession) if item.cells.any()]
        unstated = sum(line.staging is None for line in lines)
        if unstated:
            aim.note(
                f"{path}.year",
                f"{unstated} of {len(lines)} lines of {agreement.agreement} that count here have no staging "
                f"of their own: {default_staging().words()} (tables/staging.csv, an assumption)",
            )


def judge_use(agreement: Agreement, origin: Origin, path: str, findings: Findings) -> None:
    """A problem when the use of an agreement's preferences is changed and it offers none."""
    if not agreement.lines:
        where = "has no tariffs" if agreement.in_data == "none" else "is in the benchmark's applied rates"
        message = f"{agreement.agreement} {where}: how its preferences are used cannot be changed"
        findings.problems.append(origin.problem(path, message))
