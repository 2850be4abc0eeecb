"""Numbers of a page held against the Parquet files they name, read and computed here once more.

The rules (row, sum, ratio; scale; digits; sign) are those that `results.report.facts` documents; nothing of
it is used.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from page_checks import among, numerals
from playwright.sync_api import Page

Tables = Mapping[str, Mapping[str, pd.DataFrame]]
"""Result -> table -> rows."""
LABELS = ("region", "sector", "partner", "package", "term", "unit")
WHOLE = ("package", "term", "unit")
"""Labels whose names hold blanks; all where none is named."""
KEPT, SUMMED = ("indicator", "region"), ("sector", "partner", "term", "sub_term")
SAME = 1e-12
TINY = 1e-8
"""Sums of a million numbers of a million leave this much; it prints as zero."""
SCALES = (1.0, 0.001, 100.0)
"""Of the marks of figures against the stored numbers: as they are, in thousands (billions), in percent."""


def read_results(folders: Mapping[str, Path]) -> dict[str, dict[str, pd.DataFrame]]:
    """Every Parquet file of some result folders."""
    return {
        label: {p.stem: pd.read_parquet(p) for p in sorted(folder.glob("*.parquet"))}
        for label, folder in folders.items()
    }


def facts(page: Page, tables: Tables) -> list[str]:
    """Every number of the page that names a row is that row's number, to the printed digit."""
    found: list[dict[str, str]] = page.evaluate(
        """() => [...document.querySelectorAll('data.fact')]
          .map((d) => ({ ...d.dataset, value: d.getAttribute('value'), text: d.textContent }))"""
    )
    out = [] if found else ["the page holds no number that names its row"]
    return out + [problem for fact in found if (problem := _wrong(fact, tables))]


def cells_without_source(page: Page) -> list[str]:
    """Every number in a table of the page names its row."""
    return page.evaluate(
        """() => [...document.querySelectorAll('td, tbody th')].filter((c) => {
          const rest = c.cloneNode(true);
          rest.querySelectorAll('data, time, cite, code, .name').forEach((e) => e.remove());
          return /\\d/.test(rest.textContent);
        }).map((c) => `a cell with a number that names no row: "${c.textContent.trim().slice(0, 60)}"`)"""
    )


def drawn(page: Page) -> list[str]:
    """Every number that a figure draws or says stands in the table under it."""
    found: list[dict[str, Any]] = page.evaluate(_DRAWN)
    out = []
    for figure in found:
        name, known = figure["name"], np.sort(np.abs([float(v) for v in figure["known"]]))
        lost = [v for v in figure["values"] if not _near(v, known)]
        said = [n for text in figure["texts"] for n in numerals(text) if not among(n, figure["printed"])]
        if not figure["values"] and not figure["texts"]:
            out.append(f"{name}: no number is drawn")
        if lost:
            out.append(f"{name}: {len(lost)} numbers are drawn that its table does not have: {lost[:4]}")
        if said:
            out.append(f"{name}: {len(said)} numbers are said that its table does not have: {said[:4]}")
    return out


_DRAWN = """() => [...document.querySelectorAll('[data-figure]')].map((plot) => {
  const values = [], texts = [];
  for (const trace of plot.data || []) {
    const shape = trace.type === 'scatter' && trace.hoverinfo === 'text';  // its place is no number
    const along = [trace.orientation === 'h' ? 'x' : 'y'];
    const axes = { bar: along, waterfall: along, scatter: shape ? [] : ['x', 'y'] };
    const arrays = (axes[trace.type] || ['z', 'values']).map((name) => trace[name]);
    if (trace.link) arrays.push(trace.link.value);
    for (const array of arrays.filter((a) => a && a.length !== undefined)) {
      const cut = (k) => trace.type === 'bar' && Array.isArray(trace.text) && trace.text[k];
      values.push(...Array.from(array).filter((v, k) => typeof v === 'number' && isFinite(v) && !cut(k)));
    }
    if (trace.type === 'bar' && Array.isArray(trace.text)) texts.push(...trace.text.filter(Boolean));
    if (shape && trace.text) texts.push(...[trace.text].flat().map((t) => t.replace(/<[^>]*>/g, ' ')));
  }
  const cells = [...document.querySelectorAll(`table[data-drawing="${plot.dataset.figure}"] data`)];
  return { name: plot.dataset.figure, values, texts: [...new Set(texts)],
           known: cells.map((c) => c.getAttribute('value')), printed: cells.map((c) => c.textContent) };
})"""


def marks(page: Page, tables: Tables) -> list[str]:
    """Every number in the table under a figure is one of the stored tables or a sum of their rows.

    Rows that sum what the figure does not show one by one are left to the tests of the figures.
    """
    known = _known(tables)
    found: dict[str, list[float]] = page.evaluate(_MARKS)
    out = []
    for name, values in found.items():
        lost = [v for v in values if v == v and not _near(v, known)]
        if lost:
            out.append(f"{name}: {len(lost)} of {len(values)} numbers are in no stored table: {lost[:4]}")
    return out


