"""Rents carved out of accounts: what must stay, what may not fall below its floor, what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calibration.accounts import (
    Accounts,
    AccountsError,
    absorption,
    border_value,
    export_tax_revenue,
    exporter_rents,
    foreign_saving,
    gdp,
    gdp_sides,
    importer_rents,
    landed_value,
    national_income,
    output,
    production_tax_revenue,
    rents,
    tariff_revenue,
    user_tax_revenue,
)
from calibration.aggregate import Aggregation, aggregate, load_aggregation
from calibration.labels import goods, read_values
from calibration.rents import Carved, RentsError, carve_rents

KEPT = (
    gdp, national_income, foreign_saving, user_tax_revenue, production_tax_revenue, tariff_revenue,
    export_tax_revenue, border_value,
)  # fmt: skip
FLOORS = read_values("assumptions", "rent_floors.csv", key="name")


def uniform(data: xr.Dataset, rate: float | xr.DataArray) -> xr.DataArray:
    return (rate * xr.ones_like(data["X0"])).transpose("o", "d", "i")


def same(a: xr.DataArray, b: xr.DataArray, scale: xr.DataArray | float = 1.0) -> float:
    return float(abs((a - b) / scale).max())


@pytest.fixture(scope="module")
def carved(world: Accounts) -> Carved:
    """Rents of the size that tariff equivalents of 10 % (goods) and 40 % (services) lead to."""
    data = world.data
    rate = uniform(data, 0.125 * xr.where(data["i"].isin(list(goods())), 0.1, 0.4))
    return carve_rents(world, rate, rate)


def test_nothing_published_moves(world: Accounts, carved: Carved) -> None:
    before, after, size = world.data, carved.accounts.data, gdp(world.data)
    carved.accounts.check(1e-12)
    for total in KEPT:
        gap = abs(total(after) - total(before))
        for letter in "od":
            gap = gap.sum(letter) if {"o", "d"} <= set(gap.dims) else gap
        gap = gap.rename({c: "r" for c in gap.dims if c in ("o", "d")})
        assert float((gap / size).max()) < 1e-12, total.__name__
    for use in ("C0", "G0", "I0"):
        assert same(after[use].sum("i"), before[use].sum("i"), size) < 1e-12
    assert same(after["Z0"].sum("i"), before["Z0"].sum("i"), size) < 1e-12
    for name in ("tm0", "tz0", "tc0", "tg0", "ti0", "jobs0", "u0"):
        assert after[name].equals(before[name]), name
    published = carved.accounts.meta["published_gdp"]
    for side in gdp_sides(after).data_vars.values():
        for economy, value in published.items():
            assert float(side.sel(r=economy)) == pytest.approx(value, rel=1e-4)


def test_rents_come_out_of_capital_and_trade_margins(world: Accounts, carved: Carved) -> None:
    before, after = world.data, carved.accounts.data
    size = gdp(before)
    lost = (before["V0"] - after["V0"]).sum("j")
    assert same(lost.sel(f="capital"), rents(after), size) < 1e-12
    assert float(abs(lost.sel(f=["labour", "natural"])).max()) == 0
    bought = (before["Z0"] - after["Z0"]).sum("j") + sum(before[n] - after[n] for n in ("C0", "G0", "I0"))
    on_goods = importer_rents(after).rename(d="r")
    elsewhere = on_goods.where(on_goods["i"] != "G", 0.0)
    assert same(-bought.where(bought["i"] != "G", 0.0), elsewhere, size) < 1e-12
    assert same(bought.sel(i="G"), elsewhere.sum("i"), size) < 1e-12
    sold = output(before) - output(after) - exporter_rents(after).rename(o="r")
    assert same(sold.sel(i="G"), on_goods.sum("i"), size) < 1e-12
    assert same(sold.drop_sel(i="G"), 0 * size, size) < 1e-12


def test_most_rents_are_what_was_wanted(world: Accounts, carved: Carved) -> None:
    data, meta = carved.accounts.data, carved.accounts.meta["rents"]
    assert float(rents(data).sum()) == pytest.approx(sum(meta.values()), rel=1e-12)
    for side, share in (("exporter", 0.02), ("importer", 0.05)):
        lost = carved.lowered.loc[carved.lowered["side"] == side, "lost"].to_numpy().sum()
        assert 0 < lost < share * meta[f"{side}s"]
    traded = data["X0"] > 0
    assert float(data["rx0"].where(~traded, 0.0).max()) == 0
    assert float(data["rm0"].where(~traded, 0.0).max()) == 0
    assert float(data["rm0"].sel(o="ROW", d="USA", i="C26")) == pytest.approx(0.0125, rel=1e-12)


def test_every_rent_that_is_not_as_wanted_is_listed(world: Accounts, carved: Carved) -> None:
    data, wanted = carved.accounts.data, 0.125 * xr.where(world.data["i"].isin(list(goods())), 0.1, 0.4)
    for side, name, own in (("exporter", "rx0", "o"), ("importer", "rm0", "d")):
        short = (data[name] < wanted * (1 - 1e-9)) & (data["X0"] > 0)
        cells = short.any("d" if own == "o" else "o").stack(cell=(own, "i"))
        found = set(cells["cell"].values[cells.values])
        rows = carved.lowered[carved.lowered["side"] == side]
        assert found == set(zip(rows[side], rows["sector"], strict=True))
        assert (rows["got"].to_numpy() < rows["wanted"].to_numpy()).all()


def test_floors_hold(world: Accounts, carved: Carved) -> None:
    before, after = world.data, carved.accounts.data
    for name, was, now in (
        ("capital", before["V0"].sel(f="capital"), after["V0"].sel(f="capital")),
        ("purchases", before["Z0"].sel(i="G"), after["Z0"].sel(i="G")),
        ("purchases", before["G0"].sel(i="G"), after["G0"].sel(i="G")),
        ("home_sales", before["H0"].sel(i="G"), after["H0"].sel(i="G")),
        ("flow", before["X0"], after["X0"]),
    ):
        assert bool((now >= FLOORS[name] * was * (1 - 1e-9)).all()), name


def test_prices_rise_alike_for_users_that_can_pay(world: Accounts, carved: Carved) -> None:
    """In the United States everybody buys enough trade margins: uses rise by the rent's share."""
    before, after = world.data.sel(r="USA"), carved.accounts.data.sel(r="USA")
    more = importer_rents(carved.accounts.data).sel(d="USA") / absorption(world.data).sel(r="USA")
    rise = (after["Z0"] / before["Z0"].where(before["Z0"] > 0) - 1).drop_sel(i="G")
    assert float(abs(rise - more).max()) < 1e-12


