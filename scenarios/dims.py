"""Over which labels each instrument is: flows (o, d, i), activities (r, j), regions (r), factors (r, f)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import xarray as xr

FLOW = ("o", "d", "i")
OWN_DIMS: Mapping[str, tuple[str, ...]] = {
    "to": ("r", "j"), "tc": ("r",), "productivity": ("r", "j"), "endow": ("r", "f"),
}  # fmt: skip
"""Instruments that are not over flows: production tax, consumption tax, productivity, endowment."""
EXPORTERS = ("te", "export_control")
"""Instruments of the exporting side; every other one over flows is the importer's."""


def dims_of(instrument: str) -> tuple[str, ...]:
    """The dimensions of an instrument."""
    return OWN_DIMS.get(instrument, FLOW)


def labelled(
    values: Mapping[str, npt.NDArray[np.float64]], labels: Mapping[str, Sequence[str]]
) -> xr.Dataset:
    """Arrays by instrument as one dataset; ``labels`` by dimension."""
    arrays = {name: (dims_of(name), array) for name, array in values.items()}
    used = {d for dims, _ in arrays.values() for d in dims}
    return xr.Dataset(arrays, coords={d: list(names) for d, names in labels.items() if d in used})


def places(instrument: str) -> tuple[str, str | None, str | None]:
    """Dimensions of the columns region (whose measure it is), partner and sector; None: no such column.

    A factor stands in the column of the sector.
    """
    dims = dims_of(instrument)
    if dims == FLOW:
        return ("o", "d", "i") if instrument in EXPORTERS else ("d", "o", "i")
    return "r", None, dims[1] if len(dims) > 1 else None
