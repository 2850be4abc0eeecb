"""Files beside a scenario that its content names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OWN_FILES = ("aggregation.regions", "aggregation.sectors", "barriers.file", "products")
"""Keys whose value is the name of a file."""


def files_named(content: Mapping[str, Any]) -> set[str]:
    """The files beside a scenario that its content names, whether or not they are there."""
    out: set[str] = set()
    for key in OWN_FILES:
        top, _, rest = key.partition(".")
        holder = content.get(top)
        name = (holder.get(rest) if isinstance(holder, Mapping) else None) if rest else holder
        out |= {name} if isinstance(name, str) else set()
    baseline = content.get("baseline")
    named = baseline.get("name") if isinstance(baseline, Mapping) else baseline
    return out | ({named} if isinstance(named, str) and is_file(named) else set())


def is_file(value: Any) -> bool:
    """Whether a baseline or a package is named by its file, rather than by its name in the package."""
    return isinstance(value, str) and value.endswith((".yaml", ".yml"))


def package_files(value: Any) -> set[str]:
    """Packages by file, anywhere in what a scenario or a point writes under ``packages``."""
    if isinstance(value, Mapping | list | tuple):
        inner = value.values() if isinstance(value, Mapping) else value
        return set().union(*map(package_files, inner))
    return {value} if is_file(value) else set()
