"""Every named repair of the raw data: its rule on a small invented table, its effect in the database."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from calibration import national, rest_of_world, trade, value_added
from calibration.balance import BalanceError, ras
from calibration.repairs import Repair, largest, repairs_table
from calibration.sources.icio import SERVICES
from calibration.sources.oecd import FINAL, VALUE_ADDED, IOTable
from calibration.world import load_info

REGIONS, SECTORS = ["AAA", "BBB"], ["A01", "C29", "K"]


@pytest.fixture
def table() -> IOTable:
    """Two economies, three industries (two goods, one service), balanced by hand where it matters."""
    rng = np.random.default_rng(3)
    users = [*SECTORS, *FINAL]
    shape = (2, 3, len(users))
    data = xr.Dataset(
        {
            "use": (("r", "i", "u"), rng.uniform(1, 5, shape)),
            "exports": (("r", "i"), np.array([[4.0, 6.0, 5.0], [3.0, 8.0, 2.0]])),
            "imports": (("r", "i"), np.array([[3.5, 6.5, 2.0], [4.0, 6.0, 5.5]])),
            "txs": (("r", "u"), np.full((2, len(users)), 0.5)),
            "imp_other": (("r", "u"), np.full((2, len(users)), 0.05)),
            "txs_exports": (("r",), np.array([1.5, -0.3])),
            "va": (("r", "p", "j"), np.full((2, 4, 3), 2.0)),
            "valu": (("r", "j"), np.full((2, 3), 8.0)),
            "output": (("r", "j"), np.full((2, 3), 60.0)),
        },
        coords={"r": REGIONS, "i": SECTORS, "j": SECTORS, "u": users, "p": list(VALUE_ADDED)},
    )
    return IOTable(data)


def changed(table: IOTable, **cells: tuple[dict[str, str], float]) -> IOTable:
    data = table.data.copy(deep=True)
    for name, (where, value) in cells.items():
        data[name].loc[where] = value
    return IOTable(data)


def repair(name: str):
    table = load_info()["repairs"].set_index("name")
    return table.loc[name]


# ---------------------------------------------------------------- balancing


def test_ras_meets_both_margins_and_keeps_zeros():
    start = np.array([[1.0, 2.0, 0.0], [4.0, 0.0, 1.0]])
    rows, columns = np.array([6.0, 4.0]), np.array([5.0, 3.0, 2.0])
    x = ras(start, rows, columns)
    np.testing.assert_allclose(x.sum(1), rows, rtol=1e-11)
    np.testing.assert_allclose(x.sum(0), columns, rtol=1e-11)
    assert (x[start == 0] == 0).all()


def test_ras_refuses_what_it_cannot_meet():
    with pytest.raises(BalanceError, match="row margins sum to 3, column margins to 4"):
        ras(np.ones((2, 2)), np.array([1.0, 2.0]), np.array([2.0, 2.0]))
    with pytest.raises(BalanceError, match=r"positions \[1\] of axis 0 have no cell"):
        ras(np.array([[1.0, 1.0], [0.0, 0.0]]), np.array([1.0, 1.0]), np.array([1.0, 1.0]))
    with pytest.raises(BalanceError, match="nonnegative"):
        ras(-np.ones((1, 1)), np.ones(1), np.ones(1))
    with pytest.raises(BalanceError, match="row residual"):
        ras(np.array([[1.0, 1.0], [1.0, 0.0]]), np.array([1.0, 2.0]), np.array([1.0, 2.0]), max_iterations=20)


# ---------------------------------------------------------------- uses


def test_inventories_and_negative_investment(table):
    one = {"r": "AAA", "i": "C29"}
    table = changed(table, use=({**one, "u": "INVNT"}, -9.0))
    uses, (inventories, negative) = national.final_demand(table)
    fixed = float(table.data["use"].sel(r="AAA", i="C29", u="GFCF"))
    assert float(uses["Ib"].sel(one)) == 0.0
    assert negative.size == pytest.approx(9.0 - fixed)
    assert negative.where.startswith("AAA C29")
    assert (inventories.cells, inventories.size) == (1, 9.0)
    # GDP is unchanged: what investment gains consumption loses
    d = table.data
    total = (d["use"].sum("i") + d["txs"] + d["imp_other"]).sel(u=list(FINAL)).sum("u")
    np.testing.assert_allclose(uses["Cp"] + uses["Gp"] + uses["Ip"], total)
    assert repair("negative investment")["cells"] == 4
    assert repair("inventories")["cells"] == 106


def test_negative_investment_beyond_consumption_raises(table):
    table = changed(table, use=({"r": "AAA", "i": "C29", "u": "INVNT"}, -900.0))
    with pytest.raises(BalanceError, match="AAA C29"):
        national.final_demand(table)


def test_rows_are_scaled_to_supply(table):
    uses, _ = national.final_demand(table)
    supply = (uses["Zb"].sum("j") + uses["Cb"] + uses["Gb"] + uses["Ib"]) * 1.01
    scaled, step = national.scale_rows(uses, supply)
    total = scaled["Zb"].sum("j") + scaled["Cb"] + scaled["Gb"] + scaled["Ib"]
    np.testing.assert_allclose(total, supply, rtol=1e-14)
    assert step.cells == 6
    assert step.size == pytest.approx(float(supply.sum()) * (1 - 1 / 1.01))
    np.testing.assert_array_equal(scaled["Cp"], uses["Cp"])
    # in the database rounding is all there is to repair: 0.7 bn of 180 trillion
    assert repair("row balance")["size"] < 1e3


def test_supply_without_use_raises(table):
    uses, _ = national.final_demand(table)
    none = {n: uses[n].where(uses["i"] != "K", 0.0) for n in ("Zb", "Cb", "Gb", "Ib")}
    with pytest.raises(BalanceError, match="supply without any use in AAA K"):
        national.scale_rows(uses.assign(none), uses["Cb"] + 1)


def test_exports_above_output_are_scaled_down():
    flows = xr.DataArray(
        [[[0.0], [61.0]], [[5.0], [0.0]]],
        dims=("o", "d", "i"),
        coords={"o": REGIONS, "d": REGIONS, "i": ["K"]},
    )
    output = xr.DataArray([[60.0], [60.0]], dims=("r", "j"), coords={"r": REGIONS, "j": ["K"]})
    scaled, step = national.exports_within_output(flows, output)
    assert float(scaled.sel(o="AAA", d="BBB", i="K")) == pytest.approx(60.0)
    assert float(scaled.sel(o="BBB", d="AAA", i="K")) == 5.0
    assert (step.cells, step.size, step.where) == (1, 1.0, "AAA K 1")
    assert repair("exports above output")["cells"] == 0


def test_empty_activities(table):
    table = changed(table, output=({"r": "BBB", "j": "A01"}, 0.0))
    uses, _ = national.final_demand(table)
    cleaned, step = national.empty_activities(uses, table)
    assert float(cleaned["Zb"].sel(r="BBB", j="A01").sum()) == 0.0
    assert float(cleaned["Zb"].sel(r="AAA", j="A01").sum()) > 0.0
    assert (step.cells, step.where) == (1, "BBB A01")
    assert repair("empty activities")["cells"] == 51


# ---------------------------------------------------------------- value added


def factors(table: IOTable):
    d = table.data
    return value_added.split_components(d["va"], d["valu"], d["output"])


def test_parts_that_do_not_add_up(table):
    labour, capital, otxs, steps = factors(changed(table, valu=({"r": "AAA", "j": "K"}, 9.0)))
    cell = {"r": "AAA", "j": "K"}
    assert [float(x.sel(cell)) for x in (labour, capital, otxs)] == [2.0, 5.0, 2.0]
    assert (steps[0].name, steps[0].cells, steps[0].size) == ("value added parts", 1, 1.0)
    assert repair("value added parts")["where"].startswith("NZL C19 -47.23")


def test_negative_surplus_keeps_value_added(table):
    table = changed(
        table, va=({"r": "AAA", "p": "NOPS", "j": "C29"}, -5.0), valu=({"r": "AAA", "j": "C29"}, 1.0)
    )
    table.data["va"].loc[{"r": "AAA", "p": "OTXS", "j": "C29"}] = 0.0
    table.data["va"].loc[{"r": "AAA", "p": "LABR", "j": "C29"}] = 4.0
    labour, capital, otxs, steps = factors(table)
    cell = {"r": "AAA", "j": "C29"}
    # the other economy's split, one third labour, is the median
    assert float(labour.sel(cell)) == pytest.approx(1 / 3)
    assert float((labour + capital + otxs).sel(cell)) == pytest.approx(1.0)
    assert (steps[2].cells, steps[2].size) == (1, pytest.approx(4 - 1 / 3))
    assert repair("negative operating surplus")["where"].startswith("KOR D")


def test_a_surplus_that_rounds_to_zero_is_no_defect(table):
    cell = {"r": "AAA", "j": "K"}
    table = changed(table, valu=(cell, 3.999))
    table.data["va"].loc[{"r": "AAA", "p": ["CFC", "NOPS"], "j": "K"}] = [1.0, -1.001]
    labour, capital, _, steps = factors(table)
    assert float(capital.sel(cell)) == 0.0
    assert float(labour.sel(cell)) == pytest.approx(1.999)
    assert steps[2].cells == 0


def test_factor_payments_at_or_below_zero_move_through_the_production_tax(table):
    cell = {"r": "AAA", "j": "K"}
    lost = changed(table, valu=(cell, -3.0))
    lost.data["va"].loc[{"r": "AAA", "p": "NOPS", "j": "K"}] = -9.0
    labour, capital, otxs, steps = factors(lost)
    payments = float((labour + capital).sel(cell))
    assert payments == pytest.approx(2.0 / (1 / 3))  # LABR over its median share
    assert payments + float(otxs.sel(cell)) == pytest.approx(-3.0)
    assert steps[1].cells == 1
    taxed = changed(table, valu=(cell, 2.0))
    taxed.data["va"].loc[{"r": "AAA", "j": "K"}] = [1.0, 2.5, 0.5, -2.0]
    labour, capital, otxs, _ = factors(taxed)
    assert float((labour + capital).sel(cell)) == pytest.approx(2.0 * 0.75)  # median factors over VALU
    assert float((labour + capital + otxs).sel(cell)) == pytest.approx(2.0)
    listed = repair("factor payments at or below zero")
    assert listed["cells"] == 2
    assert {" ".join(x.split()[:2]) for x in listed["where"].split(", ")} == {"ISL C21", "CYP H51"}


def test_production_taxes_are_bounded_and_surplus_takes_the_excess(table):
    cell = {"r": "AAA", "j": "K"}
    taxed = changed(table, valu=(cell, 8.0))
    taxed.data["va"].loc[{"r": "AAA", "j": "K"}] = [9.0, -6.0, 2.0, 3.0]
    d = taxed.data
    before = d["va"].copy(deep=True)
    parts, step = value_added.bound_production_taxes(d["va"], d["valu"], d["output"])
    assert parts.sel(cell).sel(p=["LABR", "OTXS", "CFC", "NOPS"]).values.tolist() == [9.0, -2.0, 2.0, -1.0]
    np.testing.assert_allclose(parts.sum("p"), d["va"].sum("p"))
    assert d["va"].equals(before)
    assert (step.cells, step.size, step.where) == (1, 4.0, "AAA K -4")
    listed = repair("production taxes beyond a quarter of value added")
    assert listed["where"].startswith("CHN A01 -8.16e+05")
    assert 100 < listed["cells"] < 250


def two(values: list[float]) -> xr.DataArray:
    return xr.DataArray([values], dims=("r", "j"), coords={"r": ["AAA"], "j": ["A01", "C29"]})


def test_self_employed_labour():
    labour, capital, jobs = two([1.0, 9.0]), two([19.0, 1.0]), two([10.0, 10.0])
    raised, left, step = value_added.impute_self_employed(labour, capital, jobs)
    # mean wage 0.5, fraction 0.6 in agriculture: 10 x 0.5 x 0.6 = 3; industry is left alone
    assert raised.values.tolist() == [[3.0, 9.0]]
    np.testing.assert_allclose(raised + left, labour + capital)
    assert (step.cells, step.size) == (1, 2.0)
    capped, _, _ = value_added.impute_self_employed(labour, two([1.0, 1.0]), jobs)
    assert float(capped.sel(r="AAA", j="A01")) == pytest.approx(0.8 * 2.0)
    assert repair("self-employed labour")["cells"] > 400


def test_natural_resources_are_a_stated_share_of_capital():
    v, step = value_added.factor_payments(two([1.0, 1.0]), two([10.0, 5.0]))
    assert v.sel(f="natural").values.tolist() == [[4.5, 0.0]]
    np.testing.assert_allclose(v.sum("f"), two([11.0, 6.0]))
    assert step.cells == 1


def test_wage_flags_list_odd_cells():
    flags = value_added.wage_flags(two([40.0, 1.0]), two([10.0, 10.0]))
    assert list(flags) == ["AAA C29"]
    assert repair("wage flags")["cells"] > 100


# ---------------------------------------------------------------- trade


@pytest.fixture
def cube() -> xr.Dataset:
    order = [*REGIONS, "ROW"]
    goods = np.array([[50.0, 3.0, 1.0], [3.0, 50.0, 0.5], [0.5, 1.0, 40.0]])
    cars = np.array([[50.0, 5.0, 1.0], [6.0, 50.0, 2.0], [0.5, 1.0, 40.0]])
    services = np.array([[55.0, 4.0, 1.0], [1.0, 58.0, 1.0], [1.0, 1.5, 90.0]])
    return xr.Dataset(
        {"x": (("o", "d", "k"), np.stack([goods, cars, services], 2))},
        coords={"o": order, "d": order, "k": ["A01", "C29", SERVICES]},
    )


def test_three_way_ras_of_services_meets_the_margins(table, cube):
    two_services = ["K", "M"]
    d = table.data[["exports", "imports"]].sel(i="K", drop=True)
    split = xr.DataArray([0.3, 0.7], coords={"i": two_services}, dims="i")
    services = IOTable(xr.Dataset({n: d[n] * split for n in d}))
    guide = xr.Dataset(dict.fromkeys(d, split * 10))
    flows, step = trade.service_flows(cube, services, two_services, guide)
    pair = cube["x"].sel(k=SERVICES).where(cube["o"] != cube["d"], 0.0)
    np.testing.assert_allclose(flows.sum("i"), pair.transpose("o", "d"), rtol=1e-6)
    exports = flows.sum("d").sel(o=REGIONS).transpose("o", "i")
    np.testing.assert_allclose(exports, services.data["exports"].transpose("r", "i"), rtol=1e-6)
    assert float(flows.sel(o="AAA", d="AAA").sum()) == 0.0
    assert "margin left open 0.000" in step.what
    left = float(repair("bilateral services by industry")["what"].split("open ")[1].split(" USD")[0])
    assert left < 0.5


def test_service_split_does_not_depend_on_label_order(table, cube):
    services = IOTable(table.data[["exports", "imports"]].sel(i=["K"]))
    guide = xr.Dataset(
        {n: xr.DataArray([1.0], coords={"i": ["K"]}, dims="i") for n in ("exports", "imports")}
    )
    a, _ = trade.service_flows(cube, services, ["K"], guide)
    b, _ = trade.service_flows(cube.isel(o=[2, 0, 1], d=[1, 2, 0]), services, ["K"], guide)
    np.testing.assert_allclose(a, b.reindex_like(a), rtol=1e-12)


def test_export_taxes_meet_both_margins():
    order = ["AAA", "BBB", "CCC", "ROW"]
    flows = xr.DataArray(
        np.arange(1.0, 17.0).reshape(4, 4, 1) * (1 - np.eye(4))[:, :, None],
        dims=("o", "d", "i"),
        coords={"o": order, "d": order, "i": ["A01"]},
    )
    data = xr.Dataset(
        {
            "txs_exports": (("r",), np.array([1.5, -0.3, 2.0])),
            "imp_other": (("r", "u"), np.array([[0.4, 0.3], [0.5, 0.6], [0.2, 0.2]])),
        },
        coords={"r": order[:3], "u": ["A01", "HFCE"]},
    )
    te, (step, subsidies) = trade.export_tax_rates(IOTable(data), flows)
    taxes = te * flows.sum("i")
    np.testing.assert_allclose(taxes.sum("d").sel(o=order[:3]), data["txs_exports"], rtol=1e-9)
    np.testing.assert_allclose(taxes.sum("o").sel(d=order[:3]), data["imp_other"].sum("u"), rtol=1e-9)
    assert float(te.sel(o="ROW").sum()) == 0.0
    # a net subsidy keeps one rate on all destinations
    rates = te.sel(o="BBB", d=["AAA", "CCC", "ROW"]).values
    np.testing.assert_allclose(rates, -0.3 / float(flows.sel(o="BBB").sum()))
    assert (subsidies.cells, subsidies.size) == (1, pytest.approx(0.3))
    assert step.size == pytest.approx(float(abs(taxes).sum()))
    shuffled, _ = trade.export_tax_rates(IOTable(data), flows.isel(o=[3, 1, 0, 2], d=[2, 0, 3, 1]))
    np.testing.assert_allclose(shuffled.reindex_like(te), te, rtol=1e-9)
    assert repair("net export subsidies")["where"] == "BRN -103, AGO -38.3"
    assert repair("export taxes by flow")["size"] / 1e3 == pytest.approx(330, abs=1)


# ---------------------------------------------------------------- ROW


def test_home_sales_of_row(table, cube):
    home, step = rest_of_world.home_sales(cube, table.data.sum("r"))
    assert home.sel(i=["A01", "C29"]).values.tolist() == [40.0, 40.0]
    assert float(home.sel(i="K")) == pytest.approx(90.0)
    assert step.size == pytest.approx(90.0)
    assert repair("ROW home sales")["size"] / 1e3 == pytest.approx(3_439, abs=1)


def test_uses_of_row_meet_supply_and_gdp(table):
    uses, _ = national.final_demand(table)
    data = table.data
    supply = uses["Zb"].sum("j") + uses["Cb"] + uses["Gb"] + uses["Ib"]
    world = uses.assign(
        labour=4 + 0 * data["output"], capital=8 + 0 * data["output"], otxs=1 + 0 * data["output"]
    )
    world["output"] = uses["Zb"].sum("i") * 1.1 + 13
    group = world.sum("r")
    # at the group's own value-added shares ROW would have this GDP; the target is 5 % less
    left = float((supply.sum("r") - group["Zb"].sum("j")).sum()) / 2
    tax = float(group["Cp"] + group["Gp"] + group["Ip"]) / float(
        (group["Cb"] + group["Gb"] + group["Ib"]).sum()
    )
    target = rest_of_world.Target(gdp=0.95 * (left * tax - 3.0), saving=3.0)
    rest, steps = rest_of_world.uses(group, 0.5 * group["output"], 0.5 * supply.sum("r"), target)
    total = rest["Zb"].sum("j") + rest["Cb"] + rest["Gb"] + rest["Ib"]
    np.testing.assert_allclose(total, 0.5 * supply.sum("r"), rtol=1e-12)
    spending = sum(float(rest[q]) for q in ("Cp", "Gp", "Ip"))
    assert spending - target.saving == pytest.approx(target.gdp)
    assert [s.name for s in steps] == ["ROW value added", "ROW cost structure and final demand"]
    back = group.isel(i=[2, 0, 1], j=[1, 2, 0])
    again, _ = rest_of_world.uses(back, 0.5 * group["output"], 0.5 * supply.sum("r"), target)
    xr.testing.assert_allclose(again, rest.reindex_like(again), rtol=1e-9)
    with pytest.raises(BalanceError, match="value-added shares"):
        rest_of_world.uses(
            group, 0.5 * group["output"], 0.5 * supply.sum("r"), rest_of_world.Target(gdp=2.0, saving=3.0)
        )


def test_row_in_the_database(world):
    assert 0.8 < float(repair("ROW value added")["what"].split("(")[1].split(")")[0]) < 1.0
    assert {"SAU", "NGA", "PAK"} <= set(rest_of_world.reference_group())
    assert float(world.data["C0"].sel(r="ROW").min()) >= 0


# ---------------------------------------------------------------- the record


def test_repairs_table_and_largest():
    table = repairs_table([Repair("a", "b", 1, 2.0, "c")])
    assert table.to_dict("records") == [
        {"name": "a", "what": "b", "cells": 1, "size": 2.0, "unit": "USD million", "where": "c"}
    ]
    assert largest({"x": 1.0, "y": -5.0, "z": 2.0}, limit=2) == "y -5, z 2 and 1 more"


def test_every_step_of_the_database_is_tested_here_or_beside():
    """A new step must come with a test: this list is what the tests of this folder cover."""
    covered = {
        "bilateral services by industry",
        "exports above output",
        "ROW home sales",
        "export taxes by flow",
        "net export subsidies",
        "inventories",
        "negative investment",
        "empty activities",
        "row balance",
        "value added parts",
        "factor payments at or below zero",
        "negative operating surplus",
        "ROW value added",
        "ROW cost structure and final demand",
        "self-employed labour",
        "natural resources",
        "wage flags",
        "employment total USA",  # test_employment.py, with the next three
        "employment total of an earlier year",
        "employment total ROW",
        "employment without output",
        "production taxes beyond a quarter of value added",
        "unemployment rates by regional median",  # test_unemployment.py
        "tariffs above recorded product taxes",  # test_tariffs.py, with all that follow
    }
    steps = ("services carry no tariff", "ROW's rates from the 2017 table", "food", "merged sectors split")
    steps += ("pharmaceuticals", "civil aircraft")
    covered |= {f"tariffs {year}: {step}" for year in ("2022", "2017") for step in steps}
    assert set(load_info()["repairs"]["name"]) == covered
