"""Every assumption in effect: tables, agreements, baseline, elasticities, the scenario's choices.

Tables are found by walking the folders that hold them, so that a new file is shown without being named here;
the keys of a scenario are taken from its own content, so that a new key is shown without being named here.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from cge.app.assumptions_in_use import in_use
from cge.app.case import read
from scenarios.policy_schema import Agreement, BaselineFile
from scenarios.problems import Origin
from scenarios.reader import AGREEMENTS, policy_files, read_agreement, read_baseline
from scenarios.schema import Baseline, Scenario

FOLDERS = (
    ("calibration", "assumptions"), ("scenarios", "tables"), ("scenarios", "agreements"),
    ("results", "assumptions"),
)  # fmt: skip
"""Folders whose CSV files are assumptions."""

META = ("unit", "source", "confidence")
REMARKS = ("note", "description", "reason")
"""Columns that are neither a name nor a value."""

QUESTION = ("title", "description", "question", "author", "date", "sources", "look_at", "packages",
            "shocks", "focus", "main_variant", "variants", "sweep")  # fmt: skip
"""Keys of a scenario that ask the question; every other key is a choice of how it is answered."""

SCALARS = ("barrier_assumptions", "closures")
"""The tables whose values the scenario's key ``assumptions`` replaces, by name."""

_DECLARED = re.compile(
    r"(?:^|[;.]\s+)(unit|source|confidence):\s*(.*?)(?=;\s*(?:unit|source|confidence):|$)", re.I
)


@dataclass(frozen=True)
class Assumption:
    """One number or choice. Texts throughout; ``changed``: by which line of the scenario, from what."""

    table: str
    file: str
    name: str
    value: str
    unit: str
    source: str
    confidence: str
    note: str = ""
    changed: str = ""


@dataclass(frozen=True)
class AssumptionTable:
    """A file or a list of choices: its short name, where it is, what it is about, its rows."""

    name: str
    file: str
    title: str
    rows: tuple[Assumption, ...]
    spread: str = ""
    """Range of the numbers, ``mean 0.02 to 0.47, sd ...``; empty where there are none."""
    about: str = ""
    """The whole description; ``title`` is its first sentence."""

    def tags(self) -> str:
        """``verified-page 3, recall-H 2``: how many rows have each tag."""
        return ", ".join(f"{tag} {n}" for tag, n in Counter(r.confidence for r in self.rows).items())


COLUMNS = tuple(Assumption.__dataclass_fields__)
"""Columns of the tidy list."""


def assumptions(
    name_or_path: str | Path | Scenario | None = None, variant: str | None = None
) -> tuple[AssumptionTable, ...]:
    """Every assumption in effect for a scenario (or its variant); without one the defaults.

    Raises ScenarioError when the scenario cannot be read.
    """
    defaults = Scenario(title="defaults", shocks=())
    if name_or_path is None:
        scenario = defaults
        agreements = [read_agreement(p.stem) for p in sorted(AGREEMENTS.glob("*.yaml"))]
        baseline = read_baseline(Baseline().name)
    else:
        scenario = read(name_or_path, variant)
        files = policy_files(scenario)
        baseline, agreements = files.baseline, list(files.agreements.values())
    return (
        choices_in_effect(scenario, defaults),
        elasticities_in_use(scenario),
        *in_use(scenario),
        _baseline(baseline, scenario),
        *(_agreement(a) for a in agreements),
        *(with_scalars(t, scenario) for t in csv_tables()),
    )


def records(tables: Iterable[AssumptionTable]) -> list[dict[str, str]]:
    """The tidy list: one record per row, ``COLUMNS`` in order."""
    return [asdict(row) for table in tables for row in table.rows]


def filtered(tables: Iterable[AssumptionTable], confidence: str) -> list[AssumptionTable]:
    """The rows whose tag holds the given one (``assumption (recall-L)`` holds recall-L); empty tables go."""
    kept = [replace(t, rows=tuple(r for r in t.rows if confidence in r.confidence)) for t in tables]
    return [t for t in kept if t.rows]


