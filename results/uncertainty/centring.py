"""Whether ranges are centred on the values in use, and what that alone does to the mean of a result.

The mean of a result differs from the central result for two reasons: the points of a target are on average
not at its value in use, which moves even a straight line, and results bend. The first is measured with the
fitted main effects; the second is what is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cge.designs.design import Design
from results.uncertainty.band_table import SAME_AS_CHANGE
from results.uncertainty.inputs import kind_of
from results.uncertainty.regression import number_of

OFF = 0.05
"""Of a target's standard deviation: a mean that is further from the value in use is off the centre."""
NOISE = 3.0
"""Standard errors by which the mean of points drawn at random may differ besides."""
TENTH = 0.1
"""Of a result's standard deviation: differences below it are not told."""
SHOWN = 4
"""Targets named in a sentence."""
COLUMNS = ("region", "sector", "partner", "indicator", "unit", "shift")
"""``shift``: what the mean of a result is off the central result because targets are on average not at their
values in use, by the fitted main effects; NaN where that is not known."""


@dataclass(frozen=True)
class Off:
    """A target whose points are on average not at the value in use."""

    target: str
    mean: float
    in_use: float


def off_centre(design: Design, in_use: Mapping[str, object]) -> list[Off]:
    """Targets of a sample or a quadrature whose points are not centred on the value in use, in the order of
    the design. Targets of words, and those whose value in use is not known, are not looked at.
    """
    if kind_of(design) == "enumerated" or not len(design):
        return []
    w = np.asarray(design.weights, dtype=float)
    w, out = w / w.sum(), []
    for k, target in enumerate(design.targets):
        here = number_of(in_use.get(target))
        numbers = [number_of(p[k]) for p in design.points]
        if here is None or any(n is None for n in numbers):
            continue
        x = np.array(numbers, dtype=float)
        mean = float(w @ x)
        sd = float(np.sqrt(w @ (x - mean) ** 2))
        room = OFF + (NOISE * float(np.sqrt(w @ w)) if design.kind == "monte_carlo" else 0.0)
        if abs(mean - here) > room * sd:
            out.append(Off(target, mean, here))
    return out


def note(found: Sequence[Off]) -> list[str]:
    """One sentence on the ranges that are not centred; none where all are."""
    if not found:
        return []
    named = ", ".join(f"{o.target} (mean {o.mean:.3g}, in use {o.in_use:.3g})" for o in found[:SHOWN])
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    ranges = "range is" if len(found) == 1 else "ranges are"
    return [
        f"{len(found)} {ranges} not centred on the value in use: {named}{more}; so the mean of a result is "
        "not its central value, even where nothing bends"
    ]


def complete(design: Design, in_use: Mapping[str, object]) -> bool:
    """Whether the value in use of every target is known."""
    return all(in_use.get(t) is not None for t in design.targets)


def reason(row: Mapping[str, object], bands: pd.DataFrame, shifts: pd.DataFrame) -> str:
    """Why mean and central value of a row of ``bands`` differ by more than a tenth of the standard deviation:
    ``centre``, ``bend``, ``both``, ``open`` (not known); "" where they do not differ.

    A change is judged as its percentage is, where the shift is of that.
    """
    if not _apart(*(float(str(row[k])) for k in ("mean", "central", "sd"))):
        return ""
    keys = ("region", "sector", "partner", "indicator")
    known = _same(shifts, row, keys)
    judged = dict(row)
    if known and known[0]["unit"] != row["unit"]:
        twin = _same(bands, {**row, "unit": known[0]["unit"]}, (*keys, "unit"))
        judged = twin[0] if twin else judged
    alike = known and (known[0]["unit"] == judged["unit"] or judged["unit"] == SAME_AS_CHANGE)
    if not alike or not np.isfinite(float(str(known[0]["shift"]))):
        return "open"
    mean, central, sd = (float(str(judged[k])) for k in ("mean", "central", "sd"))
    shift = float(str(known[0]["shift"]))
    moved, bent = abs(shift) > TENTH * sd, _apart(mean, central + shift, sd)
    return "both" if moved and bent else "bend" if bent else "centre"


def _apart(mean: float, other: float, sd: float) -> bool:
    return bool(np.isfinite([mean, other, sd]).all() and abs(mean - other) > TENTH * sd)


def _same(table: pd.DataFrame, row: Mapping[str, object], keys: Sequence[str]) -> list[dict[str, object]]:
    mask = np.ones(len(table), dtype=bool)
    for k in keys:
        mask &= (table[k] == row[k]).to_numpy(dtype=bool)
    return [{str(k): v for k, v in r.items()} for r in table.loc[mask].to_dict("records")]
