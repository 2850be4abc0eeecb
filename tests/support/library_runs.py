"""The library's scenarios solved on shared models, for the tests that look at their numbers.

Each test file takes one part of the library, so that pytest-xdist (``--dist loadfile``) spreads the work; a
test says that the parts cover it. Figures of a case do not depend on which others are solved beside it:
scenarios that move barriers and those that do not stand on benchmarks with and without rents.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import pandas as pd

from cge.app.family import Solved, Wanted, solve_families
from results.compare import Comparison
from results.published import our_figures
from scenarios.apply import scenario_moves_barriers
from scenarios.memory import Memory
from scenarios.reader import library, read_scenario
from scenarios.schema import Scenario
from scenarios.variants import choose

EXPECTED = Path(next(iter(library().values()))).parent / "expected"
STORED = ("real_gdp", "welfare_ev", "exports_volume")
ATOL = 2e-7
CLAIMS = Path(__file__).parents[1] / "library" / "claims.csv"

PARTS: Mapping[str, tuple[str, ...]] = {
    "cptpp": ("us-joins-cptpp", "rcep", "japan-joins-usmca"),
    "asia": ("us-stays-out", "china-joins-cptpp", "asia-joins-cptpp", "asean-plus-3", "asean-plus-6",
             "ftaap"),
    "deals": ("semiconductors-minilateral", "critical-minerals-minilateral", "green-technology-minilateral",
              "digital-services-minilateral", "quad", "mini-deals"),
    "usa": ("ipef-as-is", "ipef-market-access", "full-liberalisation", "compensated-opening", "middle-way",
            "protection", "industrial-policy", "de-risking", "friend-shoring"),
    "tariffs": ("us-china-tariff-war", "unilateral-free-trade-usa", "us-universal-tariff", "wto-reform",
                "wto-collapse", "productivity-shock"),
    "stops": ("decoupling", "export-controls", "coercion"),
}  # fmt: skip
"""The library by what its scenarios are about."""


FILES = Memory()
"""Agreements and baselines, which every scenario names, are read once."""


@cache
def _read(name: str) -> Scenario:
    return read_scenario(name, memory=FILES)


def cases(names: Sequence[str]) -> list[str]:
    """Every case of some scenarios: ``name`` for the file's own, ``name:variant`` for the others."""
    return [
        f"{name}:{v}" if v else name
        for name in names
        for v in ("", *(v for v in _read(name).cases if v != _read(name).main_variant))
    ]


def scenario(case: str) -> Scenario:
    """The scenario of a case."""
    name, _, variant = case.partition(":")
    return choose(_read(name), variant) if variant else _read(name)


@cache
def solved(part: str) -> dict[str, Solved]:
    """Every case of a part of the library by name, solved on `default`."""
    wanted = [Wanted(case, scenario(case)) for case in cases(PARTS[part])]
    found: dict[str, Solved] = {}
    for moves in (False, True):
        for capped in (False, True):
            alike = [
                w for w in wanted
                if scenario_moves_barriers(w.scenario) == moves
                and any(shock.control is not None for shock in w.scenario.shocks) == capped
            ]  # fmt: skip
            found |= {s.label: s for s in solve_families(alike)} if alike else {}
    return found


@cache
def comparison(part: str, case: str) -> Comparison:
    """All results of one case."""
    return solved(part)[case].comparison()


def changes(part: str, case: str) -> pd.DataFrame:
    """Percent changes by region of what is stored, sorted by region."""
    table = comparison(part, case).tables["indicators"]
    wide = table[table.indicator.isin(STORED)].pivot(index="region", columns="indicator", values="percent")
    return pd.DataFrame(wide[list(STORED)]).sort_index().rename_axis(columns=None)


@cache
def expected(name: str) -> pd.DataFrame:
    """The stored table of a scenario, all its cases."""
    return pd.read_csv(EXPECTED / f"{name}.csv", dtype={"variant": str}, keep_default_na=False)


def check_or_write(part: str, case: str) -> None:
    """Compare a case with its stored table; CGE_UPDATE_GOLDEN=1 writes it anew (after looking at it)."""
    name, _, variant = case.partition(":")
    found = changes(part, case)
    if os.environ.get("CGE_UPDATE_GOLDEN") == "1" and not _agrees(found, stored(case)):
        _write(name, variant, found)
    pd.testing.assert_frame_equal(found, stored(case), rtol=0, atol=ATOL, check_names=False)


