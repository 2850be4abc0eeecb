"""Dependence on the traced supplier: its share in all purchases, directly and through inputs of inputs."""

from __future__ import annotations

from results.report.facts import Book, Fact, Value
from results.report.prose import NBSP, Sentence, sentence
from results.report.reading import Reading


def supplier_share(book: Book, region: str, kind: str, column: str) -> Value:
    """The supplier's share in all purchases; ``kind``: direct or embodied."""
    supplier = str(book.column.info["supplier"])
    return book.row("dependence", f"supplier_share_{kind}_total", region, partner=supplier, column=column)


def dependence(r: Reading, book: Book) -> list[Sentence]:
    """[] where the focus is the supplier or nothing is traced."""
    supplier = str(book.column.info["supplier"])
    before = supplier_share(book, r.focus, "direct", "baseline")
    if supplier == r.focus or not before.exists:
        return []
    direct, embodied = (_share_moves(book, r.focus, kind) for kind in ("direct", "embodied"))
    whose = (" of ", r.labels.place(r.focus), " ")
    found = [sentence("the share of ", r.labels.place(supplier), " in all purchases", *whose, direct,
                      "; counted through inputs of inputs it ", embodied, ".")]  # fmt: skip
    sides = [
        Fact(
            book.row("dependence", "import_share_total", r.focus, partner=supplier, column=c), 100.0, 1, False
        )
        for c in ("baseline", "counterfactual")
    ]
    if not all(f.value.exists for f in sides):
        return found
    imports = sentence("the share of ", r.labels.place(supplier), " in the imports", *whose,
                       _moves(sides[0], sides[1]), ".")  # fmt: skip
    return [imports, *found]


def _share_moves(book: Book, region: str, kind: str) -> Sentence:
    """``falls from 2.53 to 2.48 %``."""
    before, after = (
        Fact(supplier_share(book, region, kind, c), 100.0, 2, sign=False)
        for c in ("baseline", "counterfactual")
    )
    return _moves(before, after)


def _moves(before: Fact, after: Fact, unit: str = "%") -> Sentence:
    if before.text == after.text:
        return (f"stays at{NBSP}", after, f"{NBSP}{unit}")
    word = "rises" if after.value.raw > before.value.raw else "falls"
    return (f"{word} from{NBSP}", before, f" to{NBSP}", after, f"{NBSP}{unit}")


def leverage(r: Reading, book: Book) -> list[Sentence]:
    """Jobs and income that rest on the supplier's demand, and who has more at stake; [] as `dependence`."""
    other = str(book.column.info["supplier"])
    if other == r.focus or not book.has("leverage", "income_in_demand_share"):
        return []

    def sides(indicator: str, region: str, partner: str, decimals: int) -> tuple[Fact, Fact]:
        before, after = (
            Fact(
                book.row("leverage", indicator, region, partner=partner, column=c), 1.0, decimals, sign=False
            )
            for c in ("baseline", "counterfactual")
        )
        return before, after

    us, them = r.labels.place(r.focus), r.labels.place(other)
    mine = sides("income_in_demand_share", r.focus, other, 2)
    theirs = sides("income_in_demand_share", other, r.focus, 2)
    jobs = sides("jobs_in_demand", r.focus, other, 0)
    if not all(f.value.exists for f in (*mine, *theirs, *jobs)):
        return []
    more = "more at stake than" if mine[1].value.raw > theirs[1].value.raw else "less at stake than"
    more = "as much at stake as" if mine[1].text == theirs[1].text else more
    return [
        sentence("the share of the income of ", us, " that the demand of ", them, " pays for ", _moves(*mine),
                 "; the share of the income of ", them, " that the demand of ", us, " pays for ",
                 _moves(*theirs), ": ", us, f" {'have' if r.labels.plural(r.focus) else 'has'} {more} ", them,
                 "."),
        sentence("the number of jobs in ", us, " that the demand of ", them, " pays for ",
                 _moves(*jobs, "thousand"), "."),
    ]  # fmt: skip
