"""Commands about scenario files: ``check`` and those around the library. Nothing here solves a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from cge.app import cli_library
from scenarios.apply import apply, check_model_regions, scenario_moves_barriers
from scenarios.barriers import BarrierData
from scenarios.compensation import compensation_regions
from scenarios.memory import Memory
from scenarios.policy import Policy
from scenarios.problems import ScenarioError
from scenarios.reader import aggregation_files, barrier_file, library, read_scenario
from scenarios.retraining import retraining_regions
from scenarios.schema import Scenario

BAD_INPUT = 2


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the application."""
    app.command("check")(check)
    cli_library.register(app)


def check(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Scenario names of the library, or files; none means the whole library."),
    ] = None,
    structure: Annotated[
        bool, typer.Option("--structure", help="Build each model too: is it square and regular?")
    ] = False,
    aggregation: Annotated[
        str | None,
        typer.Option(help="small, default, medium or full, instead of the scenario's (with --structure)."),
    ] = None,
) -> None:
    """Check scenarios without solving: everything wrong in each, with file and line.

    Examples: cge check  |  cge check us-joins-cptpp  |  cge check --structure my-scenario.yaml
    """
    memory = Memory()
    bad = 0
    if not names and not cli_library.sound_packages():
        bad += 1
    for name in names or library():
        try:
            scenario = read_scenario(name, memory=memory)
        except ScenarioError as error:
            bad += 1
            typer.echo(str(error), err=True)
            continue
        told: set[str] = set()
        for variant, case in {None: scenario, **_others(scenario)}.items():
            bad += not _sound(name, variant, case, memory, told, structure=structure, aggregation=aggregation)
    if bad:
        raise typer.Exit(BAD_INPUT)


def _others(scenario: Scenario) -> dict[str, Scenario]:
    """The variants beside the file's own case."""
    return {name: case for name, case in scenario.cases.items() if name != scenario.main_variant}


def _sound(
    name: str,
    variant: str | None,
    case: Scenario,
    memory: Memory,
    told: set[str],
    *,
    structure: bool,
    aggregation: str | None,
) -> bool:
    """Check one case of a file and print what is found; ``told``: lines already printed for the file."""
    title = f"{name} --variant {variant}" if variant else name
    try:
        policy = expand(case, memory)
    except ScenarioError as error:
        lines = [line for line in str(error).splitlines() if line not in told]
        told.update(lines)
        typer.echo("\n".join(lines or [f"{title}: as above"]), err=True)
        return False
    typer.echo(f"{title}: ok, {len(policy.table)} rates and trade costs change")
    for note in policy.notes:
        if note not in told:
            typer.echo(f"  note: {note}")
    told.update(policy.notes)
    return not structure or structurally_sound(name, aggregation, variant)


def structurally_sound(name: str, aggregation: str | None, variant: str | None = None) -> bool:
    """Build the model of a scenario and print what the structure check finds."""
    from cge.app import api
    from cge.structure import check_structure

    report = check_structure(api.prepare(name, aggregation=aggregation, variant=variant).model)
    verdict = "structurally sound" if report.sound else "NOT sound"
    typer.echo(
        f"  {verdict}: {report.equations:,} equations, {report.free_cells:,} free cells, "
        f"{report.nonzeros:,} nonzeros, {report.reduced_unknowns:,} unknowns in the reduced space, "
        f"smallest singular value {report.smallest_singular:.1e}"
    )
    for words, names in (
        ("surplus equations", report.surplus),
        ("undetermined", report.undetermined),
        ("floating", report.floating),
        ("redundant", report.redundant),
    ):
        if names:
            typer.echo(f"  {words}: {', '.join(names[:10])}{' ...' if len(names) > 10 else ''}")
    return report.sound


def expand(scenario: Scenario, memory: Memory) -> Policy:
    """A scenario over the packaged world it asks for, model regions checked.

    ``memory``: scenarios share the world, the barriers and the expansion of the baseline.

    Raises:
        ScenarioError: as scenarios.apply, and for an aggregation that cannot be read.
    """
    # Here and not above: `schema` and `list` need no data, and reading netCDF takes a while to import.
    from calibration.aggregate import AggregationError, load_aggregation
    from calibration.world import load_world

    tariffs, duties = scenario.baseline.tariffs, scenario.baseline.us_china_duties
    world = memory.once(
        ("world", tariffs, duties), lambda: load_world(tariffs=tariffs, us_china_duties=duties).data
    )
    barriers = _barriers(scenario, memory) if scenario_moves_barriers(scenario) else None
    policy = apply(scenario, world, barriers=barriers, memory=memory)
    wanted = aggregation_files(scenario) or scenario.aggregation.name or "default"
    try:
        aggregation = memory.once(("aggregation", wanted), lambda: load_aggregation(wanted))
    except AggregationError as error:
        raise ScenarioError([scenario.origin.problem("aggregation", str(error))]) from error
    _require_cover(scenario, "regions", aggregation.regions, world["d"].values.tolist())
    _require_cover(scenario, "sectors", aggregation.sectors, world["i"].values.tolist())
    check_model_regions(scenario, aggregation.region_codes())
    members = {r: aggregation.members(r) for r in aggregation.region_codes()}
    retraining_regions(scenario, members)
    compensation_regions(scenario, members)
    return policy


def _barriers(scenario: Scenario, memory: Memory) -> BarrierData:
    """The barriers that the scenario sees; scenarios with the same options share them."""
    from cge.app.barriers import barrier_data, one_level

    options = scenario.model_dump_json(include={"barriers", "elasticities", "overrides"})
    key = ("barriers", options, one_level(scenario), str(barrier_file(scenario)))
    return memory.once(key, lambda: barrier_data(scenario))


def _require_cover(scenario: Scenario, kind: str, mapping: Mapping[str, str], labels: list[str]) -> None:
    missing = [label for label in labels if label not in mapping]
    extra = [label for label in mapping if label not in labels]
    parts = [
        f"{word} {', '.join(names)}" for word, names in (("lacks", missing), ("has unknown", extra)) if names
    ]
    if parts:
        message = f"the map of {kind} {' and '.join(parts)}"
        raise ScenarioError([scenario.origin.problem(f"aggregation.{kind}", message)])
