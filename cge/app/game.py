"""A scenario as a game: what each coalition of its parts does, solved on the scenario's own model.

The parts are governments (`by_members`), kinds of provisions (`by_provisions`) or packages (`by_packages`).
The empty coalition is the baseline, that of all parts the scenario.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import xarray as xr

from cge.app.barriers import rates_at
from cge.app.case import Case, rates_of, with_policy
from cge.app.closing import measures, policy_changes
from cge.model import SolveError
from cge.solution import Solution
from results.coalition_figures import Figures
from results.errors import ResultsError
from scenarios.acts import Acts, Recorder
from scenarios.apply import apply
from scenarios.groups import load_sector_groups

TARIFFS = "tariffs"
SERVICES = "services"
NTMS = {
    "agrifood": "agrifood NTMs", "industrial": "industrial NTMs", "digital_services": "digital services",
    "finance": "finance",
}  # fmt: skip
"""Sector groups whose barriers are a part of their own; those of all other sectors are services'."""
AT_HOME = {
    "to": "production taxes", "tc": "consumption taxes", "productivity": "productivity",
    "endow": "endowments",
}  # fmt: skip
CAPS, FLOORS = "quotas and controls", "minimum wages"

Progress = Callable[[str], None]
Coalition = frozenset[str]


@dataclass
class Game:
    """Values of coalitions, solved when first asked for and kept. ``case_of``: the case of a coalition."""

    players: tuple[str, ...]
    case_of: Callable[[Coalition], Case]
    base: Solution
    figures: Figures
    progress: Progress = lambda message: None
    values: dict[Coalition, pd.Series] = field(default_factory=dict)
    solved: int = 0
    _known: dict[str, pd.Series] = field(default_factory=dict, repr=False)

    def value(self, coalition: Coalition) -> pd.Series:
        """Changes of all figures from the baseline. Raises SolveError naming the coalition."""
        if coalition not in self.values:
            self.values[coalition] = self._value(coalition)
        return self.values[coalition]

    def plain(self) -> dict[Coalition, dict[str, float]]:
        """All values so far, by coalition and figure."""
        return {s: {str(k): float(x) for k, x in v.items()} for s, v in self.values.items()}

    def _value(self, coalition: Coalition) -> pd.Series:
        try:
            case = self.case_of(coalition)
            changes = policy_changes(case, self.base)
            key = _fingerprint(changes)  # coalitions that do the same are solved once
            if key not in self._known:
                self.solved += 1
                self.progress(f"coalition {self.solved}: {words(coalition, self.players)}")
                new = case.model.solve(changes, start=self.base)
                self._known[key] = self.figures.of(new)
        except SolveError as error:
            raise SolveError(f"coalition {words(coalition, self.players)}: {error}") from None
        return self._known[key]


def words(coalition: Coalition, players: Sequence[str], most: int = 6) -> str:
    """``USA, JPN and 3 more``, in the order of the players; ``nobody``, ``all``."""
    names = [p for p in players if p in coalition]
    if not names:
        return "nobody"
    if len(names) == len(players) > most:
        return "all"
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _fingerprint(changes: Mapping[str, xr.DataArray]) -> str:
    digest = hashlib.sha256()
    for name in sorted(changes):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(changes[name].to_numpy()).tobytes())
    return digest.hexdigest()


def require_movable(case: Case) -> None:
    """Refuse scenarios in which something moves that belongs to no part."""
    if case.scenario.compensation is not None:
        raise ResultsError(
            "attribution: the levy of a compensation follows from all parts of the policy together and is "
            "nobody's own; attribute the scenario (or its variant) without 'compensation'"
        )
    if any(words.at is not None for words in case.scenario.closure.swaps):
        raise ResultsError(
            "attribution: the closure moves a fixed level ('at'), which is no government's, provision's or "
            "package's part; leave it out"
        )


def acts_of(case: Case) -> Acts:
    """Every change of the case's scenario with the governments that make it."""
    recorder = Recorder()
    barriers = None if case.barriers is None else case.barriers.data
    return recorder.result(apply(case.scenario, case.world.data, barriers=barriers, observe=recorder))


