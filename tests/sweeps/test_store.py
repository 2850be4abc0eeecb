"""The store of a sweep's points: what is put comes back bit by bit, and is found by what decides it."""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweep_outcomes import ENGINE, outcome, rows, same

from cge.app.sweeps import point_files
from cge.app.sweeps.outcome import Outcome
from cge.app.sweeps.point_files import Point, decode, encode
from cge.app.sweeps.store import StoreError, SweepInfo, SweepStore, folder, point_key
from cge.app.sweeps.store_files import point_path

CHANGES: list[dict[str, Any]] = [{}, {"trade": 0.5}, {"trade": 1.5}]
KEYS = [point_key(ENGINE, one) for one in CHANGES]
INFO = SweepInfo(ENGINE, "cge sweep t --vary trade=...", "Tariffs down", "list, 2 points")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SweepStore]:
    with SweepStore(tmp_path / "sweeps") as opened:
        opened.begin(INFO, CHANGES)
        opened.keep_rows(ENGINE, rows())
        yield opened


def again(store: SweepStore) -> SweepStore:
    store.close()
    return SweepStore(store.path)


any_float = st.integers(0, 2**64 - 1).map(lambda bits: struct.unpack("<d", struct.pack("<Q", bits))[0])
some_text = st.text(max_size=20)


@given(
    st.lists(st.tuples(any_float, any_float), max_size=20),
    st.lists(st.tuples(some_text, some_text, st.floats()), max_size=3),
    st.dictionaries(some_text, st.integers(0, 2**60), max_size=3),
    st.dictionaries(some_text, st.floats(allow_nan=False), max_size=3),
    st.lists(some_text, max_size=3),
    st.booleans(),
)
@settings(max_examples=30, deadline=None)
def test_every_outcome_comes_back_as_it_was(
    numbers: list[tuple[float, float]], worst: Any, counts: Any, seconds: Any, notes: list[str], solved: bool
) -> None:
    pairs = np.array(numbers if solved else [], dtype=float).reshape(-1, 2)
    base, new = pairs.T.copy()
    status = "solved" if solved else "failed"
    one = Outcome(status, base, new, "".join(notes), tuple(worst), counts, seconds, tuple(notes))
    point = Point(KEYS[0], ENGINE, "", one, "2026-01-01T00:00:00+00:00", "host")
    back = decode(encode(point))
    assert same(back.outcome, one)
    assert (back.key, back.engine, back.solved_at, back.host) == (KEYS[0], ENGINE, point.solved_at, "host")


def test_bits_of_nan_zero_and_infinity_survive_the_disk(store: SweepStore) -> None:
    patterns = [0x7FF8DEADBEEF0001, 0xFFF0000000000001, 0x8000000000000000, 0x7FF0000000000000, 1, 0]
    odd = np.array(patterns, dtype=np.uint64).view(float)
    assert same(store.put(KEYS[1], Outcome("solved", odd, odd[::-1].copy())), store.get(KEYS[1]))
    with again(store) as later:
        found = later.get(KEYS[1])
        assert found is not None and found.baseline.view(np.uint64).tolist() == patterns


def test_a_failed_point_comes_back_with_its_reason_and_worst_equations(store: SweepStore) -> None:
    worst = (("market clearing", "USA C29", -0.25), ("zero profit", "CHN C26", float("nan")))
    failed = Outcome("failed", np.empty(0), np.empty(0), "no solution\nafter 8 steps", worst, {"steps": 8})
    store.put(KEYS[1], failed)
    assert same(store.get(KEYS[1]), failed)
    assert store.missing(KEYS) == (KEYS[0], KEYS[2])
    assert store.missing(KEYS, retry_failed=True) == tuple(KEYS)
    store.put(KEYS[1], outcome())
    assert same(store.get(KEYS[1]), outcome()) and store.missing(KEYS[1:2], retry_failed=True) == ()
    store.put(KEYS[1], failed)  # a point that was solved stays so
    assert same(store.get(KEYS[1]), outcome())
    assert store.overview().failed == 0


