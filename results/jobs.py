r"""Jobs by region and sector that add up to employment.

Labour clears in efficiency units, so labour use times benchmark persons per unit would create or destroy
persons when work moves between sectors of different wages. Jobs are therefore

.. math:: jobs_{r,j} = N_r \frac{N^0_{r,j} \, xf_{r,j}}{\sum_j N^0_{r,j} \, xf_{r,j}}, \quad
          N_r = \Big(\sum_j N^0_{r,j}\Big) \, endow_{r,L} \frac{1 - u_r}{1 - u^0_r}

and the factor that the scaling applies to every sector of a region is reported: 1.002 means that sectors gain
0.2 % from the scaling alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import xarray as xr

from cge.solution import Solution
from results.errors import ResultsError
from results.levels import aligned, safe_ratio, same_world
from results.tidy import rows

CLEARING_TOLERANCE = 1e-6
"""How far labour used may be from labour supplied, relative, before employment is refused."""


@dataclass(frozen=True)
class Jobs:
    """``data``: ``base new`` (r, j) thousand persons, ``scaling_base scaling_new`` (r), ``method confidence``
    (r, j) strings: how the benchmark count was made and how far to trust it.
    """

    data: xr.Dataset

    def table(self) -> pd.DataFrame:
        """Tidy rows (region, sector) with the columns ``method``, ``confidence`` and ``scaling`` beside."""
        out = rows("jobs", "thousand persons", self.data.base, self.data.new, ("r", "j"))
        for name in ("method", "confidence"):
            out[name] = self.data[name].transpose("r", "j").values.astype(str).ravel()
        scaling = (self.data.scaling_new / self.data.scaling_base).values
        return out.assign(scaling=scaling.repeat(self.data.sizes["j"]))


def employment(solution: Solution) -> xr.DataArray:
    """Persons in work (r), thousands: benchmark persons x labour force index x (1-u)/(1-u0).

    Where a solution has ``labour_per_person`` (r; compensation paid inside the model), the labour that is
    missing is work lost between jobs and earnings lost in them, not jobs, so persons are counted before it.

    Raises ResultsError where labour used differs from labour supplied: then persons and work would part
    company.
    """
    v, b = aligned(solution)
    with xr.set_options(arithmetic_join="exact"):
        index = v.endow.sel(f="labour", drop=True) * (1 - v.u) / (1 - v.u0)
        cost = b.V0.sel(f="labour", drop=True)
        used = safe_ratio((cost * v.xf.sel(f="labour", drop=True)).sum("j"), cost.sum("j"), 1.0)
        gap = abs(used / index - 1)
    bad = gap.r.values[~(gap.values < CLEARING_TOLERANCE)]
    if len(bad):
        raise ResultsError(
            f"labour used and labour supplied differ in {', '.join(map(str, bad[:5]))} "
            f"(by {float(gap.max()):.1e}): the closure's employment is not the labour that works"
        )
    return b.jobs0.sum("j") * (index / v.labour_per_person if "labour_per_person" in v else index)


def _by_sector(solution: Solution) -> tuple[xr.DataArray, xr.DataArray]:
    """Jobs (r, j) in thousands and the scaling factor (r) of one solution."""
    v, b = aligned(solution)
    raw = b.jobs0 * v.xf.sel(f="labour", drop=True)
    scaling = safe_ratio(employment(solution), raw.sum("j"), 1.0)
    return raw * scaling, scaling


def jobs(base: Solution, new: Solution) -> Jobs:
    """Jobs by region and sector in both solutions; each adds up to employment to rounding."""
    base, new = same_world(base, new)
    (b, scale_b), (n, scale_n) = _by_sector(base), _by_sector(new)
    data = {
        "base": b,
        "new": n,
        "scaling_base": scale_b,
        "scaling_new": scale_n,
        "method": base.benchmark.jobs_method,
        "confidence": base.benchmark.jobs_confidence,
    }
    return Jobs(xr.Dataset(data))
