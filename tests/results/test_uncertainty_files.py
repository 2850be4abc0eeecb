"""A sweep on disk: the same bytes whenever and in whatever order it was solved, and a brief that shows it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from brief_columns import column
from sweep_numbers import around, design, stroud

import cge
from results import dictionary, store
from results.errors import ResultsError
from results.figures import FIGURES
from results.report import appendix, html
from results.report.prose import plain
from results.report.reading import reading
from results.report.words_packages import certainty
from results.side_by_side import Column
from results.terminal import places
from results.uncertainty import Uncertainty, files
from results.uncertainty.effects import APART, BY_VALUE, ENDS, LEAST_SQUARES, ONE_AT_A_TIME, sides


@pytest.fixture(scope="module")
def central() -> Column:
    return column("a-policy", welfare={"USA": 0.05, "VNM": 0.4}, gdp=0.1, wage=0.2, jobs=(1.0, 2.0, -3.0))


@pytest.fixture(scope="module")
def points() -> np.ndarray:
    return 0.5 + np.random.default_rng(4).random((40, 2))


@pytest.fixture(scope="module")
def swept(central: Column, points: np.ndarray) -> Uncertainty:
    return around(central, design("lhs", points, ("trade[ELO]", "assumptions.rent_share")), failed=[5])


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder but the manifest, which says when it was written."""
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.name != "manifest.json"}


def test_the_same_sweep_written_twice_is_the_same_files(
    central: Column, points: np.ndarray, swept: Uncertainty, tmp_path: Path
) -> None:
    """Only the manifest says when it was written."""
    again = around(central, design("lhs", points, ("trade[ELO]", "assumptions.rent_share")), failed=[5])
    for name, u in (("one", swept), ("two", again)):
        files.write(u, tmp_path / name, central=central, command="cge sweep a-policy")
        for ending in (".csv", ".json", ".md", ".xlsx"):
            files.write(u, tmp_path / f"{name}{ending}", central=central)
    one, two = bytes_of(tmp_path / "one"), bytes_of(tmp_path / "two")
    assert {"points.parquet", "outcomes.parquet", "rows.parquet", "summary.parquet", "bands.parquet",
            "effects.parquet", "spread.parquet", "indicators.parquet"} <= set(one)  # fmt: skip
    assert one == two
    for ending in (".csv", ".json", ".md", ".xlsx"):
        assert (tmp_path / f"one{ending}").read_bytes() == (tmp_path / f"two{ending}").read_bytes(), ending
    first, second = (json.loads((tmp_path / n / "manifest.json").read_text()) for n in ("one", "two"))
    assert first["sweep"] == second["sweep"] and first["files"] == second["files"]


def test_the_folder_holds_every_number_every_failure_and_where_it_comes_from(
    central: Column, points: np.ndarray, swept: Uncertainty, tmp_path: Path
) -> None:
    out = files.write(swept, tmp_path / "sweep", central=central, command="cge sweep a-policy")
    found = store.read(out)
    about = found.manifest["sweep"]
    assert about["points"] == 40 and about["failed"] == 1 and about["share_failed"] == 1 / 40
    assert about["parameters"][0]["source"] == "invented" and about["seed"] == 1
    assert "command" in about and found.manifest["assumptions"][-1]["table"] == "sweep"
    lines = pd.read_parquet(out / "points.parquet")
    assert lines["trade[ELO]"].to_numpy() == pytest.approx(points[:, 0])
    assert lines.loc[5, "status"] == "failed" and lines.loc[5, "reason"]
    numbers, rows = pd.read_parquet(out / "outcomes.parquet"), pd.read_parquet(out / "rows.parquet")
    assert sorted(set(numbers["number"])) == [n for n in range(1, 41) if n != 6]
    place = int(
        np.flatnonzero(((rows["indicator"] == "welfare_ev") & (rows["region"] == "USA")).to_numpy())[0]
    )
    mine = numbers.loc[((numbers["row"] == place) & (numbers["number"] == 3)).to_numpy()].iloc[0]
    gain = central.change("USA", "welfare_ev")
    expected = gain * (points[2, 0] ** 2 - 0.1 * (points[2, 1] - 1))
    assert mine["counterfactual"] - mine["baseline"] == pytest.approx(expected, rel=1e-9)
    assert not dictionary.undocumented({n: found.tables[n] for n in dictionary.BORROWED})


