"""What a result hangs on: exact derivatives of its numbers by elasticities, assumptions and shocks.

Two solves, one factorisation at each solution, and no solve more: the transposed chain (`cge.adjoint`) gives
the derivative of every number with respect to everything that the model is handed, and cheap differences of
preparing the case (`cge.app.slopes`) say how that moves with a target.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cge.adjoint import Adjoint, gradients
from cge.app.api import solve
from cge.app.case import Case, read
from cge.app.shock_account import account
from cge.app.slopes import (
    Hung,
    Mover,
    StructureError,
    accounts_of,
    links,
    number_at,
    numbers_of_shocks,
)
from cge.app.target_facts import told
from cge.solution import Solution
from scenarios.problems import Problem, ScenarioError
from scenarios.schema import Scenario

if TYPE_CHECKING:
    from results.outcomes import Outcomes
    from results.sensitivity import Moved, Sensitivity

Progress = Callable[[str], None]
INDICATORS = ("welfare_ev", "real_gdp", "real_wage")
"""What is ranked when nothing is asked for."""
SECTORAL = ("jobs", "output")
"""What is ranked of a sector when nothing is asked for."""
ELASTICITIES = ("trade[*]", "sigma_va[*]")


def sensitivity(
    scenario: str | Path | Scenario,
    *,
    indicators: Sequence[str] = (),
    regions: Sequence[str] = (),
    sectors: Sequence[str] = (),
    targets: Sequence[str] = (),
    only: bool = False,
    variant: str | None = None,
    aggregation: str | None = None,
    progress: Progress = lambda message: None,
) -> Sensitivity:
    """Derivatives of indicators with respect to all elasticities, the standard set's assumptions and every
    number of the shocks, with first-order intervals and an account of the shocks cell by cell.

    ``indicators``: names of the tables indicators, jobs, output and adjustment (welfare, real GDP and the
    real wage when none is given); ``regions``: the scenario's focus when none is given; ``sectors``: rows of
    the tables by sector; ``targets``: more of them (`scenarios.varying`), ``[*]`` for every sector; ``only``:
    those and no others. Ranges are those of the scenario's own ``sweep: vary``, else the standard set's.

    Raises as `cge.app.api.run`; ScenarioError for a target without a derivative and for scenarios that pay
    compensation inside the model; ResultsError for names that no table has; GradientError where no derivative
    exists.
    """
    progress("reading data")
    asked = read(scenario, variant)
    _refuse(asked)
    bench = _Bench(asked, aggregation)
    case = bench.case
    for target in bench.expand(targets):
        number_at(asked, target)
    progress("compiling derivatives")
    case.model.compile()
    base, new = solve(case, progress=progress)
    chosen = _Chosen.of(case, base, new, indicators, regions, sectors)
    progress("differentiating at the baseline")
    sides = Adjoint(case.model, base), Adjoint(case.model, new)
    hung = _hung(case, base, sides, chosen)
    mover = Mover(case, base, bench.case_at, hung)
    slopes, notes = _slopes(bench, mover, targets, only=only, progress=progress)
    progress("account of the shocks")
    return _result(bench, base, new, sides, chosen, hung, slopes, notes)


def _refuse(scenario: Scenario) -> None:
    if scenario.compensation is not None:
        message = (
            "what is paid is found outside the equations, by solving again and again, so no derivative goes "
            "through it; leave compensation out here, or sweep (cge sweep)"
        )
        raise ScenarioError([scenario.origin.problem("compensation", message)])


class _Bench:
    """The scenario, its case, and how to prepare one beside it: only what a change touches is made again."""

    def __init__(self, scenario: Scenario, aggregation: str | None) -> None:
        from cge.app.sweeps.cases import Workbench

        self._bench = Workbench(scenario, aggregation=aggregation)
        self.scenario, self.case = self._bench.scenario, self._bench.central
        self.cases = 0

    def case_at(self, changes: Mapping[str, Any]) -> Case:
        """The case with these values by target."""
        self.cases += 1
        return self._bench.case_at(self._bench.scenario_at(changes))

    def expand(self, targets: Sequence[str]) -> list[str]:
        """Targets with ``[*]`` written out."""
        return self._bench.expand(targets)


@dataclass(frozen=True)
class _Chosen:
    """The numbers that are asked about: their rows, baseline and counterfactual, and how JAX finds them."""

    rows: pd.DataFrame
    before: np.ndarray
    after: np.ndarray
    change: Callable[[Any, Any, Any], Any]
    """(values of the baseline, of the counterfactual, accounts) -> counterfactual less baseline (K,)."""

    @classmethod
    def of(
        cls, case: Case, base: Solution, new: Solution,
        indicators: Sequence[str], regions: Sequence[str], sectors: Sequence[str],
    ) -> _Chosen:  # fmt: skip
        from cge.app.compensating import programme
        from cge.app.depending import model_sectors
        from cge.jax_setup import jax
        from results.outcomes import DEFAULT, outcomes

        places = tuple(regions) or (_focus(case),)
        inside = model_sectors(case.aggregation, sectors, "sensitivity")
        wanted = tuple(indicators) or (SECTORAL if inside else INDICATORS)
        tables = ("indicators",) if not inside and set(wanted) <= set(INDICATORS) else DEFAULT
        found = outcomes(base, new, tables=tables, retraining=programme(case))
        numbers = _row_numbers(found, wanted, places, inside)
        before, after = (a[numbers] for a in found.numbers(base, new))
        rows = found.rows.iloc[numbers].reset_index(drop=True)
        _require_numbers(rows, before, after)
        traced = found.traced(numbers)

        def change(one: Any, two: Any, accounts: Any) -> Any:
            first, second = traced(one, two, accounts)
            return second - first

        return cls(rows, before, after, jax().jit(change))


def _focus(case: Case) -> str:
    regions = case.aggregation.region_codes()
    return case.scenario.focus or ("USA" if "USA" in regions else regions[0])


def _row_numbers(
    found: Outcomes, wanted: Sequence[str], places: Sequence[str], inside: Sequence[str]
) -> list[int]:
    """Rows of the outcomes, each indicator in each place. Raises ResultsError for what no table has."""
    from results.errors import ResultsError
    from scenarios.problems import suggest

    rows, out = found.rows, []
    for column, names in (("indicator", wanted), ("region", places)):
        known = list(dict.fromkeys(rows[column]))
        for name in names:
            if name not in known:
                hint = suggest(name, known, f"; there are {', '.join(known)}")
                raise ResultsError(f"sensitivity: no {column} '{name}'{hint}")
    lines = list(enumerate(rows.to_dict(orient="records")))
    for indicator in wanted:
        hit = [(k, r) for k, r in lines if r["indicator"] == indicator and r["region"] in places]
        hit = [(k, r) for k, r in hit if not r["partner"]]
        by_sector = any(r["sector"] for _, r in hit)
        if by_sector and not inside:
            raise ResultsError(f"{indicator} is told by sector: name sectors (--sector)")
        out += [k for k, r in hit if not by_sector or r["sector"] in inside]
    return out


def _require_numbers(rows: pd.DataFrame, before: np.ndarray, after: np.ndarray) -> None:
    from results.errors import ResultsError

    bad = np.flatnonzero(~np.isfinite(after - before))
    if len(bad):
        row = rows.iloc[int(bad[0])]
        raise ResultsError(f"{row['indicator']} of {row['region']}: there is no such number in this case")


def _hung(case: Case, base: Solution, sides: tuple[Adjoint, Adjoint], chosen: _Chosen) -> Hung:
    """Gradients through both solutions and through the accounts."""
    from cge.adjoint import values_of
    from cge.jax_setup import jax

    accounts = accounts_of(case.model)
    found = gradients(*sides, lambda b, n: chosen.change(b, n, accounts), links(case, base))
    before, after = (values_of(side.model, side.levels) for side in sides)
    through = jax().jacrev(lambda a: chosen.change(before, after, a))(accounts)
    return Hung(found, {n: np.asarray(a) for n, a in through.items() if np.asarray(a).any()})


def _slopes(
    bench: _Bench, mover: Mover, more: Sequence[str], *, only: bool, progress: Progress
) -> tuple[list[Moved], list[str]]:
    """Slopes of all targets, those the user names first; what has none is named in a note."""
    spreads, notes = _standard(bench)
    if only:
        notes = ["mean, standard deviation and interval are of the targets named, all else certain"]
    own = bench.expand(more)
    standard = [] if only else [*bench.expand(ELASTICITIES), *spreads, *numbers_of_shocks(bench.scenario)]
    out = []
    for k, target in enumerate(dict.fromkeys((*own, *standard))):
        progress(f"target {k + 1}: {target}")
        try:
            value, apart = number_at(bench.scenario, target)
            slope = mover.slope(target, value, apart=apart)
        except (ScenarioError, StructureError) as error:
            if target in own:
                raise _refusal(target, error) from None
            notes.append(f"no derivative: {error}")
            continue
        spread = spreads.get(target)
        out.append(told(bench.case, slope, mover.wide(slope, spread, apart=apart), spread))
    return out, notes


def _refusal(target: str, error: Exception) -> ScenarioError:
    if isinstance(error, ScenarioError):
        return error
    return ScenarioError([Problem(f"vary {target}", None, "", str(error))])


def _standard(bench: _Bench) -> tuple[dict[str, Any], list[str]]:
    """Distributions by target, the scenario's own or else the standard set's as far as it has an effect here,
    and notes.
    """
    from scenarios.sweeping import expanded, standard_in

    own = bench.scenario.sweep
    if own is not None and own.vary:
        parameters, notes = own.parameters, ["ranges are those of the scenario's own sweep"]
        notes += ["its correlations are not counted here: targets are independent"] if own.correlate else []
    else:
        parameters, found = standard_in(bench.scenario)
        notes = list(found)
    every = expanded(parameters, bench.case.aggregation.sectors)
    return {p.target: p.distribution for p in every if p.distribution.numeric}, notes


def _result(
    bench: _Bench, base: Solution, new: Solution, sides: tuple[Adjoint, Adjoint], chosen: _Chosen, hung: Hung,
    moved: Sequence[Moved], notes: Sequence[str],
) -> Sensitivity:  # fmt: skip
    from results.sensitivity import Sensitivity, account_table, number_table, target_table

    case = bench.case
    numbers = number_table(chosen.rows, chosen.before, chosen.after, moved)
    cells = account(case, base, sides, chosen.rows, chosen.change, hung)
    by = hung.through.new
    arrays = (*by.parameters.values(), *by.held.values())
    counts = {
        "solves": 2, "factorisations": len(sides), "numbers": len(numbers), "targets": len(moved),
        "parameters": sum(int(np.prod(a.shape[1:])) for a in arrays),
        "cases": bench.cases,
    }  # fmt: skip
    names = {**case.accounts.meta.get("region_labels", {}), **case.accounts.meta.get("sector_labels", {})}
    if case.measures:
        notes = (
            *notes,
            "quotas and floors under wages bind from a threshold on: the account of the shocks has no "
            "first-order part for them, so what they do is in its remainder",
        )
    return Sensitivity(
        case.name, case.scenario.title, numbers, target_table(chosen.rows, moved), cells,
        account_table(numbers, cells), counts, tuple(notes), names,
    )  # fmt: skip
