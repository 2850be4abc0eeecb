r"""Jobs lost and gained, and workers displaced by imports: three definitions side by side.

(a) **Net**: the fall of a sector's jobs. It has everything in it (imports, exports, input prices, demand),
    and hides moves between firms of one sector. The cost of adjustment stands on it.

(b) **Import-displaced, direct**: the rise of imports times jobs per unit of domestic output, one dollar of
    imports taking the place of one dollar of output (the method of Lawrence and Moran, 2016, PIIE),

    .. math:: D^{b}_{d,i} = m_{d,i} \, jobs^b_{d,i} / Y^b_{d,i}, \qquad
              m_{d,i} = \min(\max(M^n_{d,i} - M^b_{d,i}, \, 0), \; H^b_{d,i})

    M imports from other regions, Y output, H home sales, all volumes at benchmark prices (M is the ledger's
    imports: quantities shipped). A fall of imports counts nothing, not a gain. Imports displace no more than
    is sold at home: none where nothing is made or sold at home.

(c) **Import-displaced, with inputs**: the same with the jobs in the home-made inputs of what is displaced,

    .. math:: D^{c}_{d,j} = \min\Big( jobs^b_{d,j} / Y^b_{d,j} \, \big[(I - B_d)^{-1} m_d\big]_j,
              \; jobs^b_{d,j} \Big)

    B inputs from home per unit of output; home sales go to all users of a commodity in proportion to their
    use.

Why they differ: (b) and (c) count every imported dollar as a lost one and leave out what exports, cheaper
inputs and new demand give back, so they answer "who meets new imports", not "who loses work"; (c) is an upper
bound, since suppliers can sell to others. (a) can be above both where exports fall or demand moves away. A
sum of (b) over sectors can be large when (a) is nil: trade that grows both ways inside one industry.

Groups by wage: a region's sectors in order of labour income per person, cut into three thirds of its jobs (a
sector on the border is split). They are thirds of *sectors*: the data have no skills and no persons, and a
sector that pays little employs skilled people too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from cge.solution import Solution
from results.errors import ResultsError
from results.jobs import Jobs
from results.levels import aligned, external, safe_ratio, same_world
from results.tidy import changes

PERSONS = "thousand persons"
GROUPS = ("low_wage", "middle_wage", "high_wage")
SAME_WAGE = 1e-9
"""Relative difference of labour income per person below which two sectors pay the same."""


@dataclass(frozen=True)
class Displaced:
    """``data`` by region and sector (r, j), thousand persons: ``gained lost direct with_inputs``; by region
    (r): ``low_wage middle_wage high_wage``, the jobs lost (net) in each third of the region's jobs.
    """

    data: xr.Dataset

    def table(self) -> pd.DataFrame:
        """Tidy rows by region and sector, and by region for the groups; baseline 0."""
        by_sector = {
            "jobs_gained": "gained",
            "jobs_lost": "lost",
            "displaced_imports_direct": "direct",
            "displaced_imports_with_inputs": "with_inputs",
        }
        parts = (
            changes({n: (PERSONS, self.data[v]) for n, v in by_sector.items()}, ("r", "j")),
            changes({f"displaced_{g}": (PERSONS, self.data[g]) for g in GROUPS}, ("r",)),
        )
        return pd.concat(parts, ignore_index=True)


def displaced(base: Solution, new: Solution, work: Jobs, wage: xr.DataArray) -> Displaced:
    """Workers displaced by every definition.

    ``work``: jobs of ``base`` and ``new``; ``wage``: labour income per person (r, j), any unit. Raises
    ResultsError when domestic inputs cost more than output, so that rounds of inputs do not add up.
    """
    base, new = same_world(base, new)
    before, after = work.data.base, work.data.new
    lost, gained = (before - after).clip(min=0), (after - before).clip(min=0)
    direct, through = _by_imports(base, new, before)
    shares = thirds(before, wage)
    data = {"gained": gained, "lost": lost, "direct": direct, "with_inputs": through}
    return Displaced(xr.Dataset(data | {g: (lost * shares.sel(group=g, drop=True)).sum("j") for g in GROUPS}))


def _by_imports(base: Solution, new: Solution, jobs: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Definitions (b) and (c), (r, j)."""
    v, b = aligned(base)
    home = b.H0 * v.xh
    output = (b.H0 + b.X0.sum("d").rename(o="r")) * v.y
    displaced = import_rise(base, new).clip(min=0).clip(max=home).transpose("r", "i")
    per_unit = safe_ratio(jobs.rename(j="i"), output, 0.0).transpose("r", "i")
    every = displaced.copy(data=with_inputs(home_inputs(v, b, home, output), displaced.values))
    people = jobs.rename(j="i")

    def persons(volume: xr.DataArray) -> xr.DataArray:
        """No sector displaces more than it employs."""
        return (per_unit * volume).clip(max=people).rename(i="j").transpose("r", "j")

    return persons(displaced), persons(every)


