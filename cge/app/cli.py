"""The command line: ``cge run``, ``check``, ``explain``, ``diff``, ``new``, ``list``, ``schema``,
``compare``, ``attribute``, ``replicate``, ``assumptions``, ``agreements``, ``equations``, ``data`` and more.

Exit codes: 0 ok, 1 the model failed, 2 bad input.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cge.app import (
    cli_agreements,
    cli_assumptions,
    cli_compare,
    cli_data,
    cli_explain,
    cli_gravity,
    cli_model,
    cli_replicate,
    cli_scenarios,
)

MODEL_FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130

app = typer.Typer(
    name="cge",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="World trade policy in a computable general equilibrium model: 81 economies, 50 industries, 2022.",
    epilog="Examples:  cge run us-joins-cptpp  ·  cge run mine.yaml -o out/  ·  cge list  ·  cge doctor",
)
app.add_typer(cli_data.app, name="data")
cli_scenarios.register(app)
cli_explain.register(app)
cli_model.register(app)
cli_replicate.register(app)
cli_assumptions.register(app)
cli_gravity.register(app)
cli_agreements.register(app)
cli_compare.register(app)


@app.command()
def run(
    scenario: Annotated[str, typer.Argument(help="A scenario of the library (see `cge list`) or a file.")],
    variant: Annotated[
        str | None, typer.Option(help="A variant of the scenario, instead of its own case.")
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="Another variant: the difference in welfare by term and sector.")
    ] = None,
    plus: cli_explain.Plus = None,
    minus: cli_explain.Minus = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder for tables and manifest.")
    ] = None,
    focus: Annotated[str | None, typer.Option(help="Region whose sectors are shown.")] = None,
    aggregation: Annotated[
        str | None, typer.Option(help="small, default or full, instead of the scenario's.")
    ] = None,
    space: Annotated[
        str, typer.Option(help="reduced (seconds) or full (every equation through Pyomo).")
    ] = "reduced",
    decompose: Annotated[
        bool, typer.Option("--decompose", help="Where each region's welfare change comes from.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="A second opinion on the solutions; exit code 1 if it differs.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace an earlier result in the output folder.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="No progress, no tables; errors only.")
    ] = False,
) -> None:
    """Solve a scenario against its baseline and print who gains and who loses.

    Examples: cge run us-joins-cptpp --decompose  |  cge run rcep --focus JPN -o out/rcep  |
    cge run mine.yaml --aggregation full --verify  |  cge run mine.yaml --variant deep --against tariffs  |
    cge run mine.yaml --minus semiconductor-deal
    """
    from rich.console import Console

    from cge.app import api
    from cge.app.selection import chosen
    from results import store

    if space not in ("reduced", "full"):
        raise typer.BadParameter("choose reduced or full", param_hint="--space")
    if against is not None and (plus or minus):
        raise typer.BadParameter("sets variants against each other; for packages use cge compare",
                                 param_hint="--against")  # fmt: skip
    if output is not None and not force:
        refuse_occupied(store.occupant(output), output)
    errors = Console(stderr=True, quiet=quiet)
    with errors.status("starting") as status:
        subject = (
            chosen(scenario, variant=variant, plus=plus or (), minus=minus or ())
            if plus or minus
            else scenario
        )
        result = api.run(
            subject, variant=None if plus or minus else variant, against=against, aggregation=aggregation,
            focus=focus, space=space, decompose=decompose, verify=verify,
            progress=status.update, command=" ".join(["cge", *sys.argv[1:]]),
        )  # fmt: skip
        if output is not None:
            status.update("writing")
            store.write(result, output, force=force)
    if not quiet:
        print_result(Console(width=max(80, Console().width)), result)
        if output is not None:
            errors.print(f"written to {output}")


def print_result(console: Any, result: Any) -> None:
    """The comparison, and its further reports as far as asked for or called for by the scenario."""
    import pandas as pd

    from cge.app import verify
    from results import adoption, decomposition_difference, decomposition_screen, published_screen, screen

    console.print(screen.render(result))
    if "published" in result.manifest:
        console.print(published_screen.render(pd.DataFrame(result.manifest["published"])))
    if "adoption" in result.tables:
        console.print(adoption.render(result))
    if "decomposition" in result.tables:
        console.print(decomposition_screen.render(result))
    if "decomposition_difference" in result.tables:
        console.print(decomposition_difference.render(result))
    if "verification" in result.manifest:
        console.print(verify.render(result.manifest["verification"]))


OCCUPANTS = {"result": "an earlier result", "foreign": "something else than a result"}


def refuse_occupied(occupant: str, output: Path) -> None:
    """Say before solving, not after, that the output folder is taken or cannot be made."""
    if occupant in OCCUPANTS:
        raise typer.BadParameter(
            f"{output} holds {OCCUPANTS[occupant]}; --force replaces a result, and moves anything else aside",
            param_hint="-o",
        )
    parent = next(p for p in output.absolute().parents if p.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK):
        raise typer.BadParameter(f"{parent} is not a folder that can be written to", param_hint="-o")


def bad_input_errors() -> tuple[type[BaseException], ...]:
    """Exceptions that mean the input is wrong rather than the model; imported late to keep --help fast."""
    from calibration.accounts import AccountsError
    from calibration.aggregate import AggregationError
    from calibration.elasticities import ElasticityError
    from calibration.gravity.errors import GravityError
    from calibration.rents import RentsError
    from calibration.world import WorldError
    from cge.closure import ClosureError
    from cge.formulation import FormulationError
    from cge.full_space import RouteError
    from cge.parameters import ParameterError
    from results.errors import ResultsError
    from scenarios.problems import ScenarioError

    return (AccountsError, AggregationError, ElasticityError, GravityError, RentsError, WorldError,
            ClosureError, FormulationError, RouteError, ParameterError, ResultsError, ScenarioError,
            OSError)  # fmt: skip


def fail(error: BaseException, code: int) -> Any:
    """Print an error without a traceback and leave with the code."""
    typer.echo(f"error: {error}" if "\n" not in str(error) else f"error:\n{error}", err=True)
    raise SystemExit(code)


def main() -> None:
    """Entry point: map exceptions to exit codes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an ASCII terminal shows "?" rather than no result
    try:
        app()
    except SystemExit as stop:
        if stop.code == INTERRUPTED:  # the command line library catches Ctrl-C and says nothing
            fail(KeyboardInterrupt("interrupted"), INTERRUPTED)
        raise
    except KeyboardInterrupt as error:
        fail(KeyboardInterrupt(str(error) or "interrupted"), INTERRUPTED)
    except Exception as error:
        code = exit_code(error)
        if code is None:
            raise
        fail(error, code)


def exit_code(error: Exception) -> int | None:
    """Exit code of a known kind of failure; None for a defect of the program."""
    from cge.app.verify import VerificationError
    from cge.model import SolveError

    if isinstance(error, SolveError | VerificationError):
        return MODEL_FAILED
    return BAD_INPUT if isinstance(error, bad_input_errors()) else None


if __name__ == "__main__":
    main()
