"""What is left of the gain when the displaced are paid inside the model."""

from __future__ import annotations

from results.report.facts import Book, dollars, magnitude, percent
from results.report.prose import NBSP, Sentence, sentence
from results.report.reading import Reading


def compensation(r: Reading, book: Book) -> list[Sentence]:
    """Before and after paying, a year of the horizon, and why they differ; [] where the package pays the
    focus no compensation.
    """
    before, after = (book.row("compensation", name, r.focus) for name in ("gain_gross", "gain_net"))
    if not before.exists or not after.exists:
        return []
    (gross, unit), (net, _) = (dollars(v, like=(before, after)) for v in (before, after))
    paid = "when the displaced are paid inside the model, "
    if not gross.direction and not net.direction:
        return [sentence(paid, "its welfare hardly changes, before and after.")]
    found = [sentence(paid, f"the welfare change of USD{NBSP}", gross,
                      f"{NBSP}{unit} a year before paying becomes USD{NBSP}", net,
                      f"{NBSP}{unit} in each of the first years (the horizon); the welfare above is after "
                      "paying, and present values and shares here are of the gain before it.")]  # fmt: skip
    if gross.direction > 0 >= net.direction:
        found.append(sentence("nothing of the gain is left in those years."))
    return [*found, *_losses(r, book), *_burden(r, book), *_long_run(r, book)]


def _losses(r: Reading, book: Book) -> list[Sentence]:
    """What lost work does to welfare; [] where it is not in the model."""
    value = book.row("compensation", "compensation_real_losses", r.focus)
    if not value.exists:
        return []
    losses, unit = dollars(value)
    if not losses.direction:
        return []
    does = "costs" if losses.direction > 0 else "adds to welfare"
    return [sentence(f"work that is lost between jobs and to lower earnings {does} USD{NBSP}",
                     magnitude(losses), f"{NBSP}{unit} a year.")]  # fmt: skip


def _burden(r: Reading, book: Book) -> list[Sentence]:
    """What the levy costs beyond what it raises, or by how much it costs less; [] where it does neither."""
    burden, unit = dollars(book.row("compensation", "compensation_excess_burden", r.focus))
    if not burden.direction:
        return []
    if burden.direction > 0:
        first = f"beyond what it raises, the levy costs USD{NBSP}"
        return [sentence(first, magnitude(burden), f"{NBSP}{unit} a year (its burden).")]
    return [sentence(f"the levy has no burden: it costs USD{NBSP}", magnitude(burden),
                     f"{NBSP}{unit} a year less than it raises.")]  # fmt: skip


def _long_run(r: Reading, book: Book) -> list[Sentence]:
    """The share of a lasting gain that is left once the costs have ended; [] without a gain."""
    share = percent(book.row("compensation", "compensation_net_share_long_run", r.focus), 1, sign=False)
    if not share.value.exists:
        return []
    return [sentence("were the gain to last for ever and these costs to end with the horizon, ", share,
                     f"{NBSP}% of the gain would be left in the long run.")]  # fmt: skip
