"""The model against an independent solver of the same economics, on invented and on real accounts."""

from __future__ import annotations

import pytest
import xarray as xr
from oracle import solve as oracle_solve
from worlds import elasticities, more_tariffs, parameters, random_accounts

from cge.app import api
from cge.model import Model

COMPARED = (
    "py",
    "pa",
    "pc",
    "pg",
    "pi",
    "y",
    "qa",
    "qc",
    "qg",
    "qi",
    "N",
    "S",
    "rev_tm",
    "rev_te",
    "c",
    "xh",
    "x",
)


def largest_gap(oracle: xr.Dataset, values: xr.Dataset, benchmark: xr.Dataset) -> float:
    output = benchmark["H0"] + benchmark["X0"].sum("d").rename(o="r")
    flows = {"x": benchmark["X0"], "xh": benchmark["H0"], "py": output, "y": output}
    gaps = []
    for name in COMPARED:
        gap = xr.DataArray(abs(oracle[name] - values[name].transpose(*oracle[name].dims)))
        # an index without a flow behind it means nothing, and the two solvers fill it differently
        gaps.append(float((gap.where(flows[name] > 0, 0) if name in flows else gap).max()))
    return max(gaps)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_random_worlds(seed: int) -> None:
    accounts = random_accounts(3, 4, seed)
    e = elasticities(accounts)
    k = xr.ones_like(accounts["X0"])
    k.loc[{"o": "R1", "d": "R2"}] = 1.07
    tm, te = (
        more_tariffs(accounts, 0.3),
        accounts["te0"] + 0.04 * (accounts["X0"] > 0) * (accounts["o"] == "R2"),
    )
    te = te.transpose("o", "d", "i")
    expected = oracle_solve(
        accounts,
        e["sigma_m"].to_numpy(),
        e["sigma_d"].to_numpy(),
        e["sigma_va"].to_numpy(),
        tm=tm,
        te=te,
        k=k,
    )
    found = Model(parameters(accounts)).solve({"tm": tm, "te": te, "k": k})
    assert expected.residual < 1e-11
    assert largest_gap(expected.values, found.values, accounts) < 1e-8


@pytest.mark.slow
def test_real_world_on_default() -> None:
    case = api.prepare("us-joins-cptpp")
    accounts, p = case.accounts.data, case.model.parameters.arrays
    tm = case.policy["tm"]
    expected = oracle_solve(accounts, p["sigma_m"], p["sigma_d"], p["sigma_va"], tm=tm)
    found = case.model.solve({"tm": tm})
    assert largest_gap(expected.values, found.values, accounts) < 1e-8


def test_real_world_on_small() -> None:
    case = api.prepare("us-china-tariff-war", aggregation="small")
    p = case.model.parameters.arrays
    expected = oracle_solve(
        case.accounts.data, p["sigma_m"], p["sigma_d"], p["sigma_va"], tm=case.policy["tm"]
    )
    found = case.model.solve({"tm": case.policy["tm"]})
    assert largest_gap(expected.values, found.values, case.accounts.data) < 1e-8
