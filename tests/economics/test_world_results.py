"""What the first scenarios of the library say about the real world on `default`: signs, sizes, sums."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
import pytest

from cge.app import api
from results.compare import Comparison
from results.tidy import pick

CPTPP = ("AUS", "BRN", "CAN", "CHL", "GBR", "JPN", "MEX", "MYS", "NZL", "PER", "SGP", "VNM")


@lru_cache(maxsize=12)
def result(name: str) -> Comparison:
    scenario, _, variant = name.partition(":")
    return api.run(scenario, variant=variant or None)


def column(name: str, indicator: str, which: str = "percent") -> dict[str, float]:
    table = pick(result(name).tables["indicators"], indicator=indicator)
    return dict(zip(table["region"].to_numpy(), table[which].to_numpy(), strict=True))


def welfare(name: str, regions: tuple[str, ...]) -> np.ndarray:
    """Percent changes of welfare of some regions."""
    found = column(name, "welfare_ev")
    return np.array([found[r] for r in regions])


def test_joining_cptpp_by_tariffs_alone_moves_little() -> None:
    """Tariff-only effects are small; members with tariffs to lose gain, preferences of others erode."""
    name = "us-joins-cptpp"
    assert (welfare(name, ("VNM", "MYS", "NZL", "JPN", "GBR")) > 0).all()
    assert (abs(welfare(name, ("AUS", "CHL", "PER", "SGP", "BRN", "USA"))) < 0.05).all()
    assert (welfare(name, ("CAN", "MEX")) <= 0).all()
    outsiders = welfare(name, ("CHN", "EU27"))
    assert ((outsiders < 0) & (outsiders > -0.05)).all()


def test_a_deep_agreement_brings_what_tariffs_alone_do_not() -> None:
    """Those who sign gain more than by tariffs; those who had the access already lose some of its worth."""
    deep, tariffs = "us-joins-cptpp:deep", "us-joins-cptpp"
    signing = ("USA", "JPN", "VNM", "MYS", "NZL", "GBR")
    assert (welfare(deep, signing) > welfare(tariffs, signing)).all()
    assert 0 < welfare(deep, ("USA",))[0] < 0.3
    assert (welfare(deep, ("CAN", "MEX", "KOR", "EU27", "CHN")) < 0).all()


def test_a_tariff_war_hurts_both_and_helps_third_countries_in_sum() -> None:
    name = "us-china-tariff-war"
    assert (welfare(name, ("USA", "CHN")) < 0).all()
    found = column(name, "welfare_ev")
    ranked = sorted(set(found) - {"WORLD"}, key=lambda r: -found[r])
    assert set(ranked[:5]) >= {"VNM", "XSE", "MEX", "THA"}
    change = column(name, "welfare_ev", "change")
    assert sum(v for r, v in change.items() if r not in ("USA", "CHN", "WORLD")) > 0
    assert change["WORLD"] < 0


def test_a_large_country_loses_a_little_by_free_trade_alone() -> None:
    assert -0.2 < welfare("unilateral-free-trade-usa", ("USA",))[0] < 0
    assert welfare("unilateral-free-trade-usa", ("CHN",))[0] > 0


def test_rcep_diverts_trade_from_the_united_states() -> None:
    ledger = result("rcep").tables["ledger"]
    flows = [
        pick(ledger, region=r, partner="USA", indicator="trade_diversion") for r in ("CHN", "JPN", "KOR")
    ]
    assert -50_000 < sum(float(f["change"].to_numpy().sum()) for f in flows) < 0


@pytest.mark.parametrize("name", ["us-joins-cptpp", "us-china-tariff-war"])
def test_jobs_sum_to_employment_exactly(name: str) -> None:
    comparison = result(name)
    jobs = pd.DataFrame(comparison.tables["jobs"].groupby("region")[["baseline", "counterfactual"]].sum())
    np.testing.assert_allclose(jobs["baseline"], jobs["counterfactual"], rtol=1e-12)
    employed = comparison.base.benchmark["jobs0"].sum("j").sel(r=list(jobs.index))
    np.testing.assert_allclose(jobs["baseline"], employed, rtol=1e-12)


@pytest.mark.parametrize(
    "name", ["us-joins-cptpp", "us-china-tariff-war", "rcep", "unilateral-free-trade-usa"]
)
def test_certificates_are_clean(name: str) -> None:
    for solution in (result(name).base, result(name).new):
        c = solution.certificate
        assert c.max_residual < 1e-9
        assert abs(c.walras) < 1e-9
        assert c.gdp_gap < 1e-9


def test_members_of_cptpp_are_apart_on_default() -> None:
    assert set(CPTPP) <= set(column("us-joins-cptpp", "welfare_ev"))


def test_order_of_labels_of_the_world_changes_no_result() -> None:
    """Regions and sectors of the accounts permuted: the same numbers come out under the same labels."""
    from calibration.parameters import calibrate
    from cge.model import Model

    case = api.prepare("us-joins-cptpp")
    _, plain = api.solve(case)
    rng = np.random.default_rng(3)
    regions, sectors = (rng.permutation(case.accounts.data[c].to_numpy()) for c in "ri")
    shuffled = case.accounts.data.sel(o=regions, d=regions, r=regions, i=sectors, j=sectors)
    elasticities = {n: case.elasticities.data[n] for n in ("sigma_m", "sigma_d", "sigma_va")}
    other = Model(calibrate(shuffled, elasticities)).solve(case.policy)
    for name in ("py", "y", "N", "xf"):
        gap = abs(plain.values[name] - other.values[name].sel(plain.values[name].coords))
        if name == "xf":
            gap = gap.where(plain.benchmark["V0"] > 0, 0)
        assert float(gap.max()) < 1e-10
