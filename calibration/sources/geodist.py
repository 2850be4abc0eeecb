"""Distances and ties between economies: CEPII GeoDist (Mayer & Zignago 2011)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from calibration.labels import read_rows
from calibration.sources.oecd import SourceError
from calibration.sources.rdata import read_rdata

SOURCE = "CEPII GeoDist (Mayer & Zignago 2011), dist_cepii: population-weighted distances, contiguity, ties"
TIES = {"contiguity": "contig", "language": "comlang_off", "colony": "colony"}
"""Name here -> column of the source (common official language; ever in a colonial tie)."""


def read_geodist(raw: Path, regions: Sequence[str]) -> xr.Dataset:
    """`distance` (o,d; km, population-weighted, inner distance on the diagonal) and the TIES (o,d; 0 or 1).

    Ties are zero on the diagonal. Raises SourceError naming the pairs that are missing.
    """
    path = raw / "gravity" / "dist_cepii.rda"
    content = read_rdata(path)
    if "dist_cepii" not in content:
        raise SourceError(f"{path}: no table dist_cepii in it, but {', '.join(content)}")
    table = pd.DataFrame(content["dist_cepii"]).set_index(["iso_o", "iso_d"])
    own = {row["code"]: row["geodist"] for row in read_rows("concordance", "regions_gravity.csv")}
    unknown = [r for r in regions if r not in own]
    if unknown:
        raise SourceError(f"regions_gravity.csv has no code for {', '.join(unknown)}")
    wanted = pd.MultiIndex.from_product([[own[r] for r in regions]] * 2)
    missing = wanted.difference(table.index)
    if len(missing):
        some = ", ".join("-".join(map(str, pair)) for pair in missing[:6])
        raise SourceError(f"{path}: {len(missing)} pairs are missing, the first {some}")
    rows: Any = table.loc[wanted]
    shape = (len(regions), len(regions))
    distance = np.array(rows["distw"], dtype=float).reshape(shape)
    if not (np.isfinite(distance) & (distance > 0)).all():
        at = [f"{regions[a]}-{regions[b]}" for a, b in np.argwhere(~(distance > 0))[:6]]
        raise SourceError(f"{path}: no weighted distance for {', '.join(at)}")
    away = ~np.eye(len(regions), dtype=bool)
    fields = {k: rows[v].to_numpy(float).reshape(shape) * away for k, v in TIES.items()}
    coords = {"o": list(regions), "d": list(regions)}
    return xr.Dataset({k: (("o", "d"), v) for k, v in {"distance": distance, **fields}.items()}, coords)
