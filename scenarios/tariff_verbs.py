"""What a shock does to tariffs: to a rate, cut, add, cut the MFN rate, level with the lowest partner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from scenarios.fields import Names, Strict
from scenarios.units import Cut, Points, percent, rate

Array = npt.NDArray[np.float64]
MFN = "mfn"
LOWEST = "lowest"
VERBS = ("to", "cut", "add", "mfn_cut", "level")
LOWERING = ("mfn_cut", "level")
"""Verbs that never raise a rate, whatever else is said."""


def _rate_or_mfn(value: Any) -> float | str:
    if str(value).lower() == MFN:
        return MFN
    try:
        return rate(value)
    except ValueError as error:
        words = isinstance(value, str) and value.isalpha()
        raise ValueError(f"{error}, or mfn" if words else str(error)) from None


def _lowest(value: Any) -> str:
    if value != LOWEST:
        raise ValueError(f"'{value}': rates can be levelled with the lowest only: write 'level: lowest'")
    return LOWEST


_NEW_RATE = {"anyOf": [{"const": MFN}, {"type": "string"}, {"type": "number"}]}
NewRate = Annotated[float | str, BeforeValidator(_rate_or_mfn), WithJsonSchema(_NEW_RATE)]
Level = Annotated[str, BeforeValidator(_lowest), WithJsonSchema({"const": LOWEST})]


class TariffVerb(Strict):
    """A change of tariffs: exactly one of ``to``, ``cut``, ``add``, ``mfn_cut``, ``level``.

    ``negotiated: true`` never raises a rate: the lower of old and new applies. Without the key, ``cut`` and
    ``to: 0%`` are negotiated, ``to`` any other rate (or ``mfn``) and ``add`` are not. ``mfn_cut`` lets each
    flow pay the lower of what it pays and MFN less the cut, ``level: lowest`` the lowest rate its importer
    gives to ``of`` (default: to anybody) in the sector; neither ever raises a rate. An ``mfn_cut`` towards
    every exporter lowers what leaving an agreement brings as well.
    """

    to: NewRate | None = Field(default=None, description="the new rate, or mfn")
    cut: Cut | None = Field(default=None, description="the share of the rate that is removed")
    add: Points | None = Field(default=None, description="points added to the rate")
    mfn_cut: Cut | None = Field(default=None, description="the share of the MFN rate that is removed")
    level: Level | None = Field(default=None, description="lowest: the lowest rate that the importer gives")
    of: Names | None = Field(default=None, description="with level: whose rates are compared; default all")
    negotiated: bool | None = Field(
        default=None, strict=True, description="never raise a rate that is already lower"
    )

    @model_validator(mode="after")
    def _one_verb(self) -> TariffVerb:
        given = [name for name in VERBS if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none"
            known = ", ".join(f"'{name}'" for name in VERBS)
            raise ValueError(f"exactly one of {known} is needed (found {found})")
        if self.of is not None and self.level is None:
            raise ValueError("'of' goes with 'level: lowest' only")
        if self.negotiated and self.add is not None:
            raise ValueError("'negotiated' goes with 'to' or 'cut'; 'add' changes a rate by arithmetic")
        if self.negotiated is False and given[0] in LOWERING:
            raise ValueError(f"'{given[0]}' never raises a rate: 'negotiated: false' has no meaning here")
        return self

    @property
    def name(self) -> str:
        """Which of the verbs it is."""
        return next(name for name in VERBS if getattr(self, name) is not None)

    @property
    def never_raises(self) -> bool:
        """Whether the lower of the old and the new rate applies."""
        if self.negotiated is not None:
            return self.negotiated
        return self.name in (*LOWERING, "cut") or self.to == 0

    @property
    def accumulates(self) -> bool:
        """Whether the same verb twice on one flow changes it twice."""
        return self.name in ("cut", "add", "mfn_cut")

    def words(self) -> str:
        """``to 0 %``, ``cut by 50 %``, ``add 5 points``; ``(negotiated)`` where the lower rate applies."""
        return _WORDS[self.name](self) + (
            " (negotiated)" if self.never_raises and self.name not in LOWERING else ""
        )


def _to_words(verb: TariffVerb) -> str:
    return "to MFN" if isinstance(verb.to, str) else f"to {percent(verb.to or 0.0)}"


_WORDS: Mapping[str, Callable[[TariffVerb], str]] = {
    "to": _to_words,
    "cut": lambda verb: f"cut by {percent(verb.cut or 0.0)}",
    "add": lambda verb: f"add {100 * (verb.add or 0.0):.6g} points",
    "mfn_cut": lambda verb: f"not above MFN less {percent(verb.mfn_cut or 0.0)}",
    "level": lambda verb: f"level with the lowest of {', '.join(verb.of or ('all partners',))}",
}


@dataclass(frozen=True)
class Rates:
    """What a verb looks at: rates as they stand (o, d, i), MFN (1, d, i), exporters compared (o)."""

    now: Array
    mfn: Array
    compared: npt.NDArray[np.bool_]


def lowest(rates: Rates) -> Array:
    """The lowest rate (1, d, i) that each importer gives to those compared; infinite where there is none.

    A region's trade with itself is no partner's.
    """
    counts = rates.compared[:, None] & ~np.eye(len(rates.compared), dtype=bool)
    return np.where(counts[:, :, None], rates.now, np.inf).min(axis=0, keepdims=True)


def beyond_mfn(rates: Rates) -> Array:
    """Duties on top of MFN, such as those of a trade war: a cut of the MFN rate leaves them standing."""
    return np.maximum(rates.now - rates.mfn, 0.0)


def _mfn_cut(verb: TariffVerb, rates: Rates) -> Array:
    return np.minimum(rates.now, rates.mfn * (1 - (verb.mfn_cut or 0.0))) + beyond_mfn(rates)


def _to(verb: TariffVerb, rates: Rates) -> Array:
    level = rates.mfn if isinstance(verb.to, str) else np.asarray(verb.to or 0.0)
    return np.broadcast_to(level, rates.now.shape)


_FORMULAS: Mapping[str, Callable[[TariffVerb, Rates], Array]] = {
    "to": _to,
    "cut": lambda verb, rates: rates.now * (1 - (verb.cut or 0.0)),
    "add": lambda verb, rates: rates.now + (verb.add or 0.0),
    "mfn_cut": _mfn_cut,
    "level": lambda verb, rates: np.broadcast_to(lowest(rates), rates.now.shape),
}


def changed(verb: TariffVerb, rates: Rates) -> Array:
    """The rates (o, d, i) that the verb makes of those there are, everywhere."""
    new = _FORMULAS[verb.name](verb, rates)
    return np.minimum(rates.now, new) if verb.never_raises else new


def remarks(verb: TariffVerb, rates: Rates, cells: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    """What a reader should know of the verb on these flows (o, d, i)."""
    out = []
    if verb.name == "mfn_cut":
        beyond = int((cells & (beyond_mfn(rates) > 0)).sum())
        if beyond:
            out.append(f"{beyond} flows bear duties on top of MFN, which no cut of the MFN rate takes away")
    if verb.level is not None:
        alone = int((cells & np.isinf(lowest(rates))).sum())
        if alone:
            out.append(f"{alone} flows keep their rate: their importer gives none of those compared any")
    return tuple(out)
