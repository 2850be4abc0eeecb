r"""A retraining programme for displaced workers: who takes part, what it costs, next to the gain.

.. math:: participants = u \sum_j D_j, \qquad cost = participants \cdot c

with D the workers displaced, gross of attrition (`results.adjustment`): the uptake u was measured against all
who became eligible. c is the cost of one participant, spent once: the scenario's own, else that of the United
States scaled with labour income per person (`results.adjustment_scaling`). The gain is the present value of
the equivalent variation, as in the adjustment account.

The cost has two parts. Training, counselling and administration (the share ``resource_share``) use up work
and goods: a cost to society. The rest is income support, a transfer from who pays it to who gets it. Here the
programme is an account beside the model: nobody is taxed for it and nobody finds work sooner. Where a
compensation pays for it (`results.compensation`), only the first part takes labour out of the equilibrium.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import StringIO

import pandas as pd
import xarray as xr

from results.adjustment import SETS, Adjustment
from results.adjustment_scaling import REFERENCE
from results.arrays import Plain, Plains, like, where
from results.errors import ResultsError
from results.measures import Measure, frame

NAMES = ("uptake", "cost_per_worker", "resource_share")
SHARE = "retraining_share_of_gain"
SCALED = " in the USA, elsewhere scaled with labour income per person"


@dataclass(frozen=True)
class Programme:
    """Whose displaced are retrained (regions of the model); a number that is not given is the table's."""

    regions: tuple[str, ...]
    uptake: float | None = None
    cost_per_worker: float | None = None

    def numbers(self, which: str) -> dict[str, float]:
        """Uptake (share), cost per participant (USD) and the share of it that uses up resources, of one set:
        low, central or high.
        """
        table = assumptions().set_index("name")
        given = {"uptake": self.uptake, "cost_per_worker": self.cost_per_worker, "resource_share": None}
        return {n: float(table.at[n, which]) if v is None else float(v) for n, v in given.items()}  # pyright: ignore

    def words(self, *, paid: bool = False) -> str:
        """What a reader must know; ``paid``: a compensation inside the model pays for the programme."""
        low, mid, high = (self.numbers(s) for s in SETS)
        uptake = _band([100 * x["uptake"] for x in (low, mid, high)], "{:.3g} %")
        cost = _band([x["cost_per_worker"] for x in (low, mid, high)], "USD {:,.0f}")
        training = _band([100 * x["resource_share"] for x in (low, mid, high)], "{:.3g} %")
        scaled = "" if self.cost_per_worker is not None or self.regions == (REFERENCE,) else SCALED
        unpaid = "it is not financed inside the model: no tax is raised for it"
        who = "a compensation pays for it inside the model" if paid else unpaid
        return (
            f"retraining in {', '.join(self.regions)}: {uptake} of the displaced take part, at {cost} "
            f"each{scaled}, of which {training} is training and administration, the rest income support (a "
            f"transfer); {who}, and nobody finds work sooner because of it"
        )


def _band(values: list[float], form: str) -> str:
    """``32.2 % (20 % to 50 %)``; the middle alone where the three agree."""
    low, mid, high = (form.format(v) for v in values)
    return mid if low == high else f"{mid} ({low} to {high})"


@cache
def assumptions() -> pd.DataFrame:
    """The table as shipped: name, low, central, high, unit, source, confidence."""
    text = resources.files("results").joinpath("assumptions", "retraining.csv").read_text(encoding="utf-8")
    return pd.read_csv(StringIO("\n".join(line for line in text.splitlines() if not line.startswith("#"))))


def expense(costs: Adjustment, programme: Programme, which: str) -> xr.Dataset:
    """By region of the programme (r), one set: ``people`` (thousand), ``each`` (USD), ``cost`` (USD million)
    and the part of it that uses up ``resources`` (USD million).

    Raises ResultsError on a region that is not there.
    """
    return _expense(Plains.of(costs.data), programme, which).to_xarray()


def _expense(found: Plains, programme: Programme, which: str) -> Plains:
    """`expense` from the variables of `results.adjustment.costs`."""
    known = found.world.labels["r"]
    missing = sorted(set(programme.regions) - set(known))
    if missing:
        raise ResultsError(
            f"retraining: {', '.join(missing)} is no region here; there are {', '.join(known)}"
        )
    here, number = [r for r in known if r in programme.regions], programme.numbers(which)
    people = number["uptake"] * found["gross"].sum("j").sel(r=here)
    scale = found[f"retraining_{which}"].sel(r=here) if programme.cost_per_worker is None else 1.0
    each = like(people, number["cost_per_worker"]) * scale
    # thousand persons times USD: USD million
    cost = people * each / 1000
    resources = number["resource_share"] * cost
    data = {"people": people, "each": each, "cost": cost, "resources": resources}
    return Plains(data, people.world)


def table(costs: Adjustment, programme: Programme) -> pd.DataFrame:
    """Tidy rows by region of the programme and set: participants, cost, what of it uses up
    resources, and the cost's share of a gain.

    The share has no row where the region does not gain. Raises ResultsError on a region that is not there.
    """
    return frame(measures(Plains.of(costs.data), programme))


def measures(found: Plains, programme: Programme) -> list[Measure]:
    """The numbers of the table from those of `results.adjustment.costs`; raises as it does."""
    out: list[Measure] = []
    for s in SETS:
        spent = _expense(found, programme, s)
        gain = found[f"gain_{s}"].sel(r=spent.world.labels["r"])
        share = (100 * spent["cost"] / where(gain > 0, gain, 1.0)).where(gain > 0)
        rows: dict[str, tuple[str, Plain]] = {
            f"retraining_participants_{s}": ("thousand persons", spent["people"]),
            f"retraining_unit_cost_{s}": ("USD per participant", spent["each"]),
            f"retraining_cost_{s}": ("USD million", spent["cost"]),
            f"retraining_resource_cost_{s}": ("USD million", spent["resources"]),
            f"{SHARE}_{s}": ("percent of the present value of the gain", share),
        }
        out += [Measure(n, unit, 0.0, x, may_lack=n.startswith(SHARE)) for n, (unit, x) in rows.items()]
    return out
