"""Members of the European Union that are aimed at one by one, and dates beside the baseline's."""

import pytest

from scenarios.apply import check
from scenarios.problems import ScenarioError
from scenarios.reader import parse_scenario
from scenarios.schema import Scenario

UNION = "in a customs union (EU27)"
PHASED = "the baseline's agreements are fully phased in"


def scenario(*shocks: str, head: str = "") -> Scenario:
    return parse_scenario(f"title: t\n{head}shocks:\n" + "".join(f"  - {s}\n" for s in shocks), file="t.yaml")


def told(what: str, found: Scenario, regions: list[str], sectors: list[str]) -> list[str]:
    return [n for n in check(found, regions, sectors) if what in n]


@pytest.mark.parametrize(
    "shock",
    [
        "{tariff: {add: 5 points}, importers: FRA, exporters: CHN, sectors: goods}",
        "{join: CPTPP, members: FRA}",
        "{bilateral: {tariffs: 100%}, between: [USA, FRA]}",
        "{retaliate: {against: USA}, importers: FRA, sectors: goods}",
    ],
)
def test_one_member_sets_no_tariff(shock: str, regions: list[str], sectors: list[str]) -> None:
    (note,) = told(UNION, scenario(shock), regions, sectors)
    assert note.startswith("t.yaml:3: FRA is in a customs union (EU27): it sets no tariff alone")
    assert not told(UNION, scenario(shock.replace("FRA", "EU27")), regions, sectors)
    assert not told(UNION, scenario(shock, head="baseline: {without: EU27}\n"), regions, sectors)


@pytest.mark.parametrize(
    "shock",
    [
        "{tariff: {add: 5 points}, importers: USA, exporters: FRA, sectors: goods}",
        "{tariff: {add: 5 points}, importers: all, sectors: goods}",
        "{provisions: deep, between: [USA, FRA]}",
        "{barrier: {iceberg: -3%}, importers: FRA, sectors: services}",
        "{quota: {volume: -10%}, importers: FRA, exporters: CHN, sectors: C26}",
    ],
)
def test_what_a_member_may_do_alone_is_not_told(shock: str, regions: list[str], sectors: list[str]) -> None:
    assert not told(UNION, scenario(shock), regions, sectors)


def test_many_members_are_counted(regions: list[str], sectors: list[str]) -> None:
    shock = (
        "{tariff: {add: 5 points}, importers: [AUT, BEL, DEU, ESP, FRA, ITA], exporters: CHN, sectors: goods}"
    )
    (note,) = told(UNION, scenario(shock), regions, sectors)
    assert "AUT, BEL, DEU, ESP and 2 others are in a customs union (EU27): they set no tariffs" in note


def test_a_date_before_the_baseline_is_refused(regions: list[str], sectors: list[str]) -> None:
    early = scenario("{agreement: RCEP}", head="as_of: 2025-12-31\n")
    with pytest.raises(
        ScenarioError, match=r"t\.yaml:2: as_of: 2025-12-31 is before 2026-01-01, the date of"
    ):
        check(early, regions, sectors)
    check(scenario("{agreement: RCEP}", head="as_of: 2026-01-01\n"), regions, sectors)


def test_a_year_says_that_the_baseline_has_none(regions: list[str], sectors: list[str]) -> None:
    (note,) = told(PHASED, scenario("{join: CPTPP, members: KOR, year: 5}"), regions, sectors)
    assert note.startswith("t.yaml:3: ") and note.endswith("as of that year")
    assert not told(PHASED, scenario("{join: CPTPP, members: KOR}"), regions, sectors)
    head = "as_of: 2031-01-01\npackages: [{package: rcep-deepens, from: 2030-01-01}]\n"
    (note,) = told(PHASED, scenario("{join: CPTPP, members: KOR}", head=head), regions, sectors)
    assert note.startswith("t.yaml:2: ") and note.endswith("as of 2031-01-01")
