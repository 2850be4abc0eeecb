"""Whose doing an effect is: the parts add up in the model, and the game behind them is the scenario."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from rich.console import Console
from worlds import parameters

import cge
from cge.app import api, attributing, game
from cge.app.attributing import members
from cge.model import Model, SolveError
from results import attribution_screen
from results.attribution import Attribution
from results.coalition_figures import Figures
from results.errors import ResultsError
from results.shapley_sampling import attributed
from results.tidy import pick
from scenarios.acts import Acts
from scenarios.reader import parse_scenario
from scenarios.schema import Scenario

DEAL = "{tariff: {to: 0%}, between: [USA, [JPN, DEU, FRA]], sectors: goods}"
WALL = "{tariff: {add: 10 points}, importers: [USA, CHN], exporters: [USA, CHN], sectors: manufacturing}"
DEEP = "{provisions: deep, between: [USA, JPN], sectors: all}"


def scenario(*shocks: str, more: str = "") -> Scenario:
    lines = "".join(f"  - {shock}\n" for shock in shocks)
    return parse_scenario(f"title: t\naggregation: small\n{more}shocks:\n{lines}")


@pytest.fixture(autouse=True)
def no_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CGE_RUN_STORE", "off")


@lru_cache(maxsize=1)
def both() -> Attribution:
    """A negotiated deal of three and a wall built by two, exactly."""
    return cge.attribute(scenario(DEAL, WALL), coalitions=True)


@lru_cache(maxsize=4)
def run(*shocks: str):
    return api.run(scenario(*shocks))


def test_contributions_sum_to_the_change_of_the_run() -> None:
    found = both()
    assert found.players == ("EU27", "CHN", "JPN", "USA") and found.orders == 0
    for indicator, region in (("welfare_ev", "USA"), ("welfare_ev", "WORLD"), ("real_gdp", "USA"),
                              ("exports_volume", "USA")):  # fmt: skip
        rows = pick(found.table, indicator=indicator, region=region)
        whole = pick(run(DEAL, WALL).tables["indicators"], indicator=indicator, region=region)
        total = float(whole["change"].iloc[0])
        assert rows["contribution"].to_numpy().sum() == pytest.approx(total, rel=1e-6)
        assert found.totals[f"{indicator}|{region}"] == pytest.approx(total, rel=1e-6)
        assert rows["percent_of_total"].to_numpy().sum() == pytest.approx(100)


def test_jobs_and_displaced_workers_are_those_of_the_run() -> None:
    tables = run(DEAL, WALL).tables
    jobs = pick(tables["jobs"], region="USA").set_index("sector")["change"]
    displaced = pick(tables["adjustment"], region="USA", indicator="displaced_gross")["change"].sum()
    assert both().totals["displaced|USA"] == pytest.approx(displaced, rel=1e-6)
    assert both().totals["jobs:industrial|USA"] == pytest.approx(jobs.drop(["AGF", "SRV"]).sum(), rel=1e-6)
    assert any("does not keep manufacturing apart" in n for n in both().notes)


def test_two_sides_of_one_deal_share_it_equally_and_outsiders_get_nothing() -> None:
    """Neither does anything alone: equal players, however different their economies."""
    found = cge.attribute(scenario(DEEP), players=["USA", "JPN", "CHN"], coalitions=True)
    rows = pick(found.table, indicator="welfare_ev", region="USA").set_index("player")
    assert rows.loc["USA", "contribution"] == pytest.approx(rows.loc["JPN", "contribution"], rel=1e-9)
    assert abs(found.totals["welfare_ev|USA"]) > 100
    assert rows.loc["CHN", "contribution"] == rows.loc["CHN", "last"] == rows.loc["USA", "alone"] == 0
    assert any("no part of the scenario depends on CHN" in n for n in found.notes)
    assert found.coalitions is not None and found.coalitions.players == ("USA", "JPN")
    assert found.solved == 2, "coalitions that do the same are solved once: the deal, and nothing"


def test_equal_countries_that_do_the_same_contribute_the_same() -> None:
    """Three countries alike in everything; two of them raise a tariff on the third."""
    n, s = 3, 2
    trade = np.full((n, n, s), 5.0) * (1 - np.eye(n))[:, :, None]
    home = np.full((n, s), 60.0)
    tm = np.full((n, n, s), 0.1) * (trade > 0)
    absorption = home + (trade * (1 + tm)).sum(axis=0)
    output = home + trade.sum(axis=1)
    inputs = np.full((n, s, s), 8.0)
    final = absorption - inputs.sum(axis=2)
    value_added = output - inputs.sum(axis=1)
    zero_ri, zero_r = np.zeros((n, s)), np.zeros(n)
    factors = value_added[:, None] * np.array([0.5, 0.4, 0.1])[None, :, None]
    arrays = {
        "H0": ("ri", home), "X0": ("odi", trade), "tm0": ("odi", tm), "te0": ("odi", 0 * tm),
        "rx0": ("odi", 0 * tm), "rm0": ("odi", 0 * tm), "Z0": ("rij", inputs), "C0": ("ri", 0.6 * final),
        "G0": ("ri", 0.2 * final), "I0": ("ri", 0.2 * final), "tz0": ("rj", zero_ri), "to0": ("rj", zero_ri),
        "tc0": ("r", zero_r), "tg0": ("r", zero_r), "ti0": ("r", zero_r), "V0": ("rfj", factors),
        "jobs0": ("rj", factors[:, 0]), "u0": ("r", np.full(n, 0.05)),
    }  # fmt: skip
    names = {c: ["A", "B", "C"] for c in "rod"} | {c: ["X", "Y"] for c in "ij"}
    names["f"] = ["labour", "capital", "natural"]
    accounts = xr.Dataset({k: (tuple(d), a) for k, (d, a) in arrays.items()}, coords=names)
    model = Model(parameters(accounts))
    base = model.solve({})
    figures = Figures.against(base, ("welfare_ev", "real_gdp"), {})

    def value(coalition: frozenset[str]):
        new = tm.copy()
        for k, name in enumerate("AB"):
            new[2, k] += 0.1 * (name in coalition)
        return figures.of(model.solve({"tm": new}, start=base))

    found = attributed(value, ("A", "B")).contribution
    assert found.loc["welfare_ev|C", "A"] == pytest.approx(found.loc["welfare_ev|C", "B"], rel=1e-6)
    assert found.loc["welfare_ev|A", "A"] == pytest.approx(found.loc["welfare_ev|B", "B"], rel=1e-6)
    assert found.loc["welfare_ev|C", "A"] < 0 < found.loc["welfare_ev|A", "A"]


def test_coalitions_are_the_runs_they_stand_for() -> None:
    found = both().coalitions
    assert found is not None and found.complete
    rows = {r["coalition"]: r for r in found.table.to_dict("records")}
    alone = run(WALL.replace("importers: [USA, CHN]", "importers: USA")).tables["indicators"]
    welfare = pick(alone, indicator="welfare_ev").set_index("region")["change"]
    assert rows["USA"]["focus_gain"] == pytest.approx(welfare["USA"], rel=1e-5)
    assert rows["USA"]["members_gain"] == pytest.approx(welfare["USA"], rel=1e-5)
    assert rows["USA"]["outsiders_gain"] == pytest.approx(welfare["WORLD"] - welfare["USA"], rel=1e-4)
    gains = found.gains.set_index("coalition")
    for name, row in rows.items():
        for player in name.split():
            rest = " ".join(p for p in name.split() if p != player)
            out = gains.loc[rest, player] if rest in gains.index else 0.0
            assert (player in row["would_leave"].split()) == (out > gains.loc[name, player] + 0.1)


@pytest.mark.slow
def test_provisions_sum_to_the_whole_and_each_alone_is_its_own_run() -> None:
    found = cge.attribute(scenario(DEAL, DEEP), by="provisions", regions=["USA"], indicators=["welfare_ev"])
    assert set(found.players) >= {"tariffs", "industrial NTMs", "services", "finance"}
    case = api.prepare(scenario(DEAL, DEEP))
    base, new = api.solve(case)
    whole = api.comparison(case, base, new).row("USA", "welfare_ev")["change"]
    assert found.table["contribution"].to_numpy().sum() == pytest.approx(whole, rel=1e-6)
    only = api.prepare(scenario(DEAL), rents=True)
    tariffs = api.comparison(only, *api.solve(only)).row("USA", "welfare_ev")["change"]
    alone = found.table.set_index("player")["alone"]
    assert alone["tariffs"] == pytest.approx(tariffs, rel=1e-5)


def test_rules_of_origin_come_with_tariffs() -> None:
    rcep = scenario("{agreement: RCEP}", more="baseline: {without: [RCEP]}\n")
    case = api.prepare(rcep)
    kinds = game.by_provisions(case)
    tariffs = kinds(frozenset({"tariffs"}))
    assert float(abs(tariffs.rates.counterfactual["k"] - tariffs.rates.baseline["k"]).max()) > 0
    everything = kinds(frozenset(game.provisions(case))).rates.counterfactual
    for name, array in case.rates.counterfactual.data_vars.items():
        np.testing.assert_allclose(everything[name], array, rtol=0, atol=1e-12)
    assert kinds(frozenset()).rates.counterfactual.equals(case.rates.baseline)


def test_quotas_are_a_provision_and_a_government_of_their_own() -> None:
    quota = "{quota: {volume: -20%}, importers: USA, exporters: CHN, sectors: [C26, C27, C28]}"
    found = cge.attribute(scenario(WALL, quota), by="provisions", indicators=["welfare_ev"], regions=["USA"])
    assert found.players == ("tariffs", "quotas and controls")
    whole = run(WALL, quota).row("USA", "welfare_ev")["change"]
    assert found.table["contribution"].to_numpy().sum() == pytest.approx(whole, rel=1e-6)
    by_members = cge.attribute(scenario(WALL, quota), indicators=["welfare_ev"], regions=["USA"])
    assert by_members.table["contribution"].to_numpy().sum() == pytest.approx(whole, rel=1e-6)


@pytest.mark.slow
def test_packages_contribute_whatever_their_order(tmp_path: Path) -> None:
    """Two packages and the file's own shocks: they sum to the run, and turning them round changes nothing."""
    header = "title: t\ndescription: d\nauthor: a\ndate: 2026-01-01\nsources: [s]\nshocks:\n"
    (tmp_path / "deal.yaml").write_text(f"{header}  - {DEAL}\n")
    (tmp_path / "deep.yaml").write_text(f"{header}  - {DEEP}\n")
    order = ["./deal.yaml", "./deep.yaml"]
    found, values = [], []
    for n, names in enumerate((order, order[::-1])):
        file = tmp_path / f"s{n}.yaml"
        file.write_text(f"title: t\naggregation: small\npackages: {names}\nshocks:\n  - {WALL}\n")
        asked = {"by": "packages", "indicators": ["welfare_ev"], "regions": ["USA"]}
        one = cge.attribute(file, **asked)
        found.append(one.table.set_index("player")["contribution"].to_dict())
        values.append(cge.compare(file).value("welfare_ev", "USA", f"s{n}"))
    assert set(found[0]) == {"deal", "deep", "own shocks"}
    assert sum(found[0].values()) == pytest.approx(values[0], rel=1e-6)
    for name in ("deal", "deep", "own shocks"):
        assert found[0][name] == pytest.approx(found[1][name], rel=0.02, abs=1.0)


