"""What a run and a comparison write by the ending of ``-o``, what they print, and what they refuse."""

from __future__ import annotations

import codecs
import json
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from cge.app import api, cli, comparing, output
from cge.app.comparing import Compared
from results import document, netcdf, place, store
from results.compare import Comparison
from results.errors import ResultsError
from results.markdown import escaped
from results.side_by_side import Column, side_by_side
from results.side_by_side_figures import Context
from results.tidy import pick

RUN = ("run", "us-joins-cptpp", "--aggregation", "small")
COMPARE = ("compare", "us-joins-cptpp", "again")


@pytest.fixture(scope="module")
def heard() -> list[str]:
    """What was said while the result of these tests was solved."""
    return []


@pytest.fixture(scope="module")
def solved(heard: list[str]) -> Comparison:
    return api.run("us-joins-cptpp", aggregation="small", progress=heard.append)


@pytest.fixture(scope="module")
def side(solved: Comparison) -> Compared:
    columns = tuple(Column.of(name, solved, "solved") for name in ("us-joins-cptpp", "a/b c"))
    context = Context({}, "CHN")
    return Compared(side_by_side(columns, context=context, indicators=["welfare_ev"], focus="USA"), columns)


@pytest.fixture
def ready(solved: Comparison, side: Compared, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands find their results at once; what they do with them is what is tested."""

    def run(*_: Any, progress: Any, timer: Any, **__: Any) -> Comparison:
        progress("policy: solving at 100 % of the change")
        progress("policy: solving at 100 % of the change: iteration 2, error 1.0e-09")
        with timer.stage("solve"):
            return solved

    monkeypatch.setattr(api, "run", run)
    monkeypatch.setattr(comparing, "compared", lambda *_, **__: side)


def cge(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(cli.app, list(words))
    assert result.exit_code == code, result.output
    return result


def plain(result: Result) -> str:
    """Everything said, boxes and folds taken away."""
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", result.output).split())


def test_each_ending_writes_its_form_of_the_same_result(ready, solved, tmp_path: Path) -> None:
    for name in ("folder", "x.xlsx", "x.md", "x.json", "x.nc"):
        cge(*RUN, "-q", "-o", str(tmp_path / name))
    own = float(solved.row("USA", "welfare_ev")["change"])
    read = store.read(tmp_path / "folder").tables["indicators"]
    assert float(pick(read, region="USA", indicator="welfare_ev")["change"].iloc[0]) == own
    cells = [c.value for row in openpyxl.load_workbook(tmp_path / "x.xlsx")["Summary"] for c in row]
    assert own in cells
    assert f"{own:+,.0f}" in (tmp_path / "x.md").read_text("utf-8")
    assert own in [
        row[7] for row in json.loads((tmp_path / "x.json").read_text("utf-8"))["tables"]["indicators"]["rows"]
    ]
    assert netcdf.read(tmp_path / "x.nc").new.values.equals(solved.new.values)
    assert not list(tmp_path.glob(".*")), "nothing is left beside the files"


def test_a_comparison_writes_each_ending_and_results_that_can_be_read(ready, side, tmp_path: Path) -> None:
    for name in ("folder", "x.xlsx", "x.md", "x.json"):
        cge(*COMPARE, "-q", "-o", str(tmp_path / name))
    for folder in ("us-joins-cptpp", "a_b_c"):
        found = store.read(tmp_path / "folder" / folder)
        for name, table in side.columns[0].tables.items():
            assert found.tables[name].equals(table)
        assert found.scenario == side.columns[0].text
        assert found.manifest["policy"] == store.plain(side.columns[0].manifest["policy"])
    assert json.loads((tmp_path / "x.json").read_text())["sources"][0]["label"] == "us-joins-cptpp"
    assert "Welfare (equivalent variation)" in openpyxl.load_workbook(tmp_path / "x.xlsx").sheetnames


@pytest.mark.parametrize("name", ["x.pdf", "x.csv", "v1.2"])
def test_an_ending_that_says_nothing_is_refused_before_anything_is_solved(
    monkeypatch, tmp_path, name
) -> None:
    monkeypatch.setattr(api, "run", lambda *_, **__: pytest.fail("it was solved"))
    told = plain(cge(*RUN, "-o", str(tmp_path / name), code=2))
    assert "unknown ending" in told
    assert ".xlsx" in told
    assert "unknown ending" in plain(cge(*COMPARE, "-o", str(tmp_path / "x.nc"), code=2))


def test_what_is_there_is_refused_and_with_force_moved_aside(ready, monkeypatch, tmp_path: Path) -> None:
    for name in ("x.md", "x.xlsx"):
        (tmp_path / name).write_text("my thesis")
        assert "--force moves it aside" in plain(cge(*RUN, "-o", str(tmp_path / name), code=2))
        assert (tmp_path / name).read_text() == "my thesis"
        cge(*RUN, "-q", "--force", "-o", str(tmp_path / name))
        (kept,) = tmp_path.glob(f"{name}.before-*")
        assert kept.read_text() == "my thesis"
    (tmp_path / "side").mkdir()
    (tmp_path / "side" / "thesis").write_text("mine")
    assert "--force" in plain(cge(*COMPARE, "-o", str(tmp_path / "side"), code=2))
    cge(*COMPARE, "-q", "--force", "-o", str(tmp_path / "side"))
    (kept,) = tmp_path.glob("side.before-*")
    assert (kept / "thesis").read_text() == "mine"


def test_an_interrupted_write_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "x.md"

    def dies(path: Path) -> None:
        path.write_text("half of it")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        place.put(target, dies)
    assert not list(tmp_path.iterdir())
    target.write_text("mine")
    with pytest.raises(KeyboardInterrupt):
        place.put(target, dies, force=True)
    assert [p.name for p in tmp_path.iterdir()] == ["x.md"]
    assert target.read_text() == "mine"
    with pytest.raises(ResultsError, match="exists already"):
        place.put(target, lambda p: p.write_text("new"))


def test_the_old_file_comes_back_when_the_new_one_cannot_be_put_there(monkeypatch, tmp_path: Path) -> None:
    target = tmp_path / "x.md"
    target.write_text("mine")
    rename = Path.rename

    def failing(self: Path, to: Path) -> Path:
        if ".part-" in self.name:
            raise OSError("device gone")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="device gone"):
        place.put(target, lambda p: p.write_text("new"), force=True)
    assert [p.read_text() for p in tmp_path.iterdir()] == ["mine"]


def test_quiet_prints_nothing_and_json_is_one_document(ready, solved, tmp_path: Path) -> None:
    assert cge(*RUN, "-q", "-o", str(tmp_path / "out")).output == ""
    for words in ((*RUN, "--json"), (*RUN, "--json", "-q")):
        found = json.loads(CliRunner().invoke(cli.app, list(words)).stdout)
        assert (found["format"], found["version"]) == (document.FORMAT, document.VERSION)
        assert found["manifest"]["certificate"]["counterfactual"]["max_residual"] < 1e-9
    table = solved.tables["indicators"]
    rows = found["tables"]["indicators"]["rows"]
    assert found["tables"]["indicators"]["columns"] == list(table.columns)
    assert len(rows) == len(table)
    for row, own in zip(rows, table.itertuples(index=False, name=None), strict=True):
        assert all(a == b or (a is None and b != b) for a, b in zip(row, own, strict=True))
    assert json.loads(cge(*COMPARE, "--json", "-q").output)["focus"] == "USA"
    assert cge(*COMPARE, "-q").output == ""


def test_verbose_tells_stages_sizes_and_the_solver_without_a_terminal(ready) -> None:
    told = CliRunner().invoke(cli.app, [*RUN, "-v"]).stderr
    for words in ("solving at 100 %", "seconds: solve", "nonzeros", "unknowns", "iterations in 1 step"):
        assert words in told
    assert "iteration 2" not in told
    assert CliRunner().invoke(cli.app, list(RUN)).stderr == ""


def test_the_solver_tells_of_every_iteration(solved, heard) -> None:
    told = [m for m in heard if m.startswith("policy") and "iteration" in m]
    assert len(told) == solved.new.certificate.iterations
    errors = [float(m.rpartition(" ")[2]) for m in told]
    assert errors[-1] < 1e-10 < errors[0]


def test_markdown_holds_the_tables_of_the_screen_with_whole_names(solved) -> None:
    text = output.markdown(solved)
    assert text.startswith("# The United States joins CPTPP")
    assert "## Change from the baseline: % and USD million a year" in text
    for line in text.splitlines():
        if line.startswith("|"):
            assert line.endswith("|")
    assert "USA United States" in text
    assert "EU27 European Union" in text, "a name that the screen cuts is whole here"
    assert "Certificate: largest residual" in text
    assert escaped("a|b_c\n# [x](y) <b>") == r"a\|b\_c \# \[x\](y) \<b\>"


def test_a_terminal_of_ascii_gets_like_signs_in_their_places() -> None:
    assert (
        codecs.encode("Côte d’Ivoire … ▲ ▼ 3×2 – ─│", "ascii", "cge-plain") == b"Cote d?Ivoire . ^ v 3x2 - -|"
    )


def test_the_full_solution_in_a_folder_is_asked_for(ready, tmp_path: Path) -> None:
    cge(*RUN, "-q", "--solution", "-o", str(tmp_path / "run"))
    assert store.read(tmp_path / "run").solution().base.certificate.converged
    assert "goes with -o FOLDER" in plain(cge(*RUN, "--solution", code=2))
    assert "goes with -o FOLDER" in plain(cge(*RUN, "--solution", "-o", str(tmp_path / "x.md"), code=2))
