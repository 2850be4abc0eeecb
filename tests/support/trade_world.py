"""A small invented world with familiar names, and its equilibria from the oracle."""

from __future__ import annotations

import numpy as np
import oracle
import xarray as xr

from cge.solution import Certificate, Solution

SECTORS = ("A01", "B07", "C10T12", "C13T15", "C20", "C26", "C29", "F", "G", "H", "I", "K")


def balanced_world(
    regions: tuple[str, ...] = ("USA", "CHN", "VNM"),
    sectors: tuple[str, ...] = ("A01", "C26", "G"),
    seed: int = 1,
) -> xr.Dataset:
    """Accounts that balance by construction: everything random except value added, the residual of cost.

    The first region keeps trade with itself in the import nest (an aggregated region); the first two sectors
    use natural resources; USD million.
    """
    rng = np.random.default_rng(seed)
    R, J = len(regions), len(sectors)
    size = np.array([25.0, 18.0, 0.4, *rng.uniform(0.5, 5, 97)])[:R, None] * 1e6
    H0 = size * rng.uniform(0.5, 1.5, (R, J)) / J * 1.5
    X0 = rng.uniform(0.02, 0.12, (R, R, J)) * np.sqrt(size[:, None] * size[None]) / J
    own = np.eye(R, dtype=bool)
    X0[own] = 0
    X0[0, 0] = 0.05 * H0[0]
    te0, tm0 = rng.uniform(0, 0.02, (R, R, J)), rng.uniform(0, 0.15, (R, R, J))
    te0[own], tm0[own] = 0, 0
    tm0[0, 0] = 0.01
    Y0 = H0 + X0.sum(1)
    A0 = H0 + (X0 * (1 + te0) * (1 + tm0)).sum(0)
    Z0 = (
        0.42
        * A0[:, :, None]
        * (Y0 / Y0.sum(1, keepdims=True))[:, None, :]
        * rng.uniform(0.9, 1.05, (R, J, J))
    )
    final = (A0 - Z0.sum(2)) * rng.dirichlet((6, 2, 2), (R, J)).transpose(2, 0, 1)
    tz0, to0 = rng.uniform(0, 0.03, (R, J)), rng.uniform(-0.01, 0.03, (R, J))
    va = Y0 * (1 - to0) - (Z0 * (1 + tz0[:, None, :])).sum(1)
    assert (va > 0.1 * Y0).all()
    split = rng.dirichlet((6, 4, 1), (R, J))
    split[:, 2:, 1] += split[:, 2:, 2]
    split[:, 2:, 2] = 0
    V0 = (va[:, :, None] * split).transpose(0, 2, 1)
    jobs0 = V0[:, 0] / rng.uniform(20, 90, (R, J)) * np.array([1.0, 5.0, 9.0, *np.ones(97)])[:R, None]
    variables = {
        "H0": ("ri", H0), "X0": ("odi", X0), "te0": ("odi", te0), "tm0": ("odi", tm0),
        "rx0": ("odi", 0 * X0), "rm0": ("odi", 0 * X0),
        "Z0": ("rij", Z0), "C0": ("ri", final[0]), "G0": ("ri", final[1]), "I0": ("ri", final[2]),
        "tz0": ("rj", tz0), "tc0": ("r", rng.uniform(0, 0.1, R)), "tg0": ("r", np.zeros(R)),
        "ti0": ("r", rng.uniform(0, 0.05, R)),
        "V0": ("rfj", V0), "to0": ("rj", to0), "jobs0": ("rj", jobs0),
        "u0": ("r", np.linspace(0.02, 0.08, R)),
        "jobs_method": ("rj", np.full((R, J), "compensation")),
        "jobs_confidence": ("rj", np.full((R, J), "medium")),
    }  # fmt: skip
    coords = {"r": list(regions), "o": list(regions), "d": list(regions), "i": list(sectors)}
    coords |= {"j": list(sectors), "f": ["labour", "capital", "natural"]}
    return xr.Dataset({n: (tuple(dims), a) for n, (dims, a) in variables.items()}, coords=coords)


def elasticities(J: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``sigma_m, sigma_d, sigma_va`` of the invented world."""
    sd = np.linspace(1.9, 3.3, J)
    return 2 * sd, sd, np.linspace(0.31, 1.37, J)


def certificate(*, converged: bool = True) -> Certificate:
    """What a good solution carries."""
    worst = (("unit_cost", "py[USA,G]", 3e-13),)
    hashes = {"parameters": "0" * 64}
    return Certificate(
        3e-13, -1e-15, 2e-14, worst, 5, "reduced", "casadi", 0.1, hashes=hashes, converged=converged
    )


def solution(data: xr.Dataset, **shock) -> Solution:
    """An equilibrium of the invented world from the oracle, as the model would hand it over."""
    found = oracle.solve(data, *elasticities(data.sizes["i"]), **shock)
    assert found.residual < 1e-12
    return Solution(found.values, data, certificate())


def tariff(data: xr.Dataset, change: float, *, o: str = "CHN", d: str = "USA") -> xr.DataArray:
    """Benchmark tariffs, with ``change`` added on what ``d`` imports from ``o``."""
    tm = data.tm0.copy()
    tm.loc[{"o": o, "d": d}] += change
    return tm
