"""A sweep as a notebook shows it."""

from __future__ import annotations

from cge.notebook import items, paragraph, table, view
from results.terminal import number
from results.uncertainty import words
from results.uncertainty.analysis import Uncertainty
from results.uncertainty.screen import (
    differing,
    digits,
    effects_of,
    failures,
    job_rows,
    label,
    main_rows,
    sides_short,
)


def html(u: Uncertainty) -> str:
    """Counts, bands of the focus's main results and of its jobs, the tornado of the first, notes."""
    found = main_rows(u, u.focus)
    names = u.names.get("sectors", {})
    parts = [paragraph(f"{words.counted(u.numbers)}.")]
    headers = ("Central", "Mean", "Sd", "Low", "High", "Sign")
    for caption, rows in (
        (f"{u.focus}: change from the baseline", [(label(r), r, digits(r)) for r in found]),
        (
            f"{u.focus}: jobs, thousand persons, the widest bands",
            [(names.get(str(r["sector"]), str(r["sector"])), r, digits(r)) for r in job_rows(u, u.focus)],
        ),
    ):
        cells = [
            [first, *(number(r[k], d) for k in ("central", "mean")), number(r["sd"], d, sign=False),
             *(number(r[k], d) for k in ("low", "high")), words.sign(r)]
            for first, r, d in rows
        ]  # fmt: skip
        if cells:
            parts.append(table(caption, ("Result", *headers), cells))
    moved = effects_of(u, found[0]) if found else []
    if moved:
        lines = [
            [words.target(str(r["target"]), names), number(r["low"], 3), number(r["high"], 3),
             words.share(float(r["share_of_variance"]))]
            for r in moved
        ]  # fmt: skip
        parts.append(table(f"{label(found[0])}: what it hangs on",
                           ("Target", *sides_short(moved), "% of variance"), lines))  # fmt: skip
    parts += [paragraph(u.band_words), items([*differing(u, found), *u.notes, *failures(u)])]
    parts.append(paragraph("All numbers: .summary; also .bands, .effects, .spread, .points."))
    return view(u.title or "Sensitivity analysis", *parts)
