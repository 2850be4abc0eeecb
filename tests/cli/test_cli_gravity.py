"""`cge gravity` as a user sees it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from cge.app.cli import app

RUN = CliRunner()


def test_estimates_print_in_80_columns_beside_published_ones(tmp_path):
    target = tmp_path / "gravity.csv"
    result = RUN.invoke(app, ["gravity", "-o", str(target)], env={"COLUMNS": "80"})
    assert result.exit_code == 0, result.output
    for text in (
        "C302T309",
        "services",
        "Head & Mayer 2014",
        "from memory",
        "all services",
        "in use: cross section",
    ):
        assert text in result.output
    tables = [line for line in result.output.splitlines() if "written to" not in line]
    assert max(map(len, tables)) <= 80
    table = pd.read_csv(target)
    assert {"industry", "specification", "term", "estimate", "se"} <= set(table.columns)
    assert {"cross_section", "pair", "used, cross_section", "used, pair"} <= set(table["specification"])


def test_importers_of_an_industry_from_open_to_closed(tmp_path):
    target = tmp_path / "cars.csv"
    result = RUN.invoke(app, ["gravity", "--importers", "C29", "-o", str(target)], env={"COLUMNS": "80"})
    assert result.exit_code == 0, result.output
    assert "printed, never used" in result.output and "ROW" in result.output
    rows: Any = pd.read_csv(target)
    assert len(rows) == 81 and rows["ave"].is_monotonic_increasing
    assert RUN.invoke(app, ["gravity", "--importers", "C92"]).exit_code == 2


def test_blocs_print_and_draw(tmp_path):
    pytest.importorskip("pyfixest")
    figure, table = tmp_path / "blocs.html", tmp_path / "blocs.csv"
    arguments = [
        "gravity",
        "--blocs",
        "CPTPP@2023-12-31",
        "--members",
        "USA,JPN,KOR",
        "--figure",
        str(figure),
    ]
    result = RUN.invoke(app, [*arguments, "-o", str(table)], env={"COLUMNS": "80"})
    assert result.exit_code == 0, result.output
    assert "JPN KOR USA" in result.output
    assert "BRICS" not in result.output
    rows: Any = pd.read_csv(table)
    assert len(rows) == 24
    assert (rows["low"] < rows["percent"]).all() and (rows["percent"] < rows["high"]).all()
    page = figure.read_text(encoding="utf-8")
    assert page.count("<polyline") == 2
    assert "<table>" in page and "http://" not in page.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["BRICS"], "only with --blocs"),
        (["--write"], "only with --raw"),
        (["--blocs", "BRICKS"], "did you mean 'BRICS'"),
        (["--blocs", "--members", "USA,XXX"], "XXX"),
        (["--blocs", "--members", "USA"], "at least two"),
        (["--blocs", "BRICS", "--figure", "blocs.png"], "ends in .html"),
        (["--raw", "nowhere"], "nowhere"),
    ],
)
def test_bad_input_is_refused_with_the_reason(arguments, message, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    result = RUN.invoke(app, ["gravity", *arguments], env={"COLUMNS": "200"})
    assert result.exit_code != 0
    assert message in result.output + str(result.exception)
