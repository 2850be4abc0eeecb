"""The adoption report of a scenario with access shocks: the prepared model solved once more per country."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cge.app import api
from cge.app.compensating import with_payment
from cge.model import SolveError
from cge.solution import Solution
from results.adoption import Outcome
from results.compensation import Settlement
from scenarios.access import AccessParties, access_parties, with_adopters
from scenarios.schema import Scenario

Progress = Callable[[str], None]


def adoption(
    case: api.Case,
    base: Solution,
    new: Solution,
    *,
    paid: Settlement | None = None,
    progress: Progress = lambda message: None,
) -> tuple[Outcome, ...]:
    """Each country's choice on each standard, everything else as in the scenario; () without access shocks.

    ``base`` and ``new``: the solved case; ``paid``: its compensation, whose levy and losses stay as they are.
    A country chooses once for a standard, in all the shocks that name it as adopter or candidate. A choice
    without an equilibrium is an Outcome that says why.
    """
    labels = [str(r) for r in case.world.data["d"].values]
    parties = access_parties(case.scenario, labels)
    out = []
    for standard in dict.fromkeys(p.standard for p in parties):
        mine = [p for p in parties if p.standard == standard]
        named = {country for p in mine for country in (*p.adopters, *p.candidates)}
        for country in (label for label in labels if label in named):
            progress(f"adoption: {country}, {standard}")
            out.append(_outcome(case, base, new, country, mine, paid))
    return tuple(out)


def _outcome(
    case: api.Case,
    base: Solution,
    new: Solution,
    country: str,
    parties: Sequence[AccessParties],
    paid: Settlement | None,
) -> Outcome:
    concerned = [p for p in parties if country in (*p.adopters, *p.candidates)]
    adopts = any(country in p.adopters for p in concerned)
    granters = dict.fromkeys(case.aggregation.regions[g] for p in concerned for g in p.granters)
    other, reason = None, ""
    try:
        changed = api.with_policy(case, with_the_opposite(case.scenario, country, concerned))
        changed = (
            changed if paid is None else with_payment(changed, paid.terms, paid.rate, paid.due.data.lost)
        )
        other = case.model.solve(api.policy_changes(changed, base), start=new)
    except SolveError as error:
        reason = str(error).splitlines()[0]
    return Outcome(
        country,
        case.aggregation.regions[country],
        parties[0].standard,
        tuple(granters),
        adopts,
        other,
        reason,
    )


def with_the_opposite(scenario: Scenario, country: str, parties: Sequence[AccessParties]) -> Scenario:
    """The scenario with one country's choice turned round in the access shocks that name it."""
    if any(country in p.adopters for p in parties):
        return with_adopters(
            scenario,
            {p.shock: [a for a in p.adopters if a != country] for p in parties if country in p.adopters},
        )
    return with_adopters(scenario, {p.shock: [*p.adopters, country] for p in parties})
