"""Kinds of entries that every scenario file is made of: names, texts, dates, and the strict mapping."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema


def _name_list(value: Any) -> Any:
    """One name, or a list of names, as a tuple; a name twice is a slip."""
    names = (value,) if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not names or not all(isinstance(n, str) for n in names):
        raise ValueError("a name or a list of names is needed here, such as USA or [USA, CPTPP]")
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise ValueError(f"named twice: {', '.join(twice)}")
    return tuple(names)


def _text_list(value: Any) -> Any:
    """One text, or a list of texts, as a tuple."""
    texts = (value,) if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(t, str) and t for t in texts):
        raise ValueError("a text or a list of texts is needed here (quote a text that holds ': ')")
    return tuple(texts)


def _two_sides(value: Any) -> Any:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError(
            "exactly two sides are needed, such as [USA, CPTPP] or [[USA, CAN], RCEP]; "
            "for every flow inside one set write 'among:'"
        )
    return tuple(value)


_PERCENT = re.compile(r"^\s*([+-]?\d+(?:\.\d+)?)\s*%\s*$")


def _numbers(value: Any) -> Any:
    """A mapping of names to numbers; ``30%`` is 0.3."""
    if not isinstance(value, Mapping):
        raise ValueError("a mapping of names to numbers is needed here, such as {spillover: 0.3}")
    out = {}
    for name, number in value.items():
        share = _PERCENT.match(number) if isinstance(number, str) else None
        if share:
            out[name] = float(share.group(1)) / 100
        elif isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
            raise ValueError(f"{name}: a number is needed, such as 0.3 or 30%, not '{number}'")
        else:
            out[name] = float(number)
    return out


Numbers = Annotated[dict[str, float], BeforeValidator(_numbers)]
_NAMES_SCHEMA = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
Names = Annotated[tuple[str, ...], BeforeValidator(_name_list), WithJsonSchema(_NAMES_SCHEMA)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_text_list), WithJsonSchema(_NAMES_SCHEMA)]
Sides = Annotated[
    tuple[Names, Names],
    BeforeValidator(_two_sides),
    WithJsonSchema({"type": "array", "items": _NAMES_SCHEMA, "minItems": 2, "maxItems": 2}),
]
Date = Annotated[dt.date, Field(strict=True)]
Confidence = Literal[
    "verified-page", "repo-file", "replicated", "derived", "recall-H", "recall-M", "recall-L", "assumption"
]


class Strict(BaseModel):
    """Base of everything in a file: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False)
