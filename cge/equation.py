"""Equations, blocks and the check of their composition.

An equation is a function of a view ``v`` of all quantities. In the price, quantity and revenue phases it
returns the value of the variable it determines; in the balance phase it returns the excess of the market or
budget whose price or income it determines. A block is a value that groups declarations and equations; a
system is a checked composition of blocks in the order of evaluation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import numpy as np

from cge.axes import AxisError, Named, check_letters
from cge.dimensions import CLASS_OF, LETTERS, Sets
from cge.quantities import Quantity

PHASES = ("price", "quantity", "revenue", "balance")
TEARS = {"price": "py", "quantity": "y"}
"""The variable that closes the loop inside a simultaneous phase: goods prices, outputs."""


class CompositionError(ValueError):
    """Blocks do not fit together: a variable without equation, with two, or read without being declared."""


@dataclass(frozen=True)
class Equation:
    """One equation: the variable it determines, its phase, its text and its documentation."""

    determines: str
    phase: str
    function: Callable[[Any], Named] = field(compare=False)
    name: str = ""

    @property
    def title(self) -> str:
        """First line of the docstring."""
        return (self.function.__doc__ or "").strip().split("\n")[0]

    @property
    def formula(self) -> str:
        """The LaTeX of the docstring's ``.. math::`` line, or of its first ``:math:`` role."""
        found = re.search(
            r"\.\. math::\s*(.+?)(?:\n\s*\n|$)|:math:`(.+?)`", self.function.__doc__ or "", re.S
        )
        text = (found.group(1) or found.group(2)) if found else ""
        return " ".join(text.split())

    @property
    def source(self) -> str:
        """The text after ``Source:`` in the docstring."""
        found = re.search(r"Source:\s*(.+?)\s*$", self.function.__doc__ or "", re.S)
        return " ".join(found.group(1).split()) if found else ""


def equation(determines: str, phase: str) -> Callable[[Callable[[Any], Named]], Equation]:
    """Turn a function of the view into an `Equation` that determines the named variable."""
    if phase not in PHASES:
        raise CompositionError(f"phase '{phase}' is not one of {', '.join(PHASES)}")

    def decorate(function: Callable[[Any], Named]) -> Equation:
        return Equation(determines, phase, function, getattr(function, "__name__", determines))

    return decorate


@dataclass(frozen=True)
class Report:
    """An expression that no equation needs as a variable but every reader of results wants."""

    quantity: Quantity
    function: Callable[[Any], Named] = field(compare=False)


@dataclass(frozen=True)
class Block:
    """A named group of declarations, equations and reported expressions."""

    name: str
    quantities: tuple[Quantity, ...]
    equations: tuple[Equation, ...]
    reports: tuple[Report, ...] = ()


class View:
    """What an equation sees: ``v.py["oi"]`` asks `fetch` for the array ``py`` under the letters ``oi``.

    Scalars are read without letters. A name that no block declares raises CompositionError. `memory` keeps
    the values of `shared` expressions, for views of arrays that do not change.
    """

    __slots__ = ("_declared", "_fetch", "_memory")

    def __init__(
        self,
        declared: Mapping[str, Quantity],
        fetch: Callable[[str, str], Any],
        memory: dict[Any, Named] | None = None,
    ) -> None:
        self._declared = declared
        self._fetch = fetch
        self._memory = memory

    def __getattr__(self, name: str) -> Any:
        quantity = self._declared.get(name)
        if quantity is None:
            raise CompositionError(f"an equation reads '{name}', which no block declares")
        if not quantity.dims:
            return Named(self._fetch(name, ""), "")
        return _Handle(quantity, self._fetch)


class _Handle:
    """A declared array before its letters are given; it takes part in nothing until indexed."""

    __slots__ = ("_fetch", "_quantity")
    __array_ufunc__ = None

    def __init__(self, quantity: Quantity, fetch: Callable[[str, str], Any]) -> None:
        self._quantity = quantity
        self._fetch = fetch

    def __getitem__(self, letters: str) -> Named:
        check_letters(self._quantity.dims, letters, self._quantity.name)
        return Named(self._fetch(self._quantity.name, letters), letters)


