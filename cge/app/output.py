"""What ``-o`` writes, by its suffix: a folder, a workbook, Markdown, JSON, the brief, the full solution.

Decided and refused before anything is solved; written whole or not at all; what stands there already is
refused, and with ``force`` moved aside, never lost.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from cge.app.comparing import Compared
    from results.compare import Comparison
    from results.side_by_side import Column

KINDS = {
    "": "folder", ".xlsx": "workbook", ".md": "Markdown", ".json": "JSON", ".html": "brief",
    ".nc": "solution",
}  # fmt: skip
OCCUPANTS = {"result": "an earlier result", "foreign": "something else than a result"}


@dataclass(frozen=True)
class Output:
    """Where to write, and what (a value of ``KINDS``)."""

    path: Path
    kind: str
    force: bool


def wanted(path: Path | None, *, force: bool, of_run: bool = True, of_sweep: bool = False) -> Output | None:
    """What ``-o`` asks for; None without it. ``of_run``: of one result rather than of a comparison;
    ``of_sweep``: of a sweep, whose folder is a result's.

    Raises typer.BadParameter (exit code 2) on a suffix that says nothing, and where something stands already
    or nothing can be written.
    """
    if path is None:
        return None
    kinds = {s: k for s, k in KINDS.items() if (of_run and not of_sweep) or k != "solution"}
    kinds |= {".csv": "CSV"} if of_sweep else {}
    known = [s for s in kinds if s]
    kind = "folder" if path.is_dir() else kinds.get(path.suffix.lower())
    if kind is None:
        raise typer.BadParameter(
            f"{path.name}: unknown ending '{path.suffix}'; choose {', '.join(known)}, or a folder, whose "
            "name has no dot",
            param_hint="-o",
        )
    found = Output(path, kind, force)
    if not force:
        _refuse_occupied(found, of_run=of_run or of_sweep)
    require_writable(path)
    _require_parts(kind)
    return found


def _refuse_occupied(output: Output, *, of_run: bool) -> None:
    path = output.path
    if output.kind == "folder":
        from results import store

        if not of_run and path.is_dir() and any(path.iterdir()):
            raise typer.BadParameter(f"{path} exists already and is not empty; --force moves it aside",
                                     param_hint="-o")  # fmt: skip
        occupant = store.occupant(path)
        if occupant in OCCUPANTS:
            words = OCCUPANTS[occupant]
            raise typer.BadParameter(
                f"{path} holds {words}; --force replaces a result, and moves anything else aside",
                param_hint="-o",
            )
    elif path.exists() or path.is_symlink():
        raise typer.BadParameter(f"{path} exists already; --force moves it aside", param_hint="-o")


def require_writable(path: Path) -> None:
    """Say before solving, not after, that nothing can be made here."""
    parent = next(p for p in path.expanduser().absolute().parents if p.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise typer.BadParameter(f"{parent} is not a folder that can be written to", param_hint="-o")


def _require_parts(kind: str) -> None:
    """Fail early where a library or a part of the program is missing."""
    from importlib.util import find_spec

    if kind == "workbook" and find_spec("openpyxl") is None:
        raise typer.BadParameter("a workbook needs openpyxl: pip install openpyxl", param_hint="-o")
    if kind == "brief" and find_spec("results.report") is None:
        raise typer.BadParameter("this version writes no brief; choose another ending", param_hint="-o")


def write_run(result: Comparison, output: Output, *, solution: bool = False, command: str = "") -> Path:
    """Write one result. ``solution``: with every level in a folder. Raises ResultsError and OSError."""
    from results import document, netcdf, store, workbook
    from results.side_by_side import Column

    path, force = output.path, output.force
    if output.kind == "folder":
        return store.write(result, path, force=force, solution=solution)
    column = Column.of(result.scenario.name, result, "solved")
    fill: dict[str, Callable[[Path], object]] = {
        "workbook": lambda p: workbook.write(column, p, text=column.text),
        "Markdown": lambda p: _text(p, markdown(result)),
        "JSON": lambda p: _json(p, document.document(column)),
        "brief": lambda p: _brief([column], p, command),
        "solution": lambda p: netcdf.write(result, p),
    }
    return _put(output, fill)


def write_compare(found: Compared, output: Output, *, command: str = "") -> Path:
    """Write scenarios side by side. Raises ResultsError and OSError."""
    from results import side_by_side_files, side_by_side_screen, workbook

    s, columns = found.result, found.columns
    if output.kind == "folder":
        return side_by_side_files.write(s, columns, output.path, force=output.force)
    fill: dict[str, Callable[[Path], object]] = {
        "workbook": lambda p: workbook.write_side(s, columns, p),
        "Markdown": lambda p: _text(p, side_by_side_screen.markdown(s)),
        "JSON": lambda p: _json(p, side_by_side_files.document(s, columns)),
        "brief": lambda p: _brief(columns, p, command, packages=s.packages, notes=s.notes, focus=s.focus),
    }
    return _put(output, fill)


def _put(output: Output, fill: dict[str, Callable[[Path], object]]) -> Path:
    from results.place import put

    return put(output.path, fill[output.kind], force=output.force)


def markdown(result: Comparison) -> str:
    """The screen of a run as GitHub Markdown."""
    from cge.app.showing import parts
    from results.markdown import markdown as of

    labels = result.manifest["labels"]
    return of(parts(result), {**labels["sectors"], **labels["regions"]})


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _json(path: Path, content: Any) -> None:
    _text(path, json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n")


def _brief(columns: Sequence[Column], path: Path, command: str, **more: Any) -> None:
    from results.report import write

    write(columns, path, command=command, **{"focus": None, **more})
