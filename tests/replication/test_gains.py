"""Gains from trade: closed forms of Arkolakis et al. (2012) and Costinot & Rodriguez-Clare (2014)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from worlds import random_accounts

from calibration.accounts import Accounts
from calibration.simplify import ALL, one_factor, one_household, one_sector, without_inputs
from calibration.sources.labour import read_weo
from calibration.sources.wiod import read_wiod, wiod_theta
from cge.app.replicate import gains
from cge.app.replicate.autarky import solve_autarky
from cge.model import SolveError
from results.gains_from_trade import closed_form, observed_own_shares, solved_own_shares

THETA = [3.0, 5.0, 8.0, 4.0]


def simple_world(seed: int) -> Accounts:
    return one_household(one_factor(Accounts(random_accounts(3, 4, seed, empty=False))))


def theta_of(accounts: Accounts) -> xr.DataArray:
    values = THETA if len(accounts.sectors) > 1 else [5.0]
    return xr.DataArray(values, {"i": accounts.sectors})


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("variant", ["one sector", "many sectors", "with inputs"])
def test_solved_autarky_is_the_closed_form(variant: str, seed: int) -> None:
    accounts = simple_world(seed)
    if variant == "one sector":
        accounts = one_sector(accounts)
    if variant != "with inputs":
        accounts = without_inputs(accounts)
    theta = theta_of(accounts)
    found = solve_autarky(accounts, theta)
    expected = closed_form(solved_own_shares(found.free), accounts.data, theta)
    assert float(abs(found.loss - expected).max()) < 1e-10
    assert float(found.loss.min()) > 1e-3
    assert float(abs(found.free.values["S"]).max()) == 0.0
    assert float(abs(found.closed.values["S"]).max()) < 1e-10
    for name in ("rev_tm", "rev_te", "rev_user", "rev_output"):
        assert float(abs(found.free.values[name]).max()) == 0.0


def test_one_sector_formula_by_hand() -> None:
    accounts = without_inputs(one_sector(simple_world(0)))
    own = observed_own_shares(accounts.data)
    found = closed_form(own, accounts.data, xr.DataArray([5.0], {"i": [ALL]}))
    # Arkolakis, Costinot & Rodriguez-Clare (2012): 1 - lambda^(1/theta)
    assert found.to_numpy() == pytest.approx(1 - own.to_numpy()[:, 0] ** 0.2, abs=1e-14)


def test_inputs_raise_the_gains() -> None:
    accounts = simple_world(0)
    theta, own = theta_of(accounts), observed_own_shares(accounts.data)
    plain = without_inputs(accounts)
    with_inputs = closed_form(own, accounts.data, theta)
    same_spending = plain.data.assign(C0=accounts.data["C0"])
    assert bool((with_inputs > closed_form(own, same_spending, theta)).all())


def test_a_region_that_makes_none_of_a_good_is_refused() -> None:
    accounts = one_household(one_factor(Accounts(random_accounts(3, 4, 0, empty=True))))
    with pytest.raises(SolveError, match=r"R2.*S0"):
        solve_autarky(accounts, theta_of(accounts))
    own = observed_own_shares(accounts.data)
    assert float(closed_form(own, accounts.data, theta_of(accounts)).sel(r="R2")) == 1.0


@pytest.mark.parametrize("simplify", [one_household, one_factor, without_inputs, one_sector])
def test_simplified_accounts_balance_and_keep_trade(simplify) -> None:
    accounts = Accounts(random_accounts(3, 4, 2))
    found = simplify(accounts)
    found.check()
    assert float(found.data["X0"].sum()) == pytest.approx(float(accounts.data["X0"].sum()), rel=1e-12)


@pytest.mark.slow
def test_the_packaged_world() -> None:
    found = gains.world_2022()
    assert found.ok
    table = next(iter(found.tables.values())).drop("mean")
    assert (table["with inputs, solved"] > table["many sectors, solved"]).to_numpy().all()
    assert (table.to_numpy() > 0).all()


def test_wiod_reader_balances_and_reproduces_gdp(wiod_raw: Path) -> None:
    accounts = read_wiod(wiod_raw, 2008)
    accounts.check()
    assert (len(accounts.regions), len(accounts.sectors)) == (34, 31)
    income = accounts.data["V0"].sum(("f", "j"))
    # GDP 2008: IMF World Economic Outlook October 2025, NGDPD; taxes on final use (VAT) are not in the table
    for region, gdp in _imf_gdp(wiod_raw, 2008, ("USA", "DEU", "JPN", "CHN", "CAN")).items():
        assert 0.88 < float(income.sel(r=region)) / gdp < 1.02, region


def _imf_gdp(raw: Path, year: int, regions: tuple[str, ...]) -> dict[str, float]:
    found = (read_weo(raw, "NGDPD", year) / 1e6).to_dict()
    return {r: found[r] for r in regions}


def test_wiod_elasticities_cover_every_sector(wiod_raw: Path) -> None:
    theta = wiod_theta()
    assert theta["i"].to_numpy().tolist() == read_wiod(wiod_raw, 2008).sectors
    # Caliendo & Parro (2015), T.txt: petroleum 64.85, basic metals 3.28 and metal products 6.99
    assert float(theta.sel(i="c8")) == 64.85
    assert float(theta.sel(i="c12")) == pytest.approx((3.28 + 6.99) / 2)


@pytest.mark.slow
def test_wiod_2008_every_country(wiod_raw: Path) -> None:
    found = gains.wiod_2008(wiod_raw)
    assert found.ok
    table = next(iter(found.tables.values()))
    assert len(table) == 35
    assert np.isfinite(table.to_numpy()).all()
    observed = table["one sector, observed"].to_dict()
    # the small and open gain more than the large: one-sector order of the observed table
    assert observed["USA"] < observed["DEU"] < observed["BEL"]
