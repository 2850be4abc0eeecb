"""Scenario files into frozen Scenario objects: file and line in every message, all messages at once."""

from __future__ import annotations

import hashlib
import types
import typing
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from scenarios.barriers import ASSUMPTIONS, require_in_range
from scenarios.groups import EVERYTHING
from scenarios.policy_schema import Agreement, BaselineFile, PolicyFiles
from scenarios.preferences import PREFERENCE_USE
from scenarios.problems import Origin, Problem, ScenarioError, suggest
from scenarios.provisions import PROVISIONS
from scenarios.schema import Scenario
from scenarios.standards import STANDARDS
from scenarios.variants import choose, merged, variants_of
from scenarios.yaml_lines import parse

HERE = Path(__file__).parent
LIBRARY = HERE / "library"
BASELINES = HERE / "baseline"
AGREEMENTS = HERE / "agreements"
TABLES = (PREFERENCE_USE, PROVISIONS, ASSUMPTIONS, STANDARDS)
LIBRARY_HEADER = ("description", "author", "sources")
NOT_YET = {
    "products": "product carve-outs are not available yet: the 50 industries show no single products, and "
    "no table says which share of an industry's cut to withhold; name the whole industry under 'sectors'",
}

Model = TypeVar("Model", bound=BaseModel)


def library() -> dict[str, Path]:
    """The shipped scenarios: name to file."""
    return {path.stem: path for path in sorted(LIBRARY.glob("*.yaml"))}


def library_name(scenario: Scenario) -> str | None:
    """The scenario's name in the library, or None if it was not read from there."""
    origin = scenario.origin
    return Path(origin.file).stem if origin.folder == str(LIBRARY) else None


def read_scenario(name_or_path: str | Path, variant: str | None = None) -> Scenario:
    """Read a scenario of the library by name, or any file by path, with its baseline and agreements.

    ``variant``: one of the file's variants (`scenarios.variants`) in place of its own case; all of them are
    read, whichever is asked for, and are found in ``cases`` of the file's own case.

    Raises:
        ScenarioError: everything that is wrong with the file or with the policy files it names.
    """
    path = _locate(name_or_path)
    in_library = path.parent == LIBRARY
    text, file = _text(path), path.name if in_library else str(name_or_path)
    scenario = parse_scenario(text, file=file, folder=path.parent)
    if in_library:
        _require_header(scenario)
    return scenario if variant is None else choose(scenario, variant)


def parse_scenario(text: str, *, file: str = "<text>", folder: str | Path = ".") -> Scenario:
    """Read a scenario from text; ``file`` is its name in messages, relative paths start from ``folder``.

    Raises:
        ScenarioError: as read_scenario.
    """
    value, origin, problems = _parse_mapping(Scenario, text, file, folder)
    cases: dict[str, Scenario] = {}
    try:
        others = variants_of(value, origin)
    except ScenarioError as error:
        others, problems = {}, [*problems, *error.problems]
    main: Scenario | None = None
    written = {name: merged(value, name, own, origin) for name, own in others.items()}
    for name, (content, place) in {"": (value, origin), **written}.items():
        try:
            case = _case(content, place, name)
        except ScenarioError as error:
            problems += error.problems
            continue
        if name:
            cases[name] = case
        else:
            main = case
    if problems or main is None:
        raise ScenarioError(problems)
    if main.main_variant is not None:
        own = main.model_copy()
        own._variant = main.main_variant
        cases = {main.main_variant: own, **cases}
    main._cases = cases
    return main


def _case(content: dict[str, Any], origin: Origin, variant: str) -> Scenario:
    """One case of a file: its own, or a variant merged into it."""
    scenario = _validate(Scenario, content, origin)
    scenario._origin, scenario._variant = origin, variant
    _require_files(scenario)
    _require_assumptions(scenario)
    scenario._policy = policy_files(scenario)
    return scenario


