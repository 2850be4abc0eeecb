"""The command that solves a scenario at many points: ``sweep``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cge.app import cli_options as o

if TYPE_CHECKING:
    from cge.app.sweep_screen import SweepScreen
    from cge.app.sweeps.plan import Plan, SweepResult

Scenario = Annotated[str | None, typer.Argument(help="A scenario of the library (see `cge list`) or a file.")]
Design = Annotated[
    str | None,
    typer.Option(help="stroud (default), liu, lhs, sobol, monte_carlo, grid, list or tornado."),
]
Vary = Annotated[
    list[str] | None,
    typer.Option(help="TARGET=SPEC, such as 'trade[*]=triangular(50%, 100%, 150%)' or "
                 "'shocks[0].tariff.to=0%, 2%'. Repeatable; without it the scenario's sweep, else the "
                 "standard set."),
]  # fmt: skip
Correlate = Annotated[
    list[str] | None, typer.Option(help="TARGET,TARGET=NUMBER, such as 'trade[*]=0.5'. Repeatable.")
]
Workers = Annotated[
    int | None,
    typer.Option("--workers", "-w", help="Processes of this computer; 1 solves in this one. "
                 "Default: one per processor."),
]  # fmt: skip
Cluster = Annotated[
    str | None,
    typer.Option(help="A Dask scheduler that runs (tcp://HOST:PORT), or a profile (.yaml) with kind: slurm, "
                 "pbs, sge or lsf, jobs and options."),
]  # fmt: skip
Store = Annotated[
    str | None,
    typer.Option(
        help="Folder where points are kept, or off; default CGE_SWEEP_STORE, else the user's cache."
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="Folder for every number, the central result and its bands (cge "
                 "report shows it), or a file by its ending: .xlsx, .md, .json, .csv, .html (the brief)."),
]  # fmt: skip
Forget = Annotated[
    int | None,
    typer.Option(min=0, metavar="DAYS", help="Take away the points in the store that no sweep has asked for "
                 "in so many days, and list what is left."),
]  # fmt: skip
Tables = Annotated[
    str | None, typer.Option(help="Which numbers of a point are kept: indicators, jobs, output, adjustment.")
]


def register(app: typer.Typer) -> None:
    """Add the command of this file to the application."""
    app.command("sweep")(sweep)


class InterruptedExit(SystemExit):
    """Ctrl-C, or SIGTERM, with something to say."""

    def __init__(self, words: str, *, ended: bool = False) -> None:
        super().__init__(143 if ended else 130)
        self.words = words


def sweep(
    scenario: Scenario = None,
    variant: o.Variant = None,
    design: Design = None,
    points: Annotated[int | None, typer.Option(help="Size of a sample.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of a sample.")] = None,
    vary: Vary = None,
    correlate: Correlate = None,
    workers: Workers = None,
    cluster: Cluster = None,
    store: Store = None,
    aggregation: o.OneAggregation = None,
    tables: Tables = None,
    focus: o.Focus = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Solve points again that failed before.")
    ] = False,
    time_limit: Annotated[
        float | None, typer.Option(help="Seconds for one point; beyond it the point has failed.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit code 1 if any point failed, not only if all did.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the design and what is to do.")] = False,
    show_list: Annotated[bool, typer.Option("--list", help="The sweeps in the store.")] = False,
    forget: Forget = None,
    output: Output = None,
    force: o.Force = False,
    as_json: o.Json = False,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
) -> None:
    """Solve a scenario at many points: how far its results move with elasticities and assumptions.

    Points are kept as they come: what is stopped goes on where it was with the same command.

    Examples: cge sweep us-joins-cptpp  |  cge sweep us-joins-cptpp --design lhs --points 1000 -w 4  |
    cge sweep rcep --vary 'trade=triangular(50%, 100%, 150%)' -o out/rcep  |  cge sweep --list
    """
    from cge.app.sweep_screen import SweepScreen
    from scenarios.sweeping import Asked, parse_correlate, parse_vary

    if show_list or forget is not None:
        _print_list(store, forget, as_json=as_json)
        return
    if scenario is None:
        raise typer.BadParameter("name a scenario, or ask for --list", param_hint="SCENARIO")
    _require(workers, cluster, time_limit)
    asked = Asked(tuple(map(parse_vary, vary or ())), tuple(map(parse_correlate, correlate or ())),
                  design, points, seed)  # fmt: skip
    from cge.app.sweeps.asking import planned
    from cge.app.sweeps.plan import TABLES

    kept = TABLES if tables is None else tuple(t.strip() for t in tables.split(","))
    plan = planned(scenario, asked, variant=variant, aggregation=aggregation, tables=kept)
    _require_focus(plan, focus)
    if dry_run:
        _print_plan(plan, store, workers)
        return
    wanted = _wanted(output, force=force)
    screen = SweepScreen(quiet=quiet, verbose=verbose)
    result = _run(plan, screen, workers=workers, cluster=cluster, store=store, retry_failed=retry_failed,
                  time_limit=time_limit)  # fmt: skip
    _show(result, focus, as_json=as_json, quiet=quiet)
    if wanted is not None:
        _write(result, focus, wanted)
        screen.say(f"written to {wanted.path}")
    if (strict and result.share_failed) or not result.solved.any():
        raise typer.Exit(1)


def _require(workers: int | None, cluster: str | None, time_limit: float | None) -> None:
    """Refuse numbers without meaning, and options that do not go together."""
    if workers is not None and workers < 1:
        raise typer.BadParameter("give a number from 1", param_hint="--workers")
    if workers is not None and cluster is not None:
        raise typer.BadParameter("a cluster has its own workers; leave one out", param_hint="--workers")
    if time_limit is not None and not time_limit > 0:
        raise typer.BadParameter("give seconds above 0", param_hint="--time-limit")


def _require_focus(plan: Plan, focus: str | None) -> None:
    """Say before solving what the results would refuse."""
    from cge.app.sweeps.asking import aggregation_of
    from results.errors import ResultsError

    regions = aggregation_of(plan.scenario, plan.aggregation).region_codes()
    if focus is not None and focus not in regions:
        raise ResultsError(f"focus {focus}: not a region here; choose from {', '.join(regions)}")


def _run(plan: Plan, screen: SweepScreen, *, cluster: str | None, **how: Any) -> SweepResult:
    """The sweep with its progress; Ctrl-C leaves with exit code 130 and how to go on, SIGTERM with 143."""
    from cge.app.sweeps.cluster import read_cluster
    from cge.app.sweeps.running import run
    from cge.interrupts import sigterm_as_ctrl_c

    where = None if cluster is None else read_cluster(cluster)
    with sigterm_as_ctrl_c() as ended:
        try:
            with screen.working() as progress:
                return run(plan, cluster=where, progress=progress, command=o.command(), **how)
        except KeyboardInterrupt as stop:
            raise InterruptedExit(str(stop) or "interrupted", ended=ended.came) from None


def _show(result: SweepResult, focus: str | None, *, as_json: bool, quiet: bool) -> None:
    """Bands on standard output; that points failed is said even where nothing else is."""
    from cge.app import sweep_screen

    lines = sweep_screen.failures(result)
    if result.share_failed and (quiet or as_json):
        typer.echo("\n".join(lines), err=True)
    if as_json:
        from results.uncertainty import files

        o.print_json(files.document(result.uncertainty(focus=focus), o.command()))
    elif not quiet:
        _print_bands(result, focus)
        loud = {"fg": "red", "bold": True} if result.share_failed else {}
        typer.secho("\n".join(lines), **loud)


def _print_bands(result: SweepResult, focus: str | None) -> None:
    from rich.console import Console

    from results.uncertainty import screen

    if result.solved.any():
        found = result.uncertainty(focus=focus)
        Console(width=max(80, Console().width)).print(screen.render(found, focus, reasons=False))


def _print_plan(plan: Plan, store: str | None, workers: int | None) -> None:
    """What a sweep would do."""
    from rich.console import Console

    from cge.app.sweep_screen import plan_lines
    from cge.app.sweeps.cluster import sensible
    from cge.app.sweeps.keeping import in_store

    stored, seconds = in_store(plan, store)
    usual = sensible(len(plan), plan.aggregation or plan.scenario.aggregation.name)
    lines = plan_lines(plan, stored, seconds, workers or usual)
    console = Console(width=max(80, Console().width))
    for line in lines:
        console.print(line)


def _print_list(store: str | None, forget: int | None, *, as_json: bool) -> None:
    """The sweeps of the store, after what is older than so many days has been taken away."""
    from datetime import timedelta

    from rich.console import Console

    from cge.app import sweep_screen
    from cge.app.sweeps.keeping import OFF
    from cge.app.sweeps.store import SweepStore, folder

    place = folder() if store is None else store
    if place is None or place == OFF:
        raise typer.BadParameter("there is no store: it is off", param_hint="--store")
    if not Path(place).expanduser().exists():
        typer.echo(f"nothing has been kept in {place} yet", err=True)
        raise typer.Exit()
    with SweepStore(place) as found:
        if forget is not None:
            gone = found.forget(timedelta(days=forget))
            counts = [f"{n} {name}{'' if n == 1 else 's'}" for n, name in
                      ((gone.points, "point"), (gone.sweeps, "sweep"))]  # fmt: skip
            typer.echo(f"{' and '.join(counts)} taken away ({gone.bytes / 1e6:.1f} MB)", err=True)
        overview, notes = found.overview(), found.notes
    for note in notes:
        typer.echo(f"note: {note}", err=True)
    if as_json:
        o.print_json(sweep_screen.as_json(overview))
    else:
        Console(width=max(80, Console().width)).print(sweep_screen.sweeps_table(overview))


def _wanted(output: Path | None, *, force: bool) -> Any:
    """Where to write; refused before anything is solved."""
    from cge.app import output as writing

    return writing.wanted(output, force=force, of_sweep=True)


def _write(result: SweepResult, focus: str | None, wanted: Any) -> None:
    """The sweep in a folder, a workbook, Markdown, JSON, CSV or the brief."""
    from cge.app.sweeps.writing import write

    write(result, wanted.path, focus=focus, command=o.command(), force=wanted.force)
