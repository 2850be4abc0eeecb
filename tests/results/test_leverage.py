"""Income and jobs that rest on each partner, exposure to a stop, asymmetry: sums, mirrors, who is cut off."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from rich.console import Console
from trade_world import balanced_world, solution, tariff

from cge.solution import Solution
from results import leverage_screen
from results.dependence import STOPS, dependence
from results.errors import ResultsError
from results.jobs import jobs
from results.levels import levels
from results.leverage import BY_SECTOR, UNITS, leverage
from results.side_by_side_figures import Context, figure
from results.tidy import only, pick
from results.world_table import world_table

LABELS = ("USA", "CHN", "VNM")


@pytest.fixture(scope="module")
def found(base: Solution, new: Solution):
    return leverage(base, new)


def twins() -> xr.Dataset:
    """Two regions that are mirror images of one another."""
    data = balanced_world(("USA", "CHN"), seed=3)
    half = data.sel(r="CHN", o="CHN", d="USA", drop=True)
    values = {}
    for name, a in data.data_vars.items():
        dims = [str(d) for d in a.dims if str(d) in "rod"]
        one = half[str(name)] if dims else a
        whole = one.expand_dims({d: data[d] for d in dims}).transpose(*a.dims)
        if dims == ["o", "d"]:
            whole = whole * (whole.o != whole.d)
        values[name] = whole.copy()
    out = xr.Dataset(values)
    landed = out.X0 * (1 + out.te0) * (1 + out.tm0)
    absorbed = (out.H0 + landed.sum("o").rename(d="r")) / (out.Z0.sum("j") + out.C0 + out.G0 + out.I0)
    for use in ("Z0", "C0", "G0", "I0"):
        out[use] = out[use] * absorbed
    made = (out.H0 + out.X0.sum("d").rename(o="r")).rename(i="j")
    earned = made * (1 - out.to0) - (out.Z0.sum("i") * (1 + out.tz0))
    assert float(earned.min()) > 0
    out["V0"] = out.V0 / out.V0.sum("f") * earned
    return out


def alone(w: xr.Dataset, region: str) -> xr.Dataset:
    """The world of the tests without any trade of one region; what it sold abroad it now sells at home."""
    out = w.copy(deep=True)
    others = [r for r in LABELS if r != region]
    home = out.H0 + out.X0.sel(d=others).sum("d").rename(o="r") * (out.r == region)
    out["H0"] = home + out.X0.sel(d=region, drop=True).rename(o="r") * (out.r != region)
    out["X0"] = out.X0 * ((out.o == out.d) | ((out.o != region) & (out.d != region)))
    landed = (out.X0 * (1 + out.te0) * (1 + out.tm0)).sum("o").rename(d="r")
    scale = (out.H0 + landed) / (out.Z0.sum("j") + out.C0 + out.G0 + out.I0)
    for use in ("Z0", "C0", "G0", "I0"):
        out[use] = out[use] * scale
    made = (out.H0 + out.X0.sum("d").rename(o="r")).rename(i="j")
    earned = made * (1 - out.to0) - (out.Z0.sum("i") * (1 + out.tz0))
    assert float(earned.min()) > 0
    out["V0"] = out.V0 / out.V0.sum("f") * earned
    return out


def test_income_by_demand_is_gdp_and_jobs_are_employment(base, new, found):
    """Both sums are made elsewhere: GDP from factors, taxes and rents, employment from the labour force."""
    work = jobs(base, new).data
    for s, d, counted in ((base, found.base, work.base), (new, found.new, work.new)):
        np.testing.assert_allclose(d.income_in_demand.sum("p"), levels(s)["gdp_income"], rtol=1e-12)
        np.testing.assert_allclose(d.jobs_in_demand.sum("p"), counted.sum("j"), rtol=1e-12)
        np.testing.assert_allclose(d.income_in_demand_share.sum("p"), 100, rtol=1e-12)
        np.testing.assert_allclose(d.jobs_in_demand_by_sector.sum("p"), counted, rtol=1e-12)


def test_what_final_demand_pays_ends_as_somebodys_income(base, found):
    found_levels = levels(base)
    spent = sum(found_levels[k] for k in ("consumption", "government", "investment"))
    np.testing.assert_allclose(found.base.income_in_demand.sum("r"), spent, rtol=1e-12)


def test_income_in_demand_is_the_leontief_inverse(world, base, found):
    """Backward through content and forward through output give one number; here from the 9 x 9 inverse."""
    w = world_table(base)
    a = np.einsum("odi,dij->oidj", w.basic, w.inputs).reshape(9, 9)
    output = np.linalg.inv(np.eye(9) - a) @ (w.basic * w.final).transpose(0, 2, 1).reshape(9, 3)
    np.testing.assert_allclose(output.sum(1), w.output.ravel(), rtol=1e-12)
    per_output = world.jobs0.values.ravel() / w.output.ravel()
    expected = (per_output[:, None] * output).reshape(3, 3, 3).sum(1)
    np.testing.assert_allclose(found.base.jobs_in_demand, expected, rtol=1e-11)
    factors = 1 - w.inputs.sum(1)
    value_added = (factors.ravel()[:, None] * output).reshape(3, 3, 3).sum(1)
    abroad = ~np.eye(3, dtype=bool)
    taxes = (found.base.income_in_demand.values - value_added)[abroad]
    assert (taxes > 0).all()  # tariffs on inputs and export taxes; user taxes are in both
    assert (taxes < 0.15 * value_added[abroad]).all()


def test_sectors_add_up_to_the_region(found):
    for d in (found.base, found.new):
        abroad = d.r != d.p
        for name in BY_SECTOR:
            gap = d[f"{name}_by_sector"].sum("j") - d[name]
            np.testing.assert_allclose(gap.where(abroad, 0.0), 0, atol=1e-6)


def test_jobs_in_exports_are_the_domestic_inverse(world, base, found):
    """Recomputed for China's exports to the USA from the accounts."""
    r, d = "CHN", "USA"
    made = (world.H0 + world.X0.sum("d").rename(o="r")).sel(r=r)
    market = world.H0.sel(r=r) + (world.X0 * (1 + world.te0) * (1 + world.tm0)).sel(d=r).sum("o")
    home = (world.H0.sel(r=r) / market).values[:, None] * (world.Z0.sel(r=r) / made.rename(i="j")).values
    output = np.linalg.solve(np.eye(3) - home, world.X0.sel(o=r, d=d).values)
    expected = float((world.jobs0.sel(r=r).values / made.values) @ output)
    assert float(found.base.jobs_in_exports.sel(r=r, p=d)) == pytest.approx(expected, rel=1e-12)


