"""The data dictionary: every table, column and indicator of the results, its unit, and where its formula is.

``dictionary.csv`` is the one place: what a run writes and what is not in it, or has another unit there, fails
a test. In names ``<set>`` stands for low, central or high, ``<term>`` for a term of the decomposition; units
that depend on a choice stand beside one another with ``|``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import pandas as pd

from results.tidy import COLUMNS

FILE = "dictionary.csv"
SETS = ("low", "central", "high")
BORROWED = ("summary", "bands", "effects", "spread")
"""Tables of sweeps: their indicators are those of other tables, in their unit or in percent."""
TERM = "welfare from "


@dataclass(frozen=True)
class Entry:
    """One row. ``kind``: table, column or indicator; ``table``: "" for columns of every table; ``label``: the
    name for readers; ``dims``: the columns that rows fill, kinds of rows apart by ";", and "world"
    where there is a row for the WORLD; ``formula``: the module with the formula.
    """

    kind: str
    table: str
    name: str
    label: str
    unit: str
    dims: str
    what: str
    formula: str


@cache
def text() -> str:
    """The dictionary as it is written into every result."""
    return resources.files("results").joinpath(FILE).read_text(encoding="utf-8")


@cache
def entries() -> tuple[Entry, ...]:
    """Every row, in the order of the file."""
    return tuple(Entry(**row) for row in csv.DictReader(text().splitlines()))


@cache
def tables() -> Mapping[str, Entry]:
    """What each table is about, by its name."""
    return {e.table: e for e in entries() if e.kind == "table"}


@cache
def columns(table: str) -> Mapping[str, Entry]:
    """Columns beside those of `results.tidy.COLUMNS`; of ``""`` these."""
    return {e.name: e for e in entries() if e.kind == "column" and e.table == table}


@cache
def indicator(table: str, name: str) -> Entry | None:
    """What an indicator of a table is (of a table of sweeps: that of any table); None when the dictionary
    does not have it.
    """
    anywhere = table in BORROWED
    mine = [e for e in entries() if e.kind == "indicator" and (anywhere or e.table == table)]
    return next((e for e in mine if e.name == name or _pattern(e.name).fullmatch(name)), None)


@cache
def _pattern(name: str) -> re.Pattern[str]:
    """The names that a name with ``<set>`` or ``<term>`` stands for."""
    found = re.escape(name)
    if "<term>" in name:
        terms = (e.name.removeprefix(TERM) for e in entries() if e.table == "decomposition" and e.label)
        found = found.replace(re.escape("<term>"), "(" + "|".join(map(re.escape, terms)) + ")")
    return re.compile(found.replace(re.escape("<set>"), "(" + "|".join(SETS) + ")"))


def label(table: str, name: str) -> str:
    """The name of an indicator for readers, with its set (``Retrained (low)``); else its own name."""
    entry = indicator(table, name)
    if entry is None:
        return name.replace("_", " ")
    if "<term>" in entry.name:
        term = name[name.index(TERM) + len(TERM) :]
        return label("decomposition", TERM + term)
    chosen = next((s for s in SETS if entry.name.replace("<set>", s) == name), "")
    return f"{entry.label} ({chosen})" if "<set>" in entry.name and chosen else entry.label


def undocumented(found: Mapping[str, pd.DataFrame]) -> list[str]:
    """What the tables of a result have and the dictionary has not, each with what to add where."""
    out = []
    for name, table in found.items():
        if name not in tables():
            out.append(f"table '{name}': add a row 'table,{name},...' to results/{FILE}")
        known = {*COLUMNS, *columns(name)}
        out += [f"column '{c}' of table '{name}': add a row 'column,{name},{c},...' to results/{FILE}"
                for c in table.columns if c not in known]  # fmt: skip
        out += list(_unknown_indicators(name, table))
    return out


def _unknown_indicators(name: str, table: pd.DataFrame) -> Iterator[str]:
    for key in table[["indicator", "unit"]].drop_duplicates().itertuples(index=False):
        what, unit = str(key[0]), str(key[1])
        entry = indicator(name, what)
        if entry is None:
            row = f"'indicator,{name},{what},LABEL,{unit},...'"
            yield f"indicator '{what}' of table '{name}' in '{unit}': add a row {row} to results/{FILE}"
        elif unit not in entry.unit.split("|") and not (name in BORROWED and _borrowed(what, unit)):
            yield f"indicator '{what}' of table '{name}' is in '{unit}'; results/{FILE} says '{entry.unit}'"


def _borrowed(name: str, unit: str) -> bool:
    """Whether some table has the indicator in that unit, or it is a percentage."""
    return unit == "percent" or any(
        unit in e.unit.split("|")
        for e in entries()
        if e.kind == "indicator" and (e.name == name or _pattern(e.name).fullmatch(name))
    )


def search(word: str) -> tuple[Entry, ...]:
    """Entries that have the word in any column, capitals or not; all for an empty word."""
    wanted = word.lower()
    return tuple(e for e in entries() if any(wanted in str(v).lower() for v in vars(e).values()))
