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
