"""Jobs add up to employment, the ledger adds up to the flows, embodied shares add up to one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from results.dependence import dependence
from results.errors import ResultsError
from results.jobs import employment, jobs
from results.ledger import ledger
from results.tidy import pick


def _unemployed(solution, rate):
    """The same solution with another unemployment rate, and labour used everywhere to match."""
    v = solution.values
    index = (1 - rate) / (1 - v.u0)
    labour = v.xf.sel(f="labour") * index
    xf = xr.concat([labour, v.xf.sel(f="capital"), v.xf.sel(f="natural")], "f").transpose("r", "f", "j")
    return replace(solution, values=v.assign(xf=xf, u=xr.zeros_like(v.u0) + rate))


def test_jobs_of_the_base_are_the_benchmark_counts(world, base):
    found = jobs(base, base)
    np.testing.assert_allclose(found.data.base, world.jobs0, rtol=1e-13)
    np.testing.assert_allclose(found.data.scaling_base, 1, rtol=1e-13)


def test_jobs_add_up_to_employment_exactly(world, base, new):
    found = jobs(base, new)
    np.testing.assert_allclose(found.data.new.sum("j"), employment(new), rtol=1e-14)
    np.testing.assert_allclose(found.data.new.sum("j"), world.jobs0.sum("j"), rtol=1e-12)
    assert float(abs(found.data.scaling_new - 1).max()) > 1e-5, (
        "wages differ between sectors: scaling must matter"
    )


def test_jobs_follow_unemployment(world, base, new):
    found = jobs(base, _unemployed(new, 0.1))
    expected = world.jobs0.sum("j") * 0.9 / (1 - world.u0)
    np.testing.assert_allclose(found.data.new.sum("j"), expected, rtol=1e-12)


def test_labour_that_works_but_is_not_employed_is_refused(base, new):
    wrong = _unemployed(new, 0.1)
    wrong = replace(wrong, values=wrong.values.assign(u=new.values.u))
    with pytest.raises(ResultsError, match="labour used and labour supplied differ in USA"):
        jobs(base, wrong)


def test_the_jobs_table_carries_method_and_scaling(base, new):
    table = jobs(base, new).table()
    assert {"method", "confidence", "scaling"} <= set(table.columns)
    assert set(table.confidence) == {"medium"}
    assert (table.groupby("region").scaling.nunique() == 1).all()


def test_the_base_of_comparison_is_the_base_solution(world, base, new):
    """Between two counterfactuals, jobs start from the first one's, not from the benchmark's."""
    found = jobs(new, base)
    np.testing.assert_allclose(found.data.base, jobs(base, new).data.new, rtol=1e-13)
    np.testing.assert_allclose(found.data.new, world.jobs0, rtol=1e-13)


def test_the_ledger_is_exact(base, new):
    d = ledger(base, new).data
    np.testing.assert_allclose(d.creation + d.diversion, d.new - d.base, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(d.creation.sum("o"), (d.new - d.base).sum("o"), rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(d.diversion.sum("o"), 0, atol=1e-8)


def test_a_duty_diverts_from_who_pays_it(base, new):
    d = ledger(base, new).data.sel(d="USA")
    assert (d.diversion.sel(o="CHN") < 0).all()
    assert (d.diversion.sel(o="VNM") > 0).all()
    assert (d.creation.sum("o") < 0).all()


def test_the_ledger_leaves_trade_inside_a_region_out(world, base, new):
    d = ledger(base, new).data
    assert float(abs(d.base.sel(o="USA", d="USA")).max()) == 0
    assert float(world.X0.sel(o="USA", d="USA").sum()) > 0
    expected = (world.X0 * (1 + world.te0)).sel(o="CHN", d="USA")
    np.testing.assert_allclose(d.base.sel(o="CHN", d="USA"), expected, rtol=1e-13)


def test_the_ledger_table(base, new):
    found = ledger(base, new)
    table = found.table()
    assert set(table.indicator) == {"imports", "trade_creation", "trade_diversion"}
    cell = table[(table.region == "USA") & (table.partner == "VNM") & (table.sector == "G")].set_index(
        "indicator"
    )
    d = found.data.sel(d="USA", o="VNM", i="G")
    assert cell.change.trade_creation == float(d.creation)
    assert cell.change.trade_diversion == float(d.diversion)
    assert cell.change.imports == pytest.approx(float(d.creation + d.diversion))
    assert (table.region != table.partner).all()
    mine = found.by_partner("USA")
    assert list(mine.index) == ["CHN", "VNM"]
    assert mine.loc["CHN", "base"] == pytest.approx(float(found.data.base.sel(d="USA", o="CHN").sum()))
    assert set(found.by_partner("USA", "exporter").index) == {"CHN", "VNM"}


def test_import_shares_and_concentration(world, base):
    found = dependence(base, base, "CHN").base
    np.testing.assert_allclose(found.import_share.sum("o"), 1, rtol=1e-12)
    value = world.X0 * (1 + world.te0)
    two = [float(value.sel(o=o, d="USA", i="G")) for o in ("CHN", "VNM")]
    expected = 1e4 * sum((x / sum(two)) ** 2 for x in two)
    assert float(found.hhi.sel(d="USA", i="G")) == pytest.approx(expected, rel=1e-12)


def test_embodied_shares_add_up_to_one_over_suppliers(base, new):
    for which in ("base", "new"):
        total = sum(getattr(dependence(base, new, s), which).embodied.values for s in ("USA", "CHN", "VNM"))
        np.testing.assert_allclose(total, 1, rtol=1e-12)
        total = sum(getattr(dependence(base, new, s), which).direct.values for s in ("USA", "CHN", "VNM"))
        np.testing.assert_allclose(total, 1, rtol=1e-12)


def test_embodied_share_is_the_leontief_inverse(world, base):
    """The same number from the 9 x 9 matrix inverse, at the benchmark, built here from the accounts."""
    w, labels = world, ["USA", "CHN", "VNM"]
    sold, border = w.X0.values.copy(), (w.X0 * (1 + w.te0)).values
    bought = w.H0.values + border.sum(0)
    taxed = border - sold
    for r in range(3):
        sold[r, r] += w.H0.values[r]
    source = sold / bought
    market = w.H0.values + (w.X0 * (1 + w.te0) * (1 + w.tm0)).values.sum(0)
    inputs = (
        w.Z0.values * (bought / market)[:, :, None] / (w.H0 + w.X0.sum("d").rename(o="r")).values[:, None, :]
    )
    a = np.einsum("odi,dij->oidj", source, inputs).reshape(9, 9)
    content = np.einsum("sdi,dij->sdj", taxed / bought, inputs).reshape(3, 9)
    for s in range(3):
        content[s, 3 * s : 3 * s + 3] += 1 - inputs.sum(1)[s]
    embodied = (content @ np.linalg.inv(np.eye(9) - a)).reshape(3, 3, 3)
    for s, label in enumerate(labels):
        expected = np.einsum("odi,oi->di", source, embodied[s]) + taxed[s] / bought
        np.testing.assert_allclose(dependence(base, base, label).base.embodied, expected, rtol=1e-11)


def test_a_duty_lowers_dependence_on_who_pays_it(base, new):
    table = dependence(base, new, "CHN").table()
    mine = pick(table, region="USA", indicator="supplier_share_embodied", partner="CHN")
    assert (mine.change < 0).all()


def test_an_unknown_supplier_is_refused(base, new):
    with pytest.raises(ResultsError, match="'XXX' is not a region"):
        dependence(base, new, "XXX")
