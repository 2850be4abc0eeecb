"""Figures of stored results, one function each: ``(columns, focus) -> Drawing | None``.

* ``drawing``: the ``Drawing``, themes, what all figures share; ``labels``: names and members of regions;
* ``world_map`` on ``outlines``, ``gdp_welfare``, ``welfare_waterfall``, ``trade_flows``, ``sector_jobs``,
  ``adjustment_gains``, ``dependence_change`` (with ``two_panels``); of sweeps ``bands``, ``tornado``, ``fan``
  and ``fan_along``.

Every number drawn is a row of the results' tables or a sum of rows that the module says. One figure holds all
packages; nothing is fetched from anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from results.figures.adjustment_gains import adjustment_against_gains, displaced_workers
from results.figures.bands import bands
from results.figures.dependence_change import dependence_change, leverage_balance
from results.figures.drawing import Drawing, theme
from results.figures.fan import fan
from results.figures.fan_along import fan_along
from results.figures.gdp_welfare import gdp_welfare_bars
from results.figures.sector_jobs import sector_jobs
from results.figures.tornado import tornado, tornado_gdp
from results.figures.trade_flows import trade_flows
from results.figures.welfare_waterfall import welfare_waterfall
from results.figures.world_map import welfare_map
from results.side_by_side import Column

FIGURES: tuple[Callable[[Sequence[Column], str], Drawing | None], ...] = (
    welfare_map,
    gdp_welfare_bars,
    welfare_waterfall,
    trade_flows,
    sector_jobs,
    displaced_workers,
    adjustment_against_gains,
    dependence_change,
    leverage_balance,
    bands,
    tornado,
    tornado_gdp,
    fan,
    fan_along,
)
"""In the order of the page."""


def drawings(columns: Sequence[Column], focus: str) -> tuple[Drawing, ...]:
    """Every figure for which the results have numbers. Raises ResultsError when ``focus`` is not a region."""
    return tuple(d for d in (f(columns, focus) for f in FIGURES) if d is not None)


__all__ = [
    "FIGURES",
    "Drawing",
    "adjustment_against_gains",
    "bands",
    "dependence_change",
    "displaced_workers",
    "drawings",
    "fan",
    "fan_along",
    "gdp_welfare_bars",
    "leverage_balance",
    "sector_jobs",
    "theme",
    "tornado",
    "tornado_gdp",
    "trade_flows",
    "welfare_map",
    "welfare_waterfall",
]
