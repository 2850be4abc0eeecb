"""What can happen to a store: each fault costs only itself, nothing wrong is ever read, and it is said."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sweep_victims
from sweep_outcomes import ENGINE, outcome, rows, same
from sweep_stores import CHANGES, KEYS, filled, said

from cge.app.sweeps import point_files, store_files
from cge.app.sweeps.outcome import Outcome
from cge.app.sweeps.point_files import DamagedError, Point, decode, encode
from cge.app.sweeps.store import StoreError, SweepInfo, SweepStore, point_key
from cge.app.sweeps.store_files import point_path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SweepStore]:
    with filled(tmp_path / "sweeps") as opened:
        yield opened


def parts(store: SweepStore) -> list[Path]:
    return list(store_files.parts(store.path))


def test_any_bit_that_is_turned_in_a_file_is_noticed() -> None:
    whole = encode(Point(KEYS[0], ENGINE, "", outcome(notes=("an elasticity was moved",))))
    random = np.random.default_rng(1)
    for at in random.integers(0, len(whole), 150):
        turned = bytearray(whole)
        turned[at] ^= 1 << int(random.integers(8))
        with pytest.raises(DamagedError):
            decode(bytes(turned))
    for end in random.integers(0, len(whole), 30):
        with pytest.raises(DamagedError):
            decode(whole[:end])


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: b"",
        lambda content: content.replace(b"PAR1", b"RAP1"),
        lambda content: encode(Point(KEYS[2], ENGINE, "", outcome())),
        lambda content: point_files.encode_rows(ENGINE, rows()),
    ],
    ids=["cut", "empty", "other bytes", "another point", "another kind"],
)
def test_a_damaged_point_is_missing_set_aside_and_said(
    store: SweepStore, damage: Callable[[bytes], bytes]
) -> None:
    place = point_path(store.path, KEYS[1])
    wrong = damage(place.read_bytes())
    place.write_bytes(wrong)
    assert store.missing(KEYS) == (KEYS[1],)
    assert store.get(KEYS[1]) is None and not place.exists()
    (aside,) = (store.path / "damaged").iterdir()
    assert aside.read_bytes() == wrong
    assert said(store, "1 of the files in") and said(store, "did not verify") and said(store, place.name)
    store.put(KEYS[1], outcome(1.0))
    assert same(store.get(KEYS[1]), outcome(1.0))
    assert store.overview().damaged == 1 and store.overview().solved == 3


def test_a_good_file_that_came_in_place_of_a_damaged_one_is_not_set_aside(
    store: SweepStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = point_path(store.path, KEYS[1])
    good, first = place.read_bytes(), [b"damaged"]
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda p: first.pop() if p == place and first else read(p))
    assert store.get(KEYS[1]) is None  # what was read was damaged
    assert place.read_bytes() == good and same(store.get(KEYS[1]), outcome(1.0))


def test_a_file_that_cannot_be_read_now_is_missing_and_stays(
    store: SweepStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(_: Path) -> bytes:
        raise OSError(errno.ESTALE, "Stale file handle")

    with monkeypatch.context() as m:
        m.setattr(Path, "read_bytes", stale)
        assert store.missing(KEYS) == tuple(KEYS) and store.rows(ENGINE) is None
    assert said(store, "could not be read") and said(store, "Stale file handle")
    assert store.missing(KEYS) == ()


def test_damaged_rows_are_set_aside_and_can_be_given_again(store: SweepStore) -> None:
    place = next((store.path / "rows").iterdir())
    place.write_bytes(place.read_bytes()[:-9])
    assert store.rows(ENGINE) is None and said(store, place.name)
    store.keep_rows(ENGINE, rows())
    assert store.rows(ENGINE) is not None and store.missing(KEYS) == ()


FULL = OSError(errno.ENOSPC, "No space left on device")


def refuse(*_: Any, **__: Any) -> None:
    raise FULL


@contextmanager
def full_disk(monkeypatch: pytest.MonkeyPatch, step: str) -> Iterator[None]:
    """The disk is full at one step of writing a file."""
    with monkeypatch.context() as m:
        if step == "folder":
            m.setattr(Path, "mkdir", refuse)
        elif step == "open":
            m.setattr(Path, "open", refuse)
        elif step == "write":
            whole = Path.open

            def half(path: Path, mode: str = "r", *args: Any) -> Any:
                file = whole(path, mode, *args)
                if mode != "xb":
                    return file
                file.write(b"PAR1")
                file.close()
                raise FULL

            m.setattr(Path, "open", half)
        elif step == "fsync":
            m.setattr(os, "fsync", refuse)
        else:
            m.setattr(Path, "replace", refuse)
        yield


@pytest.mark.parametrize("step", ["folder", "open", "write", "fsync", "rename"])
def test_a_full_disk_costs_the_point_that_was_written_and_says_what_to_do(
    store: SweepStore, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    key, failed = point_key(ENGINE, {"trade": 3.0}), Outcome.failed("no solution")
    store.put(key, failed, engine=ENGINE)
    with full_disk(monkeypatch, step):
        with pytest.raises(StoreError, match=r"no room in .*No space left.*CGE_SWEEP_STORE.*what is missing"):
            store.put(key, outcome(), engine=ENGINE)
        store.begin(SweepInfo(ENGINE, title="another"), CHANGES)
        assert said(store, "the sweep could not be recorded")
    assert parts(store) == [] and same(store.get(key), failed) and store.missing(KEYS) == ()
    store.put(key, outcome(), engine=ENGINE)
    assert same(store.get(key), outcome())


def test_rows_that_cannot_be_written_are_said_and_points_are_kept(
    store: SweepStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = "f" * 64
    key = point_key(other, {})
    with full_disk(monkeypatch, "fsync"), pytest.raises(StoreError, match="rows of the sweep were not kept"):
        store.keep_rows(other, rows())
    store.put(key, outcome(), engine=other)
    with SweepStore(store.path) as later:
        assert later.rows(other) is None
        later.keep_rows(other, rows())
        assert same(later.get(key), outcome())


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nobody may write there, not even the administrator, who becomes somebody else meanwhile."""
    places = [folder, *folder.rglob("*")]
    for place in places:
        place.chmod(0o555 if place.is_dir() else 0o444)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        for place in places:
            place.chmod(0o755 if place.is_dir() else 0o644)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users can reach."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_store_that_can_only_be_read_is_read_and_says_so_when_written(open_folder: Path) -> None:
    filled(open_folder / "sweeps").close()
    with read_only(open_folder), SweepStore(open_folder / "sweeps") as store:
        assert store.missing(KEYS) == () and same(store.get(KEYS[2]), outcome(2.0))
        found = store.rows(ENGINE)
        assert found is not None and len(found) == 6
        assert store.overview().solved == 3 and len(store.overview().sweeps) == 1
        new = point_key(ENGINE, {"trade": 3.0})
        with pytest.raises(StoreError, match=r"cannot be written to .*--store"):
            store.put(new, outcome(), engine=ENGINE)
        store.begin(SweepInfo(ENGINE, title="another"), CHANGES)
        assert said(store, "the sweep could not be recorded")
        with pytest.raises(StoreError, match="cannot be written to"):
            store.forget(timedelta(0))
        with pytest.raises(StoreError, match="cannot be written to"):
            SweepStore(open_folder / "new")
    with SweepStore(open_folder / "sweeps") as store:
        assert store.overview().solved == 3 and store.notes == ()


