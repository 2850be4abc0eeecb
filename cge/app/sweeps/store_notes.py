"""What a user must know of a store, said once however often it happens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

SAID = {
    "did not verify": "{n} of the files in {place} did not verify; such a file counts as missing, and is set "
    "aside in the folder 'damaged' where it can be moved",
    "could not be read": "{n} of the files in {place} could not be read; such a file counts as missing",
    "were solved twice with other numbers": "{n} of the points in {place} were solved twice with other "
    "numbers; the first numbers are kept",
    "could not be indexed": "{n} of the changes could not be entered in the index of {place}; the files are "
    "there and are found without it",
}


class Notes:
    """Notes of one store."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._added: dict[str, None] = {}
        self._counted: dict[str, dict[str, None]] = {}

    def add(self, note: str) -> None:
        """A sentence, said once."""
        self._added[note] = None

    def count(self, kind: str, what: str) -> None:
        """One more case of a kind in ``SAID``; the first is told in full."""
        self._counted.setdefault(kind, {})[what] = None

    def words(self, more: Sequence[str] = ()) -> tuple[str, ...]:
        """All of them, ``more`` first."""
        counted = []
        for kind, cases in self._counted.items():
            text = SAID[kind].format(n=len(cases), place=self._place)
            counted.append(f"{text} (first: {next(iter(cases))})")
        return tuple(dict.fromkeys([*more, *self._added, *counted]))
