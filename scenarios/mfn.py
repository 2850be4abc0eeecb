"""Most-favoured-nation rates, read off the applied ones."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

DUTIES = Path(__file__).parent / "tables" / "additional_duties.csv"


def mfn_rates(tm: npt.NDArray[np.float64], regions: Sequence[str]) -> npt.NDArray[np.float64]:
    """The highest rate each importer applies in each sector, over partners; shape (1, d, i), shares.

    Flows that bear duties on top of MFN (``tables/additional_duties.csv``) and trade inside a region do not
    count.

    Args:
        tm: applied rates over (o, d, i), o and d in the order of ``regions``.
        regions: labels.
    """
    counts = ~np.eye(len(regions), dtype=bool)
    index = {r: n for n, r in enumerate(regions)}
    with DUTIES.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            if row["importer"] in index and row["exporter"] in index:
                counts[index[row["exporter"]], index[row["importer"]]] = False
    # A world of those two alone has no other partner to read MFN from; its agreements then cut from nothing.
    return np.where(counts[:, :, None], tm, 0.0).max(axis=0, keepdims=True)
