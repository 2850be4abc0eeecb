"""One variant against another: names, provenance, and a difference by term and sector that adds up."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

import cge
from cge.app import api
from cge.app.against import need_rents
from cge.app.cli import app
from results import decomposition_difference, store
from results.compare import Comparison
from results.errors import ResultsError
from results.tidy import pick
from scenarios.problems import ScenarioError
from scenarios.reader import scenario_hash

FILE = """\
title: the United States and China on manufactures
description: two depths
focus: USA
aggregation: small
main_variant: tariffs
shocks:
  - {tariff: {cut: 50%}, between: [USA, CHN], sectors: manufacturing}
variants:
  deep:
    title: tariffs and trade costs
    add:
      - {barrier: {iceberg: -2%}, between: [USA, CHN], sectors: all}
  elsewhere:
    baseline: {us_china_duties: false}
  curve:
    closure: {labour: wage_curve}
  provisions:
    add:
      - {provisions: deep, between: [USA, CHN], sectors: all}
"""


@lru_cache(maxsize=1)
def file() -> Path:
    path = Path(mkdtemp()) / "trade.yaml"
    path.write_text(FILE)
    return path


@lru_cache(maxsize=4)
def deep() -> Comparison:
    return cge.run(file(), variant="deep", against="tariffs")


def welfare(c: Comparison) -> dict[str, float]:
    t = pick(c.tables["indicators"], indicator="welfare_ev")
    return dict(zip(t["region"].to_list(), t["change"].to_list(), strict=True))


def sums_to_the_gap(table: pd.DataFrame, one: Comparison, other: Comparison) -> bool:
    """Whether the rows of every region add up to the difference of its welfare."""
    new, old = welfare(one), welfare(other)
    regions = list(dict.fromkeys(table["region"]))
    found = [pick(table, region=r)["change"].to_numpy().sum() for r in regions]
    return bool(np.allclose(found, [new[r] - old[r] for r in regions], rtol=1e-6, atol=1e-3))


@pytest.mark.slow
def test_the_difference_sums_to_that_of_welfare_in_every_region() -> None:
    table, plain = deep().tables["decomposition_difference"], cge.run(file())
    assert set(table["region"]) == set(welfare(plain))
    assert sums_to_the_gap(table, deep(), plain)
    assert abs(welfare(deep())["USA"] - welfare(plain)["USA"]) > 100  # USD million: something to explain
    iceberg = pick(table, region="USA", sub_term="iceberg costs")
    assert not iceberg["baseline"].to_numpy().any() and iceberg["change"].to_numpy().sum() > 0


def test_name_hash_text_and_choices_are_the_variants() -> None:
    info = deep().scenario
    assert info.name == "trade-deep" and info.title == "tariffs and trade costs"
    assert info.description == "two depths" and info.text.endswith(FILE)
    assert info.text.startswith("# This result is of the variant: cge run FILE --variant deep\n")
    assert info.choices["variant"] == "deep"
    hashes = {v: scenario_hash(api.read(file(), v)) for v in (None, "tariffs", "deep")}
    assert info.hashes["scenario"] == hashes["deep"] != hashes["tariffs"] == hashes[None]
    told = deep().manifest["difference"]
    assert told["against"] == "trade-tariffs" and told["hashes"]["scenario"] == hashes["tariffs"]
    assert told["same_model"]


def test_the_screen_shows_totals_and_what_is_zero_in_both(tmp_path: Path) -> None:
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(decomposition_difference.render(deep()))
    shown = console.export_text()
    for words in ("trade-deep against trade-tariffs: welfare of USA", "By term", "By sector", "difference",
                  "Zero in both", "productivity"):  # fmt: skip
        assert words in shown
    assert max(map(len, shown.splitlines())) <= 80
    total = welfare(deep())["USA"]
    assert shown.count(f"{total:+,.1f}") == 2
    store.write(deep(), tmp_path / "out")
    assert "decomposition_difference" in store.read(tmp_path / "out").tables


def test_another_baseline_is_refused() -> None:
    with pytest.raises(ResultsError, match=r"other accounts|other baseline policies"):
        decomposition_difference.require_same_baseline(deep(), cge.run(file(), variant="elsewhere"))


@pytest.mark.slow
def test_another_closure_is_part_of_the_difference() -> None:
    curve = cge.run(file(), variant="curve", against="tariffs")
    assert sums_to_the_gap(curve.tables["decomposition_difference"], curve, cge.run(file()))


def test_both_need_rents_in_the_benchmark_when_one_moves_barriers() -> None:
    assert not need_rents(file(), "deep", "tariffs")
    assert need_rents(file(), "provisions", "tariffs")
    assert need_rents(file(), None, "provisions")


def test_without_decomposition_there_is_no_difference() -> None:
    plain = cge.run(file())
    with pytest.raises(ResultsError, match="needs both"):
        decomposition_difference.difference(plain, plain)
    with pytest.raises(ResultsError, match="--against"):
        decomposition_difference.render(plain)
    with pytest.raises(ScenarioError, match="there are tariffs, deep"):
        cge.run(file(), variant="deep", against="tarifs")


@pytest.mark.slow
def test_the_command_line_prints_the_difference() -> None:
    done = CliRunner().invoke(app, ["run", str(file()), "--variant", "deep", "--against", "tariffs"])
    assert done.exit_code == 0, done.output
    assert "tariffs and trade costs" in done.output and "trade-deep against trade-tariffs" in done.output
