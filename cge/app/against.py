"""Two variants of one scenario, solved from the same benchmark, and the difference of their welfare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cge.app import api
from scenarios.apply import scenario_moves_barriers
from scenarios.schema import Scenario

if TYPE_CHECKING:
    from results.compare import Comparison


def need_rents(name_or_path: str | Path | Scenario, *variants: str | None) -> bool:
    """Whether any of these cases moves barriers, so that all of them need the benchmark with its rents.

    Raises ScenarioError as `scenarios.reader.read_scenario`.
    """
    return any(scenario_moves_barriers(api.read(name_or_path, variant)) for variant in variants)


def with_difference(
    result: Comparison, name_or_path: str | Path | Scenario, against: str, *, aggregation: str | None,
    focus: str | None, space: str, rents: bool, progress: api.Progress, clock: api.Timer,
) -> Comparison:  # fmt: skip
    """The result with the difference of its welfare to that of the variant ``against``, solved here.

    Raises as `cge.app.api.run`, and ResultsError when the two do not share their baseline.
    """
    from results import decomposition, decomposition_difference
    from results.errors import ResultsError

    if result.scenario.choices.get("variant", "") == against:
        raise ResultsError(f"--against {against}: this is the variant that runs; name another")
    with clock.stage("against"):
        case = api.prepare(name_or_path, aggregation=aggregation, variant=against, rents=rents)
        base, new = api.solve(case, space=space, progress=lambda m: progress(f"{against}: {m}"))
        settled = api.settle(case, base, new, space=space)
        case, new = settled.case, settled.new
        other = api.comparison(case, base, new, focus=focus, paid=settled.paid)
        decomposition_difference.require_same_baseline(result, other)
        progress(f"{against}: decomposing welfare along the path")
        other = decomposition.attach(other, decomposition.decompose(case.model, base, new))
        return decomposition_difference.attach(result, other)
