"""What the sentences and tables of the brief are made from: the packages, the focus, the words for codes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from results.errors import ResultsError
from results.report.facts import Book
from results.report.labels import Labels, labels_of
from results.report.prose import Name, clean
from results.side_by_side import Column, require_common

LONGEST = 70
"""Letters of a title that can stand in a sentence."""


@dataclass(frozen=True)
class Reading:
    """``books``: one a package, in the order they were named; ``notes``: what stands against comparing."""

    books: tuple[Book, ...]
    focus: str
    labels: Labels
    notes: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The results behind the books."""
        return tuple(b.column for b in self.books)

    @property
    def several(self) -> bool:
        """Whether packages are compared."""
        return len(self.books) > 1

    @property
    def comparable(self) -> bool:
        """Whether all are changes from one baseline, so that they can be ranked and set in proportion."""
        return len({str(c.info["baseline"]) for c in self.columns}) == 1

    def policy(self, book: Book | str) -> Name:
        """The words for a policy in sentences: its short title, its label where titles do not tell apart."""
        label = book if isinstance(book, str) else book.label
        return Name(short_titles(self.columns)[label], policy=True)

    def partners(self, book: Book) -> tuple[str, ...]:
        """Regions besides the focus whose own measures or whose access the package changes."""
        return tuple(r for r in book.regions() if r in parties_of(book) and r != self.focus)

    def outsiders(self, book: Book) -> tuple[str, ...]:
        """Those besides the focus it leaves as they are; () where the results do not say who takes part."""
        inside = parties_of(book)
        return tuple(r for r in book.regions() if inside and r != self.focus and r not in inside)

    def sides(self, book: Book) -> tuple[str, str]:
        """What to call the two groups, after who takes part and which way tariffs move."""
        policy = book.column.manifest.get("policy") or {}
        movers = tuple(policy.get("movers") or ())
        if self.focus not in parties_of(book):
            return "those who take part", "the others outside"
        if len(movers) == 1:
            return ("those whose exports it touches" if movers == (self.focus,) else
                    "those who take part"), "those it does not touch"  # fmt: skip
        if policy.get("tariffs") == "raised":
            return "the other side", "third countries"
        return "partners", "third countries"


def parties_of(book: Book) -> frozenset[str]:
    """Regions on either side of a change of the package."""
    return frozenset(map(str, (book.column.manifest.get("policy") or {}).get("parties") or ()))


def short_titles(columns: Sequence[Column]) -> dict[str, str]:
    """The title of each result up to its first dash, colon or bracket; whole, or its label, where two share
    it.
    """
    whole = {c.label: clean(str(c.info["title"])) for c in columns}
    short = {k: re.split(r" - |: | \(|, ", v)[0] for k, v in whole.items()}
    for found in (short, whole):
        if len(set(found.values())) == len(found) and all(len(v) <= LONGEST for v in found.values()):
            return found
    return {k: k for k in whole}


def reading(columns: Sequence[Column], focus: str | None = None) -> Reading:
    """The columns made ready to read. Raises ResultsError when there are none, when one label stands twice,
    when they do not share their accounts or the focus is no region.
    """
    if not columns:
        raise ResultsError("a brief needs at least one result")
    labels = [c.label for c in columns]
    if twice := sorted({n for n in labels if labels.count(n) > 1}):
        raise ResultsError(f"named twice: {', '.join(twice)}; a brief needs different results")
    notes = require_common(columns)
    books = tuple(Book(c) for c in columns)
    focus = focus or str(columns[0].info["focus"])
    known = books[0].regions()
    if focus not in known:
        raise ResultsError(f"focus {focus}: not a region here; choose from {', '.join(known)}")
    return Reading(books, focus, labels_of(columns), notes)
