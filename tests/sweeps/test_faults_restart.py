"""A sweep that was cut off goes on where it was: exactly what is missing is solved, and the tables are the
same to the last bit.
"""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import fake_engine
import pytest
import sweep_starts
from fake_engine import calls
from sweep_starts import DEADLY, POINTS, content, plan

from cge.app.sweeps import store_files
from cge.app.sweeps.answer import Task, solved
from cge.app.sweeps.engine import Engine
from cge.app.sweeps.outcome import Outcome
from cge.app.sweeps.plan import SweepError
from cge.app.sweeps.running import run
from cge.app.sweeps.store import StoreError, SweepStore
from cge.app.sweeps.store_files import point_path

ALL = sorted(str(n / 7) for n in range(1, POINTS + 1))


def starts(folder: Path, *names: str) -> list[str]:
    """Starts of the sweep in processes of their own; how each ended."""
    script = Path(sweep_starts.__file__)
    paths = os.pathsep.join([str(Path(store_files.__file__).parents[3]), str(script.parent)])
    done = subprocess.run(
        [sys.executable, str(script), str(folder), *names],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": paths}, timeout=120,
    )  # fmt: skip
    assert done.stderr == "" and done.returncode == 0
    return done.stdout.split("\n")[:-1]


def results(folder: Path, number: int) -> list[dict[str, Any]]:
    return [json.loads(p.read_text(encoding="utf-8")) for p in folder.glob(f"result-{number}-*.json")]


@pytest.fixture
def harmless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which no point kills; calls are noted in ``calls``."""
    (tmp_path / "killed").touch()
    (tmp_path / "calls").mkdir()
    monkeypatch.setenv("CGE_FAKE_CALLS", str(tmp_path / "calls"))
    return tmp_path


def started(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """One start in this process: what it gave, and which points it solved."""
    for old in (folder / "calls").iterdir():
        old.unlink()
    found = content(run(plan(folder), workers=1, store=folder / "store"))
    return found, calls(folder / "calls", "solve")


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep that is killed once, started again twice, done whole in another store, and twice at once in a
    third.
    """
    if not hasattr(os, "fork"):
        pytest.skip("this system has no fork and no SIGKILL")
    folder = tmp_path_factory.mktemp("starts")
    ends = starts(folder, "store", "store", "store", "another", "third+third", "third")
    assert ends == ["-9", "0", "0", "0", "0 0", "0"]
    return folder


def test_a_sweep_that_was_killed_solves_what_is_missing_and_gives_the_same_tables(cut_off: Path) -> None:
    done = [calls(cut_off / f"calls-{k}", "solve") for k in range(4)]
    assert done[0] == sorted(str(n / 7) for n in range(1, DEADLY + 1))  # killed at the last of these
    assert done[1] == sorted(str(n / 7) for n in range(DEADLY, POINTS + 1))
    assert done[2] == [] and calls(cut_off / "calls-2", "build") == []
    assert done[3] == ALL  # never cut off
    (second,), (third,), (whole,) = (results(cut_off, k) for k in (1, 2, 3))
    assert second["tables"] == third["tables"] == whole["tables"]
    assert [found["notes"] for found in (second, third, whole)] == [[], [], []]
    assert whole["tables"][1]["status"].count("failed") == 1


def test_one_sweep_started_twice_at_once_gives_one_result(cut_off: Path) -> None:
    one, other = results(cut_off, 4)
    (after,), (whole,) = results(cut_off, 5), results(cut_off, 3)
    assert one["tables"] == other["tables"] == after["tables"] == whole["tables"]
    assert one["notes"] == other["notes"] == after["notes"] == []
    assert calls(cut_off / "calls-5", "solve") == []
    with SweepStore(cut_off / "third") as store:
        (state,) = store.overview().sweeps
        assert (state.solved, state.failed, state.missing) == (POINTS, 1, 0)


