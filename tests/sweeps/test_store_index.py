"""The index of a store is a help and no more: whatever happens to it costs no point."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sweep_outcomes import ENGINE, outcome, same
from sweep_stores import KEYS, filled, said

from cge.app.sweeps import store_index
from cge.app.sweeps.outcome import Outcome
from cge.app.sweeps.store import SweepStore, point_key
from cge.app.sweeps.store_files import point_path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SweepStore]:
    with filled(tmp_path / "sweeps") as opened:
        yield opened


def test_an_index_without_room_costs_no_point(store: SweepStore) -> None:
    # SQLite's own limit: the database is full, and says so as a full disk does.
    pages = store._index.read("PRAGMA page_count")[0][0]
    store._index.read(f"PRAGMA max_page_count = {pages}")
    texts = ["because " * 400 + str(n) for n in range(20)]
    keys = [point_key(ENGINE, {"trade": 10.0 + n}) for n in range(20)]
    for key, text in zip(keys, texts, strict=True):
        store.put(key, Outcome.failed(text), engine=ENGINE)
    assert said(store, "could not be entered in the index") and said(store, "full")
    assert store.missing(keys) == ()
    assert (store.overview().failed, store.overview().solved, len(store.sweeps())) == (20, 3, 1)
    with SweepStore(store.path) as later:
        assert later.missing(keys) == () and later.notes == ()
        assert later.overview().failed == 20
        assert [found.reason for key in keys if (found := later.get(key))] == texts


def test_what_the_index_says_of_an_earlier_file_is_put_right(store: SweepStore) -> None:
    key = point_key(ENGINE, {"trade": 3.0})
    store.put(key, Outcome.failed("no solution"), engine=ENGINE)
    store._index.read("PRAGMA query_only = 1")
    store.put(key, outcome(3.0), engine=ENGINE)
    assert said(store, "could not be entered in the index")
    with SweepStore(store.path) as later:
        assert (later.overview().solved, later.overview().failed) == (4, 0) and later.notes == ()


def test_a_locked_index_is_waited_for_and_then_done_without(
    store: SweepStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store._index.read("PRAGMA busy_timeout = 1")
    monkeypatch.setattr(store_index.time, "sleep", lambda _: None)
    key = point_key(ENGINE, {"trade": 3.0})
    other = sqlite3.connect(store.path / "index.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store.put(key, outcome(), engine=ENGINE)
    assert (
        said(store, "could not be entered in the index")
        and said(store, "locked")
        and store.missing([key]) == ()
    )
    other.execute("ROLLBACK")
    other.close()
    assert store.overview().solved == 4


def test_a_lock_that_is_let_go_leaves_no_trace(store: SweepStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store._index.read("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(store.path / "index.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr(store_index.time, "sleep", lambda _: other.close())
    store.put(point_key(ENGINE, {"trade": 3.0}), outcome(), engine=ENGINE)
    assert store.notes == () and store.overview().solved == 4


def no_index(folder: Path) -> None:
    for path in folder.glob("index*"):
        path.unlink()


def garbage(folder: Path) -> None:
    (folder / "index.sqlite").write_bytes(b"this is no index" * 100)


def overwritten(folder: Path) -> None:
    place = folder / "index.sqlite"
    content = bytearray(place.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    place.write_bytes(content)


def overwritten_at_its_end(folder: Path) -> None:
    place = folder / "index.sqlite"
    content = place.read_bytes()
    place.write_bytes(content[:-4096] + b"\xa5" * 4096)


def cut(folder: Path) -> None:
    place = folder / "index.sqlite"
    place.write_bytes(place.read_bytes()[:5000])


def emptied(folder: Path) -> None:
    (folder / "index.sqlite").write_bytes(b"")


def of_a_newer_version(folder: Path) -> None:
    db = sqlite3.connect(folder / "index.sqlite")
    db.execute("PRAGMA user_version = 99")
    db.close()


@pytest.mark.parametrize(
    "harm", [no_index, garbage, overwritten, overwritten_at_its_end, cut, emptied, of_a_newer_version]
)
def test_a_missing_or_damaged_index_is_made_again_from_the_files(
    store: SweepStore, harm: Callable[[Path], None]
) -> None:
    store.put(KEYS[0], Outcome.failed("never"))  # the solved one stays
    before = store.overview()
    store.close()
    harm(store.path)
    with SweepStore(store.path) as later:
        after = later.overview()
        assert said(later, "made again from the files")
        assert (after.sweeps, after.solved, after.failed) == (before.sweeps, 3, 0)
        assert later.missing(KEYS) == ()
    with SweepStore(store.path) as last:
        assert last.notes == () and last.overview().sweeps == before.sweeps


def test_an_index_that_is_spoilt_while_it_is_open_costs_no_point(store: SweepStore) -> None:
    with SweepStore(store.path) as other:
        other.close()
    store._index.read("PRAGMA wal_checkpoint(TRUNCATE)")
    store._index.read("PRAGMA cache_size = 0")
    place = store.path / "index.sqlite"
    with place.open("r+b") as file:
        file.write(b"spoilt!!" * (place.stat().st_size // 8))
    key = point_key(ENGINE, {"trade": 3.0})
    store.put(key, outcome(), engine=ENGINE)
    assert store.missing([*KEYS, key]) == ()
    assert store.overview().solved == 4 and said(store, "index.sqlite is damaged")
    assert (store.path / "index-2.sqlite").exists()
    with SweepStore(store.path) as later:
        assert later.overview().solved == 4 and len(later.overview().sweeps) == 1


def test_a_file_that_nobody_indexed_is_found_and_one_that_is_gone_is_missed(
    store: SweepStore, tmp_path: Path
) -> None:
    with filled(tmp_path / "other") as other:
        key = point_key(ENGINE, {"trade": 3.0})
        other.put(key, outcome(3.0), engine=ENGINE)
        place = point_path(store.path, key)
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(point_path(other.path, key).read_bytes())
    assert same(store.get(key), outcome(3.0)) and store.overview().solved == 4
    point_path(store.path, KEYS[0]).unlink()
    assert store.missing([*KEYS, key]) == (KEYS[0],) and store.overview().solved == 3
    place.unlink()
    assert store.rebuild() == 2 and store.overview().solved == 2 and store.notes == ()


def test_the_index_keeps_no_log_on_a_network(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        f"/dev/sda / ext4 rw 0 0\nserver:/home {tmp_path}/my\\040home nfs4 rw 0 0\n"
        f"/dev/sdb {tmp_path}/my\\040home/local xfs rw 0 0\n",
        encoding="utf-8",
    )
    assert store_index.on_network(tmp_path / "my home" / "sweeps", mounts)
    assert not store_index.on_network(tmp_path / "my home" / "local" / "sweeps", mounts)
    assert not store_index.on_network(tmp_path / "my homestead", mounts)
    assert not store_index.on_network(tmp_path, tmp_path / "no table of mounts")
    for network, journal in ((True, "delete"), (False, "wal")):
        (tmp_path / journal).mkdir()
        index = store_index.Index(tmp_path / journal, network=network)
        assert index.read("PRAGMA journal_mode") == [(journal,)]
        index.close()
