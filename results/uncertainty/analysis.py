"""From the numbers of a sweep to everything that is said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from cge.designs.design import Design
from results.errors import ResultsError
from results.tidy import WORLD
from results.uncertainty import centring, words
from results.uncertainty.band_table import bands
from results.uncertainty.effects import effects
from results.uncertainty.inputs import FAILED, MISSING, Numbers, Points, points, text_of
from results.uncertainty.regression import number_of
from results.uncertainty.spread import spread
from results.uncertainty.summary import summary

OWN_COLUMNS = ("number", "status", "weight", "reason", "worst", "notes")
"""Columns of ``points`` besides the targets."""
Worst = Sequence[tuple[str, str, float]]


@dataclass(frozen=True)
class Uncertainty:
    """What a sweep says. Tables, each in an order of its own that does not depend on the order of points:

    ``summary``: statistics of every number; ``bands``, ``effects``, ``spread``: what figures draw;
    ``points``: one line a point, by number: values by target, status, reason, worst equations, notes;
    ``shifts``: what ranges that are not centred do to means (`results.uncertainty.centring`).
    ``numbers``: what was solved; ``parameters``: what is varied (target, distribution, source, confidence);
    ``notes``: what must be known to read it; ``names``: words for codes (``regions``, ``sectors``).
    """

    numbers: Points
    focus: str
    summary: pd.DataFrame
    bands: pd.DataFrame
    effects: pd.DataFrame
    spread: pd.DataFrame
    points: pd.DataFrame
    shifts: pd.DataFrame
    notes: tuple[str, ...]
    parameters: tuple[Mapping[str, str], ...] = ()
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    title: str = ""

    @property
    def design(self) -> Design:
        """The design that was run."""
        return self.numbers.design

    @property
    def counts(self) -> dict[str, int]:
        """Points planned, solved, failed, missing."""
        n = self.numbers
        return {"points": n.planned, "solved": n.solved, "failed": n.failed, "missing": n.missing}

    @property
    def band_words(self) -> str:
        """What a band means, in a sentence."""
        return words.band(self.numbers)

    def __repr__(self) -> str:
        """One line: the design, its points, the band of the focus's welfare."""
        found = self.band(self.focus, "welfare_ev", "percent")
        gain = "" if found is None else (
            f"; welfare of {self.focus} {found['central']:+.3f} % of national income, from "
            f"{found['low']:+.3f} to {found['high']:+.3f} ({found['kind']})"
        )  # fmt: skip
        return f"Uncertainty({words.counted(self.numbers)}{gain})"

    def _repr_html_(self) -> str:
        from results.uncertainty.view import html

        return html(self)

    def band(
        self, region: str, indicator: str, unit: str = "percent", sector: str = ""
    ) -> Mapping[str, object] | None:
        """The band of one number: a row of ``bands``; None where there is none."""
        b = self.bands
        wanted = {"region": region, "indicator": indicator, "unit": unit, "sector": sector, "partner": ""}
        mask = np.ones(len(b), dtype=bool)
        for name, value in wanted.items():
            mask &= (b[name] == value).to_numpy()
        found = b.loc[mask].to_dict("records")
        return {str(k): v for k, v in found[0].items()} if found else None


