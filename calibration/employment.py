"""Employment by economy and industry, 2022, thousand persons, with method and confidence for every cell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from calibration.labels import REST, read_rows
from calibration.repairs import Repair, largest
from calibration.sources import labour
from calibration.sources.oecd import SourceError

METHODS = {
    "none": "no output, no jobs",
    "etd2018": "ETD 2018 count of the group, split by 2022 labour compensation",
    "ilo2013": "ILO 2013 count of the ISIC4 letter, split by 2022 labour compensation",
    "ilo2013_broad": "ILO 2013 count of a broad or ISIC3 group, split by 2022 labour compensation",
    "cps2022": "CPS 2022 count",
    "cps2022_split": "CPS 2022 count, split by payroll shares from memory or by labour compensation",
    "compensation": "labour compensation",
    "donor": "employment shares of donor economies, split by labour compensation",
}
"""Method of a jobs cell -> what it means. All are scaled to the economy's 2022 total."""

CONFIDENCE = {
    "none": "none",
    "etd2018": "medium",
    "ilo2013": "medium",
    "ilo2013_broad": "low",
    "cps2022": "high",
    "cps2022_split": "medium",
    "compensation": "low",
    "donor": "low",
}


@dataclass(frozen=True)
class Employment:
    """jobs(r,j) thousand persons; method(r,j) a key of METHODS; repairs made."""

    jobs: xr.DataArray
    method: xr.DataArray
    repairs: tuple[Repair, ...]


@dataclass(frozen=True)
class _Counts:
    """Head counts of groups of industries in one economy: (sectors, thousand persons, method)."""

    groups: list[tuple[list[str], float, str]]


def build_employment(raw: Path, compensation: xr.DataArray, output: xr.DataArray) -> Employment:
    """Jobs from head counts, 2022 totals and labour compensation.

    compensation(r,j), output(r,j): USD million. A group's count is split by labour compensation; groups
    without a count get the economy's average compensation per job; everything is scaled to the 2022 total.
    The raw data hold no compensation of 2013 or 2018, so group counts keep the structure of their year.
    """
    totals, repairs = employment_totals(raw, [str(r) for r in compensation["r"].values])
    counts, choice = _all_counts(raw, list(totals))
    jobs: dict[str, pd.Series] = {}
    method: dict[str, pd.Series] = {}
    lost: dict[str, float] = {}
    for r in sorted(totals, key=lambda c: choice[c][0] == "donors"):
        pay = compensation.sel(r=r).to_series()
        active = output.sel(r=r).to_series() > 0
        found = counts[r] if r in counts else _from_donors(choice[r][1], jobs)
        jobs[r], method[r], lost[r] = _spread(found, pay.where(active, 0.0), active, totals[r])
    repairs.append(
        Repair(
            "employment without output",
            "head counts of groups in which the tables show no output go to the economy's other industries",
            sum(v > 0 for v in lost.values()),
            sum(lost.values()),
            largest({k: v for k, v in lost.items() if v > 0}),
            "thousand persons",
        )
    )
    order = [str(r) for r in compensation["r"].values]
    dims = {"dims": ("r", "j"), "coords": {"r": order, "j": compensation["j"].values}}
    sectors = list(compensation["j"].values)
    values = np.array([jobs[r].reindex(sectors).to_numpy() for r in order])
    names = np.array([method[r].reindex(sectors).to_numpy() for r in order], dtype=object)
    return Employment(xr.DataArray(values, **dims), xr.DataArray(names, **dims), tuple(repairs))


def employment_totals(raw: Path, regions: list[str]) -> tuple[dict[str, float], list[Repair]]:
    """Employment 2022, thousand persons: ILO; USA from the IMF; ROW the ILO economies outside the 80."""
    table = labour.read_ilo_totals(raw)
    ilo = {str(r): float(v) for r, v in zip(table.index, table["value"], strict=True)}
    years = {str(r): int(v) for r, v in zip(table.index, table["year"], strict=True)}
    weo = {str(r): float(v) / 1e3 for r, v in labour.read_weo(raw, "LE", 2022).items()}
    totals: dict[str, float] = {}
    old: dict[str, float] = {}
    for r in regions:
        if r == REST:
            totals[r] = sum(v for k, v in ilo.items() if k not in regions and years[k] >= 2021)
        elif r == "USA":
            totals[r] = weo[r]
        elif r in ilo:
            totals[r] = ilo[r]
            if years[r] < 2022:
                old[f"{r} {years[r]}"] = ilo[r]
        elif r in weo:
            totals[r] = weo[r]
        else:
            raise SourceError(f"no employment total for {r} in the ILO or the WEO file")
    gap = ilo["USA"] - totals["USA"]
    return totals, [
        Repair("employment total USA", "158.3 million (WEO LE, CPS) instead of the ILO model's", 1, gap,
               "USA", "thousand persons"),
        Repair("employment total of an earlier year", "no 2022 figure: the last year's is used", len(old),
               sum(old.values()), largest(old), "thousand persons"),
        Repair("employment total ROW", "sum of ILO totals of the economies outside the 80", 1, totals[REST],
               REST, "thousand persons"),
    ]  # fmt: skip


