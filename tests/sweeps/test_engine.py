"""Points of a sweep: each is a scenario of its own, with the numbers that its own run has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cge.app import api
from cge.app.compensating import programme
from cge.app.sweeps.engine import Engine
from cge.app.sweeps.outcome import Outcome
from cge.app.sweeps.plan import SweepError
from results.outcomes import outcomes
from scenarios.problems import ScenarioError
from scenarios.reader import read_scenario
from scenarios.varying import as_file

PRODUCTS = (
    "product,sector,importer,share,unit,source,confidence,note\nwine,C10T12,EU27,0.10,share,s,assumption,\n"
)
TARIFFS: dict[str, Any] = {"trade": 1.2, "sigma_va[MVH]": 0.7, "shocks[0].tariff.to": 0.01}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine("us-joins-cptpp", aggregation="small", tables=("indicators", "jobs"))


def assert_own_run(engine: Engine, changes: Mapping[str, Any], folder: Path) -> None:
    """The numbers are those of a run of the file that the point is, to 1e-9 of the indicator's level."""
    found = engine.solve(changes)
    assert found.status == "solved", found.reason
    file = folder / "point.yaml"
    file.write_text(as_file(engine.bench.scenario_at(changes)), encoding="utf-8")
    case = api.prepare(file, aggregation="small")
    base, new = api.solve(case)
    settled = api.settle(case, base, new)
    rows = outcomes(base, settled.new, tables=engine.tables, retraining=programme(case))
    before, after = rows.numbers(base, settled.new, settled.paid)
    np.testing.assert_allclose(found.baseline, before, rtol=1e-9)
    scale = np.maximum(np.abs(before), 1e-3)
    assert np.nanmax(np.abs(found.counterfactual - after) / scale) < 1e-9
    assert np.nanmax(np.abs(found.counterfactual - engine.central.counterfactual) / scale) > 1e-6


def same(one: Outcome, other: Outcome) -> bool:
    """To the last bit."""
    return one.counterfactual.tobytes() == other.counterfactual.tobytes() and (
        one.baseline.tobytes() == other.baseline.tobytes()
    )


def test_a_point_has_the_numbers_of_its_own_run(engine: Engine, tmp_path: Path) -> None:
    assert_own_run(engine, TARIFFS, tmp_path)


def test_no_change_gives_the_central_numbers(engine: Engine) -> None:
    assert same(engine.solve({}), engine.central)
    assert same(engine.solve({"trade": 1.0, "shocks[0].tariff.to": "0%"}), engine.central)
    assert len(engine.rows) == len(engine.central.baseline) > 100


def test_points_do_not_depend_on_those_before(engine: Engine) -> None:
    points = [{"trade": 0.8}, {"shocks[0].tariff.to": 0.02}, {"sigma_va": 1.3}]
    forward = [engine.solve(p) for p in points]
    back = [engine.solve(p) for p in reversed(points)][::-1]
    assert all(map(same, forward, back))


def test_a_point_that_cannot_be_is_a_row_with_its_reason(engine: Engine) -> None:
    for changes, reason in (
        ({"trade[C92]": 1.1}, "'C92' is not an industry"),
        ({"assumptions.rent_share": 2.0}, "rent_share is a share between 0 and 1, not 2"),
        ({"closure.labour": "wages"}, "is not one of full_employment, wage_curve"),
        (
            {"aggregation": "default"},
            "vary aggregation: an outcome's rows are the model's regions and sectors",
        ),
        ({"shocks[0].between": ["USA", "EU99"]}, "'EU99' is neither a region nor a group"),
        ({"value:sigma_m": -1.0}, "vary value:sigma_m: value: must be above 0"),
    ):
        found = engine.solve(changes)
        assert found.status == "failed" and reason in found.reason
        assert not found.baseline.size and not found.counterfactual.size


def test_a_programme_that_only_some_points_have_is_refused_before_solving(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "tables", ("indicators", "adjustment"))
    programmes: list[dict[str, Any]] = [
        {"retraining": {"regions": "USA", "uptake": "30%"}},
        {"compensation": {"regions": "USA", "pays": "both", "financed_by": "lump_sum"}},
    ]
    monkeypatch.setattr(engine, "_solved", None)
    for changes in programmes:
        found = engine.solve(changes)
        assert found.status == "failed"
        assert "a retraining programme in USA has numbers of its own" in found.reason
        assert "put the programme into the scenario" in found.reason
    with pytest.raises(ScenarioError, match="vary retraining: a retraining programme has numbers of its own"):
        engine.check([*programmes[0]])


