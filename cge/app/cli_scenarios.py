"""Commands about scenario files: ``check``, ``schema``, ``list``. Nothing here solves a model."""

from __future__ import annotations

import json
from typing import Annotated

import typer
import xarray as xr

from scenarios.apply import apply, check_model_regions
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
) -> None:
    """Check scenarios without solving: everything wrong in each, with file and line.

    Examples: cge check  |  cge check us-joins-cptpp  |  cge check my-scenario.yaml other.yaml
    """
    worlds: dict[tuple[str, bool], xr.Dataset] = {}
    bad = 0
    for name in names or library():
        try:
            policy = expand(read_scenario(name), worlds)
        except ScenarioError as error:
            bad += 1
            typer.echo(str(error), err=True)
        else:
            typer.echo(f"{name}: ok, {len(policy.table)} rates and trade costs change")
            for note in policy.notes:
                typer.echo(f"  note: {note}")
    if bad:
        raise typer.Exit(BAD_INPUT)


def schema() -> None:
    """Print the JSON schema of scenario files, for editors.

    Example: cge schema > scenario.schema.json
    """
    typer.echo(json.dumps(Scenario.model_json_schema(), indent=2))


def list_scenarios() -> None:
    """List the scenarios of the library: name, title, question."""
    width = max(map(len, library()), default=0)
    for name in library():
        scenario = read_scenario(name)
        typer.echo(f"{name:<{width}}  {scenario.title}")
        if scenario.question:
            typer.echo(f"{'':<{width}}  {scenario.question}")


def expand(scenario: Scenario, worlds: dict[tuple[str, bool], xr.Dataset]) -> Policy:
    """A scenario over the packaged world it asks for, model regions checked; ``worlds`` is a cache.

    Raises:
        ScenarioError: as scenarios.apply, and for an aggregation that cannot be read.
    """
    # Here and not above: `schema` and `list` need no data, and reading netCDF takes a while to import.
    from calibration.aggregate import load_aggregation

    from calibration.world import load_world

    wanted = (scenario.baseline.tariffs, scenario.baseline.us_china_duties)
    if wanted not in worlds:
        worlds[wanted] = load_world(tariffs=scenario.baseline.tariffs, us_china_duties=wanted[1]).data
    policy = apply(scenario, worlds[wanted])
    try:
        aggregation = load_aggregation(aggregation_files(scenario) or scenario.aggregation.name or "default")
    except ValueError as error:
        raise ScenarioError([scenario.origin.problem("aggregation", str(error))]) from error
    check_model_regions(scenario, sorted(set(aggregation.regions.values())))
    return policy
