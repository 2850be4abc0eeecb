"""What a result says of itself beside its numbers: names, the policy in words, the assumptions in use."""

from __future__ import annotations

from pathlib import Path

import pytest

from cge.app import account, api
from cge.app.assumptions import csv_files
from cge.app.case import Case
from scenarios.reader import parse_scenario

MINE = """\
title: t
aggregation: small
overrides:
  - {parameter: sigma_m, sectors: [C26], value: 5.0}
retraining: {regions: USA}
shocks:
  - {tariff: {to: 0%}, importers: USA, exporters: JPN, sectors: goods}
"""


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    path = tmp_path_factory.mktemp("account") / "mine.yaml"
    path.write_text(MINE)
    return api.prepare(path)


def test_every_region_has_its_economies_and_every_group_its_sectors(case: Case) -> None:
    inside = account.members(case.aggregation)
    assert inside["USA"] == ("USA",)
    assert set(inside["NAM"]) == {"CAN", "MEX"}
    assert sorted(x for m in inside.values() for x in m) == sorted(case.aggregation.regions)


def test_the_policy_is_told_in_words_with_its_size_and_the_line_that_writes_it(case: Case) -> None:
    told = account.policy(case)
    (line,) = told["lines"]
    assert told["changes"] == len(case.expanded.table) > 10
    for words in ("tariff, goods", "USA on imports from JPN", "-> 0 %", "of trade", "mine.yaml:7"):
        assert words in line
    assert told["parties"] == ["JPN", "USA"] and told["access"] is False


def test_a_policy_that_changes_nothing_has_no_lines() -> None:
    nothing = parse_scenario("title: t\naggregation: small\nshocks: []\n")
    told = account.policy(api.prepare(nothing))
    assert (told["changes"], told["access"]) == (0, False)
    assert not any(told[name] for name in ("lines", "parties", "movers", "moves", "look_at", "tariffs"))


def test_who_stands_on_either_side_and_what_is_paid_inside_the_model(case: Case, tmp_path: Path) -> None:
    assert set(account.policy(case)["parties"]) == {"USA", "JPN"}
    (tmp_path / "paid.yaml").write_text(MINE + "compensation: {regions: USA, financed_by: consumption_tax}\n")
    last = account.policy(api.prepare(tmp_path / "paid.yaml"))["lines"][-1]
    assert last.startswith("compensation: 100 %")
    assert "consumption tax" in last


def test_many_shocks_are_told_to_a_limit_and_the_rest_is_counted() -> None:
    shock = "  - {{tariff: {{add: {} points}}, importers: USA, exporters: [{}], sectors: goods}}\n"
    names = (
        "AGO ARE ARG AUS AUT BEL BGD BGR BLR BRA BRN CAN CHE CHL CHN CIV CMR COD COL CRI CYP CZE DEU DNK EGY"
    )
    names += " ESP EST FIN FRA GBR GRC HKG HRV HUN IDN IND IRL ISL ISR ITA JOR JPN KAZ"
    shocks = "".join(shock.format(n + 1, c) for n, c in enumerate(names.split()))
    told = account.policy(api.prepare(parse_scenario("title: t\naggregation: full\nshocks:\n" + shocks)))
    assert len(told["lines"]) == account.MOST_LINES
    left = len(names.split()) - account.MOST_LINES + 1
    assert told["lines"][-1].startswith(f"{left} more")


def test_what_the_scenario_replaces_stands_in_the_list_with_its_line(case: Case) -> None:
    rows = account.assumptions(case.scenario)
    assert {"table", "assumption", "value", "unit", "source", "confidence", "changed"} == set(rows[0])
    (changed,) = [r for r in rows if r["assumption"] == "sigma_m C26"]
    assert changed["value"] == "5"
    assert "mine.yaml:4" in changed["changed"]
    (range_,) = [r for r in rows if r["assumption"] == "sigma_m"]
    assert "50 values" in range_["value"]
    assert range_["source"]
    assert range_["confidence"]


def test_only_what_the_scenario_rests_on_is_listed(case: Case) -> None:
    tables = {r["table"] for r in account.assumptions(case.scenario)}
    assert {"retraining", "adjustment", "us_china_duties", "elasticities in use"} <= tables
    assert not {"standards", "staging", "provisions", "frisch", "memberships"} & tables
    deep = {r["table"] for r in account.assumptions(api.read("us-joins-cptpp", "deep"))}
    assert {"provisions", "barrier_assumptions", "rent_floors", "barriers in use"} <= deep
    assert "retraining" not in deep


def test_every_rule_is_about_a_table_that_exists() -> None:
    known = {Path(file).stem for file in csv_files()}
    assert set(account.USED_WHEN) | account.NAMES_ONLY <= known
