"""Aggregation of accounts and of rates to any regions and sectors given as CSV maps."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from calibration.accounts import DIMS, Accounts, border_value, output
from calibration.labels import REST, package_file

RESERVED = frozenset({"WORLD", "total"})
"""Names that reports give to totals."""

SHIPPED = ("small", "default", "full")
"""Names of the aggregations shipped with the package."""


class AggregationError(ValueError):
    """A map that is malformed or does not cover the data exactly; the message gives file and line."""


@dataclass(frozen=True)
class Aggregation:
    """A map from economies to regions and from industries to sectors, with human labels.

    regions: economy -> region; sectors: industry -> sector; labels: code -> label for both.
    """

    name: str
    regions: Mapping[str, str]
    sectors: Mapping[str, str]
    region_labels: Mapping[str, str] = field(default_factory=dict)
    sector_labels: Mapping[str, str] = field(default_factory=dict)

    def region_codes(self) -> list[str]:
        """Region codes, alphabetical, ROW last."""
        codes = set(self.regions.values())
        return sorted(codes - {REST}) + ([REST] if REST in codes else [])

    def sector_codes(self) -> list[str]:
        """Sector codes in the order in which the map first names them."""
        return list(dict.fromkeys(self.sectors.values()))

    def members(self, region: str) -> list[str]:
        """Economies of a region."""
        return sorted(c for c, r in self.regions.items() if r == region)


def load_aggregation(name_or_paths: str | tuple[str | Path, str | Path]) -> Aggregation:
    """A shipped aggregation by name, or one from two CSV files (regions, sectors).

    The files have a header line `country,region[,label]` and `sector,group[,label]`; lines starting with #
    are comments. Raises AggregationError with file and line for what is missing, doubled or unlabelled.
    """
    if isinstance(name_or_paths, str):
        if name_or_paths not in SHIPPED:
            raise AggregationError(
                f"unknown aggregation {name_or_paths!r}: choose one of {', '.join(SHIPPED)}, "
                "or give two CSV files (regions, sectors)"
            )
        name = name_or_paths
        paths = [package_file("concordance", f"{k}_{name}.csv") for k in ("regions", "sectors")]
    else:
        paths = [Path(p) for p in name_or_paths]
        name = "+".join(p.stem for p in paths)
    regions, region_labels = _read_map(paths[0], "country", "region")
    sectors, sector_labels = _read_map(paths[1], "sector", "group")
    return Aggregation(name, regions, sectors, region_labels, sector_labels)


def _read_map(path: Path, key: str, value: str) -> tuple[dict[str, str], dict[str, str]]:
    if not path.exists():
        raise AggregationError(f"{path}: no such file")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (UnicodeDecodeError, OSError) as error:
        raise AggregationError(f"{path}: cannot be read as UTF-8 text ({error})") from None
    start = next((k for k, line in enumerate(lines) if line.strip() and not line.startswith("#")), None)
    if start is None:
        raise AggregationError(f"{path}: no header line {key},{value}[,label]")
    used = [(k + 1, line) for k, line in enumerate(lines) if line.strip() and not line.startswith("#")]
    numbers = [number for number, _ in used]
    rows = list(csv.reader(line for _, line in used))
    header = [x.strip() for x in rows[0]]
    if header[:2] != [key, value] or len(header) > 3:
        raise AggregationError(
            f"{path}:{start + 1}: header is {','.join(header)}, expected {key},{value}[,label]"
        )
    if len(rows) != len(numbers):
        raise AggregationError(f"{path}: a quoted text runs over a line break")
    mapping: dict[str, str] = {}
    labels: dict[str, str] = {}
    for number, row in zip(numbers[1:], rows[1:], strict=True):
        if len(row) < 2 or len(row) > len(header):
            raise AggregationError(f"{path}:{number}: {len(row)} columns, the header has {len(header)}")
        code, target = str(row[0]).strip(), str(row[1]).strip()
        if target in RESERVED:
            raise AggregationError(f"{path}:{number}: {target} is the name of a total; choose another")
        if not code or not target:
            raise AggregationError(f"{path}:{number}: empty {key if not code else value}")
        if code in mapping:
            raise AggregationError(f"{path}:{number}: {key} {code} is mapped twice")
        mapping[code] = target
        if len(row) > 2 and str(row[2]).strip():
            label = str(row[2]).strip()
            if labels.setdefault(target, label) != label:
                raise AggregationError(
                    f"{path}:{number}: {target} has two labels, {labels[target]!r} and {label!r}"
                )
    return mapping, labels


def _membership(labels: list[str], mapping: Mapping[str, str], order: list[str], what: str) -> np.ndarray:
    missing = [x for x in labels if x not in mapping]
    unknown = sorted(set(mapping) - set(labels))
    if missing or unknown:
        parts = [f"not mapped: {', '.join(missing)}"] if missing else []
        parts += [f"unknown: {', '.join(unknown)}"] if unknown else []
        raise AggregationError(f"the map of {what} does not fit the data ({'; '.join(parts)})")
    matrix = np.zeros((len(labels), len(order)))
    for k, x in enumerate(labels):
        matrix[k, order.index(mapping[x])] = 1.0
    return matrix


@dataclass(frozen=True)
class _Summer:
    """Sums an array over the members of each region and sector, by letter."""

    maps: dict[str, tuple[list[str], np.ndarray, list[str]]]

    def __call__(self, array: xr.DataArray) -> xr.DataArray:
        out = array
        for letter, (labels, matrix, order) in self.maps.items():
            if letter not in out.dims:
                continue
            axis = out.dims.index(letter)
            same = out[letter].values.tolist() == labels
            ordered = out if same else out.sel({letter: labels})  # selecting copies
            values = np.tensordot(ordered.values, matrix, axes=(axis, 0))
            dims = [d for d in out.dims if d != letter] + [letter]
            coords = {d: out[d].values for d in out.dims if d != letter} | {letter: order}
            out = xr.DataArray(values, dims=dims, coords=coords).transpose(*array.dims)
        return out

    def members(self, array: xr.DataArray) -> xr.DataArray:
        """How many cells of an array of these dims each cell of its sum holds."""
        out = xr.DataArray(1.0)
        for letter in array.dims:
            if letter in self.maps:
                _, matrix, order = self.maps[str(letter)]
                out = out * xr.DataArray(matrix.sum(axis=0), {letter: order}, [letter])
        return out.transpose(*(d for d in array.dims if d in out.dims))


def _summer(data: xr.Dataset | xr.DataArray, aggregation: Aggregation) -> _Summer:
    maps = {}
    for letters, mapping, order, what in (
        ("rod", aggregation.regions, aggregation.region_codes(), "regions"),
        ("ij", aggregation.sectors, aggregation.sector_codes(), "sectors"),
    ):
        for letter in letters:
            if letter in data.dims:
                labels = [str(x) for x in data[letter].values]
                maps[letter] = (labels, _membership(labels, mapping, order, what), order)
    return _Summer(maps)


def aggregate(accounts: Accounts, aggregation: Aggregation) -> Accounts:
    """Accounts summed over the members of each region and sector; rates become revenue over base.

    Rates on trade that does not exist are the simple mean over the members (`aggregate_rate`).

    Trade among the members of a region goes to X0[r,r,i] with its own tariffs and export taxes, never to H0.
    Job flags become the method and confidence of most jobs, or "mixed". Raises AggregationError when a map
    does not cover the data exactly.
    """
    data = accounts.data
    add = _summer(data, aggregation)
    levels = {n: add(data[n]) for n in ("H0", "X0", "Z0", "C0", "G0", "I0", "V0", "jobs0")}
    border = border_value(data)
    y = output(data).rename(i="j")
    rates = {
        "te0": aggregate_rate(data["te0"], data["X0"], aggregation),
        "rx0": aggregate_rate(data["rx0"], data["X0"] * (1 + data["te0"]), aggregation),
        "tm0": aggregate_rate(data["tm0"], border, aggregation),
        "rm0": aggregate_rate(data["rm0"], border, aggregation),
        "tz0": _ratio(add(data["Z0"].sum("i") * data["tz0"]), levels["Z0"].sum("i")),
        "to0": _ratio(add(y * data["to0"]), add(y)),
    }
    for rate, base in (("tc0", "C0"), ("tg0", "G0"), ("ti0", "I0")):
        rates[rate] = _ratio(add(data[base].sum("i") * data[rate]), levels[base].sum("i"))
    # the unemployed are added up: persons in work times u / (1 - u)
    jobs = data["jobs0"].sum("j")
    idle = add(jobs * data["u0"] / (1 - data["u0"]))
    rates["u0"] = _ratio(idle, idle + add(jobs))
    flags = {
        n: _dominant(data[n], data["jobs0"], add) for n in ("jobs_method", "jobs_confidence") if n in data
    }
    out = xr.Dataset(levels | rates)
    out = xr.Dataset({n: out[n].transpose(*DIMS[n]) for n in DIMS} | flags)
    meta: dict[str, Any] = {
        **accounts.meta,
        "aggregation": aggregation.name,
        "region_labels": _named(
            aggregation.region_codes(), aggregation.region_labels, accounts, "region_labels"
        ),
        "sector_labels": _named(
            aggregation.sector_codes(), aggregation.sector_labels, accounts, "sector_labels"
        ),
        "members": {r: aggregation.members(r) for r in aggregation.region_codes()},
    }
    return Accounts(out, meta)


def _named(codes: list[str], labels: Mapping[str, str], accounts: Accounts, key: str) -> dict[str, str]:
    known = accounts.meta.get(key, {})
    return {c: labels.get(c) or known.get(c, c) for c in codes}


def _ratio(revenue: xr.DataArray, base: xr.DataArray) -> xr.DataArray:
    return xr.where(base > 0, revenue / base.where(base > 0, 1.0), 0.0)


def _dominant(flag: xr.DataArray, jobs: xr.DataArray, add: _Summer) -> xr.DataArray:
    """The flag of the most jobs in each aggregate cell; "mixed" when it holds less than 80 % of them."""
    names = sorted(set(flag.values.ravel().tolist()))
    weights = xr.concat([add(jobs.where(flag == n, 0.0)) for n in names], dim="name")
    cells = xr.concat([add(xr.where(flag == n, 1.0, 0.0)) for n in names], dim="name")
    weights = xr.where(weights.sum("name") > 0, weights, cells)
    best = weights.argmax("name")
    share = weights.max("name") / weights.sum("name")
    chosen = np.array(names, dtype=object)[best.transpose(*flag.dims).values]
    chosen = np.where(share.transpose(*flag.dims).values >= 0.8, chosen, "mixed")
    return best.transpose(*flag.dims).copy(data=chosen.astype(object))


def aggregate_rate(rate: xr.DataArray, weight: xr.DataArray, aggregation: Aggregation) -> xr.DataArray:
    """Weighted mean of a rate over the members of each cell of the aggregation, same dimensions as `rate`.

    rate, weight: (o,d,i) (or any subset of the letters) at country level. Cells whose weight is zero take the
    simple mean of their members. Mind that on the diagonal of a single economy the rate is whatever it is
    there (0 for tariffs, 1 for iceberg factors).
    """
    weight = weight.transpose(*rate.dims)
    add = _summer(rate, aggregation)
    total, mean = add(weight), add(rate) / add.members(rate)
    return xr.where(total > 0, add(rate * weight) / total.where(total > 0, 1.0), mean).transpose(*rate.dims)
