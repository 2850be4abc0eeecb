"""The data dictionary says of every number that a run writes what it is, and of nothing else."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pandas as pd
import pytest
import xarray as xr
from typer.testing import CliRunner

from cge.app import api
from cge.app.cli import app
from results import decomposition_difference, dictionary, store
from results.compare import Comparison, compare

EVERYTHING = """\
title: what every part of the results has something to say of
aggregation: small
retraining: {regions: [USA, JPN], uptake: 30%}
compensation: {regions: JPN, pays: both, financed_by: consumption_tax}
shocks:
  - access: {tariff: -50%}
    if: {standard: technology, adopts: [JPN]}
    importers: USA
    sectors: manufacturing
  - {tariff: {add: 5 points}, importers: USA, exporters: CHN, sectors: goods}
"""


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """A run with adoption, retraining and decomposition, and its difference from itself."""
    path = tmp_path_factory.mktemp("dictionary") / "everything.yaml"
    path.write_text(EVERYTHING)
    found = api.run(path, decompose=True)
    return decomposition_difference.attach(found, found)


@pytest.fixture(scope="module")
def with_households(everything: Comparison) -> Comparison:
    c = everything
    households = xr.ones_like(c.base.benchmark.u0) * 1000
    return compare(c.base, c.new, scenario_info=c.scenario, households=households)


@pytest.mark.slow
def test_every_table_column_and_indicator_of_a_run_is_documented(everything, with_households) -> None:
    assert {"adoption", "decomposition", "decomposition_partners", "decomposition_difference"} <= set(
        everything.tables
    )
    missing = dictionary.undocumented(everything.tables) + dictionary.undocumented(with_households.tables)
    assert not missing, "\n".join(missing)


@pytest.mark.slow
def test_nothing_is_documented_that_no_run_has(everything, with_households) -> None:
    found = [
        (name, str(row[0]))
        for c in (everything, with_households)
        for name, t in c.tables.items()
        for row in t[["indicator"]].drop_duplicates().itertuples(index=False)
    ]
    used = {dictionary.indicator(*one) for one in found}
    idle = [e for e in dictionary.entries() if e.kind == "indicator" and e not in used and e.table != "stops"]
    named = ", ".join(f"{e.table} {e.name}" for e in idle)
    assert not idle, f"results/dictionary.csv has what no run here writes: {named}"


@pytest.mark.slow
def test_the_columns_that_are_said_to_be_filled_are_filled(everything) -> None:
    for name, table in everything.tables.items():
        for indicator, rows in table.groupby("indicator"):
            entry = dictionary.indicator(name, str(indicator))
            assert entry is not None
            filled = {
                ", ".join(c for c, x in zip(("region", "sector", "partner"), place, strict=True) if x)
                for place in set(zip(rows["region"], rows["sector"], rows["partner"], strict=True))
            }
            filled |= {"world"} if (rows["region"] == "WORLD").any() else set()
            said = set(entry.dims.split("; "))
            if entry.name.startswith("difference"):
                assert filled <= said | {"region"}
            else:
                assert filled == said, f"{name} {indicator}"


def test_every_number_of_a_plain_run_is_documented(wide_comparison) -> None:
    missing = dictionary.undocumented(wide_comparison.tables)
    assert not missing, "\n".join(missing)


def test_an_unknown_indicator_unit_column_or_table_is_told_with_what_to_add(comparison) -> None:
    jobs = comparison.tables["jobs"]
    strange = {
        "jobs": pd.concat([jobs, jobs.iloc[:1].assign(indicator="robots")]),
        "output": comparison.tables["output"].assign(unit="EUR", quality=1),
        "weather": jobs.iloc[:0],
    }
    told = "\n".join(dictionary.undocumented(strange))
    for words in ("'indicator,jobs,robots,", "'EUR'", "'column,output,quality,", "'table,weather,"):
        assert words in told


@pytest.mark.parametrize(
    ("table", "name", "label"),
    [
        ("indicators", "real_gdp", "Real GDP"),
        ("adjustment", "adjustment_cost_gross_low", "Cost of adjustment, gross displacement (low)"),
        ("decomposition_partners", "welfare from rents: importers", "Rents: importers"),
        ("weather", "rain_fall", "rain fall"),
    ],
)
def test_names_for_readers(table: str, name: str, label: str) -> None:
    assert dictionary.label(table, name) == label


def test_names_stand_for_nothing_but_their_sets_and_terms() -> None:
    assert dictionary.indicator("adjustment", "adjustment_cost_middle") is None
    assert dictionary.indicator("decomposition_partners", "welfare from luck") is None


def test_every_formula_is_in_a_file_that_exists() -> None:
    root = Path(__file__).parents[2]
    for e in dictionary.entries():
        assert (root / e.formula).is_file(), f"{e.name}: {e.formula}"
        assert e.what.endswith("."), e.name


def test_a_result_carries_its_dictionary(comparison, tmp_path) -> None:
    out = store.write(comparison, tmp_path / "run")
    with (out / "dictionary.csv").open(encoding="utf-8", newline="") as file:
        assert [dictionary.Entry(**row) for row in csv.DictReader(file)] == list(dictionary.entries())
    assert "dictionary.csv" in store.read(out).manifest["files"]


def test_the_command_shows_what_has_a_word_in_it() -> None:
    shown = CliRunner().invoke(app, ["dictionary", "terms of trade"])
    assert shown.exit_code == 0
    assert "terms_of_trade (index, base = 100) by region" in shown.output
    assert max(map(len, shown.output.splitlines())) <= 80
    rows = json.loads(CliRunner().invoke(app, ["dictionary", "--json"]).output)
    assert len(rows) == len(dictionary.entries())
    assert CliRunner().invoke(app, ["dictionary", "welfair"]).exit_code == 2
