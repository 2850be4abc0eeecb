"""Broyden's update: what the steps of a search teach about the Jacobian while a kept one stands in for it."""

from __future__ import annotations

import numpy as np

SMALLEST = 1e-3
"""Share of its length that a step must keep through the kept Jacobian for the update to be safe."""


class Secant:
    """Newton directions from values that are preconditioned with a kept Jacobian, corrected step by step.

    Begins with the identity as inverse; each new point adds one rank (Broyden 1965, the good update, in its
    inverse form). It belongs to one run of the solver.
    """

    def __init__(self) -> None:
        self._left: list[np.ndarray] = []
        self._right: list[np.ndarray] = []
        self._point = self._value = np.empty(0)

    def direction(self, x: np.ndarray, value: np.ndarray) -> np.ndarray:
        """The error in the unknowns at x, (n,), given the preconditioned residual there, (n,)."""
        if len(self._point):
            self._learn(x - self._point, value - self._value)
        self._point, self._value = np.array(x), value
        return self._applied(value)

    def _applied(self, value: np.ndarray) -> np.ndarray:
        result = value
        for left, right in zip(self._left, self._right, strict=True):
            result = result + left * (right @ value)
        return result

    def _learn(self, step: np.ndarray, change: np.ndarray) -> None:
        expected = self._applied(change)
        scale = float(step @ expected)
        if not abs(scale) > SMALLEST * float(step @ step):
            return
        right = step
        for left, earlier in zip(self._left, self._right, strict=True):
            right = right + earlier * float(step @ left)
        self._left.append((step - expected) / scale)
        self._right.append(right)
