"""`cge replicate`: published cases, model beside reference, with the largest gap."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    import pandas as pd

    from cge.app.replicate.report import Replication

GAP_TOO_LARGE, BAD_INPUT = 1, 2


def register(app: typer.Typer) -> None:
    """Add the command of this file to the application."""
    app.command("replicate")(replicate)


def replicate(
    name: Annotated[str | None, typer.Argument(help="A case; see --list.")] = None,
    list_cases: Annotated[bool, typer.Option("--list", help="Name the cases and what they need.")] = False,
    raw: Annotated[
        Path | None, typer.Option(help="Folder of the raw public data; default: CGE_RAW_DATA.")
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder for the tables, CSV.")] = None,
) -> None:
    """Solve a published case and print it beside its reference, with the largest gap.

    Examples: cge replicate --list  |  cge replicate caliendo-parro-2015 --raw ../shared/data
    """
    from calibration.sources.oecd import SourceError
    from cge.app.replicate.cases import CASES

    console = Console()
    if list_cases or name is None:
        console.print(_listing())
        return
    if name not in CASES:
        raise typer.BadParameter(f"'{name}' is not one of {', '.join(CASES)}", param_hint="NAME")
    try:
        with Console(stderr=True).status(f"solving {name}"):
            result = CASES[name].run(raw)
    except SourceError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(BAD_INPUT) from error
    _print(console, result)
    console.print(f"{process_seconds():.1f} s since the process started")
    if output is not None:
        _write(result, output)
    if not result.ok:
        raise typer.Exit(GAP_TOO_LARGE)


def process_seconds() -> float:
    """Wall time since the process was started, where the system tells; else since the first import."""
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        uptime = float(Path("/proc/uptime").read_text().split()[0])
    except OSError:
        from cge.app.cli import STARTED

        return time.perf_counter() - STARTED
    import os

    return uptime - int(fields[19]) / os.sysconf("SC_CLK_TCK")


def _listing() -> Table:
    from cge.app.replicate.cases import CASES

    table = Table("case", "what", "source", "needs", title="Published cases", title_justify="left")
    for name, case in CASES.items():
        table.add_row(name, case.title, case.source, case.needs)
    return table


def _print(console: Console, result: Replication) -> None:
    console.print(f"[bold]{result.title}[/bold]\n{result.source}")
    for title, frame in result.tables.items():
        console.print(_table(title, frame))
    for note in result.notes:
        console.print(f"note: {note}")
    if result.checks:
        table = Table("figures", "largest gap", "at", "tolerance", "ok", title="Model against reference",
                      title_justify="left")  # fmt: skip
        for c in result.checks:
            verdict = "yes" if c.ok else "[bold]NO[/bold]"
            table.add_row(c.what, f"{c.gap:.2g} {c.unit}", c.where, f"{c.tolerance:g}", verdict)
        console.print(table)
        worst = max(result.checks, key=lambda c: c.gap / c.tolerance)
        console.print(f"largest gap against its tolerance: {worst.gap:.2g} {worst.unit} ({worst.what})")
    for name, c in result.certificates.items():
        console.print(f"{name}: {c.iterations} iterations, largest residual {c.max_residual:.1e}, "
                      f"Walras {c.walras:.1e}")  # fmt: skip


def _table(title: str, frame: pd.DataFrame) -> Table:
    """A frame with the reference columns folded into brackets behind the model's."""
    table = Table(title=title, title_justify="left")
    names = [str(c) for c in frame.columns if not str(c).endswith(" (ref)")]
    for column in (*map(str, frame.index.names), *(n.removesuffix("_pct").replace("_", " ") for n in names)):
        table.add_column(column, justify="right", no_wrap=True)
    for key, row in frame.iterrows():
        cells = [_cell(row[n], row.get(f"{n} (ref)")) for n in names]
        table.add_row(*(map(str, key) if isinstance(key, tuple) else (str(key),)), *cells)
    return table


def _cell(value: object, reference: object) -> str:
    digits = 2 if isinstance(value, float) and abs(value) >= 100 else 4
    text = f"{value:.{digits}f}" if isinstance(value, float) else str(value)
    return text if reference is None else f"{text} ({reference:.{digits}f})"


def _write(result: Replication, output: Path) -> None:
    output.mkdir(parents=True, exist_ok=True)
    for number, (title, frame) in enumerate(result.tables.items(), start=1):
        words = "".join(c if c.isalnum() else " " for c in title.lower()).split()
        frame.to_csv(output / f"{number}-{'-'.join(words[:5])}.csv")