def test_a_wall_after_a_deal_is_its_builders_without_the_deal() -> None:
    """The United States alone: the wall of 10 points without the deal before it, as its own run has it."""
    deal = "{tariff: {to: 0%}, between: [USA, JPN], sectors: goods}"
    wall = "{tariff: {add: 10 points}, importers: USA, exporters: JPN, sectors: goods}"
    found = cge.attribute(scenario(deal, wall), indicators=["welfare_ev"], regions=["JPN"])
    alone = found.table.set_index("player")["alone"]["USA"]
    own = run(wall).row("JPN", "welfare_ev")["change"]
    assert own < -1000 and alone == pytest.approx(own, rel=1e-6)


def test_retaliation_is_said_to_keep_its_points() -> None:
    reply = "{retaliate: {against: USA}, importers: CHN, sectors: goods}"
    found = cge.attribute(scenario(WALL, reply), indicators=["welfare_ev"], regions=["USA"])
    for words in (attribution_screen.markdown(found), " ".join(attribution_screen.text(found).split())):
        assert "retaliation keeps the points it has in the whole scenario" in words
    assert not any("retaliation" in n for n in both().notes)


def test_what_a_government_does_at_home_is_its_own() -> None:
    subsidy = "{production_subsidy: {add: 2 points}, regions: [USA, JPN], sectors: manufacturing}"
    found = cge.attribute(scenario(subsidy, WALL), indicators=["welfare_ev"], regions=["USA"])
    assert set(found.players) == {"USA", "JPN", "CHN"}
    kinds = cge.attribute(
        scenario(subsidy, WALL), by="provisions", indicators=["welfare_ev"], regions=["USA"]
    )
    assert kinds.players == ("tariffs", "production taxes")
    totals = [float(x.table["contribution"].to_numpy().sum()) for x in (found, kinds)]
    assert totals[0] == pytest.approx(totals[1], rel=1e-6)


