"""Model against published: figures add up from the flows, words stand where a factor would mislead."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from rich.console import Console

from calibration.aggregate import Aggregation
from results import published
from results.compare import Comparison
from results.contributions import COMPONENTS, contributions, subsets
from results.errors import ResultsError
from results.published import compare_published, our_figures, published_rows, published_table
from results.published_screen import render
from scenarios.groups import load_groups, load_sector_groups
from scenarios.reader import library

TAGS = ("verified-page", "derived", "repo-file", "replicated")


def rows(**columns: list[str]) -> pd.DataFrame:
    """Invented published rows; every text that is not given is empty."""
    count = len(next(iter(columns.values())))
    names = list(published_table().columns)
    table = pd.DataFrame({n: columns.get(n, [""] * count) for n in names})
    table["scale"] = [float(x) for x in columns.get("scale", ["1"] * count)]
    table["value"] = [float(x) for x in columns.get("value", ["1"] * count)]
    return table


def stored(monkeypatch: pytest.MonkeyPatch, table: pd.DataFrame) -> None:
    monkeypatch.setattr(published, "published_table", lambda: table)


def test_every_row_is_sourced_and_names_things_that_exist() -> None:
    table = published_table()
    regions, sectors = load_groups(), load_sector_groups()
    industries = list(sectors.groups["goods"]) + list(sectors.groups["services"])
    economies = list(published.region_labels())
    known = {"welfare_ev", "real_gdp", "employment", "exports_volume", "imports_volume", "output", "jobs",
             "trade_among", "creation_among", "diversion_among", "displaced_imports_with_inputs"}  # fmt: skip
    for row in table.to_dict("records"):
        assert row["confidence"].startswith(TAGS), row
        assert "http" in row["source"] or "strategicpipa.org" in row["source"], row
        assert row["scenario"] in library()
        assert row["comparable"] in published.COMPARABLE
        assert row["measure"] == ("percent" if row["unit"] == "%" else "change")
        assert row["scale"] == {"%": 1, "USD bn": 0.001, "thousand": 1}[row["unit"]]
        assert row["indicator"] in known
        assert len(row["note"]) > 20
        if row["region"] != "WORLD":
            for name in row["region"].removeprefix("not ").split():
                regions.expand(name, economies)
        for name in row["partner"].split():
            regions.expand(name, economies)
        for name in row["sectors"].split():
            sectors.expand(name, industries)
    keys = ["study", "scenario_there", "region", "metric", "unit", "scenario", "variant"]
    assert not table.duplicated(keys).any()
    assert set(table.scenario) == {
        "us-joins-cptpp", "rcep", "china-joins-cptpp", "ftaap", "us-china-tariff-war"
    }  # fmt: skip


def test_members_that_gain_from_one_another_are_never_like_for_like() -> None:
    """Of the accession of the USA, only the USA, the world and members without an agreement with it."""
    mine = published_table().query("scenario == 'us-joins-cptpp'")
    assert set(mine.region) == {"USA", "WORLD", "JPN", "MYS", "NZL", "VNM"}
    assert set(mine[mine.region != "USA"].comparable) == {"partly"}


def test_rows_by_scenario_and_variant() -> None:
    deep, tariffs, main = (published_rows("us-joins-cptpp", v) for v in ("deep", "tariffs", ""))
    assert len(deep) > len(tariffs) > 0
    assert list(tariffs.index) == list(main.index)
    assert set(published_rows("rcep").scenario_there) & {"tariffs, NTMs, liberal rules of origin"}
    assert set(published_rows("rcep", "tariffs").metric) >= {"trade creation", "real income"}
    assert published_rows("unilateral-free-trade-usa").empty


def test_figures_are_those_of_the_tables_and_of_the_flows(comparison: Comparison) -> None:
    table = rows(
        region=["USA", "USA", "USA", "WORLD", "USA", "USA", "USA", "VNM"],
        indicator=["welfare_ev", "welfare_ev", "imports_volume", "welfare_ev", "imports_volume", "output",
                   "jobs", "displaced_imports_with_inputs"],
        measure=["percent", "change", "percent", "change", "change", "percent", "change", "change"],
        partner=["", "", "", "", "CHN", "", "", ""],
        sectors=["", "", "", "", "C26", "A01 C26", "G", ""],
        scale=["1", "0.001", "1", "1", "1", "1", "1", "1"],
    )  # fmt: skip
    model = our_figures(comparison, table).model
    ev, imports = comparison.row("USA", "welfare_ev"), comparison.row("USA", "imports_volume")
    assert model[0] == pytest.approx(ev.percent)
    assert model[1] == pytest.approx(ev.change / 1000)
    assert model[2] == pytest.approx(imports.percent)
    assert model[3] == pytest.approx(comparison.row("WORLD", "welfare_ev").change)
    b, n = comparison.base, comparison.new
    flow = b.benchmark.X0 * (1 + b.benchmark.te0) * b.values.py.rename(r="o") * (1 + b.values.te)
    flow = flow / (1 + b.benchmark.te0) * (n.values.x - b.values.x)
    assert model[4] == pytest.approx(float(flow.sel(o="CHN", d="USA", i="C26")), rel=1e-9)
    out = comparison.tables["output"].query("region == 'USA' and sector in ['A01', 'C26']")
    assert model[5] == pytest.approx(100 * out.change.sum() / out.baseline.sum())
    job = comparison.tables["jobs"].query("region == 'USA' and sector == 'G'")
    assert model[6] == pytest.approx(job.change.sum())
    gone = comparison.tables["adjustment"].query(
        "region == 'VNM' and indicator == 'displaced_imports_with_inputs'"
    )
    assert model[7] == pytest.approx(gone.change.sum()) and model[7] > 0


def test_trade_by_partner_adds_up_to_all_exports(comparison: Comparison) -> None:
    table = rows(
        region=["CHN", "CHN", "CHN"], indicator=["exports_volume"] * 3, measure=["change"] * 3,
        partner=["USA", "VNM", "WORLD"],
    )  # fmt: skip
    model = our_figures(comparison, table).model
    assert model[0] + model[1] == pytest.approx(model[2])
    assert model[2] == pytest.approx(comparison.row("CHN", "exports_volume").change)


def test_trade_of_a_group_and_of_the_others(comparison: Comparison) -> None:
    """RCEP here is CHN and VNM; outside is the USA, whose trade inside counts as trade among outsiders."""
    table = rows(
        region=["RCEP", "not RCEP", "RCEP", "RCEP"], measure=["change"] * 4,
        indicator=["trade_among", "trade_among", "creation_among", "diversion_among"],
    )  # fmt: skip
    model = our_figures(comparison, table).model
    ledger = comparison.tables["ledger"]
    inside = ledger[ledger.region.isin(["CHN", "VNM"]) & ledger.partner.isin(["CHN", "VNM"])]
    assert model[2] == pytest.approx(inside.query("indicator == 'trade_creation'").change.sum())
    assert model[3] == pytest.approx(inside.query("indicator == 'trade_diversion'").change.sum())
    assert model[2] + model[3] == pytest.approx(inside.query("indicator == 'imports'").change.sum())
    b, n = comparison.base, comparison.new
    price = b.values.py.rename(r="o") * (1 + b.values.te)
    change = (price * b.benchmark.X0 * (n.values.x - b.values.x)).sum("i")
    assert model[1] == pytest.approx(float(change.sel(o="USA", d="USA")), rel=1e-9)
    goods = our_figures(comparison, rows(region=["RCEP"], measure=["change"], indicator=["trade_among"],
                                         sectors=["goods"])).model  # fmt: skip
    assert 0 < abs(goods[0]) < abs(model[0])
    two = change.sel(o=["CHN", "VNM"], d=["CHN", "VNM"])
    assert model[0] == pytest.approx(float(two.sum()), rel=1e-9)


def test_a_region_that_is_only_in_part_of_a_group_has_no_figure(comparison: Comparison) -> None:
    """Where CHN also holds India, China is no figure of RCEP, and the reason is said."""
    mixed = Aggregation(
        "mixed",
        {"USA": "USA", "CHN": "CHN", "IND": "CHN", "VNM": "VNM"},
        {"A01": "A01", "A02": "A01", "C26": "C26", "G": "G"},
    )
    table = rows(
        region=["RCEP", "VNM", "USA", "BRA"], indicator=["welfare_ev", "welfare_ev", "output", "welfare_ev"],
        measure=["change"] * 4, sectors=["", "", "farming", ""],
    )  # fmt: skip
    found = our_figures(comparison, table, mixed)
    assert found.model.isna().tolist() == [True, False, True, True]
    assert "CHN of this aggregation is only in part RCEP" in found.word[0]
    assert "A01 of this aggregation is only in part farming" in found.word[2]
    assert "BRA" in found.word[3]
    wrong = replace(mixed, regions={"USA": "USA"})
    with pytest.raises(ResultsError, match="not the one that was solved"):
        our_figures(comparison, table, wrong)


def test_a_factor_only_where_it_says_something(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    ev = comparison.row("USA", "welfare_ev").change
    table = rows(
        region=["USA"] * 6, scenario=["invented"] * 6, variant=["main"] * 6, measure=["change"] * 6,
        indicator=["welfare_ev"] * 5 + ["employment"],
        comparable=["yes", "partly", "yes", "yes", "no", "yes"],
        value=[str(2 * ev), str(ev), str(-ev), "0", "1", "3"],
    )  # fmt: skip
    stored(monkeypatch, table)
    found = compare_published(comparison, scenario="invented")
    assert found.factor[0] == pytest.approx(0.5)
    assert found.factor[1] == pytest.approx(1.0)
    assert np.isnan(found.factor.to_numpy()[2:]).all()
    words = ["", "", "opposite sign", "published is 0", "not like for like", "held by the closure"]
    assert found.word.tolist() == words
    assert compare_published(comparison, scenario="invented", variant="deep").empty


def test_name_and_variant_are_those_of_the_run(comparison: Comparison) -> None:
    """A run of a variant is called by the file's name and the variant's."""
    info = replace(comparison.scenario, name="rcep-tariffs", choices={"variant": "tariffs"})
    found = compare_published(replace(comparison, scenario=info))
    assert list(found.index) == list(published_rows("rcep", "tariffs").index)
    main = replace(comparison.scenario, name="rcep")
    found = compare_published(replace(comparison, scenario=main))
    assert list(found.index) == list(published_rows("rcep").index)


def test_contributions_must_sum_to_the_model(comparison: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    table = rows(
        region=["USA", "BRA"], scenario=["invented"] * 2, variant=["main"] * 2, comparable=["yes"] * 2,
        measure=["percent"] * 2, indicator=["welfare_ev"] * 2, study=["A study"] * 2, unit=["%"] * 2,
    )  # fmt: skip
    stored(monkeypatch, table)
    figure = our_figures(comparison, published_rows("invented")).model
    parts = contributions({s: figure * len(s) ** 2 / 9 for s in subsets(COMPONENTS)})
    found = compare_published(comparison, parts, scenario="invented")
    shown = found[[*COMPONENTS, "market structure"]].sum(axis=1, skipna=False)
    assert shown.to_numpy()[0] == pytest.approx(found.model[0], rel=1e-12)
    assert np.isnan(shown.to_numpy()[1])
    with pytest.raises(ResultsError, match="they are of another run"):
        compare_published(comparison, parts * 1.001, scenario="invented")
    with pytest.raises(ResultsError, match="no contributions for the published rows"):
        compare_published(comparison, parts.iloc[1:], scenario="invented")


def test_permuting_labels_changes_no_figure(comparison: Comparison) -> None:
    def turned(data: xr.Dataset) -> xr.Dataset:
        return data.isel({d: slice(None, None, -1) for d in data.dims})

    base, new = (
        replace(s, values=turned(s.values), benchmark=turned(s.benchmark))
        for s in (comparison.base, comparison.new)
    )
    table = rows(
        region=["RCEP", "CHN", "USA"], indicator=["trade_among", "exports_volume", "welfare_ev"],
        measure=["change"] * 3, partner=["", "USA", ""],
    )  # fmt: skip
    one = our_figures(comparison, table).model
    two = our_figures(replace(comparison, base=base, new=new), table).model
    np.testing.assert_allclose(one, two, rtol=1e-12)


def text_of(frame: pd.DataFrame) -> str:
    stream = io.StringIO()
    Console(file=stream, width=80).print(render(frame))
    return stream.getvalue()


@pytest.mark.parametrize("parts", [False, True])
def test_the_screen_fits_and_says_where_and_why(comparison: Comparison, parts: bool) -> None:
    name, variant = "us-joins-cptpp", "deep"
    figure = our_figures(comparison, published_rows(name, variant)).model
    given = contributions({s: figure * len(s) / 3 for s in subsets(COMPONENTS)}) if parts else None
    frame = compare_published(comparison, given, scenario=name, variant=variant)
    shown = text_of(frame)
    assert max(map(len, shown.splitlines())) <= 80
    flat = " ".join(shown.split())
    for note in set(frame.note):
        assert note in flat
    for source in set(frame.source):  # addresses are folded in the middle of a word
        assert source.replace(" ", "") in "".join(shown.split())
    for words in ("factor", "[1] USITC Pub. 4607 (2016), TPP12", "+0.23", "2032 (year 15)"):
        assert words in flat
    assert ("tariff" in shown.splitlines()[3]) == parts
    assert "No published figure" in text_of(frame.iloc[:0])