def test_two_sweeps_share_their_points_and_each_is_solved_once(store: SweepStore) -> None:
    for key in KEYS:
        store.put(key, outcome())
    other = [{}, {"trade": 2.0}, {"trade": 1.5}, {"trade": 2}]
    with again(store) as later:
        later.begin(SweepInfo(ENGINE, "cge sweep t --design grid", "Tariffs down", "grid, 3 points"), other)
        keys = [point_key(ENGINE, one) for one in other]
        assert later.missing(keys) == (keys[1],)
        later.put(keys[1], outcome(5.0))
        assert later.missing(keys) == later.missing(KEYS) == ()
        states = {s.line.design: (s.line.points, s.solved, s.missing) for s in later.overview().sweeps}
        assert states == {"list, 2 points": (3, 3, 0), "grid, 3 points": (4, 4, 0)}
        assert later.overview().solved == 4


def test_the_same_sweep_begun_again_is_listed_once_with_what_is_done(store: SweepStore) -> None:
    store.put(KEYS[0], outcome())
    store.put(KEYS[2], Outcome.failed("no solution"))
    with again(store) as later:
        later.begin(INFO, CHANGES)
        (state,) = later.overview().sweeps
        assert (state.solved, state.failed, state.missing) == (1, 1, 1)
        assert (state.line.title, state.line.command, state.line.engine) == (INFO.title, INFO.command, ENGINE)
        assert later.overview().bytes > 1000 and later.sweeps() == (state.line,) and later.notes == ()


def test_the_first_solution_of_a_point_stays_and_another_one_is_said(store: SweepStore) -> None:
    store.put(KEYS[0], outcome(1.0))
    assert same(store.put(KEYS[0], outcome(1.0, seconds={"solve": 2.0})), outcome(1.0)) and store.notes == ()
    assert same(store.put(KEYS[0], outcome(1.5)), outcome(1.0))
    assert same(store.get(KEYS[0]), outcome(1.0))
    assert any("solved twice with other numbers" in note for note in store.notes)


def test_points_can_be_read_by_any_program_that_knows_parquet(store: SweepStore) -> None:
    store.put(KEYS[0], outcome(3.0))
    frame = pq.read_table(point_path(store.path, KEYS[0])).to_pandas()
    np.testing.assert_array_equal(frame["baseline"], outcome(3.0).baseline)
    np.testing.assert_array_equal(frame["counterfactual"], outcome(3.0).counterfactual)


def test_rows_are_kept_once_and_every_point_is_held_against_them(store: SweepStore) -> None:
    store.keep_rows(ENGINE, rows().set_index(pd.Index(range(5, 11))))  # the index is no label
    with pytest.raises(ValueError, match="7 numbers where the rows are 6"):
        store.put(KEYS[0], outcome(n=7))
    turned = rows().iloc[::-1]
    with pytest.raises(StoreError, match="other rows for the same scenario"):
        store.keep_rows(ENGINE, turned)
    with again(store) as later:
        found = later.rows(ENGINE)
        assert found is not None and found.to_dict("list") == rows().to_dict("list")
        with pytest.raises(StoreError, match="other rows"):
            later.keep_rows(ENGINE, turned)
    with pytest.raises(ValueError, match="rows of a sweep have the columns"):
        store.keep_rows("f" * 64, rows().drop(columns="unit"))


def test_a_point_that_was_solved_for_other_rows_is_not_used(store: SweepStore, tmp_path: Path) -> None:
    with SweepStore(tmp_path / "other") as other:
        other.keep_rows(ENGINE, rows().iloc[::-1])
        other.put(KEYS[0], outcome(), engine=ENGINE)
        place = point_path(store.path, KEYS[0])
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(point_path(other.path, KEYS[0]).read_bytes())
    assert store.get(KEYS[0]) is None
    assert any("the rows of its sweep name" in note for note in store.notes)