def test_mirror_images_have_no_leverage_over_each_other():
    s = solution(twins())
    d = leverage(s, s).base
    for name in ("asymmetry_income", "asymmetry_purchases"):
        np.testing.assert_allclose(d[name], 0, atol=1e-9)
    assert float(d.income_in_demand_share.sel(r="USA", p="CHN")) > 1


def test_asymmetry_of_one_is_the_others_with_the_opposite_sign(found):
    for name in ("asymmetry_income", "asymmetry_purchases"):
        a = found.new[name]
        np.testing.assert_allclose(a, -a.transpose("p", "r").values, atol=1e-12)
        assert float(abs(a).max()) > 1
    big, small = "CHN", "VNM"
    assert float(found.base.asymmetry_income.sel(r=small, p=big)) > 0


def test_a_region_without_trade_rests_on_itself_alone(world):
    s = solution(alone(world, "VNM"))
    d = leverage(s, s).base
    assert float(d.income_in_demand_share.sel(r="VNM", p="VNM")) == pytest.approx(100, rel=1e-12)
    table = dependence(s, s, "VNM").table()
    others = table[(table.partner == "VNM") & (table.region != "VNM")]
    assert len(others) > 20
    assert (others.baseline == 0).all()
    mine = pick(table, region="VNM", indicator="supplier_share_embodied_total")
    assert only(mine, partner="VNM").baseline == pytest.approx(1, rel=1e-12)
    abroad = found_pairs(leverage(s, s).table())
    touched = pd.concat([pick(abroad, region="VNM"), pick(abroad, partner="VNM")])
    size = touched.loc[[not str(name).startswith("asymmetry") for name in touched.indicator]]
    np.testing.assert_allclose(size["baseline"].to_list(), 0, atol=1e-6)


def found_pairs(table: pd.DataFrame) -> pd.DataFrame:
    keep = (table.region != table.partner) & (table.sector == "")
    return pd.DataFrame(table[keep.to_numpy()])


