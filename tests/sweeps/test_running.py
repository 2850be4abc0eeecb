"""A sweep from the first point to the table: what is solved, what is found again, what goes wrong alone."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import fake_engine
import numpy as np
import pytest
from sweep_plans import Memory, plan_of

from cge.app.sweeps import workers
from cge.app.sweeps.parcel import pack, unpack
from cge.app.sweeps.plan import SweepError
from cge.app.sweeps.running import InterruptedSweep, run
from scenarios.reader import aggregation_files, scenario_hash
from scenarios.varying import varied

OWN = """title: t
aggregation: {regions: ../maps/regions.csv, sectors: maps/sectors.csv}
baseline: {name: base.yaml}
packages: [{package: deal.yaml, cut: 20%}]
sweep: {rows: points.csv}
shocks:
  - {tariff: {cut: 50%}, between: [USA, CHN], sectors: manufacturing}
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "calls"
    folder.mkdir()
    monkeypatch.setenv("CGE_FAKE_CALLS", str(folder))
    return folder


def test_one_worker_solves_here_without_dask_and_every_point_has_its_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "dask", None)
    monkeypatch.setitem(sys.modules, "distributed", None)
    acts = {2: "raise", 3: "garbage", 4: "short", 5: "fail", 6: "infinite", 7: "memory"}
    result = run(plan_of(8, acts), workers=1, store="off")
    status = result.status.set_index("number")
    assert status["status"].tolist() == ["solved", "solved"] + ["failed"] * 6 + ["solved"]
    assert status.loc[5, "source"] == "solved", "a failure of the model is a result"
    assert set(status.loc[[2, 3, 4, 6, 7], "source"]) == {"not kept"}
    assert "poisoned" in str(status.loc[2, "reason"]) and "memory" in str(status.loc[7, "reason"])
    assert result.outcomes[5].worst == (("market", "USA", 0.5),)
    assert result.share_failed == pytest.approx(6 / 8)
    expected = np.arange(1.0, 6) * np.sin(8.0) / 3
    np.testing.assert_array_equal(result.counterfactual[7], expected)
    assert np.isnan(result.counterfactual[1:7]).all() and result.counterfactual.shape == (8, 5)


def test_a_second_start_solves_exactly_what_is_missing(calls: Path) -> None:
    store, plan = Memory(), plan_of(6, {3: "fail", 4: "raise"})
    first = run(plan, workers=1, store=store)
    assert fake_engine.calls(calls, "solve") == [f"{n}.0" for n in range(1, 7)]
    again = run(plan, workers=1, store=store)
    assert fake_engine.calls(calls, "solve").count("4.0") == 2, "an accident is tried again"
    assert len(fake_engine.calls(calls, "solve")) == 7
    np.testing.assert_array_equal(first.counterfactual, again.counterfactual)
    assert again.status.set_index("number")["source"].tolist() == [
        "solved", "store", "store", "store", "not kept", "store", "store",
    ]  # fmt: skip


def test_a_sweep_that_is_in_the_store_builds_no_model(calls: Path) -> None:
    store = Memory()
    first = run(plan_of(3), workers=1, store=store)
    again = run(plan_of(3), workers=1, store=store)
    assert fake_engine.calls(calls, "build") == ["t"] and len(fake_engine.calls(calls, "solve")) == 3
    assert set(again.status["source"]) == {"store"}
    np.testing.assert_array_equal(first.counterfactual, again.counterfactual)
    assert first.rows.equals(again.rows)


def test_points_with_the_same_values_are_solved_once(calls: Path) -> None:
    plan = plan_of(4)
    twice = plan.design.points[:2] * 2
    object.__setattr__(plan.design, "points", twice)
    result = run(plan, workers=1, store="off")
    assert len(fake_engine.calls(calls, "solve")) == 2
    np.testing.assert_array_equal(result.counterfactual[:2], result.counterfactual[2:])