def view(
    declared: Mapping[str, Quantity], arrays: Mapping[str, Any], memory: dict[Any, Named] | None = None
) -> View:
    """Return a view of plain arrays by name; with a `memory` only if they do not change while it is used."""
    return View(declared, lambda name, letters: arrays[name], memory)


def shared(function: Callable[..., Named]) -> Callable[..., Named]:
    """Mark an expression that many equations contain: a view with a memory computes it once."""

    @wraps(function)
    def remembered(v: Any, *letters: str) -> Named:
        memory = getattr(v, "_memory", None)
        if memory is None:
            return function(v, *letters)
        key = (function, letters)
        if key not in memory:
            memory[key] = function(v, *letters)
        return memory[key]

    return remembered


def result_letters(result: Named, quantity: Quantity) -> str:
    """Letters of an equation's result in the order of the declared axes of what it determines.

    Raises AxisError when the classes of the letters differ from the declared ones.
    """
    if not isinstance(result, Named):
        raise AxisError(f"the equation for {quantity.name} returns a number without axes")
    pool = sorted(result.dims, key=LETTERS.index)
    letters = ""
    for declared in quantity.dims:
        match = next((c for c in pool if CLASS_OF[c] == CLASS_OF[declared]), None)
        if match is None:
            break
        pool.remove(match)
        letters += match
    if pool or len(letters) != len(quantity.dims):
        raise AxisError(f"the equation for {quantity.name}[{quantity.dims}] returns axes '{result.dims}'")
    return letters


