r"""Compensation of the displaced paid inside the model: what is due, and what is left of the gain.

.. math:: A = s \, (L + P) / a, \qquad \ell = (C + s R) / (a \, W), \qquad
          EV_{net} = EV_{gross} - losses - burden

L: income that the displaced lose (present value); P: what is paid for a retraining programme; s: the share
paid; a: the annuity of the adjustment account; C: the part of L that the equilibrium does not count yet (it
has those whom a fall of employment puts out of work already); R: the part of the programme that uses up
resources (training, counselling, administration); W: labour income. A is what the levy raises a year, in
consumer prices of the baseline. :math:`\ell` is the share of effective labour that is missing: time out of
work, lower earnings, and the work of trainers, who are paid from the levy.

A programme's cost is R and income support, a transfer (`results.retraining`). ``pays: retraining`` pays both;
``pays: both`` makes the displaced whole and pays R on top: P is then R, since income support would pay a
second time for income that is made good already.

A, losses and burden run over the horizon of the account; the gain lasts. So the net gain is that of a year of
the horizon. In the long run, with a gain for ever and costs that end with the horizon, at the account's rate
r, what is left of the gain is :math:`1 - (EV_{gross} - EV_{net}) \, a \, r / EV_{gross}`.

There is one household in a region, so what one part of it pays another is no loss. What is left in the
equilibrium is the work that is lost and the burden of the tax. They are told apart exactly: the losses are
the difference between the policy without and with them when a lump sum pays, the burden that between the
lump sum and the tax at the same losses. With ``losses: account`` the labour force stays whole and only the
burden is in the model. The cost of funds is an average, over all that the levy raises, not that of its last
dollar. In regions that pay nothing the same differences are effects of the payers' lost work and levies on
their welfare (spillovers). Sources: Harberger (1964) on the burden; Dahlby (2008) on costs of public funds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import xarray as xr

from cge.solution import Solution
from results.adjustment import Adjustment, Parameters, adjustment
from results.compensation_words import TAX_WORDS, words
from results.indicators import USD_BASE, Indicators
from results.jobs import employment, jobs
from results.levels import aligned, levels, safe_ratio, same_world
from results.retraining import Programme, expense
from results.tidy import rows, world_row
from results.welfare import equivalent_variation

A_YEAR = "USD million a year over the horizon, base prices"


@dataclass(frozen=True)
class Terms:
    """What is agreed: whose displaced (regions of the model), what is paid (``full``, ``retraining``,
    ``both``), from which tax, by which parameters; ``programme`` where retraining is paid.
    """

    regions: tuple[str, ...]
    financed_by: str
    pays: str = "full"
    share: float = 1.0
    displaced: str = "gross"
    parameters: str = "central"
    in_model: bool = True
    programme: Programme | None = None


@dataclass(frozen=True)
class Due:
    """``data`` by region (r), 0 outside the terms: ``workers`` (thousand, who are paid: the displaced, or the
    participants where only a programme is paid), ``participants`` (thousand), ``income`` and ``programme``
    (what is paid, USD million, present value), ``a_year`` (both a year of the horizon), ``lost`` (share of
    effective labour that the equilibrium has to go without), ``scale`` (of time out of work); ``parameters``:
    of the account.
    """

    data: xr.Dataset
    parameters: Parameters


@dataclass(frozen=True)
class Settlement:
    """A compensation that is paid.

    By region (r): ``rate`` of the levy (share of its base), ``tax`` before and after it (mean rates),
    ``revenue`` (USD million a year in consumer prices of the baseline), ``ev`` of the
    policy without compensation (gross), with its losses and a lump sum (lump_sum), and as it is (net), USD
    million a year; ``income``: national income of the baseline. ``residual``: largest gap of the fixed point,
    in national incomes, after ``rounds`` solutions.
    """

    terms: Terms
    due: Due
    rate: xr.DataArray
    tax: Mapping[str, xr.DataArray]
    revenue: xr.DataArray
    ev: Mapping[str, xr.DataArray]
    income: xr.DataArray
    residual: float
    rounds: int

    @property
    def real_losses(self) -> xr.DataArray:
        """What lost work and trainers cost, USD million a year (r), in the payers or, elsewhere, by what
        happens in them; exact.
        """
        return self.ev["gross"] - self.ev["lump_sum"]

    @property
    def excess_burden(self) -> xr.DataArray:
        """What the tax costs beyond what it raises, USD million a year (r); elsewhere what the payers' tax
        costs; exact.
        """
        return self.ev["lump_sum"] - self.ev["net"]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a manifest."""
        t = self.terms
        return {
            "regions": list(t.regions), "pays": t.pays, "share": t.share, "financed_by": t.financed_by,
            "displaced": t.displaced, "parameters": t.parameters,
            "losses": "in_model" if t.in_model else "account",
            "residual": self.residual, "solutions": self.rounds,
        }  # fmt: skip

    def words(self) -> str:
        """What a reader must know, as a note (`results.compensation_words`)."""
        return words(self)


