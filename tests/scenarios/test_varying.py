"""Values of a scenario changed by name: what comes out is the file with these values written into it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from calibration.closure_data import _table
from scenarios import carve_outs
from scenarios.barriers import assumption_rows
from scenarios.closure_assumptions import NUMBERS
from scenarios.packages import full_text
from scenarios.problems import ScenarioError
from scenarios.reader import parse_scenario, read_scenario, scenario_hash
from scenarios.schema import Scenario
from scenarios.varying import as_file, check_targets, expand_targets, missing_files, varied


@dataclass(frozen=True)
class Map:
    """Industry -> sector of the model."""

    sectors: dict[str, str]


SMALL = Map({"A01": "AGF", "C10T12": "AGF", "C29": "MVH", "C301": "MVH", "C26": "C26"})
TEXT = """title: t
aggregation: small
overrides: [{parameter: sigma_m, sectors: motor_vehicles, value: 4.0}]
shocks:
  - {tariff: {to: 0%}, between: [USA, JPN], sectors: goods}
  - {provisions: deep, importers: USA, exporters: [JPN, KOR]}
  - {join: CPTPP, members: KOR}
variants:
  shallow: {assumptions: {spillover: 0}}
"""


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return parse_scenario(TEXT, file="t.yaml")


def test_a_point_is_the_file_with_its_values(scenario: Scenario) -> None:
    changes: dict[str, Any] = {
        "variant": "shallow", "shocks[0].tariff.to": 0.02, "shocks[1].depth": "50%", "shocks[2].year": 5,
        "shocks[2].members": ["KOR", "THA"], "barriers.band": "low", "assumptions.rent_share": 0.25,
        "elasticities": "fontagne", "closure.labour": "labour_supply",
        "assumptions.labour_supply_elasticity": 0.4,
        "trade[MVH]": 1.2, "value:sigma_va[A01]": 0.5,
    }  # fmt: skip
    found = varied(scenario, changes, SMALL)
    written = parse_scenario(
        """title: t (shallow)
aggregation: small
elasticities: fontagne
closure: {labour: labour_supply}
barriers: {band: low}
assumptions: {spillover: 0, rent_share: 0.25, labour_supply_elasticity: 0.4}
overrides:
  - {parameter: sigma_m, sectors: motor_vehicles, value: 4.0}
  - {parameter: sigma_va, sectors: A01, value: 0.5}
  - {parameter: trade, sectors: [C29, C301], times: 1.2}
shocks:
  - {tariff: {to: 2%}, between: [USA, JPN], sectors: goods}
  - {provisions: deep, importers: USA, exporters: [JPN, KOR], depth: 50%}
  - {join: CPTPP, members: [KOR, THA], year: 5}
