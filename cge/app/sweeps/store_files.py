"""Files of a sweep store: written whole or not at all, set aside when damaged.

::

    format.json               what the folder is, and its version
    points/ab/KEY.parquet     one outcome, in one of 256 folders by the first two digits of its key
    rows/ENGINE.parquet       what the numbers of an engine's outcomes are
    sweeps/ID.parquet         one sweep: its points' keys and changes
    index.sqlite              the index, made again from these files when it is missing or damaged
    damaged/                  what did not verify, for whoever wants to know why
"""

from __future__ import annotations

import errno
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from cge.app.sweeps.point_files import DamagedError

FORMAT = "cge-sweep-store"
VERSION = 1
FORMAT_FILE, POINTS, ROWS, SWEEPS, DAMAGED = "format.json", "points", "rows", "sweeps", "damaged"
SUFFIX = ".parquet"
PART = ".part"
HEX = frozenset("0123456789abcdef")


class StoreError(RuntimeError):
    """The store cannot be used or written; the message says why and what to do."""


def point_path(folder: Path, key: str) -> Path:
    """Where the file of a point is."""
    if len(key) != 64 or not set(key) <= HEX:
        raise ValueError(f"{key!r} is not a key of a point")
    return folder / POINTS / key[:2] / f"{key}{SUFFIX}"


def write(path: Path, content: bytes) -> None:
    """Write a file beside its place, flush it to the disk, and rename it: it is there whole or not at all.

    Raises OSError; then nothing is left behind, and what stood there before still does.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.parent / f".{path.stem[:16]}-{secrets.token_hex(6)}{PART}"
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def set_aside(folder: Path, path: Path) -> Path | None:
    """Move a damaged file where nothing reads it; its new place, None when that was not possible or another
    process did it.
    """
    place = folder / DAMAGED / f"{path.stem}-{secrets.token_hex(4)}{path.suffix}"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)
    except OSError:
        return None
    return place


def points(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Key, and size and time, of every point's file there is; in no order."""
    for part in sorted(_entries(folder / POINTS)):
        for entry in _entries(folder / POINTS / part):
            key = entry.removesuffix(SUFFIX)
            if entry.endswith(SUFFIX) and len(key) == 64 and set(key) <= HEX and key.startswith(part):
                try:
                    found = (folder / POINTS / part / entry).stat()
                except FileNotFoundError:
                    continue  # another process took it away
                yield key, found


def named(folder: Path, kind: str) -> tuple[str, ...]:
    """Names of the files of rows or of sweeps, in order."""
    found = (e for e in _entries(folder / kind) if e.endswith(SUFFIX) and not e.startswith("."))
    return tuple(sorted(e.removesuffix(SUFFIX) for e in found))


def parts(folder: Path) -> Iterator[Path]:
    """Files that a process was writing when it was killed, or is writing now."""
    homes = [
        folder,
        folder / ROWS,
        folder / SWEEPS,
        *(folder / POINTS / e for e in _entries(folder / POINTS)),
    ]
    for home in homes:
        yield from (home / e for e in _entries(home) if e.startswith(".") and e.endswith(PART))


def now(folder: Path) -> float:
    """The time by the clock that stamps the store's files, which may be another machine's.

    Raises OSError where the store cannot be written.
    """
    probe = folder / f".now-{secrets.token_hex(6)}{PART}"
    try:
        probe.touch(exist_ok=False)
        return probe.stat().st_mtime
    finally:
        probe.unlink(missing_ok=True)


def prepare(folder: Path) -> str:
    """Make the folder a store, or see that it is one that this version knows; a note, "" for none.

    Raises StoreError: it cannot be made, holds other things, or is of a later version.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = [e for e in _entries(folder) if not e.startswith(".") and e != "lost+found"]
    except OSError as error:
        raise StoreError(words(error, folder)) from error
    note = ""
    if FORMAT_FILE in there:
        try:
            _require_known(folder)
            return ""
        except DamagedError as error:
            set_aside(folder, folder / FORMAT_FILE)
            note = f"{folder / FORMAT_FILE} was written again ({error})"
    elif there and POINTS not in there:
        raise StoreError(
            f"{folder} is no store of sweeps, and not empty: give another folder (--store or CGE_SWEEP_STORE)"
        )
    try:
        write(folder / FORMAT_FILE, json.dumps({"format": FORMAT, "version": VERSION}).encode())
        (folder / POINTS).mkdir(exist_ok=True)
    except OSError as error:
        if not there:
            raise StoreError(words(error, folder)) from error
    return note


def _require_known(folder: Path) -> None:
    """Raises StoreError for a later version, DamagedError for a file that says none."""
    place = folder / FORMAT_FILE
    try:
        said = json.loads(place.read_text(encoding="utf-8"))
        kind, version = said["format"], said["version"]
    except OSError as error:
        raise StoreError(words(error, folder)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedError(f"it could not be read: {error}") from error
    if kind != FORMAT or not isinstance(version, int):
        raise DamagedError(f"it is of the kind {kind!r}")
    if version > VERSION:
        raise StoreError(
            f"the store {folder} was written by a newer version of this program (format {version}; this one "
            f"knows formats up to {VERSION}): update the program, or give another folder (--store or "
            "CGE_SWEEP_STORE)"
        )


def words(error: OSError, folder: Path) -> str:
    """What happened to a store and what to do."""
    again = "then start the sweep again: it does what is missing"
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return (
            f"there is no room in {folder} ({error.strerror}): free some (cge sweep --forget DAYS takes old "
            f"points away), or give a folder on another disk (--store or CGE_SWEEP_STORE), {again}"
        )
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return (
            f"{folder} cannot be written to ({error.strerror}): make it writable, or give another folder "
            f"(--store or CGE_SWEEP_STORE; off keeps nothing), {again}"
        )
    return (
        f"{folder} cannot be used ({error.strerror or error}): see to the disk or the network it is on, or "
        f"give another folder (--store or CGE_SWEEP_STORE), {again}"
    )


def _entries(folder: Path) -> list[str]:
    """Names in a folder; none where it is not there."""
    try:
        return [entry.name for entry in folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
