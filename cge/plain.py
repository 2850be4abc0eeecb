"""Plain arrays with the names that formulas of accounts and of results use, so that one text serves all.

The formulas are written for labelled arrays: ``flows.sum(("d", "i")).rename(o="r")``. xarray spends about
0.1 ms on each such step, and cannot be differentiated. A `Plain` has the same few methods and costs about
3 microseconds a step; its data are numpy, or what JAX traces. Formulas take either (`Labelled`), so tables,
sweeps and gradients compute with the same lines.

Label-safe: all that takes part in a formula shares one `World`, whose labels were put in one order when the
arrays were made (`sides`); arrays of different worlds raise. Arithmetic lines up by the names of dimensions.
Nothing here skips NaN: a sum with a missing number is missing.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import xarray as xr

Labelled = Any
"""An xarray DataArray or a `Plain`: what the formulas are written for."""

Dims = tuple[str, ...]


class LabelError(ValueError):
    """Arrays whose labels are others than those that they are put together with."""


@dataclass(frozen=True)
class World:
    """The labels along each dimension, in their order."""

    labels: Mapping[str, Dims]

    @classmethod
    def of(cls, data: xr.Dataset) -> World:
        """Labels of a dataset as text."""
        names = [str(d) for d in data.dims if d in data.variables]
        return cls({d: tuple(data.variables[d].values.astype(str).tolist()) for d in names})

    def position(self, dim: str, label: str) -> int:
        """Where a label stands. Raises LabelError when it is not there."""
        try:
            return self.labels[dim].index(label)
        except (KeyError, ValueError):
            raise LabelError(f"{label!r} is no label along {dim!r} here") from None

    def only(self, dim: str, labels: Sequence[str]) -> World:
        """A world with some of the labels along one dimension."""
        return World({**self.labels, dim: tuple(labels)})


@cache
def _lined_up(
    *all_dims: Dims,
) -> tuple[Dims, tuple[tuple[tuple[int, ...] | None, tuple[Any, ...] | None], ...]]:
    """Union of dimensions in order of appearance; how each operand is transposed and padded to it."""
    out: Dims = tuple(dict.fromkeys(d for dims in all_dims for d in dims))
    steps = []
    for dims in all_dims:
        mine = tuple(d for d in out if d in dims)
        turn = None if mine == dims else tuple(dims.index(d) for d in mine)
        pad = None if mine == out else tuple(slice(None) if d in dims else None for d in out)
        steps.append((turn, pad))
    return out, tuple(steps)


def _operands(values: Sequence[Any]) -> tuple[list[Any], Dims, World]:
    """Data of several operands (arrays or numbers), ready to be broadcast; dimensions and world of all."""
    plain = [v for v in values if isinstance(v, Plain)]
    world = plain[0].world
    for other in plain[1:]:
        if other.world is not world and other.world != world:
            raise LabelError(
                "arrays of different regions or sectors cannot be put together; align them first"
            )
    dims, steps = _lined_up(*(v.dims for v in plain))
    turns = iter(steps)
    return [_ready(v.data, *next(turns)) if isinstance(v, Plain) else v for v in values], dims, world


def _ready(data: Any, turn: tuple[int, ...] | None, pad: tuple[Any, ...] | None) -> Any:
    data = data if turn is None else data.transpose(turn)
    return data if pad is None else data[pad]


def namespace(*data: Any) -> Any:
    """The library that computes with the data: numpy, or that of the first array that is not numpy's."""
    for x in data:
        if hasattr(x, "__array_namespace__") and not isinstance(x, np.ndarray):
            return x.__array_namespace__()
    return np


def known(x: Labelled) -> bool:
    """Whether the numbers are there to be looked at: False while JAX traces a formula."""
    return not isinstance(x, Plain) or isinstance(x.data, np.ndarray | np.generic | float)


