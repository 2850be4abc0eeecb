"""From what a user asks to a plan, and from a sweep to what is said of it: ``cge.sweep`` for notebooks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calibration.aggregate import Aggregation, load_aggregation
from cge.app.case import read
from cge.app.sweeps.checking import (
    overlaps,
    percent_targets,
    refuse_other_rows,
    require_values,
    without_meaning,
)
from cge.app.sweeps.cluster import Profile, read_cluster
from cge.app.sweeps.plan import TABLES, AskedError, Plan, SweepResult
from cge.app.sweeps.progress import Progress
from cge.app.sweeps.running import run
from cge.designs.design import Design
from cge.designs.distributions import Parameter, parse
from scenarios.problems import ScenarioError
from scenarios.reader import aggregation_files
from scenarios.rows import numbered_rows
from scenarios.schema import Scenario
from scenarios.sweeping import (
    SENSITIVITY,
    Asked,
    expanded,
    make_design,
    parse_correlate,
    parse_vary,
    standard_in,
    varied_parameters,
)
from scenarios.varying import check_targets

if TYPE_CHECKING:
    from cge.app.sweeps.store import SweepStore
    from results.uncertainty import Uncertainty

USUAL = Asked()
"""What the scenario's own key says, else the defaults."""


def sweep(
    name_or_path: str | Path | Scenario,
    *,
    variant: str | None = None,
    design: str | Design | None = None,
    vary: Mapping[str, Any] | Sequence[str] = (),
    points: int | None = None,
    seed: int | None = None,
    correlate: Sequence[str] = (),
    aggregation: str | None = None,
    tables: Sequence[str] = TABLES,
    workers: int | None = None,
    cluster: str | Path | Profile | None = None,
    store: str | Path | SweepStore | None = None,
    retry_failed: bool = False,
    time_limit: float | None = None,
    progress: Progress | None = None,
) -> SweepResult:
    """Solve a scenario at many points: how far its results move with what is not known for sure.

    ``vary``: targets and their distributions or lists of values, ``{"trade[*]": "triangular(50%, 100%,
    150%)", "shocks[0].tariff.to": [0, 0.02]}``; without it the scenario's key ``sweep``, else the standard
    set. ``design``: grid, list, lhs, sobol, monte_carlo, stroud (the default), liu, tornado, or a `Design`.
    ``correlate``: texts such as ``trade[C29],trade[C26]=0.5``. Everything else as
    `cge.app.sweeps.running.run`: points that the store has are not solved again.

    ``.uncertainty()`` of the result says what it means: bands, signs, what it hangs on.

    Raises ScenarioError and its relatives, DesignError, StoreError, SolveError at the central point,
    SweepError when no worker can solve.
    """
    asked = Asked(
        vary=_parameters(vary), correlate=tuple(map(parse_correlate, correlate)),
        kind=design if isinstance(design, str) else None, points=points, seed=seed,
    )  # fmt: skip
    plan = planned(name_or_path, asked, variant=variant, aggregation=aggregation, tables=tables)
    if isinstance(design, Design):
        plan = _checked(replace(plan, design=design, asked=design.targets, percent=frozenset()))
    where = cluster if cluster is None or isinstance(cluster, Profile) else read_cluster(str(cluster))
    return run(plan, workers=workers, cluster=where, store=store, retry_failed=retry_failed,
               time_limit=time_limit, progress=progress)  # fmt: skip


def planned(
    name_or_path: str | Path | Scenario,
    asked: Asked = USUAL,
    *,
    variant: str | None = None,
    aggregation: str | None = None,
    tables: Sequence[str] = TABLES,
) -> Plan:
    """The plan of a scenario: what it says of its sweep, what is asked for in place of it, else defaults.

    Raises ScenarioError for a target that names nothing and for a value that it cannot have, DesignError,
    AggregationError.
    """
    scenario = read(name_or_path, variant)
    unknown = sorted(set(tables) - set(TABLES))
    if unknown or not tables:
        raise AskedError(f"no table {', '.join(unknown) or 'at all'}; there are {', '.join(TABLES)}")
    chosen = aggregation_of(scenario, aggregation)
    design = make_design(scenario, chosen.sectors, asked)
    given = varied_parameters(scenario, asked)[0]
    plan = Plan(scenario, design, aggregation, tables=tuple(t for t in TABLES if t in tables),
                parameters=parameters_of(scenario, asked))  # fmt: skip
    own = scenario.sweep is not None and (scenario.sweep.parameters or scenario.sweep.rows)
    named = tuple(p.target for p in given) if asked.vary or own else ()
    stated = {p.target for p in expanded(given, chosen.sectors) if p.distribution.percent}
    return _checked(replace(plan, asked=named), stated)


