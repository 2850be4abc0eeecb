"""A policy as a notebook shows it: what changes, cell by cell, capped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cge.notebook import items, paragraph, table, view
from scenarios.changes import instrument_words, shown

if TYPE_CHECKING:
    from scenarios.policy import Policy

ROWS, NOTES = 12, 6
"""Changes and notes that are shown; the objects have all."""


def policy_html(policy: Policy) -> str:
    """How many values change by instrument, the first of them, and the notes."""
    rows = policy.table
    if rows.empty:
        counts = "nothing changes"
    else:
        sizes = rows["instrument"].value_counts()
        counts = ", ".join(f"{instrument_words(str(name))} {count:,}" for name, count in sizes.items())
    body = [
        [
            f"{r['region']}",
            str(r["partner"]),
            str(r["sector"]),
            instrument_words(str(r["instrument"])),
            "" if r["from"] != r["from"] else shown(float(r["from"]), str(r["instrument"])),
            shown(float(r["to"]), str(r["instrument"])),
        ]
        for r in rows.head(ROWS).to_dict("records")
    ]
    headers = ("Region", "Partner", "Sector", "Instrument", "Baseline", "Policy")
    left = len(rows) - len(body)
    caption = f"Values that change: {counts}" + (f"; the first {len(body)}, all in .table" if left else "")
    return view(
        f"Policy: {len(rows):,} values change from the baseline {policy.meta.get('baseline', '')}".strip(),
        table(caption, headers, body, words=4, most=ROWS) if body else paragraph("Nothing changes."),
        items(policy.notes, most=NOTES),
    )
