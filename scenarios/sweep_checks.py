"""What is wrong with the key ``sweep`` of a scenario: targets, correlations, the table of rows."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from cge.designs.design import DesignError
from cge.designs.distributions import Distribution, Parameter, parse
from scenarios.problems import ScenarioError, suggest
from scenarios.schema import Scenario
from scenarios.sweep_schema import target_problem

ELASTICITIES = ("trade", "sigma_m", "sigma_d", "sigma", "sigma_va")
"""Targets that take sectors in brackets."""
EVERY = "[*]"
"""One independent parameter for every sector of the model."""


def require_sweep(scenario: Scenario) -> None:
    """Raise ScenarioError for what is wrong with the key ``sweep``, with file and line."""
    own, origin = scenario.sweep, scenario.origin
    if own is None:
        return
    wrong: dict[str, str] = {}
    for target in own.vary or {}:
        if message := target_problem(target) or _unknown(target):
            wrong[f"sweep.vary.{target}"] = message
    for k, tie in enumerate(own.correlate):
        for name in tie.between:
            if own.vary and name not in own.vary and not _covered(name, own.vary):
                wrong[f"sweep.correlate[{k}].between"] = f"{name} is not varied" + suggest(name, own.vary)
    if own.vary and own.rows:
        wrong["sweep.rows"] = "'vary' and 'rows' both say what is varied: choose one"
    elif own.rows is not None:
        try:
            read_rows(Path(origin.folder) / own.rows)
        except DesignError as error:
            wrong["sweep.rows"] = str(error)
    if wrong:
        raise ScenarioError(origin.problem(path, message) for path, message in wrong.items())


def _covered(name: str, vary: Iterable[str]) -> bool:
    """Whether a target with ``[*]`` stands for this one."""
    return f"{name.partition('[')[0]}{EVERY}" in vary


def _unknown(target: str) -> str:
    """What is wrong with the first word of a target, "" for nothing."""
    first = target.removeprefix("value:").replace("[", ".").partition(".")[0]
    known = (*ELASTICITIES, *(f.alias or name for name, f in Scenario.model_fields.items()), "variant")
    if first in known:
        return ""
    return f"nothing is named '{first}'" + suggest(
        first, known, "; an elasticity, assumptions.NAME or the path of a key is needed"
    )


def read_rows(path: Path) -> tuple[Parameter, ...]:
    """A CSV of points, a column a target, as lists to be read side by side.

    Raises:
        DesignError: no such file, no rows, an empty cell, or a column that is no target.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DesignError(f"{path}: cannot be read ({error})") from None
    kept = [(n, line) for n, line in enumerate(lines, start=1) if line.strip() and not line.startswith("#")]
    rows = list(csv.reader(line for _, line in kept))
    if len(rows) < 2:
        raise DesignError(f"{path}: a line of targets and at least one row of values are needed")
    header = [name.strip() for name in rows[0]]
    for name in header:
        if problem := target_problem(name):
            raise DesignError(f"{path}:{kept[0][0]}: {problem}")
    for (n, _), row in zip(kept[1:], rows[1:], strict=True):
        if len(row) != len(header) or not all(cell.strip() for cell in row):
            raise DesignError(
                f"{path}:{n}: {len(header)} values are needed, none empty, and found {sum(map(bool, row))}"
            )
    return tuple(Parameter(name, _column([row[k] for row in rows[1:]])) for k, name in enumerate(header))


def _column(cells: Sequence[str]) -> Distribution:
    """Cells as listed values; one in brackets is a list of its own."""
    return parse([parse(c).values if c.strip().startswith("[") else c for c in cells])
