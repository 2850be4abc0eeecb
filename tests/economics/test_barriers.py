"""Barriers that are not tariffs on the packaged world: what an agreement does besides its tariffs."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from cge.app import api
from cge.app.barriers import barrier_data
from cge.app.contributions import part
from results.contributions import COMPONENTS, STRUCTURE
from results.errors import ResultsError
from scenarios.reader import parse_scenario, read_scenario

PARTS = (*COMPONENTS, STRUCTURE)


@pytest.fixture(scope="module")
def deep() -> api.Case:
    return api.prepare("us-joins-cptpp", variant="deep")


@pytest.fixture(scope="module")
def run():
    return api.run("us-joins-cptpp", variant="deep")


def welfare(result, region: str) -> float:
    return float(result.row(region, "welfare_ev")["change"])


def test_deep_gains_more_than_tariffs_for_those_who_sign(run) -> None:
    tariffs = api.run("us-joins-cptpp")
    for region in ("USA", "JPN", "VNM", "GBR"):
        assert welfare(run, region) > welfare(tariffs, region), region
    assert welfare(run, "USA") > 0 > welfare(tariffs, "USA")


def test_contributions_sum_to_the_model_and_each_part_is_there(run) -> None:
    table = pd.DataFrame(run.manifest["published"])
    told = table[table["model"].notna()]
    np.testing.assert_allclose(told[list(PARTS)].sum(axis=1), told["model"], rtol=1e-9, atol=1e-12)
    income = told[(told.region == "USA") & (told.metric == "real income")].iloc[0]
    assert income["goods NTMs"] > 0 and income["services"] > 0 and income[STRUCTURE] == 0
    assert set(told.confidence).isdisjoint({"recall-H", "recall-M", "recall-L"})


def test_a_benchmark_with_rents_replicates_and_keeps_gdp(deep: api.Case) -> None:
    plain = api.prepare("us-joins-cptpp")
    assert deep.barriers is not None and plain.barriers is None
    assert deep.model.benchmark().certificate.max_residual < 1e-10
    np.testing.assert_allclose(
        deep.model.parameters.arrays["gdp0"], plain.model.parameters.arrays["gdp0"], rtol=1e-12
    )
    assert float(deep.accounts.data["rx0"].max()) > 0 and float(deep.accounts.data["rm0"].max()) > 0


def test_barriers_fall_where_no_deep_agreement_was(deep: api.Case) -> None:
    before, after = deep.expanded.baseline["removed"], deep.expanded.counterfactual["removed"]
    gain = (after - before).sel(i=["C28", "K"])
    assert (gain.sel(o="JPN", d="USA") > 0).all() and (gain.sel(o="USA", d="VNM") > 0).all()
    xr.testing.assert_equal(after.sel(o="DEU", d="FRA"), before.sel(o="DEU", d="FRA"))
    assert (after >= before).all() and float(after.max()) <= 1
    k = deep.rates.counterfactual["k"] / deep.rates.baseline["k"]
    assert float(k.max()) <= 1 + 1e-12 and float(k.min()) > 0.75


def test_all_parts_together_are_the_policy_and_none_is_the_baseline(deep: api.Case) -> None:
    for components, expected in (
        (frozenset(COMPONENTS), deep.rates.counterfactual), (frozenset(), deep.rates.baseline),
    ):  # fmt: skip
        found = part(deep, components)
        for name in expected.data_vars:
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-14, err_msg=str(name))


def test_firms_are_refused_a_decomposition_before_anything_is_solved() -> None:
    with pytest.raises(ResultsError, match="no term for variety"):
        api.run("us-joins-cptpp", variant="deep-firms", aggregation="small", decompose=True)


@pytest.mark.parametrize("agreement", ["USMCA", "KORUS"])
def test_leaving_and_returning_is_the_benchmark(agreement: str) -> None:
    text = f"""
title: out and in again
baseline: benchmark-2022
shocks:
  - leave: {agreement}
  - agreement: {agreement}
"""
    result = api.run(parse_scenario(text), aggregation="small")
    change = pd.Series(result.tables["indicators"].query("indicator == 'welfare_ev'")["change"])
    assert float(change.abs().to_numpy().max()) < 1e-3  # USD million
    out = api.run(parse_scenario(text.rsplit("  - agreement", 1)[0]), aggregation="small")
    assert welfare(out, "USA") < 0


def test_the_basis_and_the_band_matter_in_the_expected_order() -> None:
    effect = {}
    for band in ("low", "central", "high"):
        text = (
            f"title: t\nbarriers: {{band: {band}}}\nshocks:\n  - {{provisions: deep, between: [USA, JPN]}}\n"
        )
        effect[band] = barrier_data(parse_scenario(text))
    assert (effect["low"].ave <= effect["central"].ave).all()
    assert (effect["central"].ave <= effect["high"].ave).all()
    assert (effect["low"].effect <= effect["high"].effect).all()
    chain = read_scenario("us-joins-cptpp", "deep").model_copy(
        update={"barriers": read_scenario("us-joins-cptpp", "deep").barriers.model_copy(
            update={"basis": "petri_plummer"})}
    )  # fmt: skip
    removed = api.prepare(chain).expanded.counterfactual["removed"]
    score = float(removed.sel(o="JPN", d="USA", i="C28"))
    assert score == pytest.approx(0.75)  # CPTPP's score for industrial goods
