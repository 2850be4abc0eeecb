"""The adjustment account on a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group
from rich.text import Text

from results.adjustment import SETS
from results.compare import Comparison
from results.displaced import GROUPS
from results.terminal import number, table
from results.tidy import pick

DEFINITIONS = (
    "Net: the fall of each sector's jobs; a lower bound, since moves inside the {sectors} sectors are not "
    "seen. Import-displaced: each dollar of new imports takes the place of a dollar of output, whatever "
    "exports and prices do (Lawrence and Moran 2016). Jobs gained {gained}, lost {lost}; of these {thirds} "
    "in the third of jobs whose sectors pay least, the middle and the best (the data have no skills)."
)
PARAMETERS = (
    "Central set: attrition {attrition_rate:.1%} a year over {phase_in_years:.0f} years; "
    "{reemployed_share:.0%} re-employed after {years_out_reemployed:.2f} years at {earnings_loss:.0%} less; "
    "the others out for {years_out_others:.0f} years; United States sources. {scaling} {years:.1f} years of "
    "earnings lost by each. Transfers are not a cost."
)
BEFORE = (
    "Lost work is inside the model here: welfare is shown before it, over {horizon}, and after the burden of "
    "the levy; payback and shares are of that."
)
COMPENSATION = (
    "Compensation makes every displaced worker whole out of the gain. Payback: years until the discounted "
    "gain has covered the cost."
)
NONE, NEVER = "n/a", "never"

Line = tuple[str, list[float], int]


def adjustment_table(c: Comparison, focus: str | None = None) -> Group:
    """Displaced workers, what their adjustment costs against the gain, with definitions and parameters in
    words.
    """
    region = focus or c.scenario.focus
    mine = pick(c.tables["adjustment"], region=region)
    t = {str(n): pick(mine, indicator=n)["change"].to_numpy().sum() for n in mine.indicator.unique()}
    central = c.manifest["adjustment_parameters"]["central"]
    inside = c.manifest.get("compensation", {}).get("losses") == "in_model"
    lines = (*_displaced(t), *_costs(t, central, inside), *_compensation(t), *_retraining(t))
    rows = [
        [words, *(_cell(t, words, x, digits) for x in zip(SETS, values, strict=True))]
        for words, values, digits in lines
    ]
    drawn = table(f"{region}: workers displaced and the cost of adjustment", ("", *SETS), "lrrr", rows, 44)
    notes = [DEFINITIONS.format(sectors=c.manifest["sectors"], **_words(t)), _parameters(t, central)]
    notes += [BEFORE.format(horizon=_horizon(central))] if inside else []
    return Group(drawn, *(Text(x, style="dim") for x in (*notes, COMPENSATION)))


def _horizon(central: Mapping[str, Any]) -> str:
    return f"{central['horizon_years']:.0f} years at {100 * central['discount_rate']:.0f} %"


def _cell(t: Mapping[str, float], words: str, value: tuple[str, float], digits: int) -> str:
    """The number; where it does not exist, whether there is no gain or the gain never pays."""
    which, x = value
    if x == x:
        return number(x, digits, sign=False)
    return NEVER if words == PAYBACK and t[f"adjustment_present_value_of_gain_{which}"] > 0 else NONE


PAYBACK = "Payback (years, if the gain lasts)"


def _band(t: Mapping[str, float], indicator: str) -> list[float]:
    return [t.get(f"{indicator}_{s}", float("nan")) for s in SETS]


def _displaced(t: Mapping[str, float]) -> Iterator[Line]:
    """The three definitions, thousand persons."""
    yield "Displaced, net (thousand persons)", [t["displaced_gross"]] * 3, 2
    yield "  beyond attrition", _band(t, "displaced_beyond_attrition"), 2
    yield "Import-displaced (thousand persons)", [t["displaced_imports_direct"]] * 3, 2
    yield "  with the inputs of what is displaced", [t["displaced_imports_with_inputs"]] * 3, 2


def _costs(t: Mapping[str, float], central: Mapping[str, Any], inside: bool) -> Iterator[Line]:
    """The cost and its parts against the gain, USD million; ``inside``: lost work is in the equilibrium, and
    the gain is that before it.
    """
    yield "Cost, gross displacement (USD m, once)", _band(t, "adjustment_cost_gross"), 0
    counted = any(_band(t, "cost_counted_in_gain"))
    beyond = ", not in welfare yet" if counted else ""
    yield f"  of which time out of work{beyond}", _band(t, "cost_time_out"), 0
    yield f"  of which lower wages{beyond}", _band(t, "cost_wage_loss"), 0
    yield "Cost beyond attrition (USD m, once)", _band(t, "adjustment_cost"), 0
    gain = (
        "Welfare before lost work (USD m, PV)" if inside else f"Welfare change (USD m, {_horizon(central)})"
    )
    yield gain, _band(t, "adjustment_present_value_of_gain"), 0


def _compensation(t: Mapping[str, float]) -> Iterator[Line]:
    yield PAYBACK, _band(t, "payback_years"), 1
    yield "Full compensation (USD m, once)", _band(t, "full_compensation"), 0
    yield "  a year over the horizon (USD m)", _band(t, "full_compensation_a_year"), 0
    yield "  in % of a welfare gain", _band(t, "compensation_share_of_gain"), 1


def _retraining(t: Mapping[str, float]) -> Iterator[Line]:
    """Lines of a retraining programme, if the region has one."""
    if f"retraining_participants_{SETS[0]}" in t:
        yield "Retrained (thousand persons)", _band(t, "retraining_participants"), 2
        yield "  cost (USD m, once)", _band(t, "retraining_cost"), 0
        yield "  of which not income support", _band(t, "retraining_resource_cost"), 0
        yield "  cost in % of a welfare gain", _band(t, "retraining_share_of_gain"), 1


def _words(t: Mapping[str, float]) -> dict[str, str]:
    """Jobs gained and lost, and those lost by thirds of the region's jobs, in thousands."""
    thirds = [number(t[f"displaced_{g}"], 2, sign=False) for g in GROUPS]
    gained, lost = (number(t[f"jobs_{k}"], 2, sign=False) for k in ("gained", "lost"))
    return {"gained": gained, "lost": lost, "thirds": f"{thirds[0]}, {thirds[1]} and {thirds[2]}"}


def _parameters(t: Mapping[str, float], central: Mapping[str, Any]) -> str:
    scale = t["time_out_scaling_central"]
    scaling = f"Time out of work here {scale:.2f} times that (unemployment)." if scale != 1 else ""
    words = PARAMETERS.format(**central, scaling=scaling, years=t["earnings_lost_years_central"])
    return " ".join(words.replace("%", " %").split())
