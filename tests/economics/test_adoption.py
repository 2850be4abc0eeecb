"""Access in return for a standard, in the model: who gains from adopting, and how the report knows."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
import pytest
from rich.console import Console

from cge.app import api
from cge.model import SolveError
from results import adoption, store
from results.compare import Comparison
from results.errors import ResultsError
from results.tidy import pick
from scenarios.reader import parse_scenario
from scenarios.schema import Scenario

PARTIES = "adopts: [JPN, CHN], candidates: [CAN, MEX, CHN]"
IPEF = """\
title: The United States grants IPEF members access in electronics for the technology standard
focus: USA
shocks:
  - access: {tariff: -50%}
    importers: USA
    sectors: electronics
    if: {standard: technology, adopts: IPEF}
"""


def scenario(tariff: str, cost: str, parties: str = PARTIES, aggregation: str = "small") -> Scenario:
    return parse_scenario(
        f"title: t\naggregation: {aggregation}\nshocks:\n"
        f"  - access: {{tariff: {tariff}}}\n    importers: USA\n    sectors: manufacturing\n"
        f"    if: {{standard: technology, {parties}, cost: {cost}}}\n"
    )


@lru_cache(maxsize=8)
def result(tariff: str, cost: str, parties: str = PARTIES) -> Comparison:
    return api.run(scenario(tariff, cost, parties))


@lru_cache(maxsize=1)
def ipef() -> Comparison:
    return api.run(parse_scenario(IPEF))


def gains(c: Comparison, which: str = "change", indicator: str = adoption.USD) -> dict[str, float]:
    rows = pick(c.tables["adoption"], role="adopter", indicator=indicator)
    return dict(zip(rows["country"].to_list(), rows[which].to_list(), strict=True))


def welfare(c: Comparison) -> dict[str, float]:
    t = pick(c.tables["indicators"], indicator="welfare_ev")
    return dict(zip(t["region"].to_list(), t["change"].to_list(), strict=True))


def exports(c: Comparison, region: str, partner: str | None = None) -> float:
    """Change of the volume of exports at benchmark prices, all or to one partner."""
    flows = c.base.benchmark.X0 * (c.new.values.x - c.base.values.x)
    flows = flows.sel(o=region).drop_sel(d=region)
    return float((flows if partner is None else flows.sel(d=partner)).sum())


def test_access_without_cost_never_lowers_the_adopters_trade() -> None:
    for country in ("JPN", "CHN"):
        alone = result("-100%", "0%", f"adopts: {country}")
        assert exports(alone, country, "USA") > 0
        assert exports(alone, country) > 0
        assert gains(alone)[country] > 0


def test_cost_without_access_lowers_the_adopters_welfare() -> None:
    found = result("0%", "2%")
    assert all(gain < 0 for gain in gains(found).values())
    assert exports(found, "JPN", "USA") < 0 and exports(found, "CHN", "USA") < 0
    granter = pick(found.tables["adoption"], role="granter", indicator=adoption.USD)
    assert granter["change"].to_numpy().max() < 0 and set(granter["region"]) == {"USA"}


def test_a_costlier_standard_is_worth_less() -> None:
    cheap, dear = (gains(result("-100%", cost)) for cost in ("0%", "2%"))
    assert all(dear[country] < cheap[country] for country in cheap)


def test_the_report_covers_adopters_and_candidates_once() -> None:
    table = result("-100%", "2%").tables["adoption"]
    shown = pick(table, role="adopter", indicator=adoption.USD)
    assert dict(zip(shown["country"], shown["adopts"], strict=True)) == {
        "CAN": False, "CHN": True, "JPN": True, "MEX": False,
    }  # fmt: skip
    assert dict(zip(shown["country"], shown["region"], strict=True))["MEX"] == "NAM"
    assert set(table["reason"]) == {""} and np.isfinite(table["change"].to_numpy()).all()


@pytest.mark.parametrize(
    ("country", "parties"),
    [("JPN", "adopts: [CHN], candidates: [CAN, MEX, CHN]"),
     ("MEX", "adopts: [JPN, CHN, MEX], candidates: [CAN, MEX, CHN]")],
)  # fmt: skip
def test_with_and_without_are_full_runs_of_their_own(country: str, parties: str) -> None:
    """The other side of the choice again, read from its own file, with its own model."""
    found = result("-100%", "2%")
    case = api.prepare(scenario("-100%", "2%", parties))
    base, new = api.solve(case)
    other = welfare(api.comparison(case, base, new))
    here = welfare(found)
    region = case.aggregation.regions[country]
    sides = (other, here) if country == "JPN" else (here, other)
    for role, place in (("adopter", region), ("granter", "USA")):
        rows = pick(found.tables["adoption"], role=role, indicator=adoption.USD, country=country)
        row = rows.iloc[0]
        assert row["baseline"] == pytest.approx(sides[0][place], abs=1e-2)
        assert row["counterfactual"] == pytest.approx(sides[1][place], abs=1e-2)
        assert row["change"] == pytest.approx(sides[1][place] - sides[0][place], abs=1e-2)
        assert abs(row["change"]) > 1  # USD million: far above what the solver leaves open


def test_shares_are_the_dollars_over_income() -> None:
    found = result("-100%", "2%")
    t = pick(found.tables["indicators"], indicator="welfare_ev").set_index("region")
    usd, share = (pick(found.tables["adoption"], indicator=i) for i in (adoption.USD, adoption.SHARE))
    income = t["baseline"].loc[usd["region"]].to_numpy()
    np.testing.assert_allclose(
        share["change"], 100 * usd["change"].to_numpy() / income, rtol=1e-9, atol=1e-12
    )


def test_a_choice_without_equilibrium_is_a_row_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    case = api.prepare(scenario("-100%", "2%", "adopts: [JPN, CHN]"))
    base, new = api.solve(case)
    plain = api.comparison(case, base, new)
    solve = type(case.model).solve
    calls = iter([True, False])

    def once(self, *args, **kwargs):
        if next(calls):
            raise SolveError("no equilibrium beyond here\ndetails")
        return solve(self, *args, **kwargs)

    from cge.app.adoption import adoption as choices

    monkeypatch.setattr(type(case.model), "solve", once)
    found = adoption.attach(plain, choices(case, base, new))
    failed = pick(found.tables["adoption"], country="CHN", role="adopter", indicator=adoption.USD).iloc[0]
    assert failed["reason"] == "no equilibrium beyond here" and np.isnan(failed["change"])
    assert failed["counterfactual"] == pytest.approx(welfare(plain)["CHN"])
    assert found.manifest["adoption"]["failed"] == {"CHN, technology": "no equilibrium beyond here"}
    assert np.isfinite(gains(found)["JPN"])
    assert "No solution for CHN: no equilibrium beyond here" in screen(found)


def screen(c: Comparison) -> str:
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(adoption.render(c))
    return console.export_text()


def test_the_screen_and_the_stored_table(tmp_path) -> None:
    found = result("-100%", "2%")
    shown = screen(found)
    for words in ("Who would gain from adopting the technology standard", "MEX (in NAM)", "USA USD m",
                  "Would gain from adopting", "MEX of NAM"):  # fmt: skip
        assert words in shown
    assert max(map(len, shown.splitlines())) <= 80
    store.write(found, tmp_path / "out")
    back = store.read(tmp_path / "out").tables["adoption"]
    assert list(back["country"]) == list(found.tables["adoption"]["country"])


def test_without_access_shocks_there_is_no_report() -> None:
    plain = api.run("us-joins-cptpp", aggregation="small")
    assert "adoption" not in plain.tables
    with pytest.raises(ResultsError, match="no access shock"):
        adoption.render(plain)


def test_half_of_the_low_tariffs_on_electronics_does_not_pay_for_the_standard() -> None:
    """US tariffs on IPEF's electronics are at most 1.2 %: half of that is less than the cost, 0.9 %."""
    found = ipef()
    gain = gains(found)
    assert set(gain) == {"AUS", "BRN", "IDN", "IND", "JPN", "KOR", "MYS", "NZL", "PHL", "SGP", "THA", "VNM"}
    assert all(gain[country] < 0 for country in ("JPN", "KOR", "VNM", "MYS", "THA", "SGP", "IND", "PHL"))
    assert gain["KOR"] < gain["PHL"]  # the one sells more of it there, and pays less tariff
    assert welfare(found)["USA"] < 0  # most of the cost is passed on
