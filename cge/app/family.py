"""Many policies on one compiled model: scenarios that differ in their shocks alone share model and baseline.

Two scenarios are of one family when everything but their shocks and texts is the same: aggregation,
formulation, closure, elasticities, overrides, baseline, barriers, assumptions. Quotas and minimum wages are
part of the model, so a family's model carries the union of its members' caps, and a member without a cap
leaves it where it binds nobody. Members that cap one flow in different ways (a quota and a tariff-rate quota,
rents to either side) are put in different families.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from calibration.aggregate import load_aggregation
from calibration.world import load_world
from cge.app.barriers import barrier_data
from cge.app.case import Case, prepare, with_policy
from cge.app.closing import Measure, conflicts, measures, policy_changes
from cge.app.compensating import settle
from cge.model import SolveError
from cge.solution import Solution
from scenarios.apply import apply, scenario_moves_barriers
from scenarios.reader import aggregation_files, barrier_file
from scenarios.schema import Scenario

if TYPE_CHECKING:
    from results.compare import Comparison
    from results.compensation import Settlement

POLICY = frozenset({"shocks", "packages", "retraining", "compensation"})
TEXTS = frozenset(
    {"title", "description", "question", "author", "date", "sources", "look_at", "focus", "main_variant",
     "variants", "expected", "sweep"}
)  # fmt: skip
"""Keys of a scenario that the model does not depend on; every other key must be the same in a family."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """A scenario and the name it has in the comparison."""

    label: str
    scenario: Scenario


@dataclass(frozen=True)
class Solved:
    """One member of a family: its case (the family's model) with the shared baseline and its own policy."""

    label: str
    case: Case
    base: Solution
    new: Solution
    paid: Settlement | None = None

    def comparison(
        self, *, focus: str | None = None, command: str = "", decompose: bool = False
    ) -> Comparison:
        """Every result, as `cge.app.api.comparison` gives it. ``decompose``: where welfare comes from, but
        not where firms enter and exit, for which the decomposition has no term.
        """
        from cge.app import api

        found = api.comparison(self.case, self.base, self.new, focus=focus, command=command, paid=self.paid)
        if not decompose or self.case.firms:
            return found
        from results import decomposition

        return decomposition.attach(found, decomposition.decompose(self.case.model, self.base, self.new))


def model_key(scenario: Scenario) -> str:
    """Hash of all that decides the model and its baseline; the same for scenarios of one family.

    Keys that this version does not know to be policy or text count as part of the model.
    """
    content = scenario.model_dump(mode="json", by_alias=True, exclude=set(POLICY | TEXTS))
    files = [*(aggregation_files(scenario) or ()), barrier_file(scenario)]
    products = getattr(scenario, "products", None)
    if isinstance(products, str):
        files.append(Path(scenario.origin.folder) / products)
    content["files"] = [hashlib.sha256(f.read_bytes()).hexdigest() for f in files if f is not None]
    # A baseline by path is another file in another folder.
    if content["baseline"]["name"].endswith((".yaml", ".yml")):
        content["folder"] = str(Path(scenario.origin.folder).resolve())
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def need_rents(wanted: Sequence[Wanted]) -> bool:
    """Whether any of these moves barriers, so that all of them need the benchmark with its rents.

    Raises ScenarioError as `scenarios.reader.read_scenario`.
    """
    return any(scenario_moves_barriers(w.scenario) for w in wanted)


def families(wanted: Sequence[Wanted], *, aggregation: str | None = None) -> tuple[tuple[Wanted, ...], ...]:
    """The scenarios by family, in the order in which families first occur.

    Raises ScenarioError where a cap covers only part of a cell of the model.
    """
    groups: dict[str, list[tuple[list[Wanted], list[Measure]]]] = {}
    for one in wanted:
        known = groups.setdefault(model_key(one.scenario), [])
        caps = _caps(one.scenario, aggregation)
        home = next((g for g in known if not conflicts(caps, g[1])), None)
        if home is None:
            home = ([], [])
            known.append(home)
        home[0].append(one)
        home[1].extend(caps)
    return tuple(tuple(members) for known in groups.values() for members, _ in known)


def _caps(scenario: Scenario, aggregation: str | None) -> tuple[Measure, ...]:
    """Quotas, controls and floors of a scenario over the model's cells; () without expanding where it has
    none.
    """
    if not any(shock.control is not None for shock in scenario.shocks):
        return ()
    b = scenario.baseline
    world = load_world(tariffs=b.tariffs, us_china_duties=b.us_china_duties).data
    moves = scenario_moves_barriers(scenario)
    policy = apply(scenario, world, barriers=barrier_data(scenario) if moves else None)
    chosen = load_aggregation(
        aggregation or aggregation_files(scenario) or scenario.aggregation.name or "default"
    )
    return measures(policy.controls, world, chosen)


def solve_families(
    wanted: Sequence[Wanted],
    *,
    aggregation: str | None = None,
    rents: bool | None = None,
    progress: Progress = lambda message: None,
) -> Iterator[Solved]:
    """Solve every scenario on its family's model, the family's baseline once; in the order of families.

    ``rents``: whether all stand on the benchmark with rents; by default if any of them moves barriers.
    Raises ScenarioError and its relatives as `cge.app.case.prepare`, SolveError naming the scenario.
    """
    rents = need_rents(wanted) if rents is None else rents
    for members in families(wanted, aggregation=aggregation):
        yield from _solve(members, aggregation, rents, progress)


def _solve(
    members: Sequence[Wanted], aggregation: str | None, rents: bool, progress: Progress
) -> Iterator[Solved]:
    first, *others = members
    progress(f"building the model of {', '.join(m.label for m in members)}")
    model = prepare(
        first.scenario, aggregation=aggregation, rents=rents, beside=tuple(m.scenario for m in others)
    )
    model.model.compile()
    progress("baseline")
    base = model.model.solve(model.baseline)
    for member in members:
        progress(member.label)
        case = model if member is first else with_policy(model, member.scenario)
        case = replace(case, name=member.label)
        try:
            new = case.model.solve(policy_changes(case, base), start=base)
            settled = settle(case, base, new, progress=progress)
        except SolveError as error:
            raise SolveError(f"{member.label}: {error}") from None
        yield Solved(member.label, settled.case, base, settled.new, settled.paid)
