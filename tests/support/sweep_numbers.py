"""Numbers of invented sweeps, by closed forms, for what is said of sweeps."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from scipy.stats import qmc

from cge.designs.design import Design
from results.side_by_side import Column
from results.uncertainty import Uncertainty, analyse
from results.uncertainty.screen import render

USD = "USD million at base prices"
PAYBACK = "years, if the gain lasts (no row: never, or no gain)"
ROWS = pd.DataFrame(
    [
        ("indicators", "USA", "", "", "welfare_ev", USD),
        ("indicators", "USA", "", "", "real_gdp", USD),
        ("indicators", "CHN", "", "", "welfare_ev", USD),
        ("adjustment", "USA", "", "", "payback_years_central", PAYBACK),
        ("jobs", "USA", "C26", "", "jobs", "thousand persons"),
        ("jobs", "USA", "C29", "", "jobs", "thousand persons"),
    ],
    columns=["table", "region", "sector", "partner", "indicator", "unit"],
)
BASE = np.array([1000.0, 2000.0, 500.0, 0.0, 100.0, 200.0])
"""Baseline of each row."""


@dataclass(frozen=True)
class Numbers:
    """What one point gives."""

    baseline: np.ndarray
    counterfactual: np.ndarray


def changes(x: np.ndarray) -> np.ndarray:
    """(points, rows) from (points, targets) around 1: welfare linear, GDP bent, years to pay back where there
    is a gain, jobs won in one sector and lost in another.
    """
    first, second = x[:, 0], x[:, 1]
    return np.column_stack(
        [
            4 * first - 2 * second,
            first**2,
            -first,
            np.where(first > 0.9, 1 / first, np.nan),
            first,
            -2 * second,
        ]
    )


def design(kind: str, x: np.ndarray, targets: Sequence[str] = (), weights: Any = None) -> Design:
    """A design with these numbers as points (points, targets)."""
    names = tuple(targets) or tuple(f"trade[C{26 + k}]" for k in range(x.shape[1]))
    points = tuple(tuple(float(v) for v in row) for row in x)
    equal = np.full(len(x), 1 / len(x)) if weights is None else np.asarray(weights, dtype=float)
    return Design(kind, names, points, equal, kind in ("lhs", "sobol", "monte_carlo"), 1)


def stroud(targets: int, sd: float) -> np.ndarray:
    """Points of an order of 3 for independent targets with mean 1: both ends of each axis."""
    return 1 + sd * np.sqrt(targets) * np.concatenate([np.eye(targets), -np.eye(targets)])


def sweep(
    d: Design,
    failed: Sequence[int] = (),
    of: Callable[[np.ndarray], np.ndarray] = changes,
    centre: float = 1.0,
    **more: Any,
) -> Uncertainty:
    """The sweep of a design whose targets are numbers; ``failed``: places of points without a solution."""
    x = np.array([[float(v) for v in p] for p in d.points])
    base = np.tile(BASE, (len(d), 1))
    new = base + of(x)
    base[list(failed)] = new[list(failed)] = np.nan
    middle = of(np.full((1, x.shape[1]), centre))[0]
    statuses = ["failed" if k in failed else "solved" for k in range(len(d))]
    reasons = ["the homotopy stops at 0.4" if k in failed else "" for k in range(len(d))]
    return analyse(ROWS, base, new, Numbers(BASE, BASE + middle), d, statuses, focus="USA", reasons=reasons,
                   **more)  # fmt: skip


def row(table: pd.DataFrame, indicator: str = "welfare_ev", region: str = "USA", sector: str = "",
        **equal: Any) -> dict[str, Any]:  # fmt: skip
    """The first row of a table for that number."""
    wanted = {"indicator": indicator, "region": region, "sector": sector, **equal}
    mask = np.ones(len(table), dtype=bool)
    for name, value in wanted.items():
        mask &= (table[name] == value).to_numpy()
    return {str(k): v for k, v in table.loc[mask].iloc[0].to_dict().items()}


def around(
    central: Column,
    d: Design,
    failed: Sequence[int] = (),
    tables: Sequence[str] = ("indicators", "jobs"),
    **more: Any,
) -> Uncertainty:
    """A sweep around a result: the first target scales every change, the second takes a tenth of it back."""
    whole = pd.concat([central.tables[n].assign(table=n) for n in tables], ignore_index=True)
    rows = pd.DataFrame(whole[list(ROWS.columns)])
    base, change = whole["baseline"].to_numpy(dtype=float), whole["change"].to_numpy(dtype=float)
    x = np.array([[1.0 if v is None else float(v) for v in p] for p in d.points])
    new = base + np.outer(x[:, 0] ** 2 - 0.1 * (x[:, 1] - 1), change)
    old = np.tile(base, (len(d), 1))
    old[list(failed)] = new[list(failed)] = np.nan
    statuses = ["failed" if k in failed else "solved" for k in range(len(d))]
    return analyse(
        rows, old, new, Numbers(base, base + change), d, statuses, focus="USA",
        names=central.manifest["labels"],
        parameters=[{"target": t, "distribution": "uniform(0.5, 1.5)", "source": "invented",
                     "confidence": "assumption"} for t in d.targets], **more,
    )  # fmt: skip


def hypercube_points() -> np.ndarray:
    """Two hundred points of three targets between one half and three halves, (200, 3)."""
    return 0.5 + np.asarray(qmc.LatinHypercube(d=3, rng=1).random(200))


def shown(u: Uncertainty) -> str:
    """The screen of a sweep, 80 columns wide."""
    console = Console(width=80, file=io.StringIO(), record=True)
    console.print(render(u))
    return console.export_text()
