"""Aggregation of accounts and of rates to any regions and sectors given as CSV maps."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from calibration.accounts import DIMS, Accounts, border_value, output
from calibration.labels import REST, package_file
from cge.plain import Labelled, Plains

RESERVED = frozenset({"WORLD", "total"})
"""Names that reports give to totals."""

SHIPPED = ("small", "default", "medium", "full")
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


@lru_cache(maxsize=64)
def _membership(
    labels: tuple[str, ...], pairs: tuple[tuple[str, str], ...], order: tuple[str, ...], what: str
) -> np.ndarray:
    """(labels, order): 1 where the pairs (member, whole) put a label; read-only, for it is shared."""
    mapping = dict(pairs)
    missing = [x for x in labels if x not in mapping]
    unknown = sorted(set(mapping) - set(labels))
    if missing or unknown:
        parts = [f"not mapped: {', '.join(missing)}"] if missing else []
        parts += [f"unknown: {', '.join(unknown)}"] if unknown else []
        raise AggregationError(f"the map of {what} does not fit the data ({'; '.join(parts)})")
    matrix = np.zeros((len(labels), len(order)))
    for k, x in enumerate(labels):
        matrix[k, order.index(mapping[x])] = 1.0
    matrix.setflags(write=False)
    return matrix


@dataclass(frozen=True)
class _Summer:
    """Sums arrays over the members of each region and sector, by letter."""

    maps: dict[str, tuple[tuple[str, ...], np.ndarray, tuple[str, ...]]]

    def __call__(self, array: xr.DataArray) -> xr.DataArray:
        return self.labelled(self.sums(self.ordered(array, array.dims), array.dims), array)

    def ordered(self, array: xr.DataArray, dims: tuple[Any, ...]) -> np.ndarray:
        """The numbers over these dimensions, in the order of labels that the maps have."""
        array = array.transpose(*dims)
        for letter in dims:
            if letter in self.maps and tuple(map(str, array[letter].values)) != self.maps[letter][0]:
                array = array.sel({letter: list(self.maps[letter][0])})
        return array.values

    def sums(self, values: np.ndarray, dims: tuple[Any, ...]) -> np.ndarray:
        """Sums of ordered numbers, over the same dimensions."""
        values = np.ascontiguousarray(values)
        for axis, letter in enumerate(dims):
            if letter in self.maps:
                matrix, shape = self.maps[letter][1], values.shape
                flat = values.reshape(-1, shape[axis], int(np.prod(shape[axis + 1 :])))
                added = np.matmul(matrix.T, flat)
                values = added.reshape(*shape[:axis], -1, *shape[axis + 1 :])
        return values

    def members(self, dims: tuple[Any, ...]) -> np.ndarray:
        """How many cells each cell of a sum over these dimensions holds."""
        out = np.ones(())
        for axis, letter in enumerate(dims):
            if letter in self.maps:
                count = self.maps[letter][1].sum(axis=0)
                out = out * count.reshape([-1 if k == axis else 1 for k in range(len(dims))])
        return out

    def labelled(self, values: np.ndarray, like: xr.DataArray) -> xr.DataArray:
        """Sums with their labels; those of dimensions that are not summed are the array's."""
        coords = {d: list(self.maps[str(d)][2]) if d in self.maps else like[d].values for d in like.dims}
        return xr.DataArray(values, dims=like.dims, coords=coords)


def _summer(data: xr.Dataset | xr.DataArray, aggregation: Aggregation) -> _Summer:
    maps = {}
    for letters, mapping, order, what in (
        ("rod", aggregation.regions, aggregation.region_codes(), "regions"),
        ("ij", aggregation.sectors, aggregation.sector_codes(), "sectors"),
    ):
        for letter in letters:
            if letter in data.dims:
                labels, whole = tuple(str(x) for x in data[letter].values), tuple(order)
                matrix = _membership(labels, tuple(mapping.items()), whole, what)
                maps[letter] = (labels, matrix, whole)
    return _Summer(maps)


def aggregate(
    accounts: Accounts, aggregation: Aggregation, flags: Mapping[str, xr.DataArray] | None = None
) -> Accounts:
    """Accounts summed over the members of each region and sector; rates become revenue over base.

    Rates on trade that does not exist are the simple mean over the members (`aggregate_rate`).

    Trade among the members of a region goes to X0[r,r,i] with its own tariffs and export taxes, never to H0.
    Job flags become the method and confidence of most jobs, or "mixed". Raises AggregationError when a map
    does not cover the data exactly. `flags`: `flags_of` these accounts, where they are there already.
    """
    data, plain = accounts.data, Plains.of(accounts.data)
    add = _summer(data, aggregation)

    def total(values: Labelled) -> xr.DataArray:
        return add(values.to_xarray())

    levels = {n: add(data[n]) for n in ("H0", "X0", "Z0", "C0", "G0", "I0", "V0", "jobs0")}
    border = border_value(plain).to_xarray()
    taxed = (plain["X0"] * (1 + plain["te0"])).to_xarray()
    y = output(plain).rename(i="j")
    inputs = plain["Z0"].sum("i")
    rates = {
        "te0": aggregate_rate(data["te0"], data["X0"], aggregation),
        "rx0": aggregate_rate(data["rx0"], taxed, aggregation),
        "tm0": aggregate_rate(data["tm0"], border, aggregation),
        "rm0": aggregate_rate(data["rm0"], border, aggregation),
        "tz0": _ratio(total(inputs * plain["tz0"]), levels["Z0"].sum("i")),
        "to0": _ratio(total(y * plain["to0"]), total(y)),
    }
    for rate, base in (("tc0", "C0"), ("tg0", "G0"), ("ti0", "I0")):
        rates[rate] = _ratio(total(plain[base].sum("i") * plain[rate]), levels[base].sum("i"))
    # the unemployed are added up: persons in work times u / (1 - u)
    jobs = plain["jobs0"].sum("j")
    idle = total(jobs * plain["u0"] / (1 - plain["u0"]))
    rates["u0"] = _ratio(idle, idle + total(jobs))
    flags = flags_of(accounts, aggregation) if flags is None else flags
    out = xr.Dataset(levels | rates)
    out = xr.Dataset({n: out[n].transpose(*DIMS[n]) for n in DIMS} | dict(flags))
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


def flags_of(accounts: Accounts, aggregation: Aggregation) -> dict[str, xr.DataArray]:
    """Method and confidence of most jobs in each cell of the aggregation."""
    data, add = accounts.data, _summer(accounts.data, aggregation)
    names = [n for n in ("jobs_method", "jobs_confidence") if n in data]
    return {n: _dominant(data[n], data["jobs0"], add) for n in names}


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
    add, dims = _summer(rate, aggregation), rate.dims
    part, base = add.ordered(rate, dims), add.ordered(weight, dims)
    total, mean = add.sums(base, dims), add.sums(part, dims) / add.members(dims)
    some = total > 0
    found = np.where(some, add.sums(part * base, dims) / np.where(some, total, 1.0), mean)
    return add.labelled(found, rate)
