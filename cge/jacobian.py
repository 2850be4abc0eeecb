"""Exact first derivatives of every equation, as sparse matrices between equations and the quantities they
read.

The subscripts of an access give the colouring: letters shared with the equation's result touch only the same
cell, so all of them are seeded at once; the other letters are seeded one by one. ``pa[d,i]`` reading
``py["oi"]`` costs as many directional derivatives as there are regions. The derivatives themselves come from
JAX.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp

from cge.dimensions import Sets
from cge.equation import Equation, System, View, ordered


class ColouringError(RuntimeError):
    """An equation mixes cells that its subscripts declare separate; its derivative cannot be trusted."""


@dataclass(frozen=True)
class Access:
    """One place where an equation reads a quantity: its name, its letters there, and the letters to be
    seeded.
    """

    equation: str
    name: str
    letters: str
    result: str

    @property
    def seeded(self) -> str:
        """Letters of the access that the result does not carry."""
        return "".join(c for c in self.letters if c not in self.result)

    def pattern(self, sets: Sets) -> tuple[np.ndarray, np.ndarray]:
        """Row and column numbers of the derivative tensor, whose axes are seeded letters then result
        letters.
        """
        axes = self.seeded + self.result
        grid = dict(zip(axes, np.ogrid[tuple(slice(n) for n in sets.shape(axes))], strict=True))
        shape = sets.shape(axes)
        rows = np.broadcast_to(_flat(self.result, grid, sets), shape).reshape(-1)
        columns = np.broadcast_to(_flat(self.letters, grid, sets), shape).reshape(-1)
        return rows, columns


def _flat(letters: str, grid: Mapping[str, np.ndarray], sets: Sets) -> np.ndarray:
    number: Any = np.zeros((), dtype=np.int32)
    for letter in letters:
        number = number * np.int32(len(sets.labels(letter))) + grid[letter].astype(np.int32)
    return number


class Derivatives:
    """Derivatives of the equations of one system with respect to chosen quantities, compiled once for given
    sets.

    `wrt` names the quantities; calling the object with all arrays returns
    ``{(determines, name): csr matrix}`` with one row per cell of the determined variable and one column per
    cell of the quantity.
    """

    def __init__(self, system: System, sets: Sets, wrt: frozenset[str]) -> None:
        self.system, self.sets, self.wrt = system, sets, wrt
        self.accesses = {
            e.determines: tuple(
                Access(e.determines, name, letters, system.letters[e.determines])
                for name, letters in system.reads[e.determines]
                if name in wrt
            )
            for e in system.equations
        }

    @cached_property
    def nonzeros(self) -> int:
        """Derivatives that may differ from zero, each place where an equation reads a quantity for itself."""
        places = (a for accesses in self.accesses.values() for a in accesses)
        return sum(int(np.prod(self.sets.shape(a.seeded + a.result))) for a in places)

    @cached_property
    def _patterns(self) -> dict[Access, tuple[np.ndarray, np.ndarray]]:
        return {a: a.pattern(self.sets) for accesses in self.accesses.values() for a in accesses}

    @cached_property
    def _compiled(self) -> Any:
        from cge.jax_setup import jax

        return jax().jit(self._tensors)

    def __call__(self, arrays: Mapping[str, np.ndarray]) -> dict[tuple[str, str], sp.csr_array]:
        """Return the partial derivatives at the given levels of all quantities."""
        needed = {name for e in self.system.equations for name, _ in self.system.reads[e.determines]}
        tensors = self._compiled({name: np.asarray(arrays[name], dtype=float) for name in sorted(needed)})
        matrices: dict[tuple[str, str], sp.csr_array] = {}
        for determines, accesses in self.accesses.items():
            for access, tensor in zip(accesses, tensors[determines], strict=True):
                key, matrix = (determines, access.name), self._matrix(access, np.asarray(tensor))
                matrices[key] = matrices[key] + matrix if key in matrices else matrix
        return matrices

    def _matrix(self, access: Access, tensor: np.ndarray) -> sp.csr_array:
        rows, columns = self._patterns[access]
        values = tensor.reshape(-1)
        keep = values != 0
        declared = self.system.quantities
        shape = tuple(int(np.prod(self.sets.shape(declared[n].dims))) for n in (access.equation, access.name))
        return sp.csr_array((values[keep], (rows[keep], columns[keep])), shape=shape)

    def _tensors(self, arrays: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
        return {
            e.determines: _equation_tensors(e, self.system, self.sets, self.accesses[e.determines], arrays)
            for e in self.system.equations
        }

    def verify(
        self, arrays: Mapping[str, np.ndarray], matrices: Mapping[tuple[str, str], sp.csr_array]
    ) -> None:
        """Compare the matrices with one random directional derivative; raise ColouringError where they
        differ.
        """
        from cge.jax_setup import jax

        direction = {
            n: np.random.default_rng(7).standard_normal(np.shape(arrays[n])) for n in sorted(self.wrt)
        }
        tangents = jax().jit(self._directional)(dict(arrays), direction)
        for determines, tangent in tangents.items():
            product = sum(
                (m @ direction[n].reshape(-1) for (e, n), m in matrices.items() if e == determines),
                np.zeros(np.size(tangent)),
            )
            gap = np.abs(product - np.asarray(tangent).reshape(-1))
            if gap.max(initial=0.0) > 1e-9 * (1 + np.abs(product).max(initial=0.0)):
                raise ColouringError(
                    f"the equation for '{determines}' mixes cells that its subscripts declare separate "
                    f"(derivative off by {gap.max():.2g}); sum over a letter only if the result lacks it"
                )

    def _directional(self, arrays: Mapping[str, Any], direction: Mapping[str, Any]) -> dict[str, Any]:
        from cge.jax_setup import jax

        def all_equations(chosen: Mapping[str, Any]) -> dict[str, Any]:
            levels = {**arrays, **chosen}
            return {e.determines: self.system.evaluate(e, levels) for e in self.system.equations}

        return jax().jvp(all_equations, ({n: arrays[n] for n in direction},), (dict(direction),))[1]


def _equation_tensors(
    e: Equation, system: System, sets: Sets, accesses: tuple[Access, ...], arrays: Mapping[str, Any]
) -> tuple[Any, ...]:
    from cge.jax_setup import jax

    quantity = system.quantities[e.determines]

    def evaluate(read: Mapping[tuple[str, str], Any]) -> Any:
        def fetch(name: str, letters: str) -> Any:
            return read.get((name, letters), arrays[name])

        return ordered(e.function(View(system.quantities, fetch)), system.letters[e.determines], quantity)

    if not accesses:
        return ()
    if not quantity.dims:
        gradient = jax().grad(evaluate)({(a.name, a.letters): arrays[a.name] for a in accesses})
        return tuple(gradient[a.name, a.letters] for a in accesses)
    return tuple(_seeded(evaluate, arrays[a.name], a, sets) for a in accesses)


def _seeded(evaluate: Any, level: Any, access: Access, sets: Sets) -> Any:
    """Derivative tensor of one access; one linearisation each, so that no seed pays for the other
    accesses.
    """
    from cge.jax_setup import jax

    jnp, key = jax().numpy, (access.name, access.letters)
    count = int(np.prod(sets.shape(access.seeded)))
    shape = tuple(len(sets.labels(c)) if c in access.seeded else 1 for c in access.letters)
    _, linear = jax().linearize(lambda x: evaluate({key: x}), level)

    def one(number: Any) -> Any:
        seed = (jnp.arange(count) == number).astype(float).reshape(shape)
        return linear(jnp.broadcast_to(seed, level.shape))

    return one(0) if count == 1 else jax().lax.map(one, jnp.arange(count))
