"""``cge sensitivity``: what it refuses before it reads any data."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cge.app.cli import app


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--only"], "goes with --target"),
        (["-o", "out.pdf"], "name a file that ends in"),
        (["-o", "there.csv"], "exists already"),
        (["--markdown", "--json"], "choose one"),
        (["--top", "0"], "--top"),
    ],
)
def test_refused_at_once(
    options: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.csv").write_text("kept")
    found = CliRunner().invoke(app, ["sensitivity", "us-joins-cptpp", *options])
    assert found.exit_code == 2
    assert words in " ".join(found.output.replace("│", " ").split())
    assert (tmp_path / "there.csv").read_text() == "kept"
