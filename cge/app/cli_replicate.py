"""`cge replicate`: published cases, model beside reference, with the largest gap."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    import pandas as pd

    from cge.app.replicate.report import Replication

GAP_TOO_LARGE, BAD_INPUT = 1, 2
TABLE_WIDTH = 120
REFERENCE = " (ref)"
HEADINGS = {
    "tot_pct": "ToT", "vot_pct": "VoT", "welfare_firstorder_pct": "ToT+VoT", "real_wage_pct": "real wage",
    "real_income_exact_pct": "real income", "tot_with_nafta_pct": "ToT members",
    "tot_with_row_pct": "ToT others", "vot_with_nafta_pct": "VoT members", "vot_with_row_pct": "VoT others",
}  # fmt: skip


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
    markdown: Annotated[
        str | None, typer.Option(help="Print these rows of the first table as Markdown, e.g. MEX,CAN,USA.")
    ] = None,
) -> None:
    """Solve a published case and print it beside its reference, with the largest gap.

    Examples: cge replicate --list  |  cge replicate caliendo-parro-2015 --raw ../shared/data  |
    cge replicate caliendo-parro-2015 --markdown MEX,CAN,USA
    """
    from calibration.sources.oecd import SourceError
    from cge.app.replicate.cases import CASES

    console = Console()
    if list_cases or name is None:
        typer.echo(_listing())
        return
    if name not in CASES:
        raise typer.BadParameter(f"'{name}' is not one of {', '.join(CASES)}", param_hint="NAME")
    try:
        with Console(stderr=True).status(f"solving {name}"):
            result = CASES[name].run(raw)
    except SourceError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(BAD_INPUT) from error
    if markdown is not None:
        typer.echo(_markdown(result, markdown.split(",")))
        return
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
        from cge.app import STARTED

        return time.perf_counter() - STARTED
    import os

    return uptime - int(fields[19]) / os.sysconf("SC_CLK_TCK")


def _listing() -> str:
    from cge.app.replicate.cases import CASES

    return "\n".join(
        f"{name}\n    {case.title}\n    source: {case.source}\n    needs: {case.needs}"
        for name, case in CASES.items()
    )


def _print(console: Console, result: Replication) -> None:
    console.print(f"[bold]{result.title}[/bold]\n{result.source}")
    for title, frame in result.tables.items():
        table = _table(title, frame, result.digits)
        # figures are never cut: a narrow terminal wraps the lines instead
        Console(width=max(console.width, TABLE_WIDTH)).print(table)
    for note in result.notes:
        console.print(f"note: {note}")
    if result.checks:
        console.print(_checks(result))
        worst = max(result.checks, key=lambda c: c.gap / c.tolerance)
        console.print(f"largest gap against its tolerance: {worst.gap:.2g} {worst.unit} ({worst.what})")
    for name, c in result.certificates.items():
        console.print(f"{name}: {c.iterations} iterations, largest residual {c.max_residual:.1e}, "
                      f"Walras {c.walras:.1e}")  # fmt: skip


def _checks(result: Replication) -> Table:
    table = Table("figures", "largest gap", "at", "tolerance", "ok", box=SIMPLE_HEAD, title_justify="left",
                  title="Largest gaps")  # fmt: skip
    for c in result.checks:
        verdict = "yes" if c.ok else "[bold]NO[/bold]"
        table.add_row(c.what, f"{c.gap:.2g} {c.unit}", c.where, f"{c.tolerance:g}", verdict)
    return table


def _table(title: str, frame: pd.DataFrame, digits: int) -> Table:
    """A frame of figures; a column named ``x (ref)`` stands right of ``x``, headed ``ref``."""
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in frame.index.names:
        table.add_column(str(name))
    for column in map(str, frame.columns):
        reference = column.endswith(REFERENCE)
        table.add_column("ref" if reference else _heading(column), justify="right",
                         style="dim" if reference else "")  # fmt: skip
    for key, row in frame.iterrows():
        labels = key if isinstance(key, tuple) else (key,)
        table.add_row(*map(str, labels), *(f"{value:.{digits}f}" for value in row))
    return table


def _markdown(result: Replication, rows: list[str]) -> str:
    """Some rows of the first table, model and published figure side by side, with the largest gaps below."""
    frame = next(iter(result.tables.values()))
    unknown = [r for r in rows if r not in frame.index]
    if unknown:
        raise typer.BadParameter(f"no row {', '.join(unknown)}", param_hint="--markdown")
    pairs = [c for c in map(str, frame.columns) if f"{c}{REFERENCE}" in frame.columns]
    lines = [
        f"| percent | {' | '.join(f'{r} model | {r} published' for r in rows)} | largest gap, all regions |"
    ]
    lines.append("|---" * (2 * len(rows) + 2) + "|")
    for column in pairs:
        figures = [f"{frame.loc[r, c]:.{result.digits}f}" for r in rows for c in (column, column + REFERENCE)]
        gap = abs(frame[column] - frame[column + REFERENCE]).max()
        lines.append(f"| {_heading(column)} | {' | '.join(figures)} | {gap:.1g} |")
    return "\n".join(lines)


def _heading(column: str) -> str:
    return HEADINGS.get(column, column.removesuffix("_pct").replace("_", " "))


def _write(result: Replication, output: Path) -> None:
    output.mkdir(parents=True, exist_ok=True)
    for number, (title, frame) in enumerate(result.tables.items(), start=1):
        words = "".join(c if c.isalnum() else " " for c in title.lower()).split()
        frame.to_csv(output / f"{number}-{'-'.join(words[:5])}.csv")
