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
from results.arrays import Labelled, Plain, Plains, Side, World, namespace, plain
from results.errors import ResultsError
from results.jobs import Jobs
from results.levels import external, safe_ratio, same_world, sides
from results.measures import Measure, frame

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
        return frame(measures(Plains.of(self.data)))


BY_SECTOR = {
    "jobs_gained": "gained",
    "jobs_lost": "lost",
    "displaced_imports_direct": "direct",
    "displaced_imports_with_inputs": "with_inputs",
}
"""Indicators by region and sector: the variable of ``Displaced.data``."""


def measures(found: Plains) -> list[Measure]:
    """The numbers of the table from those of `persons_displaced`."""
    by_sector = [Measure(name, PERSONS, 0.0, found[v]) for name, v in BY_SECTOR.items()]
    return by_sector + [Measure(f"displaced_{g}", PERSONS, 0.0, found[g]) for g in GROUPS]


def displaced(base: Solution, new: Solution, work: Jobs, wage: xr.DataArray) -> Displaced:
    """Workers displaced by every definition.

    ``work``: jobs of ``base`` and ``new``; ``wage``: labour income per person (r, j), any unit. Raises
    ResultsError when domestic inputs cost more than output, so that rounds of inputs do not add up.
    """
    one, two = sides(base, new)
    before, after, pay = (plain(a, one.world) for a in (work.data.base, work.data.new, wage))
    return Displaced(persons_displaced(one, two, before, after, pay).to_xarray())


def persons_displaced(one: Side, two: Side, before: Plain, after: Plain, wage: Plain) -> Plains:
    """The variables of :class:`Displaced` with plain arrays; ``before after`` jobs, ``wage`` (r, j).

    Kinks, where a derivative is that of one side: no jobs lost or gained, no rise of imports, all of home
    sales or of a sector's jobs displaced; the border between two thirds of a region's jobs.
    """
    lost, gained = (before - after).clip(min=0), (after - before).clip(min=0)
    direct, through = _by_imports(one, two, before)
    data = {"gained": gained, "lost": lost, "direct": direct, "with_inputs": through}
    for g, share in zip(GROUPS, _thirds(before, wage), strict=True):
        data[g] = (lost * share).sum("j")
    return Plains(data, one.world)


def _by_imports(one: Side, two: Side, jobs: Plain) -> tuple[Plain, Plain]:
    """Definitions (b) and (c), (r, j)."""
    v, b = one.v, one.b
    home = b.H0 * v.xh
    output = (b.H0 + b.X0.sum("d").rename(o="r")) * v.y
    displaced = _rise(one.b, one.v, two.v).clip(min=0).clip(max=home).transpose("r", "i")
    per_unit = safe_ratio(jobs.rename(j="i"), output, 0.0).transpose("r", "i")
    coefficients = home_inputs(v, b, home, output).transpose("r", "i", "j").data
    every = Plain(with_inputs(coefficients, displaced.data), ("r", "i"), one.world)
    people = jobs.rename(j="i")

    def persons(volume: Plain) -> Plain:
        """No sector displaces more than it employs."""
        return (per_unit * volume).clip(max=people).rename(i="j").transpose("r", "j")

    return persons(displaced), persons(every)


def import_rise(base: Solution, new: Solution) -> xr.DataArray:
    """Change of imports (r, i) from other regions, USD million at benchmark border prices (the ledger's)."""
    base, new = same_world(base, new)
    return _rise(base.benchmark, base.values, new.values)


def _rise(b: Labelled, before: Labelled, after: Labelled) -> Labelled:
    price = external(b.X0 * (1 + b.te0) * (1 + b.rx0))
    return (price * (after.x - before.x)).sum("o").rename(d="r")


def home_inputs(v: Labelled, b: Labelled, home: Labelled, output: Labelled) -> Labelled:
    """Inputs from home per unit of output, volumes at benchmark prices: ``B`` (r, i, j) of the module.

    ``home output`` (r, i): home sales and output.
    """
    inputs = b.Z0 * v.zq
    used = inputs.sum("j") + b.C0 * v.c + b.G0 * v.g + b.I0 * v.inv
    per_output = safe_ratio(inputs, output.rename(i="j"), 0.0)
    return safe_ratio(home, used, 0.0) * per_output


def with_inputs(coefficients: np.ndarray, demand: np.ndarray) -> np.ndarray:
    """Output (r, i) that ``demand`` (r, i) calls for, all rounds of inputs: (I - B)^-1 m."""
    xp = namespace(coefficients, demand)
    unit = np.eye(demand.shape[1])
    try:
        found = xp.linalg.solve(unit - coefficients, demand[..., None])[..., 0]
    except np.linalg.LinAlgError:
        found = np.full_like(demand, np.nan)
    if xp is np and not (found >= demand - 1e-9 * (1 + demand.max(initial=0.0))).all():
        raise ResultsError(
            "displaced with inputs: rounds of domestic inputs do not add up; some sector's inputs from home "
            "are worth more than its output"
        )
    return xp.where(found <= demand, demand, found)


def thirds(jobs: xr.DataArray, wage: xr.DataArray) -> xr.DataArray:
    """Share (group, r, j) of each sector's jobs in the thirds of the region's jobs by labour income per
    person.

    Sectors that pay the same are one block, so that labels and their order decide nothing. Shares add up to
    one over groups where the sector has jobs.
    """
    world = World.of(jobs.to_dataset(name="jobs"))
    out = [share.values for share in _thirds(plain(jobs, world), plain(wage, world))]
    dims = ("group", "r", "j")
    like = jobs.transpose("r", "j")
    return xr.DataArray(np.stack(out), {"group": list(GROUPS), "r": like.r.values, "j": like.j.values}, dims)


def _thirds(jobs: Plain, wage: Plain) -> list[Plain]:
    """`thirds` with plain arrays (r, j), group by group."""
    people, pay = (a.transpose("r", "j").data for a in (jobs, wage))
    xp = namespace(people, pay)
    mine, other = pay[:, :, None], pay[:, None, :]
    margin = SAME_WAGE * abs(mine)
    below = (people[:, None, :] * (other < mine - margin)).sum(2)
    block = (people[:, None, :] * (abs(other - mine) <= margin)).sum(2)
    total = people.sum(1, keepdims=True)
    out = []
    for k in range(len(GROUPS)):
        start, end = total * k / len(GROUPS), total * (k + 1) / len(GROUPS)
        inside = xp.minimum(below + block, end) - xp.maximum(below, start)
        share = xp.where((inside > 0) & (block > 0), inside / xp.where(block > 0, block, 1.0), 0.0)
        out.append(Plain(share, ("r", "j"), jobs.world))
    return out
