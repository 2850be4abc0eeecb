"""Duties in reply to those that the scenario has raised so far, on benchmark trade.

With D(o, d, i) the rise of a duty since the baseline, or 0, and B(o, d, i) the benchmark border values,
importer d (or union of importers) answers the duties of a (``against``) by p points on the flows named:

* ``how: value``: p sum_{a,i} B(a, d, i) = share sum_{a,i} D(d, a, i) B(d, a, i);
* ``how: rate``, sector by sector: p(i) = share sum_a D(d, a, i) B(d, a, i) / sum_a B(d, a, i).

What an earlier reply of the same economy has answered is not answered again: D is what is left. Every economy
answers for itself, the members of a customs union together, with the same points. Trade is that of the
benchmark: how it reacts is for the model, and the duty that is collected in the end is another number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from scenarios.aim import Aim, Findings, Mask
from scenarios.customs_union import UNION, union_members
from scenarios.policy import Step
from scenarios.problems import Origin, Placed
from scenarios.schema import Shock
from scenarios.state import State

Array = npt.NDArray[np.float64]
MOST = 20
"""Importers that a note names."""


@dataclass(frozen=True)
class Reply:
    """What one government does: its name, its markets (mask over regions), points by sector (i).

    ``duty`` is what they come to on benchmark trade, ``trade`` that trade, USD million; points are shares.
    """

    name: str
    markets: Mask
    points: Array
    duty: float
    trade: float


@dataclass(frozen=True)
class RetaliationItem(Placed):
    """A reply with its cells (o, d, i): goods of ``against`` in the markets of those who hit back."""

    shock: Shock
    cells: Mask
    against: Mask
    importers: Mask
    origin: Origin
    path: str

    def run(self, state: State, findings: Findings) -> State:
        """Every government raises its duties by its own points; those with nothing to answer do nothing."""
        problems = len(findings.problems)
        governments = self._governments(state)
        replies = [r for name, markets in governments if (r := self._reply(state, name, markets, findings))]
        old = state.values["tm"]
        new, steps, covered = old.copy(), [], np.zeros_like(self.cells)
        for reply in replies:
            own = np.zeros_like(self.cells)
            own[:, reply.markets, :] = self.cells[:, reply.markets, :] & (reply.points != 0)
            new = np.where(own, old + reply.points, new)
            covered |= own
            steps.append(Step("tm", own & (new != old), f"{self._here}: {self._words(reply)}"))
        if len(findings.problems) == problems:
            self._note([name for name, _ in governments], replies, findings)
        if not covered.any():
            return state
        after = state.moved("tm", new, self._here, cells=covered, place=f"{self.place} {self.path}")
        after = replace(after, answered=self._answered(state, replies))
        # One step a government, each with its own points.
        return replace(after, steps=(*state.steps, *(step for step in steps if step.changed.any())))

    @property
    def _here(self) -> str:
        return f"{self.place} {self.path} {self.shock.words()}"

    def _governments(self, state: State) -> list[tuple[str, Mask]]:
        """Who answers, with its markets: members of the customs union together, all others alone."""
        union = union_members(state.world) & self.importers
        out = []
        for d in np.flatnonzero(self.importers & ~union if union.sum() > 1 else self.importers):
            markets = np.zeros_like(self.importers)
            markets[d] = True
            out.append((state.world.regions[d], markets))
        return [*out, (UNION, union)] if union.sum() > 1 else out

    def _left(self, state: State) -> Array:
        """Rises of tariffs since the baseline (o, d, i) that the exporter has not answered yet."""
        assert state.start is not None
        raised = state.values["tm"] - state.start
        return np.maximum(raised if state.answered is None else raised - state.answered, 0.0)

    def _answered(self, state: State, replies: list[Reply]) -> Array:
        answer, left = self.shock.retaliate, self._left(state)
        assert answer is not None
        out = np.zeros_like(left) if state.answered is None else state.answered.copy()
        for reply in replies:
            theirs = (reply.markets[:, None] & self.against)[:, :, None]
            out += np.where(theirs, answer.share * left, 0.0)
        return out

    def _reply(self, state: State, name: str, markets: Mask, findings: Findings) -> Reply | None:
        answer = self.shock.retaliate
        assert answer is not None and state.border is not None
        theirs = (markets[:, None] & self.against)[:, :, None]
        sold = np.where(theirs, state.border, 0.0)
        hit = (self._left(state) * sold).sum(axis=(0, 1))
        duty = answer.share * float(hit.sum())
        if duty == 0:
            return None
        bought = np.where(self.cells & markets[:, None], state.border, 0.0).sum(axis=(0, 1))
        trade = float(bought.sum())
        if answer.how == "value":
            if trade == 0:
                message = (
                    f"{name} imports nothing of these sectors from {', '.join(answer.against)} in the "
                    "benchmark: no duty on them can answer; name other sectors, or 'how: rate'"
                )
                findings.problems.append(self.origin.problem(self.path, message))
                return None
            return Reply(name, markets, np.full(hit.shape, duty / trade), duty, trade)
        total = sold.sum(axis=(0, 1))
        points = answer.share * np.divide(hit, total, out=np.zeros_like(total), where=total > 0)
        return Reply(name, markets, points, float((bought * points).sum()), trade)

    def _words(self, reply: Reply) -> str:
        """``CHN +12.3 points on USD 150,000 million, for USD 18,450 million of duty``."""
        used = reply.points[self.cells[:, reply.markets, :].any(axis=(0, 1))]
        low, high = (f"{100 * float(value):.3g}" for value in (used.min(), used.max()))
        points = f"+{high} points" if low == high else f"+{low} to +{high} points by sector"
        return (
            f"{reply.name} {points} on USD {reply.trade:,.0f} million, USD {reply.duty:,.0f} million of duty"
        )

    def _note(self, asked: list[str], replies: list[Reply], findings: Findings) -> None:
        answering = {reply.name for reply in replies}
        idle = [name for name in asked if name not in answering]
        words = [self._words(reply) for reply in replies[:MOST]]
        if len(replies) > MOST:
            duty = sum(reply.duty for reply in replies[MOST:])
            words.append(f"{len(replies) - MOST} more, USD {duty:,.0f} million of duty (cge explain --full)")
        if idle:
            more = f" and {len(idle) - MOST} more" if len(idle) > MOST else ""
            named = ", ".join(idle[:MOST]) + more
            words.append(f"no unanswered rise on the exports of {named}, who change nothing")
        findings.note(f"{self.place}: {self.shock.words()} (benchmark trade): {'; '.join(words)}")


def retaliation_item(aim: Aim, shock: Shock, path: str) -> RetaliationItem:
    """Look up the names of a reply; what is wrong or worth knowing goes to the findings."""
    assert shock.retaliate is not None
    before = len(aim.findings.problems)
    against = aim.regions(shock.retaliate.against, f"{path}.retaliate.against")
    importers = aim.regions(shock.importers, f"{path}.importers")
    both = [r for r, hit in zip(aim.world.regions, against & importers, strict=True) if hit]
    if both and (not (importers & ~against).any() or set(both) & set(shock.importers or ())):
        aim.problem(f"{path}.retaliate.against", f"{', '.join(both)} cannot retaliate against itself")
    elif both:
        named = ", ".join(shock.importers or ())
        aim.note(f"{path}.importers", f"{', '.join(both)} is left out of {named}: nobody hits back at home")
    importers = importers & ~against
    sectors = aim.sectors(shock.sectors, f"{path}.sectors")
    aim.only_goods(shock.sectors or (), sectors, f"{path}.sectors")
    cells = aim.flows(against, importers, sectors)
    broken = len(aim.findings.problems) > before
    cells = aim.carved(cells, shock.carve_outs, path, broken)
    return RetaliationItem(shock, cells, against, importers, aim.origin, path)
