"""Numbers for one solve: a program's instructions on arrays that are laid out once.

What is constant within the solve is computed when the workspace is made. Afterwards an instruction is one
numpy call on views that are ready, writing where the next one reads; nothing is allocated and no axes are
aligned. A workspace belongs to one solve.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from cge.dimensions import LETTERS, Sets
from cge.equation import TEARS
from cge.lowering import BETWEEN, CONSTANT, LAST, OUTER, PRICE, QUANTITY, Instruction, Program

Step = tuple[Callable[..., Any], tuple[Any, ...]]


class Workspace:
    """Arrays of one program at given constants.

    ``levels``: arrays to be written before a stage is run, by name: the unknown quantities and the tear
    variables, with their declared axes. ``values``: arrays in which the stages leave what each equation
    gives, by what it determines; for a tear variable the value of the sweep.
    """

    def __init__(
        self, program: Program, sets: Sets, levels: Mapping[str, np.ndarray], moving: frozenset[str]
    ) -> None:
        self._program, self._sets, self._constants = program, sets, levels
        self.levels = {n: np.array(levels[n], dtype=float) for n in {*moving, *TEARS.values()}}
        self.values: dict[str, np.ndarray] = {}
        self._arrays: dict[Instruction, np.ndarray] = {}
        self._roots: dict[Instruction, list[str]] = {}
        for name, (root, _) in program.roots.items():
            self._roots.setdefault(root, []).append(name)
        with np.errstate(all="ignore"):
            self._stages = [self._stage(number) for number in range(LAST + 1)]

    def outer(self) -> None:
        """What follows from the unknowns alone."""
        self._run(OUTER)

    def price(self) -> np.ndarray:
        """One sweep of the price loop: goods prices that follow from those in ``levels``."""
        self._run(PRICE)
        return self.values[TEARS["price"]]

    def between(self) -> None:
        """What follows when the price loop has settled."""
        self._run(BETWEEN)

    def quantity(self) -> np.ndarray:
        """One sweep of the quantity loop: outputs that follow from those in ``levels``."""
        self._run(QUANTITY)
        return self.values[TEARS["quantity"]]

    def last(self) -> None:
        """What follows when both loops have settled."""
        self._run(LAST)

    def _run(self, stage: int) -> None:
        for function, arguments in self._stages[stage]:
            function(*arguments)

    def _stage(self, number: int) -> list[Step]:
        steps = []
        for i in self._program.stages[number]:
            array, step = self._prepared(i)
            self._arrays[i] = array
            if number == CONSTANT and step is not None:
                step[0](*step[1])
            elif step is not None:
                steps.append(step)
            for name in self._roots.get(i, ()):
                wanted = self._program.roots[name][1]
                self.values[name] = array.transpose([i.letters.index(c) for c in wanted])
        if number == CONSTANT:
            self._forget()
        return steps

    def _forget(self) -> None:
        """Drop constants that only other constants were made of."""
        read = {a for stage in self._program.stages[1:] for i in stage for a in i.args}
        self._arrays = {i: a for i, a in self._arrays.items() if i in read or i in self._roots}

    def _prepared(self, i: Instruction) -> tuple[np.ndarray, Step | None]:
        """The array of an instruction, and what is to be done to fill it (None: it is another's view)."""
        if i.op == "number":
            return np.array(i.extra), None
        if i.op == "read":
            return self._read(*i.extra), None
        if i.op == "rename":
            (x,) = i.args
            return self._arrays[x].transpose([x.letters.index(c) for c in i.extra]), None
        out = np.empty(self._sets.shape(i.letters))
        if i.op == "sum":
            (x,) = i.args
            axes = tuple(x.letters.index(c) for c in i.extra)
            return out, (np.add.reduce, (self._arrays[x], axes, None, out))
        if i.op == "contract":
            return out, self._contraction(i, out)
        arguments = [self._aligned(a, i.letters) for a in i.args]
        return out, (getattr(np, i.op), (*arguments, out))

    def _read(self, name: str, letters: str) -> np.ndarray:
        array = self.levels.get(name)
        if array is None:
            array = self.values.get(name)
        if array is None:
            array = np.asarray(self._constants[name], dtype=float)
        order = sorted(range(len(letters)), key=lambda k: LETTERS.index(letters[k]))
        return array.transpose(order)

    def _aligned(self, i: Instruction, letters: str) -> np.ndarray:
        array = self._arrays[i]
        return array.reshape([array.shape[i.letters.index(c)] if c in i.letters else 1 for c in letters])

    def _contraction(self, i: Instruction, out: np.ndarray) -> Step:
        a, b = i.args
        subscripts = f"{a.letters},{b.letters}->{i.letters}"
        return partial(np.einsum, subscripts, self._arrays[a], self._arrays[b], out=out), ()
