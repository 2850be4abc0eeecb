"""Lists of names in a file, and the base of everything in one."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema


def _name_list(value: Any) -> Any:
    """One name, or a list of names, as a tuple; a name twice is a slip."""
    names = (value,) if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not names or not all(isinstance(n, str) for n in names):
        raise ValueError("a name or a list of names is needed here, such as USA or [USA, CPTPP]")
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise ValueError(f"named twice: {', '.join(twice)}")
    return tuple(names)


NAMES_SCHEMA = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
Names = Annotated[tuple[str, ...], BeforeValidator(_name_list), WithJsonSchema(NAMES_SCHEMA)]


class Strict(BaseModel):
    """Base of everything in a file: frozen, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False)
