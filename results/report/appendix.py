"""What stands behind the numbers: policy, assumptions, certificates, data, hashes; and what is not here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from results.published import published_rows
from results.report.facts import Book
from results.report.prose import NBSP, clean
from results.report.reading import Reading
from scenarios.reader import library

DATA = (
    ("World accounts of production, use and bilateral trade",
     "OECD, inter-country input-output data, edition of 2025",
     "OECD terms and conditions; the accounts here are derived from them"),
    ("Tariffs", "Teti, Global Tariff Database; Felbermayr, Groeschl and Heiland (2022) for splits",
     "as published with the papers' replication files"),
    ("Employment and unemployment", "ILO; GGDC/UNU-WIDER Economic Transformation Database; BLS; IMF World "
     "Economic Outlook, October 2025", "as stated by each source"),
    ("Elasticities", "GTAP's published ESUBD, ESUBM, ESUBVA; Caliendo and Parro; Fontagné et al.",
     "published values"),
    ("Gravity", "CEPII GeoDist; DESTA (treaties to 2020)", "CC0; as published"),
    ("Memberships and schedules of agreements", "agreement texts and government pages, by row", "facts"),
)  # fmt: skip
"""What, source, terms; `cge data info` has every repair with its size."""

CERTIFICATE = (
    ("Largest residual", "max_residual"), ("Walras", "walras"), ("Gap of the three GDPs", "gdp_gap"),
    ("Iterations", "iterations"), ("Space", "space"), ("Route", "route"),
)  # fmt: skip

BASIC = ("table", "assumption", "value", "unit", "source", "confidence", "changed")
"""Keys of an assumption in the manifest."""


@dataclass(frozen=True)
class Assumption:
    """One assumption in use and by which packages; ``whose`` is "" where all rest on it."""

    cells: Mapping[str, str]
    whose: str


@dataclass(frozen=True)
class Behind:
    """What stands behind one package."""

    label: str
    title: str
    description: str
    changes: int
    policy: tuple[str, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    certificate: tuple[tuple[str, str, str], ...]
    choices: tuple[tuple[str, str], ...]
    hashes: tuple[tuple[str, str], ...]
    text: str
    status: str
    written: str
    command: str
    look_at: tuple[str, ...] = ()


def behind(book: Book) -> Behind:
    """From the manifest of a package and the text of its scenario."""
    m, info = book.column.manifest, book.column.info
    policy = m.get("policy") or {}
    found = {str(k): str(v) for k, v in (info.get("hashes") or {}).items() if v}
    return Behind(
        book.label,
        clean(str(info["title"])),
        clean(str(info.get("description") or "")),
        int(policy.get("changes") or 0),
        tuple(clean(str(x)) for x in policy.get("lines") or ()),
        tuple(clean(str(x)) for x in info.get("notes") or ()),
        tuple(clean(str(x)) for x in m.get("warnings") or ()),
        tuple(_certificate(m.get("certificate") or {})),
        tuple((str(k), str(v)) for k, v in (info.get("choices") or {}).items()),
        tuple(found.items()),
        book.column.text,
        book.column.status,
        str(m.get("written", "")),
        str(info.get("command") or ""),
        tuple(clean(str(x)) for x in policy.get("look_at") or ()),
    )


def _certificate(certificate: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    base, new = (certificate.get(k) or {} for k in ("base", "counterfactual"))
    return [(words, _shown(base.get(key)), _shown(new.get(key))) for words, key in CERTIFICATE]


def _shown(value: Any) -> str:
    if value is None:
        return "n/a"
    return f"{value:.0e}" if isinstance(value, float) else str(value)


def assumptions(r: Reading) -> tuple[Assumption, ...]:
    """Those in use by any package, what a scenario changed first; each once, with who rests on it."""
    users: dict[tuple[str, ...], list[str]] = {}
    for book in r.books:
        for row in book.column.manifest.get("assumptions") or ():
            cells = tuple(clean(str(row.get(k) or "")) for k in BASIC)
            users.setdefault(cells, []).append(book.label)
    out = []
    for cells, labels in users.items():
        whose = "" if len(labels) == len(r.books) else ", ".join(dict.fromkeys(labels))
        out.append(Assumption(dict(zip(BASIC, cells, strict=True)), whose))
    return tuple(sorted(out, key=lambda a: not a.cells["changed"]))


def by_table(found: Sequence[Assumption]) -> dict[str, tuple[Assumption, ...]]:
    """Assumptions by the table they stand in, in order of appearance."""
    out: dict[str, list[Assumption]] = {}
    for a in found:
        out.setdefault(a.cells["table"] or "assumptions", []).append(a)
    return {k: tuple(v) for k, v in out.items()}


CLASSES = (
    ("read in a source or computed from data", ("verified-page", "repo-file", "derived", "high", "medium")),
    ("quoted from memory of a publication", ("recall",)),
    ("assumed", ("assumption", "low")),
)
"""What the tags of confidence mean to a reader."""


def confidence(found: Sequence[Assumption]) -> tuple[tuple[str, int], ...]:
    """How many numbers are read, remembered or assumed; rows that sum up many count each of them."""
    counts = {words: 0 for words, _ in CLASSES}
    for a in found:
        for part in filter(None, (p.strip() for p in re.split(r"(?<=\)), ", a.cells["confidence"]))):
            counted = re.fullmatch(r"(.*) \((\d+)\)", part)
            tag, n = (counted[1], int(counted[2])) if counted else (part, 1)
            kind = next((words for words, tags in CLASSES if tag.startswith(tags)), CLASSES[-1][0])
            counts[kind] += n
    return tuple((words, n) for words, n in counts.items() if n)


def missing(r: Reading) -> tuple[tuple[str, str], ...]:
    """What this brief does not hold, and how to get it."""
    books = r.books
    out = [*_undecomposed([b for b in books if "decomposition" not in b.column.tables])]
    if not any("bands" in b.column.tables for b in books):
        out.append(
            ("Bands of sensitivity", "none were computed; ranges here are those of the adjustment account's "
             f"parameters alone. cge{NBSP}sweep SCENARIO -o FOLDER computes them")
        )  # fmt: skip
    if not any("compensation" in b.column.tables for b in books):
        out.append(("Compensation inside the model", "no policy here pays for it; a scenario's key "
                    "compensation does"))  # fmt: skip
    out += _solved_by_run(books)
    out += _asked_about(r)
    if not r.several:
        out.append(("Other policies", "name several to cge report to set them side by side"))
    if "dependence" not in books[0].column.tables:
        out.append(("Dependence", "the supplier that is traced is no region of this aggregation"))
    return tuple(out)


def _asked_about(r: Reading) -> Iterator[tuple[str, str]]:
    """Policies that the author's question or hints compare with and that are not on the page."""
    here = {str(b.column.info.get("name", "")).partition(":")[0] for b in r.books}
    texts = [str(x) for b in r.books for x in (b.column.info.get("question") or "",
             *((b.column.manifest.get("policy") or {}).get("look_at") or ()))]  # fmt: skip
    found = [n for n in library() if n not in here and "-" in n and any(n in t for t in texts)]
    if any("full opening" in t for t in texts) and "full-liberalisation" not in here:
        found = list(dict.fromkeys([*found, "full-liberalisation"]))
    if found:
        yield (
            "What the questions compare with",
            (
                f"{', '.join(found)}: not on this page, so questions about them stay open here; name them to "
                "cge report beside the others"
            ),
        )


