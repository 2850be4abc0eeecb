"""Parameters: what a calibration hands to the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import xarray as xr

from cge.dimensions import Sets
from cge.equation import System


class ParameterError(ValueError):
    """A parameter is missing, misshapen, not finite, or outside the range its form allows."""


@dataclass(frozen=True)
class Parameters:
    """Benchmark shares, elasticities and the benchmark levels of instruments, as plain arrays by name.

    ``arrays``: float arrays with the axes declared in the blocks. ``benchmark``: the accounts they come from
    (USD million; `Accounts.data`), carried along for reports. ``sources``: where each elasticity comes from.
    """

    sets: Sets
    arrays: Mapping[str, np.ndarray]
    benchmark: xr.Dataset
    sources: Mapping[str, str] = field(default_factory=dict)

    def with_arrays(self, **changes: np.ndarray) -> Parameters:
        """Return a copy with some arrays replaced."""
        return replace(self, arrays={**self.arrays, **changes})

    def check(self, system: System) -> None:
        """Raise ParameterError when the system needs what is missing or wrong, naming the worst cell."""
        for name in system.names("parameter") + system.names("instrument"):
            if name not in self.arrays:
                raise ParameterError(f"the formulation needs '{name}' and the calibration does not give it")
            self._check_array(name, system.quantities[name].dims)
        for name in ("sigma_va", "sigma_m", "sigma_d", "sigma_top", "sigma_c"):
            if name in system.quantities:
                self._check_elasticity(name, system.quantities[name].dims)

    def _check_array(self, name: str, dims: str) -> None:
        array = np.asarray(self.arrays[name])
        if array.shape != self.sets.shape(dims):
            raise ParameterError(
                f"'{name}' has shape {array.shape}, not {self.sets.shape(dims)} for '{dims}'"
            )
        if not np.isfinite(array).all():
            cell = tuple(int(x) for x in np.argwhere(~np.isfinite(array))[0])
            raise ParameterError(f"'{name}{self.cell(dims, cell)}' is not a finite number")

    def _check_elasticity(self, name: str, dims: str) -> None:
        values = np.asarray(self.arrays[name])
        bad = np.argwhere((np.abs(values - 1) < 1e-3) | (values < 0))
        if len(bad):
            cell = tuple(int(x) for x in bad[0])
            source = self.sources.get(name, "source not stated")
            raise ParameterError(
                f"{name}{self.cell(dims, cell)} = {values[cell]:.6g} ({source}): a CES elasticity must be "
                "positive and differ from 1 by at least 0.001; choose another value, or the Cobb-Douglas form"
            )

    def cell(self, dims: str, index: tuple[int, ...]) -> str:
        """Write one cell as ``[USA,C29]``."""
        labels = [self.sets.labels(c)[k] for c, k in zip(dims, index, strict=True)]
        return f"[{','.join(labels)}]" if labels else ""
