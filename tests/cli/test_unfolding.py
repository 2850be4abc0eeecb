"""Folders of results and comparisons as what is to be set side by side; files that Windows can flush."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import cge
from cge.app import api
from cge.app.unfolding import Kept, unfolded
from results import place, side_by_side_files, store
from results.compare import Comparison
from results.errors import ResultsError
from results.side_by_side import Column, side_by_side
from results.side_by_side_figures import Context

LABELS = ("wall +deal depth 50%", "wall_+deal_depth_50%", "CON", "comparison.csv", "a:b|<c>")
SMALL = "title: t\naggregation: small\nfocus: USA\nshocks:\n  - {tariff: {to: 20%}, importers: USA, " \
    "exporters: CHN, sectors: goods}\n"  # fmt: skip


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    path = tmp_path_factory.mktemp("unfolding") / "t.yaml"
    path.write_text(SMALL)
    return api.run(path)


@pytest.fixture(scope="module")
def folder(solved: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A comparison whose labels are no names of folders, with a package of the first."""
    columns = [Column.of(name, solved, "solved") for name in LABELS]
    found = side_by_side(columns, context=Context({}, "CHN"), indicators=["welfare_ev"], focus="USA")
    package = {"scenario": LABELS[0], "package": "deal", "indicator": "welfare_ev", "unit": "USD million",
               "region": "USA", "marginal": 1.0, "cumulative": 1.0}  # fmt: skip
    found = replace(found, packages=pd.DataFrame([package]))
    return side_by_side_files.write(found, columns, tmp_path_factory.mktemp("out") / "both")


def test_labels_that_are_no_names_of_folders_are_read_back(folder: Path) -> None:
    found = unfolded([folder])
    assert [k.label for k in found.names if isinstance(k, Kept)] == list(LABELS)
    assert list(found.packages[0]["scenario"]) == [LABELS[0]]
    content = json.loads((folder / "comparison.json").read_text("utf-8"))
    kept = {str(s["label"]): store.read(folder / s["folder"]) for s in content["scenarios"]}
    assert set(kept) == set(LABELS) == {s["label"] for s in content["sources"]}


def test_the_folder_of_a_comparison_is_compared_as_its_results(folder: Path, solved: Comparison) -> None:
    found = cge.compare(folder, indicators=["welfare_ev"])
    assert found.labels == LABELS
    assert set(found.packages["scenario"]) == {LABELS[0]}
    gain = float(solved.row("USA", "welfare_ev").to_dict()["change"])
    assert {found.value("welfare_ev", "USA", n) for n in LABELS} == {gain}


def test_a_label_that_is_taken_becomes_the_path_with_its_packages(folder: Path) -> None:
    assert unfolded([folder], taken=["CON"]).names[2] == Kept(str(folder / "_CON"), folder / "_CON")
    found = unfolded([folder, folder])
    labels = [k.label for k in found.names if isinstance(k, Kept)]
    assert len(set(labels)) == 2 * len(LABELS)
    assert found.packages[1]["scenario"].iloc[0] == labels[len(LABELS)] != LABELS[0]


def test_a_comparison_that_lost_a_result_is_refused(tmp_path: Path) -> None:
    (tmp_path / "comparison.json").write_text(json.dumps({"scenarios": [{"label": "x", "folder": "../x"}]}))
    with pytest.raises(ResultsError, match="no whole results of x: run cge compare again"):
        unfolded([tmp_path])


def test_results_are_written_where_folders_cannot_be_flushed(
    solved: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows opens no folder, and flushes only what is open for writing."""
    plain = os.open

    def windows(path: Path, flags: int) -> int:
        if path.is_dir():
            raise PermissionError(13, "Permission denied", str(path))
        assert flags & os.O_RDWR, "a handle for reading cannot be flushed there"
        return plain(path, flags)

    flush = place.flush

    def on_windows(path: Path) -> None:
        with monkeypatch.context() as m:
            m.setattr(os, "name", "nt")
            m.setattr(os, "open", windows)
            flush(path)

    monkeypatch.setattr(place, "flush", on_windows)
    monkeypatch.setattr(store, "flush", on_windows)
    assert store.read(store.write(solved, tmp_path / "out")).tables
    assert place.put(tmp_path / "a.md", lambda p: p.write_text("a")).read_text() == "a"