class Plain:
    """An array, the names of its dimensions and the world that they run over; methods as xarray's."""

    __slots__ = ("data", "dims", "world")

    def __init__(self, data: Any, dims: Dims, world: World) -> None:
        self.data = data
        self.dims = dims
        self.world = world

    def __repr__(self) -> str:
        return f"Plain{self.dims}{np.shape(self.data)}"

    @property
    def values(self) -> np.ndarray:
        """The numbers; fails while JAX traces."""
        return np.asarray(self.data)

    def labels(self, dim: str) -> np.ndarray:
        """Labels along a dimension."""
        return np.array(self.world.labels[dim])

    def to_xarray(self) -> xr.DataArray:
        """The same as a DataArray."""
        coords = {d: list(self.world.labels[d]) for d in self.dims}
        return xr.DataArray(self.values, coords=coords, dims=self.dims)

    def _with(self, operate: Callable[..., Any], *values: Any) -> Plain:
        data, dims, world = _operands(values)
        return Plain(operate(*data), dims, world)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """``np.log(x)``, ``np.maximum(x, y)`` and the like, in the library of the data."""
        if method != "__call__" or options:
            return NotImplemented
        data, dims, world = _operands(inputs)
        return Plain(getattr(namespace(*data), ufunc.__name__)(*data), dims, world)

    def __add__(self, other: Any) -> Plain:
        return self._with(operator.add, self, other)

    def __radd__(self, other: Any) -> Plain:
        return self._with(operator.add, other, self)

    def __sub__(self, other: Any) -> Plain:
        return self._with(operator.sub, self, other)

    def __rsub__(self, other: Any) -> Plain:
        return self._with(operator.sub, other, self)

    def __mul__(self, other: Any) -> Plain:
        return self._with(operator.mul, self, other)

    def __rmul__(self, other: Any) -> Plain:
        return self._with(operator.mul, other, self)

    def __truediv__(self, other: Any) -> Plain:
        return self._with(operator.truediv, self, other)

    def __rtruediv__(self, other: Any) -> Plain:
        return self._with(operator.truediv, other, self)

    def __pow__(self, other: Any) -> Plain:
        return self._with(operator.pow, self, other)

    def __eq__(self, other: object) -> Any:
        return self._with(operator.eq, self, other)

    def __ne__(self, other: object) -> Any:
        return self._with(operator.ne, self, other)

    def __lt__(self, other: Any) -> Plain:
        return self._with(operator.lt, self, other)

    def __le__(self, other: Any) -> Plain:
        return self._with(operator.le, self, other)

    def __gt__(self, other: Any) -> Plain:
        return self._with(operator.gt, self, other)

    def __ge__(self, other: Any) -> Plain:
        return self._with(operator.ge, self, other)

    def __and__(self, other: Any) -> Plain:
        return self._with(operator.and_, self, other)

    def __or__(self, other: Any) -> Plain:
        return self._with(operator.or_, self, other)

    def __neg__(self) -> Plain:
        return Plain(-self.data, self.dims, self.world)

    def __abs__(self) -> Plain:
        return Plain(abs(self.data), self.dims, self.world)

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def sum(self, dim: str | Sequence[str]) -> Plain:
        """Sum over one dimension or several."""
        gone = (dim,) if isinstance(dim, str) else tuple(dim)
        axes = tuple(self.dims.index(d) for d in gone)
        return Plain(self.data.sum(axis=axes), tuple(d for d in self.dims if d not in gone), self.world)

    def rename(self, **names: str) -> Plain:
        """Other names for dimensions that run over the same labels."""
        for old, new in names.items():
            if self.world.labels[old] != self.world.labels[new]:
                raise LabelError(f"{old!r} cannot be called {new!r}: they run over different labels")
        return Plain(self.data, tuple(names.get(d, d) for d in self.dims), self.world)

    def transpose(self, *dims: str) -> Plain:
        """The dimensions in another order."""
        if dims == self.dims:
            return self
        return Plain(self.data.transpose([self.dims.index(d) for d in dims]), dims, self.world)

    def sel(self, *, drop: bool = True, **labels: str | Sequence[str]) -> Plain:
        """One label along a dimension, which goes, or several, which make a smaller world."""
        data, dims, world = self.data, list(self.dims), self.world
        for dim, chosen in labels.items():
            at, before = dims.index(dim), (slice(None),) * dims.index(dim)
            if isinstance(chosen, str):
                data = data[(*before, world.position(dim, chosen))]
                del dims[at]
            else:
                data = data[(*before, np.array([world.position(dim, x) for x in chosen], dtype=int))]
                world = world.only(dim, chosen)
        return Plain(data, tuple(dims), world)

    def where(self, condition: Labelled, other: Any = np.nan) -> Plain:
        """Own numbers where the condition holds, else the other's."""
        return where(condition, self, other)

    def clip(self, min: Any = None, max: Any = None) -> Plain:
        """Own numbers, at least ``min`` and at most ``max``.

        On the bound itself the derivative is the bound's: that of the side where nothing moves.
        """
        low = self if min is None else where(self <= min, min, self)
        return low if max is None else where(low >= max, max, low)


def where(condition: Labelled, one: Any, other: Any) -> Labelled:
    """``one`` where the condition holds, else ``other``; for xarray as for `Plain`."""
    values = (condition, one, other)
    if any(isinstance(v, xr.DataArray) for v in values):
        return xr.where(condition, one, other)
    data, dims, world = _operands(values)
    return Plain(namespace(*data).where(*data), dims, world)


def like(x: Labelled, value: float) -> Labelled:
    """An array of the same dimensions with one number everywhere."""
    if isinstance(x, Plain):
        return Plain(np.full(np.shape(x.data), value), x.dims, x.world)
    return xr.full_like(x, value)


def labels_where(condition: Labelled, dim: str = "r") -> tuple[str, ...]:
    """Labels along the one dimension where the condition holds."""
    labels = condition.labels(dim) if isinstance(condition, Plain) else condition[dim].values
    return tuple(str(x) for x in labels[condition.values])


class Plains(Mapping[str, Plain]):
    """Arrays by name, which are attributes as well: ``v.py``."""

    def __init__(self, data: Mapping[str, Plain], world: World) -> None:
        self._data = dict(data)
        self.world = world

    @classmethod
    def of(cls, data: xr.Dataset, world: World | None = None) -> Plains:
        """The numbers of a dataset (text is left out), whose labels are in the order of ``world``."""
        world = world or World.of(data)
        names = set(data.coords)
        found = {str(n): v for n, v in data.variables.items() if n not in names and v.dtype.kind in "fiub"}
        return cls({n: Plain(v.values, tuple(map(str, v.dims)), world) for n, v in found.items()}, world)

    def __getitem__(self, name: str) -> Plain:
        return self._data[name]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_data"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def to_xarray(self) -> xr.Dataset:
        """The same as a Dataset."""
        used = dict.fromkeys(d for x in self._data.values() for d in x.dims)
        coords = {d: list(self.world.labels[d]) for d in used}
        return xr.Dataset({n: (x.dims, x.values) for n, x in self._data.items()}, coords=coords)


def plain(x: xr.DataArray, world: World) -> Plain:
    """A DataArray in the order of a world. Raises LabelError when its labels are others."""
    for dim in map(str, x.dims):
        if set(x[dim].values.astype(str)) != set(world.labels[dim]):
            raise LabelError(f"labels along {dim!r} differ; expected {', '.join(world.labels[dim][:5])} ...")
        if x[dim].values.astype(str).tolist() != list(world.labels[dim]):
            x = x.sel({dim: list(world.labels[dim])})
    return Plain(x.values, tuple(map(str, x.dims)), world)
