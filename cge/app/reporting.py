"""The brief of one or several policies: what was named is read or solved, then written as one page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from cge.app.comparing import compared
from cge.app.unfolding import Kept, Named, unfolded
from scenarios.problems import Problem, ScenarioError

Progress = Callable[[str], None]


def report(
    *what: Named,
    output: str | Path,
    focus: str | None = None,
    aggregation: str | None = None,
    reuse: bool = True,
    force: bool = False,
    command: str = "",
    progress: Progress = lambda message: None,
) -> Path:
    """Write the brief of results and scenarios to ``output``, one HTML page, and return its path.

    ``what``: folders of results, folders of ``cge compare -o``, names of the library, ``name:variant``, files
    or scenarios. What is named is solved on one benchmark with the decomposition of its welfare, reusing what
    was computed before (``reuse``). ``force`` moves a file that is not a brief aside.
    Raises as `cge.app.comparing.compared`; ResultsError as `results.report.write`.
    """
    from results.report import refuse_occupied, write

    refuse_occupied(output, force=force)
    if not what:
        raise ScenarioError([Problem("report", None, "", "name at least one result or scenario")])
    asked = unfolded(what)
    if all(isinstance(n, Kept) for n in asked.names) and aggregation is None:
        columns = tuple(n.column() for n in asked.names if isinstance(n, Kept))
        packages, notes = asked.packages, asked.notes
    else:
        found = compared(
            *what, aggregation=aggregation, focus=focus, reuse=reuse, decompose=True, progress=progress
        )
        columns, notes = found.columns, found.result.notes
        packages = () if found.result.packages.empty else (found.result.packages,)
    progress("writing the brief")
    return write(
        columns,
        output,
        focus=focus,
        command=command or _command(what, output, focus, aggregation),
        force=force,
        packages=pd.concat(packages, ignore_index=True) if packages else None,
        notes=tuple(dict.fromkeys(notes)),
    )


def _command(names: Sequence[Named], output: str | Path, focus: str | None, aggregation: str | None) -> str:
    """The command that writes the same page."""
    words = ["cge", "report", *(str(n) for n in names if isinstance(n, str | Path))]
    words += ["-o", str(output)]
    words += ["--focus", focus] if focus else []
    words += ["--aggregation", aggregation] if aggregation else []
    return " ".join(f'"{w}"' if " " in w else w for w in words)
