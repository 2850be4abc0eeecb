"""Policies set against each other: which brings most, at what cost of adjustment; ties and losses said."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from results.report.facts import Book, Fact, Value, dollars, magnitude, people, percent, ratio
from results.report.prose import NBSP, Piece, Sentence, join, sentence
from results.report.ranges import lost, percent_range, sign_said
from results.report.reading import Reading
from results.report.words_jobs import cost_share, present_value, share_under, within
from results.report.words_welfare import its
from results.side_by_side_figures import least_gain
from results.tidy import WORLD

Of = Callable[[Book], Value]

SMALLEST = 0.5
"""USD million that print as one; a tenth of it in thousand jobs prints too."""


def welfare_of(region: str) -> Of:
    """The welfare change of a region, USD million."""
    return lambda book: book.regional("welfare_ev", region)


def gross_cost(region: str) -> Of:
    """The cost of adjustment of every displaced worker, USD million, once."""
    return lambda book: book.row("adjustment", "adjustment_cost_gross_central", region)


def displaced_of(region: str) -> Of:
    """Workers displaced, thousand persons."""
    return lambda book: book.total("adjustment", "displaced_gross", region)


def printed(books: Sequence[Book], of: Of, *, sign: bool = True) -> tuple[dict[str, Fact], str]:
    """One sum in USD by package, all in one unit."""
    values = {b.label: of(b) for b in books}
    unit = "million"
    out: dict[str, Fact] = {}
    for label, value in values.items():
        out[label], unit = dollars(value, sign=sign, like=tuple(values.values()))
    return out, unit


def best(facts: dict[str, Fact], *, lowest: bool = False) -> list[str]:
    """The labels whose number is the largest (smallest) as printed: several where they print the same."""
    known = {n: f for n, f in facts.items() if f.value.exists}
    if not known:
        return []
    pick = min if lowest else max
    text = pick(known.values(), key=lambda f: f.value.raw).text
    return [n for n, f in known.items() if f.text == text]


def visible(book: Book, region: str) -> int:
    """Whether a package moves the welfare of a region as printed in percent: +1, -1, 0."""
    return percent(book.regional("welfare_ev", region, "percent")).direction


def still(book: Book) -> bool:
    """Whether a policy moves nothing that would print: no welfare, no jobs, anywhere."""
    welfare, jobs = (
        float(np.abs(book.rows(t, n)["change"].to_numpy(dtype=float)).max())
        for t, n in (("indicators", "welfare_ev"), ("jobs", "jobs"))
    )
    return not welfare >= SMALLEST and not jobs >= SMALLEST / 10


def gain(r: Reading, region: str = "") -> list[Sentence]:
    """Which package brings a region (the focus) most, and what each of the others does."""
    region = region or r.focus
    facts, unit = printed(r.books, welfare_of(region))
    signs = {b.label: visible(b, region) for b in r.books}
    if not r.comparable:
        first = sentence("the policies are measured from different baselines and are not ranked here; the "
                         "welfare of ", r.labels.place(region), " changes by ",
                         join([(f"USD{NBSP}", f, f"{NBSP}{unit} a year with ", r.policy(n))
                               for n, f in facts.items()]), ".")  # fmt: skip
        return [first]
    top = best(facts)
    place, each = r.labels.place(region), " each" if len(top) > 1 else ""
    s, it = ("", "they") if r.labels.plural(region) else ("s", "it")
    shown, sign = facts[top[0]], max(signs[n] for n in top)
    if sign > 0:
        lead = sentence(place, f" gain{s} most with ", _these(r, top), f": USD{NBSP}", shown,
                        f"{NBSP}{unit} a year{each}.")  # fmt: skip
    elif sign == 0:
        lead = sentence(place, f" gain{s} visibly with none of them: welfare hardly changes with ",
                        _these(r, top), *_aside(shown, unit), ".")  # fmt: skip
    else:
        lead = sentence(place, f" gain{s} with none of them: {it} lose{s} least with ", _these(r, top),
                        f", USD{NBSP}", magnitude(shown), f"{NBSP}{unit} a year{each}.")  # fmt: skip
    return [lead, *_rest(r, facts, signs, top, unit)]


def _rest(
    r: Reading, facts: dict[str, Fact], signs: dict[str, int], top: Sequence[str], unit: str
) -> list[Sentence]:
    """The others, the better first."""
    it, s = ("they", "") if r.labels.plural(r.focus) else ("it", "s")
    parts: list[Sentence] = []
    for n in sorted((n for n in facts if n not in top), key=lambda n: -facts[n].value.raw):
        start: tuple[Piece, ...] = ("with ", r.policy(n))
        if not signs[n]:
            parts.append((*start, f" {its(r)} welfare hardly changes", *_aside(facts[n], unit)))
            continue
        word = "gain" if signs[n] > 0 else "lose"
        parts.append((*start, f" {it} {word}{s} USD{NBSP}", magnitude(facts[n]), f"{NBSP}{unit}"))
    return [sentence(join(parts, "; ", "; "), ".")] if parts else []


def _aside(fact: Fact, unit: str) -> Sentence:
    """`` (USD -0.3 billion)``; nothing where that prints as zero."""
    return (f" (USD{NBSP}", fact, f"{NBSP}{unit} a year)") if fact.direction else ()


def _these(r: Reading, labels: Sequence[str]) -> Sentence:
    return join([(r.policy(n),) for n in labels])


def moved(r: Reading) -> list[Sentence]:
    """Which measures each policy moves, so that unlike things are not compared unawares."""
    found = {b.label: tuple((b.column.manifest.get("policy") or {}).get("moves") or ()) for b in r.books}
    if not any(found.values()):
        return []
    parts: list[Sentence] = [
        (r.policy(n), f": {', '.join(v) or 'nothing'}{', nothing else' if len(v) == 1 else ''}")
        for n, v in found.items()
    ]
    out = [sentence("measures that move: ", join(parts, "; ", "; "), ".")]
    if len({frozenset(v) for v in found.values()}) > 1:
        out.append(sentence("they are not like for like: a difference can come from the measures rather than "
                            "from who takes part."))  # fmt: skip
    return out


def world(r: Reading) -> list[Sentence]:
    """Where the world stands, and whether the focus gains while the world loses."""
    facts, unit = printed(r.books, welfare_of(WORLD))
    signs = {b.label: visible(b, WORLD) for b in r.books}
    odd = [b.label for b in r.books if facts[b.label].direction < 0 < visible(b, r.focus)]
    if not any(signs.values()):
        shown = join([(r.policy(n), f" USD{NBSP}", f, f"{NBSP}{unit}") for n, f in facts.items()])
        words: Sentence = ("the welfare of the world hardly changes with any of them (", *shown, ")")
    elif not r.comparable:
        shown = join([(r.policy(n), f" USD{NBSP}", f, f"{NBSP}{unit}") for n, f in facts.items()])
        words = ("the welfare of the world: ", *shown)
    else:
        top = best(facts)
        each = f"{NBSP}{unit} a year{' each' if len(top) > 1 else ''}"
        if signs[top[0]] > 0:
            words = ("the world gains most with ", *_these(r, top), f", USD{NBSP}", facts[top[0]], each)
        elif signs[top[0]] == 0:
            words = ("with none of them does the world gain visibly; its welfare hardly changes with ",
                     *_these(r, top), *_aside(facts[top[0]], unit))  # fmt: skip
        else:
            words = ("the world gains with none of them; it loses least with ", *_these(r, top),
                     f", USD{NBSP}", magnitude(facts[top[0]]), each)  # fmt: skip
    if odd:
        many = r.labels.plural(r.focus)
        words = (*words, "; with ", *_these(r, odd), " ", r.labels.place(r.focus),
                 f" gain{'' if many else 's'} and the others together lose more than "
                 f"{'they gain' if many else 'it gains'}")  # fmt: skip
    return [sentence(words, ".")]


def adjustment(r: Reading) -> list[Sentence]:
    """Where adjustment is dearest and cheapest, and workers displaced."""
    if not r.comparable:
        return []
    facts, unit = printed(r.books, gross_cost(r.focus), sign=False)
    workers = {b.label: people(displaced_of(r.focus)(b), sign=False) for b in r.books}
    dear, cheap = best(facts), best(facts, lowest=True)
    if not dear:
        return []
    if set(dear) & set(cheap):
        if not facts[dear[0]].direction:
            return [sentence("adjustment costs hardly anything with any of them.")]
        return [sentence("adjustment costs about the same with each of them, USD" + NBSP, facts[dear[0]],
                         f"{NBSP}{unit} once.")]  # fmt: skip

    def one(labels: Sequence[str]) -> Sentence:
        return join([(r.policy(n), f" (USD{NBSP}", facts[n], f"{NBSP}{unit} once, ", workers[n],
                      f"{NBSP}thousand workers displaced)") for n in labels])  # fmt: skip

    return [sentence("counting every displaced worker, adjustment costs most with ", one(dear),
                     " and least with ", one(cheap), ".")]  # fmt: skip


def share_of_best(r: Reading) -> list[Sentence]:
    """What each of the others keeps of the best gain, next to its share of that package's cost."""
    if not r.comparable:
        return []
    values = {b.label: welfare_of(r.focus)(b) for b in r.books}
    reference = max(r.books, key=lambda b: values[b.label].raw)
    full = values[reference.label]
    if not full.raw > least(r, reference) or not visible(reference, r.focus):
        return []
    out = []
    for book in r.books:
        if book is reference or visible(book, r.focus) <= 0 or not values[book.label].raw > least(r, book):
            continue
        part = percent(ratio(values[book.label], full), 0, sign=False)
        cost = percent(ratio(gross_cost(r.focus)(book), gross_cost(r.focus)(reference)), 0, sign=False)
        price: Sentence = (", at ", cost, f"{NBSP}% of its cost of adjustment") if cost.value.exists else ()
        out.append(sentence("with ", r.policy(book), " comes ", part, f"{NBSP}% of the gain of ",
                            r.policy(reference), price, "."))  # fmt: skip
    return out


