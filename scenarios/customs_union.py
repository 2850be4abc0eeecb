"""Tariffs of single members of a customs union: the union sets them, so an act of some members is told."""

from __future__ import annotations

import numpy as np

from scenarios.aim import Aim, Mask, World
from scenarios.groups import UnknownNameError

UNION = "EU27"
"""The customs union whose members are single economies of the data (agreements/memberships.csv)."""
_SHOWN = 4


def union_members(world: World) -> Mask:
    """Mask over regions: members of the customs union; nobody where the labels are without it."""
    try:
        inside, _ = world.groups.expand(UNION, world.regions)
    except UnknownNameError:
        inside = frozenset()
    return np.array([r in inside for r in world.regions])


def note_single_members(aim: Aim, importers: Mask, path: str) -> None:
    """A note when some, but not all, members of the union are among those whose tariffs move.

    ``importers`` is a mask over regions. Labels without the union (a test's, an aggregation's) have no note.
    """
    member = union_members(aim.world)
    named = [r for r, hit in zip(aim.world.regions, member & importers, strict=True) if hit]
    if not named or len(named) == member.sum():
        return
    who = ", ".join(named[:_SHOWN]) + (f" and {len(named) - _SHOWN} others" if len(named) > _SHOWN else "")
    verb, sets, alone = ("is", "sets", "alone") if len(named) == 1 else ("are", "set", "of their own")
    it = "it" if len(named) == 1 else "they"
    no = "no tariff" if len(named) == 1 else "no tariffs"
    aim.note(
        path,
        f"{who} {verb} in a customs union ({UNION}): {it} {sets} {no} {alone}; "
        f"name {UNION} for what the union does",
    )