def analyse(
    rows: pd.DataFrame,
    baseline: np.ndarray,
    counterfactual: np.ndarray,
    central: Numbers,
    design: Design,
    statuses: Sequence[str],
    *,
    focus: str,
    reasons: Sequence[str] = (),
    worst: Sequence[Worst] = (),
    notes: Sequence[Sequence[str]] = (),
    parameters: Sequence[Mapping[str, str]] = (),
    names: Mapping[str, Mapping[str, str]] | None = None,
    title: str = "",
    in_use: Mapping[str, object] | None = None,
    run_notes: Sequence[str] = (),
) -> Uncertainty:
    """Statistics, bands, effects and fans of a sweep.

    ``rows``: one line a number (table, region, sector, partner, indicator, unit); ``baseline``,
    ``counterfactual``: (points, rows), rows of NaN where a point has no solution, NaN alone where a number
    does not exist; ``central``: anything with both arrays (rows,) of the central point, which is none of the
    design's; ``statuses``: solved, failed, or missing (not done: interrupted, or a worker died) by point;
    ``reasons``, ``worst``, ``notes``: by point, or empty; ``parameters``: target, distribution, source and
    confidence of what is varied; ``names``: ``regions`` and ``sectors`` in words; ``in_use``: the scenario's
    own value by target, as far as known: effects are measured from there, and ranges that are not centred on
    it are told; ``run_notes``: what must be known of how the sweep was run.

    Sums are added up in an order that depends on the points' values alone, on one thread: the same numbers
    give the same bytes. Raises ResultsError where the arrays do not belong together, a point without a
    solution has numbers, or the focus is not a region of the rows.
    """
    known = set(map(str, rows["region"])) - {WORLD} if "region" in rows.columns else {focus}
    if focus not in known:
        raise ResultsError(f"focus {focus!r} is not a region here; choose from {', '.join(sorted(known))}")
    with threadpool_limits(limits=1, user_api="blas"):
        numbers = points(rows, baseline, counterfactual, central, design, statuses)
        found = summary(numbers)
        moved = effects(numbers, focus, in_use)
        band_table, fans = bands(numbers, found), spread(numbers, focus)
    off = centring.off_centre(design, in_use or {})
    why = "centre" if off else "bend" if centring.complete(design, in_use or {}) else "open"
    said = (
        *design.notes, *centring.note(off), *words.notes(numbers, band_table, focus, why), *moved.notes,
        *words.done_to_points(notes, statuses), *run_notes,
    )  # fmt: skip
    return Uncertainty(
        numbers, focus, found, band_table, moved.table, fans,
        _point_table(design, statuses, reasons, worst, notes), moved.shifts, tuple(dict.fromkeys(said)),
        tuple(parameters), dict(names or {}), title,
    )  # fmt: skip


def _point_table(
    design: Design,
    statuses: Sequence[str],
    reasons: Sequence[str],
    worst: Sequence[Worst],
    notes: Sequence[Sequence[str]],
) -> pd.DataFrame:
    """One line a point, numbered from 1 in the order of the design; the central point is number 0 of a sweep
    and not of the design.
    """
    count = len(design)
    for name, given in (("reasons", reasons), ("worst", worst), ("notes", notes)):
        if len(given) not in (0, count):
            raise ResultsError(f"{len(given)} {name} for {count} points")
    taken = sorted(set(design.targets) & set(OWN_COLUMNS))
    if taken:
        raise ResultsError(f"a target cannot be called {', '.join(taken)}")
    out: dict[str, object] = {"number": np.arange(1, count + 1), "status": list(map(str, statuses)),
                              "weight": np.asarray(design.weights, dtype=float)}  # fmt: skip
    for k, target in enumerate(design.targets):
        out[target] = _column([p[k] for p in design.points])
    bare = [s in (FAILED, MISSING) for s in statuses]
    out["reason"] = [
        str(reasons[n]) if reasons and reasons[n] else ("no reason was kept" if bare[n] else "")
        for n in range(count)
    ]
    out["worst"] = [
        "; ".join(f"{e} {c} {r:.3g}" for e, c, r in worst[n]) if worst else "" for n in range(count)
    ]
    out["notes"] = ["; ".join(notes[n]) if notes else "" for n in range(count)]
    return pd.DataFrame(out)


def _column(values: Sequence[object]) -> list[object]:
    """Numbers where all are (NaN where a target is left as it is), else every value as text."""
    numbers = [number_of(v) for v in values]
    if all(n is not None or v is None for n, v in zip(numbers, values, strict=True)):
        return [float("nan") if n is None else n for n in numbers]
    return ["" if v is None else v if isinstance(v, str) else text_of(v) for v in values]
