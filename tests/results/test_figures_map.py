"""The world map: outlines, scale, losses."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from figure_columns import MEMBERS, with_table

from results import figures
from results.errors import ResultsError
from results.figures.drawing import Drawing
from results.figures.outlines import equal_earth, outlines
from results.figures.world_map import region_shapes, scale_limit
from results.side_by_side import Column
from results.terminal import number
from results.tidy import pick


def test_a_region_shades_all_its_economies_and_the_rest_of_the_world() -> None:
    found = region_shapes(MEMBERS)
    assert len(found["EU27"][0]) == len(outlines().rings["DEU"]) + len(outlines().rings["FRA"])
    assert len(found["EU27"][1]) == 1, "Malta is a circle"
    everything = sum(len(rings) for rings, _ in found.values())
    assert everything == sum(map(len, outlines().rings.values())), "MEX holds the rest of the world"
    alone = region_shapes({"USA": ["USA"], "SGP": ["SGP"]})
    assert len(alone["SGP"][0]) == 0
    assert len(alone["SGP"][1]) == 1
    with pytest.raises(ResultsError, match="DEU is in two regions: A and B"):
        region_shapes({"A": ["DEU"], "B": ["DEU"]})


def test_outlines_are_where_economies_are_and_go_clockwise() -> None:
    """Mercator would put Norway far higher; in Equal Earth areas are right: France is a tenth of Brazil."""

    def area(economy: str) -> float:
        total = 0.0
        for ring in outlines().rings[economy]:
            x, y = ring.T.astype(float)
            total -= float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
        return total

    earth = 510.1e6  # km2; the map's area is 4 pi R2 with R = 1000 units
    for economy, km2 in (("BRA", 8.5e6), ("AUS", 7.7e6), ("ZAF", 1.22e6)):
        assert area(economy) / (4e6 * np.pi) * earth == pytest.approx(km2, rel=0.05)
    x, y = equal_earth(np.array([[0.0, 0.0], [180.0, 0.0], [0.0, 90.0]])).T
    assert (x[0], y[0]) == (0, 0)
    assert x[1] == pytest.approx(2707, abs=1)
    assert y[2] == pytest.approx(1317, abs=1)


def test_one_outlier_does_not_bleach_the_map(tariff_columns: tuple[Column, ...]) -> None:
    values = [0.01 * k for k in range(-15, 16)]
    assert scale_limit([*values, 40.0]) == (0.15, True)
    assert scale_limit(values) == (0.15, False)
    assert scale_limit([0.0, 1e-12]) == (1.0, False)
    table = tariff_columns[0].tables["indicators"].copy()
    chosen = (table["region"] == "VNM") & (table["indicator"] == "welfare_ev")
    table.loc[chosen, "percent"] = 1234.5
    many = {f"R{k}": [f"R{k}"] for k in range(40)}
    extra = [
        table[(table["region"] == "KOR") & table["indicator"].isin(["welfare_ev", "real_gdp"])].assign(
            region=r
        )
        for r in many
    ]
    wild = with_table(tariff_columns[0], "indicators", pd.concat([table, *extra], ignore_index=True))
    d = figures.welfare_map([wild], "USA")
    assert d is not None
    assert "VNM (tariff) +1,234.500 %" in d.note
    assert "Colours end at" in d.note
    assert "▲ VNM +1,234.50 %" in json.loads(str(d.figure.to_json()))["layout"]["annotations"][0]["text"]


def test_maps_share_one_scale_and_losses_are_hatched(
    drawn: dict[str, Drawing], tariff_columns: tuple[Column, ...]
) -> None:
    d = drawn["welfare-map"]
    scales = [t.marker.cmax for t in d.figure.data if t.marker.showscale]
    assert len(scales) == 1
    rows = pick(tariff_columns[0].tables["indicators"], indicator="welfare_ev")
    welfare = dict(zip(rows["region"], rows["percent"], strict=True))
    for trace in d.figure.data[: len(MEMBERS)]:
        if trace.fill == "toself":
            lost = number(welfare[trace.name], 2).startswith("-")
            assert (trace.fillpattern.shape == "/") is lost
    five = [replace(tariff_columns[0], label=f"p{k}") for k in range(5)]
    many = figures.welfare_map(five, "USA")
    assert many is not None
    assert "first 4 of 5 packages" in many.note
    assert set(many.table["Package"]) == {"p0", "p1", "p2", "p3"}


def test_dark_pages_have_a_dark_middle_and_paper_has_no_pattern(drawn: dict[str, Drawing]) -> None:
    """What the page's script sets: on dark ground what is near nothing is dark, the ends are light."""

    def light(ink: str) -> int:
        return sum(int(ink[k : k + 2], 16) for k in (1, 3, 5))

    d = drawn["welfare-map"]
    (key,) = [t.meta for t in d.figure.data if t.marker.showscale]
    for theme_, sign in (("light", 1), ("dark", -1)):
        scale = [light(ink) for _, ink in key[theme_]["marker.colorscale"]]
        assert sign * scale[2] > sign * max(scale[0], scale[-1])
    hatched = [t.meta for t in d.figure.data if t.fillpattern.shape]
    assert hatched
    assert all(m["paper"]["fillpattern.shape"] == "" for m in hatched)
    assert all(m["paper"]["line.width"] > m["light"]["line.width"] for m in hatched)
