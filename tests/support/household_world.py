"""Worlds of one household a region: no inputs, no taxes, balanced trade, every factor mobile.

The model keeps government and investment, so the household leaves them 2^-40 of income each: a number so
small that it changes nothing at 1e-11, and a power of two, so that shares of whole-number accounts stay
exact.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from calibration.parameters import calibrate
from cge.closure import ClosureChoice, apply
from cge.formulation import Formulation
from cge.market_structure import Firms, with_firms
from cge.model import Model
from cge.parameters import Parameters

FACTORS = ("labour", "capital", "natural")
CASE = Path(__file__).with_name("balistreri_rutherford_b1.csv")
NOTHING = 2.0**-40


def accounts(flows: np.ndarray, factor_shares: np.ndarray, sectors: tuple[str, ...]) -> xr.Dataset:
    """Accounts from sales (o, d, i), home sales on the diagonal, and cost shares of factors (r, f, j)."""
    r, i = flows.shape[0], flows.shape[2]
    names = [f"R{k + 1}" for k in range(r)]
    own = np.arange(r)
    trade, home = flows.copy(), flows[own, own].copy()
    trade[own, own] = 0
    use, output = flows.sum(axis=0), flows.sum(axis=1)
    none = {
        "te0": "odi",
        "tm0": "odi",
        "rx0": "odi",
        "rm0": "odi",
        "Z0": "rij",
        "tz0": "rj",
        "to0": "rj",
        "tc0": "r",
        "tg0": "r",
        "ti0": "r",
    }
    size = {"o": r, "d": r, "r": r, "i": i, "j": i, "f": len(FACTORS)}
    arrays = {n: (dims, np.zeros([size[c] for c in dims])) for n, dims in none.items()}
    arrays |= {
        "H0": ("ri", home), "X0": ("odi", trade), "V0": ("rfj", factor_shares * output[:, None]),
        "C0": ("ri", use * (1 - 2 * NOTHING)), "G0": ("ri", use * NOTHING), "I0": ("ri", use * NOTHING),
        "jobs0": ("rj", output), "u0": ("r", np.full(r, 0.05)),
    }  # fmt: skip
    coordinates = {
        "o": names,
        "d": names,
        "r": names,
        "i": list(sectors),
        "j": list(sectors),
        "f": list(FACTORS),
    }
    return xr.Dataset({n: (tuple(dims), a) for n, (dims, a) in arrays.items()}, coords=coordinates)


def model(data: xr.Dataset, firms: Mapping[str, Firms], sigma_c: float = 2.0) -> Model:
    """The model of such a world: Cobb-Douglas production, CES consumption, the given structures."""
    sigma = xr.DataArray(np.full(data["i"].size, 4.0), coords={"i": data["i"]}, dims="i")
    p = calibrate(data, {"sigma_m": sigma, "sigma_d": sigma})
    p = with_firms(p.with_arrays(sigma_c=np.full(data["r"].size, sigma_c)), firms)
    formulation = Formulation(production="cobb_douglas", consumption="ces")
    return Model(p, formulation, _all_mobile(p, formulation))


def _all_mobile(p: Parameters, formulation: Formulation):
    system = formulation.system()
    swaps = ClosureChoice(numeraire="pf[R1,labour]").closure(p, system).swaps
    return apply([s for s in swaps if s.free.name not in ("wedge", "endow")], p, system)


def welfare(values: xr.Dataset) -> np.ndarray:
    """Real income of the household by region, an index."""
    return (values["N"] / values["pc"]).to_numpy()


def published() -> dict[tuple[str, ...], float]:
    """The published case by (structure, scenario, variable, commodity, from, to)."""
    with CASE.open() as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        keys = ("structure", "scenario", "variable", "commodity", "from", "to")
        return {tuple(row[k] for k in keys): float(row["value"]) for row in rows}


GOODS, REGIONS, PRIMARY = ("G1", "G2", "G3"), ("R1", "R2", "R3"), ("L1", "L2", "L3")
ARMINGTON, KRUGMAN = Firms("armington", 5.6), Firms("krugman", 5.6)
MELITZ = Firms("melitz", 3.8, shape=4.6, home_entrants=0.9)
STRUCTURES = {
    "armington": dict.fromkeys(GOODS, ARMINGTON),
    "krugman": dict.fromkeys(GOODS, KRUGMAN),
    "melitz": dict.fromkeys(GOODS, MELITZ),
}


def published_case(firms: Mapping[str, Firms]) -> Model:
    """Every bilateral flow 1, every domestic flow 3, elasticity 2 over goods."""
    case = published()
    flows = np.ones((3, 3, 3)) + 2 * np.eye(3)[:, :, None]
    shares = [[[case["all", "data", "gamma", g, f, r] for g in GOODS] for f in PRIMARY] for r in REGIONS]
    return model(accounts(flows, np.array(shares), GOODS), firms)
