"""`cge dictionary`: what every table, column and indicator of the results is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from cge.app.plain_text import Line, tell

if TYPE_CHECKING:
    from results.dictionary import Entry


def register(app: typer.Typer) -> None:
    """Add the command of this file to the application."""
    app.command("dictionary")(dictionary)


def dictionary(
    word: Annotated[str, typer.Argument(help="Show what has this word in it; without one everything.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON.")] = False,
) -> None:
    """Print what the tables, columns and indicators of a result are: unit, meaning, module of the formula.

    Every result folder has the same as dictionary.csv. Examples: cge dictionary welfare  |
    cge dictionary displaced  |  cge dictionary --json
    """
    from results import dictionary as book
    from scenarios.problems import suggest

    found = book.search(word)
    if not found:
        hint = suggest(word, [e.name for e in book.entries() if e.name])
        raise typer.BadParameter(f"nothing has the word '{word}'{hint}", param_hint="WORD")
    if as_json:
        typer.echo(json.dumps([vars(e) for e in found], indent=1, ensure_ascii=False))
        return
    lines: list[Line | str] = []
    for table in dict.fromkeys(e.table for e in found):
        mine = [e for e in found if e.table == table]
        about = book.tables().get(table)
        heading = f"{table}: {about.what}" if about else "every table"
        lines += ["", Line(heading, 0, 2)]
        lines += [line for e in mine if e.kind != "table" for line in _entry(e)]
    tell(lines[1:])


def _entry(e: Entry) -> list[Line]:
    """``displaced_gross (thousand persons) by region, sector``, and what it is."""
    by = f" by {e.dims}" if e.dims else ""
    kind = "column " if e.kind == "column" else ""
    return [Line(f"{kind}{e.name} ({e.unit}){by}", 2, 6), Line(f"{e.what} [{e.formula}]", 6, 6)]