def test_sampling_in_the_model_is_near_the_exact_values_and_adds_up() -> None:
    exact = both()
    found = cge.attribute(scenario(DEAL, WALL), samples=24, seed=3)
    assert found.orders == 24
    for indicator, region in (("welfare_ev", "USA"), ("displaced", "USA")):
        a, b = (pick(x.table, indicator=indicator, region=region).set_index("player") for x in (found, exact))
        assert a["contribution"].to_numpy().sum() == pytest.approx(
            b["contribution"].to_numpy().sum(), rel=1e-9
        )
        gap = np.abs(a["contribution"].to_numpy() - b["contribution"].to_numpy())
        room = 4 * a["standard_error"].to_numpy() + 1e-3 * np.abs(b["contribution"].to_numpy()).max()
        assert bool(np.all(gap <= room))


def test_a_coalition_without_equilibrium_is_an_error_that_names_it() -> None:
    case = api.prepare(scenario(WALL))

    def fail(coalition: frozenset[str]):
        if coalition == {"CHN"}:
            raise SolveError("no equilibrium beyond 3 %")
        return case

    play = game.Game(("USA", "CHN"), fail, case.model.benchmark(), None)  # pyright: ignore
    with pytest.raises(SolveError, match="coalition CHN: no equilibrium beyond 3 %"):
        play.value(frozenset({"CHN"}))