def test_a_disk_that_is_full_for_a_while_costs_no_number_of_this_sweep(
    harmless: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, written = store_files.write, list[Path]()

    def sometimes(path: Path, content: bytes) -> None:
        if path.parent.parent.name == "points":
            written.append(path)
            if len(written) > 6:
                raise OSError(errno.ENOSPC, "No space left on device")
        write(path, content)

    with monkeypatch.context() as m:
        m.setattr(store_files, "write", sometimes)
        first, solved = started(harmless)
    assert solved == ALL and any("no room" in note for note in first["notes"])
    assert any("7 points are in this result and not in the store" in note for note in first["notes"])
    again, solved = started(harmless)
    assert solved == sorted(str(n / 7) for n in range(6, POINTS + 1))  # the central point was the first
    assert again["tables"] == first["tables"] and again["notes"] == []


def test_damaged_points_are_solved_again_and_a_lost_index_costs_nothing(harmless: Path) -> None:
    first, _ = started(harmless)
    keys = [keyed(harmless, n) for n in (2, 9)]
    for key in keys:
        place = point_path(harmless / "store", key)
        place.write_bytes(place.read_bytes()[:-100])
    for place in (harmless / "store").glob("index*"):
        place.unlink()
    again, solved = started(harmless)
    assert solved == sorted(str(n / 7) for n in (2, 9)) and again["tables"] == first["tables"]
    assert any("2 of the files" in note and "did not verify" in note for note in again["notes"])
    assert any("was made again from the files (11 points)" in note for note in again["notes"])
    assert started(harmless)[1] == []


def test_rows_that_were_lost_need_the_engine_and_no_point(harmless: Path) -> None:
    first, _ = started(harmless)
    for place in (harmless / "store" / "rows").iterdir():
        place.write_bytes(b"damaged")
    again, solved = started(harmless)
    assert calls(harmless / "calls", "build") == ["t"] and again["tables"] == first["tables"]
    assert solved == [] and any("did not verify" in note for note in again["notes"])
    assert started(harmless)[0]["notes"] == [] and calls(harmless / "calls", "build") == []


def test_rows_that_a_full_disk_kept_out_are_written_in_the_end(
    harmless: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, refused = store_files.write, list[Path]()

    def not_at_once(path: Path, content: bytes) -> None:
        if path.parent.name == "rows" and not refused:
            refused.append(path)
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, content)

    with monkeypatch.context() as m:
        m.setattr(store_files, "write", not_at_once)
        first, _ = started(harmless)
    assert refused and any("rows of the sweep were not kept" in note for note in first["notes"])
    again, solved = started(harmless)
    assert solved == [] and calls(harmless / "calls", "build") == [] and again["tables"] == first["tables"]


def test_points_that_turn_out_to_be_of_other_rows_are_never_shown(
    harmless: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(harmless)
    for place in (harmless / "store" / "rows").iterdir():
        place.unlink()
    with monkeypatch.context() as m:
        m.setattr(fake_engine, "LABEL", "another_number")
        with pytest.raises(SweepError, match=r"12 points .* start the sweep again"):
            started(harmless)
        _, solved = started(harmless)
    assert solved == [x for x in ALL if x != str(3 / 7)]  # a failed point has no numbers to be wrong
    assert len(list((harmless / "store" / "damaged").iterdir())) == POINTS  # 11 of them, and the central one


def test_a_point_that_another_sweep_put_first_is_the_one_that_is_shown(
    harmless: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = SweepStore.put

    def late(store: SweepStore, key: str, outcome: Outcome, **more: str) -> Outcome:
        if outcome.status == "solved":
            put(store, key, replace(outcome, counterfactual=outcome.counterfactual + 1), **more)
        return put(store, key, outcome, **more)

    with monkeypatch.context() as m:
        m.setattr(SweepStore, "put", late)
        first, _ = started(harmless)
    assert any("12 of the points" in n and "solved twice with other numbers" in n for n in first["notes"])
    assert started(harmless)[0]["tables"] == first["tables"]


def test_a_store_of_a_newer_version_stops_the_sweep_before_anything_is_solved(harmless: Path) -> None:
    started(harmless)
    (harmless / "store" / "format.json").write_text('{"format": "cge-sweep-store", "version": 9}')
    with pytest.raises(StoreError, match="newer version"):
        started(harmless)
    assert calls(harmless / "calls", "build") == []


def keyed(folder: Path, number: int) -> str:
    """The key of a point of the sweep."""
    from cge.app.sweeps.keeping import Stored

    with SweepStore(folder / "store") as store:
        stored = Stored(store, plan(folder), "", retry_failed=False)
        return stored.key(plan(folder).changes(number))


def test_too_little_memory_for_the_compiled_model_is_no_result_of_a_point(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def solve(_: Engine, changes: object, clock: object) -> Outcome:
        raise RuntimeError(f"RESOURCE_EXHAUSTED: Out of memory allocating 8 bytes, {changes}, {clock}")

    monkeypatch.setattr(Engine, "_point", solve)
    answer = solved(object.__new__(Engine), Task(1, {"trade": 2.0}), "here")
    assert answer.outcome.status == "failed" and not answer.keep
