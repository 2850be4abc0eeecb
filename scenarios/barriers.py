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
import numpy.typing as npt
import xarray as xr

from cge.plain import World, plain, where
from scenarios.closure_assumptions import NUMBERS
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
            if not (np.isfinite(array.values) & (array.values >= 0)).all():
                raise ValueError(f"{name} of the barriers has cells that are negative or not finite")
        if sorted(self.effect["depth"].values.tolist()) != sorted(DEPTHS):
            raise ValueError("effect of the barriers needs the depths shallow and deep")
        if not np.isin(self.status.values, (0, 1, 2)).all():
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
                there = all(array[dim].values.tolist() == names for dim, names in wanted.items())
                arrays[name] = (array if there else array.sel(wanted)).transpose(*order)
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


def barrier_numbers(given: Mapping[str, float]) -> dict[str, float]:
    """The numbers about barriers, those of a scenario's assumptions in place; what these say of closures is
    left aside.

    Raises:
        ValueError: as `assumptions`.
    """
    return assumptions({name: value for name, value in given.items() if name not in NUMBERS})


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
    rent = rent.transpose(*FLOW)
    rent = rent.copy(data=_off_diagonal(rent.values))
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
    world = World.of(removed.to_dataset(name="removed"))
    new_share, old_share = plain(removed, world), plain(removed_benchmark, world)
    ave, rx0, rm0 = (plain(a, world) for a in (data.ave, data.rx0, data.rm0))
    cut = plain(cuttable(data, numbers), world)
    same, old, new = new_share == old_share, 1 - old_share, 1 - new_share
    # Where all was removed already there was no rent to grow back from.
    left = where(same, 1.0, new / old.where(old > 0, 1.0))
    rx, rm = rx0 * left, rm0 * left
    before = 1 + ave - cut * old_share - rx0 - rm0
    after = 1 + ave - cut * new_share - rx - rm
    found = {"k": where(same, 1.0, after / before), "rx": rx, "rm": rm}
    arrays = {name: _off_diagonal(a.transpose(*FLOW).values, k=name == "k") for name, a in found.items()}
    labels = {dim: list(world.labels[dim]) for dim in FLOW}
    return xr.Dataset({name: (FLOW, a) for name, a in arrays.items()}, coords=labels)


def _off_diagonal(values: npt.NDArray[np.float64], *, k: bool = False) -> npt.NDArray[np.float64]:
    """The values (o, d, i) without trade inside a region, where nothing is changed or earned."""
    inside = np.eye(len(values), dtype=bool)[:, :, None]
    return np.where(inside, 1.0 if k else 0.0, values)
