"""Indicators against truths of index-number theory and welfare economics."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from results.errors import ResultsError
from results.indicators import indicators
from results.levels import external, gdp_gap, levels
from results.tidy import COLUMNS, WORLD

PRICES = ("pva", "py", "pmm", "pa", "pc", "pg", "pi", "pwf", "pf", "pm", "N", "S", "rev_tm", "rev_te",
          "rev_user", "rev_output", "rent")  # fmt: skip
NOMINAL = ("nominal_gdp", "exports_value", "imports_value", "tariff_revenue", "cpi")


@pytest.fixture
def table(base, new):
    return indicators(base, new).table


def wide(found, column="change"):
    return found.table.pivot(index="region", columns="indicator", values=column)


def test_no_shock_no_change(base):
    found = indicators(base, base)
    assert (found.table.change == 0).all()
    assert set(found.table.percent.dropna()) == {0.0}
    assert list(found.table.columns) == COLUMNS


def test_a_solved_zero_shock_is_zero_to_rounding(world, base, solution_of):
    found = indicators(base, solution_of(world, tm=world.tm0))
    assert found.table.percent.abs().max() < 1e-9


def test_three_gdps_agree_and_are_separate_computations(base, new):
    assert gdp_gap(levels(base))[0] < 1e-13
    assert gdp_gap(levels(new))[0] < 1e-13
    for name, factor in (("rev_user", 1.001), ("pa", 1.001), ("c", 1.001), ("y", 1.001), ("te", 1.01)):
        broken = new.values.assign({name: new.values[name] * factor})
        with pytest.raises(ResultsError, match="nominal GDP of"):
            levels(replace(new, values=broken))


def test_benchmark_levels_are_the_accounts(world, base):
    found = levels(base)
    trade = (world.X0 * (1 + world.te0)).values
    abroad = trade.sum(2) * (1 - np.eye(3))
    np.testing.assert_allclose(found["exports"], abroad.sum(1), rtol=1e-12)
    np.testing.assert_allclose(found["imports"], abroad.sum(0), rtol=1e-12)
    assert trade[0, 0].sum() > 0, "the invented world has trade inside a region, which must not be counted"
    absorbed = sum((world[f"{u}0"].sum("i") * (1 + world[f"t{u.lower()}0"])) for u in "CGI")
    np.testing.assert_allclose(found["gdp_expenditure"], absorbed - abroad.sum(0) + abroad.sum(1), rtol=1e-12)


def test_welfare_equals_the_price_form_when_shares_are_fixed(base, new):
    """EV = N^b ((N^n/N^b) / prod p^s - 1): the same number from prices and income alone."""
    b, v = levels(base), new.values
    parts = {"pc": b["consumption"], "pg": b["government"], "pi": b["saving"]}
    log_price = sum(spent / b["income"] * np.log(v[p]) for p, spent in parts.items())
    price_form = b["income"] * (v.N / np.exp(log_price) - 1)
    ev = wide(indicators(base, new)).welfare_ev.reindex(v.r.values)
    saves = (b["saving"] > 0).values
    assert saves.sum() == 2
    np.testing.assert_allclose(ev[saves], price_form[saves], rtol=1e-9)


def test_consumption_ev_has_the_sign_and_size_of_real_consumption(base, new):
    found = wide(indicators(base, new))
    spent = levels(base)["consumption"]
    np.testing.assert_allclose(
        found.consumption_ev.reindex(spent.r.values), spent * (new.values.qc - 1), rtol=1e-12
    )
    np.testing.assert_allclose(found.household_cost, -found.consumption_ev, rtol=1e-9)


def test_welfare_adds_up_its_parts_for_a_small_shock(world, base, solution_of):
    """dEV = C dlnqc + G dlnqg + S dln(real saving), to first order."""
    n = solution_of(world, tm=world.tm0 * (1 + 1e-4))
    b, v = levels(base), n.values
    real = levels(n)["saving"] / v.pi
    first = b["consumption"] * (v.qc - 1) + b["government"] * (v.qg - 1) + (real - b["saving"])
    ev = wide(indicators(base, n)).welfare_ev.reindex(v.r.values)
    np.testing.assert_allclose(ev, first, rtol=1e-3, atol=1e-9)


def test_fisher_meets_laspeyres_as_the_shock_vanishes(world, base, solution_of):
    def gap(size):
        b, n = levels(base), levels(solution_of(world, tm=world.tm0 * (1 - size)))

        def value(p, q):
            final = xr.concat([(p[f"{s}_price"] * q[f"{s}_quantity"]).sum("i") for s in "cgi"], "s").sum("s")
            flow = external(p["border_price"] * q["border_quantity"])
            return final.to_numpy() + flow.sum(("d", "i")).values - flow.sum(("o", "i")).values

        laspeyres = value(b, n) / value(b, b)
        fisher = np.sqrt(laspeyres * value(n, n) / value(n, b))
        reported = wide(indicators(base, solution_of(world, tm=world.tm0 * (1 - size))), "percent").real_gdp
        np.testing.assert_allclose(reported.reindex(base.values.r.values), 100 * (fisher - 1), atol=1e-8)
        return np.abs(fisher - laspeyres)

    ratio = gap(0.02) / gap(0.01)
    np.testing.assert_allclose(ratio, 4, rtol=0.05)  # second order: half the shock, a quarter of the gap


def test_real_gdp_is_harberger_at_first_order(world, base, solution_of):
    """With given endowments real GDP moves only by tax wedges times the quantities taxed (Harberger 1964)."""
    step = 1e-4
    up, down = (solution_of(world, tm=world.tm0 * (1 + s)) for s in (step, -step))
    measured = wide(indicators(base, up)).real_gdp - wide(indicators(base, down)).real_gdp
    w = world

    def wedges(v):
        dx = w.X0 * v.x
        tariffs = (dx * (1 + w.te0) * w.tm0).sum(("o", "i")).values
        exports = (dx * w.te0).sum(("d", "i")).values
        users = (w.Z0 * w.tz0 * v.zq).sum(("i", "j")).values + sum(
            (w[f"{u}0"] * w[f"t{u.lower()}0"] * v[q]).sum("i").values
            for u, q in (("C", "c"), ("G", "g"), ("I", "inv"))
        )
        output = (
            ((w.H0 + w.X0.sum("d").rename(o="r")).rename(i="j") * w.to0 * v.y.rename(i="j")).sum("j").values
        )
        return tariffs + exports + users + output

    predicted = wedges(up.values) - wedges(down.values)
    np.testing.assert_allclose(measured.reindex(w.r.values), predicted, rtol=1e-4)


def test_fisher_is_reversible(base, new):
    there, back = (
        wide(indicators(*pair), "percent").drop(index=WORLD) for pair in ((base, new), (new, base))
    )
    for name in ("real_gdp", "terms_of_trade", "cpi", "real_wage"):
        np.testing.assert_allclose(
            (1 + there[name] / 100) * (1 + back[name] / 100), 1, rtol=1e-11, err_msg=name
        )


def test_prices_scaled_move_no_real_number(base, new):
    """All prices and incomes times 1.7 in one solution: only nominal numbers move."""
    scaled = replace(new, values=new.values.assign({n: 1.7 * new.values[n] for n in PRICES}))
    one, two = indicators(base, new).table, indicators(base, scaled).table
    real = ~one.indicator.str.startswith(NOMINAL)
    np.testing.assert_allclose(two.change[real], one.change[real], rtol=1e-8, atol=1e-7)
    nominal = one.indicator.str.startswith(NOMINAL)
    np.testing.assert_allclose(two.counterfactual[nominal], 1.7 * one.counterfactual[nominal], rtol=1e-12)


def test_label_order_changes_nothing(base, new):
    def mixed(s):
        order = {
            "r": [2, 0, 1],
            "o": [1, 2, 0],
            "d": [2, 1, 0],
            "i": [1, 2, 0],
            "j": [2, 0, 1],
            "f": [1, 2, 0],
        }
        return replace(s, values=s.values.isel(order))

    key = ["region", "indicator"]
    one = indicators(base, new).table.set_index(key)
    for b, n in ((mixed(base), mixed(new)), (base, mixed(new)), (mixed(base), new)):
        two = indicators(b, n).table.set_index(key).reindex(one.index)
        np.testing.assert_allclose(two.change, one.change, rtol=1e-9, atol=1e-7)


def test_the_world_is_the_sum_of_regions(table):
    for name in ("real_gdp", "welfare_ev", "exports_volume", "employment"):
        part = table[table.indicator == name].set_index("region").change
        assert part[WORLD] == pytest.approx(part.drop(WORLD).sum(), rel=1e-12, abs=1e-9)
    for name in ("cpi", "terms_of_trade", "real_wage"):
        assert WORLD not in set(table[table.indicator == name].region)
    value = table[table.region == WORLD].set_index("indicator").counterfactual
    assert value.exports_value == pytest.approx(value.imports_value, rel=1e-12)


def test_a_duty_improves_the_terms_of_trade_of_who_levies_it(base, new):
    found = wide(indicators(base, new))
    assert found.terms_of_trade["USA"] > 0 > found.terms_of_trade["CHN"]
    assert found.welfare_ev["CHN"] < 0
    assert found.real_gdp[WORLD] < 0  # a new distortion shrinks the world


def test_an_iceberg_cut_is_counted_as_more_output(world, base, solution_of):
    """Cheaper transport is technology: real GDP of the importer rises, border prices do not hide it."""
    k = xr.ones_like(world.X0).where(world.d != "VNM", 0.9)
    found = wide(indicators(base, solution_of(world, k=k)), "percent")
    assert found.real_gdp["VNM"] > 1
    assert found.welfare_ev["VNM"] > 1


def test_tariff_revenue_and_its_share(world, base):
    row = indicators(base, base).row("CHN", "tariff_revenue")
    expected = float((world.X0 * (1 + world.te0) * world.tm0).sel(d="CHN").sum())
    assert row.baseline == pytest.approx(expected, rel=1e-12)
    share = indicators(base, base).row("CHN", "tariff_share_of_taxes")
    assert 0 < share.baseline < 100
    assert np.isnan(share.percent)


def test_saving_below_zero_is_named_and_added(base, new):
    """VNM of the invented world dissaves: Cobb-Douglas of C and G, plus saving at its base price."""
    found = indicators(base, new)
    assert found.notes[0] == "National saving is not positive in VNM: welfare there adds it at base prices."
    b, n, v = (x.sel(r="VNM") for x in (levels(base).data, levels(new).data, new.values))
    spent = b.consumption + b.government
    both = v.qc ** (b.consumption / spent) * v.qg ** (b.government / spent)
    expected = spent * (both - 1) + n.saving / v.pi - b.saving
    assert b.saving < 0
    assert found.row("VNM", "welfare_ev").change == pytest.approx(float(expected), rel=1e-9)


def test_households(base, new):
    count = xr.DataArray([100.0, 200.0, 50.0], dims="r", coords={"r": ["CHN", "USA", "VNM"]})
    found = indicators(base, new, households=count)
    ev = found.row("USA", "consumption_ev").change
    assert found.row("USA", "household_cost_each").change == pytest.approx(-1000 * ev / 200)
    with pytest.raises(ResultsError, match="no number for VNM"):
        indicators(base, new, households=count.isel(r=[0, 1]))


def test_solutions_of_different_worlds_are_refused(base, other_world_solution):
    with pytest.raises(ResultsError, match="different benchmarks"):
        indicators(base, other_world_solution)


def test_a_number_that_is_not_finite_is_refused(base, new):
    broken = new.values.assign(pc=new.values.pc.where(new.values.r != "CHN"))
    with pytest.raises(ResultsError, match="CHN"):
        indicators(base, replace(new, values=broken))


def test_unknown_row(base):
    with pytest.raises(ResultsError, match="0 rows"):
        indicators(base, base).row("XXX", "real_gdp")