"""
    )
    assert found == written
    # The order in which changes are given does not matter, and the scenario itself stays what it is.
    assert scenario_hash(varied(scenario, dict(reversed(changes.items())), SMALL)) == scenario_hash(found)
    assert scenario == parse_scenario(TEXT)
    assert "shocks[1].depth = " in full_text(found)


def test_it_can_be_written_as_a_file_and_varied_again(scenario: Scenario, tmp_path: Path) -> None:
    found = varied(scenario, {"shocks[0].tariff.to": 2.5 / 100, "trade": 0.9})
    file = tmp_path / "point.yaml"
    file.write_text(as_file(found), encoding="utf-8")
    assert read_scenario(file) == found
    twice = varied(varied(scenario, {"trade": 0.9}), {"shocks[0].tariff.to": 0.025})
    assert twice == found
    with pytest.raises(ScenarioError, match="has no variants"):
        varied(found, {"variant": "shallow"})


def test_a_parameter_of_a_package() -> None:
    quad = read_scenario("quad")
    half = varied(quad, {"packages[0].depth": "50%"})
    assert half.shocks == quad.cases["half"].shocks != quad.shocks
    assert varied(quad, {}) is quad
    with pytest.raises(ScenarioError, match=r"vary packages\[0\].dept: .*; did you mean 'depth'"):
        varied(quad, {"packages[0].dept": 0.5})


def test_names_in_brackets_are_written_out_by_sector_of_the_model(scenario: Scenario) -> None:
    clash = Map({**SMALL.sectors, "C27": "C26"})
    assert expand_targets(scenario, SMALL, ["trade[*]", "assumptions.spillover"]) == [
        "trade[AGF]", "trade[MVH]", "trade[C26]", "assumptions.spillover",
    ]  # fmt: skip
    # A sector of the model with the code of one of its industries is named by all of them.
    assert expand_targets(scenario, clash, ["sigma_va[*]"])[-1] == "sigma_va[C26,C27]"
    check_targets(scenario, ["trade[AGF]", "sigma_d[motor_vehicles, C26]", "closure.capital"], SMALL)


WRONG: list[tuple[str, Any, str]] = [
    ("trade[C92]", 1.0, "vary trade[C92]: 'C92' is not an industry, a group of industries or a sector of the "
     "model; did you mean 'C29'?"),
    ("trade[*]", 1.0, "vary trade[*]: [*] stands for one target a sector"),
    ("trade[]", 1.0, "vary trade[]: names no sector: write trade[C29] or trade"),
    ("trade", -1.0, "vary trade: times: must be above 0, not -1.0"),
    ("trade", "50%", "vary trade: times: a number is needed here, not '50%'"),
    ("value:trade", 5.0, "vary value:trade: 'trade' stands for several elasticities, which are not equal"),
    ("value:sigma_m[C29]", 5.0, "vary value:sigma_m[C29]: sigma_m of C29 is already set by overrides[0]"),
    ("trad", 1.0, "vary trad: a scenario has no 'trad'; did you mean 'trade'?"),
    ("shocks[9].depth", 0.5, "vary shocks[9].depth: there is no shocks[9]: they are counted from 0, "
     "and there are 0 to 2"),
    ("shocks.depth", 0.5, "vary shocks.depth: 'shocks' is a list: write shocks[0].depth"),
    ("shocks[0].tarif.to", 0.0, "vary shocks[0].tarif.to: 'shocks[0]' has no 'tarif'; did you mean "
     "'tariff'?"),
    ("shocks[0].tariff.to", 3.0, "vary shocks[0].tariff.to: 3 would be 300 % (0.25 means 25 %): write 3%"),
    ("shocks[0].depth", 0.5, "t.yaml:5: shocks[0]: 'depth' goes with provisions only (with shocks[0].depth "
     "changed)"),
    ("shocks[2].members", "KOREA", "vary shocks[2].members: 'KOREA' is neither a region nor a group; did you "
     "mean 'KOR'?"),
    ("assumptions.rent", 0.3, "vary assumptions.rent: no assumption 'rent'"),
    ("assumptions.rent_share", 0.9, "vary assumptions.rent_share: rent_share lies between 0 and 0.6667, not"),
    ("assumptions.wage_elasticity", 0.2, "vary assumptions.wage_elasticity: wage_elasticity has no effect "
     "under labour full_employment; choose closure: {labour: wage_curve}"),
    ("closure.labour", "wages", "vary closure.labour: 'wages' is not one of full_employment, wage_curve"),
    ("variant", "shalow", "vary variant: no variant 'shalow'; did you mean 'shallow'?"),
    ("title", "x", "vary title: 'title' is a text and changes no number"),
    ("barriers.bands", "low", "vary barriers.bands: 'barriers' has no 'bands'; did you mean 'band'?"),
    ("a b", 1.0, "vary a b: cannot be read: write a path such as shocks[0].tariff.to, or trade[C29]"),
]  # fmt: skip


@pytest.mark.parametrize(("target", "value", "message"), WRONG, ids=[w[0] for w in WRONG])
def test_what_is_wrong_names_the_target(
    scenario: Scenario, regions: list[str], sectors: list[str], target: str, value: Any, message: str
) -> None:
    from scenarios.apply import check

    with pytest.raises(ScenarioError) as caught:
        check(varied(scenario, {target: value}, SMALL), regions, sectors)
    assert str(caught.value).startswith(message)


def test_every_number_of_closures_can_be_replaced_but_those_of_the_method() -> None:
    assert set(NUMBERS) == set(_table()) - {"mu"}
    assert not set(NUMBERS) & set(assumption_rows())
    for name, number in NUMBERS.items():
        assert number.low <= _table()[name] <= number.high


def test_a_point_cannot_name_another_file_whose_content_its_values_do_not_show(tmp_path: Path) -> None:
    table = (Path(carve_outs.__file__).parent / "tables" / "product_carve_outs.csv").read_text(
        encoding="utf-8"
    )
    for name in ("one.csv", "other.csv"):
        (tmp_path / name).write_text(table.splitlines()[0] + "\n", encoding="utf-8")
    text = "title: t\nproducts: one.csv\nshocks: []\nvariants: {b: {products: other.csv}}\n"
    own = parse_scenario(text, folder=tmp_path)
    # A file that is not there is refused in the same words: what is said must not hang on the disk either.
    for target, name in (("products", "other.csv"), ("products", "none.csv"), ("baseline.name", "b.yaml"),
                         ("barriers.file", "none.csv")):  # fmt: skip
        with pytest.raises(ScenarioError, match=f"vary {target}: names another file.*vary 'variant'"):
            varied(own, {target: name})
    assert varied(own, {"variant": "b"}).products == "other.csv"
    assert missing_files(own) == []
    assert varied(own, {"products": "one.csv"}).products == "one.csv"
    (tmp_path / "one.csv").unlink()
    assert missing_files(own) == ["one.csv"]


def test_numbers_of_closures_and_factors_are_shown_as_changed() -> None:
    from cge.app.assumptions import assumptions, records

    text = """title: t
closure: {labour: wage_curve}
assumptions: {wage_elasticity: 0.2}
overrides:
  - {parameter: sigma_m, sectors: C29, value: 4.0}
  - {parameter: trade, sectors: motor_vehicles, times: 1.5}
shocks: []
"""
    found = records(assumptions(parse_scenario(text, file="t.yaml")))
    rows = {r["name"]: r for r in found}
    assert rows["wage_elasticity"]["value"] == "0.2"
    assert rows["wage_elasticity"]["changed"] == "changed by t.yaml:3 from 0.1 to 0.2"
    assert rows["sigma_m C29"]["value"] == "6"
    assert rows["sigma_m C29"]["changed"].endswith("; changed by t.yaml:6 from 4 to 6")
    assert rows["sigma_d C29"]["changed"] and not rows["sigma_d C28"]["changed"]
    choices = {r["name"] for r in found if r["table"] == "choices"}
    assert "closure.labour" in choices and "assumptions.wage_elasticity" not in choices
