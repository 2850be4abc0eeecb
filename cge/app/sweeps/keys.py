"""Names of points by what decides their numbers.

An engine's key is the hash of the scenario, the model, the data, the code, the libraries and the tables
that are asked for; a point's key is the hash of its engine's key and of its changes. Equal keys mean equal
numbers, so a point that any sweep has solved is never solved again.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from scenarios.schema import Scenario

SWEEP_ONLY = ("sweep",)
"""Keys of a scenario that say which points are solved, and nothing about the numbers of one."""


def engine_key(
    scenario: Scenario,
    *,
    aggregation: str | None,
    rents: bool | None,
    tables: Sequence[str],
    solver: str = "",
) -> str:
    """Hash of everything that the numbers of a point depend on, its changes apart.

    ``rents``: whether the benchmark carries rents, None as the scenario needs it; ``tables``: those of an
    outcome, in their order; ``solver``: what solves the points, "" for this package's own engine. Two
    scenarios that differ in nothing but their sweep share their points. The other variants of the scenario's
    file count, because a sweep may go through them.
    """
    from cge.app import run_store

    own = {
        "scenario": _content(scenario),
        "variants": {name: _content(case) for name, case in scenario.cases.items()},
        "tables": list(tables),
        "solver": solver,
    }
    return run_store.digest_of({**own, **run_store.parts(scenario, aggregation=aggregation, rents=rents)})


def point_key(engine: str, changes: Mapping[str, Any]) -> str:
    """Hash of an engine's key and the changes of a point, in hexadecimal digits.

    Raises ValueError as ``canonical``.
    """
    return hashlib.sha256(f"{engine}\n{canonical(changes)}".encode()).hexdigest()


def canonical(changes: Mapping[str, Any]) -> str:
    """The changes of a point as JSON, the same text for the same point however it is written.

    Targets are sorted; a number is written so that it reads back exactly, and 1 is 1.0, -0.0 is 0.0; tuples
    and arrays are lists. True is not 1, and text is not a number.

    Raises:
        ValueError: a value that is no number, text, truth value, list or mapping of these, or is not finite.
    """
    plain = {target: _plain(value, target) for target, value in _named(changes, "the changes of a point")}
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _content(scenario: Scenario) -> dict[str, Any]:
    """What a scenario, its packages included, contributes to a key."""
    from cge.app.family import model_key
    from scenarios.reader import scenario_hash

    packages = [
        [p.name, json.dumps(dict(p.parameters), sort_keys=True, default=str), p.origin.text]
        for p in scenario.used_packages
    ]
    content = scenario_hash(scenario, without=SWEEP_ONLY)
    return {"content": content, "model": model_key(scenario), "packages": packages}


def _plain(value: Any, target: str) -> Any:
    """A value as JSON knows it, with one way to write each."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int | float):
        return _number(value, target)
    if isinstance(value, Mapping):
        return {key: _plain(entry, target) for key, entry in _named(value, target)}
    if isinstance(value, list | tuple):
        return [_plain(entry, target) for entry in value]
    raise ValueError(f"{target}: a point of a sweep cannot have the value {value!r} ({type(value).__name__})")


def _number(value: int | float, target: str) -> int | float:
    try:
        number = float(value)
    except OverflowError:
        return int(value)
    if not math.isfinite(number):
        raise ValueError(
            f"{target}: a point of a sweep cannot have the value {value!r}: give a finite number"
        )
    if number != value:
        return int(value)  # no float is this number
    return number + 0.0  # -0.0 becomes 0.0


def _named(mapping: Mapping[Any, Any], where: str) -> list[tuple[str, Any]]:
    for key in mapping:
        if not isinstance(key, str):
            raise ValueError(f"{where}: {key!r} is no text, and only text names what a point changes")
    return list(mapping.items())