def _solved_by_run(books: Sequence[Book]) -> Iterator[tuple[str, str]]:
    """What only ``cge run`` solves, because it takes solutions of its own."""
    how = f"cge{NBSP}run solves it into a folder, and cge{NBSP}report shows what is in a folder"
    policy = {b.label: b.column.manifest.get("policy") or {} for b in books}
    adopts = [b.label for b in books if "adoption" not in b.column.tables and policy[b.label].get("access")]
    if adopts:
        yield "Who would gain from adopting the standards", f"not solved for {', '.join(adopts)}: {how}"
    studied = [b.label for b in books if "published" not in b.column.manifest and not studies(b).empty]
    if studied:
        yield "Our figure beside each published one", f"not made for {', '.join(studied)}: {how}"


def studies(book: Book) -> pd.DataFrame:
    """Figures of studies that are stored for the scenario; may be empty."""
    name = str(book.column.info.get("name", "")).partition(":")[0]
    return published_rows(name, str((book.column.info.get("choices") or {}).get("variant", "")))


def _undecomposed(books: Sequence[Book]) -> Iterator[tuple[str, str]]:
    firms = [b.label for b in books if _with_firms(b)]
    plain = [b.label for b in books if b.label not in firms]
    what = "Where welfare comes from"
    if firms:
        yield what, (f"not decomposed for {', '.join(firms)}: firms enter and exit there, and the "
                     "decomposition has no term for variety")  # fmt: skip
    if plain:
        yield what, (f"not decomposed for {', '.join(plain)}: run with --decompose, or name the scenario to "
                     "cge report, which does so itself")  # fmt: skip


def _with_firms(book: Book) -> bool:
    return any(str(k).startswith("structure of") for k in book.column.info.get("choices") or {})
