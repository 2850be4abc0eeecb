"""Arrays with named axes: the notation in which every equation of the model is written.

A `Named` is an array and the letters of its axes. Arithmetic aligns operands on the union of their letters,
so ``v.py["oi"] * (1 + v.tm["odi"])`` has axes ``odi`` and reads like the formula. The same text runs on numpy
floats, on numpy arrays of Pyomo variables and on JAX arrays, because only operators and the functions of this
module touch the data.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from cge.dimensions import CLASS_OF, canonical


class AxisError(ValueError):
    """An expression uses an axis that is not there, or gives an array the wrong letters."""


class Named:
    """An array with one letter per axis, in canonical order after any arithmetic.

    Indexing renames axes: ``w["r"]`` becomes ``w["o"]``; a letter may only replace one of its own class,
    because square sets (regions by regions, sectors by sectors) would hide a swap.
    """

    __slots__ = ("data", "dims")
    __array_ufunc__ = None

    def __init__(self, data: Any, dims: str) -> None:
        if getattr(data, "ndim", 0) != len(dims):
            raise AxisError(f"{np.ndim(data)} axes cannot carry the letters '{dims}'")
        self.data = data
        self.dims = dims

    def __getitem__(self, letters: str) -> Named:
        check_letters(self.dims, letters, "array")
        renamed = getattr(self.data, "renamed", None)  # a formula carries its letters itself
        return Named(self.data if renamed is None else renamed(letters), letters)

    def _with(self, other: Any, operate: Callable[[Any, Any], Any]) -> Named:
        if not isinstance(other, Named):
            if np.ndim(other) != 0:
                raise AxisError("an array without axis letters cannot take part in an equation")
            return wrap(operate(self.data, other), self.dims)
        if self.dims == other.dims:
            return wrap(operate(self.data, other.data), self.dims)
        dims = _united(self.dims, other.dims)
        return wrap(operate(aligned(self, dims), aligned(other, dims)), dims)

    def __add__(self, other: Any) -> Named:
        return self._with(other, lambda a, b: a + b)

    __radd__ = __add__

    def __mul__(self, other: Any) -> Named:
        return self._with(other, lambda a, b: a * b)

    __rmul__ = __mul__

    def __sub__(self, other: Any) -> Named:
        return self._with(other, lambda a, b: a - b)

    def __rsub__(self, other: Any) -> Named:
        return self._with(other, lambda a, b: b - a)

    def __truediv__(self, other: Any) -> Named:
        return self._with(other, lambda a, b: a / b)

    def __rtruediv__(self, other: Any) -> Named:
        return self._with(other, lambda a, b: b / a)

    def __pow__(self, other: Any) -> Named:
        return self._with(other, lambda a, b: a**b)

    def __rpow__(self, other: Any) -> Named:
        return self._with(other, lambda a, b: b**a)

    def __neg__(self) -> Named:
        return wrap(-self.data, self.dims)

    def __repr__(self) -> str:
        return f"Named[{self.dims}]{np.shape(self.data)}"


def wrap(data: Any, dims: str) -> Named:
    """Name the axes of a result; numpy hands back a bare object instead of a 0-d object array."""
    if not dims and not hasattr(data, "ndim"):
        holder = np.empty((), dtype=object)
        holder[()] = data
        data = holder if not isinstance(data, int | float) else np.asarray(data, dtype=float)
    return Named(data, dims)


def aligned(x: Named, dims: str) -> Any:
    """Return the data of `x` transposed and padded with unit axes so that it broadcasts against `dims`."""
    data = x.data
    order, present, index = _alignment(x.dims, dims)
    if order:
        data = data.transpose(order)
    if isinstance(data, np.ndarray):
        return data[index] if len(present) < len(dims) else data
    return data.reshape([data.shape[present.index(c)] if c in present else 1 for c in dims])


@lru_cache(maxsize=4096)
def _united(one: str, other: str) -> str:
    return canonical("".join({*one, *other}))


@lru_cache(maxsize=4096)
def _alignment(letters: str, dims: str) -> tuple[tuple[int, ...], str, tuple[slice | None, ...]]:
    """Bring axes `letters` among `dims`: their order (empty: as they are), which there are, new axes."""
    present = "".join(c for c in dims if c in letters)
    order = () if present == letters else tuple(letters.index(c) for c in present)
    return order, present, tuple(slice(None) if c in letters else None for c in dims)


@lru_cache(maxsize=4096)
def check_letters(declared: str, letters: str, name: str) -> None:
    """Raise AxisError unless `letters` are distinct and of the same classes as the declared ones."""
    if len(letters) != len(declared) or len(set(letters)) != len(letters):
        raise AxisError(f"{name} has axes '{declared}'; '{letters}' does not name them one by one")
    for was, now in zip(declared, letters, strict=True):
        if CLASS_OF.get(now) != CLASS_OF[was]:
            raise AxisError(f"{name} has axes '{declared}'; '{now}' cannot stand for '{was}'")


def total(x: Named, letters: str) -> Named:
    """Sum over the named axes; raises AxisError when one of them is missing."""
    missing = [c for c in letters if c not in x.dims]
    if missing:
        raise AxisError(f"cannot sum over '{''.join(missing)}': the expression has axes '{x.dims}'")
    axes = tuple(x.dims.index(c) for c in letters)
    return wrap(x.data.sum(axis=axes), "".join(c for c in x.dims if c not in letters))


def _elementwise(name: str) -> Callable[[Named], Named]:
    def apply(x: Named) -> Named:
        data = x.data
        if hasattr(data, "elementwise"):
            return wrap(data.elementwise(name), x.dims)
        if not isinstance(data, np.ndarray | np.generic):
            import jax.numpy as jnp

            return Named(getattr(jnp, name)(data), x.dims)
        if data.dtype != object:
            return wrap(getattr(np, name)(data), x.dims)
        import pyomo.core.expr as expr

        # numpy would call a method named like the function on each object and fail
        function = getattr(expr, name)
        cells = np.asarray(data, dtype=object)
        result = np.empty(cells.shape, dtype=object)
        for cell in np.ndindex(cells.shape):
            result[cell] = function(cells[cell])
        return wrap(result, x.dims)

    apply.__name__ = name
    apply.__doc__ = f"Elementwise {name}, for numpy, Pyomo and JAX data."
    return apply


log = _elementwise("log")
exp = _elementwise("exp")
sqrt = _elementwise("sqrt")
