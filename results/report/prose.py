"""Sentences as sequences of texts, facts and names; the page writes each kind in its own element."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from results.report.facts import Fact

NBSP = "\u00a0"


@dataclass(frozen=True)
class Name:
    """A name (region, sector, package): may hold digits, which are no numbers of the results."""

    text: str
    policy: bool = False
    """Of a policy that was run: set apart, because it may begin like a sentence."""


@dataclass(frozen=True)
class Quote:
    """Words of another text (a warning, a note, a study) as they stand there."""

    text: str


Piece = str | Fact | Name | Quote
Sentence = tuple[Piece, ...]


def join(parts: Sequence[Sequence[Piece]], last: str = " and ", between: str = ", ") -> Sentence:
    """``a, b and c``."""
    out: list[Piece] = []
    for k, part in enumerate(parts):
        if k:
            out.append(last if k == len(parts) - 1 else between)
        out.extend(part)
    return tuple(out)


def sentence(*pieces: Piece | Sequence[Piece]) -> Sentence:
    """One sentence from pieces and sequences of pieces; the first letter becomes a capital."""
    flat: list[Piece] = []
    for piece in pieces:
        flat.extend([piece] if isinstance(piece, str | Fact | Name | Quote) else piece)
    if flat and isinstance(flat[0], str):
        flat[0] = flat[0][:1].upper() + flat[0][1:]
    elif flat and isinstance(flat[0], Name) and flat[0].text.startswith("the "):
        flat[0] = Name(flat[0].text[:1].upper() + flat[0].text[1:])
    return tuple(flat)


def plain(pieces: Iterable[Piece]) -> str:
    """The sentence as text, for alternative texts and tests."""
    return "".join(
        p if isinstance(p, str) else f"“{p.text}”" if isinstance(p, Name) and p.policy else p.text
        for p in pieces
    )


COMPUTED = ("packages",)
"""Tables that no result holds: what is made when packages are set side by side."""


def fact_markup(fact: Fact) -> Markup:
    """A fact as its ``<data>`` element; "n/a" where the number does not exist. Class ``fact`` where its rows
    are stored with a result, else ``mark``.
    """
    if not fact.value.exists:
        return Markup('<span class="none">n/a</span>')
    attributes = "".join(f' {k}="{escape(v)}"' for k, v in fact.attributes().items())
    kind = "mark" if fact.value.source["table"] in COMPUTED else "fact"
    return Markup(f'<data class="{kind}"{attributes}>{escape(fact.text)}</data>')


def markup(pieces: Iterable[Piece]) -> Markup:
    """The sentence as HTML; every text is escaped."""
    out = []
    for piece in pieces:
        if isinstance(piece, Fact):
            out.append(fact_markup(piece))
        elif isinstance(piece, Name) and piece.policy:
            out.append(Markup('<cite class="policy">“{}”</cite>').format(clean(piece.text)))
        elif isinstance(piece, Name):
            out.append(Markup('<span class="name">{}</span>').format(clean(piece.text)))
        elif isinstance(piece, Quote):
            out.append(Markup('<cite class="quoted">{}</cite>').format(clean(piece.text)))
        else:
            out.append(escape(piece))
    return Markup("").join(out)


def clean(text: str) -> str:
    """A text without control signs (folded YAML leaves some), blanks made single."""
    return re.sub(r"\s+", " ", re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "", text)).strip()
