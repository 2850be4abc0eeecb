"""A case as a notebook shows it: the model's size and choices, and what the policy changes in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cge.app.account import policy
from cge.app.provenance import choices
from cge.notebook import items, paragraph, table, view

if TYPE_CHECKING:
    from cge.app.case import Case

LINES = 10
"""Changes and notes that are shown."""


def case_html(case: Case) -> str:
    """Title, sizes, choices, what changes, and what to do next."""
    sets, found = case.model.parameters.sets, policy(case)
    size = f"{len(sets.regions)} regions, {len(sets.sectors)} sectors, {case.model.reduced.size:,} unknowns"
    return view(
        f"{case.scenario.title} ({case.name})",
        paragraph(case.scenario.question or case.scenario.description),
        paragraph(f"{size}. {found['changes']:,} values change."),
        items(found["lines"], most=LINES),
        table("Choices", ("Choice", "Value"), list(choices(case).items()), words=2, most=20),
        items(case.expanded.notes, most=LINES),
        paragraph("cge.solve(case) gives both solutions, cge.comparison(case, *solutions) every result."),
    )
