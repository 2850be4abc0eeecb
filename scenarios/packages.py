"""A scenario with other packages: some added, some left out, or a subset of those it has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from scenarios.memory import Memory
from scenarios.package_files import Flattened, entries_of
from scenarios.package_schema import OWN_SHOCKS
from scenarios.problems import Origin, ScenarioError, suggest
from scenarios.reader import read_case, read_scenario
from scenarios.schema import Scenario
from scenarios.variants import choose, without
from scenarios.yaml_lines import parse


def with_packages(
    scenario_or_name: Scenario | str | Path,
    *,
    plus: Sequence[Any] = (),
    minus: Sequence[str] = (),
    variant: str | None = None,
    memory: Memory | None = None,
) -> Scenario:
    """The scenario without the packages named in ``minus``, and with those of ``plus`` after the others.

    Args:
        scenario_or_name: a scenario that was read from a file or a text, or what read_scenario takes.
        plus: names, paths of .yaml files (from the current folder), mappings as a scenario writes them, or
            such a mapping as text: ``{package: minilateral, depth: 50%}``.
        minus: names, the second of two of the same name as ``deal (2)``.
        variant: one of its variants.
        memory: see read_scenario.

    Raises:
        ScenarioError: as read_scenario, and for a package to leave out that is not there.
    """
    given = isinstance(scenario_or_name, Scenario)
    scenario = scenario_or_name if given else read_scenario(scenario_or_name, variant, memory=memory)
    if given and variant is not None:
        scenario = choose(scenario, variant)
    if not plus and not minus:
        return scenario
    if scenario._written is None:
        raise ValueError("only a scenario that was read from a file or a text can take other packages")
    content, origin = scenario._written
    added = [_from_words(entry) for entry in plus]
    before = [(e, origin.home(f"packages[{k}]")) for k, e in enumerate(entries_of(content.get("packages")))]
    kept = without(before, [(name, (Origin(f"--minus {name}"), "")) for name in minus])
    kept += [(entry, (Origin(f"--plus {_words(entry)}"), "")) for entry in added]
    entries = {f"packages[{n}]": place for n, (_, place) in enumerate(kept)}
    suffix = "".join([f"+{Path(_words(e)).stem}" for e in added] + [f"-without-{_slug(n)}" for n in minus])
    words = ", ".join([f"plus {_words(e)}" for e in added] + [f"minus {name}" for name in minus])
    changed = {**content, "packages": [entry for entry, _ in kept], "title": f"{scenario.title} ({words})"}
    changed.setdefault("shocks", [])
    elsewhere = {k: v for k, v in origin.elsewhere.items() if not k.startswith("packages[")} | entries
    out = read_case(changed, replace(origin, elsewhere=elsewhere), scenario.variant, memory)
    out._changed = scenario.changed + suffix
    return out


def only_packages(scenario: Scenario, names: Iterable[str]) -> Scenario:
    """The scenario with the shocks of some of its packages; OWN_SHOCKS stands for the file's own.

    Its policy files stay those of the scenario. All its packages: the scenario itself.

    Raises:
        ScenarioError: a name that is none of ``package_names``.
    """
    wanted, known = frozenset(names), package_names(scenario)
    unknown = sorted(wanted - set(known))
    if unknown:
        there = f"; there are {', '.join(known)}" if known else ": there are no shocks"
        message = f"no package '{unknown[0]}' here{suggest(unknown[0], known)}{there}"
        raise ScenarioError([scenario.origin.problem("packages", message)])
    if wanted == set(known):
        return scenario
    package_of = scenario.package_of
    kept = [n for n, name in enumerate(package_of) if (name or OWN_SHOCKS) in wanted]
    elsewhere = {f"shocks[{n}]": (scenario.origin, f"shocks[{old}]") for n, old in enumerate(kept)}
    out = scenario.model_copy(update={"shocks": tuple(scenario.shocks[n] for n in kept)})
    out._origin = replace(scenario.origin, elsewhere={**scenario.origin.elsewhere, **elsewhere})
    out._flat = Flattened(
        {**scenario._flat.content, "only": sorted(wanted)} if scenario._flat is not None else {},
        out._origin, tuple(package_of[n] for n in kept),
        tuple(p for p in scenario.used_packages if p.name in wanted), scenario.reading_notes,
    )  # fmt: skip
    out._cases, out._written = {}, None
    out._changed = f"{scenario.changed}-only-{'-'.join(_slug(n) for n in known if n in wanted) or 'baseline'}"
    return out


def without_packages(scenario: Scenario, names: Iterable[str]) -> Scenario:
    """The scenario without the shocks of some of its packages; as `only_packages` with the others.

    Raises:
        ScenarioError: a name that is none of ``package_names``.
    """
    out, known = frozenset(names), package_names(scenario)
    unknown = out - set(known)
    return only_packages(scenario, unknown or frozenset(known) - out)


def package_names(scenario: Scenario) -> tuple[str, ...]:
    """The packages whose shocks the scenario has, in order, OWN_SHOCKS for the file's own."""
    return tuple(dict.fromkeys(name or OWN_SHOCKS for name in scenario.package_of))


def full_text(scenario: Scenario) -> str:
    """All that a reader needs to run the scenario again: its file, and its packages' files as comments.

    A first line says which variant it is, and which packages were added or left out by hand.
    """
    head = []
    if scenario.variant:
        head.append(f"# This result is of the variant: cge run FILE --variant {scenario.variant}")
    if scenario.changed:
        content = scenario._flat.content
        head.append(
            f"# This result is of FILE with packages changed by hand ({scenario.changed.strip('+-')}):"
        )
        head.append(f"# packages: {json.dumps(content.get('packages', []), default=str)}")
        if "only" in content:
            head.append(f"# and of these only: {', '.join(content['only'])}")
    if scenario._varied:
        named = "; ".join(
            f"{target} = {json.dumps(v, default=str)}" for target, v in scenario._varied.items()
        )
        head.append(f"# This result is of FILE with values changed by name: {named}")
    parts = ["\n".join([*head, scenario.origin.text])]
    for package in scenario.used_packages:
        lines = [f"# ---- package {package.words()}: {package.origin.file}, as it was read ----"]
        lines += [f"# {line}".rstrip() for line in package.origin.text.splitlines()]
        parts.append("\n".join(lines) + "\n")
    return "".join(part if part.endswith("\n") or part is parts[-1] else part + "\n" for part in parts)


def _from_words(entry: Any) -> Any:
    if isinstance(entry, str) and entry.lstrip().startswith("{"):
        return parse(entry, f"--plus {entry}")[0]
    if isinstance(entry, str) and entry.endswith((".yaml", ".yml")):
        return str(Path(entry).absolute())
    return entry


def _slug(name: str) -> str:
    """A name without blanks and brackets, for the names of files."""
    return re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-")


def _words(entry: Any) -> str:
    if isinstance(entry, Mapping):
        return str(entry.get("package", "?"))
    return Path(entry).name if entry.endswith((".yaml", ".yml")) else entry