@pytest.mark.parametrize("name", ["small", "default"])
def test_aggregates_balance_and_keep_every_dollar(carved: Carved, name: str) -> None:
    summed = aggregate(carved.accounts, load_aggregation(name))
    summed.check(1e-12)
    for total in (rents, gdp, landed_value, border_value, tariff_revenue):
        whole = float(total(carved.accounts.data).sum())
        assert float(total(summed.data).sum()) == pytest.approx(whole, rel=1e-12), total.__name__


SIZES = {"seed": st.integers(0, 10_000), "rate": st.floats(0.0, 3.0)}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(**SIZES)
def test_random_worlds_bear_what_they_can(make_accounts, seed: int, rate: float) -> None:
    """Whatever is asked for, the accounts balance, GDP stays and what is missing is listed."""
    accounts = make_accounts(3, 4, seed)
    rng = np.random.default_rng(seed)
    rx, rm = (uniform(accounts.data, rate) * rng.uniform(size=(3, 3, 4)) for _ in range(2))
    found = carve_rents(accounts, rx, rm, margin="S1")
    found.accounts.check(1e-10)
    assert same(gdp(found.accounts.data), gdp(accounts.data), gdp(accounts.data)) < 1e-12
    border = border_value(accounts.data)
    wanted = float((border * rx / (1 + rx)).sum()), float((border * rm).sum())
    got = found.accounts.meta["rents"].values()
    assert sum(wanted) - sum(got) == pytest.approx(found.lowered["lost"].sum(), rel=1e-9, abs=1e-9)


def test_an_economy_that_cannot_bear_rents_is_listed(make_accounts) -> None:
    """R0 makes S0 without capital, its S2 buys no margins; R1 sells next to no margins at home."""
    data = make_accounts(3, 4, 3, 0.0).data.copy(deep=True)
    paid = data["V0"].sel(r="R0", j="S0").sum("f")
    data["V0"].loc[{"r": "R0", "j": "S0"}] = xr.where(data["f"] == "labour", paid, 0.0)
    moved = data["Z0"].sel(r="R0", i="S1", j="S2").item()
    data["Z0"].loc[{"r": "R0", "i": "S1", "j": "S2"}] = 0.0
    data["C0"].loc[{"r": "R0", "i": "S1"}] += moved
    data["V0"].loc[{"r": "R0", "j": "S2", "f": "labour"}] += moved * (
        1 + data["tz0"].sel(r="R0", j="S2").item()
    )
    data["tc0"].loc[{"r": "R0"}] = (  # consumers' total follows their income
        (data["C0"].sel(r="R0").sum() - moved) * (1 + data["tc0"].sel(r="R0"))
        + moved * (1 + data["tz0"].sel(r="R0", j="S2"))
    ) / data["C0"].sel(r="R0").sum() - 1
    data["tc0"].loc[{"r": "R0"}] += (
        national_income(data) + foreign_saving(data)
        - sum(data[u].sum("i") * (1 + data[t]) for u, t in (("C0", "tc0"), ("G0", "tg0"), ("I0", "ti0")))
    ).sel(r="R0") / data["C0"].sel(r="R0").sum()  # fmt: skip
    accounts = Accounts(data)
    accounts.check(1e-9)
    rate = uniform(data, 0.02)
    found = carve_rents(accounts, rate, rate, margin="S1")
    rows = found.lowered.set_index(["side", "exporter", "importer", "sector"])
    row = rows.loc["exporter", "R0", "*", "S0"]
    assert (row["wanted"], row["got"]) == (pytest.approx(0.02), 0.0)
    assert row["reason"] == "capital income of the activity"
    assert float(found.accounts.data["rx0"].sel(o="R0", i="S0").max()) == 0
    for sector in ("S0", "S2", "S3"):
        row = rows.loc["importer", "*", "R0", sector]
        used = data["Z0"].sel(r="R0", i=sector, j="S2") / absorption(data).sel(r="R0", i=sector)
        assert row["got"] == pytest.approx(0.02 * (1 - float(used)), rel=1e-9)
        assert row["reason"] == "users' purchases of S1"
    assert set(rows.index) == {
        ("exporter", "R0", "*", "S0"), *(("importer", "*", "R0", s) for s in ("S0", "S2", "S3"))
    }  # fmt: skip


