"""Equations read as formulas: products of powers, sums and functions, so that they can be arranged for speed.

The text of an equation runs on `Symbol` data as it does on numbers. Products are kept as bases with
exponents, so ``(py * T * k) ** (1 - sigma)`` becomes ``py ** (1 - sigma) * T ** (1 - sigma) * ...``: what
runs over origins and destinations is then mostly constant within a solve, and what moves is small. The rules
used hold for positive bases; a level below zero gives another not-a-number at worst, and whether a point is a
solution is decided by the equations as they are written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cge.dimensions import canonical

Factors = tuple[tuple["Node", "Node"], ...]


@dataclass(frozen=True, eq=False)
class Node:
    """One formula. ``letters``: its axes in canonical order; ``args``: what it is made of.

    ``op``: "read" (name, letters as read), "number" (value), "product" (factors as (base, exponent)), "add",
    "subtract", "log", "exp", "sqrt", "sum" (formula, letters summed over), "rename" (formula, letters of the
    formula in the order of its new ones).
    """

    op: str
    args: tuple[Any, ...]
    letters: str


class Formulas:
    """Makes nodes, each only once, and simplifies products."""

    def __init__(self) -> None:
        self._known: dict[Any, Node] = {}

    def _node(self, op: str, args: tuple[Any, ...], letters: str) -> Node:
        key = (op, args, letters)
        if key not in self._known:
            self._known[key] = Node(op, args, letters)
        return self._known[key]

    def number(self, value: float) -> Node:
        """A number."""
        return self._node("number", (float(value),), "")

    def read(self, name: str, letters: str) -> Node:
        """A quantity under the given letters."""
        return self._node("read", (name, letters), canonical(letters))

    def function(self, op: str, x: Node) -> Node:
        """log, exp or sqrt."""
        return self._node(op, (x,), x.letters)

    def add(self, a: Node, b: Node) -> Node:
        """The value of a + b."""
        if a.op == b.op == "number":
            return self.number(a.args[0] + b.args[0])
        return self._node("add", (a, b), _union(a, b))

    def subtract(self, a: Node, b: Node) -> Node:
        """The value of a - b."""
        if a.op == b.op == "number":
            return self.number(a.args[0] - b.args[0])
        return self._node("subtract", (a, b), _union(a, b))

    def multiply(self, a: Node, b: Node) -> Node:
        """The value of a * b."""
        return self._product(self._factors(a) + self._factors(b))

    def divide(self, a: Node, b: Node) -> Node:
        """The value of a / b."""
        return self.multiply(a, self.power(b, self.number(-1)))

    def power(self, a: Node, b: Node) -> Node:
        """The value of a ** b; a product's factors each get the exponent."""
        if a.op == b.op == "number":
            return self.number(a.args[0] ** b.args[0])
        return self._product(tuple((base, self.multiply(e, b)) for base, e in self._factors(a)))

    def total(self, x: Node, letters: str) -> Node:
        """Sum over letters; factors that lack them stand outside."""
        factors = self._factors(x)
        inside = self._product(tuple(f for f in factors if set(_letters_of(f)) & set(letters)))
        outside = tuple(f for f in factors if not set(_letters_of(f)) & set(letters))
        kept = "".join(c for c in inside.letters if c not in letters)
        # a letter of the sum that only one factor carries may be gone from all others, never from `inside`
        summed = self._node("sum", (inside, canonical(letters)), kept)
        return self._product(((summed, self.number(1)), *outside))

    def rename(self, x: Node, old: str, new: str) -> Node:
        """The same numbers under other letters."""
        if old == new:
            return x
        return self._node("rename", (x, "".join(old[new.index(c)] for c in canonical(new))), canonical(new))

    def _factors(self, x: Node) -> Factors:
        return x.args[0] if x.op == "product" else ((x, self.number(1)),)

    def _product(self, factors: Factors) -> Node:
        exponents: dict[Node, Node] = {}
        constant = 1.0
        for base, e in factors:
            if base.op == e.op == "number":
                constant *= base.args[0] ** e.args[0]
            else:
                exponents[base] = self.add(exponents[base], e) if base in exponents else e
        found = tuple((b, e) for b, e in exponents.items() if not (e.op == "number" and e.args[0] == 0))
        if constant != 1.0 or not found:
            found = ((self.number(constant), self.number(1)), *found)
        if len(found) == 1 and found[0][1] is self.number(1):
            return found[0][0]
        return self._node("product", (found,), canonical("".join({c for f in found for c in _letters_of(f)})))


