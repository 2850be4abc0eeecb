"""What is wrong with a scenario, and where: one error type for every stage of reading and checking."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_STEPS = re.compile(r"\[\d+\]|\.?[^.\[\]]+")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: file, line (from 1, None if unknown), path inside the file, message."""

    file: str
    line: int | None
    path: str
    message: str

    def __str__(self) -> str:
        """``us-cptpp.yaml:11: shocks[1].sector: unknown key; did you mean 'sectors'?``."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.path, self.message) if part)


class ScenarioError(ValueError):
    """Everything that is wrong with one scenario, sorted by file and line.

    ``problems`` lists them; ``str()`` gives one line for each.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems in the order a reader meets them, each once."""
        unique = dict.fromkeys(problems)
        self.problems = tuple(sorted(unique, key=lambda p: (p.file, p.line or 0, p.path, p.message)))
        super().__init__("\n".join(str(p) for p in self.problems))


@dataclass(frozen=True)
class Origin:
    """Where a parsed file came from: its name in messages, the line of each path, its text."""

    file: str = "<scenario>"
    lines: dict[str, int] = field(default_factory=dict, repr=False)
    text: str = field(default="", repr=False)
    folder: str = "."
    moved: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Where the file writes what stands at a path: ``shocks[2]`` at ``variants.deep.add[0]``."""
    elsewhere: Mapping[str, tuple[Origin, str]] = field(default_factory=dict, repr=False)
    """What other files write: ``shocks[0]`` stands at ``shocks[0]`` of a package's file."""

    def home(self, path: str) -> tuple[Origin, str]:
        """The file that writes what stands at a path, and the path in it."""
        end = _beginning(self.elsewhere, path)
        if not end:
            return self, path
        origin, start = self.elsewhere[path[:end]]
        return origin.home(start + path[end:])

    def as_written(self, path: str) -> str:
        """The path as the file has it: a variant's own, and ``[0]`` dropped where one value is no list."""
        origin, path = self.home(path)
        return origin._own(path)

    def _own(self, path: str) -> str:
        """The path as this file has it."""
        path, out = self._moved(path), ""
        if path in self.lines:  # a key may hold brackets itself, as a sweep's targets do
            return path
        for step in _STEPS.findall(path):
            here = out + (step if out or not step.startswith(".") else step[1:])
            if step != "[0]" or here in self.lines or f"{out}[0]" in self.lines:
                out = here
        return out

    def _moved(self, path: str) -> str:
        """The path with its longest known beginning replaced."""
        end = _beginning(self.moved, path)
        return self.moved[path[:end]] + path[end:] if end else path

    def line(self, path: str) -> int | None:
        """Line of the path, or of the nearest enclosing path that has one."""
        origin, path = self.home(path)
        path = origin._own(path)
        while path and path not in origin.lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return origin.lines.get(path)

    def problem(self, path: str, message: str) -> Problem:
        """A Problem at this path, in the file that writes it."""
        return Problem(self.home(path)[0].file, self.line(path), self.as_written(path), message)

    def place(self, path: str) -> str:
        """``file:line`` of the path."""
        file, line = self.home(path)[0].file, self.line(path)
        return file if line is None else f"{file}:{line}"


class Placed:
    """What stands at an entry of a file: ``origin`` is the file, ``path`` the entry."""

    origin: Origin
    path: str

    @property
    def place(self) -> str:
        """``file:line``."""
        return self.origin.place(self.path)


def _beginning(known: Mapping[str, object], path: str) -> int:
    """Length of the longest known beginning of a path, 0 for none."""
    end = len(path) if known else 0
    while end > 0 and path[:end] not in known:
        end = max(path.rfind(".", 0, end), path.rfind("[", 0, end), 0)
    return end


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word nearest to ``word``, whatever its case."""
    by_lower = {k.lower(): k for k in sorted(known)}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[near[0]] if near else None


def suggest(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """``; did you mean 'x'?`` for the closest known word; ``otherwise`` if none is near."""
    near = closest(word, known)
    return f"; did you mean '{near}'?" if near else otherwise
