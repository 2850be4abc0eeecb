"""What several readings and expansions share, passed on by whoever wants it shared; results do not change."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

Found = TypeVar("Found")


@dataclass(frozen=True)
class Memory:
    """Results by all that decides them: parsed files by their text, the baseline's expansion by its inputs.

    Nobody changes what is kept here, so that a call with a memory returns what the call without returns.
    """

    found: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    def once(self, key: Hashable, make: Callable[[], Found]) -> Found:
        """What was made for this key before, or is made now; what fails is not kept."""
        if key not in self.found:
            self.found[key] = make()
        return self.found[key]


@dataclass(frozen=True)
class Recent(Memory):
    """A memory that keeps the last few results of each kind; a key's kind is its first entry."""

    most: int = 4

    def once(self, key: Hashable, make: Callable[[], Found]) -> Found:
        """As `Memory.once`; the results of this kind that were not asked for longest are let go."""
        found = self.found.pop(key) if key in self.found else make()
        self.found[key] = found
        kind = key[0] if isinstance(key, tuple) else key
        alike = [k for k in self.found if (k[0] if isinstance(k, tuple) else k) == kind]
        for old in alike[: -self.most]:
            del self.found[old]
        return found


@dataclass(frozen=True)
class Above(Memory):
    """A memory over another, which is looked up first and stays as it is."""

    below: Memory = field(default_factory=Memory)
    recent: Memory = field(default_factory=Recent)

    def once(self, key: Hashable, make: Callable[[], Found]) -> Found:
        """As `Memory.once`."""
        return self.below.found[key] if key in self.below.found else self.recent.once(key, make)


class Same:
    """An object as part of a key: it equals itself alone, and is kept as long as the key is."""

    def __init__(self, it: object) -> None:
        self.it = it

    def __eq__(self, other: object) -> bool:
        """Whether it is the very same object."""
        return isinstance(other, Same) and self.it is other.it

    def __hash__(self) -> int:
        """By identity."""
        return id(self.it)
