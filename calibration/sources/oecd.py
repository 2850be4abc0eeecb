"""OECD national input-output tables 2022 (2025 edition), 80 economies, total (domestic plus imported) use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

SOURCE = (
    "OECD Inter-Country Input-Output / national IOTs, 2025 edition, year 2022, (c) OECD, OECD terms; "
    "files from github.com/micomrkaic/ghosh-icio (2f9cd66)"
)
FINAL = ("HFCE", "NPISH", "GGFC", "GFCF", "INVNT", "DPABR")
TRADE = ("CONS_NONRES", "EXPO", "IMPO")
VALUE_ADDED = ("LABR", "OTXS", "CFC", "NOPS")


class SourceError(ValueError):
    """A raw file that is missing or not in the documented form."""


@dataclass(frozen=True)
class IOTable:
    """National tables, USD million at basic prices.

    data: use(r,i,u) basic-price use by user u (activities and FINAL); exports(r,i) including purchases of
    non-residents; imports(r,i) positive; txs(r,u), imp_other(r,u) by user; txs_exports(r); va(r,p,j) the
    parts LABR OTXS CFC NOPS; valu(r,j) their published total; output(r,j).
    """

    data: xr.Dataset


def read_oecd(raw: Path, sectors: list[str], year: int = 2022) -> IOTable:
    """Read every table of `raw/oecd_iot_<year>` into one IOTable, sectors in the given order.

    Raises SourceError for a missing folder, an unknown or missing row or column, or what is no number.
    """
    folder = raw / f"oecd_iot_{year}"
    paths = sorted(folder.glob(f"???{year}ttl.csv"))
    if not paths:
        raise SourceError(f"no table XXX{year}ttl.csv in {folder}; give the raw data folder with --raw")
    parts = {p.name[:3]: _read_one(p, sectors) for p in paths}
    return IOTable(xr.concat(list(parts.values()), dim="r").assign_coords(r=list(parts)))


def _read_one(path: Path, sectors: list[str]) -> xr.Dataset:
    table = pd.read_csv(path, index_col=0)
    rows = [f"TTL_{s}" for s in sectors]
    users = [*sectors, *FINAL]
    needed_rows = {*rows, "IMP_OTHER", "TXS_INT_FNL", "VALU", "OUTPUT", *VALUE_ADDED}
    needed_columns = {*users, *TRADE}
    missing = sorted((needed_rows - set(table.index)) | (needed_columns - set(table.columns)))
    if missing:
        raise SourceError(f"{path}: rows or columns missing: {', '.join(missing)}")
    unknown = sorted({r for r in table.index if r.startswith("TTL_")} - set(rows) - {"TTL_INT_FNL"})
    if unknown:
        raise SourceError(f"{path}: rows of unknown industries: {', '.join(unknown)}")
    if table.index.has_duplicates or table.columns.has_duplicates:
        raise SourceError(f"{path}: a row or column name occurs twice")
    bad = table.loc[sorted(needed_rows), sorted(needed_columns)].apply(pd.to_numeric, errors="coerce").isna()
    if bad.to_numpy().any():
        row, column = np.argwhere(bad.to_numpy())[0]
        raise SourceError(f"{path}: no number in row {bad.index[row]}, column {bad.columns[column]}")
    t = table.loc[sorted(needed_rows), sorted(needed_columns)].astype(float)
    exports = t.loc[rows, "EXPO"] + t.loc[rows, "CONS_NONRES"]
    return xr.Dataset(
        {
            "use": (("i", "u"), t.loc[rows, users].to_numpy()),
            "exports": (("i",), exports.to_numpy()),
            "imports": (("i",), -t.loc[rows, "IMPO"].to_numpy()),
            "txs": (("u",), t.loc["TXS_INT_FNL", users].to_numpy()),
            "imp_other": (("u",), t.loc["IMP_OTHER", users].to_numpy()),
            "txs_exports": ((), t.loc["TXS_INT_FNL", "EXPO"] + t.loc["TXS_INT_FNL", "CONS_NONRES"]),
            "va": (("p", "j"), t.loc[list(VALUE_ADDED), sectors].to_numpy()),
            "valu": (("j",), t.loc["VALU", sectors].to_numpy()),
            "output": (("j",), t.loc["OUTPUT", sectors].to_numpy()),
        },
        coords={"i": sectors, "j": sectors, "u": users, "p": list(VALUE_ADDED)},
    )


def published_gdp(table: IOTable) -> xr.DataArray:
    """GDP at market prices (r): value added plus every TXS entry, those of the export columns included."""
    d = table.data
    return d["valu"].sum("j") + d["txs"].sum("u") + d["txs_exports"]
