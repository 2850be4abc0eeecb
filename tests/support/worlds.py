"""Small invented worlds that balance exactly, for tests of the model itself."""

from __future__ import annotations

import numpy as np
import xarray as xr

from calibration.parameters import calibrate
from cge.parameters import Parameters

FACTORS = ["labour", "capital", "natural"]


def random_accounts(
    regions: int = 3, sectors: int = 4, seed: int = 0, *, empty: bool = True, rents: float = 0.0
) -> xr.Dataset:
    """Random balanced accounts with tariffs, export taxes, production and user taxes on every account.

    With `empty`, the last region's first sector has no output, the first region imports nothing of the last
    sector, and the first region trades with itself across its members' borders. With `rents`, both sides of
    every flow earn rents at rates between zero and that.
    """
    rng = np.random.default_rng(seed)
    r, s = regions, sectors
    trade = rng.lognormal(0, 1, (r, r, s)) * 12 / r
    trade[np.arange(r), np.arange(r)] = 0
    home = rng.uniform(30, 60, (r, s))
    if empty:
        trade[0, 0] = rng.uniform(1, 2, s)
        trade[:, 0, -1] = 0
        trade[-1, :, 0] = 0
        home[-1, 0] = 0
    te = np.where(trade > 0, rng.uniform(-0.02, 0.05, (r, r, 1)), 0.0)
    tm = np.where(trade > 0, rng.uniform(0, 0.3, (r, r, s)), 0.0)
    rx, rm = rents * (trade > 0) * np.random.default_rng(seed + 1).uniform(size=(2, r, r, s))
    absorption = home + (trade * (1 + te) * (1 + rx) * (1 + tm + rm)).sum(axis=0)
    output = home + trade.sum(axis=1)
    inputs = rng.dirichlet(np.ones(s + 3), size=(r, s))[:, :, :s] * absorption[:, :, None]
    used = inputs.sum(axis=1)
    inputs = inputs * np.minimum(1, 0.5 * output / np.where(used > 0, used, 1))[:, None, :]
    final = (absorption - inputs.sum(axis=2))[None] * rng.dirichlet(np.ones(3) * 5, size=(r, s)).transpose(
        2, 0, 1
    )
    active = output > 0
    tz = np.where(active, rng.uniform(-0.02, 0.1, (r, s)), 0.0)
    to = np.where(active, rng.uniform(-0.02, 0.05, (r, s)), 0.0)
    value_added = output * (1 - to) - (inputs * (1 + tz)[:, None]).sum(axis=1)
    weights = rng.dirichlet([5, 4, 2], size=(r, s)).transpose(0, 2, 1).copy()
    weights[:, 2, 2:] = 0
    factors = value_added[:, None] * weights / weights.sum(axis=1, keepdims=True)
    taxes = rng.uniform(-0.01, 0.2, (3, r))
    names_r, names_s = [f"R{k}" for k in range(r)], [f"S{k}" for k in range(s)]
    arrays = {
        "H0": ("ri", home), "X0": ("odi", trade), "te0": ("odi", te), "tm0": ("odi", tm),
        "rx0": ("odi", rx), "rm0": ("odi", rm),
        "Z0": ("rij", inputs),
        "C0": ("ri", final[0]), "G0": ("ri", final[1]), "I0": ("ri", final[2]), "tz0": ("rj", tz),
        "tc0": ("r", taxes[0]), "tg0": ("r", taxes[1]), "ti0": ("r", taxes[2]), "V0": ("rfj", factors),
        "to0": ("rj", to), "jobs0": ("rj", factors[:, 0] * 0.5), "u0": ("r", rng.uniform(0.03, 0.1, r)),
    }  # fmt: skip
    coordinates = {"o": names_r, "d": names_r, "r": names_r, "i": names_s, "j": names_s, "f": FACTORS}
    return xr.Dataset({n: (tuple(dims), a) for n, (dims, a) in arrays.items()}, coords=coordinates)


def rents_as_taxes(accounts: xr.Dataset) -> xr.Dataset:
    """The same world with each rent as the tax that its owner's government would levy instead."""
    none = 0 * accounts["rx0"]
    return accounts.assign(
        te0=(1 + accounts["te0"]) * (1 + accounts["rx0"]) - 1,
        tm0=accounts["tm0"] + accounts["rm0"], rx0=none, rm0=none,
    )  # fmt: skip


def elasticities(accounts: xr.Dataset) -> dict[str, xr.DataArray]:
    """Elasticities that differ by sector: sigma_m 4 to 8, sigma_d half of it, sigma_va 0.3 to 1.4, sigma_top
    0.4."""
    i, j = accounts["i"], accounts["j"]
    sigma_m = xr.DataArray(np.linspace(4, 8, i.size), coords={"i": i}, dims="i")
    sigma_va = xr.DataArray(np.linspace(0.3, 1.4, j.size), coords={"j": j}, dims="j")
    return {"sigma_m": sigma_m, "sigma_d": sigma_m / 2, "sigma_va": sigma_va, "sigma_top": 0 * sigma_va + 0.4}


def parameters(accounts: xr.Dataset | None = None, drop: str | None = None) -> Parameters:
    """Calibrated parameters of a random world."""
    accounts = random_accounts() if accounts is None else accounts
    return calibrate(accounts, elasticities(accounts), drop=drop)


def permuted(accounts: xr.Dataset, seed: int = 5) -> xr.Dataset:
    """The same accounts with regions and sectors in another order."""
    rng = np.random.default_rng(seed)
    regions = rng.permutation(accounts["r"].to_numpy())
    sectors = rng.permutation(accounts["i"].to_numpy())
    return accounts.sel({"o": regions, "d": regions, "r": regions, "i": sectors, "j": sectors})


def more_tariffs(accounts: xr.Dataset, points: float = 0.2) -> xr.DataArray:
    """Tariffs with `points` added on what the second region buys from the others."""
    importer = accounts["d"].to_numpy()[1]
    hit = (accounts["d"] == importer) & (accounts["X0"] > 0)
    return (accounts["tm0"] + points * hit).transpose("o", "d", "i")
