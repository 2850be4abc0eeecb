"""Outlines of economies from Natural Earth (public domain), and their place on an Equal Earth map.

The geometry and what was done to it stand in ``outlines.json``. Boundaries are as drawn in the source, with
no statement on the status of any territory.

Projection: Savric, Patterson and Jenny (2019), "The Equal Earth map projection", International Journal of
Geographical Information Science 33(3).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

UNIT = 1000
"""Whole units of the map in one radius of the sphere."""
_A = (1.340264, -0.081106, 0.000893, 0.003796)
"""Coefficients of the Equal Earth polynomial."""


@dataclass(frozen=True)
class Outlines:
    """``rings``: economy -> rings, ``points``: economy -> one place; all in whole units of the map (n, 2)."""

    rings: Mapping[str, tuple[np.ndarray, ...]]
    points: Mapping[str, np.ndarray]
    source: str
    boundaries: str


@cache
def outlines() -> Outlines:
    """The packaged outlines, projected."""
    text = resources.files("results").joinpath("figures", "outlines.json").read_text(encoding="utf-8")
    found = json.loads(text)
    rings = {
        economy: tuple(equal_earth(np.asarray(r, dtype=float).reshape(-1, 2)) for r in parts)
        for economy, parts in found["rings"].items()
    }
    points = {e: equal_earth(np.asarray([p], dtype=float))[0] for e, p in found["points"].items()}
    about = found["about"]
    return Outlines(rings, points, f"{about['source']}, {about['licence']}", about["boundaries"])


def equal_earth(degrees: np.ndarray) -> np.ndarray:
    """Longitude and latitude in degrees (n, 2) to whole units of the map (n, 2)."""
    longitude, latitude = np.radians(degrees).T
    theta = np.arcsin(np.sqrt(3) / 2 * np.sin(latitude))
    a1, a2, a3, a4 = _A
    t2 = theta**2
    t6 = t2**3
    slope = a1 + 3 * a2 * t2 + t6 * (7 * a3 + 9 * a4 * t2)
    x = 2 * np.sqrt(3) * longitude * np.cos(theta) / (3 * slope)
    y = theta * (a1 + a2 * t2 + t6 * (a3 + a4 * t2))
    return np.rint(UNIT * np.column_stack([x, y])).astype(int)
