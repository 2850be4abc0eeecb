"""Keys of points: the same for the same point however it is written, another for any other."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.labels import package_file
from cge.app import run_store
from cge.app.sweeps.keys import canonical, engine_key, point_key
from scenarios.reader import parse_scenario
from scenarios.schema import Scenario

E = "e" * 64
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers()
values = st.recursive(
    numbers | st.booleans() | st.none() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
points = st.dictionaries(st.text(min_size=1, max_size=8), values, max_size=5)


@given(points)
@settings(max_examples=30, deadline=None)
def test_the_order_of_targets_and_the_kind_of_a_list_do_not_matter(point: dict[str, Any]) -> None:
    turned = {key: _tuples(point[key]) for key in reversed(list(point))}
    assert point_key(E, turned) == point_key(E, point)
    assert json.loads(canonical(point)) == point


def _tuples(value: Any) -> Any:
    return tuple(_tuples(v) for v in value) if isinstance(value, list) else value


@given(numbers, numbers)
@settings(max_examples=100, deadline=None)
def test_two_numbers_are_one_point_exactly_when_they_are_equal(one: float, other: float) -> None:
    assert (point_key(E, {"trade": one}) == point_key(E, {"trade": other})) == (one == other)


def test_a_number_is_the_same_however_it_is_held() -> None:
    key = point_key(E, {"trade": 1.0, "shocks[0].tariff.to": [0.0, 0.5]})
    for one, zero in [(1, -0.0), (np.float64(1), np.float64(0)), (np.int32(1), 0), (np.float32(1), -0.0)]:
        assert point_key(E, {"shocks[0].tariff.to": np.array([zero, 0.5]), "trade": one}) == key
    assert point_key(E, {"trade": 2.0**70}) == point_key(E, {"trade": 2**70})


def test_different_points_have_different_keys() -> None:
    different: list[dict[str, Any]] = [
        {}, {"trade": 1.0}, {"trade": math.nextafter(1.0, 2.0)}, {"trade": True}, {"trade": "1.0"},
        {"trade": [1.0]}, {"trade": None}, {"sigma_va": 1.0}, {"trade": 2**70}, {"trade": 2**70 + 1},
        {"variant": "deep"}, {"variant": "Deep"}, {"shocks[1].members": ["USA", "JPN"]},
        {"shocks[1].members": ["JPN", "USA"]}, {"shocks[1].members": "USA,JPN"}, {"trade": 10**400},
    ]  # fmt: skip
    keys = {point_key(E, changes) for changes in different} | {point_key("f" * 64, {})}
    assert len(keys) == len(different) + 1


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, [1.0, math.nan], object(), {1: 2.0}, {1.0}])
def test_what_is_no_value_of_a_point_is_refused_by_the_name_of_its_target(value: Any) -> None:
    with pytest.raises(ValueError, match=r"sigma_va\[C29\]"):
        point_key(E, {"sigma_va[C29]": value})


@cache
def scenario(cut: str = "50%", more: str = "") -> Scenario:
    return parse_scenario(
        f"title: t\naggregation: small\n{more}shocks:\n"
        f"  - {{tariff: {{cut: {cut}}}, between: [USA, CHN], sectors: manufacturing}}\n"
    )


def engine(
    s: Scenario, *, aggregation: str | None = None, rents: bool = False, more: tuple[str, ...] = ()
) -> str:
    return engine_key(s, aggregation=aggregation, rents=rents, tables=("indicators", *more))


def test_an_engine_is_named_by_everything_that_its_numbers_hang_on(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [
        engine(scenario()),
        engine(scenario("51%")),
        engine(scenario(), aggregation="default"),
        engine(scenario(), rents=True),
        engine(scenario(), more=("jobs", "output")),
        engine(scenario(), more=("output", "jobs")),  # the rows are in this order
        engine(scenario(more="closure: {labour: wage_curve}\n")),
        engine(scenario(more="elasticities: fontagne\n")),
        engine(scenario(more="variants: {deep: {shocks: []}}\n")),
        engine_key(scenario(), aggregation=None, rents=False, tables=("indicators",), solver="another"),
    ]
    for name, other in (("package_hash", lambda: "other code"), ("_versions", lambda: {"numpy": "9"})):
        with monkeypatch.context() as m:
            m.setattr(run_store, name, other)
            keys.append(engine(scenario()))
    assert len(set(keys)) == len(keys)
    assert engine(scenario()) == keys[0]


def test_the_files_of_a_variant_are_part_of_the_engine(tmp_path: Path) -> None:
    for kind in ("regions", "sectors"):
        table = package_file("concordance", f"{kind}_small.csv").read_text(encoding="utf-8")
        (tmp_path / f"{kind}.csv").write_text(table, encoding="utf-8")
    maps = "{aggregation: {regions: regions.csv, sectors: sectors.csv}}"
    own = parse_scenario(f"title: t\nshocks: []\nvariants: {{b: {maps}}}\n", folder=tmp_path)
    before = engine(own)
    regions = tmp_path / "regions.csv"
    regions.write_text("# another\n" + regions.read_text(encoding="utf-8"), encoding="utf-8")
    assert engine(own) != before


def test_scenarios_that_differ_in_their_sweep_alone_share_their_points() -> None:
    sweep = "sweep: {design: lhs, points: 100, seed: 1, vary: {trade: 'triangular(50%, 100%, 150%)'}}\n"
    assert engine(scenario(more=sweep)) == engine(scenario())
    deep = "variants: {deep: {focus: CHN, "
    assert engine(scenario(more=f"{deep}{sweep.strip()}}}}}\n")) == engine(scenario(more=f"{deep}}}}}\n"))


def test_the_text_of_a_package_is_part_of_the_engine(tmp_path: Path) -> None:
    # A sweep may change what the package makes of a parameter, which its present shocks do not show.
    package = "title: cut\nshocks:\n  - {tariff: {cut: 50%}, between: [USA, CHN], sectors: manufacturing}\n"
    text = "title: t\naggregation: small\npackages: [./cut.yaml]\n"
    keys = []
    for more in ("", "# another text\n"):
        (tmp_path / "cut.yaml").write_text(more + package, encoding="utf-8")
        keys.append(engine(parse_scenario(text, folder=tmp_path)))
    assert keys[0] != keys[1]
