"""Index letters of the model and the sets they run over.

Letters name axes everywhere in the model: ``o`` origin region, ``d`` destination region, ``r`` region,
``f`` factor, ``i`` commodity, ``j`` activity. Letters of one class run over the same labels
(``o``, ``d`` and ``r`` over regions; ``i`` and ``j`` over sectors, one commodity per activity).
"""

from __future__ import annotations

from dataclasses import dataclass

LETTERS = "odrfij"
"""All letters in canonical order: the order of the axes of every array."""

CLASS_OF = {"o": "region", "d": "region", "r": "region", "f": "factor", "i": "sector", "j": "sector"}
FACTORS = ("labour", "capital", "natural")


def canonical(letters: str) -> str:
    """Return the letters sorted in canonical order; raise ValueError on an unknown or repeated letter."""
    if len(set(letters)) != len(letters) or any(x not in LETTERS for x in letters):
        raise ValueError(f"'{letters}' is not a set of distinct index letters from '{LETTERS}'")
    return "".join(x for x in LETTERS if x in letters)


@dataclass(frozen=True)
class Sets:
    """The labels that the letters run over; factors are labour, capital and natural resource.

    Raises ValueError when a label appears twice, because a repeated label makes every lookup ambiguous.
    """

    regions: tuple[str, ...]
    sectors: tuple[str, ...]
    factors: tuple[str, ...] = FACTORS

    def __post_init__(self) -> None:
        for name in ("regions", "sectors", "factors"):
            labels = getattr(self, name)
            twice = sorted({x for x in labels if labels.count(x) > 1})
            if twice:
                raise ValueError(f"{name}: label(s) {', '.join(twice)} appear more than once")

    def labels(self, letter: str) -> tuple[str, ...]:
        """Labels that one letter runs over."""
        return {"region": self.regions, "sector": self.sectors, "factor": self.factors}[CLASS_OF[letter]]

    def shape(self, letters: str) -> tuple[int, ...]:
        """Shape of an array whose axes are the given letters."""
        return tuple(len(self.labels(x)) for x in letters)
