"""The command `cge replicate`."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cge.app.cli import app
from cge.app.replicate.cases import CASES
from cge.app.replicate.report import Check, compare, target


def test_list_names_every_case_with_source_and_needs() -> None:
    result = CliRunner().invoke(app, ["replicate", "--list"])
    assert result.exit_code == 0
    for name, case in CASES.items():
        assert name in result.output
        assert case.source in result.output
        assert case.needs in result.output


def test_absent_data_are_bad_input(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["replicate", "caliendo-parro-2015", "--raw", str(tmp_path)])
    assert result.exit_code == 2
    assert "the data of Caliendo & Parro (2015) are not part of the package" in result.output


def test_unknown_case_is_refused() -> None:
    result = CliRunner().invoke(app, ["replicate", "nobody-1999"])
    assert result.exit_code == 2


def test_caliendo_parro_prints_every_region_and_writes_tables(cp_raw: Path, tmp_path: Path) -> None:
    arguments = ["replicate", "caliendo-parro-2015", "--raw", str(cp_raw), "-o", str(tmp_path)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    for region in target("cp2015_nafta.csv")["iso3"]:
        assert f"\n {region} " in result.output
    assert "1.3121" in result.output
    assert len(list(tmp_path.glob("*.csv"))) == 3


def test_a_gap_beyond_its_tolerance_is_seen() -> None:
    reference = target("cp2015_nafta.csv").set_index("iso3").filter(["tot_pct"])
    model = reference.copy()
    model.loc["MEX", "tot_pct"] += 0.02
    (check,) = compare("region", model, reference, 0.01, "points")
    assert (check.where, check.ok) == ("MEX", False)
    assert check.gap == pytest.approx(0.02)
    assert Check("x", float("nan"), "", 1.0, "").ok is False
