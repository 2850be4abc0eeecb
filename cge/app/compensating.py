"""Compensation paid inside the model: the levy and what it pays for, found together.

What the displaced are due is an outcome of the policy that pays them, so the rate of the levy and the labour
that is missing are a fixed point: solve, measure, set both anew, until the levy raises what is due. The levy
moves instruments that every model has (the taxes on consumption and output, the labour endowment), so nothing
is compiled again and scenarios with and without compensation share one model and one baseline.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from cge.app.case import Case, members_of
from cge.app.closing import policy_changes
from cge.app.domestic import with_labour_left, with_levy
from cge.model import SolveError
from cge.quantities import instrument
from cge.solution import Solution
from scenarios.compensation import compensation_regions
from scenarios.compensation_schema import TAXES
from scenarios.retraining import retraining_regions

if TYPE_CHECKING:
    from results.compensation import Due, Settlement, Terms
    from results.retraining import Programme

TOLERANCE = 1e-10
"""Largest gap between what the levy raises and what is due, and between labour missing and labour lost, in
national incomes."""
ROUNDS = 40
"""Solutions after which the search gives up."""
LARGEST_LOSS = 0.5
"""Share of effective labour beyond which no equilibrium is looked for."""
Progress = Callable[[str], None]


def _silent(message: str) -> None:
    return None


@dataclass(frozen=True)
class Settled:
    """``case``: whose policy holds the levy and the missing labour; ``new``: its solution; ``paid``: the
    compensation, None where the scenario has none (then the rest is what was handed in).
    """

    case: Case
    new: Solution
    paid: Settlement | None = None


def programme(case: Case) -> Programme | None:
    """The retraining programme over the regions of the model: the scenario's own, and that of compensation
    which pays for one.
    """
    from results.retraining import Programme

    own, asked = case.scenario.retraining, case.scenario.compensation
    members = members_of(case.aggregation)
    paid = asked is not None and asked.pays != "full"
    if own is None and not paid:
        return None
    named = {*retraining_regions(case.scenario, members)}
    named |= {*compensation_regions(case.scenario, members)} if paid else set()
    regions = tuple(r for r in members if r in named)
    return Programme(regions) if own is None else Programme(regions, own.uptake, own.cost_per_worker)


def terms(case: Case) -> Terms | None:
    """What the scenario's compensation says, over the regions of its model."""
    from results.compensation import Terms

    asked = case.scenario.compensation
    if asked is None:
        return None
    return Terms(
        regions=compensation_regions(case.scenario, members_of(case.aggregation)),
        financed_by=asked.financed_by,
        pays=asked.pays,
        share=asked.share,
        displaced=asked.displaced,
        parameters=asked.parameters,
        in_model=asked.losses == "in_model",
        programme=programme(case) if asked.pays != "full" else None,
    )


def settle(
    case: Case,
    base: Solution,
    new: Solution,
    *,
    space: str = "reduced",
    route: str = "casadi",
    progress: Progress = _silent,
) -> Settled:
    """The equilibrium in which the displaced are paid; what was handed in where nobody is to be paid.

    ``base``, ``new``: the baseline and the policy without compensation. Raises ScenarioError where the
    closure determines what the compensation sets, and SolveError when the levy cannot raise what is due.
    """
    agreed = terms(case)
    if agreed is None:
        return Settled(case, new)
    search = _Search(case, base, agreed, space, route, progress)
    return search.settled(new)


def with_payment(case: Case, agreed: Terms, rate: xr.DataArray, lost: xr.DataArray) -> Case:
    """The case with a levy (r) on top of its policy's tax and this share of effective labour (r) missing.

    Raises ScenarioError where the closure determines either.
    """
    model, origin = case.model, case.scenario.origin
    policy = with_labour_left(case.policy, 1 - lost, model, origin)
    if agreed.financed_by in TAXES:
        policy = with_levy(policy, TAXES[agreed.financed_by], rate, model, case.accounts.data, origin)
    return replace(case, policy=policy)


@dataclass(frozen=True)
class _Point:
    """One solution of the search: rate of the levy and labour missing (r), and what is due there."""

    rate: xr.DataArray
    lost: xr.DataArray
    case: Case
    new: Solution
    due: Due


