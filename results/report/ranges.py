"""Ranges next to the centre: from the table of bands, where there is one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from results.report.facts import Book, Fact, Value, dollars, percent
from results.report.prose import NBSP, Name, Sentence
from results.terminal import places
from results.uncertainty.words import direction

SIGNS = {"share_up", "share_down", "share_same", "sign_at_least", "mean"}
"""Columns of ``bands`` that say what is known of a sign."""
SETS = ("low", "central", "high")


def band(book: Book, indicator: str, region: str, unit: str) -> tuple[Value, Value, str] | None:
    """Low and high of a regional indicator in that unit and the kind of band; None where there is none."""
    found = _row(book, indicator, region, unit)
    if found is None:
        return None
    low, high = (_value(book, found, side) for side in ("low", "high"))
    return low, high, str(found["kind"])


def end(book: Book, indicator: str, region: str, side: str) -> Value:
    """Low or high of a regional indicator in percent; not a number where no band was computed."""
    found = _row(book, indicator, region, "percent")
    if found is None:
        return Value(math.nan, {"table": "bands"})
    return _value(book, found, side)


def _row(book: Book, indicator: str, region: str, unit: str) -> dict[str, Any] | None:
    """The one row of ``bands`` of a regional indicator in a unit that begins so."""
    if not book.has("bands", indicator):
        return None
    found = book.rows("bands", indicator, region=region, sector="", partner="")
    found = found.loc[found["unit"].str.startswith(unit)]
    return {str(k): v for k, v in found.iloc[0].to_dict().items()} if len(found) == 1 else None


def _value(book: Book, row: Mapping[str, Any], column: str) -> Value:
    place = {"region": str(row["region"]), "sector": "", "partner": "", "indicator": str(row["indicator"]),
             "unit": str(row["unit"])}  # fmt: skip
    source = {"result": book.label, "table": "bands", **place, "step": "row", "column": column}
    return Value(float(row[column]), source)


def percent_range(book: Book, indicator: str, region: str) -> Sentence:
    """``-0.01 % to +0.03 % (quantiles 5-95), +0.02 % at the values in use``; () without a band."""
    row = _row(book, indicator, region, "percent")
    if row is None:
        return ()
    low, high, central = (_value(book, row, k) for k in ("low", "high", "central"))
    decimals = places((low.raw, high.raw), 3)
    outside = "" if low.raw <= central.raw <= high.raw else ", outside that range"
    return (
        percent(low, decimals), f"{NBSP}% to ", percent(high, decimals), f"{NBSP}% (", Name(str(row["kind"])),
        "), ", percent(central, decimals), f"{NBSP}% at the values in use{outside}",
    )  # fmt: skip


def lost(book: Book, indicator: str, region: str) -> Sentence:
    """``1.1 % of the points have no solution`` or ``All 32 points were solved``, of a result with a band."""
    row = _row(book, indicator, region, "percent")
    if row is None:
        return ()
    failed = _value(book, row, "share_failed")
    if failed.raw == 0 and "numbers" in row:
        solved = Fact(_value(book, row, "numbers"), 1.0, 0, sign=False)
        return ("all ", solved, " points of the sensitivity analysis were solved")
    shown = Fact(failed, 100.0, 1 if failed.raw >= 0.001 else 3, sign=False)
    return (shown, f"{NBSP}% of the points of the sensitivity analysis have no solution")


def sign_said(book: Book, indicator: str, region: str) -> Sentence:
    """``in 97 % of the points it rises`` or what bound there is; () where nothing is known of the sign."""
    row = _row(book, indicator, region, "percent")
    if row is None or not SIGNS <= set(row):
        return ()
    word, _ = direction(row)
    verb = "rises" if word.endswith("up") else "falls"
    if word in ("up", "down", "same"):
        share = Fact(_value(book, row, f"share_{word}"), 100.0, 1, sign=False)
        said = "it does not move in " if word == "same" else f"it {verb} in "
        return (said, share, f"{NBSP}% of the points")
    if word.startswith("least"):
        biased = "biased" in str(row["kind"])
        after = ", which are biased because points failed" if biased else ""
        shown = Fact(_value(book, row, "sign_at_least"), 100.0, 1, sign=False)
        return (f"it {verb} with a probability of at least ", shown,
                f"{NBSP}%, for any shape with this mean and standard deviation{after}")  # fmt: skip
    if word.startswith("all"):
        return (f"it {verb} at every point that was solved",)
    return ("it does not move",) if word == "still" else ("its sign is open",)


def welfare_range(book: Book, region: str) -> Sentence:
    """``range USD -1.2 to +3.4 billion, Chebyshev ...``; () where no band was computed."""
    found = band(book, "welfare_ev", region, "USD million")
    if found is None:
        return ()
    low, high, kind = found
    (one, unit), (other, _) = (dollars(v, like=(low, high)) for v in (low, high))
    decimals = places((low.raw * one.scale, high.raw * one.scale), one.decimals)
    one, other = (replace(end, decimals=decimals) for end in (one, other))
    return (f"range USD{NBSP}", one, f" to{NBSP}", other, f"{NBSP}{unit}, ", Name(kind))
