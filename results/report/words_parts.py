"""Which part of a package brings its gain, where it has parts of its own."""

from __future__ import annotations

import re

import pandas as pd

from results.report.facts import Book, Fact, Value, dollars, magnitude
from results.report.prose import NBSP, Name, Sentence, join, sentence
from results.report.reading import Reading
from results.tidy import pick


def added(packages: pd.DataFrame, scenario: str, package: str, indicator: str, region: str) -> Value:
    """What a part adds to those before it in the file; ``*``: all together."""
    rows = pick(packages, scenario=scenario, region=region, indicator=indicator)
    if package != "*":
        rows = pick(rows, package=package)
    source = {"result": scenario, "table": "packages", "region": region, "package": package,
              "indicator": indicator, "column": "marginal", "step": "sum"}  # fmt: skip
    raw = float(rows["marginal"].to_numpy().sum()) if len(rows) else float("nan")
    return Value(raw, source)


OWN = "own shocks"
"""Name of what a scenario's file holds beside the packages it takes in."""


def part_words(part: str, book: Book) -> str:
    """A part in words: ``market access for standards (again)``; the scenario's own by its instruments."""
    if part != OWN:
        return re.sub(r" \(\d+\)$", " (again)", part).replace("-", " ")
    policy = book.column.manifest.get("policy") or {}
    file = str(book.column.info.get("name", "")).partition(":")[0] + ".yaml:"
    own = [str(x).split(":")[0].split(",")[0] for x in policy.get("lines") or () if f"Why: {file}" in str(x)]
    if "production subsidies" in (policy.get("moves") or ()):
        own = ["production subsidies" if x == "production tax" else x for x in own]
    return f"its own measures ({', '.join(dict.fromkeys(own))})" if own else "its own measures"


def parts(r: Reading, book: Book, packages: pd.DataFrame | None) -> list[Sentence]:
    """The parts that add most to the welfare of the focus and that take most from it; [] without parts."""
    if packages is None or packages.empty:
        return []
    mine = pick(packages, scenario=book.label, region=r.focus, indicator="welfare_ev")
    values = {p: added(packages, book.label, p, "welfare_ev", r.focus) for p in map(str, mine["package"])}
    if len(values) < 2:
        return []
    shown: dict[str, tuple[Fact, str]] = {
        p: dollars(v, like=tuple(values.values())) for p, v in values.items()
    }
    best = max(values, key=lambda p: values[p].raw)
    worst = min(values, key=lambda p: values[p].raw)
    names = {p: part_words(p, book) for p in values}
    words: list[Sentence] = []
    for part, what, sign in ((best, "adds most to its welfare", 1), (worst, "takes most from it", -1)):
        fact, unit = shown[part]
        if fact.direction == sign:
            words.append((f"the one that {what} is ", Name(names[part]), f" (USD{NBSP}", magnitude(fact),
                          f"{NBSP}{unit})"))  # fmt: skip
    if not words:
        return [sentence("none of its parts, added one after the other, changes its welfare visibly.")]
    return [sentence("of its parts, added one after the other, ", join(words), ".")]
