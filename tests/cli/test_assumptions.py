"""`cge assumptions`: nothing is left out, everything has a source, changes name their line."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import create_model
from rich.console import Console
from ruamel.yaml import YAML

from calibration.labels import goods, read_rows, sector_labels
from cge.app import assumptions as listing
from cge.app import cli_assumptions
from cge.app.assumptions import AssumptionTable, assumptions, read_table, records
from scenarios.problems import Origin, ScenarioError
from scenarios.reader import AGREEMENTS, parse_scenario, policy_files, read_scenario
from scenarios.schema import Scenario

ROOT = Path(__file__).parents[2]
FOLDERS = (
    "calibration/assumptions",
    "scenarios/tables",
    "scenarios/agreements",
    "scenarios/baseline",
    "results/assumptions",
)
CHANGED = """\
title: t
elasticities: caliendo_parro
closure:
  labour: wage_curve
  numeraire: pc[USA]
formulation: {structure: krugman}
overrides:
  - {parameter: sigma, sectors: [C26, C27], value: 5.0}
baseline: {name: in-force-2026, without: [KORUS], us_china_duties: false}
shocks:
  - {tariff: {to: 0%}, importers: USA, sectors: goods}
"""


def cge(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cge.app.cli", "assumptions", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def rows_of(path: Path) -> list[dict[str, str]]:
    """An independent reading of a table."""
    body = [x for x in path.read_text("utf-8").splitlines() if x.strip() and not x.startswith("#")]
    return list(csv.DictReader(body))


def by_file(tables: tuple[AssumptionTable, ...]) -> dict[str, AssumptionTable]:
    return {t.file: t for t in tables}


def test_no_table_of_assumptions_is_missed() -> None:
    """Walks the repository itself: every CSV with every row, every agreement with every line."""
    shown = by_file(assumptions())
    files = [p for folder in FOLDERS for p in sorted((ROOT / folder).rglob("*.csv"))]
    assert len(files) >= 29
    for path in files:
        file = path.relative_to(ROOT).as_posix()
        assert file in shown, f"{file} is not shown"
        assert len(shown[file].rows) == len(rows_of(path)), file
        assert shown[file].title, f"{file} does not say what it is about"
    for path in (ROOT / "scenarios/agreements").glob("*.yaml"):
        mine = shown[path.relative_to(ROOT).as_posix()]
        written = YAML(typ="safe").load(path)
        lines = [*written.get("lines", []), *written.get("accession", [])]
        assert [r.source for r in mine.rows if r.unit == "tariff"] == [x["source"] for x in lines]


@pytest.mark.parametrize("name", [None, "rcep", "us-joins-cptpp", "ipef-market-access", "middle-way"])
def test_everything_has_a_name_a_value_a_source_and_a_tag(name: str | None) -> None:
    for row in records(assumptions(name)):
        for column in ("table", "file", "name", "source", "confidence"):
            assert row[column].strip(), f"no {column}: {row}"
        only_members = row["file"].endswith(("memberships.csv", "wto_sector_agreements.csv"))
        assert row["value"].strip() or only_members, row


def test_a_table_without_a_source_is_seen(tmp_path: Path) -> None:
    """The check above can fail: what a file does not say is empty, and 'per row' is no source."""
    path = tmp_path / "new.csv"
    path.write_text("# About something.\n# source: per row\nname,value\na,1\n")
    (row,) = read_table(path, "new.csv").rows
    assert (row.value, row.source, row.confidence) == ("1", "", "")
    path.write_text(
        "# Text.\n# unit: share; source: a page; confidence: recall-L\nregion,low,high\nUSA,1,2\n"
    )
    table = read_table(path, "new.csv")
    (row,) = table.rows
    assert (row.name, row.value) == ("USA", "low 1, high 2")
    assert (row.unit, row.source, row.confidence) == ("share", "a page", "recall-L")
    assert table.spread == "low 1 to 1, high 2 to 2"
    path.write_text(
        "# Text. Source: B.\n# source and confidence: of the value\nname,value,low,note\na,2,1,why\n"
    )
    (row,) = read_table(path, "new.csv").rows
    assert (row.value, row.note, row.source, row.confidence) == ("2", "low 1; why", "B.", "")


def test_values_are_those_of_the_files() -> None:
    shown = by_file(assumptions())
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.csv"):
            rows = rows_of(path)
            mine = shown[path.relative_to(ROOT).as_posix()].rows
            for row, seen in zip(rows, mine, strict=True):
                assert row.get("value", "") in seen.value
                for column in ("unit", "source", "confidence"):
                    assert row.get(column) in (None, "", getattr(seen, column)), path


def test_every_key_of_a_scenario_is_a_question_or_a_choice() -> None:
    tables = assumptions()
    tops = {r.name.replace("[", ".").partition(".")[0] for r in tables[0].rows}
    for key in Scenario.model_fields:
        assert key in tops or key in (*listing.QUESTION, "overrides", "assumptions"), key


def test_the_defaults_name_closure_numeraire_nest_and_set() -> None:
    choice = {r.name: r.value for r in assumptions()[0].rows}
    assert choice["closure.numeraire"] == "pwf"
    assert choice["closure.labour"] == "full_employment"
    assert choice["formulation.trade"] == "armington_two_level"
    assert choice["elasticities"] == "gtap"
    assert choice["baseline.us_china_duties"] == "yes"
    assert not any(r["changed"] for r in records(assumptions()))


def test_changes_name_the_line_the_old_and_the_new_value() -> None:
    tables = assumptions(parse_scenario(CHANGED, file="mine.yaml"))
    changed = {r["name"]: r["changed"] for r in records(tables) if r["changed"]}
    say = "changed by mine.yaml:{} from {} to {}".format
    sigma = {r["sector"]: 1 + float(r["value"]) for r in read_rows("assumptions", "elasticities_trade.csv")
             if r["set"] == "caliendo_parro"}  # fmt: skip
    assert changed == {
        "elasticities": say(2, "gtap", "caliendo_parro"),
        "formulation.trade": say(2, "armington_two_level", "armington_one_level"),
        "closure.labour": say(4, "full_employment", "wage_curve"),
        "closure.numeraire": say(5, "pwf", "pc[USA]"),
        "formulation.structure.krugman": say(6, "none", "manufacturing"),
        "sigma C26": say(8, f"{sigma['C26']:.4g}", "5"),
        "sigma C27": say(8, f"{sigma['C27']:.4g}", "5"),
        "baseline.without": say(9, "none", "KORUS"),
        "baseline.us_china_duties": say(9, "yes", "no"),
        "KORUS": say(9, "in force since 2012-03-15", "left out"),
    }
    row = next(r for r in records(tables) if r["name"] == "sigma C26")
    assert (row["value"], row["source"], row["confidence"]) == ("5", "scenario mine.yaml", "assumption")


def later(**keys: Any) -> Scenario:
    """A scenario with keys that its schema may not know yet."""
    fields: dict[str, Any] = dict.fromkeys(keys, (dict[str, Any], ...))
    schema = create_model("Later", __base__=Scenario, **fields)
    return schema(title="t", shocks=(), **keys)


def test_keys_and_scalars_that_are_added_later_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "title: t\nfuture:\n  basis: other\nassumptions:\n  spillover: 0.3\nshocks: []\n"
    lines = {"title": 1, "future": 2, "future.basis": 3, "assumptions": 4, "assumptions.spillover": 5}
    scenario = later(
        future={"basis": "other"}, assumptions={"spillover": 0.3, "new": 1.0}, variants={"a": {}}
    )
    scenario._origin = Origin("later.yaml", lines, text)
    scalar = listing.Assumption(
        listing.SCALARS[0], "f.csv", "spillover", "0.2", "share", "a page", "recall-M"
    )
    other = listing.Assumption(
        listing.SCALARS[0], "f.csv", "rent_share", "0.5", "share", "a page", "recall-M"
    )
    table = AssumptionTable(listing.SCALARS[0], "f.csv", "Scalars", (scalar, other))
    monkeypatch.setattr(listing, "csv_tables", lambda: (table,))
    found = {r["name"]: r for r in records(assumptions(scenario))}
    assert found["spillover"]["value"] == "0.3"
    assert found["spillover"]["changed"] == "changed by later.yaml:5 from 0.2 to 0.3"
    assert found["rent_share"]["value"] == "0.5"
    assert not found["rent_share"]["changed"]
    assert found["future.basis"]["changed"] == "changed by later.yaml:3 from none to other"
    assert found["assumptions.new"]["value"] == "1"  # in no table: shown as a choice, not swallowed
    assert "assumptions.spillover" not in found
    assert not any(name.startswith("variants") for name in found)


def test_only_agreements_in_effect_are_shown_for_a_scenario() -> None:
    def agreements(name: str | None) -> set[str]:
        return {t.name for t in assumptions(name) if t.name.startswith("agreement ")}

    assert agreements(None) == {f"agreement {p.stem}" for p in AGREEMENTS.glob("*.yaml")}
    for name in ("rcep", "us-joins-cptpp", "ipef-as-is"):
        wanted = policy_files(read_scenario(name)).agreements
        assert agreements(name) == {f"agreement {a}" for a in wanted}
    assert "agreement RCEP" in agreements("rcep")


def screen(tables: list[AssumptionTable], *, whole: bool = False) -> str:
    stream = io.StringIO()
    cli_assumptions.show(Console(file=stream, width=80), tables, "test", whole=whole)
    return stream.getvalue()


@pytest.mark.parametrize("whole", [False, True])
def test_the_screen_fits_and_leaves_nothing_out(whole: bool) -> None:
    tables = list(assumptions(parse_scenario(CHANGED, file="mine.yaml")))
    text = screen(tables, whole=whole)
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text
    flat, squeezed = " ".join(text.split()), "".join(text.split())
    for t in tables:
        assert f"{t.name} ({t.file})".replace(" ", "") in squeezed
        assert (
            f"--table '{t.name}'" in text
            or whole
            or len(t.rows) <= cli_assumptions.LONG
            or (t.name == "choices")
        )
    if whole:
        for r in records(tables):
            assert r["source"].replace(" ", "") in squeezed
    assert "sigma C26: changed by mine.yaml:8" in flat
    assert "50 rows, mean 0.02 to 0.47" in flat or whole


def test_the_command_prints_json_and_csv_of_the_same_rows(tmp_path: Path) -> None:
    out = tmp_path / "all.csv"
    done = cge("rcep", "--json", "-o", str(out))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found == records(assumptions("rcep"))
    with out.open(newline="", encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == found


def test_filters_and_what_they_refuse() -> None:
    weak = cge("--confidence", "recall-L", "--json")
    tags = {r["confidence"] for r in json.loads(weak.stdout)}
    assert tags == {t for r in records(assumptions()) if "recall-L" in (t := r["confidence"])}
    one = cge("--table", "closures")
    assert one.returncode == 0
    assert "wage_elasticity" in one.stdout
    assert "frisch (" not in one.stdout
    unknown = cge("--table", "closure")
    assert unknown.returncode == 2
    assert "closures" in unknown.stderr
    assert cge("--confidence", "certain").returncode == 2
    missing = cge("no-such-scenario")
    assert missing.returncode == 2
    assert "Traceback" not in missing.stderr
    with pytest.raises(ScenarioError):
        assumptions("no-such-scenario")


def test_barrier_levels_cover_every_industry_at_the_level_of_the_literature() -> None:
    """Levels that a reader of the studies would expect: goods low, agrifood higher, services highest."""
    rows = {r["sector"]: {k: float(r[k]) for k in ("mean", "sd", "mean_low", "mean_high")}
            for r in read_rows("assumptions", "barrier_levels.csv")}  # fmt: skip
    assert list(rows) == list(sector_labels())
    for sector, r in rows.items():
        assert 0 < r["mean_low"] < r["mean"] < r["mean_high"] < 1, sector
        assert 0 < r["sd"] <= 1.5 * r["mean"], sector
    manufactures = [rows[s]["mean"] for s in goods() if s.startswith("C") and s != "C10T12"]
    services = [rows[s]["mean"] for s in rows if s not in goods()]
    agrifood = [rows[s]["mean"] for s in ("A01", "A03", "C10T12")]
    assert 0.05 <= min(manufactures)
    assert max(manufactures) <= 0.15 <= min(agrifood)
    assert max(agrifood) <= 0.30
    assert 0.25 <= min(services)
    assert max(services) <= 0.60
