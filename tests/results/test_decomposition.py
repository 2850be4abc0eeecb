"""The welfare decomposition: closed forms, one instrument at a time, sums, symmetry, what it must not depend
on."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from worlds import elasticities, more_tariffs, parameters, permuted, random_accounts

from calibration.parameters import calibrate
from cge.app import api
from cge.closure import ClosureChoice
from cge.formulation import Formulation
from cge.model import Model
from cge.path import Path
from results import decomposition, decomposition_terms
from results.decomposition import TOLERANCE, WORLD_TRADE, Decomposition, DecompositionError, decompose
from results.indicators import indicators
from results.tidy import COLUMNS, WORLD, only

ALLOCATIVE, TOT, SAVING = "allocative efficiency", "terms of trade", "foreign saving"


def two_goods(share: float = 0.3, capital: float = 0.4) -> xr.Dataset:
    """A closed economy that consumes good one (a `share` of income) and spends the rest, government and
    investment, on good two; both are made with the same mix of labour and capital and no inputs. USD 1,000
    million."""
    value = 1000 * np.array([[share, 1 - share]])
    use = {"C0": [[1, 0]], "G0": [[0, 0.5]], "I0": [[0, 0.5]]}
    names, goods, factors = ["R0"], ["S0", "S1"], ["labour", "capital", "natural"]
    zero = np.zeros
    arrays = {
        "H0": ("ri", value), "X0": ("odi", zero((1, 1, 2))), "te0": ("odi", zero((1, 1, 2))),
        "tm0": ("odi", zero((1, 1, 2))),
        "rx0": ("odi", zero((1, 1, 2))), "rm0": ("odi", zero((1, 1, 2))),
        "Z0": ("rij", zero((1, 2, 2))), "tz0": ("rj", zero((1, 2))),
        **{n: ("ri", value * np.array(x)) for n, x in use.items()},
        **{n: ("r", zero(1)) for n in ("tc0", "tg0", "ti0")}, "to0": ("rj", zero((1, 2))),
        "V0": ("rfj", value[:, None] * np.array([1 - capital, capital, 0])[None, :, None]),
        "jobs0": ("rj", value), "u0": ("r", np.array([0.05])),
    }  # fmt: skip
    coordinates = {"o": names, "d": names, "r": names, "i": goods, "j": goods, "f": factors}
    return xr.Dataset({n: (tuple(dims), a) for n, (dims, a) in arrays.items()}, coords=coordinates)


def free_of_taxes(accounts: xr.Dataset) -> xr.Dataset:
    """The same flows without any tax; value added takes up the difference, final demand keeps its split."""
    taxes = ("tm0", "te0", "tz0", "to0", "tc0", "tg0", "ti0")
    free = accounts.assign({n: 0 * accounts[n] for n in taxes})
    final = free.H0 + free.X0.sum("o").rename(d="r") - free.Z0.sum("j")
    old = accounts.C0 + accounts.G0 + accounts.I0
    output = (free.H0 + free.X0.sum("d").rename(o="r")).rename(i="j")
    split = accounts.V0 / accounts.V0.sum("f").where(accounts.V0.sum("f") > 0, 1.0)
    value_added = ((output - free.Z0.sum("i")) * split).transpose("r", "f", "j")
    return free.assign(V0=value_added, **{n: accounts[n] / old * final for n in ("C0", "G0", "I0")})


@lru_cache(maxsize=1)
def accounts() -> xr.Dataset:
    return random_accounts()


@lru_cache(maxsize=1)
def model() -> Model:
    return Model(parameters(accounts()))


@lru_cache(maxsize=1)
def raised() -> Decomposition:
    """Tariffs raised from 5 to 25 points above the benchmark: the base is not the benchmark."""
    base = model().solve({"tm": more_tariffs(accounts(), 0.05)})
    return decompose(model(), base, model().solve({"tm": more_tariffs(accounts(), 0.25)}))


def sums(table: pd.DataFrame, column: str = "change") -> dict[tuple[str, str, str], float]:
    """Sums by (region, term, sub-term)."""
    out: dict[tuple[str, str, str], float] = {}
    for region, term, sub, x in zip(
        *(table[k].to_list() for k in ("region", "term", "sub_term", column)), strict=True
    ):
        out[region, term, sub] = out.get((region, term, sub), 0.0) + x
    return out


def of(d: Decomposition, region: str, column: str = "change") -> dict[tuple[str, str], float]:
    """Sums by (term, sub-term) of one region."""
    return {k[1:]: x for k, x in sums(d.table, column).items() if k[0] == region}


def moved(d: Decomposition, region: str) -> set[tuple[str, str]]:
    """Terms that are not zero in a region, beyond the solver's last digits."""
    return {k for k, x in of(d, region).items() if abs(x) > 1e-7}


