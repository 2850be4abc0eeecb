"""What coalitions bring to their members and to those outside: who would leave, who would join, how few do.

Gains are equivalent variations in USD million. A member would leave when it is better off with the others
going on without it; an outsider would join when it is better off inside. A coalition is internally stable
when nobody would leave, externally when nobody would join. What is not known, because the coalition without
or with a player was not solved, is left open, never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from results.tidy import WORLD

Coalition = frozenset[str]
STILL = 0.1
"""USD million: a difference below it is the solver's, and moves nobody."""
MOST = 0.8
"""Share of the whole gain that counts as most of it."""
COLUMNS = (
    "coalition", "size", "members_gain", "focus_gain", "outsiders_gain", "best_outsider", "worst_outsider",
    "would_leave", "would_join", "internally_stable", "externally_stable",
)  # fmt: skip


@dataclass(frozen=True)
class Smallest:
    """The smallest coalition found with most of the gain; ``proven``: all smaller ones were solved."""

    of: str
    members: tuple[str, ...]
    gain: float
    share: float
    proven: bool


@dataclass(frozen=True)
class Coalitions:
    """``table``: one row per solved coalition that changes anything (COLUMNS; stability is yes, no or "" when
    open); ``gains``: gain of every player in each; ``smallest``: for the focus and for the members in sum;
    ``complete``: whether every coalition was solved.
    """

    players: tuple[str, ...]
    table: pd.DataFrame
    gains: pd.DataFrame
    smallest: tuple[Smallest, ...]
    most: float
    complete: bool


def name_of(coalition: Coalition, players: Sequence[str]) -> str:
    """Members in the order of the players; ``(nobody)`` for none."""
    return " ".join(p for p in players if p in coalition) or "(nobody)"


@dataclass(frozen=True)
class Gains:
    """Welfare by coalition. ``regions_of``: player -> regions of the model that are its economy."""

    values: Mapping[Coalition, Mapping[str, float]]
    players: tuple[str, ...]
    regions_of: Mapping[str, tuple[str, ...]]

    def of(self, player: str, coalition: Coalition) -> float:
        """Gain of one player."""
        value = self.values[coalition]
        return float(sum(value[f"welfare_ev|{r}"] for r in self.regions_of[player]))

    def members(self, coalition: Coalition, inside: Coalition | None = None) -> float:
        """Gain of the members in sum (or of ``inside`` under this coalition), each region once."""
        value = self.values[coalition]
        regions = {r for p in (coalition if inside is None else inside) for r in self.regions_of[p]}
        return float(sum(value[f"welfare_ev|{r}"] for r in sorted(regions)))

    def outsiders(self, coalition: Coalition) -> dict[str, float]:
        """Gain by region outside the coalition."""
        regions = {r for p in coalition for r in self.regions_of[p]}
        value = self.values[coalition]
        found = {k.partition("|")[2]: x for k, x in value.items() if k.startswith("welfare_ev|")}
        return {r: x for r, x in found.items() if r not in regions and r != WORLD}

    def leaves(self, player: str, coalition: Coalition) -> bool | None:
        """Whether a member is better off outside; None when that was not solved."""
        without = coalition - {player}
        if without not in self.values:
            return None
        return self.of(player, without) > self.of(player, coalition) + STILL

    def joins(self, player: str, coalition: Coalition) -> bool | None:
        """Whether an outsider is better off inside; None when that was not solved."""
        with_it = coalition | {player}
        if with_it not in self.values:
            return None
        return self.of(player, with_it) > self.of(player, coalition) + STILL


def coalitions(gains: Gains, *, focus: str, most: float = MOST) -> Coalitions:
    """All that the solved coalitions tell. ``focus``: region whose gain is shown beside the members'."""
    players = gains.players
    moving = [s for s in gains.values if any(gains.values[s].values())]
    solved = sorted(moving, key=lambda s: (-len(s), [p not in s for p in players]))
    rows = [_row(gains, s, focus) for s in solved]
    each = pd.DataFrame(
        {p: [gains.of(p, s) for s in solved] for p in players},
        index=pd.Index([name_of(s, players) for s in solved], name="coalition"),
    )
    complete = len(gains.values) == 2 ** len(players)
    found = tuple(
        s
        for s in (
            smallest(gains, focus, lambda s: gains.values[s][f"welfare_ev|{focus}"], most),
            smallest(gains, "members", lambda s: gains.members(s, frozenset(players)), most),
        )
        if s is not None
    )
    return Coalitions(players, pd.DataFrame(rows, columns=list(COLUMNS)), each.reset_index(), found, most,
                      complete)  # fmt: skip


def smallest(gains: Gains, of: str, gain: Callable[[Coalition], float], most: float) -> Smallest | None:
    """The fewest players with ``most`` of what all together gain; None when all together do not gain.

    Among equally small ones, that with the largest gain.
    """
    everyone = frozenset(gains.players)
    whole = gain(everyone)
    if whole <= STILL:
        return None
    enough = [s for s in gains.values if gain(s) >= most * whole]
    best = min(enough, key=lambda s: (len(s), -gain(s)))
    count = sum(len(s) < len(best) for s in gains.values)
    proven = count == _number_below(len(gains.players), len(best))
    members = tuple(p for p in gains.players if p in best)
    return Smallest(of, members, gain(best), gain(best) / whole, proven)


def _number_below(players: int, size: int) -> int:
    """How many coalitions have fewer members than ``size``."""
    from math import comb

    return sum(comb(players, k) for k in range(size))


def _row(gains: Gains, s: Coalition, focus: str) -> dict[str, object]:
    outside = gains.outsiders(s)
    leave = {p: gains.leaves(p, s) for p in gains.players if p in s}
    join = {p: gains.joins(p, s) for p in gains.players if p not in s}

    def extreme(region: str | None) -> str:
        return "" if region is None else f"{region} {outside[region]:+,.0f}"

    return {
        "coalition": name_of(s, gains.players),
        "size": len(s),
        "members_gain": gains.members(s),
        "focus_gain": gains.values[s][f"welfare_ev|{focus}"],
        "outsiders_gain": sum(outside.values()),
        "best_outsider": extreme(max(outside, key=lambda r: outside[r], default=None)),
        "worst_outsider": extreme(min(outside, key=lambda r: outside[r], default=None)),
        "would_leave": " ".join(p for p, yes in leave.items() if yes),
        "would_join": " ".join(p for p, yes in join.items() if yes),
        "internally_stable": _verdict(leave),
        "externally_stable": _verdict(join),
    }


def _verdict(moves: Mapping[str, bool | None]) -> str:
    """Stable when nobody moves; open when nobody is known to and somebody is unknown."""
    if any(moves.values()):
        return "no"
    return "" if any(m is None for m in moves.values()) else "yes"
