"""Commands around the library: ``list``, ``new``, ``schema``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from cge.app import catalogue
from cge.app.plain_text import Line, tell
from scenarios.problems import ScenarioError, suggest
from scenarios.reader import library, parse_scenario, read_scenario

TEMPLATES = Path(str(catalogue.SCENARIOS)) / "templates"
HINT = "# yaml-language-server: $schema=scenario.schema.json\n"
HEAD = """\
# A scenario to start from: change it, then
#   cge check {name}      finds what is wrong, with line and suggestion
#   cge explain {name}    shows every rate that changes
#   cge run {name}        solves it
# For an editor's help with the keys: cge schema > scenario.schema.json
"""


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the application."""
    app.command("schema")(schema)
    app.command("list")(list_library)
    app.command("new")(new)


def schema(
    package: Annotated[bool, typer.Option("--package", help="Of package files.")] = False,
) -> None:
    """Print the JSON schema of scenario files, for editors.

    Examples: cge schema > scenario.schema.json  |  cge schema --package > package.schema.json
    """
    from scenarios.editor_schema import package_schema, scenario_schema

    typer.echo(json.dumps(package_schema() if package else scenario_schema(), indent=2))


def list_library(
    words: Annotated[
        list[str] | None, typer.Argument(help="Only what has all these words, anywhere in the file.")
    ] = None,
    packages: Annotated[bool, typer.Option("--packages", help="Packages and their parameters.")] = False,
    groups: Annotated[bool, typer.Option("--groups", help="Groups of economies, with dates.")] = False,
    sectors: Annotated[bool, typer.Option("--sectors", help="Industries and groups of them.")] = False,
    products: Annotated[
        bool, typer.Option("--products", help="Products and the industries that hide them.")
    ] = False,
) -> None:
    """List the scenarios of the library, or the names that scenarios may use.

    Examples: cge list  |  cge list china tariff  |  cge list --groups ASEAN  |  cge list --packages
    """
    asked = {"packages": packages, "groups": groups, "sectors": sectors, "products": products}
    kinds = [kind for kind, wanted in asked.items() if wanted] or ["scenarios"]
    found = 0
    for kind in kinds:
        entries = [e for e in catalogue.KINDS[kind]() if e.has(words or [])]
        found += len(entries)
        for entry in entries:
            tell(entry.lines)
    if words and not found:
        typer.echo(f"no {' or '.join(kinds)} with {' and '.join(words)}", err=True)
        raise typer.Exit(1)


def new(
    name: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")],
    origin: Annotated[
        str | None, typer.Option("--from", help="Start from a scenario of the library.")
    ] = None,
    question: Annotated[
        str, typer.Option(help="What it is about: one of the templates, see --help.")
    ] = "tariffs",
) -> None:
    """Write a commented scenario that runs as it is, to start from.

    --question is tariffs, agreement, join, minilateral, access, industry, compensation or packages.

    Examples: cge new mine.yaml  |  cge new mine.yaml --question access  |
    cge new mine.yaml --from us-joins-cptpp
    """
    path = name if name.suffix in (".yaml", ".yml") else name.with_name(f"{name.name}.yaml")
    if path.exists():
        raise typer.BadParameter(f"{path} exists and is not overwritten", param_hint="NAME")
    if not path.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {path.parent}", param_hint="NAME")
    body = _of_library(origin) if origin is not None else _template(question)
    text = HINT + HEAD.format(name=path) + "\n" + body
    # What does not check is not written: nobody should start from a broken file.
    parse_scenario(text, file=str(path), folder=path.absolute().parent)
    path.write_text(text, encoding="utf-8")
    tell([Line(f"written to {path}; next: cge check {path}, cge explain {path}, cge run {path}")])


def _of_library(name: str) -> str:
    known = library()
    if name not in known:
        raise typer.BadParameter(
            f"no scenario '{name}' in the library{suggest(name, known)}", param_hint="--from"
        )
    read_scenario(name)
    return f"# Copied from the library's {name}.\n{known[name].read_text(encoding='utf-8')}"


def _template(question: str) -> str:
    known = {path.stem: path for path in sorted(TEMPLATES.glob("*.yaml"))}
    if question not in known:
        there = suggest(question, known, f"; there are {', '.join(known)}")
        raise typer.BadParameter(f"no template '{question}'{there}", param_hint="--question")
    return known[question].read_text(encoding="utf-8")


def sound_packages() -> bool:
    """Read every package of the library and print what is wrong with it."""
    from scenarios.package_files import package_library, read_package

    sound = True
    for name in package_library():
        try:
            read_package(name)
        except ScenarioError as error:
            sound = False
            typer.echo(str(error), err=True)
    return sound
