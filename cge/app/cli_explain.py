"""Commands that show what scenarios change, without solving: ``explain`` and ``diff``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cge.app.plain_text import Line, tell

MOST_ROWS = 5
Plus = Annotated[
    list[str] | None,
    typer.Option("--plus", help="Add a package: name, file, or '{package: NAME, depth: 50%}'; repeatable."),
]
Minus = Annotated[list[str] | None, typer.Option("--minus", help="Leave a package out; repeatable.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the application."""
    app.command("explain")(explain)
    app.command("diff")(diff)


def explain(
    scenario: Annotated[str, typer.Argument(help="A scenario of the library or a file; NAME:VARIANT too.")],
    variant: Annotated[str | None, typer.Option(help="A variant of the scenario.")] = None,
    plus: Plus = None,
    minus: Minus = None,
    region: Annotated[
        list[str] | None, typer.Option("--region", "--importer", help="Measures of a region or group.")
    ] = None,
    partner: Annotated[list[str] | None, typer.Option(help="The other side: a region or group.")] = None,
    sector: Annotated[list[str] | None, typer.Option(help="An industry or a group of them.")] = None,
    package: Annotated[
        str | None, typer.Option(help="What one package changes ('own shocks': the file's own).")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Every single rate, one a line.")] = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="CSV file for every row.")] = None,
) -> None:
    """Show what a scenario changes: region, partner, sector, instrument, from, to, and why.

    Rates are compared with the baseline; means are weighted by benchmark trade. Nothing is solved.

    Examples: cge explain us-joins-cptpp  |  cge explain rcep --region JPN --full  |
    cge explain us-joins-cptpp --variant deep --sector services -o rows.csv
    """
    from cge.app import explaining
    from cge.app.selection import chosen

    case = chosen(scenario, variant=variant, plus=plus or (), minus=minus or ())
    view = explaining.expanded(case)
    rows = explaining.filtered(view, region, partner, sector, package)
    if output is not None:
        rows.to_csv(output, index=False)
    lines = explaining.headlines(scenario, view)
    lines += explaining.all_rows(rows) if full else explaining.groups(view, rows)
    tell([*lines, *explaining.notes(view)])
    if output is not None:
        tell([Line(f"{len(rows):,} rows written to {output}")])


def diff(
    one: Annotated[str, typer.Argument(metavar="A", help="A scenario: NAME, NAME:VARIANT, NAME@PACKAGE.")],
    other: Annotated[
        str | None, typer.Argument(metavar="[B]", help="Another; A again if --plus or --minus change it.")
    ] = None,
    plus: Plus = None,
    minus: Minus = None,
    top: Annotated[int, typer.Option(min=0, help="Rows shown of each difference.")] = MOST_ROWS,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="CSV file for every row.")] = None,
) -> None:
    """Say in words what two scenarios do differently, without solving either.

    --plus and --minus change the packages of B. NAME@PACKAGE is the scenario with that package alone.

    Examples: cge diff us-joins-cptpp rcep  |  cge diff us-joins-cptpp us-joins-cptpp:deep  |
    cge diff mine.yaml --minus semiconductor-deal
    """
    from cge.app import telling_apart
    from cge.app.selection import chosen, name_of

    if other is None and not plus and not minus:
        raise typer.BadParameter("name a second scenario, or change the packages by --plus or --minus")
    reference = one if other is None else other
    a, b = chosen(one), chosen(reference, plus=plus or (), minus=minus or ())
    found = telling_apart.told(a, b)
    if output is not None:
        found.rows.to_csv(output, index=False)
    tell(telling_apart.lines(found, name_of(one, a), name_of(reference, b), top=top))
    if output is not None:
        tell([Line(f"{len(found.rows):,} rows written to {output}")])
