"""`cge data`: build the world database from raw public files, and show what is in it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from calibration.world import load_info, packaged_path

app = typer.Typer(
    name="data",
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="The world database: build it from raw public tables, show sources, repairs and residuals.",
)


@app.command()
def build(
    raw: Annotated[Path, typer.Option(help="Folder of the raw public files (described in its INDEX.md).")],
    output: Annotated[
        Path | None, typer.Option(help="File to write; default: the database inside the package.")
    ] = None,
    gravity: Annotated[
        bool, typer.Option(help="Also the gravity estimates and barriers, some minutes; never with --output.")
    ] = True,
) -> None:
    """Compute everything that is packaged (the world database, gravity estimates, barriers) from raw files.

    Example: [bold]cge data build --raw ../shared/data[/bold]
    """
    from calibration.balance import BalanceError
    from calibration.build import build_world, write_world
    from calibration.sources.oecd import SourceError

    console = Console()
    target = packaged_path() if output is None else output
    start = time.perf_counter()
    try:
        with console.status("reading") as status:
            base = build_world(raw, lambda stage: status.update(stage))
        write_world(base, target)
    except (SourceError, BalanceError, OSError) as error:
        Console(stderr=True).print(f"[red]cannot build the database:[/red] {error}")
        raise typer.Exit(2) from error
    size = target.stat().st_size / 1e6
    console.print(f"wrote {target} ({size:.1f} MB) in {time.perf_counter() - start:.0f} s")
    _print_residuals(console, load_info(target))
    if gravity and output is None:
        _build_gravity(console, raw, target)


def _build_gravity(console: Console, raw: Path, world: Path) -> None:
    from calibration.gravity.build import build_gravity, write_gravity
    from calibration.gravity.errors import GravityError
    from calibration.sources.oecd import SourceError
    from calibration.world import load_world

    start = time.perf_counter()
    try:
        with console.status("gravity") as status:
            built = build_gravity(raw, lambda stage: status.update(stage), load_world(path=world))
        paths = write_gravity(built)
    except (SourceError, GravityError, OSError) as error:
        Console(stderr=True).print(f"[red]cannot estimate gravity:[/red] {error}")
        raise typer.Exit(2) from error
    for path in paths:
        console.print(f"wrote {path}")
    console.print(f"gravity in {time.perf_counter() - start:.0f} s")


@app.command()
def info(
    repairs: Annotated[
        bool, typer.Option("--repairs", help="Every repair of the raw data, with its size.")
    ] = False,
    residuals: Annotated[
        bool, typer.Option("--residuals", help="The largest residual of every identity.")
    ] = False,
    database: Annotated[Path | None, typer.Option(help="A database file; default: the packaged one.")] = None,
) -> None:
    """Show what is in the database, its sources, its repairs and its largest residuals.

    Example: [bold]cge data info --repairs --residuals[/bold]
    """
    from calibration.world import WorldError

    console = Console()
    try:
        facts = load_info(database)
    except (WorldError, OSError) as error:
        Console(stderr=True).print(f"[red]cannot read the database:[/red] {error}")
        raise typer.Exit(2) from error
    if not (repairs or residuals):
        _print_overview(console, facts)
    if repairs:
        _print_repairs(console, facts)
    if residuals or not repairs:
        _print_residuals(console, facts)


def _print_overview(console: Console, facts: dict[str, Any]) -> None:
    table = Table(title=facts["title"], show_header=False, title_justify="left")
    size = facts["dimensions"]
    rows = [
        ("file", f"{facts['file']}, {facts['bytes'] / 1e6:.1f} MB, netCDF-4"),
        ("year, unit", f"{facts['year']}, {facts['unit']}"),
        ("size", f"{size['regions']} economies x {size['sectors']} industries"),
        ("licence", facts["licence"]),
        ("repairs", f"{len(facts['repairs'])} named steps: cge data info --repairs"),
        *((f"source: {k}", v) for k, v in facts["sources"].items()),
        *(("note", n) for n in facts["notes"]),
    ]
    for row in rows:
        table.add_row(*map(str, row))
    console.print(table)


def _print_repairs(console: Console, facts: dict[str, Any]) -> None:
    table = Table(title="Repairs of the raw data", title_justify="left", show_lines=True)
    table.add_column("step")
    table.add_column("cells", justify="right")
    table.add_column("size", justify="right")
    table.add_column("rule")
    table.add_column("where, largest first")
    for row in facts["repairs"].itertuples():
        where = row.where if len(row.where) <= 200 else row.where[:200] + " ..."
        table.add_row(row.name, f"{row.cells:,}", f"{row.size:,.1f} {row.unit}", row.what, where)
    console.print(table)


def _print_residuals(console: Console, facts: dict[str, Any]) -> None:
    table = Table(title="Largest residuals", title_justify="left")
    table.add_column("identity")
    table.add_column("residual", justify="right")
    for name, value in facts["residuals"].items():
        table.add_row(name, f"{value:.2e}")
    console.print(table)
