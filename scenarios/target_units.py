"""Whether a number of a scenario is a share, told as percent, or a plain number: by the type of its field."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel, BeforeValidator

from scenarios import units
from scenarios.access_schema import BarrierShare, Cost, TariffChange
from scenarios.schema import Scenario
from scenarios.tariff_verbs import NewRate

SHARES = (
    units.Rate, units.Share, units.Cut, units.Points, units.Volume, units.Change, units.ProductivityChange,
    units.EndowmentChange, TariffChange, BarrierShare, Cost, NewRate,
)  # fmt: skip
"""Types of fields that take ``10%``: rates, shares, points, relative changes."""


def unit_of(scenario: Scenario, steps: Sequence[str | int]) -> str:
    """``share`` for a rate, a share or a relative change, ``number`` for any other number.

    ``steps``: a path of the scenario's keys (`scenarios.target_names.steps_of`).
    """
    value: Any = scenario
    share = False
    for step in steps:
        if isinstance(step, int):
            value = value[step] if isinstance(value, tuple | list) and step < len(value) else None
            continue
        fields = getattr(type(value), "model_fields", {}) if isinstance(value, BaseModel) else {}
        name = next((n for n, f in fields.items() if step in (n, f.alias)), None)
        if name is not None:
            field = fields[name]
            share = bool(_parsers(field.annotation, tuple(field.metadata)) & _of_shares())
        value = getattr(value, name) if name is not None else None
    return "share" if share else "number"


@cache
def _of_shares() -> frozenset[Any]:
    return frozenset(parser for kind in SHARES for parser in _parsers(kind))


def _parsers(kind: Any, metadata: tuple[Any, ...] = ()) -> set[Any]:
    """What reads a value of the type before pydantic does, through ``X | None``, tuples and mappings."""
    notes = (*metadata, *getattr(kind, "__metadata__", ()))
    found = {note.func for note in notes if isinstance(note, BeforeValidator)}
    return found.union(*(_parsers(inside) for inside in typing.get_args(kind)))
