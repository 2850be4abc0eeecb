"""``cge sensitivity``: what a result hangs on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cge.app.cli_options import Force, Json, Markdown, OneAggregation, Quiet, Variant

if TYPE_CHECKING:
    from results.sensitivity import Sensitivity

SUFFIXES = (".csv", ".md", ".json", ".xlsx")


def register(app: typer.Typer) -> None:
    """Add the command of this file to the application."""
    app.command("sensitivity")(sensitivity)


def sensitivity(
    scenario: Annotated[str, typer.Argument(help="A scenario of the library or a file.")],
    indicator: Annotated[
        list[str] | None,
        typer.Option(help="A number, such as welfare_ev, real_gdp, exports_volume, jobs. Repeatable."),
    ] = None,
    region: Annotated[
        list[str] | None, typer.Option(help="Whose numbers; the scenario's focus otherwise. Repeatable.")
    ] = None,
    sector: Annotated[
        list[str] | None,
        typer.Option(help="A sector, industry or sector group: its jobs and output. Repeatable."),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            help="One more number to differentiate by, such as sigma_m or barriers.band; trade[*] "
            "for every sector. Repeatable."
        ),
    ] = None,
    only: Annotated[bool, typer.Option("--only", help="Only the targets named with --target.")] = False,
    top: Annotated[int, typer.Option(min=1, help="Rows of each ranking on the screen.")] = 15,
    variant: Variant = None,
    aggregation: OneAggregation = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="A file by its ending: .csv (all targets), .md, .json, .xlsx."),
    ] = None,
    force: Force = False,
    markdown: Markdown = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Rank what a result hangs on: exact derivatives by elasticities, assumptions and shocks' own numbers.

    Two solves and no more, whatever the number of targets. With first-order intervals over the standard
    ranges, and an account of which of the shocks' changes matter.

    Examples: cge sensitivity us-joins-cptpp  |
    cge sensitivity us-joins-cptpp --variant deep --indicator welfare_ev --region JPN  |
    cge sensitivity us-joins-cptpp --sector motor_vehicles -o hangs-on.xlsx
    """  # fmt: skip
    from rich.console import Console

    from cge.app import sensitivity as found
    from cge.app.cli_options import one_of

    one_of(markdown, as_json)
    if only and not target:
        raise typer.BadParameter("goes with --target", param_hint="--only")
    if output is not None:
        _refuse(output, force=force)
    errors = Console(stderr=True, quiet=quiet)
    with errors.status("starting") as status:
        result = found.sensitivity(
            scenario, indicators=indicator or (), regions=region or (), sectors=sector or (),
            targets=target or (), only=only, variant=variant, aggregation=aggregation, progress=status.update,
        )  # fmt: skip
    if output is not None:
        write(result, output, top=top, force=force)
        errors.print(f"written to {output}")
    _show(result, top, markdown=markdown, as_json=as_json, quiet=quiet)


def _show(result: Sensitivity, top: int, *, markdown: bool, as_json: bool, quiet: bool) -> None:
    from rich.console import Console

    from cge.app.cli_options import print_json
    from results import sensitivity_files, sensitivity_screen

    if as_json:
        print_json(sensitivity_files.document(result))
    elif markdown and not quiet:
        typer.echo(sensitivity_screen.markdown(result, top))
    elif not quiet:
        Console(width=max(80, Console().width)).print(sensitivity_screen.render(result, top))


def _refuse(output: Path, *, force: bool) -> None:
    """Say before solving that the file cannot be written."""
    from cge.app.output import require_writable

    if output.suffix not in SUFFIXES:
        raise typer.BadParameter(f"name a file that ends in {', '.join(SUFFIXES)}", param_hint="-o")
    if output.exists() and not force:
        raise typer.BadParameter(f"{output} exists already; --force moves it aside", param_hint="-o")
    require_writable(output)


def write(result: Sensitivity, output: Path, *, top: int = 15, force: bool = False) -> Path:
    """Write the file that the suffix asks for, whole or not at all."""
    from results import sensitivity_files
    from results.place import put

    return put(output, lambda path: sensitivity_files.write(result, path, top=top), force=force)
