"""Results on disk: whole or not at all.

A result is a directory: one Parquet and one CSV file a table, the dictionary of their columns and indicators,
the scenario's text, the full solution where it was asked for, and ``manifest.json`` with the certificate and
the sha256 of every file. It is written beside its destination, flushed to disk,
the manifest last, and then renamed into place: whatever is found under the final name was complete when
it got it. Reading checks every hash, so a result that was cut, edited or mixed later is refused.
"""

from __future__ import annotations

import hashlib
import json
import math
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from results import dictionary
from results.compare import Comparison
from results.errors import ResultsError
from results.place import flush

if TYPE_CHECKING:
    from results.netcdf import FullSolution

FORMAT = "cge-results"
VERSION = 2
MANIFEST = "manifest.json"
SCENARIO = "scenario.yaml"
SOLUTION = "solution.nc"


@dataclass(frozen=True)
class StoredResult:
    """A verified result read back: ``tables`` (name -> tidy frame), ``scenario`` (its text), ``manifest``."""

    path: Path
    tables: Mapping[str, pd.DataFrame]
    scenario: str
    manifest: Mapping[str, Any]

    def solution(self) -> FullSolution:
        """Every level of base and counterfactual. Raises ResultsError when the result was written without."""
        from results import netcdf

        if SOLUTION not in self.manifest["files"]:
            raise ResultsError(f"{self.path} has no {SOLUTION}: run it again with --solution")
        return netcdf.read(self.path / SOLUTION)


@dataclass(frozen=True)
class Content:
    """What a result folder holds: tables, the scenario's text, the manifest; ``solution`` writes the full
    solution to a path, if there is one; ``files``: name -> what writes a file besides.
    """

    tables: Mapping[str, pd.DataFrame]
    text: str
    manifest: Mapping[str, Any]
    solution: Callable[[Path], None] | None = None
    files: Mapping[str, Callable[[Path], object]] = field(default_factory=dict)

    @classmethod
    def of(cls, comparison: Comparison, *, solution: bool = False) -> Content:
        """That of a comparison; with ``solution`` every level of it too."""

        def full(path: Path) -> None:
            from results import netcdf

            netcdf.write(comparison, path)

        text, manifest = comparison.scenario.text, comparison.manifest
        return cls(comparison.tables, text, manifest, full if solution else None)


OWN = ("format", "version", "written", "tables", "files", "sha256", "store_key")
"""Entries of a manifest that belong to the folder it was read from."""


def write(
    comparison: Comparison, out_dir: str | Path, *, force: bool = False, solution: bool = False
) -> Path:
    """Write a comparison to ``out_dir`` and return its path; with ``solution`` every level of it too.

    An earlier result under that name is replaced; an empty directory is used. Anything else there is
    refused with ResultsError; with ``force`` it is moved aside (``<name>.before-<time>``), never deleted.
    """
    return put(Content.of(comparison, solution=solution), Path(out_dir), force=force)


