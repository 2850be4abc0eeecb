"""Dependence of real regions: the command, what a stop of trade costs, and the claims of the debate."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import h5netcdf
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from cge.app import api
from cge.app.cli import app
from cge.app.cli_dependence import _markdown
from cge.app.comparing import _paid_note
from cge.app.depending import Depending, dependence
from results import dictionary, netcdf
from results.side_by_side import Column
from results.tidy import COLUMNS, only, pick

SCENARIO = "title: a wall\naggregation: small\nfocus: USA\nshocks:\n" \
    "  - {tariff: {to: 40%}, between: [USA, CHN], sectors: goods}\n"  # fmt: skip


@pytest.fixture(scope="module")
def today() -> Depending:
    return dependence(aggregation="small", of="USA", on="CHN", stop=True)


def number(table: pd.DataFrame, column: str = "baseline", **where: str) -> float:
    return float(only(table, **where).to_dict()[column])


def test_a_baseline_is_the_same_before_and_after(today: Depending) -> None:
    assert not today.changed
    assert set(today.table["change"]) == {0.0}
    assert list(today.table.columns) == COLUMNS


def test_a_stop_costs_both_and_less_than_rests_on_it(today: Depending) -> None:
    """The structural measure bounds what the seller loses; a stop both ways costs more than one way."""
    for region, partner in (("USA", "CHN"), ("CHN", "USA")):
        where = {"region": region, "partner": partner}
        loss = {k: -number(today.tables["stops"], indicator=f"stop_welfare_{k}", **where)
                for k in ("sales", "purchases", "both")}  # fmt: skip
        assert min(loss.values()) > 0.01
        assert loss["both"] > max(loss["sales"], loss["purchases"])
        rests = number(today.tables["leverage"], indicator="income_in_exports_share", sector="", **where)
        assert loss["sales"] < rests
    left = pick(today.tables["stops"], indicator="stop_trade_left_both")["baseline"].to_numpy()
    assert 0 < left.max() < 1
    said = today.blocks()[-1].note.split("%: ")[1]
    assert float(said.rstrip(".")) == pytest.approx(left.max(), rel=0.06)
    assert not dictionary.undocumented(today.tables)


def test_a_notebook_and_a_line_show_it(today: Depending) -> None:
    found = today._repr_html_()
    assert "who rests on whom" in found and "What a stop of trade" in found
    assert repr(today).startswith("Depending(The baseline: USA on CHN") and "\n" not in repr(today)


def test_markdown_escapes_what_a_scenario_says(today: Depending) -> None:
    text = _markdown(replace(today, title="a | <b>\n# c", names={"CHN": "x|y"}))
    assert text.startswith("# a \\| \\<b\\> \\# c\n") and "| CHN x\\|y |" in text


@pytest.mark.slow
def test_compensation_counts_as_in_a_run(tmp_path: Path) -> None:
    """Stores opened against compensation: jobs and income by partner are those of `cge run`."""
    path = tmp_path / "paid.yaml"
    path.write_text(SCENARIO + "compensation: {regions: USA, pays: full, financed_by: consumption_tax}\n")
    mine, run = dependence(path).tables, api.run(path)
    for name in ("leverage", "dependence"):
        keys = ["region", "sector", "partner", "indicator"]
        one, two = (t.set_index(keys).sort_index() for t in (mine[name], run.tables[name]))
        np.testing.assert_allclose(one["counterfactual"], two["counterfactual"], rtol=1e-6, atol=1e-6)
    netcdf.write(run, tmp_path / "s.nc")
    with h5netcdf.File(tmp_path / "s.nc") as file:
        attrs = file["counterfactual"].variables["labour_per_person"].attrs
        assert attrs["units"] == "index" and attrs["long_name"] == "effective labour of a person in work"
    left = netcdf.read(tmp_path / "s.nc").new.values.labour_per_person.sel(r="USA")
    assert float(left) < 1
    notes = _paid_note([Column.of("paid", run, "solved")])
    assert notes[0].startswith("paid (USA): the displaced are paid and their lost work is inside the model")


def test_before_and_after_a_scenario_in_one_sector(today: Depending, tmp_path: Path) -> None:
    """A wall makes them rest on each other less, and the stop of a sector costs less than that of all."""
    (tmp_path / "wall.yaml").write_text(SCENARIO)
    out = tmp_path / "rows.csv"
    args = [str(tmp_path / "wall.yaml"), "--stop", "--sector", "C26", "--json", "-q", "-o", str(out)]
    done = CliRunner().invoke(app, ["dependence", *args])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["of"], found["on"], found["before_and_after"]) == ("USA", "CHN", True)
    assert found["sectors"] == ["ELM"]
    rows = pd.read_csv(out, keep_default_na=False, na_values={"percent": [""]})
    assert len(rows) == len(found["rows"])
    pair = {"region": "USA", "partner": "CHN", "sector": ""}
    for indicator in ("supplier_share_embodied_total", "stop_exposure_total", "income_in_demand_share"):
        assert number(rows, "change", indicator=indicator, **pair) < 0
    part = {c: number(rows, c, indicator="stop_welfare_both", **pair) for c in ("baseline", "counterfactual")}
    whole = number(today.tables["stops"], indicator="stop_welfare_both", **pair)
    assert whole < part["baseline"] < part["counterfactual"] < 0


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--of", "FRA"], "FRA: not a region of this aggregation"),
        (["--on", "USA"], "USA on itself: dependence is on another region"),
        (["--stop", "--against", "CHN"], "CHN cannot stop trade with itself"),
        (["--sector", "cars"], "cars: no sector of this aggregation"),
    ],
)
def test_what_is_refused(args: list[str], message: str) -> None:
    done = CliRunner().invoke(app, ["dependence", "--aggregation", "small", *args])
    assert done.exit_code == 1  # the command line's main turns it into 2
    assert message in f"{done.output} {done.exception}"


@pytest.mark.slow
def test_claims_of_the_debate_on_china() -> None:
    """Partners are tied to China's market, the United States hardly; China is the main source of electronics.

    Orders of magnitude (recall): OECD TiVA has about 1 % of US value added in Chinese final demand, China's
    in American 2.5 to 3 %, Korea's in Chinese above 5 %.
    """
    t = dependence(of="USA", on="CHN").tables
    income = pick(t["leverage"], indicator="income_in_demand_share", sector="").set_index(
        ["region", "partner"]
    )
    share = income["baseline"].to_dict()
    assert 0.6 < share["USA", "CHN"] < 1.2
    assert 2.2 < share["CHN", "USA"] < 3.6
    for partner in ("TWN", "KOR", "VNM", "AUS", "CHL"):
        assert share[partner, "CHN"] > 5 * share["USA", "CHN"]
        mine = {"region": partner, "partner": "CHN", "sector": ""}
        assert number(t["leverage"], indicator="asymmetry_income", **mine) > 3
    shares = pick(t["dependence"], region="USA", indicator="import_share")
    for sector in ("ELO", "ELE", "TEX"):
        by = pick(shares, sector=sector).set_index("partner")["baseline"].to_dict()
        assert max(by, key=lambda p: by[p]) == "CHN"
    asean = ("BRN", "IDN", "MYS", "PHL", "SGP", "THA", "VNM", "XSE")
    jobs = pick(t["leverage"], region="USA", indicator="jobs_in_exports", sector="").set_index("partner")
    by = jobs["baseline"].to_dict()
    assert 500 < sum(by[p] for p in asean) < 1000  # over 500 thousand in 2019; prices of 2022
