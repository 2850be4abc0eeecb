from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calibration.accounts import (
    DIMS,
    Accounts,
    AccountsError,
    absorption,
    carve_out,
    foreign_saving,
    gdp,
    gdp_sides,
    identities,
    output,
    product_tax_revenue,
    tariff_revenue,
)

SIZES = {"n_r": st.integers(2, 4), "n_s": st.integers(2, 4), "seed": st.integers(0, 10_000)}
FUNCTION_SCOPED = [HealthCheck.function_scoped_fixture]


@settings(max_examples=25, deadline=None, suppress_health_check=FUNCTION_SCOPED)
@given(**SIZES)
def test_random_accounts_balance(make_accounts, n_r, n_s, seed):
    make_accounts(n_r, n_s, seed).check(1e-12)


@settings(max_examples=15, deadline=None, suppress_health_check=FUNCTION_SCOPED)
@given(**SIZES)
def test_gdp_does_not_depend_on_tariffs(make_base, n_r, n_s, seed):
    base, tm = make_base(n_r, n_s, seed)
    with_tariffs, without = (gdp(carve_out(base, t)) for t in (tm, 0 * tm))
    np.testing.assert_allclose(with_tariffs, without, rtol=1e-13)
    assert float(tariff_revenue(carve_out(base, tm)).sum()) > 0


@settings(max_examples=15, deadline=None, suppress_health_check=FUNCTION_SCOPED)
@given(**SIZES)
def test_tariffs_come_out_of_product_taxes(make_base, n_r, n_s, seed):
    """Purchasers' totals stay: product taxes in sum are the same with and without tariffs."""
    base, tm = make_base(n_r, n_s, seed)
    a, b = (product_tax_revenue(carve_out(base, t)) for t in (tm, 0 * tm))
    np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-9)


def test_packaged_world_balances_to_1e9(world):
    world.check(1e-9)
    assert max(float(abs(v).max()) for v in identities(world.data).values()) < 1e-12


def test_gdp_three_sides_agree(world):
    sides = gdp_sides(world.data)
    np.testing.assert_allclose(sides["income"], sides["expenditure"], rtol=1e-12)
    np.testing.assert_allclose(sides["income"], sides["production"], rtol=1e-12)


def test_foreign_saving_sums_to_zero(world):
    assert abs(float(foreign_saving(world.data).sum())) < 1e-9 * float(gdp(world.data).sum())


@pytest.mark.parametrize("name", ["Z0", "C0", "V0"])
def test_an_unbalanced_cell_is_named(make_accounts, name):
    data = make_accounts(3, 3, 1).data
    broken = data.assign({name: data[name].copy()})
    position = {d: broken[name][d].values[1] for d in DIMS[name]}
    broken[name].loc[position] *= 1.001
    with pytest.raises(AccountsError, match=r"fails by .* at .*R1"):
        Accounts(broken).check()


def test_structure_errors(make_accounts):
    data = make_accounts(2, 2, 1).data
    with pytest.raises(AccountsError, match=r"account tz0\(r,j\) is missing"):
        Accounts(data.drop_vars("tz0")).check()
    with pytest.raises(AccountsError, match="H0 is not finite at r=R0, i=S1"):
        Accounts(data.assign(H0=data["H0"].where((data["r"] != "R0") | (data["i"] != "S1")))).check()
    with pytest.raises(AccountsError, match="X0 is negative"):
        Accounts(data.assign(X0=-data["X0"])).check()
    with pytest.raises(AccountsError, match="labels of dimension d differ"):
        Accounts(data.isel(d=[1, 0])).check()
    with pytest.raises(AccountsError, match="rate tm0 reaches -2"):
        Accounts(data.assign(tm0=data["tm0"] - 2 - data["tm0"])).check()


def test_empty_activity_must_be_empty_everywhere(make_accounts):
    data = make_accounts(2, 2, 1).data
    empty = data.assign(
        H0=data["H0"].where((data["r"] != "R0") | (data["i"] != "S1"), 0.0),
        X0=data["X0"].where((data["o"] != "R0") | (data["i"] != "S1"), 0.0),
    )
    with pytest.raises(AccountsError, match="activity without output: r=R0, j=S1"):
        Accounts(empty).check()


def test_the_51_empty_activities_of_the_world_are_true_zeros(world):
    d = world.data
    empty = output(d).rename(i="j") == 0
    assert int(empty.sum()) == 51
    for value in (d["Z0"].sum("i"), d["V0"].sum("f"), d["jobs0"], abs(d["tz0"]), abs(d["to0"])):
        assert float(value.where(empty, 0.0).sum()) == 0.0
    assert int((absorption(d) == 0).sum()) == 10
    assert int((d["X0"].sum("o") == 0).sum()) == 81


def test_labels_in_any_order_give_the_same_numbers(make_base):
    base, tm = make_base(3, 4, 7)
    shuffled = base.isel(r=[2, 0, 1], o=[1, 2, 0], i=[3, 1, 0, 2], j=[2, 3, 1, 0])
    a, b = carve_out(base, tm), carve_out(shuffled, tm.isel(d=[2, 1, 0]))
    for name in DIMS:
        xr.testing.assert_allclose(a[name], b[name].reindex_like(a[name]), rtol=1e-13)
