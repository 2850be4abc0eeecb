"""Plain lines on the screen, folded to 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import typer

WIDTH = 80


@dataclass(frozen=True)
class Line:
    """A line of output, folded under itself: ``indent`` of the first line, ``hang`` of the others."""

    text: str
    indent: int = 0
    hang: int | None = None


def tell(lines: Sequence[Line | str], width: int = WIDTH) -> None:
    """Print lines folded to the width; a word that is longer stays whole."""
    for line in lines:
        for part in folded(line, width):
            typer.echo(part)


def folded(line: Line | str, width: int = WIDTH) -> list[str]:
    """A line as it is printed."""
    own = line if isinstance(line, Line) else Line(line)
    first, rest = " " * own.indent, " " * (own.indent + 2 if own.hang is None else own.hang)
    found = textwrap.wrap(
        own.text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
    return found or [""]


def counted(number: int, what: str) -> str:
    """``1 value``, ``1,014 values``."""
    return f"{number:,} {what}" + ("" if number == 1 else "s")
