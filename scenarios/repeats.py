"""The same shock twice on the same cells: an error if all are the same, a note if some are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from scenarios.aim import Findings, Mask
from scenarios.problems import Origin
from scenarios.schema import RateVerb, Shock
from scenarios.tariff_verbs import TariffVerb


class OnCells(Protocol):
    """An entry of a plan that changes some cells."""

    @property
    def shock(self) -> Shock:
        """The shock as written."""
        ...

    @property
    def cells(self) -> Mask:
        """The cells it covers, over the dimensions of its instrument."""
        ...

    @property
    def origin(self) -> Origin:
        """The file it stands in."""
        ...

    @property
    def path(self) -> str:
        """The entry of that file."""
        ...

    @property
    def place(self) -> str:
        """``file:line``."""
        ...


def same_twice(items: Sequence[OnCells], findings: Findings) -> None:
    """The same change twice on the same cells is an error; on some of them, or one that is undone, a note."""
    for n, late in enumerate(items):
        for early in items[:n]:
            if early.shock.instrument != late.shock.instrument:
                continue
            both = early.cells & late.cells
            if not both.any():
                continue
            if _verb(early.shock) == _verb(late.shock):
                if np.array_equal(early.cells, late.cells):
                    message = f"the same shock as on {early.place}: {late.shock.words()} twice; delete one"
                    findings.problems.append(late.origin.problem(late.path, message))
                elif _accumulates(late.shock):
                    count = f"{int(both.sum())} {'flows' if both.ndim == 3 else 'cells'}"
                    findings.note(
                        f"{late.place}: {late.shock.words()} a second time on {count} of {early.place}"
                    )
            elif _sets_a_level(late.shock) and not (early.cells & ~late.cells).any():
                findings.note(f"{late.place}: sets every flow of {early.place} again")


def _verb(shock: Shock) -> object:
    return getattr(shock, shock.instrument)


def _sets_a_level(shock: Shock) -> bool:
    """Whether the shock sets a rate whatever it was; a negotiated one may leave it."""
    verb = _verb(shock)
    lower_only = isinstance(verb, TariffVerb) and verb.never_raises
    return isinstance(verb, RateVerb | TariffVerb) and verb.to is not None and not lower_only


def _accumulates(shock: Shock) -> bool:
    """Whether a second time changes anything."""
    verb = _verb(shock)
    return verb.accumulates if isinstance(verb, TariffVerb) else not _sets_a_level(shock)
