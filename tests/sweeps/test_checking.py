"""What a sweep refuses or says before anything is compiled; points are written as a file would be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from cge.app.case import read
from cge.app.sweeps.asking import planned
from cge.app.sweeps.cases import Workbench
from cge.app.sweeps.idle import idle_notes
from cge.app.sweeps.plan import AskedError, Plan
from cge.designs.distributions import Parameter, parse
from scenarios.problems import ScenarioError
from scenarios.schema import Scenario
from scenarios.sweeping import Asked
from scenarios.varying import as_file, varied

TARIFF = """title: t
aggregation: small
shocks:
  - {tariff: {to: 0%}, between: [USA, JPN], sectors: goods}
"""


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    file = tmp_path_factory.mktemp("scenario") / "t.yaml"
    file.write_text(TARIFF, encoding="utf-8")
    return read(file)


@pytest.fixture(scope="module")
def bench(scenario: Scenario) -> Workbench:
    return Workbench(scenario)


def plan_of(scenario: Scenario, vary: Mapping[str, Any], kind: str | None = None) -> Plan:
    return planned(scenario, Asked(tuple(Parameter(t, parse(d)) for t, d in vary.items()), kind=kind))


@pytest.mark.parametrize("spread", ["[5%, 300%]", "uniform(0%, 1000%)", ["5%", "300%"]])
def test_large_rates_in_percent_are_those_of_the_file(
    scenario: Scenario, tmp_path: Path, spread: str | Sequence[str]
) -> None:
    plan = plan_of(scenario, {"shocks[0].tariff.to": spread})
    for n, (rate,) in enumerate(plan.design.points, start=1):
        point = varied(scenario, plan.changes(n))
        assert point.shocks[0].tariff is not None and point.shocks[0].tariff.to == pytest.approx(rate)
        (tmp_path / "point.yaml").write_text(as_file(point), encoding="utf-8")
        assert read(tmp_path / "point.yaml").shocks[0] == point.shocks[0]
    assert max(rate for (rate,) in plan.design.points) > 1.5


def test_percent_does_no_harm_where_a_file_has_plain_numbers(scenario: Scenario) -> None:
    plan = plan_of(scenario, {"value:sigma_m[AGF]": "[200%, 400%]"})
    assert [plan.changes(n)["value:sigma_m[AGF]"] for n in (1, 2)] == [2.0, 4.0]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"shocks[0].tariff.to": [0.05, 3]}, "write 3% or 0.03, or 300% if that is meant"),
    ({"aggregation": ["small", "default"]}, "rows are the model's regions and sectors"),
    ({"elasticities": ["gtap", "gtapp"]}, "unknown elasticity set 'gtapp'"),
    ({"barriers.file": ["none.csv"]}, "names another file"),
    ({"shocks[0].tariff.cut": ["10%"]}, "exactly one of 'to', 'cut'"),
    ({"shocks[0].between": [["USA", "EU99"]]}, "'EU99' is neither a region nor a group"),
    ({"shocks[0].label": ["a", "b"]}, "'label' is a text and changes no number"),
    ({"trade": "uniform(-1, 1)"}, "times: must be above 0"),
    ({"assumptions.wage_elasticity": [0.1, 0.2]}, "has no effect under labour full_employment"),
]


@pytest.mark.parametrize(("vary", "message"), WRONG, ids=[next(iter(w[0])) for w in WRONG])
def test_values_that_cannot_be_are_refused_before_anything_is_solved(
    scenario: Scenario, vary: dict[str, Any], message: str
) -> None:
    with pytest.raises(ScenarioError, match=message):
        plan_of(scenario, vary)


def test_a_value_that_needs_another_is_tried_with_it(scenario: Scenario) -> None:
    vary = {"closure.labour": ["full_employment", "wage_curve"], "assumptions.wage_elasticity": [0.1, 0.2]}
    assert len(plan_of(scenario, vary)) == 4


def test_factors_that_meet_are_said(scenario: Scenario) -> None:
    vary = {"trade": [0.8], "sigma_m[AGF]": [1.1], "sigma_va": [1.2], "value:sigma_d[AGF]": [2.0]}
    notes = plan_of(scenario, vary).design.notes
    assert any(n.startswith("trade and sigma_m[AGF] ") and "multiply" in n for n in notes)
    assert any(n.startswith("trade and value:sigma_d[AGF] ") and "then multiplied" in n for n in notes)
    assert not any("sigma_va" in n for n in notes)


def test_what_is_asked_for_and_moves_nothing_is_said_or_refused(scenario: Scenario, bench: Workbench) -> None:
    shares = "uniform(0, 0.6667)"  # rents of barriers, of which this scenario moves none
    both = {"assumptions.rent_share": [0.1, 0.2], "trade[*]": [0.5, 1.0]}
    (note,) = idle_notes(bench, plan_of(scenario, both, "list"))
    assert note.startswith("assumptions.rent_share has no effect")
    with pytest.raises(AskedError, match=r"has an effect here \(assumptions.rent_share"):
        idle_notes(bench, plan_of(scenario, {"assumptions.rent_share": shares}))
    with pytest.raises(AskedError, match=r"shocks\[0\].tariff.to"):
        idle_notes(bench, plan_of(scenario, {"shocks[0].tariff.to": ["0%"]}))
    # The value in use is no reason to call a target idle: another of its values moves something.
    assert idle_notes(bench, plan_of(scenario, {"shocks[0].tariff.to": ["0%", "2%"]})) == ()


def test_elasticities_at_which_barriers_have_no_meaning_are_named() -> None:
    deep = read("us-joins-cptpp", "deep")
    asked = Asked((Parameter("trade[B07]", parse([0.5, 1.0])), Parameter("trade[C29]", parse([0.5, 1.0]))))
    plan = planned(deep, asked, aggregation="small")
    (note,) = [n for n in plan.design.notes if "barriers have no meaning" in n]
    assert note.startswith("trade[B07] goes down to 0.5, which brings sigma_m of B07 to 1 or below")
