"""Whose doing a scenario's effect is: Shapley contributions of members, provisions or packages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cge.app import game
from cge.app.case import Case, prepare
from cge.app.comparing import only_packages, package_names, sector_groups, with_jobs
from scenarios.groups import UnknownNameError, load_groups
from scenarios.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from results.attribution import Attribution, Label
    from results.coalitions import Coalitions
    from results.shapley_sampling import Attributed

By = Literal["members", "provisions", "packages"]
Progress = Callable[[str], None]
OTHERS = "others"
"""The governments that are no player of their own, where players are named."""
UNION = "EU27"
"""A customs union: its members have one trade policy and are one player."""
INDICATORS = ("welfare_ev", "real_gdp", "exports_volume", "jobs:manufacturing", "displaced", "employment")
MOVES = 1e-6
"""Largest change (relative to the largest of the same unit's scale, thousand persons) that counts as none."""


def attribute(
    name: str | Path | Scenario,
    *,
    by: By = "members",
    variant: str | None = None,
    indicators: Sequence[str] = (),
    regions: Sequence[str] = (),
    players: Sequence[str] = (),
    group: Sequence[str] = (),
    aggregation: str | None = None,
    focus: str | None = None,
    samples: int | None = None,
    seed: int = 0,
    coalitions: bool = False,
    most: float = 0.8,
    progress: Progress = lambda message: None,
) -> Attribution:
    """Contributions to the scenario's effect, which they sum to exactly; see `results.shapley_sampling`.

    ``by`` members: the governments whose measures move anything, EU members as one; ``players`` names them
    (a group's members one by one), ``group`` names groups that are one player, and all other governments are
    then one more. ``samples`` draws that many orders; without it up to eight players are exact. With
    ``coalitions`` (by members) the result says who would leave, who would join, and how few bring ``most`` of
    the gain. Raises as `cge.app.api.run`, ResultsError for players or indicators that are not there, and
    SolveError naming the coalition that has no equilibrium.
    """
    from results.coalition_figures import Figures
    from results.errors import ResultsError

    if by not in ("members", "provisions", "packages"):
        raise ResultsError(f"by {by}: choose members, provisions or packages")
    if by != "members" and (players or group or coalitions):
        raise ResultsError("players, groups and coalitions go with members")
    if not 0 < most <= 1:
        raise ResultsError(f"most: a share above 0 and up to 1 is needed, not {most:g}")
    progress("building the model")
    case = prepare(name, aggregation=aggregation, variant=variant)
    game.require_movable(case)
    focus = _focus(case, focus)
    groups = sector_groups(case.aggregation)
    who, case_of, notes = _parts(case, by, players, group)
    case.model.compile()
    progress("baseline")
    base = case.model.solve(case.baseline)
    wanted = tuple(indicators)
    if not wanted:
        wanted, more = with_jobs(INDICATORS, groups)
        notes = (*notes, *more)
    measured = tuple(dict.fromkeys((*wanted, "welfare_ev")))
    play = game.Game(tuple(who), case_of, base, Figures.against(base, measured, groups), progress)
    found = _solve(play, samples, seed)
    labels = _labels(play, wanted, regions or (focus, "WORLD"), drop_still=not indicators)
    result = _result(case, by, play, found, labels, seed, notes)
    if coalitions:
        result = replace(result, coalitions=_coalitions(case, who, play, found, focus, most))
    return result


def _focus(case: Case, focus: str | None) -> str:
    from results.errors import ResultsError

    regions = case.aggregation.region_codes()
    chosen = focus or case.scenario.focus or ("USA" if "USA" in regions else regions[0])
    if chosen not in regions:
        raise ResultsError(f"focus {chosen}: not a region here; choose from {', '.join(regions)}")
    return chosen


def _parts(
    case: Case, by: By, players: Sequence[str], group: Sequence[str]
) -> tuple[dict[str, tuple[str, ...]], Callable[[game.Coalition], Case], tuple[str, ...]]:
    """Players (with their economies, by members), the case of a coalition, and what a reader must know."""
    from results.errors import ResultsError

    if by == "members":
        acts = game.acts_of(case)
        who, notes = members(acts.governments(), acts.regions, players, group)
        case_of = game.by_members(case, acts, who)
        notes = (*_replies(case), *notes, *_shared(case, who))
    elif by == "provisions":
        who = dict.fromkeys(game.provisions(case), ())
        case_of, notes = game.by_provisions(case), ()
    else:
        who = dict.fromkeys(package_names(case.scenario), ())
        case_of = game.by_packages(case, lambda names: only_packages(case.scenario, names))
        notes = ()
    if not who:
        raise ResultsError(f"nothing moves in this scenario, so there is nothing to attribute by {by}")
    return who, case_of, notes


def members(
    governments: Sequence[str], economies: Sequence[str], players: Sequence[str], group: Sequence[str]
) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """Players by name with their economies, every government in exactly one; and notes.

    Raises ResultsError on an unknown name and on an economy that is in two players.
    """
    from results.errors import ResultsError

    known = load_groups()

    def inside(name: str) -> list[str]:
        try:
            return sorted(known.expand(name, economies)[0])
        except UnknownNameError as error:
            raise ResultsError(f"players: {error}") from None

    out: dict[str, tuple[str, ...]] = {}
    for name in group:
        out[name] = tuple(inside(name))
    taken = {e for own in out.values() for e in own}
    if sum(map(len, out.values())) != len(taken):
        raise ResultsError(f"group: {' and '.join(group)} have members in common")
    named = [e for name in players for e in inside(name)] if players else list(governments)
    rest = [e for e in dict.fromkeys(named) if e not in taken]
    notes: list[str] = []
    union = sorted(known.expand(UNION, economies)[0]) if UNION in known.names else []
    common = [e for e in rest if e in union]
    if len(common) > 1:
        out[UNION] = tuple(union)
        rest = [e for e in rest if e not in union]
        notes.append(f"{UNION} is one player: its members have one trade policy")
    out |= {e: (e,) for e in rest}
    taken = {e for own in out.values() for e in own}
    left = tuple(e for e in governments if e not in taken)
    if left:
        out[OTHERS] = left
        notes.append(f"{OTHERS} are {', '.join(left)}: one player, because they were not named")
    idle = [name for name, own in out.items() if not set(own) & set(governments)]
    if idle:
        notes.append(f"no part of the scenario depends on {', '.join(idle)}")
    return out, tuple(notes)


def _replies(case: Case) -> tuple[str, ...]:
    """What a reader must know where a scenario retaliates."""
    if not any(shock.retaliate is not None for shock in case.scenario.shocks):
        return ()
    return (
        "retaliation keeps the points it has in the whole scenario: it is not computed again for a coalition "
        "that raises less, or nothing, against those who reply",
    )


def _shared(case: Case, who: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Players whose region of the model holds other economies as well."""
    regions = case.aggregation.regions
    wider = {
        name: sorted({regions[e] for e in own if not set(case.aggregation.members(regions[e])) <= set(own)})
        for name, own in who.items()
    }
    words = [f"{name} in {', '.join(found)}" for name, found in wider.items() if found]
    if not words:
        return ()
    return (f"regions of this aggregation hold more than the player: {'; '.join(words)}",)


def _solve(play: game.Game, samples: int | None, seed: int) -> Attributed:
    """Contributions, with each player alone and all but each solved besides."""
    from results.shapley_sampling import attributed

    everyone = frozenset(play.players)
    found = attributed(play.value, play.players, samples=samples, seed=seed)
    for player in play.players:
        play.value(frozenset({player}))
        play.value(everyone - {player})
    return found


def _labels(
    play: game.Game, wanted: Sequence[str], regions: Iterable[str], *, drop_still: bool
) -> tuple[Label, ...]:
    """The figures that are shown; employment only where it moves, unless it was asked for."""
    from results.errors import ResultsError

    chosen = tuple(dict.fromkeys(regions))
    known = {label.region for label in play.figures.labels()}
    for region in chosen:
        if region not in known:
            raise ResultsError(f"region {region}: not a region here; choose from {', '.join(sorted(known))}")
    labels = [x for x in play.figures.labels() if x.indicator in wanted and x.region in chosen]
    if drop_still:
        whole = play.value(frozenset(play.players)).to_dict()
        labels = [x for x in labels if x.indicator != "employment" or abs(whole[str(x)]) > MOVES]
    order = {name: n for n, name in enumerate(wanted)}
    return tuple(sorted(labels, key=lambda x: (order[x.indicator], chosen.index(x.region))))


def _result(
    case: Case, by: str, play: game.Game, found: Attributed, labels: Sequence[Label], seed: int,
    notes: Sequence[str],
) -> Attribution:  # fmt: skip
    from results.attribution import Attribution, table

    values = play.plain()
    whole, nothing = values[frozenset(play.players)], values[frozenset()]
    return Attribution(
        name=case.name,
        title=case.scenario.title,
        by=by,
        players=play.players,
        table=table(found, values, play.players, labels),
        totals={str(x): whole[str(x)] - nothing[str(x)] for x in labels},
        orders=found.orders,
        seed=seed,
        solved=play.solved,
        notes=(*notes, *case.expanded.notes),
    )


def _coalitions(
    case: Case,
    who: Mapping[str, tuple[str, ...]],
    play: game.Game,
    found: Attributed,
    focus: str,
    most: float,
) -> Coalitions:
    """What the solved coalitions tell; where not all are, those that matter most are solved besides.

    Who has no part in the scenario is no member of any coalition.
    """
    from results.coalitions import Gains, coalitions

    regions = case.aggregation.regions
    everyone = frozenset(play.players)
    idle = {p for p in play.players if _same(play.value(everyone), play.value(everyone - {p}))}
    active = tuple(p for p in play.players if p not in idle)
    regions_of = {name: tuple(sorted({regions[e] for e in who[name]})) for name in active}
    if len(play.values) < 2 ** len(play.players):
        for key in (f"welfare_ev|{focus}", "members"):
            _search(play, found, regions_of, key, most)
    values = {s - idle: v for s, v in play.plain().items()}
    return coalitions(Gains(values, active, regions_of), focus=focus, most=most)


def _same(one: pd.Series, other: pd.Series) -> bool:
    """Whether two coalitions were found to do the very same (they are solved once)."""
    return one is other or bool((one == other).all())


def _search(
    play: game.Game,
    found: Attributed,
    regions_of: Mapping[str, tuple[str, ...]],
    key: str,
    most: float,
) -> None:
    """Solve the coalitions along a greedy way to most of the gain, and those next to its end.

    Players come by their contribution, then those that are not needed are dropped.
    """
    everyone = frozenset(play.players)
    all_regions = sorted({r for own in regions_of.values() for r in own})
    keys = [key] if key != "members" else [f"welfare_ev|{r}" for r in all_regions]

    def gain(coalition: game.Coalition) -> float:
        found = play.value(coalition).to_dict()
        return sum(found[k] for k in keys)

    if gain(everyone) <= 0:
        return
    goal = most * gain(everyone)
    parts = found.contribution.loc[keys].sum().drop(index=[p for p in play.players if p not in regions_of])
    inside: game.Coalition = frozenset()
    for player in parts.sort_values(ascending=False, kind="stable").index:
        if gain(inside) >= goal:
            break
        inside |= {str(player)}
    for player in parts.sort_values(kind="stable").index:
        if player in inside and gain(inside - {str(player)}) >= goal:
            inside -= {str(player)}
    for player in regions_of:
        play.value(inside - {player} if player in inside else inside | {player})
