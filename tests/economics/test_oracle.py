"""The oracle is itself held against truths that need no code: closed forms, identities, homogeneity."""

from __future__ import annotations

import numpy as np
import oracle
import pytest
import trade_world as fixtures
import xarray as xr


@pytest.fixture(scope="module")
def world() -> xr.Dataset:
    return fixtures.balanced_world()


@pytest.fixture(scope="module")
def shocked(world: xr.Dataset):
    tm = world.tm0.copy()
    tm.loc[{"o": "CHN", "d": "USA"}] += 0.3
    return oracle.solve(world, *fixtures.elasticities(3), tm=tm, te=world.te0 * 0.5, k=_iceberg(world))


def _iceberg(world: xr.Dataset) -> xr.DataArray:
    k = xr.ones_like(world.X0)
    k.loc[{"o": "VNM", "d": "CHN"}] = 0.93
    return k


def test_the_benchmark_replicates(world):
    found = oracle.solve(world, *fixtures.elasticities(3))
    assert found.iterations == 0
    for name in ("py", "pa", "pmm", "y", "qa", "x", "xh", "N", "qc", "qg", "qi", "xf", "pb", "pm"):
        assert abs(found.values[name] - 1).max() < 1e-12, name


def test_walras_and_the_numeraire(shocked):
    assert shocked.residual < 1e-12
    assert abs(shocked.walras) < 1e-12
    assert float(shocked.values.pwf) == pytest.approx(1, abs=1e-12)


def test_every_market_and_budget_in_money(world, shocked):
    """Identities of accounting that the method does not impose line by line."""
    v, w = shocked.values, world
    y_value = (w.H0 + w.X0.sum("d").rename(o="r")) * v.py * v.y
    sold = w.H0 * v.py * v.xh + (w.X0 * v.py.rename(r="o") * v.x).sum("d").rename(o="r")
    np.testing.assert_allclose(y_value, sold, rtol=1e-12)
    pa = v.pa
    use = (w.Z0 * pa * v.y.rename(i="j")).sum("j") + w.C0 * pa * v.c + w.G0 * pa * v.g + w.I0 * pa * v.inv
    border = w.X0 * v.py.rename(r="o") * (1 + v.te) * v.x
    landed = (border * (1 + v.tm)).sum("o").rename(d="r")
    np.testing.assert_allclose(use, w.H0 * v.py * v.xh + landed, rtol=1e-11)
    cost = (w.Z0 * (1 + w.tz0) * pa * v.y.rename(i="j")).sum("i") + (w.V0 * v.pf * v.wedge * v.xf).sum("f")
    np.testing.assert_allclose(cost, (y_value.rename(i="j") * (1 - w.to0)), rtol=1e-12)
    saving_abroad = border.sum(("o", "i")).values - border.sum(("d", "i")).values
    np.testing.assert_allclose(saving_abroad, (v.S * v.gdp0).values, rtol=0, atol=1e-9 * float(v.gdp0.max()))
    taxes = v.rev_tm.sum("i") + v.rev_te.sum("i") + v.rev_user + v.rev_output
    income = (w.V0 * v.pf * v.wedge * v.xf).sum(("f", "j")) / v.gdp0 + taxes
    np.testing.assert_allclose(income, v.N, rtol=1e-12)


def test_labels_do_not_matter(world, shocked):
    order = {"r": [2, 0, 1], "o": [2, 0, 1], "d": [2, 0, 1], "i": [1, 2, 0], "j": [1, 2, 0]}
    mixed = world.isel(order)
    sig = [s[[1, 2, 0]] for s in fixtures.elasticities(3)]
    tm = world.tm0.copy()
    tm.loc[{"o": "CHN", "d": "USA"}] += 0.3
    again = oracle.solve(mixed, *sig, tm=tm.isel(o=[2, 0, 1]), te=mixed.te0 * 0.5, k=_iceberg(world)).values
    for name in ("y", "pa", "x", "N"):
        np.testing.assert_allclose(
            again[name].reindex_like(shocked.values[name]), shocked.values[name], rtol=1e-11
        )