_MARKS = """() => {
  const sum = /\\b(others?|all|total|sum)\\b/i;  // rows that add up what stands above them
  const sums = (row) => [...row.cells].some((cell) => sum.test(cell.textContent));
  const rows = (table) => [...table.querySelectorAll('tbody tr')].filter((row) => !sums(row));
  const values = (table) => rows(table).flatMap((row) => [...row.querySelectorAll('data')])
    .map((d) => Number(d.getAttribute('value')));
  const tables = [...document.querySelectorAll('table[data-drawing]')];
  return Object.fromEntries(tables.map((table) => [table.dataset.drawing, values(table)]));
}"""


def _known(tables: Tables) -> np.ndarray:
    """All stored numbers and their sums over sectors, partners and terms, sorted, without signs."""
    parts = []
    for named in tables.values():
        for table in named.values():
            numbers = list(table.select_dtypes("number").columns)
            labels = [name for name in (*KEPT, *SUMMED) if name in table.columns]
            summed = [name for name in labels if name in SUMMED or (name == "indicator" and "term" in labels)]
            parts.append(table[numbers].to_numpy(dtype=float).ravel())
            for over in _subsets(summed):
                kept = [name for name in labels if name not in over]
                sums = pd.DataFrame(table.groupby(kept, sort=False)[numbers].sum(min_count=1))
                parts.append(sums.to_numpy(dtype=float).ravel())
    whole = np.abs(np.concatenate(parts))
    whole = np.unique(whole[np.isfinite(whole)])
    return np.sort(np.concatenate([whole * scale for scale in SCALES]))


def _subsets(names: Sequence[str]) -> list[tuple[str, ...]]:
    return [some for size in range(1, len(names) + 1) for some in combinations(names, size)]


def _near(value: float, known: np.ndarray) -> bool:
    """Whether a number is among others (sorted, without signs)."""
    place = int(np.searchsorted(known, abs(value)))
    beside = known[max(place - 1, 0) : place + 1]
    return bool((np.abs(beside - abs(value)) <= max(1e-9 * abs(value), TINY)).any())


def _wrong(fact: Mapping[str, str], tables: Tables) -> str:
    """What is wrong with one number, "" when nothing is."""
    name = f"{fact.get('result')} {fact.get('table')} {fact.get('indicator')} {fact.get('region')} " \
           f"{fact.get('sector')} {fact.get('partner')} {fact.get('column')}: {fact['text']!r}"  # fmt: skip
    try:
        value = _value(fact, tables, fact.get("step", "row"))
    except (KeyError, ValueError) as error:
        return f"{name}: cannot be found: {error}"
    if not _same(float(fact["value"]), value):
        return f"{name}: value={fact['value']}, the table has {value!r}"
    shown = printed(value * float(fact["scale"]), int(fact["decimals"]), fact.get("sign", "1") == "1")
    text = fact["text"].strip().replace("−", "-")
    return "" if text == shown else f"{name}: the table gives {shown}"


def printed(value: float, decimals: int, sign: bool) -> str:
    """``+1,234.5``; a number that rounds to zero has no sign."""
    if math.isnan(value):
        return "n/a"
    rounded = f"{abs(value):,.{decimals}f}"
    if not any(c in "123456789" for c in rounded):
        return rounded
    return ("-" if value < 0 else "+" if sign else "") + rounded


def _same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b)) or abs(a - b) <= SAME * max(abs(a), abs(b))


def _value(fact: Mapping[str, str], tables: Tables, step: str) -> float:
    """The number that a fact describes. KeyError or ValueError when there is no such place."""
    if step == "ratio":
        over: dict[str, str] = json.loads(fact["over"])
        below = _value(over, tables, over.get("step", "row"))
        above = _value(fact, tables, fact["part"])
        return 100 * above / below if below and not math.isnan(below) else math.nan
    if fact["table"] not in tables[fact["result"]]:
        return math.nan
    rows = tables[fact["result"]][fact["table"]]
    for label in ("indicator", *LABELS):
        wanted = fact.get(label, "*" if label in WHOLE else "")
        if label not in rows.columns:
            continue
        whole = label in WHOLE or " " not in wanted
        if (step == "row" and label not in WHOLE) or (wanted != "*" and whole):
            rows = rows.loc[rows[label] == wanted]
        elif wanted != "*":
            rows = rows.loc[rows[label].isin(wanted.split())]
    if not len(rows):
        return math.nan
    values = rows[fact["column"]].to_numpy(dtype=float)
    if step == "row":
        if len(values) != 1:
            raise ValueError(f"{len(values)} rows")
        return float(values[0])
    if step != "sum":
        raise ValueError(f"unknown step {step}")
    kept = {"": values == values, "rises": values > 0, "falls": values < 0}[fact.get("only", "")]
    return float(values[kept].sum())
