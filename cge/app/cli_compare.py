"""Commands that set policies against each other: ``compare`` and ``attribute``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from cge.app import cli_options as o


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the application."""
    app.command("compare")(compare)
    app.command("attribute")(attribute)


def compare(
    scenarios: Annotated[
        list[str], typer.Argument(help="Names of the library, files, NAME:VARIANT, or folders of results.")
    ],
    indicator: Annotated[
        list[str] | None,
        typer.Option(help="A figure: real_gdp%, welfare_ev, jobs:manufacturing, ... Repeatable."),
    ] = None,
    region: Annotated[list[str] | None, typer.Option(help="A region to show. Repeatable.")] = None,
    aggregation: o.Aggregations = None,
    plus: Annotated[
        list[str] | None, typer.Option(help="Also each scenario with this package. Repeatable.")
    ] = None,
    minus: Annotated[
        list[str] | None, typer.Option(help="Also each scenario without this package. Repeatable.")
    ] = None,
    focus: Annotated[str | None, typer.Option(help="Region in the first row and of the shares.")] = None,
    reference: Annotated[
        str | None, typer.Option(help="The scenario whose gain is 100 %; the best unless named.")
    ] = None,
    output: o.CompareOutput = None,
    force: o.Force = False,
    markdown: o.Markdown = False,
    as_json: o.Json = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Solve all, reuse no earlier result.")] = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Set scenarios side by side: gains, costs of adjustment, trade and dependence, with the best marked.

    Examples: cge compare us-joins-cptpp rcep  |  cge compare us-joins-cptpp us-joins-cptpp:deep --markdown  |
    cge compare out/a out/b --indicator welfare_ev --region USA
    """
    from cge.app import output as writing
    from cge.app.comparing import compared
    from cge.app.progress import Reporter
    from results import side_by_side_screen

    o.one_of(markdown, as_json)
    wanted = writing.wanted(output, force=force, of_run=False)
    reporter = Reporter(quiet=quiet, verbose=verbose)
    with reporter.working():
        found = compared(
            *scenarios, indicators=indicator or (), regions=region or (), aggregation=aggregation,
            plus=plus or (), minus=minus or (), focus=focus, reference=reference, reuse=not fresh,
            decompose=wanted is not None and wanted.kind == "brief", progress=reporter,
        )  # fmt: skip
        if wanted is not None:
            reporter("writing")
            writing.write_compare(found, wanted, command=o.command())
    if as_json or not quiet:
        print_as(found.result, side_by_side_screen, markdown=markdown, as_json=as_json)
    if wanted is not None:
        reporter.say(f"written to {wanted.path}")


def attribute(
    scenario: Annotated[str, typer.Argument(help="A scenario of the library, or a file.")],
    by: Annotated[str, typer.Option(help="members, provisions or packages.")] = "members",
    variant: Annotated[str | None, typer.Option(help="A variant of the scenario.")] = None,
    indicator: Annotated[
        list[str] | None,
        typer.Option(help="welfare_ev, real_gdp, exports_volume, employment, displaced, jobs:GROUP."),
    ] = None,
    region: Annotated[
        list[str] | None, typer.Option(help="Whose figures; the focus and WORLD unless named.")
    ] = None,
    players: Annotated[
        list[str] | None, typer.Option(help="Governments, or a group's members one by one. Repeatable.")
    ] = None,
    group: Annotated[list[str] | None, typer.Option(help="A group that is one player. Repeatable.")] = None,
    aggregation: o.OneAggregation = None,
    focus: Annotated[str | None, typer.Option(help="The region whose gain counts.")] = None,
    samples: Annotated[
        int | None, typer.Option(help="Orders to draw; without it up to 8 players are exact, more draw 20.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the orders that are drawn.")] = 0,
    coalitions: Annotated[
        bool,
        typer.Option("--coalitions", help="Who would leave or join, and how few bring most of the gain."),
    ] = False,
    most: Annotated[float, typer.Option(help="Share of the gain that counts as most of it.")] = 0.8,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="New file: .csv, .md or .json.")
    ] = None,
    markdown: o.Markdown = False,
    as_json: o.Json = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Say whose doing an effect is: contributions that do not depend on an order and sum to the whole.

    Examples: cge attribute us-joins-cptpp  |  cge attribute us-joins-cptpp --variant deep --by provisions  |
    cge attribute rcep --players CHN --players JPN --players KOR --group ASEAN --coalitions
    """
    from cge.app import attributing
    from cge.app.progress import Reporter
    from results import attribution_screen

    o.one_of(markdown, as_json)
    if by not in ("members", "provisions", "packages"):
        raise typer.BadParameter("choose members, provisions or packages", param_hint="--by")
    if output is not None:
        _refuse_output(output)
    reporter = Reporter(quiet=quiet, verbose=verbose)
    with reporter.working():
        found = attributing.attribute(
            scenario, by=by, variant=variant, indicators=indicator or (), regions=region or (),
            players=players or (), group=group or (), aggregation=aggregation, focus=focus, samples=samples,
            seed=seed, coalitions=coalitions, most=most, progress=reporter,
        )  # fmt: skip
    if output is not None:
        _write(found, output)
    if as_json or not quiet:
        print_as(found, attribution_screen, markdown=markdown, as_json=as_json)


def _refuse_output(output: Path) -> None:
    if output.suffix not in (".csv", ".md", ".json"):
        raise typer.BadParameter("name a file that ends in .csv, .md or .json", param_hint="-o")
    if output.exists():
        raise typer.BadParameter(f"{output} exists already", param_hint="-o")
    if not output.absolute().parent.is_dir():
        raise typer.BadParameter(f"{output.parent} is no folder", param_hint="-o")


def _write(found: Any, output: Path) -> None:
    """The attribution as a table of numbers, as text, or with everything; whole or not at all."""
    from results import attribution_screen
    from results.place import put

    def fill(path: Path) -> None:
        if output.suffix == ".csv":
            found.table.to_csv(path, index=False)
        elif output.suffix == ".md":
            path.write_text(attribution_screen.markdown(found), encoding="utf-8")
        else:
            content = json.dumps(attribution_screen.as_json(found), indent=1, allow_nan=False)
            path.write_text(content + "\n", encoding="utf-8")

    put(output, fill)


def print_as(result: Any, screen: Any, *, markdown: bool, as_json: bool) -> None:
    """Print a result by its screen module: tables, Markdown or JSON."""
    from rich.console import Console

    if as_json:
        o.print_json(screen.as_json(result))
    elif markdown:
        typer.echo(screen.markdown(result))
    else:
        plain = not o.unicode_out()
        Console(width=max(80, Console().width)).print(screen.render(result, ascii_only=plain))