@cache
def csv_tables() -> tuple[AssumptionTable, ...]:
    """Every CSV file of ``FOLDERS``, in the order of folders and names."""
    return tuple(packaged_table(file) for file in csv_files())


@cache
def packaged_table(file: str) -> AssumptionTable:
    """One of `csv_files`, read once."""
    return read_table(csv_files()[file], file)


@cache
def csv_files() -> dict[str, Path]:
    """The CSV files of ``FOLDERS`` by the place that is shown, in the order of folders and names."""
    out = {}
    for package, folder in FOLDERS:
        root = Path(str(resources.files(package)))
        for path in sorted((root / folder).rglob("*.csv")):
            out[f"{package}/{path.relative_to(root).as_posix()}"] = path
    return out


def read_table(path: Path, file: str) -> AssumptionTable:
    """A CSV file with ``#`` lines of description above it; ``file`` is the place that is shown.

    Unit, source and confidence come from the columns of these names, else from ``# source: ...`` lines.
    """
    lines = path.read_text("utf-8").splitlines()
    comments = [line.lstrip("# ").rstrip() for line in lines if line.startswith("#")]
    declared = {k.lower(): v.strip() for line in comments for k, v in _DECLARED.findall(line)}
    declared = {k: v for k, v in declared.items() if v != "per row"}
    about = [line for line in comments if not _DECLARED.match(line)]
    table = list(csv.DictReader(line for line in lines if line.strip() and not line.startswith("#")))
    columns = list(table[0]) if table else []
    plain = [c for c in columns if c not in (*META, *REMARKS)]
    values = [c for c in plain if c == "value" or _numeric(table, c)]
    names = [c for c in plain if c not in values]
    if not values:
        names, values = plain[:1], plain[1:]
    main = ["value"] if "value" in values else values
    beside = [c for c in values if c not in main]
    name = path.stem
    rows = tuple(
        Assumption(
            name, file, " ".join(r[c] for c in names if r[c]), _value(r, main),
            *((r.get(m) or declared.get(m, "")).strip() for m in META),
            note="; ".join(x for x in (_value(r, beside, bare=False), *(r.get(c) for c in REMARKS)) if x),
        )
        for r in table
    )  # fmt: skip
    spread = _spread({c: [r[c] for r in table] for c in values})
    text = " ".join(about)
    return AssumptionTable(name, file, text.split(". ")[0].rstrip("."), rows, spread, text)


def _spread(columns: Mapping[str, Sequence[str]]) -> str:
    """``0.1 to 0.9`` for one column, ``low 1 to 2, high 2 to 3`` for several."""
    found = []
    for name, cells in columns.items():
        numbers = [x for c in cells if (x := number(c)) is not None]
        if numbers:
            words = f"{min(numbers):g} to {max(numbers):g}"
            found.append(words if len(columns) == 1 else f"{name} {words}")
    return ", ".join(found)


def _numeric(table: Sequence[Mapping[str, str]], column: str) -> bool:
    cells = [row[column] for row in table if row[column]]
    return bool(cells) and all(number(c) is not None for c in cells)


def number(text: str) -> float | None:
    """The text as a number, None if it is none."""
    try:
        return float(text)
    except ValueError:
        return None


def _value(row: Mapping[str, str], values: Sequence[str], *, bare: bool = True) -> str:
    """The number alone where there is one column of them (``bare``), else each with its column's name."""
    if bare and len(values) == 1 and (values[0] == "value" or number(row[values[0]]) is not None):
        return row[values[0]]
    return ", ".join(f"{c} {row[c]}" for c in values if row[c])


def with_scalars(table: AssumptionTable, scenario: Scenario) -> AssumptionTable:
    """The named scalars that the scenario's key ``assumptions`` replaces."""
    given = _given(scenario)
    if table.name not in SCALARS or not given:
        return table
    rows = []
    for row in table.rows:
        if row.name in given:
            to, place = f"{given[row.name]:g}", scenario.origin.place(f"assumptions.{row.name}")
            row = replace(row, value=to, source=f"scenario {scenario.origin.file}", confidence="assumption",
                          changed=changed(place, row.value, to))  # fmt: skip
        rows.append(row)
    return replace(table, rows=tuple(rows))


