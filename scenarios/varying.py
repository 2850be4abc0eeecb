"""A scenario with some of its numbers or choices changed by name: one point of a sweep.

A **target** names what changes:

* elasticities, times what the set (or the scenario's own ``overrides``) says: ``trade`` (sigma_m, sigma_d and
  the sigma of one level together), ``sigma_m``, ``sigma_d``, ``sigma``, ``sigma_va``, each with optional
  sectors in brackets (industries, groups of them, sectors of the model): ``trade[C29]``;
  ``value:sigma_m[C29]`` sets the value;
* ``variant``: the name of one of the file's variants;
* any other key by its path: ``assumptions.rent_share``, ``shocks[0].tariff.to``, ``shocks[1].members``,
  ``closure.labour``; shocks are counted from 0, those of packages first; ``packages[0].depth`` is a
  parameter of a package.

Whatever the order in which changes are given, they are made in this one: the variant, packages, paths (a path
before what lies below it), elasticities that are set, elasticities that are multiplied. What comes out is
validated as a file would be, and `as_file` writes it as one. A run of that file has the numbers of the point,
to 1e-9 of each number's level, and of small differences of large numbers (the displaced) to about 1e-7. One
thing a sweep does that a run refuses: an elasticity within 1e-3 of 1, where there is no CES form, is moved to
the edge, and the point's notes say so.
"""

from __future__ import annotations

import copy
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from scenarios.memory import Memory
from scenarios.own_files import OWN_FILES, files_named, is_file, package_files
from scenarios.package_files import Flattened, flatten
from scenarios.problems import Origin, Problem, ScenarioError
from scenarios.reader import read_flat
from scenarios.schema import Scenario
from scenarios.target_names import PARAMETERS, Step, check_path, industries_of, steps_of
from scenarios.variants import choose

WITH_FILES = ("aggregation", "barriers", "baseline", "products")
"""Keys of a scenario that may name a file."""

SHORT = {"aggregation": "name", "baseline": "name"}
"""Keys that a file may write as one word, and the entry that the word stands for."""
APART = ("packages", "variants", "main_variant", "sweep")
"""Keys that a point does not have: its shocks are written out, and it is one case."""
_ELASTICITY = re.compile(r"(value:)?\s*([A-Za-z_]+)\s*(?:\[([^\[\]]*)\])?")


class Sectors(Protocol):
    """An aggregation: its map from industries to sectors of the model."""

    @property
    def sectors(self) -> Mapping[str, str]:
        """Industry -> sector."""
        ...


@dataclass(frozen=True)
class Target:
    """What one target names: an elasticity (``parameter``, of ``sectors`` or, where None, of all) or a path
    (``steps``).
    """

    text: str
    parameter: str = ""
    sectors: tuple[str, ...] | None = None
    sets: bool = False
    steps: tuple[Step, ...] = ()

    @property
    def origin(self) -> Origin:
        """Where it is written, for messages."""
        return Origin(f"vary {self.text}")

    @property
    def order(self) -> tuple[Any, ...]:
        """Variant, packages, paths, values of elasticities, factors on them."""
        if self.parameter:
            return (3 if self.sets else 4, PARAMETERS.index(self.parameter), self.sectors or (), self.text)
        first = {"variant": 0, "packages": 1}.get(str(self.steps[0]), 2)
        return (first, tuple((isinstance(s, str), str(s).zfill(6)) for s in self.steps))


def parse_target(text: str) -> Target:
    """What a target names; raises ScenarioError for one that cannot be read."""
    found = _ELASTICITY.fullmatch(text.strip()) if isinstance(text, str) else None
    sets, parameter, inside = found.groups() if found else (None, "", None)
    if found and parameter in PARAMETERS:
        names = None if inside is None else tuple(n for n in re.split(r"[,\s]+", inside.strip()) if n)
        if names == ():
            raise _wrong(text, f"names no sector: write {parameter}[C29] or {parameter}")
        if sets and parameter == "trade":
            raise _wrong(text, "'trade' stands for several elasticities, which are not equal: write "
                         "value:sigma_m or value:sigma_d, or trade for a factor on all")  # fmt: skip
        return Target(text, parameter, names, bool(sets))
    if sets:
        raise _wrong(text, f"'value:' goes with {', '.join(p for p in PARAMETERS if p != 'trade')} only")
    steps = steps_of(text)
    if not steps:
        raise _wrong(text, "cannot be read: write a path such as shocks[0].tariff.to, or trade[C29]")
    return Target(text, steps=steps)


