"""`cge gravity`: estimates beside published ones, their rebuilding, and trade inside groups over time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

if TYPE_CHECKING:
    from calibration.gravity.blocs import Bloc

DIFFERS, BAD_INPUT = 1, 2
TOLERANCE, ERRORS_TOLERANCE = 1e-10, 1e-7
"""Largest difference of coefficients and of standard errors (which settle later) between machines."""
DEFAULT_BLOCS = ("BRICS@2023-12-31", "BRICS", "ASEAN+3", "RCEP", "CPTPP@2023-12-31", "IPEF")
"""Groups shown without a name; BRICS with its five members of the sample years, and with those of today."""


def register(app: typer.Typer) -> None:
    """Add the command of this file to the application."""
    app.command("gravity")(gravity)


def gravity(
    names: Annotated[list[str] | None, typer.Argument(help="With --blocs: groups, e.g. BRICS RCEP.")] = None,
    blocs: Annotated[
        bool, typer.Option("--blocs", help="Trade inside groups beyond what gravity predicts.")
    ] = False,
    members: Annotated[
        str | None, typer.Option(help="With --blocs: a group of your own, USA,JPN,KOR.")
    ] = None,
    services: Annotated[
        bool, typer.Option("--services", help="With --blocs: services instead of goods.")
    ] = False,
    figure: Annotated[
        Path | None, typer.Option(help="With --blocs: file for the figure, .html or .svg.")
    ] = None,
    importers: Annotated[
        str | None, typer.Option(help="Barriers of one industry by importer, from open to closed.")
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File for the table, CSV.")] = None,
    raw: Annotated[
        Path | None, typer.Option(help="Estimate anew from this folder of raw public files.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="With --raw: replace the packaged numbers.")] = False,
) -> None:
    """What distance, borders, tariffs and agreements do to trade, by industry, beside published estimates.

    Examples: cge gravity -o gravity.csv  |  cge gravity --blocs BRICS RCEP --figure blocs.html  |
    cge gravity --blocs --members USA,JPN,KOR  |  cge gravity --importers C29  |
    cge gravity --raw ../shared/data
    """
    _refuse_stray(
        {"NAME": names, "--members": members, "--figure": figure, "--services": services}, blocs, "--blocs"
    )
    _refuse_stray({"--write": write}, raw is not None, "--raw")
    if blocs and raw is not None:
        raise typer.BadParameter("blocs run on the packaged panel; leave one of the two", param_hint="--raw")
    if blocs:
        _blocs(names or [], members, "services" if services else "goods", figure, output)
    elif raw is not None:
        _rebuild(raw, write)
    elif importers is not None:
        _importers(importers, output)
    else:
        _estimates(output)


def _refuse_stray(given: dict[str, object], allowed: bool, needed: str) -> None:
    stray = [name for name, value in given.items() if value]
    if stray and not allowed:
        raise typer.BadParameter(f"only with {needed}", param_hint=stray[0])


def _estimates(output: Path | None) -> None:
    from calibration.barriers import read_estimates
    from cge.app import gravity_screen

    table = read_estimates()
    console = Console(width=max(80, Console().width))
    for part in gravity_screen.render(table):
        console.print(part)
    if output is not None:
        table.to_csv(output, index=False)
        console.print(f"written to {output}")


def _importers(sector: str, output: Path | None) -> None:
    from calibration.barriers import barriers_path
    from calibration.gravity.levels import read_barrier_rows
    from calibration.labels import sector_labels
    from cge.app import gravity_screen
    from scenarios.problems import suggest

    if sector not in sector_labels():
        hint = suggest(sector, sector_labels(), "; choose one of the 50 industries, such as C29 or K")
        raise typer.BadParameter(f"no industry '{sector}'{hint}", param_hint="--importers")
    table: Any = read_barrier_rows(barriers_path())
    rows = table[table["sector"] == sector].sort_values(["ave", "importer"])
    console = Console(width=max(80, Console().width))
    for part in gravity_screen.render_importers(rows, f"{sector} {sector_labels()[sector]}"):
        console.print(part)
    if output is not None:
        rows.to_csv(output, index=False)
        console.print(f"written to {output}")


def _rebuild(raw: Path, write: bool) -> None:
    from calibration.barriers import barriers_path, read_estimates
    from calibration.gravity.build import build_gravity, largest_gap, write_gravity
    from calibration.gravity.errors import GravityError
    from calibration.gravity.levels import read_barrier_rows
    from calibration.sources.oecd import SourceError

    try:
        with Console(stderr=True).status("reading") as status:
            built = build_gravity(raw, status.update)
    except (SourceError, GravityError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(BAD_INPUT) from error
    if write:
        for path in write_gravity(built):
            typer.echo(f"wrote {path}")
        return
    old, keys = read_estimates(), ("industry", "specification", "term")
    gaps = {
        "estimates": (largest_gap(built.estimates, old, keys, ["estimate"]), TOLERANCE),
        "standard errors": (largest_gap(built.estimates, old, keys, ["se"]), ERRORS_TOLERANCE),
        "barriers": (
            largest_gap(built.barriers, read_barrier_rows(barriers_path()), ("importer", "sector")),
            TOLERANCE,
        ),
    }
    for name, (gap, _) in gaps.items():
        typer.echo(f"{name}: largest difference from the packaged numbers {gap:.1e}")
    if any(gap > tolerance for gap, tolerance in gaps.values()):
        typer.echo("the packaged numbers are not what these files give; --write replaces them", err=True)
        raise typer.Exit(DIFFERS)


def _blocs(
    names: Sequence[str], own: str | None, flow: str, figure: Path | None, output: Path | None
) -> None:
    from calibration.gravity.blocs import tidy
    from cge.app import gravity_figure, gravity_screen

    if figure is not None and figure.suffix not in (".html", ".svg"):
        raise typer.BadParameter(f"{figure}: name a file that ends in .html or .svg", param_hint="--figure")
    with Console(stderr=True).status("estimating") as status:
        found = bloc_table(names, own, flow, status.update)
    console = Console(width=max(80, Console().width))
    for part in gravity_screen.render_blocs(found):
        console.print(part)
    if output is not None:
        tidy(found).to_csv(output, index=False)
        console.print(f"written to {output}")
    if figure is not None:
        draw = gravity_figure.page if figure.suffix == ".html" else gravity_figure.svg
        figure.write_text(draw(found), encoding="utf-8")
        console.print(f"written to {figure}")


def bloc_table(names: Sequence[str], own: str | None, flow: str, progress=lambda _: None) -> list[Bloc]:
    """Excess trade of the named groups, and of a list of one's own; the defaults where nothing is named."""
    from calibration.gravity.blocs import bloc_excess
    from calibration.gravity.panel import read_panel
    from scenarios.groups import UnknownNameError, load_groups

    groups, panel = load_groups(), read_panel()
    wanted: list[tuple[str, tuple[str, ...]]] = []
    try:
        for name in names or ([] if own else DEFAULT_BLOCS):
            wanted.append((name, groups.members(name)))
    except UnknownNameError as error:
        raise typer.BadParameter(str(error), param_hint="NAME") from error
    if own:
        wanted.append(("own list", _own(own, [str(r) for r in panel["o"].values])))
    found = []
    for name, inside in wanted:
        progress(name)
        found.append(bloc_excess(panel, name, inside, flow))
    return found


def _own(text: str, known: list[str]) -> tuple[str, ...]:
    inside = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    unknown = [r for r in inside if r not in known]
    if unknown:
        raise typer.BadParameter(
            f"not among the panel's economies: {', '.join(unknown)}", param_hint="--members"
        )
    return inside