def assert_same(one: dict, two: dict, tolerance: float) -> None:
    assert one.keys() == two.keys()
    np.testing.assert_allclose([one[k] for k in one], [two[k] for k in one], rtol=0, atol=tolerance)


@pytest.mark.parametrize("rate", [0.01, 0.2, 0.5])
def test_a_harberger_triangle_in_closed_form(rate: float) -> None:
    """A production tax t on a good with a budget share s, revenue returned, two goods, fixed factors: with
    Cobb-Douglas utility EV / income = (1 - t)^s / (1 - s t) - 1 (prices 1 / (1 - t) and 1, quantities from
    budget shares and the resource constraint), for small t the triangle - s (1 - s) t^2 / 2 (Harberger
    1964)."""
    share, m = 0.3, Model(parameters(two_goods(0.3)))
    d = decompose(m, m.benchmark(), m.solve({"to": np.array([[rate, 0.0]])}))
    exact = 1000 * ((1 - rate) ** share / (1 - share * rate) - 1)
    assert d.term("R0", ALLOCATIVE, "production taxes") == pytest.approx(exact, rel=1e-8, abs=1e-8)
    assert float(d.ev[0]) == pytest.approx(exact, rel=1e-8, abs=1e-8)
    assert moved(d, "R0") == {(ALLOCATIVE, "production taxes")}
    if rate < 0.02:
        assert exact == pytest.approx(-1000 * share * (1 - share) * rate**2 / 2, rel=0.02)


def test_productivity_and_endowment_in_closed_form() -> None:
    """In the same economy without taxes: productivity a of the first good is worth a^s - 1 of income; labour
    grown by the factor g raises every quantity by g^0.6 (Cobb-Douglas value added), all of it endowment."""
    p = parameters(two_goods(0.3))
    m = Model(p, Formulation(production="cobb_douglas"))
    better = decompose(m, m.benchmark(), m.solve({"productivity": np.array([[1.3, 1.0]])}))
    assert moved(better, "R0") == {("technology", "productivity")}
    assert better.term("R0", "technology") == pytest.approx(1000 * (1.3**0.3 - 1), rel=1e-8)
    grown = m.solve({"endow": p.arrays["endow"] * np.array([1.2, 1.0, 1.0])})
    more = decompose(m, m.benchmark(), grown)
    assert moved(more, "R0") == {("endowment", "labour")}
    assert more.term("R0", "endowment") == pytest.approx(1000 * (1.2**0.6 - 1), rel=1e-8)


def test_terms_sum_to_the_equivalent_variation_of_the_indicators() -> None:
    d = raised()
    base = model().solve({"tm": more_tariffs(accounts(), 0.05)})
    new = model().solve({"tm": more_tariffs(accounts(), 0.25)})
    found = indicators(base, new)
    for region in map(str, accounts().r.values):
        terms, ev = of(d, region).values(), float(found.row(region, "welfare_ev").change)
        assert abs(sum(terms) - ev) < 1e-8 * sum(map(abs, terms))
    assert d.relative_gap < 1e-8 < TOLERANCE
    world = float(found.row(WORLD, "welfare_ev").change)
    assert sum(of(d, WORLD).values()) == pytest.approx(world, abs=1e-8)


