"""Who gains and who loses: the focus, those on the other side of the measures, third countries, the world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from results.report.facts import Book, Fact, Value, dollars, magnitude, percent
from results.report.prose import NBSP, Sentence, join, sentence
from results.report.ranges import welfare_range
from results.report.reading import Reading, parties_of
from results.tidy import WORLD

NAMED = 3
"""Regions named among those that gain, and among those that lose."""
WELFARE = "welfare_ev"

TERMS: Mapping[str, str] = {
    "terms of trade": "better prices of exports and imports, which others pay",
    "allocative efficiency": "efficiency, with taxes, tariffs and subsidies as they are",
    "technology": "costs of trade and of meeting standards",
    "rents": "rents earned on barriers",
    "foreign saving": "cheaper investment goods for what is lent from abroad",
    "endowment": "more labour, capital or land in use",
    "employment": "more people in work",
    "budget shares": "a different split between households, government and saving",
}
"""Terms of the decomposition, in words for a gain."""
LOST: Mapping[str, str] = {
    "terms of trade": "worse prices of exports and imports, which others win",
    "foreign saving": "dearer investment goods for what is lent from abroad",
    "endowment": "less labour, capital or land in use",
    "employment": "fewer people in work",
}
"""In words for a loss, where these differ."""


def verb(direction: int, rise: str, fall: str, still: str) -> str:
    """The word for a direction: +1, -1 or 0."""
    return {1: rise, -1: fall, 0: still}[direction]


def direction_of(book: Book, region: str) -> int:
    """Whether a region gains (+1) or loses (-1) as printed in percent."""
    return percent(book.regional(WELFARE, region, "percent")).direction


def of_region(r: Reading, book: Book, region: str) -> Sentence:
    """``The United States gains 0.02 % of its national income, USD 5.9 billion a year.``"""
    share = percent(book.regional(WELFARE, region, "percent"))
    usd, unit = dollars(book.regional(WELFARE, region))
    name, many = r.labels.place(region), region != WORLD and r.labels.plural(region)
    within = welfare_range(book, region)
    if not share.direction:
        small = ("USD", NBSP, usd, f"{NBSP}{unit} a year") if usd.direction else ()
        between = ("; ",) if small and within else ()
        said = (" (", *small, *between, *within, ")") if small or within else ()
        return sentence("the welfare of ", name, " hardly changes", said, ".")
    whose = "its income" if region == WORLD else f"{'their' if many else 'its'} national income"
    word = verb(share.direction, "gain", "lose", "") + ("" if many else "s")
    return sentence(name, f" {word} ", magnitude(share), f"{NBSP}% of {whose}, USD{NBSP}", magnitude(usd),
                    f"{NBSP}{unit} a year", (" (", *within, ")") if within else (), ".")  # fmt: skip


def its(r: Reading) -> str:
    """The possessive: their for a focus of several countries."""
    return "their" if r.labels.plural(r.focus) else "its"


def income_and_wages(r: Reading, book: Book) -> Sentence:
    """Real GDP and the real wage of the focus in one sentence."""
    gdp, wage = (percent(book.regional(name, r.focus, "percent")) for name in ("real_gdp", "real_wage"))
    opposed = gdp.direction * wage.direction < 0
    return sentence(f"{its(r)} real GDP ", _moves(gdp), " while" if opposed else " and", f" {its(r)} average "
                    "real wage ", _moves(wage), ".")  # fmt: skip


def revenue(r: Reading, book: Book) -> list[Sentence]:
    """Tariff revenue, and who makes up for it: the real wage is counted before that; [] where it stays."""
    if not book.has("indicators", "tariff_revenue"):
        return []
    fact, unit = dollars(book.regional("tariff_revenue", r.focus))
    if not fact.direction:
        return []
    choices = book.column.info.get("choices") or {}
    after = ""
    if str(choices.get("replacement", "")) == "lump_sum":
        after = verb(fact.direction, ", paid out to households", ", made up by households", "")
        after += " in a lump sum; the real wage is before that"
    word = verb(fact.direction, "rises", "falls", "")
    return [sentence(f"{its(r)} tariff revenue {word} by USD{NBSP}", magnitude(fact),
                     f"{NBSP}{unit} a year{after}.")]  # fmt: skip


def sources(r: Reading, book: Book) -> list[Sentence]:
    """Where the welfare of the focus comes from, the largest terms first; [] where it was not decomposed."""
    found = {t: book.term(t, r.focus) for t in TERMS}
    values = {t: v for t, v in found.items() if v.exists}
    facts = {t: dollars(v, like=tuple(values.values()))[0] for t, v in values.items()}
    unit = dollars(next(iter(values.values())), like=tuple(values.values()))[1] if values else ""
    order = sorted((t for t in facts if facts[t].direction), key=lambda t: -abs(values[t].raw))[:NAMED]
    if not order:
        return []
    words = {t: LOST.get(t, TERMS[t]) if facts[t].direction < 0 else TERMS[t] for t in order}
    parts: list[Sentence] = [(f"{words[t]} (USD{NBSP}", facts[t], f"{NBSP}{unit})") for t in order]
    return [sentence("behind it stand, the largest first, ", join(parts, "; and ", "; "), ".")]


def _moves(fact: Fact) -> Sentence:
    if not fact.value.exists:
        return ("is not computed",)
    if not fact.direction:
        return ("hardly changes",)
    return (verb(fact.direction, "rises by ", "falls by ", ""), magnitude(fact), f"{NBSP}%")


def of_partners(r: Reading, book: Book) -> list[Sentence]:
    """Regions that take part besides the focus; [] where there is none."""
    return _group(r, book, r.partners(book), r.sides(book)[0])


def of_outsiders(r: Reading, book: Book) -> list[Sentence]:
    """Those that do not take part; [] where all do."""
    lead: list[Sentence] = []
    if parties_of(book) and r.focus not in parties_of(book):
        many = r.labels.plural(r.focus)
        lead = [sentence(r.labels.place(r.focus), f" {'do' if many else 'does'} not take part.")]
    return [*lead, *_group(r, book, r.outsiders(book), r.sides(book)[1])]


def _group(r: Reading, book: Book, regions: Sequence[str], group: str) -> list[Sentence]:
    """Who gains and who loses most among them in percent, the largest in USD, and their sum."""
    if not regions:
        return []
    facts = {x: percent(book.regional(WELFARE, x, "percent")) for x in regions}
    up = sorted((x for x in regions if facts[x].direction > 0), key=lambda x: -facts[x].value.raw)
    down = sorted((x for x in regions if facts[x].direction < 0), key=lambda x: facts[x].value.raw)
    if len(regions) == 1:
        return [of_region(r, book, regions[0])]
    whose = f"{its(r)} " if group == "partners" else ""
    lead = f"{'on' if group == 'the other side' else 'among'} {whose}{group}, "
    if not up and not down:
        return [sentence(lead, "hardly any gains or loses.")]
    parts: list[Sentence] = []
    if up:
        parts.append((_share_of(len(up), len(regions), "gain"), *_named(r, facts, up)))
    if down:
        parts.append((_share_of(len(down), len(regions), "lose"), *_named(r, facts, down)))
    return [sentence(lead, join(parts, "; ", "; "), "."), _sum(r, book, regions)]


def _share_of(some: int, all_: int, word: str) -> str:
    """``all gain``, ``most gain``, ``some gain``: numbers of regions are left to the tables."""
    if some == all_:
        return f"all {word}, "
    if some == 1:
        return f"one {word}s, "
    return f"{'most' if some > all_ / 2 else 'some'} {word}, "


def _named(r: Reading, facts: dict[str, Fact], regions: Sequence[str]) -> Sentence:
    first = regions[:NAMED]
    words = join([(r.labels.place(x), " (", facts[x], f"{NBSP}%)") for x in first])
    return ("most of all ", *words) if len(regions) > len(first) else tuple(words)


def _sum(r: Reading, book: Book, regions: Sequence[str]) -> Sentence:
    """What they gain together, and who gains and who loses most in money."""
    values = {x: book.regional(WELFARE, x) for x in regions}
    total: Value = book.total("indicators", WELFARE, " ".join(regions), sector="", partner="")
    like = (total, *values.values())
    usd, unit = dollars(total, like=like)
    said: list[Sentence] = [("in sum their welfare hardly changes",)]
    if usd.direction:
        said = [(f"in sum they {verb(usd.direction, 'gain', 'lose', '')} USD{NBSP}", magnitude(usd),
                 f"{NBSP}{unit}")]  # fmt: skip
    for word, pick, sign in (("gain", max, 1), ("loss", min, -1)):
        most = pick(values, key=lambda x: values[x].raw)
        fact = dollars(values[most], like=like)[0]
        if fact.direction == sign:
            said.append((f"the largest {word} in money is that of ", r.labels.place(most),
                         f" (USD{NBSP}", fact, f"{NBSP}{unit})"))  # fmt: skip
    return sentence(join(said, "; ", "; "), ".")


def of_world(r: Reading, book: Book) -> Sentence:
    """The world's sum."""
    return of_region(r, book, WORLD)