def test_labels_decide_not_positions(make_accounts) -> None:
    accounts = make_accounts(3, 4, 11)
    rng = np.random.default_rng(1)
    rx, rm = (uniform(accounts.data, 0.8) * rng.uniform(size=(3, 3, 4)) for _ in range(2))
    r, i = ["R2", "R0", "R1"], ["S3", "S1", "S0", "S2"]
    mixed = Accounts(accounts.data.sel(r=r, o=r, d=r, i=i, j=i))
    one, two = (carve_rents(a, rx, rm, margin="S1") for a in (accounts, mixed))
    assert len(one.lowered) > 0
    for name in one.accounts.data.data_vars:
        a, b = xr.align(one.accounts.data[name], two.accounts.data[name], join="left")
        if a.dtype.kind == "f":
            np.testing.assert_allclose(a, b.transpose(*a.dims), rtol=1e-11, atol=1e-12, err_msg=str(name))
    key = ["side", "exporter", "importer", "sector"]
    pd.testing.assert_frame_equal(
        one.lowered.sort_values(key, ignore_index=True), two.lowered.sort_values(key, ignore_index=True)
    )


def test_no_rents_wanted_changes_no_digit(make_accounts) -> None:
    accounts = make_accounts(3, 3, 5)
    none = uniform(accounts.data, 0.0)
    found = carve_rents(accounts, none, none, margin="S0")
    assert found.lowered.empty
    for name, array in found.accounts.data.items():
        assert array.equals(accounts.data[name].transpose(*array.dims)), name


def test_carving_before_and_after_adding_up_partners_agree(make_accounts) -> None:
    """Where nothing binds and rates are uniform, the order of carving and aggregating changes nothing."""
    accounts = make_accounts(4, 3, 3, 0.0)
    joined = Aggregation(
        "joined", {"R0": "A", "R1": "A", "R2": "B", "R3": "B"}, {f"S{k}": f"S{k}" for k in range(3)}
    )
    rate = uniform(accounts.data, 0.01)
    first = carve_rents(accounts, rate, 0 * rate, margin="S0")
    assert first.lowered.empty, first.lowered
    added = aggregate(accounts, joined)
    second = carve_rents(added, uniform(added.data, 0.01), uniform(added.data, 0.0), margin="S0")
    for name, found in aggregate(first.accounts, joined).data.items():
        if found.dtype.kind == "f":
            np.testing.assert_allclose(found, second.accounts.data[name], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x.drop_sel(o="R1"), "rx: labels along o differ from the accounts': R1"),
        (lambda x: x.isel(o=0, drop=True), r"rx has dimensions \('d', 'i'\)"),
        (lambda x: x - 0.2, r"rx\[R0,R0,S0\] = -0.1: a rent rate is a number of at least 0"),
        (lambda x: x.where(x["i"] != "S2"), r"rx\[R0,R0,S2\] = nan"),
    ],
)
def test_rates_that_mean_nothing_are_refused(make_accounts, change, message: str) -> None:
    accounts = make_accounts(2, 3, 1)
    rate = uniform(accounts.data, 0.1)
    with pytest.raises(RentsError, match=message):
        carve_rents(accounts, change(rate), rate, margin="S0")


def test_carving_twice_and_without_margins_is_refused(make_accounts) -> None:
    accounts = make_accounts(2, 3, 1)
    rate = uniform(accounts.data, 0.01)
    with pytest.raises(RentsError, match="no sector 'G'"):
        carve_rents(accounts, rate, rate)
    once = carve_rents(accounts, rate, rate, margin="S0").accounts
    with pytest.raises(RentsError, match="carry rents already"):
        carve_rents(once, rate, rate, margin="S0")


def test_negative_rents_are_no_accounts(make_accounts) -> None:
    data = make_accounts(2, 2, 1).data
    with pytest.raises(AccountsError, match="rent rate rm0 is negative at o=R1, d=R0, i=S0"):
        bad = data["rm0"].copy()
        bad.loc[{"o": "R1", "d": "R0", "i": "S0"}] = -0.01
        Accounts(data.assign(rm0=bad)).check()