def test_iceberg_welfare_is_the_sufficient_statistic():
    """One good, one nest, no tariffs or inputs, balanced trade: real C = lambda_home^(-1/(sigma-1)).

    Source: Arkolakis, Costinot & Rodriguez-Clare (2012).
    """
    R, sigma = 3, 4.2
    rng = np.random.default_rng(3)
    flow = rng.uniform(1, 5, (R, R))
    flow = (flow + flow.T) / 2
    home = rng.uniform(5, 20, R)
    np.fill_diagonal(flow, 0)
    labels, zero = ["P", "Q", "S"], np.zeros((R, 1))
    out = home + flow.sum(1)
    values = {
        "H0": ("ri", home[:, None]), "X0": ("odi", flow[:, :, None]), "te0": ("odi", np.zeros((R, R, 1))),
        "tm0": ("odi", np.zeros((R, R, 1))), "Z0": ("rij", np.zeros((R, 1, 1))), "C0": ("ri", out[:, None]),
        "G0": ("ri", zero), "I0": ("ri", zero), "tz0": ("rj", zero), "tc0": ("r", np.zeros(R)),
        "tg0": ("r", np.zeros(R)), "ti0": ("r", np.zeros(R)), "to0": ("rj", zero),
        "V0": ("rfj", np.stack([0.6 * out, 0.4 * out, 0 * out], 1)[:, :, None]),
    }  # fmt: skip
    coords = {
        "r": labels,
        "o": labels,
        "d": labels,
        "i": ["ALL"],
        "j": ["ALL"],
        "f": ["labour", "capital", "natural"],
    }
    data = xr.Dataset({n: (tuple(d), a) for n, (d, a) in values.items()}, coords=coords)
    s = np.array([sigma])
    v = oracle.solve(data, s, s, np.array([0.7]), k=rng.uniform(0.8, 1.3, (R, R, 1))).values
    share = (home * v.py[:, 0] * v.xh[:, 0]) / (out * v.pa[:, 0] * v.qa[:, 0])
    np.testing.assert_allclose(v.qc, (share / (home / out)) ** (-1 / (sigma - 1)), rtol=1e-11)


def test_endowments_scale_quantities(world):
    """Twice every endowment and every S leaves prices alone and doubles quantities (homothetic demand)."""
    sig = fixtures.elasticities(3)
    doubled = world.copy()
    for name in ("H0", "X0", "Z0", "C0", "G0", "I0", "V0"):
        doubled[name] = 2 * world[name]
    tm = world.tm0 * 0.2
    one, two = oracle.solve(world, *sig, tm=tm).values, oracle.solve(doubled, *sig, tm=tm).values
    for name in ("py", "pa", "y", "x", "N"):
        np.testing.assert_allclose(one[name], two[name], rtol=1e-12)


def test_unbalanced_accounts_are_refused(world):
    broken = world.copy()
    broken["C0"] = world["C0"] * 1.001
    with pytest.raises(ValueError, match="do not balance"):
        oracle.solve(broken, *fixtures.elasticities(3))


def test_an_elasticity_at_one_is_refused(world):
    sm, sd, sva = fixtures.elasticities(3)
    sva[1] = 1.0
    with pytest.raises(ValueError, match="sigma_va"):
        oracle.solve(world, sm, sd, sva)


def test_empty_cells_are_tolerated():
    """An activity, a flow, an import nest and an absorption that are zero in the data."""
    world = fixtures.balanced_world(("P", "Q", "S", "T"), ("a", "b", "c", "e"))
    w = {n: world[n].values.copy() for n in world.data_vars if world[n].dtype.kind == "f"}
    r, i = 2, 3
    # region S makes and uses nothing of good e; every other entry is rebalanced from scratch
    for name, where in (("H0", (r, i)), ("X0", (r, slice(None), i)), ("X0", (slice(None), r, i))):
        w[name][where] = 0
    Y0 = w["H0"] + w["X0"].sum(1)
    A0 = w["H0"] + (w["X0"] * (1 + w["te0"]) * (1 + w["tm0"])).sum(0)
    w["Z0"] = 0.35 * A0[:, :, None] * (Y0 / Y0.sum(1, keepdims=True))[:, None, :] * np.ones((4, 4, 4))
    rest = A0 - w["Z0"].sum(2)
    w["C0"], w["G0"], w["I0"] = 0.6 * rest, 0.2 * rest, 0.2 * rest
    va = Y0 * (1 - w["to0"]) - (w["Z0"] * (1 + w["tz0"][:, None])).sum(1)
    share = world["V0"].values / world["V0"].values.sum(1, keepdims=True)
    w["V0"] = va[:, None] * share
    data = world.copy()
    for name, a in w.items():
        data[name] = (world[name].dims, a)
    found = oracle.solve(data, *fixtures.elasticities(4), tm=data.tm0 * 0.5)
    assert found.residual < 1e-12
    assert all(np.isfinite(found.values[n]).all() for n in found.values.data_vars)
