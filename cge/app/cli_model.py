"""Commands about the model itself: ``equations``, ``closures``, ``doctor``."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cge.app import doctor as examination


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the application."""
    app.command("equations")(equations)
    app.command("closures")(closures)
    app.command("doctor")(doctor)


def equations(
    production: Annotated[str, typer.Option(help="leontief, ces or cobb_douglas.")] = "leontief",
    latex: Annotated[bool, typer.Option("--latex", help="Print the formulas as well.")] = False,
) -> None:
    """Print the model's equations, variables, instruments and parameters, with units and sources.

    Examples: cge equations  |  cge equations --production ces --latex
    """
    from cge.formulation import Formulation

    system = Formulation(production=production).system()
    console = Console()
    for phase, members in system.phases.items():
        table = Table(title=f"{phase} phase", title_justify="left", expand=False)
        for column in ("determines", "equation", *(("formula",) if latex else ()), "source"):
            table.add_column(column, overflow="fold")
        for e in members:
            q = system.quantities[e.determines]
            name = f"{q.name}[{','.join(q.dims)}]" if q.dims else q.name
            table.add_row(
                name.replace("[", "\\["),
                e.title,
                *((e.formula.replace("[", "\\["),) if latex else ()),
                e.source,
            )
        console.print(table)
    for kind in ("variable", "instrument", "parameter"):
        table = Table("name", "unit", "meaning", title=f"{kind}s", title_justify="left")
        for name in system.names(kind):
            q = system.quantities[name]
            table.add_row(f"{q.name}\\[{','.join(q.dims)}]" if q.dims else q.name, q.unit, q.doc)
        console.print(table)


def closures(
    aggregation: Annotated[
        str, typer.Option(help="small, default, medium or full: whose implied supply elasticities are shown.")
    ] = "default",
) -> None:
    """Print the closures of every market, what cannot be combined, and what the wage curve implies.

    Examples: cge closures  |  cge closures --aggregation full
    """
    from calibration.aggregate import aggregate, load_aggregation
    from calibration.closure_data import generic
    from calibration.world import load_world
    from cge.closure import CLOSURES, REFUSED

    console = Console()
    table = Table("market", "option", "meaning", title="Closures (defaults first)", title_justify="left")
    for market, options in CLOSURES.items():
        for number, (name, option) in enumerate(options.items()):
            table.add_row(market if number == 0 else "", name, option.meaning)
    console.print(table)
    table = Table("refused together", "reason", title="Every other combination is admissible",
                  title_justify="left")  # fmt: skip
    for pattern, reason in REFUSED:
        table.add_row(", ".join(f"{m}: {o}" for m, o in pattern.items()), reason)
    console.print(table)
    rates = aggregate(load_world(), load_aggregation(aggregation)).data["u0"]
    implied = rates / (1 - rates) / generic("wage_elasticity")
    table = Table("region", "unemployment", "implied supply elasticity", title="Wage curve",
                  title_justify="left")  # fmt: skip
    for region in map(str, rates["r"].values):
        table.add_row(region, f"{float(rates.sel(r=region)):.1%}", f"{float(implied.sel(r=region)):.2f}")
    console.print(table)


def doctor() -> None:
    """Examine the installation: IPOPT, JAX and its cache, the packaged data, and the model on `small`.

    Example: cge doctor
    """
    table = Table("check", "result", "ok", title="Examination", title_justify="left")
    sound = True
    with Console(stderr=True).status("examining") as status:
        for name, result, ok in examination.examine(status.update):
            sound &= ok
            table.add_row(name, result, "yes" if ok else "[bold]NO[/bold]")
    Console().print(table)
    if not sound:
        raise typer.Exit(1)
