"""Trade treaties and their members: DESTA (Dür, Baccini & Elsig 2014), members list to 2020."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from calibration.labels import read_rows
from calibration.sources.oecd import SourceError

SOURCE = (
    "DESTA list of treaties and members (Dür, Baccini & Elsig 2014, Review of International Organizations)"
)
KINDS = ("base_treaty", "accession", "withdrawal", "consolidated", "protocol or amendment", "negotiation")
ACTING = 1
"""Role of a member that this entry lets in or out; 2 marks those already inside, 0 and 3 the founders."""


@dataclass(frozen=True)
class Treaty:
    """One entry of the list, with those of its members that are among the project's economies.

    number: the entry's own number (accessions 64+1, withdrawals 64_1); base: number of the treaty it belongs
    to; signed, entry: years (entry None where the source has none); acting: who joins or leaves by it.
    """

    number: str
    base: int
    name: str
    kind: str
    signed: int | None
    entry: int | None
    members: tuple[str, ...]
    acting: tuple[str, ...]


def read_treaties(raw: Path) -> tuple[Treaty, ...]:
    """All entries of the list; members outside the project's 80 economies are left out.

    Raises SourceError for a missing file, a kind of entry not known, or an economy that no entry names.
    """
    path = raw / "agreements" / "DESTA_MEM.csv"
    if not path.exists():
        raise SourceError(f"{path} is missing; give the raw data folder with --raw")
    table = pd.read_csv(path, sep=";", encoding="latin-1", dtype=str, keep_default_na=False)
    codes = {int(row["numeric"]): row["code"] for row in read_rows("concordance", "regions_gravity.csv")}
    slots = [c for c in table.columns if c[0] == "c" and c[1:].isdigit()]
    treaties = tuple(_treaty(row, slots, codes) for row in table.to_dict("records"))
    unknown = sorted({t.kind for t in treaties} - set(KINDS))
    if unknown:
        raise SourceError(f"{path}: kinds of entry not known: {', '.join(unknown)}")
    absent = sorted(set(codes.values()) - {m for t in treaties for m in t.members})
    if absent:
        raise SourceError(f"{path}: no treaty names {', '.join(absent)}; are the member codes ISO numeric?")
    return treaties


def _treaty(row: dict[str, str], slots: list[str], codes: dict[int, str]) -> Treaty:
    found = [(codes[n], _number(row[f"m{slot}"])) for slot in slots if (n := _number(row[slot])) in codes]
    return Treaty(
        row["number"], int(row["base_treaty"]), row["name"], row["entry_type"],
        _number(row["year"]), _number(row["entryforceyear"]),
        tuple(r for r, _ in found), tuple(r for r, role in found if role == ACTING),
    )  # fmt: skip


def _number(text: str) -> int | None:
    return None if text in ("", "NA") else int(float(text))
