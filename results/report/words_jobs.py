"""Jobs gained and lost by sector, workers displaced, what their adjustment costs beside the gain."""

from __future__ import annotations

import pandas as pd

from results.report.facts import Book, Fact, Value, dollars, magnitude, people, percent, ratio
from results.report.prose import NBSP, Quote, Sentence, sentence
from results.report.reading import Reading
from results.report.words_welfare import verb
from results.side_by_side_figures import least_gain

STILL = 1e-9
"""Relative change of employment that is the solver's last digits."""


def employment(r: Reading, book: Book) -> Sentence:
    """Whether employment as a whole moves; at full employment the closure holds it."""
    share = percent(book.regional("employment", r.focus, "percent"))
    change = people(book.regional("employment", r.focus))
    if not abs(share.value.raw) > 100 * STILL:
        return sentence("employment as a whole is held fixed by assumption: jobs move between sectors.")
    if not change.direction:
        return sentence("employment as a whole hardly changes.")
    return sentence("employment as a whole ", verb(change.direction, "rises by ", "falls by ", ""),
                    magnitude(change), f"{NBSP}thousand persons (", share, f"{NBSP}%).")  # fmt: skip


def gained(book: Book, region: str) -> Value:
    """Jobs in the sectors that grow, thousand persons."""
    return book.total("adjustment", "jobs_gained", region)


def lost(book: Book, region: str) -> Value:
    """Jobs in the sectors that shrink, thousand persons, a positive number."""
    return book.total("adjustment", "jobs_lost", region)


def sectors(r: Reading, book: Book) -> list[Sentence]:
    """Jobs gained and lost, and the sectors at either end."""
    up, down = (people(f(book, r.focus), sign=False) for f in (gained, lost))
    if not up.direction and not down.direction:
        return [sentence("hardly any job moves between sectors.")]
    found = [
        sentence("sectors that grow gain ", up, f"{NBSP}thousand jobs, sectors that shrink lose ", down,
                 f"{NBSP}thousand.")
    ]  # fmt: skip
    ends = _ends(book, r.focus)
    words = []
    for word, code in zip(("gain", "loss"), ends, strict=True):
        if code:
            fact = people(book.row("jobs", "jobs", r.focus, sector=code))
            if fact.direction:
                words.append((f"the largest {word} is in ", r.labels.industry(code), " (", fact,
                              f"{NBSP}thousand)"))  # fmt: skip
    if words:
        joined = words[0] if len(words) == 1 else (*words[0], ", ", *words[1])
        found.append(sentence(joined, "."))
    return found


def _ends(book: Book, region: str) -> tuple[str, str]:
    """Sectors with the largest gain and the largest loss of jobs; "" where none gains or loses."""
    rows = book.rows("jobs", "jobs", region=region)
    changes = pd.Series(rows["change"].to_numpy(), index=rows["sector"].astype(str))
    best = str(changes.idxmax()) if changes.max() > 0 else ""
    worst = str(changes.idxmin()) if changes.min() < 0 else ""
    return best, worst


def displaced(r: Reading, book: Book) -> list[Sentence]:
    """Workers displaced under the three definitions, and by wage of the sectors they leave."""
    gross = people(book.total("adjustment", "displaced_gross", r.focus), sign=False)
    if not gross.direction:
        return [sentence("hardly any worker is displaced.")]
    first = (gross, f"{NBSP}thousand workers are displaced as their sectors shrink")
    return [sentence(first, *_beyond_attrition(r, book), "."), *_by_imports(r, book), *_by_wage(r, book)]


def _beyond_attrition(r: Reading, book: Book) -> Sentence:
    """What is left when those who would have gone anyway are not counted, with the range."""
    names = [f"displaced_beyond_attrition_{s}" for s in ("low", "central", "high")]
    low, central, high = (people(book.total("adjustment", n, r.focus), sign=False) for n in names)
    if not central.value.exists:
        return ()
    if not high.direction:
        return ("; normal attrition takes care of all",)
    within = (f" (range{NBSP}", low, " to ", high, f"{NBSP}thousand beyond it)")
    if not central.direction:
        return ("; at the central rate normal attrition takes care of all", *within)
    return ("; beyond normal attrition it is ", central, f"{NBSP}thousand", *within)