@pytest.mark.parametrize(
    ("production", "choice"),
    [
        ("ces", ClosureChoice(labour="wage_curve", capital="sector_specific")),
        ("cobb_douglas", ClosureChoice(external="fixed_share_of_gdp", numeraire="pc[R1]")),
    ],
    ids=["wage curve and specific capital", "fixed shares of GDP"],
)
def test_it_adds_up_when_every_instrument_moves(production: str, choice: ClosureChoice) -> None:
    """Every tax, rents on both sides, icebergs, productivity and endowments at once."""
    a, p = accounts(), parameters(accounts())
    flow, rng = a.X0.to_numpy() > 0, np.random.default_rng(3)
    m = Model(p, Formulation(production=production), choice)
    shock = {
        n: p.arrays[n] + 0.05 * rng.uniform(size=p.arrays[n].shape) for n in ("to", "tz", "tc", "tg", "ti")
    }
    shock |= {
        n: p.arrays[n] + np.where(flow, 0.1 * rng.uniform(size=flow.shape), 0)
        for n in ("tm", "te", "rx", "rm")
    }
    shock["k"] = np.where(flow, 1.03, 1.0)
    shock["productivity"] = p.arrays["productivity"] * 1.02
    if choice.capital == "mobile":
        shock["endow"] = p.arrays["endow"] * np.array([1.1, 1.05, 1.0])
    d = decompose(m, m.benchmark(), m.solve(shock))
    assert d.relative_gap < 1e-8
    assert abs(d.world_terms_of_trade) < WORLD_TRADE
    expected = {("rents", "exporters"), ("rents", "importers"), ("technology", "iceberg costs")}
    assert expected <= moved(d, "R1")


def test_a_change_of_specific_factors_is_endowment() -> None:
    p = parameters(accounts())
    m = Model(p)
    more = np.where(p.arrays["V0"][:, 2:] > 0, 1.2, 1.0) * np.array([[[0.0], [0.0], [1.0]]])[:, 2:]
    use = np.concatenate([np.ones_like(p.arrays["V0"][:, :2]), more], axis=1)
    d = decompose(m, m.benchmark(), m.solve({"xf": use}))
    assert d.term("R1", "endowment", "natural") > 1
    assert ("allocative efficiency", "factor wedges") not in moved(d, "R1")


def test_a_tariff_without_other_taxes_moves_three_terms_only() -> None:
    free = free_of_taxes(random_accounts(3, 4, empty=False))
    m = Model(parameters(free))
    d = decompose(m, m.benchmark(), m.solve({"tm": more_tariffs(free)}))
    prices = {(TOT, "export prices"), (TOT, "import prices"), (SAVING, "investment price")}
    assert moved(d, "R1") == {(ALLOCATIVE, "import tariffs"), *prices}
    assert moved(d, "R0") == moved(d, "R2") == prices
    assert d.term("R1", ALLOCATIVE) < 0
    assert d.term(WORLD, ALLOCATIVE) == pytest.approx(d.term("R1", ALLOCATIVE))


def test_an_iceberg_shock_is_technology_of_the_importer() -> None:
    """Without taxes; and at first order it is minus the imports hit times the change of the factor."""
    free = free_of_taxes(random_accounts(3, 4, empty=False))
    m, k = Model(parameters(free)), xr.ones_like(free.X0)
    k.loc[{"o": "R0", "d": "R1"}] = 1.0001
    d = decompose(m, m.benchmark(), m.solve({"k": k}))
    prices = {(TOT, "export prices"), (TOT, "import prices"), (SAVING, "investment price")}
    assert moved(d, "R1") - prices == {("technology", "iceberg costs")}
    assert moved(d, "R0") <= prices
    lost = -1e-4 * float(free.X0.sel(o="R0", d="R1").sum())
    assert d.term("R1", "technology") == pytest.approx(lost, rel=1e-3)
    t = d.partners
    for partner, value in (("R0", lost), ("R2", 0)):
        row = only(t, region="R1", sub_term="iceberg costs", partner=partner)
        assert float(row.change) == pytest.approx(value, rel=1e-3)


