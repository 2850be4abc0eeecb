"""The table ``effects``: how far each target moves each main result (a tornado), the largest first.

By kind of design: one at a time, the points themselves; samples and quadratures, main effects by least
squares with R2; grids, averages by value over all other targets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from results.uncertainty import centring, regression
from results.uncertainty.inputs import CHANGE, PERCENT, Points, many, text_of

MAIN = ("welfare_ev", "real_gdp", "real_wage", "employment", "exports_volume", "terms_of_trade")
"""Indicators whose effects are kept for every region; of the focus all are."""
COLUMNS = (
    "region", "sector", "partner", "indicator", "unit", "target", "central", "low", "high", "below", "above",
    "at_low", "at_high", "effect", "share_of_variance", "standardised", "prcc", "r2", "rank", "method",
)  # fmt: skip
"""``low``, ``high``: the result at ``at_low`` and ``at_high`` of the target (``method`` says where the others
are), ``high`` may be the smaller; ``below``, ``above``: low and high less central, both of one sign where the
value in use does not lie between ``at_low`` and ``at_high``; ``effect``: high - low."""
ONE_AT_A_TIME = "one at a time"
LEAST_SQUARES = "main effect, least squares, one sd either side of the mean"
OTHERS_IN_USE, OTHERS_AT_MEAN = "the others at their values in use", "the others at their means"
BY_VALUE = "averages by value"
ENDS = ("at its low end", "at its high end")
APART = ("one standard deviation below", "one standard deviation above")
SHARE_NOISE = 5e-4
"""Share of variance below zero that is told: what a screen shows as -0.1 %."""


@dataclass(frozen=True)
class Effects:
    """``table``: ``COLUMNS``; ``notes``: why effects are missing or how they are to be read; ``shifts``: what
    ranges that are not centred do to means, see `results.uncertainty.centring`.
    """

    table: pd.DataFrame
    notes: tuple[str, ...]
    shifts: pd.DataFrame


def effects(p: Points, focus: str, in_use: Mapping[str, object] | None = None) -> Effects:
    """Effects of every target on the main results of all regions, and on all regional results and jobs of
    ``focus``; ``in_use``: the scenario's own value by target, as far as known.
    """
    where = chosen(p.rows, focus)
    y, central, unit = in_one_measure(p, where)
    moved = _moving(y)
    where, y, central, unit = where[moved], y[:, moved], central[moved], unit[moved]
    place = p.rows.iloc[where][["region", "sector", "partner", "indicator"]].reset_index(drop=True)
    place = place.assign(unit=unit, central=central)
    centred = centring.complete(p.design, in_use or {}) and not centring.off_centre(p.design, in_use or {})
    shift = np.full(len(place), 0.0 if centred else np.nan)
    if p.design.kind == "tornado":
        made, notes = _one_at_a_time(p, y, central), []
    elif p.design.kind == "grid":
        made, notes = _by_value(p, y, central), _grid_notes(p)
    else:
        made, fitted, notes = _least_squares(p, y, central, in_use or {})
        shift = np.where(np.isfinite(fitted), fitted, shift)
    table = _table(place, made)
    shifts = pd.DataFrame(place.assign(shift=shift)[list(centring.COLUMNS)])
    return Effects(table, (*notes, *_negative(table)), shifts)


def sides(methods: Iterable[str]) -> tuple[str, str]:
    """What ``low`` and ``high`` are of, in words, by the methods of some effects: ends of a range, or one
    standard deviation about the mean; of both kinds only low and high.
    """
    kinds = {m.startswith(LEAST_SQUARES) for m in methods}
    return ("low", "high") if len(kinds) > 1 else APART if True in kinds else ENDS


def _negative(table: pd.DataFrame) -> list[str]:
    """Pratt's shares below zero are no shares."""
    shares = table["share_of_variance"].to_numpy(dtype=float)
    if not (shares < -SHARE_NOISE).any():
        return []
    return [
        "some shares of variance are below zero (Pratt's: effect times covariance): the targets are "
        "correlated, if only by the chance of a sample, and their effects offset each other, so shares of "
        "such results are no parts of a whole; read the effects"
    ]


def chosen(rows: pd.DataFrame, focus: str) -> np.ndarray:
    """Row numbers of the main results."""
    regional = ((rows["sector"] == "") & (rows["partner"] == "")).to_numpy()
    own = (rows["region"] == focus).to_numpy()
    main = ((rows["table"] == "indicators") & rows["indicator"].isin(MAIN)).to_numpy()
    jobs = ((rows["table"] == "jobs") & (rows["indicator"] == "jobs")).to_numpy()
    return np.flatnonzero((regional & (own | main)) | (own & jobs))


