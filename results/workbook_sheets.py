"""The tables of a result as sheets: regions in rows, and for every indicator baseline, counterfactual, change
and percent beside one another.

A table becomes one sheet for each kind of place it speaks of (region, region and sector, ...). Every number
is a row of the table, but for the sums over commodities of the decomposition, which say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from results import dictionary
from results.tidy import COLUMNS, WORLD, pick
from results.workbook_book import LONGEST_TITLE, Header, Sheet, Value

MOST_ROWS = 100_000
PLACES = ("region", "sector", "partner")
VALUES = ("baseline", "counterfactual", "change", "percent")
WORDS = {
    "region": "Region", "sector": "Sector", "partner": "Partner", "baseline": "Baseline",
    "counterfactual": "Counterfactual", "change": "Change", "percent": "Change, %",
}  # fmt: skip

GROUPS: Mapping[str, tuple[str, ...]] = {
    "GDP and welfare": (
        "real_gdp", "welfare_ev", "consumption_ev", "household_cost", "household_cost_each",
        "nominal_gdp_expenditure", "nominal_gdp_income", "nominal_gdp_production",
    ),
    "Prices and wages": ("cpi", "real_wage", "real_return_capital", "real_rent_natural", "terms_of_trade"),
    "Trade and tariffs": (
        "exports_volume", "imports_volume", "exports_value", "imports_value", "tariff_revenue",
        "tariff_share_of_taxes",
    ),
    "Employment": ("employment", "unemployment_rate"),
}  # fmt: skip
"""Sheets of the table ``indicators``; what is not named here has a sheet of its own."""

TITLES = {
    "ledger": "Trade by partner", "adoption": "Adoption", "decomposition_partners": "Decomposition, partners",
    "decomposition_difference": "Decomposition, difference",
}  # fmt: skip
CHANGE_ALONE = {("ledger", "trade_creation"), ("ledger", "trade_diversion")}
"""Indicators whose baseline another one beside them has."""

SUMMARY = ("real_gdp", "welfare_ev", "exports_volume", "imports_volume", "real_wage", "terms_of_trade")


@dataclass(frozen=True)
class Names:
    """Words for codes, and the region that is looked at closely."""

    regions: Mapping[str, str]
    sectors: Mapping[str, str]
    focus: str

    def of(self, column: str, code: str) -> str:
        """The words of a region's, partner's or sector's code; "" where the code says it already."""
        words = (self.sectors if column == "sector" else self.regions).get(code, "")
        return "World" if code == WORLD else "" if words == code else words


def summary(tables: Mapping[str, pd.DataFrame], names: Names, about: Sequence[str]) -> Sheet:
    """The main indicators of every region: focus, world, then by welfare."""
    found = tables["indicators"]
    welfare = pick(found, indicator="welfare_ev").sort_values(by="percent", ascending=False, kind="stable")
    by_size = [str(r) for r in welfare["region"]]
    first = [r for r in (names.focus, WORLD) if r in by_size]
    order = [*first, *(r for r in by_size if r not in first)]
    part, there = found.loc[found["indicator"].isin(SUMMARY)], set(found["indicator"])
    chosen = [i for i in SUMMARY if i in there]
    wide = _wide("indicators", part, ["region"], names, columns=("change", "percent"), order=chosen)
    place = {str(row[0]): row for row in wide.rows}
    return Sheet("Summary", tuple(about), wide.headers, [place[r] for r in order], wide.keys)


def sheets(tables: Mapping[str, pd.DataFrame], names: Names) -> Iterator[Sheet]:
    """Every table of a result."""
    for name, table in tables.items():
        if table.empty:
            continue
        if name == "indicators":
            yield from _indicator_sheets(table, names)
            continue
        if name in ("decomposition", "decomposition_difference"):
            yield _sums(name, table, names)
        yield from _by_place(name, table, names)


def _indicator_sheets(table: pd.DataFrame, names: Names) -> Iterator[Sheet]:
    known = [i for inside in GROUPS.values() for i in inside]
    others = tuple(str(i) for i in table["indicator"].unique() if i not in known)
    for title, inside in {**GROUPS, "Other indicators": others}.items():
        part = table.loc[table["indicator"].isin(inside)]
        if not part.empty:
            there = set(part["indicator"])
            order = [i for i in inside if i in there]
            wide = _wide("indicators", part, ["region"], names, order=order)
            yield Sheet(title, _about("indicators"), wide.headers, wide.rows, wide.keys)