def _given(scenario: Scenario) -> Mapping[str, float]:
    return scenario.model_dump().get("assumptions") or {}


def changed(place: str, before: str, after: str) -> str:
    """``changed by mine.yaml:7 from 0.2 to 0.3``."""
    return f"changed by {place} from {before} to {after}"


def choices_in_effect(scenario: Scenario, defaults: Scenario) -> AssumptionTable:
    """Closure, formulation, numeraire, elasticity set, baseline and every other key but the question."""
    ours, theirs = (dict(_leaves(_in_effect(s))) for s in (scenario, defaults))
    scalars = {row.name for t in csv_tables() if t.name in SCALARS for row in t.rows}
    rows = []
    for path in dict.fromkeys([*theirs, *ours]):
        top, _, rest = path.partition(".")
        if top == "overrides" or top.startswith("overrides[") or (top == "assumptions" and rest in scalars):
            continue  # shown where they act: in the elasticities, in the table of scalars
        if path not in ours and any(p.startswith((f"{path}.", f"{path}[")) for p in ours):
            continue  # a default that the scenario spells out key by key
        before, after = theirs.get(path, "none"), ours.get(path, "none")
        moved = before != after
        source = f"scenario {scenario.origin.file}" if moved else "default of the program"
        note = _meaning(scenario, path, after)
        cause = (
            "elasticities" if path == "formulation.trade" and not scenario.origin.lines.get(path) else path
        )
        rows.append(
            Assumption(
                "choices", "scenario keys", path, after, "choice", source, "assumption", note,
                changed(scenario.origin.place(cause), before, after) if moved else "",
            )
        )  # fmt: skip
    return AssumptionTable("choices", "scenario keys", "How the question is answered", tuple(rows))


def _in_effect(scenario: Scenario) -> dict[str, Any]:
    """The scenario's keys, with the nest that its elasticity set is meant for where it names none."""
    from calibration.elasticities import nest

    dumped = scenario.model_dump(mode="json")
    if "trade" not in scenario.formulation.model_fields_set:
        dumped["formulation"]["trade"] = f"armington_{nest(scenario.elasticities)}"
    return dumped


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every entry that is no mapping, with its path; lists of plain values as one entry."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            if path or key not in QUESTION:
                yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(v, dict | list) for v in value):
        for k, inner in enumerate(value):
            yield from _leaves(inner, f"{path}[{k}]")
    else:
        yield path, _text(value)


def _text(value: Any) -> str:
    if value is None or value == [] or value == {}:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _meaning(scenario: Scenario, path: str, value: str) -> str:
    """What a closure does, or what the schema says about the key."""
    from cge.closure import CLOSURES

    steps = path.split(".")
    if steps[0] == "closure" and value in CLOSURES.get(steps[-1], {}):
        return CLOSURES[steps[-1]][value].meaning
    holder: Any = scenario
    for step in steps[:-1]:
        holder = getattr(holder, step, None)
    field = getattr(type(holder), "model_fields", {}).get(steps[-1])
    return (field.description or "") if field else ""


