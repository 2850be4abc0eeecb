"""`cge bench`: its table keeps its word, and what it says of growth is right."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cge.app.bench_table import BEGIN, COUNTS, END, cells, markdown, put, read_counts
from cge.app.benching import (
    BenchError,
    Record,
    counted,
    exponent,
    joined,
    measure,
    measure_points,
    measured,
    nearby,
    read_record,
    speed_up,
)  # fmt: skip
from cge.app.cli import app

README = Path(__file__).parents[2] / "README.md"
A_POINT = "evaluations, a point of a sweep"


def record(name: str, flows: float, seconds: float) -> Record:
    counts = {"regions": 2, "sectors": 3, "flows": flows, "equations": 10 * flows, "unknowns": 7}
    return Record("s", name, counts, {"total": seconds, "processor": seconds}, {"scenario": 1000})


@pytest.mark.parametrize("aggregation", ["small", "default"])
def test_the_readme_has_the_counts_of_the_program(solved, aggregation: str) -> None:
    written = read_counts(README.read_text(encoding="utf-8"))[aggregation]
    now = Record("", aggregation, counted(*solved(aggregation)))
    for row in COUNTS:
        if row.title == A_POINT:
            assert 0 < written[row.title] < 30
        elif row.title.startswith("evaluations"):  # the last step may differ by a rounding between machines
            assert written[row.title] == pytest.approx(row.value(now), abs=3)
        else:
            assert written[row.title] == row.value(now), f"{row.title}: make the table anew ({BEGIN})"


@pytest.mark.slow
def test_a_point_costs_no_more_than_the_readme_says() -> None:
    found = joined(measure("us-joins-cptpp", "small"), measure_points("us-joins-cptpp", "small", 4))
    written = read_counts(README.read_text(encoding="utf-8"))["small"][A_POINT]
    assert found.counts["evaluations a point"] <= written + 2
    assert found.seconds["total"] == pytest.approx(sum(found.seconds[s] for s in (
        "import", "data", "calibrate", "compile", "solve", "results")))  # fmt: skip
    assert 0 < found.memory["scenario"] <= found.memory["point"]


def test_growth_is_the_slope_of_logarithms() -> None:
    assert exponent([1, 10, 100], [2, 20, 200]) == pytest.approx(1)
    assert exponent([4, 16], [3, 6]) == pytest.approx(0.5)
    assert exponent([1, 10, 100], [1, 30, 100]) == pytest.approx(1)  # the middle one is no end
    assert exponent([1, 2, 4], [3, math.nan, 12]) == pytest.approx(1)  # what was not taken is left out
    for values in ([1.0, math.nan], [1.0, 0.0]):
        assert math.isnan(exponent([1, 2], values))
    assert math.isnan(exponent([5], [1]))


def test_the_table_is_read_back(tmp_path: Path) -> None:
    records = [record("small", 488, 2.0), record("default", 17_299, 4.0)]
    table = markdown(records)
    assert read_counts(table)["default"]["equations"] == 172_990
    assert "full space" not in table and "n/a" not in table
    (line,) = [row for row in cells(records) if row[0] == "start to table, seconds"]
    assert line[1:] == ["2.00", "4.00", f"{math.log(2) / math.log(17_299 / 488):.2f}"]
    file = tmp_path / "r.md"
    file.write_text(f"above\n{BEGIN}\nold\n{END}\nbelow\n", encoding="utf-8")
    put(table, file)
    put(table, file)
    assert file.read_text(encoding="utf-8") == f"above\n{table}\nbelow\n"
    file.write_text("nothing here\n", encoding="utf-8")
    with pytest.raises(BenchError, match="lacks the two lines"):
        put(table, file)


def test_a_record_survives_its_text_and_knows_a_busy_machine() -> None:
    one = record("small", 488, 2.0)
    assert read_record(one.text()) == one and not one.busy
    assert Record("s", "small", {}, {"total": 5.0, "processor": 2.0}).busy


def test_nearby_points_are_near_and_differ() -> None:
    factors = [nearby(n)["trade"] for n in range(6)]
    assert len(set(factors)) == 6 and all(0 < abs(f - 1) < 0.1 for f in factors)


@pytest.mark.parametrize("asked", ["--sizes tiny", "--sizes small,small", "--sizes small --aggregation full",
                                   "-o out.md"])  # fmt: skip
def test_what_makes_no_sense_is_refused(asked: str) -> None:
    done = CliRunner().invoke(app, ["bench", *asked.split()])
    assert done.exit_code == 2
    assert re.search("choose from small|leave it out|goes with", done.output.replace("\n", " "))


@pytest.mark.slow
def test_each_size_has_a_process_of_its_own() -> None:
    found = measured("us-joins-cptpp", "small", repeat=0, full_space=True)
    assert found.aggregation == "small" and found.seconds["full space"] > 0
    assert found.counts["iterations in the full space"] <= 6
    with pytest.raises(BenchError, match=r"ended with 2: .*no-such"):
        measured("no-such", "small", repeat=0)


@pytest.mark.slow
def test_two_workers_are_compared_with_one_on_the_same_points() -> None:
    found = speed_up("us-joins-cptpp", "small", 2, 8)
    one, two = found["points a second, one worker"], found["points a second, 2 workers"]
    assert one > 0 and two > 0 and found["times"] == pytest.approx(two / one)