def test_the_brief_of_a_folder_says_range_sign_and_share_of_failures(
    central: Column, swept: Uncertainty, tmp_path: Path
) -> None:
    out = files.write(swept, tmp_path / "sweep", central=central)
    page = cge.report(out, output=tmp_path / "b.html").read_text("utf-8")
    for name in ("bands", "tornado", "tornado-gdp", "fan"):
        assert f'<figure id="{name}">' in page, name
    short = page.partition('<section id="summary">')[2].partition("</section>")[0]
    assert 'data-table="bands"' in short and "have no solution" in short
    assert "elasticities and barriers were not varied" not in page
    assert "uniform(0.5, 1.5)" in page, "what was varied is an assumption"
    files.write(swept, tmp_path / "own.html", central=central)
    assert '<figure id="tornado">' in (tmp_path / "own.html").read_text("utf-8")


def test_certainty_is_said_as_the_design_allows(central: Column, points: np.ndarray) -> None:
    def said(u: Uncertainty) -> str:
        return " ".join(plain(s) for s in certainty(reading([files.column(u, central)])))

    sample = around(central, design("lhs", points))
    assert "it rises in 100.0\u00a0% of the points" in said(sample)
    quadrature = said(around(central, design("stroud", stroud(2, 0.2))))
    assert "with a probability of at least" in quadrature and "Chebyshev 95 %" in quadrature
    assert "for any shape with this mean and standard deviation" in quadrature and "biased" not in quadrature
    lost = said(around(central, design("stroud", stroud(2, 0.2)), failed=[0]))
    assert "standard deviation, which are biased because points failed" in lost
    weak = said(around(central, design("stroud", np.array([[0.1, 21.0], [0.1, -19.0]]))))
    assert "its sign is open" in weak and "with a probability" not in weak
    frozen = replace(central, tables={n: t.assign(counterfactual=t["baseline"], change=0.0) for n, t in
                                      central.tables.items() if n in ("indicators", "jobs")})  # fmt: skip
    still = said(around(frozen, design("lhs", points)))
    assert "it does not move" in still and "rises" not in still
    assert "All 4 points of the sensitivity analysis were solved" in quadrature
    grid = around(central, design("grid", np.array([[a, b] for a in (0.5, 1.5) for b in (0.5, 1.5)])))
    assert "it rises at every point that was solved" in said(grid)
    nothing = said(around(central, design("lhs", points[:3]), failed=range(3)))
    assert "too few points" in nothing and "%" not in nothing
    bare = reading([replace(central, label="b"), files.column(sample, central)])
    both = " ".join(plain(s) for s in certainty(bare))
    assert "of the points" in both and "were not varied" in both and "cge\u00a0sweep" in both
    assert "Bands of sensitivity" in dict(appendix.missing(reading([central])))


def test_figures_draw_the_rows_of_the_tables(central: Column, swept: Uncertainty) -> None:
    drawn = {d.id: d for f in FIGURES[-5:] if (d := f([files.column(swept, central)], "USA")) is not None}
    assert set(drawn) == {"bands", "tornado", "tornado-gdp", "fan"}, "no target takes a few values"
    t = drawn["tornado"].table
    assert t["Target"].tolist() == ["Trade elasticities: Electronics", "Rent share"]
    high = t["Result, target one standard deviation above"]
    assert (high - t["Central"]).to_numpy() == pytest.approx(t["High less central"].to_numpy())
    bar = drawn["tornado"].figure.data[1]
    assert np.add(bar.x, bar.base) == pytest.approx(high.to_numpy()[:2])
    f = drawn["fan"].table
    mine = swept.spread.loc[
        ((swept.spread["sector"] == "TEX") & (swept.spread["region"] == "USA")).to_numpy()
    ]
    line = f.loc[(f["Sector"] == "Textiles").to_numpy()].iloc[0]
    assert line["Outer low"] == mine["outer_low"].iloc[0] and line["Middle"] == mine["middle"].iloc[0]
    assert "2.5 %" in drawn["fan"].note and "2.5 %" in drawn["bands"].note
    assert drawn["bands"].table["Result"].tolist()[:2] == ["Welfare, percent", "Real GDP, percent"]


