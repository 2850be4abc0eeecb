"""What a result hangs on: derivatives against points that are solved, refusals, the account of shocks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cge.app.case import read
from cge.app.sensitivity import sensitivity
from cge.app.slopes import number_at, numbers_of_shocks
from results.sensitivity import Sensitivity
from scenarios.problems import ScenarioError
from scenarios.reader import parse_scenario
from scenarios.schema import Scenario

TEXT = """title: all sorts of shocks
aggregation: small
closure: {labour: wage_curve}
shocks:
  - {tariff: {add: 5 points}, importers: USA, exporters: CHN, sectors: [C26, C27, C28]}
  - {quota: {volume: -20%, rent_to: importer}, importers: USA, exporters: JPN, sectors: [C29, C301, C302T309]}
  - {production_subsidy: {add: 5 points}, regions: USA, sectors: [C26, C27, C28]}
  - {endowment: {factor: labour, change: 1%}, regions: USA}
  - {provisions: CPTPP, between: [USA, JPN]}
"""
INDICATORS = ("welfare_ev", "real_gdp", "exports_volume")
STEPS = {
    "trade[MVH]": 0.003, "assumptions.wage_elasticity": 0.001,
    "assumptions.rent_share": 0.01, "shocks[0].tariff.add": 0.002, "shocks[1].quota.volume": 0.002,
    "shocks[2].production_subsidy.add": 0.002, "shocks[3].endowment.change": 0.002,
}  # fmt: skip


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return parse_scenario(TEXT)


def test_numbers_that_a_scenario_writes_are_found(scenario: Scenario) -> None:
    assert numbers_of_shocks(scenario) == (
        "shocks[0].tariff.add", "shocks[1].quota.volume", "shocks[2].production_subsidy.add",
        "shocks[3].endowment.change",
    )  # fmt: skip
    assert number_at(scenario, "shocks[1].quota.volume") == (-0.2, False)
    assert number_at(scenario, "trade[C29]") == (1.0, False)
    assert number_at(scenario, "assumptions.rent_share") == (0.5, False)


@pytest.mark.parametrize(
    "target", ["closure.labour", "shocks[0].importers", "shocks[0].label", "value:sigma_m[C29]"]
)
def test_what_is_no_number_is_refused_in_words(target: str, scenario: Scenario) -> None:
    with pytest.raises(ScenarioError, match=r"sweep|a factor on the set"):
        number_at(scenario, target)


def test_compensation_inside_the_model_is_refused_before_anything_is_solved() -> None:
    paid = TEXT + "compensation: {pays: full, financed_by: consumption_tax, regions: USA}\n"
    with pytest.raises(ScenarioError, match="outside the equations"):
        sensitivity(parse_scenario(paid))


@pytest.fixture(scope="module")
def found(scenario: Scenario) -> Sensitivity:
    return sensitivity(scenario, indicators=INDICATORS, targets=list(STEPS), only=True)


@pytest.mark.slow
def test_derivatives_are_differences_of_solved_points(found: Sensitivity, scenario: Scenario) -> None:
    """Two factorisations against four solved points a target: elasticities, a number of the wage curve, rents
    carved out of the accounts, a tariff, a quota that binds relative to the baseline, a subsidy, labour."""
    from cge.app.sweeps.engine import Engine

    engine = Engine(scenario, tables=("indicators",))
    rows = [
        int(np.flatnonzero((engine.rows.region == "USA") & (engine.rows.indicator == name))[0])
        for name in INDICATORS
    ]

    def change(target: str, value: float) -> np.ndarray:
        point = engine.solve({target: value})
        assert point.status == "solved", point.reason
        return (point.counterfactual - point.baseline)[rows]

    for target, h in STEPS.items():
        at = number_at(scenario, target)[0]
        near, far = (change(target, at + k * h) - change(target, at - k * h) for k in (1, 2))
        mine = by_indicator(found, target)
        scale = mine.value / at if "[" in target and "shocks" not in target else 1.0
        exact = (mine.derivative * scale).to_numpy()
        np.testing.assert_allclose(exact, (8 * near - far) / (12 * h), rtol=2e-6, err_msg=target)


def by_indicator(found: Sensitivity, target: str) -> pd.DataFrame:
    table = found.targets[found.targets.target == target].set_index("indicator")
    return table.loc[list(INDICATORS)]


@pytest.mark.slow
def test_two_solves_and_two_factorisations_whatever_the_number_of_targets(found: Sensitivity) -> None:
    assert found.counts["solves"] == found.counts["factorisations"] == 2
    assert found.counts["targets"] == len(STEPS)


@pytest.mark.slow
def test_the_account_sums_to_the_exact_change(found: Sensitivity) -> None:
    for name in INDICATORS:
        rows = found.account[found.account.indicator == name]
        parts = pd.DataFrame(rows[rows.instrument != ""])
        total = pd.DataFrame(rows[rows.instrument == ""]).iloc[0]
        cells = found.cells[found.cells.indicator == name]
        assert parts.first_order.sum() == pytest.approx(total.first_order, rel=1e-12)
        assert cells.contribution.sum() == pytest.approx(total.first_order, rel=1e-12)
        assert total.first_order + total.remainder == pytest.approx(total.exact, rel=1e-12)
    tariffs = found.cells[found.cells.instrument == "tm"]
    assert set(zip(tariffs.origin, tariffs.destination, strict=True)) == {("CHN", "USA")}
    assert any("threshold" in note for note in found.notes), "the quota's part is named as left out"


@pytest.mark.slow
def test_the_account_of_a_small_tariff_is_nearly_all_of_it() -> None:
    shock = "{tariff: {add: 0.5 points}, importers: USA, exporters: CHN, sectors: goods}"
    text = f"title: t\naggregation: small\nshocks:\n  - {shock}\n"
    found = sensitivity(parse_scenario(text), targets=["trade"], only=True)
    total = found.account[found.account.instrument == ""]
    assert (total.remainder.abs() < 1e-3 * total.exact.abs()).all(), total


@pytest.mark.slow
def test_with_caps_of_barriers_near_the_spread_is_what_solved_points_give() -> None:
    """Caps on what is cut of barriers of services make the derivative at the centre nearly twice the slope of
    the range; the spread must be that of points one standard deviation to either side."""
    from cge.app.sweeps.engine import Engine

    target = "trade[SRV]"
    found = sensitivity(
        "us-joins-cptpp", variant="deep", aggregation="small", indicators=["welfare_ev"], targets=[target],
        only=True,
    )  # fmt: skip
    row = found.targets.iloc[0]
    engine = Engine(read("us-joins-cptpp", "deep"), aggregation="small", tables=("indicators",))
    mine = (engine.rows.region == "USA") & (engine.rows.indicator == "welfare_ev")
    k = int(np.flatnonzero(mine.to_numpy())[0])
    sd = row.target_sd / row.value
    up, down = (engine.solve({target: 1 + h}) for h in (sd, -sd))
    solved = (up.counterfactual - up.baseline - down.counterfactual + down.baseline)[k] / 2
    assert row.slope_used == "wide" and "thresholds near" in row.note
    assert row.sd_effect == pytest.approx(solved, rel=0.03)
    assert row.derivative * row.target_sd > 1.5 * solved
    assert found.numbers.sd.iloc[0] == pytest.approx(row.sd_effect)
    assert (found.numbers.near.iloc[0], found.numbers.near_share.iloc[0]) == (1, 1.0)
