"""A result on disk is whole or refused: kills, edits, overwriting."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from results import store
from results.errors import ResultsError
from results.tidy import COLUMNS


class Killed(BaseException):
    """Stands for a kill: nothing of the program runs after it."""


@pytest.fixture
def written(comparison, tmp_path) -> Path:
    return store.write(comparison, tmp_path / "run")


def test_what_is_written_is_read_back(comparison, written):
    found = store.read(written)
    assert set(found.tables) == set(comparison.tables)
    for name, table in comparison.tables.items():
        pd.testing.assert_frame_equal(found.tables[name], table, check_exact=True)
        assert list(pd.read_csv(written / f"{name}.csv").columns) == list(table.columns)
        assert list(table.columns)[: len(COLUMNS)] == COLUMNS
    assert found.scenario == "title: A tariff\n"
    assert found.manifest["certificate"]["counterfactual"]["max_residual"] == 3e-13
    assert found.manifest["certificate"]["base"]["converged"] is True
    assert found.manifest["scenario"]["name"] == "a-tariff"
    assert not list(written.parent.glob(".run*")), "nothing is left beside the result"


def test_csv_holds_the_same_numbers(comparison, written):
    read = pd.read_csv(written / "indicators.csv", keep_default_na=False, na_values=[""])
    pd.testing.assert_series_equal(read.change, comparison.tables["indicators"].change, rtol=1e-15)


def test_a_result_is_replaced_by_the_next(comparison, wide_comparison, written):
    store.write(wide_comparison, written)
    assert set(store.read(written).tables["indicators"].region) >= {"EU27", "MEX"}
    assert not list(written.parent.glob(".run*"))


def test_an_empty_directory_is_used(comparison, tmp_path):
    (tmp_path / "run").mkdir()
    store.read(store.write(comparison, tmp_path / "run"))


def test_missing_parents_are_made(comparison, tmp_path):
    store.read(store.write(comparison, tmp_path / "a" / "b" / "run"))


@pytest.mark.parametrize("foreign", ["thesis.txt", "manifest.json", "indicators.csv"])
def test_a_foreign_directory_is_refused_and_untouched(comparison, tmp_path, foreign):
    target = tmp_path / "run"
    target.mkdir()
    (target / foreign).write_text("mine")
    with pytest.raises(ResultsError, match="not \\(only\\) a result"):
        store.write(comparison, target)
    assert [p.name for p in target.iterdir()] == [foreign]
    assert (target / foreign).read_text() == "mine"


def test_a_result_with_something_else_in_it_is_foreign(comparison, written):
    (written / "my notes.txt").write_text("mine")
    with pytest.raises(ResultsError, match="not \\(only\\) a result"):
        store.write(comparison, written)
    store.read(written)  # but it can be read


def test_a_file_in_the_way_is_refused(comparison, tmp_path):
    (tmp_path / "run").write_text("mine")
    with pytest.raises(ResultsError, match="exists"):
        store.write(comparison, tmp_path / "run")
    assert (tmp_path / "run").read_text() == "mine"


def test_force_moves_a_foreign_directory_aside(comparison, tmp_path):
    target = tmp_path / "run"
    target.mkdir()
    (target / "thesis.txt").write_text("mine")
    store.read(store.write(comparison, target, force=True))
    (kept,) = tmp_path.glob("run.before-*")
    assert (kept / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("existing", [False, True])
def test_a_kill_at_any_step_leaves_a_whole_result_or_none(
    comparison, wide_comparison, tmp_path, monkeypatch, existing
):
    """Die at the n-th flush or rename, for every n; what stands under the name is old, new or refused."""
    target = tmp_path / "run"
    died, done = 0, False
    for step in range(1, 60):
        if existing and not target.exists():
            store.write(comparison, target)
        count = {"left": step}

        def tick(count=count):
            count["left"] -= 1
            if count["left"] == 0:
                raise Killed

        with monkeypatch.context() as m:
            flush, rename = store._flush, Path.rename
            m.setattr(store, "_flush", lambda p, tick=tick, flush=flush: (tick(), flush(p)))
            m.setattr(Path, "rename", lambda a, b, tick=tick, rename=rename: (tick(), rename(a, b))[1])
            m.setattr(store.shutil, "rmtree", lambda *a, **k: None)  # a killed program cleans nothing up
            try:
                store.write(wide_comparison, target)
            except Killed:
                died += 1
        done = count["left"] > 0
        try:
            regions = set(store.read(target).tables["indicators"].region)
        except ResultsError:
            assert not target.exists(), "what stands under the final name must be readable"
        else:
            assert regions in (
                {"USA", "CHN", "VNM", "WORLD"},
                set(wide_comparison.tables["jobs"].region) | {"WORLD"},
            )
        if done:
            break
    assert done
    assert died > 12, "the test must have died at every file"
    for part in tmp_path.glob(".run.part-*"):
        if not (part / "manifest.json").exists():
            with pytest.raises(ResultsError, match=r"no manifest\.json"):
                store.read(part)


def test_a_real_kill_leaves_nothing_that_reads(tmp_path):
    """SIGKILL in the middle of the writing, in a process of its own."""
    here = Path(__file__).parent
    script = (
        f"import sys, os, signal; sys.path[:0] = {[str(here), str(here.parent / 'support')]!r}\n"
        "import conftest as c\n"
        "from results import store\n"
        "from results.compare import compare\n"
        "w = c.balanced_world(); b = c.solution(w)\n"
        "flush = store._flush\n"
        "def kill(p):\n"
        "    flush(p)\n"
        "    if p.name == 'scenario.yaml': os.kill(os.getpid(), signal.SIGKILL)\n"
        "store._flush = kill\n"
        f"store.write(compare(b, b, scenario_info=c.scenario()), {str(tmp_path / 'run')!r})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, env={**os.environ}, timeout=120
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert not (tmp_path / "run").exists()
    (part,) = tmp_path.glob(".run.part-*")
    for path in (tmp_path / "run", part):
        with pytest.raises(ResultsError, match=r"no manifest\.json"):
            store.read(path)


def test_an_error_cleans_up(comparison, tmp_path, monkeypatch):
    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(store, "_flush", full)
    with pytest.raises(OSError, match="no space"):
        store.write(comparison, tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_the_old_result_comes_back_when_the_rename_fails(comparison, wide_comparison, written, monkeypatch):
    rename = Path.rename

    def failing(self, target):
        if ".part-" in self.name:
            raise OSError("device gone")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="device gone"):
        store.write(wide_comparison, written)
    assert set(store.read(written).tables["indicators"].region) == {"USA", "CHN", "VNM", "WORLD"}


def test_every_file_is_watched(written):
    manifest = json.loads((written / "manifest.json").read_text())
    assert {p.name for p in written.iterdir()} == {*manifest["files"], "manifest.json"}
    for name in manifest["files"]:
        path = written / name
        good = path.read_bytes()
        middle = len(good) // 2
        for bad in (good[:middle], good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :]):
            path.write_bytes(bad)
            with pytest.raises(ResultsError, match=f"{name} is not the file"):
                store.read(written)
        path.unlink()
        with pytest.raises(ResultsError, match=f"{name} is missing"):
            store.read(written)
        path.write_bytes(good)
    store.read(written)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda t: t[: len(t) // 2], "cannot be read"),
        (lambda t: t.replace("3e-13", "3e-14", 1), "was changed"),
        (lambda t: t.replace('"version": 2', '"version": 1'), "format version 1.*run it again"),
        (lambda t: t.replace("cge-results", "other"), "not the manifest"),
        (lambda t: "[]", "not the manifest"),
    ],
)
def test_a_manifest_that_is_not_ours_as_written(written, edit, message):
    path = written / "manifest.json"
    path.write_text(edit(path.read_text()))
    with pytest.raises(ResultsError, match=message):
        store.read(written)


def test_numbers_that_are_not_finite_are_named_in_the_manifest():
    plain = store.plain({"a": float("nan"), "b": (1, float("inf")), "c": {"d": None}})
    assert plain == {"a": "nan", "b": [1, "inf"], "c": {"d": None}}
    json.dumps(plain, allow_nan=False)
