"""Capital stocks by perpetual inventory, and Frisch parameters by income: facts from the IMF's outlook.

Both become small tables under assumptions/, written by ``python -m calibration.capital RAW``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from calibration.closure_data import generic
from calibration.labels import REST, package_file, region_labels
from calibration.sources.labour import read_weo
from calibration.sources.oecd import SourceError

FIRST, YEAR = 2000, 2022
GROWTH_YEARS = 10
WEO = "IMF World Economic Outlook October 2025"
CPI_1970_TO_2022 = 7.54
"""US consumer prices, 2022 over 1970: 292.7 / 38.8 (BLS CPI-U annual averages)."""


def capital_output_ratios(raw: Path, regions: list[str], year: int = YEAR) -> pd.Series:
    """Capital at the beginning of `year` over that year's GDP, by region; ROW is all other economies.

    Perpetual inventory at constant prices from 2000: investment shares (NID_NGDP) times GDP chained by real
    growth (NGDP_RPCH); the first stock is the first investment over depreciation plus mean growth of the
    first ten years. Economies without investment take the ratio of the world's rest. Raises SourceError
    when an economy of the database has no GDP.
    """
    years = list(range(FIRST, year + 1))
    share = pd.DataFrame({y: read_weo(raw, "NID_NGDP", y) for y in years}) / 100
    growth = pd.DataFrame({y: read_weo(raw, "NGDP_RPCH", y) for y in years}) / 100
    gdp = read_weo(raw, "NGDPD", year).dropna() / 1e6
    usable = [
        c
        for c in gdp.index
        if _is_economy(c) and c in share.index and share.loc[c, [year - 1, year]].notna().all()
    ]
    ratios = pd.Series({c: _ratio(share.loc[c], growth.loc[c], years) for c in usable}).dropna()
    outside = [c for c in ratios.index if c not in regions]
    rest = float(np.average(ratios[outside], weights=gdp[outside]))
    absent = [r for r in regions if r != REST and r not in gdp.index]
    if absent:
        raise SourceError(f"{', '.join(absent)}: no GDP for {year}")
    return pd.Series({r: float(ratios[r]) if r in ratios.index else rest for r in regions})


def _is_economy(code: Any) -> bool:
    """Whether a code of the outlook is an economy and not a group (G001, GX123)."""
    return len(str(code)) == 3 and not any(c.isdigit() for c in str(code))


def _ratio(share: pd.Series, growth: pd.Series, years: list[int]) -> float:
    """Capital over GDP of the last year, from investment shares and real growth."""
    real = pd.Series(1.0, index=years)
    for y in reversed(years[:-1]):
        real[y] = real[y + 1] / (1 + float(growth[y + 1]))
    invested = (share * real).dropna()
    first, delta = int(invested.index[0]), generic("depreciation")
    span = min(GROWTH_YEARS, years[-1] - first)
    trend = (real[first + span] / real[first]) ** (1 / span) - 1
    stock = invested[first] / (delta + max(trend, 0.0))
    for y in range(first, years[-1]):
        stock = (1 - delta) * stock + invested.get(y, invested[:y].iloc[-1])
    return float(stock)


def frisch_parameters(raw: Path, regions: list[str], year: int = YEAR) -> pd.Series:
    """Frisch parameter by region: -36 y**-0.36, y income a head in US dollars of 1970.

    Rule of Lluch, Powell and Williams (1977). ROW has the income a head of all economies outside the
    database. Values above -1.1 (incomes beyond the sample) are set to -1.1.
    """
    gdp, people = (read_weo(raw, c, year).dropna() for c in ("NGDPD", "LP"))
    both = [c for c in gdp.index if c in people.index and _is_economy(c)]
    outside = [c for c in both if c not in regions]
    income = (gdp[both] / people[both]).to_dict()
    income[REST] = gdp[outside].sum() / people[outside].sum()
    absent = [r for r in regions if r not in income]
    if absent:
        raise SourceError(f"{', '.join(absent)}: no income a head for {year}")
    return pd.Series({r: min(-36 * (income[r] / CPI_1970_TO_2022) ** -0.36, -1.1) for r in regions})


def main(raw: Path) -> None:
    """Write both tables."""
    regions = list(region_labels())
    tables = {
        "capital_output.csv": (
            capital_output_ratios(raw, regions),
            "# Capital at the beginning of 2022 over GDP of 2022, by economy: perpetual inventory from "
            "2000 at constant prices, 4 % depreciation.\n"
            f"# source: {WEO}: NID_NGDP, NGDP_RPCH, NGDPD; rule in calibration/capital.py; economies without "
            "investment take the rest of the world's\n",
            ("ratio to GDP", WEO, "derived"),
        ),
        "frisch.csv": (
            frisch_parameters(raw, regions),
            "# Frisch parameter (minus total over supernumerary spending) by economy: -36 y^-0.36, "
            "y GDP a head of 2022 in US dollars of 1970, at most -1.1.\n"
            f"# source: Lluch, Powell and Williams (1977), from memory; {WEO}: NGDPD, LP; "
            "US CPI 2022/1970 7.54\n",
            ("ratio", f"Lluch, Powell and Williams (1977) rule; {WEO}", "recall-M"),
        ),
    }
    for name, (values, header, (unit, source, confidence)) in tables.items():
        rows = [f'{r},{v:.4g},{unit},"{source}",{confidence}' for r, v in values.items()]
        text = header + "\n".join(["economy,value,unit,source,confidence", *rows]) + "\n"
        package_file("assumptions", name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
