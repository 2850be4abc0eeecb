"""Taxes, subsidies, productivity and endowments at home: what they do to the arrays and to the table."""

import numpy as np
import pytest
import xarray as xr

from scenarios.apply import apply
from scenarios.policy import COLUMNS, Policy
from scenarios.problems import ScenarioError
from scenarios.reader import parse_scenario

HEAD = "title: t\nbaseline: benchmark-2022\nshocks:\n"


@pytest.fixture(scope="module")
def world(small_world: xr.Dataset) -> xr.Dataset:
    draw = np.random.default_rng(3)
    r, j = small_world.d.values, small_world.i.values
    to0 = xr.DataArray(draw.uniform(-0.1, 0.2, (len(r), len(j))), dims=("r", "j"), coords={"r": r, "j": j})
    tc0 = xr.DataArray(draw.uniform(0, 0.2, len(r)), dims="r", coords={"r": r})
    return small_world.assign(to0=to0, tc0=tc0)


def run(shocks: str, world: xr.Dataset) -> Policy:
    return apply(parse_scenario(HEAD + shocks, file="t.yaml"), world)


def test_a_subsidy_lowers_the_production_tax(world: xr.Dataset) -> None:
    policy = run("  - {production_subsidy: {add: 10 points}, regions: [USA, JPN], sectors: C26}\n", world)
    change = policy.counterfactual.to - policy.baseline.to
    np.testing.assert_allclose(change.sel(r=["USA", "JPN"], j="C26"), -0.10, rtol=1e-12)
    assert int((change != 0).sum()) == 2
    np.testing.assert_array_equal(policy.baseline.to, world.to0)
    tax = run("  - {production_tax: {add: -10 points}, regions: [USA, JPN], sectors: C26}\n", world)
    xr.testing.assert_allclose(tax.counterfactual.to, policy.counterfactual.to, rtol=1e-14)


@pytest.mark.parametrize(
    ("verb", "expected"), [("to: 5%", 0.05), ("cut: 40%", None), ("add: 2 points", None)]
)
def test_the_verbs_of_a_tax(verb: str, expected: float | None, world: xr.Dataset) -> None:
    policy = run(f"  - {{consumption_tax: {{{verb}}}, regions: USA}}\n", world)
    old, new = float(world.tc0.sel(r="USA")), float(policy.counterfactual.tc.sel(r="USA"))
    expected = expected if expected is not None else 0.6 * old if "cut" in verb else old + 0.02
    assert new == pytest.approx(expected, rel=1e-14)
    assert set(policy.table.region) == {"USA"} and policy.table.sector.tolist() == [""]


def test_indices_begin_at_one(world: xr.Dataset) -> None:
    policy = run(
        "  - {productivity: {change: 2%}, regions: USA, sectors: [C26, K]}\n"
        "  - {productivity: {change: -1%}, regions: USA, sectors: K}\n"
        "  - {endowment: {factor: [labour, capital], change: 1%}, regions: [CHN, VNM]}\n",
        world,
    )
    assert bool((policy.baseline.productivity == 1).all()) and bool((policy.baseline.endow == 1).all())
    found = policy.counterfactual.productivity.sel(r="USA", j=["C26", "K"])
    np.testing.assert_allclose(found, [1.02, 1.02 * 0.99], rtol=1e-14)
    np.testing.assert_allclose(policy.counterfactual.endow.sel(r="CHN"), [1.01, 1.01, 1.0], rtol=1e-14)
    rows = policy.table[policy.table.instrument == "endow"]
    assert set(rows.sector) == {"labour", "capital"} and set(rows.region) == {"CHN", "VNM"}
    assert set(rows.partner) == {""}


def test_the_table_has_every_kind_of_row(world: xr.Dataset) -> None:
    policy = run(
        "  - {tariff: {add: 5%}, importers: USA, exporters: CHN, sectors: C26}\n"
        "  - {export_tax: {add: 3%}, exporters: CHN, importers: USA, sectors: C26}\n"
        "  - {quota: {volume: -20%}, exporters: CHN, importers: JPN, sectors: C26}\n"
        "  - {export_control: {volume: -50%}, exporters: CHN, importers: KOR, sectors: C26}\n"
        "  - {minimum_wage: {floor: 1%}, regions: CAN}\n"
        "  - {production_tax: {add: 1 points}, regions: VNM, sectors: C29}\n"
        "  - {consumption_tax: {add: 1 points}, regions: VNM}\n",
        world,
    )
    table = policy.table.set_index("instrument")
    assert tuple(policy.table.columns) == COLUMNS
    expected = {
        "tm": ("USA", "CHN", "C26"), "te": ("CHN", "USA", "C26"), "quota": ("JPN", "CHN", "C26"),
        "export_control": ("CHN", "KOR", "C26"), "minimum_wage": ("CAN", "", ""), "to": ("VNM", "", "C29"),
        "tc": ("VNM", "", ""),
    }  # fmt: skip
    assert {n: tuple(table.loc[n, ["region", "partner", "sector"]]) for n in table.index} == expected
    levels = {n: float(table.loc[n, "to"]) for n in ("quota", "export_control", "minimum_wage")}
    assert levels == {"quota": 0.8, "export_control": 0.5, "minimum_wage": 1.01}
    assert int(policy.table["from"].isna().to_numpy().sum()) == 3
    assert all(why.startswith("t.yaml:") for why in policy.table.why)
    keys = list(zip(*(policy.table[c] for c in COLUMNS[:4]), strict=True))
    assert keys == sorted(keys)
    assert not any(step.joint for step in policy.steps)


