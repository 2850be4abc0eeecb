"""Scenario files into frozen Scenario objects: file and line in every message, all messages at once."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

from scenarios.barriers import ASSUMPTIONS, assumption_rows, require_in_range
from scenarios.carve_outs import product_table, products_file
from scenarios.closure_assumptions import NUMBERS, refusal, unknown
from scenarios.compensation import require_payable
from scenarios.groups import EVERYTHING
from scenarios.memory import Memory
from scenarios.package_files import Flattened, flatten
from scenarios.policy_schema import Agreement, BaselineFile, PolicyFiles
from scenarios.preferences import PREFERENCE_USE
from scenarios.problems import Origin, Problem, ScenarioError, suggest
from scenarios.product_table import PRODUCT_CARVE_OUTS
from scenarios.provisions import PROVISIONS
from scenarios.schema import Scenario
from scenarios.staging import STAGING
from scenarios.standards import STANDARDS
from scenarios.sweep_checks import require_sweep
from scenarios.validation import parse_mapping, parse_model, text_of, validate
from scenarios.variants import choose, merged, variants_of

HERE = Path(__file__).parent
LIBRARY = HERE / "library"
BASELINES = HERE / "baseline"
AGREEMENTS = HERE / "agreements"
TABLES = (PREFERENCE_USE, PROVISIONS, ASSUMPTIONS, STANDARDS, PRODUCT_CARVE_OUTS, STAGING)
LIBRARY_HEADER = ("description", "question", "author", "date", "sources", "look_at", "focus")


def library() -> dict[str, Path]:
    """The shipped scenarios: name to file."""
    return {path.stem: path for path in sorted(LIBRARY.glob("*.yaml"))}


def library_name(scenario: Scenario) -> str | None:
    """The scenario's name in the library, or None if it was not read from there or changed by hand."""
    origin = scenario.origin
    if scenario.changed:
        return None
    return Path(origin.file).stem if origin.folder == str(LIBRARY) else None


def read_scenario(
    name_or_path: str | Path, variant: str | None = None, *, memory: Memory | None = None
) -> Scenario:
    """Read a scenario of the library by name, or any file by path, with its baseline and agreements.

    ``variant``: one of the file's variants (`scenarios.variants`) in place of its own case; all of them are
    read, whichever is asked for, and are found in ``cases`` of the file's own case. ``memory``: files that
    other scenarios read as well are read once.

    Raises:
        ScenarioError: everything that is wrong with the file or with the policy files it names.
    """
    path = _locate(name_or_path)
    in_library = path.parent == LIBRARY
    text, file = text_of(path), path.name if in_library else str(name_or_path)
    scenario = parse_scenario(text, file=file, folder=path.parent, memory=memory)
    if in_library:
        _require_header(scenario)
    return scenario if variant is None else choose(scenario, variant)


def parse_scenario(
    text: str, *, file: str = "<text>", folder: str | Path = ".", memory: Memory | None = None
) -> Scenario:
    """Read a scenario from text; ``file`` is its name in messages, relative paths start from ``folder``.

    Raises:
        ScenarioError: as read_scenario.
    """
    value, origin, problems = parse_mapping(Scenario, text, file, folder)
    cases: dict[str, Scenario] = {}
    memory = memory or Memory()
    try:
        others = variants_of(value, origin)
    except ScenarioError as error:
        others, problems = {}, [*problems, *error.problems]
    main: Scenario | None = None
    for name in ("", *others):
        try:
            content, place = merged(value, name, others[name], origin) if name else (value, origin)
            case = read_case(content, place, name, memory)
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


def read_case(
    content: dict[str, Any], origin: Origin, variant: str = "", memory: Memory | None = None
) -> Scenario:
    """One case of a file from its parsed content: the file's own, or a variant merged into it.

    Raises:
        ScenarioError: everything that is wrong with it, its packages or the policy files it names.
    """
    return read_flat(flatten(content, origin, memory), variant, memory, written=(content, origin))


