"""``cge dependence``: who rests on whom, before and after a policy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cge.app.depending import Depending

SUFFIXES = (".csv", ".md", ".json")


def register(app: typer.Typer) -> None:
    """Add the command of this file to the application."""
    app.command("dependence")(dependence)


def dependence(
    scenario: Annotated[
        str | None, typer.Argument(help="A scenario of the library or a file; none: the baseline alone.")
    ] = None,
    of: Annotated[str, typer.Option("--of", help="Whose dependence.")] = "USA",
    on: Annotated[str, typer.Option("--on", help="On whom.")] = "CHN",
    sector: Annotated[
        list[str] | None, typer.Option(help="A sector, industry or sector group. Repeatable.")
    ] = None,
    variant: Annotated[str | None, typer.Option(help="A variant of the scenario.")] = None,
    aggregation: Annotated[str | None, typer.Option(help="small, default, medium or full.")] = None,
    stop: Annotated[
        bool, typer.Option("--stop", help="Also solve a stop of trade between the two, in each direction.")
    ] = False,
    against: Annotated[
        list[str] | None, typer.Option(help="With --stop: other partners of ON. Repeatable.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="New file: .csv, .md or .json.")
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="No progress, no tables; --json still prints.")
    ] = False,
) -> None:
    """Say who rests on whom: suppliers, exposed output, income and jobs by partner, who could hurt whom.

    Examples: cge dependence  |  cge dependence us-joins-cptpp --on JPN  |
    cge dependence --of AUS --on CHN --stop  |  cge dependence --stop --against TWN --against KOR
    """
    from rich.console import Console

    from cge.app import depending

    if markdown and as_json:
        raise typer.BadParameter("choose one of --markdown and --json", param_hint="--json")
    if against and not stop:
        raise typer.BadParameter("goes with --stop", param_hint="--against")
    if variant is not None and scenario is None:
        raise typer.BadParameter("goes with a scenario", param_hint="--variant")
    if output is not None:
        _refuse(output)
    errors = Console(stderr=True, quiet=quiet)
    with errors.status("starting") as status:
        found = depending.dependence(
            scenario, of=of, on=on, sectors=sector or (), variant=variant, aggregation=aggregation,
            stop=stop, against=against or (), progress=status.update,
        )  # fmt: skip
        blocks = found.blocks()
    if output is not None:
        _write(found, output)
        errors.print(f"written to {output}")
    if as_json:
        typer.echo(_json(found))
    elif markdown and not quiet:
        typer.echo(_markdown(found))
    elif not quiet:
        from rich.text import Text

        console = Console(width=max(80, Console().width))
        console.print(Text(found.title, style="bold underline"))
        for block in blocks:
            console.print(block.render())


def _refuse(output: Path) -> None:
    """Say before solving that the file cannot be written."""
    if output.suffix not in SUFFIXES:
        raise typer.BadParameter("name a file that ends in .csv, .md or .json", param_hint="-o")
    if output.exists():
        raise typer.BadParameter(f"{output} exists already", param_hint="-o")
    if not output.absolute().parent.is_dir():
        raise typer.BadParameter(f"{output.parent} is no folder", param_hint="-o")


def _write(found: Depending, output: Path) -> None:
    if output.suffix == ".csv":
        found.table.to_csv(output, index=False)
    else:
        text = _markdown(found) if output.suffix == ".md" else _json(found)
        output.write_text(text + "\n", encoding="utf-8")


def _markdown(found: Depending) -> str:
    from results.markdown import escaped

    return "\n\n".join([f"# {escaped(found.title)}", *(block.markdown() for block in found.blocks())])


def _json(found: Depending) -> str:
    """What was asked and the tidy rows; a number that does not exist is null."""
    rows = [{k: None if v != v else v for k, v in row.items()} for row in found.table.to_dict("records")]
    content = {
        "title": found.title, "of": found.of, "on": found.on, "sectors": list(found.sectors),
        "before_and_after": found.changed, "rows": rows,
    }  # fmt: skip
    return json.dumps(content, indent=1, allow_nan=False)
