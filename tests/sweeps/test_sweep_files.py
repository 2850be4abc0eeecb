"""What a sweep writes does not depend on how often it was stopped, or on where its points came from."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from brief_columns import column
from sweep_plans import Memory, plan_of

import cge
from cge.app.sweeps import writing
from cge.app.sweeps.plan import Plan
from cge.app.sweeps.running import InterruptedSweep, run
from results.errors import ResultsError
from results.side_by_side import Column


@pytest.fixture(autouse=True)
def central(monkeypatch: pytest.MonkeyPatch) -> None:
    """The central result, without a model."""

    def made(plan: Plan, *, focus: str, command: str = "") -> Column:
        return column("a-policy", welfare={"USA": 0.05}, scenario={"command": command})

    monkeypatch.setattr(writing, "central_result", made)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.name != "manifest.json"}


def test_a_sweep_that_was_stopped_and_went_on_writes_the_same_bytes(tmp_path: Path) -> None:
    plan = plan_of(20, {3: "fail"})
    straight = run(plan, workers=1, store="off")
    store = Memory()
    stopped = plan_of(20, {3: "fail", 9: "interrupt"})
    with pytest.raises(InterruptedSweep):
        run(stopped, workers=1, store=store)
    gone_on = run(plan, workers=1, store=store)
    assert gone_on.status["source"].tolist().count("store") >= 8, "the first start is used"
    one, two = (writing.write(r, tmp_path / n) for r, n in ((straight, "one"), (gone_on, "two")))
    assert len(bytes_of(one)) > 10 and bytes_of(one) == bytes_of(two)
    points = pd.read_parquet(one / "points.parquet")
    assert points["status"].tolist().count("failed") == 3 and "USA" in points["worst"].tolist()[2]


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".csv", ".json", ".md", ".xlsx", ".html"])
def test_every_ending_is_written_from_python_and_nothing_is_overwritten(tmp_path: Path, ending: str) -> None:
    result = run(plan_of(4), workers=1, store="off")
    out = cge.write(result, tmp_path / f"sweep{ending}")
    assert out.stat().st_size > 100
    with pytest.raises(ResultsError, match="force=True moves it aside"):
        cge.write(result, out)
    with pytest.raises(ResultsError, match="choose"):
        cge.write(result, tmp_path / "sweep.nc")


@pytest.mark.slow
def test_a_sweep_without_any_solution_is_written_and_says_so(tmp_path: Path) -> None:
    result = run(plan_of(3, dict.fromkeys((1, 2, 3), "fail")), workers=1, store="off")
    out = writing.write(result, tmp_path / "sweep")
    assert pd.read_parquet(out / "outcomes.parquet").empty and pd.read_parquet(out / "bands.parquet").empty
    page = cge.report(out, output=tmp_path / "b.html").read_text("utf-8")
    assert "too few points of the sensitivity analysis have a solution" in page