def _by_imports(r: Reading, book: Book) -> list[Sentence]:
    """Displaced where imports grow, directly and with the inputs of what is no longer made."""
    direct, whole = (
        people(book.total("adjustment", f"displaced_imports_{k}", r.focus), sign=False)
        for k in ("direct", "with_inputs")
    )
    if not direct.value.exists or not (direct.direction or whole.direction):
        return []
    return [sentence("counted by imports instead, growing imports displace ", direct,
                     f"{NBSP}thousand, with the inputs behind them ", whole, f"{NBSP}thousand.")]  # fmt: skip


def _by_wage(r: Reading, book: Book) -> list[Sentence]:
    """The displaced by the wage of their sector, in thirds of all jobs."""
    thirds = [
        people(book.row("adjustment", f"displaced_{k}_wage", r.focus), sign=False)
        for k in ("low", "middle", "high")
    ]
    if not all(t.value.exists for t in thirds):
        return []
    low, middle, high = thirds
    return [sentence("of the displaced, ", low, f"{NBSP}thousand leave sectors of low pay, ", middle,
                     f"{NBSP}thousand of middle and ", high, f"{NBSP}thousand of high pay.")]  # fmt: skip


def cost(r: Reading, book: Book) -> list[Sentence]:
    """The cost of adjustment, once, under both readings with ranges, against the gain."""
    (main, least, most), unit = _three(book, "adjustment_cost_gross", r.focus)
    if not main.direction:
        return [sentence("adjustment costs hardly anything.")]
    first = sentence(f"adjustment costs USD{NBSP}", main, f"{NBSP}{unit} once (range ", least, " to ", most,
                     "), counting every displaced worker.")  # fmt: skip
    return [first, *_beyond(r, book), *_whole(r, book), against_gain(r, book), *_payback(r, book),
            *retraining(r, book)]  # fmt: skip


def _three(book: Book, name: str, region: str, decimals: int = -1) -> tuple[tuple[Fact, Fact, Fact], str]:
    """Central, low and high of an indicator in one unit: USD, or with ``decimals`` as it stands."""
    central, low, high = (book.row("adjustment", f"{name}_{s}", region) for s in ("central", "low", "high"))
    if decimals >= 0:
        return (Fact(central, 1, decimals, False), Fact(low, 1, decimals, False),
                Fact(high, 1, decimals, False)), ""  # fmt: skip
    found = [dollars(v, sign=False, like=(low, central, high)) for v in (central, low, high)]
    return (found[0][0], found[1][0], found[2][0]), found[0][1]


def _beyond(r: Reading, book: Book) -> list[Sentence]:
    """The cost of those only whom attrition does not absorb, the other reading."""
    (main, least, most), unit = _three(book, "adjustment_cost", r.focus)
    if not main.value.exists or not most.value.exists:
        return []
    first: Sentence = (f"it is USD{NBSP}", main, f"{NBSP}{unit}") if main.direction else ("it is nothing",)
    return [sentence("counting only those beyond normal attrition ", first, within(least, most), ".")]


def retraining(r: Reading, book: Book) -> list[Sentence]:
    """A retraining programme that the policy asks for; [] where it asks for none."""
    (cost_, least, most), unit = _three(book, "retraining_cost", r.focus)
    (people_, few, many), _ = _three(book, "retraining_participants", r.focus, 1)
    if not cost_.direction:
        return []
    said: Sentence = ("retraining ", people_, f"{NBSP}thousand of the displaced (", few, " to ", many,
                      f") costs USD{NBSP}", cost_, f"{NBSP}{unit}", *within(least, most))  # fmt: skip
    share = percent(book.row("adjustment", "retraining_share_of_gain_central", r.focus), 1, sign=False)
    part: Sentence = (", ", share, f"{NBSP}% of the present value of the gain") if share.value.exists else ()
    return [sentence(said, part, "; no tax is raised for it in the model.")]


