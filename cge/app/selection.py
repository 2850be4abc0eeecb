"""What the user names on the command line: a scenario, one of its variants, some of its packages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from scenarios.memory import Memory
from scenarios.packages import only_packages, with_packages
from scenarios.reader import read_scenario
from scenarios.schema import Scenario
from scenarios.variants import case_name


def chosen(
    reference: str,
    *,
    variant: str | None = None,
    plus: Sequence[str] = (),
    minus: Sequence[str] = (),
    memory: Memory | None = None,
) -> Scenario:
    """The scenario that ``NAME``, ``NAME:VARIANT``, ``NAME@PACKAGE`` or ``NAME:VARIANT@PACKAGE`` means.

    ``@PACKAGE`` keeps the shocks of that package alone (``@own shocks``: the file's own); ``plus`` and
    ``minus`` change the packages first.

    Raises:
        ScenarioError: as scenarios.reader.read_scenario, for an unknown variant or package.
    """
    name, named, package = split(reference)
    scenario = read_scenario(name, variant or named or None, memory=memory)
    scenario = with_packages(scenario, plus=plus, minus=minus, memory=memory)
    return only_packages(scenario, {package}) if package else scenario


def split(reference: str) -> tuple[str, str, str]:
    """Name or path, variant and package of a reference, "" for what it does not say."""
    if Path(reference).is_file():  # whatever its name looks like
        return reference, "", ""
    rest, _, package = reference.partition("@")
    name, _, variant = rest.rpartition(":")
    if not name or "/" in variant or "\\" in variant:  # no variant, but the drive of a path
        return rest, "", package
    return name, variant, package


def name_of(reference: str, scenario: Scenario) -> str:
    """A short name for reports: the file's, with variant and changed packages."""
    return case_name(Path(split(reference)[0]).stem, scenario)