def test_a_point_of_another_length_than_rows_that_came_later_is_not_used(store: SweepStore) -> None:
    other = "f" * 64
    keys = [point_key(other, {"trade": float(n)}) for n in (6, 7)]
    for key, n in zip(keys, (6, 7), strict=True):
        store.put(key, outcome(n=n), engine=other)
    store.keep_rows(other, rows())
    assert store.missing(keys) == (keys[1],) and same(store.get(keys[0]), outcome(n=6))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (Outcome("solved", np.ones(6, dtype=np.float32), np.ones(6, dtype=np.float32)), "float64"),
        (Outcome("solved", np.ones(6), np.ones(5)), "6 numbers of the baseline and 5"),
        (Outcome("failed", np.ones(6), np.ones(6)), "a failed outcome has no numbers"),
        (Outcome("solved", np.ones((6, 1)), np.ones((6, 1))), "one column"),
        (Outcome("done", np.ones(6), np.ones(6)), "solved or failed"),  # pyright: ignore[reportArgumentType]
    ],
)
def test_an_outcome_that_contradicts_itself_is_not_kept(
    store: SweepStore, wrong: Outcome, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        store.put(KEYS[0], wrong)
    assert store.missing(KEYS) == tuple(KEYS)


def test_a_point_of_no_sweep_needs_the_name_of_its_engine(store: SweepStore) -> None:
    key = point_key(ENGINE, {"trade": 9.0})
    with pytest.raises(ValueError, match="say its engine"):
        store.put(key, outcome())
    store.put(key, outcome(), engine=ENGINE)
    assert same(store.get(key), outcome())
    with pytest.raises(ValueError, match="not a key"):
        store.get("../" + key)


def test_forgetting_takes_what_nobody_asked_for_and_keeps_what_was_used(store: SweepStore) -> None:
    for key in KEYS:
        store.put(key, outcome())
    month = time.time() - 30 * 86400
    for key in KEYS:
        os.utime(point_path(store.path, key), (month, month))
    store.missing(KEYS[:1])  # a sweep asked for it today
    removed = store.forget(timedelta(days=7))
    assert (removed.points, removed.sweeps) == (2, 0) and removed.bytes > 1000
    assert store.missing(KEYS) == (KEYS[1], KEYS[2])
    (state,) = store.overview().sweeps
    assert (state.solved, state.missing) == (1, 2)
    for path in (point_path(store.path, KEYS[0]), *store.path.glob("sweeps/*"), *store.path.glob("rows/*")):
        os.utime(path, (month, month))
    removed = store.forget(timedelta(days=7))
    assert (removed.points, removed.sweeps) == (1, 1)
    assert store.overview().sweeps == () and store.rows(ENGINE) is None
    assert not list(store.path.glob("sweeps/*")) and store.notes == ()


def test_the_clock_decides_nothing_about_what_is_solved(
    store: SweepStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cge.app.sweeps import store as module

    for stamp, key in zip(("2099-01-01T00:00:00+00:00", "1970-01-01T00:00:00+00:00"), KEYS[:2], strict=True):
        monkeypatch.setattr(module, "_now", lambda stamp=stamp: stamp)
        store.put(key, outcome())
    future = time.time() + 10 * 365 * 86400
    os.utime(point_path(store.path, KEYS[0]), (future, future))
    monkeypatch.setattr(time, "time", lambda: 2 * future)
    assert store.forget(timedelta(hours=1)).points == 0
    with again(store) as later:
        assert later.missing(KEYS) == (KEYS[2],)


def test_where_sweeps_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CGE_SWEEP_STORE", raising=False)
    monkeypatch.setenv("CGE_RUN_STORE", str(tmp_path / "runs"))
    assert folder() == tmp_path / "sweeps"
    monkeypatch.setenv("CGE_RUN_STORE", "off")
    monkeypatch.setenv("CGE_JAX_CACHE", str(tmp_path / "jax"))
    assert folder() == tmp_path / "jax" / "sweeps"
    monkeypatch.setenv("CGE_SWEEP_STORE", str(tmp_path / "mine"))
    assert folder() == tmp_path / "mine"
    monkeypatch.setenv("CGE_SWEEP_STORE", "OFF")
    assert folder() is None


def test_a_note_that_looks_like_a_checksum_changes_nothing(store: SweepStore) -> None:
    one = outcome(notes=(point_files.SEAL + "0" * 64, "plain"))
    store.put(KEYS[0], one)
    assert same(store.get(KEYS[0]), one)
