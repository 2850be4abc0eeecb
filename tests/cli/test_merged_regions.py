"""An own aggregation that merges a named economy with others says so."""

from pathlib import Path

import pytest

from calibration.aggregate import load_aggregation
from cge.app import api
from cge.app.case import members_of
from cge.app.merged import merged_notes
from scenarios.reader import parse_scenario
from scenarios.schema import Scenario

TARIFF = "{tariff: {add: 5 points}, importers: USA, exporters: CHN, sectors: goods}"


def scenario(head: str, shock: str = TARIFF, folder: Path | str = ".") -> Scenario:
    return parse_scenario(f"title: t\n{head}shocks:\n  - {shock}\n", file="t.yaml", folder=folder)


def with_canada_in(region: str) -> dict[str, list[str]]:
    regions = {**load_aggregation("default").regions, "CAN": region}
    return {r: sorted(c for c, at in regions.items() if at == region) for r in [region]} | {
        r: sorted(c for c, at in regions.items() if at == r) for r in sorted(set(regions.values()))
    }


@pytest.mark.parametrize("name", ["default", "full"])
def test_shipped_aggregations_need_no_note(name: str) -> None:
    members = members_of(load_aggregation(name))
    head = "focus: USA\nretraining: {regions: USA}\n"
    assert merged_notes(scenario(head), members) == ()
    subsidy = "{production_subsidy: {add: 3 points}, regions: [EU27, USA], sectors: C26}"
    assert merged_notes(scenario(head, subsidy), members) == ()


def test_a_region_named_after_one_economy_that_holds_two() -> None:
    members = with_canada_in("USA")
    words = "region USA of this aggregation also holds CAN: its figures are of both"
    assert merged_notes(scenario("focus: USA\n"), members) == (f"t.yaml:2: {words}",)
    head = "focus: CHN\nretraining: {regions: [JPN, USA]}\n"
    assert merged_notes(scenario(head), members) == (f"t.yaml:3: {words}",)
    assert words in merged_notes(scenario(""), members)[0]


def test_a_measure_at_home_in_part_of_a_region() -> None:
    shock = "{productivity: {change: 2%}, regions: [USA, FRA], sectors: all}"
    notes = merged_notes(scenario("", shock), with_canada_in("USA"))
    assert any("region USA of this aggregation holds USA and also CAN: the measure is av" in n for n in notes)
    assert any(n.startswith("t.yaml:3: region EU27") and "holds FRA and also AUT" in n for n in notes)
    assert len(notes) == 3


def test_the_notes_of_a_run_have_it(tmp_path: Path) -> None:
    default = load_aggregation("small")
    for file, head, rows in (
        ("r.csv", "country,region", {**default.regions, "CAN": "USA"}),
        ("s.csv", "sector,group", default.sectors),
    ):
        lines = "\n".join(f"{a},{b}" for a, b in rows.items())
        (tmp_path / file).write_text(f"{head}\n{lines}\n", encoding="utf-8")
    head = "focus: USA\naggregation: {regions: r.csv, sectors: s.csv}\n"
    case = api.prepare(scenario(head, folder=tmp_path))
    assert sum("region USA of this aggregation also holds CAN" in n for n in case.expanded.notes) == 1
