"""Barriers that are not tariffs: their height, what can be cut, the rents in them, what removal does.

The chain: ``cuttable = ave * barrier_share * actionable``; agreements remove the share ``removed`` of it; of
what is cuttable ``rent_share`` is rent and the rest cost; the rent goes to exporters and importers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from scenarios.groups import load_sector_groups
from scenarios.preferences import numbered_rows
from scenarios.problems import suggest

ASSUMPTIONS = Path(__file__).parent / "tables" / "barrier_assumptions.csv"
FLOW = ("o", "d", "i")
DEPTHS = ("shallow", "deep")
_DIMS = {
    "ave": {"d", "i"},
    "effect": {"depth", "i"},
    "status": {"o", "d"},
    "rx0": set(FLOW),
    "rm0": set(FLOW),
}


@dataclass(frozen=True)
class BarrierData:
    """Barriers of the world at country level, labelled as the world's accounts.

    Attributes:
        ave: (d, i) tariff equivalent of the barriers importer d applies to an exporter without any
            agreement, share of the border value, at least 0.
        effect: (depth, i), depth in shallow and deep: estimated log trade-cost cut of an agreement, at
            least 0.
        status: (o, d) 0 none, 1 shallow, 2 deep: agreements in force in the benchmark year, listed by us or
            not.
        rx0, rm0: (o, d, i) rents of exporters and importers that the accounts carry, share of the border
            value; None until they have been carved out.

    Raises:
        ValueError: dims, labels or values other than these.
    """

    ave: xr.DataArray
    effect: xr.DataArray
    status: xr.DataArray
    rx0: xr.DataArray | None = None
    rm0: xr.DataArray | None = None

    def __post_init__(self) -> None:
        for name, dims in _DIMS.items():
            array = getattr(self, name)
            if array is None:
                continue
            if set(array.dims) != dims:
                raise ValueError(f"{name} of the barriers is over {array.dims}, not {tuple(sorted(dims))}")
            if not bool((np.isfinite(array) & (array >= 0)).all()):
                raise ValueError(f"{name} of the barriers has cells that are negative or not finite")
        if sorted(self.effect["depth"].values.tolist()) != sorted(DEPTHS):
            raise ValueError("effect of the barriers needs the depths shallow and deep")
        if not bool(self.status.isin([0, 1, 2]).all()):
            raise ValueError("status of the barriers is 0 (none), 1 (shallow) or 2 (deep)")

    def aligned(self, regions: Sequence[str], sectors: Sequence[str]) -> BarrierData:
        """The same in the order of these labels.

        Raises:
            ValueError: a region or sector it lacks.
        """
        labels = {"o": list(regions), "d": list(regions), "i": list(sectors)}
        arrays = {}
        for name in _DIMS:
            array = getattr(self, name)
            if array is not None:
                wanted = {dim: labels[dim] for dim in array.dims if dim in labels}
                for dim, names in wanted.items():
                    lacking = sorted(set(names) - set(array[dim].values.tolist()))
                    if lacking:
                        raise ValueError(f"{name} of the barriers lacks {', '.join(lacking)} in {dim}")
                order = [dim for dim in ("depth", *FLOW) if dim in array.dims]
                arrays[name] = array.sel(wanted).transpose(*order)
        return BarrierData(**arrays)


def assumption_rows() -> dict[str, dict[str, str]]:
    """The rows of ``tables/barrier_assumptions.csv`` by name: value, unit, source, confidence, low, high."""
    return {row["name"]: row for _, row in numbered_rows(ASSUMPTIONS)}


def assumptions(overrides: Mapping[str, float] | None = None) -> dict[str, float]:
    """The named numbers of ``tables/barrier_assumptions.csv``, some replaced.

    Raises:
        ValueError: a name that the table does not have, or a value that is not a share.
    """
    values = {name: float(row["value"]) for name, row in assumption_rows().items()}
    for name, value in (overrides or {}).items():
        if name not in values:
            hint = suggest(name, values, f"; there are {', '.join(values)}")
            raise ValueError(f"no assumption '{name}'{hint}")
        if not (math.isfinite(value) and 0 <= value <= 1):
            raise ValueError(f"{name} is a share between 0 and 1, not {value:g}")
        values[name] = float(value)
    return values


def require_in_range(overrides: Mapping[str, float]) -> None:
    """Raise ValueError unless each is an assumption of the table within the range that its row states."""
    rows = assumption_rows()
    for name in assumptions(overrides):
        low, high = float(rows[name]["low"]), float(rows[name]["high"])
        value = overrides.get(name, low)
        if not low <= value <= high:
            raise ValueError(f"{name} lies between {low:g} and {high:g}, not {value:g}: {rows[name]['unit']}")


def cuttable(data: BarrierData, numbers: Mapping[str, float]) -> xr.DataArray:
    """What an agreement could remove of each barrier, (d, i), share of the border value."""
    goods = data.ave["i"].isin(load_sector_groups().groups["goods"])
    actionable = xr.where(goods, numbers["actionable_goods"], numbers["actionable_services"])
    return (data.ave * numbers["barrier_share"] * actionable).transpose("d", "i")


def benchmark_rents(
    removed_benchmark: xr.DataArray, data: BarrierData, numbers: Mapping[str, float]
) -> tuple[xr.DataArray, xr.DataArray]:
    """Rents of exporters and of importers (o, d, i) that the benchmark should carry, share of border value.

    What a flow cannot bear is lowered by whoever carves them out; ``rx0`` and ``rm0`` are what is left.
    """
    rent = numbers["rent_share"] * cuttable(data, numbers) * (1 - removed_benchmark)
    rent = _off_diagonal(rent.transpose(*FLOW))
    exporter = numbers["exporter_rent_share"]
    return (exporter * rent).rename("rx0"), ((1 - exporter) * rent).rename("rm0")


def barrier_instruments(
    removed: xr.DataArray, removed_benchmark: xr.DataArray, data: BarrierData, numbers: Mapping[str, float]
) -> xr.Dataset:
    """What removed barriers do to costs and rents: ``k`` (factor on the policy's own), ``rx``, ``rm``.

    All over (o, d, i). ``rx = rx0 (1 - removed)/(1 - removed_benchmark)``, ``rm`` alike, and ``k`` is
    ``1 + a - rx - rm`` over the same at the benchmark, with ``a = ave - cuttable removed``: exactly 1 where
    nothing changed.

    Raises:
        ValueError: the data carry no benchmark rents.
    """
    if data.rx0 is None or data.rm0 is None:
        raise ValueError("the barriers carry no benchmark rents: carve them out first (zeros will do)")
    removed, removed_benchmark = removed.transpose(*FLOW), removed_benchmark.transpose(*FLOW)
    data = data.aligned(removed["d"].values.tolist(), removed["i"].values.tolist())
    assert data.rx0 is not None and data.rm0 is not None
    old, new = 1 - removed_benchmark, 1 - removed
    # Where all was removed already there was no rent to grow back from.
    left = xr.where(removed == removed_benchmark, 1.0, new / old.where(old > 0, 1.0))
    rx, rm, cut = data.rx0 * left, data.rm0 * left, cuttable(data, numbers)
    before = 1 + data.ave - cut * removed_benchmark - data.rx0 - data.rm0
    after = 1 + data.ave - cut * removed - rx - rm
    k = xr.where(removed == removed_benchmark, 1.0, after / before)
    arrays = {"k": k, "rx": rx, "rm": rm}
    return xr.Dataset({name: _off_diagonal(a.transpose(*FLOW), k=name == "k") for name, a in arrays.items()})


def _off_diagonal(array: xr.DataArray, *, k: bool = False) -> xr.DataArray:
    return array.where(array["o"] != array["d"], 1.0 if k else 0.0)