def _checked(plan: Plan, in_percent: Collection[str] = ()) -> Plan:
    """The plan with its notes; raises ScenarioError for targets and values that cannot be.

    ``in_percent``: targets whose values were given in percent.
    """
    chosen = aggregation_of(plan.scenario, plan.aggregation)
    check_targets(plan.scenario, plan.design.targets, chosen)
    refuse_other_rows(plan.design.targets)
    plan = replace(plan, percent=percent_targets(plan, in_percent, chosen))
    require_values(plan, chosen)
    notes = (*plan.design.notes, *overlaps(plan, chosen), *without_meaning(plan, chosen))
    return replace(plan, design=replace(plan.design, notes=notes))


def aggregation_of(scenario: Scenario, name: str | None) -> Aggregation:
    """The aggregation that a scenario is solved at. Raises AggregationError."""
    return load_aggregation(name or aggregation_files(scenario) or scenario.aggregation.name or "default")


def _parameters(vary: Mapping[str, Any] | Sequence[str]) -> tuple[Parameter, ...]:
    if isinstance(vary, Mapping):
        return tuple(Parameter(target, parse(spec)) for target, spec in vary.items())
    return tuple(parse_vary(text) for text in vary)


def parameters_of(scenario: Scenario, asked: Asked = USUAL) -> tuple[dict[str, str], ...]:
    """What is varied, one line each: target, distribution, source, confidence."""
    own = scenario.sweep
    given = asked.vary or (own.parameters if own is not None else ())
    if given:
        source = "asked for" if asked.vary else f"key sweep of {scenario.origin.file}"
        return tuple(_line(p, source, "assumption") for p in given)
    if own is not None and own.rows is not None:
        return ({"target": "all", "distribution": "listed", "source": own.rows, "confidence": "assumption"},)
    table = {row["target"]: row for _, row in numbered_rows(SENSITIVITY)}
    rows = [(p, table[p.target]) for p in standard_in(scenario)[0]]
    return tuple(_line(p, row["source"], row["confidence"]) for p, row in rows)


def _line(p: Parameter, source: str, confidence: str) -> dict[str, str]:
    return {"target": p.target, "distribution": p.distribution.words(), "source": source,
            "confidence": confidence}  # fmt: skip


def values_in_use(plan: Plan) -> dict[str, object]:
    """The scenario's own value of each target of the design; a target is left out where it has no one value
    (numbers that differ by economy, values of elasticities by sector).
    """
    from cge.app.slopes import value_at

    out: dict[str, object] = {}
    for target in plan.design.targets:
        try:
            value, by_economy = value_at(plan.scenario, target)
        except ScenarioError:
            continue
        if value is not None and not by_economy:
            out[target] = value
    return out


def uncertainty(result: SweepResult, *, focus: str | None = None) -> Uncertainty:
    """Statistics, bands and effects of a sweep. Raises ResultsError for a focus that is no region."""
    from results.uncertainty import analyse

    plan = result.plan
    chosen = aggregation_of(plan.scenario, plan.aggregation)
    regions = chosen.region_codes()
    found = [result.outcomes[n] for n in result.numbers]
    sources = result.status.set_index("number")["source"]
    return analyse(
        result.rows, result.baseline, result.counterfactual, result.central, plan.design,
        ["missing" if sources.loc[n] == "not kept" else result.outcomes[n].status for n in result.numbers],
        focus=focus or plan.scenario.focus or ("USA" if "USA" in regions else regions[0]),
        reasons=[o.reason for o in found], worst=[o.worst for o in found], notes=[o.notes for o in found],
        parameters=plan.parameters,
        names={"regions": chosen.region_labels, "sectors": chosen.sector_labels},
        title=plan.scenario.title, in_use=values_in_use(plan), run_notes=result.notes,
    )  # fmt: skip
