"""From what a user asks of a sweep to its design: texts, the standard set, one parameter for every sector."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from cge.designs.build import build_design
from cge.designs.design import Design, DesignError
from cge.designs.distributions import LISTED, Parameter, parse
from scenarios.apply import scenario_moves_barriers
from scenarios.groups import EVERYTHING, load_sector_groups
from scenarios.rows import numbered_rows
from scenarios.schema import Scenario
from scenarios.sweep_checks import ELASTICITIES, EVERY, read_rows
from scenarios.sweep_schema import Sweep, target_problem

SENSITIVITY = Path(__file__).parent / "tables" / "sensitivity.csv"
MOST_BETWEEN = 400
"""Targets that one entry of ``correlate`` may cover."""


@dataclass(frozen=True)
class StandardRow:
    """A row of the standard set: what is varied, and ``when`` it has an effect."""

    parameter: Parameter
    when: str


@dataclass(frozen=True)
class Asked:
    """What a command asks of a sweep; each entry that is given replaces the scenario's own."""

    vary: tuple[Parameter, ...] = ()
    correlate: tuple[tuple[tuple[str, ...], float], ...] = ()
    kind: str | None = None
    points: int | None = None
    seed: int | None = None
    quantiles: tuple[float, float] | None = None


def parse_vary(text: str) -> Parameter:
    """``TARGET=SPEC`` of the command line: ``trade[*]=triangular(50%, 100%, 150%)``.

    Raises:
        DesignError: no '=', a text that is no target, or no distribution.
    """
    target, equals, spec = text.partition("=")
    if not equals:
        raise DesignError(
            f"'{text}' lacks its '=': write TARGET=SPEC, such as 'trade[*]=triangular(50%, 100%, 150%)'"
        )
    target = target.strip()
    if problem := target_problem(target):
        raise DesignError(problem)
    try:
        return Parameter(target, parse(spec))
    except DesignError as error:
        raise DesignError(f"{target}: {error}") from None


def parse_correlate(text: str) -> tuple[tuple[str, ...], float]:
    """``TARGET,TARGET=NUMBER`` of the command line: ``trade[C29],trade[C26]=0.5``, or ``trade[*]=0.5``.

    Raises:
        DesignError: what is wrong with it.
    """
    names, equals, number = text.rpartition("=")
    targets, value = _apart(names), _float(number)
    alone = len(targets) < 2 and EVERY not in names
    if not equals or value is None or alone or any(map(target_problem, targets)):
        raise DesignError(f"'{text}' is no correlation: write 'trade[C29],trade[C26]=0.5' or 'trade[*]=0.5'")
    if not -1 < value < 1:
        raise DesignError(f"'{text}': a correlation is above -1 and below 1")
    return targets, value


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _apart(names: str) -> tuple[str, ...]:
    """Targets between commas; a comma inside brackets belongs to its target."""
    out, depth = [""], 0
    for letter in names:
        depth += (letter == "[") - (letter == "]")
        if letter == "," and depth == 0:
            out.append("")
        else:
            out[-1] += letter
    return tuple(name.strip() for name in out)


@cache
def standard_rows() -> tuple[StandardRow, ...]:
    """Every row of ``tables/sensitivity.csv``."""
    return tuple(
        StandardRow(Parameter(row["target"], parse(row["distribution"])), row["when"])
        for _, row in numbered_rows(SENSITIVITY)
    )


def standard_set() -> tuple[Parameter, ...]:
    """What a sweep varies when it is not told what, whether or not it has an effect in a given scenario."""
    return tuple(row.parameter for row in standard_rows())


def standard_in(scenario: Scenario) -> tuple[tuple[Parameter, ...], tuple[str, ...]]:
    """The standard set as far as it has an effect in this scenario, and in words what was left out.

    Raises:
        ScenarioError: a policy file that cannot be read.
    """
    moves = scenario_moves_barriers(scenario)
    kept, idle, closed = [], [], []
    for row in standard_rows():
        if _holds(row.when, scenario, moves=moves):
            kept.append(row.parameter)
        else:
            out = idle if row.when == "barriers" else closed
            out.append(row.parameter.target.removeprefix("assumptions."))
    notes = [f"not varied, because the scenario moves no barriers: {', '.join(idle)}"] if idle else []
    if closed:
        notes.append(f"not varied, because they belong to other closures: {', '.join(closed)}")
    own = [name for name in scenario.assumptions if any(p.target == f"assumptions.{name}" for p in kept)]
    notes += [
        f"assumptions.{name}: the scenario's own {scenario.assumptions[name]:g} is its central value, and "
        "the standard range is that of the table"
        for name in own
    ]
    return tuple(kept), tuple(notes)


