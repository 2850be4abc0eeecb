"""What a reader needs beside the numbers of a result: names, the policy in words, the assumptions in use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from cge.app.assumptions_in_use import in_use
from scenarios.apply import scenario_moves_barriers
from scenarios.changes import by_measure, instrument_words
from scenarios.groups import load_sector_groups
from scenarios.schema import Scenario

if TYPE_CHECKING:
    from calibration.aggregate import Aggregation
    from cge.app.assumptions import Assumption, AssumptionTable
    from cge.app.case import Case
    from results.compare import ScenarioInfo
    from scenarios.barriers import BarrierData

MOST_LINES = 40
"""Lines of the policy in words; the last says how many more there are."""

LONG = 6
"""Rows above which a table is summed up, one row for each kind of number in it."""

WHOLE = ("choices", "set by shocks")
"""Tables that are listed whole whatever their length, and so are those of `results`."""

MOST_KINDS = 12

MOST_SOURCES = 3

NAMES_ONLY = frozenset(
    {"memberships", "region_names", "sector_groups", "products", "published_results", "gravity_published",
     "theta_cp2015", "trade_elasticity_gains", "elasticities_trade", "elasticities_gtap", "elasticities_top"}
)  # fmt: skip
"""Tables that are names, facts to compare with, or shown by `elasticities in use`."""

MOVES = {"k": "costs of meeting standards and of trade", "productivity": "productivity",
         "endow": "endowments"}  # fmt: skip
"""Words for instruments in a list of what moves, where their plural is not it."""

Uses = Callable[[Scenario], bool]
USED_WHEN: Mapping[str, Uses] = {
    "us_china_duties": lambda s: s.baseline.us_china_duties,
    "additional_duties": lambda s: s.baseline.us_china_duties,
    "frisch": lambda s: s.formulation.consumption == "les",
    "income_elasticities": lambda s: s.formulation.consumption == "les",
    "closures": lambda s: s.formulation.consumption == "les" or _closes_otherwise(s),
    "labour_supply": lambda s: s.closure.labour == "labour_supply",
    "capital_output": lambda s: s.closure.external == "world_bank",
    "firms": lambda s: s.formulation.structure.melitz is not None,
    "agreement_depth": scenario_moves_barriers,
    "barrier_levels": scenario_moves_barriers,
    "barrier_assumptions": scenario_moves_barriers,
    "gravity_choices": scenario_moves_barriers,
    "rent_floors": scenario_moves_barriers,
    "provisions": scenario_moves_barriers,
    "preference_use": lambda s: any(k.treaty is not None for k in s.shocks),
    "staging": lambda s: any(k.year is not None for k in s.shocks),
    "standards": lambda s: any(k.condition is not None for k in s.shocks),
    "product_carve_outs": lambda s: any(e.products for k in s.shocks for e in k.carve_outs),
    "retraining": lambda s: s.retraining is not None or s.compensation is not None,
}
"""Tables that not every scenario rests on; a table without an entry is in use by all."""


def _closes_otherwise(scenario: Scenario) -> bool:
    c = scenario.closure
    return (c.labour, c.capital, c.external) != ("full_employment", "mobile", "fixed_balance")


def told(case: Case, info: ScenarioInfo) -> ScenarioInfo:
    """The scenario's information with members of regions, groups of sectors, policy and assumptions."""
    from cge.app.comparing import sector_groups

    return replace(
        info,
        members=members(case.aggregation),
        sector_groups=sector_groups(case.aggregation),
        policy=policy(case),
        assumptions=assumptions(case.scenario, None if case.barriers is None else case.barriers.data),
    )


def members(aggregation: Aggregation) -> dict[str, tuple[str, ...]]:
    """The economies (ISO3) of each region of the model."""
    return {r: tuple(aggregation.members(r)) for r in aggregation.region_codes()}


def policy(case: Case) -> dict[str, Any]:
    """``changes``: how many values change; ``lines``: one for every shock and instrument, in words;
    ``parties``: regions of the model on either side of a change; ``movers``: those whose own measures change;
    ``moves``: the kinds of measure, in words; ``tariffs``: "cut", "raised", "both" or ""; ``access``: whether
    access is granted in return for a standard; ``look_at``: what the author says to look at.
    """
    from calibration.world import packaged_flows
    from scenarios.changes import grouped, rows_of
    from scenarios.naming import naming

    trade = packaged_flows()
    rows = rows_of(case.expanded.table, trade)
    look_at = list(case.scenario.look_at)
    if rows.empty:
        return {"changes": 0, "lines": _paid(case), "parties": [], "movers": [], "moves": [], "tariffs": "",
                "access": False, "look_at": look_at}  # fmt: skip
    words = naming(trade["d"].values.tolist(), trade["i"].values.tolist())
    lines = [_line(change) for change in grouped(rows, words, case.expanded.steps)]
    if len(lines) > MOST_LINES:
        left = len(lines) - MOST_LINES + 1
        lines = [*lines[: MOST_LINES - 1], f"{left} more: `cge explain` shows them."]
    access = any(shock.access is not None for shock in case.scenario.shocks)
    return {
        "changes": len(rows), "lines": lines + _paid(case), "parties": parties(case),
        "movers": parties(case, ("region",)), "moves": moves(rows), "tariffs": tariffs(rows),
        "access": access, "look_at": look_at,
    }  # fmt: skip


def tariffs(rows: pd.DataFrame) -> str:
    """Whether tariffs are "cut", "raised", "both" or "" where none moves."""
    mine = rows.loc[(rows["instrument"] == "tm").to_numpy()]
    step = mine["to"].to_numpy(dtype=float) - mine["from"].to_numpy(dtype=float)
    return {(True, False): "raised", (False, True): "cut", (True, True): "both"}.get(
        (bool((step > 0).any()), bool((step < 0).any())), ""
    )