def due(base: Solution, new: Solution, terms: Terms) -> Due:
    """What the displaced of ``new`` against ``base`` are due, and the labour that is missing on their
    account.
    """
    costs = adjustment(base, jobs(base, new), _persons(base, new))
    data, s = costs.data, terms.parameters
    gross = terms.displaced == "gross"
    kind = f"gross_{s}" if gross else s
    workers = (data.gross if gross else data[f"beyond_{s}"]).sum("j")
    uncounted = data[f"cost_{kind}"]
    income = terms.share * (uncounted + data[f"counted_{kind}"])
    spent = _programme(costs, terms)
    resources = terms.share * spent.resources
    programme = resources  # full compensation holds the income support already
    if terms.pays == "retraining":
        income, programme, workers = 0.0 * income, terms.share * spent.cost, spent.people
    here = data.r.isin(list(terms.regions))
    p = costs.parameters[s]
    lost = (uncounted + resources) / p.annuity / _labour_income(base)
    found = {
        "workers": workers, "participants": spent.people, "income": income, "programme": programme,
        "a_year": (income + programme) / p.annuity, "lost": lost if terms.in_model else 0.0 * lost,
        "scale": data[f"scale_{s}"],
    }  # fmt: skip
    return Due(xr.Dataset({name: value.where(here, 0.0) for name, value in found.items()}), p)


def _persons(base: Solution, new: Solution) -> Indicators:
    """All that the account needs to know what is lost: who is in work. Gains are not looked at here."""
    before, after = employment(base), employment(new)
    work = rows("employment", "thousand persons", before, after)
    still = rows("welfare_ev", USD_BASE, xr.zeros_like(before), xr.zeros_like(before))
    return Indicators(pd.concat([work, still], ignore_index=True), 0.0, ())


def _programme(costs: Adjustment, terms: Terms) -> xr.Dataset:
    """``people`` in the programme (thousand), its ``cost`` and its ``resources`` (USD million), by r."""
    nothing = 0.0 * costs.data.gross.sum("j")
    if terms.programme is None or terms.pays == "full":
        return xr.Dataset({"people": nothing, "cost": nothing, "resources": nothing})
    spent = expense(costs, terms.programme, terms.parameters)[["people", "cost", "resources"]]
    return spent.reindex(r=nothing.r, fill_value=0.0)


def _labour_income(base: Solution) -> xr.DataArray:
    v, b = aligned(base)
    return (b.V0 * v.pf * v.wedge * v.xf).sel(f="labour", drop=True).sum("j")


def levy_base(new: Solution, financed_by: str) -> xr.DataArray:
    """What one unit of the levy's rate raises (r), USD million a year in prices of ``new``."""
    found = levels(new)
    if financed_by == "production_tax":
        return found["output"].sum("i")
    return found["consumption"] / (1 + new.values.tc)


def consumer_prices(base: Solution, new: Solution) -> xr.DataArray:
    """Consumer prices (r) of ``new`` over those of ``base``."""
    return safe_ratio(new.values.pc, base.values.pc, 1.0)


def mean_rate(solution: Solution, financed_by: str) -> xr.DataArray:
    """The tax that the levy is part of (r), share of its base."""
    if financed_by != "production_tax":
        return solution.values.tc
    found = levels(solution)
    return found["output_taxes"] / found["output"].sum("i")


def gains(base: Solution, **others: Solution) -> tuple[xr.DataArray, dict[str, xr.DataArray]]:
    """National income of the baseline (r), and the equivalent variation of each solution by name."""
    start = levels(base)
    out = {}
    for name, new in others.items():
        b, n = same_world(base, new)
        out[name] = equivalent_variation(start, levels(n), b.values, n.values).ev
    return start["income"], out