def _holds(when: str, scenario: Scenario, *, moves: bool) -> bool:
    if when in ("", "barriers"):
        return moves or not when
    path, _, value = when.partition("=")
    holder, _, key = path.partition(".")
    return getattr(getattr(scenario, holder), key) == value


def expanded(parameters: Iterable[Parameter], sectors: Mapping[str, str]) -> tuple[Parameter, ...]:
    """The parameters, those with ``[*]`` as one for each sector of the model.

    ``sectors``: industry to sector of the aggregation (`calibration.aggregate.Aggregation.sectors`). A
    sector is named by its code (`sector_name`).

    Raises:
        DesignError: ``[*]`` on a target that has no sectors.
    """
    out: list[Parameter] = []
    for p in parameters:
        out += [Parameter(name, p.distribution) for name in _members(p.target, sectors)]
    return tuple(out)


def _members(target: str, sectors: Mapping[str, str]) -> list[str]:
    if EVERY not in target:
        return [target]
    name = target.removesuffix(EVERY)
    if name.removeprefix("value:") not in ELASTICITIES:
        raise DesignError(
            f"{target}: only elasticities have a parameter for every sector ({', '.join(ELASTICITIES)})"
        )
    return [f"{name}[{sector_name(s, members, sectors)}]" for s, members in _by_sector(sectors).items()]


def _by_sector(sectors: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    out: dict[str, tuple[str, ...]] = {}
    for industry, sector in sectors.items():
        out[sector] = (*out.get(sector, ()), industry)
    return out


def sector_name(code: str, industries: Sequence[str], known: Iterable[str] = ()) -> str:
    """How a target names a sector of the model: its code, or, where an industry of ``known`` or a group of
    that name is something else, its industries with commas.
    """
    groups = load_sector_groups().groups
    same = (code,) if code in known else groups.get(code, industries)
    return code if set(same) == set(industries) and code != EVERYTHING else ",".join(industries)


def default_kind(parameters: Sequence[Parameter]) -> str:
    """``grid`` where only lists are varied, else ``stroud``."""
    return "grid" if all(p.distribution.family == LISTED for p in parameters) else "stroud"


def varied_parameters(
    scenario: Scenario, asked: Asked = Asked()
) -> tuple[tuple[Parameter, ...], tuple[str, ...]]:
    """What a sweep varies, and notes: what is asked for, else the scenario's own, else the standard set.

    Raises DesignError and ScenarioError as `make_design`.
    """
    own = scenario.sweep or Sweep()
    if own.rows is not None and not asked.vary:
        return read_rows(Path(scenario.origin.folder) / own.rows), ()
    given = asked.vary or own.parameters
    return (given, ()) if given else standard_in(scenario)


def make_design(scenario: Scenario, sectors: Mapping[str, str], asked: Asked = Asked()) -> Design:
    """The design of a scenario's sweep: its key ``sweep``, what a command asks in place of it, else defaults.

    ``sectors``: industry to sector of the model's aggregation, for targets with ``[*]``.

    Raises:
        DesignError: what is asked for cannot be made.
        ScenarioError: a policy file that cannot be read.
    """
    own = scenario.sweep or Sweep()
    rows = own.rows is not None and not asked.vary
    kind = asked.kind or own.design or ("list" if rows else None)
    parameters, notes = varied_parameters(scenario, asked)
    parameters = expanded(parameters, sectors)
    # Correlations of the file are about what the file varies.
    written = () if asked.vary else tuple((c.between, c.correlation) for c in own.correlate)
    ties = asked.correlate or written
    design = build_design(
        kind or default_kind(parameters),
        parameters,
        points=own.points if asked.points is None else asked.points,
        seed=own.seed if asked.seed is None else asked.seed,
        correlations=_pairs(ties, sectors),
        quantiles=asked.quantiles or own.quantiles,
    )
    return replace(design, notes=(*notes, *design.notes))


def _pairs(
    ties: Iterable[tuple[Sequence[str], float]], sectors: Mapping[str, str]
) -> dict[tuple[str, str], float]:
    """Every pair of the targets of each entry.

    Raises:
        DesignError: a pair in two entries, or an entry over too many targets.
    """
    out: dict[tuple[str, str], float] = {}
    for names, value in ties:
        targets = sorted({member for name in names for member in _members(name, sectors)})
        if len(targets) > MOST_BETWEEN:
            raise DesignError(f"{', '.join(names)}: a correlation of {len(targets)} targets is too many")
        for pair in itertools.combinations(targets, 2):
            if pair in out:
                raise DesignError(f"the correlation of {pair[0]} and {pair[1]} is given twice")
            out[pair] = value
    return out
