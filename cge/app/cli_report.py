"""The command that writes the brief: ``report``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command of this file to the application."""
    app.command("report")(report)


def report(
    what: Annotated[
        list[str],
        typer.Argument(
            help="Folders of results or of `cge compare -o`, names of the library, NAME:VARIANT, files."
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The page, such as brief.html.")],
    focus: Annotated[str | None, typer.Option(help="Region that is looked at closely.")] = None,
    aggregation: Annotated[
        str | None, typer.Option(help="small, default, medium or full, instead of the scenarios'.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Move a file that is not a brief aside.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Solve all, reuse no earlier result.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress; errors only.")] = False,
) -> None:
    """Write a brief: one HTML page with the findings in words, figures, tables and what stands behind them.

    Examples: cge report us-joins-cptpp -o brief.html  |  cge report out/cptpp out/rcep -o both.html  |
    cge report us-joins-cptpp ipef-market-access middle-way -o three.html --focus USA
    """
    from rich.console import Console

    from cge.app import reporting

    errors = Console(stderr=True, quiet=quiet)
    with errors.status("starting") as status:
        path = reporting.report(
            *what, output=output, focus=focus, aggregation=aggregation, reuse=not fresh, force=force,
            command=" ".join(["cge", *sys.argv[1:]]), progress=status.update,
        )  # fmt: skip
    errors.print(f"written to {path}")