def test_real_gdp_moves_by_efficiency_technology_and_factors_alone() -> None:
    """An index number of the results, made without the decomposition, equals its domestic terms to first
    order: what remains (prices along the path, Fisher's against Divisia's index) is of higher order."""
    k = np.where(accounts().X0 > 0, 1 + 1e-4, 1.0)
    new = model().solve({"tm": more_tariffs(accounts(), 1e-3), "k": k})
    d, found = decompose(model(), model().benchmark(), new), indicators(model().benchmark(), new)
    for region in map(str, accounts().r.values):
        terms = of(d, region, "unscaled")
        inside = {key: x for key, x in terms.items() if key[0] not in (TOT, SAVING)}
        change = float(found.row(region, "real_gdp").change)
        assert change == pytest.approx(sum(inside.values()), abs=2e-3 * sum(map(abs, inside.values())))
        assert abs(change - sum(terms.values())) > 0.02 * sum(map(abs, terms.values()))


def test_employment_under_the_wage_curve() -> None:
    """The unscaled term is the integral of the wage over employed labour, here by the trapezoidal rule on
    solved points of the path."""
    p = parameters(accounts())
    m = Model(p, closure=ClosureChoice(labour="wage_curve"))
    new = m.solve({"tm": more_tariffs(accounts(), 0.25)})
    d = decompose(m, m.benchmark(), new)
    path, n = Path(m, m.benchmark(), new), 20
    points = [path.solution(k / n).values for k in range(n + 1)]
    wage = np.array([x.pf.sel(f="labour").values for x in points]) * p.arrays["V0"][:, 0].sum(axis=1)
    work = 1 - (np.array([x.u.values for x in points]) - p.arrays["u0"]) / (1 - p.arrays["u0"])
    expected = (np.diff(work, axis=0) * (wage[1:] + wage[:-1]) / 2).sum(axis=0)
    s = sums(d.table, "unscaled")
    for number, region in enumerate(map(str, accounts().r.values)):
        assert s[region, "employment", "labour"] == pytest.approx(expected[number], rel=1e-3)
    assert abs(expected).max() > 0.01


def test_base_and_new_exchanged_change_every_sign() -> None:
    base = model().solve({"tm": more_tariffs(accounts(), 0.05)})
    new = model().solve({"tm": more_tariffs(accounts(), 0.25)})
    back = sums(decompose(model(), new, base).table, "unscaled")
    there = sums(raised().table, "unscaled")
    assert_same(there, {k: -x for k, x in back.items()}, 1e-9 * max(map(abs, there.values())))


def test_no_shock_no_terms() -> None:
    same = model().benchmark()
    d = decompose(model(), same, same)
    assert not d.table["change"].to_numpy().any()


def test_order_of_labels_changes_nothing() -> None:
    shuffled = permuted(accounts())
    other = Model(calibrate(shuffled, elasticities(accounts())))
    base, new = (other.solve({"tm": more_tariffs(accounts(), points)}) for points in (0.05, 0.25))
    assert_same(cells(raised()), cells(decompose(other, base, new)), 1e-8)


def cells(d: Decomposition) -> dict[tuple[str, ...], float]:
    """Every cell of both tables."""
    both = pd.concat([d.table, d.partners])
    keys = (both[k].to_list() for k in ("region", "term", "sub_term", "sector", "partner"))
    out = dict(zip(zip(*keys, strict=True), both["change"].to_list(), strict=True))
    assert len(out) == both.drop_duplicates(["region", "term", "sub_term", "sector", "partner"]).shape[0]
    return out