def test_suppliers_add_up_and_direct_shares_are_below_the_chain(base, new):
    d = dependence(base, new, "CHN").new
    for name in ("direct_total", "embodied_total"):
        np.testing.assert_allclose(d[name].sum("o"), 1, rtol=1e-12)
    np.testing.assert_allclose(d.import_share_total.sum("o"), 1, rtol=1e-12)
    np.testing.assert_allclose(d.direct_total.sel(o="CHN", drop=True), weighted(d.direct, new), rtol=1e-12)
    abroad = [r for r in LABELS if r != "CHN"]
    direct, total = (d[n].sel(d=abroad) for n in STOPS[:2])
    assert (direct > 0).all()
    assert (total > direct).all()
    assert (total < 1).all()
    assert (d.stop_bound.sel(d=abroad) <= d.direct.sel(d=abroad).max("i").values[:, None] + 1e-12).all()


def weighted(share, s):
    """Share of all purchases from the share by commodity."""
    w = world_table(s)
    return xr.DataArray(share.transpose("d", "i") * w.purchases.sum(0)).sum("i") / w.purchases.sum((0, 2))


def test_exposure_is_what_is_left_when_the_supplier_is_taken_out(base):
    """One less the cost that never meets China, from the inverse of the table without its rows."""
    w = world_table(base)
    keep = [k for k, label in enumerate(w.regions) if label != "CHN"]
    basic = w.basic[np.ix_(keep, keep)]
    n = len(keep) * 3
    a = np.einsum("odi,dij->oidj", basic, w.inputs[keep]).reshape(n, n)
    paid = np.einsum("di,dij->dj", (w.basic + w.markup)[1][keep], w.inputs[keep]).ravel()
    assert w.regions[1] == "CHN"
    expected = (paid @ np.linalg.inv(np.eye(n) - a)).reshape(len(keep), 3)
    found = dependence(base, base, "CHN").base.stop_exposure_total
    np.testing.assert_allclose(found.sel(d=w.regions[keep]), expected, rtol=1e-11)


def test_an_input_that_is_hardly_used_bounds_nothing(base):
    """The bound is the supplier's largest share among needed inputs; below 1 % of output an input is not."""
    w = world_table(base)
    share = dependence(base, base, "CHN").base.direct.sel(d="USA").values
    first, second = np.argsort(-share)[:2]
    inputs = w.inputs.copy()
    assert (inputs[0] > 0.01).all()
    inputs[0, first, 2] = 0.0099
    rarely = replace(w, inputs=inputs)
    found = dependence(base, base, "CHN", (w, rarely))
    bound = [d.stop_bound.sel(d="USA").values for d in (found.base, found.new)]
    np.testing.assert_allclose(bound[0], share[first], rtol=1e-12)
    np.testing.assert_allclose(bound[1], [share[first], share[first], share[second]], rtol=1e-12)


def test_regions_are_the_output_weighted_mean_of_their_sectors(base, new):
    table = dependence(base, new, "CHN").table()
    made = world_table(base).output[0]
    for name in STOPS:
        mine = pick(table, region="USA", partner="CHN", indicator=name)
        whole = float(only(mine, sector="").baseline)
        by = mine[mine.sector != ""].set_index("sector").baseline
        expected = (by[["A01", "C26", "G"]].to_numpy() * made).sum() / made.sum()
        assert whole == pytest.approx(expected, rel=1e-12)


def test_closing_access_lowers_what_rests_on_it(base, world):
    wall = solution(world, tm=tariff(world, 0.5))
    d = leverage(base, wall)
    for name in ("income_in_exports_share", "income_in_demand_share", "jobs_in_exports"):
        before, after = (x[name].sel(r="CHN", p="USA") for x in (d.base, d.new))
        assert float(after) < 0.9 * float(before)
    bought = [float(x.purchases_embodied_share.sel(r="USA", p="CHN")) for x in (d.base, d.new)]
    assert bought[1] < 0.9 * bought[0]
    exposed = dependence(base, wall, "CHN")
    for name in STOPS:
        assert (exposed.new[name].sel(d="USA") < exposed.base[name].sel(d="USA")).all()


def test_nothing_happens_without_a_shock(base, comparison):
    d = leverage(base, base)
    xr.testing.assert_identical(d.base, d.new)
    assert (d.table("USA", "CHN").change == 0).all()


def test_the_table(comparison):
    t = comparison.tables["leverage"]
    assert set(t.indicator) == set(UNITS)
    assert not t.duplicated(["region", "sector", "partner", "indicator"]).any()
    for name, unit in UNITS.items():
        assert set(pick(t, indicator=name).unit) == {unit}
    own = t[t.region == t.partner]
    assert set(own[own.sector == ""].indicator) == {
        "income_in_demand", "income_in_demand_share", "jobs_in_demand"
    }  # fmt: skip
    sectors = t[t.sector != ""]
    assert set(sectors.region[sectors.partner != "CHN"]) == {"USA"}
    assert set(sectors.region[sectors.partner == "CHN"]) == set(LABELS)