def cost_share(book: Book, region: str) -> Value:
    """Cost of adjustment in percent of the present value of the gain; not a number without a gain."""
    return share_under(book, region, "central")


def share_under(book: Book, region: str, which: str) -> Value:
    """The same under one set of parameters: low, central or high."""
    part = book.row("adjustment", f"adjustment_cost_gross_{which}", region)
    gain = book.row("adjustment", f"adjustment_present_value_of_gain_{which}", region)
    if not gain.raw > float(least_gain(book.column.tables).to_dict()[region]):
        return Value(float("nan"), part.source)
    return ratio(part, gain)


def present_value(book: Book) -> Sentence:
    """``present value over 10 years at 3 %``, as the parameters of the account have it."""
    found = (book.column.manifest.get("adjustment_parameters") or {}).get("central") or {}
    if not {"horizon_years", "discount_rate"} <= set(found):
        return ("present value",)
    years, rate = float(found["horizon_years"]), 100 * float(found["discount_rate"])
    return ("present value over ", Quote(f"{years:g}"), f"{NBSP}years at ", Quote(f"{rate:g}"), f"{NBSP}%")


def within(low: Fact, high: Fact) -> Sentence:
    """`` (range 32.8 to 167.3)``; () where there is no range."""
    if not (low.value.exists and high.value.exists) or low.text == high.text:
        return ()
    return (" (range ", low, " to ", high, ")")


def against_gain(r: Reading, book: Book) -> Sentence:
    """The cost beside the gain, on one horizon and rate."""
    share = percent(cost_share(book, r.focus), 1, sign=False)
    if share.value.exists:
        gain, unit = dollars(
            book.row("adjustment", "adjustment_present_value_of_gain_central", r.focus), sign=False
        )
        low, high = (percent(share_under(book, r.focus, s), 1, sign=False) for s in ("low", "high"))
        more = "more than the gain is worth: " if share.value.raw > 100 else ""
        return sentence("counting all, that is ", more, share, f"{NBSP}% of the gain", within(low, high),
                        f", which is worth USD{NBSP}", gain, f"{NBSP}{unit} (", present_value(book),
                        ").")  # fmt: skip
    loss = book.row("adjustment", "adjustment_present_value_of_gain_central", r.focus)
    worth, unit = dollars(loss)
    if worth.direction < 0:
        return sentence("there is no gain to set the cost of adjustment against: welfare falls by USD" + NBSP,
                        magnitude(worth),
                        f"{NBSP}{unit} (present value), and that cost comes on top.")  # fmt: skip
    return sentence("there is no gain to set it against.")


def _whole(r: Reading, book: Book) -> list[Sentence]:
    """What making every displaced worker whole would take."""
    whole, unit = dollars(book.row("adjustment", "full_compensation_central", r.focus), sign=False)
    if not whole.value.exists or not whole.direction:
        return []
    cost = dollars(book.row("adjustment", "adjustment_cost_gross_central", r.focus), sign=False)
    if (whole.text, unit) == (cost[0].text, cost[1]):
        return []
    return [
        sentence(f"making every displaced worker whole would take USD{NBSP}", whole, f"{NBSP}{unit} once.")
    ]


def _payback(r: Reading, book: Book) -> list[Sentence]:
    """When the gain has paid the cost back; [] without a gain."""
    if not cost_share(book, r.focus).exists or not book.has("adjustment", "payback_years_central"):
        return []
    years, low, high = (
        percent(book.row("adjustment", f"payback_years_{s}", r.focus), 1, sign=False)
        for s in ("central", "low", "high")
    )
    if not years.value.exists:
        return [sentence("the gain never pays the cost back.")]
    ends: Sentence = within(low, high)
    if low.value.exists and not high.value.exists:
        ends = (" (from ", low, " to never)")
    return [sentence("the gain pays that cost back in ", years, f"{NBSP}years", ends, ".")]
