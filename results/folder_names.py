"""Names of folders for labels: ones that every common platform takes, each once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

DEVICES = frozenset(
    {"CON", "PRN", "AUX", "NUL", *(f"{kind}{n}" for kind in ("COM", "LPT") for n in "0123456789¹²³")}
)
"""Names that Windows keeps for itself, with any ending."""

LONGEST = 100
"""Bytes of a name; file systems take 255, paths of Windows hardly more in all."""

_HOSTILE = re.compile(r'[<>:"/\\|?*\s\x00-\x1f\x7f-\x9f]')


def folder_name(label: str) -> str:
    """The label without what some platform refuses: ``a/b: c.`` gives ``a_b__c``; never empty."""
    text = _HOSTILE.sub("_", unicodedata.normalize("NFC", label))
    text = "".join(c if unicodedata.category(c)[0] != "C" else "_" for c in text)
    text = _cut(text.strip("."), LONGEST).rstrip(".") or "scenario"
    return f"_{text}" if text.split(".")[0].upper() in DEVICES else text


def folder_names(labels: Sequence[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """A name for each label, apart from one another and from ``taken`` on platforms without capitals too."""
    used = {t.casefold() for t in taken}
    out: dict[str, str] = {}
    for label in labels:
        plain = name = folder_name(label)
        n = 2
        while name.casefold() in used:
            name, n = f"{_cut(plain, LONGEST)}_{n}", n + 1
        used.add(name.casefold())
        out[label] = name
    return out


def _cut(text: str, most: int) -> str:
    """The text in at most so many bytes of UTF-8."""
    return text.encode()[:most].decode(errors="ignore")
