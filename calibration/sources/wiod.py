"""World Input-Output Database, 2013 release: 40 countries and the rest of the world, 35 industries.

The files hold one R list: `inter`, flows from industry i of country o to industry j of country d, `final`,
five uses per country (households, non-profit, government, fixed capital, inventory change), and `output`;
USD million at basic prices, rows and columns ordered by country and, within it, by industry. International
transport margins and taxes less subsidies are what output exceeds inputs by; they count as value added here.

Additions to inventories are final use; negative inventory changes (sales out of stocks) and the few negative
entries of fixed capital formation (241 and 3 in 2008) are set to zero. Shares of what remains and value added
by region are kept; outputs follow (`calibration.from_shares`), so foreign saving differs a little from the
table's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from calibration.accounts import Accounts
from calibration.from_shares import Shares, accounts_from_shares, origin_shares
from calibration.labels import read_rows, read_values
from calibration.sources.oecd import SourceError
from calibration.sources.rdata import read_rdata

SOURCE = (
    "World Input-Output Database, 2013 release (Timmer, Dietzenbacher, Los, Stehrer & de Vries 2015, Review "
    "of International Economics 23(3), 575-605)"
)
FOLDER = "wiod_2013_release"
USES = 5
NEGATIVE = 0.01
"""Most that negative final uses may amount to, as a share of all final use, in a table of this release."""


def read_wiod(raw: Path, year: int = 2008) -> Accounts:
    """Accounts of one year: 33 countries and ROW, 31 sectors, one factor, one household, no tariffs or
    taxes.

    Raises SourceError for a file missing or misshapen.
    """
    inter, final, output = _table(raw, year)
    use = inter.sum(axis=3) + final
    inputs = inter.sum(axis=0).transpose(1, 0, 2)
    product = np.where(output > 0, output, 1.0)
    wanted = final.sum(axis=0).T
    shares = Shares(
        _order("regions_wiod2013.csv", "region"),
        _order("sectors_wiod2013.csv", "sector"),
        origin=origin_shares(use.transpose(0, 2, 1)),
        tariff=np.zeros((len(output), len(output), output.shape[1])),
        inputs=inputs / product[:, None, :],
        final=wanted / wanted.sum(axis=1)[:, None],
        value_added=(output - inputs.sum(axis=1)).sum(axis=1),
    )
    return accounts_from_shares(shares, {"source": SOURCE, "year": year, "unit": "USD million"})


def wiod_theta() -> xr.DataArray:
    """Trade elasticities (i) on the sectors of `read_wiod`: Caliendo & Parro's, and one for services."""
    estimates = read_values("assumptions", "theta_cp2015.csv", key="sector")
    others = read_values("assumptions", "trade_elasticity_gains.csv", key="name")
    estimates["services"] = others["services"]
    rows = read_rows("concordance", "sectors_wiod2013.csv")
    theta = {r["sector"]: float(np.mean([estimates[n] for n in r["theta"].split(";")])) for r in rows}
    return xr.DataArray(list(theta.values()), {"i": list(theta)})


def _table(raw: Path, year: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Flows (o, i, d, j), final use (o, i, d) and output (r, i), merged."""
    path = raw / FOLDER / f"wiot_{year}.RData"
    if not path.exists():
        raise SourceError(
            f"{path} is missing: the World Input-Output Database is not part of the package; name another "
            "raw data folder with --raw"
        )
    found = next(iter(read_rdata(path).values()))
    country = _merge("regions_wiod2013.csv", "country", "region", _strings(found, "countries", path))
    industry = _merge("sectors_wiod2013.csv", "industry", "sector", _strings(found, "industries", path))
    c, s = len(country), len(industry)
    inter = _array(found["inter"], (c * s, c * s), path).reshape(c, s, c, s)
    final = _array(found["final"], (c * s, c * USES), path).reshape(c, s, c, USES)
    if (inter < 0).any() or -final[final < 0].sum() > NEGATIVE * final.sum():
        raise SourceError(f"{path}: more negative flows than the release has")
    merged = np.einsum("oidj,oa,ib,dc,je->abce", inter, country, industry, country, industry, optimize=True)
    used = np.einsum("oidu,oa,ib,dc->abc", np.maximum(final, 0.0), country, industry, country, optimize=True)
    output = _array(found["output"], (c * s,), path).reshape(c, s)
    return merged, used, country.T @ output @ industry


def _strings(found: dict[str, Any], name: str, path: Path) -> list[str]:
    if name not in found:
        raise SourceError(f"{path}: no list of {name}")
    return [str(x) for x in found[name]]


def _array(item: Any, shape: tuple[int, ...], path: Path) -> np.ndarray:
    values = np.asarray(item[0] if isinstance(item, tuple) else item, dtype=float)
    if values.shape != shape:
        raise SourceError(f"{path}: a table of shape {values.shape}, expected {shape}")
    return values


def _order(file: str, column: str) -> list[str]:
    """Codes in the order in which the map first names them, ROW last."""
    codes = list(dict.fromkeys(row[column] for row in read_rows("concordance", file)))
    return [c for c in codes if c != "ROW"] + [c for c in codes if c == "ROW"]


def _merge(file: str, column: str, into: str, labels: list[str]) -> np.ndarray:
    """Matrix that adds rows `labels` into the codes of the map; raises SourceError when they differ."""
    mapping = {row[column]: row[into] for row in read_rows("concordance", file)}
    if set(labels) != set(mapping):
        odd = sorted(set(labels) ^ set(mapping))
        raise SourceError(f"{file} does not fit the table: {', '.join(odd)}")
    order = _order(file, into)
    matrix = np.zeros((len(labels), len(order)))
    for row, label in enumerate(labels):
        matrix[row, order.index(mapping[label])] = 1.0
    return matrix
