"""Readers of head counts: GGDC/UNU-WIDER ETD 2021, ILO totals, ILO 2013 by industry, IMF WEO employment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from calibration.labels import read_rows
from calibration.sources.oecd import SourceError

SOURCES = {
    "ETD2018": "GGDC/UNU-WIDER Economic Transformation Database 2021, persons engaged 2018",
    "ILO2013": "ILOSTAT employment by economic activity, 2013",
    "ILO2022": "ILO modelled employment 2022 (ilo_workforce_total.csv)",
    "WEO": "IMF World Economic Outlook October 2025: employment (LE), GDP for ROW (NGDPD)",
    "CPS2022": "BLS Current Population Survey 2022, table 17; payroll shares within manufacturing",
}


def _csv(path: Path) -> Any:
    if not path.exists():
        raise SourceError(f"{path} is missing; give the raw data folder with --raw")
    return pd.read_csv(path, low_memory=False)


def read_etd(raw: Path, year: int = 2018) -> pd.DataFrame:
    """Persons engaged (thousand): region x ETD sector label. Empty cells stay NaN (IND real estate)."""
    t = _csv(raw / "employment" / "ggdc_etd_2021.csv")
    t = t[(t["var"] == "EMP") & (t["year"] == year)].set_index("cnt")
    rows = read_rows("concordance", "employment_groups.csv")
    labels = [row["label"] for row in rows if row["dataset"] == "ETD2018"]
    # the file writes "-" where a sector has no figure of its own
    return t[labels].apply(lambda c: c.astype(str).str.strip().replace({"-": "nan"}).astype(float))


def read_ilo_industry(raw: Path) -> dict[str, pd.DataFrame]:
    """Employed persons 2013 (thousand): dataset name -> region x label, both sexes.

    Where an economy has two surveys the one with source code BA (labour force survey) is taken.
    """
    t = _csv(raw / "employment" / "ilo_employment_by_industry_2013.csv")
    t = t[t["Sex_Item_Code"] == "SEX_T"].sort_values(["Country_Code", "Source_Code"], kind="stable")
    t = t.assign(rank=(t["Source_Code"] != "BA").astype(int)).sort_values("rank", kind="stable")
    out = {}
    for version in ("ISIC4", "ISIC3", "AGGREGATE"):
        part = t[t["Classif1_Version_Item_Code"] == f"ECO_{version}"]
        part = part.drop_duplicates(["Country_Code", "Classif1_Item_Label"])
        out[f"ILO2013_{version}"] = part.pivot(
            index="Country_Code", columns="Classif1_Item_Label", values="Obs_Value"
        ).sort_index()
    return out


def read_ilo_totals(raw: Path, year: int = 2022) -> pd.DataFrame:
    """Employment (thousand persons) of `year` or an economy's last earlier year: columns value, year.

    Rows without an ILO indicator (small territories filled by the file's compiler) are left out.
    """
    t = _csv(raw / "employment" / "ilo_workforce_total.csv")
    t = t[(t["sex"] == "SEX_T") & t["indicator"].notna() & (t["time"] <= year)]
    t = t.sort_values("time").groupby("ref_area").last()
    return pd.DataFrame({"value": t["Workforce (1000)"].astype(float), "year": t["time"].astype(int)})


def read_weo(raw: Path, concept: str, year: int) -> pd.Series:
    """One WEO concept in one year, in units (scale applied), by economy."""
    t = _csv(raw / "macro" / "weo_oct2025_extract.csv")
    t = t[(t["concept"] == concept) & (t["year"] == year)].set_index("ref_area")
    if t.empty:
        raise SourceError(f"WEO extract has no {concept} for {year}")
    return t["value"].astype(float) * 10.0 ** t["scale"].astype(float)
