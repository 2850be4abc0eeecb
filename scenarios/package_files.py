"""Packages into shocks: each file is read, its open values filled in, its shocks put before the scenario's.

This happens on the parsed YAML, before anything is validated, so that a package may leave open whatever a
shock can say; every path of the result leads back to the file that writes it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from scenarios.carve_schema import CarveOut
from scenarios.memory import Memory
from scenarios.package_schema import RESERVED, PackageFile
from scenarios.placeholders import Filler, Given, placeholders
from scenarios.problems import Origin, Problem, ScenarioError, suggest
from scenarios.schema import Shock
from scenarios.validation import parse_model, text_of

PACKAGES = Path(__file__).parent / "packages"
PACKAGE_HEADER = ("description", "author", "date", "sources")
DATED = ("agreement", "join")
"""Instruments that know how many years ago they entered into force."""


@dataclass(frozen=True)
class UsedPackage:
    """A package in a scenario: its name there, its file's title and text, the values in use."""

    name: str
    title: str
    parameters: Mapping[str, Any]
    origin: Origin

    def words(self) -> str:
        """``minilateral (depth 50%, partners JPN, KOR)``."""
        values = ", ".join(f"{k} {_short(v)}" for k, v in self.parameters.items())
        return f"{self.name} ({values})" if values else self.name


