"""The numbers of a sweep's point: those of the comparison's tables, the same rows for every point."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from trade_world import tariff

from cge.app import api
from cge.app.case import prepare
from cge.jax_setup import jax
from cge.plain import LabelError
from cge.solution import Solution
from results.arrays import Plain, World
from results.compare import compare
from results.errors import ResultsError
from results.outcomes import TABLES, arrays_of, outcomes
from results.retraining import Programme
from scenarios.reader import parse_scenario

Solver = Callable[..., Solution]

TARIFF = """
title: A tariff
shocks: [{tariff: {to: 25%}, importers: USA, exporters: CHN, sectors: goods}]
"""
DEEP = """
title: Barriers fall
shocks:
  - {provisions: CPTPP, between: [USA, CPTPP]}
  - {tariff: {to: 0%}, between: [USA, CPTPP], sectors: goods}
"""
QUICK = {"xla_backend_optimization_level": 0}
KEY = ["table", "region", "sector", "partner", "indicator", "unit"]
CLOSURES = {
    "full employment": TARIFF,
    "wage curve": TARIFF + "closure: {labour: wage_curve, capital: sector_specific}\n",
    "barriers": DEEP,
    "firms": DEEP + "formulation: {structure: melitz}\nclosure: {capital: sector_specific}\n",
}


def check_against_tables(base: Solution, new: Solution, scenario_of: Any, **training: Any) -> None:
    """Every row of the tables is among the outcomes; what is only there does not exist."""
    chosen = outcomes(base, new, tables=TABLES, **training)
    before, after = chosen.numbers(base, new)
    ours = chosen.rows.assign(baseline=before, counterfactual=after).set_index(KEY)
    tables = compare(base, new, scenario_info=scenario_of(), **training).tables
    told = pd.concat([tables[t].assign(table=t) for t in TABLES[:-1]]).set_index(KEY)
    assert ours.index.is_unique
    alone = ours.loc[~ours.index.isin(told.index)]
    assert alone.counterfactual.isna().all(), "a row that no table has is no number"
    assert set(alone.index.get_level_values("indicator").str.split("_").str[0]) <= {
        "compensation", "payback", "retraining", "unemployment",
    }  # fmt: skip
    same = ours.loc[told.index]
    for which in ("baseline", "counterfactual"):
        np.testing.assert_allclose(same[which], told[which], rtol=1e-12, atol=1e-12, err_msg=which)


def test_every_number_of_the_tables(base: Solution, new: Solution, scenario_of: Any) -> None:
    check_against_tables(base, new, scenario_of, retraining=Programme(("USA", "VNM")))


@pytest.mark.slow
@pytest.mark.parametrize("name", CLOSURES)
def test_every_number_of_the_tables_in_every_kind_of_model(name: str, scenario_of: Any) -> None:
    case = prepare(parse_scenario(CLOSURES[name]), aggregation="small")
    check_against_tables(*api.solve(case), scenario_of)


def test_every_point_has_the_same_rows(world: xr.Dataset, base: Solution, new: Solution) -> None:
    """Payback exists where a region gains: the row stays where it does not."""
    found = outcomes(base, new)
    still = outcomes(base, base)
    assert found.rows.equals(still.rows)
    number = found.row_number("CHN", "payback_years_central")
    assert np.isnan(found.numbers(base, new)[1][number]), "who meets a tariff does not gain"
    back = found.numbers(new, base)[1]
    assert back[number] > 0, "who is rid of it does"
    assert np.isfinite(back[found.row_number("CHN", "welfare_ev")])
    assert (found.numbers(base, base)[1][found.rows.indicator == "adjustment_cost_central"] == 0).all()


def test_a_point_with_another_programme_has_the_rows_of_the_sweep(base: Solution, new: Solution) -> None:
    """Half as many take part: half the cost; no programme: no number; another region's: no row for it."""
    central, half, none, other = (
        outcomes(new, base, retraining=p)
        for p in (Programme(("USA",), 0.4), Programme(("USA",), 0.2), None, Programme(("CHN",), 0.4))
    )
    row = central.row_number("USA", "retraining_cost_central")
    kept = [o.in_rows(central.rows, o.numbers(new, base)) for o in (central, half, none)]
    costs = [after[row] for _, after in kept]
    assert costs[0] > 0 and costs[1] == pytest.approx(costs[0] / 2) and np.isnan(costs[2])
    welfare = central.row_number("CHN", "welfare_ev")
    assert len({after[welfare] for _, after in kept}) == 1
    assert all(len(before) == len(central.rows) for before, _ in kept)
    with pytest.raises(ResultsError, match=r"retraining_[a-z_]* of CHN is no row of the sweep"):
        other.in_rows(central.rows, other.numbers(new, base))