@dataclass(frozen=True)
class _Search:
    """The search for the rate of the levy and the labour that is missing."""

    case: Case
    base: Solution
    terms: Terms
    space: str
    route: str
    progress: Progress

    def settled(self, new: Solution) -> Settled:
        """Solve, measure and set anew until the levy raises what is due."""
        point, residual, rounds = self._fixed_point(new)
        lump = self._at_lump_sum(point, new)
        paid = self._settlement(point, new, lump, residual, rounds)
        return Settled(point.case, point.new, paid)

    def _fixed_point(self, new: Solution) -> tuple[_Point, float, int]:
        from results.compensation import due
        from results.levels import levels

        nothing = 0.0 * new.values.pc
        income = levels(self.base)["income"]
        point, residual = _Point(nothing, nothing, self.case, new, due(self.base, new, self.terms)), np.inf
        for rounds in range(ROUNDS + 1):
            rate, gap = self._wanted(point)
            short = abs(point.due.data.lost - point.lost) * self._labour_share(income)
            residual = float(xr.where(gap / income > short, gap / income, short).max())
            if residual < TOLERANCE:
                return point, residual, rounds
            self.progress(f"compensation: round {rounds + 1}, still apart by {residual:.1e} of income")
            point = self._solve(rate, point.due.data.lost, point.new)
        raise SolveError(
            f"compensation: after {ROUNDS} solutions what the levy raises and what is due are still apart "
            f"by {residual:.1e} of national income (accepted: {TOLERANCE:g}); try a smaller share, "
            "financed_by lump_sum, or losses: account"
        )

    def _labour_share(self, income: xr.DataArray) -> xr.DataArray:
        return (self.base.values.factor_income * self.base.values.gdp0).sel(f="labour", drop=True) / income

    def _wanted(self, point: _Point) -> tuple[xr.DataArray, xr.DataArray]:
        """The rate that raises what is due at the point (r), and by how much the point's own misses it, USD
        million.
        """
        from results.compensation import consumer_prices, levy_base

        if self.terms.financed_by not in TAXES:
            return point.rate, 0.0 * point.rate
        unit = levy_base(point.new, self.terms.financed_by) / consumer_prices(self.base, point.new)
        return point.due.data.a_year / unit, abs(point.rate * unit - point.due.data.a_year)

    def _solve(self, rate: xr.DataArray, lost: xr.DataArray, start: Solution) -> _Point:
        from results.compensation import due

        if float(lost.max()) > LARGEST_LOSS:
            where = lost.r.values[int(np.argmax(lost.to_numpy()))]
            raise SolveError(
                f"compensation: {100 * float(lost.max()):.0f} % of labour would be lost in {where}: "
                "the account is not meant for losses of this size"
            )
        case, new = self._solution(rate, lost, start)
        return _Point(rate, lost, case, new, due(self.base, new, self.terms))

    def _solution(self, rate: xr.DataArray, lost: xr.DataArray, start: Solution) -> tuple[Case, Solution]:
        """The policy with this levy and this labour missing; persons are those who hold the jobs."""
        case = with_payment(self.case, self.terms, rate, lost)
        changes = policy_changes(case, self.base)
        try:
            new = case.model.solve(changes, start=start, space=self.space, route=self.route)
        except SolveError as error:
            raise SolveError(f"compensation: {error}") from None
        q = instrument("labour_per_person", "r", "index", "effective labour of a person in work")
        left = (1 - lost).assign_attrs(unit=q.unit, doc=q.doc)
        values = new.values.assign({q.name: left})
        return case, replace(new, values=values, quantities={**new.quantities, q.name: q})

    def _at_lump_sum(self, point: _Point, new: Solution) -> Solution:
        """The same losses, paid by a lump sum."""
        if self.terms.financed_by not in TAXES:
            return point.new
        if not bool((point.lost != 0).any()):
            return new
        self.progress("compensation: the same losses with a lump sum")
        return self._solution(0.0 * point.rate, point.lost, point.new)[1]

    def _settlement(
        self, point: _Point, new: Solution, lump: Solution, residual: float, rounds: int
    ) -> Settlement:
        from results.compensation import Settlement, consumer_prices, gains, levy_base, mean_rate

        source = self.terms.financed_by
        income, ev = gains(self.base, gross=new, lump_sum=lump, net=point.new)
        revenue = point.due.data.a_year
        if source in TAXES:
            revenue = point.rate * levy_base(point.new, source) / consumer_prices(self.base, point.new)
        after = mean_rate(point.new, source)
        tax = {"before": after - point.rate, "after": after}
        return Settlement(self.terms, point.due, point.rate, tax, revenue, ev, income, residual, rounds)