def _by_place(name: str, table: pd.DataFrame, names: Names) -> Iterator[Sheet]:
    """One sheet for every set of places that indicators of the table speak of."""
    filled = pd.Series([""] * len(table), index=table.index)
    for column in PLACES[1:]:
        filled = filled.where(table[column] == "", filled + f", {column}")
    title = TITLES.get(name, name.replace("_", " ").capitalize())
    summed = name in ("decomposition", "decomposition_difference")
    kinds = sorted(set(filled), key=lambda words: (words.count(","), words))
    for kind in kinds:
        part = table.loc[filled == kind]
        keys = ["region", *(c for c in PLACES[1:] if c in kind)]
        own = title if len(kinds) == 1 and not summed else f"{title}{' by' if kind else ''}{kind[1:]}"
        own = f"{title}, no sector" if summed and not kind else own
        wide = _wide(name, part, [*keys, *_more_keys(part, keys)], names)
        about = (*_about(name), *([wide.cut] if wide.cut else []))
        tab = own.replace("Decomposition", "Decomp.") if len(own) > LONGEST_TITLE else ""
        yield Sheet(own, about, wide.headers, wide.rows, wide.keys, tab=tab)


def _sums(name: str, table: pd.DataFrame, names: Names) -> Sheet:
    """Terms of the decomposition by region, summed over commodities."""
    by = ["region", "indicator", "unit"]
    total = pd.DataFrame(table.groupby(by, sort=False)["change"].sum()).reset_index()
    total[["sector", "partner"]] = ""
    wide = _wide(name, total, ["region"], names, columns=("change",))
    about = (*_about(name), "Sums over commodities of the rows of the sheet by sector.")
    return Sheet(TITLES.get(name, "Decomposition"), about, wide.headers, wide.rows, wide.keys)


def _about(name: str) -> tuple[str, ...]:
    entry = dictionary.tables().get(name)
    return (entry.what,) if entry else ()


def _more_keys(part: pd.DataFrame, keys: Sequence[str]) -> list[str]:
    """Text columns that tell rows of one place and indicator apart (a country, a standard, a role)."""
    more: list[str] = []
    for column in _extras(part, numbers=False):
        if not bool(part.duplicated(["indicator", *keys, *more]).to_numpy().any()):
            break
        more.append(column)
    return more


def _number(table: pd.DataFrame, column: str) -> bool:
    return bool(is_numeric_dtype(table[column])) and not bool(is_bool_dtype(table[column]))


def _extras(table: pd.DataFrame, *, numbers: bool) -> list[str]:
    """Columns beside those of every table: of numbers, or of words."""
    return [str(c) for c in table.columns if c not in COLUMNS and _number(table, str(c)) is numbers]


@dataclass(frozen=True)
class _Wide:
    headers: tuple[Header, ...]
    rows: list[list[Value]]
    keys: int
    cut: str = ""


def _wide(
    name: str,
    part: pd.DataFrame,
    keys: Sequence[str],
    names: Names,
    *,
    columns: Sequence[str] = (),
    order: Sequence[str] = (),
) -> _Wide:
    """Keys in rows, indicators side by side. Numbers that do not exist are "n/a", rows that are not there
    blank.
    """
    index = _index(part, keys).drop_duplicates()
    cut = ""
    if len(index) > MOST_ROWS:
        cut = (
            f"{MOST_ROWS:,} of {len(index):,} rows: all of {names.focus}, then the largest changes. The "
            f"others are in {name}.parquet and {name}.csv of `cge run ... -o FOLDER`."
        )
        index = _largest(part, keys, index, names.focus)
    headers, blocks = _key_columns(index, names)
    fixed = len(headers)
    for indicator in order or [str(i) for i in part["indicator"].unique()]:
        mine = pick(part, indicator=indicator)
        at = index.get_indexer(_index(mine, keys))
        unit = str(mine["unit"].iloc[0])
        group = f"{dictionary.label(name, indicator)} ({unit})"
        shown = columns or _value_columns(name, indicator, mine)
        for column in shown:
            values = np.full(len(index), None, dtype=object)
            inside = at >= 0
            values[at[inside]] = [_cell(v) for v in mine[column].to_numpy()[inside].tolist()]
            head = _header(group, column, unit)
            headers.append(head if len(shown) > 1 else replace(head, group="", name=group))
            blocks.append(values.tolist())
    for column in _remarks(part, keys):
        places = _index(part, keys)
        known = dict(zip(places, part[column].tolist(), strict=True))
        headers.append(Header("", column.replace("_", " ").capitalize()))
        blocks.append([_cell(known[place]) for place in index])
    return _Wide(tuple(headers), [list(row) for row in zip(*blocks, strict=True)], fixed, cut)


