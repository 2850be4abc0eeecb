"""A sweep on disk, with the result at the scenario's own values that its folder and its brief hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cge.app.sweeps.plan import Plan, SweepResult
from cge.app.sweeps.single import one_thread

if TYPE_CHECKING:
    from results.side_by_side import Column


def write(
    result: SweepResult,
    path: str | Path,
    *,
    focus: str | None = None,
    command: str = "",
    force: bool = False,
) -> Path:
    """Write a sweep and return its path (`results.uncertainty.files.write`).

    A folder, a brief and a workbook hold the central result, which is solved once more for all of its
    tables. Raises ResultsError where something is in the way or the endings say nothing.
    """
    from results.uncertainty import files

    found = result.uncertainty(focus=focus)
    needed = files.kind_of(Path(path)) in ("folder", "brief", "workbook")
    central = central_result(result.plan, focus=found.focus, command=command) if needed else None
    return files.write(found, path, central=central, command=command, force=force)


def central_result(plan: Plan, *, focus: str, command: str = "") -> Column:
    """Every table of the scenario at its own values; raises as `cge.app.case.prepare` and `solve`."""
    from cge.app.api import comparison, solve
    from cge.app.case import prepare
    from cge.app.compensating import settle
    from results.side_by_side import Column

    with one_thread():  # or sums depend on how many threads there are
        case = prepare(plan.scenario, aggregation=plan.aggregation, rents=bool(plan.rents))
        case.model.compile()
        base, new = solve(case)
        settled = settle(case, base, new)
        found = comparison(settled.case, base, settled.new, focus=focus, command=command, paid=settled.paid)
    return Column.of(found.scenario.name, found, "solved")
