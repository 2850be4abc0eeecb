"""The full solution as one netCDF file: every level of base and counterfactual, and the benchmark accounts.

Groups ``base``, ``counterfactual`` and ``benchmark``; dimensions are the index letters of the model (o
origin, d destination, r region, f factor, i commodity, j activity) with their labels; every variable has
``units`` and ``long_name``. The certificate of each solution is the attribute ``certificate`` of its group,
as JSON. What is written is read back bit for bit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from cge.dimensions import LETTERS
from cge.quantities import Quantity
from cge.solution import Certificate, Solution
from results.compare import Comparison
from results.errors import ResultsError

FORMAT, VERSION = "cge-solution", 1
GROUPS = ("base", "counterfactual")
LETTER_WORDS = {
    "o": "origin region", "d": "destination region", "r": "region", "f": "factor", "i": "commodity",
    "j": "activity",
}  # fmt: skip

_USD, _SHARE = "USD million", "share"
ACCOUNTS: Mapping[str, tuple[str, str]] = {
    "H0": (_USD, "home sales at basic prices"),
    "X0": (_USD, "trade at the exporter's basic prices"),
    "te0": (_SHARE, "export tax rate"),
    "tm0": (_SHARE, "import tariff rate"),
    "rx0": (_SHARE, "rent rate of the exporter"),
    "rm0": (_SHARE, "rent rate of the importer"),
    "Z0": (_USD, "intermediate use before tax"),
    "C0": (_USD, "private consumption before tax"),
    "G0": (_USD, "government consumption before tax"),
    "I0": (_USD, "investment before tax"),
    "tz0": (_SHARE, "tax rate on intermediate use"),
    "tc0": (_SHARE, "tax rate on private consumption"),
    "tg0": (_SHARE, "tax rate on government consumption"),
    "ti0": (_SHARE, "tax rate on investment"),
    "V0": (_USD, "factor income"),
    "to0": (_SHARE, "production tax rate"),
    "jobs0": ("thousand persons", "persons in work"),
    "u0": ("share of the labour force", "unemployment rate"),
    "jobs_method": ("", "how the count of persons was made"),
    "jobs_confidence": ("", "how far to trust the count"),
}
"""Unit and meaning of the benchmark accounts (`calibration.accounts`)."""


@dataclass(frozen=True)
class FullSolution:
    """A file read back: both solutions, and its attributes (scenario, baseline, hashes)."""

    base: Solution
    new: Solution
    attributes: Mapping[str, Any]


def write(comparison: Comparison, path: Path) -> None:
    """Write the solutions of a comparison to ``path``, which is overwritten.

    Raises ResultsError when the two rest on different benchmarks.
    """
    import h5netcdf

    base, new = comparison.base, comparison.new
    if not base.benchmark.identical(new.benchmark):
        raise ResultsError("base and counterfactual rest on different benchmarks: not one solution file")
    info = comparison.scenario
    with h5netcdf.File(path, "w") as file:
        file.attrs.update(
            {
                "format": FORMAT, "version": VERSION, "Conventions": "CF-1.11",
                "title": info.title or info.name, "scenario": info.name, "baseline": info.baseline,
                "command": info.command, "hashes": json.dumps(dict(info.hashes)),
                "choices": json.dumps(dict(info.choices)),
            }
        )  # fmt: skip
        for name, solution in zip(GROUPS, (base, new), strict=True):
            described = {n: (q.unit, q.doc) for n, q in solution.quantities.items()}
            group = _group(file, name, solution.values, described)
            group.attrs["certificate"] = json.dumps(solution.certificate.to_dict())
            kinds = {n: q.kind for n, q in solution.quantities.items()}
            group.attrs["kinds"] = json.dumps(kinds)
        _group(file, "benchmark", base.benchmark, ACCOUNTS)


def _group(file: Any, name: str, data: xr.Dataset, described: Mapping[str, tuple[str, str]]) -> Any:
    """One dataset as a group with its own dimensions and labels."""
    import h5py

    group = file.create_group(name)
    group.dimensions = {str(d): n for d, n in data.sizes.items()}
    text = h5py.string_dtype()
    for letter in (c for c in LETTERS if c in data.coords):
        labels = np.array([str(x) for x in data[letter].values], dtype=object)
        group.create_variable(letter, (letter,), dtype=text, data=labels)
        group.variables[letter].attrs["long_name"] = LETTER_WORDS[letter]
    for key, array in data.data_vars.items():
        dims = tuple(map(str, array.dims))
        if array.dtype.kind == "f":
            created = group.create_variable(str(key), dims, data=array.to_numpy())
        else:
            words = array.to_numpy().astype(object)
            created = group.create_variable(str(key), dims, dtype=text, data=words)
        unit, words = described.get(str(key), ("", ""))
        if unit:
            created.attrs["units"] = unit
        if words:
            created.attrs["long_name"] = words
    return group


def read(path: str | Path) -> FullSolution:
    """Read a file of `write`. Raises ResultsError when it is none, is damaged or is of another version."""
    import h5netcdf

    place = Path(path)
    try:
        with h5netcdf.File(place, "r", decode_vlen_strings=True) as file:
            attributes = {k: _plain(v) for k, v in file.attrs.items()}
            if attributes.get("format") != FORMAT or attributes.get("version") != VERSION:
                raise ResultsError(f"{place} is no full solution of this program's version: run it again")
            benchmark = _dataset(file["benchmark"])
            base, new = (_solution(file[name], benchmark) for name in GROUPS)
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise ResultsError(f"{place} cannot be read as a full solution ({error})") from error
    return FullSolution(base, new, attributes)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _solution(group: Any, benchmark: xr.Dataset) -> Solution:
    content = json.loads(group.attrs["certificate"])
    content["worst"] = tuple((str(a), str(b), float(c)) for a, b, c in content["worst"])
    kinds = json.loads(group.attrs["kinds"])
    quantities = {}
    for name, kind in kinds.items():
        variable = group.variables[name]
        unit, words = (str(variable.attrs.get(k, "")) for k in ("units", "long_name"))
        quantities[name] = Quantity(name, "".join(variable.dimensions), unit, words, kind)
    return Solution(_dataset(group), benchmark, Certificate(**content), quantities)


def _dataset(group: Any) -> xr.Dataset:
    """A group as a dataset: labels as coordinates, texts as objects, numbers as they were written."""
    arrays, labels = {}, {}
    for name, variable in group.variables.items():
        values = variable[...]
        if name in LETTERS and variable.dimensions == (name,):
            labels[name] = [str(x) for x in values]
        else:
            arrays[name] = (variable.dimensions, np.asarray(values))
    return xr.Dataset(arrays, coords=labels)
