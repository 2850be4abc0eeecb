"""Compensation that is paid inside the model, on a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from rich.console import Group
from rich.text import Text

from results.compare import Comparison
from results.compensation import TAX_WORDS
from results.errors import ResultsError
from results.terminal import Row, coloured, number, table
from results.tidy import WORLD, pick

WORDS = (
    "A year over the first {years:.0f} years (the horizon); the gain lasts, the costs do not. Transfers are "
    "not a social cost; lost work and the burden of the tax are. Cost of funds: an average; with labour "
    "fixed a tax distorts little. Elsewhere: the effect of the payers' lost work and levies on welfare there."
)


def compensation_table(c: Comparison, focus: str | None = None) -> Group:
    """What compensation leaves of the gain: of the focus region where it pays, else of the first that does.

    Raises ResultsError where the comparison has no compensation.
    """
    if "compensation" not in c.tables:
        raise ResultsError("this comparison pays no compensation: its scenario has no 'compensation'")
    t = c.tables["compensation"]
    payers = list(pick(t, indicator="compensation_workers")["region"])
    wanted = focus or c.scenario.focus
    region = wanted if wanted in payers else payers[0]
    mine = {str(r["indicator"]): r for r in pick(t, region=region).to_dict("records")}
    v = {name: float(r["change"]) for name, r in mine.items()}
    asked = c.manifest["compensation"]
    source = TAX_WORDS.get(str(asked["financed_by"]), "lump sum")
    trainers = "" if asked["pays"] == "full" else ", trainers"
    rows: list[Row] = [
        ["Gain before paying", coloured(v["gain_gross"], 1), ""],
        [f"Lost work{trainers}", coloured(-v["compensation_real_losses"], 1), _lost(v, asked)],
        ["Burden of the tax", coloured(-v["compensation_excess_burden"], 1), _funds(v)],
        ["Net gain", coloured(v["gain_net"], 1, bold=True), _left(v, "share_of_gain", "")],
        ["  in the long run", "", _left(v, "share_long_run", ", if it lasts for ever")],
        ["Paid", number(v["compensation_amount_a_year"], 1, sign=False), _people(v, asked)],
        *_retrained(v, asked),
        *_levy(mine),
        ["Welfare elsewhere", coloured(_elsewhere(t, payers), 1), "from the payers' losses and levies"],
    ]
    title = f"{region}: compensation of the displaced, from a {source}"
    years = c.manifest["adjustment_parameters"][asked["parameters"]]["horizon_years"]
    drawn = table(title, ("", "USD m a year", ""), "lrl", rows, 26)
    return Group(drawn, Text(WORDS.format(years=years), style="dim"))


def _lost(v: Mapping[str, float], asked: Mapping[str, Any]) -> str:
    if asked["losses"] != "in_model":
        return "in the account beside the model"
    return f"effective labour {number(v['effective_labour'], 4)} %"


def _left(v: Mapping[str, float], name: str, more: str) -> str:
    """What is left of the gain, in percent."""
    share = f"compensation_net_{name}"
    return f"{number(v[share], 1, sign=False)} % of it{more}" if share in v else "n/a: no gain to share"


def _funds(v: Mapping[str, float]) -> str:
    name = "compensation_cost_of_funds"
    if name in v:
        return f"{number(v[name], 4, sign=False)} USD lost per USD raised"
    return "with that of others' levies" if "compensation_levy_rate" in v else ""


def _people(v: Mapping[str, float], asked: Mapping[str, Any]) -> str:
    """Who is paid: the displaced, or those in a programme."""
    people = number(v["compensation_workers"], 2, sign=False)
    return f"for {people} thousand {'participants' if asked['pays'] == 'retraining' else 'displaced'}"


def _retrained(v: Mapping[str, float], asked: Mapping[str, Any]) -> list[Row]:
    """How many are retrained besides; [] where no programme or nothing else is paid."""
    if asked["pays"] != "both":
        return []
    return [["", "", f"and to train {number(v['compensation_participants'], 2, sign=False)} thousand"]]


def _levy(mine: Mapping[str, Any]) -> list[Row]:
    """The tax before and after the levy; [] where no tax pays."""
    if "compensation_tax_rate" not in mine:
        return []
    row = mine["compensation_tax_rate"]
    base = str(row["unit"]).replace("percent", "%").replace("the value of ", "")
    return [["Levy", "", f"from {row['baseline']:.3f} to {row['counterfactual']:.3f} {base}"]]


def _elsewhere(t: pd.DataFrame, payers: list[str]) -> float:
    """Welfare of all regions that pay nothing, by the payers' lost work and levies, USD million a year."""
    costs = t.indicator.isin(["compensation_real_losses", "compensation_excess_burden"])
    there = pd.DataFrame(t[costs & ~t.region.isin([*payers, WORLD])])
    return -float(there["change"].to_numpy().sum())


def shown(c: Comparison, focus: str | None = None) -> tuple[Group, ...]:
    """The table where there is compensation, else nothing."""
    return (compensation_table(c, focus),) if "compensation" in c.tables else ()