def read_flat(
    flat: Flattened,
    variant: str = "",
    memory: Memory | None = None,
    *,
    written: tuple[dict[str, Any], Origin] | None = None,
    known: PolicyFiles | None = None,
) -> Scenario:
    """As `read_case`, from content whose packages are shocks already; ``known``: policy files read before.

    Raises:
        ScenarioError: as `read_case`.
    """
    problems = list(flat.problems)
    try:
        scenario = validate(Scenario, flat.content, flat.origin)
    except ScenarioError as error:
        raise ScenarioError([*problems, *error.problems]) from None
    if problems:
        raise ScenarioError(problems)
    scenario._origin, scenario._variant = flat.origin, variant
    scenario._flat, scenario._written, scenario._policy = flat, written, known
    _require_files(scenario)
    _require_assumptions(scenario)
    require_sweep(scenario)
    require_payable(scenario)
    product_table(scenario)
    scenario._policy = policy_files(scenario, memory)
    return scenario


def policy_files(scenario: Scenario, memory: Memory | None = None) -> PolicyFiles:
    """The baseline file and the agreements that a scenario names; read now if it was not read from a file.

    Raises:
        ScenarioError: an unknown baseline or agreement, or one of these files is wrong.
    """
    named = [(name, f"shocks[{k}].{key}") for k, shock in enumerate(scenario.shocks)
             for key, name in ((shock.instrument, shock.treaty),) if name]  # fmt: skip
    base = scenario.baseline
    asked = (base.name, "without", *base.without, "use", *base.use)
    # A changed copy of a scenario carries the files of the original, all agreements there are among them.
    known = scenario._policy
    if known is not None and known.asked == asked and all(name in known.agreements for name, _ in named):
        return known
    baseline = read_baseline(scenario.baseline.name, origin=scenario.origin, memory=memory)
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
            agreements[name] = read_agreement(name, origin=origin, path=path, memory=memory)
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


def read_baseline(name: str, *, origin: Origin | None = None, memory: Memory | None = None) -> BaselineFile:
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
    baseline, found = parse_model(BaselineFile, text_of(path), path.name, path.parent, memory)
    baseline._origin = found
    return baseline


def read_agreement(
    name: str, *, origin: Origin | None = None, path: str = "", memory: Memory | None = None
) -> Agreement:
    """Read an agreement of ``scenarios/agreements`` by name.

    Raises:
        ScenarioError: it does not exist (reported at ``path`` of ``origin``) or is wrong.
    """
    known = {p.stem: p for p in sorted(AGREEMENTS.glob("*.yaml"))}
    if name not in known:
        message = f"no agreement '{name}'" + suggest(name, known, f"; there are {', '.join(known)}")
        raise ScenarioError([(origin or Origin()).problem(path, message)])
    file = known[name]
    agreement, found = parse_model(Agreement, text_of(file), file.name, file.parent, memory)
    if agreement.agreement != name:
        raise ScenarioError(
            [found.problem("agreement", f"'{agreement.agreement}' stands in the file of {name}")]
        )
    agreement._origin = found
    return agreement


def scenario_hash(scenario: Scenario, *, without: Collection[str] = ()) -> str:
    """SHA-256 of all that decides the shocks: the scenario's content, its baseline, agreements, standards.

    ``without``: keys of the scenario that are left out of its content.
    """
    own = products_file(scenario)
    rows = own.read_text(encoding="utf-8") if own is not None else ""
    content = (
        scenario.model_dump_json(by_alias=True, exclude=set(without)) + policy_files(scenario).sha256() + rows
    )
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


def file_hash(path: Path | None) -> str:
    """SHA-256 of a file's content, "" for none: what is read from a file rests on it, not on its name."""
    return "" if path is None else hashlib.sha256(path.read_bytes()).hexdigest()


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
    products = products_file(scenario)
    if products is not None:
        named["products"] = products
    absent = [
        scenario.origin.problem(key, f"no such file: {path}")
        for key, path in named.items()
        if not path.is_file()
    ]
    if absent:
        raise ScenarioError(absent)


def _require_assumptions(scenario: Scenario) -> None:
    problems, barriers = [], assumption_rows()
    if both := sorted(set(barriers) & set(NUMBERS)):
        raise ValueError(f"two tables of assumptions have a row of this name: {', '.join(both)}")
    for name, value in scenario.assumptions.items():
        if name not in (*barriers, *NUMBERS):
            problems.append(scenario.origin.problem(f"assumptions.{name}", unknown(name, barriers)))
            continue
        wrong = ""
        try:
            if name in NUMBERS:
                wrong = refusal(scenario, name)
            else:
                require_in_range({name: value})
        except ValueError as error:
            wrong = str(error)
        if wrong:
            problems.append(scenario.origin.problem(f"assumptions.{name}", wrong))
    if problems:
        raise ScenarioError(problems)
