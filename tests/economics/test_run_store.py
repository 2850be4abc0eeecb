"""The store of results: found when everything is the same, never when anything differs, else rebuilt."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import cge
from cge.app import run_store
from cge.app.comparing import compared
from scenarios.reader import parse_scenario
from scenarios.schema import Scenario


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CGE_RUN_STORE", str(tmp_path / "runs"))
    return tmp_path / "runs"


def scenario(cut: str = "50%", more: str = "") -> Scenario:
    return parse_scenario(
        f"title: t\naggregation: small\n{more}shocks:\n"
        f"  - {{tariff: {{cut: {cut}}}, between: [USA, CHN], sectors: manufacturing}}\n"
    )


def test_a_result_is_solved_once_and_has_the_same_numbers_when_reused(store: Path) -> None:
    first, again = compared(scenario()), compared(scenario())
    assert first.result.status == {"t": "solved"} and again.result.status == {"t": "reused"}
    for name, table in first.columns[0].tables.items():
        found = again.columns[0].tables[name]
        np.testing.assert_array_equal(table["change"].to_numpy(), found["change"].to_numpy())
    assert compared(scenario(), reuse=False).result.status == {"t": "solved"}
    assert len([p for p in store.iterdir() if not p.name.startswith(".")]) == 1


def test_a_damaged_result_is_computed_again_with_a_note(store: Path) -> None:
    first = compared(scenario())
    kept = next(store.iterdir())
    table = kept / "indicators.parquet"
    table.write_bytes(table.read_bytes()[:-8] + b"12345678")
    again = compared(scenario())
    assert again.result.status == {"t": "solved"}
    assert any("did not verify and was computed again" in n for n in again.result.notes)
    assert again.columns[0].change("USA", "welfare_ev") == first.columns[0].change("USA", "welfare_ev")
    (kept / "manifest.json").unlink()
    assert compared(scenario()).result.status == {"t": "solved"}
    assert compared(scenario()).result.status == {"t": "reused"}


def test_a_result_under_another_key_is_not_believed(store: Path) -> None:
    compared(scenario())
    other = run_store.key(scenario("60%"), aggregation=None, rents=False)
    next(store.iterdir()).rename(store / other)
    found = run_store.find(other, scenario("60%"), rents=False)
    assert found.result is None and "another key" in found.note


def test_the_key_changes_with_everything_that_matters(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def key(s: Scenario, *, aggregation: str | None = None, rents: bool = False) -> str:
        return run_store.key(s, aggregation=aggregation, rents=rents)

    keys = [
        key(scenario()),
        key(scenario("51%")),
        key(scenario(), aggregation="default"),
        key(scenario(), rents=True),
        key(scenario(more="closure: {labour: wage_curve}\n")),
        key(scenario(more="elasticities: fontagne\n")),
        key(scenario(more="baseline: {us_china_duties: false}\n")),
    ]
    with monkeypatch.context() as m:
        m.setattr(run_store, "package_hash", lambda: "other code or data")
        keys.append(key(scenario()))
    with monkeypatch.context() as m:
        m.setattr(run_store, "_versions", lambda: {"numpy": "9"})
        keys.append(key(scenario()))
    assert len(set(keys)) == len(keys)
    assert key(scenario()) == keys[0]


def test_files_beside_the_scenario_are_part_of_the_key(tmp_path: Path) -> None:
    from calibration.labels import package_file

    text = package_file("concordance", "regions_small.csv").read_text(encoding="utf-8")
    sectors = package_file("concordance", "sectors_small.csv").read_text(encoding="utf-8")
    (tmp_path / "r.csv").write_text(text)
    (tmp_path / "s.csv").write_text(sectors)
    file = "title: t\naggregation: {regions: r.csv, sectors: s.csv}\nshocks: []\n"
    one = parse_scenario(file, folder=tmp_path)
    before = run_store.key(one, aggregation=None, rents=False)
    (tmp_path / "r.csv").write_text("# another map\n" + text)
    assert run_store.key(one, aggregation=None, rents=False) != before


def test_off_keeps_nothing(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CGE_RUN_STORE", "off")
    assert run_store.folder() is None
    assert cge.compare(scenario()).status == cge.compare(scenario()).status == {"t": "solved"}
    assert not store.exists()


def test_the_default_stands_beside_the_compilation_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("CGE_RUN_STORE")
    monkeypatch.setenv("CGE_JAX_CACHE", str(tmp_path / "jax"))
    assert run_store.folder() == tmp_path / "jax" / "runs"
    monkeypatch.setenv("CGE_JAX_CACHE", "off")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert run_store.folder() == tmp_path / "cge" / "runs"


def test_a_folder_that_cannot_be_written_to_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("CGE_RUN_STORE", str(tmp_path / "file" / "runs"))
    found = compared(scenario())
    assert found.result.status == {"t": "solved"}
    assert any("could not be kept" in note for note in found.result.notes)


def test_only_the_results_used_last_are_kept(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_store, "MOST", 1)
    compared(scenario())
    (store / "mine").mkdir()
    compared(scenario("60%"))
    assert (store / "mine").is_dir()
    assert compared(scenario("60%")).result.status == {"t": "reused"}
    assert compared(scenario()).result.status == {"t": "solved"}
