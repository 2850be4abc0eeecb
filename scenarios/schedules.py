"""An agreement's schedule as rates: lines with their cells, staging, and what is withheld of the cuts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from scenarios.aim import Aim, Mask
from scenarios.carve_outs import withheld
from scenarios.policy_schema import ScheduleLine
from scenarios.staging import default_staging

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LineCells:
    """A line with its flows (o, d, i), and the share of its cut withheld for products on them."""

    line: ScheduleLine
    cells: Mask = field(repr=False)
    withheld: Array | None = field(default=None, repr=False)

    def rates(self, mfn: Array, year: float | None) -> Array:
        """Rates ``year`` years after entry, on all flows; MFN where nothing is phased in yet."""
        line = self.line
        final = np.full_like(mfn, line.to) if line.to is not None else mfn * (1 - (line.cut or 0.0))
        done = (line.staging or default_staging()).done(year)
        return final if done == 1 else np.where(final < mfn, mfn - done * (mfn - final), final)


@dataclass(frozen=True)
class Schedule:
    """The lines of an agreement's file in order, and those for flows with a new member (``accession``)."""

    lines: tuple[LineCells, ...]
    accession: tuple[LineCells, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether it says nothing about tariffs."""
        return not self.lines and not self.accession

    def rates(self, mfn: Array, new: Mask, shape: tuple[int, ...], year: float | None) -> Array:
        """Preferential rates (o, d, i), infinite where no line covers a flow, before anything is withheld.

        Args:
            mfn: MFN rates (1, d, i).
            new: pairs (o, d) on which the accession lines count, over the others.
            shape: of the result.
            year: years since entry; None: fully phased in.
        """
        mfn = np.broadcast_to(mfn, shape)
        rate = np.full(shape, np.inf)
        for item in self.lines:
            rate = np.where(item.cells, item.rates(mfn, year), rate)
        for item in self.accession:
            rate = np.where(item.cells & new[:, :, None], item.rates(mfn, year), rate)
        return rate

    def withheld(self, new: Mask, more: Array | None) -> Array | None:
        """Share (o, d, i) of each flow's cut that is withheld for products; None: nothing anywhere.

        Args:
            new: as for the rates.
            more: what a shock withholds beside the lines: shares of different products add.
        """
        items = (*self.lines, *self.accession)
        if more is None and all(item.withheld is None for item in items):
            return None
        share = np.zeros((items[0].cells if more is None else more).shape)
        for item in self.lines:
            share = np.where(item.cells, 0.0 if item.withheld is None else item.withheld, share)
        for item in self.accession:
            own = 0.0 if item.withheld is None else item.withheld
            share = np.where(item.cells & new[:, :, None], own, share)
        return np.minimum(share + (0.0 if more is None else more), 1.0)


def line_cells(
    aim: Aim, lines: Sequence[ScheduleLine], key: str, pairs: Mask, *, quiet: bool = False
) -> tuple[LineCells, ...]:
    """Look up the names of some lines, for flows on ``pairs`` (o, d); ``key`` is their key in the file."""
    out = []
    for k, line in enumerate(lines):
        path = f"{key}[{k}]"
        cells = aim.line(line, pairs, path, quiet=quiet)
        out.append(LineCells(line, cells, withheld(aim, cells, line.carve_outs, path)))
    return tuple(out)
