from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from calibration.accounts import FACTORS, Accounts, carve_out
from calibration.world import load_world

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def world() -> Accounts:
    return load_world()


@pytest.fixture(scope="session")
def raw() -> Path:
    folder = Path(os.environ.get("CGE_RAW_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "oecd_iot_2022").is_dir():
        pytest.skip(f"raw public data not found in {folder}; set CGE_RAW_DATA to run this test")
    return folder


@pytest.fixture
def make_base():
    """Random tariff-free bases: (regions, sectors, seed, share of empty flows) -> base, tariffs."""

    def make(n_r: int, n_s: int, seed: int, sparsity: float = 0.3) -> tuple[xr.Dataset, xr.DataArray]:
        rng = np.random.default_rng(seed)
        r = [f"R{k}" for k in range(n_r)]
        s = [f"S{k}" for k in range(n_s)]
        home = rng.uniform(50, 200, (n_r, n_s))
        x = rng.uniform(0, 20, (n_r, n_r, n_s)) * (rng.random((n_r, n_r, n_s)) > sparsity)
        x[np.arange(n_r), np.arange(n_r)] = 0
        output, supply = home + x.sum(1), home + x.sum(0)
        to = rng.uniform(-0.1, 0.2, (n_r, n_s))
        inputs = 0.3 * np.minimum(1, output.sum(1) / supply.sum(1))[:, None] * output
        # every commodity is split over users in the same proportions: columns add to `inputs`, rows to supply
        z = supply[:, :, None] * (inputs / supply.sum(1)[:, None])[:, None, :]
        mix = rng.dirichlet(np.ones(3), (n_r, n_s))
        final = (supply - z.sum(2))[:, :, None] * mix
        taxed = 1 + rng.uniform(0, 0.2, (n_r, n_s))
        payments = output * (1 - to) - z.sum(1) * taxed
        split = rng.dirichlet(np.ones(3), (n_r, n_s))
        base = xr.Dataset(
            {
                "H0": (("r", "i"), home),
                "X0": (("o", "d", "i"), x),
                "te0": (("o", "d", "i"), rng.uniform(-0.05, 0.1, x.shape) * (x > 0)),
                "Zb": (("r", "i", "j"), z),
                **{f"{q}b": (("r", "i"), final[:, :, k]) for k, q in enumerate("CGI")},
                **{f"{q}p": (("r",), 1.1 * final[:, :, k].sum(1)) for k, q in enumerate("CGI")},
                "V0": (("r", "f", "j"), (payments[:, :, None] * split).transpose(0, 2, 1)),
                "to0": (("r", "j"), to),
                "jobs0": (("r", "j"), rng.uniform(1, 10, (n_r, n_s))),
                "u0": (("r",), rng.uniform(0.02, 0.1, n_r)),
            },
            coords={"r": r, "o": r, "d": r, "i": s, "j": s, "f": list(FACTORS)},
        )
        tm = xr.DataArray(rng.uniform(0, 0.5, x.shape), dims=("o", "d", "i"), coords={"o": r, "d": r, "i": s})
        return base, tm.where(tm["o"] != tm["d"], 0.0)

    return make


@pytest.fixture
def make_accounts(make_base):
    def make(n_r: int, n_s: int, seed: int, sparsity: float = 0.3) -> Accounts:
        return Accounts(carve_out(*make_base(n_r, n_s, seed, sparsity)))

    return make
