"""What a case is made of, stage by stage: world, elasticities, barriers, policy, accounts, parameters, rates.

Each stage states what it rests on and is made once for it: `cge.app.case.prepare` begins with an empty
memory, the cases of a sweep share one. The order of use, with what each stage adds:

* ``world``: accounts of single economies, by the baseline's tariffs;
* ``aggregation``, ``elasticities``: by set and overrides;
* ``side``: barriers and the rents that they leave in the accounts, where the scenario has them;
* ``policy``: instruments of single economies before the baseline, under it, and under the scenario;
* ``accounts``, ``regional``, ``parameters``: the benchmark of the model;
* ``rates``: the instruments of the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import xarray as xr

from calibration.accounts import Accounts
from calibration.aggregate import Aggregation, aggregate, flags_of, load_aggregation
from calibration.closure_data import closure_data
from calibration.elasticities import Elasticities, elasticity_weights, load_elasticities
from calibration.parameters import calibrate, with_elasticities
from calibration.world import load_world
from cge.app.barriers import (
    BarrierSide,
    CountryRates,
    barrier_data,
    barrier_side,
    one_level,
    packaged_for,
    rates_at,
    theta_of,
)
from cge.app.instruments import instruments, weights_of
from cge.formulation import Formulation
from cge.market_structure import Firms, with_firms
from cge.parameters import Parameters
from scenarios.apply import apply, override_sectors
from scenarios.barriers import barrier_numbers
from scenarios.carve_outs import products_file
from scenarios.closure_assumptions import closure_numbers
from scenarios.memory import Memory, Same
from scenarios.policy import Policy
from scenarios.reader import aggregation_files, barrier_file, file_hash, policy_files
from scenarios.schema import Scenario

UNSEEN = frozenset(
    {"title", "description", "question", "author", "date", "sources", "look_at", "focus", "aggregation",
     "closure", "elasticities", "overrides", "assumptions", "retraining", "compensation", "sweep"}
)  # fmt: skip
"""Keys of a scenario that its policy does not depend on, or that stand in its key in another form."""


@dataclass(frozen=True)
class Stages:
    """The stages; ``memory``: what was made before; ``move_near_one``: whether elasticities too near to 1 are
    moved (`calibration.elasticities.load_elasticities`).
    """

    memory: Memory = field(default_factory=Memory)
    move_near_one: bool = False

    def world(self, scenario: Scenario) -> Accounts:
        """Accounts at country level, without rents."""
        b = scenario.baseline
        key = ("world", b.tariffs, b.us_china_duties)
        return self.memory.once(key, lambda: load_world(tariffs=b.tariffs, us_china_duties=b.us_china_duties))

    def aggregation(self, scenario: Scenario, name: str | None) -> Aggregation:
        """The one of that name, or the scenario's own."""
        chosen = name or aggregation_files(scenario) or scenario.aggregation.name or "default"
        return self.memory.once(("aggregation", chosen), lambda: load_aggregation(chosen))

    def elasticities(self, scenario: Scenario, world: Accounts, chosen: Aggregation) -> Elasticities:
        """Weighted by the accounts without rents, so that all variants of a scenario have the same."""
        overrides = override_sectors(scenario, [str(s) for s in world.data["i"].values])
        weights = self.memory.once(("elasticity weights", Same(world)), lambda: elasticity_weights(world))
        return self.memory.once(
            ("elasticities", scenario.elasticities, overrides, Same(world), Same(chosen)),
            lambda: load_elasticities(
                scenario.elasticities, world, chosen, overrides, weights=weights,
                move_near_one=self.move_near_one,
            ),
        )  # fmt: skip

    def side(self, scenario: Scenario, world: Accounts) -> BarrierSide:
        """Barriers, and accounts that carry their rents."""
        options = scenario.barriers
        file = barrier_file(scenario)
        own = ("packaged barriers", str(file), file_hash(file), options.effect)
        packaged = self.memory.once(own, lambda: packaged_for(scenario))
        theta = theta_of(scenario, move_near_one=self.move_near_one)
        data = self.memory.once(
            ("barriers", Same(packaged), theta.values.tobytes(), options.band),
            lambda: barrier_data(scenario, packaged, move_near_one=self.move_near_one),
        )
        key = (
            "side",
            Same(world),
            Same(data),
            options.model_dump_json(exclude={"rents", "file", "band"}),
            tuple(barrier_numbers(scenario.assumptions).items()),
            scenario.baseline.tariffs,
            policy_files(scenario).sha256(),
        )
        return self.memory.once(key, lambda: barrier_side(scenario, world, data, self.memory))

    def policy(self, scenario: Scenario, world: Accounts, side: BarrierSide | None) -> Policy:
        """The instruments of single economies."""
        barriers = None if side is None else side.data
        return self.memory.once(
            ("policy", *_policy_key(scenario), Same(world), Same(barriers)),
            lambda: apply(scenario, world.data, barriers=barriers, memory=self.memory),
        )

    def accounts(self, world: Accounts, chosen: Aggregation) -> Accounts:
        """The accounts of the model's regions and sectors, checked."""
        flags = self.memory.once(
            ("flags", Same(world.data["jobs0"].values), Same(world.data["jobs_method"].values), Same(chosen)),
            lambda: flags_of(world, chosen),
        )

        def made() -> Accounts:
            accounts = aggregate(world, chosen, flags)
            accounts.check()
            return accounts

        return self.memory.once(("accounts", Same(world), Same(chosen)), made)

    def regional(self, scenario: Scenario, world: Accounts, chosen: Aggregation) -> dict[str, xr.DataArray]:
        """What closures and the expenditure system need by region."""
        name = scenario.closure.labour_supply_elasticities
        return self.memory.once(
            ("regional", Same(world), Same(chosen), name),
            lambda: closure_data(world, chosen, labour_supply_set=name),
        )

    def parameters(
        self,
        scenario: Scenario,
        accounts: Accounts,
        elasticities: Elasticities,
        regional: Mapping[str, xr.DataArray],
        firms: Mapping[str, Firms],
    ) -> tuple[Parameters, Formulation]:
        """Elasticities on the nest that the scenario asks for, or, when it is silent, the nest the set is
        meant for.
        """
        single, numbers = one_level(scenario), closure_numbers(scenario.assumptions)
        wanted = scenario.formulation.model_dump(exclude={"structure"})
        wanted["trade"] = "armington_one_level" if single else "armington_two_level"
        shares = self.memory.once(
            ("shares", Same(accounts), Same(regional), tuple(numbers.items())),
            lambda: calibrate(accounts.data, {}, regional=regional, numbers=numbers),
        )
        values = {str(n): elasticities.data[n] for n in ("sigma_va", "sigma_top")}
        for name in ("sigma_m", "sigma_d"):
            values[name] = elasticities.data["sigma" if single else name]
        sources = dict.fromkeys(values, f"elasticity set '{elasticities.name}'")

        def made() -> Parameters:
            return with_firms(with_elasticities(shares, values, sources), firms)

        key = ("parameters", Same(shares), Same(elasticities), single, tuple(firms.items()))
        return self.memory.once(key, made), Formulation(**wanted)

    def rates(self, policy: Policy, side: BarrierSide | None, scenario: Scenario) -> CountryRates:
        """The policy at country level with the barriers it removes as iceberg factors and rent rates."""
        stages = policy.benchmark, policy.baseline, policy.counterfactual

        def made(part: xr.Dataset) -> xr.Dataset:
            return rates_at(part, policy, side, scenario)

        keys = [("rates", Same(part), Same(policy.benchmark), Same(side)) for part in stages]
        return CountryRates(
            *(self.memory.once(k, partial(made, p)) for k, p in zip(keys, stages, strict=True))
        )

    def instruments(
        self,
        policy: xr.Dataset,
        benchmark: xr.Dataset,
        world: Accounts,
        accounts: Accounts,
        chosen: Aggregation,
    ) -> dict[str, xr.DataArray]:
        """Country-level instruments as rates of the model."""
        weights = self.memory.once(("weights", Same(world)), lambda: weights_of(world.data))
        return self.memory.once(
            ("instruments", Same(policy), Same(benchmark), Same(world), Same(accounts), Same(chosen)),
            lambda: instruments(policy, benchmark, world.data, accounts.data, chosen, weights=weights),
        )


def _policy_key(scenario: Scenario) -> tuple[object, ...]:
    """All of a scenario that decides its policy and the notes on it."""
    moved = tuple(scenario._varied)
    return (
        scenario.model_dump_json(by_alias=True, exclude=set(UNSEEN)),
        tuple((o.parameter, o.sectors, o.times is None) for o in scenario.overrides),
        tuple((n, v) for n, v in scenario.assumptions.items() if n not in closure_numbers({n: v})),
        policy_files(scenario).sha256(),
        file_hash(products_file(scenario)),
        scenario.origin.file,
        scenario.origin.folder,
        scenario.variant,
        scenario.reading_notes,
        tuple(t for t in moved if not t.startswith(("trade", "sigma"))),
    )
