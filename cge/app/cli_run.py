"""The command that solves a scenario: ``run``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cge.app import cli_options as o
from cge.app.cli_explain import Minus, Plus

SPACES = ("reduced", "full")


def register(app: typer.Typer) -> None:
    """Add the command of this file to the application."""
    app.command("run")(run)


def run(
    scenario: Annotated[str, typer.Argument(help="A scenario of the library (see `cge list`) or a file.")],
    variant: o.Variant = None,
    against: o.Against = None,
    plus: Plus = None,
    minus: Minus = None,
    output: o.RunOutput = None,
    focus: o.Focus = None,
    aggregation: o.OneAggregation = None,
    space: o.Space = "reduced",
    decompose: o.Decompose = False,
    verify: o.Verify = False,
    solution: o.Solution = False,
    force: o.Force = False,
    as_json: o.Json = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Solve a scenario against its baseline and print who gains and who loses.

    Examples: cge run us-joins-cptpp --decompose  |  cge run rcep --focus JPN -o out/rcep  |
    cge run rcep -o rcep.xlsx  |  cge run mine.yaml --aggregation full --verify  |
    cge run mine.yaml --variant deep --against tariffs  |  cge run mine.yaml --minus semiconductor-deal
    """
    from cge.app import api
    from cge.app import output as writing
    from cge.app.progress import Reporter

    _require(space, against, plus, minus)
    wanted = writing.wanted(output, force=force)
    if solution and (wanted is None or wanted.kind != "folder"):
        raise typer.BadParameter("goes with -o FOLDER (or write -o NAME.nc)", param_hint="--solution")
    reporter, timer = Reporter(quiet=quiet, verbose=verbose), api.Timer()
    with reporter.working():
        subject = _subject(scenario, variant, plus, minus)
        brief = wanted is not None and wanted.kind == "brief"
        result = api.run(
            subject, variant=None if subject is not scenario else variant, against=against,
            aggregation=aggregation, focus=focus, space=space, verify=verify,
            decompose=decompose or (brief and _no_firms(subject, variant)),
            progress=reporter, timer=timer, command=o.command(),
        )  # fmt: skip
        if wanted is not None:
            reporter("writing")
            with timer.stage("write"):
                writing.write_run(result, wanted, solution=solution, command=o.command())
    show(result, as_json=as_json, quiet=quiet)
    if wanted is not None:
        reporter.say(f"written to {wanted.path}")
    reporter.account(timer.seconds, result.manifest["certificate"])


def _require(space: str, against: str | None, plus: list[str] | None, minus: list[str] | None) -> None:
    """Refuse options that do not go together."""
    if space not in SPACES:
        raise typer.BadParameter("choose reduced or full", param_hint="--space")
    if against is not None and (plus or minus):
        raise typer.BadParameter("sets variants against each other; for packages use cge compare",
                                 param_hint="--against")  # fmt: skip


def _subject(scenario: str, variant: str | None, plus: list[str] | None, minus: list[str] | None) -> Any:
    """What is run: the name, or the scenario with packages added and left out."""
    if not plus and not minus:
        return scenario
    from cge.app.selection import chosen

    return chosen(scenario, variant=variant, plus=plus or (), minus=minus or ())


def _no_firms(subject: Any, variant: str | None) -> bool:
    """Whether welfare can be decomposed: not where firms enter and exit."""
    from cge.app.case import read

    case = subject if variant is None or not isinstance(subject, str) else read(subject, variant)
    structure = read(case).formulation.structure
    return structure.krugman is None and structure.melitz is None


def show(result: Any, *, as_json: bool, quiet: bool) -> None:
    """Print the result as tables or as one JSON document; ``quiet`` leaves the tables out."""
    if as_json:
        from results.document import document
        from results.side_by_side import Column

        o.print_json(document(Column.of(result.scenario.name, result, "solved")))
        return
    if quiet:
        return
    from rich.console import Console

    from cge.app.showing import parts

    console = Console(width=max(80, Console().width))
    for part in parts(result):
        console.print(part)
