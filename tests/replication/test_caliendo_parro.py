"""Caliendo & Parro (2015), Review of Economic Studies 82(1), 1-44: all 31 regions."""

from __future__ import annotations

from pathlib import Path

import hat_algebra
import numpy as np
import pytest

from calibration.accounts import foreign_saving
from calibration.sources.caliendo_parro import CaliendoParro, read_caliendo_parro
from calibration.sources.folder import raw_folder
from calibration.sources.oecd import SourceError
from cge.app.replicate import caliendo_parro
from cge.app.replicate.report import Replication, target
from cge.solution import Solution
from results.first_order import first_order_welfare, real_income

# the published welfare figures of the members, percent: Caliendo & Parro (2015), table 2
PUBLISHED = {"MEX": 1.31, "CAN": -0.06, "USA": 0.08}


@pytest.fixture(scope="session")
def data(cp_raw: Path) -> CaliendoParro:
    return read_caliendo_parro(cp_raw)


@pytest.fixture(scope="session")
def published(cp_raw: Path) -> Replication:
    return caliendo_parro.without_deficits(cp_raw)


@pytest.fixture(scope="session")
def kept(data: CaliendoParro) -> tuple[Solution, Solution]:
    return caliendo_parro.solve(data, data.deficit)


def test_accounts_balance_and_keep_the_recorded_value_added(data: CaliendoParro, cp_raw: Path) -> None:
    data.accounts.check()
    folder = cp_raw / "caliendo_parro_2015"
    output = np.maximum(np.loadtxt(folder / "GO.txt"), 1000 * _trade(folder).sum(1))
    expected = (np.loadtxt(folder / "B.txt") * output).sum(0) / 1e6
    found = data.accounts.data["V0"].sum(("f", "j")).to_numpy()
    assert found == pytest.approx(expected, rel=1e-6)


def test_shares_of_spending_are_the_recorded_ones(data: CaliendoParro, cp_raw: Path) -> None:
    world = hat_algebra.benchmark(cp_raw / "caliendo_parro_2015")
    accounts = data.accounts.data
    landed = accounts["X0"] * (1 + accounts["tm0"])
    spent = accounts["H0"].sum("r") * 0 + landed.sum("o").rename(d="r") + accounts["H0"]
    share = (landed.rename(d="r") / spent).transpose("i", "r", "o").to_numpy()
    expected = world.D * (1 - np.eye(hat_algebra.N))
    assert np.abs(share - expected).max() < 1e-12


def test_foreign_saving_stays_close_to_the_recorded_deficit(data: CaliendoParro) -> None:
    accounts = data.accounts.data
    income = accounts["V0"].sum(("f", "j"))
    gap = abs(foreign_saving(accounts) - data.deficit) / income
    assert float(gap.max()) < 0.04
    assert float(abs(data.deficit.sum()) / income.sum()) < 1e-12


def _trade(folder: Path) -> np.ndarray:
    return hat_algebra.read(folder, "xbilat1993.txt")


def test_every_figure_of_every_region_matches(published: Replication) -> None:
    # tolerances of the published comparison: 0.01 points, trade 0.1; the digits given allow 0.0001
    assert published.ok
    assert len(target("cp2015_nafta.csv")) == 31
    for check in published.checks:
        assert check.gap <= (0.006 if check.what.startswith("pair") else 0.0001), check


def test_published_welfare_of_the_members(published: Replication) -> None:
    table = next(iter(published.tables.values()))
    for region, value in PUBLISHED.items():
        assert table.loc[region, "welfare_firstorder_pct"] == pytest.approx(value, abs=0.005), region


def test_first_order_and_exact_differ_where_the_design_says_so(published: Replication) -> None:
    # exact changes of real income, percent: recomputed from the authors' published data
    table = next(iter(published.tables.values()))
    for region, value in {"MEX": 0.007, "CAN": -0.110, "USA": 0.074}.items():
        assert table.loc[region, "real_income_exact_pct"] == pytest.approx(value, abs=0.0005), region


def test_certificates(published: Replication) -> None:
    for certificate in published.certificates.values():
        assert certificate.max_residual < 1e-9
        assert abs(certificate.walras) < 1e-12
        assert certificate.gdp_gap < 1e-10


def test_terms_of_trade_sum_to_zero_over_the_world(kept: tuple[Solution, Solution]) -> None:
    base, new = kept
    first = first_order_welfare(base, new)
    income = (base.values["N"] + base.values["S"]) * base.values["gdp0"]
    # what one region gains on a pair its partner loses
    assert abs(float((first["tot"] * income).sum())) < 1e-10 * float(base.benchmark["X0"].sum())


@pytest.mark.slow
def test_kept_deficits_against_hat_algebra(
    data: CaliendoParro, kept: tuple[Solution, Solution], cp_raw: Path
) -> None:
    folder = cp_raw / "caliendo_parro_2015"
    world = hat_algebra.benchmark(folder)
    members = [data.accounts.regions.index(r) for r in caliendo_parro.MEMBERS]
    inside = np.ix_(range(hat_algebra.TRADED), members, members)
    tau = world.tau.copy()
    tau[inside] = 1 + hat_algebra.read(folder, "tariffs2005.txt")[inside] / 100
    before = hat_algebra.solve(world, world.tau, world.deficit)
    after = hat_algebra.solve(world, tau, world.deficit)
    base, new = kept
    wages = (new.values["rw"] / base.values["rw"]).to_numpy()
    assert wages == pytest.approx(after.w / before.w / (after.P / before.P), abs=1e-6)
    expected = after.I / before.I / (after.P / before.P)
    assert 1 + real_income(base, new).to_numpy() == pytest.approx(expected, abs=1e-6)


def test_absent_data_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="are not part of the package"):
        read_caliendo_parro(tmp_path)
    with pytest.raises(SourceError, match="name their folder with --raw or in CGE_RAW_DATA"):
        raw_folder(tmp_path / "nowhere")