def by_members(case: Case, acts: Acts, players: Mapping[str, tuple[str, ...]]) -> Callable[[Coalition], Case]:
    """Coalitions of governments: ``players`` maps each to its economies. All together are the scenario."""

    def case_of(coalition: Coalition) -> Case:
        inside = [economy for name in coalition for economy in players[name]]
        policy = acts.by(inside)
        capped = measures(policy.controls, case.world.data, case.aggregation)
        at = rates_at(policy.counterfactual, policy, case.barriers, case.scenario)
        return _under(replace(case, measures=capped), at)

    whole = acts.by(acts.governments()).counterfactual
    if not whole.equals(case.expanded.counterfactual):
        raise ResultsError("attribution: the parts of all governments together are not the scenario")
    return case_of


def _under(case: Case, at: xr.Dataset) -> Case:
    return replace(case, rates=replace(case.rates, counterfactual=at), policy=rates_of(case, at))


def by_packages(case: Case, only: Callable[[Sequence[str]], object]) -> Callable[[Coalition], Case]:
    """Coalitions of packages; ``only`` gives the scenario with some of them alone."""

    def case_of(coalition: Coalition) -> Case:
        return with_policy(case, only(sorted(coalition)))  # pyright: ignore[reportArgumentType]

    return case_of


def by_provisions(case: Case) -> Callable[[Coalition], Case]:
    """Coalitions of kinds of provisions, each with the value it has in the whole scenario."""
    kinds = _kinds(case)

    def case_of(coalition: Coalition) -> Case:
        capped = tuple(m for m in case.measures if (FLOORS if m.kind[0] == "floor" else CAPS) in coalition)
        return _under(replace(case, measures=capped), _provided(case, coalition, kinds))

    return case_of


def provisions(case: Case) -> tuple[str, ...]:
    """The kinds of provisions that the scenario moves."""
    before, kinds = case.rates.baseline, _kinds(case)
    names = [TARIFFS, *NTMS.values(), SERVICES, *AT_HOME.values()]
    names += [str(n) for n in before.data_vars if _owner(str(n)) == str(n)]
    moved = [n for n in names if not _provided(case, frozenset({n}), kinds).equals(before)]
    floors = [m.kind[0] == "floor" for m in case.measures]
    return (*moved, *([CAPS] if not all(floors) else []), *([FLOORS] if any(floors) else []))


def _kinds(case: Case) -> xr.DataArray:
    """The kind of barrier of each industry (i)."""
    groups = load_sector_groups().groups
    industries = case.rates.baseline["i"]
    names = [
        next((kind for group, kind in NTMS.items() if str(i) in groups[group]), SERVICES)
        for i in industries.values
    ]
    return xr.DataArray(names, dims="i", coords={"i": industries.values})


def _owner(instrument: str) -> str:
    """Which part an instrument belongs to; "" where industries decide."""
    if instrument in ("k", "rx", "rm"):
        return ""
    return TARIFFS if instrument in ("tm", "te") else AT_HOME.get(instrument, instrument)


def _provided(case: Case, coalition: Coalition, kinds: xr.DataArray) -> xr.Dataset:
    """Country-level instruments where only these kinds are done; rules of origin come with tariffs."""
    before, after = case.rates.baseline, case.rates.counterfactual
    chosen = kinds.isin(list(coalition))
    origin = [before["k"].copy(data=a) for a in case.expanded.rules_of_origin]
    use = origin[1] / origin[0]
    out = {}
    for name in map(str, after.data_vars):
        owner = _owner(name)
        if owner:
            out[name] = (after if owner in coalition else before)[name]
        elif name == "k":
            other = (after["k"] / before["k"] / use).where(chosen, 1.0)
            whole = xr.where(chosen, TARIFFS in coalition, False)
            made = before["k"] * (use if TARIFFS in coalition else 1.0) * other
            # Where all of it is done, or nothing, the number is the scenario's or the baseline's own.
            nothing = ~chosen if TARIFFS not in coalition else xr.zeros_like(chosen)
            out[name] = made.where(~nothing, before["k"]).where(~whole, after["k"])
        else:
            out[name] = after[name].where(chosen, before[name])
    return before.assign({n: a.transpose(*after[n].dims) for n, a in out.items()})
