"""A text as a frozen model: what pydantic finds wrong, in words, with file and line."""

from __future__ import annotations

import types
import typing
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from scenarios.memory import Memory
from scenarios.problems import Origin, Problem, ScenarioError, suggest
from scenarios.yaml_lines import parse

Model = TypeVar("Model", bound=BaseModel)


def text_of(path: Path) -> str:
    """The text of a file.

    Raises:
        ScenarioError: it is not UTF-8 text or cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ScenarioError([Problem(str(path), None, "", "not a UTF-8 text file")]) from None
    except OSError as error:
        raise ScenarioError([Problem(str(path), None, "", f"cannot be read: {error.strerror}")]) from None


def parse_model(
    model: type[Model], text: str, file: str, folder: str | Path, memory: Memory | None = None
) -> tuple[Model, Origin]:
    """A text as a model, and where its entries stand; ``file`` is its name in messages.

    Raises:
        ScenarioError: everything that is wrong with it.
    """
    key = (model.__name__, file, str(folder), text)
    return (memory or Memory()).once(key, lambda: _parse_model(model, text, file, folder))


def _parse_model(model: type[Model], text: str, file: str, folder: str | Path) -> tuple[Model, Origin]:
    value, origin, problems = parse_mapping(model, text, file, folder)
    try:
        read = validate(model, value, origin)
    except ScenarioError as error:
        raise ScenarioError([*problems, *error.problems]) from None
    if problems:
        raise ScenarioError(problems)
    return read, origin


def parse_mapping(
    model: type[BaseModel], text: str, file: str, folder: str | Path
) -> tuple[dict[str, Any], Origin, list[Problem]]:
    """A text as a mapping, where its entries stand, and the problems that do not stop the reading.

    Raises:
        ScenarioError: not YAML, or no mapping.
    """
    value, origin, problems = parse(text, file, str(folder))
    if not isinstance(value, dict):
        raise ScenarioError(
            [Problem(file, 1, "", f"a {_word(model)} is a mapping of keys, not {_short(value)}")]
        )
    return value, origin, problems


def validate(model: type[Model], value: dict[str, Any], origin: Origin) -> Model:
    """A parsed value as a model.

    Raises:
        ScenarioError: everything that is wrong with it.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise ScenarioError(_problem(model, origin, e) for e in error.errors()) from None


def _problem(model: type[BaseModel], origin: Origin, error: ErrorDetails) -> Problem:
    path = _path(error["loc"])
    return origin.problem(path, _message(model, error))


def _message(model: type[BaseModel], error: ErrorDetails) -> str:
    kind, value, key = error["type"], error["input"], str(error["loc"][-1]) if error["loc"] else ""
    if kind == "extra_forbidden":
        known = _keys(_model_at(model, error["loc"][:-1]))
        return "unknown key" + suggest(key, known, f"; known here: {', '.join(known)}")
    if kind == "literal_error":
        options = _options(error)
        return f"'{value}' is not one of {', '.join(options)}" + suggest(str(value), options)
    if kind == "value_error":
        return error["msg"].removeprefix("Value error, ")
    plain = {
        "missing": "required",
        "string_type": f"a text is needed here, not {_short(value)}",
        "string_too_short": "must not be empty",
        "model_type": f"a mapping of keys is needed here, not {_short(value)}",
        "tuple_type": f"a list is needed here, not {_short(value)}",
        "too_short": "at least one entry is needed here",
        "date_type": f"a date is needed here, such as 2026-01-01, not {_short(value)}",
        "bool_type": f"true or false is needed here, not {_short(value)}",
        "float_type": f"a number is needed here, not {_short(value)}",
        "greater_than": f"must be above {error.get('ctx', {}).get('gt', 0):g}, not {_short(value)}",
    }
    return plain.get(kind, error["msg"])


def _options(error: ErrorDetails) -> list[str]:
    expected = str(error.get("ctx", {}).get("expected", ""))
    return [word.strip().strip("'") for word in expected.replace(" or ", ", ").split(",")]


def _model_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> type[BaseModel]:
    for step in loc:
        if isinstance(step, int):
            continue
        fields = {f.alias or name: f for name, f in model.model_fields.items()}
        # A step that is no field is the key of a mapping.
        model = (_inner_model(fields[step].annotation) if step in fields else None) or model
    return model


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    """The model inside ``X``, ``X | None`` or ``tuple[X, ...]``."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return annotation if issubclass(annotation, BaseModel) else None
    found = (_inner_model(a) for a in typing.get_args(annotation) if a is not Ellipsis)
    return next((m for m in found if m), None)


def _keys(model: type[BaseModel]) -> list[str]:
    return [f.alias or name for name, f in model.model_fields.items()]


def _path(loc: tuple[int | str, ...]) -> str:
    out = ""
    for step in loc:
        out += f"[{step}]" if isinstance(step, int) else f".{step}" if out else str(step)
    return out


def _word(model: type[BaseModel]) -> str:
    words = {"BaselineFile": "baseline", "PackageFile": "package"}
    return words.get(model.__name__, model.__name__.lower())


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return f"'{value}'" if isinstance(value, str) else str(value)
