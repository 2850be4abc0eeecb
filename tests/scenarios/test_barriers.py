"""The chain from a measured barrier to costs and rents."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from barrier_world import invented_barriers
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.apply import apply
from scenarios.barriers import (
    ASSUMPTIONS,
    BarrierData,
    assumptions,
    barrier_instruments,
    benchmark_rents,
    cuttable,
)
from scenarios.reader import barrier_file, parse_scenario

ROUNDING = 1e-14


def removed_like(barriers: BarrierData, value: float) -> xr.DataArray:
    regions, sectors = barriers.status["o"].values, barriers.ave["i"].values
    coords = {"o": regions, "d": regions, "i": sectors}
    shape = (len(regions), len(regions), len(sectors))
    return xr.DataArray(np.full(shape, value), coords, ("o", "d", "i"))


def with_rents(barriers: BarrierData, removed: xr.DataArray) -> BarrierData:
    rx, rm = benchmark_rents(removed, barriers, assumptions())
    return replace(barriers, rx0=rx, rm0=rm)


def test_one_flow_by_hand(small_world: xr.Dataset) -> None:
    """Half of a barrier of 40 % on goods that is removed, from a benchmark with nothing removed."""
    barriers = invented_barriers(small_world)
    barriers = replace(barriers, ave=xr.full_like(barriers.ave, 0.4))
    nothing, half = removed_like(barriers, 0.0), removed_like(barriers, 0.5)
    goods, services = 0.4 * 0.75 * 0.75, 0.4 * 0.75 * 0.5
    cut = cuttable(barriers, assumptions())
    assert cut.sel(d="USA", i="C26") == pytest.approx(goods) and cut.sel(d="USA", i="K") == pytest.approx(
        services
    )
    data = with_rents(barriers, nothing)
    assert data.rx0 is not None and data.rm0 is not None
    cell = {"o": "JPN", "d": "USA", "i": "C26"}
    assert data.rx0.sel(cell).item() == pytest.approx(goods / 4)
    assert data.rm0.sel(cell).item() == pytest.approx(goods / 4)
    out = barrier_instruments(half, nothing, data, assumptions()).sel(cell)
    assert out.rx.item() == pytest.approx(goods / 8) and out.rm.item() == pytest.approx(goods / 8)
    cost_before, cost_after = 0.4 - goods / 2, 0.4 - goods / 2 - goods / 4
    assert out.k.item() == pytest.approx((1 + cost_after) / (1 + cost_before))


def test_rents_follow_their_shares(small_world: xr.Dataset) -> None:
    barriers = invented_barriers(small_world)
    nothing = removed_like(barriers, 0.0)
    rx, rm = benchmark_rents(nothing, barriers, assumptions({"rent_share": 0.0}))
    assert float(rx.max()) == float(rm.max()) == 0
    rx, rm = benchmark_rents(nothing, barriers, assumptions({"exporter_rent_share": 1.0}))
    assert float(rm.max()) == 0 and float(rx.max()) > 0
    home = rx.where(rx.o == rx.d, 0)
    assert float(home.max()) == 0


def test_nothing_moved_is_exactly_nothing(small_world: xr.Dataset) -> None:
    barriers = invented_barriers(small_world)
    some = removed_like(barriers, 1 / 3)
    data = with_rents(barriers, some)
    out = barrier_instruments(some, some, data, assumptions())
    assert (out.k == 1).all()
    assert data.rx0 is not None and np.array_equal(out.rx, data.rx0)


@settings(max_examples=50, deadline=None)
@given(old=st.floats(0, 1), new=st.floats(0, 1), bearable=st.floats(0, 1))
def test_removing_more_lowers_cost_and_rents(
    old: float, new: float, bearable: float, small_world: xr.Dataset
) -> None:
    """Costs and rents stay at or above nothing whatever is removed or restored, also with smaller rents."""
    barriers = invented_barriers(small_world)
    before, after = removed_like(barriers, old), removed_like(barriers, new)
    rx, rm = (rent * bearable for rent in benchmark_rents(before, barriers, assumptions()))
    out = barrier_instruments(after, before, replace(barriers, rx0=rx, rm0=rm), assumptions())
    assert (out.rx >= 0).all() and (out.rm >= 0).all() and (out.k > 0).all()
    abroad = out.o != out.d
    if new > old:
        assert (out.k <= 1 + ROUNDING).all() and (out.rx <= rx + ROUNDING).all()
    elif new < old:
        assert (out.k >= 1 - ROUNDING).all() and (out.rx >= rx - ROUNDING).where(abroad, True).all()
    # Cost and rents together are the barrier that is left.
    barrier = barriers.ave - cuttable(barriers, assumptions()) * after
    start = 1 + barriers.ave - cuttable(barriers, assumptions()) * before - rx - rm
    total = out.k * start + out.rx + out.rm
    assert float(abs(total - 1 - barrier).where(abroad, 0).max()) < 1e-14


def test_labels_in_any_order(small_world: xr.Dataset) -> None:
    barriers = invented_barriers(small_world)
    old, new = removed_like(barriers, 0.2), removed_like(barriers, 0.7)
    data = with_rents(barriers, old)
    turned = {"o": old.o.values[::-1], "d": old.d.values[::-1], "i": old.i.values[::-1]}
    one = barrier_instruments(new, old, data, assumptions())
    other = barrier_instruments(
        new.sel(turned).transpose("i", "d", "o"), old.sel(turned), data, assumptions()
    )
    xr.testing.assert_allclose(one, other.sel(o=one.o, d=one.d, i=one.i), rtol=1e-14)


def test_rents_have_to_be_there(small_world: xr.Dataset) -> None:
    barriers = invented_barriers(small_world)
    with pytest.raises(ValueError, match="no benchmark rents"):
        barrier_instruments(removed_like(barriers, 1), removed_like(barriers, 0), barriers, assumptions())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ave": -0.1}, "ave of the barriers has cells that are negative"),
        ({"ave": np.nan}, "ave of the barriers has cells"),
        ({"effect": -0.1}, "effect of the barriers"),
        ({"status": 3}, "status of the barriers is 0"),
    ],
)
def test_data_that_cannot_be(change: dict[str, float], message: str, small_world: xr.Dataset) -> None:
    barriers = invented_barriers(small_world)
    ((name, value),) = change.items()
    with pytest.raises(ValueError, match=message):
        replace(barriers, **{name: xr.full_like(getattr(barriers, name), value)})


def test_data_of_another_world(small_world: xr.Dataset) -> None:
    barriers = invented_barriers(small_world.isel(d=slice(1, None), o=slice(1, None)))
    asked = parse_scenario(
        "title: t\nbaseline: benchmark-2022\nshocks: [{provisions: deep, importers: JPN}]\n"
    )
    with pytest.raises(ValueError, match="of the barriers lacks USA"):
        apply(asked, small_world, barriers=barriers)
    with pytest.raises(ValueError, match="is over"):
        replace(barriers, ave=barriers.status)


# Assumptions and options


def test_assumptions_can_be_replaced_by_name() -> None:
    assert assumptions()["spillover"] == 0.2
    assert assumptions({"spillover": 0.3})["spillover"] == 0.3
    with pytest.raises(ValueError, match="no assumption 'spilover'; did you mean 'spillover'"):
        assumptions({"spilover": 0.3})
    with pytest.raises(ValueError, match="between 0 and 1"):
        assumptions({"spillover": 1.3})


def test_the_table_of_assumptions() -> None:
    with ASSUMPTIONS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    for row in rows:
        assert row["source"] and row["confidence"] and row["unit"]
        assert 0 <= float(row["low"]) <= float(row["value"]) <= float(row["high"]) <= 1, row["name"]


def test_a_file_of_barriers_is_found_beside_the_scenario(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("importer,sector,value\n")
    text = "title: t\nbarriers: {file: mine.csv, basis: petri_plummer, band: high}\nshocks: []\n"
    asked = parse_scenario(text, folder=tmp_path)
    assert barrier_file(asked) == tmp_path / "mine.csv"
    assert (asked.barriers.basis, asked.barriers.band) == ("petri_plummer", "high")
    assert barrier_file(parse_scenario("title: t\nshocks: []\n")) is None


def test_options_without_an_effect_are_noted(small_world: xr.Dataset) -> None:
    text = "title: t\nbaseline: benchmark-2022\nbarriers: {band: high}\nshocks: []\n"
    notes = apply(parse_scenario(text, file="t.yaml"), small_world).notes
    assert any(note.startswith("t.yaml:3: 'barriers' has no effect") for note in notes)
