"""The command ``bench``: seconds, memory and counts of the program on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cge.app.benching import Record

Sizes = Annotated[
    str | None,
    typer.Option(help="Several aggregations, each in a fresh process: small,default,medium,full."),
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="With --table: replace the table in this file (README.md)."),
]
Workers = Annotated[
    int | None,
    typer.Option(min=2, help="Compare so many processes with one on points of a sweep, nothing else."),
]


def register(app: typer.Typer) -> None:
    """Add the command of this file to the application."""
    app.command("bench")(bench)


def bench(
    scenario: Annotated[str, typer.Argument(help="A scenario of the library, or a file.")] = "us-joins-cptpp",
    aggregation: Annotated[str | None, typer.Option(help="small, default, medium or full.")] = None,
    repeat: Annotated[int, typer.Option(min=0, help="How many nearby points to solve.")] = 5,
    sizes: Sizes = None,
    table: Annotated[bool, typer.Option("--table", help="Print the table as Markdown.")] = False,
    output: Output = None,
    full_space: Annotated[
        bool,
        typer.Option(
            "--full-space", help="Time the full space too, where the model is not too large for it."
        ),
    ] = False,
    workers: Workers = None,
    points: Annotated[int, typer.Option(min=8, help="With --workers: points of the sweep.")] = 64,
    only_points: Annotated[
        bool, typer.Option("--only-points", help="Nothing but points of a sweep, in this process.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON for each size.")] = False,
) -> None:
    """Time one run by stage and points near it, with the counts that explain them; or several sizes.

    Counts do not depend on the machine. Several sizes show how time and memory grow with the number of flows.

    Examples: cge bench  |  cge bench rcep --aggregation full --repeat 3  |
    cge bench --sizes small,default,medium,full --table  |  cge bench --workers 2 --points 200
    """
    from cge.app.bench_table import markdown, put

    if workers is not None:
        _speed_up(scenario, aggregation, workers, points)
        return
    if output is not None and not table:
        raise typer.BadParameter("goes with --table", param_hint="--output")
    if only_points:
        from cge.app.benching import measure_points

        records = [measure_points(scenario, aggregation, max(repeat, 1))]
    else:
        records = _records(scenario, aggregation, sizes, repeat, full_space=full_space)
    if any(record.busy for record in records):
        typer.echo("other programs are busy on this machine: its seconds are too high", err=True)
    if as_json:
        typer.echo("\n".join(record.text() for record in records))
    elif table:
        text = markdown(records)
        typer.echo(text)
        if output is not None:
            put(text, output)
            typer.echo(f"written to {output}", err=True)
    else:
        _show(records)


def _records(
    scenario: str, aggregation: str | None, sizes: str | None, repeat: int, *, full_space: bool
) -> list[Record]:
    from cge.app.benching import joined, measure, measured, points_apart

    if sizes is None:
        one = measure(scenario, aggregation, full_space=full_space)
        return [joined(one, points_apart(scenario, aggregation, repeat)) if repeat else one]
    if aggregation is not None:
        raise typer.BadParameter("leave it out where --sizes names several", param_hint="--aggregation")
    wanted = _names(sizes)
    out: list[Record] = []
    for size in wanted:
        typer.echo(f"{scenario} on {size} ...", err=True)
        out.append(measured(scenario, size, repeat=repeat, full_space=full_space))
    return out


def _names(sizes: str) -> list[str]:
    """Sizes between commas or blanks; raises typer.BadParameter for one that is not shipped."""
    from calibration.aggregate import SHIPPED

    names = sizes.replace(",", " ").split()
    unknown = [name for name in names if name not in SHIPPED]
    if unknown or not names or len(set(names)) < len(names):
        raise typer.BadParameter(f"choose from {', '.join(SHIPPED)}, each once", param_hint="--sizes")
    return names


def _show(records: list[Record]) -> None:
    from rich.console import Console
    from rich.table import Table

    from cge.app.bench_table import cells

    head, *rest = cells(records)
    width = len(head) - (len(records) == 1)  # one size has no exponent
    shown = Table(*head[:width], title=f"{records[0].name}", title_justify="left")
    for line in rest:
        shown.add_row(*line[:width])
    Console().print(shown)


def _speed_up(scenario: str, aggregation: str | None, workers: int, points: int) -> None:
    from rich.console import Console
    from rich.table import Table

    from cge.app.benching import speed_up

    shown = Table("points of a Latin hypercube", "", title=scenario, title_justify="left")
    for name, value in speed_up(scenario, aggregation, workers, points).items():
        shown.add_row(name, f"{value:,.2f}" if isinstance(value, float) else f"{value:,}")
    Console().print(shown)