def policy_files(scenario: Scenario) -> PolicyFiles:
    """The baseline file and the agreements that a scenario names; read now if it was not read from a file.

    Raises:
        ScenarioError: an unknown baseline or agreement, or one of these files is wrong.
    """
    named = [(name, f"shocks[{k}].{key}") for k, shock in enumerate(scenario.shocks)
             for key, name in (("agreement", shock.agreement), ("leave", shock.leave)) if name]  # fmt: skip
    asked = (
        scenario.baseline.name,
        *scenario.baseline.without,
        *scenario.baseline.use,
        *(n for n, _ in named),
    )
    # A changed copy of a scenario carries the files of the original.
    if scenario._policy is not None and scenario._policy.asked == asked:
        return scenario._policy
    baseline = read_baseline(scenario.baseline.name, origin=scenario.origin)
    wanted = [
        (a.agreement, baseline.origin, f"agreements[{k}].agreement")
        for k, a in enumerate(baseline.agreements)
    ]
    wanted += [(name, scenario.origin, path) for name, path in named]
    agreements: dict[str, Agreement] = {}
    problems: list[Problem] = []
    for name, origin, path in [*wanted, *((p.stem, scenario.origin, "") for p in AGREEMENTS.glob("*.yaml"))]:
        if name in agreements:
            continue
        try:
            agreements[name] = read_agreement(name, origin=origin, path=path)
        except ScenarioError as error:
            problems += error.problems
    problems += _not_held(scenario, [a.agreement for a in baseline.agreements])
    if problems:
        raise ScenarioError(problems)
    return PolicyFiles(baseline, dict(sorted(agreements.items())), asked, TABLES)


def _not_held(scenario: Scenario, held: list[str]) -> list[Problem]:
    """Agreements that the scenario takes out of its baseline, or uses otherwise, and that are not in it."""
    base = scenario.baseline
    named = [(name, f"baseline.without[{k}]") for k, name in enumerate(base.without)]
    named += [(name, f"baseline.use.{name}") for name in base.use if name != EVERYTHING]
    return [
        scenario.origin.problem(path, f"'{name}' is not in the baseline {base.name}" + suggest(name, held))
        for name, path in named
        if name not in held
    ]


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
    """SHA-256 of all that decides the shocks: the scenario's content, its baseline, agreements, standards."""
    content = scenario.model_dump_json(by_alias=True) + policy_files(scenario).sha256()
    return hashlib.sha256(content.encode()).hexdigest()


def aggregation_files(scenario: Scenario) -> tuple[Path, Path] | None:
    """The two CSV maps of a scenario with its own aggregation, or None if it names a shipped one."""
    own = scenario.aggregation
    if own.regions is None or own.sectors is None:
        return None
    folder = Path(scenario.origin.folder)
    return folder / own.regions, folder / own.sectors


def barrier_file(scenario: Scenario) -> Path | None:
    """The CSV of barriers that a scenario brings, or None."""
    own = scenario.barriers.file
    return None if own is None else Path(scenario.origin.folder) / own


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
    value, origin, problems = _parse_mapping(model, text, file, folder)
    try:
        read = _validate(model, value, origin)
    except ScenarioError as error:
        raise ScenarioError([*problems, *error.problems]) from None
    if problems:
        raise ScenarioError(problems)
    return read, origin


def _parse_mapping(
    model: type[BaseModel], text: str, file: str, folder: str | Path
) -> tuple[dict[str, Any], Origin, list[Problem]]:
    value, origin, problems = parse(text, file, str(folder))
    if not isinstance(value, dict):
        raise ScenarioError(
            [Problem(file, 1, "", f"a {_word(model)} is a mapping of keys, not {_short(value)}")]
        )
    return value, origin, problems


def _validate(model: type[Model], value: dict[str, Any], origin: Origin) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise ScenarioError(_problem(model, origin, e) for e in error.errors()) from None


def _require_header(scenario: Scenario) -> None:
    missing = [name for name in LIBRARY_HEADER if not getattr(scenario, name)]
    if missing:
        raise ScenarioError(scenario.origin.problem(m, "required in the library") for m in missing)


def _require_files(scenario: Scenario) -> None:
    keys = ("aggregation.regions", "aggregation.sectors")
    named: dict[str, Path] = dict(zip(keys, aggregation_files(scenario) or (), strict=False))
    barriers = barrier_file(scenario)
    if barriers is not None:
        named["barriers.file"] = barriers
    absent = [
        scenario.origin.problem(key, f"no such file: {path}")
        for key, path in named.items()
        if not path.is_file()
    ]
    if absent:
        raise ScenarioError(absent)


def _require_assumptions(scenario: Scenario) -> None:
    problems = []
    for name, value in scenario.assumptions.items():
        try:
            require_in_range({name: value})
        except ValueError as error:
            problems.append(scenario.origin.problem(f"assumptions.{name}", str(error)))
    if problems:
        raise ScenarioError(problems)


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
    return {"Scenario": "scenario", "BaselineFile": "baseline", "Agreement": "agreement"}[model.__name__]


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return f"'{value}'" if isinstance(value, str) else str(value)
