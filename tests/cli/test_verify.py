"""The second opinion: it agrees on a sound model, and names what a planted fault breaks."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from calibration import parameters as calibration
from cge import formulation
from cge.app import api, cli, verify
from cge.blocks import income
from cge.equation import equation
from cge.model import SolveError
from results import store
from results.tidy import only, pick

SCENARIO = "us-joins-cptpp"


@pytest.fixture(scope="module")
def solved():
    case = api.prepare(SCENARIO, aggregation="small")
    return case, *api.solve(case)


@pytest.fixture
def clean_formulations() -> Iterator[None]:
    """Formulations are composed once and kept; a planted equation must be neither overlooked nor kept."""
    formulation._system.cache_clear()
    yield
    formulation._system.cache_clear()


def failed(checks: tuple[verify.Check, ...]) -> set[str]:
    return {c.name.split(",")[0].split(" of ")[0] for c in checks if not c.passed}


def test_every_way_gives_the_same_solution(solved) -> None:
    checks = verify.verify(*solved)
    assert [c.name.split()[0] for c in checks] == [
        "another", "full", "numeraire", "income", "labels", "numeraire"
    ]  # fmt: skip
    assert all(c.passed for c in checks), [c.to_dict() for c in checks]
    assert max(c.largest for c in checks) < 1e-9
    assert all(c.where.startswith(("baseline: ", "policy: ")) for c in checks)


def test_a_solution_that_was_tampered_with_is_found_and_the_cell_named(solved) -> None:
    case, base, new = solved
    values = new.values.copy(deep=True)
    values.qa.loc[{"r": "USA", "i": "SRV"}] += 1e-6
    checks = verify.verify(case, base, replace(new, values=values))
    assert len(failed(checks)) >= 5
    found = {c.where for c in checks}
    assert found == {"policy: qa[USA,SRV]"}


def test_a_calibration_that_goes_by_position_fails_when_labels_move(
    solved, monkeypatch: pytest.MonkeyPatch
) -> None:
    def positional(sets, elasticities):
        return {name: values.to_numpy().astype(float) for name, values in elasticities.items()}

    monkeypatch.setattr(calibration, "_elasticities", positional)
    assert failed(verify.verify(*solved)) == {"labels permuted"}


@pytest.mark.slow
@pytest.mark.usefixtures("clean_formulations")
def test_money_illusion_fails_when_the_numeraire_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Foreign saving fixed in dollars rather than in units of world factor prices: no other check can see
    it."""

    @equation("S", "price")
    def illusion(v):
        return v.real_saving["r"] + 0 * v.pwf

    equations = tuple(illusion if e.determines == "S" else e for e in income.INCOME.equations)
    monkeypatch.setattr(income, "INCOME", replace(income.INCOME, equations=equations))
    case = api.prepare(SCENARIO, aggregation="small")
    checks = verify.verify(case, *api.solve(case))
    assert failed(checks) == {"numeraire pc[USA]", "numeraire doubled"}


def test_no_solution_by_another_way_is_a_failed_check(solved, monkeypatch: pytest.MonkeyPatch) -> None:
    case = solved[0]

    def fails(*arguments, **options):
        raise SolveError("no equilibrium beyond 50 %\nmore")

    monkeypatch.setattr(case.model, "solve", fails)
    checks = verify.verify(*solved)
    lost = [c for c in checks if not c.passed]
    assert {c.name for c in lost} >= {"another starting point", "numeraire doubled"}
    assert all(c.where == "no equilibrium beyond 50 %" and np.isinf(c.largest) for c in lost)


@pytest.mark.slow
def test_the_command_prints_stores_and_exits_with_1_on_a_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["cge", "run", SCENARIO, "--aggregation", "small", "--decompose", "--verify", "-o"]
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "argv", [*arguments, str(tmp_path / "good")])
    with pytest.raises(SystemExit) as leaving:
        cli.main()
    assert leaving.value.code == 0
    shown = capsys.readouterr().out
    for words in (
        "Second opinion",
        "labels permuted",
        "Where welfare changes come from",
        "allocative: import",
    ):
        assert words in shown
    assert max(map(len, shown.splitlines())) <= 80
    manifest = json.loads((tmp_path / "good" / "manifest.json").read_text())
    assert len(manifest["verification"]) == 6
    assert all(c["passed"] and c["largest"] < 1e-9 for c in manifest["verification"])
    assert manifest["decomposition"]["largest_relative_gap"] < 1e-6
    tables = store.read(tmp_path / "good").tables
    for region in ("USA", "CHN", "WORLD"):
        welfare = only(tables["indicators"], region=region, indicator="welfare_ev").change
        terms = pick(tables["decomposition"], region=region)["change"].to_numpy()
        assert terms.sum() == pytest.approx(float(welfare), abs=1e-4)

    monkeypatch.setattr(verify, "verify", lambda *a, **k: (verify.Check("planted", 1.0, "policy: y", 0.1),))
    monkeypatch.setattr(sys, "argv", [*arguments, str(tmp_path / "bad")])
    with pytest.raises(SystemExit) as leaving:
        cli.main()
    assert leaving.value.code == cli.MODEL_FAILED
    assert "planted" in capsys.readouterr().err
    assert not (tmp_path / "bad").exists()


def test_a_difference_that_is_not_a_number_fails() -> None:
    a = xr.DataArray([1.0, 2.0], dims="r", coords={"r": ["A", "B"]})
    b = a.copy(data=[1.0, np.nan])
    largest, where = verify._gap("y", a, b)
    assert np.isinf(largest)
    assert where == "y[B]"
    assert not verify.Check("c", float("nan"), "", 0.0).passed
