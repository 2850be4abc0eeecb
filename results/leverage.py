r"""Who rests on whom: income and jobs that depend on each partner, purchases from it, and the asymmetry.

For every ordered pair (region a, partner b), at the values of a solution (`results.world_table`):

* in demand: income (GDP) and jobs of a that the final demand of b pays for in the end, directly and through
  third countries. Partners and the region itself add up to GDP and to employment. Johnson & Noguera (2012);
  "domestic value added in foreign final demand" of OECD TiVA, with taxes and rents, as GDP has them.
* in exports: income and jobs of a in its gross exports to b, with the domestic inputs they take. Comparable
  with official counts of "jobs supported by exports". Exports of inputs count though b sells them on, and
  what reaches b through others does not; partners do not add up to anything.
* purchases of a from b: direct (border value) and embodied (income of b in the final demand of a, the mirror
  of the first; its share in all that a spends on final use, home goods and taxes included).
* asymmetry: dependence of a on b less that of b on a, each in percent of its own GDP; positive: a has more at
  stake, b the leverage.

These are structural measures: shares of what is, with prices, suppliers and markets as they are. Nothing is
replaced or sold elsewhere, so for a closure they are upper bounds of the loss of income, not forecasts (the
model's own answer: ``cge dependence --stop``). Jobs are average jobs per unit of output of each sector and
region, exporters' included. Trade among the members of an aggregated region is not trade with a partner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from cge.solution import Solution
from results.errors import ResultsError
from results.jobs import Jobs, jobs
from results.levels import same_world
from results.tidy import rows
from results.world_table import WorldTable, world_table

USD = "USD million"
OF_GDP = "percent of GDP"
PERSONS = "thousand persons"

UNITS: Mapping[str, str] = {
    "income_in_demand": USD, "income_in_demand_share": OF_GDP, "jobs_in_demand": PERSONS,
    "income_in_exports": USD, "income_in_exports_share": OF_GDP, "jobs_in_exports": PERSONS,
    "purchases_direct": USD, "purchases_embodied": USD,
    "purchases_embodied_share": "percent of final expenditure",
    "asymmetry_income": OF_GDP, "asymmetry_purchases": OF_GDP,
}  # fmt: skip
"""Indicators by pair, with their units; the first also for the region itself."""

CLEARING_TOLERANCE = 1e-6
"""Largest relative gap between a region's output and what all final demands call for; solved models reach
1e-9."""

BY_SECTOR = ("income_in_demand", "jobs_in_demand", "income_in_exports", "jobs_in_exports")
"""Indicators that come by sector of the worker as well."""

WITH_OWN = ("income_in_demand", "income_in_demand_share", "jobs_in_demand")
"""Indicators with a row for the region itself: they add up to GDP and employment."""


@dataclass(frozen=True)
class Leverage:
    """Two datasets, ``base`` and ``new``: the names of ``UNITS`` (r, p), those of ``BY_SECTOR`` with
    ``_by_sector`` (r, j, p). r: whose number; p: the partner.
    """

    base: xr.Dataset
    new: xr.Dataset

    def table(self, focus: str = "", supplier: str = "") -> pd.DataFrame:
        """Tidy rows by region and partner; by sector for ``focus`` and every partner, and for every region
        and the partner ``supplier`` (each where it is a region).
        """
        out = []
        for name, unit in UNITS.items():
            found = rows(name, unit, self.base[name], self.new[name], ("r", "p"))
            found = found.assign(partner=found.sector, sector="")
            out.append(found if name in WITH_OWN else found.loc[found.region != found.partner])
        out += [self._sectors(name, focus, supplier) for name in BY_SECTOR]
        return pd.concat([t for t in out if len(t)], ignore_index=True)

    def _sectors(self, name: str, focus: str, supplier: str) -> pd.DataFrame:
        """Rows by sector of one indicator."""
        b, n = (d[f"{name}_by_sector"] for d in (self.base, self.new))
        known = b.r.values.tolist()
        parts = []
        if focus in known:
            parts.append(rows(name, UNITS[name], b.sel(r=[focus]), n.sel(r=[focus]), ("r", "j", "p")))
        if supplier in known:
            others = [r for r in known if r != focus]
            pick = {"r": others, "p": [supplier]}
            parts.append(rows(name, UNITS[name], b.sel(pick), n.sel(pick), ("r", "j", "p")))
        found = pd.concat(parts) if parts else pd.DataFrame()
        return found if name in WITH_OWN or found.empty else found.loc[found.region != found.partner]


def leverage(
    base: Solution,
    new: Solution,
    work: Jobs | None = None,
    world: tuple[WorldTable, WorldTable] | None = None,
) -> Leverage:
    """Income and jobs by partner before and after. ``work``: `jobs.jobs` of the pair; ``world``: their
    tables, if made already. Raises ResultsError when the solutions do not belong together.
    """
    base, new = same_world(base, new)
    work = work or jobs(base, new)
    one, two = world or (world_table(base), world_table(new))
    return Leverage(_by_pair(one, work.data.base), _by_pair(two, work.data.new))


def _by_pair(w: WorldTable, jobs_of: xr.DataArray) -> xr.Dataset:
    """The variables of :class:`Leverage` for one solution; ``jobs_of`` (r, j) thousand persons."""
    abroad = 1 - np.eye(len(w.regions))
    direct, gdp = w.purchases.sum(2).T * abroad, w.income.sum(1)
    sectors = _by_sector(w, jobs_of)
    whole = {name: a.sum(1) for name, a in sectors.items()}
    found = whole | {
        # Final demand also pays taxes of its own region, which no sector earns.
        "income_in_demand": w.income,
        "purchases_direct": direct,
        "purchases_embodied": w.income.T * abroad,
        "purchases_embodied_share": 100 * (w.income / w.income.sum(0)).T * abroad,
        "asymmetry_income": _asymmetry(w.income, gdp),
        "asymmetry_purchases": _asymmetry(direct, gdp),
        "income_in_demand_share": 100 * w.income / gdp[:, None],
        "income_in_exports_share": 100 * whole["income_in_exports"] / gdp[:, None],
    }
    data = {name: (("r", "p"), a) for name, a in found.items()}
    data |= {f"{name}_by_sector": (("r", "j", "p"), a) for name, a in sectors.items()}
    return xr.Dataset(data, coords={"r": w.regions, "p": w.regions, "j": w.sectors})


def _by_sector(w: WorldTable, jobs_of: xr.DataArray) -> dict[str, np.ndarray]:
    """``BY_SECTOR`` (r, j, p): what each sector's output for the partner's demand, and for exports to it,
    earns and employs.
    """
    counted = jobs_of.sel(r=w.regions, j=w.sectors).transpose("r", "j").values
    if (counted[w.output <= 0] > 0).any():
        raise ResultsError("jobs in a sector without output: they depend on nobody's demand")
    per_output = np.divide(counted, w.output, out=np.zeros_like(counted), where=w.output > 0)[:, :, None]
    earned = w.earned[:, :, None]
    called_for = w.downstream((w.basic * w.final).transpose(0, 2, 1))
    _require_all_called_for(w, called_for.sum(2))
    made = w.domestic @ (w.foreign * w.market).transpose(0, 2, 1)
    taxed = _taxed(w, w.inputs @ called_for) + (w.exported_tax * w.final).transpose(0, 2, 1)
    return {
        "income_in_demand": earned * called_for + taxed,
        "jobs_in_demand": per_output * called_for,
        "income_in_exports": earned * made + (w.exported_tax * w.market).transpose(0, 2, 1),
        "jobs_in_exports": per_output * made,
    }


def _require_all_called_for(w: WorldTable, total: np.ndarray) -> None:
    """Final demands together call for what is made, or income by demand would not be GDP (ResultsError)."""
    gap = np.abs(total - w.output).sum(1) / w.output.sum(1)
    if not gap.max() < CLEARING_TOLERANCE:
        raise ResultsError(
            f"output of {w.regions[int(np.argmax(gap))]} differs by {gap.max():.1e} from what all final "
            "demands call for: the solution does not clear; look at its certificate before using any number"
        )


def _taxed(w: WorldTable, used: np.ndarray) -> np.ndarray:
    """Export taxes and rents of (o, i) on inputs that the demand of each region calls for: (o, i, p);
    ``used`` (d, i, p): those inputs at market prices.
    """
    return (w.exported_tax.transpose(2, 0, 1) @ used.transpose(1, 0, 2)).transpose(1, 0, 2)


def _asymmetry(held: np.ndarray, gdp: np.ndarray) -> np.ndarray:
    """Percent of own GDP that rests on the partner, less the partner's on the region (r, p)."""
    share = 100 * held / gdp[:, None]
    return share - share.T