def in_one_measure(p: Points, where: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Percentages where there are such, else changes: of the points, of the centre, and the units."""
    change, centre = p.measured(CHANGE, where)
    percent, middle = p.measured(PERCENT, where)
    relative = np.isfinite(middle)
    unit = p.rows["unit"].to_numpy()[where].astype(object)
    unit[relative] = PERCENT
    return np.where(relative, percent, change), np.where(relative, middle, centre), unit


def _moving(y: np.ndarray) -> np.ndarray:
    """Columns with two numbers at least that differ by more than the last digits of a solution."""
    if len(y) < 2:
        return np.zeros(y.shape[1], dtype=bool)
    there = np.isfinite(y)
    high, low = np.where(there, y, -np.inf).max(axis=0), np.where(there, y, np.inf).min(axis=0)
    size = np.where(there, np.abs(y), 0.0).max(axis=0)
    return (there.sum(axis=0) >= 2) & (high - low > 1e-9 * size)


@dataclass(frozen=True)
class _Made:
    """Rows of one target: arrays (rows,), NaN where there is nothing."""

    target: str
    low: np.ndarray
    high: np.ndarray
    at_low: str
    at_high: str
    share: np.ndarray
    standardised: np.ndarray
    prcc: np.ndarray
    r2: np.ndarray
    method: str


def _one_at_a_time(p: Points, y: np.ndarray, central: np.ndarray) -> list[_Made]:
    """What the two points of each target give. Shares are of the sum of squared swings."""
    usual = _usual(p)
    ends: list[tuple[str, np.ndarray, np.ndarray, str, str]] = []
    for k, target in enumerate(p.design.targets):
        planned = sorted({text_of(v[k]): v[k] for v in p.design.points if text_of(v[k]) != usual[k]}.values(),
                         key=_sorting)  # fmt: skip
        mine = [n for n, v in enumerate(p.values) if text_of(v[k]) != usual[k]]
        order = sorted(mine, key=lambda n: _sorting(p.values[n][k]))
        if not order:
            continue
        first, last = order[0], order[-1]
        low, high = y[first], y[last]
        at_low, at_high = (shown(p.values[n][k]) for n in (first, last))
        if len(order) == 1:  # the other end failed, or there is one end: it is set against the centre
            above = len(planned) > 1 and text_of(planned[-1]) == text_of(p.values[first][k])
            low, high = (central, y[first]) if above else (y[first], central)
            at_low, at_high = ("central", at_low) if above else (at_low, "central")
        ends.append((target, low, high, at_low, at_high))
    total = np.array([(np.nan_to_num(high - low)) ** 2 for _, low, high, *_ in ends]).sum(axis=0)
    out = []
    for target, low, high, at_low, at_high in ends:
        none = np.full(len(central), np.nan)
        share = np.divide((high - low) ** 2, total, out=none.copy(), where=total > 0)
        out.append(_Made(target, low, high, at_low, at_high, share, none, none, none, ONE_AT_A_TIME))
    return out


def _usual(p: Points) -> list[str]:
    """The value that each target has where another is moved: none, or the one most points have."""
    out = []
    for k in range(len(p.design.targets)):
        texts = [text_of(v[k]) for v in p.design.points]
        whole = len(p.design.targets) == 1 or "null" in texts
        out.append("null" if whole else max(sorted(set(texts)), key=texts.count))
    return out


def shown(value: object) -> str:
    """A value of a target for readers: numbers with six figures."""
    number = regression.number_of(value)
    return f"{number:.6g}" if number is not None else value if isinstance(value, str) else text_of(value)


def _sorting(value: object) -> tuple[float, str]:
    number = regression.number_of(value)
    return (np.inf if number is None else number, text_of(value))


def _by_value(p: Points, y: np.ndarray, central: np.ndarray) -> list[_Made]:
    """Averages over all other targets at each value of one; shares are of the variance between them."""
    out = []
    there = np.isfinite(y)
    middle = _mean(y, there)
    total = (np.where(there, y - middle, 0.0) ** 2).sum(axis=0)
    for k, target in enumerate(p.design.targets):
        texts = np.array([text_of(v[k]) for v in p.values])
        levels = sorted({(*_sorting(v[k]), shown(v[k])) for v in p.values})
        if len(levels) < 2:
            continue
        means, between = [], np.zeros(y.shape[1])
        for _, text, _ in levels:
            mine = there & (texts == text)[:, None]
            means.append(_mean(y, mine))
            between += np.nan_to_num(mine.sum(axis=0) * (means[-1] - middle) ** 2)
        none = np.full(len(central), np.nan)
        share = np.divide(between, total, out=none.copy(), where=total > 0)
        out.append(_Made(target, means[0], means[-1], levels[0][2], levels[-1][2], share, none, none, none,
                         BY_VALUE))  # fmt: skip
    return out


def _mean(y: np.ndarray, there: np.ndarray) -> np.ndarray:
    count = there.sum(axis=0)
    total = np.where(there, y, 0.0).sum(axis=0)
    return np.divide(total, count, out=np.full(y.shape[1], np.nan), where=count > 0)


def _grid_notes(p: Points) -> list[str]:
    if not p.lost:
        return []
    return ["points of the grid have no solution: averages by value are not over the same other values"]


def _least_squares(
    p: Points, y: np.ndarray, central: np.ndarray, in_use: Mapping[str, object]
) -> tuple[list[_Made], np.ndarray, list[str]]:
    """Main effects, columns with the same numbers missing together, and the shift of the mean (rows,).

    A target whose value in use is known has the line of its effect through the central result; another one
    through the mean of the results.
    """
    shape = (len(p.design.targets), y.shape[1])
    low, high, used, share, standardised, rank = (np.full(shape, np.nan) for _ in range(6))
    r2, shift = np.full(y.shape[1], np.nan), np.full(y.shape[1], np.nan)
    at: dict[str, tuple[str, str]] = {}
    place = {t: k for k, t in enumerate(p.design.targets)}
    short = False
    for mine, kept in _alike(np.isfinite(y)):
        found = regression.columns(p.design.targets, [p.values[n] for n in kept])
        part, weights = y[np.ix_(kept, mine)], p.weights[kept] / p.weights[kept].sum()
        enough = regression.enough(found, len(kept))
        made = regression.fit(found, part, weights, in_use) if enough else None
        if made is None:
            short = True
            continue
        ranked = regression.prcc(found, part) if p.kind == "sampled" else np.full_like(made.low, np.nan)
        for j, target in enumerate(made.targets):
            k = place[target]
            used[k, mine] = made.in_use[j]
            origin = np.where(np.isfinite(made.in_use[j]), central[mine] - made.in_use[j], made.mean)
            low[k, mine], high[k, mine] = origin + made.low[j], origin + made.high[j]
            share[k, mine], standardised[k, mine] = made.share[j], made.standardised[j]
            rank[k, mine] = ranked[j]
            at.setdefault(target, (made.at_low[j], made.at_high[j]))
        r2[mine], shift[mine] = made.r2, -made.in_use.sum(axis=0)
    notes = [_too_few(p)] if short else []
    if p.lost and p.kind == "quadrature" and at:
        notes.append("effects are fitted to the points that were solved")
    known = {k: bool(np.isfinite(used[k]).any()) for k in place.values()}
    out = [_Made(t, low[k], high[k], *at[t], share[k], standardised[k], rank[k], r2,
                 f"{LEAST_SQUARES}, {OTHERS_IN_USE if known[k] else OTHERS_AT_MEAN}")
           for t, k in place.items() if t in at]  # fmt: skip
    return out, shift, notes


def _too_few(p: Points) -> str:
    return (
        f"{many(p.solved, 'point')} with numbers cannot tell {many(len(p.design.targets), 'target')} "
        "apart: no effects where that is so; take more points, or cge sweep --design tornado"
    )


def _alike(there: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Columns that have numbers in the same points, and these points."""
    groups: dict[bytes, list[int]] = {}
    for k in range(there.shape[1]):
        groups.setdefault(there[:, k].tobytes(), []).append(k)
    for mine in groups.values():
        yield np.array(mine), np.flatnonzero(there[:, mine[0]])


def _table(place: pd.DataFrame, made: Sequence[_Made]) -> pd.DataFrame:
    """By result, the largest effect first."""
    if not made or place.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    parts = []
    for m in made:
        parts.append(place.assign(
            target=m.target, low=m.low, high=m.high, below=m.low - place["central"].to_numpy(),
            above=m.high - place["central"].to_numpy(), at_low=m.at_low, at_high=m.at_high,
            effect=m.high - m.low, share_of_variance=m.share, standardised=m.standardised, prcc=m.prcc,
            r2=m.r2, method=m.method, _row=np.arange(len(place)),
        ))  # fmt: skip
    out = pd.concat(parts, ignore_index=True)
    out = out.loc[np.isfinite(out["effect"].to_numpy(dtype=float))]
    order = np.lexsort((out["target"].to_numpy().astype(str), -np.abs(out["effect"].to_numpy()), out["_row"]))
    out = out.iloc[order]
    out = out.assign(rank=out.groupby("_row", sort=False).cumcount().to_numpy() + 1)
    return out[list(COLUMNS)].reset_index(drop=True)