def cost_and_gain(r: Reading) -> list[Sentence]:
    """The cost of adjustment as a share of each package's own gain."""
    parts: list[Sentence] = []
    for book in r.books:
        share = percent(cost_share(book, r.focus), 1, sign=False)
        low, high = (percent(share_under(book, r.focus, s), 1, sign=False) for s in ("low", "high"))
        if share.value.exists and visible(book, r.focus) > 0:
            parts.append((share, f"{NBSP}%", *within(low, high), " with ", r.policy(book)))
    if not parts:
        return []
    losers = len(parts) < len(r.books)
    rest = "; the others bring no gain to set it against" if losers else ""
    return [sentence("set against the gain (", present_value(r.books[0]), "), it is ", join(parts),
                     rest, ".")]  # fmt: skip


def certainty(r: Reading) -> list[Sentence]:
    """The range of welfare and GDP and what is known of their sign; that there is none where none was
    computed, and how to get one.
    """
    found = {b.label: _ranges(r, b) for b in r.books}
    out = [s for said in found.values() for s in said]
    swept = {b.label for b in r.books if "bands" in b.column.tables}
    empty = [b.label for b in r.books if b.label in swept and not found[b.label]]
    if empty:
        who = (" with ", *_these(r, empty)) if r.several else ()
        out.append(sentence("gains have no range", *who, ": too few points of the sensitivity analysis have "
                            "a solution."))  # fmt: skip
    bare = [b.label for b in r.books if b.label not in swept]
    if not bare:
        return out
    who = (" with ", *_these(r, bare)) if swept else (" here",)
    return [*out, sentence("gains have no range", *who, ": elasticities and barriers were not varied, and "
                           "small gains and losses can change sign when they are (cge", NBSP, "sweep varies "
                           "them).")]  # fmt: skip


def _ranges(r: Reading, book: Book) -> list[Sentence]:
    """Welfare of the focus in the band of one package, and real GDP where it is the only one."""
    out = []
    asked = (("welfare", "welfare_ev"), ("real GDP", "real_gdp"))
    for words, name in asked[: 1 if r.several else 2]:
        within = percent_range(book, name, r.focus)
        if within:
            lead = ("with ", r.policy(book), " ") if r.several else ()
            said = sign_said(book, name, r.focus)
            out.append(sentence(*lead, f"{its(r)} {words} changes by ", *within,
                                *(("; ", *said) if said else ()), "."))  # fmt: skip
    failed = lost(book, "welfare_ev", r.focus)
    return [*out, sentence(*failed, ".")] if out and failed else out


def least(r: Reading, book: Book) -> float:
    """USD million that a gain of the focus must exceed to be one."""
    return float(least_gain(book.column.tables).to_dict()[r.focus])