def import_rise(base: Solution, new: Solution) -> xr.DataArray:
    """Change of imports (r, i) from other regions, USD million at benchmark border prices (the ledger's)."""
    b = base.benchmark
    price = external(b.X0 * (1 + b.te0) * (1 + b.rx0))
    return (price * (new.values.x - base.values.x)).sum("o").rename(d="r")


def home_inputs(v: xr.Dataset, b: xr.Dataset, home: xr.DataArray, output: xr.DataArray) -> np.ndarray:
    """Inputs from home per unit of output, volumes at benchmark prices: ``B`` (r, i, j) of the module.

    ``home output`` (r, i): home sales and output.
    """
    inputs = b.Z0 * v.zq
    used = inputs.sum("j") + b.C0 * v.c + b.G0 * v.g + b.I0 * v.inv
    per_output = safe_ratio(inputs, output.rename(i="j"), 0.0)
    return (safe_ratio(home, used, 0.0) * per_output).transpose("r", "i", "j").values


def with_inputs(coefficients: np.ndarray, demand: np.ndarray) -> np.ndarray:
    """Output (r, i) that ``demand`` (r, i) calls for, all rounds of inputs: (I - B)^-1 m."""
    unit = np.eye(demand.shape[1])
    try:
        found = np.linalg.solve(unit - coefficients, demand[..., None])[..., 0]
    except np.linalg.LinAlgError:
        found = np.full_like(demand, np.nan)
    slack = 1e-9 * (1 + demand.max(initial=0.0))
    if not (found >= demand - slack).all():
        raise ResultsError(
            "displaced with inputs: rounds of domestic inputs do not add up; some sector's inputs from home "
            "are worth more than its output"
        )
    return np.maximum(found, demand)


def thirds(jobs: xr.DataArray, wage: xr.DataArray) -> xr.DataArray:
    """Share (group, r, j) of each sector's jobs in the thirds of the region's jobs by labour income per
    person.

    Sectors that pay the same are one block, so that labels and their order decide nothing. Shares add up to
    one over groups where the sector has jobs.
    """
    people, pay = (a.transpose("r", "j").values.astype(float) for a in (jobs, wage))
    mine, other = pay[:, :, None], pay[:, None, :]
    margin = SAME_WAGE * np.abs(mine)
    below = (people[:, None, :] * (other < mine - margin)).sum(2)
    block = (people[:, None, :] * (np.abs(other - mine) <= margin)).sum(2)
    total = people.sum(1, keepdims=True)
    out = []
    for k in range(len(GROUPS)):
        start, end = total * k / len(GROUPS), total * (k + 1) / len(GROUPS)
        inside = np.minimum(below + block, end) - np.maximum(below, start)
        out.append(np.divide(inside.clip(min=0), block, out=np.zeros_like(block), where=block > 0))
    dims = ("group", "r", "j")
    like = jobs.transpose("r", "j")
    return xr.DataArray(np.stack(out), {"group": list(GROUPS), "r": like.r.values, "j": like.j.values}, dims)
