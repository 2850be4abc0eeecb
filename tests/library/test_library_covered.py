"""The stored numbers and claims are about the library that is shipped, all of it."""

from __future__ import annotations

import library_runs as runs
import pandas as pd
import pytest

from scenarios.reader import library, read_scenario


def test_the_parts_hold_every_scenario_once() -> None:
    named = [name for names in runs.PARTS.values() for name in names]
    assert sorted(named) == sorted(library())


@pytest.mark.parametrize("name", sorted(library()))
def test_every_case_has_its_stored_rows(name: str) -> None:
    table = runs.expected(name)
    assert list(table.columns) == ["variant", "region", *runs.STORED]
    wanted = [case.partition(":")[2] for case in runs.cases([name])]
    assert list(dict.fromkeys(table.variant)) == wanted
    regions = table.groupby("variant").region.apply(sorted)
    assert all(r == regions.iloc[0] for r in regions) and "WORLD" in regions.iloc[0]
    assert not pd.isna(table[list(runs.STORED)]).to_numpy().any()


def test_no_table_without_its_scenario() -> None:
    assert {path.stem for path in runs.EXPECTED.glob("*")} == set(library())


def test_claims_name_cases_that_exist_and_say_why() -> None:
    table = runs.claims()
    known = {case for name in library() for case in runs.cases([name])}
    for row in table.to_dict("records"):
        assert row["scenario"] + (f":{row['variant']}" if row["variant"] else "") in known, row
        assert row["relation"] in ("<", ">", "between") and row["value"] and len(row["why"]) > 4, row
        if row["value"].startswith("case "):
            assert row["value"].removeprefix("case ") in known, row
    assert not table.duplicated(["scenario", "variant", "region", "indicator", "partner", "sectors", "value",
                                 "relation"]).any()  # fmt: skip


def test_what_is_contradicted_has_a_band_that_holds_the_stored_figure() -> None:
    for row in runs.claims().to_dict("records"):
        assert bool(row["found"]) == bool(row["contradicted"]), row
        if row["found"] and row["indicator"] in runs.STORED:
            case = row["scenario"] + (f":{row['variant']}" if row["variant"] else "")
            assert runs.within(runs.stored(case).loc[row["region"], row["indicator"]], row["found"]), row


def test_every_scenario_has_a_claim() -> None:
    assert set(runs.claims().scenario) == set(library())


def test_wording_takes_no_side() -> None:
    """No adjective of praise or blame in what the library says of a policy."""
    loaded = ("unfair", "cheat", "disaster", "reckless", "stupid", "protectionist", "rip off", "job-killing",
              "aggressive", "bully")  # fmt: skip
    for name in library():
        text = read_scenario(name).origin.text.lower()
        assert not [word for word in loaded if word in text], name
