"""Trade created against trade diverted, seen from the focus as importer and as exporter."""

from __future__ import annotations

from results.report.facts import ANY, Book, Value, dollars, magnitude
from results.report.prose import NBSP, Sentence, join, sentence
from results.report.reading import Reading
from results.report.words_welfare import its, verb


def created(book: Book, region: str, side: str) -> Value:
    """Trade created: change of total imports, or what growing (shrinking) markets add to exports."""
    return _sum(book, "trade_creation", region, side)


def diverted(book: Book, region: str, side: str) -> Value:
    """As exporter: what is won from (lost to) others. As importer: what moves from one supplier to another,
    the sum of the rises.
    """
    return _sum(book, "trade_diversion", region, side, "rises" if side == "importer" else "")


def _sum(book: Book, indicator: str, region: str, side: str, only: str = "") -> Value:
    own = {"region": region, "partner": ANY} if side == "importer" else {"region": ANY, "partner": region}
    return book.total("ledger", indicator, own["region"], partner=own["partner"], only=only)


def imports(r: Reading, book: Book) -> Sentence:
    """What the focus buys: more or less in all, and from whom."""
    made, moved = created(book, r.focus, "importer"), diverted(book, r.focus, "importer")
    (new, unit), (turned, _) = (dollars(v, like=(made, moved)) for v in (made, moved))
    whose = ("the imports of ", r.labels.place(r.focus))
    if not new.direction and not turned.direction:
        return sentence(whose, " hardly change.")
    first: Sentence = (" hardly change in all",)
    if new.direction:
        word = verb(new.direction, "rise", "fall", "")
        first = (f" {word} by USD{NBSP}", magnitude(new), f"{NBSP}{unit} a year (trade ",
                 verb(new.direction, "created)", "destroyed)", ""))  # fmt: skip
    if not turned.direction:
        return sentence(whose, first, "; hardly any purchases move from one supplier to another.")
    return sentence(whose, first, f"; purchases worth USD{NBSP}", magnitude(turned),
                    f"{NBSP}{unit} move from one supplier to another (trade diverted, added up sector by "
                    "sector).")  # fmt: skip


def exports(r: Reading, book: Book) -> Sentence:
    """What the focus sells: growing markets, and what is won from or lost to other suppliers."""
    made, moved = created(book, r.focus, "exporter"), diverted(book, r.focus, "exporter")
    (new, unit), (won, _) = (dollars(v, like=(made, moved)) for v in (made, moved))
    if not new.direction and not won.direction:
        return sentence(f"{its(r)} exports hardly change.")
    parts: list[Sentence] = []
    if new.direction:
        word = verb(new.direction, "growing markets add", "shrinking markets take", "")
        side = "to" if new.direction > 0 else "from"
        parts.append((f"{word} USD{NBSP}", magnitude(new), f"{NBSP}{unit} {side} {its(r)} exports"))
    if won.direction:
        word = verb(
            won.direction,
            *(("they win", "they lose") if r.labels.plural(r.focus) else ("it wins", "it loses")),
            "",
        )
        side = "from" if won.direction > 0 else "to"
        parts.append((f"{word} USD{NBSP}", magnitude(won), f"{NBSP}{unit} {side} other suppliers"))
    return sentence(join(parts, "; "), ".")
