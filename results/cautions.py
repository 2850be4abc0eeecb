"""What a reader must know before believing a sign: cautions found in the policy and the numbers
themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from cge.solution import Solution
from results.levels import same_world
from results.tidy import WORLD

GDP, WELFARE = "real_gdp", "welfare_ev"

CANNOT_ANSWER = (
    "What this model cannot answer: foreign direct investment and services sold through affiliates; products "
    "finer than its sectors; regions inside countries; the path of adjustment over time."
)

LARGE = 0.05
"""Share of world GDP above which a region's own tariffs move world prices enough to warn about."""

MOVED = 1e-9
"""Change of a tariff rate that counts as a change."""

VISIBLE = -0.005
"""Percent of income from which a loss is named: smaller ones print as zero."""

MOST = 3
"""Cautions of one result: more are not read."""

TERMS = "terms_of_trade"


@dataclass(frozen=True)
class _Moved:
    """What differs between two solutions. ``tariff``: change of the rate (o, d, i), zero where nothing is
    shipped; ``access``: change of tariff and trade cost together, in logs; ``subsidised``: sectors by region
    whose production tax falls; ``percent``: indicator -> change by region; ``names``, ``sectors``: words for
    regions and for sectors.
    """

    tariff: xr.DataArray
    access: xr.DataArray
    flows: xr.DataArray
    subsidised: Mapping[str, Sequence[str]]
    percent: Mapping[str, Mapping[str, float]]
    names: Mapping[str, str]
    sectors: Mapping[str, str]

    def name(self, region: str) -> str:
        """Words for a region, its code where there are none."""
        return self.names.get(region) or region

    def sector(self, code: str) -> str:
        """Words for a sector, its code where there are none."""
        return self.sectors.get(code) or code

    def listed(self, regions: Sequence[str], most: int = 6) -> str:
        """``AAA (-0.10 %), ...`` of those that lose, the largest loss first."""
        found = [(self.percent[WELFARE].get(r, np.nan), r) for r in regions]
        return ", ".join(f"{self.name(r)} ({x:+.2f} %)" for x, r in sorted(found)[:most] if x < VISIBLE)


def sign_warnings(
    base: Solution,
    new: Solution,
    found: pd.DataFrame,
    names: Mapping[str, str] | None = None,
    sectors: Mapping[str, str] | None = None,
) -> tuple[str, ...]:
    """Sentences on signs that surprise, only those that apply here, three at most.

    ``found``: tidy rows of the indicators; ``names``, ``sectors``: words for regions and for
    sectors. Looks at tariffs, trade costs and
    production taxes that differ between the two solutions.
    """
    base, new = same_world(base, new)
    moved = replace(_moved(base, new, found), names=names or {}, sectors=sectors or {})
    welfare = found.loc[found["indicator"] == WELFARE].set_index("region")
    out = [
        _china(moved, welfare),
        _unilateral(moved, base),
        _subsidy(moved),
        _erosion(moved),
        _member(moved),
        _opposed(moved),
    ]
    return tuple(text for text in out if text)[:MOST]


def _moved(base: Solution, new: Solution, found: pd.DataFrame) -> _Moved:
    flows = base.benchmark.X0.transpose("o", "d", "i")
    traded = (flows > 0) & (flows.o != flows.d)
    tariff = new.values.tm - base.values.tm
    access = np.log1p(new.values.tm) - np.log1p(base.values.tm)
    if "k" in new.values:
        access = access + np.log(new.values.k) - np.log(base.values.k)
    cut: dict[str, list[str]] = {}
    if "to" in new.values:
        fall = (new.values.to - base.values.to < -MOVED) & (new.values.to < 0)
        for r, mine in zip(fall.r.values, fall.transpose("r", "j").values, strict=True):
            if mine.any():
                cut[str(r)] = _labels(fall.j, mine)
    percent = {
        str(n): dict(zip(t["region"].astype(str), t["percent"].astype(float).tolist(), strict=True))
        for n, t in found.groupby("indicator")
    }
    change, better = (x.where(traded, 0.0).transpose("o", "d", "i") for x in (tariff, access))
    return _Moved(change, better, flows, cut, percent, {}, {})


def _labels(a: xr.DataArray, mask: np.ndarray) -> list[str]:
    return [str(x) for x in a.values[mask]]


