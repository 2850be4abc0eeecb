"""A comparison of scenarios on disk: whole or not at all, never over something else."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from results import dictionary, store
from results.errors import ResultsError
from results.folder_names import folder_names
from results.place import aside, flush
from results.side_by_side import Column, SideBySide
from results.side_by_side_screen import as_json, markdown

COMPARISON = "comparison.json"
"""What the folder of a comparison holds; its ``scenarios`` say which folder is whose."""

SHARE, PACKAGES = "share_of_gain.csv", "packages.csv"
OWN = ("comparison.csv", "comparison.md", COMPARISON, SHARE, PACKAGES, dictionary.FILE)


def refuse_occupied(folder: str | Path) -> None:
    """Raise ResultsError when the folder is there and not empty: nothing is overwritten."""
    target = Path(folder).expanduser()
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise ResultsError(f"{target} exists already; name a new folder, or --force moves it aside")


def write(s: SideBySide, columns: Sequence[Column], folder: str | Path, *, force: bool = False) -> Path:
    """Write ``comparison.csv``, ``.md``, ``.json``, the shares, the packages, the dictionary, and each
    scenario as a result of its own (`results.store.read` reads it) in a folder of its name, as far as names
    of folders allow; ``comparison.json`` says which folder is whose.

    Raises ResultsError when the folder is not empty; with ``force`` it is moved aside, never deleted.
    """
    target = Path(folder).expanduser().resolve()
    if not force:
        refuse_occupied(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    work = target.parent / f".{target.name}.part-{secrets.token_hex(4)}"
    work.mkdir()
    try:
        _fill(s, columns, work)
        if target.is_dir() and not any(target.iterdir()):
            target.rmdir()
        old = aside(target) if target.exists() else None
        try:
            work.rename(target)
        except OSError:
            if old is not None:
                old.rename(target)
            raise
        flush(target.parent)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target


def _fill(s: SideBySide, columns: Sequence[Column], work: Path) -> None:
    s.table.to_csv(work / "comparison.csv", index=False)
    s.share.to_csv(work / SHARE, index=False)
    if not s.packages.empty:
        s.packages.to_csv(work / PACKAGES, index=False)
    (work / "comparison.md").write_text(markdown(s), encoding="utf-8")
    (work / dictionary.FILE).write_text(dictionary.text(), encoding="utf-8")
    names = folder_names([c.label for c in columns], OWN)
    for column in columns:
        own = work / names[column.label]
        own.mkdir()
        manifest = {k: v for k, v in column.manifest.items() if k not in store.OWN}
        store.fill(store.Content(column.tables, column.text, manifest), own)
    content = document(s, columns)
    content["scenarios"] = [{**one, "folder": names[one["label"]]} for one in content["scenarios"]]
    text = json.dumps(content, indent=1, allow_nan=False)
    (work / COMPARISON).write_text(text + "\n", encoding="utf-8")
    for path in (*work.glob("*.*"), work):
        flush(path)


def document(s: SideBySide, columns: Sequence[Column]) -> dict[str, Any]:
    """The comparison and where each of its columns comes from, JSON-ready."""
    return {**as_json(s), "sources": [_source(c) for c in columns]}


def _source(column: Column) -> dict[str, object]:
    info = column.info
    return {"label": column.label, "status": column.status, "baseline": info["baseline"],
            "choices": dict(info["choices"]), "hashes": dict(info["hashes"])}  # fmt: skip
