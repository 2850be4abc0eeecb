"""What share of an industry's tariffs sensitive products carry: Japan's start rates of CPTPP, line by line.

The source of the JPN rows of ``scenarios/tables/product_carve_outs.csv``. The schedule lists HS6 codes of
several editions; only those of HS 2017 count. A line that the concordance gives to several industries counts
in equal parts. Trade weights are not used: the only trade beside the schedule is what Canada sold, and rates
that shut trade out have no weight in it.
"""

from __future__ import annotations

import csv
import re
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from calibration.sources.oecd import SourceError

PRODUCTS = {
    "rice": ("1006",),
    "wheat": ("1001", "1101"),
    "sugar": ("1701", "1702"),
    "dairy": ("0401", "0402", "0403", "0404", "0405", "0406"),
    "beef": ("0201", "0202"),
    "pork": ("0203",),
}
"""HS headings by product; preparations that hold the product are left out."""
DIVISIONS = {"01": "A01", "02": "A02", "03": "A03", "10": "C10T12", "11": "C10T12", "12": "C10T12"}
"""Divisions of ISIC Rev.4 to industries, as far as these products reach."""
SCHEDULE = Path("tariffs") / "cptpp_japan_hs6" / "Tariff Start and End.xlsx"
TRIMMED = 0.05
"""Share of an industry's lines whose rates are lowered to the highest of the rest."""
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@dataclass(frozen=True)
class ProductShare:
    """What a product carries of an industry's tariffs.

    ``lines`` are the HS6 lines of the product there (parts included) of ``all_lines``. ``trimmed`` and
    ``untrimmed`` are shares in [0, 1] of the sum of start rates; for the first, the highest 5 % of the
    industry's rates are lowered to the 95th percentile, as the food rates of the database leave peaks out.
    """

    product: str
    industry: str
    lines: float
    all_lines: float
    trimmed: float
    untrimmed: float


def product_shares(raw: Path, industries: tuple[str, ...] = ("A01", "C10T12")) -> list[ProductShare]:
    """Share of each product in the sum of start rates over an industry's lines.

    Args:
        raw: the folder of public data.
        industries: those of the 50 that are wanted.

    Returns:
        One entry per industry and product that has lines there.

    Raises:
        SourceError: the workbook is not as described.
    """
    rates = _start_rates(raw / SCHEDULE)
    edition = {row["HS5_6d"] for row in _rows(raw / "concordance" / "hs5_isic3.csv")}
    parts = _industries(raw)
    out = []
    for industry in industries:
        codes = sorted(c for c in rates if c in edition and industry in parts[c])
        part = np.array([parts[c][industry] for c in codes])
        rate = np.array([rates[c] for c in codes])
        capped = np.minimum(rate, np.quantile(rate, 1 - TRIMMED, method="lower"))
        for product, headings in PRODUCTS.items():
            mine = np.array([c[:4] in headings for c in codes])
            if mine.any():
                shares = [float((x * part)[mine].sum() / (x * part).sum()) for x in (capped, rate)]
                out.append(ProductShare(product, industry, part[mine].sum(), part.sum(), *shares))
    return out


def _start_rates(path: Path) -> dict[str, float]:
    """Start rates as shares by HS6 code; the sheet holds one plus the rate, some cells no number."""
    found: dict[str, float] = {}
    for row in _sheet(path, "Tariff Starting"):
        code, cell = row.get("A", "").strip("'"), row.get("B", "")
        if re.fullmatch(r"\d{6}", code) and re.fullmatch(r"[\d.]+(E-?\d+)?", cell):
            found[code] = float(cell) - 1
    if len(found) < 5_000 or min(found.values()) < 0:
        raise SourceError(
            f"{path.name}: start rates of some 5,600 HS6 lines are expected, found {len(found)}"
        )
    return found


def _sheet(path: Path, name: str) -> list[dict[str, str]]:
    """Rows of one sheet of a workbook as texts by column letter; an .xlsx file is zipped XML."""
    with zipfile.ZipFile(path) as book:
        sheets = ElementTree.fromstring(book.read("xl/workbook.xml")).iter(_SHEET + "sheet")
        names = [sheet.get("name") for sheet in sheets]
        if name not in names:
            raise SourceError(f"{path.name} has no sheet '{name}'")
        shared = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        rows = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{names.index(name) + 1}.xml"))
    texts = ["".join(t.text or "" for t in item.iter(_SHEET + "t")) for item in shared]
    out = []
    for row in rows.iter(_SHEET + "row"):
        cells: dict[str, str] = {}
        for cell in row.iter(_SHEET + "c"):
            value = cell.find(_SHEET + "v")
            if value is not None and value.text is not None:
                text = texts[int(value.text)] if cell.get("t") == "s" else value.text
                cells[re.sub(r"\d", "", cell.get("r", ""))] = text
        out.append(cells)
    return out


def _industries(raw: Path) -> dict[str, dict[str, float]]:
    """The part of each HS6 code that counts in each industry."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in _rows(raw / "concordance" / "hs_isic4.csv"):
        if row["ISIC4_2d"].isdigit():
            found[row["HS_6d"]].add(DIVISIONS.get(row["ISIC4_2d"], "others"))
    return defaultdict(dict, {code: dict.fromkeys(names, 1 / len(names)) for code, names in found.items()})


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
