"""What agreements and baselines do to the tariffs."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from scenarios.apply import apply
from scenarios.groups import load_groups
from scenarios.mfn import mfn_rates
from scenarios.problems import ScenarioError
from scenarios.reader import parse_scenario, scenario_hash
from scenarios.schema import Baseline


def test_mfn_leaves_additional_duties_out() -> None:
    regions = ["USA", "CHN", "JPN"]
    tm = np.zeros((3, 3, 1))
    tm[1, 0], tm[2, 0], tm[0, 1], tm[2, 1] = 0.25, 0.03, 0.30, 0.08
    assert mfn_rates(tm, regions)[0, :2, 0].tolist() == [0.03, 0.08]


def test_rcep_added_to_the_rest_is_the_baseline(world: xr.Dataset) -> None:
    without = (
        "title: t\nbaseline: {name: in-force-2026, without: [RCEP]}\n"
        "shocks: [{agreement: RCEP, parts: tariffs}]\n"
    )
    added = apply(parse_scenario(without), world)
    whole = apply(parse_scenario("title: t\nshocks: []\n"), world)
    xr.testing.assert_identical(added.counterfactual, whole.baseline)
    assert not added.table.empty and set(added.table.region) <= set(load_groups().members("RCEP"))


def test_agreements_cut_mfn_and_never_raise(world: xr.Dataset) -> None:
    text = "title: t\nshocks: [{agreement: RCEP, parts: tariffs, utilisation: 100%, rules_of_origin: 0%}]\n"
    policy = apply(parse_scenario(text + "baseline: benchmark-2022\n"), world)
    before, after = policy.baseline.tm, policy.counterfactual.tm
    mfn = before.sel(d="CHN", i="C28", o=[o for o in before.o.values if o not in ("CHN", "USA")]).max()
    expected = min(before.sel(o="JPN", d="CHN", i="C28").item(), mfn.item() * (1 - 0.848))
    assert after.sel(o="JPN", d="CHN", i="C28") == expected
    assert (after <= before).all()
    assert (after.sel(o="USA") == before.sel(o="USA")).all()


def test_an_agreement_counts_its_members_on_the_baseline_date(tmp_path: Path, world: xr.Dataset) -> None:
    entry = "agreements: [{agreement: CPTPP, since: 2018-12-30, source: s, confidence: derived}]\n"
    for day, free in (("2024-12-14", False), ("2024-12-15", True)):
        (tmp_path / "mine.yaml").write_text(f"title: mine\ndate: {day}\n{entry}")
        base = "{name: mine.yaml, use: {all: {utilisation: 100%}}}"
        asked = parse_scenario(f"title: t\nbaseline: {base}\nshocks: []\n", folder=tmp_path)
        rate = apply(asked, world).baseline.tm.sel(o="GBR", d="VNM", i="C29").item()
        assert (rate == 0) is free


def test_measures_come_after_the_agreements(tmp_path: Path, world: xr.Dataset) -> None:
    (tmp_path / "mine.yaml").write_text(
        "title: mine\ndate: 2026-01-01\n"
        "agreements: [{agreement: CPTPP, since: 2018-12-30, source: s, confidence: derived}]\n"
        "measures:\n  - title: duties\n    date: 2025-04-01\n    source: s\n    confidence: assumption\n"
        "    shocks: [{tariff: {add: 10%}, importers: JPN, exporters: AUS, sectors: motor_vehicles}]\n"
    )
    base = "{name: mine.yaml, use: {CPTPP: {utilisation: 100%, rules_of_origin: 0%}}}"
    asked = parse_scenario(f"title: t\nbaseline: {base}\nshocks: []\n", folder=tmp_path)
    policy = apply(asked, world)
    assert policy.baseline.tm.sel(o="AUS", d="JPN", i="C29") == 0.10
    why = policy.baseline_table.query("partner == 'AUS' and region == 'JPN' and sector == 'C29'").why.item()
    assert why.startswith("mine.yaml:3 agreement CPTPP; mine.yaml:9 measures[0].shocks[0]")
    assert policy.table.empty


def test_measures_need_a_source(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "title: mine\ndate: 2026-01-01\nmeasures:\n  - title: duties\n    date: 2025-04-01\n"
        "    shocks: [{tariff: {add: 10%}, importers: JPN, sectors: goods}]\n"
    )
    with pytest.raises(
        ScenarioError, match=r"mine\.yaml:4: measures\[0\]: measures with shocks need 'source'"
    ):
        parse_scenario("title: t\nbaseline: mine.yaml\nshocks: []\n", folder=tmp_path)


def test_older_tariffs_and_what_they_do_not_hold(world: xr.Dataset) -> None:
    text = "title: t\nbaseline: {name: in-force-2026, without: [CPTPP], tariffs: %s}\nshocks: []\n"
    newer, older = (apply(parse_scenario(text % year), world).notes for year in (2022, 2017))
    assert any("hold part of CPTPP" in n for n in newer) and not any("hold part of CPTPP" in n for n in older)
    assert any("USJTA entered into force on 2020-01-01" in n for n in older)
    assert not any("USJTA" in n for n in newer)


def test_a_changed_copy_reads_its_own_baseline(world: xr.Dataset) -> None:
    asked = parse_scenario("title: t\nshocks: []\n")
    plain = asked.model_copy(update={"baseline": Baseline(name="benchmark-2022")})
    assert apply(asked, world).baseline_table.shape[0] > 0
    assert apply(plain, world).baseline_table.empty


def test_the_hash_sees_content_and_policy_files() -> None:
    one = parse_scenario("title: t\nshocks: []\n")
    same = parse_scenario("# a comment\ntitle: t\nshocks: []\n", file="other.yaml")
    other = parse_scenario("title: t\nbaseline: benchmark-2022\nshocks: []\n")
    assert scenario_hash(one) == scenario_hash(same) != scenario_hash(other)
    assert one == same and hash(one) == hash(same) and one != other


def test_an_agreement_line_that_later_lines_hide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, world: xr.Dataset
) -> None:
    line = "  - {cut: %s, sectors: %s, importers: %s, source: s, confidence: assumption}\n"
    lines = line % ("50%", "food", "USA") + line % ("90%", "goods", "USMCA")
    head = "agreement: New\ntitle: n\nparties: USMCA\nin_data: none\nsources: s\n"
    (tmp_path / "New.yaml").write_text(f"{head}lines:\n{lines}")
    monkeypatch.setattr("scenarios.reader.AGREEMENTS", tmp_path)
    asked = parse_scenario("title: t\nbaseline: benchmark-2022\nshocks: [{agreement: New}]\n")
    with pytest.raises(ScenarioError, match=r"New\.yaml:7: lines\[0\]: later lines cover every flow"):
        apply(asked, world)


def test_an_agreement_in_the_data_has_no_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "New.yaml").write_text(
        "agreement: New\ntitle: n\nparties: USMCA\nin_data: partly\nsources: [s]\n"
    )
    monkeypatch.setattr("scenarios.reader.AGREEMENTS", tmp_path)
    with pytest.raises(ScenarioError, match="has lines exactly when"):
        parse_scenario("title: t\nbaseline: benchmark-2022\nshocks: [{agreement: New}]\n")


def test_an_earlier_year_takes_nothing_from_those_who_are_further(world: xr.Dataset) -> None:
    """An agreement that is in force already, written again as of its third year, raises nobody's rate."""
    text = "title: t\nbaseline: in-force-2026\nshocks:\n  - {agreement: CPTPP, parts: tariffs, year: 3}\n"
    policy = apply(parse_scenario(text, file="t.yaml"), world)
    assert not (policy.counterfactual.tm > policy.baseline.tm).any()
    assert any("in force already" in note and "without: [CPTPP]" in note for note in policy.notes)
    fresh = text.replace("in-force-2026", "{name: in-force-2026, without: [CPTPP]}")
    staged = apply(parse_scenario(fresh), world)
    full = apply(parse_scenario(fresh.replace(", year: 3", "")), world)
    assert (staged.counterfactual.tm > full.counterfactual.tm).any()
    assert not (staged.counterfactual.tm < full.counterfactual.tm).any()
