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
from calibration.barriers import Barriers, load_barriers, trade_cost_cut
from calibration.elasticities import nest, trade_elasticity
from calibration.gravity.choices import specification
from calibration.gravity.errors import GravityError
from calibration.gravity.estimate import CROSS_SECTION
from calibration.labels import sector_labels
from calibration.rents import carve_rents
from scenarios.apply import override_sectors
from scenarios.barriers import BarrierData, barrier_instruments, barrier_numbers, benchmark_rents
from scenarios.beginning import benchmark_removed
from scenarios.groups import load_sector_groups
from scenarios.memory import Memory
from scenarios.policy import Policy
from scenarios.reader import barrier_file
from scenarios.schema import Scenario
from scenarios.varying import override_words


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


def barrier_data(
    scenario: Scenario, packaged: Barriers | None = None, *, move_near_one: bool = False
) -> BarrierData:
    """Barriers at country level as the scenario sees them, without rents.

    The effect of an agreement is its estimate in log points of trade over the trade elasticity (sigma - 1
    among origins) of the set in use, so that the model's trade would respond as estimated if all of it were
    left to be cut; where the barrier holds less, what can be cut decides. ``packaged``: what `packaged_for`
    gives, where it is there already; ``move_near_one``: as in `calibration.elasticities`. Raises
    ScenarioError, ElasticityError and BarrierError, each saying what and where.
    """
    packaged = packaged_for(scenario) if packaged is None else packaged
    band = scenario.barriers.band
    theta = theta_of(scenario, move_near_one=move_near_one)
    level = {"low": packaged.low, "central": packaged.ave, "high": packaged.high}[band]
    _require_meaning(scenario, theta)
    return BarrierData(ave=level, effect=trade_cost_cut(packaged, theta, band=band), status=packaged.status)


def packaged_for(scenario: Scenario) -> Barriers:
    """Levels and effects as the package, or the scenario's own file, has them; raises BarrierError."""
    return load_barriers(barrier_file(scenario), scenario.barriers.effect)


def theta_of(scenario: Scenario, *, move_near_one: bool = False) -> xr.DataArray:
    """The trade elasticity that turns effects on trade into cuts of costs, by industry (i)."""
    overrides = override_sectors(scenario, list(sector_labels()))
    single = one_level(scenario)
    return trade_elasticity(scenario.elasticities, overrides, one_level=single, move_near_one=move_near_one)


def _require_meaning(scenario: Scenario, theta: xr.DataArray) -> None:
    """Raise GravityError where substitution among origins is not above 1, naming what makes it so."""
    bad = [str(i) for i, value in zip(theta["i"].values, theta.values, strict=True) if not value > 0]
    if not bad:
        return
    parameter = "sigma" if one_level(scenario) else "sigma_m"
    table = load_sector_groups()
    everything = list(sector_labels())
    does = []
    for override, words in zip(scenario.overrides, override_words(scenario), strict=True):
        inside = {i for name in override.sectors for i in table.expand(name, everything)}
        if override.parameter in ("trade", parameter) and inside & set(bad):
            does.append(words)
    who = " with ".join(does) or f"the elasticity set {scenario.elasticities}"
    raise GravityError(
        f"{who} brings {parameter} of {', '.join(bad)} to 1 or below, where barriers have no meaning (lower "
        "trade costs would not raise the value of trade): choose a larger number, in a sweep a narrower range"
    )


def one_level(scenario: Scenario) -> bool:
    """Whether all origins, the own country's included, are in one nest: as the scenario or its set says."""
    if "trade" in scenario.formulation.model_fields_set:
        return scenario.formulation.trade == "armington_one_level"
    return nest(scenario.elasticities) == "one_level"


def barrier_side(
    scenario: Scenario, world: Accounts, data: BarrierData | None = None, memory: Memory | None = None
) -> BarrierSide:
    """Barriers as the scenario sees them (``data``: `barrier_data`), and accounts that carry their rents.

    Raises as `barrier_data`, and RentsError.
    """
    data, numbers = data or barrier_data(scenario), barrier_numbers(scenario.assumptions)
    removed = benchmark_removed(scenario, world.data, data, memory)
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
    before, numbers = policy.benchmark["removed"], barrier_numbers(scenario.assumptions)
    found = barrier_instruments(part["removed"], before, side.data, numbers)
    rates = part.drop_vars("removed")
    return rates.assign(k=rates["k"] * found["k"], rx=found["rx"], rm=found["rm"])
