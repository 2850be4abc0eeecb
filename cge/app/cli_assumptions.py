"""`cge assumptions`: every assumption in effect, with its source and how far to trust it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from cge.app.assumptions import Assumption, AssumptionTable

LONG = 12
"""Rows above which a table is summed up in a line, unless it is asked for by name."""

MANY = 3
"""Sources above which they are counted rather than listed, in a table that is summed up."""

CHOICES = "choices"
"""The table that is always shown whole."""

WIDTH, ROOM = 80, 20
"""Columns of the screen, and the room from which remarks get a column of their own."""

NAME, VALUE = 32, 18
WIDEST = {"unit": 18, "confidence": 13, "source": 4}
"""Largest widths of the columns; longer texts are folded."""

SHARED = ("unit", "confidence", "source")


def register(app: typer.Typer) -> None:
    """Add the command of this file to the application."""
    app.command("assumptions")(assumptions)


def assumptions(
    scenario: Annotated[
        str | None, typer.Argument(help="A scenario of the library, or a file; none: the defaults.")
    ] = None,
    variant: Annotated[str | None, typer.Option(help="A variant of the scenario.")] = None,
    table: Annotated[str | None, typer.Option(help="Every row of one table.")] = None,
    confidence: Annotated[
        str | None, typer.Option(help="Only rows with this tag: verified-page, recall-L, assumption, ...")
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write all rows to this CSV.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all rows as JSON.")] = False,
) -> None:
    """Print every assumption in effect for a scenario: value, unit, source, confidence, what it changed.

    Examples: cge assumptions  |  cge assumptions rcep --confidence recall-L  |
    cge assumptions --table barrier_levels  |  cge assumptions mine.yaml -o assumptions.csv
    """
    from rich.console import Console

    from cge.app import assumptions as listing

    tables = list(listing.assumptions(scenario, variant))
    if confidence is not None:
        known = sorted({r.confidence for t in tables for r in t.rows})
        tables = listing.filtered(tables, confidence)
        if not tables:
            raise typer.BadParameter(f"no row has it; there are {', '.join(known)}",
                                     param_hint="--confidence")  # fmt: skip
    if table is not None:
        names = [t.name for t in tables]
        tables = [t for t in tables if t.name == table]
        if not tables:
            from scenarios.problems import suggest

            hint = suggest(table, names, f"; there are {', '.join(names)}")
            raise typer.BadParameter(f"no table '{table}'{hint}", param_hint="--table")
    rows = listing.records(tables)
    if output is not None:
        with output.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, listing.COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    if as_json:
        typer.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    console = Console(width=max(WIDTH, Console().width))
    title = f"{scenario or 'the defaults'}{f', variant {variant}' if variant else ''}"
    show(console, tables, title, whole=table is not None or confidence is not None)
    if output is not None:
        typer.echo(f"written to {output}: {len(rows)} rows", err=True)


def show(console: Any, tables: Sequence[AssumptionTable], what: str, *, whole: bool) -> None:
    """Print tables, and the changes of the scenario first; long ones in a line unless ``whole``."""
    from rich.text import Text

    count = sum(len(t.rows) for t in tables)
    console.print(Text(f"Assumptions in effect: {what}", style="bold underline"))
    console.print(f"{count:,} in {len(tables)} tables; `--table NAME` shows every row of one.", style="dim")
    changes = [r for t in tables for r in t.rows if r.changed]
    if changes:
        console.print(Text("\nChanged by the scenario", style="bold"))
        for words, rows in _grouped(changes):
            names = ", ".join(r.name for r in rows)
            console.print(Text(f"{rows[0].table}: {names}: {words}"))
    for t in tables:
        console.print(Text(f"\n{t.name}", style="bold"), Text(f"({t.file})", style="dim"))
        console.print(Text((whole and t.about) or t.title))
        if len(t.rows) > LONG and not whole and t.name != CHOICES:
            console.print(Text(summary(t)))
        elif t.rows:
            _show_rows(console, t.rows)
        else:
            console.print("  nothing")


def _grouped(changes: Sequence[Assumption]) -> list[tuple[str, list[Assumption]]]:
    """Rows that one line of the scenario changed in the same way, together."""
    groups: dict[tuple[str, str], list[Assumption]] = {}
    for row in changes:
        groups.setdefault((row.table, row.changed), []).append(row)
    return [(words, rows) for (_, words), rows in groups.items()]


def summary(table: AssumptionTable) -> str:
    """A long table in words: rows, range, unit, tags, sources, how to see it whole."""
    spread = f", {table.spread}" if table.spread else ""
    units = list(dict.fromkeys(r.unit for r in table.rows if r.unit))
    unit = f" {units[0]}" if len(units) == 1 else f" ({len(units)} units)" if units else ""
    sources = _sources(table.rows)
    named = "; ".join(sources) if len(sources) <= MANY else f"{len(sources)} of them"
    return (
        f"  {len(table.rows)} rows{spread}{unit}\n  confidence: {table.tags()}\n  sources: {named}\n"
        f"  all rows: --table '{table.name}'"
    )


def _sources(rows: Sequence[Assumption]) -> list[str]:
    return list(dict.fromkeys(r.source for r in rows))


def _show_rows(console: Any, rows: Sequence[Assumption]) -> None:
    """Every row; what all rows share (unit, tag, source) is said once, above or below the table."""
    from rich.text import Text

    same = {k: getattr(rows[0], k) for k in SHARED if len({getattr(r, k) for r in rows}) == 1}
    words = "; ".join(f"{k}: {v}" for k, v in same.items() if v)
    if words:
        console.print(Text(f"  {words}", style="dim"))
    if len(rows) == 1:
        (r,) = rows
        console.print(Text(f"  {r.name}: {r.value}" + (f" ({_remark(r)})" if _remark(r) else "")))
        return
    console.print(_table(rows, [k for k in SHARED if k not in same]))
    if "source" not in same:
        for k, source in enumerate(_sources(rows), start=1):
            console.print(Text(f"  [{k}] {source}", style="dim"))


def _remark(row: Assumption) -> str:
    return "; ".join(x for x in (row.changed, row.note) if x)


def _table(rows: Sequence[Assumption], columns: Sequence[str]) -> Table:
    """Name, value, the ``columns`` that differ (the source by number), and remarks where there is room."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    numbers = {s: f"[{k}]" for k, s in enumerate(_sources(rows), start=1)}
    shown = [
        [r.name, r.value, *(numbers[r.source] if c == "source" else getattr(r, c) for c in columns)]
        for r in rows
    ]
    heads = ["", "value", *("src" if c == "source" else c for c in columns)]
    most = [NAME, VALUE, *(WIDEST[c] for c in columns)]
    widths = [
        min(m, max(map(len, col))) for m, col in zip(most, zip(heads, *shown, strict=True), strict=True)
    ]
    widths[0] -= max(0, sum(widths) + 2 * len(widths) + 1 - WIDTH)
    room = WIDTH - sum(widths) - 2 * len(widths) - 3
    remarks = [_remark(r) for r in rows]
    beside = any(remarks) and room >= ROOM
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for head, width in zip(heads, widths, strict=True):
        table.add_column(head, width=width, overflow="fold")
    if beside:
        table.add_column("", width=room, overflow="fold")
    for row, remark, r in zip(shown, remarks, rows, strict=True):
        style = "bold" if r.changed else "dim"
        cells = [Text(x) for x in row]
        if beside:
            cells.append(Text(remark, style=style))
        elif remark:
            cells[0].append(f"\n  {remark}", style=style)
        table.add_row(*cells)
    return table