def check_targets(scenario: Scenario, targets: Iterable[str], aggregation: Sectors | None = None) -> None:
    """Raise ScenarioError unless every target names something that the scenario has, or could have."""
    problems: list[Problem] = []
    for text in targets:
        try:
            _check(scenario, parse_target(text), aggregation)
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(problems)


def expand_targets(scenario: Scenario, aggregation: Sectors, targets: Iterable[str]) -> list[str]:
    """Targets with ``trade[*]`` written out: one for every sector of the model, in its order.

    A sector is named by its code, or, where an industry or a group of that name is something else, by its
    industries. Raises ScenarioError as `check_targets`.
    """
    sectors = [_name(sector, members) for sector, members in _members(aggregation).items()]
    out: dict[str, None] = {}
    for text in targets:
        target = parse_target(text)
        if target.sectors is not None and "*" in target.sectors:
            before = "value:" if target.sets else ""
            out |= dict.fromkeys(f"{before}{target.parameter}[{name}]" for name in sectors)
        else:
            out[text] = None
    check_targets(scenario, out, aggregation)
    return list(out)


def varied(
    scenario: Scenario,
    changes: Mapping[str, Any],
    aggregation: Sectors | None = None,
    *,
    memory: Memory | None = None,
) -> Scenario:
    """The scenario with these values, by target; the scenario itself where there are none.

    Args:
        scenario: as read, or the result of another call.
        changes: values by target, as a file would write them (``0.02``, ``2%``, ``[JPN, KOR]``); of
            elasticities a factor, or after ``value:`` a value.
        aggregation: whose sectors brackets may name; without it industries and groups alone.
        memory: see `scenarios.reader.read_scenario`.

    Raises:
        ScenarioError: what is wrong, naming the target, and what would be right.
    """
    if not changes:
        return scenario
    targets = sorted((parse_target(text) for text in changes), key=lambda t: t.order)
    if targets[0].text == "variant":
        scenario = _variant(scenario, targets[0], changes["variant"])
        targets = targets[1:]
    for target in targets:
        _check(scenario, target, aggregation)
    packages = [t for t in targets if str(t.steps[:1]) == "('packages',)"]
    flat = _with_parameters(scenario, packages, changes, memory)
    content = copy.deepcopy(flat.content)
    elsewhere = dict(flat.origin.elsewhere)
    for target in targets[len(packages) :]:
        path = _put(content, target, _plain(changes[target.text]), aggregation)
        elsewhere[path] = (target.origin, "")
    if files_named(content) - files_named(flat.content):
        _refuse_files(t for t in changes if re.split(r"[.\[]", t)[0] in WITH_FILES)
    origin = replace(flat.origin, elsewhere=elsewhere)
    shocks = content.get("shocks")
    count = len(shocks) if isinstance(shocks, list) else 0
    package_of = flat.package_of if len(flat.package_of) == count else ("",) * count
    try:
        found = read_flat(
            replace(flat, content=content, origin=origin, package_of=package_of), scenario.variant, memory,
            written=(content, origin), known=scenario._policy,
        )  # fmt: skip
    except ScenarioError as error:
        raise _named(error, changes) from None
    found._changed, found._varied = scenario.changed, {**scenario._varied, **changes}
    return found


