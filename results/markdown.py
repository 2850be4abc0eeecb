"""What a terminal shows as GitHub Markdown: tables stay tables, texts paragraphs, titles headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

_SPECIAL = re.compile(r"([\\`*_<>\[\]|#~])")


CUT = "\N{HORIZONTAL ELLIPSIS}"


def markdown(parts: Iterable[RenderableType], names: Mapping[str, str] = MappingProxyType({})) -> str:
    """The parts of a screen in order; an underlined text is the title. ``names``: words of codes, for labels
    that the screen had to cut.
    """
    blocks = [block for part in parts for block in _blocks(part, names)]
    return "\n\n".join(block for block in blocks if block.strip()) + "\n"


def _blocks(part: RenderableType, names: Mapping[str, str]) -> Iterator[str]:
    if isinstance(part, Group):
        for inner in part.renderables:
            yield from _blocks(inner, names)
    elif isinstance(part, Table):
        yield "\n".join(_table(part, names))
    elif isinstance(part, Text):
        words = escaped(part.plain)
        yield f"# {words}" if "underline" in str(part.style) else words
    elif isinstance(part, str):
        yield escaped(part)
    else:
        raise TypeError(f"a {type(part).__name__} has no Markdown")


def _table(table: Table, names: Mapping[str, str]) -> Iterator[str]:
    if table.title:
        yield f"## {_words(table.title)}\n"
    columns = [[_words(c, names) for c in column.cells] for column in table.columns]
    yield row([_words(c.header) for c in table.columns])
    yield row(["---:" if c.justify == "right" else "---" for c in table.columns])
    for cells in zip(*columns, strict=True):
        yield row(cells)


def row(cells: Sequence[str]) -> str:
    """One line of a table; cells are escaped already."""
    return "| " + " | ".join(cells) + " |"


def table_lines(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table of plain texts, escaped here: the first column to the left, the others to the right."""
    rule = ["---", *["---:"] * (len(headers) - 1)]
    body = (row([escaped(c) for c in cells]) for cells in rows)
    return [row([escaped(c) for c in headers]), row(rule), *body]


def _words(cell: object, names: Mapping[str, str] = MappingProxyType({})) -> str:
    text = (cell if isinstance(cell, Text) else Text.from_markup(str(cell))).plain.strip()
    code, _, words = text.partition(" ")
    if words.endswith(CUT) and names.get(code, "").startswith(words.removesuffix(CUT)):
        text = f"{code} {names[code]}"
    return escaped(text)


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    one_line = " ".join(text.split())
    shielded = _SPECIAL.sub(r"\\\1", one_line)
    return re.sub(r"^([-+]) |^(\d+)\. ", lambda m: "\\" + m.group(0), shielded)
