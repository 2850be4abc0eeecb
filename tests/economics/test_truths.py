"""What any CGE model must pass: replication, zero shock, undoing, homogeneity, Walras, three GDPs."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import elasticities, more_tariffs, parameters, permuted, random_accounts

from calibration.parameters import calibrate
from cge.closure import ClosureChoice
from cge.formulation import PRODUCTION, Formulation
from cge.model import Model
from cge.solution import Solution

REAL = ("y", "qa", "qc", "qg", "qi", "xf", "x", "c")
PRICES = ("py", "pa", "pc", "pg", "pi", "pwf", "rev_tm", "N", "gdp")


def difference(a: Solution, b: Solution, names: tuple[str, ...]) -> float:
    """Largest absolute difference over the named arrays, by label, where the benchmark has a flow."""
    gaps = []
    for name in names:
        left, right = xr.align(a.values[name], b.values[name], join="left")
        gap = xr.DataArray(abs(left - right.reindex_like(left)))
        flow = {"x": "X0", "xf": "V0"}.get(name)
        gaps.append(float((gap if flow is None else gap.where(a.benchmark[flow] > 0, 0)).max()))
    return max(gaps)


@pytest.fixture(scope="module")
def accounts() -> xr.Dataset:
    return random_accounts()


@pytest.fixture(scope="module")
def model(accounts: xr.Dataset) -> Model:
    return Model(parameters(accounts))


@pytest.fixture(scope="module")
def shocked(model: Model, accounts: xr.Dataset) -> Solution:
    return model.solve({"tm": more_tariffs(accounts)})


@given(seed=st.integers(0, 10_000), regions=st.integers(2, 5), sectors=st.integers(3, 6), empty=st.booleans())
@settings(max_examples=25, deadline=None)
def test_benchmark_replicates_without_solving(seed: int, regions: int, sectors: int, empty: bool) -> None:
    accounts = random_accounts(regions, sectors, seed, empty=empty)
    certificate = Model(parameters(accounts)).benchmark().certificate
    assert certificate.max_residual < 1e-10
    assert certificate.gdp_gap < 1e-10


@pytest.mark.parametrize("production", PRODUCTION)
def test_every_production_block_replicates(production: str, accounts: xr.Dataset) -> None:
    model = Model(parameters(accounts), Formulation(production=production))
    assert model.benchmark().certificate.max_residual < 1e-10


def test_zero_shock_changes_nothing(model: Model, accounts: xr.Dataset) -> None:
    same = model.solve({"tm": accounts["tm0"]})
    assert difference(same, model.benchmark(), REAL + PRICES) < 1e-11


def test_shock_and_undo_return(model: Model, shocked: Solution) -> None:
    assert difference(shocked, model.benchmark(), ("y",)) > 1e-3
    back = model.solve({}, start=shocked)
    assert difference(back, model.benchmark(), REAL + PRICES) < 1e-10


def test_one_step_equals_two_steps(model: Model, accounts: xr.Dataset, shocked: Solution) -> None:
    half = model.solve({"tm": (accounts["tm0"] + more_tariffs(accounts)) / 2})
    whole = model.solve({"tm": more_tariffs(accounts)}, start=half)
    assert difference(whole, shocked, REAL + PRICES) < 1e-10


def test_numeraire_scales_values_and_no_quantity(
    model: Model, accounts: xr.Dataset, shocked: Solution
) -> None:
    doubled = model.solve({"tm": more_tariffs(accounts), "pwf": np.array(2.0)})
    assert difference(doubled, shocked, REAL) < 1e-9
    for name in PRICES:
        np.testing.assert_allclose(doubled.values[name], 2 * shocked.values[name], rtol=0, atol=1e-8)


def test_endowments_scale_quantities_and_no_price(
    model: Model, accounts: xr.Dataset, shocked: Solution
) -> None:
    p, k = model.parameters.arrays, 1.5
    bigger = model.solve({
        "tm": more_tariffs(accounts), "endow": k * p["endow"], "real_saving": k * p["real_saving"],
        "xf": np.full_like(p["V0"], k),
    })  # fmt: skip
    for name in ("y", "qa", "qc", "qg", "qi", "x", "c"):
        np.testing.assert_allclose(bigger.values[name], k * shocked.values[name], rtol=1e-8, atol=1e-8)
    assert difference(bigger, shocked, ("py", "pa", "pc")) < 1e-9


def test_walras_holds_whatever_equation_is_dropped(accounts: xr.Dataset, shocked: Solution) -> None:
    for drop in accounts["r"].to_numpy():
        other = Model(parameters(accounts, drop=str(drop))).solve({"tm": more_tariffs(accounts)})
        assert abs(other.certificate.walras) < 1e-9
        assert difference(other, shocked, REAL + PRICES) < 1e-9


@pytest.mark.parametrize("numeraire", ["pc[R1]", "pi[R0]", "pf[R2,labour]", "py[R1,S1]"])
def test_numeraire_changes_no_quantity(numeraire: str, accounts: xr.Dataset, shocked: Solution) -> None:
    other = Model(parameters(accounts), closure=ClosureChoice(numeraire=numeraire)).solve(
        {"tm": more_tariffs(accounts)}
    )
    assert difference(other, shocked, REAL) < 1e-9


def test_order_of_labels_changes_nothing(accounts: xr.Dataset, shocked: Solution) -> None:
    shuffled = permuted(accounts)
    model = Model(calibrate(shuffled, elasticities(accounts)))
    other = model.solve({"tm": more_tariffs(accounts)})  # shock in the old order: labels decide
    assert difference(shocked, other, REAL + PRICES) < 1e-10


def test_three_gdps_and_world_saving(shocked: Solution) -> None:
    assert shocked.certificate.gdp_gap < 1e-9
    assert abs(float(shocked.values["world_saving"])) < 1e-12


def test_iceberg_losses_are_shipped_but_do_not_arrive(model: Model, accounts: xr.Dataset) -> None:
    k = xr.ones_like(accounts["X0"])
    k.loc[{"o": "R1", "d": "R2"}] = 1.1
    solution = model.solve({"k": k})
    v = solution.values.sel(o="R1", d="R2")
    delivered = v["x"] / v["k"]
    np.testing.assert_allclose(v["pm"], v["pb"] * 1.1, rtol=1e-12)
    assert float(delivered.max()) < 1
    # a real cost somewhere is a loss for the world, whoever bears it
    gdp = solution.values["gdp0"] * solution.values["qc"]
    assert float(gdp.sum()) < float(solution.values["gdp0"].sum())


def test_importer_gains_from_a_small_tariff_and_partners_lose() -> None:
    """A little above free trade a large importer's tariff turns the terms of trade its way (optimal
    tariff)."""
    accounts = random_accounts(3, 4, empty=False)
    free = accounts.assign(
        tm0=0 * accounts.tm0, te0=0 * accounts.te0, tz0=0 * accounts.tz0, to0=0 * accounts.to0,
        tc0=0 * accounts.tc0, tg0=0 * accounts.tg0, ti0=0 * accounts.ti0,
    )  # fmt: skip
    absorption = free.H0 + free.X0.sum("o").rename(d="r")
    final = absorption - free.Z0.sum("j")
    shares = {n: accounts[n] / (accounts.C0 + accounts.G0 + accounts.I0) for n in ("C0", "G0", "I0")}
    output = (free.H0 + free.X0.sum("d").rename(o="r")).rename(i="j")
    value_added = output - free.Z0.sum("i")
    split = accounts.V0 / accounts.V0.sum("f")
    free = free.assign(
        V0=(value_added * split).transpose("r", "f", "j"), **{n: s * final for n, s in shares.items()}
    )
    model = Model(parameters(free))
    assert model.benchmark().certificate.max_residual < 1e-10
    tariff = model.solve({"tm": more_tariffs(free, 0.02)})
    welfare = tariff.values["N"] / tariff.values["pc"]
    assert float(welfare.sel(r="R1")) > 1
    assert float(welfare.sel(r=["R0", "R2"]).mean()) < 1
