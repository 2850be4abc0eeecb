"""Caliendo & Parro (2015) in exact-hat algebra, straight from the authors' files; nothing of the package.

Given wages, input-output prices and expenditures are iterated to their fixed points, and wages move with the
excess supply of exports until trade balances up to the given deficits.
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
    w, p, X, excess = np.ones(N), np.ones((J, N)), world.alpha * world.VA, np.ones(N)
    for _ in range(1000):
        c, p, D = _prices(world, w, tau, p)
        X = _spending(world, w, D, tau, deficit, X)
        M = D / tau * X[:, :, None]
        excess = (M.sum((0, 1)) - M.sum((0, 2)) + deficit) / (w * world.VA)
        if np.abs(excess).max() < tol:
            income = w * world.VA + ((tau - 1) * M).sum((0, 2)) + deficit
            return Equilibrium(w, np.exp((world.alpha * np.log(p)).sum(0)), income, c, M)
        w = w * (1 + 0.7 * excess)
        w *= world.VA.sum() / (w * world.VA).sum()
    raise RuntimeError(f"hat algebra did not converge: {np.abs(excess).max():.1e}")


def _spending(world: World, w: Array, D: Array, tau: Array, deficit: Array, X: Array) -> Array:
    """Spending (j, n) on inputs and final goods at given prices and wages, by iteration."""
    F = D / tau
    revenue = (D - F).sum(2)
    inputs = world.G * (1 - world.B).T[:, None, :]
    while True:
        income = w * world.VA + (revenue * X).sum(0) + deficit
        output = (F * X[:, :, None]).sum(1)
        new = np.einsum("njk,kn->jn", inputs, output) + world.alpha * income
        gap, X = np.abs(new - X).max() / world.VA.min(), new
        if gap < 1e-11:
            return X


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
