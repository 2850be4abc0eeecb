"""Published data of Caliendo & Parro (2015): 31 regions x 40 sectors, 20 of them traded, 1993.

The files are the authors' own (Review of Economic Studies 82(1), supplementary data). Rows of the trade and
tariff files run over sectors and, within a sector, over importers; columns are exporters. Trade is in
thousand dollars before the tariff, tariffs are in percent, gross output in dollars. `IO` has one block of
rows per region: the share of each input (row) in the input cost of each sector (column).

Three readings matter for the published numbers. Trade is valued before the tariff, so spending is trade
times one plus the tariff. Where exports exceed recorded output, output is set to exports (home sales nil).
Final demand that comes out negative is set to zero and the rest rescaled; value added by region is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from calibration.accounts import Accounts
from calibration.from_shares import Shares, accounts_from_shares, origin_shares
from calibration.labels import read_rows, read_values
from calibration.sources.oecd import SourceError

SOURCE = (
    "Caliendo, L. & Parro, F. (2015), 'Estimates of the Trade and Welfare Effects of NAFTA', Review of "
    "Economic Studies 82(1), 1-44, supplementary data"
)
FOLDER = "caliendo_parro_2015"
TRADED, SECTORS, REGIONS = 20, 40, 31


@dataclass(frozen=True)
class CaliendoParro:
    """The case as the model needs it.

    accounts: 1993 (USD million), labour the only factor, one household. tariff_2005(o,d,i): applied tariffs
    of 2005, shares. theta(i): trade elasticities (sigma - 1). deficit(r): trade deficit recorded in the
    data, USD million (the foreign saving of `accounts` differs by what the zeros of final demand take).
    """

    accounts: Accounts
    tariff_2005: xr.DataArray
    theta: xr.DataArray
    deficit: xr.DataArray


def read_caliendo_parro(raw: Path) -> CaliendoParro:
    """Read the case from `raw`/caliendo_parro_2015; raises SourceError for a file missing or misshapen."""
    regions, sectors = _regions(raw), _sectors(raw)
    trade = _cube(raw, "xbilat1993.txt") / 1000
    tariff = _cube(raw, "tariffs1993.txt") / 100
    spent, output = _market(trade, tariff, _table(raw, "GO.txt", (SECTORS, REGIONS)).T / 1e6)
    inputs = _input_shares(raw)
    value_added = output * (1 - inputs.sum(axis=1))
    final = np.maximum(spent.sum(axis=0) - np.einsum("rij,rj->ri", inputs, output), 0.0)
    shares = Shares(
        regions, sectors,
        origin=origin_shares(spent),
        tariff=tariff,
        inputs=inputs,
        final=final / final.sum(axis=1)[:, None],
        value_added=value_added.sum(axis=1),
    )  # fmt: skip
    accounts = accounts_from_shares(shares, {"source": SOURCE, "year": 1993, "unit": "USD million"})
    after = xr.DataArray(
        _cube(raw, "tariffs2005.txt") / 100,
        {"o": regions, "d": regions, "i": sectors},
        ("o", "d", "i"),
    )
    deficit = xr.DataArray(trade.sum(axis=(0, 2)) - trade.sum(axis=(1, 2)), {"r": regions})
    return CaliendoParro(accounts, after, _theta(raw, sectors), deficit)


def _market(trade: np.ndarray, tariff: np.ndarray, output: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Spending by origin at landed prices (o, d, i), own region included, and output (r, i)."""
    exports = trade.sum(axis=1)
    output = np.maximum(output, exports)
    spent = trade * (1 + tariff)
    own = np.arange(REGIONS)
    spent[own, own] = output - exports
    return spent, output


def _input_shares(raw: Path) -> np.ndarray:
    """Input i in the cost of j (r, i, j): the file's shares of input cost, scaled to sum to 1 - B.

    One share is negative (-0.0008, Canada, `Other` in `Basic metals`) and set to zero.
    """
    table = np.maximum(_table(raw, "IO.txt", (REGIONS * SECTORS, SECTORS), lowest=-1e-3), 0.0)
    blocks = table.reshape(REGIONS, SECTORS, SECTORS)
    cost = 1 - _table(raw, "B.txt", (SECTORS, REGIONS)).T
    sums = blocks.sum(axis=1)
    if (np.abs(sums - 1) > 1e-3)[cost > 0].any():
        raise SourceError(f"{raw / FOLDER / 'IO.txt'}: input shares of a sector do not sum to one")
    return blocks / np.where(sums > 0, sums, 1.0)[:, None, :] * cost[:, None, :]


def _theta(raw: Path, sectors: list[str]) -> xr.DataArray:
    """Trade elasticities of the table that reproduces the published results, checked against the file."""
    table = read_values("assumptions", "theta_cp2015.csv", key="sector")
    theta = np.array([table.get(s, table["services"]) for s in sectors])
    if not np.allclose(theta[:TRADED], _table(raw, "T.txt", (TRADED,))):
        raise SourceError(f"{raw / FOLDER / 'T.txt'}: other elasticities than in theta_cp2015.csv")
    return xr.DataArray(theta, {"i": sectors})


def _cube(raw: Path, name: str) -> np.ndarray:
    """A trade or tariff file as (exporter, importer, sector), zero in services."""
    table = _table(raw, name, (TRADED * REGIONS, REGIONS)).reshape(TRADED, REGIONS, REGIONS)
    cube = np.zeros((REGIONS, REGIONS, SECTORS))
    cube[:, :, :TRADED] = table.transpose(2, 1, 0)
    return cube


def _table(raw: Path, name: str, shape: tuple[int, ...], lowest: float = 0.0) -> np.ndarray:
    path = _present(raw, name)
    try:
        table = np.loadtxt(path)
    except ValueError as error:
        raise SourceError(f"{path}: {error}") from None
    if table.shape != shape or not np.isfinite(table).all() or (table < lowest).any():
        raise SourceError(f"{path}: expected {shape} numbers of at least {lowest:g}, found {table.shape}")
    return table


def _regions(raw: Path) -> list[str]:
    """Region codes of the file's names."""
    names = _lines(raw, "countrynames.txt")
    codes = {row["name"]: row["code"] for row in read_rows("concordance", "regions_cp2015.csv")}
    if names != list(codes):
        raise SourceError(f"{raw / FOLDER / 'countrynames.txt'}: other names than in regions_cp2015.csv")
    return list(codes.values())


def _sectors(raw: Path) -> list[str]:
    """Sector names, the traded first."""
    return _lines(raw, "tradeablesnames.txt") + _lines(raw, "nontradeablesnames.txt")


def _lines(raw: Path, name: str) -> list[str]:
    path = _present(raw, name)
    return [line.strip() for line in path.read_text(encoding="latin-1").splitlines() if line.strip()]


def _present(raw: Path, name: str) -> Path:
    path = raw / FOLDER / name
    if not path.exists():
        raise SourceError(
            f"{path} is missing: the data of Caliendo & Parro (2015) are not part of the package; put the "
            f"authors' files into {raw / FOLDER}, or name another raw data folder with --raw"
        )
    return path