@dataclass(frozen=True)
class System:
    """A checked composition: all quantities, and the equations of each phase in order of evaluation.

    ``reads[determines]`` lists (name, letters) of every access of the equation that determines the variable.
    """

    quantities: Mapping[str, Quantity]
    phases: Mapping[str, tuple[Equation, ...]]
    reads: Mapping[str, tuple[tuple[str, str], ...]]
    letters: Mapping[str, str]
    blocks: tuple[Block, ...]

    @property
    def equations(self) -> tuple[Equation, ...]:
        """Every equation in order of evaluation."""
        return tuple(e for phase in PHASES for e in self.phases[phase])

    def names(self, kind: str) -> tuple[str, ...]:
        """Names of all quantities of one kind."""
        return tuple(q.name for q in self.quantities.values() if q.kind == kind)

    def view(self, arrays: Mapping[str, Any]) -> View:
        """What equations see of arrays that do not change; what many of them contain is computed once."""
        return view(self.quantities, arrays, {})

    def evaluate(self, equation: Equation, arrays: Mapping[str, Any] | View) -> Any:
        """Return the value of one equation with the axes of the variable it determines."""
        quantity = self.quantities[equation.determines]
        seen = arrays if isinstance(arrays, View) else view(self.quantities, arrays)
        result = equation.function(seen)
        return ordered(result, self.letters[equation.determines], quantity)

    def report(self, arrays: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
        """Return every reported expression as (letters, data) by name."""
        results, seen = {}, self.view(arrays)
        for report in (r for block in self.blocks for r in block.reports):
            result = report.function(seen)
            letters = result_letters(result, report.quantity)
            results[report.quantity.name] = (report.quantity.dims, ordered(result, letters, report.quantity))
        return results


def ordered(result: Named, letters: str, quantity: Quantity) -> Any:
    """Data of an equation's result with its axes in the declared order of what it determines."""
    if result.dims == letters:
        return result.data
    if sorted(result.dims) != sorted(letters):
        raise AxisError(
            f"the equation for {quantity.name} returns axes '{result.dims}', expected '{letters}'"
        )
    return result.data.transpose([result.dims.index(c) for c in letters])


def compose(blocks: Iterable[Block]) -> System:
    """Check that blocks fit together and return the system in order of evaluation.

    Raises CompositionError when a quantity is declared twice, a variable has no equation or two, an equation
    reads what nobody declares, or a phase has a loop that its tear variable does not cut.
    """
    blocks = tuple(blocks)
    quantities: dict[str, Quantity] = {}
    for block in blocks:
        for q in block.quantities:
            if q.name in quantities:
                raise CompositionError(
                    f"'{q.name}' is declared twice, the second time in block '{block.name}'"
                )
            quantities[q.name] = q
    equations = [e for block in blocks for e in block.equations]
    _check_determined(quantities, equations)
    reads, letters = {}, {}
    for e in equations:
        reads[e.determines], letters[e.determines] = _trace(e, quantities)
    phases = {phase: _sorted([e for e in equations if e.phase == phase], phase, reads) for phase in PHASES}
    _check_order(phases, reads)
    return System(quantities, phases, reads, letters, blocks)


def active(system: System, held: Collection[str]) -> System:
    """The part of a system that decides anything: balances, loops, held variables, and all that these read.

    The other variables are read by nobody and held nowhere: relations that are switched off, and figures for
    reports. They are evaluated once, when everything else is known, and enter no derivative.
    """
    needed = {e.determines for e in system.phases["balance"]} | set(TEARS.values()) | set(held)
    needed |= {name for e in system.phases["balance"] for name, _ in system.reads[e.determines]}
    for phase in ("revenue", "quantity", "price"):
        # the tear variable is read before its own equation, so a phase is walked until nothing is added
        while True:
            here = [e for e in system.phases[phase] if e.determines in needed]
            read = {name for e in here for name, _ in system.reads[e.determines]}
            if read <= needed:
                break
            needed |= read
    phases = {p: tuple(e for e in es if e.determines in needed) for p, es in system.phases.items()}
    kept = {n: q for n, q in system.quantities.items() if q.kind != "variable" or n in needed}
    return System(kept, phases, system.reads, system.letters, system.blocks)


def _check_determined(quantities: Mapping[str, Quantity], equations: list[Equation]) -> None:
    count: dict[str, int] = dict.fromkeys((n for n, q in quantities.items() if q.kind == "variable"), 0)
    for e in equations:
        if e.determines not in count:
            raise CompositionError(
                f"equation '{e.name}' determines '{e.determines}', which is not a variable"
            )
        count[e.determines] += 1
    for name, times in count.items():
        if times == 0:
            raise CompositionError(f"no equation determines {name}")
        if times > 1:
            raise CompositionError(f"{times} equations determine {name}")


def _trace(e: Equation, quantities: Mapping[str, Quantity]) -> tuple[tuple[tuple[str, str], ...], str]:
    """Evaluate an equation on a tiny world to learn what it reads and which letters it returns."""
    sets = Sets(("R1", "R2"), ("S1", "S2", "S3"), ("F1", "F2"))
    seen: dict[tuple[str, str], None] = {}

    def fetch(name: str, letters: str) -> Any:
        seen[name, letters] = None
        return np.full(sets.shape(letters), 1.25)

    # the levels are invented: only names and letters matter
    with np.errstate(all="ignore"):
        result = e.function(View(quantities, fetch))
    return tuple(seen), result_letters(result, quantities[e.determines])


def _sorted(equations: list[Equation], phase: str, reads: Mapping[str, Any]) -> tuple[Equation, ...]:
    """Order the equations of a phase so that each reads only what stands before it, the tear variable
    apart.
    """
    if phase == "balance":
        return tuple(equations)
    here = {e.determines for e in equations}
    done: set[str] = {TEARS[phase]} if phase in TEARS else set()
    waiting, order = list(equations), []
    while waiting:
        ready = [e for e in waiting if all(n in done for n, _ in reads[e.determines] if n in here)]
        # the tear variable's own equation closes the loop, so it comes when all it reads is known
        if not ready:
            raise CompositionError(f"phase '{phase}': loop among {', '.join(e.determines for e in waiting)}")
        order += ready
        done |= {e.determines for e in ready}
        waiting = [e for e in waiting if e not in ready]
    return tuple(order)


def _check_order(phases: Mapping[str, tuple[Equation, ...]], reads: Mapping[str, Any]) -> None:
    later: set[str] = set()
    for phase in ("revenue", "quantity", "price"):
        for e in phases[phase]:
            wrong = [name for name, _ in reads[e.determines] if name in later]
            if wrong:
                raise CompositionError(
                    f"'{e.determines}' ({phase} phase) reads '{wrong[0]}' of a later phase"
                )
        later |= {e.determines for e in phases[phase]}
