"""A retraining programme beside the adjustment account, by hand."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from cge.app import api
from results.adjustment import SETS, Adjustment, parameter_sets
from results.errors import ResultsError
from results.retraining import NAMES, Programme, assumptions, table
from results.tidy import only
from scenarios.problems import ScenarioError
from scenarios.reader import parse_scenario
from scenarios.retraining import retraining_regions

MEMBERS = {"USA": ["USA"], "EU27": ["DEU", "FRA"], "ROW": ["ROW", "VNM"]}


@pytest.fixture
def costs() -> Adjustment:
    """Two regions, two sectors: 30 thousand lose their job in the first, which gains; the other loses."""
    cut = xr.DataArray(
        [[10.0, 20.0], [5.0, 0.0]], dims=("r", "j"), coords={"r": ["USA", "EU27"], "j": ["a", "b"]}
    )
    gain = xr.DataArray([1000.0, -50.0], dims="r", coords={"r": ["USA", "EU27"]})
    data = {"gross": cut, **{f"beyond_{s}": cut * 0 for s in SETS}, **{f"gain_{s}": gain for s in SETS}}
    wages = xr.DataArray([1.0, 0.5], dims="r", coords={"r": ["USA", "EU27"]})  # EU27: half as dear
    return Adjustment(xr.Dataset(data | {f"retraining_{s}": wages for s in SETS}), parameter_sets())


def test_by_hand(costs: Adjustment) -> None:
    found = table(costs, Programme(("USA",), uptake=0.3, cost_per_worker=27_900.0))
    assert set(found.region) == {"USA"}
    for s in SETS:
        people = only(found, indicator=f"retraining_participants_{s}")
        cost = only(found, indicator=f"retraining_cost_{s}")
        real = only(found, indicator=f"retraining_resource_cost_{s}").change / cost.change
        assert real == pytest.approx({"low": 0.5, "central": 0.57, "high": 1.0}[s])
        share = only(found, indicator=f"retraining_share_of_gain_{s}")
        assert (people.change, people.unit) == (pytest.approx(9.0), "thousand persons")
        assert (cost.change, cost.unit) == (pytest.approx(9_000 * 27_900 / 1e6), "USD million")
        assert share.change == pytest.approx(25.11) and np.isnan(share.percent)


def test_the_tables_numbers_stand_in_for_what_is_not_given(costs: Adjustment) -> None:
    found = table(costs, Programme(("EU27", "USA")))
    spent = [only(found, region="USA", indicator=f"retraining_cost_{s}").change for s in SETS]
    assert spent[0] < spent[1] < spent[2]
    assert spent[1] == pytest.approx(30 * 0.322 * 27.9)
    shares = found[found.indicator.str.startswith("retraining_share")]
    assert set(shares.region) == {"USA"}, "who loses has no gain to take a share of"


def test_the_unit_cost_follows_labour_income_unless_the_scenario_names_it(costs: Adjustment) -> None:
    def each(programme: Programme, region: str) -> float:
        return only(table(costs, programme), region=region, indicator="retraining_unit_cost_central").change

    shipped, own = Programme(("EU27", "USA")), Programme(("EU27", "USA"), cost_per_worker=10_000.0)
    assert (each(shipped, "USA"), each(shipped, "EU27")) == (27_900, 13_950)
    assert (each(own, "USA"), each(own, "EU27")) == (10_000, 10_000)
    assert "elsewhere scaled with labour income" in shipped.words() and "scaled" not in own.words()
    assert "scaled" not in Programme(("USA",)).words()


def test_the_central_numbers_are_those_of_the_programme_of_2019() -> None:
    """28,348 of 88,001 newly eligible took part; 790 million appropriated."""
    rows = assumptions().set_index("name")
    assert sorted(rows.index) == sorted(NAMES)
    assert rows.at["uptake", "central"] == pytest.approx(28_348 / 88_001, abs=5e-4)
    assert rows.at["cost_per_worker", "central"] == pytest.approx(790e6 / 28_348, rel=2e-3)
    assert rows.at["cost_per_worker", "low"] == pytest.approx(741e6 / 28_348, rel=2e-3)
    assert (rows.source.str.len() > 40).all() and set(rows.confidence) <= {
        "derived",
        "verified-page",
        "recall-L",
        "assumption",
    }
    assert (rows.low < rows.central).all() and (rows.central < rows.high).all()


def test_words_say_that_nobody_pays_inside_the_model() -> None:
    words = Programme(("USA",), uptake=0.3).words()
    assert "30 % of the displaced" in words and "USD 27,900 (USD 26,100 to USD 40,000)" in words
    assert "not financed inside the model" in words
    assert "57 % (50 % to 100 %) is training and administration, the rest income support" in words


def test_a_region_that_is_not_there(costs: Adjustment) -> None:
    with pytest.raises(ResultsError, match="CHN is no region here; there are USA, EU27"):
        table(costs, Programme(("CHN",)))


def test_regions_of_the_model() -> None:
    def chosen(names: str) -> tuple[str, ...]:
        text = f"title: t\nretraining: {{regions: {names}}}\nshocks: []\n"
        return retraining_regions(parse_scenario(text, file="t.yaml"), MEMBERS)

    assert chosen("USA") == ("USA",) and chosen("[EU27, USA]") == ("USA", "EU27")
    assert chosen("[DEU, FRA]") == ("EU27",), "all its members are the region"
    with pytest.raises(ScenarioError, match=r"t.yaml:2: retraining.regions: DEU is only part of EU27"):
        chosen("DEU")
    with pytest.raises(ScenarioError, match="'Germany' is neither a region nor a group; did you mean 'DEU'"):
        chosen("Germany")
    assert retraining_regions(parse_scenario("title: t\nshocks: []\n"), MEMBERS) == ()


def test_in_a_run() -> None:
    text = (
        "title: t\nbaseline: benchmark-2022\naggregation: small\nretraining: {regions: USA, uptake: 30%}\n"
        "shocks:\n  - {tariff: {to: 0%}, importers: USA, sectors: goods}\n"
    )
    result = api.run(parse_scenario(text))
    people = float(result.row("USA", "retraining_participants_central")["change"])
    gross = (
        result.tables["adjustment"].query("region == 'USA' and indicator == 'displaced_gross'").change.sum()
    )
    assert people == pytest.approx(0.3 * gross, rel=1e-12) and people > 0
    assert any("retraining in USA" in note for note in result.manifest["scenario"]["notes"])
    with pytest.raises(ScenarioError, match="DEU is only part of EU27"):
        api.prepare(parse_scenario(text.replace("regions: USA", "regions: DEU")))
