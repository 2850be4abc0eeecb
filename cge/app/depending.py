"""Dependence and leverage of a region and a partner: in the baseline, or before and after a scenario."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import xarray as xr

from calibration.aggregate import Aggregation, load_aggregation
from cge.app.api import solve
from cge.app.case import Case, prepare, read
from cge.app.closing import policy_changes
from cge.app.comparing import sector_groups
from cge.app.compensating import settle
from cge.app.stops import stops
from cge.solution import Solution
from scenarios.problems import Problem, ScenarioError, suggest
from scenarios.reader import aggregation_files, parse_scenario
from scenarios.schema import Scenario

if TYPE_CHECKING:
    from results.leverage_screen import Block, View

Progress = Callable[[str], None]
BASELINE = "title: The baseline\nshocks: []\n"
"""A scenario without a policy: the agreements in force, on the default aggregation."""


@dataclass(frozen=True)
class Depending:
    """``tables``: ``leverage``, ``dependence`` and, where asked for, ``stops`` (tidy, `results.tidy`);
    ``sectors``: those that were asked for, as the model has them; ``changed``: before and after a policy.
    """

    title: str
    of: str
    on: str
    tables: Mapping[str, pd.DataFrame]
    names: Mapping[str, str]
    sectors: tuple[str, ...]
    changed: bool

    def __repr__(self) -> str:
        """One line: whose dependence on whom, and the table's size."""
        when = "before and after" if self.changed else "baseline"
        return f"Depending({self.title}: {self.of} on {self.on}, {when}; {', '.join(self.tables)})"

    def _repr_html_(self) -> str:
        from results.notebook import dependence_html

        return dependence_html(self.title, self.blocks())

    @property
    def table(self) -> pd.DataFrame:
        """One tidy frame: all rows of the region, and all rows on the partner."""
        from results.tidy import COLUMNS, pick

        parts = [pd.DataFrame(t[COLUMNS]) for t in self.tables.values()]
        every = pd.concat(parts, ignore_index=True)
        on = pick(every, partner=self.on)
        others = on.loc[[r != self.of for r in on["region"].to_list()]]
        return pd.concat([pick(every, region=self.of), others], ignore_index=True)

    def blocks(self) -> list[Block]:
        """The tables for readers."""
        from results.leverage_screen import blocks

        return blocks(self._view(), self.sectors)

    def _view(self) -> View:
        from results.leverage_screen import View

        return View(self.tables, self.of, self.on, self.names, self.changed)


def dependence(
    scenario: str | Path | Scenario | None = None,
    *,
    of: str = "USA",
    on: str = "CHN",
    sectors: Sequence[str] = (),
    variant: str | None = None,
    aggregation: str | None = None,
    stop: bool = False,
    against: Sequence[str] = (),
    progress: Progress = lambda message: None,
) -> Depending:
    """Dependence of the region ``of`` on the region ``on``, and of all on all.

    Without ``scenario`` the baseline alone (agreements in force, default aggregation). ``sectors``: sectors
    of the model, industries or sector groups to show, and to close. ``stop``: also solve a stop of trade
    between ``on`` and ``of`` (or each of ``against``), which says what the structural measures cannot. Raises
    as `cge.app.api.run`, ScenarioError for a name that the aggregation does not have, ResultsError where
    ``of`` is ``on``.
    """
    from results.dependence import dependence as tables_of
    from results.errors import ResultsError
    from results.leverage import leverage
    from results.world_table import world_table

    if of == on:
        raise ResultsError(f"{of} on itself: dependence is on another region; name two")
    progress("reading data")
    asked = parse_scenario(BASELINE) if scenario is None else read(scenario, variant)
    grouped = load_aggregation(aggregation or aggregation_files(asked) or asked.aggregation.name or "default")
    partners = tuple(against) or (of,)
    _require_regions(grouped, (of, on, *partners), on, partners if stop else ())
    chosen = model_sectors(grouped, sectors)
    case = prepare(asked, aggregation=aggregation)
    progress("compiling derivatives")
    case.model.compile()
    before, after = _solved(case, scenario is not None, progress)
    base, new = before[0], (after or before)[0]
    world = (world_table(base), world_table(new))
    tables = {
        "leverage": leverage(base, new, world=world).table(of, on),
        "dependence": tables_of(base, new, on, world).table(),
    }
    if stop:
        pairs = [(on, p) for p in partners]
        tables["stops"] = stops(case.model, pairs, before, after, sectors=chosen, progress=progress)
    title = "The baseline" if scenario is None else case.scenario.title
    names = {**case.accounts.meta.get("region_labels", {}), **case.accounts.meta.get("sector_labels", {})}
    return Depending(title, of, on, tables, names, chosen, after is not None)


State = tuple[Solution, dict[str, xr.DataArray]]


def _solved(case: Case, policy: bool, progress: Progress) -> tuple[State, State | None]:
    """The baseline and, where asked for, the policy with what compensation takes: each a solution with the
    instruments that it stands under.
    """
    if not policy:
        base = case.model.solve(case.baseline, progress=lambda m: progress(f"baseline: {m}"))
        return (base, dict(case.baseline)), None
    base, new = solve(case, progress=progress)
    settled = settle(case, base, new, progress=progress)
    return (base, dict(case.baseline)), (settled.new, policy_changes(settled.case, base))


def _require_regions(grouped: Aggregation, asked: Sequence[str], on: str, partners: Sequence[str]) -> None:
    known = grouped.region_codes()
    for name in asked:
        if name not in known:
            hint = suggest(name, known, f"; choose from {', '.join(known)}")
            raise ScenarioError(
                [Problem("dependence", None, "", f"{name}: not a region of this aggregation{hint}")]
            )
    if on in partners:
        raise ScenarioError(
            [Problem("dependence", None, "", f"{on} cannot stop trade with itself; name others")]
        )


def model_sectors(grouped: Aggregation, names: Sequence[str], asking: str = "dependence") -> tuple[str, ...]:
    """Sectors of the model by name: its own, a sector group that it keeps apart, or an industry (its sector);
    ``asking``: who asks, for the message.

    Raises ScenarioError for a name that is none of these.
    """
    own, groups = grouped.sector_codes(), sector_groups(grouped)
    out: list[str] = []
    for name in names:
        if name in own:
            out.append(name)
        elif name in groups:
            out += groups[name]
        elif name in grouped.sectors:
            out.append(grouped.sectors[name])
        else:
            hint = suggest(
                name, [*own, *groups], f"; sectors here: {', '.join(own)}; groups: {', '.join(groups)}"
            )
            raise ScenarioError([Problem(asking, None, "", f"{name}: no sector of this aggregation{hint}")])
    return tuple(dict.fromkeys(out))
