"""The summary: sentences by topic, for one package or for each of several after what sets them apart."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from results.report import (
    words_compensation,
    words_dependence,
    words_jobs,
    words_packages,
    words_parts,
    words_trade,
    words_welfare,
)
from results.report.facts import Book
from results.report.prose import Sentence
from results.report.prose import sentence as prose_sentence
from results.report.reading import Reading


@dataclass(frozen=True)
class Point:
    """A topic and its sentences."""

    topic: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True)
class Part:
    """What is said of one package."""

    label: str
    title: str
    points: tuple[Point, ...]


def parts(r: Reading, packages: pd.DataFrame | None = None) -> tuple[Part, ...]:
    """One part a package, each with every topic that its results speak to; ``packages``: what its own parts
    add.
    """
    return tuple(Part(b.label, r.policy(b).text, _points(r, b, packages)) for b in r.books)


def short(r: Reading, packages: pd.DataFrame | None = None) -> tuple[Point, ...]:
    """What a reader must know to decide, in about eight lines; more of it follows by package."""
    if all(words_packages.still(b) for b in r.books):
        return (Point("Result", (_nothing(),)),)
    if not r.several:
        book = r.books[0]
        found = (
            ("Gain or loss", [words_welfare.of_region(r, book, r.focus), *words_welfare.sources(r, book),
                              *words_parts.parts(r, book, packages), words_welfare.of_world(r, book)]),
            ("Measures", words_packages.moved(r)[:1]),
            ("Cost of adjustment", words_jobs.cost(r, book)[:1]),
            ("Certainty", words_packages.certainty(r)),
        )  # fmt: skip
    else:
        found = (
            ("Gain", [*words_packages.gain(r), *_why(r, packages)]),
            ("World", words_packages.world(r)),
            ("Cost of adjustment", [*words_packages.adjustment(r), *words_packages.cost_and_gain(r)]),
            ("Gain against cost", words_packages.share_of_best(r)),
            ("Like for like?", words_packages.moved(r)),
            ("Certainty", words_packages.certainty(r)),
        )
    return tuple(Point(topic, tuple(s)) for topic, s in found if s)


def _why(r: Reading, packages: pd.DataFrame | None) -> list[Sentence]:
    """Where the largest gain comes from, so that it is not praised for what a subsidy or others pay."""
    facts, _ = words_packages.printed(r.books, words_packages.welfare_of(r.focus))
    top = [b for b in r.books if b.label in words_packages.best(facts)]
    if not r.comparable or len(top) != 1 or words_packages.visible(top[0], r.focus) <= 0:
        return []
    first = words_parts.parts(r, top[0], packages)[:1] or words_welfare.sources(r, top[0])
    more = words_welfare.sources(r, top[0]) if words_parts.parts(r, top[0], packages) else []
    return [*(("With ", r.policy(top[0]), ": ", *_small(s)) for s in first), *more]


def _small(said: Sentence) -> Sentence:
    first = said[0]
    return (first[:1].lower() + first[1:], *said[1:]) if isinstance(first, str) else said


def _nothing() -> Sentence:
    return prose_sentence("nothing changes: the measures are in the baseline already, or move no number "
                          "that would print.")  # fmt: skip


def _points(r: Reading, book: Book, packages: pd.DataFrame | None) -> tuple[Point, ...]:
    if words_packages.still(book):
        return (Point("Result", (_nothing(),)),)
    focus = r.labels.region(r.focus)
    own = [*words_welfare.sources(r, book), *words_parts.parts(r, book, packages)] if r.several else []
    one, other = (_heading(g) for g in r.sides(book))
    found = (
        (focus, [words_welfare.of_region(r, book, r.focus), *own, words_welfare.income_and_wages(r, book),
                 *words_welfare.revenue(r, book)]),
        (one, words_welfare.of_partners(r, book)),
        (other, words_welfare.of_outsiders(r, book)),
        ("World", [words_welfare.of_world(r, book)]),
        ("Jobs", [words_jobs.employment(r, book), *words_jobs.sectors(r, book)]),
        ("Adjustment", [*words_jobs.displaced(r, book), *words_jobs.cost(r, book),
                        *words_compensation.compensation(r, book)]),
        ("Trade", [words_trade.imports(r, book), words_trade.exports(r, book)]),
        ("Dependence", [*words_dependence.dependence(r, book), *words_dependence.leverage(r, book)]),
    )  # fmt: skip
    return tuple(Point(topic, tuple(s)) for topic, s in found if s)


def _heading(words: str) -> str:
    return words[:1].upper() + words[1:]
