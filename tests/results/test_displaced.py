"""Three definitions of displaced workers: where they must agree, where they must differ, and by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from cge.solution import Solution
from results.adjustment import adjustment
from results.displaced import GROUPS, displaced, import_rise, thirds, with_inputs
from results.errors import ResultsError
from results.indicators import indicators
from results.jobs import Jobs, jobs
from results.ledger import ledger
from results.tidy import pick


def _wage(solution: Solution) -> xr.DataArray:
    return solution.benchmark.V0.sel(f="labour", drop=True) / solution.benchmark.jobs0


def _all(base: Solution, new: Solution) -> xr.Dataset:
    return displaced(base, new, jobs(base, new), _wage(base)).data


def _more_imports(base: Solution, factor: float, sector: str = "C26") -> Solution:
    """The base with nothing changed but what the USA imports of one commodity from abroad."""
    x = base.values.x.copy()
    x.loc[{"d": "USA", "i": sector}] *= factor
    x.loc[{"o": "USA", "d": "USA"}] = base.values.x.sel(o="USA", d="USA")
    return replace(base, values=base.values.assign(x=x))


def test_imports_alone_displace_by_the_import_definitions_only(world, base):
    """Output and jobs stay: net displacement is nil, ten percent more imports displace a tenth of theirs."""
    data = _all(base, _more_imports(base, 1.1))
    assert float(abs(data.lost).max()) == 0
    border = world.X0 * (1 + world.te0) * (1 + world.rx0)
    rise = 0.1 * float(border.sel(o=["CHN", "VNM"], d="USA", i="C26").sum())
    output = float(world.H0.sel(r="USA", i="C26") + world.X0.sel(o="USA", i="C26").sum())
    by_hand = rise * float(world.jobs0.sel(r="USA", j="C26")) / output
    assert float(data.direct.sel(r="USA", j="C26")) == pytest.approx(by_hand, rel=1e-9)
    assert float(data.direct.sum()) == pytest.approx(by_hand, rel=1e-9), "nobody else imports more"


def test_with_inputs_by_hand(world, base):
    """The rounds of inputs summed one by one, at benchmark values."""
    data = _all(base, _more_imports(base, 1.1))
    r = {"r": "USA"}
    absorbed = world.Z0.sum("j") + world.C0 + world.G0 + world.I0
    at_home = (world.H0 / absorbed).sel(r)
    output = (world.H0 + world.X0.sum("d").rename(o="r")).sel(r)
    a = (at_home * world.Z0.sel(r) / output.rename(i="j")).transpose("i", "j").values
    wave = (data.direct.sel(r) / world.jobs0.sel(r)).values * output.values  # the imports, USD million
    total = np.zeros_like(wave)
    for _ in range(200):
        total, wave = total + wave, a @ wave
    people = total * (world.jobs0.sel(r).values / output.values)
    np.testing.assert_allclose(data.with_inputs.sel(r), people, rtol=1e-9)
    assert (people[[0, 2]] > 0).all(), "suppliers of the displaced sector too"


def test_net_and_direct_agree_where_imports_take_the_place_of_output_and_nothing_else_moves(base):
    """A dollar of imports for a dollar of output, jobs in proportion: the two definitions are one."""
    new = _more_imports(base, 1.1)
    b = base.benchmark
    output = (b.H0 + b.X0.sum("d").rename(o="r")).rename(i="j")
    fall = import_rise(base, new).rename(i="j") / output
    before = jobs(base, base)
    work = Jobs(before.data.assign(new=before.data.base * (1 - fall)))
    data = displaced(base, new, work, _wage(base)).data
    np.testing.assert_allclose(data.lost, data.direct, rtol=1e-9, atol=1e-12)
    assert float(data.direct.sum()) > 0


def test_with_inputs_is_never_below_direct_nor_above_the_jobs_there_are(base, new):
    for other in (new, _more_imports(base, 1.5), _more_imports(base, 1e6, "G")):
        data, there = _all(base, other), jobs(base, base).data.base
        assert (data.with_inputs >= data.direct * (1 - 1e-12)).all()
        assert (data.with_inputs <= there * (1 + 1e-12)).all() and (data.direct >= 0).all()
    assert float(data.direct.sel(r="USA", j="G")) == pytest.approx(
        float(
            there.sel(r="USA", j="G")
            * base.benchmark.H0.sel(r="USA", i="G")
            / (base.benchmark.H0.sel(r="USA", i="G") + base.benchmark.X0.sel(o="USA", i="G").sum())
        )
    ), "imports displace no more than is sold at home"


def test_a_fall_of_imports_displaces_nobody(base):
    data = _all(base, _more_imports(base, 0.5))
    assert float(data.direct.max()) == 0 and float(data.with_inputs.max()) == 0


def test_no_shock_no_displaced(base):
    data = _all(base, base)
    assert all(float(abs(data[name]).max()) == 0 for name in data.data_vars)


def test_the_rise_of_imports_is_the_ledgers(base, new):
    found = ledger(base, new).data
    expected = (found.new - found.base).sum("o").rename(d="r")
    np.testing.assert_allclose(import_rise(base, new), expected.transpose("r", "i"), rtol=1e-9, atol=1e-6)
    assert float(import_rise(base, new).sel(r="USA", i="A01")) < 0, "the tariff is on all of China's goods"


def test_gained_less_lost_is_the_change_of_employment(base, new, found):
    data = _all(base, new)
    for r in base.values.r.values:
        net = float((data.gained - data.lost).sel(r=r).sum())
        assert net == pytest.approx(found.row(str(r), "employment").change, abs=1e-7)
        assert float(data.lost.sel(r=r).sum()) > 0


def test_goods_not_made_or_not_sold_at_home_displace_nobody(base):
    """Imports of what nobody makes at home, and of what home makes only for abroad."""
    for made in (0.0, 1.0):
        b = base.benchmark.copy(deep=True)
        b.H0.loc[{"r": "USA", "i": "C26"}] = 0.0
        b.X0.loc[{"o": "USA", "i": "C26"}] *= made
        b.jobs0.loc[{"r": "USA", "j": "C26"}] *= made
        world = replace(base, benchmark=b)
        work = jobs(base, base)
        here = Jobs(work.data.assign(base=b.jobs0, new=b.jobs0))
        data = displaced(world, replace(_more_imports(base, 2.0), benchmark=b), here, _wage(base)).data
        assert np.isfinite(data.to_dataarray().values).all()
        assert float(data.direct.sum()) == 0 and float(data.with_inputs.sum()) == 0


def test_labels_in_another_order_give_the_same(base, new):
    turned = [
        replace(
            s,
            values=s.values.isel({d: slice(None, None, -1) for d in "rodij"}),
            benchmark=s.benchmark.isel({d: slice(None, None, -1) for d in "rodij"}),
        )
        for s in (base, new)
    ]
    one, two = _all(base, new), _all(turned[0], turned[1])
    xr.testing.assert_allclose(one, two.reindex_like(one).transpose(*one.dims), rtol=1e-9)
    mixed = _all(base, turned[1])
    xr.testing.assert_allclose(one, mixed.transpose(*one.dims), rtol=1e-9)


def test_inputs_worth_more_than_output_are_refused():
    with pytest.raises(ResultsError, match="rounds of domestic inputs do not add up"):
        with_inputs(np.array([[[1.2]]]), np.array([[1.0]]))
    with pytest.raises(ResultsError, match="rounds of domestic inputs do not add up"):
        with_inputs(np.array([[[1.0]]]), np.array([[1.0]]))


def _pair(values: list[float], name: str = "j") -> xr.DataArray:
    return xr.DataArray([values], {"r": ["USA"], name: list("abcd"[: len(values)])}, ("r", name))


def test_thirds_of_jobs_split_the_sector_on_the_border():
    """100 jobs in each of three sectors of rising pay are the thirds; two of 150 share the middle one."""
    shares = thirds(_pair([100, 100, 100]), _pair([30, 10, 20])).sel(r="USA")
    np.testing.assert_allclose(shares, [[0, 1, 0], [0, 0, 1], [1, 0, 0]], atol=1e-12)
    shares = thirds(_pair([150, 150]), _pair([10, 20])).sel(r="USA")
    np.testing.assert_allclose(shares, [[2 / 3, 0], [1 / 3, 1 / 3], [0, 2 / 3]])


def test_sectors_that_pay_the_same_are_treated_the_same():
    shares = thirds(_pair([10, 500, 90, 0]), _pair([20, 20, 20, 0])).sel(r="USA")
    np.testing.assert_allclose(shares.isel(j=slice(3)), 1 / 3)
    np.testing.assert_allclose(shares.isel(j=3), 0)


def test_the_groups_hold_a_third_of_jobs_each_and_all_of_the_displaced(base, new):
    work = jobs(base, new)
    shares = thirds(work.data.base, _wage(base))
    third = (shares * work.data.base).sum("j") / work.data.base.sum("j")
    np.testing.assert_allclose(third, 1 / 3, rtol=1e-12)
    data = _all(base, new)
    np.testing.assert_allclose(sum(data[g] for g in GROUPS), data.lost.sum("j"), rtol=1e-12)


def test_the_table_of_a_comparison_has_every_definition(comparison):
    table = comparison.tables["adjustment"]
    by_sector = ("jobs_gained", "jobs_lost", "displaced_imports_direct", "displaced_imports_with_inputs")
    places = comparison.tables["jobs"][["region", "sector"]].to_numpy().tolist()
    for name in by_sector:
        mine = pick(table, indicator=name)
        assert mine[["region", "sector"]].to_numpy().tolist() == places
        assert set(mine.unit) == {"thousand persons"} and (mine.change >= 0).all()
    lost, net = (pick(table, indicator=n).change.to_numpy() for n in ("jobs_lost", "displaced_gross"))
    np.testing.assert_array_equal(lost, net)
    for group in GROUPS:
        assert set(pick(table, indicator=f"displaced_{group}").sector) == {""}
    both = comparison.base, comparison.new
    work = jobs(*both)
    wage = adjustment(comparison.base, work, indicators(*both)).data.wage
    data = displaced(*both, work, wage).data
    usa = pick(table, indicator="displaced_low_wage", region="USA").change.item()
    assert usa == pytest.approx(float(data.low_wage.sel(r="USA")), rel=1e-12)
