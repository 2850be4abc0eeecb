"""Every number of the brief, made from rows of the stored tables in one place and printed in one way.

A :class:`Value` is a number with the rows it comes from; a :class:`Fact` is a value as printed. On the page
it is ``<data class="fact" value=RAW data-result=.. data-table=.. data-region=.. data-sector=..
data-partner=.. data-indicator=.. data-column=.. data-step=.. data-scale=.. data-decimals=.. data-sign=..>``
around the text, which is ``number(RAW x scale, decimals)`` of `results.screen`, with a sign when
``data-sign`` is 1. ``data-step`` says how RAW follows from the table:

* ``row``: ``column`` of the one row with these labels ("" is a label: no sector, no partner);
* ``sum``: the sum of ``column`` over the rows that match; ``*`` matches any label, labels divided by blanks
  match each of them, ``data-only`` keeps what ``rises`` or ``falls``, ``data-term`` one term of the
  decomposition, ``data-unit`` rows in that unit;
* ``ratio``: 100 x (this, a row or sum as ``data-part`` says) over the value that ``data-over`` describes
  (JSON of the same attributes).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from results.errors import ResultsError
from results.screen import number
from results.side_by_side import Column
from results.tidy import WORLD

ANY = "*"
BILLION = 1000.0
"""USD million from which a sum is printed in billion."""


@dataclass(frozen=True)
class Value:
    """A number in the unit of its table, and the attributes that lead to its rows."""

    raw: float
    source: Mapping[str, str]

    @property
    def exists(self) -> bool:
        """Whether there is such a number."""
        return math.isfinite(self.raw)


@dataclass(frozen=True)
class Fact:
    """A value as it is printed: ``number(raw x scale, decimals, sign)``."""

    value: Value
    scale: float = 1.0
    decimals: int = 2
    sign: bool = True

    @property
    def text(self) -> str:
        """The printed number, "n/a" where there is none."""
        return number(self.value.raw * self.scale, self.decimals, sign=self.sign)

    @property
    def direction(self) -> int:
        """+1, -1, or 0 where the number prints as zero or does not exist; of the value, not its magnitude."""
        shown = number(self.value.raw * abs(self.scale), self.decimals)
        return {"+": 1, "-": -1}.get(shown[0], 0)

    def attributes(self) -> dict[str, str]:
        """What the page writes into the element."""
        out = {"value": repr(float(self.value.raw))}
        out |= {f"data-{k}": v for k, v in self.value.source.items()}
        return out | {"data-scale": f"{self.scale:g}", "data-decimals": str(self.decimals),
                      "data-sign": str(int(self.sign))}  # fmt: skip


@dataclass(frozen=True)
class Book:
    """The tables of one package, to be asked for values. ``column``: its results."""

    column: Column
    _index: dict[tuple[str, str], pd.DataFrame] = field(default_factory=dict, repr=False, compare=False)

    @property
    def label(self) -> str:
        """The package's name on the page."""
        return self.column.label

    def has(self, table: str, indicator: str) -> bool:
        """Whether the table is there and holds the indicator."""
        return table in self.column.tables and not self._rows(table, indicator).empty

    def rows(self, table: str, indicator: str, **equal: str) -> pd.DataFrame:
        """The rows of an indicator (``*`` any) with these labels: ``*`` any, several divided by blanks."""
        found = self.column.tables[table] if indicator == ANY else self._rows(table, indicator)
        mask = np.ones(len(found), dtype=bool)
        for name, wanted in equal.items():
            if wanted == ANY:
                continue
            mask &= found[name].isin(wanted.split()) if " " in wanted else found[name] == wanted
        return found.loc[mask]

    def row(
        self, table: str, indicator: str, region: str, *, sector: str = "", partner: str = "",
        column: str = "change",
    ) -> Value:  # fmt: skip
        """The number of one row; not a number where there is no such row. ResultsError where there are
        several.
        """
        labels = {"region": region, "sector": sector, "partner": partner}
        found = self.rows(table, indicator, **labels) if table in self.column.tables else pd.DataFrame()
        if len(found) > 1:
            raise ResultsError(f"{self.label}: {len(found)} rows of {indicator} for {region} in {table}")
        raw = float(found[column].iloc[0]) if len(found) else math.nan
        return Value(raw, self._source("row", table, indicator, labels, column))

    def total(
        self, table: str, indicator: str, region: str = ANY, *, sector: str = ANY, partner: str = ANY,
        column: str = "change", only: str = "",
    ) -> Value:  # fmt: skip
        """The sum over the rows that match; not a number where there is none. ``only``: rises or falls."""
        labels = {"region": region, "sector": sector, "partner": partner}
        found = self.rows(table, indicator, **labels) if table in self.column.tables else pd.DataFrame()
        if not len(found):
            raw = math.nan
        else:
            values = found[column].to_numpy(dtype=float)
            keep = {"": values == values, "rises": values > 0, "falls": values < 0}[only]
            raw = float(values[keep].sum())
        source = self._source("sum", table, indicator, labels, column)
        return Value(raw, source | ({"only": only} if only else {}))

    def term(self, name: str, region: str) -> Value:
        """One term of the decomposition of welfare, all sectors and partners; none where it was not made."""
        table = self.column.tables.get("decomposition", pd.DataFrame({"term": [], "region": []}))
        mine = table.loc[((table["term"] == name) & (table["region"] == region)).to_numpy()]
        raw = float(mine["change"].to_numpy(dtype=float).sum()) if len(mine) else math.nan
        labels = {"region": region, "sector": ANY, "partner": ANY}
        return Value(raw, self._source("sum", "decomposition", ANY, labels, "change") | {"term": name})

    def regional(self, indicator: str, region: str, column: str = "change") -> Value:
        """A number of the table of indicators."""
        return self.row("indicators", indicator, region, column=column)

    def regions(self) -> tuple[str, ...]:
        """Regions of the model, the world left out."""
        return tuple(dict.fromkeys(r for r in map(str, self.column.tables["jobs"]["region"]) if r != WORLD))

    def _rows(self, table: str, indicator: str) -> pd.DataFrame:
        if (table, indicator) not in self._index:
            whole = self.column.tables[table]
            self._index[table, indicator] = whole.loc[(whole["indicator"] == indicator).to_numpy()]
        return self._index[table, indicator]

    def _source(
        self, step: str, table: str, indicator: str, labels: Mapping[str, str], column: str
    ) -> dict[str, str]:
        return {"result": self.label, "table": table, **labels, "indicator": indicator, "column": column,
                "step": step}  # fmt: skip


