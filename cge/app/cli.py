"""The command line: ``cge run``, ``check``, ``explain``, ``diff``, ``new``, ``list``, ``schema``,
``compare``, ``sweep``, ``report``, ``attribute``, ``dependence``, ``sensitivity``, ``replicate``,
``assumptions``, ``agreements``, ``equations``, ``data`` and more.

Exit codes: 0 ok, 1 the model failed, 2 bad input.
"""

from __future__ import annotations

import codecs
import io
import sys
import unicodedata
from typing import Any

import typer

from cge.app import (
    cli_agreements,
    cli_assumptions,
    cli_bench,
    cli_compare,
    cli_data,
    cli_dependence,
    cli_dictionary,
    cli_explain,
    cli_gravity,
    cli_model,
    cli_replicate,
    cli_report,
    cli_run,
    cli_scenarios,
    cli_sensitivity,
    cli_sweep,
)

MODEL_FAILED, BAD_INPUT, INTERRUPTED, TERMINATED = 1, 2, 130, 143

app = typer.Typer(
    name="cge",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="World trade policy in a computable general equilibrium model: 81 economies, 50 industries, 2022.",
    epilog="Examples:  cge run us-joins-cptpp  ·  cge run mine.yaml -o out/  ·  cge list  ·  cge doctor",
)
app.add_typer(cli_data.app, name="data")
cli_run.register(app)
cli_scenarios.register(app)
cli_explain.register(app)
cli_model.register(app)
cli_replicate.register(app)
cli_assumptions.register(app)
cli_gravity.register(app)
cli_agreements.register(app)
cli_compare.register(app)
cli_report.register(app)
cli_dictionary.register(app)
cli_dependence.register(app)
cli_sensitivity.register(app)
cli_bench.register(app)
cli_sweep.register(app)


def bad_input_errors() -> tuple[type[BaseException], ...]:
    """Exceptions that mean the input is wrong rather than the model; imported late to keep --help fast."""
    from calibration.accounts import AccountsError
    from calibration.aggregate import AggregationError
    from calibration.elasticities import ElasticityError
    from calibration.gravity.errors import GravityError
    from calibration.rents import RentsError
    from calibration.world import WorldError
    from cge.app.sweeps.plan import AskedError
    from cge.app.sweeps.store_files import StoreError
    from cge.closure import ClosureError
    from cge.designs.design import DesignError
    from cge.formulation import FormulationError
    from cge.full_space import RouteError
    from cge.parameters import ParameterError
    from results.errors import ResultsError
    from scenarios.problems import ScenarioError

    return (AccountsError, AggregationError, AskedError, ElasticityError, GravityError, RentsError,
            WorldError, ClosureError, DesignError, FormulationError, RouteError, ParameterError, ResultsError,
            ScenarioError, StoreError, OSError)  # fmt: skip


def fail(error: BaseException, code: int) -> Any:
    """Print an error without a traceback and leave with the code."""
    typer.echo(f"error: {error}" if "\n" not in str(error) else f"error:\n{error}", err=True)
    raise SystemExit(code)


PLAIN = {"\N{HORIZONTAL ELLIPSIS}": ".", "\N{EN DASH}": "-", "\N{EM DASH}": "-", "\N{MIDDLE DOT}": "-",
         "\N{MULTIPLICATION SIGN}": "x", "\N{MINUS SIGN}": "-", "\N{RIGHTWARDS ARROW}": ">",
         "\N{BLACK UP-POINTING TRIANGLE}": "^", "\N{BLACK DOWN-POINTING TRIANGLE}": "v",
         "\N{BOX DRAWINGS LIGHT HORIZONTAL}": "-", "\N{BOX DRAWINGS LIGHT VERTICAL}": "|"}  # fmt: skip
"""ASCII signs, one for one, so that columns stay where they are."""


def plain_signs(error: UnicodeError) -> tuple[str, int]:
    """What a stream that cannot show a sign shows instead: a like one, the letter without accent, or "?"."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    shown = (PLAIN.get(c) or unicodedata.normalize("NFKD", c)[0] for c in text)
    return "".join(c if ord(c) < 128 else "?" for c in shown), error.end


codecs.register_error("cge-plain", plain_signs)


def main() -> None:
    """Entry point: map exceptions to exit codes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="cge-plain")  # an ASCII terminal gets plain signs rather than no result
    try:
        app()
    except SystemExit as stop:
        if stop.code in (INTERRUPTED, TERMINATED):  # the command line library catches Ctrl-C, says nothing
            fail(KeyboardInterrupt(getattr(stop, "words", "interrupted")), int(stop.code))
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
    from cge.adjoint import GradientError
    from cge.app.benching import BenchError
    from cge.app.sweeps.plan import SweepError
    from cge.app.verify import VerificationError
    from cge.model import SolveError

    known = (BenchError, GradientError, SolveError, SweepError, VerificationError)
    if isinstance(error, known):
        return MODEL_FAILED
    return BAD_INPUT if isinstance(error, bad_input_errors()) else None


if __name__ == "__main__":
    main()