def test_a_damaged_file_that_cannot_be_moved_is_missing_all_the_same(open_folder: Path) -> None:
    filled(open_folder / "sweeps").close()
    place = point_path(open_folder / "sweeps", KEYS[1])
    place.write_bytes(b"damaged")
    with read_only(open_folder), SweepStore(open_folder / "sweeps") as store:
        assert store.missing(KEYS) == (KEYS[1],) and store.get(KEYS[1]) is None
        assert said(store, "could not be set aside")
    assert place.read_bytes() == b"damaged"


def test_a_store_of_a_newer_version_is_refused_with_words_and_not_touched(store: SweepStore) -> None:
    store.close()
    mark = store.path / "format.json"
    mark.write_text(json.dumps({"format": "cge-sweep-store", "version": 2}), encoding="utf-8")
    before = {path: path.read_bytes() for path in store.path.rglob("*") if path.is_file()}
    with pytest.raises(StoreError, match=r"newer version of this program \(format 2.*update the program"):
        SweepStore(store.path)
    assert {path: path.read_bytes() for path in store.path.rglob("*") if path.is_file()} == before


def test_a_point_of_a_newer_version_is_neither_used_nor_taken_for_damaged(
    store: SweepStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = point_path(store.path, KEYS[1])
    with monkeypatch.context() as m:
        m.setattr(point_files, "VERSION", 2)
        place.write_bytes(encode(Point(KEYS[1], ENGINE, "", outcome())))
    for ask in (
        lambda: store.get(KEYS[1]),
        lambda: store.missing(KEYS),
        lambda: store.put(KEYS[1], outcome()),
    ):
        with pytest.raises(StoreError, match="newer version"):
            ask()
    assert place.exists()


def test_a_folder_of_other_things_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear all", encoding="utf-8")
    with pytest.raises(StoreError, match="no store of sweeps, and not empty"):
        SweepStore(tmp_path)
    with pytest.raises(StoreError, match="cannot be used"):
        SweepStore(tmp_path / "letter.txt" / "sweeps")
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


def test_a_store_that_lost_its_mark_is_still_one(store: SweepStore) -> None:
    store.close()
    (store.path / "format.json").write_text("{", encoding="utf-8")
    with SweepStore(store.path) as later:
        assert later.missing(KEYS) == () and said(later, "format.json was written again")
    (store.path / "format.json").unlink()
    with SweepStore(store.path) as last:
        assert last.missing(KEYS) == ()


@pytest.fixture(scope="module")
def victims(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stores that processes wrote which were killed at each stage, came at once, or had no room."""
    if not hasattr(os, "fork"):
        pytest.skip("this system has no fork and no SIGKILL")
    folder = tmp_path_factory.mktemp("victims")
    script = Path(sweep_victims.__file__)
    paths = os.pathsep.join([str(Path(point_files.__file__).parents[3]), str(script.parent)])
    done = subprocess.run(
        [sys.executable, str(script), str(folder)],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": paths}, timeout=120,
    )  # fmt: skip
    assert done.stderr == "" and done.returncode == 0
    assert [line.split() for line in done.stdout.split("\n")] == [["-9"] * 4, ["0", "0"], ["0"]]
    return folder


def test_a_process_killed_in_the_middle_of_a_write_costs_its_point_alone(victims: Path) -> None:
    folder = victims / "killed"
    keys = sweep_victims.keys(range(4))
    with SweepStore(folder) as store:
        assert store.missing(keys) == tuple(keys[:3])  # the last one was in its place, only not indexed
        assert same(store.get(keys[3]), sweep_victims.solved(3))
        assert store.overview().solved == 1 and store.notes == () and len(store.sweeps()) == 1
        left = parts(store)
        assert len(left) == 3
        store.forget(timedelta(days=1))
        assert parts(store) == left  # somebody may be writing them
        hours_ago = time.time() - 7200
        for path in left:
            os.utime(path, (hours_ago, hours_ago))
        store.forget(timedelta(days=1))
        assert parts(store) == [] and store.missing(keys) == tuple(keys[:3])


def test_two_processes_write_the_same_and_other_points_at_once(victims: Path) -> None:
    folder = victims / "together"
    shared, own = sweep_victims.SHARED, sweep_victims.OWN
    with SweepStore(folder) as store:
        states = {s.line.title: s.missing for s in store.overview().sweeps}
        assert states == {"sweep 0": 0, "sweep 1": 0} and store.notes == ()
        assert store.overview().solved == shared + 2 * own and parts(store) == []
        for numbers in (range(shared), range(100, 100 + own), range(200, 200 + own)):
            for n, key in zip(numbers, sweep_victims.keys(numbers), strict=True):
                assert same(store.get(key), sweep_victims.solved(n))


def test_a_write_that_the_system_cuts_short_leaves_nothing(victims: Path) -> None:
    with SweepStore(victims / "starved") as store:
        assert store.missing(sweep_victims.keys(range(7, 8))) and parts(store) == []
