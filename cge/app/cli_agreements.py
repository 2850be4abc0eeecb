"""`cge agreements`: who is party since when, what the schedule says and how fast, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from scenarios.groups import Membership
    from scenarios.policy_schema import Agreement, ScheduleLine

WIDTH = 80
"""Columns of the screen that everything fits in."""

IN_DATA = {
    "none": "the applied rates of 2021 hold nothing of it; the schedule below is added",
    "partly": "the applied rates of 2021 hold part of it, among those who were in; the schedule is added",
    "fully": "the applied rates of 2021 hold all of it; nothing is added",
}


def register(app: typer.Typer) -> None:
    """Add the command of this file to the application."""
    app.command("agreements")(agreements)


def agreements(
    name: Annotated[
        str | None, typer.Argument(help="An agreement; none: all of them, and the groups.")
    ] = None,
) -> None:
    """Print agreements: parties and dates, what is in the data, schedule and staging, scores, sources.

    Examples: cge agreements  |  cge agreements CPTPP  |  cge agreements RCEP
    """
    from rich.console import Console

    from scenarios.reader import AGREEMENTS, read_agreement

    console = Console(width=max(WIDTH, Console().width) if name is None else WIDTH)
    known = sorted(path.stem for path in AGREEMENTS.glob("*.yaml"))
    if name is None:
        _overview(console, [read_agreement(n) for n in known])
        return
    if name not in known:
        raise typer.BadParameter(_unknown(name, known), param_hint="NAME")
    _one(console, read_agreement(name))


def _unknown(name: str, known: Sequence[str]) -> str:
    from scenarios.groups import load_groups
    from scenarios.problems import suggest

    groups = load_groups()
    if name in groups.names:
        members = ", ".join(groups.members(name))
        return f"{name} is a group without an agreement: {members}; there are {', '.join(known)}"
    return f"no agreement '{name}'" + suggest(name, known, f"; there are {', '.join(known)}")


def _overview(console: Console, found: Sequence[Agreement]) -> None:
    from rich.table import Table

    from scenarios.groups import load_groups

    groups = load_groups()
    table = Table(title="Agreements", title_justify="left", expand=False)
    for heading in ("name", "parties", "in the data", "lines", "accession", "provisions"):
        table.add_column(heading, justify="right" if heading in ("parties", "lines", "accession") else "left")
    for a in found:
        members = str(len(groups.members(a.parties)))
        template = a.provisions.template if a.provisions else "-"
        table.add_row(
            a.agreement, members, a.in_data, str(len(a.lines) or "-"), str(len(a.accession) or "-"), template
        )
    console.print(table)
    taken = {a.parties.partition("@")[0] for a in found}
    others = [f"{g} ({len(_now(g))})" for g in groups.names if g not in taken and _now(g)]
    console.print("Groups without a schedule, by number of members: " + ", ".join(others))
    console.print("One of them in full: cge agreements CPTPP")


def _now(group: str) -> tuple[str, ...]:
    from scenarios.groups import UnknownNameError, load_groups

    try:
        return load_groups().members(group)
    except UnknownNameError:
        return ()


def _one(console: Console, a: Agreement) -> None:
    console.print(f"[bold]{a.agreement}[/bold]: {a.title}", highlight=False)
    _parties(console, a)
    tariffs = "it holds none" if a.in_data == "none" and not a.lines else IN_DATA[a.in_data]
    console.print(f"Tariffs: {tariffs}", highlight=False)
    for heading, lines in (("Schedule", a.lines), ("Accession, where it differs", a.accession)):
        if lines:
            _lines(console, heading, lines)
    if any(line.staging is None for line in (*a.lines, *a.accession)):
        from scenarios.staging import default_staging

        console.print(f"*  no staging of its own: {default_staging().words()} (assumption)", highlight=False)
    _use(console, a)
    _provisions(console, a)
    if a.also_served:
        pairs = ", ".join(f"{o.agreement} ({o.confidence})" for o in a.also_served)
        console.print(f"Pairs that keep their rates when it is left: {pairs}", highlight=False, markup=False)
    if a.note:
        console.print(f"Note: {a.note}", highlight=False, markup=False)
    console.print("Sources: " + "; ".join(a.sources), highlight=False, markup=False)


class _Sources:
    """Sources by number, so that a table has room for what it says."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def number(self, text: str) -> str:
        """The number of a source, a new one if it has not been met."""
        return str(self.known.setdefault(text, len(self.known) + 1))

    def print(self, console: Console) -> None:
        """One line for each."""
        for text, number in self.known.items():
            console.print(f"({number}) {text}", highlight=False, markup=False)


