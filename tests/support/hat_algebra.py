"""Caliendo & Parro (2015) in exact-hat algebra, straight from the authors' files; nothing of the package.

Given wages, input-output prices are iterated to their fixed point, expenditures solve one linear system, and
wages move with the excess supply of exports until trade balances up to the given deficits.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

N, J, TRADED = 31, 40, 20
Array = np.ndarray


@dataclass(frozen=True)
class World:
    """Benchmark: own (j, importer, exporter) shares D, tariffs tau, and the technology; USD."""

    D: Array
    tau: Array
    B: Array
    G: Array
    alpha: Array
    theta: Array
    VA: Array
    deficit: Array


@dataclass(frozen=True)
class Equilibrium:
    """Wages w (n), prices P of final demand (n), incomes I (n), costs c (j, n), trade M (j, n, i) net of
    tariff."""

    w: Array
    P: Array
    I: Array
    c: Array
    M: Array


def read(folder: Path, tariffs: str = "tariffs1993.txt") -> Array:
    table = np.loadtxt(folder / tariffs).reshape(TRADED, N, N)
    return np.concatenate([table, np.zeros((J - TRADED, N, N))])


def benchmark(folder: Path) -> World:
    tau = 1 + read(folder) / 100
    M = read(folder, "xbilat1993.txt") * 1000
    B, G = np.loadtxt(folder / "B.txt"), np.loadtxt(folder / "IO.txt").reshape(N, J, J)
    exports = M.sum(1)
    output = np.maximum(np.loadtxt(folder / "GO.txt"), exports)
    deficit = M.sum((0, 2)) - M.sum((0, 1))
    spent = M * tau
    spent[:, np.arange(N), np.arange(N)] = output - exports
    X = spent.sum(2)
    final = np.maximum(X - np.einsum("njk,kn->jn", G, (1 - B) * output), 0)
    theta = np.concatenate([np.loadtxt(folder / "T.txt"), np.full(J - TRADED, 8.22)])
    D = spent / X[:, :, None]
    return World(D, tau, B, G, final / final.sum(0), theta, (B * output).sum(0), deficit)


def solve(world: World, tau: Array, deficit: Array, tol: float = 1e-9) -> Equilibrium:
    w, p, excess = np.ones(N), np.ones((J, N)), np.ones(N)
    for _ in range(1000):
        c, p, D = _prices(world, w, tau, p)
        excess, found = _excess(world, w, tau, deficit, c, p, D)
        if np.abs(excess).max() < tol:
            return found
        w = w * (1 + 0.7 * excess)
        w *= world.VA.sum() / (w * world.VA).sum()
    raise RuntimeError(f"hat algebra did not converge: {np.abs(excess).max():.1e}")


def _excess(
    world: World, w: Array, tau: Array, deficit: Array, c: Array, p: Array, D: Array
) -> tuple[Array, Equilibrium]:
    F = D / tau
    demand = np.einsum("njk,kn,kmn->jnkm", world.G, 1 - world.B, F)
    revenue = (D - F).sum(2)
    for n in range(N):
        demand[:, n, :, n] += np.outer(world.alpha[:, n], revenue[:, n])
    start = world.alpha * (w * world.VA + deficit)
    X = np.linalg.solve(np.eye(J * N) - demand.reshape(J * N, J * N), start.reshape(-1)).reshape(J, N)
    M = F * X[:, :, None]
    income = w * world.VA + (revenue * X).sum(0) + deficit
    P = np.exp((world.alpha * np.log(p)).sum(0))
    excess = (M.sum((0, 1)) - M.sum((0, 2)) + deficit) / (w * world.VA)
    return excess, Equilibrium(w, P, income, c, M)


def _prices(world: World, w: Array, tau: Array, p: Array) -> tuple[Array, Array, Array]:
    power = -world.theta[:, None, None]
    while True:
        inputs = np.einsum("nkj,kn->jn", world.G, np.log(p))
        c = np.exp(world.B * np.log(w) + (1 - world.B) * inputs)
        pull = world.D * (c[:, None, :] * tau / world.tau) ** power
        new = pull.sum(2) ** (-1 / world.theta[:, None])
        gap, p = np.abs(new - p).max(), new
        if gap < 1e-12:  # a contraction: intermediate shares are below one
            return c, p, pull / pull.sum(2)[:, :, None]
