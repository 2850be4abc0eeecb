"""Commands about scenario files: ``check``, ``schema``, ``list``. Nothing here solves a model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated

import typer
import xarray as xr

from scenarios.apply import apply, check_model_regions, scenario_moves_barriers
from scenarios.policy import Policy
from scenarios.problems import ScenarioError
from scenarios.reader import aggregation_files, library, read_scenario
from scenarios.schema import Scenario

BAD_INPUT = 2


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the application."""
    app.command("check")(check)
    app.command("schema")(schema)
    app.command("list")(list_scenarios)


def check(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Scenario names of the library, or files; none means the whole library."),
    ] = None,
    structure: Annotated[
        bool, typer.Option("--structure", help="Build each model too: is it square and regular?")
    ] = False,
    aggregation: Annotated[
        str | None, typer.Option(help="small, default or full, instead of the scenario's (with --structure).")
    ] = None,
) -> None:
    """Check scenarios without solving: everything wrong in each, with file and line.

    Examples: cge check  |  cge check us-joins-cptpp  |  cge check --structure my-scenario.yaml
    """
    worlds: dict[tuple[str, bool], xr.Dataset] = {}
    bad = 0
    for name in names or library():
        try:
            scenario = read_scenario(name)
        except ScenarioError as error:
            bad += 1
            typer.echo(str(error), err=True)
            continue
        told: set[str] = set()
        for variant, case in {None: scenario, **_others(scenario)}.items():
            bad += not _sound(name, variant, case, worlds, told, structure=structure, aggregation=aggregation)
    if bad:
        raise typer.Exit(BAD_INPUT)


def _others(scenario: Scenario) -> dict[str, Scenario]:
    """The variants beside the file's own case."""
    return {name: case for name, case in scenario.cases.items() if name != scenario.main_variant}


def _sound(
    name: str,
    variant: str | None,
    case: Scenario,
    worlds: dict[tuple[str, bool], xr.Dataset],
    told: set[str],
    *,
    structure: bool,
    aggregation: str | None,
) -> bool:
    """Check one case of a file and print what is found; ``told``: lines already printed for the file."""
    title = f"{name} --variant {variant}" if variant else name
    try:
        policy = expand(case, worlds)
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


def schema() -> None:
    """Print the JSON schema of scenario files, for editors.

    Example: cge schema > scenario.schema.json
    """
    typer.echo(json.dumps(Scenario.model_json_schema(), indent=2))


def list_scenarios() -> None:
    """List the scenarios of the library: name, title, question, variants."""
    width = max(map(len, library()), default=0)
    for name in library():
        scenario = read_scenario(name)
        typer.echo(f"{name:<{width}}  {scenario.title}")
        if scenario.question:
            typer.echo(f"{'':<{width}}  {scenario.question}")
        if scenario.main_variant:
            typer.echo(f"{'':<{width}}  --variant {scenario.main_variant}: the scenario itself")
        for variant, case in _others(scenario).items():
            typer.echo(f"{'':<{width}}  --variant {variant}: {case.title}")


def expand(scenario: Scenario, worlds: dict[tuple[str, bool], xr.Dataset]) -> Policy:
    """A scenario over the packaged world it asks for, model regions checked; ``worlds`` is a cache.

    Raises:
        ScenarioError: as scenarios.apply, and for an aggregation that cannot be read.
    """
    # Here and not above: `schema` and `list` need no data, and reading netCDF takes a while to import.
    from calibration.aggregate import AggregationError, load_aggregation
    from calibration.world import load_world
    from cge.app.barriers import barrier_data

    wanted = (scenario.baseline.tariffs, scenario.baseline.us_china_duties)
    if wanted not in worlds:
        worlds[wanted] = load_world(tariffs=scenario.baseline.tariffs, us_china_duties=wanted[1]).data
    world = worlds[wanted]
    moves = scenario_moves_barriers(scenario)
    policy = apply(scenario, world, barriers=barrier_data(scenario) if moves else None)
    try:
        aggregation = load_aggregation(aggregation_files(scenario) or scenario.aggregation.name or "default")
    except AggregationError as error:
        raise ScenarioError([scenario.origin.problem("aggregation", str(error))]) from error
    _require_cover(scenario, "regions", aggregation.regions, world["d"].values.tolist())
    _require_cover(scenario, "sectors", aggregation.sectors, world["i"].values.tolist())
    check_model_regions(scenario, aggregation.region_codes())
    return policy


def _require_cover(scenario: Scenario, kind: str, mapping: Mapping[str, str], labels: list[str]) -> None:
    missing = [label for label in labels if label not in mapping]
    extra = [label for label in mapping if label not in labels]
    parts = [
        f"{word} {', '.join(names)}" for word, names in (("lacks", missing), ("has unknown", extra)) if names
    ]
    if parts:
        message = f"the map of {kind} {' and '.join(parts)}"
        raise ScenarioError([scenario.origin.problem(f"aggregation.{kind}", message)])
