"""What scenarios do to the arrays. The world is invented; the baseline is the plain benchmark unless said."""

import textwrap

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.apply import apply, check, check_model_regions, override_sectors
from scenarios.policy import COLUMNS
from scenarios.problems import ScenarioError
from scenarios.reader import parse_scenario
from scenarios.schema import Scenario, Shock, TariffVerb

BENCHMARK = "title: test\nbaseline: benchmark-2022\nshocks:\n"


def scenario(shocks: str) -> Scenario:
    return parse_scenario(
        BENCHMARK + textwrap.indent(textwrap.dedent(shocks).lstrip("\n"), "  "), file="t.yaml"
    )


def run(shocks: str, world: xr.Dataset):
    return apply(scenario(shocks), world)


def test_to_and_its_direction(small_world: xr.Dataset) -> None:
    policy = run("- {tariff: {to: 60%}, importers: USA, exporters: CHN, sectors: goods}", small_world)
    after = policy.counterfactual.tm
    goods = ["A01", "C10T12", "C26", "C29"]
    assert (after.sel(o="CHN", d="USA", i=goods) == 0.6).all()
    expected = small_world.tm0.copy()
    expected.loc[{"o": "CHN", "d": "USA", "i": goods}] = 0.6
    xr.testing.assert_identical(after.drop_attrs(), expected.rename("tm").drop_attrs())
    assert (policy.counterfactual.k == 1).all() and "te" not in policy.counterfactual


def test_cells_not_named_keep_their_bits(small_world: xr.Dataset) -> None:
    policy = run("- {tariff: {cut: 50%}, between: [USA, [JPN, KOR]], sectors: food}", small_world)
    touched = np.zeros_like(small_world.tm0.values, dtype=bool)
    index = {r: n for n, r in enumerate(small_world.d.values)}
    for partner in ("JPN", "KOR"):
        for o, d in ((partner, "USA"), ("USA", partner)):
            touched[index[o], index[d], 1] = True
    before, after = small_world.tm0.values, policy.counterfactual.tm.values
    assert before[~touched].tobytes() == after[~touched].tobytes()
    assert np.array_equal(after[touched], before[touched] * 0.5)


def test_among_and_groups(world: xr.Dataset) -> None:
    policy = run("- {tariff: {to: 0%}, among: USMCA, sectors: goods}", world)
    assert set(zip(policy.table.region, policy.table.partner, strict=True)) == {
        (a, b) for a in ("USA", "CAN", "MEX") for b in ("USA", "CAN", "MEX") if a != b
    }
    assert len(policy.table) == 6 * 27


def test_add_and_order(small_world: xr.Dataset) -> None:
    add, cut = (
        "- {tariff: {add: 10 points}, importers: USA, sectors: food}",
        "- {tariff: {cut: 50%}, importers: USA, sectors: food}",
    )
    before = small_world.tm0.sel(d="USA", i="C10T12", o="CHN").item()
    first = run(f"{add}\n{cut}", small_world).counterfactual.tm.sel(d="USA", i="C10T12", o="CHN").item()
    second = run(f"{cut}\n{add}", small_world).counterfactual.tm.sel(d="USA", i="C10T12", o="CHN").item()
    assert first == (before + 0.1) * 0.5 and second == before * 0.5 + 0.1


def test_export_tax(small_world: xr.Dataset) -> None:
    policy = run("- {export_tax: {add: 5%}, exporters: CHN, sectors: [C26, K]}", small_world)
    change = policy.counterfactual.te - policy.baseline.te
    assert np.allclose(change.sel(o="CHN", d="USA", i=["C26", "K"]), 0.05)
    assert change.sel(i=["A01", "C10T12", "C29"]).sum() == 0 and change.sel(o="CHN", d="CHN").sum() == 0