def test_no_unemployment_is_known_where_the_benchmark_has_none(base: Solution, new: Solution) -> None:
    unknown = [replace(s, values=s.values.assign(u0=0 * s.values.u0, u=0 * s.values.u)) for s in (base, new)]
    chosen = outcomes(base, new)
    row = chosen.row_number("USA", "unemployment_rate")
    assert chosen.numbers(base, new)[0][row] == pytest.approx(100 * float(base.values.u.sel(r="USA")))
    assert all(np.isnan(x[row]) for x in chosen.numbers(unknown[0], unknown[1]))


def test_the_order_of_labels_changes_nothing(base: Solution, new: Solution) -> None:
    def turned(s: Solution, step: int) -> Solution:
        order = {d: np.roll(np.arange(s.values.sizes[d]), step) for d in "rodijf"}
        return replace(s, values=s.values.isel(order))

    chosen = outcomes(base, new)
    wanted = chosen.numbers(base, new)
    for one, two in ((turned(base, 1), new), (base, turned(new, 2)), (turned(base, 1), turned(new, 2))):
        for found, known in zip(chosen.numbers(one, two), wanted, strict=True):
            np.testing.assert_allclose(found, known, rtol=1e-11)


def test_what_is_no_outcome_is_refused(base: Solution, new: Solution, other_world_solution: Solution) -> None:
    chosen = outcomes(base, new)
    failed = replace(new, certificate=replace(new.certificate, converged=False))
    with pytest.raises(ResultsError, match="counterfactual is not a solution"):
        chosen.numbers(base, failed)
    with pytest.raises(ResultsError, match="different benchmarks"):
        chosen.numbers(base, other_world_solution)
    fewer = [replace(s, values=s.values.isel(r=[0, 1], o=[0, 1], d=[0, 1])) for s in (base, new)]
    with pytest.raises(ResultsError, match="VNM"):
        chosen.numbers(fewer[0], fewer[1])
    unbalanced = replace(new, values=new.values.assign(pc=np.nan * new.values.pc))
    with pytest.raises(ResultsError, match=r"cpi: the counterfactual is not a finite number at USA"):
        chosen.numbers(base, unbalanced)
    with pytest.raises(ResultsError, match=r"ledger; choose from indicators"):
        outcomes(base, new, tables=("ledger",))
    with pytest.raises(ResultsError, match=r"'bliss' of USA"):
        chosen.row_number("USA", "bliss")


def close_by(world: xr.Dataset, solution_of: Solver) -> tuple[Solution, Solution]:
    one, two = (solution_of(world, tm=tariff(world, x)) for x in (0.1, 0.102))
    return one, two


def difference(one: Solution, two: Solution) -> dict[str, np.ndarray]:
    return {n: a - arrays_of(one.values)[n] for n, a in arrays_of(two.values).items()}