def test_bars_on_one_side_of_the_centre_are_both_seen(central: Column, points: np.ndarray) -> None:
    """The values in use are at the upper and at the lower end of their ranges."""
    targets = ("trade[ELO]", "assumptions.rent_share")
    u = around(central, design("lhs", np.column_stack([points[:, 0] - 0.5, points[:, 1]]), targets),
               in_use={"trade[ELO]": 1.0, "assumptions.rent_share": 0.5})  # fmt: skip
    d = next(f for f in FIGURES if f.__name__ == "tornado")([files.column(u, central)], "USA")
    assert d is not None and "Both ends on one side of the line" in d.note
    low, high = d.figure.data[:2]
    line = d.table["Central"].iloc[0]
    first = d.table.iloc[0]
    assert first["Low less central"] < first["High less central"] < 0, "less than in use, so less is gained"
    assert (low.name, high.name) == (
        "target one standard deviation below", "target one standard deviation above"
    )  # fmt: skip
    assert high.base[0] == line and low.base[0] == pytest.approx(
        first["Result, target one standard deviation above"]
    )
    assert np.add(low.x, low.base)[0] == pytest.approx(first["Result, target one standard deviation below"])


def test_the_words_of_bars_are_those_of_the_design() -> None:
    assert sides([ONE_AT_A_TIME, BY_VALUE]) == ENDS
    assert sides([f"{LEAST_SQUARES}, the others at their means"]) == APART
    assert sides([ONE_AT_A_TIME, LEAST_SQUARES]) == ("low", "high"), "packages of both kinds in one figure"


def test_a_band_that_touches_zero_shows_its_side() -> None:
    assert places((-0.013, 0.0004), 3) == 3 + 1
    assert places((-0.013, 0.0006), 3) == 3, "prints as 0.001"
    assert places((-0.013, 0.0), 3) == 3, "what is zero stays zero"
    assert places((1e-12, float("nan")), 2) == 2, "the last digits of a solution have no side"


def test_a_grid_is_drawn_along_its_targets(central: Column) -> None:
    x = np.array([[a, b] for a in (0.5, 1.0, 1.5) for b in (0.8, 1.2)])
    u = around(central, design("grid", x, ("shocks[0].tariff.to", "trade")))
    d = FIGURES[-1]([files.column(u, central)], "USA")
    assert d is not None and d.id == "fan-along"
    mine = d.table.loc[((d.table["Target"] == "Measure 1: tariff") & (d.table["Result"] == "Welfare, %"))]
    assert mine["Value"].tolist() == [0.5, 1.0, 1.5]
    assert mine["Middle"].to_numpy() == pytest.approx(0.05 * np.array([0.25, 1.0, 2.25]))
    assert mine["Inner high"].to_numpy()[0] > mine["Middle"].to_numpy()[0]


def test_without_solutions_the_brief_has_no_band_and_says_why(central: Column, points: np.ndarray) -> None:
    u = around(central, design("lhs", points[:3]), failed=range(3))
    c = files.column(u, central)
    assert all(f([c], "USA") is None for f in FIGURES[-5:])
    page = html([c])
    assert "too few points of the sensitivity analysis have a solution" in page
    assert "no point has a solution" in page


def test_a_central_result_of_another_sweep_is_refused(
    central: Column, swept: Uncertainty, tmp_path: Path
) -> None:
    other = column("a-policy", welfare={"USA": 0.06})
    with pytest.raises(
        ResultsError, match="not the central point of this sweep: counterfactual of welfare_ev"
    ):
        files.write(swept, tmp_path / "x", central=other)
    with pytest.raises(ResultsError, match="holds the central result too"):
        files.write(swept, tmp_path / "x")
    with pytest.raises(ResultsError, match="unknown ending"):
        files.write(swept, tmp_path / "x.docx", central=other)
    assert not list(tmp_path.iterdir())


def test_the_workbook_and_the_text_hold_what_the_screen_says(
    central: Column, swept: Uncertainty, tmp_path: Path
) -> None:
    files.write(swept, tmp_path / "s.xlsx", central=central)
    book = openpyxl.load_workbook(tmp_path / "s.xlsx", read_only=True)
    assert {"Summary", "Notes", "Bands", "Effects", "Statistics", "Points", "Varied", "Assumptions"} <= set(
        book.sheetnames
    )
    cells = [c for row in book["Summary"].iter_rows(values_only=True) for c in row]
    assert "Welfare, %" in cells and "up in 100 %" in cells and 2.5 in cells
    book.close()
    files.write(swept, tmp_path / "s.md")
    text = (tmp_path / "s.md").read_text("utf-8")
    assert "1 failed (2.5 %)" in text and "| Welfare, %" in text
    files.write(swept, tmp_path / "s.json")
    found = json.loads((tmp_path / "s.json").read_text("utf-8"))
    assert found["failed"] == 1 and found["tables"]["points"]["of"] == 40
    files.write(swept, tmp_path / "s.csv")
    assert len(pd.read_csv(tmp_path / "s.csv")) == len(swept.summary)