def _parties(console: Console, a: Agreement) -> None:
    from rich.table import Table

    from calibration.labels import region_labels
    from scenarios.groups import load_groups

    groups, labels, sources = load_groups(), region_labels(), _Sources()
    group = a.parties.partition("@")[0]
    members = groups.members(a.parties)
    rows = [row for row in groups.rows if row.group == group and row.iso3 in members]
    together: dict[tuple[str, str, str], list[Membership]] = {}
    for row in sorted(rows, key=lambda r: (str(r.entry_date or ""), r.iso3)):
        key = (str(row.entry_date or "no date"), row.confidence, sources.number(row.source))
        together.setdefault(key, []).append(row)
    table = Table(title=f"Parties ({a.parties})", title_justify="left", width=WIDTH)
    for heading, width in (("since", 10), ("who", None), ("confidence", 13), ("source", 6)):
        table.add_column(heading, overflow="fold", width=width)
    for (date, confidence, source), theirs in together.items():
        who = " ".join(row.iso3 + ("" if row.iso3 in labels else "*") for row in theirs)
        table.add_row(date, who, confidence, f"({source})")
    console.print(table)
    outside = [m for m in members if m not in labels]
    if outside:
        are = (
            "is outside the database and stays" if len(outside) == 1 else "are outside the database and stay"
        )
        console.print(f"*  {', '.join(outside)} {are} in ROW, untreated", highlight=False)
    sources.print(console)


def _lines(console: Console, heading: str, lines: Sequence[ScheduleLine]) -> None:
    from rich.table import Table

    table, sources = Table(title=heading, title_justify="left", width=WIDTH), _Sources()
    columns = (("by / from", 17), ("sectors", 14), ("tariff", 12), ("staging", None), ("source", 6))
    for column, width in columns:
        table.add_column(column, overflow="fold", width=width)
    for line in lines:
        sides = [" ".join(side) if side else "all" for side in (line.importers, line.exporters)]
        change = line.words() + "".join(f", except {_except(c)}" for c in line.carve_outs)
        staging = line.staging.words() if line.staging else "*"
        source = sources.number(f"{line.source} ({line.confidence})")
        table.add_row(" / ".join(sides), " ".join(line.sectors), change, staging, f"({source})")
    console.print(table)
    sources.print(console)


def _except(carve_out: object) -> str:
    from scenarios.carve_schema import CarveOut

    assert isinstance(carve_out, CarveOut)
    parts = (carve_out.products, carve_out.sectors, carve_out.importers, carve_out.exporters)
    return ", ".join(" ".join(names) for names in parts if names)


def _use(console: Console, a: Agreement) -> None:
    """How its preferences are used: the rows of the table that are its own, or those for all."""
    if not a.lines and not a.accession:
        return
    from scenarios.preferences import PREFERENCE_USE
    from scenarios.rows import numbered_rows

    rows = [row for _, row in numbered_rows(PREFERENCE_USE) if row["agreement"] == a.agreement]
    what = [
        f"{row['sectors'].replace('*', 'all sectors')} {float(row['rules_of_origin']):.0%} "
        f"({row['confidence']})"
        for row in rows
        if row["rules_of_origin"]
    ]
    if not any(row["sectors"] == "*" for row in rows):
        what = ["all sectors 25%, as for agreements without a row (assumption)", *what]
    cost = ", ".join(what)
    console.print(
        f"Use: 25% to 85% of trade by the exporter's income; rules of origin eat of the cut: {cost}",
        highlight=False,
    )


def _provisions(console: Console, a: Agreement) -> None:
    from rich.table import Table

    if a.provisions is None:
        console.print("Provisions: none of its own", highlight=False)
        return
    from scenarios.provisions import PROVISIONS
    from scenarios.rows import numbered_rows

    spill = "" if a.provisions.spillover is None else f", spillover {a.provisions.spillover:.0%}"
    table = Table(
        title=f"Provisions: template {a.provisions.template}{spill}; scores that differ",
        title_justify="left", width=WIDTH,
    )  # fmt: skip
    for heading in ("sectors", "score", "confidence", "why"):
        table.add_column(heading, overflow="fold", justify="right" if heading == "score" else "left")
    rows = [row for _, row in numbered_rows(PROVISIONS) if row["name"] == a.agreement]
    for row in rows:
        table.add_row(row["sectors"], row["score"], row["confidence"], row["note"])
    console.print(table)
