"""Barriers that are not tariffs on their way from the data to the instruments of the model.

Levels and estimated effects (`calibration.barriers`) meet what agreements have removed (`scenarios`); the
rents that are left are carved out of the accounts (`calibration.rents`), and a policy's changes become
iceberg factors and rent rates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd
import xarray as xr

from calibration.accounts import Accounts
from calibration.barriers import load_barriers, trade_cost_cut
from calibration.elasticities import nest, trade_elasticity
from calibration.gravity.choices import specification
from calibration.gravity.estimate import CROSS_SECTION
from calibration.rents import carve_rents
from scenarios.apply import benchmark_removed, override_sectors
from scenarios.barriers import BarrierData, assumptions, barrier_instruments, benchmark_rents
from scenarios.policy import Policy
from scenarios.reader import barrier_file
from scenarios.schema import Scenario


@dataclass(frozen=True)
class BarrierSide:
    """What a scenario that moves barriers works with: accounts that carry rents, the data (country level),
    and the rents that the accounts could not bear (`calibration.rents.Carved.lowered`).
    """

    world: Accounts
    data: BarrierData
    lowered: pd.DataFrame
    reading: str
    """Of the effects of agreements: cross_section or pair; "" where scores decide."""


def barrier_data(scenario: Scenario) -> BarrierData:
    """Barriers at country level as the scenario sees them, without rents.

    The effect of an agreement is its estimate in log points of trade over the trade elasticity (sigma - 1
    among origins) of the set in use, so that the model's trade would respond as estimated if all of it were
    left to be cut; where the barrier holds less, what can be cut decides. Raises ScenarioError,
    ElasticityError and BarrierError, each saying what and where.
    """
    packaged = load_barriers(barrier_file(scenario), scenario.barriers.effect)
    band = scenario.barriers.band
    overrides = override_sectors(scenario, [str(i) for i in packaged.ave["i"].values])
    theta = trade_elasticity(scenario.elasticities, overrides, one_level=one_level(scenario))
    level = {"low": packaged.low, "central": packaged.ave, "high": packaged.high}[band]
    return BarrierData(ave=level, effect=trade_cost_cut(packaged, theta, band=band), status=packaged.status)


def one_level(scenario: Scenario) -> bool:
    """Whether all origins, the own country's included, are in one nest: as the scenario or its set says."""
    if "trade" in scenario.formulation.model_fields_set:
        return scenario.formulation.trade == "armington_one_level"
    return nest(scenario.elasticities) == "one_level"


def barrier_side(scenario: Scenario, world: Accounts) -> BarrierSide:
    """Barriers as the scenario sees them, and accounts that carry their rents.

    Raises as `barrier_data`, and RentsError.
    """
    data, numbers = barrier_data(scenario), assumptions(scenario.assumptions)
    removed = benchmark_removed(scenario, world.data, data)
    carved = carve_rents(world, *benchmark_rents(removed, data, numbers))
    rents = {n: carved.accounts.data[n] for n in ("rx0", "rm0")}
    options = scenario.barriers
    reading = (options.effect or specification()) if options.basis == "gravity" else ""
    return BarrierSide(carved.accounts, replace(data, **rents), carved.lowered, reading)


def barrier_notes(side: BarrierSide | None) -> tuple[str, ...]:
    """What a reader must know of the barriers: rents in the benchmark, and those that found no room."""
    if side is None:
        return ()
    rents = side.world.meta["rents"]
    words = []
    for who in ("exporter", "importer"):
        got = rents[f"{who}s"]
        lost = float(side.lowered.loc[side.lowered["side"] == who, "lost"].sum())
        words.append(f"{who}s {got / 1e3:,.0f} (of {(got + lost) / 1e3:,.0f})")
    reading = ()
    if side.reading == CROSS_SECTION:
        reading = (
            "what agreements remove is estimated across pairs of economies, an upper reading: within pairs "
            "the effect is near zero (barriers: {effect: pair} runs that)",
        )
    return (
        *reading,
        f"the benchmark carries rents of barriers, USD bn: {', '.join(words)}; where accounts could not "
        "bear them the barrier is all cost",
    )


@dataclass(frozen=True)
class CountryRates:
    """Instruments at country level as the model takes them, (o, d, i): tm, k, te (if moved), rx and rm (if
    barriers are modelled); if moved to and productivity (r, j), tc (r), endow (r, f); before the baseline,
    under it, and under the scenario.
    """

    benchmark: xr.Dataset
    baseline: xr.Dataset
    counterfactual: xr.Dataset


def country_rates(policy: Policy, side: BarrierSide | None, scenario: Scenario) -> CountryRates:
    """The policy with the barriers it removes turned into iceberg factors and rent rates."""
    stages = policy.benchmark, policy.baseline, policy.counterfactual
    return CountryRates(*(rates_at(part, policy, side, scenario) for part in stages))


def rates_at(part: xr.Dataset, policy: Policy, side: BarrierSide | None, scenario: Scenario) -> xr.Dataset:
    """One stage of a policy, or a part of one, as the model takes it."""
    if side is None:
        return part
    before, numbers = policy.benchmark["removed"], assumptions(scenario.assumptions)
    found = barrier_instruments(part["removed"], before, side.data, numbers)
    rates = part.drop_vars("removed")
    return rates.assign(k=rates["k"] * found["k"], rx=found["rx"], rm=found["rm"])
