"""Entries of a plan that are negotiated: agreements that enter or end, provisions on their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from scenarios.aim import Findings, Mask
from scenarios.barrier_schema import AgreementUse
from scenarios.holders import among
from scenarios.policy_schema import Agreement
from scenarios.preferences import OWN, Offer, Preferences, read_use
from scenarios.problems import Origin, Placed
from scenarios.schedules import Schedule
from scenarios.state import State
from scenarios.units import percent

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class AgreementItem(Placed):
    """An agreement entering into force: its members, its schedule, its parts.

    ``joiners`` are those whom earlier shocks let join: they stay in if they still are. Flows ``spared``
    (o, d, i) are left alone; ``withheld`` (o, d, i) is the share of the tariff cut withheld for products.
    """

    agreement: Agreement
    members: Mask
    schedule: Schedule
    origin: Origin
    path: str
    use: AgreementUse = field(default_factory=AgreementUse)
    parts: tuple[str, ...] = ("tariffs", "barriers")
    entry: bool = False
    """An entry of a baseline, which needs no note when the data hold it already."""
    joiners: Mask | None = None
    year: float | None = None
    spared: Mask | None = None
    withheld: Array | None = None

    def run(self, state: State, findings: Findings) -> State:
        """Every flow between the parties may use the agreement; barriers fall where it removes more."""
        after = state
        if "tariffs" in self.parts:
            after = self._tariffs(after, findings)
        after = self.barriers(after, findings)
        if len(after.steps) == len(state.steps) and not self.entry:
            held = "is in force already and " if self.agreement.agreement in state.preferences.seen else ""
            what = "no rate" if after.removed is None else "no rate and removes no barrier"
            findings.note(f"{self.place}: {self.agreement.agreement} {held}changes {what}")
        return after

    def barriers(self, state: State, findings: Findings) -> State:
        """What it does to barriers, where the state has them."""
        if "barriers" not in self.parts or state.removed is None:
            return state
        name, effects = self.agreement.agreement, state.removed.effects
        members = self._all(state.removed.parties.get(name))
        if effects.known(name) and not self.entry:
            pairs = np.broadcast_to(among(members)[:, :, None], state.values["tm"].shape)
            for remark in effects.remarks(name, pairs):
                findings.note(f"{self.place}: {remark}")
        entered = state.removed.entered(name, members, self.spared)
        return state.granted(entered, f"{self.place} provisions of {name}")

    def _all(self, inside: Mask | None) -> Mask:
        """The parties, with those who joined and are in still."""
        if inside is None or self.joiners is None:
            return self.members
        return self.members | (inside & self.joiners)

    def _tariffs(self, state: State, findings: Findings) -> State:
        name, before = self.agreement.agreement, state.preferences
        members = self._all(before.parties.get(name))
        offer = self._offer(state, members)
        if self.year is not None and name in before.offers:
            findings.note(
                f"{self.place}: {name} is in force already: where its parties are further than year "
                f"{self.year:g} they stay so; to see it at that year leave it out of the baseline "
                f"(baseline: {{without: [{name}]}})"
            )
        entered = before.entered(name, offer, members, self.spared)
        refuse(before, (entered.lost() != before.lost()) & before.settled, self, findings)
        if offer is not None and name in before.seen:
            self._refuse_overwriting(state, offer, findings)
        staged = "" if self.year is None else f" (year {self.year:g})"
        after = state.agreed(entered, reasons(self.place, f"agreement {name}{staged}"))
        if self.entry and offer is not None and len(after.steps) == len(state.steps):
            findings.note(f"{self.place}: {name} changes no rate")
        return after

    def _offer(self, state: State, members: Mask) -> Offer | None:
        name, before = self.agreement.agreement, state.preferences
        known = before.offers.get(name)
        if not self.schedule.lines and known is None:
            return None
        joined = among(members) & ~among(self.members)
        shape = state.values["tm"].shape
        rate = self.schedule.rates(state.mfn, joined, shape, self.year)
        rate = np.where(among(members)[:, :, None], rate, np.inf)
        use = read_use(name, state.world).replaced(self.use.utilisation, self.use.rules_of_origin)
        offer = Offer(rate, use, self.schedule.withheld(joined, self.withheld))
        if known is None:
            return offer
        # What those who joined have stands; so does what is phased in further than ``year`` says.
        stands = joined[:, :, None] & np.isfinite(known.rate)
        if self.year is not None:
            stands = stands | (known.rate < offer.rate)
        return offer.merged(stands, known)

    def _refuse_overwriting(self, state: State, offer: Offer, findings: Findings) -> None:
        """Re-entry, or another use, must not undo what a shock has set since the agreement entered."""
        before = state.preferences
        known = before.offers.get(self.agreement.agreement)
        unsettled = np.where(before.settled, np.inf, offer.rate)
        if known is not None and replace(offer, rate=unsettled).same(known):
            return
        tariff, cost = offer.terms(before.without_preference())
        better = (1 + tariff) * cost < (1 + state.paid.tariff) * state.paid.iceberg
        if self.spared is not None:
            better &= ~self.spared
        refuse(before, better & before.settled, self, findings)


@dataclass(frozen=True)
class LeaveItem(Placed):
    """Members leaving an agreement, or its end."""

    agreement: Agreement
    members: Mask
    leaving: Mask
    origin: Origin
    path: str
    parts: tuple[str, ...] = ("tariffs", "barriers")
    entry: bool = False
    """The baseline leaves it out."""
    limit: Mask | None = None
    """Pairs (o, d) of an agreement between two sides; None: all."""

    def run(self, state: State, findings: Findings) -> State:
        """The flows concerned take the cheapest of MFN and the agreements that remain."""
        name, before = self.agreement.agreement, state.preferences
        in_force = before.in_force(name, self.leaving)
        if state.removed is not None:
            in_force |= bool((state.removed.parties.get(name, False) & self.leaving).any())
        if not in_force and not self.entry:
            message = f"{name} is not in force for them here, so they cannot leave it"
            findings.problems.append(self.origin.problem(self.path, message))
            return state
        after = state
        words = f"without {name}" if self.entry else self._words()
        if "tariffs" in self.parts:
            pairs = (self.leaving[:, None] | self.leaving) & among(self.members)
            pairs = pairs if self.limit is None else pairs & self.limit
            refuse(before, pairs[:, :, None] & before.settled, self, findings)
            left = before.left(name, self.leaving)
            after = after.agreed(left, reasons(self.place, words), joint=False)
        if "barriers" in self.parts and after.removed is not None:
            kept = after.removed.left(name, self.leaving)
            after = after.granted(kept, f"{self.place} {words}", joint=False)
        self._note(state, after, words, findings)
        return after

    def _words(self) -> str:
        whole = bool((self.leaving & self.members == self.members).all())
        return f"leave {self.agreement.agreement}" + ("" if whole else " (some members)")

    def _note(self, state: State, after: State, words: str, findings: Findings) -> None:
        up = after.values["tm"] != state.values["tm"]
        if not up.any():
            if not self.entry and "tariffs" in self.parts:
                findings.note(f"{self.place}: {words} changes no rate: other agreements give the same")
            return
        mfn = int((up & (after.paid.choice == 0)).sum())
        what = words
        if self.entry and self.agreement.in_data != "none":
            how = "" if self.agreement.in_data == "fully" else "part of "
            what += f" (the benchmark's applied rates hold {how}{self.agreement.agreement})"
        findings.note(
            f"{self.place}: {what}: {int(up.sum())} tariffs change, {mfn} of them to what is paid without "
            "any agreement"
        )


@dataclass(frozen=True)
class ProvisionsItem(Placed):
    """Provisions of an agreement or a template on some flows; ``alone`` are flows carved out."""

    name: str
    cells: Mask
    alone: Mask
    words: str
    origin: Origin
    path: str
    depth: float = 1.0
    """The share of what the provisions remove that is done."""
    joint: bool = False

    def run(self, state: State, findings: Findings) -> State:
        """Barriers fall where more is removed than before."""
        if state.removed is None:
            return state
        effects = state.removed.effects
        share = self.depth * effects.on(self.name, self.cells, self.alone)
        before = state.values["removed"]
        for remark in effects.remarks(self.name, self.cells):
            findings.note(f"{self.place}: {remark}")
        deeper = int((self.cells & (share > 0) & (before >= share)).sum())
        if deeper:
            findings.note(
                f"{self.place}: {self.words} removes nothing on {deeper} of {int(self.cells.sum())} flows: "
                "as much is removed there already"
            )
        key = f"{self.place} {self.path}"
        return state.granted(state.removed.granted(key, share), f"{key} {self.words}", joint=self.joint)


def refuse(before: Preferences, cells: Mask, item: Placed, findings: Findings) -> None:
    """A problem if a shock has set tariffs on any of the cells (o, d, i), which the item would undo."""
    place = before.set_by(cells) if cells.any() else None
    if place is not None:
        message = (
            f"{place} has set tariffs on {int(cells.sum())} of these flows, and this would undo it; "
            "write the change of the agreement first, or aim the two at different flows"
        )
        findings.problems.append(item.origin.problem(item.path, message))


def reasons(place: str, what: str) -> Callable[[str, str, float], str]:
    """Words for a step: what happened, whose terms the flows pay now, and how much they are used."""

    def words(instrument: str, terms: str, used: float) -> str:
        if terms == OWN:
            return f"{place} {what}"
        how = "rules of origin" if instrument == "k" else f"used by {percent(used)} of trade"
        how = "" if instrument == "tm" and used == 1 else f", {how}"
        named = what.startswith((f"agreement {terms}", f"join {terms}"))
        return f"{place} {what}{how}" if named else f"{place} {what}: {terms}{how}"

    return words
