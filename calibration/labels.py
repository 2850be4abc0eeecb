"""Codes and human labels of the 81 economies and 50 industries, in canonical order."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from pathlib import Path

REST = "ROW"
"""Code of the rest of the world, always last."""


def package_file(*parts: str) -> Path:
    """Path of a file shipped inside the calibration package."""
    return Path(str(resources.files("calibration"))).joinpath(*parts)


def read_rows(*parts: str) -> list[dict[str, str]]:
    """Rows of a shipped CSV table as text; lines starting with # are its header of sources."""
    with package_file(*parts).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if line.strip() and not line.startswith("#")))


def read_values(*parts: str, key: str, value: str = "value") -> dict[str, float]:
    """A column of numbers of a shipped CSV table, by the column `key`."""
    return {row[key]: float(row[value]) for row in read_rows(*parts)}


@cache
def region_labels() -> dict[str, str]:
    """Code to label of the 81 economies, alphabetical by code, ROW last."""
    return {row["code"]: row["label"] for row in read_rows("concordance", "regions.csv")}


@cache
def sector_labels() -> dict[str, str]:
    """Code to label of the 50 industries, in the OECD order."""
    return {row["code"]: row["label"] for row in read_rows("concordance", "sectors.csv")}


@cache
def goods() -> tuple[str, ...]:
    """The 27 goods industries."""
    return tuple(row["code"] for row in read_rows("concordance", "sectors.csv") if row["kind"] == "goods")


@cache
def services() -> tuple[str, ...]:
    """The 23 services industries, construction and utilities included."""
    return tuple(s for s in sector_labels() if s not in goods())