def _unilateral(m: _Moved, base: Solution) -> str | None:
    change = m.tariff
    cut = (change < -MOVED).any(("o", "i")).values
    world_share = (base.values.gdp0 / base.values.gdp0.sum()).sel(r=change.d.values).values
    movers = _labels(change.d, cut)
    if len(movers) != 1 or world_share[cut][0] < LARGE or bool((change > MOVED).any()) or m.subsidised:
        return None
    return (
        f"{m.name(movers[0])} cuts tariffs alone and is large: the cut cheapens its own exports, so its "
        f"welfare can fall (terms of trade) although the world gains; here it is "
        f"{m.percent[WELFARE][movers[0]]:+.2f} %."
    )


def _sides(m: _Moved) -> tuple[list[str], list[str]]:
    """Regions whose access improves somewhere, and those without it that sell where a rival's does."""
    cut = m.access < -MOVED
    inside = cut.any(("d", "i")).values
    exposed = (cut.any("o") & ~cut & (m.flows > 0) & (cut.o != cut.d)).any(("d", "i")).values
    return _labels(cut.o, inside), _labels(cut.o, exposed & ~inside)


def _subsidy(m: _Moved) -> str | None:
    """A subsidy wins sales from others: losses beside it are not those of access alone."""
    if not m.subsidised:
        return None
    who = "; ".join(f"{m.name(r)} in {', '.join(map(m.sector, s[:4]))}" for r, s in m.subsidised.items())
    text = f"A subsidy moves resources, and sales of others, to what it pays for ({who})"
    members, exposed = _sides(m)
    others = [str(r) for r in m.access.o.values if str(r) not in {*m.subsidised, *members}]
    losers = m.listed(others)
    if not losers:
        return f"{text}."
    part = "; for those that compete with suppliers whose access improves, part of it is preference erosion"
    return f"{text}. Losing outside: {losers}{part if m.listed(exposed) else ''}."


def _erosion(m: _Moved) -> str | None:
    """Where access alone moves: partners without better access who sell where a competitor's improves."""
    if m.subsidised:
        return None
    losers = m.listed(_sides(m)[1])
    if not losers:
        return None
    words = (
        "Preference erosion" if not bool((m.access > MOVED).any()) else "Preference erosion, or part of it"
    )
    return (
        f"{words}: regions whose access does not improve lose ground to those whose does. "
        f"Losing here: {losers}."
    )


def _member(m: _Moved) -> str | None:
    """Regions with better access that lose all the same."""
    losers = [r for r in _sides(m)[0] if m.percent[WELFARE][r] < VISIBLE]
    if not losers:
        return None
    worse = TERMS in m.percent and all(m.percent[TERMS][r] < VISIBLE for r in losers)
    why = "its terms of trade fall" if len(losers) == 1 else "their terms of trade fall"
    return (
        f"Better access somewhere is not yet a gain. Losing with it: {m.listed(losers)}"
        f"{': ' + why if worse else ''}."
    )


def _opposed(m: _Moved) -> str | None:
    """Regions whose real GDP and welfare go different ways."""
    gdp, welfare = m.percent.get(GDP), m.percent[WELFARE]
    if gdp is None:
        return None
    odd = [r for r in welfare if r != WORLD and gdp[r] * welfare[r] < 0
           and min(abs(gdp[r]), abs(welfare[r])) > -VISIBLE]  # fmt: skip
    if not odd:
        return None
    said = [f"{m.name(r)} (GDP {gdp[r]:+.2f} %, welfare {welfare[r]:+.2f} %)"
            for r in sorted(odd, key=lambda r: -abs(welfare[r]))[:3]]  # fmt: skip
    text = f"Real GDP and welfare differ in sign: {', '.join(said)}. GDP is what is produced, welfare what "
    text += "income buys"
    terms = m.percent.get(TERMS)
    same = terms is not None and all(terms[r] * welfare[r] > 0 for r in odd)
    return text + ("; the terms of trade, which move with welfare there, stand between them." if same else
                   "; prices of trade and income across borders stand between them.")  # fmt: skip


def _china(m: _Moved, welfare: pd.DataFrame) -> str | None:
    if not {"CHN", "USA"} <= {str(x) for x in m.tariff.o.values}:
        return None
    rises = [m.tariff.sel(o=a, d=b) > MOVED for a, b in (("CHN", "USA"), ("USA", "CHN"))]
    if not any(bool(r.any()) for r in rises):
        return None
    third = [str(r) for r in welfare.index if r not in ("CHN", "USA", WORLD)]
    total = float(welfare.change.loc[third].sum())
    word = "gain" if total > 0 else "lose"
    losers = m.listed(third)
    sum_ = f"USD {abs(total):,.0f} million"
    text = f"Tariffs between USA and CHN rise: third countries {word} in sum here ({sum_})"
    return f"{text}; suppliers of China can lose with it. Losing here: {losers}." if losers else f"{text}."
