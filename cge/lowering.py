"""From formulas to instructions in the order in which a solve needs them.

An instruction belongs to the first stage in which all it reads is known, so that what is constant within a
solve is computed once, what depends on the unknowns alone once per evaluation, and a sweep of a loop computes
only what its tear variable moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from cge.dimensions import canonical
from cge.equation import TEARS, System
from cge.symbols import Formulas, Node, read

CONSTANT, OUTER, PRICE, BETWEEN, QUANTITY, LAST = range(6)
"""Stages: once per solve; once per evaluation; each price sweep; when prices are known; each quantity sweep;
when quantities are known."""


@dataclass(frozen=True, eq=False)
class Instruction:
    """One array operation: `op` on the results of `args`; ``letters``: axes of its result, in order.

    ``op``: "read" (extra: name and letters), "number" (extra: value), "rename" (extra: old letters in the new
    order), "sum" (extra: letters summed), "contract" (sum of a product of two over the letters that the
    result lacks), or a numpy function of one or two arrays. ``stage``: when its arguments are known.
    """

    op: str
    args: tuple[Instruction, ...]
    letters: str
    stage: int
    extra: Any = None


@dataclass(frozen=True)
class Program:
    """Instructions by stage, in order, and where the value of each variable is found.

    ``roots``: instruction by variable that an equation determines (excess for balances), with its letters in
    the order of the declared axes.
    """

    stages: tuple[tuple[Instruction, ...], ...]
    roots: Mapping[str, tuple[Instruction, str]]


class _Lowering:
    def __init__(self, stage_of: Mapping[str, int]) -> None:
        self.stage_of = stage_of
        self.order: list[Instruction] = []
        self._known: dict[Any, Instruction] = {}
        self._nodes: dict[Node, Instruction] = {}

    def emit(self, op: str, args: tuple[Instruction, ...], letters: str, extra: Any = None) -> Instruction:
        key = (op, args, letters, extra)
        if key not in self._known:
            known = self.stage_of[extra[0]] if op == "read" else CONSTANT
            stage = max([known, *(a.stage for a in args)])
            self._known[key] = Instruction(op, args, letters, stage, extra)
            self.order.append(self._known[key])
        return self._known[key]

    def lower(self, node: Node) -> Instruction:
        if node not in self._nodes:
            self._nodes[node] = self._lower(node)
        return self._nodes[node]

    def _lower(self, node: Node) -> Instruction:
        op, args = node.op, node.args
        if op in ("read", "number"):
            return self.emit(op, (), node.letters, args if op == "read" else args[0])
        if op == "product":
            return self._product(args[0])
        if op == "sum":
            return self._sum(*args)
        if op == "rename":
            return self.emit("rename", (self.lower(args[0]),), node.letters, args[1])
        return self.emit(op, tuple(self.lower(a) for a in args), node.letters)

    def _binary(self, op: str, a: Instruction, b: Instruction) -> Instruction:
        return self.emit(op, (a, b), canonical("".join({*a.letters, *b.letters})))

    def _product(self, factors: Any) -> Instruction:
        parts = self._parts(factors)
        constant = [p for p in parts if p.stage == CONSTANT]
        moving = [p for p in parts if p.stage != CONSTANT]
        return self._multiply([*self._merged(moving), *([self._multiply(constant)] if constant else [])])

    def _sum(self, inside: Node, letters: str) -> Instruction:
        factors = inside.args[0] if inside.op == "product" else ((inside, None),)
        parts = self._parts(factors)
        constant = [p for p in parts if p.stage == CONSTANT]
        operands = self._merged([p for p in parts if p.stage != CONSTANT])
        if constant:
            operands.append(self._multiply(constant))
        kept = "".join(c for c in inside.letters if c not in letters)
        if len(operands) == 1:
            return self.emit("sum", (operands[0],), kept, letters)
        *first, last = operands
        return self.emit("contract", (self._multiply(first), last), kept)

    def _merged(self, parts: list[Instruction]) -> list[Instruction]:
        """Products of parts: those known early first, and small ones into larger ones with all their axes."""
        merged: list[Instruction] = []
        for part in sorted(parts, key=lambda p: (len(p.letters), p.stage, p.letters)):
            # a part is multiplied into this one when that costs no new axis
            inside = [m for m in merged if set(m.letters) <= set(part.letters)]
            merged = [m for m in merged if m not in inside]
            merged.append(self._multiply([*sorted(inside, key=lambda m: m.stage), part]))
        return merged

    def _multiply(self, parts: list[Instruction]) -> Instruction:
        ordered = sorted(parts, key=lambda p: (len(p.letters), p.stage))
        return reduce(lambda a, b: self._binary("multiply", a, b), ordered)

    def _parts(self, factors: Any) -> list[Instruction]:
        """One instruction for each stage and set of axes: powers with one exponent are taken of products."""
        bases: dict[Any, list[Instruction]] = {}
        for base, exponent in factors:
            low = self.lower(base)
            bases.setdefault((exponent, low.stage, low.letters), []).append(low)
        groups: dict[Any, list[Instruction]] = {}
        for (exponent, _, _), found in bases.items():
            part = self._power(self._multiply(found), exponent)
            groups.setdefault((part.stage, part.letters), []).append(part)
        return [self._multiply(found) for found in groups.values()]

    def _power(self, base: Instruction, exponent: Node | None) -> Instruction:
        if exponent is None or (exponent.op == "number" and exponent.args[0] == 1):
            return base
        if exponent.op == "number" and exponent.args[0] in (-1, 2):
            return self.emit("reciprocal" if exponent.args[0] == -1 else "square", (base,), base.letters)
        return self._binary("power", base, self.lower(exponent))


def lowered(system: System, moving: frozenset[str]) -> Program:
    """The program of a system in which the quantities `moving` are unknowns or contain some."""
    formulas = read(system, Formulas())
    stage_of = dict.fromkeys(system.quantities, CONSTANT) | dict.fromkeys(moving, OUTER)
    work, roots = _Lowering(stage_of), {}
    stage_of |= {TEARS["price"]: PRICE, TEARS["quantity"]: QUANTITY}
    for e in system.equations:
        root = work.lower(formulas[e.determines])
        roots[e.determines] = root, _declared(root.letters, system.letters[e.determines])
        if e.phase != "balance" and e.determines not in TEARS.values():
            stage_of[e.determines] = root.stage
    closing = {e.determines for e in system.phases["balance"]} | set(TEARS.values())
    follows = {n: root for n, (root, _) in roots.items() if n not in closing}
    return Program(_staged(work.order, {p: roots[n][0] for p, n in TEARS.items()}, follows), roots)


def _declared(letters: str, wanted: str) -> str:
    assert sorted(letters) == sorted(wanted), f"{letters} are not {wanted}"
    return wanted


def _staged(
    order: list[Instruction], tears: Mapping[str, Instruction], follows: Mapping[str, Instruction]
) -> tuple[tuple[Instruction, ...], ...]:
    """Instructions by the stage they are carried out in: a loop does only what its own tear variable needs,
    the rest waits until it has settled.
    """
    loops = {PRICE: "price", QUANTITY: "quantity"}
    needed = {stage: _ancestors(tears[phase], follows) for stage, phase in loops.items()}
    stages: list[list[Instruction]] = [[] for _ in range(LAST + 1)]
    for i in order:
        waits = i.stage in needed and i not in needed[i.stage]
        stages[i.stage + waits].append(i)
    return tuple(tuple(s) for s in stages)


def _ancestors(root: Instruction, follows: Mapping[str, Instruction]) -> set[Instruction]:
    """All that an instruction rests on, through the variables that it reads."""
    found: set[Instruction] = set()
    waiting = [root]
    while waiting:
        i = waiting.pop()
        if i not in found:
            found.add(i)
            waiting += i.args
            if i.op == "read" and i.extra[0] in follows:
                waiting.append(follows[i.extra[0]])
    return found