def as_file(scenario: Scenario) -> str:
    """The scenario as the text of a file that `cge run` reads: its shocks with those of its packages, all
    changes made; files of its own by their whole paths.
    """
    from ruamel.yaml import YAML

    content = {
        k: v for k, v in _content(scenario).items() if k not in ("packages", "variants", "main_variant")
    }
    folder = Path(scenario.origin.folder).resolve()
    for key in OWN_FILES:
        top, _, rest = key.partition(".")
        holder = content.get(top) if rest else content
        name = rest or top
        if isinstance(holder, dict) and isinstance(holder.get(name), str):
            changed = {**holder, name: str(folder / holder[name])}
            content = {**content, top: changed} if rest else changed
    baseline = content.get("baseline")
    by_name = baseline.get("name") if isinstance(baseline, dict) else baseline
    if isinstance(by_name, str) and is_file(by_name):
        rest = baseline if isinstance(baseline, dict) else {}
        content = {**content, "baseline": {**rest, "name": str(folder / by_name)}}
    out = io.StringIO()
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style, writer.sort_base_mapping_type_on_output = False, False  # type: ignore[attr-defined]
    writer.width = 4000
    writer.dump(content, out)
    return out.getvalue()


def override_words(scenario: Scenario) -> tuple[str, ...]:
    """Each override in words, by the target of a point that made it, if one did: ``trade[MIN] x 0.52``."""
    targets = sorted((parse_target(text) for text in scenario._varied), key=lambda t: t.order)
    names = [t.text for t in targets if t.parameter]
    own = len(scenario.overrides) - len(names)
    out = []
    for k, made in enumerate(scenario.overrides):
        number = f"= {made.value:.3g}" if made.times is None else f"x {made.times:.3g}"
        name = names[k - own].removeprefix("value:") if 0 <= own <= k else ""
        if name.partition("[")[0] != made.parameter:
            name = f"{made.parameter}[{','.join(made.sectors)}]"
        out.append(f"{name} {number}")
    return tuple(out)


def missing_files(scenario: Scenario) -> list[str]:
    """Files beside a scenario that it names and that are not there (any more)."""
    folder = Path(scenario.origin.folder)
    return sorted(name for name in files_named(_content(scenario)) if not (folder / name).exists())


def _refuse_files(targets: Iterable[str]) -> None:
    """Whether or not such a file exists, the answer is the same: no file decides it that no key contains."""
    raise _wrong(", ".join(targets), "names another file, and a point is known by its values, not by what a "
                 "file holds: write variants of the scenario with them, and vary 'variant'")  # fmt: skip


def _wrong(text: str, message: str) -> ScenarioError:
    return ScenarioError([Problem(f"vary {text}", None, "", message)])


def _named(error: ScenarioError, changes: Mapping[str, Any]) -> ScenarioError:
    """The same with the targets named where a problem shows elsewhere in the file."""
    known, listed = {f"vary {text}" for text in changes}, ", ".join(changes)
    return ScenarioError(
        p if p.file in known else replace(p, message=f"{p.message} (with {listed} changed)")
        for p in error.problems
    )


def _variant(scenario: Scenario, target: Target, name: Any) -> Scenario:
    own = {"": scenario} if scenario.main_variant is None else {}
    if isinstance(name, str) and (name == scenario.variant or name in own):
        return scenario
    try:
        return choose(scenario, str(name))
    except ScenarioError as error:
        raise ScenarioError(
            Problem(target.origin.file, None, "", p.message) for p in error.problems
        ) from None


def _check(scenario: Scenario, target: Target, aggregation: Sectors | None) -> None:
    if target.parameter:
        if "*" in (target.sectors or ()):
            raise _wrong(target.text, "[*] stands for one target a sector, which a single point cannot have: "
                         "write them out (expand_targets), or leave the brackets away")  # fmt: skip
        _industries(target, aggregation)
    elif message := check_path(scenario, target.steps):
        raise _wrong(target.text, message)


def _industries(target: Target, aggregation: Sectors | None) -> tuple[str, ...]:
    """Names of industries and groups for a file; sectors of the model as their industries."""
    members = {} if aggregation is None else _members(aggregation)
    out: dict[str, None] = {}
    for name in target.sectors or ("all",):
        try:
            out |= dict.fromkeys(industries_of(name, members))
        except ValueError as error:
            raise _wrong(target.text, str(error)) from None
    return tuple(out)


