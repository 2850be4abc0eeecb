"""Accession: members join an agreement that is in force; its present parties keep what they have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from scenarios.agreement_items import reasons, refuse
from scenarios.aim import Findings, Mask
from scenarios.barrier_schema import AgreementUse
from scenarios.holders import among
from scenarios.policy_schema import Agreement
from scenarios.preferences import Offer, read_use
from scenarios.problems import Origin, Placed
from scenarios.schedules import Schedule
from scenarios.state import State

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class JoinItem(Placed):
    """Who joins which agreement: pairs with a joiner get it, all others stay exactly as they are.

    ``named`` are joiners written by their own code, ``joiners`` those and the members of groups. ``spared``
    and ``withheld`` are over (o, d, i), as for an agreement that enters.
    """

    agreement: Agreement
    joiners: Mask
    named: Mask
    schedule: Schedule
    origin: Origin
    path: str
    use: AgreementUse = field(default_factory=AgreementUse)
    parts: tuple[str, ...] = ("tariffs", "barriers")
    year: float | None = None
    spared: Mask | None = None
    withheld: Array | None = None

    def run(self, state: State, findings: Findings) -> State:
        """Tariffs and barriers of the pairs that come in."""
        name, nobody = self.agreement.agreement, np.zeros_like(self.joiners)
        by_part = {"tariffs": state.preferences.parties.get(name, nobody)}
        if state.removed is not None and state.removed.effects.known(name):
            by_part["barriers"] = state.removed.parties.get(name, nobody)
        after = state
        for part in self.parts:
            inside = by_part.get(part)
            if inside is None:
                continue
            joining = self._joining(inside, state, findings)
            if joining is None:
                return state
            change = self._tariffs if part == "tariffs" else self._barriers
            after = change(after, inside, joining, findings)
        if len(after.steps) == len(state.steps) and not findings.problems:
            what = "no rate" if after.removed is None else "no rate and removes no barrier"
            findings.note(f"{self.place}: joining {name} changes {what}")
        return after

    def _joining(self, inside: Mask, state: State, findings: Findings) -> Mask | None:
        """Who comes in; None after a problem."""
        name, regions = self.agreement.agreement, state.world.regions
        if not inside.any():
            message = f"{name} is not in force here: nobody can join it; write 'agreement: {name}' first"
            self._problem("join", message, findings)
            return None
        already, joining = self.joiners & inside, self.joiners & ~inside
        known = _labels(regions, already & self.named) if joining.any() else _labels(regions, already)
        if known:
            verb = "is" if len(known) == 1 else "are"
            self._problem("members", f"{', '.join(known)} {verb} in {name} already", findings)
            return None
        if already.any():
            findings.note(f"{self.place}: in {name} already: {', '.join(_labels(regions, already))}")
        return joining

    def _tariffs(self, state: State, inside: Mask, joining: Mask, findings: Findings) -> State:
        name, before = self.agreement.agreement, state.preferences
        members = inside | joining
        pairs = among(members) & (joining[:, None] | joining)
        new = pairs & ~before.served(name)
        if self.agreement.in_data == "fully" and not self.schedule.accession and new.any():
            self._problem("join", no_accession(name), findings)
            return state
        offer = self._offer(state, pairs, new)
        entered = before.joined(name, offer, pairs, members, self.spared)
        refuse(before, (entered.lost() != before.lost()) & before.settled, self, findings)
        if offer is not None:
            tariff, cost = offer.terms(before.without_preference())
            better = (1 + tariff) * cost < (1 + state.paid.tariff) * state.paid.iceberg
            again = before.settled & before.served(name)[:, :, None]
            if self.spared is not None:
                again &= ~self.spared
            refuse(before, better & again, self, findings)
        staged = "" if self.year is None else f" (year {self.year:g})"
        return state.agreed(entered, reasons(self.place, f"join {name}{staged}"))

    def _offer(self, state: State, pairs: Mask, new: Mask) -> Offer | None:
        if self.schedule.empty:
            return None
        shape = state.values["tm"].shape
        rate = self.schedule.rates(state.mfn, new, shape, self.year)
        use = read_use(self.agreement.agreement, state.world)
        use = use.replaced(self.use.utilisation, self.use.rules_of_origin)
        kept = self.schedule.withheld(new, self.withheld)
        return Offer(np.where(pairs[:, :, None], rate, np.inf), use, kept)

    def _barriers(self, state: State, inside: Mask, joining: Mask, findings: Findings) -> State:
        removed, name = state.removed, self.agreement.agreement
        assert removed is not None
        members = inside | joining
        pairs = (among(members) & (joining[:, None] | joining))[:, :, None]
        for remark in removed.effects.remarks(name, np.broadcast_to(pairs, state.values["tm"].shape)):
            findings.note(f"{self.place}: {remark}")
        after = removed.entered(name, members, self.spared, joining)
        return state.granted(after, f"{self.place} provisions of {name}")

    def _problem(self, key: str, message: str, findings: Findings) -> None:
        problem = self.origin.problem(f"{self.path}.{key}", message)
        if problem not in findings.problems:
            findings.problems.append(problem)


def no_accession(name: str) -> str:
    """Why nobody new can join an agreement that the data hold and whose file says nothing of accession."""
    return (
        f"{name} is in the benchmark's applied rates, and its file does not say what a new member gives "
        f"and gets: add 'accession' lines to agreements/{name}.yaml, or aim a tariff shock at these flows"
    )


def _labels(regions: Sequence[str], mask: Mask) -> list[str]:
    return [r for r, hit in zip(regions, mask, strict=True) if hit]
