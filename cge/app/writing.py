"""Results written from Python as ``-o`` writes them: the suffix of the name says what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cge.app.comparing import Compared
    from results.compare import Comparison


def write(result: Comparison | Compared, path: str | Path, *, force: bool = False) -> Path:
    """Write a result of `cge.run`, or scenarios of `cge.app.comparing.compared`, and return the path.

    No suffix: a folder of tables; ``.xlsx`` a workbook, ``.md``, ``.json``, ``.html`` the brief, ``.nc``
    every level of the solution (of one result). What is there already is refused; ``force`` moves it aside.
    Raises ResultsError where nothing can be written.
    """
    import typer

    from cge.app import output
    from results.compare import Comparison
    from results.errors import ResultsError

    of_run = isinstance(result, Comparison)
    try:
        chosen = output.wanted(Path(path), force=force, of_run=of_run)
    except typer.BadParameter as error:
        raise ResultsError(error.message.replace("--force", "force=True")) from None
    assert chosen is not None
    if isinstance(result, Comparison):
        return output.write_run(result, chosen)
    return output.write_compare(result, chosen)
