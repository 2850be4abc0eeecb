"""Scenarios side by side: columns, marks, shares, packages, refusals, and 80 columns of screen."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pytest
from typer.testing import CliRunner

import cge
from calibration.aggregate import load_aggregation
from cge.app import api
from cge.app.cli import app
from cge.app.comparing import Compared, compared, sector_groups, versions
from results import side_by_side_screen, store
from results.errors import ResultsError
from results.side_by_side import BEST, WORST
from results.tidy import WORLD, pick
from scenarios.problems import ScenarioError

HEAD = "title: the United States and China\naggregation: small\nfocus: USA\n"
WALL = "  - {tariff: {to: 40%}, between: [USA, CHN], sectors: goods}\n"
CUT = "  - {tariff: {cut: 50%}, between: [USA, JPN], sectors: goods}\n"
FILES = {
    "wall": HEAD + "shocks:\n" + WALL + "variants:\n  deal: {shocks: [" + CUT.strip(" -\n") + "]}\n"
    "  duties: {baseline: {us_china_duties: false}}\n  rcep: {baseline: {without: [RCEP]}}\n"
    "  deep: {add: [{provisions: deep, between: [USA, CHN], sectors: all}]}\n"
    "  curve: {closure: {labour: wage_curve}}\n",
    "deal": HEAD + "shocks:\n" + CUT,
    "two": HEAD + "packages: [./first.yaml, ./second.yaml]\nshocks:\n" + WALL,
}
PACKAGE = "title: {0}\ndescription: d\nauthor: a\ndate: 2026-01-01\nsources: [s]\nshocks:\n{1}"


@lru_cache(maxsize=1)
def folder() -> Path:
    path = Path(mkdtemp())
    for name, text in FILES.items():
        (path / f"{name}.yaml").write_text(text)
    cut = "  - {tariff: {cut: 20%}, between: [USA, EU27], sectors: goods}\n"
    (path / "first.yaml").write_text(PACKAGE.format("first", CUT))
    (path / "second.yaml").write_text(PACKAGE.format("second", cut))
    return path


@pytest.fixture(autouse=True)
def no_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CGE_RUN_STORE", "off")


def named(name: str) -> str:
    return f"{folder()}/{name}.yaml" if ":" not in name else f"{folder()}/{name.replace(':', '.yaml:')}"


@lru_cache(maxsize=1)
def wall_and_deal() -> Compared:
    return compared(named("wall"), named("deal"))


@pytest.mark.parametrize("name", ["wall", "deal"])
def test_columns_have_the_numbers_of_their_own_runs(name: str) -> None:
    found, own = wall_and_deal().result, api.run(named(name))
    for region in ("USA", "CHN", WORLD):
        change = own.row(region, "welfare_ev")["change"]
        assert found.value("welfare_ev", region, name) == pytest.approx(change, rel=1e-7, abs=1e-3)
    percent = own.row("USA", "real_gdp")["percent"]
    assert found.value("real_gdp%", "USA", name) == pytest.approx(percent, rel=1e-6)
    jobs = pick(own.tables["jobs"], region="USA").set_index("sector")["change"]
    industrial = jobs.drop(["AGF", "SRV"]).sum()
    assert found.value("jobs:industrial", "USA", name) == pytest.approx(industrial, rel=1e-6)
    displaced = pick(own.tables["adjustment"], region="USA", indicator="displaced_gross")["change"].sum()
    assert found.value("displaced", "USA", name) == pytest.approx(displaced, rel=1e-6)


def test_trade_figures_add_up_over_the_world() -> None:
    """What some exporters win by diversion others lose, to the last dollar."""
    table = wall_and_deal().result.wide("exports_diverted").to_numpy()
    assert np.abs(table.sum(axis=0)).max() < 1e-3
    assert np.abs(table).max() > 1000


def test_dependence_falls_where_the_wall_is() -> None:
    found = wall_and_deal().result
    assert found.value("dependence_direct", "USA", "wall") < -0.1
    assert found.value("dependence_embodied", "USA", "wall") < -0.1
    assert "CHN" not in found.wide("dependence_direct").index


def test_best_and_worst_are_marked_where_a_side_is_taken() -> None:
    table = wall_and_deal().result.table

    def marks(indicator: str) -> dict[str, str]:
        rows = pick(table, region="USA", indicator=indicator)
        return dict(zip(rows["scenario"].to_list(), rows["mark"].to_list(), strict=True))

    assert marks("welfare_ev") == {"deal": BEST, "wall": WORST}
    assert marks("adjustment_cost") == {"deal": BEST, "wall": WORST}, "the lower cost is better"
    assert set(pick(table, indicator="exports_created")["mark"]) == {""}


def test_rows_begin_with_the_focus_and_the_partners_named_and_end_with_the_world() -> None:
    rows = wall_and_deal().result.regions
    assert rows[0] == "USA" and rows[-1] == WORLD and set(rows[1:3]) == {"CHN", "JPN"}
    chosen = cge.compare(named("deal"), regions=["JPN", "USA"], focus="JPN")
    assert chosen.regions == ("JPN", "USA") and chosen.focus == "JPN"


@pytest.mark.slow
def test_shares_are_of_the_reference() -> None:
    assert wall_and_deal().result.reference == "deal"
    none = wall_and_deal().result.share["share_of_gain"]
    assert bool(none.isna().to_numpy().all()), "7 USD million is no gain of the United States"
    found = cge.compare(named("wall"), named("deal"), focus="JPN", reference="deal")
    share = found.share.set_index("scenario")
    assert share.loc["deal", "share_of_gain"] == share.loc["deal", "share_of_cost"] == 100
    gains = share["welfare_gain"]
    assert share.loc["wall", "share_of_gain"] == pytest.approx(100 * gains["wall"] / gains["deal"])
    lost = cge.compare(named("wall"), named("deal"), reference="wall").share
    assert lost["share_of_gain"].isna().to_numpy().all(), "there is no share of a loss"
    with pytest.raises(ResultsError, match="reference third: not among the scenarios"):
        cge.compare(named("deal"), reference="third")


def test_packages_add_up_to_the_scenario_in_the_order_of_the_file() -> None:
    found = cge.compare(named("two"))
    rows = pick(found.packages, region="USA", indicator="welfare_ev")
    assert list(rows["package"])[:2] == ["first", "second"] and len(rows) == 3
    assert rows["marginal"].to_numpy().sum() == pytest.approx(
        found.value("welfare_ev", "USA", "two"), abs=1e-9
    )
    own = api.run(named("deal")).row("USA", "welfare_ev")["change"]
    assert rows["marginal"].iloc[0] == pytest.approx(own, rel=1e-7)
    assert "what each package adds" in side_by_side_screen.text(found)


@pytest.mark.slow
def test_versions_with_and_without_a_package_are_columns() -> None:
    found = cge.compare(named("deal"), plus=[f"{folder()}/second.yaml"])
    assert found.labels == ("deal", "deal +second")
    less = cge.compare(named("two"), minus=["first"])
    assert less.labels == ("two", "two -first")
    gains = [less.value("welfare_ev", "USA", n) for n in less.labels]
    assert gains[0] != pytest.approx(gains[1])


def test_versions_are_named_by_the_package_and_its_parameters() -> None:
    (folder() / "pk.yaml").write_text(
        PACKAGE.format(
            "pk", "  - {tariff: {cut: $depth}, between: [USA, $partners], sectors: goods}\n"
        ).replace(
            "shocks:",
            "parameters: {depth: {default: 50%, description: d}, partners: {description: p}}\nshocks:",
        )
    )
    path = folder() / "pk.yaml"
    long = "[VNM, THA, MYS, {}]"
    partners = ("[VNM]", "[THA]", long.format("KOR"), long.format("JPN"))
    entries = [f"{{package: {path}, partners: {who}}}" for who in partners]
    entries = [*entries, f"{{package: {path}, partners: VNM, depth: 20%}}"]
    labels = [v.label for v in versions(named("deal"), entries, [])]
    assert labels == [
        "deal", "deal +pk partners VNM", "deal +pk partners THA", "deal +pk partners VNM THA MYS and 1 more",
        "deal +pk partners VNM THA MYS and 1 more (2)", "deal +pk partners VNM depth 20%",
    ]  # fmt: skip


def test_another_baseline_is_refused_saying_what_differs() -> None:
    with pytest.raises(ResultsError, match=r"cannot stand side by side; they differ in US-China duties \(on"):
        cge.compare(named("wall"), named("wall:duties"))


@pytest.mark.slow
def test_an_agreement_less_in_the_baseline_is_said_and_so_is_another_closure() -> None:
    found = cge.compare(named("wall"), named("wall:rcep"))
    assert any("different baselines" in n and "without RCEP" in n for n in found.notes)
    other = cge.compare(named("wall"), named("wall:curve"))
    assert any("labour wage_curve" in n for n in other.notes)


def test_barriers_in_one_column_put_all_on_the_benchmark_with_rents() -> None:
    found = cge.compare(named("deal"), named("wall:deep"))
    words = "because wall: deep moves barriers; alone, deal would differ"
    words = words.replace("wall: deep", next(n for n in found.labels if n != "deal"))
    assert any(n.startswith("All stand on the benchmark with rents of barriers") and words in n
               for n in found.notes)  # fmt: skip
    assert not any("rents" in n for n in wall_and_deal().result.notes)
    shown = (side_by_side_screen.text(found), side_by_side_screen.markdown(found))
    shown = (*shown, json.dumps(side_by_side_screen.as_json(found)))
    assert all(words in " ".join(text.split()) for text in shown)
    case = api.prepare(named("deal"), rents=True)
    own = api.comparison(case, *api.solve(case)).row("USA", "welfare_ev")["change"]
    assert found.value("welfare_ev", "USA", "deal") == pytest.approx(own, rel=1e-6)


@pytest.mark.slow
def test_a_result_folder_is_read_and_must_have_the_same_accounts(tmp_path: Path) -> None:
    store.write(api.run(named("wall")), tmp_path / "kept")
    found = cge.compare(tmp_path / "kept", named("deal"))
    assert found.status == {"kept": "read", "deal": "solved"}
    assert found.value("welfare_ev", "USA", "kept") == pytest.approx(
        wall_and_deal().result.value("welfare_ev", "USA", "wall"), rel=1e-7
    )
    store.write(api.run(named("deal"), aggregation="default"), tmp_path / "finer")
    with pytest.raises(ResultsError, match=r"differ in aggregation \(small against default\)"):
        cge.compare(tmp_path / "kept", tmp_path / "finer")
    manifest = json.loads((tmp_path / "kept" / "manifest.json").read_text())
    manifest["scenario"]["title"] = "edited"
    (tmp_path / "kept" / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ResultsError, match="changed after it was written"):
        cge.compare(tmp_path / "kept")


@pytest.mark.slow
def test_names_that_mean_nothing_are_refused() -> None:
    with pytest.raises(ResultsError, match="named twice: deal"):
        cge.compare(named("deal"), named("deal"))
    with pytest.raises(ResultsError, match="indicator happiness: there is none"):
        cge.compare(named("deal"), indicators=["happiness"])
    with pytest.raises(ResultsError, match="no sector group that this aggregation keeps apart"):
        cge.compare(named("deal"), indicators=["jobs:finance"])
    with pytest.raises(ResultsError, match="region Mars"):
        cge.compare(named("deal"), regions=["Mars"])
    with pytest.raises(ScenarioError, match="no variant 'dael'"):
        cge.compare(named("wall:dael"))
    with pytest.raises(ScenarioError, match="at least one"):
        cge.compare()


def test_sector_groups_are_those_the_aggregation_keeps_apart() -> None:
    groups = sector_groups(api.prepare(named("deal")).aggregation)
    assert groups["industrial"] == ("MIN", "TEX", "OMF", "CHM", "ELM", "MVH")
    assert groups["services"] == ("SRV",)
    assert not {"finance", "food", "manufacturing"} & set(groups), "food is with farming here"
    assert any("does not keep manufacturing apart" in n for n in wall_and_deal().result.notes)
    assert "manufacturing" in sector_groups(load_aggregation("default"))


def test_the_screen_fits_eighty_columns_in_blocks_and_needs_no_colour() -> None:
    text = side_by_side_screen.text(wall_and_deal().result)
    assert max(map(len, text.splitlines())) <= 80
    assert "▲" in text and "▼" in text and "wall (solved)" in text
    plain = side_by_side_screen.text(wall_and_deal().result, ascii_only=True)
    assert "▲" not in plain and "^" in plain
    blocks = side_by_side_screen.blocks([f"s{n}" for n in range(9)])
    assert [len(b) for b in blocks] == [3, 3, 3] and sum(blocks, ()) == tuple(f"s{n}" for n in range(9))


@pytest.mark.slow
def test_many_long_names_fit_as_well() -> None:
    names = []
    for n in range(6):
        copy = folder() / f"a-scenario-with-a-very-long-name-number-{n}.yaml"
        copy.write_text(FILES["deal"].replace("50%", f"{10 * n + 10}%"))
        names.append(copy)
    text = side_by_side_screen.text(cge.compare(*names))
    assert max(map(len, text.splitlines())) <= 80


def test_markdown_and_json_carry_every_number() -> None:
    found = wall_and_deal().result
    text = side_by_side_screen.markdown(found)
    assert "| Region | wall | deal |" in text and "deal brings USA no gain" in text
    content = side_by_side_screen.as_json(found)
    assert len(content["table"]) == len(found.table) and content["reference"] == "deal"
    rows = [r for r in content["table"] if r["indicator"] == "welfare_ev" and r["region"] == "USA"]
    np.testing.assert_allclose([r["value"] for r in rows], found.wide("welfare_ev").loc["USA"])


def test_the_command_line_prints_and_writes(tmp_path: Path) -> None:
    out = tmp_path / "both"
    asked = ["compare", named("wall"), named("deal"), "--indicator", "welfare_ev", "-o", str(out)]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert "Welfare" in done.output
    assert {p.name for p in out.iterdir()} == {
        "comparison.csv", "comparison.md", "comparison.json", "share_of_gain.csv", "dictionary.csv",
        "wall", "deal",
    }  # fmt: skip
    assert (out / "wall" / "ledger.csv").is_file()
    again = CliRunner().invoke(app, asked)
    assert again.exit_code == 2 and "--force" in again.output
    assert store.read(out / "wall").scenario == Path(named("wall")).read_text("utf-8")
    quiet = CliRunner().invoke(app, ["compare", named("deal"), "--indicator", "welfare_ev", "-q", "--json"])
    assert json.loads(quiet.stdout)["reference"] == "deal"
    silent = CliRunner().invoke(app, ["compare", named("deal"), "--indicator", "welfare_ev", "-q"])
    assert silent.stdout == ""
    members = CliRunner().invoke(
        app, ["attribute", named("deal"), "-q", "--json", "--indicator", "welfare_ev"]
    )
    assert members.exit_code == 0, members.output
    assert json.loads(members.stdout)["players"] == ["JPN", "USA"]
