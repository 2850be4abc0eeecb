"""Open values of a package: ``$depth`` in its shocks, found and filled in."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scenarios.problems import Origin

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_ANY = re.compile(rf"\$\{{({_NAME})\}}|\$({_NAME})")
_WHOLE = re.compile(rf"\$\{{({_NAME})\}}|\$({_NAME})")
_UNIT_FOLLOWS = re.compile(r"\s*(%|points?\b|pp\b)")
LARGEST_SHARE = 1.5
"""A plain number up to this is a share, as everywhere in a scenario; one above is just a number."""


@dataclass(frozen=True)
class Given:
    """The value of a parameter, and where it is written."""

    value: Any
    origin: Origin
    path: str


@dataclass
class Filler:
    """Fills in the values of one package; ``places`` collects where what it wrote is to be mended.

    ``places`` maps a path of the result to the file and path that write it: the scenario's, for what came
    from a parameter, or the package's own, where the items of a list have moved.
    """

    given: Mapping[str, Given]
    origin: Origin
    places: dict[str, tuple[Origin, str]] = field(default_factory=dict)

    def filled(self, value: Any, old: str, new: str) -> Any:
        """``value``, which stands at ``old`` of the package, with its values, to stand at ``new``."""
        if isinstance(value, dict):
            return {key: self.filled(v, f"{old}.{key}", f"{new}.{key}") for key, v in value.items()}
        if isinstance(value, list):
            return self._list(value, old, new)
        if not isinstance(value, str):
            return value
        name = whole(value)
        if name is None:
            return _ANY.sub(self._words, value)
        if name not in self.given:
            return value
        found = self.given[name]
        self.places[new] = (found.origin, found.path)
        return found.value

    def _list(self, items: list[Any], old: str, new: str) -> list[Any]:
        # The two sides of `between` are lists themselves: a list there is a side.
        sides, out = old.endswith(".between"), []
        for k, item in enumerate(items):
            name = whole(item)
            found = self.given.get(name) if name else None
            if found is not None and isinstance(found.value, list) and not sides:
                for j, part in enumerate(found.value):
                    self.places[f"{new}[{len(out)}]"] = (found.origin, f"{found.path}[{j}]")
                    out.append(part)
                continue
            here, there = f"{old}[{k}]", f"{new}[{len(out)}]"
            if len(out) != k:
                self.places[there] = (self.origin, here)
            out.append(self.filled(item, here, there))
        return out

    def _words(self, match: re.Match[str]) -> str:
        name = match.group(1) or match.group(2)
        if name not in self.given:
            return match.group(0)
        unit_follows = bool(_UNIT_FOLLOWS.match(match.string, match.end()))
        return in_words(self.given[name].value, unit_follows=unit_follows)


def whole(value: Any) -> str | None:
    """The parameter's name if the value is nothing but ``$name`` or ``${name}``."""
    match = _WHOLE.fullmatch(value) if isinstance(value, str) else None
    return (match.group(1) or match.group(2)) if match else None


def placeholders(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every placeholder below ``path``, as (path, parameter's name)."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from placeholders(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for k, inner in enumerate(value):
            yield from placeholders(inner, f"{path}[{k}]")
    elif isinstance(value, str):
        for match in _ANY.finditer(value):
            yield path, match.group(1) or match.group(2)


def in_words(value: Any, *, unit_follows: bool = False) -> str:
    """A value inside a text: a share as percent (0.5: ``50%``), a list as ``USA, JPN and KOR``.

    ``unit_follows``: the text writes the unit itself (``$rise points``), so a share is its number of points.
    """
    if isinstance(value, list):
        parts = [in_words(v) for v in value]
        return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""
    if isinstance(value, float) and abs(value) <= LARGEST_SHARE:
        return f"{100 * value:.10g}" + ("" if unit_follows else "%")
    if isinstance(value, str) and unit_follows and value.strip().endswith("%"):
        return value.strip()[:-1].strip()
    if isinstance(value, float):
        return f"{value:.10g}"
    return value.isoformat() if isinstance(value, dt.date) else str(value)
