"""The table of `cge bench`: sizes side by side, how each measure grows, and its place in a file."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cge.app.benching import STAGES, BenchError, Record, exponent

BEGIN = "<!-- cge bench --sizes small,default,medium,full --full-space --table -o README.md -->"
END = "<!-- end of the table of cge bench -->"
"""Lines between which a file holds the table."""


@dataclass(frozen=True)
class Row:
    """One measure: ``value`` of a record (nan where it was not taken), ``grows``: it has an exponent."""

    title: str
    value: Callable[[Record], float]
    digits: int | None = 0
    grows: bool = False


def _count(name: str) -> Callable[[Record], float]:
    return lambda record: record.counts.get(name, math.nan)


def _seconds(name: str, times: float = 1.0) -> Callable[[Record], float]:
    return lambda record: times * record.seconds.get(name, math.nan)


def _memory(name: str) -> Callable[[Record], float]:
    return lambda record: record.memory.get(name, math.nan)


COUNTS = (
    Row("regions", _count("regions")),
    Row("sectors", _count("sectors")),
    Row("bilateral flows", _count("flows")),
    Row("equations", _count("equations"), grows=True),
    Row("unknowns of the reduced space", _count("unknowns"), grows=True),
    Row("nonzero derivatives", _count("nonzeros"), grows=True),
    Row("evaluations, one scenario", _count("evaluations")),
    Row("evaluations, a point of a sweep", _count("evaluations a point"), 1),
)
"""What does not depend on the machine."""

TIMES = (
    Row("start to table, seconds", _seconds("total"), 2, True),
    *(Row(f"- {stage}", _seconds(stage), 2, True) for stage in STAGES),
    Row("a point of a sweep, seconds", _seconds("point"), 3, True),
    Row("an evaluation, milliseconds", _seconds("evaluation", 1e3), 1, True),
    Row("peak memory of one scenario, MB", _memory("scenario"), 0, True),
    Row("peak memory of a sweep's process, MB", _memory("point"), 0, True),
    Row("full space, seconds", _seconds("full space"), 1, True),
    Row("iterations in the full space", _count("iterations in the full space")),
)


def cells(records: Sequence[Record]) -> list[list[str]]:
    """The header and one line per measure that was taken; the last column is the exponent on flows."""
    flows = [r.counts.get("flows", math.nan) for r in records]
    out = [["", *(r.aggregation for r in records), "grows with flows to the power"]]
    for row in (*COUNTS, *TIMES):
        values = [row.value(r) for r in records]
        if all(math.isnan(v) for v in values):
            continue
        power = exponent(flows, values) if row.grows else math.nan
        out.append([row.title, *(_text(v, row.digits) for v in values), _text(power, 2, empty="")])
    return out


def _text(value: float, digits: int | None, empty: str = "n/a") -> str:
    return empty if math.isnan(value) else f"{value:,.{digits}f}"


def markdown(records: Sequence[Record]) -> str:
    """The table in Markdown, with the lines that mark its place."""
    head, *rest = cells(records)
    lines = [_line(head), _line(["---", *("---:" for _ in head[1:])]), *map(_line, rest)]
    return "\n".join([BEGIN, *lines, END])


def _line(parts: Sequence[str]) -> str:
    return f"| {' | '.join(parts)} |"


def put(table: str, path: Path) -> None:
    """Replace what stands between the marks of a file by the table.

    Raises:
        BenchError: the file does not have both marks, in order, once.
    """
    text = path.read_text(encoding="utf-8")
    begin, end = text.find(BEGIN), text.find(END)
    if begin < 0 or end < begin or text.count(BEGIN) > 1 or text.count(END) > 1:
        raise BenchError(f"{path} lacks the two lines between which the table goes: {BEGIN} and {END}")
    path.write_text(text[:begin] + table + text[end + len(END) :], encoding="utf-8")


def read_counts(text: str) -> dict[str, dict[str, float]]:
    """Counts by size from a text that holds the table: ``{"small": {"equations": 1384, ...}, ...}``.

    Raises:
        BenchError: there is no table between the marks.
    """
    lines = [line for line in text[text.find(BEGIN) : text.find(END)].splitlines() if line.startswith("|")]
    if BEGIN not in text or END not in text or len(lines) < 3:
        raise BenchError(f"there is no table of cge bench: make it by the command in {BEGIN}")
    rows = [[c.strip() for c in line.strip("|").split("|")] for line in lines]
    sizes, titles = rows[0][1:-1], {row.title for row in COUNTS}
    counted = {row[0]: row[1:-1] for row in rows if row[0] in titles}
    return {
        size: {title: _number(values[k]) for title, values in counted.items()} for k, size in enumerate(sizes)
    }


def _number(text: str) -> float:
    return math.nan if text == "n/a" else float(text.replace(",", ""))
