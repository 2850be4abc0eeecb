"""Scenario files into frozen Scenario objects: file and line in every message, all messages at once."""

from __future__ import annotations

import hashlib
import types
import typing
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from scenarios.policy_schema import Agreement, BaselineFile, PolicyFiles
from scenarios.problems import Origin, Problem, ScenarioError, suggest
from scenarios.schema import Scenario
from scenarios.yaml_lines import parse

HERE = Path(__file__).parent
LIBRARY = HERE / "library"
BASELINES = HERE / "baseline"
AGREEMENTS = HERE / "agreements"
LIBRARY_HEADER = ("description", "author", "sources")
NOT_YET = {
    "products": "product carve-outs are not available yet: the 50 industries show no single products, and "
    "no table says which share of an industry's cut to withhold; name the whole industry under 'sectors'",
}

Model = TypeVar("Model", bound=BaseModel)


def library() -> dict[str, Path]:
    """The shipped scenarios: name to file."""
    return {path.stem: path for path in sorted(LIBRARY.glob("*.yaml"))}


def read_scenario(name_or_path: str | Path) -> Scenario:
    """Read a scenario of the library by name, or any file by path, with its baseline and agreements.

    Raises:
        ScenarioError: everything that is wrong with the file or with the policy files it names.
    """
    path = _locate(name_or_path)
    in_library = path.parent == LIBRARY
    text, file = _text(path), path.name if in_library else str(name_or_path)
    scenario = parse_scenario(text, file=file, folder=path.parent)
    if in_library:
        _require_header(scenario)
    return scenario


def parse_scenario(text: str, *, file: str = "<text>", folder: str | Path = ".") -> Scenario:
    """Read a scenario from text; ``file`` is its name in messages, relative paths start from ``folder``.

    Raises:
        ScenarioError: as read_scenario.
    """
    scenario, origin = _parse_model(Scenario, text, file, folder)
    scenario._origin = origin
    _require_maps(scenario)
    scenario._policy = policy_files(scenario)
    return scenario


def policy_files(scenario: Scenario) -> PolicyFiles:
    """The baseline file and the agreements that a scenario names; read now if it was not read from a file.

    Raises:
        ScenarioError: an unknown baseline or agreement, or one of these files is wrong.
    """
    asked = (
        scenario.baseline.name,
        *scenario.baseline.without,
        *(s.agreement or "" for s in scenario.shocks),
    )
    # A changed copy of a scenario carries the files of the original.
    if scenario._policy is not None and scenario._policy.asked == asked:
        return scenario._policy
    baseline = read_baseline(scenario.baseline.name, origin=scenario.origin)
    wanted = [
        (a.agreement, baseline.origin, f"agreements[{k}].agreement")
        for k, a in enumerate(baseline.agreements)
    ]
    wanted += [
        (s.agreement, scenario.origin, f"shocks[{k}].agreement") for k, s in enumerate(scenario.shocks)
    ]
    agreements: dict[str, Agreement] = {}
    problems: list[Problem] = []
    for name, origin, path in wanted:
        if name is None or name in agreements:
            continue
        try:
            agreements[name] = read_agreement(name, origin=origin, path=path)
        except ScenarioError as error:
            problems += error.problems
    held = [a.agreement for a in baseline.agreements]
    for k, name in enumerate(scenario.baseline.without):
        if name not in held:
            where = f"baseline.without[{k}]"
            message = f"'{name}' is not in the baseline {scenario.baseline.name}" + suggest(name, held)
            problems.append(scenario.origin.problem(where, message))
    if problems:
        raise ScenarioError(problems)
    return PolicyFiles(baseline, agreements, asked)


def read_baseline(name: str, *, origin: Origin | None = None) -> BaselineFile:
    """Read a baseline of ``scenarios/baseline`` by name, or by a path (.yaml) relative to the scenario file.

    Raises:
        ScenarioError: it does not exist (reported at ``baseline.name`` of ``origin``) or is wrong.
    """
    where = origin or Origin()
    by_path = name.endswith((".yaml", ".yml"))
    path = Path(where.folder) / name if by_path else BASELINES / f"{name}.yaml"
    if not path.is_file():
        known = sorted(p.stem for p in BASELINES.glob("*.yaml"))
        hint = "" if by_path else suggest(name, known, f"; there are {', '.join(known)}")
        raise ScenarioError([where.problem("baseline.name", f"no baseline '{name}'{hint}")])
    baseline, found = _parse_model(BaselineFile, _text(path), path.name, path.parent)
    baseline._origin = found
    return baseline