def stored(case: str) -> pd.DataFrame:
    """The stored changes of one case by region; empty if there are none."""
    name, _, variant = case.partition(":")
    if not (EXPECTED / f"{name}.csv").exists():
        return pd.DataFrame(columns=list(STORED))
    table = expected(name)
    return pd.DataFrame(table[table.variant == variant].set_index("region")[list(STORED)]).sort_index()


def _agrees(found: pd.DataFrame, known: pd.DataFrame) -> bool:
    """Rows that agree are left as they stand, to the last digit."""
    return list(found.index) == list(known.index) and bool(((found - known).abs() <= ATOL).all(axis=None))


def _write(name: str, variant: str, found: pd.DataFrame) -> None:
    rows = found.map("{:.8f}".format).reset_index()
    rows.insert(0, "variant", variant)
    path = EXPECTED / f"{name}.csv"
    known = pd.read_csv(path, dtype=str, keep_default_na=False) if path.exists() else rows.iloc[:0]
    both = pd.concat([known[known.variant != variant], rows])
    order = [c.partition(":")[2] for c in cases([name])]
    parts = [pd.DataFrame(both[both.variant == v]).sort_values("region") for v in order]
    pd.concat(parts).to_csv(path, index=False)
    expected.cache_clear()


@cache
def claims() -> pd.DataFrame:
    """What an economist expects of the scenarios; texts as they stand, the row's place in the file."""
    with CLAIMS.open(encoding="utf-8") as file:
        return pd.read_csv(file, comment="#", dtype=str, keep_default_na=False).fillna("")


def claims_of(names: Sequence[str]) -> list[tuple[str, int]]:
    """Each claim about some scenarios as (what it says, its row)."""
    table = claims()
    mine = pd.DataFrame(table[table.scenario.isin(names)])
    return [(words(row), int(k)) for k, row in zip(mine.index, mine.to_dict("records"), strict=True)]


def words(row: Mapping[str, str]) -> str:
    """``us-joins-cptpp:deep USA welfare_ev > 0``."""
    case = row["scenario"] + (f":{row['variant']}" if row["variant"] else "")
    parts = (
        case,
        row["region"],
        row["indicator"],
        row["partner"],
        row["sectors"],
        row["relation"],
        row["value"],
    )
    return " ".join(p for p in parts if p)


def figure(part: str, case: str, row: Mapping[str, str]) -> float:
    """The percent change that a claim is about, in one case."""
    asked = pd.DataFrame([{**row, "measure": "percent", "scale": 1.0}])
    found = our_figures(comparison(part, case), asked)
    value, word = float(found["model"].iloc[0]), str(found["word"].iloc[0])
    assert value == value, f"{case}: {word}"
    return value


def holds(part: str, index: int) -> tuple[bool, str]:
    """Whether a claim holds, or fails where the table says that the model contradicts it; what was found."""
    right, said, value = _holds(part, index)
    contradicted = str(claims().loc[index, "contradicted"])
    if not contradicted:
        return right, said
    if right:
        return False, f"{said}; no longer contradicted, though the table says: {contradicted}"
    band = str(claims().loc[index, "found"])
    return within(value, band), f"{said}; contradicted as the table says, but the figure is not in {band}"


def within(value: float, band: str) -> bool:
    """Whether a figure lies inside ``low..high``."""
    low, high = (float(x) for x in band.split(".."))
    return low < value < high


def _holds(part: str, index: int) -> tuple[bool, str, float]:
    row = {str(k): str(v) for k, v in claims().loc[index].items()}
    case = row["scenario"] + (f":{row['variant']}" if row["variant"] else "")
    found, relation, value = figure(part, case, row), row["relation"], row["value"]
    said = f"{words(row)}: found {found:.4f}"
    if relation == "between":
        return within(found, value), said, found
    if value.startswith("case "):
        other = value.removeprefix("case ")
        home = next(p for p, names in PARTS.items() if other.partition(":")[0] in names)
        limit = figure(home, other, row)
        said += f" against {limit:.4f}"
    else:
        limit = float(value)
    assert relation in ("<", ">"), relation
    right = found < limit if relation == "<" else found > limit
    return right, f"{said}; expected because {row['why']}", found
