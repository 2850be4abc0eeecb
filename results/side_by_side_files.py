"""A comparison of scenarios on disk: whole or not at all, in a new folder."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

from results.errors import ResultsError
from results.side_by_side import Column, SideBySide
from results.side_by_side_screen import as_json, markdown


def refuse_occupied(folder: str | Path) -> None:
    """Raise ResultsError when the folder is there and not empty: nothing is overwritten."""
    target = Path(folder).expanduser()
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise ResultsError(f"{target} exists already; name a new folder for the comparison")


def write(s: SideBySide, columns: Sequence[Column], folder: str | Path) -> Path:
    """Write ``comparison.csv``, ``.md``, ``.json``, the shares, the packages, and each scenario's tables.

    Raises ResultsError when the folder is not empty.
    """
    target = Path(folder).expanduser().resolve()
    refuse_occupied(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    work = target.parent / f".{target.name}.part-{secrets.token_hex(4)}"
    work.mkdir()
    try:
        s.table.to_csv(work / "comparison.csv", index=False)
        s.share.to_csv(work / "share_of_gain.csv", index=False)
        if not s.packages.empty:
            s.packages.to_csv(work / "packages.csv", index=False)
        (work / "comparison.md").write_text(markdown(s), encoding="utf-8")
        content = {**as_json(s), "sources": [_source(c) for c in columns]}
        (work / "comparison.json").write_text(
            json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8"
        )
        for column in columns:
            own = work / column.label.replace(" ", "_").replace("/", "_")
            own.mkdir()
            for name, table in column.tables.items():
                table.to_csv(own / f"{name}.csv", index=False)
        if target.exists():
            target.rmdir()
        work.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target


def _source(column: Column) -> dict[str, object]:
    info = column.info
    return {"label": column.label, "status": column.status, "baseline": info["baseline"],
            "choices": dict(info["choices"]), "hashes": dict(info["hashes"])}  # fmt: skip
