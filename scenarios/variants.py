"""Variants of a scenario file: other cases of the same question, written as what differs from the file.

A key of a variant replaces the file's. ``shocks`` replaces the list, ``add`` appends to it; of ``closure``,
``formulation``, ``baseline``, ``barriers``, ``assumptions`` and ``sweep`` only the entries named are
replaced.
``packages`` replaces the list, ``minus`` takes packages out of it by name, ``plus`` appends others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from scenarios.package_files import entries_of, entry_names
from scenarios.problems import Origin, Problem, ScenarioError, suggest
from scenarios.schema import Scenario

MERGED = ("closure", "formulation", "baseline", "barriers", "assumptions", "sweep")
"""Keys whose entries are replaced one by one."""
OWN = ("variants", "main_variant")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def variants_of(value: Mapping[str, Any], origin: Origin) -> dict[str, dict[str, Any]]:
    """The variants of a parsed file by name, as they are written.

    Raises:
        ScenarioError: what is not a mapping of mappings, names that cannot be part of a file's name, both
            'shocks' and 'add', variants inside a variant, the main case's name given twice.
    """
    found, main = value.get("variants", {}), value.get("main_variant")
    problems: list[Problem] = []
    if not isinstance(found, Mapping):
        message = "a mapping of names to what differs is needed here, such as {deep: {add: [...]}}"
        raise ScenarioError([origin.problem("variants", message)])
    if isinstance(main, str) and (main in found or not _NAME.fullmatch(main)):
        message = (
            "is the name of a variant as well" if main in found else "is not a name: letters, digits, - and _"
        )
        problems.append(origin.problem("main_variant", f"'{main}' {message}"))
    for name, own in found.items():
        problems += [origin.problem(path, words) for path, words in _wrong(name, own)]
    if problems:
        raise ScenarioError(problems)
    return {name: dict(own) for name, own in found.items()}


def _wrong(name: str, own: Any) -> list[tuple[str, str]]:
    path = f"variants.{name}"
    if not _NAME.fullmatch(name):
        return [(path, f"'{name}' is not a name for a variant: letters, digits, - and _")]
    if not isinstance(own, Mapping):
        return [(path, "a variant is a mapping of the keys that differ from the file's")]
    out = [(f"{path}.{key}", "a variant has no variants of its own") for key in OWN if key in own]
    if not own:
        out.append((path, "the variant changes nothing: name at least one key"))
    if "shocks" in own and "add" in own:
        out.append(
            (f"{path}.add", "'shocks' replaces the file's shocks and 'add' appends to them: choose one")
        )
    if "add" in own and not isinstance(own["add"], list):
        out.append((f"{path}.add", "a list of shocks is needed here"))
    return out


def merged(
    value: Mapping[str, Any], name: str, own: Mapping[str, Any], origin: Origin
) -> tuple[dict[str, Any], Origin]:
    """The file's content with one variant's, and an Origin that points at the line of what was merged.

    Raises:
        ScenarioError: ``minus`` names a package that is not there.
    """
    out = {key: v for key, v in value.items() if key not in OWN}
    here, moved = f"variants.{name}", {}
    for key, new in own.items():
        old = out.get(key)
        if key in ("plus", "minus"):
            continue
        if key == "add":
            before = old if isinstance(old := out.get("shocks"), list) else []
            moved |= {f"shocks[{len(before) + n}]": f"{here}.add[{n}]" for n in range(len(new))}
            out["shocks"] = [*before, *new]
            continue
        moved[key] = f"{here}.{key}"
        if key == "baseline" and isinstance(old, str):
            old = {"name": old}
        if key in MERGED and isinstance(old, Mapping) and isinstance(new, Mapping):
            moved |= {f"{key}.{entry}": f"{key}.{entry}" for entry in old if entry not in new}
            out[key] = {**old, **new}
        else:
            out[key] = new
    if "plus" in own or "minus" in own:
        start = moved.get("packages", "packages")
        before = [(entry, f"{start}[{k}]") for k, entry in enumerate(entries_of(out.get("packages")))]
        places = [
            (place, (origin, f"{here}.minus[{k}]")) for k, place in enumerate(entries_of(own.get("minus")))
        ]
        kept = without(before, places)
        kept += [(entry, f"{here}.plus[{k}]") for k, entry in enumerate(entries_of(own.get("plus")))]
        out["packages"] = [entry for entry, _ in kept]
        moved |= {f"packages[{n}]": place for n, (_, place) in enumerate(kept)}
    if "title" not in own and isinstance(out.get("title"), str):
        out["title"] = f"{out['title']} ({name})"
    return out, replace(origin, moved=moved)


def without(
    entries: Sequence[tuple[Any, Any]], names: Sequence[tuple[Any, tuple[Origin, str]]]
) -> list[tuple[Any, Any]]:
    """The entries of a list of packages, each with whatever goes with it, without those named.

    ``names`` come with the place they are written at.

    Raises:
        ScenarioError: a name that none of the entries has; the message lists those there are.
    """
    known = entry_names([entry for entry, _ in entries])
    problems = []
    for name, (origin, path) in names:
        if name not in known:
            there = f"; there are {', '.join(known)}" if known else ": there are no packages here"
            near = suggest(name, known) if isinstance(name, str) else ""
            problems.append(origin.problem(path, f"no package '{name}' to take out{near}{there}"))
    if problems:
        raise ScenarioError(problems)
    out = {name for name, _ in names}
    return [entry for entry, name in zip(entries, known, strict=True) if name not in out]


def choose(scenario: Scenario, variant: str) -> Scenario:
    """The variant of that name.

    Raises:
        ScenarioError: there is none; the message lists those there are.
    """
    cases = scenario.cases
    if variant in cases:
        return cases[variant]
    known = ", ".join(cases)
    message = f"no variant '{variant}'" + (
        suggest(variant, cases) + f"; there are {known}" if cases else ": this scenario has no variants"
    )
    raise ScenarioError([scenario.origin.problem("variants", message)])


def case_name(name: str, scenario: Scenario) -> str:
    """``us-joins-cptpp-deep``: the file's name with the variant's and the packages changed by hand."""
    return (f"{name}-{scenario.variant}" if scenario.variant else name) + scenario.changed
