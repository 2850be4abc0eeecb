"""Results written from Python as ``-o`` writes them: the suffix of the name says what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cge.app.comparing import Compared
    from cge.app.sweeps.plan import SweepResult
    from results.compare import Comparison


def write(result: Comparison | Compared | SweepResult, path: str | Path, *, force: bool = False) -> Path:
    """Write a result of `cge.run` or `cge.sweep`, or scenarios of `cge.app.comparing.compared`; returns the
    path.

    No suffix: a folder of tables; ``.xlsx`` a workbook, ``.md``, ``.json``, ``.html`` the brief, ``.nc``
    every level of the solution (of one result), ``.csv`` the statistics (of a sweep). What is there
    already is refused; ``force`` moves it aside. Raises ResultsError where nothing can be written.
    """
    import typer

    from cge.app import output
    from cge.app.sweeps.plan import SweepResult
    from results.compare import Comparison
    from results.errors import ResultsError

    of_run, of_sweep = isinstance(result, Comparison), isinstance(result, SweepResult)
    try:
        chosen = output.wanted(Path(path), force=force, of_run=of_run, of_sweep=of_sweep)
    except typer.BadParameter as error:
        raise ResultsError(error.message.replace("--force", "force=True")) from None
    assert chosen is not None
    if isinstance(result, SweepResult):
        from cge.app.sweeps import writing

        return writing.write(result, path, force=force)
    if isinstance(result, Comparison):
        return output.write_run(result, chosen)
    return output.write_compare(result, chosen)
