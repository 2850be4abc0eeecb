"""One variant of a scenario against another: the difference of their welfare by term and by commodity.

Both are decomposed from the same baseline; the difference of two decompositions sums to the difference of
the two equivalent variations exactly as each sums to its own. It is a difference of two paths from the
baseline, not a path from one variant to the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd
from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from results.compare import Comparison
from results.decomposition import NOISE, TOLERANCE, UNIT
from results.errors import ResultsError
from results.screen import coloured
from results.tidy import COLUMNS, pick

KEYS = ["region", "sector", "partner", "term", "sub_term"]
MAIN = "main case"
MOST = 15
"""Sectors shown; the others are summed in one row."""


def difference(comparison: Comparison, against: Comparison) -> pd.DataFrame:
    """Tidy rows by region, commodity and term: ``baseline`` is ``against``, ``counterfactual`` the other.

    Extra columns ``term``, ``sub_term``. USD million at base prices; ``change`` sums by region to the
    difference of the equivalent variations. Raises ResultsError without both decompositions, when the two do
    not have the same regions, sectors and baseline policy, or when the sums miss the difference.
    """
    require_same_baseline(comparison, against)
    one, other = (_by_key(c) for c in (comparison, against))
    both = pd.concat({"one": one, "other": other}, axis=1).fillna(0.0).reset_index()
    out = both[KEYS].copy()
    out["indicator"] = "difference of welfare from " + out["term"] + ": " + out["sub_term"]
    out["unit"] = UNIT
    out["baseline"], out["counterfactual"] = both["other"], both["one"]
    out["change"] = out["counterfactual"] - out["baseline"]
    out["percent"] = np.nan
    found = pd.DataFrame(out[[*COLUMNS, "term", "sub_term"]])
    _check(found, comparison, against)
    return found


def attach(comparison: Comparison, against: Comparison) -> Comparison:
    """The comparison with the table ``decomposition_difference`` and, in the manifest, what it is against."""
    tables = {**comparison.tables, "decomposition_difference": difference(comparison, against)}
    info = against.scenario
    variant = info.choices.get("variant", "")
    note = {"against": info.name, "variant": variant, "title": info.title, "hashes": dict(info.hashes),
            "notes": list(info.notes), "same_model": _same_model(comparison, against)}  # fmt: skip
    manifest = {**comparison.manifest, "difference": note}
    return replace(comparison, tables=MappingProxyType(tables), manifest=MappingProxyType(manifest))


def _by_key(c: Comparison) -> pd.Series:
    if "decomposition" not in c.tables:
        raise ResultsError(f"{c.scenario.name} has no decomposition; the difference needs both")
    return pd.Series(c.tables["decomposition"].groupby(KEYS)["change"].sum())


def require_same_baseline(one: Comparison, other: Comparison) -> None:
    """Raise ResultsError unless both have the same regions, sectors, accounts and baseline policy."""
    names = f"{one.scenario.name} and {other.scenario.name}"
    for dim in ("r", "i"):
        if list(one.base.values[dim].values) != list(other.base.values[dim].values):
            raise ResultsError(f"{names} have other regions or sectors; run both on one aggregation")
    for name in ("X0", "V0", "tm0"):
        if name in one.base.benchmark and not one.base.benchmark[name].equals(other.base.benchmark[name]):
            raise ResultsError(f"{names} start from other accounts ({name}); their difference means nothing")
    for name in ("tm", "te", "k", "rx", "rm"):
        if not np.allclose(one.base.values[name], other.base.values[name], rtol=0, atol=1e-12):
            raise ResultsError(f"{names} have other baseline policies ({name}); give both one `baseline`")


def _same_model(one: Comparison, other: Comparison) -> bool:
    """Whether the two solve the baseline alike; another formulation or closure is part of the difference."""
    return all(
        bool(np.allclose(one.base.values[n], other.base.values[n], rtol=1e-7, atol=1e-9)) for n in ("y", "N")
    )


def _welfare(c: Comparison) -> dict[str, float]:
    t = pick(c.tables["indicators"], indicator="welfare_ev")
    return dict(zip(t["region"].to_list(), t["change"].to_list(), strict=True))


def _check(found: pd.DataFrame, one: Comparison, other: Comparison) -> None:
    new, old, income = _welfare(one), _welfare(other), _incomes(one)
    for region, total in _summed(found, ["region"]).items():
        scale = np.abs(pick(found, region=region)[["baseline", "counterfactual"]].to_numpy()).sum()
        gap = abs(total[2] - (new[region] - old[region]))
        # Each decomposition may miss its own sum by this much.
        if gap > TOLERANCE * scale + 4 * NOISE * income[region]:
            message = f"{region}: the difference by term misses that of welfare by {gap:.3g} USD million"
            raise ResultsError(message)


def _incomes(c: Comparison) -> dict[str, float]:
    t = pick(c.tables["indicators"], indicator="welfare_ev")
    return dict(zip(t["region"].to_list(), t["baseline"].to_list(), strict=True))


def render(c: Comparison, focus: str | None = None) -> Group:
    """Tables by term and by sector of one region, and what sums to what; for a terminal of 80 columns.

    Raises ResultsError without the difference, and when ``focus`` is not a region.
    """
    if "decomposition_difference" not in c.tables:
        raise ResultsError("this comparison has no difference: run it with --against another variant")
    region = focus or c.scenario.focus
    mine = pick(c.tables["decomposition_difference"], region=region)
    if mine.empty:
        raise ResultsError(f"{region!r} is not a region of this decomposition")
    floor = 1e-8 * _incomes(c)[region]
    told = c.manifest["difference"]
    lines = [
        f"Both from one baseline; each column sums to the welfare of its case, the last to {region}'s "
        "difference. Sector: what is traded, for taxes on inputs the buyer; none: income and saving."
    ]
    empty = _empty_terms(mine, floor)
    if empty:
        lines.append(f"Zero in both: {', '.join(empty)}.")
    if not told["same_model"]:
        lines.append("The two solve their baselines differently (formulation or closure): part of the gap.")
    names = {**c.scenario.sector_names, "": "no sector"}
    words = (told["variant"] or MAIN, c.scenario.choices.get("variant") or MAIN)
    return Group(
        Text(f"{c.scenario.name} against {told['against']}: welfare of {region}", style="bold underline"),
        _table("By term (USD million)", "Term", _summed(mine, ["term", "sub_term"]), words, {}, floor),
        _table("By sector (USD million)", "Sector", _summed(mine, ["sector"]), words, names, floor, MOST),
        *(Text(line, style="dim") for line in lines),
    )


def _summed(rows: pd.DataFrame, by: list[str]) -> dict[str, np.ndarray]:
    """Against, this case and their difference, by the joined names of ``by``; largest difference first."""
    names = list(map(": ".join, rows[by].astype(str).to_numpy().tolist()))
    sums: dict[str, np.ndarray] = {}
    for name, values in zip(names, rows[["baseline", "counterfactual", "change"]].to_numpy(), strict=True):
        sums[name] = sums.get(name, 0.0) + values
    return dict(sorted(sums.items(), key=lambda item: -abs(item[1][2])))


def _empty_terms(mine: pd.DataFrame, floor: float) -> list[str]:
    """Terms without a visible row in either case."""
    terms = mine["term"] + ": " + mine["sub_term"]
    visible = (np.abs(mine[["baseline", "counterfactual"]].to_numpy()) > floor).any(axis=1)
    seen = set(terms[visible])
    return [str(term) for term in dict.fromkeys(terms) if term not in seen]


def _table(
    title: str, first: str, found: Mapping[str, np.ndarray], words: tuple[str, str],
    names: Mapping[str, str], floor: float, most: int = 1000,
) -> Table:  # fmt: skip
    out = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    out.add_column(first, no_wrap=True, overflow="ellipsis", max_width=36)
    for header in (*words, "difference"):
        out.add_column(header, justify="right", no_wrap=True)
    shown = {k: v for k, v in found.items() if np.abs(v).max() > floor}
    rest = list(shown.values())[most:]
    for key, values in list(shown.items())[:most]:
        label = (
            f"{key} {names.get(key, '')}".strip()
            if names
            else key.replace("allocative efficiency", "allocative")
        )
        out.add_row(label, *(coloured(float(x), 1) for x in values))
    if rest:
        out.add_row(f"other ({len(rest)})", *(coloured(float(x), 1) for x in np.sum(rest, axis=0)))
    out.add_section()
    total = np.sum(list(found.values()), axis=0)
    out.add_row("welfare", *(coloured(float(x), 1, bold=True) for x in total))
    return out