def _all_counts(raw: Path, regions: list[str]) -> tuple[dict[str, _Counts], dict[str, tuple[str, list[str]]]]:
    chosen = {row["region"]: row for row in read_rows("assumptions", "employment_source.csv")}
    tables = {"ETD2018": labour.read_etd(raw), **labour.read_ilo_industry(raw)}
    counts: dict[str, _Counts] = {}
    choice: dict[str, tuple[str, list[str]]] = {}
    for r in regions:
        dataset = chosen[r]["dataset"] if r in chosen else ""
        dataset = dataset or next((d for d in ("ETD2018", "ILO2013_ISIC4") if r in tables[d].index), "")
        if not dataset:
            raise SourceError(f"no head counts for {r}: name a dataset or donors in employment_source.csv")
        choice[r] = (dataset, chosen[r]["donors"].split() if dataset == "donors" else [])
        if dataset == "CPS2022":
            counts[r] = _cps()
        elif dataset != "donors":
            row = {str(k): float(v) for k, v in tables[dataset].loc[r].items()}
            counts[r] = _from_table(row, dataset)
    return counts, choice


def _groups(dataset: str) -> list[tuple[str, list[str]]]:
    """Labels of a dataset's groups and the industries in each."""
    rows = read_rows("concordance", "employment_groups.csv")
    return [(row["label"], row["sectors"].split()) for row in rows if row["dataset"] == dataset]


def _from_table(row: dict[str, float], dataset: str) -> _Counts:
    method = {"ETD2018": "etd2018", "ILO2013_ISIC4": "ilo2013"}.get(dataset, "ilo2013_broad")
    return _Counts([(sectors, row.get(label, float("nan")), method) for label, sectors in _groups(dataset)])


def _cps() -> _Counts:
    """USA: CPS controls; payroll shares inside manufacturing; services beyond trade have no count."""
    rows = read_rows("assumptions", "us_employment_2022.csv")
    letter = {
        r["code"].rsplit("(", 1)[1].rstrip(")"): float(r["thousands"])
        for r in rows
        if r["group"] == "control"
    }
    share = {r["code"]: float(r["thousands"]) for r in rows if r["group"] == "share"}
    joint = {"C24": ["C24A", "C24B"], "C30": ["C301", "C302T309"]}
    out = [
        (["A01", "A02", "A03"], letter["A"], "cps2022_split"),
        (["B05", "B06", "B07", "B08", "B09"], letter["B"], "cps2022_split"),
        (["F"], letter["F"], "cps2022"),
        (["G"], letter["G"], "cps2022"),
    ]
    for code, value in share.items():
        out.append((joint.get(code, [code]), letter["C"] * value / sum(share.values()), "cps2022_split"))
    return _Counts(out)


def _from_donors(donors: list[str], jobs: dict[str, pd.Series]) -> _Counts:
    """Employment shares of the donors over the ETD groups, pooled without weights."""
    return _Counts(
        [
            (sectors, float(np.mean([jobs[d][sectors].sum() / jobs[d].sum() for d in donors])), "donor")
            for _, sectors in _groups("ETD2018")
        ]
    )


def _spread(
    found: _Counts, pay: pd.Series, active: pd.Series, total: float
) -> tuple[pd.Series, pd.Series, float]:
    """Jobs and methods of one economy, and the head count (thousand) that had no industry to go to."""
    jobs = pd.Series(0.0, index=pay.index)
    method = pd.Series("none", index=pay.index, dtype=object)
    lost, counted = 0.0, set()
    for sectors, count, name in found.groups:
        if not np.isfinite(count):
            continue
        counted |= set(sectors)
        live = [s for s in sectors if bool(active.at[s])]
        if not live:
            lost += count
            continue
        weights = pay.loc[live] if float(pay.loc[live].sum()) > 0 else pd.Series(1.0, index=live)
        jobs.loc[live] = count * weights / weights.sum()
        method.loc[live] = name
    rest = [str(s) for s in pay.index if bool(active.at[s]) and s not in counted]
    # uncounted industries: what is left of the total when the counts are of the same survey and year (CPS),
    # otherwise the average compensation per job of the counted ones
    known = float(jobs.sum())
    if rest and any(name == "cps2022" for _, _, name in found.groups):
        jobs.loc[rest] = (total - known) * pay.loc[rest] / pay.loc[rest].sum()
    elif rest:
        jobs.loc[rest] = pay.loc[rest] * known / float(pay.drop(rest).sum())
    method.loc[rest] = "compensation"
    scale = total / float(jobs.sum())
    return jobs * scale, method, lost * scale
