"""What sets two scenarios apart, without solving: their headers and choices, and every rate that differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from scenarios.changes import BY_EXPORTER, KEYS, by_measure, rows_of
from scenarios.package_files import UsedPackage
from scenarios.policy import Policy
from scenarios.schema import Scenario

HEADER = ("title", "description", "question", "author", "date", "sources", "look_at", "shocks")
"""Keys that are no choices: what is said of a scenario, and what the rows of the policy show."""
NONE = "not given"
SAME = 1e-12
"""Rates closer than this are the same rate, reached in another order of sums."""


def choices(one: Scenario, other: Scenario) -> tuple[tuple[str, str, str], ...]:
    """Keys other than shocks and texts that differ, as (path, value in the one, value in the other)."""
    out = []
    mine, theirs = (s.model_dump(mode="json", by_alias=True) for s in (one, other))
    for key in (key for key in mine if key not in HEADER):
        a, b = (_leaves(key, values[key]) for values in (mine, theirs))
        out += [(k, a.get(k, NONE), b.get(k, NONE)) for k in sorted({*a, *b}) if a.get(k) != b.get(k)]
    return tuple(out)


def packages(one: Scenario, other: Scenario) -> tuple[str, ...]:
    """In words: packages of one only, of the other only, and with other parameters; A and B name the two."""
    a, b = (list(s.used_packages) for s in (one, other))
    for package in list(a):  # the same package with the same parameters, whatever its number
        twin = next((p for p in b if _same(package, p)), None)
        if twin is not None:
            a.remove(package)
            b.remove(twin)
    named = {p.name: p for p in b}
    out = [f"package {p.words()}: in A only" for p in a if p.name not in named]
    out += [f"package {p.words()}: in B only" for p in b if p.name not in {q.name for q in a}]
    for package in (p for p in a if p.name in named):
        name, mine, theirs = package.name, package.parameters, named[package.name].parameters
        for key in sorted({*mine, *theirs}):
            x, y = (_value(values.get(key, NONE)) for values in (mine, theirs))
            if x != y:
                out.append(f"package {name}: {key} is {x} in A, {y} in B")
    return tuple(out)


def _same(one: UsedPackage, other: UsedPackage) -> bool:
    return one.origin.text == other.origin.text and dict(one.parameters) == dict(other.parameters)


def difference(one: Policy, other: Policy, trade: xr.DataArray) -> pd.DataFrame:
    """Every cell whose rate differs between two policies.

    Args:
        one: A.
        other: B, over the same regions and sectors.
        trade: benchmark flows over (o, d, i), USD million.

    Returns:
        Columns region, partner, sector, instrument, ``a``, ``b`` (rates; NaN: no limit), ``why_a``, ``why_b``
        (what changed it from the benchmark's rate, "" for nothing) and ``trade`` (USD million). Exchanging
        the policies exchanges a with b and why_a with why_b, and nothing else.

    Raises:
        ValueError: one of the policies was expanded with barriers and the other without: what agreements of
            the baseline removed would count as a difference.
    """
    if one.moves_barriers != other.moves_barriers:
        raise ValueError("expand both policies with barriers, or neither (with_benchmark_rents)")
    sides = {"a": _states(one), "b": _states(other)}
    merged = sides["a"].add_suffix("_a").join(sides["b"].add_suffix("_b"), how="outer")
    merged = merged.join(_benchmarks(one, other), how="outer")
    for side, mate in (("a", "b"), ("b", "a")):
        touched = merged[f"touched_{side}"].eq(True)
        # A cell that this policy leaves alone has the benchmark's rate, which the other policy's row knows.
        own, theirs = merged[f"benchmark_{side}"], merged[f"start_{mate}"]
        merged[side] = merged[f"end_{side}"].where(touched, own.fillna(theirs))
    a, b = merged["a"].to_numpy(dtype=float), merged["b"].to_numpy(dtype=float)
    same = (np.isnan(a) & np.isnan(b)) | (np.abs(a - b) <= SAME)
    found = merged.loc[~same, ["a", "b", "why_a", "why_b"]].reset_index()
    for column in ("why_a", "why_b"):
        found[column] = found[column].fillna("")
    found = rows_of(found, trade)
    return found.sort_values(KEYS, ignore_index=True)


def _states(policy: Policy) -> pd.DataFrame:
    """Cells that baseline or scenario change, by KEYS: benchmark's rate, rate in the end, and the causes."""
    before = by_measure(policy.baseline_table).set_index(KEYS)
    after = by_measure(policy.table).set_index(KEYS)
    columns = ["from", "to", "why"]
    cells = before[columns].join(after[columns].add_suffix("_after"), how="outer")
    shocked, based = cells.index.isin(after.index), cells.index.isin(before.index)
    why = np.where(shocked, cells["why_after"], "baseline: " + cells["why"].fillna(""))
    return pd.DataFrame(
        {
            "start": cells["from"].where(based, cells["from_after"]),
            "end": cells["to_after"].where(shocked, cells["to"]),
            "why": why,
            "touched": True,
        },
        index=cells.index,
    )


def _benchmarks(one: Policy, other: Policy) -> pd.DataFrame:
    """Rates of flows in the two benchmarks where these differ (other tariffs, other duties), by KEYS."""
    parts = []
    a, b = one.benchmark, other.benchmark
    for name in sorted(map(str, set(a.data_vars) & set(b.data_vars))):
        if set(a[name].dims) != {"o", "d", "i"}:
            continue
        mine, theirs = a[name].transpose("o", "d", "i"), b[name].transpose("o", "d", "i")
        o, d, i = cells = np.nonzero(mine.values != theirs.values)
        origin, target = mine["o"].values.astype(str)[o], mine["d"].values.astype(str)[d]
        region, partner = (origin, target) if name in BY_EXPORTER else (target, origin)
        values = {"benchmark_a": mine.values[cells], "benchmark_b": theirs.values[cells]}
        names = {"region": region, "partner": partner, "sector": mine["i"].values.astype(str)[i]}
        parts.append(pd.DataFrame({**names, "instrument": name, **values}))
    if not parts:
        return pd.DataFrame(columns=[*KEYS, "benchmark_a", "benchmark_b"]).set_index(KEYS).astype(float)
    return pd.concat(parts, ignore_index=True).set_index(KEYS)


def _leaves(path: str, value: Any) -> dict[str, str]:
    if isinstance(value, Mapping):
        found: dict[str, str] = {}
        for key, inner in value.items():
            found |= _leaves(f"{path}.{key}", inner)
        return found
    return {} if value is None or value == [] else {path: _value(value)}


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_value, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {_value(v)}" for k, v in value.items() if v is not None)
    return str(value)
