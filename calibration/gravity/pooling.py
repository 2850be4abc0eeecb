"""Which agreement effect is used.

Two readings are kept, and a scenario may take either; ``assumptions/gravity_choices.csv`` has the default.

Both come from the regressions with the tariff response imposed (`net`).

`cross_section`: what trade between pairs with an agreement is above that of pairs without, size, distance,
ties and tariffs held equal, the EU's single market told apart. Economies that trade much sign agreements, so
part of it is selection: an upper reading.
1. Estimates of single industries are noisy, so within agrifood, mining and energy, and manufactures they are
   pooled partially: random effects (DerSimonian & Laird 1986), each industry shrunk towards the group's mean
   m by w = tau2 / (tau2 + se2); beta = w b + (1 - w) m, variance w se2 + (1 - w)^2 var(m). Industries without
   an estimate take the group's mean, with variance tau2 + var(m).

`pair`: what changed between the same two economies when an agreement entered. Fixed effects of the pair take
selection out, and twelve years leave only young agreements in their first years: a lower reading, near zero.
Estimated on the sums over groups; every industry takes its group's.

In both, services take the estimate of their aggregate, and
2. a deep agreement does at least what a shallow one does: where the estimates say otherwise, both take their
   mean weighted by inverse variance (flag `ordered`);
3. a negative effect becomes zero (flag `floored`); its standard error stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from calibration.gravity.agreements import DEPTHS
from calibration.gravity.errors import GravityError
from calibration.gravity.estimate import CROSS_SECTION, NET, PAIR
from calibration.gravity.groups import groups
from calibration.labels import sector_labels, services
from calibration.sources.icio import SERVICES


@dataclass(frozen=True)
class Pooled:
    """Random-effects mean of a group: mean, its se, between-industry variance tau2, number of estimates."""

    mean: float
    se: float
    tau2: float
    count: int


def random_effects(estimates: np.ndarray, errors: np.ndarray) -> Pooled:
    """DerSimonian-Laird mean of estimates (n,) with standard errors (n,), all finite and errors above
    zero.
    """
    if len(estimates) == 0 or not (np.isfinite(estimates).all() and (errors > 0).all()):
        raise GravityError("pooling needs at least one estimate, finite, with a standard error above zero")
    w = 1 / errors**2
    fixed = float((w * estimates).sum() / w.sum())
    q = float((w * (estimates - fixed) ** 2).sum())
    scale = float(w.sum() - (w**2).sum() / w.sum())
    tau2 = max(0.0, (q - (len(w) - 1)) / scale) if scale > 0 else 0.0
    w = 1 / (errors**2 + tau2)
    return Pooled(float((w * estimates).sum() / w.sum()), float(w.sum() ** -0.5), tau2, len(w))


def shrink(estimate: float, error: float, group: Pooled) -> tuple[float, float]:
    """Estimate and standard error after partial pooling; a missing estimate takes the group's mean."""
    if not (np.isfinite(estimate) and error > 0):
        return group.mean, float(np.sqrt(group.tau2 + group.se**2))
    w = group.tau2 / (group.tau2 + error**2)
    variance = w * error**2 + (1 - w) ** 2 * group.se**2
    return w * estimate + (1 - w) * group.mean, float(np.sqrt(variance))


def ordered(
    shallow: tuple[float, float], deep: tuple[float, float]
) -> tuple[list[tuple[float, float]], list[str]]:
    """(estimate, se) of shallow and deep after the rules of order and sign, with the flags that apply."""
    pair, flags = [shallow, deep], []
    if deep[0] < shallow[0]:
        w = [1 / se**2 for _, se in pair]
        mean = sum(v * b for v, (b, _) in zip(w, pair, strict=True)) / sum(w)
        pair, flags = [(mean, sum(w) ** -0.5)] * 2, ["ordered"]
    if min(b for b, _ in pair) < 0:
        flags.append("floored" if pair[1][0] < 0 else "floored shallow")
    return [(max(b, 0.0), se) for b, se in pair], flags


def group_means(table: pd.DataFrame) -> dict[tuple[str, str], Pooled]:
    """(group, depth) -> pooled mean of the cross-section estimates (columns industry, specification, ...)."""
    out = {}
    for name, members in groups().items():
        for depth in DEPTHS:
            rows = _pick(table, members, NET[CROSS_SECTION], depth).dropna(subset=["estimate", "se"])
            if rows.empty:
                raise GravityError(f"no industry of {name} has an estimate of {depth} agreements")
            out[name, depth] = random_effects(rows["estimate"].to_numpy(), rows["se"].to_numpy())
    return out


def _pick(table: pd.DataFrame, members: Sequence[str], chosen: str, term: str) -> pd.DataFrame:
    rows = table[(table["specification"] == chosen) & (table["term"] == term)]
    return rows.set_index("industry").reindex(list(members))


def used_effects(table: pd.DataFrame, chosen: str) -> pd.DataFrame:
    """The effects on one reading: 50 industries x two depths; columns industry, term, estimate, se, note.

    table: estimates as stored (columns industry, specification, term, estimate, se).
    """
    goods_effects = _shrunk(table) if chosen == CROSS_SECTION else _of_groups(table)
    service = ordered(*_raw(table, SERVICES, chosen))
    final = {**goods_effects, **dict.fromkeys(services(), (*service, f"{chosen}, aggregate of services"))}
    rows = []
    for i in sector_labels():
        effects, flags, words = final[i]
        rows += [(i, d, *effects[n], "; ".join([words, *flags])) for n, d in enumerate(DEPTHS)]
    return pd.DataFrame(rows, columns=["industry", "term", "estimate", "se", "note"])


Effect = tuple[list[tuple[float, float]], list[str], str]
"""(estimate, se) of shallow and deep, flags, where from."""


def _shrunk(table: pd.DataFrame) -> dict[str, Effect]:
    means = group_means(table)
    out: dict[str, Effect] = {}
    for name, members in groups().items():
        for i in members:
            raw = _raw(table, i, CROSS_SECTION)
            effects, flags = ordered(*(shrink(*r, means[name, d]) for r, d in zip(raw, DEPTHS, strict=True)))
            lacking = [f"no {d} estimate" for d, r in zip(DEPTHS, raw, strict=True) if not np.isfinite(r[0])]
            out[i] = effects, [*lacking, *flags], f"{CROSS_SECTION}, pooled in {name}"
    return out


def _of_groups(table: pd.DataFrame) -> dict[str, Effect]:
    out: dict[str, Effect] = {}
    for name, members in groups().items():
        effects, flags = ordered(*_raw(table, name, PAIR))
        out |= dict.fromkeys(members, (effects, flags, f"{PAIR}, sum of {name}"))
    return out


def _raw(table: pd.DataFrame, flow: str, chosen: str) -> list[tuple[float, float]]:
    """(estimate, se) of shallow and deep agreements for one flow."""
    picked = [_pick(table, (flow,), NET[chosen], d)[["estimate", "se"]].iloc[0] for d in DEPTHS]
    return [(float(r["estimate"]), float(r["se"])) for r in picked]
