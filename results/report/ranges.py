"""Ranges next to the centre: from the table of bands, where there is one."""

from __future__ import annotations

from results.report.facts import Book, Value, dollars
from results.report.prose import NBSP, Name, Sentence

SETS = ("low", "central", "high")


def band(book: Book, indicator: str, region: str, unit: str) -> tuple[Value, Value, str] | None:
    """Low and high of a regional indicator in that unit and the kind of band; None where there is none."""
    if not book.has("bands", indicator):
        return None
    found = book.rows("bands", indicator, region=region, sector="", partner="")
    found = found.loc[found["unit"].str.startswith(unit)]
    if len(found) != 1:
        return None
    kind = str(found["kind"].iloc[0])
    labels = {"result": book.label, "table": "bands", "region": region, "sector": "", "partner": "",
              "indicator": indicator, "step": "row"}  # fmt: skip
    low, high = (
        Value(float(found[side].iloc[0]), {**labels, "column": side, "unit": unit})
        for side in ("low", "high")
    )
    return low, high, kind


def welfare_range(book: Book, region: str) -> Sentence:
    """``, in the range -1.2 to +3.4 billion (Chebyshev ...)``; () where no band was computed."""
    found = band(book, "welfare_ev", region, "USD million")
    if found is None:
        return ()
    low, high, kind = found
    (one, unit), (other, _) = (dollars(v, like=(low, high)) for v in (low, high))
    return (f" (range USD{NBSP}", one, f" to{NBSP}", other, f"{NBSP}{unit}, ", Name(kind), ")")
