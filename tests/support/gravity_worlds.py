"""Invented panels of structural gravity with known coefficients."""

from __future__ import annotations

import numpy as np
import xarray as xr

BETA = {"distance": -0.9, "contiguity": 0.4, "language": 0.3, "colony": 0.2, "border": -2.0, "tariff": -4.0,
        "shallow": 0.2, "deep": 0.5}  # fmt: skip


def gravity_panel(
    n: int = 14,
    years: int = 6,
    seed: int = 1,
    noise: float = 0.3,
    zeros: float = 0.1,
    beta: dict[str, float] = BETA,
    inside: tuple[str, ...] = (),
    excess: tuple[float, float] = (0.0, 0.0),
) -> xr.Dataset:
    """Flows exp(exporter-year + importer-year + beta'z + excess in `inside`) times noise of mean one, with
    zeros.

    Agreements start at random years, some deep. excess: level and yearly trend of log trade among `inside`.
    """  # fmt: skip
    rng = np.random.default_rng(seed)
    names = [f"E{k:02d}" for k in range(n)]
    time = np.arange(2011, 2011 + years)
    place = rng.uniform(0, 8000, (n, 2))
    distance = np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1)) + 200
    away = ~np.eye(n, dtype=bool)

    def tie(share: float) -> np.ndarray:
        upper = np.triu(rng.random((n, n)) < share, 1)
        return (upper | upper.T).astype(float)

    ties = {"contiguity": tie(0.15), "language": tie(0.2), "colony": tie(0.15)}
    start = np.triu(rng.integers(2006, 2011 + 2 * years, (n, n)), 1)
    kind = np.triu(rng.integers(1, 3, (n, n)), 1)
    start, kind = start + start.T, kind + kind.T
    depth = np.where((time[:, None, None] >= start) & away, kind, 0)
    tariff = rng.uniform(0, 0.25, (years, n, n)) * np.where(depth > 0, 0.3, 1.0) * away
    log = rng.normal(0, 1, (years, n, 1)) + rng.normal(0, 1, (years, 1, n)) + 3
    log = log + beta["distance"] * np.log(distance / 3000) + sum(beta[k] * v for k, v in ties.items())
    log = log + beta["border"] * away + beta["tariff"] * np.log1p(tariff)
    log = log + beta["shallow"] * (depth == 1) + beta["deep"] * (depth == 2)
    member = np.isin(names, inside)
    both = member[:, None] & member[None] & away
    log = log + both * (excess[0] + excess[1] * (time - time.mean()))[:, None, None]
    shock = rng.gamma(1 / noise**2, noise**2, log.shape) if noise else np.ones(log.shape)
    alive = rng.random(log.shape) >= zeros
    x = np.exp(log) * shock * np.where(alive | ~away, 1 / (1 - zeros * away), 0.0)
    coords = {"y": time, "o": names, "d": names, "k": ["A"]}
    dims = ("y", "o", "d", "k")
    return xr.Dataset(
        {"x": (dims, x[..., None]), "t": (dims, tariff[..., None]), "distance": (("o", "d"), distance),
         **{k: (("o", "d"), v) for k, v in ties.items()}, "depth": (("y", "o", "d"), depth)},
        coords,
    )  # fmt: skip