def _letters_of(factor: tuple[Node, Node]) -> str:
    return _union(*factor)


def _union(a: Node, b: Node) -> str:
    return canonical("".join({*a.letters, *b.letters}))


class Symbol:
    """A formula in the place of an array's data: what `cge.axes.Named` carries while an equation is read."""

    __array_ufunc__ = None
    __slots__ = ("formulas", "node", "shape")

    def __init__(self, formulas: Formulas, node: Node, shape: tuple[Any, ...]) -> None:
        self.formulas, self.node, self.shape = formulas, node, shape

    @property
    def ndim(self) -> int:
        """Number of axes, those of length 1 included."""
        return len(self.shape)

    def transpose(self, order: list[int]) -> Symbol:
        """Axes are known by their letters, so their order is a matter of words."""
        return Symbol(self.formulas, self.node, tuple(self.shape[k] for k in order))

    def reshape(self, shape: list[Any]) -> Symbol:
        """As arrays; only axes of length 1 are added."""
        return Symbol(self.formulas, self.node, tuple(shape))

    def renamed(self, letters: str) -> Symbol:
        """The same numbers under other letters."""
        node = self.formulas.rename(self.node, "".join(self.shape), letters)
        return Symbol(self.formulas, node, tuple(letters))

    def sum(self, axis: tuple[int, ...]) -> Symbol:
        """Sum over axes."""
        node = self.formulas.total(self.node, "".join(self.shape[k] for k in axis))
        return Symbol(self.formulas, node, tuple(c for k, c in enumerate(self.shape) if k not in axis))

    def elementwise(self, name: str) -> Symbol:
        """log, exp or sqrt of every cell."""
        return Symbol(self.formulas, self.formulas.function(name, self.node), self.shape)

    def _with(self, other: Any, operate: Callable[[Node, Node], Node], *, swapped: bool = False) -> Symbol:
        if not isinstance(other, Symbol):
            other = Symbol(self.formulas, self.formulas.number(other), (1,) * self.ndim)
        one, two = (other, self) if swapped else (self, other)
        shape = tuple(b if a == 1 else a for a, b in zip(one.shape, two.shape, strict=True))
        return Symbol(self.formulas, operate(one.node, two.node), shape)

    def __add__(self, other: Any) -> Symbol:
        return self._with(other, self.formulas.add)

    def __radd__(self, other: Any) -> Symbol:
        return self._with(other, self.formulas.add, swapped=True)

    def __sub__(self, other: Any) -> Symbol:
        return self._with(other, self.formulas.subtract)

    def __rsub__(self, other: Any) -> Symbol:
        return self._with(other, self.formulas.subtract, swapped=True)

    def __mul__(self, other: Any) -> Symbol:
        return self._with(other, self.formulas.multiply)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Symbol:
        return self._with(other, self.formulas.divide)

    def __rtruediv__(self, other: Any) -> Symbol:
        return self._with(other, self.formulas.divide, swapped=True)

    def __pow__(self, other: Any) -> Symbol:
        return self._with(other, self.formulas.power)

    def __rpow__(self, other: Any) -> Symbol:
        return self._with(other, self.formulas.power, swapped=True)

    def __neg__(self) -> Symbol:
        return self * -1.0


def read(system: Any, formulas: Formulas) -> Mapping[str, Node]:
    """The formula of every equation of a `cge.equation.System`, by what it determines, with the letters of
    ``system.letters``.
    """
    from cge.equation import View

    def fetch(name: str, letters: str) -> Symbol:
        return Symbol(formulas, formulas.read(name, letters), tuple(letters))

    found = {}
    for e in system.equations:
        result = e.function(View(system.quantities, fetch))
        found[e.determines] = result.data.node
    return found
