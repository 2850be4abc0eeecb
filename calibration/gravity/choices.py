"""The choices of assumptions/gravity_choices.csv."""

from __future__ import annotations

from calibration.gravity.errors import GravityError
from calibration.gravity.estimate import SPECIFICATIONS
from calibration.labels import read_rows


def _text(name: str) -> str:
    rows = {row["name"]: row["value"] for row in read_rows("assumptions", "gravity_choices.csv")}
    if name not in rows:
        raise GravityError(f"gravity_choices.csv has no row {name}; it has {', '.join(rows)}")
    return rows[name]


def choice(name: str) -> float:
    """A number of the table. Raises GravityError for an unknown name or a value that is not a number."""
    text = _text(name)
    try:
        return float(text)
    except ValueError:
        raise GravityError(f"gravity_choices.csv: {name} is {text!r}, not a number") from None


def specification() -> str:
    """The reading of agreement effects in use unless a scenario asks for the other. Raises GravityError."""
    text = _text("specification")
    if text not in SPECIFICATIONS:
        raise GravityError(
            f"gravity_choices.csv: specification is {text!r}: write {' or '.join(SPECIFICATIONS)}"
        )
    return text