@dataclass(frozen=True)
class Flattened:
    """A scenario's content with the shocks of its packages before its own, and where each was written."""

    content: dict[str, Any]
    origin: Origin
    package_of: tuple[str, ...] = ()
    used: tuple[UsedPackage, ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def packages_in_words(packages: Sequence[UsedPackage]) -> str:
    """``minilateral (depth 50%), ipef-access``."""
    return ", ".join(package.words() for package in packages)


def package_library() -> dict[str, Path]:
    """The shipped packages: name to file."""
    return {path.stem: path for path in sorted(PACKAGES.glob("*.yaml"))}


def entries_of(value: Any) -> list[Any]:
    """One package or a list of packages, as a list."""
    return list(value) if isinstance(value, list | tuple) else [] if value is None else [value]


def entry_names(entries: Sequence[Any]) -> list[str]:
    """The name of every entry: its file's, numbered from the second on (``deal (2)``); "" if it has none."""
    out: list[str] = []
    for entry in entries:
        written = entry.get("package") if isinstance(entry, Mapping) else entry
        stem = Path(written).stem if isinstance(written, str) and _by_path(written) else written
        n = sum(name == stem or name.startswith(f"{stem} (") for name in out)
        out.append(f"{stem} ({n + 1})" if n else stem if isinstance(stem, str) else "")
    return out


def read_package(
    name: str, *, origin: Origin | None = None, path: str = "package", memory: Memory | None = None
) -> tuple[PackageFile, Origin]:
    """Read a package of ``scenarios/packages`` by name, or by a path (.yaml) relative to the scenario's.

    Raises:
        ScenarioError: it does not exist (reported at ``path`` of ``origin``), is wrong, or its parameters
            and its placeholders do not match.
    """
    where = origin or Origin()
    known = package_library()
    file = Path(where.home(path)[0].folder) / name if _by_path(name) else known.get(name)
    if file is None or not file.is_file():
        there = suggest(name, known, f"; there are {', '.join(known)}" if known else "")
        hint = f": no such file: {file}" if _by_path(name) else there
        raise ScenarioError([where.problem(path, f"no package '{name}'{hint}")])
    shown = name if _by_path(name) else file.name
    package, found = parse_model(PackageFile, text_of(file), shown, file.parent, memory)
    problems = _mismatches(package, found)
    if not _by_path(name):
        empty = [key for key in PACKAGE_HEADER if not getattr(package, key)]
        problems += [found.problem(key, "required in the library") for key in empty]
    if problems:
        raise ScenarioError(problems)
    return package, found


def _by_path(name: str) -> bool:
    return name.endswith((".yaml", ".yml"))


def _mismatches(package: PackageFile, origin: Origin) -> list[Problem]:
    """Placeholders without a parameter, parameters without a placeholder, names that cannot be given."""
    known, problems = package.parameters, []
    used = list(placeholders(list(package.shocks), "shocks"))
    for path, name in used:
        if name not in known:
            message = f"'${name}' is no parameter of this package" + suggest(name, known)
            message += f"; declare it under 'parameters:', such as {name}: {{description: ...}}"
            problems.append(origin.problem(path, message))
    for name in known:
        if name in RESERVED:
            message = f"'{name}' has a meaning of its own where a package is used: choose another name"
            problems.append(origin.problem(f"parameters.{name}", message))
        if name not in {n for _, n in used}:
            message = f"no shock uses '${name}': use it or delete it"
            problems.append(origin.problem(f"parameters.{name}", message))
    return problems


def flatten(content: Mapping[str, Any], origin: Origin, memory: Memory | None = None) -> Flattened:
    """The content with every package's shocks first, in order, then the file's own.

    Nothing is raised: what is wrong with a package or its entry is in ``problems``.
    """
    own, entries = content.get("shocks", []), content.get("packages")
    idle = _idle_date(content, origin)
    if "packages" not in content or not isinstance(own, list):
        return Flattened(dict(content), origin, ("",) * len(own) if isinstance(own, list) else (), notes=idle)
    if not isinstance(entries, list):
        return Flattened({**content, "shocks": own}, origin)
    parts = _Parts(content.get("as_of"), origin, memory)
    for k, (entry, name) in enumerate(zip(entries, entry_names(entries), strict=True)):
        if name:
            parts.add(entry, name, k)
    moved = dict(origin.moved)
    for n in range(len(own)):
        moved[f"shocks[{len(parts.shocks) + n}]"] = origin.as_written(f"shocks[{n}]")
    here = replace(origin, moved=moved, elsewhere={**origin.elsewhere, **parts.places})
    return Flattened(
        {**content, "shocks": [*parts.shocks, *own]},
        here,
        (*parts.package_of, *("" for _ in own)),
        tuple(parts.used),
        (*idle, *parts.notes),
        tuple(parts.problems),
    )


def _idle_date(content: Mapping[str, Any], origin: Origin) -> tuple[str, ...]:
    """A note where the scenario's date decides nothing."""
    entries = entries_of(content.get("packages"))
    dated = any(isinstance(e, Mapping) and (e.get("from") or e.get("until")) for e in entries)
    if dated or content.get("as_of") is None:
        return ()
    return (
        f"{origin.place('as_of')}: 'as_of' has no effect: no package says 'from' or 'until'; "
        "'year' on an agreement says how far it is phased in",
    )


class _Parts:
    """The shocks of the packages so far."""

    def __init__(self, as_of: Any, origin: Origin, memory: Memory | None) -> None:
        self.as_of = as_of if isinstance(as_of, dt.date) else None
        self.origin, self.memory = origin, memory
        self.shocks: list[Any] = []
        self.package_of: list[str] = []
        self.used: list[UsedPackage] = []
        self.notes: list[str] = []
        self.problems: list[Problem] = []
        self.places: dict[str, tuple[Origin, str]] = {}
        self.seen: dict[str, str] = {}

    def add(self, entry: Any, name: str, k: int) -> None:
        """One entry of ``packages``."""
        path = f"packages[{k}]"
        by_key = isinstance(entry, Mapping)
        asked = {key: v for key, v in entry.items() if key != "package"} if by_key else {}
        written = entry["package"] if by_key else entry
        named_at = f"{path}.package" if by_key else path
        try:
            package, file = read_package(written, origin=self.origin, path=named_at, memory=self.memory)
        except ScenarioError as error:
            self.problems += error.problems
            return
        number = name.removeprefix(entry_names([entry])[0])
        file = replace(file, file=f"{file.file}{number}") if number else file
        given = self._values(package, file, asked, path)
        if (
            given is None
            or self._twice(written, name, given, asked, path)
            or not self._applies(asked, name, path)
        ):
            return
        before = len(self.shocks)
        self._fill(package, file, given, name)
        self._carve(asked.get("carve_out"), before, name, path)
        self._date(asked.get("from"), before, path)
        values = {key: g.value for key, g in given.items()}
        self.used.append(UsedPackage(name, package.title, values, file))

    def _values(
        self, package: PackageFile, file: Origin, asked: Mapping[str, Any], path: str
    ) -> dict[str, Given] | None:
        """Each parameter's value and where it is written; None when one is wrong or missing."""
        wrong = len(self.problems)
        for key in asked:
            if key not in package.parameters and key not in RESERVED:
                known = [*package.parameters, *RESERVED[1:]]
                message = "no parameter of this package" + suggest(
                    key, known, f"; known here: {', '.join(known)}"
                )
                self.problems.append(self.origin.problem(f"{path}.{key}", message))
        given: dict[str, Given] = {}
        for key, parameter in package.parameters.items():
            if asked.get(key) is not None:
                given[key] = Given(asked[key], self.origin, f"{path}.{key}")
            elif key in asked:
                self.problems.append(self.origin.problem(f"{path}.{key}", "a value is needed here"))
            elif parameter.required:
                message = f"the package needs '{key}': {parameter.description}"
                self.problems.append(self.origin.problem(path, message))
            else:
                given[key] = Given(parameter.default, file, f"parameters.{key}.default")
        return given if len(self.problems) == wrong else None

    def _twice(
        self, written: str, name: str, given: Mapping[str, Given], asked: Mapping[str, Any], path: str
    ) -> bool:
        dates = [str(asked.get(key)) for key in ("from", "until")]
        values = {key: g.value for key, g in given.items()}
        key = json.dumps([written, values, dates], default=str, sort_keys=True)
        first = self.seen.setdefault(key, path)
        if first != path:
            message = (
                f"the same package with the same parameters as on {self.origin.place(first)}: delete one, "
                "or give it other parameters"
            )
            self.problems.append(self.origin.problem(path, message))
        return first != path

    def _applies(self, asked: Mapping[str, Any], name: str, path: str) -> bool:
        """Whether the package is in force as of the scenario's date; a note where the dates decide."""
        start, end = (d if isinstance(d := asked.get(key), dt.date) else None for key in ("from", "until"))
        place = self.origin.place(path)
        if start and end and end <= start:
            message = f"the package would end on {end}, before it starts on {start}"
            self.problems.append(self.origin.problem(f"{path}.until", message))
            return False
        if self.as_of is None:
            for key in ("from", "until"):
                if asked.get(key) is not None:
                    self.notes.append(
                        f"{place}: '{key}' of package {name} has no effect: the scenario names no 'as_of', "
                        "and without one everything is in force and fully phased in"
                    )
            return True
        if start and start > self.as_of:
            self.notes.append(
                f"{place}: package {name} is left out: it starts on {start}, after {self.as_of}"
            )
            return False
        if end and end <= self.as_of:
            self.notes.append(f"{place}: package {name} is left out: it ended on {end}, by {self.as_of}")
            return False
        return True

    def _fill(self, package: PackageFile, file: Origin, given: Mapping[str, Given], name: str) -> None:
        filler = Filler(given, file, self.places)
        for n, shock in enumerate(package.shocks):
            here = f"shocks[{len(self.shocks)}]"
            self.places[here] = (file, f"shocks[{n}]")
            self.shocks.append(filler.filled(shock, f"shocks[{n}]", here))
            self.package_of.append(name)

    def _carve(self, asked: Any, start: int, name: str, path: str) -> None:
        """Append the entry's carve-outs to every shock that can carry them."""
        single = isinstance(asked, Mapping)
        for j, carve_out in enumerate(entries_of(asked)):
            place = (self.origin, f"{path}.carve_out" + ("" if single else f"[{j}]"))
            carried = [n for n in range(start, len(self.shocks)) if can_carry(self.shocks[n], carve_out)]
            for n in carried:
                shock = self.shocks[n]
                before = entries_of(shock.get("except"))
                self.shocks[n] = {**shock, "except": [*before, carve_out]}
                if not before:
                    self.places[f"shocks[{n}].except"] = (self.origin, f"{path}.carve_out")
                self.places[f"shocks[{n}].except[{len(before)}]"] = place
            if not carried:
                what = "tariff cut" if _has_products(carve_out) else "measure aimed at flows"
                message = f"package {name} has no {what} from which this can be carved out"
                self.problems.append(place[0].problem(place[1], message))

    def _date(self, start: Any, first: int, path: str) -> None:
        """How many whole years agreements of the package have been in force."""
        if self.as_of is None or not isinstance(start, dt.date):
            return
        early = (self.as_of.month, self.as_of.day) < (start.month, start.day)
        years = self.as_of.year - start.year - early
        for n in range(first, len(self.shocks)):
            shock = self.shocks[n]
            dated = isinstance(shock, dict) and any(key in shock for key in DATED)
            if dated and "year" not in shock and shock.get("parts") != "barriers":
                self.shocks[n] = {**shock, "year": years}
                self.places[f"shocks[{n}].year"] = (self.origin, f"{path}.from")


def can_carry(shock: Any, carve_out: Any) -> bool:
    """Whether a shock, as it is written, can leave these flows, or a product's share of them, alone.

    What is wrong by itself is carried: the messages about it are then those about any shock.
    """
    if not isinstance(shock, dict):
        return False
    if not _valid(CarveOut, carve_out) or not _valid(Shock, {**shock, "except": ()}):
        return "regions" not in shock
    return _valid(Shock, {**shock, "except": (carve_out,)})


def _valid(model: type[BaseModel], value: Any) -> bool:
    try:
        model.model_validate(value)
    except ValidationError:
        return False
    return True


def _has_products(carve_out: Any) -> bool:
    return isinstance(carve_out, Mapping) and "products" in carve_out


def _short(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