def before_losses(found: Indicators, paid: Settlement | None) -> Indicators:
    """Indicators for the adjustment account: welfare before the losses that the account itself adds up."""
    if paid is None:
        return found
    table = found.table.copy()
    mine = (table.indicator == "welfare_ev").to_numpy() & table.region.isin(paid.income.r.values).to_numpy()
    more = paid.real_losses.to_series().reindex(table.region[mine]).to_numpy()
    for column in ("counterfactual", "change"):
        table.loc[mine, column] += more
    table.loc[mine, "percent"] = 100 * table.loc[mine, "change"] / table.loc[mine, "baseline"]
    return replace(found, table=table)


def table(paid: Settlement) -> pd.DataFrame:
    """Tidy rows: gains and burdens of every region and the world, and the compensation of those that pay.

    The shares of the gain have no row where nothing is gained (that of the long run none at a rate of zero
    either), ``compensation_participants`` none without a programme, the tax rates none where no tax pays or
    nothing is due, ``compensation_cost_of_funds`` (an average) besides none where several regions pay: the
    burden of each then holds what the others' levies do to it.
    """
    income = paid.income
    out = [rows("gain_gross", USD_BASE, income, income + paid.ev["gross"])]
    out += [rows("gain_net", A_YEAR, income, income + paid.ev["net"])]
    out += [_from_zero("compensation_real_losses", A_YEAR, paid.real_losses)]
    out += [_from_zero("compensation_excess_burden", A_YEAR, paid.excess_burden)]
    out += [world_row(t) for t in list(out)]
    own = list(paid.terms.regions)
    data, gain = paid.due.data.sel(r=own), paid.ev["gross"].sel(r=own)
    for name, unit, value in (
        ("workers", "thousand persons", data.workers),
        ("amount", "USD million, present value", data.income + data.programme),
        ("amount_income", "USD million, present value", data.income),
        ("amount_programme", "USD million, present value", data.programme),
        ("amount_a_year", A_YEAR, data.a_year),
        ("levy_revenue", A_YEAR, paid.revenue.sel(r=own)),
    ):
        out.append(_from_zero(f"compensation_{name}", unit, value))
    hundred = xr.full_like(data.lost, 100.0)
    out.append(rows("effective_labour", "index, base = 100", hundred, 100 * (1 - data.lost)))
    if paid.terms.programme is not None and paid.terms.pays != "full":
        out.append(_from_zero("compensation_participants", "thousand persons", data.participants))
    return pd.concat([*out, *_left(paid, gain), *_of_the_tax(paid)], ignore_index=True)


def _left(paid: Settlement, gain: xr.DataArray) -> list[pd.DataFrame]:
    """What is left of the gain in the payers that gain: over the horizon, and in the long run."""
    here = gain.r.values[gain.values > 0]
    if not len(here):
        return []
    p, net = paid.due.parameters, paid.ev["net"].sel(r=here)
    share = 100 * net / gain.sel(r=here)
    out = [_from_zero("compensation_net_share_of_gain", "percent of the gross gain, over the horizon", share)]
    if p.discount_rate > 0:
        long = 100 - (100 - share) * p.annuity * p.discount_rate
        unit = "percent of the gross gain, for ever"
        out.append(_from_zero("compensation_net_share_long_run", unit, long))
    return out


def _of_the_tax(paid: Settlement) -> list[pd.DataFrame]:
    own = list(paid.terms.regions)
    revenue = paid.revenue.sel(r=own)
    payers = revenue.r.values[revenue.values > 0]
    if paid.terms.financed_by not in TAX_WORDS or not len(payers):
        return []
    before, after = (100 * paid.tax[k].sel(r=payers) for k in ("before", "after"))
    base = "consumption" if paid.terms.financed_by == "consumption_tax" else "the value of output"
    out = [
        rows("compensation_tax_rate", f"percent of {base}", before, after),
        _from_zero("compensation_levy_rate", f"points of {base}", 100 * paid.rate.sel(r=payers)),
    ]
    if len(payers) == 1:
        funds = 1 + paid.excess_burden.sel(r=payers) / revenue.sel(r=payers)
        out.append(_from_zero("compensation_cost_of_funds", "USD of welfare per USD raised", funds))
    return out


def _from_zero(name: str, unit: str, value: xr.DataArray) -> pd.DataFrame:
    return rows(name, unit, xr.zeros_like(value), value, ("r",))