def _members(aggregation: Sectors) -> dict[str, tuple[str, ...]]:
    out: dict[str, tuple[str, ...]] = {}
    for industry, sector in aggregation.sectors.items():
        out[sector] = (*out.get(sector, ()), industry)
    return out


def _name(sector: str, members: tuple[str, ...]) -> str:
    found = industries_of(sector, {sector: members}, expand=True)
    return sector if set(found) == set(members) else ",".join(members)


def _content(scenario: Scenario) -> dict[str, Any]:
    """What a file with the scenario's own values would hold, shocks of packages among its own."""
    flat = scenario._flat
    if flat is not None and not scenario.changed:
        same = Scenario.model_validate(flat.content) == scenario
        if same:
            return flat.content
    return _lists(scenario.model_dump(by_alias=True, exclude_unset=True))


def _lists(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _lists(v) for k, v in value.items()}
    return [_lists(v) for v in value] if isinstance(value, list | tuple) else value


def _plain(value: Any) -> Any:
    """A value as YAML would have it: no arrays or numbers of numpy, lists in place of tuples."""
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    return _lists(value)


def _with_parameters(
    scenario: Scenario, targets: Sequence[Target], changes: Mapping[str, Any], memory: Memory | None
) -> Flattened:
    """The scenario's content, its packages read again where one of their parameters changes."""
    own = scenario._flat
    if not targets:
        used, notes = (own.used, own.notes) if own is not None else ((), ())
        content = {k: v for k, v in _content(scenario).items() if k not in APART}
        of = scenario._flat.package_of if own is not None else ("",) * len(scenario.shocks)
        return Flattened(content, scenario.origin, of, used, notes)
    if scenario._written is None or scenario._varied or "packages" not in scenario._written[0]:
        raise _wrong(targets[0].text, "this scenario has no packages of its own: vary its shocks")
    content, origin = copy.deepcopy(scenario._written[0]), scenario._written[1]
    elsewhere = dict(origin.elsewhere)
    for target in targets:
        path = _put(content, target, _plain(changes[target.text]), None)
        elsewhere[path] = (target.origin, "")
    if package_files(content["packages"]) - package_files(scenario._written[0]["packages"]):
        _refuse_files(t.text for t in targets)
    flat = flatten(content, replace(origin, elsewhere=elsewhere), memory)
    if flat.problems:
        raise ScenarioError(flat.problems)
    return replace(flat, content={k: v for k, v in flat.content.items() if k not in APART})


def _put(content: dict[str, Any], target: Target, value: Any, aggregation: Sectors | None) -> str:
    """Write a value into the content; returns the path that holds it."""
    if target.parameter:
        entry = {"parameter": target.parameter, "value" if target.sets else "times": value}
        if target.sectors is not None:
            entry["sectors"] = list(_industries(target, aggregation))
        content["overrides"] = [*(content.get("overrides") or ()), entry]
        return f"overrides[{len(content['overrides']) - 1}]"
    holder: Any = content
    for step, after in zip(target.steps, target.steps[1:], strict=False):
        inner = holder.get(step) if isinstance(holder, dict) else holder[step]
        if inner is None:
            inner = {}
        elif isinstance(after, str) and not isinstance(inner, dict):
            inner = {SHORT[str(step)]: inner} if step in SHORT else {}
        elif isinstance(after, int) and not isinstance(inner, list):
            inner = [inner]
        holder[step] = inner
        holder = inner
    last = target.steps[-1]
    if isinstance(last, int) and last == len(holder):
        holder.append(value)
    else:
        holder[last] = value
    return target.text


def moves_model(target: str) -> bool:
    """Whether a target names what the model is made of: a variant, a closure, a form, packages."""
    steps = parse_target(target).steps
    return bool(steps) and steps[0] in ("variant", "closure", "formulation", "packages")
