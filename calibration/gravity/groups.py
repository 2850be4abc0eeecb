"""The groups within which goods industries are pooled, and whose sums are estimated with pair effects."""

from __future__ import annotations

from calibration.labels import goods

GROUPS = ("agrifood", "mining and energy", "manufactures")


def group_of(industry: str) -> str:
    """Pooling group of a goods industry."""
    if industry in ("A01", "A02", "A03", "C10T12"):
        return GROUPS[0]
    return GROUPS[1] if industry[0] == "B" or industry == "C19" else GROUPS[2]


def groups() -> dict[str, tuple[str, ...]]:
    """Group -> its goods industries."""
    return {g: tuple(i for i in goods() if group_of(i) == g) for g in GROUPS}
