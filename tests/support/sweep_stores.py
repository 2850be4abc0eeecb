"""A store with three solved points, for tests of what can happen to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sweep_outcomes import ENGINE, outcome, rows

from cge.app.sweeps.store import SweepInfo, SweepStore, point_key

CHANGES: list[dict[str, Any]] = [{}, {"trade": 0.5}, {"trade": 1.5}]
KEYS = [point_key(ENGINE, one) for one in CHANGES]
INFO = SweepInfo(ENGINE, "cge sweep t", "Tariffs down", "list, 2 points")


def filled(folder: Path) -> SweepStore:
    """A new store in the folder with every point of `CHANGES`."""
    store = SweepStore(folder)
    store.begin(INFO, CHANGES)
    store.keep_rows(ENGINE, rows())
    for n, key in enumerate(KEYS):
        store.put(key, outcome(float(n)))
    return store


def said(store: SweepStore, words: str) -> bool:
    """Whether a note of the store holds these words."""
    return any(words in note for note in store.notes)
