"""``cge explain`` and ``cge diff`` on the packaged world."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner, Result

from cge.app import cli_explain
from cge.app.cli import exit_code
from cge.app.selection import chosen, name_of, split

AREA = """\
title: tariffs down among partners
parameters:
  partners: {description: who}
  depth: {default: 100%, description: by how much}
shocks:
  - tariff: {cut: $depth}
    among: $partners
    sectors: electronics
"""
SERVICES = """\
title: digital services
parameters:
  other: {description: with whom}
shocks:
  - barrier: {iceberg: -2%}
    between: [USA, $other]
    sectors: digital_services
"""
FILE = """\
title: two packages
packages:
  - {package: area.yaml, partners: [USA, JPN, KOR]}
  - {package: services.yaml, other: [JPN, KOR]}
shocks:
  - {tariff: {add: 5 points}, importers: USA, exporters: CHN, sectors: C29}
variants:
  half: {minus: [area], plus: [{package: area.yaml, partners: [USA, JPN, KOR], depth: 50%}]}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """In the working folder: the path of a temporary folder may be longer than a line."""
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(FILE)
    Path("area.yaml").write_text(AREA)
    Path("services.yaml").write_text(SERVICES)
    return "mine.yaml"


def run(*words: str, code: int = 0) -> Result:
    app = typer.Typer()
    cli_explain.register(app)
    result = CliRunner().invoke(app, list(words))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        assert isinstance(result.exception, Exception) and exit_code(result.exception) == code
    else:
        assert result.exit_code == code, result.output
        assert max(map(len, result.output.splitlines()), default=0) <= 80
    return result


def test_the_shape_of_a_scenario_in_a_few_lines() -> None:
    out = run("explain", "us-china-tariff-war").output
    assert out.splitlines()[0] == "us-china-tariff-war: The United States and China at 60 % on all goods"
    assert out.splitlines()[1].startswith("Baseline: in-force-2026 (")
    assert (
        "1. tariff, goods: USA on imports from CHN" in out
        and "2. tariff, goods: CHN on imports from USA" in out
    )
    assert "27 flows, USD 453 bn of trade" in out and "-> 60 %" in out
    assert "why: us-china-tariff-war.yaml:" in out
    assert "54 values changed (USD 581 bn of trade)" in out
    assert out.index("Notes") > out.index("54 values")


def test_packages_are_named_and_can_be_looked_at_alone(file: str) -> None:
    out = run("explain", file).output
    assert "Packages: area (partners USA, JPN, KOR, depth 100%), services (other JPN, KOR)" in out
    assert "on imports from" in out and "trade cost factor, digital_services: " in out
    alone = run("explain", file, "--package", "services").output
    assert "1. trade cost factor" in alone and "2. " not in alone
    assert "12 values changed" in alone
    own = run("explain", file, "--package", "own shocks").output
    assert "1. tariff, motor_vehicles: USA on imports from CHN" in own and "1 value changed" in own
    assert "there are area" in str(run("explain", file, "--package", "deal", code=2).exception)


def test_filters_and_every_row(file: str) -> None:
    csv = Path("rows.csv")
    out = run("explain", file, "--region", "USA", "--sector", "goods", "--full", "-o", str(csv)).output
    rows = pd.read_csv(csv)
    assert set(rows.region) == {"USA"} and set(rows.instrument) == {"tm"}
    assert list(rows.columns)[:7] == ["region", "partner", "sector", "instrument", "from", "to", "why"]
    assert sum(line.startswith("USA    ") for line in out.splitlines()) == len(rows) >= 2
    assert f"{len(rows)} rows written to" in out
    nothing = run("explain", file, "--partner", "DEU").output
    assert "Nothing of what changes is asked for here." in nothing
    assert "did you mean" in str(run("explain", file, "--region", "USX", code=2).exception)


def test_what_two_scenarios_do_differently(file: str) -> None:
    out = run("diff", "rcep", "us-china-tariff-war").output
    assert "A: rcep: RCEP in force against no RCEP" in out
    assert "- baseline.without: RCEP in A, not given in B" in out
    # Both end with RCEP in force, so the duties between the two are all that sets them apart.
    flat = " ".join(out.split())
    assert "tariff: USA on imports from CHN, goods: 19.5 % in A, 60 % in B (USD 453 bn of trade)" in flat
    assert "54 values differ, on USD 581 bn of trade." in flat
    back = " ".join(run("diff", "us-china-tariff-war", "rcep").output.split())
    assert "tariff: USA on imports from CHN, goods: 60 % in A, 19.5 % in B (USD 453 bn of trade)" in back


def test_more_differences_than_are_shown_are_counted(file: str) -> None:
    out = " ".join(run("diff", "us-joins-cptpp", "unilateral-free-trade-usa", "--top", "2").output.split())
    assert " more of these, with less trade" in out and "USA on imports from VNM, textiles" not in out


def test_identical_policies_are_said_to_be(file: str) -> None:
    out = run("diff", "us-joins-cptpp", "us-joins-cptpp:tariffs").output
    assert "The policies are identical: no rate, trade cost or cap differs." in out


def test_barriers_count_from_what_the_baseline_has_removed() -> None:
    out = " ".join(run("diff", "us-joins-cptpp", "us-joins-cptpp:deep", "--top", "0").output.split())
    assert "share of barriers removed: " in out and "tariff: " not in out.replace("tariffs: prov", "")


def test_packages_set_apart(file: str) -> None:
    out = run("diff", file, "--minus", "services").output
    flat = " ".join(out.split())
    assert "- package services (other JPN, KOR): in A only" in flat
    assert "12 values differ" in flat
    half = " ".join(run("diff", file, f"{file}:half").output.split())
    assert "package area: depth is 100% in A, 50% in B" in half
    alone = " ".join(run("diff", f"{file}@area", f"{file}@own shocks").output.split())
    assert "motor_vehicles" in alone and "digital" not in alone
    run("diff", file, code=2)


def test_references(file: str, tmp_path: Path) -> None:
    assert split("rcep:tariffs@own shocks") == ("rcep", "tariffs", "own shocks")
    assert split(r"C:\policy\mine.yaml") == (r"C:\policy\mine.yaml", "", "")
    odd = tmp_path / "a:b@c.yaml"
    odd.write_text(FILE)
    assert split(str(odd)) == (str(odd), "", "")
    half = chosen(f"{file}:half")
    assert half.variant == "half" and name_of(f"{file}:half", half) == "mine-half"
    only = chosen(f"{file}@services")
    assert len(only.shocks) == 1 and name_of(file, only) == "mine-only-services"


def test_a_run_with_other_packages_says_so_in_its_name_and_text(file: str) -> None:
    from cge.app import api
    from scenarios.packages import full_text
    from scenarios.reader import library_name, scenario_hash

    less = chosen(file, minus=["services"])
    case = api.prepare(less, aggregation="small")
    assert case.name == "mine-without-services"
    assert case.scenario.title == "two packages (minus services)"
    text = full_text(case.scenario)
    assert "-without-services" not in text.splitlines()[1] and '"area.yaml"' in text.splitlines()[1]
    assert "area.yaml, as it was read" in text and "services.yaml, as" not in text
    assert scenario_hash(less) != scenario_hash(chosen(file))
    assert library_name(chosen("rcep")) == "rcep"


def test_run_sets_no_variants_against_each_other_with_other_packages() -> None:
    from cge.app.cli import app

    result = CliRunner().invoke(app, ["run", "rcep", "--against", "tariffs", "--minus", "deal"])
    assert result.exit_code == 2 and "use cge compare" in " ".join(result.output.split())