def test_a_file_that_is_changed_during_a_sweep_is_no_point_of_it(tmp_path: Path) -> None:
    from cge.app.sweeps.cases import Workbench

    table = tmp_path / "mine.csv"
    table.write_text(PRODUCTS, encoding="utf-8")
    file = tmp_path / "own.yaml"
    file.write_text("title: t\nproducts: mine.csv\nshocks: []\n", encoding="utf-8")
    bench = Workbench(file, aggregation="small")
    assert bench.case_at(bench.scenario_at({"trade": 1.1})).model.parameters is not None
    table.write_text(PRODUCTS.replace("0.10", "0.20"), encoding="utf-8")
    with pytest.raises(SweepError, match=r"mine\.csv was changed while the sweep ran: start it again"):
        bench.case_at(bench.scenario_at({"trade": 1.2}))


def test_without_an_equilibrium_there_are_no_numbers(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cge.search.ACCEPTED", 0.0)
    found = engine.solve({"shocks[0].tariff.to": 0.015})
    assert found.status == "failed" and not found.counterfactual.size
    assert found.worst and "Largest residuals" in found.reason


def test_what_the_program_runs_out_of_is_no_point_of_view(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*_: object) -> None:
        raise MemoryError

    def odd(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(engine.bench, "case_at", exhausted)
    with pytest.raises(MemoryError):
        engine.solve({"trade": 1.1})
    monkeypatch.setattr(engine.bench, "case_at", odd)
    monkeypatch.undo()
    monkeypatch.setattr("cge.app.sweeps.engine.missing_files", lambda _: ["maps.csv"])
    with pytest.raises(FileNotFoundError, match=r"the scenario's file is not there: maps.csv"):
        engine.solve({"closure.labour": "wages"})
    monkeypatch.setattr(engine.bench, "case_at", odd)
    with pytest.raises(KeyError):  # a fault of the program is no result: answer.py says what becomes of it
        engine.solve({"trade": 1.1})


def test_an_elasticity_next_to_one_is_moved_and_said(engine: Engine) -> None:
    found = engine.solve({"value:sigma_va[C29]": 1.0004})
    assert found.status == "solved"
    assert "moved away from 1, where there is no CES form: sigma_va C29: 1.0004 -> 1.001" in found.notes
    below = engine.solve({"value:sigma_va[C29]": 0.9999})
    assert any("0.9999 -> 0.999" in note for note in below.notes) and not same(found, below)
    assert not engine.solve({"trade": 1.1}).notes


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"assumptions.rent_share": 0.2},
        {"assumptions.spillover": 0.4, "barriers.band": "low"},
        {"shocks[1].depth": 0.5, "trade": 0.9},
        {"shocks[1].between": [["USA"], ["JPN", "VNM"]]},
        {"closure.labour": "wage_curve", "assumptions.wage_elasticity": 0.2},
        {"closure.capital": "sluggish", "assumptions.mobility": 0.5, "trade": 1.1},
        {"formulation.consumption": "les", "assumptions.frisch": -1.5},
        {"elasticities": "fontagne"},
        {"variant": "agreement"},
    ],
)
def test_barriers_closures_and_variants_are_as_in_their_own_run(
    changes: dict[str, Any], deep: Engine, engine: Engine, tmp_path: Path
) -> None:
    assert_own_run(engine if "variant" in changes else deep, changes, tmp_path)


@pytest.fixture(scope="module")
def deep() -> Engine:
    scenario = read_scenario("us-joins-cptpp", "deep")
    return Engine(scenario, aggregation="small", tables=("indicators", "output"))


@pytest.mark.slow
def test_an_engine_of_its_own_gives_the_same_bits(deep: Engine) -> None:
    points: list[dict[str, Any]] = [{"assumptions.rent_share": 0.3}, {"trade[MVH]": 1.4}]
    points.append({"closure.labour": "wage_curve"})
    scenario = read_scenario("us-joins-cptpp", "deep")
    alone = Engine(scenario, aggregation="small", tables=("indicators", "output"))
    found = [deep.solve(p) for p in points]
    again = [alone.solve(p) for p in reversed(points)][::-1]
    assert same(deep.central, alone.central) and all(map(same, found, again))


@pytest.mark.slow
def test_compensation_and_caps_are_settled_in_every_point(tmp_path: Path) -> None:
    text = """title: t
compensation: {regions: USA, pays: full, financed_by: consumption_tax}
shocks:
  - {quota: {volume: -20%}, importers: USA, exporters: CHN, sectors: C29}
  - {tariff: {add: 5 points}, importers: USA, exporters: JPN, sectors: goods}
"""
    file = tmp_path / "paid.yaml"
    file.write_text(text, encoding="utf-8")
    engine = Engine(file, aggregation="default", tables=("indicators", "output"))
    found = engine.solve({"shocks[0].quota.volume": -0.1})
    assert found.status == "solved", found.reason