def elasticities_in_use(scenario: Scenario) -> AssumptionTable:
    """The set in use on the 50 industries, with the scenario's overrides; sigma is cut to a ceiling."""
    from calibration.elasticities import CAP, TRADE, elasticity_rows
    from calibration.labels import sector_labels
    from scenarios.apply import override_sectors

    name, file = "elasticities in use", f"set {scenario.elasticities}"
    rows = {
        (e.parameter, e.sector): Assumption(
            name, file, f"{e.parameter} {e.sector}", f"{e.value:.4g}", "elasticity of substitution",
            e.source, e.confidence, e.note,
        )
        for e in elasticity_rows(scenario.elasticities)
    }  # fmt: skip
    numbers = {(e.parameter, e.sector): e.value for e in elasticity_rows(scenario.elasticities)}
    for k, (parameter, sectors, number, times) in enumerate(
        override_sectors(scenario, list(sector_labels()))
    ):
        place = scenario.origin.place(f"overrides[{k}]")
        moved = TRADE if parameter == "trade" else (parameter,)
        for key in ((p, s) for p in moved for s in sectors if (p, s) in rows):
            before, numbers[key] = rows[key], numbers[key] * number if times else number
            value = f"{numbers[key]:.4g}"
            words = "; ".join(w for w in (before.changed, changed(place, before.value, value)) if w)
            rows[key] = replace(before, value=value, source=f"scenario {scenario.origin.file}",
                                confidence="assumption", changed=words)  # fmt: skip
    ceiling = Assumption(
        name, "calibration/elasticities.py", "ceiling of every sigma", f"{CAP:g}",
        "elasticity of substitution", "project choice: what lies above is cut to it and listed", "assumption",
    )  # fmt: skip
    title = f"Elasticities of the set {scenario.elasticities}, with the scenario's overrides"
    by_parameter: dict[str, list[str]] = {}
    for (parameter, _), row in rows.items():
        by_parameter.setdefault(parameter, []).append(row.value)
    return AssumptionTable(name, file, title, (ceiling, *rows.values()), _spread(by_parameter))


def _baseline(baseline: BaselineFile, scenario: Scenario) -> AssumptionTable:
    """What is in force before the scenario, agreement by agreement, and the measures of governments alone."""
    file = _place(baseline.origin, "scenarios/baseline", f"{scenario.baseline.name}.yaml")
    held = []
    for a in baseline.agreements:
        row = Assumption("baseline", file, a.agreement, f"in force since {a.since}", "agreement", a.source,
                         a.confidence, a.note)  # fmt: skip
        if a.agreement in scenario.baseline.without:
            k = scenario.baseline.without.index(a.agreement)
            place = scenario.origin.place(f"baseline.without[{k}]")
            row = replace(row, value="left out", changed=changed(place, row.value, "left out"))
        held.append(row)
    alone = [
        Assumption("baseline", file, m.title, s.words(), "measure", m.source, str(m.confidence))
        for m in baseline.measures
        for s in m.shocks
    ]
    return AssumptionTable("baseline", file, f"{baseline.title} ({baseline.date})", (*held, *alone))


def _agreement(agreement: Agreement) -> AssumptionTable:
    """The schedule line by line, how much of it is in the data, and every other key of the file."""
    name = f"agreement {agreement.agreement}"
    file = _place(agreement.origin, "scenarios/agreements", f"{agreement.agreement}.yaml")
    sources = "; ".join(agreement.sources)
    rows = [
        Assumption(
            name, f"{file}:{agreement.origin.line(f'{key}[{k}]') or ''}".rstrip(":"), _flow(line, key),
            line.words(), "tariff", line.source, str(line.confidence),
            line.staging.words() if line.staging else "",
        )
        for key, lines in (("lines", agreement.lines), ("accession", agreement.accession))
        for k, line in enumerate(lines)
    ]  # fmt: skip
    known = ("agreement", "title", "parties", "sources", "note", "lines", "accession")
    dumped = {k: v for k, v in agreement.model_dump(mode="json").items() if k not in known}
    others = list(_leaves(dumped))
    rows += [
        Assumption(name, file, path, value, "choice", sources, "assumption", "" if k else agreement.note)
        for k, (path, value) in enumerate(others)
    ]
    return AssumptionTable(name, file, agreement.title, tuple(rows))


def _flow(line: Any, key: str) -> str:
    importers, exporters = (" ".join(x) if x else "parties" for x in (line.importers, line.exporters))
    text = "accession, " * (key == "accession") + f"{' '.join(line.sectors)}: {importers} from {exporters}"
    return text + (f", {len(line.carve_outs)} exceptions" if line.carve_outs else "")


def _place(origin: Origin, folder: str, name: str) -> str:
    return f"{folder}/{name}" if origin.file == name else origin.file