def read_agreement(name: str, *, origin: Origin | None = None, path: str = "") -> Agreement:
    """Read an agreement of ``scenarios/agreements`` by name.

    Raises:
        ScenarioError: it does not exist (reported at ``path`` of ``origin``) or is wrong.
    """
    known = {p.stem: p for p in sorted(AGREEMENTS.glob("*.yaml"))}
    if name not in known:
        message = f"no agreement '{name}'" + suggest(name, known, f"; there are {', '.join(known)}")
        raise ScenarioError([(origin or Origin()).problem(path, message)])
    file = known[name]
    agreement, found = _parse_model(Agreement, _text(file), file.name, file.parent)
    if agreement.agreement != name:
        raise ScenarioError(
            [found.problem("agreement", f"'{agreement.agreement}' stands in the file of {name}")]
        )
    agreement._origin = found
    return agreement


def scenario_hash(scenario: Scenario) -> str:
    """SHA-256 of all that decides the shocks: the scenario's content, its baseline, its agreements."""
    content = scenario.model_dump_json(by_alias=True) + policy_files(scenario).sha256()
    return hashlib.sha256(content.encode()).hexdigest()


def aggregation_files(scenario: Scenario) -> tuple[Path, Path] | None:
    """The two CSV maps of a scenario with its own aggregation, or None if it names a shipped one."""
    own = scenario.aggregation
    if own.regions is None or own.sectors is None:
        return None
    folder = Path(scenario.origin.folder)
    return folder / own.regions, folder / own.sectors


def _locate(name_or_path: str | Path) -> Path:
    text = str(name_or_path)
    shipped = library()
    if text in shipped:
        return shipped[text]
    path = Path(text)
    if path.is_file():
        return path
    if path.is_dir():
        raise ScenarioError([Problem(text, None, "", "this is a folder, not a scenario file")])
    hint = suggest(path.stem, shipped, f"; the library has {', '.join(shipped)}")
    kind = (
        "no such file" if path.suffix in (".yaml", ".yml") else "no scenario of that name, and no such file"
    )
    raise ScenarioError([Problem(text, None, "", kind + hint)])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ScenarioError([Problem(str(path), None, "", "not a UTF-8 text file")]) from None
    except OSError as error:
        raise ScenarioError([Problem(str(path), None, "", f"cannot be read: {error.strerror}")]) from None


def _parse_model(model: type[Model], text: str, file: str, folder: str | Path) -> tuple[Model, Origin]:
    value, origin, problems = parse(text, file, str(folder))
    if not isinstance(value, dict):
        raise ScenarioError(
            [Problem(file, 1, "", f"a {_word(model)} is a mapping of keys, not {_short(value)}")]
        )
    try:
        read = model.model_validate(value)
    except ValidationError as error:
        raise ScenarioError(problems + [_problem(model, origin, e) for e in error.errors()]) from None
    if problems:
        raise ScenarioError(problems)
    return read, origin


def _require_header(scenario: Scenario) -> None:
    missing = [name for name in LIBRARY_HEADER if not getattr(scenario, name)]
    if missing:
        raise ScenarioError(scenario.origin.problem(m, "required in the library") for m in missing)


def _require_maps(scenario: Scenario) -> None:
    files = aggregation_files(scenario) or ()
    absent = [
        scenario.origin.problem(f"aggregation.{key}", f"no such file: {path}")
        for key, path in zip(("regions", "sectors"), files, strict=False)
        if not path.is_file()
    ]
    if absent:
        raise ScenarioError(absent)


def _problem(model: type[BaseModel], origin: Origin, error: ErrorDetails) -> Problem:
    path = _path(error["loc"])
    return origin.problem(path, _message(model, error))


def _message(model: type[BaseModel], error: ErrorDetails) -> str:
    kind, value, key = error["type"], error["input"], str(error["loc"][-1]) if error["loc"] else ""
    if kind == "extra_forbidden":
        if key in NOT_YET:
            return NOT_YET[key]
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
        model = _inner_model(fields[step].annotation) or model
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
    return {"Scenario": "scenario", "BaselineFile": "baseline", "Agreement": "agreement"}[model.__name__]


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return f"'{value}'" if isinstance(value, str) else str(value)
