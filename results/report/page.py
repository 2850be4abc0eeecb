"""The brief as one HTML page: what is said, shown and tabled, over the templates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from results.cautions import CANNOT_ANSWER
from results.report import appendix, drawings, extra_tables, files, key_table, prose, summary, words_packages
from results.report.reading import Reading, reading
from results.report.words_jobs import present_value
from results.side_by_side import Column

MARKS = {key_table.MOST: "▲", key_table.LEAST: "▼", "": ""}


def write(
    columns: Sequence[Column],
    path: str | Path,
    *,
    focus: str | None = None,
    command: str = "",
    force: bool = False,
    packages: pd.DataFrame | None = None,
    notes: Sequence[str] = (),
) -> Path:
    """Write the brief of one or several results to ``path`` and return it; whole or not at all.

    ``focus``: the region looked at closely (the first result's unless named); ``command``: what reproduces
    the page; ``packages``: what each package of a scenario adds (`SideBySide.packages`); ``notes``: on the
    comparison. Raises ResultsError when the results do not share their accounts, the focus is no region, or
    something that is not a brief is in the way (``force`` moves it aside).
    """
    files.refuse_occupied(path, force=force)
    text = html(columns, focus=focus, command=command, packages=packages, notes=notes)
    return files.put(text, path, force=force)


def html(
    columns: Sequence[Column],
    *,
    focus: str | None = None,
    command: str = "",
    packages: pd.DataFrame | None = None,
    notes: Sequence[str] = (),
) -> str:
    """The page as text; see :func:`write`."""
    r = reading(columns, focus)
    moving = [b.column for b in r.books if not words_packages.still(b)]
    drawn = drawings.drawn(moving, r.focus) if moving else ()
    environment = Environment(
        loader=PackageLoader("results.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"say": prose.markup, "clean": prose.clean}
    return environment.get_template("brief.html").render(
        mark=Markup(files.MARK),
        css=_asset("brief.css"),
        js=_asset("brief.js"),
        plotly=_plotly() if drawn else Markup(""),
        bundle=Markup(drawings.bundle(drawn)),
        figures=[drawings.shown(d) for d in drawn],
        made=datetime.now(UTC).date().isoformat(),
        marks=MARKS,
        command=command,
        **_head(r),
        **_body(r, packages, notes),
    )


def _head(r: Reading) -> dict[str, Any]:
    """Title, question, baseline."""
    first = r.columns[0].info
    one = not r.several
    titles = [prose.clean(str(c.info["title"])) for c in r.columns]
    return {
        "r": r,
        "several": r.several,
        "title": titles[0] if one else f"{r.labels.region(r.focus)}: {len(titles)} policies side by side",
        "scenarios": [
            {
                "label": c.label,
                "title": t,
                "baseline": str(c.info["baseline"]),
                "look_at": [prose.clean(x) for x in (c.manifest.get("policy") or {}).get("look_at") or ()],
                "question": prose.clean(str(c.info.get("question") or "")),
                "description": prose.clean(str(c.info.get("description") or "")),
            }
            for c, t in zip(r.columns, titles, strict=True)
        ],
        "focus": r.labels.region(r.focus),
        "baseline": str(first["baseline"]),
        "one_baseline": r.comparable,
        "baseline_words": _baseline_words(r),
        "present_value": present_value(r.books[0]),
        "baseline_date": str(first["baseline_date"]),
        "aggregation": str((first.get("choices") or {}).get("aggregation", "")),
        "regions": len(r.books[0].regions()),
        "sectors": len(set(r.columns[0].tables["jobs"]["sector"])),
    }


def _body(r: Reading, packages: pd.DataFrame | None, notes: Sequence[str]) -> dict[str, Any]:
    """Summary, tables, cautions, appendix."""
    assumptions = appendix.assumptions(r)
    behind = [appendix.behind(b) for b in r.books]
    said = {prose.clean(f"{b.label}: {w}") for b in behind for w in b.warnings}
    every = dict.fromkeys(prose.clean(n) for n in (*r.notes, *notes))
    return {
        "still": all(words_packages.still(b) for b in r.books),
        "short": summary.short(r, packages),
        "parts": summary.parts(r, packages),
        "blocks": key_table.blocks(r),
        "share_tables": extra_tables.every([extra_tables.shares(r)]),
        "package_tables": extra_tables.contributions(r, packages),
        "compensation_tables": extra_tables.tidy(r, "compensation", "compensation inside the model", PAID),
        "adoption_tables": extra_tables.adoption(r),
        "published_tables": extra_tables.published(r),
        "behind": behind,
        "page_notes": [_sentence(n) for n in every if n not in said],
        "cannot": _sentence(CANNOT_ANSWER.partition(": ")[2]),
        "assumptions": appendix.by_table(assumptions),
        "changed": [a for a in assumptions if a.cells["changed"]],
        "confidence": appendix.confidence(assumptions),
        "data": appendix.DATA,
        "missing": appendix.missing(r),
    }


PAID = ("Welfare elsewhere on this page is the gain that remains after paying; present values and shares of "
        "the adjustment account set its cost against the gain before paying, so that nothing is deducted "
        "twice.")  # fmt: skip


def _baseline_words(r: Reading) -> prose.Sentence:
    """What the baseline is: year of its tariffs, duties on top, what is left out, year of the money."""
    from calibration.capital import YEAR

    info = r.columns[0].info
    choices = info.get("choices") or {}
    out: list[prose.Piece] = []
    if choices.get("tariffs"):
        out += ["It holds the tariffs of ", prose.Quote(str(choices["tariffs"]))]
        if choices.get("US-China duties") == "on":
            out += [
                " with the duties the United States and China put on each other in ",
                prose.Quote("2018-19"),
            ]
        out += [", and the agreements in force"]
        left = [m[1] for n in info.get("notes") or () if (m := re.search(r"'(.+?)' is empty", str(n)))]
        if left:
            out += ["; left out: ", prose.Quote(", ".join(dict.fromkeys(left)))]
        out += [". "]
    return (*out, "Accounts and dollars are of ", prose.Quote(str(YEAR)), ".")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _asset(name: str) -> Markup:
    """A file of the templates' folder, as it is."""
    return Markup((resources.files("results.report") / "templates" / name).read_text("utf-8"))


def _plotly() -> Markup:
    """The drawing library, once; it cannot end the element it stands in."""
    from plotly.offline import get_plotlyjs

    return Markup(get_plotlyjs().replace("</script", "<\\/script"))
