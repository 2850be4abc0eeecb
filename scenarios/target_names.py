"""What the names in a target may be: paths of a scenario's keys, sectors in brackets."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel

from scenarios.barriers import assumption_rows
from scenarios.closure_assumptions import NUMBERS, unknown
from scenarios.groups import EVERYTHING, SectorGroups, load_sector_groups
from scenarios.problems import suggest
from scenarios.schema import Scenario
from scenarios.setting_schema import Override

Step = str | int
PARAMETERS: tuple[str, ...] = typing.get_args(Override.model_fields["parameter"].annotation)
"""Elasticities that a target may name."""
TEXTS = ("label", "note", "source")
"""Keys below the first level that change no result: texts for reports."""
FIXED = {
    "title": "a text", "description": "a text", "question": "a text", "author": "a text", "date": "a text",
    "sources": "a text", "look_at": "a text", "focus": "what a report shows",
    "variants": "a list of cases: write variant, and the name of one as its value",
    "main_variant": "a name",
}  # fmt: skip
"""Keys that change no result, and what they are."""
_PATH = re.compile(r"[A-Za-z_][\w-]*(?:\[\d+\]|\.[\w-]+)*")
_STEP = re.compile(r"\[(\d+)\]|([\w-]+)")


def steps_of(text: str) -> tuple[Step, ...]:
    """``shocks[0].tariff.to`` as its steps; () for what is no path."""
    if not _PATH.fullmatch(text):
        return ()
    return tuple(int(number) if number else name for number, name in _STEP.findall(text))


def check_path(scenario: Scenario, steps: Sequence[Step]) -> str:
    """What is wrong with a path in this scenario, and what would be right; empty when it may be written."""
    top = str(steps[0])
    known = [*(f.alias or n for n, f in Scenario.model_fields.items() if n not in FIXED), "variant"]
    if top in FIXED:
        return f"'{top}' is {FIXED[top]} and changes no number"
    if top not in known:
        others = [*known, *PARAMETERS, *(f"assumptions.{n}" for n in _assumptions())]
        return f"a scenario has no '{top}'" + suggest(top, others, f"; known are {', '.join(known)}")
    if top == "variant":
        cases = ", ".join(scenario.cases)
        if len(steps) > 1:
            return "a variant is chosen by its name: write variant"
        return "" if cases or scenario.variant else "this scenario has no variants"
    if top == "assumptions":
        return _assumption(steps)
    if top == "packages":
        return ""
    if len(steps) > 1 and steps[-1] in TEXTS:
        return _below(scenario, steps) or f"'{steps[-1]}' is a text and changes no number"
    return _below(scenario, steps)


def _assumption(steps: Sequence[Step]) -> str:
    name = ".".join(map(str, steps[1:]))
    if not name:
        return "names no assumption: write assumptions.rent_share"
    return "" if name in _assumptions() else unknown(name, assumption_rows())


@cache
def _assumptions() -> tuple[str, ...]:
    return (*assumption_rows(), *NUMBERS)


def _below(scenario: Scenario, steps: Sequence[Step]) -> str:
    """Follow a path through the schema and, as far as there is one, through the scenario's own values."""
    kind: Any = Scenario
    value: Any = scenario
    path = ""
    for step in steps:
        if isinstance(step, int):
            if isinstance(value, str):
                value = (value,)
            if not isinstance(value, tuple | list):
                return f"'{path}' is no list here, so it has no [{step}]" if path else "is no path"
            if step >= len(value):
                there = f"0 to {len(value) - 1}" if value else "none"
                return f"there is no {path}[{step}]: they are counted from 0, and there are {there}"
            path, value = f"{path}[{step}]", value[step]
            kind = type(value) if isinstance(value, BaseModel) else kind
            continue
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            fields = {f.alias or name: (name, f.annotation) for name, f in kind.model_fields.items()}
            if step not in fields:
                words = f"'{path}'" if path else "a scenario"
                return f"{words} has no '{step}'" + suggest(step, fields, f"; known are {', '.join(fields)}")
            name, annotation = fields[step]
            value = getattr(value, name) if isinstance(value, BaseModel) else None
            kind = type(value) if isinstance(value, BaseModel) else _model(annotation)
        elif isinstance(value, tuple | list):
            return f"'{path}' is a list: write {path}[0].{step}"
        path = f"{path}.{step}" if path else step
    return ""


def _model(annotation: Any) -> type[BaseModel] | None:
    """The model inside ``X`` or ``X | None``."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return annotation if issubclass(annotation, BaseModel) else None
    if typing.get_origin(annotation) in (tuple, list, dict):
        return None
    found = (_model(a) for a in typing.get_args(annotation) if a is not Ellipsis)
    return next((m for m in found if m), None)


@cache
def _groups() -> SectorGroups:
    return load_sector_groups()


def industries_of(
    name: str, members: Mapping[str, Sequence[str]], *, expand: bool = False
) -> tuple[str, ...]:
    """What a name in brackets stands for in a file: itself if it is an industry or a group of them (with
    ``expand`` its industries), else the industries of the model's sector of that name (``members``).

    Raises:
        ValueError: none of these; the message says what is near.
    """
    table = _groups()
    industries = (*table.groups["goods"], *table.groups["services"])
    if name == EVERYTHING or name in industries or name in table.groups:
        return tuple(s for s in industries if s in table.expand(name, industries)) if expand else (name,)
    if name in members:
        return tuple(members[name])
    hint = suggest(name, [*industries, *table.groups, *members])
    of = "an industry, a group of industries or a sector of the model"
    raise ValueError(f"'{name}' is not {of if members else 'an industry or a group of industries'}{hint}")