def test_without_the_supplier_the_table_has_the_focus_alone(base, new):
    t = leverage(base, new).table("USA", "TWN")
    assert set(t.region[t.sector != ""]) == {"USA"}
    assert set(leverage(base, new).table().sector) == {""}


def test_a_solution_that_does_not_clear_gives_no_numbers(base):
    v = base.values
    with pytest.raises(ResultsError, match=r"differs by .* from what all final demands call for"):
        leverage(base, replace(base, values=v.assign(c=v.c * 1.01)))


def test_label_order_changes_nothing(base, new):
    order = {"r": [2, 0, 1], "o": [1, 2, 0], "d": [2, 1, 0], "i": [1, 2, 0], "j": [2, 0, 1]}
    mixed = replace(base, values=base.values.isel(order), benchmark=base.benchmark.isel(r=[1, 0, 2]))
    one, two = leverage(base, new).new, leverage(mixed, new).new
    xr.testing.assert_allclose(two.sel(r=one.r, p=one.p, j=one.j), one, rtol=1e-10)
    a, b = (dependence(s, new, "CHN").new for s in (base, mixed))
    xr.testing.assert_allclose(b.sel(o=a.o, d=a.d, i=a.i, j=a.j), a, rtol=1e-10)


def test_figures_by_partner(comparison):
    context = Context({}, "CHN")
    t = comparison.tables
    change = only(t["leverage"], region="USA", partner="CHN", sector="", indicator="asymmetry_income").change
    f = figure("leverage:CHN", t, context)
    assert f.of(t)["USA"] == change
    assert "CHN" not in f.of(t).index
    jobs_there = figure("jobs_in_access:USA", t, context).of(t).to_dict()
    assert jobs_there["CHN"] < 0  # the duty closes the American market to China
    with pytest.raises(ResultsError, match="leverage:XXX: name a region, such as leverage:USA"):
        figure("leverage:XXX", t, context)


def view(comparison, changed=True):
    names = {"CHN": "China", "C26": "Computers, electronics and optical products"}
    return leverage_screen.View(comparison.tables, "USA", "CHN", names, changed)


def test_the_screen_prints_rows_of_the_tables_in_80_columns():
    regions = (*LABELS, "EU27", "XSE", "JPN", "KOR", "MEX", "ROW")
    s = solution(balanced_world(regions))
    tables = {"leverage": leverage(s, s).table("USA", "CHN"), "dependence": dependence(s, s, "CHN").table()}
    names = {"CHN": "China" * 9, "C26": "Computers, electronics and optical products"}
    text = printed(leverage_screen.run_block(tables, "USA", names))
    lines = text.splitlines()
    assert len(lines) <= 14
    assert max(map(len, lines)) <= 80
    row = only(tables["leverage"], region="USA", partner="CHN", sector="", indicator="income_in_demand_share")
    assert f"{row.baseline:.2f} → {row.counterfactual:.2f}" in text
    for block in leverage_screen.blocks(leverage_screen.View(tables, "USA", "CHN", names)):
        assert max(map(len, printed(block.render()).splitlines())) <= 80


def printed(renderable) -> str:
    console = Console(width=80, file=io.StringIO(), record=True)
    console.print(renderable)
    return console.export_text()


def test_a_baseline_has_one_number_where_a_policy_has_two(comparison):
    for block in leverage_screen.blocks(view(comparison, changed=False)):
        assert "→" not in block.markdown()
    assert all("→" in block.markdown() for block in leverage_screen.blocks(view(comparison)))


def test_sectors_that_are_asked_for(comparison):
    _, _, bought, exposed, work = leverage_screen.blocks(view(comparison), ["C26"])
    assert [r[0] for r in bought.rows] == ["C26 Computers, electronics and optical products"]
    assert [r[0] for r in exposed.rows][1:] == ["all sectors, by output"]
    assert [r[0] for r in work.rows][1:] == ["all sectors"]
    with pytest.raises(ResultsError, match="sector XX: not here; choose from A01, C26, G"):
        leverage_screen.blocks(view(comparison), ["XX"])
    with pytest.raises(ResultsError, match="TWN: not a region here"):
        leverage_screen.View(comparison.tables, "USA", "TWN", {})