def test_a_full_disk_costs_no_result_and_is_said() -> None:
    store = Memory(full=lambda tried: tried >= 3)
    result = run(plan_of(5), workers=1, store=store)
    assert result.solved.all() and len(store.there) == 2
    assert any("No space left" in n for n in result.notes)
    assert any("4 points" in n and "next start" in n for n in result.notes)


def test_a_disk_that_was_full_for_a_while_has_all_points_in_the_end() -> None:
    store = Memory(full=lambda tried: 2 <= tried <= 4)
    run(plan_of(5), workers=1, store=store)
    assert len(store.there) == 6


def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(calls: Path) -> None:
    store = Memory()
    with pytest.raises(
        InterruptedSweep, match=r"2 of 5 points are done and kept; the same command.* other 3"
    ):
        run(plan_of(5, {3: "interrupt"}), workers=1, store=store)
    assert len(store.there) == 3


def test_a_worker_of_another_version_refuses_and_names_both() -> None:
    parcel = pack(plan_of(1))
    workers.require_same(parcel, "tcp://elsewhere")
    object.__setattr__(parcel, "hashes", {**parcel.hashes, "code and data": "f" * 64})
    with pytest.raises(
        SweepError, match=r"tcp://elsewhere has other code and data: \w{12}\.\.\. there, ffffffffffff"
    ):
        workers.require_same(parcel, "tcp://elsewhere")


FILES = {
    "../maps/regions.csv": "country,region",
    "maps/sectors.csv": "sector,group",
    "base.yaml": "title: As it is\ndate: 2022-12-31\n",
    "deal.yaml": "title: A deal\nparameters: {cut: {description: how much}}\nshocks:\n"
    "  - {tariff: {cut: $cut}, between: [USA, JPN], sectors: goods}\n",
    "points.csv": "trade\n0.9\n1.1\n",
}


def test_a_scenario_travels_with_the_files_beside_it_and_points_can_read_them_again(tmp_path: Path) -> None:
    sent, arrived = tmp_path / "sent" / "deep", tmp_path / "arrived"
    for name, text in FILES.items():
        (sent / name).parent.mkdir(parents=True, exist_ok=True)
        (sent / name).write_text(text)
    plan = plan_of(1, folder=sent, text=OWN)
    parcel, change = pack(plan), {"packages[0].cut": "30%"}
    expected = scenario_hash(varied(plan.scenario, change))
    shutil.rmtree(tmp_path / "sent")
    found = unpack(parcel, arrived)
    assert scenario_hash(found) == parcel.scenario_hash and found.origin.text == OWN
    assert scenario_hash(varied(found, change)) == expected != parcel.scenario_hash
    maps = aggregation_files(found)
    assert maps and [path.read_text() for path in maps] == ["country,region", "sector,group"]
    assert all(path.resolve().is_relative_to(arrived.resolve()) for path in maps)


def test_a_file_with_an_absolute_path_must_be_the_same_on_the_worker(tmp_path: Path) -> None:
    maps = [tmp_path / name for name in ("regions.csv", "sectors.csv")]
    for path in maps:
        path.write_text("country,region")
    text = f"aggregation: {{regions: {maps[0]}, sectors: {maps[1]}}}\ntitle: t\nshocks: []\n"
    parcel = pack(plan_of(1, folder=tmp_path, text=text))
    assert unpack(parcel, tmp_path / "home").title == "t"
    maps[0].write_text("country,region\nUSA,USA")
    with pytest.raises(SweepError, match=r"another file at .*regions\.csv.*relative"):
        unpack(parcel, tmp_path / "home")


def test_a_worker_that_is_killed_costs_nothing_but_its_point(tmp_path: Path, calls: Path) -> None:
    here = run(plan_of(6), workers=1, store="off")
    acts = {3: f"once:{tmp_path / 'killed'}"}
    there = run(plan_of(6, acts), workers=1, store="off", time_limit=60)  # a process of its own
    assert there.solved.all()
    np.testing.assert_array_equal(here.counterfactual, there.counterfactual)
    assert any("point 3: its worker was lost" in note for note in there.notes)
    builds = fake_engine.calls(calls, "build")
    assert len(builds) == 3, "one engine here, one on the worker, one on the worker that came after"
