"""The page on disk: whole or not at all, and never over something that is not a brief."""

from __future__ import annotations

import secrets
from pathlib import Path

from results import place
from results.errors import ResultsError

MARK = '<meta name="generator" content="cge report">'
"""What every brief holds near its top, so that it is known as one."""

NEAR = 2000
"""Characters in which the mark stands."""


def is_brief(path: Path) -> bool:
    """Whether the file is a brief of this program."""
    try:
        with path.open(encoding="utf-8") as handle:
            return MARK in handle.read(NEAR)
    except (OSError, UnicodeDecodeError):
        return False


def refuse_occupied(path: str | Path, *, force: bool = False) -> None:
    """Raise ResultsError when something is there that is not a brief (with ``force`` a folder alone), or when
    the folder it would stand in is missing.
    """
    target = Path(path).expanduser()
    if target.is_dir():
        raise ResultsError(f"{target} is a folder; name a file, such as {target / 'brief.html'}")
    if target.exists() and not force and not is_brief(target):
        raise ResultsError(f"{target} exists and is not a brief of this program; --force moves it aside")
    if not target.absolute().parent.is_dir():
        raise ResultsError(f"{target.parent} is no folder")


def put(text: str, path: str | Path, *, force: bool = False) -> Path:
    """Write the page beside its place, flush it, and rename it there: an earlier brief is replaced, anything
    else refused, or with ``force`` moved aside (`results.place`). Raises as `refuse_occupied`.
    """
    refuse_occupied(path, force=force)
    target = Path(path).expanduser().absolute()
    if not target.exists() or not is_brief(target):
        return place.put(target, lambda p: p.write_text(text, encoding="utf-8"), force=force)
    work = target.with_name(f".{target.stem}.part-{secrets.token_hex(4)}.html")
    try:
        work.write_text(text, encoding="utf-8")
        place.flush(work)
        work.replace(target)
    finally:
        work.unlink(missing_ok=True)
    return target