@pytest.mark.parametrize(
    ("barrier", "factor"),
    [
        ("{iceberg: -3%}", 0.97),
        ("{iceberg: 5%}", 1.05),
        ("{tariff_equivalent: -5%}", 1 / 1.05),
        ("{tariff_equivalent: 5%}", 1.05),
        ("{tariff_equivalent: -5%, of: 20%}", 1.15 / 1.20),
    ],
)
def test_barriers(barrier: str, factor: float, small_world: xr.Dataset) -> None:
    policy = run(f"- {{barrier: {barrier}, importers: JPN, exporters: USA, sectors: [K, C26]}}", small_world)
    k = policy.counterfactual.k
    assert np.allclose(k.sel(o="USA", d="JPN", i=["K", "C26"]), factor, rtol=1e-15)
    assert int((k != 1).sum()) == 2
    xr.testing.assert_identical(policy.counterfactual.tm, policy.baseline.tm)


def test_a_barrier_raised_and_removed_returns(small_world: xr.Dataset) -> None:
    up, down = (
        "- {barrier: {tariff_equivalent: " + sign + "5%}, importers: JPN, sectors: services}" for sign in "+-"
    )
    assert np.allclose(run(f"{up}\n{down}", small_world).counterfactual.k, 1, rtol=1e-15)


def test_carve_outs(small_world: xr.Dataset) -> None:
    policy = run(
        """
        - tariff: {to: 0%}
          importers: [USA, JPN]
          sectors: goods
          except:
            - {sectors: food}
            - {importers: JPN, exporters: [KOR, CHN], sectors: motor_vehicles}
        """,
        small_world,
    )
    after = policy.counterfactual.tm
    kept = after == small_world.tm0
    assert kept.sel(i="C10T12").all() and kept.sel(d="JPN", o=["KOR", "CHN"], i="C29").all()
    assert (after.sel(d="JPN", o=["USA", "VNM"], i="C29") == 0).all()
    assert (after.sel(d="USA", i=["A01", "C26", "C29"]) == 0).all()


def test_a_carve_out_that_meets_nothing_is_noted(small_world: xr.Dataset) -> None:
    policy = run(
        "- {tariff: {to: 0%}, importers: USA, sectors: food, except: {sectors: machinery, importers: USA}}",
        xr.concat([small_world, small_world.sel(i=["C26"]).assign_coords(i=["C28"])], dim="i"),
    )
    assert any("this carve-out meets no flow" in note for note in policy.notes)


# Negotiated cuts


def with_rate(world: xr.Dataset, value: float, **where: str) -> xr.Dataset:
    tm = world.tm0.copy()
    tm.loc[{"o": where["o"], "d": where["d"], "i": where["i"]}] = value
    return world.assign(tm0=tm)


def test_free_trade_keeps_a_subsidy_unless_told_otherwise(small_world: xr.Dataset) -> None:
    world = with_rate(small_world, -0.05, o="CHN", d="USA", i="C26")
    cell = {"o": "CHN", "d": "USA", "i": "C26"}
    default = run("- {tariff: {to: 0%}, importers: USA, sectors: goods}", world)
    assert default.counterfactual.tm.sel(cell) == -0.05
    told = run("- {tariff: {to: 0%, negotiated: false}, importers: USA, sectors: goods}", world)
    assert told.counterfactual.tm.sel(cell) == 0
    cut = run("- {tariff: {cut: 50%}, importers: USA, sectors: goods}", world)
    assert cut.counterfactual.tm.sel(cell) == -0.05


def test_a_plain_rate_that_raises_and_lowers_is_noted(small_world: xr.Dataset) -> None:
    shock = "- {{tariff: {{to: 10%{}}}, importers: USA, sectors: goods}}"
    plain = run(shock.format(""), small_world)
    assert any("raises" in n and "lowers" in n and "t.yaml:4" in n for n in plain.notes)
    negotiated = run(shock.format(", negotiated: true"), small_world)
    assert (negotiated.counterfactual.tm <= small_world.tm0).all()
    both = run(shock.format(", negotiated: false"), small_world)
    assert not any("raises" in note for note in negotiated.notes + both.notes)
    xr.testing.assert_identical(both.counterfactual, plain.counterfactual)