def test_only_what_is_needed_is_asked_of_the_world(small_world: xr.Dataset) -> None:
    with pytest.raises(ValueError, match=r"no array to0 over \(r, j\)"):
        run("  - {production_subsidy: {add: 1%}, regions: USA, sectors: C26}\n", small_world)
    with pytest.raises(ValueError, match=r"no array tc0 over \(r\)"):
        run("  - {consumption_tax: {add: 1%}, regions: USA}\n", small_world)
    policy = run("  - {productivity: {change: 1%}, regions: USA, sectors: all}\n", small_world)
    assert len(policy.table) == small_world.sizes["i"] and "to" not in policy.baseline


def test_taxes_that_leave_no_price_are_refused(world: xr.Dataset) -> None:
    for shock, message in (
        (
            "{production_tax: {to: 100%}, regions: USA, sectors: C26}",
            "USA, C26: .*leaves nothing to the producer",
        ),
        ("{consumption_tax: {to: -100%}, regions: USA}", "USA: .*the price would be negative"),
    ):
        with pytest.raises(ScenarioError, match=message):
            run(f"  - {shock}\n", world)


def test_the_same_measure_twice(world: xr.Dataset) -> None:
    one = "  - {production_subsidy: {add: 5 points}, regions: USA, sectors: C26}\n"
    with pytest.raises(ScenarioError, match="twice; delete one"):
        run(one + one, world)
    more = run(one + one.replace("C26", "[C26, C29]"), world)
    assert any("a second time on 1 cells of t.yaml:4" in note for note in more.notes)
    assert any("a lump sum out of or into the region's income" in note for note in more.notes)


def test_the_order_of_labels_changes_nothing(world: xr.Dataset) -> None:
    text = (
        "  - {production_subsidy: {add: 10 points}, regions: USA, sectors: C26}\n"
        "  - {endowment: {factor: all, change: 1%}, regions: [CHN, VNM]}\n"
        "  - {consumption_tax: {add: 1 points}, regions: KOR}\n"
    )
    other = world.isel(r=[6, 5, 4, 3, 2, 1, 0], j=[2, 0, 4, 1, 3], o=[3, 1, 6, 0, 5, 2, 4], i=[1, 0, 2, 4, 3])
    one, two = run(text, world), run(text, other)
    assert one.table.equals(two.table)


def test_large_subsidies_are_told_and_those_that_add_up_to_all_output_refused(world: xr.Dataset) -> None:
    one = "  - {production_subsidy: {add: ADD points}, regions: [USA, JPN], sectors: C26}\n"
    assert not any("outside all experience" in n for n in run(one.replace("ADD", "30"), world).notes)
    (told,) = [n for n in run(one.replace("ADD", "31"), world).notes if "outside all experience" in n]
    assert told.startswith("t.yaml:4") and ", C26: from" in told
    with pytest.raises(ScenarioError, match=r"t\.yaml:5: .*, C26: from .*a subsidy of 100 % pays for all"):
        run(one.replace("ADD", "60") + one.replace("ADD", "70"), world)


def test_a_tariff_above_200_percent_is_told_with_the_largest_cell(world: xr.Dataset) -> None:
    shock = "  - {tariff: {to: RATE}, importers: USA, exporters: [CHN, JPN], sectors: C26}\n"
    (told,) = [n for n in run(shock.replace("RATE", "250%"), world).notes if "rise above 200 %" in n]
    assert "2 tariffs" in told and "the largest: C26 from CHN to USA" in told and "to 250 %" in told
    assert not any("rise above" in n for n in run(shock.replace("RATE", "200%"), world).notes)


def test_a_cap_above_the_baseline_is_told(world: xr.Dataset) -> None:
    for kind in ("quota", "export_control"):
        shock = f"  - {{{kind}: {{volume: VOLUME}}, exporters: CHN, importers: USA, sectors: C26}}\n"
        (told,) = [n for n in run(shock.replace("VOLUME", "50%"), world).notes if "binds nobody" in n]
        assert told.startswith("t.yaml:4: the cap is the baseline's flow plus 50 %")
        for volume in ("0%", "-50%"):
            assert not any("binds nobody" in n for n in run(shock.replace("VOLUME", volume), world).notes)
