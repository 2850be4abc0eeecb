"""Solved compensations of the tests: one small world, one shock, and what is paid as words of a scenario."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
from rich.console import Console

from cge.app import api
from cge.app.compensating import Settled
from cge.solution import Solution
from results.adjustment import parameter_sets
from results.compare import Comparison
from results.compensation import table as compensation
from results.compensation_screen import compensation_table
from results.levels import levels
from results.tidy import pick
from scenarios.reader import parse_scenario
from scenarios.schema import Scenario

SHOCK = "{tariff: {to: 0%}, between: [USA, CHN], sectors: goods}"
ANNUITY = parameter_sets()["central"].annuity
TAXES = ("consumption_tax", "production_tax")
SOURCES = (*TAXES, "lump_sum")


def asked(compensation: str, *, shock: str = SHOCK, more: str = "") -> Scenario:
    pays = f"compensation: {compensation}\n" if compensation else ""
    head = f"title: t\nbaseline: benchmark-2022\naggregation: small\n{more}"
    return parse_scenario(f"{head}{pays}shocks:\n  - {shock}\n", file="t.yaml")


def terms(source: str = "consumption_tax", **others: str) -> str:
    entries = {"regions": "USA", "financed_by": source, **others}
    return "{" + ", ".join(f"{k}: {v}" for k, v in entries.items()) + "}"


@dataclass(frozen=True)
class Run:
    """The policy without compensation and with it, on one baseline."""

    base: Solution
    plain: Solution
    settled: Settled

    @cached_property
    def result(self) -> Comparison:
        """Every table."""
        return api.comparison(self.settled.case, self.base, self.settled.new, paid=self.settled.paid)

    @cached_property
    def table(self) -> pd.DataFrame:
        """The table of the compensation."""
        assert self.settled.paid is not None
        return compensation(self.settled.paid)

    def of(self, indicator: str, column: str = "change", region: str = "USA") -> float:
        """One figure of the compensation."""
        return float(pick(self.table, region=region, indicator=indicator)[column].to_numpy().item())

    def indicator(self, name: str) -> float:
        """One of the indicators, of the United States."""
        found = pick(self.result.tables["indicators"], region="USA", indicator=name)
        return float(found["change"].to_numpy().item())

    def account(self, indicator: str) -> float:
        """One figure of the adjustment account, of the United States."""
        found = pick(self.result.tables["adjustment"], region="USA", indicator=indicator)
        return float(found["change"].to_numpy().sum())


Runner = Callable[..., Run]


def shown(run: Run) -> str:
    """The compensation on a terminal."""
    console = Console(width=80, force_terminal=False)
    with console.capture() as captured:
        console.print(compensation_table(run.result))
    return captured.get()


def results(case: api.Case, base: Solution) -> Run:
    plain = case.model.solve(api.policy_changes(case, base), start=base)
    return Run(base, plain, api.settle(case, base, plain))


def labour_income(solution: Solution) -> float:
    v, b = solution.values, solution.benchmark
    return float((b.V0 * v.pf * v.wedge * v.xf).sel(r="USA", f="labour").sum())


def levied(run: Run, source: str) -> float:
    """What the rise of the tax brings in, from the flows it falls on, in consumer prices of the baseline."""
    new, old = run.settled.new, run.plain
    value = levels(new)
    if source == "consumption_tax":
        rise = float((new.values.tc - old.values.tc).sel(r="USA"))
        raised = rise / float(1 + new.values.tc.sel(r="USA")) * float(value["consumption"].sel(r="USA"))
    else:
        rises = (new.values.to - old.values.to).sel(r="USA").rename(j="i")
        assert float(rises.max() - rises.min()) < 1e-15, "uniform over sectors"
        raised = float((rises * value["output"].sel(r="USA")).sum())
    return raised / float((new.values.pc / run.base.values.pc).sel(r="USA"))


def prepared() -> tuple[api.Case, Solution]:
    """The case without compensation and its baseline."""
    case = api.prepare(asked(""))
    return case, case.model.solve(case.baseline)


def runner(ready: api.Case, base: Solution) -> Runner:
    """Runs by what the compensation says, all on one compiled model, each once."""
    found: dict[str, Run] = {}

    def run(compensation: str, *, shock: str = SHOCK, more: str = "") -> Run:
        key = compensation + shock + more
        if key not in found:
            found[key] = results(api.with_policy(ready, asked(compensation, shock=shock, more=more)), base)
        return found[key]

    return run
