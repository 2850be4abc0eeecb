"""Options that several commands share, so that they mean and say the same everywhere."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

Variant = Annotated[str | None, typer.Option(help="A variant of the scenario, instead of its own case.")]
Against = Annotated[
    str | None, typer.Option(help="Another variant: the difference in welfare by term and sector.")
]
Space = Annotated[str, typer.Option(help="reduced (seconds) or full (every equation through Pyomo).")]
Decompose = Annotated[
    bool, typer.Option("--decompose", help="Where each region's welfare change comes from.")
]
Verify = Annotated[
    bool, typer.Option("--verify", help="A second opinion on the solutions; exit code 1 if it differs.")
]
Solution = Annotated[
    bool, typer.Option("--solution", help="Every level of the solution too (solution.nc in the folder).")
]
RunOutput = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="Folder for all tables, or a file by its ending: .xlsx, .md, .json, "
                 ".html (the brief), .nc (the full solution)."),
]  # fmt: skip
CompareOutput = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="Folder for tables and each result, or a file by its ending: .xlsx, "
                 ".md, .json, .html (the brief)."),
]  # fmt: skip
Focus = Annotated[str | None, typer.Option(help="Region whose sectors are shown.")]
OneAggregation = Annotated[
    str | None, typer.Option(help="small, default, medium or full, instead of the scenario's.")
]
Aggregations = Annotated[
    str | None, typer.Option(help="small, default, medium or full, instead of the scenarios'.")
]
Force = Annotated[
    bool,
    typer.Option("--force", help="Replace an earlier result in the output folder; anything else that is "
                 "there is moved aside."),
]  # fmt: skip
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
Markdown = Annotated[bool, typer.Option("--markdown", help="Print Markdown instead of tables.")]
Quiet = Annotated[
    bool, typer.Option("-q", "--quiet", help="No progress, no tables, errors only; --json still prints.")
]
Verbose = Annotated[
    bool, typer.Option("-v", "--verbose", help="Every stage with its time; sizes and solver at the end.")
]


def one_of(markdown: bool, as_json: bool) -> None:
    """Refuse two forms at once."""
    if markdown and as_json:
        raise typer.BadParameter("choose one of --markdown and --json", param_hint="--json")


def command() -> str:
    """The command line that was typed."""
    return " ".join(["cge", *(f'"{w}"' if " " in w else w for w in sys.argv[1:])])


def print_json(content: Any) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(content, indent=1, allow_nan=False, ensure_ascii=not unicode_out()))


def unicode_out() -> bool:
    """Whether standard output takes more than ASCII."""
    return "utf" in (sys.stdout.encoding or "").lower()
