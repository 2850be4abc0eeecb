"""``sweep:`` in a scenario, the standard set, and the texts of the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from calibration.aggregate import load_aggregation
from cge.app.family import model_key
from cge.designs import DesignError, parse
from scenarios.barriers import assumption_rows
from scenarios.editor_schema import scenario_schema
from scenarios.problems import ScenarioError
from scenarios.reader import parse_scenario, read_scenario, scenario_hash
from scenarios.sweeping import Asked, make_design, parse_correlate, parse_vary, standard_in, standard_set
from scenarios.varying import varied

PLAIN = """title: t
shocks:
  - {tariff: {to: 2%}, importers: USA, exporters: JPN, sectors: goods}
"""
SWEEP = """sweep:
  design: lhs
  points: 20
  seed: 4
  vary:
    trade[*]: triangular(50%, 100%, 150%)
    shocks[0].tariff.to: [0%, 2%]
  correlate:
    - {between: "trade[*]", correlation: 0.5}
"""
SMALL = load_aggregation("small").sectors


def test_the_key_makes_the_design() -> None:
    design = make_design(parse_scenario(PLAIN + SWEEP), SMALL)
    assert (design.kind, len(design), design.seed) == ("lhs", 20, 4)
    assert len(design.targets) == len(set(SMALL.values())) + 1
    assert {point[-1] for point in design.points} == {0.0, 0.02}
    other = make_design(parse_scenario(PLAIN + SWEEP), SMALL, Asked(points=12, seed=5))
    assert (len(other), other.seed) == (12, 5)
    asked = Asked(vary=(parse_vary("trade=0.5..1.5 by 0.5"),), kind="grid")
    assert make_design(parse_scenario(PLAIN + SWEEP), SMALL, asked).points == ((0.5,), (1.0,), (1.5,))
    with pytest.raises(DesignError, match="correlations have no meaning"):
        make_design(parse_scenario(PLAIN + SWEEP), SMALL, Asked(kind="tornado"))


def test_every_sector_of_the_model_has_its_own_parameter() -> None:
    """Named by its code; by its industries where the code is the name of something else."""
    asked = Asked(vary=(parse_vary("sigma_va[*]=uniform(0.5, 1.5)"),))
    for name in ("small", "default", "medium", "full"):
        aggregation = load_aggregation(name)
        found = make_design(parse_scenario(PLAIN), aggregation.sectors, asked).targets
        assert list(found) == [f"sigma_va[{code}]" for code in aggregation.sector_codes()]
    odd = {"C29": "C26", "C26": "food", "C27": "food", "C10T12": "all", "C28": "C28"}
    found = make_design(parse_scenario(PLAIN), odd, asked).targets
    assert found == ("sigma_va[C29]", "sigma_va[C26,C27]", "sigma_va[C10T12]", "sigma_va[C28]")
    with pytest.raises(DesignError, match="only elasticities"):
        make_design(parse_scenario(PLAIN), SMALL, Asked(vary=(parse_vary("shocks[*]=[1, 2]"),)))


def test_a_sweep_changes_neither_the_scenario_nor_its_model() -> None:
    plain, swept = parse_scenario(PLAIN), parse_scenario(PLAIN + SWEEP)
    assert scenario_hash(plain) == scenario_hash(swept) and model_key(plain) == model_key(swept)


def test_a_variant_replaces_entries_of_the_sweep() -> None:
    text = PLAIN + SWEEP + "variants:\n  wide: {sweep: {points: 30}}\n"
    wide = parse_scenario(text).cases["wide"]
    assert wide.sweep is not None and (wide.sweep.points, wide.sweep.seed) == (30, 4)


def test_the_standard_set_is_what_has_an_effect() -> None:
    names = {p.target for p in standard_set()}
    assert {f"assumptions.{name}" for name in assumption_rows()} < names
    tariffs, notes = standard_in(parse_scenario(PLAIN))
    assert [p.target for p in tariffs] == ["trade[*]", "sigma_va[*]"]
    assert any("moves no barriers: barrier_share" in note for note in notes)
    closed = parse_scenario(PLAIN + "closure: {labour: wage_curve}\n")
    assert "assumptions.wage_elasticity" in {p.target for p in standard_in(closed)[0]}
    deep = "  - {provisions: deep, importers: USA, exporters: JPN, sectors: C26}\n"
    moving, notes = standard_in(parse_scenario(PLAIN + deep + "assumptions: {spillover: 0.3}\n"))
    assert {f"assumptions.{name}" for name in assumption_rows()} < {p.target for p in moving}
    assert any("spillover: the scenario's own 0.3" in note for note in notes)
    design = make_design(parse_scenario(PLAIN), SMALL)
    assert design.kind == "stroud" and len(design) == 4 * len(set(SMALL.values()))


def test_ranges_of_the_standard_set_are_those_of_the_table() -> None:
    ranges = {p.target: p.distribution for p in standard_set()}
    for name, row in assumption_rows().items():
        spread = ranges[f"assumptions.{name}"]
        assert (spread.low, spread.high) == (float(row["low"]), float(row["high"]))


def test_both_ends_of_the_standard_set_can_be_run() -> None:
    """Under closures in which they have an effect, a scenario takes them as its own values."""
    closures = "closure: {labour: LABOUR, capital: sluggish, external: world_bank}\n"
    deep = "  - {provisions: deep, importers: USA, exporters: JPN, sectors: C26}\n"
    tried = set()
    for labour in ("wage_curve", "labour_supply"):
        scenario = parse_scenario(PLAIN + deep + closures.replace("LABOUR", labour))
        for p in standard_in(scenario)[0]:
            for value in (p.distribution.low, p.distribution.high):
                target = p.target.removesuffix("[*]")
                name = target.removeprefix("assumptions.")
                assert varied(scenario, {target: value}).assumptions.get(name, value) == value
            tried.add(p.target)
    assert tried == {p.target for p in standard_set()}


def test_rows_of_a_file_are_points(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text(
        'trade,shocks[0].importers\n50%,USA\n1.5,CHN\n1.5,"[USA, CHN]"\n', encoding="utf-8"
    )
    (tmp_path / "s.yaml").write_text(PLAIN + "sweep: {rows: points.csv}\n", encoding="utf-8")
    design = make_design(read_scenario(tmp_path / "s.yaml"), SMALL)
    assert design.kind == "list"
    assert design.points == ((0.5, "USA"), (1.5, "CHN"), (1.5, ("USA", "CHN")))
    (tmp_path / "s.yaml").write_text(PLAIN + "sweep: {rows: none.csv}\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"s\.yaml:4: sweep\.rows: .*none\.csv: cannot be read"):
        read_scenario(tmp_path / "s.yaml")


def test_texts_of_the_command_line() -> None:
    one = parse_vary("value:sigma_m[C29, C26] = [2, 3]")
    assert (one.target, one.distribution) == ("value:sigma_m[C29, C26]", parse([2, 3]))
    assert parse_correlate("trade[C29,C26], sigma_va=-0.25") == (("trade[C29,C26]", "sigma_va"), -0.25)
    assert parse_correlate("trade[*]=0.5") == (("trade[*]",), 0.5)
    for text, message in (
        ("trade", "lacks its '='"), ("=[1, 2]", "is not a target"), ("trade=[1", "trade: .*closing bracket"),
    ):  # fmt: skip
        with pytest.raises(DesignError, match=message):
            parse_vary(text)
    for text in ("trade=0.5", "trade,sigma_va", "trade,sigma_va=much", "trade,sigma va=0.5", "a,b=1"):
        with pytest.raises(DesignError, match="correlation"):
            parse_correlate(text)


def test_editors_know_the_key() -> None:
    schema = scenario_schema()
    sweep = schema["$defs"]["Sweep"]["properties"]
    assert "stroud" in json.dumps(sweep["design"]) and "triangular" in json.dumps(sweep["vary"])