def ratio(part: Value, whole: Value) -> Value:
    """100 x part / whole; not a number where the whole is none or zero."""
    raw = 100 * part.raw / whole.raw if whole.exists and whole.raw != 0 else math.nan
    over = json.dumps(dict(whole.source), sort_keys=True)
    return Value(raw, {**part.source, "step": "ratio", "part": part.source["step"], "over": over})


def percent(value: Value, decimals: int = 2, *, sign: bool = True) -> Fact:
    """A percentage as it stands in the table."""
    return Fact(value, 1.0, decimals, sign)


def magnitude(fact: Fact) -> Fact:
    """The same number without its sign, for verbs that say the direction ("falls by")."""
    negative = math.isfinite(fact.value.raw) and fact.value.raw < 0
    scale = -abs(fact.scale) if negative else abs(fact.scale)
    return Fact(fact.value, scale, fact.decimals, sign=False)


def dollars_scale(values: Sequence[float]) -> tuple[float, int, str]:
    """Scale, decimals and unit for sums in USD million: billion when the largest reaches one."""
    largest = max((abs(v) for v in values if math.isfinite(v)), default=0.0)
    return (0.001, 1, "billion") if largest >= BILLION else (1.0, 0, "million")


def dollars(value: Value, *, sign: bool = True, like: Sequence[Value] = ()) -> tuple[Fact, str]:
    """A sum in USD million as printed, and "million" or "billion"; ``like``: others that share the unit."""
    scale, decimals, unit = dollars_scale([v.raw for v in (like or (value,))])
    return Fact(value, scale, decimals, sign), unit


def people(value: Value, *, sign: bool = True) -> Fact:
    """Thousand persons."""
    return Fact(value, 1.0, 1, sign)
