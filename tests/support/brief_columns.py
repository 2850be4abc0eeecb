"""Results of an invented policy made by hand, for sentences about every sign."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from results.side_by_side import Column
from results.tidy import COLUMNS, WORLD

REGIONS = ("USA", "CHN", "VNM", "MEX")
INCOME = {"USA": 20_000_000.0, "CHN": 18_000_000.0, "VNM": 400_000.0, "MEX": 1_500_000.0}
USD = "USD million at base prices"
SECTORS = ("AGR", "ELO", "TEX")
SECTOR_NAMES = ("Farming", "Electronics", "Textiles")


def rows(found: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Tidy rows from (region, sector, partner, indicator, unit, baseline, change)."""
    table = pd.DataFrame(
        found, columns=["region", "sector", "partner", "indicator", "unit", "baseline", "change"]
    )
    table["counterfactual"] = table["baseline"] + table["change"]
    table["percent"] = 100 * table["change"] / table["baseline"].abs().where(table["baseline"] != 0)
    return pd.DataFrame(table[COLUMNS])


def column(
    label: str = "a-policy",
    *,
    welfare: Mapping[str, float] | None = None,
    gdp: float = 0.0,
    wage: float = 0.0,
    jobs: tuple[float, float, float] = (0.0, 0.0, 0.0),
    cost: float = 0.0,
    employment: float = 0.0,
    created: float = 0.0,
    moved: float = 0.0,
    share: float = 0.0,
    parties: tuple[str, ...] = ("USA", "VNM"),
    **manifest: Any,
) -> Column:
    """A policy. ``welfare``: percent of income by region; ``gdp``, ``wage``: of the USA, percent; ``jobs``:
    changes by sector, thousand; ``cost``: USD million, once; ``created``, ``moved``: exports of the USA;
    ``share``: points of China's share in purchases.
    """
    welfare = dict.fromkeys(REGIONS, 0.0) | dict(welfare or {})
    change = {r: welfare[r] * INCOME[r] / 100 for r in REGIONS}
    world = sum(INCOME.values())
    indicators = []
    for r in REGIONS:
        mine = r == "USA"
        indicators += [
            (r, "", "", "welfare_ev", USD, INCOME[r], change[r]),
            (r, "", "", "real_gdp", USD, INCOME[r], gdp * INCOME[r] / 100 if mine else 0.0),
            (r, "", "", "real_wage", "index, base = 100", 100.0, wage if mine else 0.0),
            (r, "", "", "exports_volume", USD, 1000.0, created + moved if mine else 0.0),
            (r, "", "", "employment", "thousand persons", 150_000.0, employment if mine else 0.0),
        ]  # fmt: skip
    indicators += [
        (WORLD, "", "", "welfare_ev", USD, world, sum(change.values())),
        (WORLD, "", "", "real_gdp", USD, world, gdp * INCOME["USA"] / 100),
    ]
    work = [("USA", s, "", "jobs", "thousand persons", 1000.0, x) for s, x in zip(SECTORS, jobs, strict=True)]
    work += [(r, s, "", "jobs", "thousand persons", 1000.0, 0.0) for r in REGIONS[1:] for s in SECTORS]
    tables = {
        "indicators": rows(indicators),
        "jobs": rows(work),
        "adjustment": rows(_adjustment(jobs, cost, change["USA"])),
        "ledger": rows(_ledger(created, moved)),
        "dependence": rows(_dependence(share)),
    }
    return Column(label, tables, _manifest(parties, **manifest), "solved", text="title: invented\n")


def _adjustment(jobs: tuple[float, ...], cost: float, gain: float) -> list[tuple[Any, ...]]:
    out: list[tuple[Any, ...]] = []
    for s, x in zip(SECTORS, jobs, strict=True):
        for name, value in (("jobs_gained", max(x, 0.0)), ("jobs_lost", max(-x, 0.0)),
                            ("displaced_gross", max(-x, 0.0))):  # fmt: skip
            out.append(("USA", s, "", name, "thousand persons", 0.0, value))
        for factor, k in ((0.0, "low"), (0.5, "central"), (1.0, "high")):
            out.append(
                (
                    "USA",
                    s,
                    "",
                    f"displaced_beyond_attrition_{k}",
                    "thousand persons",
                    0.0,
                    factor * max(-x, 0.0),
                )
            )
    for factor, k in ((0.5, "low"), (1.0, "central"), (2.0, "high")):
        out.append(("USA", "", "", f"adjustment_cost_gross_{k}", "USD million", 0.0, factor * cost))
        out.append(("USA", "", "", f"adjustment_present_value_of_gain_{k}", "USD million", 0.0, 8.5 * gain))
    return out


def _ledger(created: float, moved: float) -> list[tuple[Any, ...]]:
    unit = "USD million at benchmark border prices"
    return [
        ("VNM", "ELO", "USA", "trade_creation", unit, 0.0, created),
        ("VNM", "ELO", "USA", "trade_diversion", unit, 0.0, moved),
        ("VNM", "ELO", "CHN", "trade_diversion", unit, 0.0, -moved),
        ("USA", "ELO", "VNM", "trade_creation", unit, 0.0, created),
        ("USA", "ELO", "VNM", "trade_diversion", unit, 0.0, moved),
        ("USA", "ELO", "CHN", "trade_diversion", unit, 0.0, -moved),
    ]


def _dependence(share: float) -> list[tuple[Any, ...]]:
    return [
        ("USA", "", "CHN", f"supplier_share_{kind}_total", "share of all purchases", 0.02, share / 100)
        for kind in ("direct", "embodied")
    ]


def _manifest(parties: tuple[str, ...], **more: Any) -> dict[str, Any]:
    scenario = {
        "name": "a-policy", "title": "A policy", "question": "What does it do?", "description": "",
        "focus": "USA",
        "supplier": "CHN", "baseline": "in force", "baseline_date": "2026-01-01", "command": "",
        "choices": {"aggregation": "invented"}, "hashes": {"data": "d" * 64}, "notes": [],
    }  # fmt: skip
    regions = {"USA": "United States", "CHN": "China", "VNM": "Viet Nam", "MEX": "Mexico"}
    return {
        "scenario": scenario | more.pop("scenario", {}),
        "labels": {"regions": regions, "sectors": dict(zip(SECTORS, SECTOR_NAMES, strict=True)),
                   "members": {r: [r] for r in REGIONS}, "sector_groups": {"manufacturing": ["ELO", "TEX"]}},
        "policy": {"changes": 3, "lines": ["tariff: 5 % -> 0 %"], "parties": list(parties)},
        "assumptions": [], "certificate": {}, "warnings": [],
        **more,
    }  # fmt: skip