@settings(max_examples=30, deadline=None)
@given(
    verb=st.one_of(
        st.floats(-1, 1).map(lambda v: TariffVerb(to=v, negotiated=True)),
        st.floats(0.01, 1).map(lambda v: TariffVerb(cut=v)),
    )
)
def test_negotiated_never_raises(verb: TariffVerb, small_world: xr.Dataset) -> None:
    world = with_rate(small_world, -0.2, o="KOR", d="JPN", i="C26")
    shock = Shock(tariff=verb, among=("all",), sectors=("goods",))
    asked = Scenario(title="t", baseline="benchmark-2022", shocks=(shock,))  # pyright: ignore[reportArgumentType]
    assert (apply(asked, world).counterfactual.tm <= world.tm0).all()


# The table


def test_the_table_rebuilds_the_arrays(small_world: xr.Dataset) -> None:
    policy = run(
        """
        - {label: first, tariff: {add: 5%}, importers: USA, sectors: goods}
        - {tariff: {cut: 40%}, exporters: CHN, sectors: [C26, C29]}
        - {barrier: {iceberg: -2%}, importers: VNM, sectors: services}
        - {export_tax: {to: 3%}, exporters: JPN, importers: KOR, sectors: C26}
        """,
        small_world,
    )
    assert tuple(policy.table.columns) == COLUMNS
    rebuilt = policy.baseline.copy(deep=True)
    for region, partner, sector, instrument, before, after, _ in policy.table.itertuples(index=False):
        # An export tax is the exporter's measure, everything else on a flow the importer's.
        o, d = (region, partner) if instrument == "te" else (partner, region)
        cell = {"o": o, "d": d, "i": sector}
        assert before != after and rebuilt[instrument].loc[cell] == before
        rebuilt[instrument].loc[cell] = after
    xr.testing.assert_identical(rebuilt, policy.counterfactual)
    twice = policy.table.query("region == 'USA' and partner == 'CHN' and sector == 'C26'").why.item()
    assert (
        twice
        == "t.yaml:4 shocks[0] first: tariff add 5 points; t.yaml:5 shocks[1] tariff cut by 40 % (negotiated)"
    )
    assert policy.table.query("instrument == 'k'").why.unique().tolist() == [
        "t.yaml:6 shocks[2] barrier iceberg -2 %"
    ]


def test_a_shock_and_its_undoing_leave_an_empty_table(small_world: xr.Dataset) -> None:
    policy = run(
        """
        - {export_tax: {to: 3%}, exporters: JPN, sectors: C26}
        - {export_tax: {to: 0%}, exporters: JPN, sectors: C26}
        """,
        small_world.assign(te0=small_world.te0 * 0),
    )
    assert policy.table.empty and tuple(policy.table.columns) == COLUMNS
    assert any("sets every flow of t.yaml:4 again" in note for note in policy.notes)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_labels_changes_nothing(seed: int, world: xr.Dataset) -> None:
    text = (
        "title: t\nbaseline: {name: in-force-2026, without: [RCEP]}\nshocks:\n"
        "  - {agreement: RCEP, parts: tariffs}\n"
        "  - {tariff: {cut: 30%}, between: [USA, CPTPP], sectors: goods, except: {sectors: food}}\n"
        "  - {barrier: {iceberg: -1%}, among: [USA, JPN, KOR], sectors: all}\n"
    )
    draw = np.random.default_rng(seed)
    r = draw.permutation(world.d.values)
    shuffled = world.sel(o=draw.permutation(r), d=r, i=draw.permutation(world.i.values))
    shuffled = shuffled.transpose("i", "d", "o")
    asked = parse_scenario(text)
    one, other = apply(asked, world), apply(asked, shuffled)
    like = {letter: world[letter].values for letter in ("o", "d", "i")}
    xr.testing.assert_identical(one.counterfactual, other.counterfactual.sel(like))
    xr.testing.assert_identical(one.baseline, other.baseline.sel(like))
    pd.testing.assert_frame_equal(one.table, other.table)
    assert one.notes == other.notes


