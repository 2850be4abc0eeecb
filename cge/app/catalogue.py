"""What there is to name: scenarios, packages, groups of economies and of industries, products."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from cge.app.plain_text import Line
from scenarios.groups import Membership, load_groups, load_sector_groups
from scenarios.memory import Memory
from scenarios.package_files import package_library, read_package
from scenarios.preferences import numbered_rows
from scenarios.reader import library, read_scenario
from scenarios.schema import Scenario

SCENARIOS = files("scenarios")
CARVE_OUTS = Path(str(SCENARIOS)) / "tables" / "product_carve_outs.csv"


@dataclass(frozen=True)
class Entry:
    """One thing on a list: how it is printed, and the text in which words are looked for."""

    lines: tuple[Line, ...]
    text: str

    def has(self, words: Sequence[str]) -> bool:
        """Whether all the words are in the text, in any case."""
        text = self.text.lower()
        return all(word.lower() in text for word in words)


def scenarios() -> list[Entry]:
    """The library: name, title, question, packages, variants."""
    memory = Memory()
    return [_scenario(name, read_scenario(name, memory=memory)) for name in library()]


def _scenario(name: str, scenario: Scenario) -> Entry:
    lines = [Line(name), Line(scenario.title, 2, 4)]
    if scenario.question:
        lines.append(Line(scenario.question, 2, 4))
    if scenario.used_packages:
        lines.append(Line(f"packages: {', '.join(p.name for p in scenario.used_packages)}", 2, 4))
    if scenario.main_variant:
        lines.append(Line(f"--variant {scenario.main_variant}: the scenario itself", 2, 4))
    others = {v: case for v, case in scenario.cases.items() if v != scenario.main_variant}
    lines += [Line(f"--variant {v}: {case.title}", 2, 4) for v, case in others.items()]
    cases = [scenario, *others.values()]
    said = [case.model_dump_json(by_alias=True, exclude_defaults=True) for case in cases]
    return Entry(tuple(lines), " ".join([name, *others, *(p.name for p in scenario.used_packages), *said]))


def packages() -> list[Entry]:
    """The packages with their parameters and defaults."""
    out = []
    for name in package_library():
        package, origin = read_package(name)
        lines = [Line(name), Line(package.title, 2, 4)]
        for key, parameter in package.parameters.items():
            default = "required" if parameter.required else f"default {_short(parameter.default)}"
            unit = f", {parameter.unit}" if parameter.unit else ""
            lines.append(Line(f"{key} ({default}{unit}): {parameter.description}", 4, 6))
        out.append(Entry(tuple(lines), f"{name} {origin.text}"))
    return out


def groups() -> list[Entry]:
    """The groups of economies: who belongs to each since when, and who left."""
    from calibration.labels import region_labels

    table, known = load_groups(), set(region_labels())
    names = _codes(table.region_names)
    out = []
    for group in table.names:
        rows = [row for row in table.rows if row.group == group]
        now = [row for row in rows if row.exit_date is None]
        lines = [Line(f"{group} ({len(now)})"), *_by_date(now)]
        for row in rows:
            if row.exit_date is not None:
                since = f"from {row.entry_date} " if row.entry_date else ""
                lines.append(Line(f"{row.iso3}: {since}until {row.exit_date}", 2, 4))
        outside = sorted({row.iso3 for row in rows} - known)
        if outside:
            lines.append(Line(f"not in the database, part of ROW: {', '.join(outside)}", 2, 4))
        text = " ".join([group, *(f"{row.iso3} {names.get(row.iso3, '')}" for row in rows)])
        out.append(Entry(tuple(lines), text))
    return out


def _by_date(rows: Sequence[Membership]) -> list[Line]:
    by_date: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        by_date[str(row.entry_date) if row.entry_date else ""].append(row.iso3)
    return [
        Line((f"from {date}: " if date else "") + ", ".join(sorted(members)), 2, 4)
        for date, members in sorted(by_date.items())
    ]


def _codes(names: Mapping[str, str]) -> dict[str, str]:
    out: dict[str, str] = defaultdict(str)
    for name, code in names.items():
        out[code] += f" {name}"
    return out


def sectors() -> list[Entry]:
    """The groups of industries, then the industries."""
    from calibration.labels import sector_labels
    from calibration.world import load_world

    described = {row["group"]: row["description"] for _, row in numbered_rows(_table("sector_groups.csv"))}
    out = [
        Entry(
            (Line(f"{name}: {described.get(name, '')}", 0, 4), Line(", ".join(members), 4, 4)),
            f"{name} {described.get(name, '')} {' '.join(members)}",
        )
        for name, members in load_sector_groups().groups.items()
    ]
    names = load_world().meta.get("sector_labels", {})
    return out + [
        Entry((Line(f"{code:<10}{names.get(code, '')}", 0, 10),), f"{code} {names.get(code, '')}")
        for code in sector_labels()
    ]


def products() -> list[Entry]:
    """Products, the industries that hide them, and the shares that a carve-out of each withholds."""
    shares: dict[str, list[str]] = defaultdict(list)
    if CARVE_OUTS.is_file():
        for _, row in numbered_rows(CARVE_OUTS):
            who = "any importer" if row["importer"] == "*" else row["importer"]
            words = f"{100 * float(row['share']):.4g} % of the cut in {row['sector']}, {who}"
            shares[row["product"].lower()].append(f"{words} ({row['confidence']})")
    hidden = load_sector_groups().products
    out = []
    for name in sorted({*hidden, *shares}):
        lines = [Line(f"{name}: inside {' and '.join(hidden.get(name, ('?',)))}", 0, 4)]
        lines += [Line(f"carve-out withholds {text}", 4, 6) for text in shares.get(name, [])]
        out.append(Entry(tuple(lines), f"{name} {' '.join(hidden.get(name, ()))}"))
    return out


def _table(name: str) -> Path:
    return Path(str(SCENARIOS)) / "tables" / name


def _short(value: object) -> str:
    return json.dumps(value, default=str) if isinstance(value, list) else str(value)


KINDS: dict[str, Callable[[], list[Entry]]] = {
    "scenarios": scenarios,
    "packages": packages,
    "groups": groups,
    "sectors": sectors,
    "products": products,
}