def test_between_two_equilibria_close_by_outcomes_differ_by_their_slope(
    world: xr.Dataset, base: Solution, solution_of: Solver
) -> None:
    """Forward mode, and without the tables that no row is of."""
    one, two = close_by(world, solution_of)
    chosen = outcomes(base, one)
    row = chosen.row_number("USA", "welfare_ev")
    change = (chosen.numbers(base, two)[1] - chosen.numbers(base, one)[1])[row]
    start, accounts = arrays_of(base.values), arrays_of(base.benchmark)
    some = chosen.traced([row])

    def slope(at: Any, step: Any) -> Any:
        return jax().jvp(lambda v: some(start, v, accounts)[1], (at,), (step,))[1]

    compiled = jax().jit(slope, compiler_options=QUICK)
    ends = [float(compiled(arrays_of(s.values), difference(one, two))[0]) for s in (one, two)]
    assert np.mean(ends) == pytest.approx(change, rel=1e-5)
    assert ends[0] != pytest.approx(change, rel=1e-5), "the slope is that of the point"


@pytest.mark.slow
def test_slopes_of_the_account_and_of_index_numbers(
    world: xr.Dataset, base: Solution, solution_of: Solver
) -> None:
    """Reverse mode, as `cge sensitivity` has it."""
    names = ["real_gdp", "cpi", "terms_of_trade", "real_wage", "imports_volume", "tariff_share_of_taxes",
             "adjustment_cost_gross_central", "full_compensation_central", "displaced_low_wage"]  # fmt: skip
    one, two = close_by(world, solution_of)
    chosen = outcomes(base, one)
    rows = [chosen.row_number("USA", name) for name in names]
    first, second = (chosen.numbers(base, s)[1][rows] for s in (one, two))
    start, accounts = arrays_of(base.values), arrays_of(base.benchmark)
    some = chosen.traced(rows)
    compiled = jax().jit(jax().jacrev(lambda v: some(start, v, accounts)[1]), compiler_options=QUICK)
    ends = []
    for s in (one, two):
        found = compiled(arrays_of(s.values))
        parts = [np.asarray(found[n]) * step for n, step in difference(one, two).items()]
        ends.append(sum(p.reshape(len(rows), -1).sum(1) for p in parts))
    assert (np.abs(second - first) > 1e-6 * np.abs(first)).all(), "the shock moves all"
    np.testing.assert_allclose(np.mean(ends, axis=0), second - first, rtol=1e-4)


@pytest.mark.slow
def test_traced_numbers_are_the_same_and_every_slope_is_finite(base: Solution, new: Solution) -> None:
    """Also where nothing moves, on the corner of everything that is displaced, and where no number is."""
    chosen = outcomes(base, new, tables=TABLES)
    accounts = arrays_of(base.benchmark)
    start, end = arrays_of(base.values), arrays_of(new.values)
    every = jax().jit(chosen.traced())
    for found, wanted in zip(every(start, end, accounts), chosen.numbers(base, new), strict=True):
        np.testing.assert_allclose(np.asarray(found), wanted, rtol=1e-10, atol=1e-12)
    lost = ["payback_years_central", "compensation_share_of_gain_low", "displaced_imports_with_inputs"]
    rows = chosen.rows
    some = chosen.traced(np.flatnonzero(rows.indicator.isin(lost)).tolist())
    slope = jax().jit(jax().jacrev(lambda *x: some(*x)[1], argnums=(0, 1, 2)), compiler_options=QUICK)
    for after in (start, end):
        for part in slope(start, after, accounts):
            assert all(np.isfinite(a).all() for a in part.values())


def test_arrays_of_different_worlds_do_not_mix() -> None:
    one, two = (World({"r": labels, "d": ("x", "y")}) for labels in (("USA", "CHN"), ("CHN", "USA")))
    a, b = (Plain(np.ones(2), ("r",), w) for w in (one, two))
    with pytest.raises(LabelError, match="different regions"):
        a + b
    with pytest.raises(LabelError, match="different labels"):
        a.rename(r="d")
    with pytest.raises(LabelError, match="'MEX' is no label"):
        a.sel(r="MEX")
