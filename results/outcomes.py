r"""What one point of a sweep gives: the numbers of a comparison as two plain arrays, without its tables.

The rows are those of the tables that `results.compare` makes, from the same formulas (`measures` of each
module), which run here on plain arrays (`results.arrays`): about 10 ms where the tables take 200. JAX can
trace them, so gradients come through the same lines.

**Which rows**: every indicator of the chosen tables in every place, whatever the point. A number that need
not exist (payback, shares of a gain, the rate of unemployment where the benchmark knows none) is NaN where it
does not, and its row stays. So the rows follow from labels and tables alone and are the same for all points.

**Order**: table by table as in `TABLES`; in each the order of the comparison's table, as in
`results.measures`.

**Kinks**: the numbers turn a corner at some points; there JAX takes the derivative of the side on which
nothing moves. They are in ``displaced_*``, ``jobs_lost``, ``jobs_gained`` and in all that follows from the
displaced (costs, compensation, payback, retraining; where exactly: `results.adjustment.costs`,
`results.displaced.persons_displaced`), and in ``welfare_ev`` where national saving turns negative.
``displaced_low_wage`` and its sisters also jump where two sectors change places in the order of wages. All
other indicators, jobs and output are smooth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from cge.solution import Solution, derived
from results import adjustment, displaced, indicators, output
from results import jobs as jobs_table
from results.arrays import Plain, Plains, Side, World, namespace, plain
from results.errors import ResultsError
from results.levels import in_order, sides
from results.measures import PLACES, Measure, lacking, numbers, places
from results.retraining import Programme
from results.retraining import measures as retraining_measures

if TYPE_CHECKING:
    from results.adjustment_scaling import Rules
    from results.compensation import Settlement

TABLES = ("indicators", "jobs", "output", "adjustment", "adjustment_by_sector")
"""What can be asked for. ``adjustment``: its rows by region; ``adjustment_by_sector``: the others of it."""

DEFAULT = TABLES[:-1]

ROW = ["table", *PLACES]

Arrays = Mapping[str, Any]
Traced = Callable[[Arrays, Arrays, Arrays], tuple[Any, Any]]
"""(values of the baseline, of the counterfactual, benchmark accounts), each by name -> numbers (rows,)."""


@dataclass(frozen=True)
class Outcomes:
    """The numbers of every pair of solutions of one world of regions and sectors (`outcomes` makes it).

    ``rows``: the columns ``table region sector partner indicator unit``, one line for each number; ``unit``
    and names are those of the comparison's tables.
    """

    rows: pd.DataFrame
    world: World
    tables: tuple[str, ...]
    value_dims: Mapping[str, tuple[str, ...]]
    benchmark_dims: Mapping[str, tuple[str, ...]]
    may_lack: np.ndarray = field(repr=False)
    _own_table: np.ndarray = field(repr=False)
    _account: _Account = field(repr=False)

    def numbers(
        self, base: Solution, new: Solution, paid: Settlement | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Baseline and counterfactual, each (rows,). ``paid``: what ``new`` pays the displaced in the model.

        Raises ResultsError as `results.compare.compare`: on a solution that is none, on other labels or
        another benchmark, and on a number that is not finite but must be.
        """
        for which, s in (("base", base), ("counterfactual", new)):
            if not s.certificate.converged:
                raise ResultsError(f"the {which} is not a solution; it gives no outcomes")
        one, two = sides(_in_world(base, self.world), new)
        losses = None if paid is None else plain(paid.real_losses, self.world)
        before, after = self._account.numbers(one, two, self.tables, losses)
        for name, found in (("baseline", before), ("counterfactual", after)):
            bad = np.flatnonzero(~np.isfinite(found) & ~(self.may_lack & np.isnan(found)))
            if len(bad):
                row = self.rows.iloc[int(bad[0])]
                where = ", ".join(x for x in (row["region"], row["sector"]) if x)
                raise ResultsError(f"{row['indicator']}: the {name} is not a finite number at {where}")
        return before, after

    def traced(self, rows: Sequence[int] | None = None) -> Traced:
        """A pure function of plain arrays that JAX can compile and differentiate (``jax.jit(f)``).

        Its arguments: values of the baseline, values of the counterfactual, benchmark accounts, each a
        mapping from a name to an array with the dimensions of ``value_dims``, ``benchmark_dims`` and the
        order of ``world`` (the model's own). Values as of `cge.adjoint.values_of` or `arrays_of`: names that
        are not among them (parameters) are passed over. Gives baseline and counterfactual, each (rows,), or
        of the numbered ``rows`` alone.

        It checks nothing, since nothing is known while it is traced: solutions go through `numbers` first. A
        number that does not exist is NaN and has derivative 0: look at the number before its derivative.
        """
        every = np.arange(len(self.rows)) if rows is None else np.asarray(rows, dtype=int)
        # A table that no row is of need not be traced.
        tables = [t for t in self.tables if (self._own_table[every] == t).any()]
        chosen = np.searchsorted(np.flatnonzero(np.isin(self._own_table, tables)), every)

        def outcome(base: Arrays, new: Arrays, benchmark: Arrays) -> tuple[Any, Any]:
            accounts = self._plains(benchmark, self.benchmark_dims)
            one, two = (Side(self._plains(_with_derived(v), self.value_dims), accounts) for v in (base, new))
            before, after = self._account.numbers(one, two, tables)
            return before[chosen], after[chosen]

        return outcome

    def in_rows(
        self, rows: pd.DataFrame, found: tuple[np.ndarray, np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of these outcomes in the order of others' rows: a retraining programme that a point changes
        or does without has rows of its own. NaN where there is no such number here.

        Raises ResultsError when a number here has no row there.
        """
        if self.rows.equals(rows):
            return found
        mine, theirs = (pd.MultiIndex.from_frame(pd.DataFrame(t[ROW[:-1]])) for t in (self.rows, rows))
        if len(alone := mine.difference(theirs)):
            _, region, sector, _, indicator = alone[0]
            where = " ".join(x for x in (region, sector) if x)
            raise ResultsError(
                f"{indicator} of {where} is no row of the sweep: its central point has no such number"
            )
        at = mine.get_indexer(theirs)
        before, after = (np.where(at < 0, np.nan, x[at]) for x in found)
        return before, after

    def row_number(self, region: str, indicator: str, sector: str = "") -> int:
        """Number of a row. Raises ResultsError when there is none."""
        t = self.rows
        hit = (t.region == region) & (t.indicator == indicator) & (t.sector == sector)
        if hit.sum() != 1:
            raise ResultsError(f"no outcome {indicator!r} of {region} {sector}".rstrip())
        return int(np.flatnonzero(hit)[0])

    def _plains(self, arrays: Arrays, dims: Mapping[str, tuple[str, ...]]) -> Plains:
        named = {n: Plain(a, dims[n], self.world) for n, a in arrays.items() if n in dims}
        return Plains(named, self.world)


@dataclass(frozen=True)
class _Account:
    """What the adjustment account is made with."""

    parameters: Mapping[str, adjustment.Parameters]
    rules: Rules | None
    programme: Programme | None

    def numbers(
        self, one: Side, two: Side, tables: Sequence[str], losses: Plain | None = None
    ) -> tuple[Any, Any]:
        """Every number of the tables before and after, in their order."""
        parts = [numbers(some) for _, some in self.by_table(one, two, tables, losses)]
        before, after = ([pair[k] for pair in parts] for k in (0, 1))
        join = namespace(*after).concatenate
        return join(before), join(after)

    def by_table(
        self, one: Side, two: Side, tables: Sequence[str], losses: Plain | None = None
    ) -> Iterator[tuple[str, list[Measure]]]:
        """The numbers of each of `TABLES` that is asked for; ``losses`` (r): those that the counterfactual
        holds already, as of `results.compensation.before_losses`.
        """
        found = indicators.measures(one, two)
        (before, _), (after, _) = jobs_table.jobs_by_sector(one), jobs_table.jobs_by_sector(two)
        if "indicators" in tables:
            yield "indicators", found
        if "jobs" in tables:
            yield "jobs", jobs_table.measures(before, after)
        if "output" in tables:
            yield "output", output.measures(one, two)
        asked = [t for t in ("adjustment", "adjustment_by_sector") if t in tables]
        if not asked:
            return
        change = {m.indicator: m.after - m.before for m in found}
        ev = change["welfare_ev"] if losses is None else change["welfare_ev"] + losses
        costs = adjustment.costs(one, before, after, ev, change["employment"], self.parameters, self.rules)
        rows = adjustment.measures(costs)
        rows += displaced.measures(displaced.persons_displaced(one, two, before, after, costs["wage"]))
        if self.programme is not None:
            rows += retraining_measures(costs, self.programme)
        for t in asked:
            yield t, [m for m in rows if (len(m.after.dims) > 1) == (t != "adjustment")]


def outcomes(
    base: Solution,
    new: Solution,
    *,
    tables: Sequence[str] = DEFAULT,
    retraining: Programme | None = None,
    parameters: Mapping[str, adjustment.Parameters] | None = None,
    rules: Rules | None = None,
) -> Outcomes:
    """The rows that any pair of solutions with the labels of this one gives, and how to get their numbers.

    ``tables``: of `TABLES`, in any order; ``retraining``, ``parameters``, ``rules``: of the adjustment
    account, as `results.compare` takes them. Raises ResultsError on an unknown table and on solutions that
    `results.compare` would not take.
    """
    odd = [t for t in tables if t not in TABLES]
    if odd or not tables:
        raise ResultsError(f"outcomes: {', '.join(odd) or 'no table'}; choose from {', '.join(TABLES)}")
    sets = adjustment.parameter_sets() if parameters is None else parameters
    account, chosen = _Account(sets, rules, retraining), tuple(t for t in TABLES if t in tables)
    one, two = sides(base, new)
    parts = list(account.by_table(one, two, chosen))
    own_table = np.concatenate([np.full(len(lacking(some)), t) for t, some in parts])
    rows = pd.concat([places(some) for _, some in parts], ignore_index=True)
    rows = rows.assign(table=np.where(own_table == TABLES[-1], "adjustment", own_table))
    values, accounts = ({n: x.dims for n, x in arrays.items()} for arrays in (one.v, one.b))
    lack = np.concatenate([lacking(some) for _, some in parts])
    return Outcomes(pd.DataFrame(rows[ROW]), one.world, chosen, values, accounts, lack, own_table, account)


def arrays_of(data: xr.Dataset) -> dict[str, np.ndarray]:
    """The numbers of a solution's ``values`` or ``benchmark`` by name, as `Outcomes.traced` takes them."""
    return {n: x.values for n, x in Plains.of(data).items()}


def _with_derived(values: Arrays) -> Arrays:
    """Values with what a solution derives from its levels, where they come from a model's own levels."""
    return values if "inv" in values else {**values, **{n: a for n, (_, a) in derived(values).items()}}


def _in_world(solution: Solution, world: World) -> Solution:
    """A solution in the label order of the world. Raises ResultsError when its labels are others."""
    if World.of(solution.values) == world:
        return solution
    order = [np.array(world.labels[d]) for d in "rif"]
    return replace(solution, values=in_order(solution.values, *order))