def test_the_numeraire_changes_nothing() -> None:
    other = Model(parameters(accounts()), closure=ClosureChoice(numeraire="pc[R1]"))
    d = decompose(other, other.benchmark(), other.solve({"tm": more_tariffs(accounts(), 0.25)}))
    m = model()
    same = decompose(m, m.benchmark(), m.solve({"tm": more_tariffs(accounts(), 0.25)}))
    assert_same(sums(d.table), sums(same.table), 1e-8)


def test_world_terms_of_trade_are_zero_and_border_terms_agree_by_partner() -> None:
    d = raised()
    assert abs(d.world_terms_of_trade) < WORLD_TRADE
    world = sum(x for (term, _), x in of(d, WORLD, "unscaled").items() if term == TOT)
    assert abs(world) < 1e-10 * float(accounts().X0.sum())
    by_partner, by_sector = sums(d.partners), sums(d.table)
    assert_same(by_partner, {k: by_sector[k] for k in by_partner}, 1e-10)


def test_the_table_is_tidy() -> None:
    t = raised().table
    assert list(t.columns[: len(COLUMNS)]) == COLUMNS
    assert {"term", "sub_term", "unscaled", "percent_of_income"} <= set(t.columns)
    assert not t.drop(columns="percent").isna().to_numpy().any()
    assert set(t.region) == {*accounts().r.values.tolist(), WORLD}
    with pytest.raises(decomposition.ResultsError, match="no term 'variety'"):
        raised().term("R1", "variety")


def test_saving_that_is_not_positive_adds_up_too() -> None:
    """A region that runs down its wealth: foreigners finance more than its investment."""
    a = random_accounts(3, 4, empty=False)
    thin = a.assign(C0=a.C0 + 0.95 * a.I0, I0=0.05 * a.I0)
    m = Model(parameters(thin))
    new = m.solve({"tm": more_tariffs(thin, 0.1)})
    assert any("saving is not positive" in n for n in indicators(m.benchmark(), new).notes)
    assert decompose(m, m.benchmark(), new).relative_gap < 1e-8


def test_a_source_of_welfare_without_a_term_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    known = tuple(t for t in decomposition_terms.TERMS if t is not decomposition_terms.technology)
    monkeypatch.setattr(decomposition_terms, "TERMS", known)
    new = model().solve({"k": np.where(accounts().X0 > 0, 1.02, 1.0)})
    with pytest.raises(DecompositionError, match="a source of welfare"):
        decompose(model(), model().benchmark(), new)


@pytest.mark.slow
def test_why_real_gdp_and_welfare_part_when_the_usa_joins_the_cptpp() -> None:
    """The accounting behind two results that surprise, on the real data at 25 x 29.

    Viet Nam: labour leaves electronics, taxed at 6 % of output in the data, for textiles; what
    efficiency loses is all of its fall in real GDP; the terms of trade, which real GDP leaves out, gain more.
    USA: the loss on dutied Chinese goods that shrink exceeds the gain on what Viet Nam sends.
    """
    case = api.prepare("us-joins-cptpp", aggregation="default")
    base, new = api.solve(case)
    d, found = decompose(case.model, base, new), indicators(base, new)
    assert d.relative_gap < 1e-8
    viet_nam, usa = of(d, "VNM"), of(d, "USA")
    assert viet_nam[TOT, "export prices"] > 0.9 * sum(viet_nam.values()) > 0
    assert viet_nam[ALLOCATIVE, "production taxes"] < -abs(viet_nam[ALLOCATIVE, "import tariffs"])
    by_partner = {(r, sub, p): x for (r, _, sub, _, p), x in cells(d).items() if p}
    assert by_partner["USA", "import tariffs", "CHN"] < 1.3 * usa[ALLOCATIVE, "import tariffs"] < 0
    assert by_partner["USA", "import tariffs", "VNM"] > 0
    for region, terms in (("VNM", viet_nam), ("USA", usa)):
        efficiency = sum(x for (term, _), x in terms.items() if term == ALLOCATIVE)
        real_gdp = float(found.row(region, "real_gdp").change)
        assert efficiency == pytest.approx(real_gdp, rel=0.05)
        assert real_gdp < 0
