"""Rows of the CSV tables under ``scenarios/tables``, with their line numbers."""

from __future__ import annotations

import csv
from pathlib import Path


def numbered_rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Rows of a table with their line numbers; lines that begin with # are comments.

    Raises:
        ValueError: a row with more or fewer cells than the header.
    """
    with path.open(newline="", encoding="utf-8") as file:
        lines = [(n, line) for n, line in enumerate(file, 1) if not line.startswith("#")]
    rows = list(csv.reader([line for _, line in lines]))
    for (n, _), row in zip(lines, rows, strict=True):
        if len(row) != len(rows[0]):
            raise ValueError(f"{path.name}:{n}: {len(row)} cells, and the header has {len(rows[0])}")
    return [
        (n, dict(zip(rows[0], row, strict=True))) for (n, _), row in zip(lines[1:], rows[1:], strict=True)
    ]