def moves(rows: pd.DataFrame) -> list[str]:
    """The kinds of measure that a policy changes, in words: "tariffs cut", "barriers in services cut"."""
    services = load_sector_groups().groups["services"]
    out: dict[str, None] = {}
    for name, mine in rows.groupby("instrument", sort=False):
        if name == "tm":
            out[f"tariffs {tariffs(rows)}".replace("both", "raised and cut")] = None
        elif name == "removed":
            inside = mine["sector"].isin(services).to_numpy()
            sides = (("goods", ~inside), ("services", inside))
            out |= {f"barriers in {what} cut": None for what, some in sides if bool(some.any())}
        elif name == "to":
            falls = bool((mine["to"].to_numpy(dtype=float) < mine["from"].to_numpy(dtype=float)).all())
            out["production subsidies" if falls else "production taxes"] = None
        else:
            out[MOVES.get(str(name), f"{instrument_words(str(name))}s")] = None
    return sorted(out, key=lambda words: not words.startswith("tariffs"))


def _paid(case: Case) -> list[str]:
    """What the scenario pays the displaced inside the model, in words; nothing where it pays nothing."""
    asked = case.scenario.compensation
    return [] if asked is None else [f"compensation: {asked.words()}"]


def parties(case: Case, sides: Sequence[str] = ("region", "partner")) -> list[str]:
    """Regions of the model with an economy on one of the sides of a change, in the model's order."""
    table, region_of = by_measure(case.expanded.table), case.aggregation.regions
    inside = {region_of[str(e)] for side in sides for e in set(table[side]) if e in region_of}
    return [r for r in case.aggregation.region_codes() if r in inside]


def _line(change: Any) -> str:
    """``tariff, goods: USA on imports from CPTPP: 2.6 % -> 0 % (452 flows, USD 473 bn of trade); why``."""
    from scenarios.changes import dollars

    what = ", ".join(part for part in (instrument_words(change.instrument), change.sectors) if part)
    before, after = (s.words(change.instrument) for s in (change.before, change.after))
    noun = "value" if pd.isna(change.trade) else "flow"
    size = f"{change.count:,} {noun}{'' if change.count == 1 else 's'}"
    worth = "" if pd.isna(change.trade) else f", {dollars(change.trade)} of trade"
    return f"{what}: {change.who}: {before} -> {after} ({size}{worth}). Why: {change.why}"


def assumptions(scenario: Scenario, barriers: BarrierData | None = None) -> tuple[dict[str, str], ...]:
    """What a result of the scenario rests on, as records: table, assumption, value, unit, source, confidence,
    changed (by which line of the scenario, from what; "" where nothing was).

    Tables of up to ``LONG`` rows are listed whole, longer ones as ranges with the rows a scenario changes.
    """
    return tuple(_record(row) for table in tables_in_use(scenario, barriers) for row in _shown(table))


def tables_in_use(scenario: Scenario, barriers: BarrierData | None = None) -> Iterator[AssumptionTable]:
    """Choices, elasticities, barriers, what shocks set, and the CSV tables that the scenario rests on."""
    from cge.app import assumptions as listing

    chosen = listing.choices_in_effect(scenario, Scenario(title="defaults", shocks=()))
    yield replace(chosen, rows=tuple(r for r in chosen.rows if r.value != "none"))
    yield listing.elasticities_in_use(scenario)
    yield from in_use(scenario, barriers)
    for file, path in listing.csv_files().items():
        uses = USED_WHEN.get(path.stem)
        if path.stem not in NAMES_ONLY and (uses is None or uses(scenario)):
            yield listing.with_scalars(listing.packaged_table(file), scenario)


def _shown(table: AssumptionTable) -> Iterator[Assumption]:
    if len(table.rows) <= LONG or table.name in WHOLE or table.file.startswith("results/"):
        yield from table.rows
        return
    kinds: dict[str, list[Assumption]] = {}
    for row in table.rows:
        first, _, rest = row.name.rpartition(" ")
        kinds.setdefault(first if rest and len(first.split()) < 3 else "", []).append(row)
    if len(kinds) > MOST_KINDS:
        kinds = {"": list(table.rows)}
    for kind, rows in kinds.items():
        if len(rows) == 1:
            yield rows[0]
            continue
        yield _summed(rows, kind or table.name)
        yield from (row for row in rows if row.changed)


def _summed(rows: Sequence[Assumption], kind: str) -> Assumption:
    """Many numbers of one kind as a range, with their tags counted and their first sources; what is no number
    is counted alone (`cge assumptions --table` shows the rows).
    """
    from cge.app.assumptions import number

    numbers = [x for r in rows if (x := number(r.value)) is not None]
    same = len(numbers) == len(rows)
    span = f"{min(numbers):g} to {max(numbers):g} ({len(rows)} values)" if same else f"{len(rows)} rows"
    sources, units = ([*dict.fromkeys(filter(None, texts))]
                      for texts in ((r.source for r in rows), (r.unit for r in rows)))  # fmt: skip
    named = "; ".join(sources[:MOST_SOURCES])
    named += f"; and {len(sources) - MOST_SOURCES} more" if len(sources) > MOST_SOURCES else ""
    tags = ", ".join(f"{tag} ({n})" for tag, n in Counter(r.confidence for r in rows).items())
    unit = units[0] if len(units) == 1 else ""
    return replace(rows[0], name=kind, value=span, unit=unit, source=named,
                   confidence=tags, note="", changed="")  # fmt: skip


def _record(row: Assumption) -> dict[str, str]:
    names = ("table", "value", "unit", "source", "confidence", "changed")
    return {"assumption": row.name, **{name: getattr(row, name) for name in names}}
