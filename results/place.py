"""Files that are written whole or not at all, and never over something else."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from results.errors import ResultsError


def put(target: Path, fill: Callable[[Path], object], *, force: bool = False) -> Path:
    """Let ``fill`` write a file beside the target, flush it, and rename it there; returns the target.

    What is there already is refused with ResultsError; with ``force`` it is moved aside
    (``<name>.before-<time>``), never deleted. When ``fill`` fails nothing is left and nothing was moved.
    """
    place = target.expanduser().absolute()
    taken = place.exists() or place.is_symlink()
    if taken and not force:
        raise ResultsError(f"{place} exists already; --force moves it aside")
    place.parent.mkdir(parents=True, exist_ok=True)
    work = place.parent / f".{place.stem}.part-{secrets.token_hex(4)}{place.suffix}"
    try:
        fill(work)
        flush(work)
        old = aside(place) if taken else None
        try:
            work.rename(place)
        except OSError:
            if old is not None:
                old.rename(place)
            raise
        flush(place.parent)
    finally:
        work.unlink(missing_ok=True)
    return place


def aside(place: Path) -> Path:
    """Rename what stands at a place to a name that is free, and return it. Raises ResultsError if none is."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    new = place.with_name(f"{place.name}.before-{stamp}")
    if new.exists():
        raise ResultsError(f"{new} exists already; try again in a second")
    place.rename(new)
    return new


def flush(path: Path) -> None:
    """Force a file or directory to disk: a rename must not overtake the data it names."""
    windows = os.name == "nt"  # flushes what is open for writing alone, and no folders
    if windows and path.is_dir():
        return
    handle = os.open(path, os.O_RDWR if windows else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
