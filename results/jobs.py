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
from results.arrays import Plain, Plains, Side, World, known, labels_where, plain
from results.errors import ResultsError
from results.levels import safe_ratio, side, sides
from results.measures import Measure, frame

PERSONS = "thousand persons"

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
        world = World.of(self.data)
        out = frame(measures(plain(self.data.base, world), plain(self.data.new, world)))
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
    return persons(side(solution)).to_xarray()


def persons(one: Side) -> Plain:
    """`employment` with plain arrays; raises as it does."""
    v, b = one.v, one.b
    index = v.endow.sel(f="labour") * (1 - v.u) / (1 - v.u0)
    cost = b.V0.sel(f="labour")
    used = safe_ratio((cost * v.xf.sel(f="labour")).sum("j"), cost.sum("j"), 1.0)
    gap = abs(used / index - 1)
    bad = labels_where(gap != gap) + labels_where(gap >= CLEARING_TOLERANCE) if known(gap) else ()
    if bad:
        raise ResultsError(
            f"labour used and labour supplied differ in {', '.join(bad[:5])} "
            f"(by {float(gap.values.max()):.1e}): the closure's employment is not the labour that works"
        )
    return b.jobs0.sum("j") * (index / v.labour_per_person if "labour_per_person" in v else index)


def jobs_by_sector(one: Side) -> tuple[Plain, Plain]:
    """Jobs (r, j) in thousands and the scaling factor (r) of one solution. Raises as `employment`."""
    raw = one.b.jobs0 * one.v.xf.sel(f="labour")
    scaling = safe_ratio(persons(one), raw.sum("j"), 1.0)
    return (raw * scaling).transpose("r", "j"), scaling


def measures(before: Plain, after: Plain) -> list[Measure]:
    """The numbers of the table ``jobs`` from those of `jobs_by_sector`."""
    return [Measure("jobs", PERSONS, before, after)]


def jobs(base: Solution, new: Solution) -> Jobs:
    """Jobs by region and sector in both solutions; each adds up to employment to rounding."""
    one, two = sides(base, new)
    (b, scale_b), (n, scale_n) = jobs_by_sector(one), jobs_by_sector(two)
    numbers = {"base": b, "new": n, "scaling_base": scale_b, "scaling_new": scale_n}
    how = base.benchmark[["jobs_method", "jobs_confidence"]]
    how = how.rename(jobs_method="method", jobs_confidence="confidence").sel(r=list(b.labels("r")))
    data = Plains(numbers, one.world).to_xarray()
    return Jobs(data.assign(how.sel(j=list(b.labels("j")))))