def test_players_by_name_one_by_one_and_as_groups() -> None:
    economies = list(Acts.regions.fget(game.acts_of(api.prepare(scenario(DEAL)))))  # pyright: ignore
    governments = ["USA", "JPN", "FRA", "DEU", "KOR"]
    who, notes = members(governments, economies, (), ())
    assert list(who) == ["EU27", "USA", "JPN", "KOR"] and len(who["EU27"]) == 27
    assert any("one trade policy" in n for n in notes)
    who, notes = members(governments, economies, ("USA",), ())
    assert who == {"USA": ("USA",), "others": ("JPN", "FRA", "DEU", "KOR")}
    who, _ = members(governments, economies, ("USA",), ("Quad",))
    assert "USA" not in who and {"JPN", "USA"} <= set(who["Quad"])
    with pytest.raises(ResultsError, match="neither a region nor a group"):
        members(governments, economies, ("Atlantis",), ())
    with pytest.raises(ResultsError, match="members in common"):
        members(governments, economies, (), ("CPTPP", "Quad"))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"by": "colours"}, "choose members, provisions or packages"),
        ({"by": "provisions", "players": ["USA"]}, "go with members"),
        ({"indicators": ["happiness"]}, "not one that is attributed"),
        ({"regions": ["Mars"]}, "region Mars: not a region here"),
        ({"most": 0.0}, "a share above 0"),
        ({"focus": "FRA"}, "focus FRA: not a region here"),
    ],
)
def test_what_means_nothing_is_refused(asked: dict, message: str) -> None:
    with pytest.raises(ResultsError, match=message):
        cge.attribute(scenario(WALL), **asked)


def test_a_closure_that_moves_a_level_belongs_to_nobody() -> None:
    moved = "closure: {swap: {fix: 'real_gdp[USA]', free: 'productivity[USA]', at: 2%}}\n"
    with pytest.raises(ResultsError, match="no government's"):
        cge.attribute(scenario(WALL, more=moved))


def test_the_screen_fits_eighty_columns_and_says_what_is_what() -> None:
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(attribution_screen.render(both()))
    shown = console.export_text()
    assert max(map(len, shown.splitlines())) <= 80
    for words in ("Who acts", "exact", "total", "Coalitions", "would leave", "EU27 is one player"):
        assert words in shown
    text = attribution_screen.markdown(both())
    assert "| total |" in text and "## Coalitions" in text
    content = attribution_screen.as_json(both())
    assert content["exact"] and len(content["coalitions"]["table"]) == len(both().coalitions.table)  # pyright: ignore


def test_employment_is_told_where_it_moves() -> None:
    assert "employment" not in set(both().table["indicator"])
    curve = attributing.attribute(scenario(WALL, more="closure: {labour: wage_curve}\n"))
    rows = pick(curve.table, indicator="employment", region="USA")
    assert rows["contribution"].to_numpy().sum() == pytest.approx(curve.totals["employment|USA"], rel=1e-9)
    assert curve.totals["employment|USA"] < 0