def test_the_world_is_not_changed(small_world: xr.Dataset) -> None:
    copy = small_world.copy(deep=True)
    run("- {tariff: {to: 0%}, importers: USA, sectors: goods}", small_world)
    xr.testing.assert_identical(copy, small_world)


# Notes and errors that need the rates


def test_a_rate_pushed_below_minus_one(small_world: xr.Dataset) -> None:
    with pytest.raises(ScenarioError, match=r"t\.yaml:4: shocks\[0\]: .* a rate cannot fall below -100 %"):
        run("- {tariff: {add: -140%}, importers: USA, sectors: goods}", small_world)


def test_notes(small_world: xr.Dataset) -> None:
    cases = {
        "- {tariff: {add: -20%}, importers: USA, exporters: CHN, sectors: goods}": "import subsidies",
        "- {tariff: {to: 0%}, importers: VNM, exporters: CAN, sectors: food}": "it holds already",
        "- {tariff: {add: 5%}, importers: VNM, exporters: CAN, sectors: food}": "has trade in the benchmark",
        "- {tariff: {add: 5%}, importers: ROW, exporters: all, sectors: goods}": "inside ROW is left alone",
        "- {tariff: {to: 0%}, importers: IPEF, sectors: goods}": "IPEF: AUS, BRN, FJI",
    }
    world = with_rate(small_world, 0.0, o="CAN", d="VNM", i="C10T12")
    world = world.assign(X0=world.X0.where(~((world.o == "CAN") & (world.d == "VNM")), 0))
    for shock, expected in cases.items():
        assert any(expected in note for note in run(shock, world).notes), shock


def test_overlapping_cuts_are_noted(small_world: xr.Dataset) -> None:
    policy = run(
        """
        - {tariff: {cut: 50%}, importers: USA, sectors: goods}
        - {tariff: {cut: 50%}, exporters: CHN, sectors: goods}
        """,
        small_world,
    )
    assert any(
        "t.yaml:5: tariff cut by 50 % (negotiated) a second time on 4 flows" in n for n in policy.notes
    )


def test_a_world_without_tariffs_or_with_holes(small_world: xr.Dataset) -> None:
    shock = "- {tariff: {to: 0%}, importers: USA, sectors: goods}"
    with pytest.raises(ValueError, match="no array tm0"):
        run(shock, small_world.drop_vars("tm0"))
    with pytest.raises(ValueError, match="not finite"):
        run(shock, with_rate(small_world, np.nan, o="CHN", d="USA", i="C26"))


def test_model_regions_and_overrides(sectors: list[str], regions: list[str]) -> None:
    text = (
        "title: t\nfocus: USS\nclosure: {numeraire: 'pc[EU]'}\nshocks: []\n"
        "overrides: [{parameter: sigma_m, sectors: [food, C26], value: 3.5}]\n"
    )
    asked = parse_scenario(text, file="t.yaml")
    assert override_sectors(asked, sectors) == (("sigma_m", ("C10T12", "C26"), 3.5, False),)
    check(asked, regions, sectors)
    with pytest.raises(ScenarioError) as caught:
        check_model_regions(asked, ["USA", "EU27", "ROW"])
    assert str(caught.value).splitlines() == [
        "t.yaml:2: focus: 'USS' is not a region of this aggregation; did you mean 'USA'?",
        "t.yaml:3: closure.numeraire: 'EU' is not a region of this aggregation; did you mean 'EU27'?",
    ]
    check_model_regions(parse_scenario("title: t\nfocus: USA\nshocks: []\n"), ["USA", "ROW"])
