"""Products inside an industry: a share of the tariff cut is withheld, and barriers do not know of it."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from barrier_world import invented_barriers
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.apply import apply
from scenarios.carve_outs import held_back
from scenarios.policy import Policy
from scenarios.problems import ScenarioError
from scenarios.product_table import COLUMNS, packaged_products, read_products
from scenarios.reader import parse_scenario, scenario_hash

HEAD = "title: t\nbaseline: benchmark-2022\nshocks:\n"
TABLE = packaged_products()
FOOD = {"d": "JPN", "i": "C10T12"}


def run(shocks: str, world: xr.Dataset, head: str = HEAD, **kwargs) -> Policy:
    return apply(parse_scenario(head + shocks, file="t.yaml", **kwargs), world)


def share(product: str, sector: str, importer: str) -> float:
    row = TABLE.row(product, sector, importer)
    assert row is not None
    return row.share


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_withholding_scales_cuts_and_nothing_else(seed: int) -> None:
    draw = np.random.default_rng(seed)
    old, new, w = draw.uniform(0, 0.5, (3, 40))
    w = np.where(draw.random(40) < 0.3, 0.0, 2 * w)
    found = held_back(old, new, w)
    cut = new < old
    assert np.allclose(found[cut], (old - (1 - w) * (old - new))[cut], rtol=1e-14)
    assert np.array_equal(found[~cut], new[~cut]) and np.array_equal(found[w == 0], new[w == 0])
    assert np.array_equal(held_back(old, new, np.ones(40))[cut], old[cut])
    assert held_back(old, new, None) is new


@pytest.mark.parametrize(
    "verb", ["tariff: {to: 0%}", "tariff: {cut: 40%}", "tariff: {to: 2%, negotiated: true}"]
)
def test_a_tariff_keeps_the_products_share_of_the_cut(verb: str, world: xr.Dataset) -> None:
    aim = "importers: [JPN, VNM], exporters: USA, sectors: goods"
    whole = run(f"  - {{{verb}, {aim}}}\n", world).counterfactual.tm
    part = run(f"  - {{{verb}, {aim}, except: {{products: [rice, dairy], importers: JPN}}}}\n", world)
    withheld = share("rice", "C10T12", "JPN") + share("dairy", "C10T12", "JPN")
    old, target = world.tm0.sel(o="USA", **FOOD).item(), whole.sel(o="USA", **FOOD).item()
    found = part.counterfactual.tm
    assert found.sel(o="USA", **FOOD).item() == pytest.approx(
        old - (1 - withheld) * (old - target), rel=1e-14
    )
    assert np.array_equal(found.sel(d="VNM"), whole.sel(d="VNM"))
    assert np.array_equal(found.sel(d="JPN", i="C28"), whole.sel(d="JPN", i="C28"))
    assert any(
        "dairy: " in n and "of C10T12 by JPN is withheld (derived; product_carve" in n for n in part.notes
    )


@pytest.mark.parametrize("verb", ["agreement: RCEP", "join: CPTPP, members: CHN"])
def test_an_offer_cuts_less_of_what_the_flow_pays(verb: str, world: xr.Dataset) -> None:
    """The cut of an agreement is one of MFN; what is withheld is a share of the cut that the flow gets."""
    use = "parts: tariffs, utilisation: 100%, rules_of_origin: 0%"
    whole = run(f"  - {{{verb}, {use}}}\n", world).counterfactual.tm
    entry = "except: {products: dairy, importers: JPN, share: 60%}"
    part = run(f"  - {{{verb}, {use}, {entry}}}\n", world).counterfactual.tm
    rivals = [o for o in world.o.values if o != "JPN"]
    mfn, own = world.tm0.sel(o=rivals, **FOOD).max().item(), world.tm0.sel(o="CHN", **FOOD).item()
    offer = mfn * (1 - (0.90 if "RCEP" in verb else 0.823))
    if "RCEP" in verb:
        offer = mfn * (1 - 0.56)  # Japan's farm lines towards China
    assert whole.sel(o="CHN", **FOOD).item() == pytest.approx(min(own, offer), rel=1e-14)
    expected = own - 0.4 * (own - min(own, offer))
    assert part.sel(o="CHN", **FOOD).item() == pytest.approx(expected, rel=1e-14)
    assert np.array_equal(part.sel(d="KOR"), whole.sel(d="KOR"))


def test_access_withholds_of_its_tariff_cut_alone(world: xr.Dataset) -> None:
    barriers = invented_barriers(world)
    text = (
        "  - access: {tariff: -50%%, ntm: 30%%}\n    importers: JPN\n    sectors: food\n"
        "    if: {standard: technology, adopts: [VNM], cost: 0%%}\n%s"
    )
    out = "    except: {products: beef}\n"
    whole, part = (apply(parse_scenario(HEAD + text % x), world, barriers=barriers) for x in ("", out))
    xr.testing.assert_identical(part.counterfactual.removed, whole.counterfactual.removed)
    old = world.tm0.sel(o="VNM", **FOOD).item()
    expected = old * (1 - 0.5 * (1 - share("beef", "C10T12", "JPN")))
    assert part.counterfactual.tm.sel(o="VNM", **FOOD).item() == pytest.approx(expected, rel=1e-14)


def test_products_leave_an_agreements_barriers_alone(world: xr.Dataset) -> None:
    barriers, text = invented_barriers(world), "  - {agreement: CPTPP%s}\n"
    whole, part = (
        apply(parse_scenario(HEAD + text % x), world, barriers=barriers)
        for x in ("", ", except: {products: [rice, sugar]}")
    )
    xr.testing.assert_identical(part.counterfactual.removed, whole.counterfactual.removed)
    assert (part.counterfactual.tm > whole.counterfactual.tm).any()


def test_a_stage_and_a_carve_out_multiply(world: xr.Dataset) -> None:
    shock = "  - {agreement: RCEP, parts: tariffs, utilisation: 100%%, rules_of_origin: 0%%%s}\n"
    entry = ", except: {products: dairy, importers: JPN, share: 50%}"
    final, staged, both = (
        run(shock % x, world).counterfactual.tm for x in ("", ", year: 4", ", year: 4" + entry)
    )
    lowered = 0
    for o in ("CHN", "KOR", "VNM"):
        own = world.tm0.sel(o=o, **FOOD).item()
        cuts = [own - x.sel(o=o, **FOOD).item() for x in (final, staged, both)]
        lowered += cuts[1] > 0
        assert cuts[0] >= cuts[1] and cuts[2] == pytest.approx(0.5 * cuts[1], abs=1e-15)
    assert lowered


# Names, tables, files


def test_some_products_stand_for_their_industry(world: xr.Dataset) -> None:
    shock = "  - {tariff: {to: 0%%}, importers: USA, exporters: KOR, sectors: [%s]}\n"
    by_name, by_code = (run(shock % s, world) for s in ("semiconductors, Batteries", "C26, C27"))
    xr.testing.assert_identical(by_name.counterfactual, by_code.counterfactual)
    assert any("semiconductors stand for all of C26" in note for note in by_name.notes)
    assert not any("stand for" in note for note in by_code.notes)
    for name in ("wheat", "rice", "trucks"):
        with pytest.raises(
            ScenarioError, match=f"'{name}' is a product inside .*except: {{products: {name}}}"
        ):
            run(shock % name, world)


def test_a_file_of_ones_own(tmp_path: Path, world: xr.Dataset) -> None:
    own = tmp_path / "mine.csv"
    own.write_text(
        ",".join(COLUMNS)
        + "\nwine,C10T12,EU27,0.2,share,s,assumption,\nrice,C10T12,JPN,0.5,share,s,recall-L,\n"
    )
    head = "title: t\nbaseline: benchmark-2022\nproducts: mine.csv\nshocks:\n"
    shock = "  - {tariff: {to: 0%%}, importers: %s, exporters: AUS, sectors: food, except: {products: %s}}\n"
    for importer, product, withheld in (("DEU", "wine", 0.2), ("JPN", "rice", 0.5)):
        found = run(shock % (importer, product), world, head, folder=tmp_path).counterfactual.tm
        cell = {"o": "AUS", "d": importer, "i": "C10T12"}
        assert found.sel(cell).item() == pytest.approx(withheld * world.tm0.sel(cell).item(), rel=1e-14)
    with pytest.raises(ScenarioError, match=r"no row for wine and JPN: .* such as wine,C10T12,JPN"):
        run(shock % ("JPN", "wine"), world, head, folder=tmp_path)
    everybody = own.read_text() + "rice,C10T12,*,0.9,share,s,assumption,\n"
    own.write_text(everybody)  # its own JPN row counts before its *, and both before the packaged rows
    for importer, withheld in (("JPN", 0.5), ("KOR", 0.9)):
        found = run(shock % (importer, "rice"), world, head, folder=tmp_path).counterfactual.tm
        cell = {"o": "AUS", "d": importer, "i": "C10T12"}
        assert found.sel(cell).item() == pytest.approx(withheld * world.tm0.sel(cell).item(), rel=1e-14)
    asked = parse_scenario(head + shock % ("DEU", "wine"), folder=tmp_path)
    before = scenario_hash(asked)
    own.write_text(own.read_text().replace("0.2", "0.3"))
    assert scenario_hash(asked) != before


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("rice,C10T12,JPN,1.2,share,s,assumption,", "mine.csv:2: a share is a number between 0 and 1"),
        ("rice,C10T12,JPN,nan,share,s,assumption,", "mine.csv:2: a share is a number between 0 and 1"),
        ("rice,K,JPN,0.2,share,s,assumption,", "mine.csv:2: 'K' is no goods industry"),
        ("rice,C10T12,Mars,0.2,share,s,assumption,", "mine.csv:2: 'Mars' is neither"),
        ("rice,C10T12,JPN,0.2,share,,assumption,", "mine.csv:2: source is missing"),
        ("rice,C10T12,JPN,0.2,share,s,certain,", "mine.csv:2: confidence is one of"),
        ("rice,C10T12,JPN,0.2", "mine.csv:2: 4 cells"),
        (
            "rice,C10T12,JPN,0.2,share,s,assumption,\n" * 2,
            "mine.csv:3: rice in C10T12 for JPN is on mine.csv:2",
        ),
    ],
)
def test_a_table_that_cannot_be_read(row: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(",".join(COLUMNS) + f"\n{row.rstrip()}\n")
    text = "title: t\nproducts: mine.csv\nshocks: []\n"
    with pytest.raises(ScenarioError, match=f"t.yaml:2: products: {message}"):
        parse_scenario(text, file="t.yaml", folder=tmp_path)


def test_an_importer_in_two_groups_needs_a_row_of_its_own(tmp_path: Path) -> None:
    rows = "rice,A01,RCEP,0.2,share,s,assumption,\nrice,A01,CPTPP,0.3,share,s,assumption,\n"
    (tmp_path / "mine.csv").write_text(",".join(COLUMNS) + f"\n{rows}")
    table = read_products(tmp_path / "mine.csv")
    found = table.row("rice", "A01", "CHN")
    assert found is not None and found.share == 0.2 and table.row("rice", "A01", "USA") is None
    with pytest.raises(ValueError, match=r"JPN is in the groups of mine.csv:2 and mine.csv:3"):
        table.row("rice", "A01", "JPN")


def test_the_packaged_table() -> None:
    for (product, sector, importer), row in TABLE.rows.items():
        assert 0 < row.share < 1 and row.note, (product, sector, importer)
    importers = {d for _, _, d in TABLE.rows}
    for d in importers:
        for sector in ("A01", "C10T12"):
            rows = [row.share for (_, s, who), row in TABLE.rows.items() if who == d and s == sector]
            assert sum(rows) < 0.6
    for product in ("rice", "sugar", "dairy", "beef"):
        assert any(TABLE.row(product, s, "ZAF") for s in TABLE.sectors(product))