def _index(table: pd.DataFrame, keys: Sequence[str]) -> pd.MultiIndex:
    """The places of the rows, as text."""
    return pd.MultiIndex.from_arrays([table[k].astype(str).to_numpy() for k in keys], names=list(keys))


def _largest(part: pd.DataFrame, keys: Sequence[str], index: pd.MultiIndex, focus: str) -> pd.MultiIndex:
    """The keys that a sheet has room for: those of the focus, then by the size of the change; in order."""
    at = index.get_indexer(_index(part, keys))
    size = np.zeros(len(index))
    np.maximum.at(size, at, np.nan_to_num(np.abs(part["change"].to_numpy(dtype=float))))
    own = np.zeros(len(index), dtype=bool)
    for level in ("region", "partner"):
        if level in index.names:
            own |= np.asarray(index.get_level_values(level) == focus)
    rank = np.lexsort((np.arange(len(index)), -size, ~own))
    return index.take(np.sort(rank[:MOST_ROWS]))


def _key_columns(index: pd.MultiIndex, names: Names) -> tuple[list[Header], list[list[Value]]]:
    headers, blocks = [], []
    for level in index.names:
        codes = [str(x) for x in index.get_level_values(level)]
        headers.append(Header("", WORDS.get(str(level), str(level).capitalize())))
        blocks.append(codes)
        if level in PLACES:
            words = {c: names.of(str(level), c) for c in set(codes)}
            if any(words.values()):
                headers.append(Header("", f"{WORDS[str(level)]}, name"))
                blocks.append([words[c] for c in codes])
    return headers, blocks


def _value_columns(name: str, indicator: str, mine: pd.DataFrame) -> list[str]:
    """Columns of numbers that say something: where all start from nothing the change alone does."""
    extras = _extras(mine, numbers=True)
    found = [c for c in VALUES if c in mine.columns]
    if (name, indicator) in CHANGE_ALONE or (
        {"baseline", "counterfactual", "change"} <= set(found)
        and bool((mine["baseline"] == 0).all())
        and bool((mine["counterfactual"] == mine["change"]).all())
    ):
        found = ["change"]
    empty = {c for c in (*found, *extras) if bool(np.isnan(mine[c].to_numpy(dtype=float)).all())}
    return [c for c in (*found, *extras) if c in ("baseline", "change") or c not in empty]


def _remarks(part: pd.DataFrame, keys: Sequence[str]) -> list[str]:
    """Text columns that belong to a row whatever the indicator (a method, a reason)."""
    out = []
    for column in _extras(part, numbers=False):
        words = pd.Series(part[column]).astype(str)
        each = words.groupby([part[k] for k in keys], sort=False).nunique().to_numpy()
        if column not in keys and each.max() == 1 and bool((words != "").to_numpy().any()):
            out.append(column)
    return out


def _header(group: str, column: str, unit: str) -> Header:
    words = WORDS.get(column, column.replace("_", " ").capitalize())
    signed = column in ("change", "percent")
    return Header(group, words, number_format(unit if column != "percent" else "percent", signed), signed)


def number_format(unit: str, signed: bool) -> str:
    """How a number of the unit is shown; all its digits stay in the cell."""
    digits = (
        "0" if unit.startswith("USD million") or unit.startswith("index 0") else
        "0.0" if unit.startswith(("thousand", "USD per")) else
        "0.0000" if unit.startswith("share") else "0.00"
    )  # fmt: skip
    body = f"#,##{digits}"
    return f"+{body};-{body};{body}" if signed else body


def _cell(value: object) -> Value:
    if value is None or value != value:
        return "n/a"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return value if isinstance(value, float | int) else str(value)
