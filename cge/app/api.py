"""The whole path in one place: scenario file -> policy -> accounts -> parameters -> model -> solutions ->
comparison.

Everything a notebook needs: ``import cge; cge.run("us-joins-cptpp")``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cge.app import account
from cge.app.barriers import barrier_notes
from cge.app.case import Case, parameters_of, prepare, read, with_policy
from cge.app.closing import closure_notes, policy_changes
from cge.app.compensating import programme, settle
from cge.app.provenance import barrier_hash, cap_notes, choices, code_hash
from cge.app.timer import Timer
from cge.solution import Solution
from scenarios.packages import full_text
from scenarios.reader import scenario_hash
from scenarios.schema import Scenario

if TYPE_CHECKING:
    from results.compare import Comparison
    from results.compensation import Settlement

__all__ = [
    "Case",
    "Timer",
    "code_hash",
    "comparison",
    "describe",
    "parameters_of",
    "policy_changes",
    "prepare",
    "read",
    "run",
    "settle",
    "solve",
    "with_policy",
]

Progress = Callable[[str], None]


def _silent(message: str) -> None:
    return None


def solve(case: Case, *, space: str = "reduced", route: str = "casadi", progress: Progress = _silent
          ) -> tuple[Solution, Solution]:  # fmt: skip
    """Solve the baseline, then the policy from there; returns both. Raises SolveError.

    The policy is that of the shocks: compensation comes after it (`cge.app.compensating.settle`).
    """
    progress("baseline")
    base = case.model.solve(
        case.baseline, space=space, route=route, progress=lambda m: progress(f"baseline: {m}")
    )
    new = case.model.solve(policy_changes(case, base), start=base, space=space, route=route,
                           progress=lambda m: progress(f"policy: {m}"))  # fmt: skip
    return base, new


def run(
    name_or_path: str | Path | Scenario,
    *,
    variant: str | None = None,
    against: str | None = None,
    aggregation: str | None = None,
    focus: str | None = None,
    space: str = "reduced",
    decompose: bool = False,
    verify: bool = False,
    progress: Progress = _silent,
    timer: Timer | None = None,
    command: str = "",
) -> Comparison:
    """Run a scenario of the library (by name) or from a file and return the comparison with its baseline.

    `variant` is one of the file's variants; `against` another, solved as well, with the difference of their
    welfare by term and sector. `decompose` adds the decomposition of welfare (`against` does too), `verify` a
    second opinion on both solutions. A scenario with access shocks is solved once more per country. Raises
    ScenarioError, AggregationError, ElasticityError, ParameterError, ClosureError on bad input, SolveError
    when no equilibrium is found and VerificationError when the second opinion differs.
    """
    clock = timer or Timer()
    progress("reading scenario and data")
    from cge.app import against as pairs

    rents = against is not None and pairs.need_rents(name_or_path, variant, against)
    case = prepare(name_or_path, aggregation=aggregation, variant=variant, rents=rents, timer=clock)
    _refuse_early(case, focus, decompose=decompose or against is not None)
    progress("compiling derivatives")
    with clock.stage("compile"):
        case.model.compile()
    with clock.stage("solve"):
        base, new = solve(case, space=space, progress=progress)
        settled = settle(case, base, new, space=space, progress=progress)
        case, new = settled.case, settled.new
    progress("indicators")
    with clock.stage("results"):
        result = comparison(case, base, new, focus=focus, command=command, paid=settled.paid)
    result = _extended(
        case,
        result,
        decompose=decompose or against is not None,
        verify=verify,
        progress=progress,
        clock=clock,
        paid=settled.paid,
    )
    if against is None:
        return result
    return pairs.with_difference(
        result, name_or_path, against, aggregation=aggregation, focus=focus, space=space, rents=rents,
        progress=progress, clock=clock,
    )  # fmt: skip


def _refuse_early(case: Case, focus: str | None, *, decompose: bool) -> None:
    """Say before solving what the results would refuse."""
    from results.errors import ResultsError

    regions = case.aggregation.region_codes()
    if focus is not None and focus not in regions:
        raise ResultsError(f"focus {focus}: not a region here; choose from {', '.join(regions)}")
    if decompose and case.firms:
        raise ResultsError(
            "welfare is not decomposed where firms enter and exit: the decomposition has no term for "
            "variety; run without --decompose and --against"
        )


def _extended(
    case: Case,
    result: Comparison,
    *,
    decompose: bool,
    verify: bool,
    progress: Progress,
    clock: Timer,
    paid: Settlement | None,
) -> Comparison:
    """The comparison with what was asked for besides, and what its shocks call for."""
    if any(shock.access is not None for shock in case.scenario.shocks):
        from cge.app import adoption as resolved
        from results import adoption

        with clock.stage("adoption"):
            outcomes = resolved.adoption(case, result.base, result.new, paid=paid, progress=progress)
            result = adoption.attach(result, outcomes)
    from cge.app.contributions import with_published

    with clock.stage("published"):
        result = with_published(case, result, progress=progress)
    if decompose:
        from results import decomposition

        progress("decomposing welfare along the path")
        with clock.stage("decompose"):
            found = decomposition.decompose(case.model, result.base, result.new)
            result = decomposition.attach(result, found)
    if verify:
        from cge.app import verify as second_opinion

        with clock.stage("verify"):
            checked = second_opinion.verify(case, result.base, result.new, progress=progress)
        result = second_opinion.attach(result, checked)
    return result


def comparison(
    case: Case,
    base: Solution,
    new: Solution,
    *,
    focus: str | None = None,
    command: str = "",
    numbers_only: bool = False,
    paid: Settlement | None = None,
) -> Comparison:
    """Every result of a solved case, with its provenance.

    ``numbers_only``: without what only a reader needs (policy in words, assumptions, members of regions).

    ``paid``: of `settle`, needed where the scenario pays compensation; raises ResultsError without it.
    """
    from results.compare import ScenarioInfo, compare
    from results.errors import ResultsError

    training, asked = programme(case), case.scenario.compensation
    if asked is not None and paid is None:
        raise ResultsError("this scenario pays compensation: settle it first (cge.app.api.settle)")
    financed = asked is not None and asked.pays != "full"
    hashes = {
        "data": str(case.world.meta.get("sha256", "")),
        "scenario": scenario_hash(case.scenario),
        "code": code_hash(),
        **barrier_hash(case.scenario),
    }
    meta = case.expanded.meta
    without = f" without {meta['baseline_without']}" if meta["baseline_without"] else ""
    regions = case.aggregation.region_codes()
    info = ScenarioInfo(
        name=case.name,
        title=case.scenario.title,
        question=case.scenario.question,
        description=case.scenario.description,
        text=full_text(case.scenario),
        focus=focus or case.scenario.focus or ("USA" if "USA" in regions else regions[0]),
        baseline=f"{meta['baseline']}{without}",
        baseline_date=meta["baseline_date"],
        command=command,
        choices=choices(case),
        hashes=hashes,
        notes=(
            *(() if paid is None else (paid.words(),)),
            *case.expanded.notes,
            *cap_notes(case.elasticities.caps),
            *closure_notes(case, base, new),
            *barrier_notes(case.barriers),
            *(() if training is None else (training.words(paid=financed),)),
        ),
        sector_names=case.accounts.meta.get("sector_labels", {}),
        region_names=case.accounts.meta.get("region_labels", {}),
    )
    info = info if numbers_only else account.told(case, info)
    return compare(
        base.with_hashes(**hashes),
        new.with_hashes(**hashes),
        scenario_info=info,
        retraining=training,
        compensation=paid,
    )


def describe(case: Case) -> dict[str, Any]:
    """Sizes of a case, for reports."""
    sets = case.model.parameters.sets
    return {"regions": len(sets.regions), "sectors": len(sets.sectors), "unknowns": case.model.reduced.size}