def put(content: Content, out_dir: Path, *, force: bool = False) -> Path:
    """As :func:`write`, of what is ready to be written."""
    target = out_dir.expanduser().resolve()
    kind = occupant(target)
    if kind == "foreign" and not force:
        raise ResultsError(
            f"{target} exists and is not (only) a result of this program; choose another directory, "
            "or use force, which moves what is there aside"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    work = target.parent / f".{target.name}.part-{secrets.token_hex(4)}"
    work.mkdir()
    try:
        fill(content, work)
        _put_in_place(work, target, kind)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target


def occupant(target: Path) -> str:
    """What is at ``target``: "nothing", "empty" (directory), "result" (ours, and nothing else in it) or
    "foreign".
    """
    if not target.exists() and not target.is_symlink():
        return "nothing"
    if not target.is_dir():
        return "foreign"
    names = {p.name for p in target.iterdir()}
    if not names:
        return "empty"
    try:
        manifest = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
        ours = manifest["format"] == FORMAT and names <= {*manifest["files"], MANIFEST}
    except (OSError, ValueError, KeyError, TypeError):
        return "foreign"
    return "result" if ours else "foreign"


def fill(content: Content, folder: Path) -> None:
    """Write all files of a result into an empty folder, the manifest last, each flushed to disk."""
    for name, table in content.tables.items():
        arrow = pa.Table.from_pandas(table, preserve_index=False)  # its CSV writer is ten times pandas'
        pq.write_table(arrow, folder / f"{name}.parquet")
        csv.write_csv(arrow, folder / f"{name}.csv")
    (folder / SCENARIO).write_text(content.text, encoding="utf-8")
    (folder / dictionary.FILE).write_text(dictionary.text(), encoding="utf-8")
    if content.solution is not None:
        content.solution(folder / SOLUTION)
    for name, writes in content.files.items():
        writes(folder / name)
    files = {p.name: {"bytes": p.stat().st_size, "sha256": _sha256(p)} for p in sorted(folder.iterdir())}
    for name in files:
        _flush(folder / name)
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "tables": list(content.tables),
        "files": files,
        **plain(content.manifest),
    }
    manifest["sha256"] = _seal(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    _flush(folder / MANIFEST)
    _flush(folder)


def _put_in_place(work: Path, target: Path, kind: str) -> None:
    """Rename ``work`` to ``target``. Between the two renames the name is free, never half filled."""
    aside = None
    if kind in ("result", "foreign"):
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        name = (
            f".{target.name}.old-{secrets.token_hex(4)}"
            if kind == "result"
            else f"{target.name}.before-{stamp}"
        )
        aside = target.with_name(name)
        if aside.exists():
            raise ResultsError(f"{aside} exists already; try again in a second")
        target.rename(aside)
    try:
        work.rename(target)
    except OSError:
        if aside is not None:
            aside.rename(target)
        raise
    _flush(target.parent)
    if kind == "result" and aside is not None:
        shutil.rmtree(aside, ignore_errors=True)


def read(out_dir: str | Path) -> StoredResult:
    """Read a result and verify it. Raises ResultsError when anything is missing, changed or of another
    format.
    """
    folder = Path(out_dir).expanduser().resolve()
    manifest = _read_manifest(folder)
    for name, expected in manifest["files"].items():
        path = folder / name
        if not path.is_file():
            raise ResultsError(f"{folder}: {name} is missing; the result is incomplete: run it again")
        if path.stat().st_size != expected["bytes"] or _sha256(path) != expected["sha256"]:
            raise ResultsError(
                f"{folder}: {name} is not the file that was written (sha256 differs): run it again"
            )
    tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in manifest["tables"]}
    return StoredResult(folder, tables, (folder / SCENARIO).read_text(encoding="utf-8"), manifest)


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ResultsError(
            f"{folder} has no {MANIFEST}: not a result, or a run that did not finish"
        ) from None
    except (OSError, ValueError) as error:
        raise ResultsError(f"{folder}/{MANIFEST} cannot be read ({error}): run it again") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ResultsError(f"{folder}/{MANIFEST} is not the manifest of a result of this program")
    if manifest.get("version") != VERSION:
        raise ResultsError(
            f"{folder}: format version {manifest.get('version')}, this program reads {VERSION}: run it again"
        )
    if manifest.get("sha256") != _seal(manifest):
        raise ResultsError(f"{folder}/{MANIFEST} was changed after it was written: run it again")
    needed = {f"{name}.parquet" for name in manifest["tables"]} | {SCENARIO}
    if not needed <= set(manifest["files"]):
        raise ResultsError(f"{folder}/{MANIFEST} does not list {sorted(needed - set(manifest['files']))}")
    return manifest


def _seal(manifest: Mapping[str, Any]) -> str:
    """sha256 of the manifest without its own seal."""
    body = {k: v for k, v in manifest.items() if k != "sha256"}
    return hashlib.sha256(json.dumps(body, sort_keys=True, allow_nan=False).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _flush(path: Path) -> None:
    flush(path)


def plain(value: Any) -> Any:
    """JSON-ready copy: mappings, sequences and numpy scalars; a number that is not finite becomes its
    name.
    """
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)
